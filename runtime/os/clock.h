/* The system's clocks. Only runtime/base/choice.c reads the monotonic one; everything else
 * asks vrt_now(). */
#ifndef VRT_OS_CLOCK_H
#define VRT_OS_CLOCK_H

#include <stdint.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* CLOCK_MONOTONIC in nanoseconds. Thread: any. */
uint64_t vrt_clock_monotonic_ns(void);

/* A count that grows steadily and is read in a few nanoseconds, at least VRT_TICKS_PER_MS of them in a millisecond.
 * Only differences on one thread mean anything. */
#define VRT_TICKS_PER_MS 1000000u
static inline uint64_t vrt_clock_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return vrt_clock_monotonic_ns();
#endif
}

#endif
