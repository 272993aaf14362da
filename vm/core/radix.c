#include "vm/core/radix.h"

#include "vm/core/core.h"

#define DIGITS 8u
#define SIGN ((uint64_t)1 << 63)

/* How often each byte occurs at each of the eight places. */
struct histogram {
    size_t counts[DIGITS][256];
};

static void count(struct histogram *h, const uint64_t *words, size_t n)
{
    memset(h, 0, sizeof *h);
    for (size_t i = 0; i < n; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            h->counts[digit][words[i] >> digit * 8 & 0xff]++;
}

static void scatter(uint64_t *to, const uint64_t *from, size_t n, size_t *places, unsigned digit)
{
    size_t sum = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        size_t many = places[byte];
        places[byte] = sum;
        sum += many;
    }
    for (size_t i = 0; i < n; i++)
        to[places[from[i] >> digit * 8 & 0xff]++] = from[i];
}

/* A byte that is the same in all words moves nothing. */
static uint64_t *sort(uint64_t *words, uint64_t *spare, size_t n, struct histogram *h)
{
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        if (h->counts[digit][words[0] >> digit * 8 & 0xff] == n)
            continue;
        scatter(spare, words, n, h->counts[digit], digit);
        uint64_t *sorted = spare;
        spare = words;
        words = sorted;
    }
    return words;
}

static bool sort_unsigned(uint64_t *words, size_t n)
{
    struct histogram *h = vvm_scratch(sizeof *h);
    uint64_t *spare = vvm_scratch(n * sizeof *spare);
    if (h != NULL && spare != NULL) {
        count(h, words, n);
        uint64_t *sorted = sort(words, spare, n, h);
        if (sorted != words)
            memcpy(words, sorted, n * sizeof *words);
    }
    bool done = h != NULL && spare != NULL;
    vvm_scratch_free(h, sizeof *h);
    vvm_scratch_free(spare, n * sizeof *spare);
    return done;
}

bool vvm_radix_numbers(int64_t *numbers, size_t n)
{
    uint64_t *words = (uint64_t *)numbers;
    for (size_t i = 0; i < n; i++)
        words[i] ^= SIGN;
    bool done = sort_unsigned(words, n);
    for (size_t i = 0; i < n; i++)
        words[i] ^= SIGN;
    return done;
}

/* Negative ones are stored the wrong way round: all of their bits are flipped, of the others the sign. */
bool vvm_radix_floats(double *floats, size_t n)
{
    uint64_t *words = (uint64_t *)(void *)floats;
    for (size_t i = 0; i < n; i++)
        words[i] ^= words[i] & SIGN ? UINT64_MAX : SIGN;
    bool done = sort_unsigned(words, n);
    for (size_t i = 0; i < n; i++)
        words[i] ^= words[i] & SIGN ? SIGN : UINT64_MAX;
    return done;
}

bool vvm_radix_fits(const double *floats, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (floats[i] != floats[i] || (floats[i] == 0 && __builtin_signbit(floats[i])))
            return false;
    return true;
}
