/* A lock that is taken for a moment, millions of times, and seldom waited for: that of a channel's chain.
 *
 * To give it back is a plain store, where an ordinary lock (park.h) needs a second locked instruction, which costs as
 * much as all else of a send. Not recursive, not fair. All zero = free.
 *
 * Note ASYMMETRIC. Giving is: word = FREE; look at `waiters`. Waiting is: waiters + 1; look at the word. Each side must
 * see the other's store, or a waiter sleeps on a free lock; but the giver's look may overtake its store. So the waiter
 * makes every running thread pass a full barrier between its own two steps (membarrier). A giver whose barrier comes
 * before its look sees the waiter; one whose barrier comes after its store is seen by the waiter. Whoever holds the
 * lock when the waiter looks gives it later, so after his barrier. On a kernel without that call the waiter looks again
 * every millisecond.
 *
 * Note ONE WAKE. A waiter that is woken may have to wait for a processor, while the lock is given thousands of times:
 * only the first of these givers makes the system call. It marks `waiters` WOKEN; the woken one takes the mark off
 * before it tries. A giver whose call met nobody asleep takes it off itself, and must look at the word again: who went
 * to sleep meanwhile, and was passed over by a giver because of the mark, finds the lock free. */
#ifndef VRT_OS_HOT_LOCK_H
#define VRT_OS_HOT_LOCK_H

#include "runtime/os/park.h"

#define VRT_HOT_LOCK_WOKEN 0x80000000u

struct vrt_hot_lock {
    _Atomic uint32_t word;    /* VRT_LOCK_FREE or VRT_LOCK_HELD */
    _Atomic uint32_t waiters; /* threads that sleep or are about to, and WOKEN: one of them is on its way; seq_cst but
                                 down */
};

void vrt_hot_lock_take_slow(struct vrt_hot_lock *lock);
void vrt_hot_lock_give_slow(struct vrt_hot_lock *lock);

/* Takes the lock if it is free; never waits. */
static inline bool vrt_hot_lock_try(struct vrt_hot_lock *lock)
{
    uint32_t expected = VRT_LOCK_FREE;
    return vrt_atomic_cas_acquire(&lock->word, &expected, VRT_LOCK_HELD); /* pairs with vrt_hot_lock_give */
}

/* Takes the lock. Blocks until it is free. */
static inline void vrt_hot_lock_take(struct vrt_hot_lock *lock)
{
    if (__builtin_expect(!vrt_hot_lock_try(lock), 0)) {
        vrt_hot_lock_take_slow(lock);
    }
}

/* Gives the lock back. Holder only. */
static inline void vrt_hot_lock_give(struct vrt_hot_lock *lock)
{
    /* release: publishes what was done under the lock to the next taker */
    vrt_atomic_store_release(&lock->word, VRT_LOCK_FREE);
    vrt_compiler_barrier();
    /* relaxed: ordered behind the store by the waiter's barrier */
    if (__builtin_expect(vrt_atomic_load_relaxed(&lock->waiters) != 0, 0)) {
        vrt_hot_lock_give_slow(lock);
    }
}

#endif
