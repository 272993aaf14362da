/* Running test files: as many processes at a time as there are jobs, reported in the order of the files. */
#include "cli/interrupt.h"
#include "cli/test_process.h"
#include "runtime/os/clock.h"

#include <poll.h>
#include <stdlib.h>

struct run {
    const struct test_options *options;
    struct test_files *files;
    size_t next, reported;
    struct test_process *processes;
    struct pollfd *polled;
    void (*report)(void *context, const struct test_file *file);
    void *context;
};

static void report_done(struct run *run)
{
    while (run->reported < run->files->count && run->files->items[run->reported].done)
        run->report(run->context, &run->files->items[run->reported++]);
}

static void start_more(struct run *run, struct test_process *process)
{
    while (process->file == NULL && run->next < run->files->count) {
        struct test_file *file = &run->files->items[run->next++];
        if (!test_process_start(process, run->options, file)) {
            process->file = NULL;
            file->done = true;
        }
    }
}

/* Milliseconds to the nearest deadline, rounded up; -1: none. */
static int patience(const struct run *run)
{
    uint64_t nearest = UINT64_MAX, now = vrt_clock_monotonic_ns();
    for (size_t i = 0; i < run->options->jobs; i++)
        if (run->processes[i].file != NULL && run->processes[i].deadline_ns < nearest)
            nearest = run->processes[i].deadline_ns;
    if (nearest == UINT64_MAX)
        return -1;
    uint64_t rest_ms = nearest <= now ? 0 : (nearest - now) / 1000000 + 1;
    return rest_ms > 60000 ? 60000 : (int)rest_ms;
}

static bool wait_for_news(struct run *run)
{
    bool any = false;
    for (size_t i = 0; i < run->options->jobs; i++) {
        const struct test_process *process = &run->processes[i];
        run->polled[i] = (struct pollfd){.fd = process->file != NULL ? process->report : -1, .events = POLLIN};
        any |= process->file != NULL;
    }
    if (any)
        interrupt_poll(run->polled, run->options->jobs, patience(run));
    return any;
}

static void look_at(struct run *run, size_t i)
{
    struct test_process *process = &run->processes[i];
    if (process->file == NULL)
        return;
    if (run->polled[i].revents != 0) {
        if (!test_process_read(process) && !test_process_next(process)) {
            process->file->done = true;
            process->file = NULL;
        }
    } else if (process->deadline_ns <= vrt_clock_monotonic_ns()) {
        test_process_hurry(process);
    }
}

/* Nothing more is started; what is known by now is reported. */
static void stop(struct run *run)
{
    for (size_t i = 0; i < run->options->jobs; i++)
        if (run->processes[i].file != NULL)
            test_process_stop(&run->processes[i]);
    for (; run->reported < run->files->count; run->reported++)
        if (run->files->items[run->reported].done)
            run->report(run->context, &run->files->items[run->reported]);
}

bool test_run(const struct test_options *options, struct test_files *files,
              void (*report)(void *context, const struct test_file *file), void *context)
{
    struct run run = {.options = options, .files = files, .report = report, .context = context,
                      .processes = calloc(options->jobs, sizeof *run.processes),
                      .polled = calloc(options->jobs, sizeof *run.polled)};
    bool busy = run.processes != NULL && run.polled != NULL, interrupted = false;
    while (busy && !interrupted) {
        for (size_t i = 0; i < options->jobs; i++)
            start_more(&run, &run.processes[i]);
        report_done(&run);
        busy = wait_for_news(&run);
        for (size_t i = 0; busy && i < options->jobs; i++)
            look_at(&run, i);
        interrupted = interrupt_take();
    }
    if (interrupted)
        stop(&run);
    report_done(&run);
    free(run.processes);
    free(run.polled);
    return !interrupted;
}
