#include "runtime/base/alloc.h"

#include "runtime/base/account.h"
#include "runtime/base/chunk.h"
#include "runtime/base/large.h"
#include "runtime/os/park.h"

#include <stdlib.h>
#include <string.h>

#ifdef VELA_USE_MIMALLOC
#include <mimalloc.h>
#define system_alloc mi_malloc
#define system_realloc mi_realloc
#define system_free mi_free
#else
#define system_alloc malloc
#define system_realloc realloc
#define system_free free
#endif

#define BATCH_BYTES 32768u /* classes of large blocks travel in smaller batches */

/* The head of a chunk; all its blocks are of one class. Guarded by the class's lock. */
struct chunk {
    struct chunk *next;
    uint32_t carved; /* blocks handed out at least once */
    uint32_t parked; /* of those, how many a trim found in the depot: equal means empty */
    _Alignas(64) char blocks[];
};

struct depot_class {
    _Alignas(VRT_CACHE_LINE) struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_block *full;  /* batches, linked by next_batch */
    struct vrt_block *loose; /* single blocks, fewer than a batch */
    uint32_t full_count;
    uint32_t loose_count;
    struct chunk *chunks;    /* all of this class; the first one is being carved */
    uint32_t chunk_count;
};

/* The one depot of the process: see the header for why it is not the runtime's. */
struct depot {
    struct depot_class classes[VRT_ALLOC_CLASSES];
    struct vrt_lock lock;
    uint32_t runtimes; /* guarded by lock */
    uint32_t attached; /* guarded by lock */
    _Atomic uint32_t returned; /* batches since the last trim; relaxed: only says when it may pay */
};

static struct depot depot;

_Thread_local struct vrt_thread_cache vrt_thread_cache;

static uint32_t batch_of(uint32_t index)
{
    size_t fits = BATCH_BYTES / vrt_alloc_class_bytes(index);
    return fits < VRT_BATCH_MAX ? (uint32_t)fits : VRT_BATCH_MAX;
}

static struct chunk *chunk_of(const void *block)
{
    return (struct chunk *)((uintptr_t)block & ~(uintptr_t)(VRT_CHUNK_BYTES - 1));
}

/* --- the depot, one class -------------------------------------------------------------------- */

#ifndef VELA_PLAIN_ALLOC
static uint32_t chunk_capacity(uint32_t index)
{
    return (uint32_t)((VRT_CHUNK_BYTES - sizeof(struct chunk)) / vrt_alloc_class_bytes(index));
}

static struct chunk *chunk_to_carve_locked(struct depot_class *class, uint32_t index)
{
    struct chunk *chunk = class->chunks;
    if (chunk != NULL && chunk->carved < chunk_capacity(index)) {
        return chunk;
    }
    chunk = vrt_chunk_take();
    if (chunk != NULL) {
        chunk->next = class->chunks;
        chunk->carved = 0;
        chunk->parked = 0;
        class->chunks = chunk;
        class->chunk_count++;
    }
    return chunk;
}

/* Up to `limit` fresh blocks as a list; NULL when memory is out. */
static struct vrt_block *carve_locked(struct depot_class *class, uint32_t index, uint32_t limit,
                                      uint32_t *count)
{
    struct chunk *chunk = chunk_to_carve_locked(class, index);
    struct vrt_block *list = NULL;
    size_t bytes = vrt_alloc_class_bytes(index);
    *count = 0;
    while (chunk != NULL && *count < limit && chunk->carved < chunk_capacity(index)) {
        struct vrt_block *block = (struct vrt_block *)(void *)(chunk->blocks + bytes * chunk->carved++);
        block->next = list;
        list = block;
        (*count)++;
    }
    return list;
}
#endif

static void put_batch_locked(struct depot_class *class, struct vrt_block *batch)
{
    batch->next_batch = class->full;
    class->full = batch;
    class->full_count++;
    vrt_atomic_add_relaxed(&depot.returned, 1); /* only says when a trim may pay */
}

static void put_one_locked(struct depot_class *class, uint32_t index, struct vrt_block *block)
{
    block->next = class->loose;
    class->loose = block;
    if (++class->loose_count == batch_of(index)) {
        put_batch_locked(class, class->loose);
        class->loose = NULL;
        class->loose_count = 0;
    }
}

#ifndef VELA_PLAIN_ALLOC
static struct vrt_block *take_batch_locked(struct depot_class *class, uint32_t index, uint32_t *count)
{
    struct vrt_block *list = class->full;
    if (list != NULL) {
        class->full = list->next_batch;
        class->full_count--;
        *count = batch_of(index);
        return list;
    }
    if (class->loose != NULL) {
        list = class->loose;
        *count = class->loose_count;
        class->loose = NULL;
        class->loose_count = 0;
        return list;
    }
    return carve_locked(class, index, batch_of(index), count);
}

