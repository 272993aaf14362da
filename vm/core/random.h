/* Chance: the isolate's own generator. A word costs a few nanoseconds. */
#ifndef VVM_CORE_RANDOM_H
#define VVM_CORE_RANDOM_H

#include "vm/value/value.h"

#include <stdint.h>

struct vvm_isolate;

/* The next 64 random bits. Thread: the isolate's runner. */
uint64_t vvm_random_word(struct vvm_isolate *isolate);

/* The elements of a List in random order. Owns: consumes the list, changed in place when unique; unset without memory.
 * Thread: the isolate's runner. */
vvm_value vvm_random_shuffle(struct vvm_isolate *isolate, vvm_value list);

#endif
