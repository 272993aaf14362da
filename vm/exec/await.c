/* await: a fiber waits for a promise. */
#include "vm/exec/cancel.h"
#include "vm/exec/future.h"
#include "vm/exec/step.h"

/* The waiting half of AWAIT: a built-in with one argument, the Future. */
static enum vvm_outcome await_function(struct vvm_call *call)
{
    return vvm_await(call, call->args[0]);
}
static const struct vvm_builtin await_row = {.signature = "await(future: Any) -> Any", .function = await_function,
                                             .min = 1, .max = 1, .doc = "Waits until a Future is settled."};

static enum vvm_outcome resumed(struct vvm_call *call)
{
    struct vvm_fiber *fiber = call->fiber;
    vvm_value v = call->args[0];
    if (vvm_promise_of(v) == NULL && call->slots != NULL && call->builtin->slots > 0)
        v = call->slots[0];
    vrt_promise_forget(vvm_promise_of(v), fiber->waiter);
    if (vvm_fiber_is_interrupted(fiber)) {
        call->result = vvm_void();
        return VVM_DONE;
    }
    enum vvm_outcome outcome = vvm_future_outcome(call, v);
    if (outcome == VVM_THROW && vvm_fiber_is_due_at_wait(fiber)) /* a scope that was cancelled in its place, or both at
                                                                    once */
        call->result = vvm_fiber_cancellation_after(call->isolate, fiber, call->result);
    return outcome;
}

enum vvm_outcome vvm_await(struct vvm_call *call, vvm_value v)
{
    struct vrt_promise *promise = vvm_promise_of(v);
    if (promise == NULL) {
        call->result = vvm_retain(v);
        return VVM_DONE;
    }
    enum vvm_outcome outcome = vvm_future_outcome(call, v);
    if (outcome != VVM_PARK)
        return outcome;
    struct vrt_waiter *waiter = vvm_fiber_waiter(call);
    if (waiter == NULL)
        return vvm_throw_memory(call);
    waiter->where = VRT_WHERE_PROMISE;
    waiter->where_object = promise;
    uint64_t ticket = vrt_waiter_arm(waiter);
    if (vrt_promise_wait(promise, waiter, ticket) == VRT_PROMISE_PARKED)
        return vvm_fiber_park(call, resumed);
    vrt_waiter_claim_any(waiter, ticket); /* our own, registered nowhere: always succeeds */
    return vvm_future_outcome(call, v);
}

enum vvm_step vvm_await_push(struct vvm_machine *m, vvm_value owned, uint16_t dst, uint16_t flags)
{
    vvm_value callee = vvm_of_object(VVM_BUILTIN, (void *)(uintptr_t)&await_row);
    return vvm_invoke_with(m, callee, false, &owned, 1, true, false, dst, flags);
}

enum vvm_step vvm_step_await(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    if (vvm_promise_of(v) == NULL) {
        vvm_registers(m)[vvm_a(at)] = v;
        return VVM_STEP_GO;
    }
    return vvm_await_push(m, v, (uint16_t)vvm_a(at), 0);
}
