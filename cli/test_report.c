#include "cli/test_report.h"

#include "runtime/os/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RED "31"
#define GREEN "32"

void test_report_begin(struct test_report *report, const struct test_options *options, const struct test_files *files)
{
    const char *no_colour = getenv("NO_COLOR");
    *report = (struct test_report){.options = options, .files = files, .begun_ns = vrt_clock_monotonic_ns(),
                                   .colours = isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0')};
    if (options->tap && !options->list)
        printf("TAP version 14\n");
}

static void paint(const struct test_report *report, const char *colour, const char *text)
{
    if (report->colours)
        printf("\033[%sm%s\033[0m", colour, text);
    else
        fputs(text, stdout);
}

static void print_duration(uint64_t ns)
{
    if (ns < 1000000)
        printf("%.1f ms", (double)ns / 1e6);
    else if (ns < 1000000000)
        printf("%.0f ms", (double)ns / 1e6);
    else
        printf("%.2f s", (double)ns / 1e9);
}

/* Each line of a text behind an indent. */
static void print_indented(const char *text, const char *indent)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        printf("%s%.*s\n", indent, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void print_name(const struct test_file *file, const struct test_case *test)
{
    printf("%s%s%s", file->path, test->name[0] == '\0' ? "" : " > ", test->name);
}

/* ---- One file ---- */

static void print_cases(const struct test_report *report, const struct test_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct test_case *test = &file->cases[i];
        fputs("  ", stdout);
        paint(report, test->passed ? GREEN : RED, test->passed ? "ok     " : "FAILED ");
        printf("%s (", test->name[0] == '\0' ? "the file" : test->name);
        print_duration(test->taken_ns);
        printf(")\n");
        if (test->passed && test->output != NULL)
            print_indented(test->output, "    | ");
    }
}

static bool is_golden_alone(const struct test_file *file)
{
    return file->count == 1 && file->cases[0].name[0] == '\0';
}

static void print_file(const struct test_report *report, const struct test_file *file)
{
    uint64_t taken = 0;
    for (size_t i = 0; i < file->count; i++)
        taken += file->cases[i].taken_ns;
    paint(report, file->failed == 0 ? GREEN : RED, file->failed == 0 ? "ok     " : "FAILED ");
    printf("%s (", file->path);
    if (file->failed != 0 && !is_golden_alone(file))
        printf("%zu of %zu failed, ", file->failed, file->count);
    else if (!is_golden_alone(file))
        printf("%zu %s, ", file->count, file->count == 1 ? "test" : "tests");
    print_duration(taken);
    printf(")\n");
    if (report->options->verbose)
        print_cases(report, file);
}

static void list_file(const struct test_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        print_name(file, &file->cases[i]);
        putchar('\n');
    }
}

void test_report_file(void *context, const struct test_file *file)
{
    struct test_report *report = context;
    if (report->options->list) {
        list_file(file);
    } else if (report->options->tap) {
        for (size_t i = 0; i < file->count; i++)
            test_tap_case(file, &file->cases[i], report->count + i + 1);
    } else if (file->count > 0) {
        print_file(report, file);
    }
    report->count += file->count;
    report->failed += file->failed;
    fflush(stdout);
}

/* ---- Failures ---- */

char *test_place(const struct test_case *test)
{
    if (test->trace == NULL)
        return NULL;
    size_t length = strcspn(test->trace, "\n");
    const char *open = memrchr(test->trace, '(', length), *end = test->trace + length - 1;
    return open == NULL || *end != ')' ? NULL : strndup(open + 1, (size_t)(end - open - 1));
}

/* The line of the source that a place names. */
static void print_source(char *place)
{
    char *column = strrchr(place, ':'), *text = NULL;
    if (column == NULL)
        return;
    *column = '\0';
    char *line = strrchr(place, ':');
    if (line == NULL)
        return;
    *line = '\0';
    size_t number = strtoul(line + 1, NULL, 10), capacity = 0;
    FILE *file = fopen(place, "r");
    ssize_t length = -1;
    for (size_t i = 0; file != NULL && i < number; i++)
        length = getline(&text, &capacity, file);
    if (length > 0)
        printf("  %5zu | %.*s\n", number, (int)strcspn(text, "\r\n"), text);
    free(text);
    if (file != NULL)
        fclose(file);
}

static void print_failure(const struct test_report *report, const struct test_file *file, const struct test_case *test)
{
    putchar('\n');
    paint(report, RED, "FAILED ");
    print_name(file, test);
    putchar('\n');
    if (test->message != NULL)
        print_indented(test->message, "  ");
    char *place = test_place(test);
    if (place != NULL)
        print_source(place);
    free(place);
    if (test->trace != NULL)
        print_indented(test->trace, "  ");
    if (test->output != NULL) {
        printf("  printed:\n");
        print_indented(test->output, "    | ");
    }
}

static void print_failures(const struct test_report *report)
{
    for (size_t i = 0; i < report->files->count; i++)
        for (size_t n = 0; n < report->files->items[i].count; n++)
            if (!report->files->items[i].cases[n].passed)
                print_failure(report, &report->files->items[i], &report->files->items[i].cases[n]);
}

/* ---- The slowest ---- */

struct slow { const struct test_file *file; const struct test_case *test; };

static int compare_slow(const void *a, const void *b)
{
    uint64_t left = ((const struct slow *)a)->test->taken_ns, right = ((const struct slow *)b)->test->taken_ns;
    return left < right ? 1 : left > right ? -1 : 0;
}

static void print_slowest(const struct test_report *report)
{
    struct slow *all = calloc(report->count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; all != NULL && i < report->files->count; i++)
        for (size_t n = 0; n < report->files->items[i].count; n++)
            all[count++] = (struct slow){&report->files->items[i], &report->files->items[i].cases[n]};
    if (count > 0)
        qsort(all, count, sizeof *all, compare_slow);
    printf("\nslowest:\n");
    for (size_t i = 0; i < count && i < report->options->durations; i++) {
        printf("%9.1f ms  ", (double)all[i].test->taken_ns / 1e6);
        print_name(all[i].file, all[i].test);
        putchar('\n');
    }
    free(all);
}

/* ---- The end ---- */

static void print_sums(const struct test_report *report)
{
    size_t files = 0;
    for (size_t i = 0; i < report->files->count; i++)
        files += report->files->items[i].count > 0;
    if (report->failed != 0)
        putchar('\n');
    printf("%zu passed, %zu failed in %zu file%s (", report->count - report->failed, report->failed, files,
           files == 1 ? "" : "s");
    print_duration(vrt_clock_monotonic_ns() - report->begun_ns);
    printf(")\n");
}

void test_report_end(struct test_report *report, bool interrupted)
{
    if (report->options->tap && !report->options->list && interrupted)
        printf("Bail out! interrupted\n");
    else if (report->options->tap && !report->options->list)
        test_tap_plan(report->count);
    if (report->options->tap || report->options->list)
        return;
    print_failures(report);
    if (report->options->durations != 0 && report->count != 0)
        print_slowest(report);
    print_sums(report);
    if (interrupted)
        printf("interrupted\n");
}
