#include "vm/exec/waits.h"

#include "vm/exec/step.h"

#include <stdlib.h>

static const struct vrt_promise *settled_by(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber->flags & VVM_FIBER_WORKER)
        return isolate->more->promise;
    return fiber->future != NULL ? fiber->future->native : NULL;
}

static void count_isolate(struct vrt_isolate *base, void *argument)
{
    struct vvm_waits *waits = argument;
    const struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    const struct vvm_fiber *fiber = &isolate->first;
    if (vrt_isolate_is_running_any(base))
        return;
    do {
        waits->capacity += fiber->top != 0;
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}

static void add(struct vvm_waits *waits, struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    if (waits->count == waits->capacity) {
        waits->failed = true;
        return;
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

void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime, size_t limit)
{
    *waits = (struct vvm_waits){0};
    vrt_runtime_each_isolate(runtime, count_isolate, waits);
    waits->failed = waits->capacity > limit;
    if (waits->failed || waits->capacity == 0)
        return;
    waits->items = malloc(waits->capacity * sizeof *waits->items);
    waits->failed = waits->items == NULL;
    if (waits->failed)
        return;
    vrt_runtime_each_isolate(runtime, add_isolate, waits);
    if (waits->count != 0)
        qsort(waits->items, waits->count, sizeof *waits->items, by_promise);
}

void vvm_waits_drop(struct vvm_waits *waits)
{
    free(waits->items);
}
