/* Cancelled tasks that do not end: after the VM's patience (5 seconds) one is told of on standard error, once, with its
 * trace, and its Future fails; one that has had no turn since, because others of its isolate run, is given more time.
 * The task itself goes on until it ends or its runtime is destroyed; what it fails with then is reported as an error
 * that nobody observed.
 *
 * A task that ends within the turn in which it is told of its cancellation costs a count. While an isolate has others
 * it has one wait record with a timer, which comes back to it as a letter; so everything here is the runner's, and a
 * program that has nothing else to do is not held up once they have ended. Ages are counted in eighths of the
 * patience. */
#ifndef VVM_LATE_H
#define VVM_LATE_H

#include "vm/exec/isolate.h"

/* Of an isolate that has cancelled tasks; malloc'd. */
struct vvm_late {
    struct vrt_waiter *record; /* NULL until it is first needed */
    uint64_t ticket;           /* 0: the timer does not run, and no letter is on its way */
    uint32_t count;            /* cancelled tasks that have neither ended nor been told of */
};

/* The task has been cancelled just now. Thread: its isolate's runner, as for all of these. */
void vvm_late_note(struct vvm_isolate *isolate, struct vvm_fiber *fiber);

/* It has ended. */
static inline void vvm_late_ended(struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if ((fiber->flags & (VVM_FIBER_CANCELLED | VVM_FIBER_LATE)) == VVM_FIBER_CANCELLED)
        vvm_isolate_late(isolate)->count--;
}

/* The end of a turn: starts the timer, or lets it go. */
void vvm_late_end_turn(struct vvm_isolate *isolate);

/* Is this letter the timer's? Then it has been dealt with. */
bool vvm_late_take(struct vvm_isolate *isolate, const struct vrt_waiter *record);

/* Tells of the task now, if it is cancelled and has not been told of: who waits for it waits no longer. */
void vvm_late_give_up(struct vvm_isolate *isolate, struct vvm_fiber *fiber);

/* The isolate is dropped with its runtime. */
void vvm_late_drop(struct vvm_isolate *isolate);

#endif