static struct vrt_block *take_one_locked(struct depot_class *class, uint32_t index)
{
    if (class->loose == NULL && class->full != NULL) {
        class->loose = take_batch_locked(class, index, &class->loose_count);
    }
    struct vrt_block *block = class->loose;
    uint32_t count;
    if (block == NULL) {
        return carve_locked(class, index, 1, &count);
    }
    class->loose = block->next;
    class->loose_count--;
    return block;
}
#endif

/* --- slow paths ------------------------------------------------------------------------------ */

#ifndef VELA_PLAIN_ALLOC
/* Fills an empty list from the spare batch or the depot. */
static bool refill(struct vrt_thread_cache *cache, uint32_t index)
{
    struct vrt_free_list *list = &cache->active[index];
    uint32_t count = list->batch;
    list->head = cache->spare[index];
    cache->spare[index] = NULL;
    if (list->head == NULL) {
        struct depot_class *class = &depot.classes[index];
        vrt_lock_take(&class->lock);
        list->head = take_batch_locked(class, index, &count);
        vrt_lock_give(&class->lock);
    }
    list->room = list->head != NULL ? list->batch - count : list->batch;
    return list->head != NULL;
}

static void *take_small(uint32_t index)
{
    struct vrt_thread_cache *cache = &vrt_thread_cache;
    struct vrt_free_list *list = &cache->active[index];
    if (cache->attached != 0) {
        if (list->head == NULL && !refill(cache, index)) {
            return NULL;
        }
        struct vrt_block *block = list->head;
        list->head = block->next;
        list->room++;
        return block;
    }
    struct depot_class *class = &depot.classes[index];
    vrt_lock_take(&class->lock);
    void *block = take_one_locked(class, index);
    vrt_lock_give(&class->lock);
    return block;
}

/* A full list moves on: it becomes the spare one, and what was spare goes to the depot. */
static void make_room(struct vrt_thread_cache *cache, uint32_t index)
{
    struct vrt_block *batch = cache->spare[index];
    cache->spare[index] = cache->active[index].head;
    cache->active[index].head = NULL;
    cache->active[index].room = cache->active[index].batch;
    if (batch != NULL) {
        struct depot_class *class = &depot.classes[index];
        vrt_lock_take(&class->lock);
        put_batch_locked(class, batch);
        vrt_lock_give(&class->lock);
    }
}

static void give_small(struct vrt_block *block, uint32_t index)
{
    struct vrt_thread_cache *cache = &vrt_thread_cache;
    struct vrt_free_list *list = &cache->active[index];
    if (cache->attached != 0) {
        make_room(cache, index);
        block->next = list->head;
        list->head = block;
        list->room--;
        return;
    }
    struct depot_class *class = &depot.classes[index];
    vrt_lock_take(&class->lock);
    put_one_locked(class, index, block);
    vrt_lock_give(&class->lock);
}
#endif

/* Sanitizers see every block. */
static inline bool is_large(size_t size)
{
#ifdef VELA_PLAIN_ALLOC
    (void)size;
    return false;
#else
    return size >= VRT_LARGE_MIN;
#endif
}

static bool must_fail(void)
{
    return vrt_thread_cache.fail_in != 0 && --vrt_thread_cache.fail_in == 0;
}

static void *take_any_size(size_t size)
{
#ifndef VELA_PLAIN_ALLOC
    if (size <= VRT_ALLOC_SMALL_MAX) {
        return take_small(vrt_alloc_class(size));
    }
#endif
    return is_large(size) ? vrt_large_alloc(size) : system_alloc(size);
}

__attribute__((noinline)) void *vrt_alloc_slow(size_t size)
{
    size = size != 0 ? size : 1;
    void *memory = !vrt_account_allows(size) || must_fail() || size > VRT_ALLOC_MAX ? NULL : take_any_size(size);
    vrt_account_add(memory != NULL ? (int64_t)vrt_alloc_good_size(size) : 0);
    if (size > VRT_ALLOC_SMALL_MAX)
        vrt_thread_cache.work += (uint32_t)(size / 64); /* it is going to be filled */
    return memory;
}

__attribute__((noinline)) void vrt_free_slow(void *memory, size_t size)
{
    size = size != 0 ? size : 1;
    VRT_ASSERT(memory != NULL);
    vrt_account_add(-(int64_t)vrt_alloc_good_size(size));
#ifndef VELA_PLAIN_ALLOC
    if (size <= VRT_ALLOC_SMALL_MAX) {
        give_small(memory, vrt_alloc_class(size));
        return;
    }
#endif
    if (is_large(size)) {
        vrt_large_free(memory, size);
        return;
    }
    system_free(memory);
}

