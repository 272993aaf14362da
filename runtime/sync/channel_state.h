/* Inside the channel: its layout, and the steps that are made with its locks held.
 *
 * For runtime/sync only: channel.c moves values with these steps, endpoint.c makes, closes and frees,
 * and a select takes the locks of several channels in order of their serial numbers, tries each arm,
 * registers at all, and unlocks. Nothing here posts, allocates, releases a value, or waits, except
 * for the locks; what must be posted or freed is handed to the caller, who does it after unlocking. */
#ifndef VRT_SYNC_CHANNEL_STATE_H
#define VRT_SYNC_CHANNEL_STATE_H

#include "runtime/os/hot_lock.h"
#include "runtime/sync/channel.h"

struct vrt_message {
    struct vrt_message *next;
    struct vela_value value;
};

/* A chain of messages, oldest first. */
struct vrt_chain {
    struct vrt_message *head;
    struct vrt_message *tail;
};

/* A parked send: its place in the list, its handle, its value. Owned by the waiter's owner, who frees
 * it in vrt_sender_finish; the value is the channel's once the record was claimed with DONE. */
struct vrt_send_arm {
    struct vrt_wait_link link; /* first; guarded by the in-lock */
    struct vrt_sender *sender; /* set once */
    struct vela_value value;   /* set before registering; read by the claimer, then by the owner */
};

/* Why a sender must leave its fast path. */
enum {
    VRT_CHANNEL_RECEIVERS_WAIT = 1, /* receivers may be parked; set and cleared under both locks */
    VRT_CHANNEL_ENDED = 2           /* closed; set under both locks */
};

struct vrt_channel {
    /* guarded by the in-lock */
    struct {
        struct vrt_hot_lock lock;
        uint32_t attention;     /* reasons for the slow path; changed under both locks */
        _Atomic uint64_t count; /* messages in `chain`; relaxed, read without the lock as a hint */
        struct vrt_chain chain;
        uint64_t free_slots;
        struct vrt_wait_list parked; /* of vrt_send_arm */
    } in;
    /* set once */
    struct vela_runtime *runtime;
    uint64_t capacity;
    uint64_t step; /* taken slots that are given back together */
    uint64_t site;
    uint64_t serial;
    void *memory; /* the block this struct stands in: on cache lines of its own unless it is compact */
    /* shared: handles not yet freed; the last release (acq_rel) frees the channel */
    _Atomic uint32_t handles;
    /* changed under both locks, read under one */
    uint32_t senders;   /* open handles */
    uint32_t receivers; /* handles */
    bool compact;       /* set once */
    /* guarded by the out-lock */
    struct {
        struct vrt_hot_lock lock;
        uint32_t senders_wait; /* senders may be parked; set and cleared under both locks */
        uint64_t count;        /* messages in `chain` */
        struct vrt_chain chain;
        uint64_t taken;              /* slots not yet given back */
        struct vrt_wait_list parked; /* receivers: links of records */
    } out;
};
_Static_assert(offsetof(struct vrt_channel, runtime) == VRT_CACHE_LINE && offsetof(struct vrt_channel, out) == 2 * VRT_CACHE_LINE &&
                   sizeof(struct vrt_channel) == 3 * VRT_CACHE_LINE,
               "each side of a channel is one cache line, with one between them: processors fetch lines in pairs");

/* Takes and gives both locks, the receivers' first. */
static inline void vrt_channel_lock_both(struct vrt_channel *channel)
{
    vrt_hot_lock_take(&channel->out.lock);
    vrt_hot_lock_take(&channel->in.lock);
}

static inline void vrt_channel_unlock_both(struct vrt_channel *channel)
{
    vrt_hot_lock_give(&channel->in.lock);
    vrt_hot_lock_give(&channel->out.lock);
}

static inline void vrt_chain_append(struct vrt_chain *chain, struct vrt_message *message)
{
    message->next = NULL;
    if (chain->head == NULL) {
        chain->head = message;
    } else {
        chain->tail->next = message;
    }
    chain->tail = message;
}

/* Appends a message to the in-chain. In-lock held. */
static inline void vrt_channel_append_locked(struct vrt_channel *channel, struct vrt_message *message)
{
    uint64_t count = vrt_atomic_load_relaxed(&channel->in.count); /* ours: only changed under the lock */
    vrt_atomic_store_relaxed(&channel->in.count, count + 1);      /* a hint for vrt_receiver_is_ready_any */
    vrt_chain_append(&channel->in.chain, message);
}

/* Tries to send with both locks held: a parked receiver gets the value directly (then `*woken` is its
 * record and the message stays the caller's), else a free slot takes the message.
 * Returns OK, FULL or CLOSED. */
enum vrt_channel_status vrt_channel_try_send_locked(struct vrt_sender *sender, struct vrt_message *message,
                                                    struct vrt_waiter **woken);

/* Tries to receive with both locks held. `*spent` is then a message to free or NULL, `*woken` the
 * record of a sender to post or NULL. Returns OK, EMPTY or CLOSED. */
enum vrt_channel_status vrt_channel_try_receive_locked(struct vrt_channel *channel, struct vela_value *value,
                                                       struct vrt_message **spent, struct vrt_waiter **woken);

/* Registers a parked sender or receiver; both locks held, after the try above failed. */
void vrt_channel_park_sender_locked(struct vrt_channel *channel, struct vrt_send_arm *arm,
                                    struct vrt_waiter *waiter, uint64_t ticket);
void vrt_channel_park_receiver_locked(struct vrt_channel *channel, struct vrt_wait_link *link,
                                      struct vrt_waiter *waiter, uint64_t ticket);

/* Takes the first link whose record can be claimed out of the list, and those before it; NULL if
 * there is none. The list's lock held. */
struct vrt_wait_link *vrt_wait_list_claim_first_locked(struct vrt_wait_list *list);

#endif
