#include "vm/value/layout.h"

#include <string.h>

/* Trial deletion (Bacon and Rajan 2001), one collector per isolate, run by the thread that runs the isolate.
 *
 * Note TRIAL. From the roots of a slice, all exclusive objects below them are collected and every reference among
 * them is taken off the counts. What still has a count is held from outside, and so is everything below it: those
 * references are put back. The others are garbage. Their references to each other, and to what stays alive,
 * are off the counts already, so their slots are cleared; then they are freed like any dead object.
 * A failed allocation puts all counts back and leaves the slice for another time.
 *
 * An object that survived stays in the buffer: as long as it lives, its last outside reference may go without a
 * decrement of its own. A pass begins when the buffer has doubled since the last one. */
#ifdef VELA_TINY
#define FIRST_THRESHOLD 4u
#else
#define FIRST_THRESHOLD 1024u
#endif
#define PASS_SLICES_MAX 8u /* a pass takes at most this many slices: each may walk the same large graph */

#define STACK_LEAST 4u /* most isolates have few possible roots, and there are many isolates */

#define SEEN VVM_FLAG_COLLECTOR
#define ALIVE VVM_FLAG_COLLECTOR2

struct stack {
    struct vvm_object **items;
    size_t count, capacity;
};

struct vvm_cycles {
    struct stack pending;   /* possible roots not looked at in this pass */
    struct stack survivors; /* looked at, and alive */
    size_t threshold;
    size_t slice;           /* roots per slice of the pass under way; 0 = none */
};

static _Thread_local struct vvm_cycles *current __attribute__((tls_model("initial-exec")));

/* ---- Stacks ---- */

static bool stack_reserve(struct stack *stack, size_t more)
{
    if (stack->capacity - stack->count >= more)
        return true;
    size_t capacity = stack->count + more > STACK_LEAST / 2 ? (stack->count + more) * 2 : STACK_LEAST;
    void *moved = vrt_realloc(stack->items, stack->capacity * sizeof(void *), capacity * sizeof(void *));
    if (moved == NULL)
        return false;
    stack->items = moved;
    stack->capacity = capacity;
    return true;
}

static void stack_drop(struct stack *stack)
{
    if (stack->items != NULL)
        vrt_free(stack->items, stack->capacity * sizeof(void *));
    *stack = (struct stack){.items = NULL};
}

/* ---- Collector and buffer ---- */

struct vvm_cycles *vvm_cycles_create(void)
{
    struct vvm_cycles *cycles = vrt_alloc_zeroed(sizeof *cycles);
    if (cycles != NULL)
        cycles->threshold = FIRST_THRESHOLD;
    return cycles;
}

void vvm_cycles_enter(struct vvm_cycles *cycles)
{
    current = cycles;
}

bool vvm_cycles_due(const struct vvm_cycles *cycles)
{
    return cycles->slice != 0 || cycles->pending.count >= cycles->threshold;
}

/* Without memory the object is not recorded: should it be in a dead cycle, it lives until the runtime ends. */
void vvm_possible_root(struct vvm_object *object)
{
    if (current == NULL || (vvm_flags_of(object) & VVM_FLAG_BUFFERED) || !stack_reserve(&current->pending, 1))
        return;
    vvm_flags_add(object, VVM_FLAG_BUFFERED);
    current->pending.items[current->pending.count++] = object;
}

/* Dead already, but for its memory (release.c). */
static bool is_zombie(const struct vvm_object *object)
{
    return vvm_count_of(object) == 0;
}

/* ---- Note TRIAL ---- */

static bool is_seen(vvm_value child)
{
    return vvm_is_heap(child) && (vvm_flags_of(child.object) & SEEN) != 0 && vvm_count_of(child.object) >= 0;
}

static void see(struct stack *seen, struct vvm_object *object)
{
    vvm_flags_add(object, SEEN);
    seen->items[seen->count++] = object;
}

static void subtract(struct stack *seen, const struct vvm_children *children)
{
    for (size_t i = 0; i < children->count; i++) {
        vvm_value child = vvm_children_at(children, i);
        if (!vvm_is_heap(child))
            continue;
        int32_t count = vvm_count_of(child.object);
        bool known = count >= 0 && (vvm_flags_of(child.object) & SEEN) != 0;
        if (!known && count <= 0)
            continue; /* shared or immortal: not this isolate's */
        if (!known)
            see(seen, child.object);
        vvm_count_set(child.object, count - 1);
    }
}

/* Puts back what the first `processed` objects took off, and all marks. */
static void undo(struct stack *seen, size_t processed)
{
    for (size_t i = 0; i < processed; i++) {
        struct vvm_children children = vvm_children_of(seen->items[i]);
        for (size_t k = 0; k < children.count; k++) {
            vvm_value child = vvm_children_at(&children, k);
            if (is_seen(child))
                vvm_count_set(child.object, vvm_count_of(child.object) + 1);
        }
    }
    for (size_t i = 0; i < seen->count; i++)
        vvm_flags_remove(seen->items[i], SEEN);
}

static bool subtract_all(struct stack *seen)
{
    for (size_t i = 0; i < seen->count; i++) {
        struct vvm_children children = vvm_children_of(seen->items[i]);
        if (!stack_reserve(seen, children.count)) {
            undo(seen, i);
            return false;
        }
        subtract(seen, &children);
    }
    return true;
}

static void keep(struct stack *alive, struct vvm_object *object)
{
    vvm_flags_add(object, ALIVE);
    alive->items[alive->count++] = object;
}

