/* Chance: the isolate's own generator. A word costs a few nanoseconds. */
#ifndef VVM_CORE_RANDOM_H
#define VVM_CORE_RANDOM_H

#include <stdint.h>

struct vvm_isolate;

/* The next 64 random bits. Thread: the isolate's runner. */
uint64_t vvm_random_word(struct vvm_isolate *isolate);

/* One of 0 .. n-1, uniformly; n = 0 means 2^64. Thread: the isolate's runner. */
uint64_t vvm_random_below(struct vvm_isolate *isolate, uint64_t n);

#endif
