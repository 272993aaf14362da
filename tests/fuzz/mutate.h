/*
 * Mutated programs: texts that are almost Vela.
 *
 * A program is decided by a number: the same number and seeds give the same text, so what went wrong can be shown
 * again. Seeds are the programs of the tree, cut to windows of whole lines; what is changed is mostly a token or a line, so
 * that a good part of the programs still gets through the parser.
 */
#ifndef VELA_TESTS_FUZZ_MUTATE_H
#define VELA_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_text {
    char *bytes;
    size_t length;
};

struct fuzz_seeds {
    struct fuzz_text *items;
    size_t count;
};

/* Adds a *.vela file, or those of a folder and the folders in it, by name. Owns: fuzz_seeds_drop frees. */
void fuzz_seeds_add(struct fuzz_seeds *seeds, const char *path);
void fuzz_seeds_drop(struct fuzz_seeds *seeds);

/* The program of a number; the caller frees its bytes. */
struct fuzz_text fuzz_program(const struct fuzz_seeds *seeds, uint64_t number);

/* Memory that is there, or the end of the process. */
void *fuzz_checked(void *memory);

#endif
