/* vela check: reads and compiles programs and says what is wrong with them. */
#include "cli/command.h"
#include "vm/front/parser.h"
#include "vm_bindings/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int report(struct vvm_diagnostics *diagnostics)
{
    int status = diagnostics->errors != 0 ? CLI_WRONG : CLI_OK;
    vvm_diagnostics_print(diagnostics, stderr, true);
    vvm_diagnostics_deinit(diagnostics);
    return status;
}

/* Each file gets a machine of its own: extensions of built-in types would be seen by the next one. */
static int check_file(const char *path)
{
    struct vbn_machine machine;
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    if (!vbn_machine_create(&machine, NULL, 0, NULL))
        return cli_complain("out of memory");
    vvm_diagnostics_init(&diagnostics);
    vvm_program_load(machine.vm, path, &diagnostics, &program, &unreadable);
    int status = report(&diagnostics);
    vbn_machine_destroy(&machine);
    return status;
}

/* ---- --syntax ---- */

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

static struct vvm_source *read_source(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (file == NULL || (fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode))) {
        cli_complain("cannot read %s: %s", path, strerror(file == NULL ? errno : EISDIR));
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    size_t length;
    char *text = read_all(file, &length);
    struct vvm_source *source = text == NULL ? NULL : vvm_source_create(path, text, length);
    if (source == NULL)
        cli_complain("cannot read %s: out of memory", path);
    free(text);
    fclose(file);
    return source;
}

static int parse_source(const struct vvm_source *source)
{
    struct vvm_symbols *symbols = vvm_symbols_create();
    struct vvm_arena arena;
    struct vvm_diagnostics diagnostics;
    struct vvm_module_node *tree;
    if (symbols == NULL)
        return cli_complain("out of memory");
    vvm_arena_init(&arena);
    vvm_diagnostics_init(&diagnostics);
    vvm_parse(&arena, symbols, source, &diagnostics, &tree);
    int status = report(&diagnostics);
    vvm_arena_deinit(&arena);
    vvm_symbols_destroy(symbols);
    return status;
}

static int check_syntax(const char *path)
{
    struct vvm_source *source = read_source(path);
    if (source == NULL)
        return CLI_WRONG;
    int status = parse_source(source);
    vvm_source_destroy(source);
    return status;
}

int cli_check(int argc, char **argv)
{
    bool syntax = argc > 0 && strcmp(argv[0], "--syntax") == 0;
    int status = CLI_OK;
    if (argc - syntax < 1)
        return cli_complain("check needs a file: vela check [--syntax] FILE...");
    for (int i = syntax; i < argc; i++)
        if ((syntax ? check_syntax : check_file)(argv[i]) != CLI_OK)
            status = CLI_WRONG;
    return status;
}
