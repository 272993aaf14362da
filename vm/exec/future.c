#include "vm/exec/future.h"

#include "vm/exec/error.h"
#include "vm/exec/homebound.h"
#include "vm/exec/isolate.h"
#include "vm/exec/step.h"

static void future_destroy(struct vvm_handle *handle)
{
    if (handle->native != NULL)
        vrt_promise_release_any(handle->native);
}

static void promise_destroy(struct vvm_handle *handle)
{
    if (handle->native != NULL)
        vrt_promise_release_producer_any(handle->native);
}

static const char *state_text(struct vrt_promise *promise)
{
    switch (vrt_promise_poll_any(promise, NULL)) {
    case VRT_PROMISE_PENDING: return "pending";
    case VRT_PROMISE_RESOLVED: return "resolved";
    case VRT_PROMISE_CANCELLED: return "cancelled";
    default: return "failed";
    }
}

static void future_text(const struct vvm_handle *handle, struct vvm_text_builder *out)
{
    vvm_text_add_format(out, "<Future %s>", state_text(handle->native));
}

static void promise_text(const struct vvm_handle *handle, struct vvm_text_builder *out)
{
    vvm_text_add_format(out, "<Promise %s>", state_text(handle->native));
}

static const void *promise_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

/* What a Future that has left its isolate holds; consumes value. A homebound one crosses a second time as it is. */
static vvm_value fit_to_be_seen(struct vvm_vm *vm, uint64_t home, vvm_value value)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    if (!vvm_share_for_many(value, "result", &path)) {
        value = vvm_homebound_new(vm, home, value);
        vvm_share_for_many(value, "result", &path);
    }
    vvm_text_drop(&path);
    return value;
}

/* The Future of an async call leaves its isolate: its value, if there is one already, must be fit to be seen. The
 * handle is the only one of its promise, so nobody else has seen the promise yet and its value may be exchanged. */
static void future_crossing(struct vvm_handle *handle)
{
    struct vrt_promise *promise = handle->native;
    if (handle->aux != 0 && vrt_promise_poll_any(promise, NULL) != VRT_PROMISE_PENDING)
        promise->value = fit_to_be_seen(promise->runtime->user, handle->aux, promise->value);
}

const struct vvm_handle_ops vvm_future_ops = {.destroy = future_destroy, .text = future_text,
                                              .identity = promise_identity, .sendable = true,
                                              .crossing = future_crossing};
static void promise_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    out->promise = handle->native;
}

const struct vvm_handle_ops vvm_promise_ops = {.destroy = promise_destroy, .text = promise_text,
                                               .identity = promise_identity, .ends = promise_ends, .sendable = true};

vvm_value vvm_future_new(struct vvm_vm *vm, struct vrt_promise *promise)
{
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_FUTURE], &vvm_future_ops, promise);
    if (vvm_is_unset(handle))
        vrt_promise_release_any(promise);
    return handle;
}

vvm_value vvm_promise_new(struct vvm_vm *vm, struct vrt_promise *promise)
{
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_PROMISE], &vvm_promise_ops, promise);
    if (vvm_is_unset(handle))
        vrt_promise_release_producer_any(promise);
    return handle;
}

struct vrt_promise *vvm_promise_of(vvm_value v)
{
    if (!vvm_is_plain(v, VVM_HANDLE))
        return NULL;
    struct vvm_handle *handle = v.object;
    return handle->ops == &vvm_future_ops || handle->ops == &vvm_promise_ops ? handle->native : NULL;
}

/* ---- Looking ---- */

static enum vvm_outcome not_for_us(struct vvm_call *call)
{
    return vvm_throw(call, VVM_T_NOT_SENDABLE_ERROR, "the value of this Future may not leave its isolate");
}

enum vvm_outcome vvm_future_outcome(struct vvm_call *call, vvm_value v)
{
    struct vvm_handle *handle = v.object;
    vvm_value value = vvm_void();
    enum vrt_promise_state state = vrt_promise_poll_any(handle->native, &value);
    if (state == VRT_PROMISE_PENDING)
        return VVM_PARK;
    value = vvm_homebound_look(value);
    if (vvm_is_unset(value))
        return not_for_us(call);
    if (state != VRT_PROMISE_RESOLVED)
        vrt_promise_observe_any(handle->native);
    call->result = vvm_retain(value);
    return state == VRT_PROMISE_RESOLVED ? VVM_DONE : VVM_THROW;
}

