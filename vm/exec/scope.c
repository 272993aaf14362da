#include "vm/exec/scope.h"

#include "vm/exec/isolate.h"
#include "vm/exec/step.h"

#include <stdlib.h>

static void mark_destroy(struct vvm_handle *handle)
{
    (void)handle;
}

static const struct vvm_handle_ops mark_ops = {.destroy = mark_destroy, .sendable = false};

vvm_value vvm_scope_mark(struct vvm_vm *vm, const struct vvm_fiber *opener)
{
    vvm_value mark = vvm_handle_new(vm->known[VVM_T_ANY], &mark_ops, NULL);
    if (!vvm_is_unset(mark))
        ((struct vvm_handle *)mark.object)->aux = opener->number;
    return mark;
}

static bool is_mark_of(vvm_value v, const struct vvm_fiber *opener)
{
    if (!vvm_is_plain(v, VVM_HANDLE))
        return false;
    const struct vvm_handle *handle = v.object;
    return handle->ops == &mark_ops && handle->aux == opener->number;
}

/* Without memory to look it is none: the task is told at once. */
static bool is_scope_of(const struct vvm_fiber *fiber, const struct vvm_fiber *opener)
{
    const vvm_value *registers = fiber->stack + VVM_FRAME_HEADER;
    const struct vvm_frame *frame = vvm_frame_of((vvm_value *)(uintptr_t)registers);
    if (fiber->top == 0 || frame->flags & VVM_FRAME_NATIVE)
        return false;
    vvm_value *values = malloc((frame->function->register_count + VVM_MASK_BITS + 1) * sizeof *values);
    size_t count = values != NULL ? vvm_frame_values(frame, registers, values) : 0;
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = is_mark_of(values[i], opener);
    free(values);
    return found;
}

struct vrt_promise *vvm_scope_awaited(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    const struct vrt_waiter *waiter = fiber->waiter;
    if (waiter == NULL || waiter->where != VRT_WHERE_PROMISE)
        return NULL;
    struct vrt_promise *promise = (struct vrt_promise *)(uintptr_t)waiter->where_object;
    const struct vrt_waiter *owner = vrt_promise_owner_record(promise, &isolate->base);
    return owner != NULL && is_scope_of(owner->cookie, fiber) ? promise : NULL;
}
