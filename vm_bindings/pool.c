#include "vm_bindings/pool.h"

#include "runtime/base/choice.h"
#include "vm/exec/cancel.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

#include <stdlib.h>

#define OWN 1u /* aux of a handle: a program made the pool */

static void pool_destroy(struct vvm_handle *handle)
{
    if (handle->aux == OWN)
        vrt_pool_close_any(handle->native);
    vrt_pool_release(handle->native);
}

static const void *pool_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

static void pool_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    out->pool = handle->native;
}

static const struct vvm_handle_ops pool_ops = {
    .destroy = pool_destroy, .identity = pool_identity, .ends = pool_ends, .sendable = true};

vvm_value vbn_pool_new(struct vvm_vm *vm, struct vrt_pool *pool)
{
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_WORKER_POOL], &pool_ops, pool);
    if (!vvm_is_unset(handle))
        vrt_pool_retain(pool);
    return handle;
}

static struct vrt_pool *pool_of(struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

static enum vvm_outcome pool_active(struct vvm_call *call)
{
    return vbn_done_number(call, vrt_pool_active_any(pool_of(call)));
}

static enum vvm_outcome pool_queued(struct vvm_call *call)
{
    return vbn_done_number(call, vrt_pool_pending_any(pool_of(call)));
}

static enum vvm_outcome pool_max_workers(struct vvm_call *call)
{
    return vbn_done_number(call, pool_of(call)->max_running);
}

bool vbn_want_pool_size(struct vvm_call *call, uint32_t *workers)
{
    bool given;
    int64_t number = 0;
    if (!vbn_optional_number(call, 0, &given, &number))
        return false;
    *workers = (uint32_t)number;
    if (given && number < 1)
        vvm_throw(call, VVM_T_VALUE_ERROR, "a pool has at least one worker, not %lld", (long long)number);
    else if (number > UINT32_MAX)
        vvm_throw(call, VVM_T_VALUE_ERROR, "a pool has at most %u workers, not %lld", UINT32_MAX, (long long)number);
    else
        return true;
    return false;
}

static enum vvm_outcome pool_construct(struct vvm_call *call)
{
    uint32_t workers;
    if (!vbn_want_pool_size(call, &workers))
        return VVM_THROW;
    struct vrt_pool *pool = vrt_pool_create(call->vm->runtime, workers);
    if (pool == NULL)
        return vvm_throw_memory(call);
    vvm_value handle = vbn_pool_new(call->vm, pool);
    vrt_pool_release(pool);
    if (!vvm_is_unset(handle))
        ((struct vvm_handle *)handle.object)->aux = OWN;
    return vvm_return(call, handle);
}

static enum vvm_outcome pool_submit(struct vvm_call *call)
{
    return vbn_worker_spawn(call, pool_of(call), 1);
}

/* ---- All of a pool's workers ---- */

struct visit {
    struct vvm_call *call;
    struct vrt_pool *pool;
    bool pending_only;
    enum vvm_reason reason;
    int64_t count;
    struct vrt_promise **promises; /* holders' references */
    size_t capacity;
    bool failed;
};

/* A worker of this pool: main and other pools' are passed by. */
static struct vvm_isolate_more *member(struct vrt_isolate *base, const struct visit *visit)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    return base->pool == visit->pool && isolate->more != NULL && isolate->more->promise != NULL ? isolate->more : NULL;
}

/* Called under the list's lock, which keeps the isolate: its promise is taken along, and cancelled without the lock. */
static bool collect(struct vrt_isolate *base, void *argument)
{
    struct visit *visit = argument;
    struct vvm_isolate_more *more = member(base, visit);
    if (more == NULL || (visit->pending_only && vrt_atomic_load_relaxed(&more->started_ns) != 0))
        return true; /* relaxed: one that starts meanwhile was not pending */
    if ((size_t)visit->count == visit->capacity) {
        size_t capacity = visit->capacity * 2 + 16;
        struct vrt_promise **grown = realloc(visit->promises, capacity * sizeof *grown);
        visit->failed = grown == NULL;
        if (visit->failed)
            return false;
        visit->promises = grown;
        visit->capacity = capacity;
    }
    vrt_promise_retain_any(more->promise);
    visit->promises[visit->count++] = more->promise;
    return true;
}

/* __cancelAll(pending_only, reason) -> Number: how many were cancelled. */
static enum vvm_outcome pool_cancel(struct vvm_call *call)
{
    bool pending_only;
    int64_t reason, cancelled = 0;
    if (!vvm_want_bool(call, 1, &pending_only) || !vvm_want_number(call, 2, &reason))
        return VVM_THROW;
    struct visit visit = {.call = call, .pool = pool_of(call), .pending_only = pending_only};
    vrt_runtime_each_isolate(call->vm->runtime, collect, &visit);
    for (int64_t i = 0; i < visit.count; i++) {
        bool before = vrt_promise_requested_any(visit.promises[i]) != 0;
        cancelled += vvm_cancel_any(call->vm, visit.promises[i], (enum vvm_reason)reason) && !before;
        vrt_promise_release_any(visit.promises[i]);
    }
    free(visit.promises);
    return visit.failed ? vvm_throw_memory(call) : vbn_done_number(call, cancelled);
}

/* __giveUp(): nobody waits any longer for its cancelled workers; they are told of. */
static enum vvm_outcome pool_give_up(struct vvm_call *call)
{
    struct visit visit = {.call = call, .pool = pool_of(call)};
    vrt_runtime_each_isolate(call->vm->runtime, collect, &visit);
    for (int64_t i = 0; i < visit.count; i++) {
        vvm_cancel_give_up_any(visit.promises[i]);
        vrt_promise_release_any(visit.promises[i]);
    }
    free(visit.promises);
    return visit.failed ? vvm_throw_memory(call) : vbn_done_void(call);
}

