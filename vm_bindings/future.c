/* Future<T>: the side that waits. The combinators (all, race, map ...) are written in Vela:
 * stdlib/concurrency.vela. */
#include "vm/exec/future.h"

#include "vm/exec/cancel.h"
#include "vm/exec/error.h"
#include "vm_bindings/binding.h"

static enum vrt_promise_state state_of(struct vvm_call *call)
{
    return vrt_promise_poll_any(vvm_promise_of(call->args[0]), NULL);
}

static enum vvm_outcome future_is_completed(struct vvm_call *call)
{
    return vbn_done_bool(call, state_of(call) != VRT_PROMISE_PENDING);
}

static enum vvm_outcome future_is_pending(struct vvm_call *call)
{
    return vbn_done_bool(call, state_of(call) == VRT_PROMISE_PENDING);
}

static enum vvm_outcome future_is_failed(struct vvm_call *call)
{
    enum vrt_promise_state state = state_of(call);
    return vbn_done_bool(call, state == VRT_PROMISE_REJECTED || state == VRT_PROMISE_CANCELLED);
}

static enum vvm_outcome future_is_cancelled(struct vvm_call *call)
{
    struct vrt_promise *promise = vvm_promise_of(call->args[0]);
    uint32_t reason = vrt_promise_requested_any(promise);
    enum vrt_promise_state state = vrt_promise_poll_any(promise, NULL);
    bool requested = reason != 0 && reason != VVM_REASON_DEADLINE && state != VRT_PROMISE_RESOLVED;
    return vbn_done_bool(call, requested || state == VRT_PROMISE_CANCELLED);
}

static enum vvm_outcome future_cancel(struct vvm_call *call)
{
    return vbn_done_bool(call, vvm_cancel_any(call->vm, vvm_promise_of(call->args[0]), VVM_REASON_CANCELLED));
}

/* Ok(value) or Err(error) of a settled one; None of a pending one. */
static vvm_value result_of(struct vvm_call *call, vvm_value future)
{
    vvm_value promise_value;
    switch (vvm_future_outcome(call, future)) {
    case VVM_PARK: return vvm_none();
    case VVM_DONE: promise_value = vvm_ok(call->result); break;
    default: promise_value = vvm_err(call->result); break;
    }
    return promise_value;
}

static enum vvm_outcome future_result(struct vvm_call *call)
{
    vvm_value result = result_of(call, call->args[0]);
    if (vvm_is_unset(result) || vvm_is_none(result))
        return vvm_return(call, result);
    return vvm_return(call, vvm_some(result));
}

static enum vvm_outcome future_await(struct vvm_call *call)
{
    return vvm_await(call, call->args[0]);
}

static const struct vvm_builtin methods[] = {
    VBN_ROW("is_completed() -> Bool", future_is_completed, 0, 0, "Has it a value or failed?"),
    VBN_ROW("is_finished() -> Bool", future_is_completed, 0, 0, "The same as `is_completed`."),
    VBN_ROW("is_pending() -> Bool", future_is_pending, 0, 0, "Has it neither a value nor failed?"),
    VBN_ROW("is_failed() -> Bool", future_is_failed, 0, 0, "Has it failed?"),
    VBN_ROW("is_cancelled() -> Bool", future_is_cancelled, 0, 0, "Was it cancelled?"),
    VBN_ROW(
        "cancel() -> Bool", future_cancel, 0, 0,
        "Requests the end of the task that runs for it; true if it was pending. It fails with CancellationError when "
        "the task has ended, its `finally` blocks included."),
    VBN_ROW("result() -> Option<Result<T, Any>>", future_result, 0, 0,
            "`Some(Ok(value))` or `Some(Err(error))`; None while it is pending."),
    VBN_ROW_P("await() -> T", future_await, "Waits for the value; throws the error it failed with."),
};
const struct vvm_builtin_group vbn_future_methods = VBN_GROUP(VVM_T_FUTURE, false, methods);
const struct vvm_builtin_group vbn_future_methods_of_promise = VBN_GROUP(VVM_T_PROMISE, false, methods);

/* ---- Made by hand ---- */

/* A Future of this isolate, as an async call gives it: its value stays as it is until the handle crosses. */
static enum vvm_outcome make_local(struct vvm_call *call, enum vrt_promise_state state, vvm_value value)
{
    struct vrt_promise *promise = vrt_promise_create(call->vm->runtime, 0);
    vvm_value future = promise == NULL ? vvm_unset() : vvm_future_new(call->vm, promise);
    if (vvm_is_unset(future)) {
        vvm_release(value);
        return vvm_throw_memory(call);
    }
    ((struct vvm_handle *)future.object)->aux = call->isolate->base.id;
    if (state != VRT_PROMISE_PENDING)
        vrt_promise_settle_any(promise, state, value);
    return vbn_done(call, future);
}

static enum vvm_outcome future_ready(struct vvm_call *call)
{
    vvm_value value = vvm_is_unset(call->args[0]) ? vvm_void() : vvm_take(&call->args[0]);
    return make_local(call, VRT_PROMISE_RESOLVED, value);
}

static enum vvm_outcome future_failed(struct vvm_call *call)
{
    vvm_value error = vvm_error_from_thrown(call->vm, call->fiber, vvm_take(&call->args[0]));
    return make_local(call, VRT_PROMISE_REJECTED, error);
}

static enum vvm_outcome future_pending(struct vvm_call *call)
{
    return make_local(call, VRT_PROMISE_PENDING, vvm_void());
}

static enum vvm_outcome future_from_result(struct vvm_call *call)
{
    enum vvm_layer layer = vvm_layer(call->args[0]);
    if (layer != VVM_LAYER_OK && layer != VVM_LAYER_ERR)
        return vvm_throw(call, VVM_T_TYPE_ERROR, "from_result(): `result` must be a Result");
    vvm_value inside = vvm_peel(vvm_take(&call->args[0]));
    if (layer == VVM_LAYER_OK)
        return make_local(call, VRT_PROMISE_RESOLVED, inside);
    return make_local(call, VRT_PROMISE_REJECTED, vvm_error_from_thrown(call->vm, call->fiber, inside));
}

static const struct vvm_builtin statics[] = {
    VBN_ROW_C("ready(v: T = ()) -> Future<T>", future_ready, 1, 0, 1, "A Future that has its value already."),
    VBN_ROW_C("failed(e: Any) -> Future<T>", future_failed, 1, 1, 1, "A Future that has failed already."),
    VBN_ROW("pending() -> Future<T>", future_pending, 0, 0, "A Future that never gets a value."),
    VBN_ROW_C("from_result(r: Result<T, E>) -> Future<T>", future_from_result, 1, 1, 1,
              "A Future that has the value of an Ok, or failed with the error of an Err."),
};
const struct vvm_builtin_group vbn_future_statics = VBN_GROUP(VVM_T_FUTURE, true, statics);

/* ---- Functions ---- */

static const struct vvm_builtin functions[] = {
    VBN_ROW("block_on(f: Future<T>) -> T", future_await, 1, 1,
            "Waits for a Future in a plain function; the task waits, not the thread."),
};
const struct vvm_builtin_group vbn_future_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
