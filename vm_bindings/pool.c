#include "vm_bindings/pool.h"

#include "vm_bindings/binding.h"

static void pool_destroy(struct vvm_handle *handle)
{
    vrt_pool_release(handle->native);
}

static const void *pool_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

static const struct vvm_handle_ops pool_ops = {.destroy = pool_destroy, .identity = pool_identity, .sendable = true};

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

static const struct vvm_builtin rows[] = {
    VBN_ROW("get_active_count() -> Number", pool_active, 0, 0, "Workers started and not ended, waiting ones included."),
    VBN_ROW("active_tasks() -> Number", pool_active, 0, 0, "The same as `get_active_count`."),
    VBN_ROW("queued_tasks() -> Number", pool_queued, 0, 0, "Workers spawned and not started."),
    VBN_ROW_P("max_workers() -> Number", pool_max_workers, "How many workers execute at one time at most."),
};
const struct vvm_builtin_group vbn_pool_methods = VBN_GROUP(VVM_T_WORKER_POOL, false, rows);
