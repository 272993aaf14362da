/* What a program says about itself in comments, for `vela test`:
 *
 *     print(1 + 1)             # expect: 2             the next line of standard output
 *     # expect error: TEXT     part of standard error, in this order
 *     # status: N              exit status, 0 if there is no such line
 *
 * A program without `# expect:` may print what it likes. */
#ifndef CLI_EXPECTATIONS_H
#define CLI_EXPECTATIONS_H

#include <stdbool.h>
#include <stdio.h>

struct expectations {
    char *output;   /* the lines, each with its line end; NULL: anything goes */
    char *errors;   /* the parts, each with a line end; NULL: none */
    int status;
    bool has_status;
};

/* Reads a program's comments. Owns: the caller, expectations_drop. Errors: false, the file cannot be read
 * or memory is out. */
bool expectations_read(const char *path, struct expectations *out);
void expectations_drop(struct expectations *expectations);

/* Compares; `say` gets what differs. True: as expected. */
bool expectations_met(const struct expectations *expectations, int status, FILE *output, FILE *errors,
                      FILE *say);

#endif
