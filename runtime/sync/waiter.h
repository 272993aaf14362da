/* The wait record: who waits, under which ticket, and how the wait was decided.
 *
 * All waits (send, receive, promise, select, timeout, cancel) use this one record, so the first
 * waker wins and the others see it. The owner arms the record and gets a ticket; it registers
 * the record wherever a waker may come from; a waker claims it with the ticket (one
 * compare-and-swap), writes value and outcome, and posts it: one post per ticket, by the winner.
 *
 *            arm (owner)            claim (any thread, the winner)
 *   IDLE ---------------> OPEN(t) ---------------------------------> CLAIMED(t)
 *     ^                                                                  |
 *     |   the owner takes the post, unlinks the record everywhere,       |
 *     +---- reads value and outcome, arms again with ticket t+1 <--------+  post (the winner)
 *
 * A claim with an old ticket fails, whatever the state. The owner may claim its own record (to
 * give a wait up); if that fails a post is on its way and must be waited for.
 *
 * Life: records come from slabs of the runtime that keep their type until the runtime is
 * destroyed, so a late waker may always look at a ticket. Before the owner goes on it unlinks
 * the record from every list, under that list's lock. Timers need no unlinking: they compare
 * tickets. Cost: one CAS for a claim, one for a post; no allocation after create. */
#ifndef VRT_SYNC_WAITER_H
#define VRT_SYNC_WAITER_H

#include <vela/value.h>

#include "runtime/base/atomic.h"
#include "runtime/queue/mailbox.h"

struct vela_runtime;
struct vrt_isolate;
struct vrt_thread;
struct vrt_waiter;

enum vrt_waiter_kind {
    VRT_WAITER_FIBER,    /* posted to the inbox of an isolate */
    VRT_WAITER_CALLBACK, /* a C function, called by the thread that settles; must not block */
    VRT_WAITER_NATIVE    /* a native thread that sleeps in vrt_waiter_wait */
};

enum vrt_outcome {
    VRT_OUTCOME_NONE,
    VRT_OUTCOME_VALUE,     /* `value` is owned by the waiter's owner */
    VRT_OUTCOME_ERROR,     /* `value` is an error, owned likewise */
    VRT_OUTCOME_DONE,      /* it happened, without a value (a send was taken) */
    VRT_OUTCOME_CLOSED,    /* the channel closed; a sender finds its own value back in `value` */
    VRT_OUTCOME_TIMEOUT,
    VRT_OUTCOME_CANCELLED
};

/* What a record waits for, for the deadlock report. */
enum vrt_where {
    VRT_WHERE_NONE,
    VRT_WHERE_SLEEP,
    VRT_WHERE_PROMISE,  /* object: struct vrt_promise */
    VRT_WHERE_SEND,     /* object: struct vrt_channel */
    VRT_WHERE_RECEIVE,  /* object: struct vrt_channel */
    VRT_WHERE_SELECT,
    VRT_WHERE_BLOCKING, /* a job on the blocking threads */
    VRT_WHERE_POOL,     /* object: struct vrt_pool: until it has no members */
    VRT_WHERE_ALARM     /* CALLBACK: only a timer; called with CANCELLED when the runtime ends */
};

/* A record's place in one waiting list. The first one is embedded in the record; a select
 * brings one more per further arm. Guarded by the lock of the list it is in. */
struct vrt_wait_link {
    struct vrt_wait_link *next;
    struct vrt_wait_link *prev;
    struct vrt_waiter *waiter;
    uint64_t ticket;
    uint32_t arm;    /* which arm of a select; 0 otherwise */
    uint32_t linked; /* 1 while in a list */
};

/* A list of links in order of arrival. Guarded by its owner's lock. All zero = empty. */
struct vrt_wait_list {
    struct vrt_wait_link *head;
    struct vrt_wait_link *tail;
};

typedef void (*vrt_waiter_callback)(void *argument, struct vrt_waiter *waiter);

struct vrt_waiter {
    /* the link of the isolate's inbox: written by the winner, then by the isolate */
    struct vrt_post post;
    /* shared: ticket << 2 | state. Owner: IDLE -> OPEN (release: publishes the fields below to
     * wakers); winner: OPEN -> CLAIMED (acq_rel) */
    _Atomic uint64_t word;
    /* the winner's from its claim to the post, the owner's else */
    struct vela_value value;
    void *cookie;                /* the owner's, e.g. the fiber */
    union {
        struct vrt_isolate *isolate;  /* FIBER; set once */
        vrt_waiter_callback callback; /* CALLBACK, with `cookie` as its argument; set once */
        _Atomic uint32_t signal;      /* NATIVE: 1 once posted (release), its owner acquires */
    };
    struct vrt_wait_link link;
    const void *where_object;        /* owner; read by dumps */
    struct vrt_thread *timer_thread; /* owner: whose heap holds a timer for this ticket, or NULL */
    uint8_t kind;                    /* enum vrt_waiter_kind; set once */
    uint8_t where;                   /* enum vrt_where; owner */
    uint8_t outcome;                 /* enum vrt_outcome; as `value` */
    uint8_t decided_arm;             /* the arm that won; as `value` */
    uint32_t since_ms;               /* owner: when the wait began, since the runtime was created; read by dumps */
};

