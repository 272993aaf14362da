/* Time.sleep and yield_now: waits that nobody but the clock, or nobody at all, ends. */
#include "runtime/base/choice.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

static enum vvm_outcome slept(struct vvm_call *call)
{
    vbn_wait_ended(call);
    call->fiber->waiter->where = VRT_WHERE_NONE;
    return vbn_done_void(call);
}

static enum vvm_outcome time_sleep(struct vvm_call *call)
{
    int64_t nanoseconds;
    struct vbn_wait wait;
    if (!vvm_want_time(call, 0, &nanoseconds) || !vbn_wait_arm(call, &wait))
        return VVM_THROW;
    wait.waiter->where = VRT_WHERE_SLEEP;
    return vbn_wait_park_until(call, &wait, vbn_deadline(nanoseconds), slept);
}

static enum vvm_outcome yielded(struct vvm_call *call)
{
    return vbn_done_void(call);
}

/* The record is decided at once, so the task goes to the back of its isolate's queue. */
static enum vvm_outcome yield_now(struct vvm_call *call)
{
    struct vbn_wait wait;
    if (!vbn_wait_arm(call, &wait))
        return VVM_THROW;
    vrt_waiter_claim_any(wait.waiter, wait.ticket); /* registered nowhere: always succeeds */
    vrt_waiter_finish_any(wait.waiter, VRT_OUTCOME_DONE, vvm_void());
    return vbn_wait_park(call, yielded);
}

/* __time(d): throws if it is no Time argument. */
static enum vvm_outcome check_time(struct vvm_call *call)
{
    int64_t nanoseconds;
    if (!vvm_want_time(call, 0, &nanoseconds))
        return VVM_THROW;
    return vbn_done_void(call);
}

/* __nanos(d): nanoseconds of a Time argument. */
static enum vvm_outcome nanos_of(struct vvm_call *call)
{
    int64_t nanoseconds;
    return vvm_want_time(call, 0, &nanoseconds) ? vbn_done_number(call, nanoseconds) : VVM_THROW;
}

static const struct vvm_builtin statics[] = {
    VBN_ROW("sleep(d: Time) -> void", time_sleep, 1, 1, "Stops the running task for so long; other tasks go on."),
};
const struct vvm_builtin_group vbn_time_statics = VBN_GROUP(VVM_T_TIME, true, statics);

static const struct vvm_builtin functions[] = {
    VBN_ROW("yield_now() -> void", yield_now, 0, 0, "Lets the other ready tasks of this isolate run first."),
    VBN_ROW("__time(d: Time) -> void", check_time, 1, 1, "Checks a Time argument."),
    VBN_ROW("__nanos(d: Time) -> Number", nanos_of, 1, 1, "Nanoseconds of a Time argument."),
};
const struct vvm_builtin_group vbn_time_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
