/* How many processors this process may use: the least of the affinity mask and the CPU quota
 * of every cgroup (v1 and v2) from its own up to the root. Reads a few small files, once. */
#ifndef VRT_OS_CPU_COUNT_H
#define VRT_OS_CPU_COUNT_H

#include <stdint.h>

/* The number of processors, at least 1. A quota of 1.5 processors counts as 2. */
uint32_t vrt_cpu_count(void);

/* The number of worker threads: VELA_WORKERS if it is a number from 1 to VRT_THREADS_MAX, else
 * vrt_cpu_count(). */
uint32_t vrt_worker_count(void);

/* As vrt_cpu_count, with the files looked for below `root` ("" for the real ones) and an affinity
 * of `affinity` processors. For tests. */
uint32_t vrt_cpu_count_below(const char *root, uint32_t affinity);

#endif
