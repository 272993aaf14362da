/* The seeds: all programs below the given paths, in the order of their names. */
#include "tests/fuzz/mutate.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void *fuzz_checked(void *memory)
{
    if (memory)
        return memory;
    fputs("fuzz: out of memory\n", stderr);
    exit(2);
}

static struct fuzz_text read_text(const char *path)
{
    struct fuzz_text text = {0};
    FILE *file = fopen(path, "rb");
    size_t capacity = 1 << 16;
    text.bytes = fuzz_checked(malloc(capacity));
    while (file && (text.length += fread(text.bytes + text.length, 1, capacity - text.length, file)) == capacity)
        text.bytes = fuzz_checked(realloc(text.bytes, capacity *= 2));
    if (file)
        fclose(file);
    return text;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void add_folder(struct fuzz_seeds *seeds, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *inner;
        if (asprintf(&inner, "%s/%s", path, entries[i]->d_name) < 0)
            fuzz_checked(NULL);
        fuzz_seeds_add(seeds, inner);
        free(inner);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void fuzz_seeds_add(struct fuzz_seeds *seeds, const char *path)
{
    struct stat about;
    size_t length = strlen(path);
    if (stat(path, &about) != 0)
        return;
    if (S_ISDIR(about.st_mode)) {
        add_folder(seeds, path);
    } else if (length > 5 && strcmp(path + length - 5, ".vela") == 0) {
        seeds->items = fuzz_checked(realloc(seeds->items, (seeds->count + 1) * sizeof *seeds->items));
        seeds->items[seeds->count++] = read_text(path);
    }
}

void fuzz_seeds_drop(struct fuzz_seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++)
        free(seeds->items[i].bytes);
    free(seeds->items);
}
