/* Where a worker thread finds its next isolate. Owner only. */
#ifndef VRT_SCHED_SEARCH_H
#define VRT_SCHED_SEARCH_H

#include "runtime/sched/thread.h"

/* From the thread itself and the injector; NULL if there is nothing. */
struct vrt_isolate *vrt_search_local(struct vrt_thread *thread);

/* Searches everywhere, spins, sleeps, until there is an isolate or the runtime stops (NULL). Blocks. */
struct vrt_isolate *vrt_search_wait(struct vrt_thread *thread);

/* True if any ring or the injector holds something. Next slots do not count: their owner is awake and
 * takes them itself or offers them at its next safepoint. Any thread; exact when all are idle. */
bool vrt_search_anything(struct vela_runtime *runtime);

#endif