enum { VRT_WAITER_IDLE, VRT_WAITER_OPEN, VRT_WAITER_CLAIMED, VRT_WAITER_STATE = 3 };

/* Takes a record from the runtime's slabs. Owns: the caller, until vrt_waiter_destroy.
 * Thread: any. Errors: NULL when memory is out.
 * fiber: posts go to `isolate`; native: for vrt_waiter_wait; callback: see the kinds. */
struct vrt_waiter *vrt_waiter_create_fiber(struct vela_runtime *runtime, struct vrt_isolate *isolate,
                                           void *cookie);
struct vrt_waiter *vrt_waiter_create_native(struct vela_runtime *runtime);
struct vrt_waiter *vrt_waiter_create_callback(struct vela_runtime *runtime,
                                              vrt_waiter_callback callback, void *argument);

/* Gives the record back to the slabs. It must be unlinked everywhere, and not between a
 * successful claim and the taking of its post. Thread: owner. */
void vrt_waiter_destroy(struct vela_runtime *runtime, struct vrt_waiter *waiter);

/* Opens the record for a new wait and returns its ticket (never 0). It must not be open, nor
 * claimed with its post not yet taken. Thread: owner. */
uint64_t vrt_waiter_arm(struct vrt_waiter *waiter);

/* The ticket last armed. Thread: owner, or under the lock of a list the record is in. */
static inline uint64_t vrt_waiter_ticket(struct vrt_waiter *waiter)
{
    return vrt_atomic_load_relaxed(&waiter->word) >> 2; /* its own last store, or ordered by the lock */
}

/* Tries to decide the wait. True for exactly one caller per ticket: the winner, who then writes
 * value and outcome (and decided_arm) and calls vrt_waiter_post, or does neither if he is the
 * owner giving up. Any thread; never waits. */
bool vrt_waiter_claim_any(struct vrt_waiter *waiter, uint64_t ticket);

/* True while the wait with this ticket is undecided; a hint for others than the owner. */
bool vrt_waiter_is_open_any(struct vrt_waiter *waiter, uint64_t ticket);

/* Delivers a claimed record: to the isolate's inbox, to the callback, or to the native thread.
 * Winner only, once. Afterwards the record is the owner's again. Never waits; calls the callback,
 * so no lock may be held that a callback may want. */
void vrt_waiter_post_any(struct vrt_waiter *waiter);

/* Writes outcome and value, and posts: what most winners do. */
void vrt_waiter_finish_any(struct vrt_waiter *waiter, enum vrt_outcome outcome, struct vela_value value);

/* NATIVE records: stops the calling thread until the wait with `ticket` is decided; at `deadline_ns`
 * it claims the record itself with VRT_OUTCOME_TIMEOUT. Returns the outcome. Blocks. Owner only. */
enum vrt_outcome vrt_waiter_wait(struct vrt_waiter *waiter, uint64_t ticket, uint64_t deadline_ns);

/* The record a post belongs to (post.kind == VRT_POST_WAITER). */
static inline struct vrt_waiter *vrt_waiter_from_post(struct vrt_post *post)
{
    return (struct vrt_waiter *)(void *)post;
}

/* Appends `link` for the wait `ticket` of `waiter`. Holder of the list's lock. */
static inline void vrt_wait_list_append_locked(struct vrt_wait_list *list, struct vrt_wait_link *link,
                                               struct vrt_waiter *waiter, uint64_t ticket)
{
    link->waiter = waiter;
    link->ticket = ticket;
    link->next = NULL;
    link->prev = list->tail;
    link->linked = 1;
    if (list->tail != NULL) {
        list->tail->next = link;
    } else {
        list->head = link;
    }
    list->tail = link;
}

/* Takes `link` out if it is in the list; O(1). Holder of the list's lock. */
static inline void vrt_wait_list_remove_locked(struct vrt_wait_list *list, struct vrt_wait_link *link)
{
    if (!link->linked) {
        return;
    }
    *(link->prev != NULL ? &link->prev->next : &list->head) = link->next;
    *(link->next != NULL ? &link->next->prev : &list->tail) = link->prev;
    link->next = link->prev = NULL;
    link->linked = 0;
}

/* For the runtime's end: no open wait can be decided any more; all slabs are freed. No other thread runs. */
void vrt_waiters_close(struct vela_runtime *runtime);
void vrt_waiters_deinit(struct vela_runtime *runtime);

#endif
