/* Promises: counted, settled once, waited for. */
#include "runtime/sync/promise.h"

#include "runtime/base/account.h"
#include "runtime/sched/runtime.h"

#include <stdlib.h>

/* The state word's low bits are the state. */
#define OBSERVED VRT_PROMISE_OBSERVED
#define STATE_OF(word) ((enum vrt_promise_state)((word) & (OBSERVED - 1)))

struct vrt_promise *vrt_promise_create(struct vela_runtime *runtime, uint64_t site)
{
    struct vrt_promise *promise = vrt_alloc_common(sizeof *promise);
    if (promise != NULL) {
        *promise = (struct vrt_promise){.runtime = runtime, .site = site};
        vrt_atomic_store_relaxed(&promise->holders, 1); /* nobody else knows it yet */
        vrt_atomic_store_relaxed(&promise->producers, 1); /* likewise */
    }
    return promise;
}

void vrt_promise_retain_any(struct vrt_promise *promise)
{
    vrt_atomic_add_relaxed(&promise->holders, 1); /* the caller holds it, so it cannot go to 0 */
}

/* Under the lock, or the last holder: whose request it is, while it is pending. */
static struct vrt_cancel_origin *origin_locked(const struct vrt_promise *promise)
{
    uint32_t word = vrt_atomic_load_relaxed(&promise->state); /* these bits change under the lock */
    bool noted = STATE_OF(word) == VRT_PROMISE_PENDING && (word & VRT_PROMISE_REASONS) != 0;
    return noted ? promise->value.object : NULL;
}

/* The last holder has gone. */
static void promise_destroy(struct vrt_promise *promise)
{
    struct vela_runtime *runtime = promise->runtime;
    struct vela_value value = promise->value;
    uint32_t word = vrt_atomic_load_relaxed(&promise->state); /* ordered by the last release */
    VRT_ASSERT(promise->waiters.head == NULL);
    free(origin_locked(promise));
    vrt_free_common(promise, sizeof *promise);
    bool unobserved = STATE_OF(word) == VRT_PROMISE_REJECTED && !(word & OBSERVED);
    if (unobserved && runtime->value_ops.unobserved != NULL) {
        runtime->value_ops.unobserved(runtime->value_ops.context, value);
    }
    if (STATE_OF(word) != VRT_PROMISE_PENDING) {
        vrt_value_release(runtime, value);
    }
}

void vrt_promise_release_any(struct vrt_promise *promise)
{
    if (vrt_atomic_sub_acq_rel(&promise->holders, 1) == 1) { /* sees all that others did */
        promise_destroy(promise);
    }
}

void vrt_promise_retain_producer_any(struct vrt_promise *promise)
{
    vrt_atomic_add_relaxed(&promise->producers, 1); /* the caller is one */
    vrt_promise_retain_any(promise);
}

/* The last producer goes and somebody may still wait. */
static void promise_reject_dropped(struct vrt_promise *promise)
{
    const struct vela_value_ops *ops = &promise->runtime->value_ops;
    struct vela_value error = {0};
    if (ops->promise_dropped != NULL) {
        error = ops->promise_dropped(ops->context);
    }
    if (!vrt_promise_reject_any(promise, error)) {
        vrt_value_release(promise->runtime, error);
    }
}

void vrt_promise_release_producer_any(struct vrt_promise *promise)
{
    if (vrt_atomic_sub_acq_rel(&promise->producers, 1) == 1) { /* sees the other producers' settling */
        bool pending = vrt_promise_poll_any(promise, NULL) == VRT_PROMISE_PENDING;
        /* relaxed: if we are the only holder nobody can make it more. Once the runtime ends, who waits is dropped
         * without being told, and what was still pending has not failed (relaxed: drops come when the threads are
         * joined) */
        if (pending && vrt_atomic_load_relaxed(&promise->holders) > 1 &&
            vrt_atomic_load_relaxed(&promise->runtime->stopping) == 0) {
            promise_reject_dropped(promise);
        }
    }
    vrt_promise_release_any(promise);
}

/* --- settling ---------------------------------------------------------------------------------- */

static enum vrt_outcome outcome_of(enum vrt_promise_state state)
{
    switch (state) {
    case VRT_PROMISE_RESOLVED:
        return VRT_OUTCOME_VALUE;
    case VRT_PROMISE_REJECTED:
        return VRT_OUTCOME_ERROR;
    default:
        return VRT_OUTCOME_CANCELLED;
    }
}

/* Claims all waiters that are still undecided and chains them by their links, in order. Lock held. */
static struct vrt_wait_link *claim_waiters_locked(struct vrt_promise *promise, enum vrt_outcome outcome)
{
    struct vrt_wait_link *claimed = NULL;
    struct vrt_wait_link **end = &claimed;
    struct vrt_wait_link *link;
    while ((link = promise->waiters.head) != NULL) {
        vrt_wait_list_remove_locked(&promise->waiters, link);
        if (vrt_waiter_claim_any(link->waiter, link->ticket)) {
            link->waiter->outcome = (uint8_t)outcome;
            link->waiter->value = promise->value;
            *end = link; /* ours until the post: we hold the claim */
            end = &link->next;
        }
    }
    *end = NULL;
    return claimed;
}

