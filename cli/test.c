/* vela test: runs test files and tells what failed.
 *
 *     vela test [OPTION] [PATH...]
 *
 * Exit status: 2 if a file does not compile or the command is wrong, 1 if a test failed, 130 after Ctrl-C, else 0.
 * docs/testing.md tells how tests are written and what the options do. */
#include "cli/test.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/test_report.h"
#include "runtime/os/cpu_count.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define JOBS_MAX 1024
#define TIMEOUT_S 60.0

/* ---- Options ---- */

struct command {
    struct test_options options;
    char **names;        /* paths, borrowed */
    size_t count;
};

static bool set_flag(struct test_options *options, const char *word)
{
    const struct { const char *word; bool *flag; } flags[] = {
        {"--tap", &options->tap}, {"--failed", &options->failed}, {"--verbose", &options->verbose},
        {"--watch", &options->watch}, {"--list", &options->list},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(word, flags[i].word) == 0)
            return *flags[i].flag = true;
    return false;
}

static bool read_number(const char *word, const char *value, double least, double most, double *out)
{
    char *end;
    *out = strtod(value, &end);
    return (end != value && *end == '\0' && *out >= least && *out <= most) ||
           cli_complain("%s wants a number from %g to %g, got '%s'", word, least, most, value) == CLI_OK;
}

/* `value`: what follows, or stands behind the `=`. */
static bool set_value(struct test_options *options, const char *word, const char *value)
{
    double number;
    if (strcmp(word, "--filter") == 0) {
        options->filter = value;
        return true;
    }
    if (!read_number(word, value, strcmp(word, "--jobs") == 0, strcmp(word, "--jobs") == 0 ? JOBS_MAX : 1e9, &number))
        return false;
    if (strcmp(word, "--jobs") == 0)
        options->jobs = (size_t)number;
    else if (strcmp(word, "--durations") == 0)
        options->durations = (size_t)number;
    else
        options->timeout_ns = (uint64_t)(number * 1e9);
    return true;
}

static bool takes_value(const char *word)
{
    static const char *const words[] = {"--filter", "--jobs", "--durations", "--timeout"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* An option and its value, which may stand behind a `=`; *taken: how many words they are. */
static bool read_option(struct test_options *options, char **words, int count, int *taken)
{
    char *equals = strchr(words[0], '='), *word = strndup(words[0], strcspn(words[0], "="));
    bool fine = word != NULL;
    *taken = 1;
    if (fine && takes_value(word)) {
        *taken = equals != NULL ? 1 : 2;
        fine = *taken <= count ? set_value(options, word, equals != NULL ? equals + 1 : words[1])
                               : cli_complain("%s needs a value", word) == CLI_OK;
    } else if (fine && (equals != NULL || !set_flag(options, word))) {
        fine = cli_complain("test has no option %s", words[0]) == CLI_OK;
    }
    free(word);
    return fine;
}

static bool read_words(struct command *command, int argc, char **argv)
{
    bool options = true;
    for (int i = 0, taken; i < argc; i += taken) {
        taken = 1;
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (!options || strncmp(argv[i], "--", 2) != 0)
            command->names[command->count++] = argv[i];
        else if (!read_option(&command->options, argv + i, argc - i, &taken))
            return false;
    }
    return true;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* ---- Running ---- */

static void keep_failed(const struct test_options *options, struct test_files *files)
{
    struct test_memory *memory = test_memory_read(options->memory);
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++)
        if (test_memory_has(memory, files->items[i].path, NULL))
            files->items[kept++] = files->items[i];
    files->count = kept;
    test_memory_drop(memory);
}

static int status_of(const struct test_files *files)
{
    int status = CLI_OK;
    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].rejected)
            return CLI_WRONG;
        status = files->items[i].failed != 0 ? CLI_FAILED : status;
    }
    return status;
}

static int run_files(const struct test_options *options, struct test_files *files)
{
    struct test_report report;
    if (options->failed)
        keep_failed(options, files);
    test_report_begin(&report, options, files);
    bool whole = test_run(options, files, test_report_file, &report);
    test_report_end(&report, !whole);
    if (!options->list)
        test_memory_keep(options, files);
    if (!whole)
        return CLI_SIGNALLED + SIGINT;
    return fflush(stdout) == 0 ? status_of(files) : CLI_WRONG;
}

static int run_once(const struct command *command)
{
    struct test_files files = {0};
    struct paths paths = {0};
    bool found = test_files_find(&files, &paths, command->names, command->count);
    int status = found ? run_files(&command->options, &files) : CLI_WRONG;
    test_files_drop(&files);
    paths_drop(&paths);
    return status;
}

static int run_interruptibly(const struct command *command)
{
    interrupt_install();
    return run_once(command);
}

/* Ends with the process: by a signal. */
static int run_again_and_again(const struct command *command)
{
    struct test_watch *watch = test_watch_start(command->names, command->count);
    while (watch != NULL) {
        run_once(command);
        test_watch_run_ended(watch);
        puts("watching; Ctrl-C ends");
        fflush(stdout);
        test_watch_wait(watch);
    }
    return cli_complain("out of memory");
}

int cli_test(int argc, char **argv)
{
    struct command command = {.options = {.jobs = vrt_cpu_count(), .timeout_ns = (uint64_t)(TIMEOUT_S * 1e9)}};
    if (argc == TEST_CHILD_ARGUMENTS + 1 && strcmp(argv[0], "--child") == 0)
        return test_child(argv + 1);
    char *memory = test_memory_path();
    command.names = calloc((size_t)argc + 1, sizeof *command.names);
    command.options.memory = memory;
    int status = CLI_WRONG;
    if (command.names != NULL && read_words(&command, argc, argv)) {
        if (command.count == 0)
            command.names[command.count++] = is_folder("tests") ? "tests" : ".";
        if (command.options.failed && memory == NULL)
            status = cli_complain("--failed has no memory: neither XDG_CACHE_HOME nor HOME is set");
        else
            status = command.options.watch ? run_again_and_again(&command) : run_interruptibly(&command);
    }
    free(command.names);
    free(memory);
    return status;
}
