#include "runtime/sched/search.h"

#include "runtime/sched/runtime.h"

#define HALF_RING (VRT_RING_SIZE / 2u)
#define TIMER_INTERVAL 16u    /* turns between two looks at the clock while there is work */
#define LULL_INTERVAL 1024u    /* turns between two looks whether a look at all is due */
#define LONG_TURN_NS 3000ull  /* a next slot is stolen if its owner's turn lasts longer */

static uint32_t thread_count(struct vela_runtime *runtime)
{
    /* acquire: pairs with the release in vrt_thread_start_worker, the structs are there */
    return vrt_atomic_load_acquire(&runtime->thread_count);
}

/* --- one's own ---------------------------------------------------------------------------------- */

static struct vrt_isolate *from_injector(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    uint32_t length = vrt_injector_length_any(&runtime->injector);
    if (length == 0) {
        return NULL;
    }
    struct vrt_isolate *taken[HALF_RING];
    uint32_t share = length / runtime->worker_count + 1;
    uint32_t count = vrt_injector_take_any(&runtime->injector, taken, share < HALF_RING ? share : HALF_RING);
    for (uint32_t i = 1; i < count; i++) {
        vrt_thread_push(thread, taken[i]);
    }
    return count > 0 ? taken[0] : NULL;
}

static struct vrt_isolate *from_injector_first(struct vrt_thread *thread)
{
    struct vrt_isolate *isolate = NULL;
    if (thread->tick % VRT_INJECTOR_INTERVAL == 0) {
        vrt_injector_take_any(&thread->runtime->injector, &isolate, 1);
    }
    return isolate;
}

/* The task just woken, a bounded number of times in a row. */
static struct vrt_isolate *from_next_slot(struct vrt_thread *thread)
{
    struct vrt_isolate *isolate = vrt_thread_take_next(thread);
    if (isolate == NULL) {
        return NULL;
    }
    if (++thread->next_streak > VRT_NEXT_STREAK && vrt_run_queue_length_any(&thread->queue) > 0) {
        thread->next_streak = 0;
        vrt_thread_push(thread, isolate);
        return NULL;
    }
    return isolate;
}

static struct vrt_isolate *from_ring(struct vrt_thread *thread)
{
    struct vrt_isolate *isolate = vrt_run_queue_pop(&thread->queue);
    if (isolate != NULL) {
        thread->next_streak = 0;
    }
    return isolate;
}

/* Those of high priority, a bounded number of times in a row, then another one; now and then one of low priority. */
static struct vrt_isolate *from_starts(struct vrt_thread *thread)
{
    struct vrt_starts *starts = &thread->runtime->starts;
    struct vrt_isolate *isolate = thread->tick % VRT_LATE_INTERVAL == 0 ? vrt_starts_take_late_any(starts) : NULL;
    if (isolate != NULL || !vrt_starts_has_early_any(starts)) {
        return isolate;
    }
    if (++thread->early_streak <= VRT_EARLY_STREAK) {
        return vrt_starts_take_early_any(starts, thread->early_streak == VRT_EARLY_STREAK / 2);
    }
    thread->early_streak = 0;
    isolate = from_ring(thread);
    return isolate != NULL ? isolate : from_injector(thread);
}

struct vrt_isolate *vrt_search_local(struct vrt_thread *thread)
{
    if (++thread->tick % TIMER_INTERVAL == 0) {
        thread->seen_ns = vrt_now();
        vrt_thread_fire_timers(thread);
    }
    struct vrt_isolate *isolate = from_starts(thread);
    isolate = isolate != NULL ? isolate : from_injector_first(thread);
    isolate = isolate != NULL ? isolate : from_next_slot(thread);
    isolate = isolate != NULL ? isolate : from_ring(thread);
    return isolate != NULL ? isolate : from_injector(thread);
}

/* --- others' ------------------------------------------------------------------------------------ */

static struct vrt_isolate *steal_half(struct vrt_thread *thread, struct vrt_thread *victim)
{
    struct vrt_isolate *taken[HALF_RING + 1];
    uint32_t count = vrt_run_queue_steal_any(&victim->queue, taken);
    for (uint32_t i = 1; i < count; i++) {
        vrt_thread_push(thread, taken[i]);
    }
    return count > 0 ? taken[0] : NULL;
}

static struct vrt_isolate *steal_round(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    uint32_t count = thread_count(runtime);
    uint32_t first = vrt_choose(count);
    for (uint32_t i = 0; i < count; i++) {
        struct vrt_thread *victim = runtime->threads[(first + i) % count];
        struct vrt_isolate *isolate = victim != thread ? steal_half(thread, victim) : NULL;
        if (isolate != NULL) {
            return isolate;
        }
    }
    struct vrt_isolate *isolate = from_injector(thread);
    return isolate != NULL ? isolate : vrt_starts_take_late_any(&thread->runtime->starts);
}

/* A next slot whose owner has been in one turn for long: what waits there may go to us. */
struct watched_slot {
    struct vrt_thread *victim;
    struct vrt_isolate *isolate;
    uint64_t turns;
    uint64_t since_ns;
};

static void watch(struct watched_slot *slot, struct vrt_thread *thread, uint64_t now)
{
    struct vela_runtime *runtime = thread->runtime;
    slot->victim = runtime->threads[vrt_choose(thread_count(runtime))];
    /* relaxed: compared with a later look only; the swap below acquires */
    slot->isolate = vrt_atomic_load_relaxed(&slot->victim->next_slot);
    slot->turns = vrt_atomic_load_relaxed(&slot->victim->counters[VRT_COUNT_TURNS]); /* a statistic, likewise */
    slot->since_ns = now;
}

