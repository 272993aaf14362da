#include "runtime/sched/thread.h"

#include "runtime/os/clock.h"
#include "runtime/sched/runtime.h"
#include "runtime/sched/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct vrt_thread *vrt_thread_self;

/* --- queues of the own thread ------------------------------------------------------------------- */

/* The ring is full: half of it and the new one go to the injector. */
static void overflow(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    struct vrt_isolate *moved[VRT_RING_SIZE / 2u + 2u];
    uint32_t count = vrt_run_queue_steal_any(&thread->queue, moved);
    moved[count++] = isolate;
    vrt_injector_push_many_any(&thread->runtime->injector, moved, count);
}

void vrt_thread_push(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    if (!vrt_run_queue_push(&thread->queue, isolate)) {
        overflow(thread, isolate);
    }
}

struct vrt_isolate *vrt_thread_take_next(struct vrt_thread *thread)
{
    if (vrt_atomic_load_relaxed(&thread->next_slot) == NULL) { /* only the owner fills it */
        return NULL;
    }
    /* acq_rel: acquires the isolate; a thief may have been first */
    return vrt_atomic_exchange_acq_rel(&thread->next_slot, NULL);
}

/* What waits in the next slot goes behind all others. True if there was something. */
static bool queue_next(struct vrt_thread *thread)
{
    struct vrt_isolate *next = vrt_thread_take_next(thread);
    if (next != NULL) {
        vrt_thread_push(thread, next);
    }
    return next != NULL;
}

/* Still ready: behind all others. Alone it is taken again at once, so nobody needs to be told. */
void vrt_thread_requeue(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    bool alone = vrt_run_queue_length_any(&thread->queue) == 0 &&
                 vrt_atomic_load_relaxed(&thread->next_slot) == NULL; /* a thief only empties it */
    vrt_thread_push(thread, isolate);
    if (!alone) {
        vrt_idle_notify_any(thread->runtime);
    }
}

static struct vrt_thread *own_worker(struct vela_runtime *runtime)
{
    struct vrt_thread *self = vrt_thread_current();
    return self != NULL && self->runtime == runtime && self->kind == VRT_THREAD_WORKER ? self : NULL;
}

/* Into the next slot; returns the one that was there, or NULL. It is not announced: this thread takes
 * it after the present turn, or offers it at the next safepoint. */
static struct vrt_isolate *put_next(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    /* acq_rel: publishes the isolate to a thief */
    return vrt_atomic_exchange_acq_rel(&thread->next_slot, isolate);
}

static void enqueue_bound(struct vrt_isolate *isolate)
{
    const struct vrt_binding *binding = isolate->binding;
    vrt_external_up(isolate->runtime); /* until its turn is over, vrt_isolate_run_bound */
    vrt_idle_expect_news_any(isolate->runtime);
    binding->wake(binding->argument, isolate);
}

void vrt_thread_enqueue_any(struct vrt_isolate *isolate, bool woken)
{
    struct vela_runtime *runtime = isolate->runtime;
    if (isolate->binding != NULL) {
        enqueue_bound(isolate);
        return;
    }
    struct vrt_thread *self = own_worker(runtime);
    if (self != NULL && woken) {
        isolate = put_next(self, isolate);
    }
    if (isolate == NULL) {
        return;
    }
    if (self != NULL) {
        vrt_thread_push(self, isolate);
    } else {
        vrt_injector_push_any(&runtime->injector, isolate);
    }
    vrt_idle_notify_any(runtime);
}

void vrt_thread_enqueue_start_any(struct vrt_isolate *isolate)
{
    if (isolate->binding != NULL || !vrt_starts_takes(isolate)) {
        vrt_thread_enqueue_any(isolate, false);
        return;
    }
    struct vela_runtime *runtime = isolate->runtime; /* the isolate may run, and end, from here on */
    vrt_starts_push_any(&runtime->starts, isolate);
    vrt_idle_notify_any(runtime);
}

/* --- safepoints --------------------------------------------------------------------------------- */

void vrt_thread_fire_timers(struct vrt_thread *thread)
{
    struct vrt_timers *timers = &thread->timers;
    if (timers->heap.count == 0 && vrt_atomic_load_relaxed(&timers->has_incoming) == 0) { /* a hint */
        return;
    }
    uint32_t fired = vrt_timers_fire(timers, vrt_now());
    vrt_thread_count(thread, VRT_COUNT_TIMERS, fired);
    if (fired > 1) {
        queue_next(thread); /* the last one does not overtake the others, which are in the ring */
    }
}

