#include "runtime/os/park.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCK_SPINS 60

bool vrt_park_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct timespec limit = {
        .tv_sec = (time_t)(deadline_ns / 1000000000ull),
        .tv_nsec = (long)(deadline_ns % 1000000000ull),
    };
    /* the bitset form takes an absolute CLOCK_MONOTONIC time, so nothing drifts on a retry */
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                          deadline_ns == VRT_NEVER ? NULL : &limit, NULL, FUTEX_BITSET_MATCH_ANY);
    return !(result == -1 && errno == ETIMEDOUT);
}

uint32_t vrt_park_wake(_Atomic uint32_t *word, uint32_t count)
{
    int limit = count > INT32_MAX ? INT32_MAX : (int)count;
    long woken = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, limit, NULL, NULL, 0);
    return woken > 0 ? (uint32_t)woken : 0;
}

void vrt_lock_take_slow(struct vrt_lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        /* relaxed: only a hint whether the swap may succeed */
        if (vrt_atomic_load_relaxed(&lock->word) == VRT_LOCK_FREE && vrt_lock_try(lock)) {
            return;
        }
        vrt_cpu_relax();
    }
    /* acquire: pairs with vrt_lock_give */
    while (vrt_atomic_exchange_acquire(&lock->word, VRT_LOCK_CONTENDED) != VRT_LOCK_FREE) {
        vrt_park_wait(&lock->word, VRT_LOCK_CONTENDED, VRT_NEVER);
    }
}

void vrt_lock_give_slow(struct vrt_lock *lock)
{
    vrt_park_wake(&lock->word, 1);
}
