/* Private to vm/core: work that may wait in the kernel, done on a blocking thread while the fiber is parked.
 *
 * A job is one heap block that the built-in keeps through its slots[0] (a Number that is its address) until it is done;
 * a fiber that is dropped meanwhile leaves it to the thread, which frees it. */
#ifndef VVM_CORE_JOB_H
#define VVM_CORE_JOB_H

#include "vm/core/core.h"

#include "runtime/base/atomic.h"

struct vrt_waiter;

struct vvm_job {
    void (*work)(struct vvm_job *job);    /* on the blocking thread: no values, no VM */
    void (*destroy)(struct vvm_job *job); /* frees it, and what it holds */
    struct vrt_waiter *waiter;
    uint64_t ticket;
    _Atomic int holders;                  /* the thread and the fiber; acq_rel: the last one sees all and frees */
};

/* Starts the job and parks; `resume` finds it again with vvm_job_resumed. Takes the job over. If no thread can be had,
 * the work is done here, and `resume` is called at once. */
enum vvm_outcome vvm_job_start(struct vvm_call *call, struct vvm_job *job,
                               enum vvm_outcome (*resume)(struct vvm_call *call));

/* The job of the running built-in; NULL: the wait was interrupted, the built-in answers vvm_done_void. The caller
 * drops it when it has read the result. */
struct vvm_job *vvm_job_resumed(struct vvm_call *call);
void vvm_job_drop(struct vvm_job *job);

#endif
