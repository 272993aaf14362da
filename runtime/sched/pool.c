#include "runtime/sched/pool.h"

#include "runtime/sched/runtime.h"

#include <stdlib.h>
#include <string.h>

#define AGEING 16u /* served isolates after which a waiting one counts as one priority higher */

enum { NOT_STARTED, CALLED_OFF, STARTED, ENDED }; /* vrt_isolate.started */

void vrt_pool_configure(struct vrt_pool *pool, uint32_t max_running)
{
    uint32_t workers = pool->runtime->worker_count;
    pool->max_running = max_running != 0 ? max_running : workers;
    pool->limited = pool->max_running < workers;
}

struct vrt_pool *vrt_pool_create(struct vela_runtime *runtime, uint32_t max_running)
{
    struct vrt_pool *pool = aligned_alloc(VRT_CACHE_LINE, sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    memset(pool, 0, sizeof *pool);
    pool->runtime = runtime;
    vrt_lock_init(&pool->lock);
    vrt_atomic_store_relaxed(&pool->references, 1); /* not shared yet */
    vrt_pool_configure(pool, max_running);
    return pool;
}

void vrt_pool_retain(struct vrt_pool *pool)
{
    vrt_atomic_add_relaxed(&pool->references, 1); /* the caller has one already */
}

void vrt_pool_release(struct vrt_pool *pool)
{
    /* acq_rel: the last one sees all that the others did */
    if (vrt_atomic_sub_acq_rel(&pool->references, 1) == 1) {
        free(pool);
    }
}

uint32_t vrt_pool_active_any(struct vrt_pool *pool)
{
    return vrt_atomic_load_relaxed(&pool->active); /* a statistic */
}

uint32_t vrt_pool_pending_any(struct vrt_pool *pool)
{
    return vrt_atomic_load_relaxed(&pool->pending); /* a statistic */
}

#define CLOSED ((uint64_t)1 << 63)
#define DRAINING ((uint64_t)1 << 62)
#define COUNT (DRAINING - 1)

/* --- closing and draining ---------------------------------------------------------------------- */

bool vrt_pool_close_any(struct vrt_pool *pool)
{
    return !(vrt_atomic_or_seq_cst(&pool->members, CLOSED) & CLOSED);
}

bool vrt_pool_is_closed_any(struct vrt_pool *pool)
{
    return (vrt_atomic_load_seq_cst(&pool->members) & CLOSED) != 0;
}

bool vrt_pool_wait(struct vrt_pool *pool, struct vrt_waiter *waiter, uint64_t ticket)
{
    vrt_lock_take(&pool->lock);
    bool parks = (vrt_atomic_or_seq_cst(&pool->members, DRAINING) & COUNT) != 0;
    if (parks) {
        vrt_wait_list_append_locked(&pool->drained, &waiter->link, waiter, ticket);
    }
    vrt_lock_give(&pool->lock);
    return parks;
}

void vrt_pool_forget(struct vrt_pool *pool, struct vrt_waiter *waiter)
{
    vrt_lock_take(&pool->lock);
    vrt_wait_list_remove_locked(&pool->drained, &waiter->link);
    vrt_lock_give(&pool->lock);
}

/* The next one who waits, claimed. NULL: nobody is left, or a member has come since the last one went; its end tells
 * them. */
static struct vrt_waiter *claim_next(struct vrt_pool *pool)
{
    struct vrt_waiter *claimed = NULL;
    vrt_lock_take(&pool->lock);
    bool empty = (vrt_atomic_load_seq_cst(&pool->members) & COUNT) == 0; /* pairs with vrt_pool_add */
    while (empty && claimed == NULL && pool->drained.head != NULL) {
        struct vrt_wait_link *link = pool->drained.head;
        vrt_wait_list_remove_locked(&pool->drained, link);
        if (vrt_waiter_claim_any(link->waiter, link->ticket)) {
            claimed = link->waiter;
        }
    }
    if (empty && claimed == NULL) {
        vrt_atomic_and_seq_cst(&pool->members, ~DRAINING); /* under the lock, as it is set */
    }
    vrt_lock_give(&pool->lock);
    return claimed;
}

static void member_left(struct vrt_pool *pool)
{
    uint64_t before = vrt_atomic_sub_seq_cst(&pool->members, 1);
    struct vrt_waiter *waiter;
    if ((before & COUNT) != 1 || !(before & DRAINING)) {
        return;
    }
    vrt_pool_retain(pool);
    while ((waiter = claim_next(pool)) != NULL) {
        vrt_waiter_finish_any(waiter, VRT_OUTCOME_DONE, (vela_value){0});
    }
    vrt_pool_release(pool);
}

bool vrt_pool_add(struct vrt_pool *pool)
{
    if (vrt_atomic_add_seq_cst(&pool->members, 1) & CLOSED) { /* pairs with vrt_pool_close_any */
        member_left(pool); /* who waits for the pool to drain may have seen this one */
        return false;
    }
    vrt_atomic_add_relaxed(&pool->pending, 1); /* a statistic */
    return true;
}

/* --- statistics -------------------------------------------------------------------------------- */

static void count_start(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    uint8_t seen = NOT_STARTED;
    if (vrt_atomic_load_relaxed(&isolate->started) == STARTED) { /* its runner's own store */
        return;
    }
    /* acq_rel: pairs with the call-off; who finds it called off sees the letter that was posted before */
    if (vrt_atomic_cas_acq_rel(&isolate->started, &seen, STARTED)) {
        vrt_atomic_add_relaxed(&pool->active, 1); /* statistics */
        vrt_atomic_sub_relaxed(&pool->pending, 1);
    }
}

bool vrt_pool_call_off_any(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    uint8_t seen = NOT_STARTED;
    if (!vrt_atomic_cas_acq_rel(&isolate->started, &seen, CALLED_OFF)) { /* pairs with count_start */
        return false;
    }
    vrt_atomic_sub_relaxed(&pool->pending, 1); /* a statistic */
    return true;
}

/* What it was counted as; who awaits the result sees it gone down, since settling comes after. */
static void uncount(struct vrt_pool *pool, uint8_t started)
{
    if (started != CALLED_OFF) {
        vrt_atomic_sub_relaxed(started == STARTED ? &pool->active : &pool->pending, 1); /* statistics */
    }
}

void vrt_pool_ended(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    uint8_t started = vrt_atomic_load_relaxed(&isolate->started); /* it has had a turn, or no other thread is left */
    if (started != ENDED) {
        uncount(pool, started);
        vrt_atomic_store_relaxed(&isolate->started, ENDED);
        member_left(pool);
    }
}

static void append_locked(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    struct vrt_pool_queue *queue = &pool->waiting[isolate->priority % VRT_PRIORITIES];
    isolate->next = NULL;
    isolate->pool_age = pool->served;
    *(queue->tail != NULL ? &queue->tail->next : &queue->head) = isolate;
    queue->tail = isolate;
    pool->waiting_count++;
}

/* The queue whose first one has the highest priority, each AGEING served adding one. */
static struct vrt_pool_queue *best_queue_locked(struct vrt_pool *pool)
{
    struct vrt_pool_queue *best = NULL;
    uint32_t best_rank = 0;
    for (uint32_t priority = VRT_PRIORITIES; priority-- > 0;) {
        struct vrt_pool_queue *queue = &pool->waiting[priority];
        if (queue->head != NULL) {
            uint32_t rank = priority + (pool->served - queue->head->pool_age) / AGEING;
            if (best == NULL || rank > best_rank) {
                best = queue;
                best_rank = rank;
            }
        }
    }
    return best;
}

static struct vrt_isolate *take_best_locked(struct vrt_pool *pool)
{
    struct vrt_pool_queue *queue = best_queue_locked(pool);
    if (queue == NULL) {
        return NULL;
    }
    struct vrt_isolate *isolate = queue->head;
    queue->head = isolate->next;
    if (queue->head == NULL) {
        queue->tail = NULL;
    }
    isolate->next = NULL;
    pool->waiting_count--;
    pool->served++;
    return isolate;
}

static bool take_slot(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    vrt_lock_take(&pool->lock);
    bool free_slot = pool->running < pool->max_running;
    if (free_slot) {
        pool->running++;
        isolate->holding = 1;
    } else {
        append_locked(pool, isolate);
    }
    vrt_lock_give(&pool->lock);
    return free_slot;
}

bool vrt_pool_enter(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    if (pool->limited && !isolate->holding && !take_slot(pool, isolate)) {
        return false;
    }
    count_start(pool, isolate);
    return true;
}

struct vrt_isolate *vrt_pool_leave(struct vrt_pool *pool, struct vrt_isolate *isolate)
{
    isolate->holding = 0;
    vrt_lock_take(&pool->lock);
    pool->running--;
    struct vrt_isolate *next = take_best_locked(pool);
    if (next != NULL) {
        pool->running++;
        next->holding = 1; /* it goes past vrt_pool_enter when it is popped */
    }
    vrt_lock_give(&pool->lock);
    return next;
}
