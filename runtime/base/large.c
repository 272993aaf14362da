#include "runtime/base/large.h"

#include "runtime/os/park.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)VRT_LARGE_PAGE)
#define STEPS_FROM ((size_t)4 << 20)      /* from here on sizes are multiples of STEP */
#define STEP ((size_t)2 << 20)            /* what one entry of the upper page tables covers */
#define SPARES 64u
#define KEPT_MIN ((size_t)32 * 1024)      /* less is not worth a place among the spares */
#define TRIMMED_AT_ONCE ((size_t)512 * 1024)

struct spare {
    char *pages;
    size_t bytes;
};

/* What is kept for the next blocks; one per process, as the depot. */
static struct {
    struct vrt_lock lock;
    /* guarded by lock */
    struct spare spares[SPARES]; /* in no order; each lies within one mapping */
    uint32_t count;
    size_t bytes;
} kept;

_Atomic uint64_t vrt_large_spare_pages;

static size_t rounded(size_t size)
{
    size_t unit = size < STEPS_FROM ? PAGE : STEP;
    return (size + unit - 1) & ~(unit - 1);
}

/* ---- Spares ---- */

static void note_spares_locked(void)
{
    vrt_atomic_store_relaxed(&vrt_large_spare_pages, kept.bytes / PAGE); /* a hint for those without the lock */
}

static void remove_locked(uint32_t at)
{
    kept.bytes -= kept.spares[at].bytes;
    kept.spares[at] = kept.spares[--kept.count];
}

/* The least one of at least `bytes`; else the largest one; SPARES: there is none. */
static uint32_t best_locked(size_t bytes)
{
    uint32_t best = SPARES;
    for (uint32_t i = 0; i < kept.count; i++) {
        size_t have = kept.spares[i].bytes, found = best == SPARES ? 0 : kept.spares[best].bytes;
        if (have >= bytes ? found < bytes || have < found : have > found)
            best = i;
    }
    return best;
}

static uint32_t least_locked(void)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < kept.count; i++)
        if (kept.spares[i].bytes < kept.spares[least].bytes)
            least = i;
    return least;
}

/* Keeps the pages; returns what is to be unmapped instead, the least of all, with bytes 0 if nothing is. */
static struct spare keep_locked(struct spare pages)
{
    struct spare out = {NULL, 0};
    if (kept.count == SPARES) {
        uint32_t least = least_locked();
        if (kept.spares[least].bytes >= pages.bytes)
            return pages;
        out = kept.spares[least];
        remove_locked(least);
    }
    kept.spares[kept.count++] = pages;
    kept.bytes += pages.bytes;
    return out;
}

static void unmap(struct spare pages)
{
    if (pages.bytes != 0)
        munmap(pages.pages, pages.bytes);
}

static void keep(char *pages, size_t bytes)
{
    struct spare out = {pages, bytes};
    if (bytes >= KEPT_MIN) {
        vrt_lock_take(&kept.lock);
        out = keep_locked(out);
        note_spares_locked();
        vrt_lock_give(&kept.lock);
    }
    unmap(out);
}

/* Takes the spare that suits best; bytes 0: there is none. */
static struct spare take(size_t bytes)
{
    struct spare spare = {NULL, 0};
    vrt_lock_take(&kept.lock);
    uint32_t best = best_locked(bytes);
    if (best != SPARES) {
        spare = kept.spares[best];
        remove_locked(best);
        note_spares_locked();
    }
    vrt_lock_give(&kept.lock);
    return spare;
}

/* ---- Blocks ---- */

static void *map(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

#ifdef __SANITIZE_THREAD__
/* The thread sanitizer would not see that the pages have left, and take their next owner's stores for a race. */
static void *extend(char *pages, size_t bytes, size_t wanted)
{
    (void)pages, (void)bytes, (void)wanted;
    return NULL;
}
#else
static void *extend(char *pages, size_t bytes, size_t wanted)
{
    void *moved = mremap(pages, bytes, wanted, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}
#endif

void *vrt_large_alloc(size_t size)
{
    size_t bytes = rounded(size);
    struct spare spare = take(bytes);
    if (spare.bytes > bytes)
        keep(spare.pages + bytes, spare.bytes - bytes);
    if (spare.bytes >= bytes)
        return spare.pages;
    void *pages = spare.bytes != 0 ? extend(spare.pages, spare.bytes, bytes) : map(bytes);
    if (pages == NULL) {
        unmap(spare);
        vrt_large_trim();
        pages = map(bytes);
    }
    return pages;
}

void vrt_large_free(void *memory, size_t size)
{
    keep(memory, rounded(size));
}

/* Where the kernel cannot move the pages: the old way. */
static void *copy(void *memory, size_t old_size, size_t new_size)
{
    void *moved = vrt_large_alloc(new_size);
    if (moved != NULL) {
        memcpy(moved, memory, old_size < new_size ? old_size : new_size);
        vrt_large_free(memory, old_size);
    }
    return moved;
}

void *vrt_large_resize(void *memory, size_t old_size, size_t new_size)
{
    size_t before = rounded(old_size), after = rounded(new_size);
    if (after < before)
        keep((char *)memory + after, before - after);
    if (after <= before)
        return memory;
    void *moved = extend(memory, before, after);
    return moved != NULL ? moved : copy(memory, old_size, new_size);
}

/* ---- Giving back ---- */

/* Cuts the end off the largest spare. */
static struct spare cut_locked(void)
{
    uint32_t largest = best_locked(SIZE_MAX);
    struct spare *spare = &kept.spares[largest];
    size_t excess = kept.bytes - VRT_LARGE_SPARE, bytes = excess < TRIMMED_AT_ONCE ? rounded(excess) : TRIMMED_AT_ONCE;
    if (spare->bytes < bytes + KEPT_MIN)
        bytes = spare->bytes;
    struct spare cut = {spare->pages + (spare->bytes - bytes), bytes};
    spare->bytes -= bytes;
    kept.bytes -= bytes;
    if (spare->bytes == 0)
        remove_locked(largest);
    return cut;
}

void vrt_large_trim_step(void)
{
    struct spare cut = {NULL, 0};
    vrt_lock_take(&kept.lock);
    if (kept.bytes > VRT_LARGE_SPARE)
        cut = cut_locked();
    note_spares_locked();
    vrt_lock_give(&kept.lock);
    unmap(cut);
}

void vrt_large_trim(void)
{
    for (;;) {
        struct spare spare = take(SIZE_MAX);
        if (spare.bytes == 0)
            return;
        unmap(spare);
    }
}

size_t vrt_large_spare_bytes(void)
{
    vrt_lock_take(&kept.lock);
    size_t bytes = kept.bytes;
    vrt_lock_give(&kept.lock);
    return bytes;
}
