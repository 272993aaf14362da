#include "runtime/sched/runtime.h"

#include "runtime/os/cpu_count.h"

#include <stdlib.h>
#include <string.h>

/* --- creation ----------------------------------------------------------------------------------- */

static void init_config(struct vela_runtime *runtime, const struct vrt_runtime_config *config)
{
    if (config != NULL) {
        runtime->config = *config;
        runtime->user = config->user;
        runtime->value_ops = config->value_ops != NULL ? *config->value_ops : (struct vela_value_ops){0};
    }
    uint32_t workers = runtime->config.workers != 0 ? runtime->config.workers : vrt_worker_count();
    runtime->worker_count = workers < VRT_THREADS_MAX ? workers : VRT_THREADS_MAX;
    runtime->cpu_count = vrt_cpu_count();
    runtime->started_ns = vrt_now();
    runtime->seed = runtime->config.seed != 0 ? runtime->config.seed : vrt_choice_initial_seed();
}

struct vela_runtime *vrt_runtime_create(const struct vrt_runtime_config *config)
{
    struct vela_runtime *runtime = aligned_alloc(VRT_CACHE_LINE, sizeof *runtime);
    if (runtime == NULL) {
        return NULL;
    }
    memset(runtime, 0, sizeof *runtime);
    init_config(runtime, config);
    vrt_idle_init(&runtime->idle);
    vrt_injector_init(&runtime->injector);
    vrt_starts_init(&runtime->starts);
    vrt_blocking_init(&runtime->blocking);
    runtime->threads = calloc(runtime->worker_count, sizeof *runtime->threads);
    runtime->global_pool = vrt_pool_create(runtime, 0);
    if (runtime->threads == NULL || runtime->global_pool == NULL) {
        free(runtime->threads);
        free(runtime->global_pool);
        free(runtime);
        return NULL;
    }
    vrt_alloc_retain_runtime();
    return runtime;
}

/* --- threads ------------------------------------------------------------------------------------ */

/* Starts one more worker; the thread lock is held. */
static enum vrt_status grow_locked(struct vela_runtime *runtime)
{
    uint32_t count = vrt_atomic_load_relaxed(&runtime->thread_count); /* changed under the lock */
    /* seq_cst: pairs with stop_threads, which takes the lock after it: a thread it does not see is not started */
    if (vrt_atomic_load_seq_cst(&runtime->stopping) != 0) {
        return VRT_SHUT_DOWN;
    }
    return count < runtime->worker_count ? vrt_thread_start_worker(runtime, count) : VRT_OK;
}

enum vrt_status vrt_runtime_start(struct vela_runtime *runtime)
{
    if (vrt_atomic_load_seq_cst(&runtime->stopping) != 0) { /* pairs with stop_threads */
        return VRT_SHUT_DOWN;
    }
    if (vrt_atomic_load_acquire(&runtime->thread_count) > 0) { /* pairs with vrt_thread_start_worker */
        return VRT_OK;
    }
    vrt_lock_take(&runtime->thread_lock);
    enum vrt_status status = VRT_OK;
    if (vrt_atomic_load_relaxed(&runtime->thread_count) == 0) { /* changed under the lock */
        status = grow_locked(runtime);
    }
    vrt_lock_give(&runtime->thread_lock);
    return status;
}

void vrt_runtime_grow(struct vela_runtime *runtime)
{
    /* whoever holds the lock starts a thread that will see our work ('Note WAKE') */
    if (vrt_lock_try(&runtime->thread_lock)) {
        grow_locked(runtime); /* failing, the threads there are have to do */
        vrt_lock_give(&runtime->thread_lock);
    }
}

/* --- outside, and quiescence --------------------------------------------------------------------- */

void vrt_external_up(struct vela_runtime *runtime)
{
    /* acq_rel with the check in vrt_idle: whoever sees 0 sees what was done before each `down` */
    vrt_atomic_add_acq_rel(&runtime->external, 1);
}

void vrt_external_down(struct vela_runtime *runtime)
{
    /* acq_rel: publishes what was done to whoever finds 0; the one that brings it there looks */
    if (vrt_atomic_sub_acq_rel(&runtime->external, 1) == 1) {
        vrt_idle_check_any(runtime);
    }
}

void vrt_runtime_close_any(struct vela_runtime *runtime)
{
    vrt_atomic_store_relaxed(&runtime->closed, 1); /* published to who waits by the add */
    vrt_atomic_add_release(&runtime->idle.quiescent_count, 1); /* pairs with vrt_runtime_wait_over */
    vrt_park_wake(&runtime->idle.quiescent_count, INT32_MAX);
}

