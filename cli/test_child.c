/* One file's tests, from the inside: loads the program, runs it, and reports over a pipe.
 *
 * A report is a line: the kind, how much the process has printed so far, then the fields, separated by tabs; in the
 * fields tab, line break and backslash are \t, \n, \\. Over another pipe comes a byte when the running test has taken
 * too long: its task is cancelled then. When that pipe ends, whoever wanted the results is gone, and the process ends,
 * too. */
#include "cli/command.h"
#include "cli/test.h"
#include "runtime/os/thread.h"
#include "vm/exec/cancel.h"
#include "vm/exec/error.h"
#include "vm_bindings/machine.h"
#include "vm_bindings/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct child {
    struct vvm_test_host host;
    int report, control;
    size_t skip;             /* tests that have been run already */
    bool list;
    const char *filter, *path;
    struct test_memory *memory; /* NULL: all tests */
    struct vvm_vm *vm;
    pthread_mutex_t lock;    /* guards task */
    struct vrt_promise *task;
};

/* ---- Reports ---- */

static void put_field(FILE *out, struct vvm_bytes field)
{
    putc('\t', out);
    for (size_t i = 0; i < field.length; i++)
        switch (field.data[i]) {
        case '\t': fputs("\\t", out); break;
        case '\n': fputs("\\n", out); break;
        case '\\': fputs("\\\\", out); break;
        default: putc(field.data[i], out); break;
        }
}

static void write_all(int descriptor, const char *text, size_t length)
{
    for (ssize_t done; length > 0 && (done = write(descriptor, text, length)) > 0; text += done)
        length -= (size_t)done;
}

static long long printed_so_far(void)
{
    struct stat info;
    return fstat(STDOUT_FILENO, &info) == 0 ? (long long)info.st_size : 0;
}

static void tell(struct vvm_test_host *host, const struct vvm_bytes *fields, size_t count)
{
    struct child *child = (struct child *)host;
    char *text = NULL;
    size_t length;
    FILE *line = open_memstream(&text, &length);
    if (line == NULL || count == 0)
        return;
    fprintf(line, "%.*s\t%lld", (int)fields[0].length, fields[0].data, printed_so_far());
    for (size_t i = 1; i < count; i++)
        put_field(line, fields[i]);
    putc('\n', line);
    if (fclose(line) == 0)
        write_all(child->report, text, length);
    free(text);
}

/* ---- Choosing ---- */

static bool passes_filter(const struct child *child, const char *name)
{
    char *full = NULL;
    if (child->filter[0] == '\0' || asprintf(&full, "%s > %s", child->path, name) < 0)
        return true;
    bool passes = strstr(full, child->filter) != NULL;
    free(full);
    return passes;
}

static bool is_chosen(const struct child *child, struct vvm_bytes name)
{
    char *text = strndup(name.data, name.length);
    bool chosen = text != NULL && passes_filter(child, text) &&
                  (child->memory == NULL || test_memory_has(child->memory, child->path, text));
    free(text);
    return chosen;
}

static bool wants(struct vvm_test_host *host, struct vvm_bytes name)
{
    struct child *child = (struct child *)host;
    if (!is_chosen(child, name))
        return false;
    if (child->list) {
        tell(host, (struct vvm_bytes[]){{"listed", 6}, name}, 2);
        return false;
    }
    if (child->skip == 0)
        return true;
    child->skip--;
    return false;
}

/* ---- Tests that take too long ---- */

static void watch(struct vvm_test_host *host, struct vrt_promise *task)
{
    struct child *child = (struct child *)host;
    if (task != NULL)
        vrt_promise_retain_any(task);
    pthread_mutex_lock(&child->lock);
    struct vrt_promise *before = child->task;
    child->task = task;
    pthread_mutex_unlock(&child->lock);
    if (before != NULL)
        vrt_promise_release_any(before);
}

static void cancel_task(struct child *child)
{
    pthread_mutex_lock(&child->lock);
    if (child->task != NULL)
        vvm_cancel_by_any(child->vm, child->task, VVM_REASON_TIMEOUT, "the deadline of the test");
    pthread_mutex_unlock(&child->lock);
}

static void obey(void *argument)
{
    struct child *child = argument;
    char order;
    for (ssize_t length; (length = read(child->control, &order, 1)) != 0;)
        if (length > 0)
            cancel_task(child);
        else if (errno != EINTR)
            break;
    _exit(CLI_FAILED);
}

/* The thread stands in read() until the process ends. */
static bool start_obeying(struct child *child)
{
    struct vrt_os_thread thread;
    if (vrt_os_thread_start(&thread, "vela-test", obey, child) != VRT_OK)
        return false;
    pthread_detach(thread.handle);
    return true;
}

/* ---- The program ---- */

static int run_loaded(struct child *child, struct vbn_machine *machine, const struct vvm_program *program)
{
    vvm_value value;
    bool fine = vvm_vm_run(machine->vm, vbn_program_function(machine, program), NULL, 0, &value);
    if (!fine)
        vvm_error_print_uncaught(machine->vm, stderr, value);
    vvm_release(value);
    watch(&child->host, NULL);
    return fine ? CLI_OK : CLI_FAILED;
}

static int run_file(struct child *child, struct vbn_machine *machine)
{
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    bool loaded = vvm_program_load_tests(machine->vm, child->path, &diagnostics, &program, &unreadable);
    if (!loaded)
        vvm_diagnostics_print(&diagnostics, stderr, false);
    vvm_diagnostics_deinit(&diagnostics);
    if (!loaded)
        tell(&child->host, (struct vvm_bytes[]){{"rejected", 8}}, 1);
    return loaded ? run_loaded(child, machine, &program) : CLI_WRONG;
}

/* Tests are over when the last one has ended: workers that are still at work do not keep the process. */
static int run_child(struct child *child)
{
    struct vbn_machine machine;
    if (!start_obeying(child) || !vbn_machine_create(&machine, NULL, 0, NULL)) {
        cli_complain("out of memory");
        return CLI_FAILED;
    }
    child->vm = machine.vm;
    machine.vm->test_host = &child->host;
    vvm_vm_look_for_deadlocks(machine.vm);
    int status = run_file(child, &machine);
    uint32_t seen = atomic_load_explicit(&machine.vm->failures, memory_order_relaxed); /* only counted */
    if (vbn_machine_destroy(&machine) > seen)
        tell(&child->host, (struct vvm_bytes[]){{"late", 4}}, 1);
    return status;
}

int test_child(char **arguments)
{
    struct child child = {.host = {wants, tell, watch}, .lock = PTHREAD_MUTEX_INITIALIZER, .report = atoi(arguments[0]),
                          .control = atoi(arguments[1]), .skip = strtoul(arguments[2], NULL, 10),
                          .list = arguments[3][0] == '1', .filter = arguments[4], .path = arguments[6]};
    if (arguments[5][0] != '\0')
        child.memory = test_memory_read(arguments[5]);
    int status = run_child(&child);
    test_memory_drop(child.memory);
    return status;
}
