/* Files that program texts are read from. */
#ifndef VVM_SOURCE_FILE_H
#define VVM_SOURCE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Opens a file for reading; with `regular` nothing that could keep the reader waiting. Owns: the caller closes it.
 * Errors: NULL, errno says why (EISDIR: a folder; ESPIPE: not a regular file). */
FILE *source_file_open(const char *path, bool regular);

/* Reads to the end and closes the file. Owns: the caller frees the text. Errors: NULL, errno says why (EFBIG: longer
 * than a source may be). Blocks. */
char *source_file_read(FILE *file, size_t *length);

#endif
