/* Large blocks: pages of their own, which grow without being copied.
 *
 * A block of VRT_LARGE_MIN bytes or more is a mapping. To grow it, its pages are moved in the address space (mremap): some
 * microseconds for a megabyte, whatever it holds, and a page is made when it is first written. What is freed is kept for the
 * next blocks, up to VRT_LARGE_SPARE bytes per process, since making a page costs as much as writing it several times. What is
 * above that goes back to the system a step at a time (vrt_large_trim_step), so that nobody frees megabytes in one piece: threads
 * do a step after a turn while vrt_large_has_excess.
 *
 * A block's size is known to whoever frees it; only whole pages are taken, of large ones in steps of 2 MiB, which costs
 * address space alone and lets the kernel move them by whole tables. */
#ifndef VRT_BASE_LARGE_H
#define VRT_BASE_LARGE_H

#include "runtime/base/assert.h"
#include "runtime/base/atomic.h"
#include "runtime/base/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* A block of `size` bytes (>= 1), aligned to a page, of any content.
 * Owns: the caller, who gives it back with vrt_large_free and the same size. Thread: any. Errors: NULL when memory is out. */
void *vrt_large_alloc(size_t size);

/* Gives a block back. Thread: any. */
void vrt_large_free(void *memory, size_t size);

/* Changes a block's size, moving it where it must; the old block stays valid on NULL. Thread: any. */
void *vrt_large_resize(void *memory, size_t old_size, size_t new_size);

#define VRT_LARGE_PAGE 4096u

extern _Atomic uint64_t vrt_large_spare_pages;

/* Is anything kept? */
static inline bool vrt_large_has_spares(void)
{
    return vrt_atomic_load_relaxed(&vrt_large_spare_pages) != 0; /* a hint; trimming looks under the lock */
}

/* Is more kept than should be? */
static inline bool vrt_large_has_excess(void)
{
    return vrt_atomic_load_relaxed(&vrt_large_spare_pages) > VRT_LARGE_SPARE / VRT_LARGE_PAGE; /* as above */
}

/* Gives a part of the excess back to the system, in some tens of microseconds. Thread: any. */
void vrt_large_trim_step(void);

/* Gives all that is kept back. Thread: any. */
void vrt_large_trim(void);

/* Bytes that are kept. For tests. */
size_t vrt_large_spare_bytes(void);

#endif
