/* Finding what an import names (language.md 2.2).
 *
 * Places are looked through in order and the first file wins; all of it happens while a program is loaded, on the
 * loading thread. Texts live in the program's arena. */
#ifndef VVM_IMPORT_H
#define VVM_IMPORT_H

#include "vm/compile/compiler.h"
#include "vm/compile/library_area.h"

#include <stdio.h>

/* Where a program lies. */
struct program_place {
    const char *folder; /* of the main file, canonical */
    const char *shown;  /* the same as messages name it, with its "/" at the end, or "" */
    const char *root;   /* R: the nearest folder upwards with a vela.yaml, else `folder` */
};

struct found_import {
    const struct library_area *area; /* the other parts are NULL, unless the area has a module */
    const char *path;                /* canonical; "<test>" of an embedded module */
    FILE *file;                      /* the caller closes it */
};

/* The place of a main file, which need not exist: then that of its folder, or of the working directory. */
struct program_place program_place_of(struct compiler *c, const char *path);

/* The canonical path, in the arena; NULL: there is no such file. */
const char *canonical_path(struct compiler *c, const char *path);
/* The folder of a canonical path. */
const char *folder_of(struct compiler *c, const char *path);
/* How messages name a file: beside the main file's name, beside the working directory, or whole. */
const char *shown_path(struct compiler *c, const struct program_place *place, const char *path);

/* Finds what `node`, an import of unit c, means. Errors: false, E401 or E199 reported. Blocks: opens files. */
bool import_find(struct compiler *c, const struct program_place *place, const struct vvm_import_node *node,
                 struct found_import *out);

#endif
