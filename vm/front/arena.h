/*
 * Arena: memory that is handed out in a row and given back as a whole.
 *
 * All nodes of a syntax tree, and the texts in it, lie in one arena and die with it. An allocation is an
 * addition and a comparison; memory comes zeroed. Out of memory is remembered (`failed`) and answered by NULL,
 * once and for all, so that a long building process may check at its end. One thread at a time.
 */
#ifndef VELA_VM_FRONT_ARENA_H
#define VELA_VM_FRONT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct vvm_arena_chunk;

struct vvm_arena {
    char *next;                     /* first free byte of the newest chunk */
    char *end;
    struct vvm_arena_chunk *chunks; /* newest first */
    size_t bytes;                   /* taken from the system so far */
    bool failed;                    /* an allocation failed: the tree is not complete */
};

/* Makes the arena empty; takes no memory yet. */
void vvm_arena_init(struct vvm_arena *arena);

/* Frees everything that was handed out. The arena may be used again afterwards. */
void vvm_arena_deinit(struct vvm_arena *arena);

/* Zeroed memory, aligned for any type; never NULL for size 0. Errors: NULL without memory, `failed` is set. */
void *vvm_arena_alloc(struct vvm_arena *arena, size_t size);

/* A copy of `size` bytes. Errors: NULL without memory. */
void *vvm_arena_copy(struct vvm_arena *arena, const void *bytes, size_t size);

#define VVM_ARENA_NEW(arena, type) ((type *)vvm_arena_alloc((arena), sizeof(type)))

#endif
