/* Inside the channel: its layout, and the steps that are made with its locks held.
 *
 * For runtime/sync only: chain.c makes these steps, channel.c moves values with them, endpoint.c makes, closes and
 * frees, and a select takes the locks of several channels in order of their serial numbers, tries each arm, registers
 * at all, and unlocks. Nothing here posts, allocates, releases a value, or waits, except for the locks; what must be
 * posted or freed is handed to the caller, who does it after unlocking. */
#ifndef VRT_SYNC_CHANNEL_STATE_H
#define VRT_SYNC_CHANNEL_STATE_H

#include "runtime/base/assert.h"
#include "runtime/os/hot_lock.h"
#include "runtime/sync/channel.h"

/* Room for some messages in a row. A chain of segments holds a channel's messages, oldest first; all but its last are
 * full. So senders write, and receivers read, one cache line after the other, and seldom follow a link into memory that
 * another thread wrote last. */
struct vrt_segment {
    struct vrt_segment *next;
    uint64_t capacity; /* set once */
    struct vela_value values[];
};

/* The first segment of a chain is one cache line; each further one has twice the size, up to eight. */
enum { VRT_SEGMENT_FIRST = 3, VRT_SEGMENT_LAST = 31 };

/* A segment for `capacity` messages; NULL if memory is out. It is the caller's, who frees it if no chain took it. */
struct vrt_segment *vrt_segment_create(uint64_t capacity);

/* Frees a segment; NULL is allowed. The values in it are not looked at. */
void vrt_segment_free(struct vrt_segment *segment);

/* A parked send: its place in the list, its handle, its value, and a segment for it, since nothing can be allocated
 * where its turn comes. Owned by the waiter's owner, who frees it in vrt_sender_finish; the value is the channel's once
 * the record was claimed with DONE. */
struct vrt_send_arm {
    struct vrt_wait_link link;   /* first; guarded by the in-lock */
    struct vrt_sender *sender;   /* set once */
    struct vela_value value;     /* set before registering; read by the claimer, then by the owner */
    struct vrt_segment *spare;   /* the claimer may take it, then it is NULL; else the owner's */
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
        uint32_t room;          /* messages that `tail` still takes; 0 without one */
        _Atomic uint64_t count; /* messages in the chain; relaxed, read without the lock as a hint */
        struct vrt_segment *head;
        struct vrt_segment *tail;
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
        uint32_t left;         /* messages between the next one and the end of `head`, with it */
        uint32_t hurry;        /* so many swaps will not wait for more, as that did not pay */
        uint64_t count;        /* messages in the chain */
        struct vrt_segment *head;
        uint64_t taken;              /* slots not yet given back */
        struct vrt_wait_list parked; /* receivers: links of records */
    } out;
};
_Static_assert(offsetof(struct vrt_channel, runtime) == VRT_CACHE_LINE &&
                   offsetof(struct vrt_channel, out) == 2 * VRT_CACHE_LINE &&
                   sizeof(struct vrt_channel) <= 3 * VRT_CACHE_LINE,
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

/* Writes a message behind the last one, where there is room. In-lock held. */
static inline void vrt_channel_put_locked(struct vrt_channel *channel, struct vela_value value)
{
    struct vrt_segment *tail = channel->in.tail;
    tail->values[tail->capacity - channel->in.room] = value;
    channel->in.room--;
    uint64_t count = vrt_atomic_load_relaxed(&channel->in.count); /* ours: only changed under the lock */
    vrt_atomic_store_relaxed(&channel->in.count, count + 1);      /* a hint for vrt_receiver_is_ready_any */
}

/* Takes the oldest message of the out-chain, and gives the segment that it was the last one of, or NULL. Out-lock. */
static inline struct vrt_segment *vrt_channel_pop_locked(struct vrt_channel *channel, struct vela_value *value)
{
    struct vrt_segment *head = channel->out.head;
    *value = head->values[head->capacity - channel->out.left];
    channel->out.left--;
    channel->out.count--;
    channel->out.taken++;
    if (VRT_LIKELY(channel->out.left != 0 && channel->out.count != 0)) {
        return NULL;
    }
    channel->out.head = head->next;
    channel->out.left = head->next != NULL ? (uint32_t)head->next->capacity : 0;
    return head;
}

/* Are taken slots due to go back to the senders? Out-lock. */
static inline bool vrt_channel_wants_slots_locked(const struct vrt_channel *channel)
{
    return channel->out.taken >= channel->step || channel->out.senders_wait;
}

/* Appends a message, in `*spare`, which is NULL then, if the chain has no room. In-lock held. */
void vrt_channel_append_locked(struct vrt_channel *channel, struct vela_value value, struct vrt_segment **spare);

/* Gives all taken slots back, and one of them to the sender that waits longest: the record to post, or NULL. Both
 * locks. */
struct vrt_waiter *vrt_channel_refill_locked(struct vrt_channel *channel);

/* Tries to send with both locks held: a parked receiver gets the value directly (then `*woken` is its record), else a
 * free slot takes it, in `*spare` where the chain has no room: then that is NULL.
 * Returns OK, FULL or CLOSED. */
enum vrt_channel_status vrt_channel_try_send_locked(struct vrt_sender *sender, struct vela_value value,
                                                    struct vrt_segment **spare, struct vrt_waiter **woken);

/* Tries to receive with both locks held. `*spent` is then a segment to free or NULL, `*woken` the
 * record of a sender to post or NULL. Returns OK, EMPTY or CLOSED. */
enum vrt_channel_status vrt_channel_try_receive_locked(struct vrt_channel *channel, struct vela_value *value,
                                                       struct vrt_segment **spent, struct vrt_waiter **woken);

/* Registers a parked sender or receiver; both locks held, after the try above failed. */
void vrt_channel_park_sender_locked(struct vrt_channel *channel, struct vrt_send_arm *arm,
                                    struct vrt_waiter *waiter, uint64_t ticket);
void vrt_channel_park_receiver_locked(struct vrt_channel *channel, struct vrt_wait_link *link,
                                      struct vrt_waiter *waiter, uint64_t ticket);

/* Takes the first link whose record can be claimed out of the list, and those before it; NULL if
 * there is none. The list's lock held. */
struct vrt_wait_link *vrt_wait_list_claim_first_locked(struct vrt_wait_list *list);

#endif
