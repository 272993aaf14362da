/* Fibers that start and end: async calls, and what happens to their results. */
#include "vm/compile/opcodes.h"
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

/* ---- Ends ---- */

/* A value a Future is settled with may be seen from another isolate once the handle has crossed. */
static void settle_future(struct vvm_machine *m, struct vvm_handle *future, vvm_value value, bool threw)
{
    struct vrt_promise *promise = future->native;
    if (atomic_load_explicit(&future->header.count, memory_order_relaxed) < 0 || future->aux == 0) {
        /* relaxed: only this isolate makes its own handle shared */
        vvm_promise_settle_local(m->vm, future, value, threw);
        return;
    }
    if (!vrt_promise_settle_any(promise, threw ? VRT_PROMISE_REJECTED : VRT_PROMISE_RESOLVED, value))
        vvm_release(value);
}

static void end_worker(struct vvm_machine *m, vvm_value value, bool threw)
{
    struct vvm_isolate_more *more = m->isolate->more;
    more->result = value;
    more->threw = threw;
    m->isolate->flags |= VVM_ISOLATE_ENDED;
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
        return vvm_await_push(m, value, 0, VVM_ACTION_RETURN << VVM_FRAME_ACTION_SHIFT);
    }
    if (!threw)
        vvm_frame_finish(m);
    fiber->top = 0;
    fiber->state = VVM_FIBER_ENDED;
    struct vvm_handle *future = fiber->future;
    fiber->future = NULL;
    if (fiber->flags & VVM_FIBER_WORKER) {
        end_worker(m, value, threw);
    } else if (future != NULL) {
        settle_future(m, future, value, threw);
        vvm_object_release(&future->header);
    } else {
        vvm_release(value);
    }
    return VVM_STEP_ENDED;
}
