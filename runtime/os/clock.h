/* The system's clocks. Only runtime/base/choice.c reads the monotonic one; everything else
 * asks vrt_now(). */
#ifndef VRT_OS_CLOCK_H
#define VRT_OS_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. Thread: any. */
uint64_t vrt_clock_monotonic_ns(void);

/* Processor time of the calling thread in nanoseconds. */
uint64_t vrt_clock_thread_cpu_ns(void);

#endif
