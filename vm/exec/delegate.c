/* Generators at work: resuming, yielding, delegating, ending. */
#include "vm/compile/opcodes.h"
#include "vm/exec/generator.h"

#include <string.h>

#define BELOW (-VVM_FRAME_HEADER - 1) /* from a body's registers to the slot with its Generator */

/* Where a body's first frame stands, and what its caller wants of it. */
struct seat {
    uint32_t at;              /* slot of the header */
    uint32_t back, stage;
    uint16_t dst, flags;
};

static struct seat seat_of(const struct vvm_machine *m, const vvm_value *registers)
{
    const struct vvm_frame *frame = vvm_frame_of((vvm_value *)(uintptr_t)registers);
    uint16_t flags = frame->flags & (uint16_t)~VVM_FRAME_OWNS_CALLEE;
    return (struct seat){(uint32_t)(registers - m->fiber->stack) - VVM_FRAME_HEADER, frame->back, frame->stage,
                         frame->dst, flags};
}

static struct vvm_handle *root_of(const vvm_value *registers) { return registers[BELOW].object; }

static void take_seat(struct vvm_machine *m, struct vvm_handle *handle, const struct seat *seat)
{
    struct vvm_generator *g = vvm_generator_of(handle);
    struct vvm_fiber *fiber = m->fiber;
    vvm_value *base = fiber->stack + seat->at;
    memcpy(base, g->slots, g->used * sizeof *base);
    struct vvm_frame *frame = (struct vvm_frame *)(void *)base;
    frame->dst = seat->dst;
    frame->flags = seat->flags | (frame->flags & VVM_FRAME_OWNS_CALLEE);
    frame->back = seat->back;
    frame->stage = seat->stage;
    fiber->top = seat->at + g->top;
    g->used = 0;
    g->listed = false;
}

/* Takes the frames from the seat up off the stack. */
static void leave_seat(struct vvm_machine *m, const struct seat *seat)
{
    m->fiber->top = seat->at + VVM_FRAME_HEADER - seat->back;
}

static void release_root(const struct seat *seat, struct vvm_handle *root)
{
    if (seat->stage != 0)
        vvm_object_release(&root->header);
}

/* ---- next() ---- */

enum vvm_step vvm_generator_advance(struct vvm_machine *m, struct vvm_invoke *call)
{
    vvm_value *window = vvm_registers(m) + call->window, value = window[VVM_FRAME_HEADER];
    struct vvm_handle *root = value.object;
    struct vvm_generator *g = vvm_generator_of(root);
    uint32_t used = vvm_generator_of(g->leaf)->used;
    if (!vvm_reserve(m, call->window + 1 + used)) {
        vvm_release_arguments(vvm_registers(m) + call->window + VVM_FRAME_HEADER, call->count, call->given);
        return vvm_stack_overflow(m);
    }
    vvm_registers(m)[call->window] = value;
    struct seat seat = {m->fiber->top + call->window + 1, call->window + 1 + VVM_FRAME_HEADER, call->given & 1,
                        call->dst, call->flags | VVM_FRAME_GENERATOR};
    g->running = true;
    take_seat(m, g->leaf, &seat);
    m->budget--;
    return VVM_STEP_GO;
}

/* ---- Ends ---- */

enum climb { CLIMB_PUSHED, CLIMB_ENDED, CLIMB_FAILED };

/* The last of the chain has ended, its frame is empty: its delegator goes on, or the Generator has ended. */
static enum climb climb(struct vvm_machine *m, struct vvm_handle *root, const struct seat *seat)
{
    struct vvm_generator *g = vvm_generator_of(root), *leaf = vvm_generator_of(g->leaf);
    if (g->leaf == root) {
        g->running = false;
        g->ended = true;
        return CLIMB_ENDED;
    }
    struct vvm_handle *outer = leaf->outer;
    struct vvm_generator *above = vvm_generator_of(outer);
    if (!vvm_fiber_reserve(m->vm, m->fiber, seat->at + above->used)) {
        vvm_generator_discard(root);
        return CLIMB_FAILED;
    }
    g->leaf = outer;
    g->held -= vvm_generator_size(leaf->capacity);
    vvm_value ended = above->inner;
    above->inner = vvm_unset();
    take_seat(m, outer, seat);
    vvm_release(ended);
    return CLIMB_PUSHED;
}

