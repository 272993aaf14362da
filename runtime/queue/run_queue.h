/* The run queue of one worker thread: a fixed ring of isolates.
 *
 * One owner pushes at the tail and pops at the head; any other thread may steal half from the
 * head. Push, pop and steal are wait-free for the owner except for a lost race at the head.
 * Each publishes the whole isolate: a push is a release store of `tail`, which a thief
 * acquires; a pop or steal takes its slots by an acq_rel swap of `head`. Lives inside the
 * thread's struct; holds borrowed pointers only. 2 KiB. */
#ifndef VRT_QUEUE_RUN_QUEUE_H
#define VRT_QUEUE_RUN_QUEUE_H

#include "runtime/base/atomic.h"
#include "runtime/base/limits.h"

struct vrt_isolate;

struct vrt_run_queue {
    /* shared: written by owner and thieves */
    _Alignas(VRT_CACHE_LINE) _Atomic uint32_t head;
    /* written by the owner */
    _Alignas(VRT_CACHE_LINE) _Atomic uint32_t tail;
    _Atomic(struct vrt_isolate *) slots[VRT_RING_SIZE];
};

void vrt_run_queue_init(struct vrt_run_queue *queue);

/* Adds at the back. Returns false when full. Owner only. */
bool vrt_run_queue_push(struct vrt_run_queue *queue, struct vrt_isolate *isolate);

/* Takes the front, or NULL. Owner only. */
struct vrt_isolate *vrt_run_queue_pop(struct vrt_run_queue *queue);

/* Moves the front half into `out` (room for VRT_RING_SIZE / 2 + 1) and returns how many.
 * Any thread; never waits; may give 0 when it lost a race. */
uint32_t vrt_run_queue_steal_any(struct vrt_run_queue *queue, struct vrt_isolate **out);

/* A snapshot; exact when all threads are idle. Any thread. */
uint32_t vrt_run_queue_length_any(const struct vrt_run_queue *queue);

#endif
