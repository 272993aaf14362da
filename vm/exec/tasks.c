/* Fibers that start and end: async calls, and what happens to their results. */
#include "vm/compile/opcodes.h"
#include "vm/exec/cancel.h"
#include "vm/exec/future.h"
#include "vm/exec/step.h"

#include <string.h>

/* The instruction of a frame whose tail call was an async call: its Future stands in register 0, owned. */
static const uint32_t return_future[] = {VVM_OPC_RETP};

/* A Future that is local to the isolate (future.h); NULL without memory. */
static struct vvm_handle *local_future(struct vvm_machine *m)
{
    struct vrt_promise *promise = vrt_promise_create(m->vm->runtime, 0);
    if (promise == NULL)
        return NULL;
    vvm_value future = vvm_future_new(m->vm, promise);
    if (vvm_is_unset(future))
        return NULL;
    struct vvm_handle *handle = future.object;
    handle->aux = m->isolate->base.id;
    vrt_promise_own_first(promise, &m->isolate->base);
    return handle;
}

static void own_arguments(vvm_value *args, uint32_t count, uint32_t given)
{
    for (uint32_t i = 0; i < count && i < VVM_MASK_BITS; i++)
        if (!(given >> i & 1))
            vvm_retain(args[i]);
}

/* The caller's frame gets the Future now: it does not run before the callee suspends or ends. */
static void give_future(struct vvm_machine *m, const struct vvm_invoke *call, vvm_value future)
{
    struct vvm_frame *frame = vvm_top(m);
    vvm_value *registers = vvm_registers(m);
    if (!call->tail) {
        if (frame->flags & VVM_FRAME_NATIVE)
            m->resumed = future;
        else
            registers[call->dst] = future;
        return;
    }
    vvm_release_arguments(registers, VVM_MASK_BITS, frame->given);
    frame->flags |= frame->function->flags & VVM_FRAME_RESULT;
    frame->given = 1;
    frame->pc = return_future;
    registers[0] = future;
}

static enum vvm_step no_task(struct vvm_machine *m, struct vvm_fiber *fiber, vvm_value error)
{
    if (fiber != NULL)
        vvm_isolate_remove_fiber(m->isolate, fiber);
    return vvm_fail_value(m, error);
}

enum vvm_step vvm_async_start(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function)
{
    (void)function;
    vvm_value *args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
    vvm_value error = m->vm->memory_error;
    own_arguments(args, call->count, call->given);
    vvm_value callee = call->owns_callee ? call->callee : vvm_retain(call->callee);
    struct vvm_fiber *fiber = vvm_isolate_add_fiber(m->isolate);
    if (fiber == NULL || (fiber->future = local_future(m)) == NULL) {
        vvm_release_arguments(args, call->count, 0xffff);
        vvm_release(callee);
        return no_task(m, fiber, error);
    }
    if (!vvm_fiber_init(m->vm, fiber, callee, args, call->count, &error))
        return no_task(m, fiber, error);
    vvm_object_retain(&fiber->future->header);
    give_future(m, call, vvm_of_object(VVM_HANDLE, fiber->future));
    fiber->state = VVM_FIBER_RUNNING;
    fiber->flags |= VVM_FIBER_STARTED;
    fiber->next = m->fiber;
    m->fiber = m->call.fiber = fiber;
    m->isolate->current = fiber;
    m->budget--;
    return VVM_STEP_GO;
}

/* ---- Cancellation ---- */

bool vvm_fiber_interrupt(struct vvm_machine *m, struct vvm_fiber *fiber, vvm_value error)
{
    (void)m;
    if (!vrt_waiter_claim_any(fiber->waiter, vrt_waiter_ticket(fiber->waiter))) {
        vvm_release(error);
        return false;
    }
    fiber->waiter->outcome = VRT_OUTCOME_CANCELLED;
    fiber->waiter->value = error;
    fiber->flags |= VVM_FIBER_INTERRUPTED | VVM_FIBER_TOLD;
    return true;
}

/* ---- Ends ---- */

/* The thread that waits in vvm_vm_run gets main's error as it is; one that may not cross is only looked at when
 * nothing runs any more (the promise is its alone: the site says so). */
static void settle_main_error(struct vvm_vm *vm, struct vrt_promise *promise, vvm_value error)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    if (!vvm_share_for_many(error, "error", &path))
        promise->site = VVM_PROMISE_AT_REST; /* published by settling */
    vvm_text_drop(&path);
    vvm_promise_settle_own(vm, promise, error, VRT_PROMISE_REJECTED);
}

