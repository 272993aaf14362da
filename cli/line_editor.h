/* Reading lines from a person: with editing and history on a terminal, plainly elsewhere.
 *
 * On a terminal libedit does it where the build has it (cli/line_editor_libedit.c); nothing else includes it. From a
 * pipe or a file lines are read as they come and no prompt is shown. One thread. */
#ifndef CLI_LINE_EDITOR_H
#define CLI_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

struct line_editor;

enum line_outcome { LINE_READ, LINE_INTERRUPTED /* Ctrl-C: what was typed is gone */, LINE_END };

/* Reads standard input; `history` is a file for earlier lines, NULL: none. Owns: the caller, line_editor_destroy.
 * Errors: NULL without memory. */
struct line_editor *line_editor_create(const char *history);
void line_editor_destroy(struct line_editor *editor);

/* The next line without its end, which stands until the next call. Blocks. */
enum line_outcome line_editor_read(struct line_editor *editor, const char *prompt, const char **line);

/* Keeps a line for later recall, and in the history file. */
void line_editor_remember(struct line_editor *editor, const char *line);

/* Is somebody sitting there? */
bool line_editor_is_terminal(const struct line_editor *editor);

/* ---- What line_editor_libedit.c offers; without libedit, line_editor.c says there is none ---- */

struct terminal_editor;
struct terminal_editor *terminal_editor_create(const char *history); /* NULL: plain reading, then */
void terminal_editor_destroy(struct terminal_editor *editor);
enum line_outcome terminal_editor_read(struct terminal_editor *editor, const char *prompt, const char **line);
void terminal_editor_remember(struct terminal_editor *editor, const char *line);

#endif