static struct vrt_isolate *steal_watched(struct watched_slot *slot, struct vrt_thread *thread, uint64_t now)
{
    if (slot->victim == NULL || slot->victim == thread || slot->isolate == NULL ||
        /* relaxed: both only tell whether it is still the same turn; the swap below decides */
        slot->isolate != vrt_atomic_load_relaxed(&slot->victim->next_slot) ||
        slot->turns != vrt_atomic_load_relaxed(&slot->victim->counters[VRT_COUNT_TURNS])) {
        watch(slot, thread, now);
        return NULL;
    }
    struct vrt_isolate *isolate = slot->isolate;
    /* acq_rel: acquires the isolate from whoever put it there */
    if (now - slot->since_ns < LONG_TURN_NS ||
        !vrt_atomic_cas_acq_rel(&slot->victim->next_slot, &isolate, NULL)) {
        return NULL;
    }
    return slot->isolate;
}

static void pause_a_little(void)
{
    for (int i = 0; i < 20; i++) {
        vrt_cpu_relax();
    }
}

/* Looks again and again for as long as that has lately paid. */
static struct vrt_isolate *spin(struct vrt_thread *thread)
{
    uint64_t now = vrt_now();
    uint64_t end = vrt_deadline_after(now, thread->spin_ns);
    struct watched_slot slot = {0};
    struct vrt_isolate *isolate = NULL;
    /* relaxed: ends the spin early; vrt_search_wait looks again */
    while (isolate == NULL && now < end && vrt_atomic_load_relaxed(&thread->runtime->stopping) == 0) {
        pause_a_little();
        now = vrt_now();
        isolate = vrt_search_anything(thread->runtime) ? steal_round(thread) : NULL;
        isolate = isolate != NULL ? isolate : steal_watched(&slot, thread, now);
    }
    uint64_t adapted = isolate != NULL ? thread->spin_ns * 2 : thread->spin_ns / 2;
    adapted = adapted < VRT_SPIN_MIN_NS ? VRT_SPIN_MIN_NS : adapted;
    thread->spin_ns = adapted > VRT_SPIN_MAX_NS ? VRT_SPIN_MAX_NS : adapted;
    return isolate;
}

static struct vrt_isolate *search_elsewhere(struct vrt_thread *thread)
{
    vrt_idle_begin_search(thread);
    struct vrt_isolate *isolate = steal_round(thread);
    if (isolate == NULL && vrt_idle_may_spin(thread->runtime)) {
        isolate = spin(thread);
    }
    return isolate;
}

/* Between two turns: a look at what all wait for may be due. True: it was made, and may have made work for this
 * thread. */
static bool lull(struct vrt_thread *thread, uint64_t now)
{
    struct vela_runtime *runtime = thread->runtime;
    uint64_t due = vrt_atomic_load_relaxed(&runtime->lull_due_ns); /* the swap decides */
    if (runtime->config.on_lull == NULL || now < due) {
        return false;
    }
    uint64_t turns = vrt_runtime_counter(runtime, VRT_COUNT_TURNS);
    /* acq_rel: the calls follow one another */
    if (turns == vrt_atomic_load_relaxed(&runtime->lull_turns) ||
        !vrt_atomic_cas_acq_rel(&runtime->lull_due_ns, &due, VRT_NEVER)) {
        return false;
    }
    vrt_atomic_store_relaxed(&runtime->lull_turns, turns); /* only compared */
    runtime->config.on_lull(runtime, runtime->user);
    return true;
}

/* Nothing happens for this thread until then. A look that is not due yet wakes it once: nobody else may come by. */
static uint64_t sleep_until(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    uint64_t earliest = vrt_timers_earliest(&thread->timers);
    if (runtime->config.on_lull == NULL) {
        return earliest;
    }
    uint64_t due = vrt_atomic_load_relaxed(&runtime->lull_due_ns); /* a time to wake up, nothing more */
    bool news = vrt_runtime_counter(runtime, VRT_COUNT_TURNS) != vrt_atomic_load_relaxed(&runtime->lull_turns);
    return news && due < earliest ? due : earliest;
}

struct vrt_isolate *vrt_search_wait(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    while (vrt_atomic_load_seq_cst(&runtime->stopping) == 0) { /* pairs with stop_threads */
        if (vrt_atomic_load_relaxed(&runtime->pause.wanted) != 0) { /* a hint: the pauser waits until it is seen */
            vrt_pause_stand(thread);
        }
        struct vrt_isolate *isolate = vrt_search_local(thread);
        if (isolate == NULL) {
            vrt_thread_fire_timers(thread);
            isolate = vrt_search_local(thread);
        }
        isolate = isolate != NULL ? isolate : search_elsewhere(thread);
        if (isolate != NULL) {
            vrt_idle_end_search(thread);
            if (thread->tick % LULL_INTERVAL == 0) {
                lull(thread, thread->seen_ns);
            }
            return isolate;
        }
        if (runtime->config.on_lull != NULL && lull(thread, vrt_now())) {
            continue;
        }
        vrt_idle_sleep(thread, sleep_until(thread));
        thread->seen_ns = vrt_now();
    }
    vrt_idle_end_search(thread);
    return NULL;
}

bool vrt_search_anything(struct vela_runtime *runtime)
{
    uint32_t count = thread_count(runtime);
    for (uint32_t i = 0; i < count; i++) {
        if (vrt_run_queue_length_any(&runtime->threads[i]->queue) > 0) {
            return true;
        }
    }
    return vrt_injector_length_any(&runtime->injector) > 0 || vrt_starts_has_any(&runtime->starts);
}
