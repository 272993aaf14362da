/* Results as TAP 14, flat: a line per case, with a YAML block where one failed. */
#include "cli/test_report.h"

#include <stdlib.h>

/* A description ends at an unescaped `#`. */
static void put_description(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '#' || *text == '\\')
            putchar('\\');
        putchar(*text == '\n' ? ' ' : *text);
    }
}

/* A YAML scalar in double quotes. */
static void put_scalar(const char *key, const char *text)
{
    printf("  %s: \"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else if ((unsigned char)*text < ' ')
            printf("\\x%02x", (unsigned char)*text);
        else
            putchar(*text);
    }
    fputs("\"\n", stdout);
}

static void put_details(const struct test_case *test)
{
    char *place = test_place(test);
    printf("  ---\n");
    if (test->message != NULL)
        put_scalar("message", test->message);
    if (place != NULL)
        put_scalar("at", place);
    if (test->output != NULL)
        put_scalar("output", test->output);
    printf("  duration_ms: %.3f\n  ...\n", (double)test->taken_ns / 1e6);
    free(place);
}

void test_tap_case(const struct test_file *file, const struct test_case *test, size_t number)
{
    printf("%s %zu - ", test->passed ? "ok" : "not ok", number);
    put_description(file->path);
    if (test->name[0] != '\0') {
        fputs(" > ", stdout);
        put_description(test->name);
    }
    putchar('\n');
    if (!test->passed)
        put_details(test);
}

void test_tap_plan(size_t count)
{
    printf("1..%zu%s\n", count, count == 0 ? " # SKIP no tests" : "");
}
