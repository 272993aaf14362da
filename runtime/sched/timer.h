/* Timers: one binary heap of deadlines per thread.
 *
 * An entry is a wait record with its ticket; when its time comes the record is claimed with
 * VRT_OUTCOME_TIMEOUT and posted. A wait that ends earlier leaves a dead entry behind (its
 * ticket no longer matches) and a count with the heap's owner; a heap whose dead entries exceed
 * half (and 1 024) is compacted. Only the owner touches the heap; another thread (an embedder's,
 * a bound one) hands entries in through a small locked array. 32 bytes per timer; O(log n). */
#ifndef VRT_SCHED_TIMER_H
#define VRT_SCHED_TIMER_H

#include "runtime/base/status.h"
#include "runtime/os/park.h"

#include <stddef.h>

struct vela_runtime;
struct vrt_thread;
struct vrt_waiter;

struct vrt_timer_entry {
    uint64_t when_ns;
    uint64_t order; /* equal times fire in order of arrival */
    struct vrt_waiter *waiter;
    uint64_t ticket;
};

struct vrt_timer_array {
    struct vrt_timer_entry *entries;
    size_t count;
    size_t capacity;
};

struct vrt_timers {
    /* owner only */
    struct vrt_timer_array heap;
    uint64_t next_order;
    /* any thread adds 1 per wait that ended early (relaxed: only a count), the owner clears it */
    _Atomic uint32_t dead;
    /* relaxed hint that `incoming` is not empty; the lock orders the rest */
    _Atomic uint32_t has_incoming;
    struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_timer_array incoming;
};

/* Starts a timer for the open wait `ticket` of `waiter`, firing at `deadline_ns`. On a worker thread
 * it goes into that thread's heap, else to a worker's incoming array. Thread: the record's owner.
 * Blocks: no. Errors: VRT_NO_MEMORY, VRT_NO_THREAD: no timer runs. */
enum vrt_status vrt_timer_start(struct vela_runtime *runtime, struct vrt_waiter *waiter, uint64_t ticket,
                                uint64_t deadline_ns);

/* Says that the wait is over; call it after every wait that had a timer. Thread: the record's owner. */
void vrt_timer_stop(struct vrt_waiter *waiter);

void vrt_timers_init(struct vrt_timers *timers);
void vrt_timers_deinit(struct vrt_timers *timers);

/* Adds an entry to the heap. Owner only. */
enum vrt_status vrt_timers_add(struct vrt_timers *timers, struct vrt_timer_entry entry);

/* Hands an entry in from another thread; the caller wakes the owner. Any thread. */
enum vrt_status vrt_timers_hand_in_any(struct vrt_timers *timers, struct vrt_timer_entry entry);

/* Fires all entries due at `now_ns`; returns how many waits were decided. Owner only. */
uint32_t vrt_timers_fire(struct vrt_timers *timers, uint64_t now_ns);

/* The earliest live deadline or VRT_NEVER; drops dead entries at the root. Owner only. */
uint64_t vrt_timers_earliest(struct vrt_timers *timers);

/* True if any live entry is there. Owner, or anybody while the owner sleeps under the idle lock. */
bool vrt_timers_any_live(struct vrt_timers *timers);

#endif
