/* Which tests failed last time: lines "path<TAB>name" in a file of the user's cache, one for each working directory.
 * Paths are canonical; blanks stand for line breaks and tabs of names. */
#include "cli/test.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_memory { char **lines; size_t count; };

/* ---- The file ---- */

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

char *test_memory_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *here = getcwd(NULL, 0), *path = NULL;
    bool is_set = cache != NULL && cache[0] == '/';
    const char *folder = is_set ? cache : home, *below = is_set ? "" : "/.cache";
    if (here != NULL && folder != NULL && folder[0] == '/' &&
        asprintf(&path, "%s%s/vela/failed-%016llx", folder, below, (unsigned long long)hash_of(here)) < 0)
        path = NULL;
    free(here);
    return path;
}

static void make_folders(const char *path)
{
    char *copy = strdup(path);
    for (char *slash = copy == NULL ? NULL : strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

/* The line of a test, or the beginning of the lines of a file (`name` NULL). Owns: the caller. */
static char *line_of(const char *path, const char *name)
{
    char *canonical = realpath(path, NULL), *line = NULL;
    if (asprintf(&line, "%s\t%s", canonical != NULL ? canonical : path, name != NULL ? name : "") < 0)
        line = NULL;
    free(canonical);
    for (char *at = line == NULL ? NULL : strchr(line, '\t') + 1; at != NULL && *at != '\0'; at++)
        if (*at == '\t' || *at == '\n')
            *at = ' ';
    return line;
}

/* ---- Reading ---- */

static bool add_line(struct test_memory *memory, const char *line)
{
    char **grown = realloc(memory->lines, (memory->count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    memory->lines = grown;
    grown[memory->count] = strdup(line);
    memory->count += grown[memory->count] != NULL;
    return true;
}

struct test_memory *test_memory_read(const char *path)
{
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    struct test_memory *memory = file == NULL ? NULL : calloc(1, sizeof *memory);
    char *line = NULL;
    size_t capacity = 0;
    while (memory != NULL && getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        add_line(memory, line);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return memory;
}

void test_memory_drop(struct test_memory *memory)
{
    for (size_t i = 0; memory != NULL && i < memory->count; i++)
        free(memory->lines[i]);
    if (memory != NULL)
        free(memory->lines);
    free(memory);
}

static bool has_line(const struct test_memory *memory, const char *line, bool whole)
{
    for (size_t i = 0; line != NULL && i < memory->count; i++)
        if (whole ? strcmp(memory->lines[i], line) == 0 : strncmp(memory->lines[i], line, strlen(line)) == 0)
            return true;
    return false;
}

/* If the file itself failed, all of its tests did. */
bool test_memory_has(const struct test_memory *memory, const char *path, const char *name)
{
    char *line = line_of(path, name), *of_file = line_of(path, NULL);
    bool has = memory != NULL && (has_line(memory, line, name != NULL) || has_line(memory, of_file, true));
    free(line);
    free(of_file);
    return has;
}

/* ---- Keeping ---- */

static bool ran(const struct test_file *file, const char *line)
{
    bool found = false;
    for (size_t i = 0; i < file->count && !found; i++) {
        char *own = line_of(file->path, file->cases[i].name);
        found = own != NULL && strcmp(own, line) == 0;
        free(own);
    }
    return found;
}

/* A file that ran whole is known anew; else only its tests that ran. */
static bool is_outdated(const struct test_options *options, const struct test_files *files, const char *line)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct test_file *file = &files->items[i];
        char *of_file = line_of(file->path, NULL);
        bool own = of_file != NULL && strncmp(line, of_file, strlen(of_file)) == 0;
        free(of_file);
        if (own)
            return (options->filter == NULL && !options->failed) || ran(file, line) || strchr(line, '\t')[1] == '\0';
    }
    return false;
}

static void write_failures(FILE *out, const struct test_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        char *line = file->cases[i].passed ? NULL : line_of(file->path, file->cases[i].name);
        if (line != NULL)
            fprintf(out, "%s\n", line);
        free(line);
    }
}

void test_memory_keep(const struct test_options *options, const struct test_files *files)
{
    struct test_memory *before = test_memory_read(options->memory);
    if (options->memory == NULL)
        return;
    make_folders(options->memory);
    FILE *out = fopen(options->memory, "w");
    for (size_t i = 0; out != NULL && before != NULL && i < before->count; i++)
        if (strchr(before->lines[i], '\t') != NULL && !is_outdated(options, files, before->lines[i]))
            fprintf(out, "%s\n", before->lines[i]);
    for (size_t i = 0; out != NULL && i < files->count; i++)
        write_failures(out, &files->items[i]);
    if (out != NULL)
        fclose(out);
    test_memory_drop(before);
}
