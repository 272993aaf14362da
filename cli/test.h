/* vela test: what its files share.
 *
 * A test file is a golden program (cli/expectations.h), or has tests of system:test, or both; each part runs in a
 * process of its own (test_process.h), of which test_child.c is the inside. What comes of it are cases, in the order of
 * the file. A case without a name is the file itself: a golden program, or what went wrong outside of tests. One
 * thread. */
#ifndef CLI_TEST_H
#define CLI_TEST_H

#include "cli/paths.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct test_options {
    const char *filter;  /* part of "file > group > name", or NULL */
    const char *memory;  /* file of those that failed last time; NULL: there is no place for it */
    bool tap, failed, verbose, watch, list;
    size_t jobs, durations;
    uint64_t timeout_ns; /* of a test; 0: none */
};

struct test_case {
    char *name;          /* "group > name"; "" the file */
    bool passed;
    uint64_t taken_ns;
    char *message;       /* of a failure, else NULL */
    char *trace;         /* lines "at f (file.vela:1:2)", or NULL */
    char *output;        /* what was printed meanwhile, or NULL */
};

struct test_file {
    const char *path;    /* borrowed */
    bool is_golden, has_tests;
    bool rejected;       /* it does not compile */
    bool done;
    size_t count, failed;
    struct test_case *cases; /* owned, with all texts */
};

struct test_files {
    struct test_file *items;
    size_t count;
};

/* The tests among what the arguments name; a file that was named is one whatever is in it. The paths stay with `paths`,
 * which the caller drops after the files. Errors: false, and a complaint. */
bool test_files_find(struct test_files *files, struct paths *paths, char **names, size_t count);
void test_files_drop(struct test_files *files);

/* A case that is the caller's to fill, or NULL without memory; the pointer is good until the next one is added. */
struct test_case *test_case_add(struct test_file *file, const char *name);

/* Runs them all, several at a time, and calls `report` for each when it and all before it are done. False: Ctrl-C came
 * (interrupt.h); what ran was stopped, and the files are reported that had begun. */
bool test_run(const struct test_options *options, struct test_files *files,
              void (*report)(void *context, const struct test_file *file), void *context);

/* The inside of a process that runs one file's tests: `vela test --child …`. Returns its status. */
enum { TEST_CHILD_ARGUMENTS = 7 };
int test_child(char **arguments);

/* ---- Memory: which tests failed last time ---- */

/* Where it lies for the working directory: $XDG_CACHE_HOME/vela or ~/.cache/vela. Owns: the caller. NULL: nowhere. */
char *test_memory_path(void);
/* Keeps the failures, and of those before what was not run again. Errors: it is lost, silently: the results stand. */
void test_memory_keep(const struct test_options *options, const struct test_files *files);

/* Is a test (or, `name` NULL, any of the file) in it? */
struct test_memory;
struct test_memory *test_memory_read(const char *memory); /* owned; NULL: there is none */
bool test_memory_has(const struct test_memory *memory, const char *path, const char *name);
void test_memory_drop(struct test_memory *memory);

/* ---- Watching ---- */

struct test_watch;
/* What lies below the working directory and the named paths, as it is now. Owns: the caller, until the process ends.
 * Errors: NULL without memory. */
struct test_watch *test_watch_start(char **names, size_t count);
/* To be called after a run: what has changed during it may have been seen by it, also if it is undone before the next
 * wait. */
void test_watch_run_ended(struct test_watch *watch);
/* Waits until a program below has changed, come or gone since the start or the last wait. Blocks. */
void test_watch_wait(struct test_watch *watch);

#endif
