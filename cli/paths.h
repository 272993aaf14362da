/* The programs that the arguments of a command name: files as they are, folders with all *.vela below them, by name.
 *
 * Hidden files and folders are left out. Links to folders are followed only if named. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct paths {
    char **items; /* owned */
    size_t count, capacity;
};

/* Adds a path as it is. Errors: false = out of memory. */
bool paths_add(struct paths *list, const char *path);

/* Adds a file, whatever its name is, or what is in a folder. Errors: false, and a complaint on standard error. */
bool paths_find(struct paths *list, const char *path);

void paths_drop(struct paths *list);

#endif
