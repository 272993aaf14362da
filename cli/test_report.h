/* vela test: what is shown of the results, for people or as TAP 14. */
#ifndef CLI_TEST_REPORT_H
#define CLI_TEST_REPORT_H

#include "cli/test.h"

struct test_report {
    const struct test_options *options;
    const struct test_files *files;
    bool colours;
    size_t count, failed; /* cases so far */
    uint64_t begun_ns;
};

void test_report_begin(struct test_report *report, const struct test_options *options, const struct test_files *files);
/* A file is done; `report` is a struct test_report. */
void test_report_file(void *report, const struct test_file *file);
/* Failures, slowest tests, sums. */
void test_report_end(struct test_report *report, bool interrupted);

/* TAP of one case, and the plan at the end. */
void test_tap_case(const struct test_file *file, const struct test_case *test, size_t number);
void test_tap_plan(size_t count);

/* "a.vela:3:5" of the first line of a trace; NULL: it has none. Owns: the caller. */
char *test_place(const struct test_case *test);

#endif
