/* Worker: starting isolates that run in parallel, and asking about them. */
#include "vm_bindings/pool.h"

#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

#include <stdlib.h>
#include <string.h>

/* spawn(func, timeout, name, priority, memory_limit), from the first argument on. */
enum { FUNC, TIMEOUT, NAME, PRIORITY, MEMORY_LIMIT };

static bool take_timeout(struct vvm_call *call, uint32_t first, struct vvm_spawn *spawn)
{
    spawn->has_timeout = vvm_has_argument(call, first + TIMEOUT);
    return !spawn->has_timeout || vvm_want_time(call, first + TIMEOUT, &spawn->timeout_ns);
}

static bool take_memory_limit(struct vvm_call *call, uint32_t index, int64_t *limit)
{
    *limit = 0;
    if (!vvm_has_argument(call, index))
        return true;
    if (!vvm_want_number(call, index, limit))
        return false;
    if (*limit < VVM_MEMORY_LIMIT_MIN)
        vvm_throw(call, VVM_T_VALUE_ERROR, "a memory limit is at least %d bytes, not %lld", VVM_MEMORY_LIMIT_MIN,
                  (long long)*limit);
    return *limit >= VVM_MEMORY_LIMIT_MIN;
}

/* The name as a C text, malloc'd; NULL: none. False = thrown. */
static bool take_name(struct vvm_call *call, uint32_t index, char **name)
{
    struct vvm_bytes text;
    *name = NULL;
    if (!vvm_has_argument(call, index))
        return true;
    if (!vvm_want_string(call, index, &text))
        return false;
    *name = strndup(text.data, text.length);
    if (*name == NULL)
        vvm_throw_memory(call);
    return *name != NULL;
}

static bool want_priority(struct vvm_call *call, uint32_t index, enum vrt_priority *priority)
{
    *priority = VRT_PRIORITY_NORMAL;
    if (!vvm_has_argument(call, index))
        return true;
    vvm_value v = call->args[index];
    if (!vvm_is_plain(v, VVM_VARIANT) || v.object != call->vm->known[VVM_T_PRIORITY]) {
        const char *signature = call->builtin->signature;
        vvm_throw(call, VVM_T_TYPE_ERROR, "%.*s(): `priority` must be a Priority", (int)strcspn(signature, "("),
                  signature);
        return false;
    }
    *priority = (enum vrt_priority)vvm_tag_id(v);
    return true;
}

static enum vvm_outcome never(struct vvm_call *call)
{
    return vbn_done_void(call);
}

/* The runtime is being destroyed: this turn is the task's last, and it learns nothing any more. */
static enum vvm_outcome end_here(struct vvm_call *call)
{
    struct vbn_wait wait;
    return vbn_wait_arm(call, &wait) ? vbn_wait_park(call, never) : VVM_THROW;
}

enum vvm_outcome vbn_worker_refused(struct vvm_call *call, enum vrt_status status)
{
    switch (status) {
    case VRT_NO_MEMORY: return vvm_throw_memory(call);
    case VRT_SHUT_DOWN:
        if (vrt_runtime_is_stopping(call->vm->runtime))
            return end_here(call);
        return vvm_throw(call, VVM_T_WORKER_POOL_ERROR, "WorkerPool is shutdown");
    default: return vvm_throw(call, VVM_T_RUNTIME_ERROR, "no worker could be started: %s", vrt_status_text(status));
    }
}

/* Starts the worker; the future's reference to the promise is ours. */
static enum vvm_outcome start(struct vvm_call *call, struct vvm_spawn *spawn)
{
    struct vrt_promise *promise = spawn->promise;
    vrt_promise_retain_any(promise);
    vvm_value future = vvm_future_new(call->vm, promise);
    if (vvm_is_unset(future)) {
        vvm_release(spawn->function);
        vrt_promise_release_producer_any(promise);
        return vvm_throw_memory(call);
    }
    enum vrt_status status = vvm_isolate_spawn(call->vm, call, spawn);
    if (status == VRT_OK)
        return vbn_done(call, future);
    vrt_promise_observe_any(promise); /* nobody has seen this Future: its failure is thrown here */
    vvm_release(future);
    return vbn_worker_refused(call, status);
}

/* What the function brings along is not the worker's to pay for: shared, not moved. */
static bool make_sendable(struct vvm_call *call, const struct vvm_spawn *spawn)
{
    struct vvm_text_builder path;
    if (!vbn_make_sendable(call, spawn->function, "func"))
        return false;
    if (spawn->memory_limit == 0)
        return true;
    vvm_text_init(&path);
    bool shared = vvm_share_for_many(spawn->function, "func", &path);
    vvm_text_drop(&path);
    if (!shared) {
        vvm_release(spawn->function);
        vvm_throw_memory(call);
    }
    return shared;
}

