#include "runtime/sched/timer.h"

#include "runtime/base/account.h"
#include "runtime/sched/runtime.h"

/* --- a growing array of entries ---------------------------------------------------------------- */

static bool array_reserve(struct vrt_timer_array *array, size_t count)
{
    if (count <= array->capacity) {
        return true;
    }
    size_t capacity = array->capacity != 0 ? array->capacity * 2 : 8;
    capacity = capacity < count ? count : capacity;
    struct vrt_account *account = vrt_account_switch(NULL); /* the array is the thread's */
    void *moved = vrt_realloc(array->entries, array->capacity * sizeof *array->entries,
                              capacity * sizeof *array->entries);
    vrt_account_switch(account);
    if (moved == NULL) {
        return false;
    }
    array->entries = moved;
    array->capacity = capacity;
    return true;
}

static void array_deinit(struct vrt_timer_array *array)
{
    if (array->entries != NULL) {
        vrt_free_common(array->entries, array->capacity * sizeof *array->entries);
    }
    *array = (struct vrt_timer_array){0};
}

/* --- the heap -------------------------------------------------------------------------------- */

static bool is_earlier(const struct vrt_timer_entry *a, const struct vrt_timer_entry *b)
{
    return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->order < b->order;
}

static bool is_live(const struct vrt_timer_entry *entry)
{
    return vrt_waiter_is_open_any(entry->waiter, entry->ticket);
}

static void sift_up(struct vrt_timer_entry *entries, size_t at)
{
    struct vrt_timer_entry moving = entries[at];
    while (at > 0 && is_earlier(&moving, &entries[(at - 1) / 2])) {
        entries[at] = entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    entries[at] = moving;
}

static void sift_down(struct vrt_timer_entry *entries, size_t count, size_t at)
{
    struct vrt_timer_entry moving = entries[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_earlier(&entries[child + 1], &entries[child])) {
            child++;
        }
        if (!is_earlier(&entries[child], &moving)) {
            break;
        }
        entries[at] = entries[child];
    }
    entries[at] = moving;
}

static struct vrt_timer_entry pop_root(struct vrt_timer_array *heap)
{
    struct vrt_timer_entry root = heap->entries[0];
    heap->entries[0] = heap->entries[--heap->count];
    if (heap->count > 0) {
        sift_down(heap->entries, heap->count, 0);
    }
    return root;
}

/* Drops all dead entries and builds the heap anew. */
static void compact(struct vrt_timers *timers)
{
    struct vrt_timer_array *heap = &timers->heap;
    size_t kept = 0;
    for (size_t i = 0; i < heap->count; i++) {
        if (is_live(&heap->entries[i])) {
            heap->entries[kept++] = heap->entries[i];
        }
    }
    heap->count = kept;
    for (size_t i = kept / 2; i-- > 0;) {
        sift_down(heap->entries, kept, i);
    }
    vrt_atomic_store_relaxed(&timers->dead, 0); /* only a count; one too few does no harm */
}

static void compact_if_worth(struct vrt_timers *timers)
{
    uint32_t dead = vrt_atomic_load_relaxed(&timers->dead); /* only a count */
    if (dead > VRT_TIMER_COMPACT_MIN && dead > timers->heap.count / 2) {
        compact(timers);
    }
}

void vrt_timers_init(struct vrt_timers *timers)
{
    *timers = (struct vrt_timers){0};
}

void vrt_timers_deinit(struct vrt_timers *timers)
{
    array_deinit(&timers->heap);
    array_deinit(&timers->incoming);
}

enum vrt_status vrt_timers_add(struct vrt_timers *timers, struct vrt_timer_entry entry)
{
    compact_if_worth(timers);
    struct vrt_timer_array *heap = &timers->heap;
    if (!array_reserve(heap, heap->count + 1)) {
        return VRT_NO_MEMORY;
    }
    entry.order = timers->next_order++;
    heap->entries[heap->count] = entry;
    sift_up(heap->entries, heap->count++);
    return VRT_OK;
}

