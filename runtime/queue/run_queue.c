#include "runtime/queue/run_queue.h"

#include <stddef.h>

/* Positions run freely through 2^32; their difference is the length. */
#define SLOT(position) ((position) & (VRT_RING_SIZE - 1u))

void vrt_run_queue_init(struct vrt_run_queue *queue)
{
    /* not shared yet */
    vrt_atomic_store_relaxed(&queue->head, 0);
    vrt_atomic_store_relaxed(&queue->tail, 0);
    for (uint32_t i = 0; i < VRT_RING_SIZE; i++) {
        vrt_atomic_store_relaxed(&queue->slots[i], NULL); /* likewise */
    }
}

bool vrt_run_queue_push(struct vrt_run_queue *queue, struct vrt_isolate *isolate)
{
    /* acquire: pairs with a thief's swap of head, so that its slot reads are over before we overwrite */
    uint32_t head = vrt_atomic_load_acquire(&queue->head);
    uint32_t tail = vrt_atomic_load_relaxed(&queue->tail); /* only we write it */
    if (tail - head >= VRT_RING_SIZE) {
        return false;
    }
    vrt_atomic_store_relaxed(&queue->slots[SLOT(tail)], isolate); /* published by tail */
    /* release: pairs with the thief's acquire of tail, publishes slot and isolate */
    vrt_atomic_store_release(&queue->tail, tail + 1);
    return true;
}

struct vrt_isolate *vrt_run_queue_pop(struct vrt_run_queue *queue)
{
    uint32_t tail = vrt_atomic_load_relaxed(&queue->tail); /* only we write it */
    /* acquire: pairs with a thief's swap; what it has taken is not ours any more */
    uint32_t head = vrt_atomic_load_acquire(&queue->head);
    while (head != tail) {
        struct vrt_isolate *isolate = vrt_atomic_load_relaxed(&queue->slots[SLOT(head)]); /* our store */
        /* acq_rel: as a thief's swap, with which it competes; the isolate in the slot we have stored ourselves */
        if (vrt_atomic_cas_weak_acq_rel(&queue->head, &head, head + 1)) {
            return isolate;
        }
    }
    return NULL;
}

uint32_t vrt_run_queue_steal_any(struct vrt_run_queue *queue, struct vrt_isolate **out)
{
    /* acquire: read before tail, so that a newer head than tail shows as a wrong length */
    uint32_t head = vrt_atomic_load_acquire(&queue->head);
    /* acquire: pairs with the push, the slots below tail are filled */
    uint32_t tail = vrt_atomic_load_acquire(&queue->tail);
    uint32_t length = tail - head;
    if (length == 0 || length > VRT_RING_SIZE) { /* the second: head is older than tail, try later */
        return 0;
    }
    uint32_t count = length - length / 2;
    for (uint32_t i = 0; i < count; i++) {
        /* relaxed: may be overwritten meanwhile, then the swap below fails and nothing is used */
        out[i] = vrt_atomic_load_relaxed(&queue->slots[SLOT(head + i)]);
    }
    /* release: our slot reads are over before the owner's push sees the new head */
    return vrt_atomic_cas_acq_rel(&queue->head, &head, head + count) ? count : 0;
}

uint32_t vrt_run_queue_length_any(const struct vrt_run_queue *queue)
{
    /* acquire: head before tail, as in steal; tail pairs with the push that a sleeper's second look must see */
    uint32_t head = vrt_atomic_load_acquire(&((struct vrt_run_queue *)queue)->head);
    uint32_t tail = vrt_atomic_load_acquire(&((struct vrt_run_queue *)queue)->tail);
    return tail - head <= VRT_RING_SIZE ? tail - head : 0;
}
