/* The glue that makes a fiber wait for something of the runtime.
 *
 * A waiting built-in arms the fiber's one wait record, registers it where a waker may come from, and parks
 * with a function that goes on: it unlinks the record, whatever decided the wait, and answers. So the steps
 * are
 *     vbn_wait_arm -> register (a channel, a promise) -> vbn_wait_park or vbn_wait_park_until
 * and, where nothing was registered after all, vbn_wait_cancel. Costs one record per fiber, taken at its
 * first wait. */
#ifndef VBN_WAIT_H
#define VBN_WAIT_H

#include "vm/exec/fiber.h"

struct vbn_wait {
    struct vrt_waiter *waiter;
    uint64_t ticket;
};

/* Opens the running fiber's record. False: no memory; thrown. */
bool vbn_wait_arm(struct vvm_call *call, struct vbn_wait *wait);

/* Closes an armed record that was registered nowhere. */
void vbn_wait_cancel(const struct vbn_wait *wait);

/* Parks; `resume` unlinks and answers. */
enum vvm_outcome vbn_wait_park(struct vvm_call *call, vvm_resume resume);

/* The same with a deadline, VRT_NEVER = none: then the record's outcome is VRT_OUTCOME_TIMEOUT. `resume`
 * calls vbn_wait_ended first. Without memory for a timer the wait is ended and OutOfMemoryError thrown. */
enum vvm_outcome vbn_wait_park_until(struct vvm_call *call, const struct vbn_wait *wait, uint64_t deadline_ns,
                                     vvm_resume resume);

/* First step of a resume after vbn_wait_park_until. */
void vbn_wait_ended(struct vvm_call *call);

/* The deadline of a wait that may last so long from now; INT64_MAX = no limit. */
uint64_t vbn_deadline(int64_t nanoseconds);

/* Waits until the promise is settled, without looking at its value; `resume` calls vrt_promise_forget.
 * DONE: it is settled already (call->result is not set). */
struct vrt_promise;
enum vvm_outcome vbn_wait_promise(struct vvm_call *call, struct vrt_promise *promise, vvm_resume resume);

#endif
