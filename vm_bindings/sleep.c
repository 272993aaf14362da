/* Time.sleep and yield_now: waits that nobody but the clock, or nobody at all, ends. */
#include "runtime/base/choice.h"
#include "vm/exec/cancel.h"
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

/* A request that came while it was in the queue found it decided. */
static enum vvm_outcome yielded(struct vvm_call *call)
{
    struct vvm_fiber *fiber = call->fiber;
    if (vvm_fiber_is_interrupted(fiber) || !vvm_fiber_is_due_at_wait(fiber))
        return vbn_done_void(call);
    fiber->flags |= VVM_FIBER_TOLD;
    return vvm_throw_value(call, vvm_fiber_cancellation(call->isolate, fiber));
}

static enum vvm_outcome yield_now(struct vvm_call *call)
{
    return vvm_fiber_yield(call, yielded);
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
