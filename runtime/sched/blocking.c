#include "runtime/sched/blocking.h"

#include "runtime/base/account.h"
#include "runtime/sched/runtime.h"

#include <stdio.h>

struct vrt_blocking_thread {
    struct vrt_blocking_thread *next; /* in `finished`, guarded by the lock */
    struct vela_runtime *runtime;
    struct vrt_os_thread os;
    uint32_t index;
};

void vrt_blocking_init(struct vrt_blocking *blocking)
{
    *blocking = (struct vrt_blocking){0};
}

/* --- the threads --------------------------------------------------------------------------------- */

static struct vrt_blocking_job *take_job_locked(struct vrt_blocking *blocking)
{
    struct vrt_blocking_job *job = blocking->head;
    if (job != NULL) {
        blocking->head = job->next;
        if (blocking->head == NULL) {
            blocking->tail = NULL;
        }
        blocking->queued--;
    }
    return job;
}

/* Waits for a submission. False when the thread has waited long enough. */
static bool idle_locked(struct vrt_blocking *blocking)
{
    /* relaxed: changed under the lock, which we hold */
    uint32_t seen = vrt_atomic_load_relaxed(&blocking->signal);
    uint64_t deadline = vrt_deadline_after(vrt_now(), VRT_BLOCKING_IDLE_NS);
    blocking->idle++;
    vrt_lock_give(&blocking->lock);
    bool woken = vrt_park_wait(&blocking->signal, seen, deadline);
    vrt_lock_take(&blocking->lock);
    blocking->idle--;
    return woken;
}

/* The next job, or NULL when the thread has to leave. */
static struct vrt_blocking_job *next_job_locked(struct vrt_blocking *blocking)
{
    bool woken = true;
    for (;;) {
        struct vrt_blocking_job *job = take_job_locked(blocking);
        if (job != NULL || blocking->stopping || !woken) {
            return job;
        }
        woken = idle_locked(blocking);
    }
}

static void run_job(struct vela_runtime *runtime, struct vrt_blocking_job *job)
{
    vrt_blocking_fn run = job->run;
    void *argument = job->argument;
    vrt_free_common(job, sizeof *job);
    run(argument);
    vrt_external_down(runtime);
}

static void bump_signal_locked(struct vrt_blocking *blocking)
{
    /* release: pairs with the lock that every sleeper takes after waking; changed under the lock */
    vrt_atomic_add_release(&blocking->signal, 1);
}

static void leave_locked(struct vrt_blocking *blocking, struct vrt_blocking_thread *self)
{
    self->next = blocking->finished;
    blocking->finished = self;
    blocking->threads--;
    bump_signal_locked(blocking);
    vrt_park_wake(&blocking->signal, UINT32_MAX);
}

static void blocking_main(void *argument)
{
    struct vrt_blocking_thread *self = argument;
    struct vela_runtime *runtime = self->runtime;
    struct vrt_blocking *blocking = &runtime->blocking;
    vrt_alloc_attach();
    vrt_choice_seed(runtime->seed, ((uint64_t)1 << 32) + self->index);
    struct vrt_blocking_job *job;
    vrt_lock_take(&blocking->lock);
    while ((job = next_job_locked(blocking)) != NULL) {
        vrt_lock_give(&blocking->lock);
        run_job(runtime, job);
        vrt_lock_take(&blocking->lock);
    }
    vrt_alloc_detach();
    leave_locked(blocking, self);
    vrt_lock_give(&blocking->lock);
}

/* Joins the threads that have left. They need the lock no more once they are in the list and it is free. */
static void join_finished(struct vrt_blocking *blocking)
{
    vrt_lock_take(&blocking->lock);
    struct vrt_blocking_thread *finished = blocking->finished;
    blocking->finished = NULL;
    vrt_lock_give(&blocking->lock);
    while (finished != NULL) {
        struct vrt_blocking_thread *next = finished->next;
        vrt_os_thread_join(&finished->os);
        vrt_free_common(finished, sizeof *finished);
        finished = next;
    }
}

static enum vrt_status add_thread_locked(struct vela_runtime *runtime)
{
    struct vrt_blocking *blocking = &runtime->blocking;
    struct vrt_blocking_thread *thread = vrt_alloc_common(sizeof *thread);
    if (thread == NULL) {
        return VRT_NO_MEMORY;
    }
    char name[16];
    thread->runtime = runtime;
    thread->index = blocking->names++;
    snprintf(name, sizeof name, "vela-block-%u", thread->index % 1000u);
    enum vrt_status status = vrt_os_thread_start(&thread->os, name, blocking_main, thread);
    if (status != VRT_OK) {
        vrt_free_common(thread, sizeof *thread);
        return status;
    }
    blocking->threads++;
    return VRT_OK;
}

/* --- submission ----------------------------------------------------------------------------------- */

/* Makes sure that somebody will take one more job. */
static enum vrt_status provide_thread_locked(struct vela_runtime *runtime)
{
    struct vrt_blocking *blocking = &runtime->blocking;
    if (blocking->stopping) {
        return VRT_SHUT_DOWN;
    }
    if (blocking->idle > blocking->queued || blocking->threads >= VRT_BLOCKING_THREADS_MAX) {
        return VRT_OK;
    }
    enum vrt_status status = add_thread_locked(runtime);
    return blocking->threads > 0 ? VRT_OK : status;
}

static void append_locked(struct vrt_blocking *blocking, struct vrt_blocking_job *job)
{
    *(blocking->tail != NULL ? &blocking->tail->next : &blocking->head) = job;
    blocking->tail = job;
    blocking->queued++;
    bump_signal_locked(blocking);
}

static enum vrt_status submit(struct vela_runtime *runtime, struct vrt_blocking_job *job)
{
    struct vrt_blocking *blocking = &runtime->blocking;
    vrt_lock_take(&blocking->lock);
    enum vrt_status status = provide_thread_locked(runtime);
    if (status == VRT_OK) {
        append_locked(blocking, job);
    }
    vrt_lock_give(&blocking->lock);
    vrt_park_wake(&blocking->signal, 1);
    return status;
}

enum vrt_status vrt_blocking_submit(struct vela_runtime *runtime, vrt_blocking_fn run, void *argument)
{
    struct vrt_blocking_job *job = vrt_alloc_common(sizeof *job);
    if (job == NULL) {
        return VRT_NO_MEMORY;
    }
    *job = (struct vrt_blocking_job){.run = run, .argument = argument};
    join_finished(&runtime->blocking);
    vrt_external_up(runtime);
    enum vrt_status status = submit(runtime, job);
    if (status != VRT_OK) {
        vrt_free_common(job, sizeof *job);
        vrt_external_down(runtime);
    }
    return status;
}

void vrt_blocking_deinit(struct vela_runtime *runtime)
{
    struct vrt_blocking *blocking = &runtime->blocking;
    vrt_lock_take(&blocking->lock);
    blocking->stopping = true;
    bump_signal_locked(blocking);
    vrt_park_wake(&blocking->signal, UINT32_MAX);
    while (blocking->threads > 0) {
        uint32_t seen = vrt_atomic_load_relaxed(&blocking->signal); /* changed under the lock */
        vrt_lock_give(&blocking->lock);
        vrt_park_wait(&blocking->signal, seen, VRT_NEVER);
        vrt_lock_take(&blocking->lock);
    }
    vrt_lock_give(&blocking->lock);
    join_finished(blocking);
}