/* ---- Settling ---- */

/* What may not cross becomes an error that may. */
static vvm_value not_sendable(struct vvm_vm *vm, vvm_value value, bool threw, struct vvm_text_builder *path)
{
    vvm_value error;
    if (threw) {
        struct vvm_text_builder text;
        vvm_text_init(&text);
        if (vvm_text_whole(value, false, &text) == VVM_NEEDS_CALL)
            vvm_text_add_c(&text, vvm_symbols_text(vm->symbols, vvm_type_of(vm->known, value)->name));
        error = vvm_error_new(vm, NULL, VVM_T_RUNTIME_ERROR, "%.*s", (int)text.length, text.length ? text.data : "");
        vvm_text_drop(&text);
    } else {
        error = vvm_error_new(vm, NULL, VVM_T_NOT_SENDABLE_ERROR, "%.*s", (int)path->length,
                              path->length ? path->data : "");
    }
    vvm_release(value);
    vvm_share_for_many(error, "error", path);
    return error;
}

/* A value that may be sent, marked as shared; *threw tells whether it is an error now. */
static vvm_value made_sendable(struct vvm_vm *vm, vvm_value value, bool *threw)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    if (!vvm_share_for_many(value, *threw ? "error" : "result", &path)) {
        value = not_sendable(vm, value, *threw, &path);
        *threw = true;
    }
    vvm_text_drop(&path);
    return value;
}

/* The Future failed when its task was given up (late.h): what the task failed with after that would be seen by
 * nobody. */
static void report_lost(struct vvm_vm *vm, vvm_value value, enum vrt_promise_state state)
{
    const struct vela_value_ops *ops = &vm->runtime->value_ops;
    vvm_value error = vvm_homebound_look(value);
    if (state == VRT_PROMISE_REJECTED && vvm_is_error(error) && vvm_error_has_suppressed(error))
        ops->unobserved(ops->context, value);
}

void vvm_promise_settle_own(struct vvm_vm *vm, struct vrt_promise *promise, vvm_value value,
                            enum vrt_promise_state state)
{
    if (vrt_promise_settle_any(promise, state, value))
        return;
    report_lost(vm, value, state);
    vvm_release(value);
}

void vvm_promise_settle_result(struct vvm_vm *vm, struct vrt_promise *promise, vvm_value value,
                               enum vrt_promise_state state)
{
    bool threw = state != VRT_PROMISE_RESOLVED;
    value = made_sendable(vm, value, &threw);
    if (threw && state == VRT_PROMISE_RESOLVED)
        state = VRT_PROMISE_REJECTED;
    vvm_promise_settle_own(vm, promise, value, state);
}

void vvm_promise_settle_local(struct vvm_vm *vm, struct vvm_handle *future, vvm_value value,
                              enum vrt_promise_state state)
{
    if (future->aux == 0) {
        vvm_promise_settle_result(vm, future->native, value, state);
        return;
    }
    vvm_promise_settle_own(vm, future->native, fit_to_be_seen(vm, future->aux, value), state);
}

enum vvm_settled vvm_promise_settle(struct vvm_call *call, struct vrt_promise *promise, vvm_value value, bool reject,
                                    struct vvm_text_builder *path)
{
    if (reject)
        value = vvm_error_from_thrown(call->vm, call->fiber, value);
    if (vvm_is_unset(value))
        return VVM_SETTLE_NO_MEMORY;
    if (!vvm_share_for_many(value, "value", path)) {
        vvm_release(value);
        return VVM_NOT_SENDABLE;
    }
    if (vrt_promise_settle_any(promise, reject ? VRT_PROMISE_REJECTED : VRT_PROMISE_RESOLVED, value))
        return VVM_SETTLED;
    vvm_release(value);
    return VVM_SETTLED_BEFORE;
}
