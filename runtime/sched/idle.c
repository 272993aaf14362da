#include "runtime/sched/idle.h"

#include "runtime/sched/runtime.h"
#include "runtime/sched/search.h"

#define SEARCHING ((uint64_t)1 << 32)
#define SLEEPING ((uint64_t)1)

#define REST_NS UINT64_C(50000000) /* all have slept for so long before memory goes back to the system */

static uint32_t searching_in(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

static uint32_t sleeping_in(uint64_t word)
{
    return (uint32_t)word;
}

void vrt_idle_init(struct vrt_idle *idle)
{
    /* not shared yet */
    vrt_atomic_store_relaxed(&idle->word, 0);
    vrt_atomic_store_relaxed(&idle->reported, 0);
    vrt_atomic_store_relaxed(&idle->quiescent_count, 0);
    vrt_lock_init(&idle->lock);
    idle->sleepers = NULL;
}

/* --- waking ------------------------------------------------------------------------------------ */

static void remove_sleeper_locked(struct vrt_idle *idle, struct vrt_thread *thread)
{
    struct vrt_thread **place = &idle->sleepers;
    while (*place != thread) {
        place = &(*place)->sleeper_next;
    }
    *place = thread->sleeper_next;
    thread->asleep = false;
}

/* Takes a thread out of the sleepers; it counts as searching from here on ('Note WAKE'). */
static void rouse_locked(struct vrt_idle *idle, struct vrt_thread *thread)
{
    remove_sleeper_locked(idle, thread);
    /* seq_cst: producers that look at the word later see a searcher and need to wake nobody ('Note WAKE') */
    vrt_atomic_add_seq_cst(&idle->word, SEARCHING - SLEEPING);
    /* release: pairs with the sleeper's acquire in wait_for_wake */
    vrt_atomic_store_release(&thread->park, 0);
}

static void wake_one(struct vela_runtime *runtime)
{
    struct vrt_idle *idle = &runtime->idle;
    vrt_lock_take(&idle->lock);
    struct vrt_thread *thread = idle->sleepers;
    if (thread != NULL) {
        rouse_locked(idle, thread);
    }
    vrt_lock_give(&idle->lock);
    if (thread != NULL) {
        vrt_park_wake(&thread->park, 1);
    }
}

void vrt_idle_notify_any(struct vela_runtime *runtime)
{
    /* the producer's read-modify-write; + 0 because only its place in the order counts ('Note WAKE') */
    uint64_t word = vrt_atomic_add_seq_cst(&runtime->idle.word, 0);
    if (searching_in(word) > 0) {
        return;
    }
    if (sleeping_in(word) > 0) {
        wake_one(runtime);
        return;
    }
    /* relaxed: a stale count costs a thread that starts one notification later */
    if (vrt_atomic_load_relaxed(&runtime->thread_count) < runtime->worker_count) {
        vrt_runtime_grow(runtime);
    }
}

void vrt_idle_wake_thread_any(struct vela_runtime *runtime, struct vrt_thread *thread)
{
    struct vrt_idle *idle = &runtime->idle;
    vrt_lock_take(&idle->lock);
    bool asleep = thread->asleep;
    if (asleep) {
        rouse_locked(idle, thread);
    }
    vrt_lock_give(&idle->lock);
    if (asleep) {
        vrt_park_wake(&thread->park, 1);
    }
}

void vrt_idle_wake_all(struct vela_runtime *runtime)
{
    struct vrt_idle *idle = &runtime->idle;
    vrt_lock_take(&idle->lock);
    while (idle->sleepers != NULL) {
        struct vrt_thread *thread = idle->sleepers;
        rouse_locked(idle, thread);
        vrt_park_wake(&thread->park, 1);
    }
    vrt_lock_give(&idle->lock);
}

/* --- searching --------------------------------------------------------------------------------- */

void vrt_idle_begin_search(struct vrt_thread *thread)
{
    if (!thread->searching) {
        thread->searching = true;
        /* seq_cst: a producer that sees it may rely on our look at all queues, which follows ('Note WAKE') */
        vrt_atomic_add_seq_cst(&thread->runtime->idle.word, SEARCHING);
    }
}

void vrt_idle_expect_news_any(struct vela_runtime *runtime)
{
    struct vrt_idle *idle = &runtime->idle;
    /* relaxed: what follows (the idle word, `external`) is a read-modify-write that orders it */
    if (vrt_atomic_load_relaxed(&idle->reported) != 0) {
        vrt_atomic_store_relaxed(&idle->reported, 0);
    }
}

void vrt_idle_end_search(struct vrt_thread *thread)
{
    if (!thread->searching) {
        return;
    }
    struct vrt_idle *idle = &thread->runtime->idle;
    thread->searching = false;
    vrt_idle_expect_news_any(thread->runtime);
    /* seq_cst: work published before another's update of the word is seen by the look that follows ('Note WAKE') */
    uint64_t word = vrt_atomic_sub_seq_cst(&idle->word, SEARCHING);
    if (searching_in(word) == 1 && vrt_search_anything(thread->runtime)) {
        vrt_idle_notify_any(thread->runtime); /* the last searcher is a producer ('Note WAKE') */
    }
}

bool vrt_idle_may_spin(struct vela_runtime *runtime)
{
    uint64_t word = vrt_atomic_load_relaxed(&runtime->idle.word); /* a heuristic */
    uint32_t threads = vrt_atomic_load_relaxed(&runtime->thread_count); /* likewise */
    uint32_t idle = searching_in(word) + sleeping_in(word);
    uint32_t running = threads > idle ? threads - idle : 0;
    uint32_t cores = runtime->cpu_count;
    return cores > 1 && running < cores && searching_in(word) <= (cores - running + 1) / 2;
}

/* --- quiescence -------------------------------------------------------------------------------- */

static bool any_timer_locked(struct vela_runtime *runtime)
{
    /* acquire: pairs with the release in vrt_thread_start_worker */
    uint32_t count = vrt_atomic_load_acquire(&runtime->thread_count);
    for (uint32_t i = 0; i < count; i++) {
        if (vrt_timers_any_live(&runtime->threads[i]->timers)) {
            return true;
        }
    }
    return false;
}

/* With the lock held no thread wakes, so nothing below can change but by threads from outside, which
 * count in `external`. */
static bool is_quiescent_locked(struct vela_runtime *runtime)
{
    /* seq_cst: acquires what each thread did before it lay down */
    uint64_t word = vrt_atomic_load_seq_cst(&runtime->idle.word);
    /* acquire: pairs with the release in vrt_thread_start_worker */
    uint32_t threads = vrt_atomic_load_acquire(&runtime->thread_count);
    return searching_in(word) == 0 && sleeping_in(word) == threads &&
           /* acquire: pairs with vrt_external_down, who sees 0 sees what was done before */
           vrt_atomic_load_acquire(&runtime->external) == 0 && !vrt_search_anything(runtime) &&
           !any_timer_locked(runtime);
}

bool vrt_idle_is_quiescent_any(struct vela_runtime *runtime)
{
    vrt_lock_take(&runtime->idle.lock);
    bool quiescent = is_quiescent_locked(runtime);
    vrt_lock_give(&runtime->idle.lock);
    return quiescent;
}

/* What a quiescence that was found asks for: the first to find it reports it; the thread that finds it
 * again after the report tells those who wait for it. */
enum finding { NOTHING, TO_REPORT, TO_ANNOUNCE };

static enum finding find_locked(struct vela_runtime *runtime)
{
    struct vrt_idle *idle = &runtime->idle;
    /* seq_cst: pairs with stop_threads, which wakes all after it: no report once the end has begun */
    if (vrt_atomic_load_seq_cst(&runtime->stopping) != 0 || !is_quiescent_locked(runtime)) {
        return NOTHING;
    }
    /* relaxed: the lock orders reporters; expect_news_any is ordered by the word or by `external` */
    if (vrt_atomic_load_relaxed(&idle->reported) != 0 || runtime->config.on_quiescent == NULL) {
        return TO_ANNOUNCE;
    }
    vrt_atomic_store_relaxed(&idle->reported, 1); /* as above */
    return TO_REPORT;
}

static void announce(struct vela_runtime *runtime)
{
    /* release: pairs with the acquire in vrt_runtime_wait_quiescent */
    vrt_atomic_add_release(&runtime->idle.quiescent_count, 1);
    vrt_park_wake(&runtime->idle.quiescent_count, UINT32_MAX);
}

/* Outside of the lock: nothing can happen meanwhile but what the callback does. */
static void report(struct vela_runtime *runtime)
{
    runtime->config.on_quiescent(runtime, runtime->user);
}

static enum finding find_from_outside(struct vela_runtime *runtime)
{
    vrt_lock_take(&runtime->idle.lock);
    enum finding finding = find_locked(runtime);
    if (finding == TO_REPORT) {
        vrt_external_up(runtime); /* not quiescent for others while the callback runs */
    }
    vrt_lock_give(&runtime->idle.lock);
    return finding;
}

void vrt_idle_check_any(struct vela_runtime *runtime)
{
    enum finding finding;
    while ((finding = find_from_outside(runtime)) == TO_REPORT) {
        report(runtime);
        /* what the callback woke may have run and ended by now, unseen because of our count: look again. acq_rel: as
         * vrt_external_down, publishes what the callback did */
        vrt_atomic_sub_acq_rel(&runtime->external, 1);
    }
    if (finding == TO_ANNOUNCE) {
        announce(runtime);
    }
}

/* --- sleeping ---------------------------------------------------------------------------------- */

static bool must_stay_awake(struct vrt_thread *thread)
{
    struct vela_runtime *runtime = thread->runtime;
    /* seq_cst: `stopping` is set before all sleepers are woken, so we see it or are among them */
    return vrt_search_anything(runtime) || vrt_atomic_load_seq_cst(&runtime->stopping) != 0 ||
           vrt_atomic_load_relaxed(&runtime->pause.wanted) != 0 || /* ordered by the idle lock, which the pauser
                                                                      takes */
           vrt_atomic_load_relaxed(&thread->timers.has_incoming) != 0; /* ordered by the idle lock */
}

static void lie_down_locked(struct vrt_idle *idle, struct vrt_thread *thread)
{
    thread->searching = false;
    thread->asleep = true;
    thread->sleeper_next = idle->sleepers;
    idle->sleepers = thread;
    vrt_atomic_store_relaxed(&thread->park, 1); /* ordered by the lock */
    /* the sleeper's read-modify-write ('Note WAKE') */
    vrt_atomic_add_seq_cst(&idle->word, SLEEPING - SEARCHING);
}

/* Gets up without having been woken, unless somebody was just waking us. */
static void get_up(struct vrt_idle *idle, struct vrt_thread *thread)
{
    vrt_lock_take(&idle->lock);
    if (thread->asleep) {
        rouse_locked(idle, thread);
    }
    vrt_lock_give(&idle->lock);
}

/* False: it is time to get up. */
static bool wait_for_wake(struct vrt_thread *thread, uint64_t deadline_ns)
{
    while (vrt_atomic_load_acquire(&thread->park) != 0) { /* pairs with rouse_locked */
        if (!vrt_park_wait(&thread->park, 1, deadline_ns)) {
            return false;
        }
    }
    return true;
}

static bool all_sleep(void *runtime)
{
    struct vela_runtime *r = runtime;
    uint64_t word = vrt_atomic_load_relaxed(&r->idle.word); /* a heuristic */
    return searching_in(word) == 0 && sleeping_in(word) == vrt_atomic_load_relaxed(&r->thread_count); /* likewise */
}

/* Memory goes back after a rest, not in each pause between two bursts, nor just before the end. True: the thread was woken. */
static bool rest_and_trim(struct vrt_thread *thread, uint64_t deadline_ns)
{
    uint64_t rested = vrt_deadline_after(vrt_now(), REST_NS);
    if (rested >= deadline_ns) {
        return false;
    }
    if (wait_for_wake(thread, rested)) {
        return true;
    }
    vrt_alloc_trim(all_sleep, thread->runtime);
    return false;
}

static void settle_down(struct vrt_thread *thread, uint64_t deadline_ns)
{
    vrt_thread_count(thread, VRT_COUNT_SLEEPS, 1);
    if (vrt_alloc_trim_is_due() && rest_and_trim(thread, deadline_ns)) {
        return;
    }
    if (!wait_for_wake(thread, deadline_ns)) {
        get_up(&thread->runtime->idle, thread);
    }
}

void vrt_idle_sleep(struct vrt_thread *thread, uint64_t deadline_ns)
{
    struct vrt_idle *idle = &thread->runtime->idle;
    vrt_lock_take(&idle->lock);
    lie_down_locked(idle, thread);
    bool stay = must_stay_awake(thread);
    enum finding finding = stay ? NOTHING : find_locked(thread->runtime);
    if (stay || finding == TO_REPORT) {
        rouse_locked(idle, thread); /* the callback may make work for this very thread */
    }
    vrt_lock_give(&idle->lock);
    if (finding == TO_REPORT) {
        report(thread->runtime);
    } else if (finding == TO_ANNOUNCE) {
        announce(thread->runtime);
    }
    if (!stay && finding != TO_REPORT) {
        settle_down(thread, deadline_ns);
    }
    thread->searching = true; /* whoever roused us counted us so */
}
