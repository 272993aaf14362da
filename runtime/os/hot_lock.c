#include "runtime/os/hot_lock.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCK_SPINS 60
#define LOOK_AGAIN_NS 1000000ull

/* Each thread of the process that runs passes a full barrier. False: the kernel has no such call. */
static bool barrier_everywhere(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) {
        return true;
    }
    /* the first call of the process */
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static bool spin(struct vrt_hot_lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        /* relaxed: only a hint whether the swap may succeed */
        if (vrt_atomic_load_relaxed(&lock->word) == VRT_LOCK_FREE && vrt_hot_lock_try(lock)) {
            return true;
        }
        vrt_cpu_relax();
    }
    return false;
}

void vrt_hot_lock_take_slow(struct vrt_hot_lock *lock)
{
    if (spin(lock)) {
        return;
    }
    vrt_atomic_add_seq_cst(&lock->waiters, 1); /* Note ASYMMETRIC */
    bool told = barrier_everywhere();
    while (!vrt_hot_lock_try(lock)) {
        vrt_park_wait(&lock->word, VRT_LOCK_HELD, told ? VRT_NEVER : vrt_now() + LOOK_AGAIN_NS);
        /* seq_cst: the try comes after it, the giver's look at the mark after its store (Note ONE WAKE) */
        vrt_atomic_and_seq_cst(&lock->waiters, ~VRT_HOT_LOCK_WOKEN);
    }
    vrt_atomic_sub_relaxed(&lock->waiters, 1); /* one wake too many does no harm */
}

/* relaxed: both follow the locked instruction that took the mark off */
static bool somebody_may_sleep(struct vrt_hot_lock *lock)
{
    return vrt_atomic_load_relaxed(&lock->word) == VRT_LOCK_FREE && vrt_atomic_load_relaxed(&lock->waiters) != 0;
}

void vrt_hot_lock_give_slow(struct vrt_hot_lock *lock)
{
    do {
        /* seq_cst: after the store that gave the lock, and before its mark is seen (Note ONE WAKE) */
        if (vrt_atomic_or_seq_cst(&lock->waiters, VRT_HOT_LOCK_WOKEN) & VRT_HOT_LOCK_WOKEN ||
            vrt_park_wake(&lock->word, 1) != 0) {
            return;
        }
        vrt_atomic_and_seq_cst(&lock->waiters, ~VRT_HOT_LOCK_WOKEN); /* before the look at the word */
    } while (somebody_may_sleep(lock));
}
