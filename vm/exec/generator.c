/* Generators as objects: their block, what it owns, saving frames into it. */
#include "vm/exec/generator.h"

#include "runtime/base/alloc.h"

#include <string.h>

static void generator_destroy(struct vvm_handle *handle)
{
    vrt_free(handle->native, vvm_generator_size(vvm_generator_of(handle)->capacity));
}

/* A generator whose frames are released within the frames of another one has no frames to come back to. */
static void end_inner(const vvm_value *registers)
{
    struct vvm_generator *inside = vvm_generator_of(registers[-VVM_FRAME_HEADER - 1].object);
    inside->running = false;
    inside->ended = true;
}

/* What the saved frames own, innermost frame first, listed behind them. */
static uint32_t list_owned(struct vvm_generator *g, bool dying)
{
    vvm_value *out = g->slots + g->capacity;
    uint32_t count = 0;
    if (!vvm_is_unset(g->inner))
        out[count++] = g->inner;
    for (uint32_t top = g->used == 0 ? 0 : g->top; top != 0;) {
        vvm_value *registers = g->slots + top;
        const struct vvm_frame *frame = vvm_frame_of(registers);
        count += (uint32_t)vvm_frame_values(frame, registers, out + count);
        bool first = top == VVM_FRAME_HEADER;
        if (!first && vvm_frame_is_generator(frame)) {
            if (dying)
                end_inner(registers);
            if (frame->stage != 0)
                out[count++] = registers[-VVM_FRAME_HEADER - 1];
        }
        top = first ? 0 : top - frame->back;
    }
    return count;
}

/* Listed once until the frames run again: who unsets a value of a dead cycle does it in the list. */
static vvm_value *generator_owned(struct vvm_handle *handle, size_t *count)
{
    struct vvm_generator *g = vvm_generator_of(handle);
    if (!g->listed) {
        bool dying = atomic_load_explicit(&handle->header.count, memory_order_relaxed) == 0; /* relaxed: never shared */
        g->owned = list_owned(g, dying);
        g->listed = true;
    }
    *count = g->owned;
    return g->slots + g->capacity;
}

const struct vvm_handle_ops vvm_generator_ops = {.destroy = generator_destroy, .owned = generator_owned};

vvm_value vvm_generator_new(struct vvm_machine *m, uint32_t slots)
{
    struct vvm_generator *g = vvm_isolate_need_cycles(m->isolate) ? vrt_alloc(vvm_generator_size(slots)) : NULL;
    if (g == NULL)
        return vvm_unset();
    *g = (struct vvm_generator){.inner = vvm_unset(), .held = vvm_generator_size(slots), .capacity = slots};
    vvm_value value = vvm_handle_new(m->vm->known[VVM_T_GENERATOR], &vvm_generator_ops, g);
    if (vvm_is_unset(value))
        vrt_free(g, vvm_generator_size(slots));
    else
        g->leaf = value.object;
    return value;
}

/* A larger block for frames that came from a nested function; there is nothing in it yet. */
static bool grow(struct vvm_handle *root, struct vvm_handle *handle, uint32_t slots)
{
    struct vvm_generator *g = vvm_generator_of(handle), *larger = vrt_alloc(vvm_generator_size(slots));
    if (larger == NULL)
        return false;
    *larger = *g;
    larger->capacity = slots;
    handle->native = larger;
    vvm_generator_of(root)->held += vvm_generator_size(slots) - vvm_generator_size(g->capacity);
    vrt_free(g, vvm_generator_size(g->capacity));
    return true;
}

bool vvm_generator_save(struct vvm_machine *m, struct vvm_handle *root, struct vvm_handle *handle,
                        const vvm_value *base)
{
    vvm_value *registers = vvm_registers(m);
    uint32_t used = (uint32_t)(registers - base) + (uint32_t)vvm_frame_size(vvm_top(m));
    if (used > vvm_generator_of(handle)->capacity && !grow(root, handle, used))
        return false;
    struct vvm_generator *g = vvm_generator_of(handle);
    memcpy(g->slots, base, used * sizeof *base);
    g->used = used;
    g->top = (uint32_t)(registers - base);
    g->listed = false;
    return true;
}

void vvm_generator_discard(struct vvm_handle *root)
{
    struct vvm_generator *g = vvm_generator_of(root);
    size_t count;
    g->running = false;
    g->ended = true;
    vvm_value *values = generator_owned(root, &count);
    g->used = 0;
    g->inner = vvm_unset();
    g->owned = 0;
    for (size_t i = 0; i < count; i++)
        vvm_release(values[i]);
}