void vrt_thread_share(struct vrt_thread *thread)
{
    if (thread->kind != VRT_THREAD_WORKER || thread->runtime->worker_count == 1) {
        return;
    }
    if (queue_next(thread)) {
        vrt_idle_notify_any(thread->runtime);
    }
}

void vrt_thread_poll(struct vrt_thread *thread)
{
    if (thread->kind == VRT_THREAD_WORKER) {
        vrt_thread_fire_timers(thread);
        vrt_thread_share(thread);
    }
}

/* --- life --------------------------------------------------------------------------------------- */

static struct vrt_thread *thread_create(struct vela_runtime *runtime, enum vrt_thread_kind kind, uint32_t index)
{
    struct vrt_thread *thread = aligned_alloc(VRT_CACHE_LINE, sizeof *thread);
    if (thread == NULL) {
        return NULL;
    }
    memset(thread, 0, sizeof *thread);
    thread->runtime = runtime;
    thread->kind = kind;
    thread->index = index;
    thread->spin_ns = VRT_SPIN_MIN_NS;
    vrt_timers_init(&thread->timers);
    vrt_run_queue_init(&thread->queue);
    vrt_lock_init(&thread->isolates.lock);
    return thread;
}

void vrt_thread_destroy(struct vrt_thread *thread)
{
    vrt_timers_deinit(&thread->timers);
    free(thread);
}

static void thread_enter(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    vrt_thread_self = thread;
    vrt_alloc_attach();
    vrt_choice_seed(runtime->seed, thread->index);
    thread->began_ns = thread->seen_ns = vrt_now();
    thread->began_ticks = vrt_clock_ticks();
    if (runtime->config.on_thread_start != NULL) {
        runtime->config.on_thread_start(thread, runtime->user);
    }
}

static void thread_leave(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    if (runtime->config.on_thread_end != NULL) {
        runtime->config.on_thread_end(thread, runtime->user);
    }
    vrt_alloc_detach();
    vrt_thread_self = NULL;
}

static void worker_main(void *argument)
{
    struct vrt_thread *thread = argument;
    /* waits until the starter has entered us into the runtime's array */
    vrt_lock_take(&thread->runtime->thread_lock);
    vrt_lock_give(&thread->runtime->thread_lock);
    thread_enter(thread);
    struct vrt_isolate *isolate;
    while ((isolate = vrt_search_wait(thread)) != NULL) {
        vrt_isolate_run(thread, isolate);
    }
    thread_leave(thread);
}

/* Called with the thread lock held. */
enum vrt_status vrt_thread_start_worker(struct vela_runtime *runtime, uint32_t index)
{
    struct vrt_thread *thread = thread_create(runtime, VRT_THREAD_WORKER, index);
    if (thread == NULL) {
        return VRT_NO_MEMORY;
    }
    char name[16];
    snprintf(name, sizeof name, "vela-worker-%u", index % 1000u);
    vrt_idle_begin_search(thread); /* it will look at all queues before it sleeps ('Note WAKE') */
    enum vrt_status status = vrt_os_thread_start(&thread->os, name, worker_main, thread);
    if (status != VRT_OK) {
        vrt_idle_end_search(thread);
        vrt_thread_destroy(thread);
        return status;
    }
    runtime->threads[index] = thread;
    /* release: publishes the struct to everybody who walks the array */
    vrt_atomic_store_release(&runtime->thread_count, index + 1);
    return VRT_OK;
}

struct vrt_thread *vrt_thread_adopt(struct vela_runtime *runtime)
{
    VRT_ASSERT_ALWAYS(vrt_thread_self == NULL);
    struct vrt_thread *thread = thread_create(runtime, VRT_THREAD_ADOPTED, UINT32_MAX);
    if (thread != NULL) {
        thread_enter(thread);
    }
    return thread;
}

void vrt_thread_disown(struct vrt_thread *thread)
{
    VRT_ASSERT_ALWAYS(vrt_thread_self == thread && thread->kind == VRT_THREAD_ADOPTED);
    thread_leave(thread);
    vrt_thread_destroy(thread);
}
