/* The allocator: per-thread free lists by size class over 64 KiB chunks.
 *
 * A block's size is known to whoever frees it (from its type, length or capacity), so a
 * block has no header. Sizes up to 4 KiB are rounded up to one of 32 classes (16-byte
 * steps to 256, then four steps per doubling); larger ones go to the system allocator, those of VRT_LARGE_MIN bytes or
 * more are mappings of their own (large.h).
 * An attached thread keeps at most two batches per class; full batches travel through a
 * depot per class, one short lock per batch, so a producer and a consumer on different
 * threads do not drift apart. A thread that is not attached uses the depot block by block.
 *
 * Life: chunks are mapped as needed (chunk.h); empty ones go back when a runtime has been idle for a while; when
 * the last runtime of the process is destroyed, all go back, also those that still hold blocks (garbage in cycles):
 * nothing allocated here may be used after that. The depot is one per process, because a
 * free list cannot tell which runtime a block came from without reading its chunk.
 *
 * The thread adds up what it takes and gives; an account (account.h) limits it.
 *
 * Cost: some 1-2 ns per allocation or free on an attached thread. With VELA_PLAIN_ALLOC
 * (sanitizers, valgrind) every call is malloc or free. */
#ifndef VRT_BASE_ALLOC_H
#define VRT_BASE_ALLOC_H

#include "runtime/base/assert.h"
#include "runtime/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VRT_ALLOC_MAX ((size_t)1 << 39) /* no machine has more; the system allocator is not even asked */
#define VRT_ALLOC_SMALL_MAX 4096u
#define VRT_ALLOC_CLASSES 32u

struct vrt_account; /* runtime/base/account.h */

struct vrt_block {
    struct vrt_block *next;
    struct vrt_block *next_batch; /* used in the first block of a batch in the depot */
};

struct vrt_free_list {
    struct vrt_block *head;
    uint32_t room;  /* frees it still takes; 0 on a thread that is not attached */
    uint32_t batch; /* its size when full */
};

/* One thread's part of the allocator. Owner only. */
struct vrt_thread_cache {
    struct vrt_free_list active[VRT_ALLOC_CLASSES];
    struct vrt_block *spare[VRT_ALLOC_CLASSES]; /* a full batch, or NULL */
    int64_t delta;     /* bytes taken minus given since the last switch of accounts */
    struct vrt_account *account; /* what they are charged to, or NULL */
    uint32_t attached; /* nested attaches */
    uint32_t work;     /* done since somebody took it: 64 bytes of a large block each, and what others add; never below
                          what it was */
    uint32_t fail_in;  /* test builds: the n-th allocation from now fails; 0 = off */
};

extern _Thread_local struct vrt_thread_cache vrt_thread_cache
    __attribute__((tls_model("initial-exec")));

#ifdef VELA_TINY
#define VRT_ALLOC_MAY_SUCCEED (vrt_thread_cache.fail_in == 0) /* a test counts allocations */
#else
#define VRT_ALLOC_MAY_SUCCEED 1
#endif

/* The out-of-line halves of vrt_alloc and vrt_free. */
void *vrt_alloc_slow(size_t size);
void vrt_free_slow(void *memory, size_t size);

/* Class of a size from 1 to VRT_ALLOC_SMALL_MAX. Pure. */
static inline uint32_t vrt_alloc_class(size_t size)
{
    if (size <= 256) {
        return (uint32_t)((size - 1) >> 4);
    }
    uint32_t high = 63u - (uint32_t)__builtin_clzll(size - 1); /* 8 .. 11 */
    return 16u + (high - 8u) * 4u + (uint32_t)(((size - 1) >> (high - 2u)) & 3u);
}

/* Bytes that a block of class `index` holds. Pure. */
static inline size_t vrt_alloc_class_bytes(uint32_t index)
{
    if (index < 16u) {
        return ((size_t)index + 1u) << 4;
    }
    uint32_t step = index - 16u;
    return ((size_t)5u + (step & 3u)) << (6u + (step >> 2));
}