enum vrt_status vrt_timers_hand_in_any(struct vrt_timers *timers, struct vrt_timer_entry entry)
{
    vrt_lock_take(&timers->lock);
    struct vrt_timer_array *incoming = &timers->incoming;
    bool reserved = array_reserve(incoming, incoming->count + 1);
    if (reserved) {
        incoming->entries[incoming->count++] = entry;
        vrt_atomic_store_relaxed(&timers->has_incoming, 1); /* a hint; the idle lock orders the rest */
    }
    vrt_lock_give(&timers->lock);
    return reserved ? VRT_OK : VRT_NO_MEMORY;
}

/* Moves what was handed in to the heap; what finds no memory stays and is tried again. */
static void take_incoming(struct vrt_timers *timers)
{
    if (vrt_atomic_load_relaxed(&timers->has_incoming) == 0) { /* a hint */
        return;
    }
    vrt_lock_take(&timers->lock);
    struct vrt_timer_array *incoming = &timers->incoming;
    while (incoming->count > 0 &&
           vrt_timers_add(timers, incoming->entries[incoming->count - 1]) == VRT_OK) {
        incoming->count--;
    }
    vrt_atomic_store_relaxed(&timers->has_incoming, incoming->count > 0); /* a hint; the lock orders the entries */
    vrt_lock_give(&timers->lock);
}

uint32_t vrt_timers_fire(struct vrt_timers *timers, uint64_t now_ns)
{
    uint32_t fired = 0;
    take_incoming(timers);
    struct vrt_timer_array *heap = &timers->heap;
    while (heap->count > 0 && heap->entries[0].when_ns <= now_ns) {
        struct vrt_timer_entry entry = pop_root(heap);
        if (vrt_waiter_claim_any(entry.waiter, entry.ticket)) {
            vrt_waiter_finish_any(entry.waiter, VRT_OUTCOME_TIMEOUT, (vela_value){0});
            fired++;
        }
    }
    compact_if_worth(timers);
    return fired;
}

uint64_t vrt_timers_earliest(struct vrt_timers *timers)
{
    take_incoming(timers);
    struct vrt_timer_array *heap = &timers->heap;
    while (heap->count > 0 && !is_live(&heap->entries[0])) {
        pop_root(heap);
    }
    return heap->count > 0 ? heap->entries[0].when_ns : VRT_NEVER;
}

bool vrt_timers_any_live(struct vrt_timers *timers)
{
    for (size_t i = 0; i < timers->heap.count; i++) {
        if (is_live(&timers->heap.entries[i])) {
            return true;
        }
    }
    return vrt_atomic_load_relaxed(&timers->has_incoming) != 0; /* under the idle lock: see hand-in */
}

/* --- for those who wait ------------------------------------------------------------------------ */

static enum vrt_status start_elsewhere(struct vela_runtime *runtime, struct vrt_waiter *waiter,
                                       struct vrt_timer_entry entry)
{
    enum vrt_status status = vrt_runtime_start(runtime);
    if (status != VRT_OK) {
        return status;
    }
    /* acquire: pairs with the release in vrt_thread_start_worker, the thread is there */
    uint32_t count = vrt_atomic_load_acquire(&runtime->thread_count);
    struct vrt_thread *thread = runtime->threads[vrt_choose(count)];
    waiter->timer_thread = thread;
    status = vrt_timers_hand_in_any(&thread->timers, entry);
    if (status != VRT_OK) {
        waiter->timer_thread = NULL;
        return status;
    }
    vrt_idle_wake_thread_any(runtime, thread);
    return VRT_OK;
}

enum vrt_status vrt_timer_start(struct vela_runtime *runtime, struct vrt_waiter *waiter, uint64_t ticket,
                                uint64_t deadline_ns)
{
    struct vrt_thread *self = vrt_thread_current();
    struct vrt_timer_entry entry = {deadline_ns, 0, waiter, ticket};
    if (self == NULL || self->runtime != runtime || self->kind != VRT_THREAD_WORKER) {
        return start_elsewhere(runtime, waiter, entry);
    }
    enum vrt_status status = vrt_timers_add(&self->timers, entry);
    waiter->timer_thread = status == VRT_OK ? self : NULL;
    return status;
}

void vrt_timer_stop(struct vrt_waiter *waiter)
{
    if (waiter->timer_thread != NULL && waiter->outcome != VRT_OUTCOME_TIMEOUT) {
        /* relaxed: only a count, tells the owner when a compaction may pay */
        vrt_atomic_add_relaxed(&waiter->timer_thread->timers.dead, 1);
    }
    waiter->timer_thread = NULL;
}
