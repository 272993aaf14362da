/* A pool: a limit on how many of its isolates execute at one time. It has no threads.
 *
 * An isolate takes one of the pool's running slots when a thread begins its turn and gives it
 * back when the turn ends; without a free slot it waits in the pool, by priority, FIFO inside,
 * and low priorities age so that they still run. A parked isolate holds no slot. A pool whose
 * limit is not below the number of worker threads can never be full and costs only two counters.
 *
 * Closing it refuses what would be added; who waits for it to drain is told when the last member has ended.
 *
 * Life: created by the layer above, reference-counted; the isolates in it hold references. */
#ifndef VRT_SCHED_POOL_H
#define VRT_SCHED_POOL_H

#include "runtime/os/park.h"
#include "runtime/sched/isolate.h"
#include "runtime/sync/waiter.h"

struct vrt_pool_queue {
    struct vrt_isolate *head;
    struct vrt_isolate *tail;
};

struct vrt_pool {
    /* set once, or before the first spawn */
    struct vela_runtime *runtime;
    uint32_t max_running;
    bool limited; /* max_running < number of worker threads */
    /* shared */
    _Alignas(VRT_CACHE_LINE) _Atomic uint32_t references;
    _Atomic uint32_t active;  /* started (had a turn) and not ended; relaxed: a statistic */
    _Atomic uint32_t pending; /* spawned and not started; relaxed: a statistic */
    /* seq_cst on both sides: added and not ended, with CLOSED on top. A closer sees every member that was let in; who
     * waits sets DRAINING and looks for members, the last one leaves and looks for DRAINING */
    _Atomic uint64_t members;
    struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_wait_list drained; /* who waits until there are no members */
    uint32_t running;
    uint32_t served; /* how many were taken from the queues so far: the clock of ageing */
    uint32_t waiting_count;
    struct vrt_pool_queue waiting[VRT_PRIORITIES];
};

/* Creates a pool with one reference. `max_running` 0: the number of worker threads.
 * Errors: NULL when memory is out. Thread: any. */
struct vrt_pool *vrt_pool_create(struct vela_runtime *runtime, uint32_t max_running);
void vrt_pool_retain(struct vrt_pool *pool);
void vrt_pool_release(struct vrt_pool *pool);

/* Changes the limit; only before the first spawn into it. */
void vrt_pool_configure(struct vrt_pool *pool, uint32_t max_running);

/* Isolates that had a turn and have not ended (parked ones included) / that wait for their first. */
uint32_t vrt_pool_active_any(struct vrt_pool *pool);
uint32_t vrt_pool_pending_any(struct vrt_pool *pool);

/* Refuses all members to come. False: it was closed before. Any thread. */
bool vrt_pool_close_any(struct vrt_pool *pool);
bool vrt_pool_is_closed_any(struct vrt_pool *pool);

/* Registers an armed record that is to be told when nothing runs or waits in the pool: claimed with DONE and posted.
 * False: it is so already, nothing is registered. forget: ends such a wait, whatever decided it; before the fiber goes
 * on.
 * Thread: the record's owner. Blocks: the short lock. */
bool vrt_pool_wait(struct vrt_pool *pool, struct vrt_waiter *waiter, uint64_t ticket);
void vrt_pool_forget(struct vrt_pool *pool, struct vrt_waiter *waiter);

/* For vrt_isolate_call_off_any: one that has not begun is pending no more. It stays a member, and in the queues it is
 * in, until the turn in which it ends. Any thread that knows that the isolate lives. */
bool vrt_pool_call_off_any(struct vrt_pool *pool, struct vrt_isolate *isolate);

/* For the scheduler: an isolate is to be added (false: the pool is closed); may begin a turn (else it has been queued
 * in the pool); ended its turn (returns one that may run now and must be enqueued, or NULL) . */
bool vrt_pool_add(struct vrt_pool *pool);
bool vrt_pool_enter(struct vrt_pool *pool, struct vrt_isolate *isolate);
struct vrt_isolate *vrt_pool_leave(struct vrt_pool *pool, struct vrt_isolate *isolate);

/* The isolate no longer counts as active. The layer above may say so before it settles the result;
 * the scheduler says it again at the end, which then does nothing. Runner only. */
void vrt_pool_ended(struct vrt_pool *pool, struct vrt_isolate *isolate);

#endif
