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
    uint64_t site; /* where it was made; opaque */
    /* shared: enum vrt_promise_state and the bit OBSERVED. The settler adds its state by an `or` (acq_rel, under the
     * lock): publishes `value`. Anybody may add OBSERVED by an `or`; it is read after the last release of `holders` */
    _Atomic uint32_t state;
    struct vrt_lock lock;
    /* shared counts; the last release (acq_rel) sees all that other holders did */
    _Atomic uint32_t holders;
    _Atomic uint32_t producers;
    /* the settler's until the state is published, then constant */
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

#endif
