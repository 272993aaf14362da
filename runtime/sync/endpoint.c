/* The handles of a channel: made, cloned, closed, counted out, freed. */
#include "runtime/sync/channel_state.h"

#include "runtime/base/account.h"
#include "runtime/sched/runtime.h"

/* --- closing ----------------------------------------------------------------------------------- */

/* Claims `link` with CLOSED and puts it on `done`; a record decided by somebody else is only unlinked.
 * The list's lock. */
static void fail_locked(struct vrt_wait_list *list, struct vrt_wait_link *link, struct vela_value value,
                        struct vrt_wait_list *done)
{
    struct vrt_waiter *waiter = link->waiter;
    uint64_t ticket = link->ticket;
    vrt_wait_list_remove_locked(list, link);
    if (vrt_waiter_claim_any(waiter, ticket)) {
        waiter->decided_arm = (uint8_t)link->arm;
        waiter->outcome = VRT_OUTCOME_CLOSED;
        waiter->value = value;
        vrt_wait_list_append_locked(done, link, waiter, ticket);
    }
}

/* Fails the sends that are parked through `only`, or all (NULL). Both locks. */
static void fail_senders_locked(struct vrt_channel *channel, const struct vrt_sender *only,
                                struct vrt_wait_list *done)
{
    struct vrt_wait_link *next;
    for (struct vrt_wait_link *link = channel->in.parked.head; link != NULL; link = next) {
        struct vrt_send_arm *arm = (struct vrt_send_arm *)(void *)link;
        next = link->next;
        if (only == NULL || arm->sender == only) {
            fail_locked(&channel->in.parked, link, arm->value, done);
        }
    }
    channel->out.senders_wait = channel->in.parked.head != NULL;
}

/* Closes the channel for all: nobody parks on it any more. Both locks. */
static void close_locked(struct vrt_channel *channel, struct vrt_wait_list *done)
{
    channel->in.attention = VRT_CHANNEL_ENDED;
    fail_senders_locked(channel, NULL, done);
    while (channel->out.parked.head != NULL) {
        fail_locked(&channel->out.parked, channel->out.parked.head, (struct vela_value){0}, done);
    }
}

/* Posts the records that were failed. No lock. */
static void post_all(struct vrt_wait_list *done)
{
    struct vrt_wait_link *next;
    for (struct vrt_wait_link *link = done->head; link != NULL; link = next) {
        next = link->next;
        link->linked = 0; /* ours until the post: we hold the claim */
        vrt_waiter_post_any(link->waiter);
    }
}

void vrt_sender_close_any(struct vrt_sender *sender)
{
    struct vrt_channel *channel = sender->channel;
    struct vrt_wait_list done = {0};
    vrt_channel_lock_both(channel);
    if (vrt_atomic_load_relaxed(&sender->open)) { /* changed under the in-lock only */
        vrt_atomic_store_relaxed(&sender->open, 0);
        channel->senders--;
        fail_senders_locked(channel, sender, &done);
        if (channel->senders == 0) {
            close_locked(channel, &done);
        }
    }
    vrt_channel_unlock_both(channel);
    post_all(&done);
}

void vrt_receiver_close_any(struct vrt_receiver *receiver)
{
    struct vrt_channel *channel = receiver->channel;
    struct vrt_wait_list done = {0};
    vrt_channel_lock_both(channel);
    close_locked(channel, &done);
    vrt_channel_unlock_both(channel);
    post_all(&done);
}

/* --- the end ----------------------------------------------------------------------------------- */

/* What is left in a chain: from the value at `left` before the end of its first segment. */
struct rest {
    struct vrt_segment *head;
    uint64_t left, count;
};

/* Takes both chains out of the channel, oldest first. Both locks. */
static void detach_buffer_locked(struct vrt_channel *channel, struct rest rests[2])
{
    rests[0] = (struct rest){channel->out.head, channel->out.left, channel->out.count};
    rests[1].head = channel->in.head;
    rests[1].left = channel->in.head != NULL ? channel->in.head->capacity : 0;
    rests[1].count = vrt_atomic_load_relaxed(&channel->in.count); /* under the lock */
    channel->in.head = channel->in.tail = channel->out.head = NULL;
    channel->in.room = channel->out.left = 0;
    channel->out.count = 0;
    vrt_atomic_store_relaxed(&channel->in.count, 0); /* under the lock */
}

