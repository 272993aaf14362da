#include "vm/front/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct vvm_arena_chunk {
    alignas(max_align_t) struct vvm_arena_chunk *next;
    char bytes[];
};

void vvm_arena_init(struct vvm_arena *arena) {
    memset(arena, 0, sizeof *arena);
}

void vvm_arena_deinit(struct vvm_arena *arena) {
    while (arena->chunks) {
        struct vvm_arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    vvm_arena_init(arena);
}

static void *alloc_slow(struct vvm_arena *arena, size_t size) {
    size_t room = size > CHUNK_SIZE / 4 ? size : CHUNK_SIZE;
    struct vvm_arena_chunk *chunk = arena->failed ? NULL : calloc(1, sizeof *chunk + room);
    if (!chunk) {
        arena->failed = true;
        return NULL;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->bytes += sizeof *chunk + room;
    if (room != CHUNK_SIZE) /* a large piece of its own: the current chunk goes on */
        return chunk->bytes;
    arena->next = chunk->bytes + size;
    arena->end = chunk->bytes + room;
    return chunk->bytes;
}

void *vvm_arena_alloc(struct vvm_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if ((size_t)(arena->end - arena->next) < size)
        return alloc_slow(arena, size);
    void *memory = arena->next;
    arena->next += size;
    return memory;
}

void *vvm_arena_copy(struct vvm_arena *arena, const void *bytes, size_t size) {
    void *copy = vvm_arena_alloc(arena, size);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}
