#include "runtime/queue/mailbox.h"

bool vrt_mailbox_push_any(struct vrt_mailbox *mailbox, struct vrt_post *post)
{
    struct vrt_post *head = vrt_atomic_load_relaxed(&mailbox->head); /* only compared and linked to */
    do {
        post->next = head;
        /* release: publishes the letter to the reader's exchange in vrt_mailbox_take */
    } while (!vrt_atomic_cas_weak_release(&mailbox->head, &head, post));
    return head == NULL;
}

struct vrt_post *vrt_post_reverse(struct vrt_post *chain)
{
    struct vrt_post *reversed = NULL;
    while (chain != NULL) {
        struct vrt_post *next = chain->next;
        chain->next = reversed;
        reversed = chain;
        chain = next;
    }
    return reversed;
}

struct vrt_post *vrt_mailbox_take(struct vrt_mailbox *mailbox)
{
    if (vrt_atomic_load_relaxed(&mailbox->head) == NULL) { /* a hint: a later pusher wakes us */
        return NULL;
    }
    /* acquire: pairs with the release of every push in the chain */
    return vrt_post_reverse(vrt_atomic_exchange_acquire(&mailbox->head, NULL));
}