enum vvm_step vvm_generator_return(struct vvm_machine *m, vvm_value value)
{
    vvm_release(value);
    vvm_frame_finish(m);
    struct seat seat = seat_of(m, vvm_registers(m));
    struct vvm_handle *root = root_of(vvm_registers(m));
    enum climb outcome = climb(m, root, &seat);
    if (outcome == CLIMB_PUSHED)
        return VVM_STEP_GO;
    leave_seat(m, &seat);
    release_root(&seat, root);
    if (outcome == CLIMB_FAILED)
        return vvm_fail_memory(m);
    return vvm_deliver(m, seat.dst, seat.flags, vvm_none());
}

void vvm_generator_throw(struct vvm_machine *m)
{
    struct seat seat = seat_of(m, vvm_registers(m));
    struct vvm_handle *root = root_of(vvm_registers(m));
    enum climb outcome = climb(m, root, &seat);
    if (outcome == CLIMB_PUSHED)
        return;
    leave_seat(m, &seat);
    release_root(&seat, root);
    if (outcome == CLIMB_FAILED) {
        vvm_release(m->error);
        vvm_fail_memory(m);
    }
}

void vvm_generator_drop(struct vvm_machine *m)
{
    struct seat seat = seat_of(m, vvm_registers(m));
    struct vvm_handle *root = root_of(vvm_registers(m));
    vvm_generator_discard(root);
    release_root(&seat, root);
}

/* ---- The call of a generator function ---- */

enum vvm_step vvm_step_generate(struct vvm_machine *m, const uint32_t *at)
{
    (void)at;
    struct vvm_frame *frame = vvm_top(m);
    vvm_value value = vvm_generator_new(m, VVM_FRAME_HEADER + frame->function->register_count);
    if (vvm_is_unset(value))
        return vvm_fail_memory(m);
    vvm_generator_save(m, value.object, value.object, vvm_registers(m) - VVM_FRAME_HEADER);
    frame->given = 0;
    frame->flags &= (uint16_t)~VVM_FRAME_OWNS_CALLEE;
    return vvm_leave_checked(m, value);
}

/* ---- yield ---- */

/* Is the generator function `id` one of those that wait for the end of this one's delegate? */
static bool delegates(const struct vvm_handle *root, uint32_t id)
{
    const struct vvm_handle *handle = vvm_generator_of(root)->leaf;
    while (handle != root) {
        handle = vvm_generator_of(handle)->outer;
        const struct vvm_frame *frame = (const struct vvm_frame *)(const void *)vvm_generator_of(handle)->slots;
        if (frame->function->id == id)
            return true;
    }
    return false;
}

/* The registers of the innermost running body of the generator function, or NULL. */
static vvm_value *find_body(const struct vvm_machine *m, uint32_t id)
{
    for (vvm_value *registers = vvm_registers(m);;) {
        const struct vvm_frame *frame = vvm_frame_of(registers);
        if (vvm_frame_is_generator(frame) && (frame->function->id == id || delegates(root_of(registers), id)))
            return registers;
        if (frame->flags & VVM_FRAME_ENTRY)
            return NULL;
        registers -= frame->back;
    }
}

static enum vvm_step no_body(struct vvm_machine *m, vvm_value owned)
{
    vvm_release(owned);
    return vvm_fail(m, VVM_T_RUNTIME_ERROR, "yield: the generator around it is not running in this task");
}

enum vvm_step vvm_step_yield(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value some = vvm_some(vvm_registers(m)[vvm_b(at)]), *body = find_body(m, at[1]);
    if (vvm_is_unset(some))
        return vvm_fail_memory(m);
    if (body == NULL)
        return no_body(m, some);
    struct vvm_handle *root = root_of(body);
    if (!vvm_generator_save(m, root, vvm_generator_of(root)->leaf, body - VVM_FRAME_HEADER)) {
        vvm_release(some);
        return vvm_fail_memory(m);
    }
    struct seat seat = seat_of(m, body);
    vvm_generator_of(root)->running = false;
    leave_seat(m, &seat);
    release_root(&seat, root);
    return vvm_deliver(m, seat.dst, seat.flags, some);
}