/* A value a Future is settled with may be seen from another isolate once the handle has crossed. */
static void settle_future(struct vvm_machine *m, struct vvm_handle *future, struct vvm_ending ending)
{
    struct vrt_promise *promise = future->native;
    if (m->fiber->flags & VVM_FIBER_MAIN && ending.state != VRT_PROMISE_RESOLVED) {
        settle_main_error(m->vm, promise, ending.value);
        return;
    }
    if (atomic_load_explicit(&future->header.count, memory_order_relaxed) < 0 || future->aux == 0) {
        /* relaxed: only this isolate makes its own handle shared */
        vvm_promise_settle_local(m->vm, future, ending.value, ending.state);
        return;
    }
    vvm_promise_settle_own(m->vm, promise, ending.value, ending.state);
}

static bool keeps_result(const struct vvm_fiber *fiber, bool threw)
{
    return fiber->flags & VVM_FIBER_KEEPS && !threw && !(fiber->flags & VVM_FIBER_TOLD);
}

/* The task of a Future has ended: if it was to be cancelled, that is its outcome. */
static void end_task(struct vvm_machine *m, struct vvm_handle *future, vvm_value value, bool threw)
{
    struct vvm_ending ending = {threw ? VRT_PROMISE_REJECTED : VRT_PROMISE_RESOLVED, value};
    uint32_t reason = vrt_promise_is_owned(future->native) ? vrt_promise_disown(future->native) : 0;
    if (m->fiber->flags & VVM_FIBER_CANCELLED && reason == 0)
        reason = VVM_REASON_CANCELLED;
    if (keeps_result(m->fiber, threw))
        reason = 0;
    settle_future(m, future, vvm_cancel_ending(m->isolate, m->fiber, reason, ending));
}

/* An error that may not cross arrives as RuntimeError with its text; where a class makes that text, the fiber goes on
 * and calls it. */
static bool make_text(struct vvm_machine *m, vvm_value error)
{
    struct vvm_fiber *fiber = m->fiber;
    struct vvm_text_builder out;
    struct vvm_function *function = m->vm->core[VVM_CORE_TEXT];
    vvm_value failure;
    vvm_text_init(&out);
    bool sendable = vvm_share(error, "error", &out);
    bool needs_call = !sendable && vvm_text(error, false, &out) == VVM_NEEDS_CALL;
    vvm_text_drop(&out);
    if (!needs_call || function == NULL || fiber->flags & VVM_FIBER_TEXT)
        return false;
    vvm_value callee = {.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function};
    fiber->flags |= VVM_FIBER_TEXT;
    vvm_fiber_deinit(m->vm->runtime, fiber);
    vvm_retain(error);
    if (vvm_fiber_init(m->vm, fiber, callee, &error, 1, &failure)) {
        vvm_release(error);
        return true;
    }
    vvm_release(failure);
    return false;
}

static vvm_value error_with_text(struct vvm_machine *m, vvm_value text, bool threw)
{
    if (vvm_is_string(text) && !threw)
        return vvm_error_make(m->vm, NULL, m->vm->known[VVM_T_RUNTIME_ERROR], text);
    vvm_release(text);
    return vvm_error_new(m->vm, NULL, VVM_T_RUNTIME_ERROR, "an error whose text cannot be made");
}

/* The worker has its result; the tasks left over in its isolate are cancelled, and it ends with the last of them. */
static void end_worker(struct vvm_machine *m, vvm_value value, bool threw)
{
    struct vvm_isolate_more *more = m->isolate->more;
    if (m->fiber->flags & VVM_FIBER_TEXT) {
        value = error_with_text(m, value, threw);
        threw = true;
    }
    more->result = value;
    more->threw = threw;
    m->isolate->flags |= VVM_ISOLATE_ENDED;
    vvm_isolate_cancel_fibers(m);
}

/* The result of an async function, worker or main that is a Future is awaited once. */
static bool follows(struct vvm_machine *m, vvm_value value)
{
    return !(vvm_top(m)->flags & VVM_FRAME_FOLLOWED) && vvm_promise_of(value) != NULL;
}

enum vvm_step vvm_fiber_end(struct vvm_machine *m, vvm_value value, bool threw)
{
    struct vvm_fiber *fiber = m->fiber;
    if (!threw && follows(m, value)) {
        vvm_top(m)->flags |= VVM_FRAME_FOLLOWED;
        vvm_top(m)->pc = vvm_top(m)->function->code; /* out of every protected region: it has returned */
        vvm_fiber_follow(m, value);
        return vvm_await_push(m, value, 0, VVM_ACTION_RETURN << VVM_FRAME_ACTION_SHIFT);
    }
    if (!threw)
        vvm_frame_finish(m);
    fiber->top = 0;
    if (fiber->flags & VVM_FIBER_WORKER && threw && make_text(m, value))
        return VVM_STEP_GO;
    fiber->state = VVM_FIBER_ENDED;
    struct vvm_handle *future = fiber->future;
    fiber->future = NULL;
    if (fiber->flags & VVM_FIBER_WORKER) {
        end_worker(m, value, threw);
    } else if (future != NULL) {
        end_task(m, future, value, threw);
        vvm_object_release(&future->header);
    } else {
        vvm_release(value);
    }
    return VVM_STEP_ENDED;
}
