/* The chains of a channel: their segments, and the steps that are made with its locks held. */
#include "runtime/sync/channel_state.h"

#include "runtime/base/account.h"

/* --- segments ---------------------------------------------------------------------------------- */

static size_t segment_bytes(uint64_t capacity)
{
    return sizeof(struct vrt_segment) + capacity * sizeof(struct vela_value);
}

struct vrt_segment *vrt_segment_create(uint64_t capacity)
{
    struct vrt_segment *segment = vrt_alloc_common(segment_bytes(capacity));
    if (segment != NULL) {
        segment->next = NULL;
        segment->capacity = capacity;
    }
    return segment;
}

void vrt_segment_free(struct vrt_segment *segment)
{
    if (segment != NULL) {
        vrt_free_common(segment, segment_bytes(segment->capacity));
    }
}

void vrt_channel_append_locked(struct vrt_channel *channel, struct vela_value value, struct vrt_segment **spare)
{
    if (channel->in.room == 0) {
        struct vrt_segment **link = channel->in.head == NULL ? &channel->in.head : &channel->in.tail->next;
        *link = channel->in.tail = *spare;
        channel->in.room = (uint32_t)(*spare)->capacity;
        *spare = NULL;
    }
    vrt_channel_put_locked(channel, value);
}

/* --- steps with locks held --------------------------------------------------------------------- */

struct vrt_wait_link *vrt_wait_list_claim_first_locked(struct vrt_wait_list *list)
{
    struct vrt_wait_link *link;
    while ((link = list->head) != NULL) {
        struct vrt_waiter *waiter = link->waiter;
        uint64_t ticket = link->ticket;
        vrt_wait_list_remove_locked(list, link);
        if (vrt_waiter_claim_any(waiter, ticket)) {
            waiter->decided_arm = (uint8_t)link->arm;
            return link;
        }
    }
    return NULL;
}

/* Claims the first parked receiver for `value`; NULL if none waits any more. Both locks. */
static struct vrt_waiter *hand_over_locked(struct vrt_channel *channel, struct vela_value value)
{
    struct vrt_wait_link *link = vrt_wait_list_claim_first_locked(&channel->out.parked);
    if (channel->out.parked.head == NULL) {
        channel->in.attention &= ~(uint32_t)VRT_CHANNEL_RECEIVERS_WAIT;
    }
    if (link == NULL) {
        return NULL;
    }
    link->waiter->outcome = VRT_OUTCOME_VALUE;
    link->waiter->value = value;
    return link->waiter;
}

/* Claims the first parked sender; its arm stays readable until it is posted. NULL if none waits any more. Both
 * locks. */
static struct vrt_send_arm *claim_sender_locked(struct vrt_channel *channel)
{
    struct vrt_wait_link *link = vrt_wait_list_claim_first_locked(&channel->in.parked);
    channel->out.senders_wait = channel->in.parked.head != NULL;
    if (link == NULL) {
        return NULL;
    }
    link->waiter->outcome = VRT_OUTCOME_DONE;
    return (struct vrt_send_arm *)(void *)link;
}

/* Gives all taken slots back to the senders. Both locks. */
static void give_slots_back_locked(struct vrt_channel *channel)
{
    channel->in.free_slots += channel->out.taken;
    channel->out.taken = 0;
}

/* While senders are parked no slot is free, so it never is more than one that can go on. */
struct vrt_waiter *vrt_channel_refill_locked(struct vrt_channel *channel)
{
    give_slots_back_locked(channel);
    struct vrt_send_arm *arm = claim_sender_locked(channel);
    if (arm != NULL) {
        channel->in.free_slots--;
        vrt_channel_append_locked(channel, arm->value, &arm->spare);
    }
    VRT_ASSERT(channel->in.parked.head == NULL || channel->in.free_slots == 0);
    return arm != NULL ? arm->link.waiter : NULL;
}

/* Moves the whole in-chain to the empty out-chain. Both locks. */
static void swap_chains_locked(struct vrt_channel *channel)
{
    channel->out.head = channel->in.head;
    channel->out.left = channel->in.head != NULL ? (uint32_t)channel->in.head->capacity : 0;
    channel->out.count = vrt_atomic_load_relaxed(&channel->in.count); /* under the lock */
    channel->in.head = channel->in.tail = NULL;
    channel->in.room = 0;
    vrt_atomic_store_relaxed(&channel->in.count, 0); /* under the lock; a hint for others */
}

static bool sender_can_go_locked(const struct vrt_sender *sender)
{
    /* relaxed: changed under this lock */
    return vrt_atomic_load_relaxed(&sender->open) && !(sender->channel->in.attention & VRT_CHANNEL_ENDED);
}

enum vrt_channel_status vrt_channel_try_send_locked(struct vrt_sender *sender, struct vela_value value,
                                                    struct vrt_segment **spare, struct vrt_waiter **woken)
{
    struct vrt_channel *channel = sender->channel;
    *woken = NULL;
    if (!sender_can_go_locked(sender)) {
        return VRT_CHANNEL_CLOSED;
    }
    *woken = hand_over_locked(channel, value);
    if (*woken != NULL) {
        return VRT_CHANNEL_OK;
    }
    give_slots_back_locked(channel);
    if (channel->in.free_slots == 0) {
        return VRT_CHANNEL_FULL;
    }
    channel->in.free_slots--;
    vrt_channel_append_locked(channel, value, spare);
    return VRT_CHANNEL_OK;
}

enum vrt_channel_status vrt_channel_try_receive_locked(struct vrt_channel *channel, struct vela_value *value,
                                                       struct vrt_segment **spent, struct vrt_waiter **woken)
{
    *spent = NULL;
    *woken = NULL;
    if (channel->out.head == NULL) {
        swap_chains_locked(channel);
        give_slots_back_locked(channel);
    }
    if (channel->out.head != NULL) {
        *spent = vrt_channel_pop_locked(channel, value);
        if (vrt_channel_wants_slots_locked(channel)) {
            *woken = vrt_channel_refill_locked(channel);
        }
        return VRT_CHANNEL_OK;
    }
    struct vrt_send_arm *arm = claim_sender_locked(channel); /* a rendezvous: nothing else parks beside an empty
                                                                buffer */
    if (arm != NULL) {
        *value = arm->value;
        *woken = arm->link.waiter;
        return VRT_CHANNEL_OK;
    }
    return channel->in.attention & VRT_CHANNEL_ENDED ? VRT_CHANNEL_CLOSED : VRT_CHANNEL_EMPTY;
}

void vrt_channel_park_sender_locked(struct vrt_channel *channel, struct vrt_send_arm *arm,
                                    struct vrt_waiter *waiter, uint64_t ticket)
{
    vrt_wait_list_append_locked(&channel->in.parked, &arm->link, waiter, ticket);
    channel->out.senders_wait = 1;
}

void vrt_channel_park_receiver_locked(struct vrt_channel *channel, struct vrt_wait_link *link,
                                      struct vrt_waiter *waiter, uint64_t ticket)
{
    vrt_wait_list_append_locked(&channel->out.parked, link, waiter, ticket);
    channel->in.attention |= VRT_CHANNEL_RECEIVERS_WAIT;
}
