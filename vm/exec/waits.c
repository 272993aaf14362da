#include "vm/exec/waits.h"

#include "runtime/base/alloc.h"
#include "runtime/sched/pause.h"
#include "vm/exec/step.h"

static const struct vrt_promise *settled_by(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber->flags & VVM_FIBER_WORKER)
        return isolate->more->promise;
    return fiber->future != NULL ? fiber->future->native : NULL;
}

#define STEPS 4096 /* between two looks whether the pause disturbs */

bool vvm_look_goes_on(struct vvm_look_limit *limit, size_t found)
{
    if (found <= limit->objects)
        return true;
    return limit->idle != NULL && (++limit->steps % STEPS != 0 || !vrt_pause_disturbs(limit->idle));
}

struct collecting {
    struct vvm_waits *waits;
    struct vvm_look_limit *limit;
    bool main; /* main's, or those of the others */
};

static bool count_isolate(struct vrt_isolate *base, void *argument)
{
    const struct collecting *collecting = argument;
    const struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    const struct vvm_fiber *fiber = &isolate->first;
    if (vrt_isolate_is_running_any(base))
        return true;
    do {
        collecting->waits->capacity += fiber->top != 0;
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
    return vvm_look_goes_on(collecting->limit, collecting->waits->capacity);
}

static void add(struct vvm_waits *waits, struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    if (waits->count == waits->capacity)
        waits->failed = true;
    else
        waits->items[waits->count++] = (struct vvm_wait){isolate, fiber, settled_by(isolate, fiber)};
}

static bool add_isolate(struct vrt_isolate *base, void *argument)
{
    const struct collecting *collecting = argument;
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_fiber *fiber = &isolate->first;
    if (vrt_isolate_is_running_any(base) || vvm_isolate_is_main(isolate) != collecting->main)
        return true;
    do {
        if (fiber->top != 0)
            add(collecting->waits, isolate, fiber);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
    return !collecting->waits->failed && vvm_look_goes_on(collecting->limit, collecting->waits->count);
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

static bool index_settlers(struct vvm_waits *waits, struct vvm_look_limit *limit)
{
    for (size_t i = 0; i < waits->count; i++) {
        if (!vvm_look_goes_on(limit, waits->count))
            return false;
        if (waits->items[i].settles != NULL)
            *settler_slot(waits, waits->items[i].settles) = (uint32_t)i + 1;
    }
    return true;
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

static bool collect(struct vvm_waits *waits, struct vela_runtime *runtime, struct vvm_look_limit *limit)
{
    struct collecting collecting = {waits, limit, true};
    if (!vrt_runtime_each_isolate(runtime, count_isolate, &collecting))
        return false;
    if (waits->capacity == 0)
        return true;
    if (!take_tables(waits) || !vrt_runtime_each_isolate(runtime, add_isolate, &collecting))
        return false;
    collecting.main = false;
    return vrt_runtime_each_isolate(runtime, add_isolate, &collecting) && index_settlers(waits, limit);
}

void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime, struct vvm_look_limit *limit)
{
    *waits = (struct vvm_waits){0};
    waits->failed = !collect(waits, runtime, limit);
}

void vvm_waits_drop(struct vvm_waits *waits)
{
    if (waits->items != NULL)
        vrt_free(waits->items, items_size(waits));
    if (waits->settlers != NULL)
        vrt_free(waits->settlers, settlers_size(waits));
}
