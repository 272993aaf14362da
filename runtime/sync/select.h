/* Select: one wait for several receives and sends, of which exactly one happens.
 *
 * First each arm is tried alone, in random order, with the short way of a plain receive or send. If none can proceed,
 * the locks of all channels are taken in the order of their serial numbers, so that no two selects wait for each other;
 * each arm is tried again, and only if none can proceed at that one moment the record is registered at all of them, or
 * the answer is that nothing is ready. The record is claimed once, by whoever proceeds with it first; its link says
 * which arm. Afterwards it is unlinked from the others, under their locks, before the fiber goes on.
 *
 * With `closes`, an arm whose channel is closed (and, to receive, drained) is switched off instead of proceeding; when
 * all receives are (all sends, if there is no receive), the answer is CLOSED.
 *
 * Life: the arms are the caller's, and stay where they are until the end. Cost: a ready arm costs what a plain receive
 * or send costs; parking on n channels 4 n lock operations; no allocation but the messages of sends. */
#ifndef VRT_SYNC_SELECT_H
#define VRT_SYNC_SELECT_H

#include "runtime/sync/channel_state.h"

#define VRT_SELECT_MAX 255 /* arms: what decided_arm holds */

struct vrt_select_arm {
    /* set by the caller */
    struct vrt_receiver *receiver; /* NULL: it sends */
    struct vrt_sender *sender;
    struct vela_value value;       /* to send; the caller's unless this arm won */
    /* the select's own */
    union {
        struct vrt_wait_link link; /* of a receive */
        struct vrt_send_arm send;
    };
};

struct vrt_select {
    struct vrt_select_arm *arms;
    uint32_t count; /* VRT_SELECT_MAX at most */
    bool closes;
};

enum vrt_select_status {
    VRT_SELECT_VALUE,     /* arm `won` received *value, which is the caller's */
    VRT_SELECT_SENT,      /* arm `won` sent its value, which is gone */
    VRT_SELECT_CLOSED,    /* without closes: arm `won` is on a closed channel; with it: all are */
    VRT_SELECT_EMPTY,     /* nothing is ready; only without a waiter */
    VRT_SELECT_PARKED,
    VRT_SELECT_AGAIN,     /* from finish, with closes: an arm was switched off, select anew */
    VRT_SELECT_TIMEOUT,
    VRT_SELECT_CANCELLED,
    VRT_SELECT_NO_MEMORY
};

/* Selects. `waiter` NULL: never waits. Else an armed record: where nothing is ready it is registered and PARKED
 * returned; the caller takes the post, then calls vrt_select_finish. An armed record that was not registered is still
 * open: the caller claims it himself. `order`: room for `count` numbers; `chance`: a random word, which decides among
 * ready arms. Thread: the record's owner. Blocks: the channels' short locks. */
enum vrt_select_status vrt_select_try(struct vrt_select *select, uint8_t *order, uint64_t chance,
                                      struct vrt_waiter *waiter, uint64_t ticket, uint32_t *won,
                                      struct vela_value *value);

/* Ends a parked select, whatever decided it: unlinks the record everywhere. Thread: the record's owner. */
enum vrt_select_status vrt_select_finish(struct vrt_select *select, struct vrt_waiter *waiter, uint32_t *won,
                                         struct vela_value *value);

#endif