/* A started worker as (id, name, seconds since its start), into the List that stands in result. */
static bool describe(struct vrt_isolate *base, void *argument)
{
    struct visit *visit = argument;
    const struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_isolate_more *more = member(base, visit);
    uint64_t started = more != NULL ? vrt_atomic_load_relaxed(&more->started_ns) : 0; /* a statistic */
    vvm_value list = visit->call->result;
    if (started == 0)
        return true;
    char scratch[VVM_NAME_SCRATCH];
    const char *name = vvm_isolate_name(isolate, scratch);
    uint64_t number = vvm_isolate_number(isolate), now = vrt_now();
    vvm_value text =
        name != NULL ? vvm_string_from_c(name) : vvm_string_format("worker %llu", (unsigned long long)number);
    double seconds = now > started ? (double)(now - started) / 1e9 : 0.0;
    vvm_value item = vvm_tuple_from((vvm_value[]){vvm_number((int64_t)number), text, vvm_float(seconds)}, 3);
    visit->call->result = vvm_is_unset(item) ? vvm_unset() : vvm_list_append(list, item);
    if (vvm_is_unset(item))
        vvm_release(list);
    return !vvm_is_unset(visit->call->result);
}

static enum vvm_outcome pool_members(struct vvm_call *call)
{
    struct visit visit = {.call = call, .pool = pool_of(call)};
    call->result = vvm_list_new(4, VVM_ELEMENTS_VALUE);
    if (!vvm_is_unset(call->result))
        vrt_runtime_each_isolate(call->vm->runtime, describe, &visit);
    return vvm_return(call, call->result);
}

/* ---- Its end ---- */

static enum vvm_outcome pool_close(struct vvm_call *call)
{
    return vbn_done_bool(call, vrt_pool_close_any(pool_of(call)));
}

static enum vvm_outcome pool_is_shutdown(struct vvm_call *call)
{
    return vbn_done_bool(call, vrt_pool_is_closed_any(pool_of(call)));
}

static enum vvm_outcome drained(struct vvm_call *call)
{
    struct vrt_waiter *waiter = call->fiber->waiter;
    vrt_pool_forget(pool_of(call), waiter);
    vbn_wait_ended(call);
    waiter->where = VRT_WHERE_NONE;
    return vbn_done_bool(call, waiter->outcome == VRT_OUTCOME_DONE);
}

/* __drain(d: Time) -> Bool: false at the deadline. */
static enum vvm_outcome pool_drain(struct vvm_call *call)
{
    int64_t timeout_ns;
    struct vbn_wait wait;
    if (!vvm_want_time(call, 1, &timeout_ns) || !vbn_wait_arm(call, &wait))
        return VVM_THROW;
    wait.waiter->where = VRT_WHERE_POOL;
    wait.waiter->where_object = pool_of(call);
    if (vrt_pool_wait(pool_of(call), wait.waiter, wait.ticket))
        return vbn_wait_park_until(call, &wait, vbn_deadline(timeout_ns), drained);
    vbn_wait_cancel(&wait);
    wait.waiter->where = VRT_WHERE_NONE;
    return vbn_done_bool(call, true);
}

#define MAKE "(max_workers: Number? = None) -> WorkerPool"
#define SUBMIT \
    "(func: Function, timeout: Time? = None, name: String? = None, priority: Priority? = None, " \
    "memory_limit: Number? = None) -> Future<T>"
static const struct vvm_builtin statics[] = {
    VBN_ROW("WorkerPool" MAKE, pool_construct, 0, 1,
            "Makes a pool of which at most `max_workers` workers execute at one time; without it as many as there are "
            "processors. ValueError below 1."),
    VBN_ROW("create(workers: Number? = None) -> WorkerPool", pool_construct, 0, 1, "The same as WorkerPool(...)."),
    VBN_ROW("new" MAKE, pool_construct, 0, 1, "The same as WorkerPool(...)."),
};
const struct vvm_builtin_group vbn_pool_statics = VBN_GROUP(VVM_T_WORKER_POOL, true, statics);

static const struct vvm_builtin rows[] = {
    VBN_ROW_C("submit" SUBMIT, pool_submit, 1 << 1, 1, 5,
              "Runs a function as a worker of this pool: as Worker.spawn. WorkerPoolError after shutdown."),
    VBN_ROW_C("submit_custom" SUBMIT, pool_submit, 1 << 1, 1, 5, "The same as `submit`."),
    VBN_ROW("is_shutdown() -> Bool", pool_is_shutdown, 0, 0, "Does it refuse new workers?"),
    VBN_ROW("__close() -> Bool", pool_close, 0, 0, "Refuses new workers."),
    VBN_ROW("__drain(d: Time) -> Bool", pool_drain, 1, 1, "Waits until it has no workers."),
    VBN_ROW("__cancel(pending_only: Bool, reason: Number) -> Number", pool_cancel, 2, 2, "Cancels its workers."),
    VBN_ROW("__giveUp() -> void", pool_give_up, 0, 0, "Waits no longer for its cancelled workers."),
    VBN_ROW("__members() -> List<Any>", pool_members, 0, 0, "Its started workers."),
    VBN_ROW("get_active_count() -> Number", pool_active, 0, 0, "Workers started and not ended, waiting ones included."),
    VBN_ROW_P("active_tasks() -> Number", pool_active, "The same as `get_active_count`."),
    VBN_ROW("queued_tasks() -> Number", pool_queued, 0, 0, "Workers spawned and not started."),
    VBN_ROW_P("max_workers() -> Number", pool_max_workers, "How many workers execute at one time at most."),
};
const struct vvm_builtin_group vbn_pool_methods = VBN_GROUP(VVM_T_WORKER_POOL, false, rows);
