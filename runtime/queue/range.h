/* A range of numbers that its owner takes from the low end and others steal from the high end.
 *
 * The whole state is one word, first number and end, so a swap that succeeds has taken exactly the numbers between
 * the old word and the new one: whatever the word was in between, those numbers were in it. The owner alone fills an
 * empty range and puts back what it took last, so nobody else's swap can meet those stores: who steals expects a
 * range that is not empty. Each number is in one range or was taken from one, at any moment. Model:
 * tests/models/range.pml.
 *
 * The numbers publish nothing: what they stand for is shared by other means. The order is seq_cst because who finds
 * all ranges empty is about to sleep (vm/exec/division.h). Whoever has several keeps them on lines of the cache of
 * their own. */
#ifndef VRT_QUEUE_RANGE_H
#define VRT_QUEUE_RANGE_H

#include "runtime/base/atomic.h"

struct vrt_range {
    _Atomic uint64_t word; /* end << 32 | first; empty: both are the same */
};

/* Fills an empty range with [first, end). Owner only. */
void vrt_range_fill(struct vrt_range *range, uint32_t first, uint32_t end);

/* Takes up to `most` numbers from the low end: how many, the first of them in *first. Owner only. */
uint32_t vrt_range_take(struct vrt_range *range, uint32_t most, uint32_t *first);

/* Puts back the numbers from `first` to the last one taken. Owner only; nothing was filled in since. */
void vrt_range_put_back(struct vrt_range *range, uint32_t first);

/* Steals the upper half, the only number of one: [*first, *end). False: it was empty. Any thread; never waits. */
bool vrt_range_steal_any(struct vrt_range *range, uint32_t *first, uint32_t *end);

/* How many numbers are in it. Any thread; an old answer for all but the owner. */
uint32_t vrt_range_length_any(const struct vrt_range *range);

#endif
