#include "cli/paths.h"

#include "cli/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool paths_add(struct paths *list, const char *path)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        char **items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count] = strdup(path);
    return list->items[list->count] != NULL && ++list->count != 0;
}

void paths_drop(struct paths *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

/* ---- Finding programs ---- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_program(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".vela") == 0;
}

static bool find_in(struct paths *list, const char *path, bool named);

/* What lies in a folder, by name. */
static bool find_in_folder(struct paths *list, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_shown, alphasort);
    bool fine = count >= 0;
    if (!fine)
        cli_complain("cannot read %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        fine = fine && asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0 && find_in(list, path, false);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return fine;
}

/* A file that was named is taken whatever its name is; links to folders are followed only if named. */
static bool find_in(struct paths *list, const char *path, bool named)
{
    struct stat about;
    if ((named ? stat : lstat)(path, &about) != 0) {
        cli_complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode))
        return find_in_folder(list, path);
    return (!named && !is_program(path)) || paths_add(list, path);
}

bool paths_find(struct paths *list, const char *path)
{
    return find_in(list, path, true);
}
