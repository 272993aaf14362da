#include "cli/line_editor.h"

#include "cli/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line_editor {
    struct terminal_editor *terminal; /* NULL: plain */
    bool is_terminal;
    char *line;
    size_t capacity;
};

struct line_editor *line_editor_create(const char *history)
{
    struct line_editor *editor = calloc(1, sizeof *editor);
    if (editor == NULL)
        return NULL;
    editor->is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    editor->terminal = editor->is_terminal ? terminal_editor_create(history) : NULL;
    return editor;
}

void line_editor_destroy(struct line_editor *editor)
{
    if (editor->terminal != NULL)
        terminal_editor_destroy(editor->terminal);
    free(editor->line);
    free(editor);
}

/* False: Ctrl-C. A terminal gives one line at a time, so nothing of the next one waits in stdin's buffer. */
static bool wait_for_line(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!interrupt_noted())
        if (interrupt_poll(&input, 1, -1) > 0)
            return true;
    return !interrupt_take();
}

static enum line_outcome read_plainly(struct line_editor *editor, const char *prompt, const char **line)
{
    if (editor->is_terminal) {
        interrupt_take();
        fputs(prompt, stdout);
        fflush(stdout);
        if (!wait_for_line())
            return LINE_INTERRUPTED;
    }
    ssize_t length = getline(&editor->line, &editor->capacity, stdin);
    if (length < 0 && errno == EINTR && interrupt_take()) {
        clearerr(stdin);
        return LINE_INTERRUPTED;
    }
    if (length < 0)
        return LINE_END;
    if (length > 0 && editor->line[length - 1] == '\n')
        editor->line[length - 1] = '\0';
    *line = editor->line;
    return LINE_READ;
}

enum line_outcome line_editor_read(struct line_editor *editor, const char *prompt, const char **line)
{
    return editor->terminal != NULL ? terminal_editor_read(editor->terminal, prompt, line)
                                    : read_plainly(editor, prompt, line);
}

void line_editor_remember(struct line_editor *editor, const char *line)
{
    if (editor->terminal != NULL)
        terminal_editor_remember(editor->terminal, line);
}

bool line_editor_is_terminal(const struct line_editor *editor)
{
    return editor->is_terminal;
}
