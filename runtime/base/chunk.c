#include "runtime/base/chunk.h"

#include "runtime/os/park.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define CHUNKS 64u
#define REGION_BYTES ((size_t)CHUNKS * VRT_CHUNK_BYTES)
#define ALL_FREE (~UINT64_C(1)) /* the first one is the head */

struct region {
    uint64_t free;                /* a bit for each chunk */
    struct region *next, *before; /* of those with a free one */
};

static struct {
    struct vrt_lock lock;
    /* guarded by lock, as are the regions */
    struct region *open; /* those with a free chunk, the last one that got one first */
    size_t regions;
} map;

static struct region *region_of(void *chunk)
{
    return (struct region *)((uintptr_t)chunk & ~(uintptr_t)(REGION_BYTES - 1));
}

/* Maps twice as much and cuts off what lies before and behind a multiple of the size. */
static struct region *map_region(void)
{
    char *pages = mmap(NULL, 2 * REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    size_t before = (REGION_BYTES - ((uintptr_t)pages & (REGION_BYTES - 1))) & (REGION_BYTES - 1);
    if (before != 0) {
        munmap(pages, before);
    }
    munmap(pages + before + REGION_BYTES, REGION_BYTES - before);
    struct region *region = (struct region *)(void *)(pages + before);
    region->free = ALL_FREE;
    return region;
}

static void link_locked(struct region *region)
{
    region->before = NULL;
    region->next = map.open;
    if (map.open != NULL) {
        map.open->before = region;
    }
    map.open = region;
}

static void unlink_locked(struct region *region)
{
    if (region->next != NULL) {
        region->next->before = region->before;
    }
    if (region->before != NULL) {
        region->before->next = region->next;
    } else {
        map.open = region->next;
    }
}

static bool open_region_locked(void)
{
    struct region *region = map_region();
    if (region == NULL) {
        return false;
    }
    map.regions++;
    link_locked(region);
    return true;
}

void *vrt_chunk_take(void)
{
    char *chunk = NULL;
    vrt_lock_take(&map.lock);
    if (map.open != NULL || open_region_locked()) {
        struct region *region = map.open;
        uint32_t at = (uint32_t)__builtin_ctzll(region->free);
        region->free &= region->free - 1;
        if (region->free == 0) {
            unlink_locked(region);
        }
        chunk = (char *)region + (size_t)at * VRT_CHUNK_BYTES;
    }
    vrt_lock_give(&map.lock);
    return chunk;
}

/* The region, if nothing of it is used any more: its pages are the caller's. */
static struct region *give_locked(void *chunk)
{
    struct region *region = region_of(chunk);
    if (region->free == 0) {
        link_locked(region);
    }
    region->free |= UINT64_C(1) << (((char *)chunk - (char *)region) / VRT_CHUNK_BYTES);
    if (region->free != ALL_FREE) {
        return NULL;
    }
    unlink_locked(region);
    map.regions--;
    return region;
}

void vrt_chunk_give(void *chunk)
{
    madvise(chunk, VRT_CHUNK_BYTES, MADV_DONTNEED); /* fails where memory is locked: it keeps its pages */
    vrt_lock_take(&map.lock);
    struct region *unused = give_locked(chunk);
    vrt_lock_give(&map.lock);
    if (unused != NULL) {
        munmap(unused, REGION_BYTES);
    }
}

size_t vrt_chunk_region_bytes(void)
{
    vrt_lock_take(&map.lock);
    size_t bytes = map.regions * REGION_BYTES;
    vrt_lock_give(&map.lock);
    return bytes;
}