/* ---- yield* ---- */

static bool is_iterable(vvm_value v)
{
    return vvm_is_generator(v) || vvm_is_plain(v, VVM_LIST) || vvm_is_plain(v, VVM_TUPLE) || vvm_is_plain(v, VVM_SET) ||
           vvm_is_plain(v, VVM_RANGE) || vvm_is_plain(v, VVM_DICT);
}

enum vvm_step vvm_step_iterate(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    if (vvm_is_generator(v) && vvm_is_unique(v.object)) {
        vvm_registers(m)[vvm_a(at)] = v;
        return VVM_STEP_GO;
    }
    enum vvm_step step;
    if (is_iterable(v))
        step = vvm_invoke_core(m, VVM_CORE_GENERATOR, &v, 1, (uint16_t)vvm_a(at), 0);
    else
        step = vvm_fail(m, VVM_T_TYPE_ERROR, "yield* wants a Generator, List, Tuple, Set, Range or Dict, got %s",
                        vvm_name_of_type(m, v));
    vvm_release(v);
    return step;
}

/* The end of the chain is left for good: what it delegates to takes its place in its handle. */
static void replace_leaf(struct vvm_handle *root, struct vvm_handle *leaf, struct vvm_handle *inner)
{
    struct vvm_generator *old = vvm_generator_of(leaf), *taken = vvm_generator_of(inner);
    struct vvm_handle *last = taken->leaf == inner ? leaf : taken->leaf;
    size_t held = vvm_generator_of(root)->held - vvm_generator_size(old->capacity) + taken->held;
    leaf->native = taken;
    inner->native = old;
    taken->outer = old->outer;
    if (!vvm_is_unset(taken->inner))
        vvm_generator_of(taken->inner.object)->outer = leaf;
    vvm_generator_of(root)->running = true;
    vvm_generator_of(root)->held = held;
    vvm_generator_of(root)->leaf = last;
    vvm_object_release(&inner->header);
}

static void chain_leaf(struct vvm_handle *root, struct vvm_handle *leaf, struct vvm_handle *inner)
{
    struct vvm_generator *taken = vvm_generator_of(inner);
    vvm_generator_of(leaf)->inner = vvm_of_object(VVM_HANDLE, inner);
    taken->outer = leaf;
    vvm_generator_of(root)->held += taken->held;
    vvm_generator_of(root)->leaf = taken->leaf;
}

/* Room on the stack for the delegate's frames, and in the chain. */
static bool has_room(struct vvm_machine *m, const struct seat *seat, struct vvm_handle *root, struct vvm_handle *inner)
{
    size_t held = vvm_generator_of(root)->held + vvm_generator_of(inner)->held;
    uint32_t used = vvm_generator_of(vvm_generator_of(inner)->leaf)->used;
    return held <= m->vm->stack_limit && vvm_fiber_reserve(m->vm, m->fiber, seat->at + used);
}

enum vvm_step vvm_step_delegate(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value value = vvm_registers(m)[vvm_b(at)], *body = find_body(m, at[1]);
    if (body == NULL)
        return no_body(m, value);
    struct vvm_handle *inner = value.object, *root = root_of(body), *leaf = vvm_generator_of(root)->leaf;
    if (vvm_generator_of(inner)->ended) {
        vvm_release(value);
        return VVM_STEP_GO;
    }
    struct seat seat = seat_of(m, body);
    if (!has_room(m, &seat, root, inner)) {
        vvm_release(value);
        return vvm_stack_overflow(m);
    }
    if (vvm_c(at) != 0) {
        vvm_frame_release(m);
        replace_leaf(root, leaf, inner);
    } else if (vvm_generator_save(m, root, leaf, m->fiber->stack + seat.at)) {
        chain_leaf(root, leaf, inner);
    } else {
        vvm_release(value);
        return vvm_fail_memory(m);
    }
    take_seat(m, vvm_generator_of(root)->leaf, &seat);
    m->budget--;
    return VVM_STEP_GO;
}
