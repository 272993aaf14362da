/* The channel: a FIFO of values between isolates, bounded, unbounded or a rendezvous.
 *
 * Two chains of messages. Senders append to the in-chain under the senders' lock, receivers take
 * from the out-chain under the receivers' lock; a receiver that finds `out` empty swaps the whole
 * in-chain over. Each lock stands on one cache line with its chain, so the two sides meet once per
 * chain, not once per message. The links of a chain are segments of 3 to 31 messages. Whoever needs
 * both locks takes the receivers' first.
 *
 *   senders --> [in-lock: in-chain, free slots, parked senders]
 *                      | swap, when `out` is empty            ^ slots, in steps of capacity/4
 *                      v                                      | or at once while a sender is parked
 *               [out-lock: out-chain, taken slots, parked receivers] --> receivers
 *
 * Rules that always hold while no lock is held (tests/models/channel.pml):
 *   - a receiver is parked only while both chains are empty; `in.receivers_wait` is then set;
 *   - a sender is parked only while no slot is free or taken; `out.senders_wait` is then set;
 *   - messages in both chains + slots not given back <= capacity.
 * Either hint may stay set for too long (a waiter that gave up): then the other side looks and
 * clears it. So parked waiters are served in order of arrival and nobody overtakes them.
 *
 * Life: made with one sender handle and one receiver handle; counted handles; freed with the last
 * one. Closing: the last open sender handle closes it (what is buffered can still be received), a
 * receiver's close does too; when the last receiver is freed the buffer is dropped at once. Values
 * are released, and waiters posted, with no lock held.
 *
 * Cost: some 20 ns for a send or a receive that meets nobody; 17 bytes per buffered message
 * of many; an idle channel 240 bytes, a compact one 192. Parking takes no memory in a receiver, 144 bytes in a
 * sender. */
#ifndef VRT_SYNC_CHANNEL_H
#define VRT_SYNC_CHANNEL_H

#include "runtime/sync/waiter.h"

#include <stddef.h>

struct vela_runtime;
struct vrt_channel;

#define VRT_CHANNEL_UNBOUNDED UINT64_MAX

enum vrt_channel_status {
    VRT_CHANNEL_OK,
    VRT_CHANNEL_FULL,
    VRT_CHANNEL_EMPTY,
    VRT_CHANNEL_CLOSED,
    VRT_CHANNEL_PARKED,
    VRT_CHANNEL_TIMEOUT,
    VRT_CHANNEL_CANCELLED,
    VRT_CHANNEL_NO_MEMORY
};

/* One sender handle: an identity that can be closed on its own. */
struct vrt_sender {
    struct vrt_channel *channel; /* set once */
    _Atomic uint32_t references;
    _Atomic uint32_t open; /* written under the in-lock; read there, or as a hint */
};

/* One receiver handle. */
struct vrt_receiver {
    struct vrt_channel *channel; /* set once */
    _Atomic uint32_t references;
};

/* What a report says about a channel. */
struct vrt_channel_facts {
    uint64_t site;      /* where it was made; the layer above knows what that means */
    uint64_t serial;    /* its number in the runtime */
    uint64_t capacity;  /* 0 rendezvous, VRT_CHANNEL_UNBOUNDED */
    uint64_t buffered;
    uint32_t senders;   /* open sender handles */
    uint32_t receivers; /* receiver handles */
    bool closed;
};

/* What a channel is made with; the fields as in the facts. `serial` orders the locks of a select:
 * derive it from the creating isolate and its n-th channel, so that a seeded run repeats. */
struct vrt_channel_config {
    uint64_t capacity;
    uint64_t site;
    uint64_t serial;
    bool compact; /* its sides may share cache lines: for channels of which there are many, each with little to do */
};

/* Makes a channel with one handle at each end.
 * Owns: both handles are the caller's (one reference each). Thread: any.
 * Errors: VRT_CHANNEL_NO_MEMORY, nothing made. */
enum vrt_channel_status vrt_channel_create(struct vela_runtime *runtime,
                                           const struct vrt_channel_config *config,
                                           struct vrt_sender **sender, struct vrt_receiver **receiver);

/* One more reference to the same handle. Thread: any that holds one. */
void vrt_sender_retain_any(struct vrt_sender *sender);
void vrt_receiver_retain_any(struct vrt_receiver *receiver);

