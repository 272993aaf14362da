#include "vm/core/job.h"

#include "runtime/sched/blocking.h"
#include "vm/exec/fiber.h"

void vvm_job_drop(struct vvm_job *job)
{
    /* acq_rel: what the other holder wrote is seen before the block is freed */
    if (atomic_fetch_sub_explicit(&job->holders, 1, memory_order_acq_rel) == 1)
        job->destroy(job);
}

static void run_job(void *argument)
{
    struct vvm_job *job = argument;
    job->work(job);
    if (vrt_waiter_claim_any(job->waiter, job->ticket))
        vrt_waiter_finish_any(job->waiter, VRT_OUTCOME_DONE, vvm_void());
    vvm_job_drop(job);
}

struct vvm_job *vvm_job_resumed(struct vvm_call *call)
{
    struct vvm_job *job = (struct vvm_job *)(intptr_t)call->slots[0].number;
    call->slots[0] = vvm_unset();
    if (job != NULL && call->fiber != NULL && vvm_fiber_is_interrupted(call->fiber)) {
        vvm_job_drop(job);
        return NULL;
    }
    return job;
}

static enum vvm_outcome run_here(struct vvm_call *call, struct vvm_job *job,
                                 enum vvm_outcome (*resume)(struct vvm_call *call))
{
    atomic_init(&job->holders, 1); /* nobody else has seen it */
    job->work(job);
    call->slots[0] = vvm_number((int64_t)(intptr_t)job);
    return resume(call);
}

enum vvm_outcome vvm_job_start(struct vvm_call *call, struct vvm_job *job,
                               enum vvm_outcome (*resume)(struct vvm_call *call))
{
    struct vrt_waiter *waiter = call->fiber != NULL ? vvm_fiber_waiter(call) : NULL;
    if (waiter == NULL)
        return run_here(call, job, resume);
    atomic_init(&job->holders, 2);
    waiter->where = VRT_WHERE_BLOCKING;
    waiter->where_object = NULL;
    job->waiter = waiter;
    job->ticket = vrt_waiter_arm(waiter);
    call->slots[0] = vvm_number((int64_t)(intptr_t)job);
    if (vrt_blocking_submit(call->vm->runtime, run_job, job) == VRT_OK)
        return vvm_fiber_park(call, resume);
    vrt_waiter_claim_any(waiter, job->ticket); /* our own, known to nobody: always succeeds */
    return run_here(call, job, resume);
}
