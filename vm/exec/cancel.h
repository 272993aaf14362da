/* Cancellation: a request from any thread, told to the task, and what becomes of its Future.
 *
 * A request is noted in the promise (runtime/sync/promise.h) and comes to the task's isolate as a letter. From then on
 * the task is *cancelled*: CancellationError is thrown where it waits and at every further wait; a task that computes
 * gets it once, at the next end of its budget that falls outside `finally` blocks and clauses that name
 * CancellationError (vvm_function.quiet); one that never ran does not begin. While it is shielded nothing is thrown.
 * One that has returned the Future of another task passes the request on. Its Future fails when it has ended, whatever
 * it returned.
 *
 * An alarm cancels a promise's task at a deadline. It is a wait record of the kind CALLBACK with a timer: it costs no
 * thread and no wake-up before its time.
 *
 * Cost: a request is one small allocation and one post; a task that nobody cancels pays for nothing but a flag test per
 * wait and per budget. */
#ifndef VVM_CANCEL_H
#define VVM_CANCEL_H

#include "vm/exec/isolate.h"

struct vvm_machine;

/* Why: what `.reason` of the error says. */
enum vvm_reason {
    VVM_REASON_CANCELLED = 1,  /* "cancelled" */
    VVM_REASON_TIMEOUT,        /* "timeout" */
    VVM_REASON_SIBLING_FAILED, /* "sibling failed" */
    VVM_REASON_SHUTDOWN,       /* "shutdown" */
    VVM_REASON_DEADLINE,       /* "timeout": the worker's own; its Future fails with TimeoutError */
    VVM_NO_REASON              /* of an alarm that does not cancel: it ends a shield */
};

/* Requests the end of the task that runs for the promise; a promise that nobody runs for fails at once.
 * True: it was pending. Thread: any holder. Errors: without memory false. */
bool vvm_cancel_any(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason);

/* The same, told by whom: "Ctrl-C", "shutdown"; borrowed. vvm_cancel_any names the task that calls it and where. */
bool vvm_cancel_by_any(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason, const char *by);

/* Waits no longer for the cancelled task that runs for the promise: it is told of on standard error with its trace,
 * once, and the promise fails, though the task goes on (late.h). False: nobody runs for it. Thread: any holder. */
bool vvm_cancel_give_up_any(struct vrt_promise *promise);

/* Was this error thrown in the running task by a request to end it? Only clauses that name CancellationError take
 * it. */
bool vvm_cancellation_is_own(struct vvm_vm *vm, const struct vvm_fiber *fiber, vvm_value error);

/* The running task is shielded, or not: told by what it was before. Thread: its isolate's runner. */
bool vvm_fiber_shield(struct vvm_fiber *fiber, bool shielded);

/* The promise of a task; NULL: nobody holds its Future. */
struct vrt_promise *vvm_fiber_promise(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber);

/* worker "NAME", worker NUMBER, or task NAME: who runs for the promise; "task" if nobody does. Thread: any holder. */
void vvm_cancel_add_task_any(struct vrt_promise *promise, struct vvm_text_builder *out);

/* ---- For vm/exec ---- */

/* The letter of a request has come. Owns: the letter. Thread: the isolate's runner. */
void vvm_cancel_take_letter(struct vvm_machine *m, struct vrt_cancel_letter *letter);
void vvm_cancel_drop_letter(struct vrt_cancel_letter *letter);

/* The task is cancelled; told at once if it waits. */
void vvm_fiber_cancel(struct vvm_machine *m, struct vvm_fiber *fiber);

/* The task has returned this Future, and will wait for it. The Future of a task of the same isolate is from then on
 * cancelled in its place; the wait for any other one is a wait like others. */
void vvm_fiber_follow(struct vvm_machine *m, vvm_value future);

/* Is the task to be told here, where it computes? */
bool vvm_fiber_is_due(const struct vvm_fiber *fiber);

/* Is it to be told where it is about to wait? */
static inline bool vvm_fiber_is_due_at_wait(const struct vvm_fiber *fiber)
{
    const uint32_t unless = VVM_FIBER_SHIELDED | VVM_FIBER_FOLLOWS;
    return (fiber->flags & (VVM_FIBER_CANCELLED | unless)) == VVM_FIBER_CANCELLED;
}

/* Tells the cancelled task that waits, or is about to: its wait ends. False: it goes on, as the wait is decided
 * already, or is for a scope that the task has opened, which is cancelled in its place. */
bool vvm_fiber_tell_at_wait(struct vvm_machine *m, struct vvm_fiber *fiber);

/* What a built-in does last that lets the other tasks go on; `resume` is called when it is this one's turn again. A cancelled
 * task is told. Gives VVM_PARK, or throws without memory. */
enum vvm_outcome vvm_fiber_yield(struct vvm_call *call, vvm_resume resume);

/* The error a cancelled task is told with; never unset. */
vvm_value vvm_fiber_cancellation(struct vvm_isolate *isolate, struct vvm_fiber *fiber);

/* The same after a wait that ended with `failure` (consumed), which is attached if it is more than a cancellation. */
vvm_value vvm_fiber_cancellation_after(struct vvm_isolate *isolate, struct vvm_fiber *fiber, vvm_value failure);

/* Why it was cancelled, as `.reason` has it. */
const char *vvm_fiber_reason(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber);

/* The task's Future fails although it has not ended. Thread: its isolate's runner. */
void vvm_cancel_fail(struct vvm_isolate *isolate, struct vvm_fiber *fiber);

/* What a promise is settled with whose task has ended, `reason` being that of the request (0: as the task ended).
 * Consumes `value`. `fiber` NULL: a worker's, which is gone already. */
struct vvm_ending { enum vrt_promise_state state; vvm_value value; };
struct vvm_ending vvm_cancel_ending(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, uint32_t reason,
                                    struct vvm_ending ending);

/* ---- Alarms ---- */

/* At the deadline the promise's task is cancelled for this reason, or shielded no longer. Thread: any. Errors: false
 * without memory. */
bool vvm_alarm_start(struct vvm_alarm *alarm, struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                     uint64_t deadline_ns);

/* False: it has gone off, or there is none. Thread: any, once. */
bool vvm_alarm_stop(struct vvm_alarm *alarm);

#endif
