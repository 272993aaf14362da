/* In place of line_editor_libedit.c where there is no libedit. */
#include "cli/line_editor.h"

struct terminal_editor *terminal_editor_create(const char *history)
{
    (void)history;
    return NULL;
}

void terminal_editor_destroy(struct terminal_editor *editor)
{
    (void)editor;
}

enum line_outcome terminal_editor_read(struct terminal_editor *editor, const char *prompt, const char **line)
{
    (void)editor, (void)prompt, (void)line;
    return LINE_END;
}

void terminal_editor_remember(struct terminal_editor *editor, const char *line)
{
    (void)editor, (void)line;
}
