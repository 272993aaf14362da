#include "vm/exec/waits.h"

#include "vm/exec/step.h"

#include <stdlib.h>

static const struct vrt_promise *settled_by(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber->flags & VVM_FIBER_WORKER)
        return isolate->more->promise;
    return fiber->future != NULL ? fiber->future->native : NULL;
}

static void add(struct vvm_waits *waits, struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    if (waits->count == waits->capacity) {
        size_t capacity = waits->capacity * 2 + 16;
        struct vvm_wait *items = realloc(waits->items, capacity * sizeof *items);
        if (items == NULL) {
            waits->failed = true;
            return;
        }
        waits->items = items;
        waits->capacity = capacity;
    }
    waits->items[waits->count] = (struct vvm_wait){.isolate = isolate, .fiber = fiber, .order = waits->count,
                                                   .settles = settled_by(isolate, fiber)};
    waits->count++;
}

static void add_isolate(struct vrt_isolate *base, void *argument)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_fiber *fiber = &isolate->first;
    if (vrt_isolate_is_running_any(base))
        return;
    do {
        if (fiber->top != 0)
            add(argument, isolate, fiber);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}

static int compare_promises(const struct vrt_promise *a, const struct vrt_promise *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

/* By promise, only to find them again. */
static int by_promise(const void *left, const void *right)
{
    const struct vvm_wait *a = left, *b = right;
    int order = compare_promises(a->settles, b->settles);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static int at_promise(const void *promise, const void *wait)
{
    return compare_promises(promise, ((const struct vvm_wait *)wait)->settles);
}

const struct vvm_wait *vvm_waits_settler(const struct vvm_waits *waits, const struct vrt_promise *promise)
{
    if (promise == NULL || waits->count == 0)
        return NULL;
    return bsearch(promise, waits->items, waits->count, sizeof *waits->items, at_promise);
}

static void connect(struct vvm_waits *waits, struct vvm_wait *wait)
{
    const struct vrt_waiter *waiter = wait->fiber->waiter;
    if (wait->fiber->state == VVM_FIBER_PARKED && waiter != NULL && waiter->where == VRT_WHERE_PROMISE)
        wait->next = (struct vvm_wait *)(uintptr_t)vvm_waits_settler(waits, waiter->where_object);
}

void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime)
{
    *waits = (struct vvm_waits){0};
    vrt_runtime_each_isolate(runtime, add_isolate, waits);
    if (waits->count != 0)
        qsort(waits->items, waits->count, sizeof *waits->items, by_promise);
    for (size_t i = 0; i < waits->count; i++)
        connect(waits, &waits->items[i]);
}

void vvm_waits_drop(struct vvm_waits *waits)
{
    free(waits->items);
}

/* The task of a circle that was found first. */
static const struct vvm_wait *first_of(const struct vvm_wait *circle)
{
    const struct vvm_wait *first = circle;
    for (const struct vvm_wait *wait = circle->next; wait != circle; wait = wait->next)
        if (wait->order < first->order)
            first = wait;
    return first;
}

/* Each task is walked over once: a walk ends where an earlier one came by, or where it bites its tail. Of several circles
 * the one that was found first, so that addresses decide nothing. */
const struct vvm_wait *vvm_waits_circle(struct vvm_waits *waits)
{
    const struct vvm_wait *best = NULL;
    for (size_t i = 0; i < waits->count; i++) {
        struct vvm_wait *wait = &waits->items[i];
        for (; wait != NULL && wait->walk == 0; wait = wait->next)
            wait->walk = i + 1;
        if (wait == NULL || wait->walk != i + 1)
            continue;
        const struct vvm_wait *first = first_of(wait);
        if (best == NULL || first->order < best->order)
            best = first;
    }
    return best;
}
