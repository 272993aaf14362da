/* Values move: send, receive, and the end of a parked one. */
#include "runtime/sync/channel_state.h"

#include "runtime/base/account.h"
#include "runtime/sched/runtime.h"

/* --- waiting without parking -------------------------------------------------------------------- */

/* True if it may pay to look again for a moment: this thread has nothing else, another one runs. */
static bool may_spin(struct vrt_channel *channel)
{
    struct vrt_thread *thread = vrt_thread_current();
    struct vela_runtime *runtime = channel->runtime;
    if (thread == NULL || thread->kind != VRT_THREAD_WORKER || runtime->cpu_count < 2) {
        return false;
    }
    /* relaxed: all of it only decides whether to try */
    uint64_t idle = vrt_atomic_load_relaxed(&runtime->idle.word);
    uint32_t running = vrt_atomic_load_relaxed(&runtime->thread_count) - (uint32_t)idle - (uint32_t)(idle >> 32);
    return (int32_t)running > 1 && vrt_atomic_load_relaxed(&thread->next_slot) == NULL &&
           vrt_run_queue_length_any(&thread->queue) == 0;
}

/* As long as a sender takes for some tens of messages. */
static void pause_a_little(void)
{
    for (int i = 0; i < 48; i++) {
        vrt_cpu_relax();
    }
}

#define WORTH_DRAINING 64u /* of a smaller buffer too little would be free for what the wait costs */

/* The buffer is full: while a receiver runs it takes some of it in less time than parking and waking cost. */
static __attribute__((noinline)) void let_drain(struct vrt_channel *channel)
{
    if (channel->capacity >= WORTH_DRAINING && may_spin(channel)) {
        for (int i = 0; i < 3; i++) {
            pause_a_little();
        }
    }
}

/* --- send -------------------------------------------------------------------------------------- */

/* What a record waits for, for reports and for the finish. Owner, before it is registered. */
static void waiter_says(struct vrt_waiter *waiter, enum vrt_where where, const void *object)
{
    waiter->where = (uint8_t)where;
    waiter->where_object = object;
}

/* Makes the arm of a send that may park, or NULL; the spare segment is the arm's with it. */
static struct vrt_send_arm *arm_create(struct vrt_sender *sender, struct vela_value value, struct vrt_segment *spare)
{
    struct vrt_send_arm *arm = vrt_alloc_common(sizeof *arm);
    if (arm != NULL) {
        *arm = (struct vrt_send_arm){.sender = sender, .value = value, .spare = spare};
    }
    return arm;
}

static void arm_free(struct vrt_send_arm *arm)
{
    vrt_segment_free(arm->spare);
    vrt_free_common(arm, sizeof *arm);
}

/* Tries again with both locks, else parks. */
static enum vrt_channel_status send_or_park(struct vrt_send_arm *arm, struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_channel *channel = arm->sender->channel;
    struct vrt_waiter *woken;
    vrt_channel_lock_both(channel);
    enum vrt_channel_status status = vrt_channel_try_send_locked(arm->sender, arm->value, &arm->spare, &woken);
    if (status == VRT_CHANNEL_FULL) {
        waiter_says(waiter, VRT_WHERE_SEND, arm);
        vrt_channel_park_sender_locked(channel, arm, waiter, ticket);
        status = VRT_CHANNEL_PARKED;
    }
    vrt_channel_unlock_both(channel);
    if (status != VRT_CHANNEL_PARKED) {
        arm_free(arm);
    }
    if (woken != NULL) {
        vrt_waiter_post_any(woken);
    }
    return status;
}

/* Tries again with both locks. */
static enum vrt_channel_status send_now(struct vrt_sender *sender, struct vela_value value, struct vrt_segment *spare)
{
    struct vrt_waiter *woken;
    vrt_channel_lock_both(sender->channel);
    enum vrt_channel_status status = vrt_channel_try_send_locked(sender, value, &spare, &woken);
    vrt_channel_unlock_both(sender->channel);
    vrt_segment_free(spare);
    if (woken != NULL) {
        vrt_waiter_post_any(woken);
    }
    return status;
}

static __attribute__((noinline)) enum vrt_channel_status
send_slow(struct vrt_sender *sender, struct vela_value value, struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_segment *spare = vrt_segment_create(VRT_SEGMENT_FIRST);
    if (spare == NULL) {
        return VRT_CHANNEL_NO_MEMORY;
    }
    if (waiter == NULL) {
        return send_now(sender, value, spare);
    }
    struct vrt_send_arm *arm = arm_create(sender, value, spare);
    if (arm == NULL) {
        vrt_segment_free(spare);
        return VRT_CHANNEL_NO_MEMORY;
    }
    return send_or_park(arm, waiter, ticket);
}

/* Takes a message if it has a slot and nobody waits for it. In-lock. */
static inline bool has_slot_locked(const struct vrt_sender *sender)
{
    const struct vrt_channel *channel = sender->channel;
    bool open = vrt_atomic_load_relaxed(&sender->open) != 0; /* changed under this lock */
    return VRT_LIKELY(open && channel->in.attention == 0 && channel->in.free_slots != 0);
}

