/* vela repl: reads an input, compiles it as a module of a session, runs it, shows what it gives. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "runtime/sched/pause.h"
#include "vm/compile/module.h"
#include "vm/exec/error.h"
#include "vm/front/parser.h"
#include "vm_bindings/machine.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct repl {
    struct vbn_machine machine;
    struct vvm_session *session;
    struct line_editor *editor;
    char *text;        /* of the input so far */
    size_t length, capacity;
    unsigned inputs;
    bool over;
};

static const char help[] =
    "An expression shows its value; everything else works as in a program, and names stay.\n"
    "An input goes on while a bracket or a \"\"\" is open, or the line needs something after it.\n"
    "  :type EXPR         the type of a value\n"
    "  :dump [NAME|EXPR]  the bytecode of a function, of an expression, or of the last input\n"
    "  :help              this\n"
    "  :quit              ends, as the end of the input does (Ctrl-D)\n"
    "Ctrl-C drops what was typed, and stops what runs.\n";

/* ---- Running ---- */

static bool wants_stop(void *context)
{
    (void)context;
    return interrupt_take();
}

static void run(struct repl *repl, const struct vvm_program *program)
{
    struct vvm_watch watch = {wants_stop, repl};
    vvm_value value;
    if (!vvm_vm_run_watched(repl->machine.vm, vbn_program_function(&repl->machine, program), NULL, 0, &watch, &value))
        vvm_error_print_uncaught(repl->machine.vm, stderr, value);
    vvm_release(value);
    fflush(stdout);
}

/* False: it does not compile; said. Loading changes what a look for deadlocks reads: earlier inputs may have workers. */
static bool load(struct repl *repl, const char *text, enum vvm_show show, bool keep, struct vvm_program *program)
{
    char name[32];
    snprintf(name, sizeof name, "input %u", ++repl->inputs);
    vrt_pause_forbid(repl->machine.runtime);
    bool loaded = vvm_session_load(repl->session, name, text, strlen(text), show, keep, program);
    vrt_pause_allow(repl->machine.runtime);
    if (loaded)
        return true;
    vvm_diagnostics_print(vvm_session_diagnostics(repl->session), stderr, false);
    return false;
}

static void evaluate(struct repl *repl, const char *text, enum vvm_show show)
{
    struct vvm_program program;
    if (load(repl, text, show, show == VVM_SHOW_VALUE, &program))
        run(repl, &program);
}

/* ---- Commands ---- */

static bool is_name(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_' || (unsigned char)text[length] >= 0x80)
        length++;
    return length > 0 && text[length] == '\0';
}

static void print_text(const struct vvm_text_builder *text)
{
    if (text->failed)
        cli_complain("out of memory");
    else if (text->length > 0)
        fwrite(text->data, 1, text->length, stdout);
    fflush(stdout);
}

static void dump_expression(struct repl *repl, const char *text, struct vvm_text_builder *out)
{
    struct vvm_program program;
    if (load(repl, text, VVM_SHOW_NOTHING, false, &program))
        vvm_module_dump(repl->machine.vm, program.module, out);
}

static void dump(struct repl *repl, const char *what)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_vm_enter(repl->machine.vm);
    bool found = (what[0] == '\0' || is_name(what)) && vvm_session_dump(repl->session, what[0] != '\0' ? what : NULL, &out);
    if (!found && what[0] != '\0')
        dump_expression(repl, what, &out);
    vvm_vm_enter(NULL);
    print_text(&out);
    vvm_text_drop(&out);
}

/* What follows `word` and blanks in a line that begins with it; NULL: it does not. */
static const char *after_word(const char *line, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || (line[length] != '\0' && !isspace((unsigned char)line[length])))
        return NULL;
    return line + length + strspn(line + length, " \t");
}

static void obey(struct repl *repl, char *line)
{
    const char *rest;
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    if ((rest = after_word(line, ":type")) != NULL && rest[0] != '\0')
        evaluate(repl, rest, VVM_SHOW_TYPE);
    else if ((rest = after_word(line, ":dump")) != NULL)
        dump(repl, rest);
    else if (after_word(line, ":help") != NULL)
        fputs(help, stdout);
    else if (after_word(line, ":quit") != NULL)
        repl->over = true;
    else
        cli_complain("there is no command like this; :help lists them");
    fflush(stdout);
}

/* ---- Reading ---- */

