/* Promise<T>: the side that settles. The handle's aux is its element test. */
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm_bindings/binding.h"

static struct vrt_promise *new_promise(struct vvm_call *call)
{
    uint64_t site = 0;
    uint32_t count = 0;
    vvm_trace_site(call->fiber, &site, &count);
    return vrt_promise_create(call->vm->runtime, site);
}

static struct vrt_promise *promise_of(struct vvm_call *call)
{
    return vvm_promise_of(call->args[0]);
}

/* A pending Promise; unset without memory. */
static vvm_value make_promise(struct vvm_call *call, uint64_t test)
{
    struct vrt_promise *promise = new_promise(call);
    vvm_value handle = promise == NULL ? vvm_unset() : vvm_promise_new(call->vm, promise);
    if (!vvm_is_unset(handle))
        ((struct vvm_handle *)handle.object)->aux = test;
    return handle;
}

static enum vvm_outcome promise_construct(struct vvm_call *call)
{
    uint64_t test;
    if (!vbn_element_test(call, 0, &test))
        return VVM_THROW;
    return vvm_return(call, make_promise(call, test));
}

/* Consumes value. */
static enum vvm_outcome settle_promise(struct vvm_call *call, struct vrt_promise *promise, vvm_value value, bool reject)
{
    struct vvm_text_builder path;
    enum vvm_outcome outcome = VVM_DONE;
    vvm_text_init(&path);
    switch (vvm_promise_settle(call, promise, value, reject, &path)) {
    case VVM_SETTLED: outcome = vbn_done_void(call); break;
    case VVM_SETTLED_BEFORE:
        outcome = vrt_promise_poll_any(promise, NULL) == VRT_PROMISE_CANCELLED
                      ? vbn_done_void(call)
                      : vvm_throw(call, VVM_T_RUNTIME_ERROR, "Promise already settled");
        break;
    case VVM_NOT_SENDABLE:
        outcome = path.failed ? vvm_throw_memory(call)
                              : vvm_throw(call, VVM_T_NOT_SENDABLE_ERROR, "%.*s", (int)path.length,
                                          path.length != 0 ? path.data : "");
        break;
    case VVM_SETTLE_NO_MEMORY: outcome = vvm_throw_memory(call); break;
    }
    vvm_text_drop(&path);
    return outcome;
}

/* A promise that holds itself, if only through others that hold one another, would never be freed. */
static bool leads_to(vvm_value value, const struct vrt_promise *promise)
{
    enum { FAR_ENOUGH = 10000 };
    struct vrt_promise *next = vvm_promise_of(value);
    for (int i = 0; next != NULL && next != promise && i < FAR_ENOUGH; i++)
        next = vrt_promise_poll_any(next, &value) == VRT_PROMISE_RESOLVED ? vvm_promise_of(value) : NULL;
    return next == promise;
}

static enum vvm_outcome promise_resolve(struct vvm_call *call)
{
    vvm_value value = vvm_is_unset(call->args[1]) ? vvm_void() : vvm_take(&call->args[1]);
    struct vvm_handle *handle = call->args[0].object;
    if (leads_to(value, promise_of(call))) {
        vvm_release(value);
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "a Promise cannot be resolved with itself");
    }
    if (!vbn_fit_element(call, handle->aux, "Promise", &value))
        return VVM_THROW;
    return settle_promise(call, promise_of(call), value, false);
}

static enum vvm_outcome promise_reject(struct vvm_call *call)
{
    return settle_promise(call, promise_of(call), vvm_take(&call->args[1]), true);
}

static vvm_value future_of(struct vvm_call *call, struct vrt_promise *promise)
{
    vrt_promise_retain_any(promise);
    return vvm_future_new(call->vm, promise);
}

static enum vvm_outcome promise_future(struct vvm_call *call)
{
    return vvm_return(call, future_of(call, promise_of(call)));
}

/* ---- Settled from birth ---- */

/* A new promise that holds argument 0: as a Promise or as a Future. */
static enum vvm_outcome make_settled(struct vvm_call *call, bool reject, bool as_future)
{
    vvm_value value = vvm_is_unset(call->args[0]) ? vvm_void() : vvm_take(&call->args[0]);
    vvm_value handle = make_promise(call, 0);
    if (vvm_is_unset(handle)) {
        vvm_release(value);
        return vvm_throw_memory(call);
    }
    struct vrt_promise *promise = vvm_promise_of(handle);
    if (settle_promise(call, promise, value, reject) == VVM_THROW) {
        vvm_release(handle);
        return VVM_THROW;
    }
    if (!as_future)
        return vbn_done(call, handle);
    vvm_value future = future_of(call, promise);
    vvm_release(handle);
    return vvm_return(call, future);
}

static enum vvm_outcome promise_resolved(struct vvm_call *call)
{
    return make_settled(call, false, false);
}

static enum vvm_outcome promise_rejected(struct vvm_call *call)
{
    return make_settled(call, true, false);
}

static enum vvm_outcome promise_resolve_static(struct vvm_call *call)
{
    return make_settled(call, false, true);
}

static enum vvm_outcome promise_reject_static(struct vvm_call *call)
{
    return make_settled(call, true, true);
}

static const struct vvm_builtin statics[] = {
    VBN_ROW("Promise(__test: Number? = None) -> Promise<T>", promise_construct, 0, 1,
            "Makes a promise: a value that comes later; whoever holds it can settle it, once."),
    VBN_ROW_C("resolved(v: T) -> Promise<T>", promise_resolved, 1, 1, 1, "A promise that has its value already."),
    VBN_ROW_C("rejected(e: Any) -> Promise<T>", promise_rejected, 1, 1, 1, "A promise that has failed already."),
    VBN_ROW_C("resolve(v: T) -> Future<T>", promise_resolve_static, 1, 1, 1, "A Future that has its value already."),
    VBN_ROW_C("reject(e: Any) -> Future<T>", promise_reject_static, 1, 1, 1, "A Future that has failed already."),
};
const struct vvm_builtin_group vbn_promise_statics = VBN_GROUP(VVM_T_PROMISE, true, statics);

static const struct vvm_builtin methods[] = {
    VBN_ROW("future() -> Future<T>", promise_future, 0, 0, "The side that waits; as many as you like."),
    VBN_ROW_C("resolve(value: T = ()) -> void", promise_resolve, 2, 0, 1,
              "Gives the value. RuntimeError if the promise is settled already, or the value is its own Future."),
    VBN_ROW_C("reject(error: Any) -> void", promise_reject, 2, 1, 1,
              "Makes it fail; a String becomes an Error. RuntimeError if the promise is settled already."),
};
const struct vvm_builtin_group vbn_promise_methods = VBN_GROUP(VVM_T_PROMISE, false, methods);
