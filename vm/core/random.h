/* Chance: the isolate's own generator. A word costs a few nanoseconds. */
#ifndef VVM_CORE_RANDOM_H
#define VVM_CORE_RANDOM_H

#include "vm/core/builtin.h"

#include <stdint.h>

/* The next 64 random bits. Thread: the isolate's runner. */
uint64_t vvm_random_word(struct vvm_isolate *isolate);

/* The elements of a List in random order. Owns: consumes the list, changed in place when unique; unset without memory.
 * Thread: the isolate's runner. */
vvm_value vvm_random_shuffle(struct vvm_isolate *isolate, vvm_value list);

/* `count` of them (at most all), for frames: the List grows and changes in slot 0, the stage counts those that are
 * drawn.
 * Owns: takes *owned_list, which stays in its slot or argument as long as it is copied. */
enum vvm_outcome vvm_random_draw(struct vvm_call *call, vvm_value *owned_list, uint64_t *state, size_t count);
uint64_t *vvm_random_state(struct vvm_isolate *isolate);

#endif
