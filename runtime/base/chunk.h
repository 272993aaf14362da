/* Chunks: where the allocator's small blocks lie, 64 KiB each, at multiples of their size.
 *
 * They are cut from regions of 4 MiB, mapped one by one. A chunk that is given back loses its pages at once (madvise),
 * so that the process is smaller by them, unless it has locked its memory; its address space serves the next one. A
 * region of which nothing is used is unmapped. The first chunk of a region is its head: a page of it is all that is
 * ever touched.
 *
 * Not from malloc: that one keeps the pages of what is freed, by the thread that took it. */
#ifndef VRT_BASE_CHUNK_H
#define VRT_BASE_CHUNK_H

#include <stddef.h>

#define VRT_CHUNK_BYTES 65536u

/* A chunk, of any content. Owns: the caller, until vrt_chunk_give. Thread: any. Blocks: a short lock. Errors: NULL when
 * memory is out. */
void *vrt_chunk_take(void);

/* Gives a chunk back. Thread: any. Blocks: a short lock. Cost: some microseconds. */
void vrt_chunk_give(void *chunk);

/* Bytes of address space that regions take. For tests. */
size_t vrt_chunk_region_bytes(void);

#endif
