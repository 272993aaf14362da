/* Private to vm/value: the stack of an iterative walk over nested values.
 *
 * Equality, order, hash and text go through nested values without C recursion: each open
 * container is a frame here. The first frames lie in the walk itself; deeper nesting allocates, and a
 * failed allocation ends the walk with VVM_NO_MEMORY. */
#ifndef VVM_WALK_H
#define VVM_WALK_H

#include "vm/value/layout.h"

#include <string.h>

#ifdef VELA_TINY
#define VVM_WALK_LOCAL 2u
#define VVM_WALK_PARTS 64
#else
#define VVM_WALK_LOCAL 12u
#define VVM_WALK_PARTS 8192 /* of a portion, and of a walk that has only one */
#endif
#define VVM_WALK_STRETCH 512u /* packed elements that are compared at once */
#define VVM_WALK_BYTES 64u    /* of a text, that are looked at like a part */

struct vvm_walk_frame {
    vvm_value a, b;   /* borrowed; b only where two values are compared */
    uint64_t index;   /* next element */
    uint64_t extra;   /* hash so far, or place of the candidate */
    uint32_t state;   /* of the walker's own meaning */
};

struct vvm_walk {
    struct vvm_walk_frame *frames;
    uint32_t depth, capacity;
    int64_t left;         /* parts of this portion that are not looked at yet */
    enum vvm_truth truth; /* between two portions: what the last part gave; MORE: nothing is done yet */
    struct vvm_walk_frame local[VVM_WALK_LOCAL];
};

static inline void vvm_walk_init(struct vvm_walk *walk)
{
    walk->frames = walk->local;
    walk->depth = 0;
    walk->capacity = VVM_WALK_LOCAL;
    walk->left = VVM_WALK_PARTS;
    walk->truth = VVM_MORE;
}

static inline void vvm_walk_drop(struct vvm_walk *walk)
{
    if (walk->frames != walk->local)
        vrt_free(walk->frames, walk->capacity * sizeof *walk->frames);
}

static inline bool vvm_walk_grow(struct vvm_walk *walk)
{
    if (walk->capacity > UINT32_MAX / 2)
        return false;
    uint32_t capacity = walk->capacity * 2;
    struct vvm_walk_frame *frames = vrt_alloc(capacity * sizeof *frames);
    if (frames == NULL)
        return false;
    walk->left -= walk->depth / 4;
    memcpy(frames, walk->frames, walk->depth * sizeof *frames);
    vvm_walk_drop(walk);
    walk->frames = frames;
    walk->capacity = capacity;
    return true;
}

/* A new top frame over `a` (and `b`); older frame pointers are invalid afterwards. NULL without memory. */
static inline struct vvm_walk_frame *vvm_walk_push(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    if (walk->depth == walk->capacity && !vvm_walk_grow(walk))
        return NULL;
    struct vvm_walk_frame *frame = &walk->frames[walk->depth++];
    *frame = (struct vvm_walk_frame){.a = a, .b = b};
    return frame;
}

/* Notes what a portion, or a walk, has looked at: see vvm_walked. */
static inline void vvm_walk_note(const struct vvm_walk *walk)
{
    vrt_thread_cache.work += (uint32_t)(VVM_WALK_PARTS - walk->left);
}

static inline struct vvm_walk_frame *vvm_walk_top(struct vvm_walk *walk)
{
    return &walk->frames[walk->depth - 1];
}

#endif
