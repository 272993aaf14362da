/* vela check: reads and compiles programs and says what is wrong with them.
 *
 *     vela check [--syntax] [--json] [--deny-warnings] PATH...
 *
 * A folder stands for all programs below it. What is found goes to standard error as text, or to standard output as
 * JSON (cli/json.h). Exit status: 2 with errors, 1 with warnings that are denied, else 0. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/paths.h"
#include "runtime/os/thread.h"
#include "vm/front/parser.h"
#include "vm_bindings/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct check {
    bool syntax, json, deny_warnings;
    size_t files, errors, warnings;
};

static void report(struct check *check, const char *path, struct vvm_diagnostics *diagnostics)
{
    check->files++;
    check->errors += diagnostics->errors;
    check->warnings += diagnostics->warnings;
    if (check->json)
        json_print_diagnostics(stdout, diagnostics, path);
    else
        vvm_diagnostics_print(diagnostics, stderr, true);
}

/* Each file gets a machine of its own: extensions of built-in types would be seen by the next one. */
static void check_file(struct check *check, const char *path)
{
    struct vbn_machine machine;
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    diagnostics.wants_warnings = true;
    bool made = vbn_machine_create(&machine, NULL, 0, NULL);
    if (made)
        vvm_program_load(machine.vm, path, &diagnostics, &program, &unreadable);
    else
        vvm_diagnostics_out_of_memory(&diagnostics);
    report(check, path, &diagnostics);
    vvm_diagnostics_deinit(&diagnostics);
    if (made)
        vbn_machine_destroy(&machine);
}

/* ---- --syntax: without a machine ---- */

static char *read_all(FILE *file, size_t *length)
{
    size_t capacity = 65536;
    char *text = malloc(capacity);
    *length = 0;
    while (text != NULL) {
        *length += fread(text + *length, 1, capacity - *length, file);
        if (*length < capacity || capacity > VVM_SOURCE_MAX)
            break;
        char *grown = realloc(text, capacity *= 2);
        if (grown == NULL)
            free(text);
        text = grown;
    }
    return text;
}

static struct vvm_source *read_source(const char *path, struct vvm_diagnostics *diagnostics)
{
    struct stat about;
    size_t length;
    FILE *file = fopen(path, "rb");
    bool folder = file != NULL && fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode);
    if (file == NULL || folder) {
        vvm_diagnostics_add(diagnostics, VVM_ERROR, "E401", NULL, 0, 0, NULL, "cannot read %s: %s", path,
                            strerror(folder ? EISDIR : errno));
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    char *text = read_all(file, &length);
    struct vvm_source *source = text == NULL ? NULL : vvm_source_create(path, text, length);
    if (source == NULL)
        vvm_diagnostics_out_of_memory(diagnostics);
    free(text);
    fclose(file);
    return source;
}

struct parsing {
    const struct vvm_source *source;
    struct vvm_diagnostics *diagnostics;
};

static void parse_source(void *argument)
{
    struct parsing *parsing = argument;
    struct vvm_symbols *symbols = vvm_symbols_create();
    struct vvm_arena arena;
    struct vvm_module_node *tree;
    if (symbols == NULL) {
        vvm_diagnostics_out_of_memory(parsing->diagnostics);
        return;
    }
    vvm_arena_init(&arena);
    vvm_parse(&arena, symbols, parsing->source, parsing->diagnostics, &tree);
    vvm_arena_deinit(&arena);
    vvm_symbols_destroy(symbols);
}

#define PARSE_STACK ((size_t)128 << 20) /* address space: the parser recurses with the nesting of the program */

static void check_syntax(struct check *check, const char *path)
{
    struct vvm_diagnostics diagnostics;
    vvm_diagnostics_init(&diagnostics);
    struct vvm_source *source = read_source(path, &diagnostics);
    struct parsing parsing = {source, &diagnostics};
    if (source != NULL && vrt_os_thread_run_deep("vela-check", PARSE_STACK, parse_source, &parsing) != VRT_OK)
        vvm_diagnostics_out_of_memory(&diagnostics);
    report(check, path, &diagnostics);
    vvm_diagnostics_deinit(&diagnostics);
    vvm_source_destroy(source);
}

/* ---- The command line ---- */

static bool read_option(struct check *check, const char *word)
{
    if (strcmp(word, "--syntax") == 0)
        check->syntax = true;
    else if (strcmp(word, "--json") == 0)
        check->json = true;
    else if (strcmp(word, "--deny-warnings") == 0)
        check->deny_warnings = true;
    else
        return false;
    return true;
}

/* A path that is not there is reported when its turn comes, as a file that cannot be read. */
static bool find_programs(struct paths *list, const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? paths_find(list, path) : paths_add(list, path);
}

static int status_of(const struct check *check)
{
    if (check->errors != 0)
        return CLI_WRONG;
    return check->deny_warnings && check->warnings != 0 ? CLI_FAILED : CLI_OK;
}

static int check_programs(struct check *check, const struct paths *list)
{
    for (size_t i = 0; i < list->count; i++)
        (check->syntax ? check_syntax : check_file)(check, list->items[i]);
    if (check->json)
        json_print_summary(stdout, check->files, check->errors, check->warnings);
    return fflush(stdout) == 0 ? status_of(check) : CLI_WRONG;
}

int cli_check(int argc, char **argv)
{
    struct check check = {0};
    struct paths list = {0};
    bool found = true, named = false, options = true;
    for (int i = 0; i < argc && found; i++) {
        if (options && strncmp(argv[i], "--", 2) == 0) {
            options = strcmp(argv[i], "--") != 0;
            if (options && !read_option(&check, argv[i]))
                found = cli_complain("check has no option %s", argv[i]) == CLI_OK;
        } else {
            named = true;
            found = find_programs(&list, argv[i]);
        }
    }
    int status = !found   ? CLI_WRONG
                 : !named ? cli_complain("check needs a path: vela check [--syntax] [--json] [--deny-warnings] PATH...")
                          : check_programs(&check, &list);
    paths_drop(&list);
    return status;
}
