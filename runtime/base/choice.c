#include "runtime/base/choice.h"

#include "runtime/os/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* The calling thread's generator; an xorshift-multiply over a counter (splitmix64). */
static _Thread_local struct vrt_generator own_generator;

static uint64_t scramble(uint64_t word)
{
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ull;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebull;
    return word ^ (word >> 31);
}

uint64_t vrt_generator_next(struct vrt_generator *generator)
{
    generator->state += 0x9e3779b97f4a7c15ull;
    return scramble(generator->state);
}

uint32_t vrt_generator_choose(struct vrt_generator *generator, uint32_t n)
{
    if (n < 2) {
        return 0;
    }
    uint64_t word = vrt_generator_next(generator) >> 32; /* the bias of n / 2^32 is of no account */
    return (uint32_t)((word * n) >> 32);
}

uint32_t vrt_choose(uint32_t n)
{
    return vrt_generator_choose(&own_generator, n);
}

uint64_t vrt_random(void)
{
    return vrt_generator_next(&own_generator);
}

uint64_t vrt_now(void)
{
    return vrt_clock_monotonic_ns();
}

uint64_t vrt_mix(uint64_t parent, uint64_t nth)
{
    uint64_t mixed = scramble(scramble(parent + 0x9e3779b97f4a7c15ull) + nth * 0xd1342543de82ef95ull + 1);
    return mixed != 0 ? mixed : 1;
}

void vrt_choice_seed(uint64_t seed, uint64_t stream)
{
    own_generator.state = vrt_mix(seed, stream);
}

static uint64_t entropy(void)
{
    uint64_t word = 0;
    if (getrandom(&word, sizeof word, GRND_NONBLOCK) != (ssize_t)sizeof word) {
        word = vrt_clock_monotonic_ns();
    }
    return word != 0 ? word : 1;
}

uint64_t vrt_choice_initial_seed(void)
{
    const char *text = getenv("VELA_SEED");
    if (text == NULL || *text == '\0') {
        return entropy();
    }
    char *end = NULL;
    errno = 0;
    uint64_t seed = strtoull(text, &end, 0);
    if (errno != 0 || *end != '\0') {
        return entropy();
    }
    return seed != 0 ? seed : vrt_mix(0, 0);
}
