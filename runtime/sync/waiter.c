#include "runtime/sync/waiter.h"

#include "runtime/base/assert.h"
#include "runtime/sched/runtime.h"

#include <stdlib.h>

/* Records of one slab; freed with the runtime only. */
struct vrt_waiter_slab {
    struct vrt_waiter_slab *next;
    struct vrt_waiter records[VRT_SLAB_WAITERS];
};

/* --- slabs ------------------------------------------------------------------------------------- */

/* A free record is linked through its cookie: wakers with an old ticket look at `word` only. */
static void put_free_locked(struct vrt_waiter_depot *depot, struct vrt_waiter *waiter)
{
    waiter->cookie = depot->free;
    depot->free = waiter;
}

static bool add_slab_locked(struct vrt_waiter_depot *depot)
{
    struct vrt_waiter_slab *slab = calloc(1, sizeof *slab);
    if (slab == NULL) {
        return false;
    }
    slab->next = depot->slabs;
    depot->slabs = slab;
    for (uint32_t i = VRT_SLAB_WAITERS; i-- > 0;) {
        put_free_locked(depot, &slab->records[i]);
    }
    return true;
}

static struct vrt_waiter *take_record(struct vela_runtime *runtime)
{
    struct vrt_waiter_depot *depot = &runtime->waiters;
    struct vrt_waiter *waiter = NULL;
    vrt_lock_take(&depot->lock);
    if (depot->free != NULL || add_slab_locked(depot)) {
        waiter = depot->free;
        depot->free = waiter->cookie;
    }
    vrt_lock_give(&depot->lock);
    return waiter;
}

static struct vrt_waiter *create(struct vela_runtime *runtime, enum vrt_waiter_kind kind, void *cookie)
{
    struct vrt_waiter *waiter = take_record(runtime);
    if (waiter == NULL) {
        return NULL;
    }
    waiter->post = (struct vrt_post){.kind = VRT_POST_WAITER};
    waiter->kind = (uint8_t)kind;
    waiter->cookie = cookie;
    waiter->isolate = NULL;
    waiter->link = (struct vrt_wait_link){.waiter = waiter};
    waiter->where_object = NULL;
    waiter->timer_thread = NULL;
    waiter->where = VRT_WHERE_NONE;
    waiter->outcome = VRT_OUTCOME_NONE;
    waiter->since_ms = 0;
    return waiter;
}

struct vrt_waiter *vrt_waiter_create_fiber(struct vela_runtime *runtime, struct vrt_isolate *isolate,
                                           void *cookie)
{
    struct vrt_waiter *waiter = create(runtime, VRT_WAITER_FIBER, cookie);
    if (waiter != NULL) {
        waiter->isolate = isolate;
    }
    return waiter;
}

struct vrt_waiter *vrt_waiter_create_native(struct vela_runtime *runtime)
{
    return create(runtime, VRT_WAITER_NATIVE, NULL);
}

struct vrt_waiter *vrt_waiter_create_callback(struct vela_runtime *runtime,
                                              vrt_waiter_callback callback, void *argument)
{
    struct vrt_waiter *waiter = create(runtime, VRT_WAITER_CALLBACK, argument);
    if (waiter != NULL) {
        waiter->callback = callback;
    }
    return waiter;
}

void vrt_waiter_destroy(struct vela_runtime *runtime, struct vrt_waiter *waiter)
{
    /* relaxed: the owner's; nobody else changes it while not open */
    VRT_ASSERT((vrt_atomic_load_relaxed(&waiter->word) & VRT_WAITER_STATE) != VRT_WAITER_OPEN);
    vrt_timer_stop(waiter);
    vrt_lock_take(&runtime->waiters.lock);
    put_free_locked(&runtime->waiters, waiter);
    vrt_lock_give(&runtime->waiters.lock);
}

/* --- the wait ---------------------------------------------------------------------------------- */

uint64_t vrt_waiter_arm(struct vrt_waiter *waiter)
{
    uint64_t word = vrt_atomic_load_relaxed(&waiter->word); /* nobody else changes it while not open */
    VRT_ASSERT((word & VRT_WAITER_STATE) != VRT_WAITER_OPEN);
    uint64_t ticket = (word >> 2) + 1;
    waiter->outcome = VRT_OUTCOME_NONE;
    waiter->decided_arm = 0;
    if (waiter->kind == VRT_WAITER_NATIVE) {
        vrt_atomic_store_relaxed(&waiter->signal, 0); /* published by the store below */
    }
    /* release: publishes the record to a winner's acq_rel claim */
    vrt_atomic_store_release(&waiter->word, ticket << 2 | VRT_WAITER_OPEN);
    return ticket;
}

