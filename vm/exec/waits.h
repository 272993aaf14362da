/* Who waits for whom: the tasks of all isolates while they stand still, and which of them settles what another
 * one awaits. Built for a report and dropped after it. Cost: 32 to 40 bytes a task. */
#ifndef VVM_WAITS_H
#define VVM_WAITS_H

#include "vm/exec/isolate.h"

struct vvm_wait {
    struct vvm_isolate *isolate;
    struct vvm_fiber *fiber;
    const struct vrt_promise *settles; /* the promise of its result, or NULL */
};

struct vvm_waits {
    struct vvm_wait *items; /* main's first, then as they were found: no address decides */
    size_t count, capacity;
    uint32_t *settlers; /* 1 + item, by the hash of what it settles; 0: free */
    uint32_t mask;
    bool failed; /* no memory, or more than the limit, or a turn ended meanwhile: some or all are missing */
};

/* Collects the tasks of all isolates but those that run. The others stand still: nothing can happen any more
 * (vrt_runtime_config.on_quiescent), or there is a pause (runtime/sched/pause.h). None if there are more than `limit`. */
void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime, size_t limit);
void vvm_waits_drop(struct vvm_waits *waits);

/* The task whose result settles the promise, or NULL: somebody else does. */
const struct vvm_wait *vvm_waits_settler(const struct vvm_waits *waits, const struct vrt_promise *promise);

#endif
