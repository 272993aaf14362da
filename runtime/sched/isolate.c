#include "runtime/sched/isolate.h"

#include "runtime/base/account.h"
#include "runtime/base/large.h"
#include "runtime/os/clock.h"
#include "runtime/sched/runtime.h"

#include <string.h>

static struct vrt_post *posts_of(uintptr_t word)
{
    return (struct vrt_post *)(word & ~(uintptr_t)VRT_ISOLATE_STATE);
}

void vrt_isolate_init(struct vrt_isolate *isolate, const struct vrt_isolate_ops *ops,
                      struct vela_runtime *runtime, struct vrt_pool *pool, uint64_t id)
{
    memset(isolate, 0, sizeof *isolate);
    isolate->ops = ops;
    isolate->runtime = runtime;
    isolate->pool = pool;
    isolate->id = id;
    isolate->priority = VRT_PRIORITY_NORMAL;
    vrt_atomic_store_relaxed(&isolate->word, VRT_ISOLATE_READY); /* nobody else knows it yet */
}

uint64_t vrt_isolate_child_id(struct vela_runtime *runtime, struct vrt_isolate *parent)
{
    if (parent != NULL) {
        return vrt_mix(parent->id, ++parent->children);
    }
    /* relaxed: only the number has to be its own */
    return vrt_mix(runtime->seed, vrt_atomic_add_relaxed(&runtime->root_children, 1) + 1);
}

void vrt_isolate_bind(struct vrt_isolate *isolate, const struct vrt_binding *binding)
{
    isolate->binding = binding;
}

/* --- the dump lists -------------------------------------------------------------------------- */

static struct vrt_isolate_list *list_of(struct vrt_isolate *isolate)
{
    return isolate->home != NULL ? &isolate->home->isolates : &isolate->runtime->foreign_isolates;
}

static void link_home(struct vrt_isolate *isolate)
{
    struct vrt_thread *self = vrt_thread_current();
    bool worker = self != NULL && self->runtime == isolate->runtime && self->kind == VRT_THREAD_WORKER;
    isolate->home = worker ? self : NULL;
    struct vrt_isolate_list *list = list_of(isolate);
    vrt_lock_take(&list->lock);
    isolate->list_prev = NULL;
    isolate->list_next = list->head;
    if (list->head != NULL) {
        list->head->list_prev = isolate;
    }
    list->head = isolate;
    vrt_lock_give(&list->lock);
}

static void unlink_home(struct vrt_isolate *isolate)
{
    struct vrt_isolate_list *list = list_of(isolate);
    vrt_lock_take(&list->lock);
    *(isolate->list_prev != NULL ? &isolate->list_prev->list_next : &list->head) = isolate->list_next;
    if (isolate->list_next != NULL) {
        isolate->list_next->list_prev = isolate->list_prev;
    }
    vrt_lock_give(&list->lock);
}

void vrt_isolate_drop(struct vrt_isolate *isolate, struct vrt_thread *thread)
{
    struct vrt_pool *pool = isolate->pool;
    unlink_home(isolate);
    if (pool != NULL) {
        vrt_pool_ended(pool, isolate);
    }
    isolate->ops->destroy(isolate, thread);
    if (pool != NULL) {
        vrt_pool_release(pool);
    }
}

/* --- start, post, wake ----------------------------------------------------------------------- */

enum vrt_status vrt_isolate_start_any(struct vrt_isolate *isolate)
{
    if (isolate->binding == NULL) {
        enum vrt_status status = vrt_runtime_start(isolate->runtime);
        if (status != VRT_OK) {
            return status;
        }
    }
    if (isolate->pool != NULL) {
        /* see `closed` */
        if (vrt_atomic_load_relaxed(&isolate->runtime->closed) != 0 || !vrt_pool_add(isolate->pool)) {
            return VRT_SHUT_DOWN;
        }
        vrt_pool_retain(isolate->pool);
    }
    link_home(isolate);
    struct vrt_thread *self = vrt_thread_current();
    if (self != NULL) {
        vrt_thread_count(self, VRT_COUNT_STARTED, 1);
    }
    vrt_thread_enqueue_start_any(isolate); /* QUEUED since it was made; the queue publishes it */
    return VRT_OK;
}

void vrt_isolate_post_any(struct vrt_isolate *isolate, struct vrt_post *post)
{
    uintptr_t word = vrt_atomic_load_relaxed(&isolate->word); /* only compared and linked to */
    do {
        post->next = posts_of(word);
        /* acq_rel: publishes the letter to take_inbox; acquires the isolate for the enqueue */
    } while (!vrt_atomic_cas_weak_acq_rel(
        &isolate->word, &word, (uintptr_t)post | (word & VRT_ISOLATE_STATE) | VRT_ISOLATE_READY));
    if ((word & VRT_ISOLATE_STATE) == 0) {
        vrt_thread_enqueue_any(isolate, true);
    }
}

void vrt_isolate_wake_any(struct vrt_isolate *isolate)
{
    /* acq_rel: as a post, without a letter */
    uintptr_t word = vrt_atomic_or_acq_rel(&isolate->word, VRT_ISOLATE_READY);
    if ((word & VRT_ISOLATE_STATE) == 0) {
        vrt_thread_enqueue_any(isolate, true);
    }
}

struct vrt_post *vrt_isolate_take_inbox(struct vrt_isolate *isolate)
{
    if (!vrt_isolate_has_news(isolate)) {
        return NULL;
    }
    /* RUNNING_NOTIFIED -> RUNNING; acq_rel: pairs with the posts taken here */
    uintptr_t word = vrt_atomic_exchange_acq_rel(&isolate->word, (uintptr_t)VRT_ISOLATE_RUNNING);
    VRT_ASSERT((word & VRT_ISOLATE_RUNNING) != 0);
    return vrt_post_reverse(posts_of(word));
}

