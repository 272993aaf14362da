#include "cli/test_process.h"

#include "cli/command.h"
#include "cli/expectations.h"
#include "runtime/os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_NS 2000000000u /* between the cancellation of a test and the end of its process */
#define AROUND_NS 5000000000u /* for starting and ending, beside the time that a test has */

/* ---- Cases ---- */

__attribute__((format(printf, 1, 2)))
static char *text_of(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return length < 0 ? NULL : text;
}

/* What the process printed since a place; NULL: nothing. */
static char *printed_since(const struct test_process *process, size_t from)
{
    char *text = NULL;
    size_t capacity = 0;
    if (fseek(process->output, (long)from, SEEK_SET) == 0 && getdelim(&text, &capacity, '\0', process->output) > 0)
        return text;
    free(text);
    return NULL;
}

/* Owns: message and trace are the case's. */
static struct test_case *add_failure(struct test_process *process, const char *name, size_t from, char *message,
                                     char *trace)
{
    struct test_case *test = test_case_add(process->file, name);
    if (test == NULL) {
        free(message);
        free(trace);
        return NULL;
    }
    process->file->failed++;
    test->message = message;
    test->trace = trace;
    test->output = printed_since(process, from);
    return test;
}

static void end_of_test(struct test_process *process, size_t printed)
{
    free(process->name);
    process->name = NULL;
    process->output_from = printed;
}

/* ---- What it says ---- */

static void set_deadline(struct test_process *process, uint64_t duration_ns)
{
    process->deadline_ns = process->options->timeout_ns == 0 ? UINT64_MAX : vrt_clock_monotonic_ns() + duration_ns;
}

/* A test has its time; the top level, and what comes after the tests, has that and the process's own. */
static uint64_t time_allowed(const struct test_process *process)
{
    return process->options->timeout_ns + (process->golden || process->name != NULL ? 0 : AROUND_NS);
}

/* Ends the field at its tab and undoes the escapes; gives what follows, or NULL. */
static char *take_field(char *field)
{
    char *end = strchr(field, '\t'), *to = field;
    if (end != NULL)
        *end = '\0';
    for (const char *from = field; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            *to++ = *++from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
        else
            *to++ = *from;
    }
    *to = '\0';
    return end == NULL ? NULL : end + 1;
}

enum { KIND, PRINTED, FIRST, SECOND, THIRD, FIELDS };

static void cut_output(struct test_case *test, size_t length)
{
    if (test->output != NULL && strlen(test->output) > length)
        test->output[length] = '\0';
    if (length == 0) {
        free(test->output);
        test->output = NULL;
    }
}

static char *or_nothing(const char *text)
{
    return text[0] == '\0' ? NULL : strdup(text);
}

static char *say_timed_out(const struct test_process *process, const char *how)
{
    return text_of("timed out after %g s%s", (double)process->options->timeout_ns / 1e9, how);
}

static void hear_failure(struct test_process *process, char **fields)
{
    char *message = process->cancelled ? say_timed_out(process, "") : strdup(fields[SECOND]),
         *trace = or_nothing(fields[THIRD]);
    struct test_case *test = add_failure(process, process->name, process->name_from, message, trace);
    if (test != NULL)
        test->taken_ns = strtoull(fields[FIRST], NULL, 10);
}

static void hear_success(struct test_process *process, char **fields)
{
    struct test_case *test = test_case_add(process->file, process->name);
    if (test == NULL)
        return;
    test->passed = true;
    test->taken_ns = strtoull(fields[FIRST], NULL, 10);
    test->output = printed_since(process, process->name_from);
}

static void hear_result(struct test_process *process, char **fields, size_t printed)
{
    if (process->name == NULL)
        return;
    (strcmp(fields[KIND], "pass") == 0 ? hear_success : hear_failure)(process, fields);
    if (process->file->count > 0)
        cut_output(&process->file->cases[process->file->count - 1], printed - process->name_from);
    end_of_test(process, printed);
}

static void hear_begin(struct test_process *process, const char *name, size_t printed, bool outside)
{
    end_of_test(process, printed);
    process->name = strdup(name);
    process->name_from = printed;
    process->begun += !outside;
}

