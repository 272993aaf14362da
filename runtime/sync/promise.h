/* The promise: a value that comes later, settled once, by any thread.
 *
 *               resolve / reject / cancel, or the last producer goes (any thread, the winner)
 *   PENDING ------------------------------------------------> RESOLVED | REJECTED | CANCELLED
 *
 * One state word, a small lock, a list of waiters. Settling writes the value, publishes the state
 * (release; vrt_promise_poll acquires), claims the waiters and posts them after unlocking: no user
 * code runs in it. A waiter is a wait record: a fiber, a C callback or a native thread.
 *
 * Life: counted holders (Future handles, awaiting fibers' references) and among them producers (those
 * who may settle it). When the last producer goes unsettled and somebody still holds it, it is
 * rejected with the runtime's "dropped" error. It is freed with its last holder; a rejection that
 * nobody observed is reported then. The value is released with it; a value that several isolates
 * may see has been shared before by the layer above.
 *
 * Cancelling: a promise that a task runs for is *owned* by that task, from its start to its end. A request
 * to cancel an owned promise is noted in the state word, under the lock, and told to the task by a letter; the
 * task settles the promise when it has ended. One that nobody owns is settled by whoever cancels, and so is one whose
 * owner has not begun: it is called off, and finds the promise settled when its turn comes.
 * The first request stands; a task that ends learns by vrt_promise_disown whether there was one, so that
 * exactly one of result and cancel wins.
 *
 * Cost: 64 bytes; settle or wait: two read-modify-writes; poll: one load. No allocation after create. */
#ifndef VRT_SYNC_PROMISE_H
#define VRT_SYNC_PROMISE_H

#include "runtime/os/park.h"
#include "runtime/sync/waiter.h"

struct vela_runtime;

enum vrt_promise_state {
    VRT_PROMISE_PENDING,
    VRT_PROMISE_RESOLVED,
    VRT_PROMISE_REJECTED,
    VRT_PROMISE_CANCELLED /* `value` is the error that awaiters get; never reported as unobserved */
};

enum vrt_promise_wait { VRT_PROMISE_READY, VRT_PROMISE_PARKED };

struct vrt_promise {
    /* set once */
    struct vela_runtime *runtime;
    union {
        uint64_t site;   /* set once, of one that was never owned: where it was made; opaque */
        uintptr_t owner; /* guarded by lock: of one that is, see vrt_promise_own */
    };
    /* shared: enum vrt_promise_state and the bits OBSERVED, OWNED and the reason of a request. The settler adds its
     * state by an `or` (acq_rel, under the lock): publishes `value`. Anybody may add OBSERVED by an `or`; it is read
     * after the last release of `holders`. OWNED and the reason change under the lock only */
    _Atomic uint32_t state;
    struct vrt_lock lock;
    /* shared counts; the last release (acq_rel) sees all that other holders did */
    _Atomic uint32_t holders;
    _Atomic uint32_t producers;
    /* constant once the state is published, the settler's before; while it is pending and cancelled `object` is the
     * request's struct vrt_cancel_origin, guarded by lock */
    struct vela_value value;
    /* guarded by lock */
    struct vrt_wait_list waiters;
};

_Static_assert(sizeof(struct vrt_promise) <= 64, "a promise is one cache line");

/* Makes a pending promise with one holder who is its one producer. Thread: any.
 * Owns: the caller; vrt_promise_release_producer_any. Errors: NULL when memory is out. */
struct vrt_promise *vrt_promise_create(struct vela_runtime *runtime, uint64_t site);

/* One more holder. Thread: any that holds it. */
void vrt_promise_retain_any(struct vrt_promise *promise);

/* One holder less; the last one frees it, reports an unobserved rejection, releases the value.
 * The caller holds no lock. */
void vrt_promise_release_any(struct vrt_promise *promise);

/* One more producer, who is a holder too. Thread: any producer. */
void vrt_promise_retain_producer_any(struct vrt_promise *promise);

/* One producer (and holder) less; the last one rejects a pending promise that others hold. */
void vrt_promise_release_producer_any(struct vrt_promise *promise);

/* Settles it. Returns true if this call did; then the value is the promise's. On false nothing changed
 * and the value is still the caller's. Thread: any that holds it. Blocks: the short lock. */
bool vrt_promise_settle_any(struct vrt_promise *promise, enum vrt_promise_state state, struct vela_value value);

static inline bool vrt_promise_resolve_any(struct vrt_promise *promise, struct vela_value value)
{
    return vrt_promise_settle_any(promise, VRT_PROMISE_RESOLVED, value);
}

static inline bool vrt_promise_reject_any(struct vrt_promise *promise, struct vela_value error)
{
    return vrt_promise_settle_any(promise, VRT_PROMISE_REJECTED, error);
}

/* The state, and the value if it is settled and `value` is not NULL. Owns: the value is borrowed
 * from the promise, which the caller holds. Does not count as observing. Thread: any holder. */
enum vrt_promise_state vrt_promise_poll_any(struct vrt_promise *promise, struct vela_value *value);

/* Says that somebody saw the outcome, or will report it: no report when it is freed. Thread: any holder. */
void vrt_promise_observe_any(struct vrt_promise *promise);

/* Registers an armed record. READY: settled already, nothing registered (the record is still open, the
 * caller claims it himself). PARKED: the record will be claimed with VALUE (resolved), ERROR or
 * CANCELLED, and posted; its `value` is borrowed from the promise, which the caller goes on holding.
 * Either way a rejection counts as observed. Thread: the record's owner. Blocks: the short lock. */