/* Gives a reference back; the last one closes the handle (sender) or counts the receiver out, then
 * frees it. Only posts to waiters. Blocks: the channel's short locks; the caller holds no lock. */
void vrt_sender_release_any(struct vrt_sender *sender);
void vrt_receiver_release_any(struct vrt_receiver *receiver);

/* A new handle of the same channel; closed if `sender` is closed. Owns: the caller.
 * Errors: NULL when memory is out. Thread: any. */
struct vrt_sender *vrt_sender_clone_any(struct vrt_sender *sender);
struct vrt_receiver *vrt_receiver_clone_any(struct vrt_receiver *receiver);

/* Closes this handle: sends blocked through it get CLOSED, later ones too. Twice is fine. */
void vrt_sender_close_any(struct vrt_sender *sender);

/* Closes the channel for all senders; what is buffered can still be received. Twice is fine. */
void vrt_receiver_close_any(struct vrt_receiver *receiver);

/* True if a send through this handle would get CLOSED now. */
bool vrt_sender_is_closed_any(struct vrt_sender *sender);

/* Sends a value.
 * `waiter` NULL: never waits (try_send). Else an armed record: where the send would block it is
 * registered and PARKED returned; the caller takes the post, then calls vrt_sender_finish.
 * Owns: on OK and PARKED the value is the channel's, on any other answer still the caller's.
 * Returns OK, FULL (only without a waiter), CLOSED, PARKED, NO_MEMORY. An armed record that was not
 * registered is still open: the caller claims it himself. Thread: the record's owner. */
enum vrt_channel_status vrt_sender_send(struct vrt_sender *sender, struct vela_value value,
                                        struct vrt_waiter *waiter, uint64_t ticket);

/* Ends a parked send, whatever decided it: unlinks the record, before the fiber goes on.
 * Returns OK (a receiver or the buffer has the value), or CLOSED, TIMEOUT, CANCELLED with the value
 * back in `*value`, the caller's again. Thread: the record's owner, after it took the post or
 * claimed the record itself (then it sets the outcome first). */
enum vrt_channel_status vrt_sender_finish(struct vrt_waiter *waiter, struct vela_value *value);

/* Receives a value into `*value`, which is then the caller's. `waiter` as for a send.
 * Returns OK, EMPTY (only without a waiter), CLOSED (closed and drained), PARKED. */
enum vrt_channel_status vrt_receiver_receive(struct vrt_receiver *receiver, struct vela_value *value,
                                             struct vrt_waiter *waiter, uint64_t ticket);

/* Takes what is buffered, if there is something. False: nothing is, or it takes more than that (a rendezvous): receive.
 * Thread: any. Blocks: the channel's short locks, one of them if nothing is there. */
bool vrt_receiver_take(struct vrt_receiver *receiver, struct vela_value *value);

/* Ends a parked receive: as vrt_sender_finish. OK with the value, CLOSED, TIMEOUT, CANCELLED. */
enum vrt_channel_status vrt_receiver_finish(struct vrt_waiter *waiter, struct vela_value *value);

/* True if a receive would not park now; a hint that takes no lock, for a bounded spin. */
bool vrt_receiver_is_ready_any(struct vrt_receiver *receiver);

/* Messages buffered now, parked senders not counted. Blocks: both locks. */
uint64_t vrt_channel_length_any(struct vrt_channel *channel);

/* Calls `visit` with each of them, oldest first; they stay the channel's. Blocks: both locks, which are held
 * meanwhile. */
void vrt_channel_each_any(struct vrt_channel *channel, void (*visit)(struct vela_value value, void *argument),
                          void *argument);

/* Capacity; constant. */
uint64_t vrt_channel_capacity_any(const struct vrt_channel *channel);

/* True once no send can succeed any more. */
bool vrt_channel_is_closed_any(struct vrt_channel *channel);

/* The facts for a report. Blocks: both locks. */
void vrt_channel_facts_any(struct vrt_channel *channel, struct vrt_channel_facts *facts);

/* The channel a parked record waits for (where is VRT_WHERE_SEND or VRT_WHERE_RECEIVE), else NULL.
 * Thread: the owner, or a dump while the owner cannot run. */
struct vrt_channel *vrt_channel_of_waiter(const struct vrt_waiter *waiter);

#endif