/* Releases the values of one segment, and frees it. */
static void drop_segment(struct vela_runtime *runtime, struct rest *rest)
{
    struct vrt_segment *segment = rest->head;
    for (; rest->left != 0 && rest->count != 0; rest->left--, rest->count--) {
        vrt_value_release(runtime, segment->values[segment->capacity - rest->left]);
    }
    rest->head = segment->next;
    rest->left = rest->head != NULL ? rest->head->capacity : 0;
    vrt_segment_free(segment);
}

static void drop_rest(struct vela_runtime *runtime, struct rest rest)
{
    struct vrt_account *account = vrt_account_switch(NULL); /* what was moved to nobody was charged to nobody */
    while (rest.head != NULL) {
        drop_segment(runtime, &rest);
    }
    vrt_account_switch(account);
}

/* The last receiver has gone: senders are told, the buffer is dropped. No lock. */
static void count_receiver_out(struct vrt_channel *channel)
{
    struct vrt_wait_list done = {0};
    struct rest dropped[2] = {{0}, {0}};
    vrt_channel_lock_both(channel);
    if (--channel->receivers == 0) {
        close_locked(channel, &done);
        detach_buffer_locked(channel, dropped);
    }
    vrt_channel_unlock_both(channel);
    post_all(&done);
    drop_rest(channel->runtime, dropped[0]);
    drop_rest(channel->runtime, dropped[1]);
}

static size_t block_bytes(bool compact)
{
    return sizeof(struct vrt_channel) + (compact ? 0 : VRT_CACHE_LINE - 16);
}

/* One handle less; the last one frees the channel. */
static void channel_release(struct vrt_channel *channel)
{
    if (vrt_atomic_sub_acq_rel(&channel->handles, 1) == 1) { /* sees all that other handles did */
        VRT_ASSERT(channel->in.parked.head == NULL && channel->out.parked.head == NULL);
        VRT_ASSERT(channel->in.head == NULL && channel->out.head == NULL);
        vrt_free_common(channel->memory, block_bytes(channel->compact));
    }
}

void vrt_sender_release_any(struct vrt_sender *sender)
{
    if (vrt_atomic_sub_acq_rel(&sender->references, 1) == 1) { /* sees what other holders did */
        struct vrt_channel *channel = sender->channel;
        vrt_sender_close_any(sender);
        vrt_free_common(sender, sizeof *sender);
        channel_release(channel);
    }
}

void vrt_receiver_release_any(struct vrt_receiver *receiver)
{
    if (vrt_atomic_sub_acq_rel(&receiver->references, 1) == 1) { /* as for a sender */
        struct vrt_channel *channel = receiver->channel;
        count_receiver_out(channel);
        vrt_free_common(receiver, sizeof *receiver);
        channel_release(channel);
    }
}

void vrt_sender_retain_any(struct vrt_sender *sender)
{
    vrt_atomic_add_relaxed(&sender->references, 1); /* the caller holds one, so it cannot go to 0 */
}

void vrt_receiver_retain_any(struct vrt_receiver *receiver)
{
    vrt_atomic_add_relaxed(&receiver->references, 1); /* the caller holds one */
}

/* --- the beginning ----------------------------------------------------------------------------- */

static struct vrt_sender *sender_create(struct vrt_channel *channel, bool open)
{
    struct vrt_sender *sender = vrt_alloc_common(sizeof *sender);
    if (sender != NULL) {
        sender->channel = channel;
        vrt_atomic_store_relaxed(&sender->references, 1); /* nobody else knows it yet */
        vrt_atomic_store_relaxed(&sender->open, open);
    }
    return sender;
}

static struct vrt_receiver *receiver_create(struct vrt_channel *channel)
{
    struct vrt_receiver *receiver = vrt_alloc_common(sizeof *receiver);
    if (receiver != NULL) {
        receiver->channel = channel;
        vrt_atomic_store_relaxed(&receiver->references, 1); /* nobody else knows it yet */
    }
    return receiver;
}

/* Blocks are aligned to 16 only. */
static struct vrt_channel *channel_alloc(bool compact)
{
    void *memory = vrt_alloc_common(block_bytes(compact));
    if (memory == NULL) {
        return NULL;
    }
    uintptr_t address = (uintptr_t)memory;
    if (!compact) {
        address = (address + VRT_CACHE_LINE - 1) & ~(uintptr_t)(VRT_CACHE_LINE - 1);
    }
    struct vrt_channel *channel = (struct vrt_channel *)address;
    *channel = (struct vrt_channel){.memory = memory, .compact = compact};
    return channel;
}

