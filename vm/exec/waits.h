/* Who waits for whom: the parked tasks of all isolates while nothing runs, and which of them settles what another
 * one awaits. Built for a deadlock report and dropped after it. Cost: 48 bytes a task; sorting them once. */
#ifndef VVM_WAITS_H
#define VVM_WAITS_H

#include "vm/exec/isolate.h"

struct vvm_wait {
    struct vvm_isolate *isolate;
    struct vvm_fiber *fiber;
    const struct vrt_promise *settles; /* the promise of its result, or NULL */
    uint64_t order;                    /* in which it was found */
    struct vvm_wait *next;             /* whose result it waits for, or NULL */
    uint64_t walk;                     /* the search that came by */
};

struct vvm_waits {
    struct vvm_wait *items;
    size_t count, capacity;
    bool failed; /* no memory: some are missing */
};

/* Collects the parked tasks. All isolates stand still (vrt_runtime_config.on_quiescent). */
void vvm_waits_collect(struct vvm_waits *waits, struct vela_runtime *runtime);
void vvm_waits_drop(struct vvm_waits *waits);

/* The task whose result settles the promise, or NULL: somebody else does. */
const struct vvm_wait *vvm_waits_settler(const struct vvm_waits *waits, const struct vrt_promise *promise);

/* A task on a circle of tasks that wait for each other's results (go on by `next`), or NULL. */
const struct vvm_wait *vvm_waits_circle(struct vvm_waits *waits);

#endif
