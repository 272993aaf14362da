/* Runs a Vela program that may also read the processor time of threads, and when a task was told of its cancellation,
 * which the language does not offer: bench_host FILE [ARG...], for bench/control. */
#include "vm/core/core.h"
#include "vm/exec/cancel.h"
#include "vm_bindings/groups.h"
#include "vm_bindings/machine.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* The clock of the calling thread's processor time, for any thread to read. */
static enum vvm_outcome thread_clock(struct vvm_call *call)
{
    clockid_t clock;
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "this thread has no clock");
    return vvm_done_number(call, clock);
}

static enum vvm_outcome clock_nanos(struct vvm_call *call)
{
    int64_t clock;
    struct timespec time;
    if (!vvm_want_number(call, 0, &clock))
        return VVM_THROW;
    if (clock_gettime((clockid_t)clock, &time) != 0)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "no such clock");
    return vvm_done_number(call, (int64_t)time.tv_sec * 1000000000 + time.tv_nsec);
}

/* Processor time of this thread when a task was last told here; the linker puts the wrapper in place of the
 * function. */
static _Thread_local int64_t told_ns;
vvm_value __real_vvm_fiber_cancellation(struct vvm_machine *m, struct vvm_fiber *fiber);
vvm_value __wrap_vvm_fiber_cancellation(struct vvm_machine *m, struct vvm_fiber *fiber);

vvm_value __wrap_vvm_fiber_cancellation(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    told_ns = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    return __real_vvm_fiber_cancellation(m, fiber);
}

static enum vvm_outcome told(struct vvm_call *call)
{
    return vvm_done_number(call, told_ns);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_E("threadClock() -> Number", thread_clock, 0, 0, "The clock of this thread's processor time."),
    VVM_ROW_E("toldNanos() -> Number", told, 0, 0,
              "When a task was last told of its cancellation on this thread, by its clock."),
    VVM_ROW_E("clockNanos(clock: Number) -> Number", clock_nanos, 1, 1, "Nanoseconds of a thread's processor time."),
};
static const struct vvm_builtin_group clocks = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};

/* The bindings' groups and the clocks. */
static bool create(struct vbn_machine *machine, int argc, char **argv)
{
    const struct vvm_builtin_group **groups = calloc(vbn_group_count + 1, sizeof *groups);
    if (groups == NULL)
        return false;
    memcpy(groups, vbn_groups, vbn_group_count * sizeof *groups);
    groups[vbn_group_count] = &clocks;
    bool created = vbn_machine_create_with(machine, groups, vbn_group_count + 1, argc, argv);
    free(groups);
    return created;
}

static int run(struct vbn_machine *machine, const char *path)
{
    struct vvm_program program;
    bool loaded = vbn_machine_load(machine, path, &program, stderr);
    return loaded ? vbn_machine_run(machine, &program, stderr) : VBN_STATUS_REJECTED;
}

int main(int argc, char **argv)
{
    struct vbn_machine machine;
    if (argc < 2 || !create(&machine, argc - 2, argv + 2))
        return VBN_STATUS_REJECTED;
    int status = run(&machine, argv[1]);
    vbn_machine_destroy(&machine);
    return status;
}