static uint64_t step_of(uint64_t capacity)
{
    if (capacity == VRT_CHANNEL_UNBOUNDED) {
        return UINT64_MAX;
    }
    return capacity < 8 ? 1 : capacity / 4;
}

static struct vrt_channel *channel_create(struct vela_runtime *runtime, const struct vrt_channel_config *config)
{
    struct vrt_channel *channel = channel_alloc(config->compact);
    if (channel != NULL) {
        channel->runtime = runtime;
        channel->capacity = config->capacity;
        channel->step = step_of(config->capacity);
        channel->site = config->site;
        channel->serial = config->serial;
        channel->in.free_slots = config->capacity;
        channel->senders = channel->receivers = 1;
        vrt_atomic_store_relaxed(&channel->handles, 2); /* nobody else knows it yet */
    }
    return channel;
}

enum vrt_channel_status vrt_channel_create(struct vela_runtime *runtime,
                                           const struct vrt_channel_config *config,
                                           struct vrt_sender **sender, struct vrt_receiver **receiver)
{
    struct vrt_channel *channel = channel_create(runtime, config);
    if (channel == NULL) {
        return VRT_CHANNEL_NO_MEMORY;
    }
    *sender = sender_create(channel, true);
    *receiver = receiver_create(channel);
    if (*sender != NULL && *receiver != NULL) {
        return VRT_CHANNEL_OK;
    }
    if (*sender != NULL) {
        vrt_free_common(*sender, sizeof **sender);
    }
    if (*receiver != NULL) {
        vrt_free_common(*receiver, sizeof **receiver);
    }
    vrt_free_common(channel->memory, block_bytes(channel->compact));
    return VRT_CHANNEL_NO_MEMORY;
}

/* Counts the clone in; closed if its origin is. */
static void count_sender_in(struct vrt_channel *channel, const struct vrt_sender *origin,
                            struct vrt_sender *clone)
{
    vrt_channel_lock_both(channel);
    uint32_t open = vrt_atomic_load_relaxed(&origin->open); /* changed under the in-lock */
    vrt_atomic_store_relaxed(&clone->open, open);
    channel->senders += open;
    vrt_channel_unlock_both(channel);
}

struct vrt_sender *vrt_sender_clone_any(struct vrt_sender *sender)
{
    struct vrt_channel *channel = sender->channel;
    struct vrt_sender *clone = sender_create(channel, false);
    if (clone != NULL) {
        vrt_atomic_add_relaxed(&channel->handles, 1); /* the origin's is held */
        count_sender_in(channel, sender, clone);
    }
    return clone;
}

struct vrt_receiver *vrt_receiver_clone_any(struct vrt_receiver *receiver)
{
    struct vrt_channel *channel = receiver->channel;
    struct vrt_receiver *clone = receiver_create(channel);
    if (clone != NULL) {
        vrt_atomic_add_relaxed(&channel->handles, 1); /* the origin's is held */
        vrt_channel_lock_both(channel);
        channel->receivers++;
        vrt_channel_unlock_both(channel);
    }
    return clone;
}

/* --- questions --------------------------------------------------------------------------------- */

static void facts_locked(const struct vrt_channel *channel, struct vrt_channel_facts *facts)
{
    facts->site = channel->site;
    facts->serial = channel->serial;
    facts->capacity = channel->capacity;
    facts->buffered = channel->out.count + vrt_atomic_load_relaxed(&channel->in.count); /* under the lock */
    facts->senders = channel->senders;
    facts->receivers = channel->receivers;
    facts->closed = (channel->in.attention & VRT_CHANNEL_ENDED) != 0;
}

void vrt_channel_facts_any(struct vrt_channel *channel, struct vrt_channel_facts *facts)
{
    vrt_channel_lock_both(channel);
    facts_locked(channel, facts);
    vrt_channel_unlock_both(channel);
}

uint64_t vrt_channel_length_any(struct vrt_channel *channel)
{
    struct vrt_channel_facts facts;
    vrt_channel_facts_any(channel, &facts);
    return facts.buffered;
}

uint64_t vrt_channel_capacity_any(const struct vrt_channel *channel)
{
    return channel->capacity;
}

bool vrt_channel_is_closed_any(struct vrt_channel *channel)
{
    struct vrt_channel_facts facts;
    vrt_channel_facts_any(channel, &facts);
    return facts.closed;
}

bool vrt_sender_is_closed_any(struct vrt_sender *sender)
{
    /* relaxed: an answer that may be old when it arrives; the lock orders the rest */
    return !vrt_atomic_load_relaxed(&sender->open) || vrt_channel_is_closed_any(sender->channel);
}
