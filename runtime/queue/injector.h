/* The injector: one locked FIFO of isolates for work that comes from outside the worker threads,
 * and for overflow of their rings. Intrusive (vrt_isolate.next), so it never allocates. */
#ifndef VRT_QUEUE_INJECTOR_H
#define VRT_QUEUE_INJECTOR_H

#include "runtime/os/park.h"

struct vrt_isolate;

struct vrt_injector {
    _Alignas(VRT_CACHE_LINE) struct vrt_lock lock;
    /* written under the lock (release by a push, relaxed by a take); read without it (acquire): a hint, but for a
     * worker that goes to sleep, which reads it after its seq_cst update of the idle word ('Note WAKE') */
    _Atomic uint32_t length;
    /* guarded by lock */
    struct vrt_isolate *head;
    struct vrt_isolate *tail;
};

void vrt_injector_init(struct vrt_injector *injector);

/* Adds one isolate at the back. Any thread. Blocks: the short lock. */
void vrt_injector_push_any(struct vrt_injector *injector, struct vrt_isolate *isolate);

/* Adds `count` isolates in their order. Any thread. Blocks: the short lock. */
void vrt_injector_push_many_any(struct vrt_injector *injector, struct vrt_isolate **isolates, uint32_t count);

/* Takes up to `limit` isolates from the front into `out`; returns how many. Any thread. */
uint32_t vrt_injector_take_any(struct vrt_injector *injector, struct vrt_isolate **out, uint32_t limit);

/* The length; a hint unless everybody is idle. Any thread. */
static inline uint32_t vrt_injector_length_any(struct vrt_injector *injector)
{
    return vrt_atomic_load_acquire(&injector->length); /* pairs with the release of a push */
}

#endif
