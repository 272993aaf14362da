/* vela test: a process that runs one part of a test file, and what it has said so far. */
#ifndef CLI_TEST_PROCESS_H
#define CLI_TEST_PROCESS_H

#include "cli/test.h"

#include <sys/types.h>

struct test_process {
    const struct test_options *options;
    struct test_file *file;  /* NULL: free */
    pid_t id;
    bool golden;             /* `vela run`; else `vela test --child` */
    int report, control;     /* pipes: what it says, what it is told */
    FILE *output, *errors;   /* what it prints; of a golden program apart, else the same */
    char *said;              /* a line that is not complete yet */
    size_t said_length;
    uint64_t begun_ns;       /* of the process */
    uint64_t deadline_ns;    /* of what it does; UINT64_MAX: none */
    bool cancelled, killed;  /* it took too long: its test was cancelled, then the process ended */
    bool over, rejected;     /* it has said that all tests are over, or that the file does not compile */
    size_t begun_before;     /* tests that began in earlier processes of the file, which are not run again */
    size_t begun;            /* and those of this one */
    char *name;              /* of the running test; NULL: none */
    size_t name_from;        /* where its output begins */
    size_t output_from;      /* where the output begins that belongs to no test */
};

/* Starts what is to be done first with a file. Errors: false, the file has a case that says so. */
bool test_process_start(struct test_process *process, const struct test_options *options, struct test_file *file);

/* Reads what it has said; false: it has ended. Blocks: no longer than until it says something. */
bool test_process_read(struct test_process *process);

/* Its deadline has passed: its test is cancelled, next time the process is killed. */
void test_process_hurry(struct test_process *process);

/* Ends it with its running test, of which there is no case then; the file is done. Blocks: until it is gone. */
void test_process_stop(struct test_process *process);

/* Collects it when it has ended. True: the process is another one of the same file, which has been started; false: the
 * file is done. Blocks: until it is gone. */
bool test_process_next(struct test_process *process);

#endif
