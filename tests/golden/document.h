/*
 * The programs in a document: golden runs the examples of README.md and docs/ as it runs files.
 *
 *     ```vela                  a program with the comments that golden knows
 *     ```vela fragment         only has to parse: `vela check --syntax`
 *     ```vela file NAME        a module that the programs below it import as './NAME', and a program itself
 */
#ifndef TESTS_GOLDEN_DOCUMENT_H
#define TESTS_GOLDEN_DOCUMENT_H

#include <stdbool.h>

/* Writes every fenced program of the document at `path` to a file in `folder`, which exists. A program stands at the
 * lines that it has in the document, so a message about it names the place to mend. Its file is called after the
 * document and its first line.
 * Errors: false, after a message on standard error. */
bool document_unfold(const char *path, const char *folder);

#endif