static void hear(struct test_process *process, char *line)
{
    static char nothing[1];
    char *fields[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = line != NULL ? line : nothing;
        line = line != NULL ? take_field(line) : NULL;
    }
    size_t printed = strtoull(fields[PRINTED], NULL, 10);
    bool outside = strcmp(fields[KIND], "outside") == 0;
    if (outside || strcmp(fields[KIND], "begin") == 0)
        hear_begin(process, fields[FIRST], printed, outside);
    else if (strcmp(fields[KIND], "pass") == 0 || strcmp(fields[KIND], "fail") == 0)
        hear_result(process, fields, printed);
    else if (strcmp(fields[KIND], "listed") == 0)
        test_case_add(process->file, fields[FIRST]);
    else if (strcmp(fields[KIND], "late") == 0)
        add_failure(process, "", process->output_from, strdup("a Future failed that nobody awaited, after the tests"),
                    NULL);
    process->over |= strcmp(fields[KIND], "end") == 0;
    process->rejected |= strcmp(fields[KIND], "rejected") == 0;
    process->cancelled = false;
    set_deadline(process, time_allowed(process));
}

static void hear_lines(struct test_process *process)
{
    char *line = process->said, *end;
    while ((end = memchr(line, '\n', process->said_length - (size_t)(line - process->said))) != NULL) {
        *end = '\0';
        hear(process, line);
        line = end + 1;
    }
    process->said_length -= (size_t)(line - process->said);
    memmove(process->said, line, process->said_length);
}

bool test_process_read(struct test_process *process)
{
    char text[4096];
    ssize_t length = read(process->report, text, sizeof text);
    if (length <= 0)
        return length < 0 && errno == EINTR;
    char *grown = realloc(process->said, process->said_length + (size_t)length);
    if (grown == NULL)
        return false;
    memcpy(grown + process->said_length, text, (size_t)length);
    process->said = grown;
    process->said_length += (size_t)length;
    hear_lines(process);
    return true;
}

void test_process_hurry(struct test_process *process)
{
    if (!process->golden && !process->cancelled && process->name != NULL) {
        process->cancelled = write(process->control, "c", 1) == 1;
        set_deadline(process, GRACE_NS);
        return;
    }
    process->killed = true;
    process->deadline_ns = UINT64_MAX;
    kill(process->id, SIGKILL);
}

/* ---- Starting ---- */

struct pipes { int report[2], control[2]; };

static bool open_pipes(struct pipes *pipes)
{
    if (pipe2(pipes->report, O_CLOEXEC) != 0)
        return false;
    if (pipe2(pipes->control, O_CLOEXEC) == 0)
        return true;
    close(pipes->report[0]);
    close(pipes->report[1]);
    return false;
}

static void keep_open(int descriptor)
{
    fcntl(descriptor, F_SETFD, 0);
}

/* The end of the report pipe stays open in both: that it closes is how one hears of the end. */
static void become(const struct test_process *process, const struct pipes *pipes)
{
    const struct test_options *options = process->options;
    char report[16], control[16], skip[32];
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(fileno(process->output), 1);
    dup2(fileno(process->errors), 2);
    keep_open(pipes->report[1]);
    keep_open(pipes->control[0]);
    if (process->golden)
        execl("/proc/self/exe", "vela", "run", process->file->path, (char *)NULL);
    snprintf(report, sizeof report, "%d", pipes->report[1]);
    snprintf(control, sizeof control, "%d", pipes->control[0]);
    snprintf(skip, sizeof skip, "%zu", process->begun_before);
    const char *list = options->list ? "1" : "0", *filter = options->filter != NULL ? options->filter : "";
    execl("/proc/self/exe", "vela", "test", "--child", report, control, skip, list, filter,
          options->failed ? options->memory : "", process->file->path, (char *)NULL);
    _exit(127);
}

static bool start_process(struct test_process *process)
{
    struct pipes pipes;
    if (!open_pipes(&pipes))
        return false;
    fflush(NULL);
    process->id = fork();
    if (process->id == 0)
        become(process, &pipes);
    close(pipes.report[1]);
    close(pipes.control[0]);
    process->report = pipes.report[0];
    process->control = pipes.control[1];
    process->begun_ns = vrt_clock_monotonic_ns();
    set_deadline(process, time_allowed(process));
    if (process->id > 0)
        return true;
    close(process->report);
    close(process->control);
    return false;
}

/* Appending: what is written to standard output and error comes in its order. */
static bool open_files(struct test_process *process)
{
    process->output = tmpfile();
    process->errors = process->golden ? tmpfile() : process->output;
    if (process->output == NULL || process->errors == NULL)
        return false;
    fcntl(fileno(process->output), F_SETFL, O_APPEND);
    fcntl(fileno(process->output), F_SETFD, FD_CLOEXEC);
    fcntl(fileno(process->errors), F_SETFD, FD_CLOEXEC);
    return true;
}

