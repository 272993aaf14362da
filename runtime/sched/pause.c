#include "runtime/sched/pause.h"

#include "runtime/sched/runtime.h"
#include "runtime/sched/search.h"

static void arrive(struct vrt_pause *pause)
{
    /* release: pairs with the acquire in wait_for_all */
    vrt_atomic_add_release(&pause->arrivals, 1);
    vrt_park_wake(&pause->arrivals, UINT32_MAX);
}

/* --- those who stand ------------------------------------------------------------------------------ */

void vrt_pause_stand(struct vrt_thread *thread)
{
    struct vrt_pause *pause = &thread->runtime->pause;
    uint32_t number;
    /* acquire: pairs with vrt_pause_end, whose pauser's looks are over; with begin nothing is published */
    while ((number = vrt_atomic_load_acquire(&pause->wanted)) != 0) {
        /* release: pairs with stands; publishes all turns so far to the pauser */
        vrt_atomic_store_release(&thread->stands, number);
        arrive(pause);
        vrt_park_wait(&pause->wanted, number, VRT_NEVER);
    }
}

void vrt_pause_enter_bound(struct vela_runtime *runtime)
{
    struct vrt_pause *pause = &runtime->pause;
    for (;;) {
        vrt_atomic_add_seq_cst(&pause->bound, 1);
        uint32_t number = vrt_atomic_load_seq_cst(&pause->wanted); /* pairs with begin: one of both sees the other */
        if (number == 0) {
            return;
        }
        vrt_pause_leave_bound(runtime);
        vrt_park_wait(&pause->wanted, number, VRT_NEVER);
    }
}

void vrt_pause_leave_bound(struct vela_runtime *runtime)
{
    struct vrt_pause *pause = &runtime->pause;
    /* seq_cst: as entering; publishes the turn */
    if (vrt_atomic_sub_seq_cst(&pause->bound, 1) == 1 && vrt_atomic_load_seq_cst(&pause->wanted) != 0) {
        arrive(pause);
    }
}

/* --- the pauser ------------------------------------------------------------------------------------ */

/* A thread that is being started sees the pause, for its starter holds the thread lock after us, or is counted here. */
static uint32_t count_threads(struct vela_runtime *runtime)
{
    vrt_lock_take(&runtime->thread_lock);
    uint32_t count = vrt_atomic_load_relaxed(&runtime->thread_count); /* changed under the lock */
    vrt_lock_give(&runtime->thread_lock);
    return count;
}

/* The idle lock is held. */
static bool stands_locked(const struct vrt_thread *thread, uint32_t number)
{
    return thread == vrt_thread_current() || thread->asleep ||
           vrt_atomic_load_acquire(&thread->stands) == number; /* pairs with vrt_pause_stand */
}

static bool all_stand(struct vela_runtime *runtime)
{
    uint32_t count = count_threads(runtime), number = runtime->pause.last;
    bool all = vrt_atomic_load_seq_cst(&runtime->pause.bound) == 0; /* pairs with vrt_pause_enter_bound */
    vrt_lock_take(&runtime->idle.lock);
    for (uint32_t i = 0; all && i < count; i++) {
        all = stands_locked(runtime->threads[i], number);
    }
    vrt_lock_give(&runtime->idle.lock);
    return all;
}

static bool wait_for_all(struct vela_runtime *runtime, uint64_t deadline_ns)
{
    struct vrt_pause *pause = &runtime->pause;
    for (;;) {
        uint32_t seen = vrt_atomic_load_acquire(&pause->arrivals); /* pairs with arrive; read before the look */
        if (all_stand(runtime)) {
            return true;
        }
        if (!vrt_park_wait(&pause->arrivals, seen, deadline_ns)) {
            return all_stand(runtime);
        }
    }
}

static bool begin_locked(struct vela_runtime *runtime, uint64_t deadline_ns)
{
    struct vrt_pause *pause = &runtime->pause;
    pause->last += pause->last == UINT32_MAX ? 2 : 1;
    pause->begun = vrt_atomic_load_relaxed(&pause->arrivals); /* only compared */
    /* seq_cst: before the look at `bound`, the thread lock and the idle lock */
    vrt_atomic_store_seq_cst(&pause->wanted, pause->last);
    return wait_for_all(runtime, deadline_ns);
}

bool vrt_pause_begin(struct vela_runtime *runtime, uint64_t deadline_ns)
{
    vrt_lock_take(&runtime->pause.lock);
    return begin_locked(runtime, deadline_ns);
}

bool vrt_pause_try_begin(struct vela_runtime *runtime, uint64_t deadline_ns, bool *all)
{
    if (!vrt_lock_try(&runtime->pause.lock)) {
        return false;
    }
    *all = begin_locked(runtime, deadline_ns);
    return true;
}

void vrt_pause_end(struct vela_runtime *runtime)
{
    struct vrt_pause *pause = &runtime->pause;
    vrt_atomic_store_release(&pause->wanted, 0); /* pairs with vrt_pause_stand */
    vrt_park_wake(&pause->wanted, UINT32_MAX);
    vrt_lock_give(&pause->lock);
}

bool vrt_pause_disturbs(struct vela_runtime *runtime)
{
    struct vrt_pause *pause = &runtime->pause;
    struct vrt_thread *self = vrt_thread_current();
    return vrt_atomic_load_relaxed(&pause->arrivals) != pause->begun || /* only compared */
           vrt_search_anything(runtime) || (self != NULL && vrt_timers_earliest(&self->timers) <= vrt_now());
}

void vrt_pause_forbid(struct vela_runtime *runtime)
{
    vrt_lock_take(&runtime->pause.lock);
}

void vrt_pause_allow(struct vela_runtime *runtime)
{
    vrt_lock_give(&runtime->pause.lock);
}