/* Bytes that a block for `size` really has; a growing buffer may use them all
 * (and must then pass any size of that class to vrt_free). Pure. */
static inline size_t vrt_alloc_good_size(size_t size)
{
#ifdef VELA_PLAIN_ALLOC
    return size; /* so that the sanitizer sees an overrun */
#else
    return size == 0 || size > VRT_ALLOC_SMALL_MAX ? size : vrt_alloc_class_bytes(vrt_alloc_class(size));
#endif
}

/* Takes a block of `size` bytes (>= 1), aligned to 16, not zeroed.
 * Owns: the caller, who gives it back with vrt_free and the same size.
 * Thread: any. Blocks: no. Errors: NULL when memory is out. */
static inline void *vrt_alloc(size_t size)
{
#ifndef VELA_PLAIN_ALLOC
    if (VRT_LIKELY(size - 1 < VRT_ALLOC_SMALL_MAX)) {
        uint32_t index = vrt_alloc_class(size);
        struct vrt_free_list *list = &vrt_thread_cache.active[index];
        struct vrt_block *block = list->head;
        if (VRT_LIKELY(block != NULL && VRT_ALLOC_MAY_SUCCEED)) {
            list->head = block->next;
            list->room++;
            vrt_thread_cache.delta += (int64_t)vrt_alloc_class_bytes(index);
            return block;
        }
    }
#endif
    return vrt_alloc_slow(size);
}

/* Gives a block back; `size` is the one it was taken with. NULL is not allowed.
 * Thread: any, also another than the one that took it. Blocks: no. */
static inline void vrt_free(void *memory, size_t size)
{
#ifndef VELA_PLAIN_ALLOC
    if (VRT_LIKELY(size - 1 < VRT_ALLOC_SMALL_MAX)) {
        uint32_t index = vrt_alloc_class(size);
        struct vrt_free_list *list = &vrt_thread_cache.active[index];
        if (VRT_LIKELY(list->room != 0)) {
            struct vrt_block *block = (struct vrt_block *)memory;
            block->next = list->head;
            list->head = block;
            list->room--;
            vrt_thread_cache.delta -= (int64_t)vrt_alloc_class_bytes(index);
            return;
        }
    }
#endif
    vrt_free_slow(memory, size);
}

/* vrt_alloc, zeroed. */
void *vrt_alloc_zeroed(size_t size);

/* Changes a block's size, moving it if the class changes; the old block stays valid on NULL.
 * `memory` may be NULL with old_size 0. Thread: any. Errors: NULL when memory is out. */
void *vrt_realloc(void *memory, size_t old_size, size_t new_size);

/* Gives the calling thread free lists of its own. Nests. A thread that attached must detach
 * before it ends: detaching hands the lists to the depot. Worker threads do both. */
void vrt_alloc_attach(void);
void vrt_alloc_detach(void);

/* One more, or one less, runtime in the process; the last one frees all chunks.
 * Thread: any, serialised inside. */
void vrt_alloc_retain_runtime(void);
void vrt_alloc_release_runtime(void);

/* Was enough given back since the last look for a trim to pay? Thread: any. */
bool vrt_alloc_trim_is_due(void);

/* Returns empty chunks and the spares of large blocks to the system, if it is due; between two classes it asks whether
 * it may go on. Thread: any; called when all have slept for some time. Blocks: class locks. Cost: a look at every block
 * in the depot. */
void vrt_alloc_trim(bool (*may_go_on)(void *argument), void *argument);

/* Bytes in chunks, and in blocks that are out of the depot (live or in a thread's list).
 * With VELA_PLAIN_ALLOC both are 0. Thread: any. Cost: walks the depot. */
struct vrt_alloc_stats {
    size_t chunk_bytes;
    size_t out_bytes;
};
struct vrt_alloc_stats vrt_alloc_stats(void);

/* Test builds (VELA_PLAIN_ALLOC or VELA_TINY): the n-th allocation of the calling thread from
 * now on fails, once; 0 switches it off. In other builds it does nothing. */
void vrt_alloc_fail_in(uint32_t n);

#endif
