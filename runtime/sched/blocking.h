/* Blocking threads: for file reads and native calls that may wait in the kernel.
 *
 * A bounded crew (64) that grows when a job finds nobody idle; a thread leaves after 10 s without
 * work. Jobs run in order of submission. A submitted job counts as `external`, so it keeps the
 * runtime from being quiescent until its function has returned. */
#ifndef VRT_SCHED_BLOCKING_H
#define VRT_SCHED_BLOCKING_H

#include "runtime/os/park.h"
#include "runtime/os/thread.h"

struct vela_runtime;

struct vrt_blocking_thread;

typedef void (*vrt_blocking_fn)(void *argument);

struct vrt_blocking_job {
    struct vrt_blocking_job *next;
    vrt_blocking_fn run;
    void *argument;
};

struct vrt_blocking {
    struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_blocking_job *head;
    struct vrt_blocking_job *tail;
    uint32_t threads;
    uint32_t idle;
    uint32_t queued;
    uint32_t names; /* threads started so far */
    bool stopping;
    struct vrt_blocking_thread *finished; /* have left, to be joined */
    /* changed under lock (release), slept on: bumped at each submission, and at each end of a thread */
    _Atomic uint32_t signal;
};

void vrt_blocking_init(struct vrt_blocking *blocking);

/* Runs the jobs that are queued, ends the threads and waits for them. Blocks. */
void vrt_blocking_deinit(struct vela_runtime *runtime);

/* Has `run(argument)` called on a blocking thread; the function posts its result itself (usually
 * vrt_waiter_finish_any). Thread: any. Blocks: no. Errors: VRT_NO_MEMORY, VRT_NO_THREAD (no thread
 * runs and none can be started), VRT_SHUT_DOWN: `run` will not be called. */
enum vrt_status vrt_blocking_submit(struct vela_runtime *runtime, vrt_blocking_fn run, void *argument);

#endif