/* The messages that the segment behind the last one should take. In-lock. */
static uint64_t next_capacity_locked(const struct vrt_channel *channel)
{
    uint64_t last = channel->in.tail != NULL ? channel->in.tail->capacity : 0;
    return last == 0 ? VRT_SEGMENT_FIRST : last < VRT_SEGMENT_LAST ? 2 * last + 1 : last;
}

/* There was a slot, but no room for it in the chain's last segment. */
static __attribute__((noinline)) enum vrt_channel_status send_in_next(struct vrt_sender *sender,
                                                                      struct vela_value value, uint64_t capacity,
                                                                      struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_channel *channel = sender->channel;
    struct vrt_segment *spare = vrt_segment_create(capacity);
    if (spare == NULL) {
        return VRT_CHANNEL_NO_MEMORY;
    }
    vrt_hot_lock_take(&channel->in.lock);
    bool sent = has_slot_locked(sender);
    if (sent) {
        channel->in.free_slots--;
        vrt_channel_append_locked(channel, value, &spare);
    }
    vrt_hot_lock_give(&channel->in.lock);
    vrt_segment_free(spare);
    return sent ? VRT_CHANNEL_OK : send_slow(sender, value, waiter, ticket);
}

enum vrt_channel_status vrt_sender_send(struct vrt_sender *sender, struct vela_value value,
                                        struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_channel *channel = sender->channel;
    vrt_hot_lock_take(&channel->in.lock);
    bool has_slot = has_slot_locked(sender);
    if (VRT_LIKELY(has_slot && channel->in.room != 0)) {
        channel->in.free_slots--;
        vrt_channel_put_locked(channel, value);
        vrt_hot_lock_give(&channel->in.lock);
        return VRT_CHANNEL_OK;
    }
    bool full = channel->in.attention == 0 && channel->in.free_slots == 0;
    uint64_t capacity = next_capacity_locked(channel);
    vrt_hot_lock_give(&channel->in.lock);
    if (has_slot) {
        return send_in_next(sender, value, capacity, waiter, ticket);
    }
    if (full && waiter != NULL) {
        let_drain(channel);
    }
    return send_slow(sender, value, waiter, ticket);
}

/* --- receive ----------------------------------------------------------------------------------- */

/* Does with no lock held what a receive left behind. */
static void receive_clean_up(struct vrt_segment *spent, struct vrt_waiter *woken)
{
    vrt_segment_free(spent);
    if (woken != NULL) {
        vrt_waiter_post_any(woken);
    }
}

/* The out-chain is empty, the out-lock held. */
static __attribute__((noinline)) enum vrt_channel_status
receive_slow(struct vrt_channel *channel, struct vela_value *value, struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_segment *spent;
    struct vrt_waiter *woken;
    vrt_hot_lock_take(&channel->in.lock);
    enum vrt_channel_status status = vrt_channel_try_receive_locked(channel, value, &spent, &woken);
    if (status == VRT_CHANNEL_EMPTY && waiter != NULL) {
        waiter_says(waiter, VRT_WHERE_RECEIVE, channel);
        vrt_channel_park_receiver_locked(channel, &waiter->link, waiter, ticket);
        status = VRT_CHANNEL_PARKED;
    }
    vrt_channel_unlock_both(channel);
    receive_clean_up(spent, woken);
    return status;
}

/* The out-chain was not empty, slots are due; the out-lock held. */
static __attribute__((noinline)) void receive_and_refill(struct vrt_channel *channel, struct vrt_segment *spent)
{
    vrt_hot_lock_take(&channel->in.lock);
    struct vrt_waiter *woken = vrt_channel_refill_locked(channel);
    vrt_channel_unlock_both(channel);
    receive_clean_up(spent, woken);
}

/* How many messages the in-chain holds. */
static uint64_t arrived(struct vrt_channel *channel)
{
    return vrt_atomic_load_relaxed(&channel->in.count); /* relaxed: a hint; the receive that follows takes the lock */
}

/* Looks at the in-chain for at most some microseconds. Looks seldom: each look takes the cache line from the senders,
 * and what gathers meanwhile is taken in one swap. */
static void spin_for_message(struct vrt_receiver *receiver)
{
    if (vrt_receiver_is_ready_any(receiver) || !may_spin(receiver->channel)) {
        return;
    }
    uint64_t end_ns = vrt_now() + 1000;
    do {
        pause_a_little();
    } while (!vrt_receiver_is_ready_any(receiver) && vrt_now() < end_ns);
}

#define FEW 32u     /* a swap of fewer messages costs more than it brings */
#define HURRIED 64u /* swaps until the next try whether waiting pays */

/* The out-chain is empty, few messages are in the other: a receiver that keeps up with a stream would swap for each few
 * of them, and a swap costs both sides some cache lines. So it waits once for more, unless that did not pay of late, as
 * where the senders wait for answers. The out-lock, which is given and taken again. */
