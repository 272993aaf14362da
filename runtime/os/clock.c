#include "runtime/os/clock.h"

#include <time.h>

uint64_t vrt_clock_monotonic_ns(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}