static void keep_children(struct stack *alive, struct vvm_object *object)
{
    struct vvm_children children = vvm_children_of(object);
    for (size_t i = 0; i < children.count; i++) {
        vvm_value child = vvm_children_at(&children, i);
        if (!is_seen(child))
            continue;
        vvm_count_set(child.object, vvm_count_of(child.object) + 1);
        if (!(vvm_flags_of(child.object) & ALIVE))
            keep(alive, child.object);
    }
}

/* Marks what is held from outside and puts its references back. */
static bool keep_alive(struct stack *seen)
{
    struct stack alive = {.items = NULL};
    if (!stack_reserve(&alive, seen->count)) {
        undo(seen, seen->count);
        return false;
    }
    for (size_t i = 0; i < seen->count; i++) {
        if (vvm_count_of(seen->items[i]) > 0)
            keep(&alive, seen->items[i]);
    }
    for (size_t i = 0; i < alive.count; i++)
        keep_children(&alive, alive.items[i]);
    stack_drop(&alive);
    return true;
}

/* Forgets a garbage object's references that are off the counts. */
static void clear_slots(struct vvm_object *object)
{
    struct vvm_children children = vvm_children_of(object);
    for (size_t i = 0; i < children.count; i++) {
        vvm_value *slot = vvm_children_slot(&children, i);
        if (!is_seen(*slot))
            continue;
        if (object->kind == VVM_LIST)
            ((struct vvm_list *)object)->buffer = NULL;
        else
            *slot = vvm_unset();
    }
}

/* Leaves only garbage in `seen`. */
static void sort_out(struct stack *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < seen->count; i++) {
        if (!(vvm_flags_of(seen->items[i]) & ALIVE))
            clear_slots(seen->items[i]);
    }
    for (size_t i = 0; i < seen->count; i++) {
        struct vvm_object *object = seen->items[i];
        if (!(vvm_flags_of(object) & ALIVE))
            seen->items[count++] = object;
        vvm_flags_remove(object, SEEN | ALIVE);
    }
    seen->count = count;
}

/* ---- Slices ---- */

/* Takes up to `count` roots from the pending ones; what died meanwhile gives its memory back now. */
static void take_roots(struct vvm_cycles *cycles, size_t count, struct stack *seen)
{
    while (count-- > 0 && cycles->pending.count > 0) {
        struct vvm_object *object = cycles->pending.items[--cycles->pending.count];
        if (is_zombie(object))
            vvm_object_dispose(object);
        else
            see(seen, object);
    }
}

static void put_back(struct stack *to, struct vvm_object *const *objects, size_t count)
{
    memcpy(to->items + to->count, objects, count * sizeof *objects);
    to->count += count;
}

/* Roots that live go to the survivors; the others are in no buffer any more. */
static void part_roots(struct vvm_cycles *cycles, const struct stack *seen, size_t roots)
{
    for (size_t i = 0; i < roots; i++) {
        if (vvm_flags_of(seen->items[i]) & ALIVE)
            cycles->survivors.items[cycles->survivors.count++] = seen->items[i];
        else
            vvm_flags_remove(seen->items[i], VVM_FLAG_BUFFERED);
    }
}

static void slice(struct vvm_cycles *cycles, size_t count)
{
    struct stack seen = {.items = NULL};
    if (count > cycles->pending.count)
        count = cycles->pending.count;
    if (count == 0 || !stack_reserve(&seen, count) || !stack_reserve(&cycles->survivors, count)) {
        stack_drop(&seen);
        return;
    }
    take_roots(cycles, count, &seen);
    size_t roots = seen.count;
    if (subtract_all(&seen) && keep_alive(&seen)) {
        part_roots(cycles, &seen, roots);
        sort_out(&seen);
        for (size_t i = 0; i < seen.count; i++)
            vvm_free_object(seen.items[i]);
    } else {
        put_back(&cycles->survivors, seen.items, roots);
    }
    stack_drop(&seen);
}

/* The survivors are what the next pass begins with. */
static void end_pass(struct vvm_cycles *cycles)
{
    struct stack empty = cycles->pending;
    cycles->pending = cycles->survivors;
    cycles->survivors = empty;
    cycles->slice = 0;
    cycles->threshold = cycles->pending.count * 2 > FIRST_THRESHOLD ? cycles->pending.count * 2 : FIRST_THRESHOLD;
}

void vvm_cycles_collect(struct vvm_cycles *cycles, size_t budget)
{
    if (cycles->slice == 0) {
        size_t least = cycles->pending.count / PASS_SLICES_MAX + 1;
        cycles->slice = budget > least ? budget : least;
    }
    slice(cycles, cycles->slice);
    if (cycles->pending.count == 0)
        end_pass(cycles);
}

/* After the last pass: what still lives is held from elsewhere and forgets the buffer. */
static void forget(struct stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        if (is_zombie(stack->items[i]))
            vvm_object_dispose(stack->items[i]);
        else
            vvm_flags_remove(stack->items[i], VVM_FLAG_BUFFERED);
    }
    stack_drop(stack);
}

/* One pass over everything, also over what a pass under way has looked at. */
static void collect_all(struct vvm_cycles *cycles)
{
    if (cycles->survivors.count > 0 && stack_reserve(&cycles->pending, cycles->survivors.count)) {
        put_back(&cycles->pending, cycles->survivors.items, cycles->survivors.count);
        cycles->survivors.count = 0;
    }
    cycles->slice = 0;
    vvm_cycles_collect(cycles, SIZE_MAX);
}

void vvm_cycles_destroy(struct vvm_cycles *cycles)
{
    if (cycles == NULL)
        return;
    struct vvm_cycles *outer = current;
    current = cycles;
    collect_all(cycles);
    collect_all(cycles); /* what the first one released may have let go of more */
    current = outer == cycles ? NULL : outer;
    forget(&cycles->pending);
    forget(&cycles->survivors);
    vrt_free(cycles, sizeof *cycles);
}
