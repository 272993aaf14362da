/* The mailbox: many producers, one consumer, intrusive.
 *
 * A push is one compare-and-swap on the head; the consumer takes the whole chain with one
 * exchange and turns it into FIFO order. `push` says whether the box was empty: exactly that
 * pusher wakes the reader. (An isolate's inbox is the same structure fused with its state
 * word, see runtime/sched/isolate.h; this one serves loops and threads.) */
#ifndef VRT_QUEUE_MAILBOX_H
#define VRT_QUEUE_MAILBOX_H

#include "runtime/base/atomic.h"

#include <stddef.h>

/* One letter; embedded in whatever is posted. Aligned to 8, so that three low bits are free. */
struct vrt_post {
    struct vrt_post *next; /* of the chain: the pusher writes it before the release, then the reader */
    uint32_t kind;         /* enum vrt_post_kind, or the poster's own from VRT_POST_USER on */
    uint32_t detail;       /* free for the poster */
};

enum vrt_post_kind {
    VRT_POST_WAITER, /* the post is a vrt_waiter's first member: its wait has been decided */
    VRT_POST_USER    /* from here on: meanings of the layer above */
};

struct vrt_mailbox {
    /* any thread pushes (release: publishes the letter), the reader exchanges (acquire) */
    _Atomic(struct vrt_post *) head;
};

static inline void vrt_mailbox_init(struct vrt_mailbox *mailbox)
{
    vrt_atomic_store_relaxed(&mailbox->head, NULL); /* not shared yet */
}

/* Posts a letter. Returns true if the box was empty. Any thread; never waits. */
bool vrt_mailbox_push_any(struct vrt_mailbox *mailbox, struct vrt_post *post);

/* Takes all letters as a chain, oldest first; NULL if there are none. Reader only. */
struct vrt_post *vrt_mailbox_take(struct vrt_mailbox *mailbox);

/* Turns a chain round. Pure. */
struct vrt_post *vrt_post_reverse(struct vrt_post *chain);

static inline bool vrt_mailbox_is_empty_any(struct vrt_mailbox *mailbox)
{
    /* acquire: pairs with the release of a push; that it is seen follows from the seq_cst swaps of Note BRIDGE */
    return vrt_atomic_load_acquire(&mailbox->head) == NULL;
}

#endif