static bool add_line(struct repl *repl, const char *line)
{
    size_t more = strlen(line);
    if (repl->length + more + 2 > repl->capacity) {
        size_t capacity = (repl->length + more + 2) * 2;
        char *grown = realloc(repl->text, capacity);
        if (grown == NULL)
            return false;
        repl->text = grown;
        repl->capacity = capacity;
    }
    if (repl->length > 0)
        repl->text[repl->length++] = '\n';
    memcpy(repl->text + repl->length, line, more + 1);
    repl->length += more;
    return true;
}

/* Would more text mend all that is wrong with it? */
static bool is_unfinished(struct repl *repl)
{
    struct vvm_diagnostics diagnostics;
    struct vvm_arena arena;
    struct vvm_module_node *tree;
    struct vvm_source *source = vvm_source_create("input", repl->text, repl->length);
    if (source == NULL)
        return false;
    vvm_diagnostics_init(&diagnostics);
    vvm_arena_init(&arena);
    vvm_parse(&arena, repl->machine.vm->symbols, source, &diagnostics, &tree);
    bool unfinished = diagnostics.unfinished > 0 && diagnostics.unfinished >= diagnostics.errors;
    vvm_arena_deinit(&arena);
    vvm_diagnostics_deinit(&diagnostics);
    vvm_source_destroy(source);
    return unfinished;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Collects lines until they make an input. False: there is none, for now or at all (`over`). */
static bool read_input(struct repl *repl)
{
    const char *line;
    repl->length = 0;
    for (;;) {
        enum line_outcome outcome = line_editor_read(repl->editor, repl->length == 0 ? "vela> " : "  ... ", &line);
        if (outcome == LINE_INTERRUPTED)
            return false;
        repl->over = outcome == LINE_END;
        if (repl->over)
            return repl->length > 0;
        if (!add_line(repl, line)) {
            cli_complain("out of memory");
            return false;
        }
        if (is_blank(repl->text)) {
            repl->length = 0;
            continue;
        }
        line_editor_remember(repl->editor, line);
        if (repl->text[0] == ':' || !is_unfinished(repl))
            return true;
    }
}

static void read_and_run(struct repl *repl)
{
    while (!repl->over) {
        bool complete = read_input(repl);
        if (!complete)
            continue;
        if (repl->text[0] == ':')
            obey(repl, repl->text);
        else
            evaluate(repl, repl->text, VVM_SHOW_VALUE);
    }
}

/* ---- Beginning and end ---- */

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* $XDG_STATE_HOME/vela_history, else ~/.local/state/vela_history, else ~/.vela_history. Owns: the caller. */
static char *history_file(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    if (state != NULL && state[0] == '/' && is_folder(state))
        return asprintf(&path, "%s/vela_history", state) >= 0 ? path : NULL;
    if (home == NULL || home[0] != '/')
        return NULL;
    if (asprintf(&path, "%s/.local/state", home) >= 0 && is_folder(path)) {
        free(path);
        return asprintf(&path, "%s/.local/state/vela_history", home) >= 0 ? path : NULL;
    }
    free(path);
    return asprintf(&path, "%s/.vela_history", home) >= 0 ? path : NULL;
}

static bool open_repl(struct repl *repl)
{
    char *history = history_file();
    *repl = (struct repl){.editor = line_editor_create(history)};
    free(history);
    if (repl->editor == NULL || !vbn_machine_create(&repl->machine, NULL, 0, NULL))
        return false;
    vvm_vm_look_for_deadlocks(repl->machine.vm);
    repl->session = vvm_session_create(repl->machine.vm);
    return repl->session != NULL;
}

static void close_repl(struct repl *repl)
{
    if (repl->session != NULL)
        vvm_session_destroy(repl->session);
    if (repl->machine.vm != NULL)
        vbn_machine_destroy(&repl->machine);
    if (repl->editor != NULL)
        line_editor_destroy(repl->editor);
    free(repl->text);
}

int cli_repl(int argc, char **argv)
{
    struct repl repl;
    (void)argv;
    if (argc != 0)
        return cli_complain("repl takes no arguments: vela repl");
    bool open = open_repl(&repl);
    if (open) {
        interrupt_install();
        if (line_editor_is_terminal(repl.editor))
            printf("vela %s; :help tells more\n", VELA_VERSION);
        read_and_run(&repl);
    }
    close_repl(&repl);
    return open ? CLI_OK : cli_complain("out of memory");
}