bool vrt_isolate_call_off_any(struct vrt_isolate *isolate)
{
    return isolate->pool != NULL && vrt_pool_call_off_any(isolate->pool, isolate);
}

/* --- turns ----------------------------------------------------------------------------------- */

/* RUNNING* -> QUEUED, by whoever ran it; it then enqueues, or begins again. */
static void become_queued(struct vrt_isolate *isolate)
{
    uintptr_t word = vrt_atomic_load_relaxed(&isolate->word); /* only compared; letters that came stay in it */
    /* acq_rel: publishes the turn to the next runner */
    while (!vrt_atomic_cas_weak_acq_rel(&isolate->word, &word,
                                        (word | VRT_ISOLATE_READY) & ~(uintptr_t)VRT_ISOLATE_RUNNING)) {
    }
}

/* QUEUED -> RUNNING: 1 becomes 2, letters stay. Not while a pause is wanted. */
static void begin_turn(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    for (;;) {
        /* seq_cst: acquires what the last runner left; and whoever pauses sees it run, or we see the pause */
        uintptr_t word = vrt_atomic_add_seq_cst(&isolate->word, (uintptr_t)1);
        VRT_ASSERT((word & VRT_ISOLATE_STATE) == VRT_ISOLATE_READY);
        (void)word;
        if (isolate->binding != NULL || vrt_atomic_load_seq_cst(&isolate->runtime->pause.wanted) == 0) { /* as above */
            return;
        }
        become_queued(isolate);
        vrt_pause_stand(thread);
    }
}

/* A turn of more than VRT_TICKS_PER_MS: was it one of more than a millisecond? */
static void note_long_turn(struct vrt_thread *thread, struct vrt_isolate *isolate, uint64_t ticks)
{
    struct vela_runtime *runtime = thread->runtime;
    double since_ns = (double)(vrt_now() - thread->began_ns), since = (double)(vrt_clock_ticks() - thread->began_ticks);
    uint64_t took_ns = (uint64_t)((double)ticks * since_ns / since);
    if (took_ns < VRT_LONG_TURN_NS)
        return;
    vrt_thread_count(thread, VRT_COUNT_LONG_TURNS, 1);
    if (runtime->config.on_long_turn != NULL)
        runtime->config.on_long_turn(isolate, took_ns, runtime->user);
}

static enum vrt_turn run_turn(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    begin_turn(thread, isolate);
    thread->current = isolate;
    vrt_account_switch(isolate->account);
    uint64_t began = vrt_clock_ticks();
    enum vrt_turn turn = isolate->ops->run(isolate, thread);
    uint64_t ticks = vrt_clock_ticks() - began;
    if (__builtin_expect(ticks > VRT_TICKS_PER_MS, 0))
        note_long_turn(thread, isolate, ticks);
    vrt_account_switch(NULL);
    thread->current = NULL;
    if (__builtin_expect(vrt_large_has_excess(), 0))
        vrt_large_trim_step();
    vrt_thread_count(thread, VRT_COUNT_TURNS, 1);
    return turn;
}

/* RUNNING -> IDLE unless there is news. After success the isolate may be anywhere, or gone. */
static bool become_idle(struct vrt_isolate *isolate)
{
    uintptr_t running = VRT_ISOLATE_RUNNING;
    /* acq_rel: publishes the turn to the poster that makes it QUEUED again; fails if a post or a wake came */
    return vrt_atomic_cas_acq_rel(&isolate->word, &running, (uintptr_t)0);
}

/* Gives the pool's slot back, and lets the next one of the pool go. */
static void leave_pool(struct vrt_isolate *isolate)
{
    if (isolate->pool != NULL && isolate->holding) {
        struct vrt_isolate *next = vrt_pool_leave(isolate->pool, isolate);
        if (next != NULL) {
            vrt_thread_enqueue_any(next, false);
        }
    }
}

/* Ends the turn; true if the isolate is QUEUED again and has to be enqueued. */
static bool finish_turn(struct vrt_thread *thread, struct vrt_isolate *isolate, enum vrt_turn turn)
{
    leave_pool(isolate);
    if (turn == VRT_TURN_END) {
        vrt_thread_count(thread, VRT_COUNT_ENDED, 1);
        vrt_isolate_drop(isolate, thread);
        return false;
    }
    if (turn == VRT_TURN_IDLE && become_idle(isolate)) {
        return false;
    }
    become_queued(isolate);
    return true;
}

void vrt_isolate_run(struct vrt_thread *thread, struct vrt_isolate *isolate)
{
    if (isolate->pool != NULL && !vrt_pool_enter(isolate->pool, isolate)) {
        return;
    }
    enum vrt_turn turn = run_turn(thread, isolate);
    if (finish_turn(thread, isolate, turn)) {
        vrt_thread_requeue(thread, isolate);
    }
}

bool vrt_isolate_run_bound(struct vrt_isolate *isolate)
{
    struct vrt_thread *thread = vrt_thread_current();
    struct vela_runtime *runtime = isolate->runtime;
    VRT_ASSERT_ALWAYS(thread != NULL && thread->runtime == runtime && isolate->binding != NULL);
    if (isolate->pool != NULL && !vrt_pool_enter(isolate->pool, isolate)) {
        vrt_external_down(runtime); /* ready no more: the pool wakes the binding when a slot is free */
        return false;
    }
    vrt_pause_enter_bound(runtime);
    thread->seen_ns = vrt_now();
    enum vrt_turn turn = run_turn(thread, isolate);
    bool again = finish_turn(thread, isolate, turn);
    vrt_pause_leave_bound(runtime);
    if (again) {
        return true;
    }
    vrt_external_down(runtime); /* was counted when it became ready */
    return false;
}