static __attribute__((noinline)) void gather_locked(struct vrt_receiver *receiver, uint64_t few)
{
    struct vrt_channel *channel = receiver->channel;
    if (channel->out.hurry != 0) {
        channel->out.hurry--;
        return;
    }
    vrt_hot_lock_give(&channel->out.lock);
    if (may_spin(channel)) {
        pause_a_little();
    }
    bool paid = arrived(channel) >= few + FEW / 2;
    vrt_hot_lock_take(&channel->out.lock);
    channel->out.hurry = paid ? 0 : HURRIED;
}

/* Takes the first message of the out-chain, which is not empty, and gives the out-lock back. */
static inline void take_first(struct vrt_channel *channel, struct vela_value *value)
{
    struct vrt_segment *spent = vrt_channel_pop_locked(channel, value);
    if (VRT_UNLIKELY(vrt_channel_wants_slots_locked(channel))) {
        receive_and_refill(channel, spent);
        return;
    }
    vrt_hot_lock_give(&channel->out.lock);
    vrt_segment_free(spent);
}

enum vrt_channel_status vrt_receiver_receive(struct vrt_receiver *receiver, struct vela_value *value,
                                             struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_channel *channel = receiver->channel;
    vrt_hot_lock_take(&channel->out.lock);
    if (VRT_UNLIKELY(channel->out.head == NULL)) {
        if (waiter != NULL && channel->capacity != 0) {
            vrt_hot_lock_give(&channel->out.lock);
            spin_for_message(receiver);
            vrt_hot_lock_take(&channel->out.lock);
        }
        if (channel->out.head == NULL) {
            return receive_slow(channel, value, waiter, ticket);
        }
    }
    take_first(channel, value);
    return VRT_CHANNEL_OK;
}

bool vrt_receiver_take(struct vrt_receiver *receiver, struct vela_value *value)
{
    struct vrt_channel *channel = receiver->channel;
    if (channel->capacity == 0) {
        return false;
    }
    vrt_hot_lock_take(&channel->out.lock);
    if (VRT_UNLIKELY(channel->out.head == NULL)) {
        uint64_t count = arrived(channel);
        if (count == 0) {
            vrt_hot_lock_give(&channel->out.lock);
            return false;
        }
        if (count < FEW) {
            gather_locked(receiver, count);
        }
        if (channel->out.head == NULL) {
            return receive_slow(channel, value, NULL, 0) == VRT_CHANNEL_OK;
        }
    }
    take_first(channel, value);
    return true;
}

bool vrt_receiver_is_ready_any(struct vrt_receiver *receiver)
{
    return arrived(receiver->channel) != 0;
}

/* --- the end of a parked one ------------------------------------------------------------------- */

static enum vrt_channel_status status_of(const struct vrt_waiter *waiter)
{
    switch (waiter->outcome) {
    case VRT_OUTCOME_VALUE:
    case VRT_OUTCOME_DONE:
        return VRT_CHANNEL_OK;
    case VRT_OUTCOME_CLOSED:
        return VRT_CHANNEL_CLOSED;
    case VRT_OUTCOME_TIMEOUT:
        return VRT_CHANNEL_TIMEOUT;
    default:
        return VRT_CHANNEL_CANCELLED;
    }
}

/* True if the winner was no one of this channel, so that the record may still be in its list. */
static bool may_be_linked(enum vrt_channel_status status)
{
    return status != VRT_CHANNEL_OK && status != VRT_CHANNEL_CLOSED;
}

enum vrt_channel_status vrt_sender_finish(struct vrt_waiter *waiter, struct vela_value *value)
{
    struct vrt_send_arm *arm = (struct vrt_send_arm *)waiter->where_object;
    struct vrt_channel *channel = arm->sender->channel;
    enum vrt_channel_status status = status_of(waiter);
    if (may_be_linked(status)) {
        vrt_hot_lock_take(&channel->in.lock);
        vrt_wait_list_remove_locked(&channel->in.parked, &arm->link);
        vrt_hot_lock_give(&channel->in.lock);
    }
    if (status != VRT_CHANNEL_OK) {
        *value = arm->value;
    }
    waiter_says(waiter, VRT_WHERE_NONE, NULL);
    arm_free(arm);
    return status;
}

enum vrt_channel_status vrt_receiver_finish(struct vrt_waiter *waiter, struct vela_value *value)
{
    struct vrt_channel *channel = (struct vrt_channel *)waiter->where_object;
    enum vrt_channel_status status = status_of(waiter);
    if (may_be_linked(status)) {
        vrt_hot_lock_take(&channel->out.lock);
        vrt_wait_list_remove_locked(&channel->out.parked, &waiter->link);
        vrt_hot_lock_give(&channel->out.lock);
    }
    if (status == VRT_CHANNEL_OK) {
        *value = waiter->value;
    }
    waiter_says(waiter, VRT_WHERE_NONE, NULL);
    return status;
}

struct vrt_channel *vrt_channel_of_waiter(const struct vrt_waiter *waiter)
{
    switch (waiter->where) {
    case VRT_WHERE_SEND:
        return ((const struct vrt_send_arm *)waiter->where_object)->sender->channel;
    case VRT_WHERE_RECEIVE:
        return (struct vrt_channel *)waiter->where_object;
    default:
        return NULL;
    }
}
