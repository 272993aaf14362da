/* Editing on a terminal: the one place that knows libedit. */
#include "cli/line_editor.h"

#include "cli/interrupt.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_ENTRIES = 1000 };

struct terminal_editor {
    EditLine *edit;
    History *history;
    char *file;         /* or NULL */
    const char *prompt;
    char *line;
    size_t capacity;
};

static char *give_prompt(EditLine *edit)
{
    struct terminal_editor *editor = NULL;
    el_get(edit, EL_CLIENTDATA, &editor);
    return (char *)(uintptr_t)editor->prompt; /* libedit only reads it */
}

/* A Ctrl-C ends the wait wherever it comes; libedit's own read would sleep over one that came just before it. 0: the
 * end, -1. */
static ssize_t read_byte(char *byte)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!interrupt_noted()) {
        if (interrupt_poll(&input, 1, -1) <= 0)
            continue;
        ssize_t length = read(STDIN_FILENO, byte, 1);
        if (length >= 0 || (errno != EAGAIN && errno != EINTR))
            return length;
    }
    errno = EINTR;
    return -1;
}

/* For libedit: 1, or as read_byte. Bytes that are no character are left out. */
static int read_character(EditLine *edit, wchar_t *character)
{
    (void)edit;
    mbstate_t state = {0};
    for (;;) {
        char byte;
        ssize_t length = read_byte(&byte);
        if (length != 1)
            return (int)length;
        size_t taken = mbrtowc(character, &byte, 1, &state);
        if (taken <= 1)
            return 1;
        if (taken == (size_t)-1)
            state = (mbstate_t){0};
    }
}

/* libedit reads multibyte characters as the locale says; source texts are UTF-8 whatever it says. */
static void choose_characters(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static bool start(struct terminal_editor *editor, const char *file)
{
    HistEvent event;
    choose_characters();
    editor->history = history_init();
    editor->edit = el_init("vela", stdin, stdout, stderr);
    if (editor->history == NULL || editor->edit == NULL || (file != NULL && (editor->file = strdup(file)) == NULL))
        return false;
    history(editor->history, &event, H_SETSIZE, HISTORY_ENTRIES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    if (editor->file != NULL)
        history(editor->history, &event, H_LOAD, editor->file);
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_PROMPT, give_prompt);
    el_wset(editor->edit, EL_GETCFN, read_character);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_source(editor->edit, NULL);
    return true;
}

struct terminal_editor *terminal_editor_create(const char *file)
{
    struct terminal_editor *editor = calloc(1, sizeof *editor);
    if (editor != NULL && start(editor, file))
        return editor;
    if (editor != NULL)
        terminal_editor_destroy(editor);
    return NULL;
}

void terminal_editor_destroy(struct terminal_editor *editor)
{
    if (editor->edit != NULL)
        el_end(editor->edit);
    if (editor->history != NULL)
        history_end(editor->history);
    free(editor->file);
    free(editor->line);
    free(editor);
}

/* libedit's line may go with the next call of any of its functions. */
static bool keep_line(struct terminal_editor *editor, const char *text, size_t length)
{
    if (length + 1 > editor->capacity) {
        char *grown = realloc(editor->line, length + 1);
        if (grown == NULL)
            return false;
        editor->line = grown;
        editor->capacity = length + 1;
    }
    memcpy(editor->line, text, length);
    editor->line[length] = '\0';
    return true;
}

enum line_outcome terminal_editor_read(struct terminal_editor *editor, const char *prompt, const char **line)
{
    int count = 0;
    editor->prompt = prompt;
    interrupt_take();
    const char *text = el_gets(editor->edit, &count);
    if (interrupt_take()) {
        el_reset(editor->edit);
        fputc('\n', stdout);
        fflush(stdout);
        return LINE_INTERRUPTED;
    }
    if (text == NULL || count <= 0)
        return LINE_END;
    if (!keep_line(editor, text, (size_t)count - (text[count - 1] == '\n')))
        return LINE_END;
    *line = editor->line;
    return LINE_READ;
}

void terminal_editor_remember(struct terminal_editor *editor, const char *line)
{
    HistEvent event;
    history(editor->history, &event, H_ENTER, line);
    if (editor->file != NULL)
        history(editor->history, &event, H_SAVE, editor->file);
}
