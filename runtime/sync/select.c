#include "runtime/sync/select.h"

#include "runtime/base/account.h"
#include "runtime/base/choice.h"
#include "runtime/sched/runtime.h"

static bool receives(const struct vrt_select_arm *arm)
{
    return arm->receiver != NULL;
}

static struct vrt_channel *channel_of(const struct vrt_select_arm *arm)
{
    return receives(arm) ? arm->receiver->channel : arm->sender->channel;
}

/* --- one arm at a time ------------------------------------------------------------------------- */

/* What the status of a receive or send says about the select; EMPTY: this arm cannot proceed. */
static enum vrt_select_status judge(const struct vrt_select *select, const struct vrt_select_arm *arm,
                                    enum vrt_channel_status status)
{
    switch (status) {
    case VRT_CHANNEL_OK:
        return receives(arm) ? VRT_SELECT_VALUE : VRT_SELECT_SENT;
    case VRT_CHANNEL_CLOSED:
        return select->closes ? VRT_SELECT_EMPTY : VRT_SELECT_CLOSED;
    case VRT_CHANNEL_NO_MEMORY:
        return VRT_SELECT_NO_MEMORY;
    default:
        return VRT_SELECT_EMPTY;
    }
}

static enum vrt_select_status try_alone(const struct vrt_select *select, const struct vrt_select_arm *arm,
                                        struct vela_value *value)
{
    enum vrt_channel_status status = receives(arm) ? vrt_receiver_receive(arm->receiver, value, NULL, 0)
                                                   : vrt_sender_send(arm->sender, arm->value, NULL, 0);
    return judge(select, arm, status);
}

/* A random order of the arms: the first of it that can proceed is a uniform choice among those that can. */
static void shuffle(uint8_t *order, uint32_t count, uint64_t chance)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = (uint32_t)(vrt_mix(chance, i) % (i + 1));
        order[i] = order[j];
        order[j] = (uint8_t)i;
    }
}

static enum vrt_select_status try_each_alone(const struct vrt_select *select, const uint8_t *order, uint32_t *won,
                                             struct vela_value *value)
{
    enum vrt_select_status status = VRT_SELECT_EMPTY;
    for (uint32_t i = 0; i < select->count && status == VRT_SELECT_EMPTY; i++) {
        *won = order[i];
        status = try_alone(select, &select->arms[order[i]], value);
    }
    return status;
}

/* --- all arms at one moment -------------------------------------------------------------------- */

/* Locks are taken in this order everywhere. Two serial numbers are equal only by chance; then the address decides,
 * which no program can see. */
static bool comes_before(const struct vrt_channel *a, const struct vrt_channel *b)
{
    return a->serial != b->serial ? a->serial < b->serial : (uintptr_t)a < (uintptr_t)b;
}

static void sort_by_channel(const struct vrt_select *select, uint8_t *order)
{
    for (uint32_t i = 1; i < select->count; i++) {
        uint8_t moving = order[i];
        uint32_t at = i;
        for (; at > 0 && comes_before(channel_of(&select->arms[moving]), channel_of(&select->arms[order[at - 1]]));
             at--) {
            order[at] = order[at - 1];
        }
        order[at] = moving;
    }
}

/* The n-th channel in the order, or NULL if the one before is the same. */
static struct vrt_channel *channel_at(const struct vrt_select *select, const uint8_t *order, uint32_t n)
{
    struct vrt_channel *channel = channel_of(&select->arms[order[n]]);
    return n > 0 && channel == channel_of(&select->arms[order[n - 1]]) ? NULL : channel;
}

static void lock_all(const struct vrt_select *select, uint8_t *order)
{
    sort_by_channel(select, order);
    for (uint32_t i = 0; i < select->count; i++) {
        struct vrt_channel *channel = channel_at(select, order, i);
        if (channel != NULL) {
            vrt_channel_lock_both(channel);
        }
    }
}

static void unlock_all(const struct vrt_select *select, const uint8_t *order)
{
    for (uint32_t i = 0; i < select->count; i++) {
        struct vrt_channel *channel = channel_at(select, order, i);
        if (channel != NULL) {
            vrt_channel_unlock_both(channel);
        }
    }
}

/* What is to be done without locks after an arm has proceeded. */
struct aftermath {
    struct vrt_segment *spent;
    struct vrt_waiter *woken;
};

static enum vrt_channel_status try_locked(struct vrt_select_arm *arm, struct vela_value *value, struct aftermath *after)
{
    if (receives(arm)) {
        return vrt_channel_try_receive_locked(arm->receiver->channel, value, &after->spent, &after->woken);
    }
    return vrt_channel_try_send_locked(arm->sender, arm->value, &arm->send.spare, &after->woken);
}

/* Arms that a closed channel switched off. */
struct off {
    uint32_t receives, sends;
};

static bool all_off(const struct vrt_select *select, struct off off)
{
    uint32_t receivers = 0;
    for (uint32_t i = 0; i < select->count; i++) {
        receivers += receives(&select->arms[i]);
    }
    return receivers != 0 ? off.receives == receivers : off.sends == select->count;
}

