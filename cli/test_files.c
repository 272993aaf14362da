/* Which files are tests: those with expectations in comments, an import of system:test, or an `@test` function. */
#include "cli/command.h"
#include "cli/expectations.h"
#include "cli/test.h"
#include "vm/front/lexer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Looking into a file ---- */

static bool is_test_module(const struct vvm_token *token)
{
    static const char *const names[] = {"system:test", "stdlib:test", "library:test", "lib:test"};
    for (size_t i = 0; token->kind == VVM_TOKEN_STRING && i < sizeof names / sizeof *names; i++)
        if (token->text->length == strlen(names[i]) && memcmp(token->text->bytes, names[i], token->text->length) == 0)
            return true;
    return false;
}

static bool is_test_word(const struct vvm_lexer *lexer, const struct vvm_token *token)
{
    return token->length == 4 && memcmp(lexer->source->bytes + token->offset, "test", 4) == 0;
}

static bool declares_tests(const struct vvm_lexer *lexer)
{
    for (uint32_t i = 0; i + 1 < lexer->count; i++) {
        const struct vvm_token *token = &lexer->tokens[i], *next = token + 1;
        if (token->kind == VVM_TOKEN_KEYWORD && token->word == VVM_WORD_IMPORT && is_test_module(next))
            return true;
        if (token->kind == VVM_TOKEN_AT && is_test_word(lexer, next))
            return true;
    }
    return false;
}

/* What cannot be read as tokens to its end may be a test all the same: the tokens before that decide. */
static bool text_declares_tests(const struct vvm_source *source)
{
    struct vvm_symbols *symbols = vvm_symbols_create();
    struct vvm_lexer *lexer = malloc(sizeof *lexer);
    struct vvm_diagnostics diagnostics;
    struct vvm_arena arena;
    bool found = false;
    vvm_arena_init(&arena);
    vvm_diagnostics_init(&diagnostics);
    if (symbols != NULL && lexer != NULL) {
        vvm_lexer_init(lexer, &arena, symbols, source, &diagnostics);
        vvm_lexer_run(lexer);
        found = declares_tests(lexer);
        vvm_lexer_deinit(lexer);
    }
    vvm_diagnostics_deinit(&diagnostics);
    vvm_arena_deinit(&arena);
    free(lexer);
    if (symbols != NULL)
        vvm_symbols_destroy(symbols);
    return found;
}

static bool file_declares_tests(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = fopen(path, "rb"), *copy = open_memstream(&text, &length);
    for (int c; file != NULL && copy != NULL && (c = getc(file)) != EOF && ftell(copy) <= (long)VVM_SOURCE_MAX;)
        putc(c, copy);
    if (file != NULL)
        fclose(file);
    if (copy != NULL)
        fclose(copy);
    struct vvm_source *source = text == NULL ? NULL : vvm_source_create(path, text, length);
    bool found = source != NULL && text_declares_tests(source);
    vvm_source_destroy(source);
    free(text);
    return found;
}

static bool has_expectations(const char *path)
{
    struct expectations expectations;
    bool found = expectations_read(path, &expectations) &&
                 (expectations.output != NULL || expectations.errors != NULL || expectations.has_status);
    expectations_drop(&expectations);
    return found;
}

/* ---- The list ---- */

/* `_helper.vela` and all of `_lib/` is what tests import. */
static bool is_helper(const char *path, const char *below)
{
    path += strlen(below);
    return *path == '_' || strstr(path, "/_") != NULL;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void add_file(struct test_files *files, const char *path, bool named)
{
    struct test_file file = {.path = path, .is_golden = has_expectations(path), .has_tests = file_declares_tests(path)};
    file.is_golden |= named && !file.has_tests;
    if (file.is_golden || file.has_tests)
        files->items[files->count++] = file;
}

static bool find_below(struct test_files *files, struct paths *paths, const char *name)
{
    size_t first = paths->count;
    bool named = !is_folder(name);
    if (!paths_find(paths, name))
        return false;
    struct test_file *grown = realloc(files->items, (paths->count + 1) * sizeof *grown);
    if (grown == NULL)
        return cli_complain("out of memory") == CLI_OK;
    files->items = grown;
    for (size_t i = first; i < paths->count; i++)
        if (named || !is_helper(paths->items[i], name))
            add_file(files, paths->items[i], named);
    return true;
}

bool test_files_find(struct test_files *files, struct paths *paths, char **names, size_t count)
{
    bool found = true;
    for (size_t i = 0; i < count && found; i++)
        found = find_below(files, paths, names[i]);
    return found;
}

static void case_drop(struct test_case *test)
{
    free(test->name);
    free(test->message);
    free(test->trace);
    free(test->output);
}

void test_files_drop(struct test_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        for (size_t n = 0; n < files->items[i].count; n++)
            case_drop(&files->items[i].cases[n]);
        free(files->items[i].cases);
    }
    free(files->items);
}

struct test_case *test_case_add(struct test_file *file, const char *name)
{
    struct test_case *grown = realloc(file->cases, (file->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    file->cases = grown;
    grown[file->count] = (struct test_case){.name = strdup(name)};
    return grown[file->count].name == NULL ? NULL : &grown[file->count++];
}
