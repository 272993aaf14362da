/* Who waits for whom: the tasks of all isolates while they stand still, and which of them settles what another
 * one awaits. Built for a report and dropped after it. Cost: 32 to 40 bytes a task. */
#ifndef VVM_WAITS_H
#define VVM_WAITS_H

#include "vm/exec/isolate.h"

/* How far a look goes. The pause keeps everybody from running, so a long one is given up as soon as that matters. */
struct vvm_look_limit {
    size_t objects;            /* as many tasks, objects and ends in any case; */
    struct vela_runtime *idle; /* more as long as nobody there wants to run (vrt_pause_disturbs); NULL: no more */
    uint32_t steps;
};

/* Is one more step allowed, of some ten nanoseconds, when so many were found? */
bool vvm_look_goes_on(struct vvm_look_limit *limit, size_t found);

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
    bool failed; /* no memory, or more than the the limit, or a turn ended meanwhile: some or all are missing */
};

/* Collects the tasks of all isolates but those that run. The others stand still: nothing can happen any more
 * (vrt_runtime_config.on_quiescent), or there is a pause (runtime/sched/pause.h). */
void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime, struct vvm_look_limit *limit);
void vvm_waits_drop(struct vvm_waits *waits);

/* The task whose result settles the promise, or NULL: somebody else does. */
const struct vvm_wait *vvm_waits_settler(const struct vvm_waits *waits, const struct vrt_promise *promise);

#endif
