#include "vm/exec/waits.h"

#include "runtime/base/alloc.h"
#include "vm/exec/step.h"

static const struct vrt_promise *settled_by(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber->flags & VVM_FIBER_WORKER)
        return isolate->more->promise;
    return fiber->future != NULL ? fiber->future->native : NULL;
}

struct collecting {
    struct vvm_waits *waits;
    bool main; /* main's, or those of the others */
};

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
    if (waits->count == waits->capacity)
        waits->failed = true;
    else
        waits->items[waits->count++] = (struct vvm_wait){isolate, fiber, settled_by(isolate, fiber)};
}

static void add_isolate(struct vrt_isolate *base, void *argument)
{
    const struct collecting *collecting = argument;
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_fiber *fiber = &isolate->first;
    if (vrt_isolate_is_running_any(base) || vvm_isolate_is_main(isolate) != collecting->main)
        return;
    do {
        if (fiber->top != 0)
            add(collecting->waits, isolate, fiber);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}

/* ---- By what they settle ---- */

/* The place of the promise's item, or where it is to go. */
static uint32_t *settler_slot(const struct vvm_waits *waits, const struct vrt_promise *promise)
{
    uint32_t at = (uint32_t)(vvm_hash_word((uintptr_t)promise) >> 20) & waits->mask;
    while (waits->settlers[at] != 0 && waits->items[waits->settlers[at] - 1].settles != promise)
        at = (at + 1) & waits->mask;
    return &waits->settlers[at];
}

const struct vvm_wait *vvm_waits_settler(const struct vvm_waits *waits, const struct vrt_promise *promise)
{
    uint32_t item = promise != NULL && waits->count != 0 ? *settler_slot(waits, promise) : 0;
    return item != 0 ? &waits->items[item - 1] : NULL;
}

static void index_settlers(struct vvm_waits *waits)
{
    for (size_t i = 0; i < waits->count; i++)
        if (waits->items[i].settles != NULL)
            *settler_slot(waits, waits->items[i].settles) = (uint32_t)i + 1;
}

/* ---- Life ---- */

static size_t items_size(const struct vvm_waits *waits)
{
    return waits->capacity * sizeof *waits->items;
}

static size_t settlers_size(const struct vvm_waits *waits)
{
    return ((size_t)waits->mask + 1) * sizeof *waits->settlers;
}

static bool take_tables(struct vvm_waits *waits)
{
    uint64_t slots = 4;
    while (slots < waits->capacity * 2)
        slots *= 2;
    waits->mask = (uint32_t)(slots - 1);
    waits->items = slots - 1 < UINT32_MAX ? vrt_alloc(items_size(waits)) : NULL;
    waits->settlers = waits->items != NULL ? vrt_alloc_zeroed(settlers_size(waits)) : NULL;
    return waits->settlers != NULL;
}

void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime, size_t limit)
{
    *waits = (struct vvm_waits){0};
    vrt_runtime_each_isolate(runtime, count_isolate, waits);
    waits->failed = waits->capacity > limit || (waits->capacity != 0 && !take_tables(waits));
    if (waits->failed || waits->capacity == 0)
        return;
    vrt_runtime_each_isolate(runtime, add_isolate, &(struct collecting){waits, true});
    vrt_runtime_each_isolate(runtime, add_isolate, &(struct collecting){waits, false});
    index_settlers(waits);
}

void vvm_waits_drop(struct vvm_waits *waits)
{
    if (waits->items != NULL)
        vrt_free(waits->items, items_size(waits));
    if (waits->settlers != NULL)
        vrt_free(waits->settlers, settlers_size(waits));
}