bool vrt_waiter_claim_any(struct vrt_waiter *waiter, uint64_t ticket)
{
    uint64_t open = ticket << 2 | VRT_WAITER_OPEN;
    /* acq_rel: acquires the record from the owner's arm; the post publishes what the winner writes */
    return vrt_atomic_cas_acq_rel(&waiter->word, &open, ticket << 2 | VRT_WAITER_CLAIMED);
}

bool vrt_waiter_is_open_any(struct vrt_waiter *waiter, uint64_t ticket)
{
    /* acquire: pairs with claims and arms; the answer may be old, only a claim decides */
    return vrt_atomic_load_acquire(&waiter->word) == (ticket << 2 | VRT_WAITER_OPEN);
}

static void signal_native(struct vrt_waiter *waiter)
{
    /* release: publishes value and outcome to vrt_waiter_wait. After it the owner may go on and use
     * the record again; the wake then only touches an address that stays a record's */
    vrt_atomic_store_release(&waiter->signal, 1);
    vrt_park_wake(&waiter->signal, 1);
}

void vrt_waiter_post_any(struct vrt_waiter *waiter)
{
    switch ((enum vrt_waiter_kind)waiter->kind) {
    case VRT_WAITER_FIBER:
        vrt_isolate_post_any(waiter->isolate, &waiter->post);
        break;
    case VRT_WAITER_CALLBACK:
        waiter->callback(waiter->cookie, waiter);
        break;
    case VRT_WAITER_NATIVE:
        signal_native(waiter);
        break;
    }
}

void vrt_waiter_finish_any(struct vrt_waiter *waiter, enum vrt_outcome outcome, struct vela_value value)
{
    waiter->value = value;
    waiter->outcome = (uint8_t)outcome;
    vrt_waiter_post_any(waiter);
}

enum vrt_outcome vrt_waiter_wait(struct vrt_waiter *waiter, uint64_t ticket, uint64_t deadline_ns)
{
    while (vrt_atomic_load_acquire(&waiter->signal) == 0) { /* pairs with signal_native */
        if (vrt_park_wait(&waiter->signal, 0, deadline_ns)) {
            continue;
        }
        if (vrt_waiter_claim_any(waiter, ticket)) {
            waiter->outcome = VRT_OUTCOME_TIMEOUT;
            return VRT_OUTCOME_TIMEOUT;
        }
        deadline_ns = VRT_NEVER; /* someone else won; his signal is on its way */
    }
    return (enum vrt_outcome)waiter->outcome;
}

/* --- the end of the runtime -------------------------------------------------------------------- */

static void close_record(struct vrt_waiter *waiter)
{
    uint64_t word = vrt_atomic_load_relaxed(&waiter->word); /* all threads have been joined */
    if ((word & VRT_WAITER_STATE) != VRT_WAITER_OPEN) {
        return;
    }
    /* relaxed: likewise */
    vrt_atomic_store_relaxed(&waiter->word, word - VRT_WAITER_OPEN + VRT_WAITER_CLAIMED);
    if (waiter->kind == VRT_WAITER_CALLBACK && waiter->where == VRT_WHERE_ALARM) {
        vrt_waiter_finish_any(waiter, VRT_OUTCOME_CANCELLED, (vela_value){0});
    }
}

void vrt_waiters_close(struct vela_runtime *runtime)
{
    for (struct vrt_waiter_slab *slab = runtime->waiters.slabs; slab != NULL; slab = slab->next) {
        for (uint32_t i = 0; i < VRT_SLAB_WAITERS; i++) {
            close_record(&slab->records[i]);
        }
    }
}

void vrt_waiters_deinit(struct vela_runtime *runtime)
{
    struct vrt_waiter_slab *slab = runtime->waiters.slabs;
    while (slab != NULL) {
        struct vrt_waiter_slab *next = slab->next;
        free(slab);
        slab = next;
    }
    runtime->waiters = (struct vrt_waiter_depot){0};
}
