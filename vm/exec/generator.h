/* Generators: functions whose frames lie aside while nobody asks for the next element.
 *
 * A call of a generator function binds its arguments and runs its parameters' defaults, patterns and type checks as any
 * call does; GENERATE then moves the frame into a Generator and the call returns that. next() puts the saved frames on
 * the stack of whatever task calls it, above the caller's, and YIELD takes them off again. So the body waits, is
 * cancelled and shows in traces as part of its caller's task, and what a resume costs is one copy of a frame in each
 * direction.
 *
 *                next()                         its first frame returns or throws
 *   SUSPENDED ------------------------> RUNNING ------------------------------------> ENDED
 *       ^                                  |                                            ^
 *       +----------------------------------+          released, or its task dropped     |
 *                YIELD                     +--------------------------------------------+
 *
 * A `yield` in a function nested in the body saves everything from the generator's first frame up; frames hold offsets,
 * so the segment fits wherever it is put back.
 *
 * Delegation (`yield*`). A Generator that nobody else holds is chained to the one that delegates to it: next() of the
 * root resumes the last of the chain directly, whatever its depth; when that ends, its delegator takes its place on
 * the stack. Where the delegation is the last thing a body does its frame is dropped at once, so that a generator that
 * continues as another one for ever takes constant space.
 *
 * Owns: the handle owns the block behind it; the frames in it own what their functions' tables say. A running frame
 * refers to the root through the slot below its header. Dropping an unfinished Generator releases what its frames hold;
 * `finally` does not run. Thread: the isolate's runner; never sendable. Cost: 112 bytes, and twice the frame. */
#ifndef VVM_GENERATOR_H
#define VVM_GENERATOR_H

#include "vm/exec/step.h"

struct vvm_generator {
    struct vvm_handle *outer; /* the one that delegates to this one and keeps it alive; NULL: none */
    struct vvm_handle *leaf;  /* root: the end of the chain, whose frames go on next */
    vvm_value inner;          /* the one it delegates to, or unset */
    size_t held;              /* root: bytes of the blocks of the whole chain, which the stack limit bounds */
    uint32_t capacity;
    uint32_t used;            /* slots of the saved frames; 0: they are on a stack, or have not come back */
    uint32_t top;             /* among them: the innermost frame's first register */
    bool running, ended;      /* root */
    bool listed;              /* `capacity` slots behind the frames hold what they own ... */
    uint32_t owned;           /* ... so many, for release and the cycle collector */
    vvm_value slots[];        /* capacity for frames; capacity + 1 for the list */
};

/* Bytes of a block with room for so many slots. */
static inline size_t vvm_generator_size(uint32_t capacity)
{
    return sizeof(struct vvm_generator) + (2 * (size_t)capacity + 1) * sizeof(vvm_value);
}
static inline struct vvm_generator *vvm_generator_of(const struct vvm_handle *handle) { return handle->native; }
extern const struct vvm_handle_ops vvm_generator_ops;
static inline bool vvm_is_generator(vvm_value v)
{
    return vvm_is_plain(v, VVM_HANDLE) && ((struct vvm_handle *)v.object)->ops == &vvm_generator_ops;
}

/* ---- generator.c: the object ---- */
/* A Generator with room for `slots`, or unset without memory. */
vvm_value vvm_generator_new(struct vvm_machine *m, uint32_t slots);
/* Copies the frames from the header at `base` to the top of the stack into it. Errors: false without memory. */
bool vvm_generator_save(struct vvm_machine *m, struct vvm_handle *root, struct vvm_handle *handle,
                        const vvm_value *base);
/* It ends here: releases what its frames and its delegates hold. */
void vvm_generator_discard(struct vvm_handle *root);

/* ---- delegate.c: running it ---- */
/* next(): puts the frames of args[0] above the running frame. */
enum vvm_step vvm_generator_advance(struct vvm_machine *m, struct vvm_invoke *call);
/* The body on top has returned `value` (consumed). */
enum vvm_step vvm_generator_return(struct vvm_machine *m, vvm_value value);
/* The body on top has thrown and what its frame owned is released: its delegator's frame takes its place, or it is
 * popped. machine->error stays, or becomes that of memory that ran out. */
void vvm_generator_throw(struct vvm_machine *m);
/* The body on top is dropped with its task; the frame stays to be popped. */
void vvm_generator_drop(struct vvm_machine *m);

#endif
