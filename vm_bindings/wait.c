#include "vm_bindings/wait.h"

#include "runtime/base/choice.h"
#include "runtime/sched/timer.h"
#include "runtime/sync/promise.h"

bool vbn_wait_arm(struct vvm_call *call, struct vbn_wait *wait)
{
    wait->waiter = vvm_fiber_waiter(call);
    if (wait->waiter == NULL) {
        vvm_throw_memory(call);
        return false;
    }
    wait->ticket = vrt_waiter_arm(wait->waiter);
    return true;
}

void vbn_wait_cancel(const struct vbn_wait *wait)
{
    vrt_waiter_claim_any(wait->waiter, wait->ticket); /* our own and registered nowhere: always succeeds */
}

enum vvm_outcome vbn_wait_park(struct vvm_call *call, vvm_resume resume)
{
    return vvm_fiber_park(call, resume);
}

/* Nobody can end the wait in time: it ends now, as if from outside. */
static enum vvm_outcome give_up(struct vvm_call *call, struct vrt_waiter *waiter, vvm_resume resume)
{
    waiter->outcome = VRT_OUTCOME_CANCELLED;
    if (resume(call) != VVM_PARK)
        vvm_release(call->result);
    return vvm_throw_memory(call);
}

enum vvm_outcome vbn_wait_park_until(struct vvm_call *call, const struct vbn_wait *wait, uint64_t deadline_ns,
                                     vvm_resume resume)
{
    if (deadline_ns != VRT_NEVER &&
        vrt_timer_start(call->vm->runtime, wait->waiter, wait->ticket, deadline_ns) != VRT_OK &&
        vrt_waiter_claim_any(wait->waiter, wait->ticket))
        return give_up(call, wait->waiter, resume);
    return vvm_fiber_park(call, resume);
}

void vbn_wait_ended(struct vvm_call *call)
{
    vrt_timer_stop(call->fiber->waiter);
}

uint64_t vbn_deadline(int64_t nanoseconds)
{
    return nanoseconds == INT64_MAX ? VRT_NEVER : vrt_deadline_after(vrt_now(), (uint64_t)nanoseconds);
}

enum vvm_outcome vbn_wait_promise(struct vvm_call *call, struct vrt_promise *promise, vvm_resume resume)
{
    struct vbn_wait wait;
    if (vrt_promise_poll_any(promise, NULL) != VRT_PROMISE_PENDING)
        return VVM_DONE;
    if (!vbn_wait_arm(call, &wait))
        return VVM_THROW;
    if (vrt_promise_wait(promise, wait.waiter, wait.ticket) == VRT_PROMISE_PARKED)
        return vbn_wait_park(call, resume);
    vbn_wait_cancel(&wait);
    return VVM_DONE;
}