static void post_claimed(struct vrt_wait_link *link)
{
    while (link != NULL) {
        struct vrt_wait_link *next = link->next;
        vrt_waiter_post_any(link->waiter);
        link = next;
    }
}

/* Writes value and state, and returns the waiters to post. Lock held, state PENDING. */
static struct vrt_wait_link *settle_locked(struct vrt_promise *promise, enum vrt_promise_state state,
                                           struct vela_value value)
{
    promise->value = value;
    struct vrt_wait_link *claimed = claim_waiters_locked(promise, outcome_of(state));
    uint32_t bits = (uint32_t)state | (claimed != NULL ? OBSERVED : 0);
    /* acq_rel: publishes the value to vrt_promise_poll_any; an `or`, since OBSERVED may come any time */
    vrt_atomic_or_acq_rel(&promise->state, bits);
    return claimed;
}

bool vrt_promise_settle_any(struct vrt_promise *promise, enum vrt_promise_state state, struct vela_value value)
{
    struct vrt_wait_link *claimed = NULL;
    vrt_lock_take(&promise->lock);
    /* relaxed: the state leaves PENDING only under the lock */
    bool mine = STATE_OF(vrt_atomic_load_relaxed(&promise->state)) == VRT_PROMISE_PENDING;
    struct vrt_cancel_origin *origin = origin_locked(promise);
    if (mine) {
        claimed = settle_locked(promise, state, value);
    }
    vrt_lock_give(&promise->lock);
    free(origin);
    post_claimed(claimed);
    return mine;
}

enum vrt_promise_state vrt_promise_poll_any(struct vrt_promise *promise, struct vela_value *value)
{
    /* pairs with the settler's release: the value is complete */
    enum vrt_promise_state state = STATE_OF(vrt_atomic_load_acquire(&promise->state));
    if (state != VRT_PROMISE_PENDING && value != NULL) {
        *value = promise->value;
    }
    return state;
}

void vrt_promise_observe_any(struct vrt_promise *promise)
{
    if (!(vrt_atomic_load_relaxed(&promise->state) & OBSERVED)) { /* only saves the write */
        vrt_atomic_or_acq_rel(&promise->state, OBSERVED); /* ordered by the release of our hold, for promise_destroy */
    }
}

/* --- waiting ----------------------------------------------------------------------------------- */

enum vrt_promise_wait vrt_promise_wait(struct vrt_promise *promise, struct vrt_waiter *waiter, uint64_t ticket)
{
    vrt_lock_take(&promise->lock);
    /* relaxed: the state leaves PENDING only under the lock, which orders the value too */
    bool pending = STATE_OF(vrt_atomic_load_relaxed(&promise->state)) == VRT_PROMISE_PENDING;
    if (pending) {
        waiter->where = VRT_WHERE_PROMISE;
        waiter->where_object = promise;
        vrt_wait_list_append_locked(&promise->waiters, &waiter->link, waiter, ticket);
    }
    vrt_lock_give(&promise->lock);
    if (pending) {
        return VRT_PROMISE_PARKED;
    }
    vrt_promise_observe_any(promise);
    return VRT_PROMISE_READY;
}

void vrt_promise_forget(struct vrt_promise *promise, struct vrt_waiter *waiter)
{
    vrt_lock_take(&promise->lock);
    vrt_wait_list_remove_locked(&promise->waiters, &waiter->link);
    vrt_lock_give(&promise->lock);
    waiter->where = VRT_WHERE_NONE;
    waiter->where_object = NULL;
}

/* --- cancelling ------------------------------------------------------------------------------- */

static void set_owner(struct vrt_promise *promise, uintptr_t owner)
{
    vrt_lock_take(&promise->lock);
    promise->owner = owner;
    vrt_atomic_or_acq_rel(&promise->state, VRT_PROMISE_OWNED); /* the lock orders `owner` */
    vrt_lock_give(&promise->lock);
}

void vrt_promise_own(struct vrt_promise *promise, struct vrt_isolate *isolate)
{
    set_owner(promise, (uintptr_t)isolate | VRT_PROMISE_OWNER_ISOLATE);
}

void vrt_promise_own_by_record(struct vrt_promise *promise, struct vrt_waiter *record)
{
    set_owner(promise, (uintptr_t)record);
}

uint32_t vrt_promise_disown(struct vrt_promise *promise)
{
    vrt_lock_take(&promise->lock);
    promise->owner = 0;
    uint32_t word = vrt_atomic_and_acq_rel(&promise->state, ~VRT_PROMISE_OWNED); /* the lock orders the request */
    vrt_lock_give(&promise->lock);
    return (word & VRT_PROMISE_REASONS) >> VRT_PROMISE_REASON_SHIFT;
}

