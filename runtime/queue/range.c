#include "runtime/queue/range.h"

static uint64_t word_of(uint32_t first, uint32_t end)
{
    return (uint64_t)end << 32 | first;
}
static uint32_t first_of(uint64_t word) { return (uint32_t)word; }
static uint32_t end_of(uint64_t word) { return (uint32_t)(word >> 32); }

void vrt_range_fill(struct vrt_range *range, uint32_t first, uint32_t end)
{
    vrt_atomic_store_seq_cst(&range->word, word_of(first, end)); /* pairs with the loads of those who run dry */
}

uint32_t vrt_range_take(struct vrt_range *range, uint32_t most, uint32_t *first)
{
    uint64_t word = vrt_atomic_load_relaxed(&range->word); /* the swap tells whether it was old */
    for (;;) {
        uint32_t left = end_of(word) - first_of(word), count = left < most ? left : most;
        *first = first_of(word);
        /* seq_cst: competes with the thieves' swaps */
        if (count == 0 || vrt_atomic_cas_seq_cst(&range->word, &word, word_of(*first + count, end_of(word))))
            return count;
    }
}

void vrt_range_put_back(struct vrt_range *range, uint32_t first)
{
    uint64_t word = vrt_atomic_load_relaxed(&range->word); /* as above */
    /* seq_cst: pairs with the loads of those who run dry */
    while (!vrt_atomic_cas_seq_cst(&range->word, &word, word_of(first, end_of(word)))) {
    }
}

bool vrt_range_steal_any(struct vrt_range *range, uint32_t *first, uint32_t *end)
{
    uint64_t word = vrt_atomic_load_seq_cst(&range->word);
    for (;;) {
        uint32_t left = end_of(word) - first_of(word);
        if (left == 0)
            return false;
        *end = end_of(word);
        *first = *end - (left - left / 2);
        /* seq_cst: competes with owner and thieves */
        if (vrt_atomic_cas_seq_cst(&range->word, &word, word_of(first_of(word), *first)))
            return true;
    }
}

uint32_t vrt_range_length_any(const struct vrt_range *range)
{
    uint64_t word = vrt_atomic_load_seq_cst(&range->word); /* pairs with fill and put_back */
    return end_of(word) - first_of(word);
}