static void close_files(struct test_process *process)
{
    if (process->errors != NULL && process->errors != process->output)
        fclose(process->errors);
    if (process->output != NULL)
        fclose(process->output);
    free(process->said);
    free(process->name);
}

static bool start_part(struct test_process *process, const struct test_options *options, struct test_file *file,
                       bool golden, size_t begun)
{
    *process = (struct test_process){.options = options, .file = file, .golden = golden, .begun_before = begun,
                                     .begun = begun};
    if (open_files(process) && start_process(process))
        return true;
    struct test_case *test = test_case_add(file, "");
    file->failed++;
    if (test != NULL)
        test->message = text_of("cannot be started: %s", strerror(errno));
    close_files(process);
    return false;
}

bool test_process_start(struct test_process *process, const struct test_options *options, struct test_file *file)
{
    bool wanted = options->filter == NULL || strstr(file->path, options->filter) != NULL;
    if (options->list && file->is_golden && wanted)
        test_case_add(file, "");
    if (file->is_golden && wanted && !options->list)
        return start_part(process, options, file, true, 0);
    return file->has_tests && start_part(process, options, file, false, 0);
}

/* ---- The end ---- */

static int status_of(pid_t id)
{
    int status;
    while (waitpid(id, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

static char *describe_end(const struct test_process *process, int status)
{
    if (process->killed && !process->golden && process->name == NULL)
        return text_of("timed out outside of its tests, after %g s", (double)time_allowed(process) / 1e9);
    if (process->killed)
        return say_timed_out(process, process->cancelled ? ", and could not be cancelled" : "");
    if (WIFSIGNALED(status))
        return text_of("the process was ended by a signal: %s", strsignal(WTERMSIG(status)));
    if (process->name != NULL)
        return text_of("the process ended with status %d before the test did", WEXITSTATUS(status));
    return text_of("the process ended with status %d %s its tests", WEXITSTATUS(status),
                   process->over ? "after" : "outside of");
}

/* What the comments say of it, and whether it is so. Owns: the message is the caller's. */
static bool compare_golden(struct test_process *process, int status, char **message)
{
    struct expectations expectations;
    size_t length;
    FILE *say = open_memstream(message, &length);
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    bool met = expectations_read(process->file->path, &expectations) && say != NULL &&
               expectations_met(&expectations, code, process->output, process->errors, say);
    expectations_drop(&expectations);
    if (say != NULL)
        fclose(say);
    return met;
}

static void judge_golden(struct test_process *process, int status)
{
    char *message = NULL;
    bool passed = false;
    if (process->killed)
        message = describe_end(process, status);
    else
        passed = compare_golden(process, status, &message);
    struct test_case *test = test_case_add(process->file, "");
    process->file->failed += !passed;
    if (test == NULL) {
        free(message);
        return;
    }
    test->passed = passed;
    test->message = message;
    test->taken_ns = vrt_clock_monotonic_ns() - process->begun_ns;
    test->output = passed ? printed_since(process, 0) : NULL;
}

static void judge_end(struct test_process *process, int status)
{
    bool inside = process->name != NULL;
    const char *name = inside ? process->name : "";
    size_t from = inside ? process->name_from : process->output_from;
    if (process->over && WIFEXITED(status) && WEXITSTATUS(status) == CLI_OK)
        return;
    process->file->rejected |= process->rejected;
    char *message = process->rejected ? strdup("does not compile") : describe_end(process, status);
    struct test_case *test = add_failure(process, name, from, message, NULL);
    if (test != NULL)
        test->taken_ns = vrt_clock_monotonic_ns() - process->begun_ns;
}

static void collect(struct test_process *process, int *status)
{
    *status = status_of(process->id);
    close(process->report);
    close(process->control);
}

void test_process_stop(struct test_process *process)
{
    int status;
    kill(process->id, SIGKILL);
    collect(process, &status);
    close_files(process);
    process->file->done = true;
    process->file = NULL;
}

bool test_process_next(struct test_process *process)
{
    const struct test_options *options = process->options;
    struct test_file *file = process->file;
    bool golden = process->golden, over = process->over || process->rejected;
    size_t begun = process->begun, before = process->begun_before;
    int status;
    collect(process, &status);
    (golden ? judge_golden : judge_end)(process, status);
    close_files(process);
    if (golden)
        return file->has_tests && start_part(process, options, file, false, 0);
    return !over && begun > before && start_part(process, options, file, false, begun);
}
