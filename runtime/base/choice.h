/* The only sources of choice: a decision, the time, a random word.
 *
 * Nothing else in the runtime reads the clock or a random source, so that a seeded run
 * repeats. Each thread has its own generator (thread-local, seeded from the runtime's
 * seed and the thread's number when the thread joins a runtime); a thread that never
 * joined one starts from a fixed seed. A call costs a few nanoseconds, `vrt_now` one
 * vDSO call (some 20 ns). */
#ifndef VRT_BASE_CHOICE_H
#define VRT_BASE_CHOICE_H

#include <stdint.h>

#define VRT_NEVER UINT64_MAX /* a deadline that never comes */

/* A generator that someone else owns, e.g. one per isolate (select is fair from it). */
struct vrt_generator {
    uint64_t state;
};

/* Picks one of 0 .. n-1, uniformly; 0 if n < 2. Thread: any (own generator). */
uint32_t vrt_choose(uint32_t n);

/* A random 64-bit word. Thread: any (own generator). */
uint64_t vrt_random(void);

/* The monotonic time in nanoseconds; the base of all deadlines. Thread: any. */
uint64_t vrt_now(void);

/* `now + delay_ns`, without overflow past VRT_NEVER. */
static inline uint64_t vrt_deadline_after(uint64_t now_ns, uint64_t delay_ns)
{
    return delay_ns > VRT_NEVER - now_ns ? VRT_NEVER : now_ns + delay_ns;
}

/* Seeds the calling thread's generator from a runtime's seed and a stream number. */
void vrt_choice_seed(uint64_t seed, uint64_t stream);

/* The seed a runtime starts from: VELA_SEED if it is set and a number, else entropy. */
uint64_t vrt_choice_initial_seed(void);

/* Mixes a parent's id and the number of a child into a new id or seed; never 0. Pure. */
uint64_t vrt_mix(uint64_t parent, uint64_t nth);

/* The next word of a generator owned by the caller. */
uint64_t vrt_generator_next(struct vrt_generator *generator);

/* Picks one of 0 .. n-1 from a generator owned by the caller. */
uint32_t vrt_generator_choose(struct vrt_generator *generator, uint32_t n);

#endif