enum vrt_promise_wait vrt_promise_wait(struct vrt_promise *promise, struct vrt_waiter *waiter, uint64_t ticket);

/* Ends a wait that PARKED, whatever decided it: unlinks the record. Before the fiber goes on. If the
 * promise did not decide it, a rejection is not observed by it. Thread: the record's owner. */
void vrt_promise_forget(struct vrt_promise *promise, struct vrt_waiter *waiter);

/* --- cancelling ------------------------------------------------------------------------------ */

enum vrt_cancel {
    VRT_CANCEL_SETTLED,   /* it has its outcome: nothing to cancel */
    VRT_CANCEL_UNOWNED,   /* nobody runs for it: the caller settles it, nothing is noted */
    VRT_CANCEL_REQUESTED, /* noted; the letter is on its way to the owner */
    VRT_CANCEL_CALLED_OFF, /* likewise, and the owner has had no turn: it will not begin, and the caller may settle the
                              promise */
    VRT_CANCEL_BEFORE     /* noted before; the letter is still the caller's */
};

/* Who asked, where and when. Noted in the promise with the request. */
struct vrt_cancel_origin {
    uint64_t site;       /* opaque; 0: nowhere */
    uint64_t time_ns;    /* vrt_now() of the request */
    char by[80];         /* text, with its end */
};

/* A letter that tells an isolate of a request. */
struct vrt_cancel_letter {
    struct vrt_post post;
    struct vrt_promise *promise; /* a holder's reference, taken by the request */
    struct vrt_waiter *record;   /* the task's wait record, or NULL: it has not waited yet */
    struct vrt_cancel_origin *origin; /* malloc'd, or NULL; the promise's once it is REQUESTED or CALLED_OFF */
};

/* Names the task that runs for a pending promise: its isolate, or once it has one its wait record (FIBER). The owner
 * must be there until vrt_promise_disown. Thread: the owner's. Blocks: the short lock. */
void vrt_promise_own(struct vrt_promise *promise, struct vrt_isolate *isolate);
void vrt_promise_own_by_record(struct vrt_promise *promise, struct vrt_waiter *record);

/* The same for a promise that no other thread knows yet. */
static inline void vrt_promise_own_first(struct vrt_promise *promise, struct vrt_isolate *isolate);

/* The task has ended and will settle the promise. Returns the reason of the request to cancel it, 0 = none; a later
 * request finds it unowned. Thread: the owner's. Blocks: the short lock. */
uint32_t vrt_promise_disown(struct vrt_promise *promise);

/* Requests the end of the task that runs for the promise. `reason` 1 ... 15, for the layer above. Posts `letter` to the
 * owner's isolate if there is one, and fills it. Thread: any holder; never waits longer than the short lock. */
enum vrt_cancel vrt_promise_request_any(struct vrt_promise *promise, uint32_t reason, struct vrt_cancel_letter *letter);

/* Posts `letter` to the owner's isolate as a request does, but requests nothing. False: nobody runs for the promise. */
bool vrt_promise_tell_any(struct vrt_promise *promise, struct vrt_cancel_letter *letter);

/* The reason of the request, 0 = there is none. Thread: any holder. */
uint32_t vrt_promise_requested_any(struct vrt_promise *promise);

/* Copies the origin of the request to cancel a promise that is still pending. False: there is none. Thread: any holder.
 * Blocks: the short lock. */
bool vrt_promise_origin_any(struct vrt_promise *promise, struct vrt_cancel_origin *origin);

/* A deadline is set for its task; and: was one ever? The answer is for whoever pauses all others. Thread: any
 * holder. */
void vrt_promise_note_alarm_any(struct vrt_promise *promise);
bool vrt_promise_has_alarm_any(const struct vrt_promise *promise);

/* Is it owned? Its owner's thread gets a true answer, others an old one. */
bool vrt_promise_is_owned(struct vrt_promise *promise);

/* Calls `visit` with the isolate of the task that runs for the promise, which stays while `visit` runs; false: nobody
 * does.
 * Thread: any holder. `visit` must not touch promises. */
bool vrt_promise_visit_owner_any(struct vrt_promise *promise,
                                 void (*visit)(struct vrt_isolate *isolate, void *argument), void *argument);

/* The wait record of the task that runs for the promise, if it is one of this isolate and has waited; else NULL.
 * Thread: the isolate's runner, so that the task stays. Blocks: the short lock. */
struct vrt_waiter *vrt_promise_owner_record(struct vrt_promise *promise, const struct vrt_isolate *isolate);

#define VRT_PROMISE_OBSERVED 8u /* somebody saw the rejection */
#define VRT_PROMISE_OWNED 16u   /* `owner` is set */
#define VRT_PROMISE_ALARM 32u   /* a deadline was set for it once */
#define VRT_PROMISE_REASON_SHIFT 8
#define VRT_PROMISE_REASONS (15u << VRT_PROMISE_REASON_SHIFT)
#define VRT_PROMISE_OWNER_ISOLATE ((uintptr_t)1) /* tag of `owner`: an isolate, not a record */

static inline void vrt_promise_own_first(struct vrt_promise *promise, struct vrt_isolate *isolate)
{
    promise->owner = (uintptr_t)isolate | VRT_PROMISE_OWNER_ISOLATE;
    vrt_atomic_store_relaxed(&promise->state, VRT_PROMISE_OWNED); /* published with the promise */
}

#endif
