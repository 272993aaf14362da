/* Isolates that wait for their first turn with a priority of their own.
 *
 * Isolates of normal priority start in their order, from the queues of all that is ready. Others wait here, by
 * priority, so those before them in the queues are overtaken, or overtake. Threads look here before each turn, and for
 * low ones when they find nothing else. None waits for ever (rule P6): after VRT_EARLY_STREAK high ones a thread takes
 * another one once, one of them is of the lower of the two high priorities, and every VRT_LATE_INTERVAL-th turn is a
 * low one's. Which slot of its pool an isolate then gets is the pool's business (pool.h).
 *
 * Cost: two loads before a turn; a lock for each isolate that is not of normal priority. Thread: any. */
#ifndef VRT_SCHED_STARTS_H
#define VRT_SCHED_STARTS_H

#include "runtime/queue/injector.h"
#include "runtime/sched/isolate.h"

struct vrt_starts {
    struct vrt_injector waiting[VRT_PRIORITIES]; /* nobody of normal priority */
};

void vrt_starts_init(struct vrt_starts *starts);

/* Does an isolate that is to start wait here? */
static inline bool vrt_starts_takes(const struct vrt_isolate *isolate)
{
    return isolate->pool != NULL && isolate->priority != VRT_PRIORITY_NORMAL;
}

void vrt_starts_push_any(struct vrt_starts *starts, struct vrt_isolate *isolate);

/* Is there anybody of a high priority? */
static inline bool vrt_starts_has_early_any(struct vrt_starts *starts)
{
    return vrt_injector_length_any(&starts->waiting[VRT_PRIORITY_CRITICAL]) != 0 ||
           vrt_injector_length_any(&starts->waiting[VRT_PRIORITY_HIGH]) != 0;
}

bool vrt_starts_has_any(struct vrt_starts *starts);

/* The first of the highest priority, or, with `lower_first`, of the lower one of the two above normal, if there is any;
 * NULL: nobody. */
struct vrt_isolate *vrt_starts_take_early_any(struct vrt_starts *starts, bool lower_first);

/* The first one of low priority, or NULL. */
struct vrt_isolate *vrt_starts_take_late_any(struct vrt_starts *starts);

#endif