static struct vrt_isolate *owner_locked(const struct vrt_promise *promise)
{
    if (promise->owner & VRT_PROMISE_OWNER_ISOLATE) {
        return (struct vrt_isolate *)(promise->owner & ~VRT_PROMISE_OWNER_ISOLATE);
    }
    return ((struct vrt_waiter *)promise->owner)->isolate;
}

/* The post is made under the lock: the owner cannot end before it is let in. */
static void post_locked(struct vrt_promise *promise, struct vrt_cancel_letter *letter)
{
    vrt_promise_retain_any(promise);
    letter->promise = promise;
    letter->record = promise->owner & VRT_PROMISE_OWNER_ISOLATE ? NULL : (struct vrt_waiter *)promise->owner;
    vrt_isolate_post_any(owner_locked(promise), &letter->post);
}

static enum vrt_cancel request_locked(struct vrt_promise *promise, uint32_t reason, struct vrt_cancel_letter *letter)
{
    uint32_t word = vrt_atomic_load_relaxed(&promise->state); /* these bits change only under the lock */
    if (STATE_OF(word) != VRT_PROMISE_PENDING) {
        return VRT_CANCEL_SETTLED;
    }
    if (word & VRT_PROMISE_REASONS) {
        return VRT_CANCEL_BEFORE;
    }
    if (!(word & VRT_PROMISE_OWNED)) {
        return VRT_CANCEL_UNOWNED; /* not noted: a task that has just ended settles it, and may be quicker than the
                                      caller */
    }
    promise->value.object = letter->origin;
    letter->origin = NULL;
    vrt_atomic_or_acq_rel(&promise->state, reason << VRT_PROMISE_REASON_SHIFT); /* for vrt_promise_requested_any */
    post_locked(promise, letter);
    /* in this order: one that is called off finds the letter in its first turn */
    return vrt_isolate_call_off_any(owner_locked(promise)) ? VRT_CANCEL_CALLED_OFF : VRT_CANCEL_REQUESTED;
}

enum vrt_cancel vrt_promise_request_any(struct vrt_promise *promise, uint32_t reason, struct vrt_cancel_letter *letter)
{
    vrt_lock_take(&promise->lock);
    enum vrt_cancel answer = request_locked(promise, reason, letter);
    vrt_lock_give(&promise->lock);
    return answer;
}

bool vrt_promise_tell_any(struct vrt_promise *promise, struct vrt_cancel_letter *letter)
{
    vrt_lock_take(&promise->lock);
    bool owned = vrt_promise_is_owned(promise);
    if (owned) {
        post_locked(promise, letter);
    }
    vrt_lock_give(&promise->lock);
    return owned;
}

uint32_t vrt_promise_requested_any(struct vrt_promise *promise)
{
    /* acquire: pairs with the request; nothing else is read by it */
    return (vrt_atomic_load_acquire(&promise->state) & VRT_PROMISE_REASONS) >> VRT_PROMISE_REASON_SHIFT;
}

bool vrt_promise_origin_any(struct vrt_promise *promise, struct vrt_cancel_origin *origin)
{
    vrt_lock_take(&promise->lock);
    const struct vrt_cancel_origin *noted = origin_locked(promise);
    if (noted != NULL) {
        *origin = *noted;
    }
    vrt_lock_give(&promise->lock);
    return noted != NULL;
}

void vrt_promise_note_alarm_any(struct vrt_promise *promise)
{
    vrt_atomic_or_acq_rel(&promise->state, VRT_PROMISE_ALARM); /* read while all threads stand */
}

bool vrt_promise_has_alarm_any(const struct vrt_promise *promise)
{
    /* relaxed: ordered by the pause */
    return (vrt_atomic_load_relaxed((_Atomic uint32_t *)(uintptr_t)&promise->state) & VRT_PROMISE_ALARM) != 0;
}

bool vrt_promise_is_owned(struct vrt_promise *promise)
{
    return (vrt_atomic_load_relaxed(&promise->state) & VRT_PROMISE_OWNED) != 0; /* its owner's own stores */
}

bool vrt_promise_visit_owner_any(struct vrt_promise *promise,
                                 void (*visit)(struct vrt_isolate *isolate, void *argument), void *argument)
{
    vrt_lock_take(&promise->lock);
    bool owned = vrt_promise_is_owned(promise);
    if (owned) {
        visit(owner_locked(promise), argument);
    }
    vrt_lock_give(&promise->lock);
    return owned;
}

struct vrt_waiter *vrt_promise_owner_record(struct vrt_promise *promise, const struct vrt_isolate *isolate)
{
    struct vrt_waiter *record = NULL;
    vrt_lock_take(&promise->lock);
    if (vrt_promise_is_owned(promise) && !(promise->owner & VRT_PROMISE_OWNER_ISOLATE) &&
        owner_locked(promise) == isolate) {
        record = (struct vrt_waiter *)promise->owner;
    }
    vrt_lock_give(&promise->lock);
    return record;
}
