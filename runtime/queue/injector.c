#include "runtime/queue/injector.h"

#include "runtime/sched/isolate.h"

void vrt_injector_init(struct vrt_injector *injector)
{
    vrt_lock_init(&injector->lock);
    vrt_atomic_store_relaxed(&injector->length, 0); /* not shared yet */
    injector->head = injector->tail = NULL;
}

void vrt_injector_push_many_any(struct vrt_injector *injector, struct vrt_isolate **isolates, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        isolates[i]->next = i + 1 < count ? isolates[i + 1] : NULL;
    }
    vrt_lock_take(&injector->lock);
    *(injector->tail != NULL ? &injector->tail->next : &injector->head) = isolates[0];
    injector->tail = isolates[count - 1];
    /* release: seen by the sleeper's second look, after its RMW of the idle word ('Note WAKE') */
    vrt_atomic_add_release(&injector->length, count);
    vrt_lock_give(&injector->lock);
}

void vrt_injector_push_any(struct vrt_injector *injector, struct vrt_isolate *isolate)
{
    vrt_injector_push_many_any(injector, &isolate, 1);
}

static struct vrt_isolate *take_one_locked(struct vrt_injector *injector)
{
    struct vrt_isolate *isolate = injector->head;
    if (isolate != NULL) {
        injector->head = isolate->next;
        if (injector->head == NULL) {
            injector->tail = NULL;
        }
        isolate->next = NULL;
        vrt_atomic_sub_relaxed(&injector->length, 1); /* under the lock; a hint to others */
    }
    return isolate;
}

uint32_t vrt_injector_take_any(struct vrt_injector *injector, struct vrt_isolate **out, uint32_t limit)
{
    if (vrt_injector_length_any(injector) == 0) {
        return 0;
    }
    uint32_t count = 0;
    vrt_lock_take(&injector->lock);
    while (count < limit && (out[count] = take_one_locked(injector)) != NULL) {
        count++;
    }
    vrt_lock_give(&injector->lock);
    return count;
}