bool vrt_runtime_wait_over(struct vela_runtime *runtime)
{
    struct vrt_idle *idle = &runtime->idle;
    for (;;) {
        /* acquire: pairs with `announce` (idle.c) and the close; the number is read before the looks */
        uint32_t seen = vrt_atomic_load_acquire(&idle->quiescent_count);
        if (vrt_atomic_load_relaxed(&runtime->closed) != 0) { /* ordered by the number */
            return false;
        }
        if (vrt_idle_is_quiescent_any(runtime)) {
            return true;
        }
        vrt_park_wait(&idle->quiescent_count, seen, VRT_NEVER);
    }
}

bool vrt_runtime_wait_quiescent(struct vela_runtime *runtime, uint64_t deadline_ns)
{
    struct vrt_idle *idle = &runtime->idle;
    for (;;) {
        /* acquire: pairs with the release in `announce` (idle.c); the number is read before the look */
        uint32_t seen = vrt_atomic_load_acquire(&idle->quiescent_count);
        if (vrt_idle_is_quiescent_any(runtime)) {
            return true;
        }
        if (!vrt_park_wait(&idle->quiescent_count, seen, deadline_ns)) {
            return vrt_idle_is_quiescent_any(runtime);
        }
    }
}

/* --- looking at it -------------------------------------------------------------------------------- */

static bool each_in_list(struct vrt_isolate_list *list,
                         bool (*visit)(struct vrt_isolate *isolate, void *argument), void *argument)
{
    bool more = true;
    vrt_lock_take(&list->lock);
    for (struct vrt_isolate *isolate = list->head; isolate != NULL && more; isolate = isolate->list_next) {
        more = visit(isolate, argument);
    }
    vrt_lock_give(&list->lock);
    return more;
}

bool vrt_runtime_each_isolate(struct vela_runtime *runtime,
                              bool (*visit)(struct vrt_isolate *isolate, void *argument), void *argument)
{
    /* acquire: pairs with the release in vrt_thread_start_worker, the structs are there */
    uint32_t count = vrt_atomic_load_acquire(&runtime->thread_count);
    bool more = each_in_list(&runtime->foreign_isolates, visit, argument);
    for (uint32_t i = 0; i < count && more; i++) {
        more = each_in_list(&runtime->threads[i]->isolates, visit, argument);
    }
    return more;
}

uint64_t vrt_runtime_counter(struct vela_runtime *runtime, enum vrt_counter counter)
{
    uint32_t count = vrt_atomic_load_acquire(&runtime->thread_count); /* as above */
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += vrt_atomic_load_relaxed(&runtime->threads[i]->counters[counter]); /* a statistic */
    }
    return sum;
}

/* --- the end --------------------------------------------------------------------------------------- */

static void stop_threads(struct vela_runtime *runtime)
{
    /* seq_cst: before the lock and the wake-ups; pairs with grow_locked, must_stay_awake, vrt_search_wait */
    vrt_atomic_store_seq_cst(&runtime->stopping, 1);
    vrt_lock_take(&runtime->thread_lock); /* no thread is being started any more */
    uint32_t count = vrt_atomic_load_relaxed(&runtime->thread_count); /* changed under the lock */
    vrt_lock_give(&runtime->thread_lock);
    vrt_idle_wake_all(runtime);
    for (uint32_t i = 0; i < count; i++) {
        vrt_os_thread_join(&runtime->threads[i]->os);
    }
}

static void drop_list(struct vrt_isolate_list *list)
{
    while (list->head != NULL) {
        vrt_isolate_drop(list->head, NULL);
    }
}

/* Nothing of them runs and nobody is woken: no wait can be decided any more. */
static void drop_isolates(struct vela_runtime *runtime)
{
    vrt_waiters_close(runtime);
    for (uint32_t i = 0; i < vrt_atomic_load_relaxed(&runtime->thread_count); i++) { /* all were joined */
        drop_list(&runtime->threads[i]->isolates);
    }
    drop_list(&runtime->foreign_isolates);
}

void vrt_runtime_destroy(struct vela_runtime *runtime)
{
    VRT_ASSERT_ALWAYS(vrt_thread_current() == NULL || vrt_thread_current()->runtime != runtime);
    stop_threads(runtime);
    vrt_blocking_deinit(runtime);
    drop_isolates(runtime);
    if (runtime->config.on_end != NULL) {
        runtime->config.on_end(runtime, runtime->user);
    }
    for (uint32_t i = 0; i < vrt_atomic_load_relaxed(&runtime->thread_count); i++) { /* all were joined */
        vrt_thread_destroy(runtime->threads[i]);
    }
    vrt_waiters_deinit(runtime);
    vrt_pool_release(runtime->global_pool);
    free(runtime->threads);
    free(runtime);
    vrt_alloc_release_runtime();
}
