/* Stopping and waking a thread: a futex on a 32-bit word, and a lock made of one.
 *
 * The word belongs to the caller; nothing is allocated. A wait may end for no reason, so
 * it stands in a loop. Deadlines are absolute, in the time of vrt_now(). */
#ifndef VRT_OS_PARK_H
#define VRT_OS_PARK_H

#include "runtime/base/atomic.h"
#include "runtime/base/choice.h"

/* Sleeps while `*word == expected`, until woken or until `deadline_ns` (VRT_NEVER: no limit).
 * Returns false when the deadline has passed. Thread: any. Blocks. */
bool vrt_park_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wakes up to `count` threads that sleep on `word`, and returns how many did; harmless if the word's
 * owner is gone but its memory is still mapped. Thread: any. Blocks: no. */
uint32_t vrt_park_wake(_Atomic uint32_t *word, uint32_t count);

/* A small lock: spins a little, then parks. Not recursive, not fair. All zero = free.
 *
 *   FREE --lock--> HELD --unlock--> FREE       acquire on the way in, release on the way out:
 *   HELD --lock (another)--> CONTENDED         publishes all that was written under the lock
 *   CONTENDED --unlock--> FREE + wake one
 */
struct vrt_lock {
    _Atomic uint32_t word;
};

enum { VRT_LOCK_FREE, VRT_LOCK_HELD, VRT_LOCK_CONTENDED };

void vrt_lock_take_slow(struct vrt_lock *lock);
void vrt_lock_give_slow(struct vrt_lock *lock);

static inline void vrt_lock_init(struct vrt_lock *lock)
{
    vrt_atomic_store_relaxed(&lock->word, VRT_LOCK_FREE); /* nobody else knows it yet */
}

/* Takes the lock. Blocks until it is free. */
static inline void vrt_lock_take(struct vrt_lock *lock)
{
    uint32_t expected = VRT_LOCK_FREE;
    /* acquire: pairs with vrt_lock_give */
    if (__builtin_expect(!vrt_atomic_cas_acquire(&lock->word, &expected, VRT_LOCK_HELD), 0)) {
        vrt_lock_take_slow(lock);
    }
}

/* Takes the lock if it is free; never waits. */
static inline bool vrt_lock_try(struct vrt_lock *lock)
{
    uint32_t expected = VRT_LOCK_FREE;
    return vrt_atomic_cas_acquire(&lock->word, &expected, VRT_LOCK_HELD); /* pairs with vrt_lock_give */
}

/* Gives the lock back. Holder only. */
static inline void vrt_lock_give(struct vrt_lock *lock)
{
    /* release: publishes what was done under the lock to the next taker */
    if (__builtin_expect(vrt_atomic_exchange_release(&lock->word, VRT_LOCK_FREE) == VRT_LOCK_CONTENDED, 0)) {
        vrt_lock_give_slow(lock);
    }
}

#endif