static enum vrt_select_status try_all_locked(struct vrt_select *select, uint32_t first, uint32_t *won,
                                             struct vela_value *value, struct aftermath *after)
{
    struct off off = {0, 0};
    for (uint32_t i = 0; i < select->count; i++) {
        *won = (first + i) % select->count;
        struct vrt_select_arm *arm = &select->arms[*won];
        enum vrt_channel_status status = try_locked(arm, value, after);
        enum vrt_select_status answer = judge(select, arm, status);
        if (answer != VRT_SELECT_EMPTY) {
            return answer;
        }
        *(receives(arm) ? &off.receives : &off.sends) += status == VRT_CHANNEL_CLOSED;
    }
    return select->closes && all_off(select, off) ? VRT_SELECT_CLOSED : VRT_SELECT_EMPTY;
}

static void park_locked(struct vrt_select_arm *arm, uint32_t index, struct vrt_waiter *waiter, uint64_t ticket)
{
    struct vrt_channel *channel = channel_of(arm);
    if (receives(arm)) {
        arm->link = (struct vrt_wait_link){.arm = index};
        if (!(channel->in.attention & VRT_CHANNEL_ENDED)) {
            vrt_channel_park_receiver_locked(channel, &arm->link, waiter, ticket);
        }
        return;
    }
    arm->send.link = (struct vrt_wait_link){.arm = index};
    /* relaxed: changed under the lock that is held */
    if (!(channel->in.attention & VRT_CHANNEL_ENDED) && vrt_atomic_load_relaxed(&arm->sender->open)) {
        vrt_channel_park_sender_locked(channel, &arm->send, waiter, ticket);
    }
}

/* --- room for what is sent --------------------------------------------------------------------- */

static void free_spares(struct vrt_select *select)
{
    for (uint32_t i = 0; i < select->count; i++) {
        struct vrt_select_arm *arm = &select->arms[i];
        if (!receives(arm)) {
            vrt_segment_free(arm->send.spare);
            arm->send.spare = NULL;
        }
    }
}

static bool prepare_sends(struct vrt_select *select)
{
    bool made = true;
    for (uint32_t i = 0; i < select->count; i++) {
        struct vrt_select_arm *arm = &select->arms[i];
        if (!receives(arm)) {
            arm->send = (struct vrt_send_arm){
                .sender = arm->sender, .value = arm->value, .spare = vrt_segment_create(VRT_SEGMENT_FIRST)};
            made = made && arm->send.spare != NULL;
        }
    }
    return made;
}

static enum vrt_select_status try_together(struct vrt_select *select, uint8_t *order, struct vrt_waiter *waiter,
                                           uint64_t ticket, uint32_t *won, struct vela_value *value)
{
    struct aftermath after = {NULL, NULL};
    uint32_t first = order[0]; /* what became ready meanwhile is rarely more than one */
    lock_all(select, order);
    enum vrt_select_status status = try_all_locked(select, first, won, value, &after);
    if (status == VRT_SELECT_EMPTY && waiter != NULL) {
        waiter->where = VRT_WHERE_SELECT;
        waiter->where_object = select;
        for (uint32_t i = 0; i < select->count; i++) {
            park_locked(&select->arms[i], i, waiter, ticket);
        }
        status = VRT_SELECT_PARKED;
    }
    unlock_all(select, order);
    vrt_segment_free(after.spent);
    if (after.woken != NULL) {
        vrt_waiter_post_any(after.woken);
    }
    return status;
}

enum vrt_select_status vrt_select_try(struct vrt_select *select, uint8_t *order, uint64_t chance,
                                      struct vrt_waiter *waiter, uint64_t ticket, uint32_t *won,
                                      struct vela_value *value)
{
    shuffle(order, select->count, chance);
    enum vrt_select_status status = try_each_alone(select, order, won, value);
    if (status != VRT_SELECT_EMPTY || select->count == 0) {
        return status;
    }
    status = prepare_sends(select) ? try_together(select, order, waiter, ticket, won, value) : VRT_SELECT_NO_MEMORY;
    if (status != VRT_SELECT_PARKED) {
        free_spares(select);
    }
    return status;
}

/* --- the end of a parked one ------------------------------------------------------------------- */

static void unlink_arm(struct vrt_select_arm *arm)
{
    struct vrt_channel *channel = channel_of(arm);
    struct vrt_hot_lock *lock = receives(arm) ? &channel->out.lock : &channel->in.lock;
    vrt_hot_lock_take(lock);
    if (receives(arm)) {
        vrt_wait_list_remove_locked(&channel->out.parked, &arm->link);
    } else {
        vrt_wait_list_remove_locked(&channel->in.parked, &arm->send.link);
    }
    vrt_hot_lock_give(lock);
}

enum vrt_select_status vrt_select_finish(struct vrt_select *select, struct vrt_waiter *waiter, uint32_t *won,
                                         struct vela_value *value)
{
    for (uint32_t i = 0; i < select->count; i++) {
        unlink_arm(&select->arms[i]);
    }
    free_spares(select);
    waiter->where = VRT_WHERE_NONE;
    waiter->where_object = NULL;
    *won = waiter->decided_arm;
    switch ((enum vrt_outcome)waiter->outcome) {
    case VRT_OUTCOME_VALUE:
        *value = waiter->value;
        return VRT_SELECT_VALUE;
    case VRT_OUTCOME_DONE:
        return VRT_SELECT_SENT;
    case VRT_OUTCOME_CLOSED:
        return select->closes ? VRT_SELECT_AGAIN : VRT_SELECT_CLOSED;
    case VRT_OUTCOME_TIMEOUT:
        return VRT_SELECT_TIMEOUT;
    default:
        return VRT_SELECT_CANCELLED;
    }
}