static enum vvm_outcome spawn_function(struct vvm_call *call, vvm_value *function, struct vvm_spawn *spawn)
{
    uint64_t site = 0;
    uint32_t count = 0;
    spawn->function = vvm_take(function);
    if (!make_sendable(call, spawn))
        return VVM_THROW;
    vvm_trace_site(call->fiber, &site, &count);
    spawn->promise = vrt_promise_create(call->vm->runtime, site);
    if (spawn->promise == NULL) {
        vvm_release(spawn->function);
        return vvm_throw_memory(call);
    }
    return start(call, spawn);
}

enum vvm_outcome vbn_worker_spawn(struct vvm_call *call, struct vrt_pool *pool, uint32_t first)
{
    char *name;
    struct vvm_spawn spawn = {.pool = pool};
    if (!vvm_want_function(call, first + FUNC) || !take_timeout(call, first, &spawn) ||
        !take_memory_limit(call, first + MEMORY_LIMIT, &spawn.memory_limit) ||
        !want_priority(call, first + PRIORITY, &spawn.priority) || !take_name(call, first + NAME, &name))
        return VVM_THROW;
    spawn.name = name;
    enum vvm_outcome outcome = spawn_function(call, &call->args[first + FUNC], &spawn);
    free(name);
    return outcome;
}

static enum vvm_outcome worker_spawn(struct vvm_call *call)
{
    return vbn_worker_spawn(call, NULL, 0);
}

/* __spawnMember(func): of a group, bound by the deadline of the isolate that spawns it. */
static enum vvm_outcome spawn_member(struct vvm_call *call)
{
    struct vvm_spawn spawn = {.priority = VRT_PRIORITY_NORMAL, .inherits_deadline = true};
    return vvm_want_function(call, FUNC) ? spawn_function(call, &call->args[FUNC], &spawn) : VVM_THROW;
}

static enum vvm_outcome worker_get_pool(struct vvm_call *call)
{
    return vvm_return(call, vbn_pool_new(call->vm, call->vm->runtime->global_pool));
}

static enum vvm_outcome worker_configure_pool(struct vvm_call *call)
{
    uint32_t workers;
    struct vela_runtime *runtime = call->vm->runtime;
    if (!vbn_want_pool_size(call, &workers))
        return VVM_THROW;
    if (vrt_runtime_counter(runtime, VRT_COUNT_STARTED) != 0)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "the pool cannot be configured after the first spawn");
    vrt_pool_configure(runtime->global_pool, workers);
    return vbn_done_void(call);
}

static enum vvm_outcome worker_id(struct vvm_call *call)
{
    if (vvm_isolate_is_main(call->isolate))
        return vbn_done_number(call, 0);
    return vbn_done_number(call, (int64_t)vvm_isolate_number(call->isolate));
}

static enum vvm_outcome worker_name(struct vvm_call *call)
{
    char scratch[VVM_NAME_SCRATCH];
    const char *name = vvm_isolate_name(call->isolate, scratch);
    if (vvm_isolate_is_main(call->isolate))
        name = "main";
    if (name != NULL)
        return vvm_return(call, vvm_string_from_c(name));
    return vvm_return(call, vvm_string_format("worker %llu", (unsigned long long)vvm_isolate_number(call->isolate)));
}

#define SPAWN_PARAMETERS(f) \
    "(" f ": Function, timeout: Time? = None, name: String? = None, priority: Priority? = None, " \
    "memory_limit: Number? = None) -> Future<T>"
static const struct vvm_builtin rows[] = {
    VBN_ROW_C("spawn" SPAWN_PARAMETERS("func"), worker_spawn, 1 << FUNC, 1, 5,
              "Runs a function without parameters in a new isolate, in parallel; the Future gets its result."),
    VBN_ROW_C("spawnAsync" SPAWN_PARAMETERS("f"), worker_spawn, 1 << FUNC, 1, 5, "The same as `spawn`."),
    VBN_ROW("get_pool() -> WorkerPool", worker_get_pool, 0, 0, "The pool that `spawn` uses."),
    VBN_ROW("configure_pool(max_workers: Number? = None) -> void", worker_configure_pool, 0, 1,
            "Limits how many workers execute at one time; before the first spawn."),
    VBN_ROW("id() -> Number", worker_id, 0, 0, "The number of the running worker; 0 in the main program."),
    VBN_ROW("name() -> String", worker_name, 0, 0, "The name the running worker was given."),
};
const struct vvm_builtin_group vbn_worker_statics = VBN_GROUP(VVM_T_WORKER, true, rows);

static const struct vvm_builtin functions[] = {
    VBN_ROW_C("__spawnMember(func: Function) -> Future<T>", spawn_member, 1 << FUNC, 1, 1,
              "Starts a member of a group."),
};
const struct vvm_builtin_group vbn_worker_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
