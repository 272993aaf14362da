#include "vm/exec/homebound.h"

struct vvm_homebound {
    struct vvm_homebound *next; /* in vm->strays: written by the pusher before its release */
    struct vvm_vm *vm;
    uint64_t home; /* an isolate's id */
    vvm_value value;
};

static bool is_here(const struct vvm_homebound *bound)
{
    const struct vrt_thread *thread = vrt_thread_current();
    return thread != NULL && thread->current != NULL && thread->current->id == bound->home;
}

static void release(struct vvm_homebound *bound)
{
    vvm_value value = bound->value;
    vrt_free_common(bound, sizeof *bound);
    vvm_release(value);
}

static void push_stray(struct vvm_homebound *bound)
{
    struct vvm_vm *vm = bound->vm;
    struct vvm_homebound *head = vrt_atomic_load_relaxed(&vm->strays); /* only compared and linked to */
    do {
        bound->next = head;
        /* release: publishes the block to vvm_homebound_drain */
    } while (!vrt_atomic_cas_weak_release(&vm->strays, &head, bound));
}

static void destroy(struct vvm_handle *handle)
{
    struct vvm_homebound *bound = handle->native;
    if (is_here(bound))
        release(bound);
    else
        push_stray(bound);
}

static const struct vvm_handle_ops ops = {.destroy = destroy, .sendable = true};

vvm_value vvm_homebound_new(struct vvm_vm *vm, uint64_t home, vvm_value owned)
{
    struct vvm_homebound *bound = vrt_alloc_common(sizeof *bound);
    if (bound == NULL) {
        vvm_release(owned);
        return vm->memory_error;
    }
    *bound = (struct vvm_homebound){.vm = vm, .home = home, .value = owned};
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_FUTURE], &ops, bound);
    if (!vvm_is_unset(handle))
        return handle;
    release(bound);
    return vm->memory_error;
}

vvm_value vvm_homebound_look(vvm_value value)
{
    if (!vvm_is_plain(value, VVM_HANDLE) || ((struct vvm_handle *)value.object)->ops != &ops)
        return value;
    const struct vvm_homebound *bound = ((struct vvm_handle *)value.object)->native;
    return is_here(bound) ? bound->value : vvm_unset();
}

void vvm_homebound_drain(struct vvm_vm *vm)
{
    struct vvm_homebound *bound;
    /* acquire: pairs with push_stray */
    while ((bound = vrt_atomic_exchange_acquire(&vm->strays, NULL)) != NULL)
        while (bound != NULL) {
            struct vvm_homebound *next = bound->next;
            release(bound);
            bound = next;
        }
}