void *vrt_alloc_zeroed(size_t size)
{
    void *memory = vrt_alloc(size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

/* Both sizes are the system allocator's, or both are of large blocks. */
static void *realloc_in_kind(void *memory, size_t old_size, size_t new_size)
{
    bool fails =
        (new_size > old_size && !vrt_account_allows(new_size - old_size)) || must_fail() || new_size > VRT_ALLOC_MAX;
    void *moved = fails                ? NULL
                  : is_large(old_size) ? vrt_large_resize(memory, old_size, new_size)
                                       : system_realloc(memory, new_size);
    vrt_account_add(moved != NULL ? (int64_t)new_size - (int64_t)old_size : 0);
    return moved;
}

static void *realloc_by_copy(void *memory, size_t old_size, size_t new_size)
{
    void *moved = vrt_alloc(new_size);
    if (moved != NULL) {
        memcpy(moved, memory, old_size < new_size ? old_size : new_size);
        vrt_free(memory, old_size);
    }
    return moved;
}

void *vrt_realloc(void *memory, size_t old_size, size_t new_size)
{
    if (memory == NULL) {
        return vrt_alloc(new_size);
    }
    if (old_size > VRT_ALLOC_SMALL_MAX && new_size > VRT_ALLOC_SMALL_MAX && is_large(old_size) == is_large(new_size)) {
        return realloc_in_kind(memory, old_size, new_size);
    }
#ifndef VELA_PLAIN_ALLOC
    if (old_size - 1 < VRT_ALLOC_SMALL_MAX && new_size - 1 < VRT_ALLOC_SMALL_MAX &&
        vrt_alloc_class(old_size) == vrt_alloc_class(new_size)) {
        return memory;
    }
#endif
    return realloc_by_copy(memory, old_size, new_size);
}

/* --- threads and runtimes -------------------------------------------------------------------- */

/* Hands one class of the thread's lists to the depot. */
static void drain_class(struct vrt_thread_cache *cache, uint32_t index)
{
    struct depot_class *class = &depot.classes[index];
    struct vrt_block *block = cache->active[index].head;
    vrt_lock_take(&class->lock);
    while (block != NULL) {
        struct vrt_block *next = block->next;
        put_one_locked(class, index, block);
        block = next;
    }
    if (cache->spare[index] != NULL) {
        put_batch_locked(class, cache->spare[index]);
    }
    vrt_lock_give(&class->lock);
    cache->active[index].head = NULL;
    cache->spare[index] = NULL;
}

static void drain_lists(struct vrt_thread_cache *cache, bool keep_room)
{
    for (uint32_t index = 0; index < VRT_ALLOC_CLASSES; index++) {
        drain_class(cache, index);
        cache->active[index].batch = batch_of(index);
        cache->active[index].room = keep_room ? batch_of(index) : 0;
    }
}

static void count_attached(int change)
{
    vrt_lock_take(&depot.lock);
    depot.attached += (uint32_t)change;
    vrt_lock_give(&depot.lock);
}

void vrt_alloc_attach(void)
{
    if (vrt_thread_cache.attached++ == 0) {
        drain_lists(&vrt_thread_cache, true);
        count_attached(1);
    }
}

void vrt_alloc_detach(void)
{
    VRT_ASSERT(vrt_thread_cache.attached != 0);
    if (--vrt_thread_cache.attached == 0) {
        vrt_account_switch(NULL);
        drain_lists(&vrt_thread_cache, false);
        count_attached(-1);
    }
}

static void free_all_locked(struct depot_class *class)
{
    struct chunk *chunk = class->chunks;
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        vrt_chunk_give(chunk);
        chunk = next;
    }
    class->full = class->loose = NULL;
    class->chunks = NULL;
    class->full_count = class->loose_count = class->chunk_count = 0;
}

static void free_all_chunks(void)
{
    for (uint32_t index = 0; index < VRT_ALLOC_CLASSES; index++) {
        struct depot_class *class = &depot.classes[index];
        vrt_lock_take(&class->lock);
        free_all_locked(class);
        vrt_lock_give(&class->lock);
    }
}

void vrt_alloc_retain_runtime(void)
{
    vrt_lock_take(&depot.lock);
    depot.runtimes++;
    vrt_lock_give(&depot.lock);
}

void vrt_alloc_release_runtime(void)
{
    bool self = vrt_thread_cache.attached != 0;
    if (self) {
        drain_lists(&vrt_thread_cache, true);
    }
    vrt_lock_take(&depot.lock);
    VRT_ASSERT(depot.runtimes > 0);
    /* another attached thread may hold blocks in its lists: then the empty chunks have to do */
    bool last = --depot.runtimes == 0 && depot.attached == (self ? 1u : 0u);
    if (last) {
        free_all_chunks();
        vrt_large_trim();
    }
    vrt_lock_give(&depot.lock);
}

/* --- empty chunks ---------------------------------------------------------------------------- */

static void count_parked_locked(struct depot_class *class)
{
    for (struct chunk *chunk = class->chunks; chunk != NULL; chunk = chunk->next) {
        chunk->parked = 0;
    }
    for (struct vrt_block *batch = class->full; batch != NULL; batch = batch->next_batch) {
        for (struct vrt_block *block = batch; block != NULL; block = block->next) {
            chunk_of(block)->parked++;
        }
    }
    for (struct vrt_block *block = class->loose; block != NULL; block = block->next) {
        chunk_of(block)->parked++;
    }
}

static bool chunk_is_empty(const struct chunk *chunk)
{
    return chunk->parked == chunk->carved;
}

static void keep_blocks_locked(struct depot_class *class, uint32_t index, struct vrt_block *list)
{
    while (list != NULL) {
        struct vrt_block *next = list->next;
        if (!chunk_is_empty(chunk_of(list))) {
            put_one_locked(class, index, list);
        }
        list = next;
    }
}

/* Builds the lists anew without the blocks of empty chunks. */
static void drop_blocks_locked(struct depot_class *class, uint32_t index)
{
    struct vrt_block *batch = class->full, *loose = class->loose;
    class->full = class->loose = NULL;
    class->full_count = class->loose_count = 0;
    while (batch != NULL) {
        struct vrt_block *next = batch->next_batch;
        keep_blocks_locked(class, index, batch);
        batch = next;
    }
    keep_blocks_locked(class, index, loose);
}

static void free_empty_locked(struct depot_class *class)
{
    struct chunk **place = &class->chunks;
    while (*place != NULL) {
        struct chunk *chunk = *place;
        if (chunk_is_empty(chunk)) {
            *place = chunk->next;
            class->chunk_count--;
            vrt_chunk_give(chunk);
        } else {
            place = &chunk->next;
        }
    }
}

bool vrt_alloc_trim_is_due(void)
{
    /* relaxed: only a count; what came meanwhile is counted next time */
    return vrt_large_has_spares() || vrt_atomic_load_relaxed(&depot.returned) >= VRT_TRIM_BATCHES;
}

static void trim_class(uint32_t index)
{
    struct depot_class *class = &depot.classes[index];
    vrt_lock_take(&class->lock);
    if (class->full_count != 0) {
        count_parked_locked(class);
        drop_blocks_locked(class, index);
        free_empty_locked(class);
    }
    vrt_lock_give(&class->lock);
}

void vrt_alloc_trim(bool (*may_go_on)(void *argument), void *argument)
{
    if (!may_go_on(argument)) {
        return;
    }
    vrt_large_trim();
    uint32_t index = vrt_alloc_trim_is_due() ? 0 : VRT_ALLOC_CLASSES;
    for (; index < VRT_ALLOC_CLASSES && may_go_on(argument); index++) {
        trim_class(index);
        if (index == VRT_ALLOC_CLASSES - 1) {
            vrt_atomic_store_relaxed(&depot.returned, 0); /* as above */
        }
    }
}

static uint32_t parked_blocks_locked(struct depot_class *class)
{
    uint32_t parked = 0;
    count_parked_locked(class);
    for (struct chunk *chunk = class->chunks; chunk != NULL; chunk = chunk->next) {
        parked += chunk->parked;
    }
    return parked;
}

static uint32_t carved_blocks_locked(struct depot_class *class)
{
    uint32_t carved = 0;
    for (struct chunk *chunk = class->chunks; chunk != NULL; chunk = chunk->next) {
        carved += chunk->carved;
    }
    return carved;
}

struct vrt_alloc_stats vrt_alloc_stats(void)
{
    struct vrt_alloc_stats stats = {0};
    for (uint32_t index = 0; index < VRT_ALLOC_CLASSES; index++) {
        struct depot_class *class = &depot.classes[index];
        vrt_lock_take(&class->lock);
        size_t out = carved_blocks_locked(class) - parked_blocks_locked(class);
        stats.chunk_bytes += (size_t)class->chunk_count * VRT_CHUNK_BYTES;
        stats.out_bytes += out * vrt_alloc_class_bytes(index);
        vrt_lock_give(&class->lock);
    }
    return stats;
}

void vrt_alloc_fail_in(uint32_t n)
{
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    vrt_thread_cache.fail_in = n;
#else
    (void)n;
#endif
}
