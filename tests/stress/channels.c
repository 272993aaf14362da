/* Channels under stress: many senders and receivers, timeouts, closing at random. */
#include "tests/stress/stress.h"

#include <stdlib.h>

#include "runtime/sched/timer.h"
#include "runtime/sync/channel.h"

enum { MAX_SENDERS = 6, MAX_RECEIVERS = 6, MAX_PER_SENDER = 4096, OPERATIONS_PER_TURN = 40 };

enum flags { TIMEOUTS = 1, CLOSING = 2 };

/* What all tasks of a round share. */
struct traffic {
    struct stress_round *round;
    uint32_t flags;
    uint32_t per_sender;
    /* summed when all tasks have ended */
    _Atomic int64_t sent;      /* OK */
    _Atomic int64_t refused;   /* came back */
    _Atomic int64_t received;
    _Atomic int64_t disorder;  /* messages of one sender out of order at one receiver */
    _Atomic int64_t doubled;
    _Atomic uint8_t seen[MAX_SENDERS * MAX_PER_SENDER];
};

struct sending {
    struct traffic *traffic;
    struct vrt_sender *sender;
    uint64_t generator;
    uint64_t ticket; /* of the parked send, 0 = none */
    uint32_t index;
    uint32_t next;   /* number of the next message */
    bool timed;
};

struct receiving {
    struct traffic *traffic;
    struct vrt_receiver *receiver;
    uint64_t generator;
    uint64_t ticket;
    bool timed;
    int64_t last[MAX_SENDERS];
};

/* Gives a wait a short deadline now and then. */
static bool maybe_time(struct traffic *traffic, uint64_t *generator, struct vrt_waiter *waiter, uint64_t ticket)
{
    if (!(traffic->flags & TIMEOUTS) || stress_random(generator, 3) != 0) {
        return false;
    }
    uint64_t deadline_ns = vrt_now() + stress_random(generator, 20000);
    return vrt_timer_start(traffic->round->runtime, waiter, ticket, deadline_ns) == VRT_OK;
}

/* True if the task's own record was among what was delivered. */
static bool was_posted(struct vrt_task *task, struct vrt_post *delivered)
{
    for (; delivered != NULL; delivered = delivered->next) {
        if (vrt_waiter_from_post(delivered) == task->waiter) {
            return true;
        }
    }
    return false;
}

/* --- senders ----------------------------------------------------------------------------------- */

static void send_over(struct sending *self, enum vrt_channel_status status, vela_value value)
{
    struct traffic *traffic = self->traffic;
    if (status == VRT_CHANNEL_OK) {
        vrt_atomic_add_relaxed(&traffic->sent, 1); /* summed at the end */
    } else {
        vrt_atomic_add_relaxed(&traffic->refused, 1);
        stress_value_release(value);
    }
}

/* Sends the next message, by trying or by waiting. True if it parked. */
static bool send_next(struct vrt_task *task, struct sending *self)
{
    bool wait = stress_random(&self->generator, 4) != 0;
    vela_value value = stress_value_make((int64_t)self->index * MAX_PER_SENDER + self->next++);
    uint64_t ticket = wait ? vrt_waiter_arm(task->waiter) : 0;
    enum vrt_channel_status status = vrt_sender_send(self->sender, value, wait ? task->waiter : NULL, ticket);
    if (status == VRT_CHANNEL_PARKED) {
        self->ticket = ticket;
        self->timed = maybe_time(self->traffic, &self->generator, task->waiter, ticket);
        return true;
    }
    if (wait) {
        vrt_waiter_claim_any(task->waiter, ticket);
    }
    send_over(self, status, value);
    return false;
}

static void sender_wakes(struct vrt_task *task, struct sending *self)
{
    vela_value value = {0};
    if (self->timed) {
        vrt_timer_stop(task->waiter);
    }
    self->ticket = 0;
    enum vrt_channel_status status = vrt_sender_finish(task->waiter, &value);
    send_over(self, status, value);
}

static enum vrt_turn sender_ends(struct sending *self)
{
    vrt_sender_release_any(self->sender);
    stress_task_ended(self->traffic->round);
    return VRT_TURN_END;
}

static enum vrt_turn sender_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct sending *self = state;
    if (self->ticket != 0) {
        if (!was_posted(task, delivered)) {
            return VRT_TURN_IDLE;
        }
        sender_wakes(task, self);
    }
    for (int i = 0; i < OPERATIONS_PER_TURN; i++) {
        if (self->next == self->traffic->per_sender) {
            return sender_ends(self);
        }
        if (self->traffic->flags & CLOSING && stress_random(&self->generator, 2000) == 0) {
            vrt_sender_close_any(self->sender);
        }
        if (send_next(task, self)) {
            return VRT_TURN_IDLE;
        }
    }
    return VRT_TURN_YIELD;
}

/* --- receivers --------------------------------------------------------------------------------- */

static void receive_over(struct receiving *self, vela_value value)
{
    struct traffic *traffic = self->traffic;
    int64_t index = value.number / MAX_PER_SENDER;
    vrt_atomic_add_relaxed(&traffic->received, 1); /* summed at the end, as the others */
    vrt_atomic_add_relaxed(&traffic->disorder, value.number <= self->last[index]);
    vrt_atomic_add_relaxed(&traffic->doubled, vrt_atomic_exchange_acq_rel(&traffic->seen[value.number], 1));
    self->last[index] = value.number;
    stress_value_release(value);
}

/* Receives one message; the status tells whether it parked, or that it is over. */
static enum vrt_channel_status receive_next(struct vrt_task *task, struct receiving *self)
{
    bool wait = stress_random(&self->generator, 4) != 0;
    vela_value value;
    uint64_t ticket = wait ? vrt_waiter_arm(task->waiter) : 0;
    enum vrt_channel_status status =
        vrt_receiver_receive(self->receiver, &value, wait ? task->waiter : NULL, ticket);
    if (status == VRT_CHANNEL_PARKED) {
        self->ticket = ticket;
        self->timed = maybe_time(self->traffic, &self->generator, task->waiter, ticket);
        return status;
    }
    if (wait) {
        vrt_waiter_claim_any(task->waiter, ticket);
    }
    if (status == VRT_CHANNEL_OK) {
        receive_over(self, value);
    }
    return status;
}

static enum vrt_channel_status receiver_wakes(struct vrt_task *task, struct receiving *self)
{
    vela_value value;
    if (self->timed) {
        vrt_timer_stop(task->waiter);
    }
    self->ticket = 0;
    enum vrt_channel_status status = vrt_receiver_finish(task->waiter, &value);
    if (status == VRT_CHANNEL_OK) {
        receive_over(self, value);
    }
    return status;
}

static enum vrt_turn receiver_ends(struct receiving *self)
{
    vrt_receiver_release_any(self->receiver);
    stress_task_ended(self->traffic->round);
    return VRT_TURN_END;
}

static enum vrt_turn receiver_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct receiving *self = state;
    enum vrt_channel_status status = VRT_CHANNEL_OK;
    if (self->ticket != 0) {
        if (!was_posted(task, delivered)) {
            return VRT_TURN_IDLE;
        }
        status = receiver_wakes(task, self);
    }
    for (int i = 0; i < OPERATIONS_PER_TURN && status != VRT_CHANNEL_CLOSED; i++) {
        if (self->traffic->flags & CLOSING && stress_random(&self->generator, 3000) == 0) {
            if (stress_random(&self->generator, 2) == 0) {
                vrt_receiver_close_any(self->receiver);
            }
            return receiver_ends(self); /* perhaps the last one */
        }
        status = receive_next(task, self);
        if (status == VRT_CHANNEL_PARKED) {
            return VRT_TURN_IDLE;
        }
    }
    return status == VRT_CHANNEL_CLOSED ? receiver_ends(self) : VRT_TURN_YIELD;
}

/* --- a round ----------------------------------------------------------------------------------- */

static void spawn_sender(struct traffic *traffic, struct vrt_sender *sender, uint32_t index)
{
    struct sending *self = calloc(1, sizeof *self);
    *self = (struct sending){.traffic = traffic, .sender = vrt_sender_clone_any(sender), .index = index};
    self->generator = vrt_mix(traffic->round->seed, index);
    stress_spawn(traffic->round, sender_step, self, NULL);
}

static void spawn_receiver(struct traffic *traffic, struct vrt_receiver *receiver, uint32_t index)
{
    struct receiving *self = calloc(1, sizeof *self);
    *self = (struct receiving){.traffic = traffic, .receiver = vrt_receiver_clone_any(receiver)};
    self->generator = vrt_mix(traffic->round->seed, 100 + index);
    for (int i = 0; i < MAX_SENDERS; i++) {
        self->last[i] = -1;
    }
    stress_spawn(traffic->round, receiver_step, self, NULL);
}

static void check(struct traffic *traffic, uint32_t senders, int64_t dropped)
{
    struct stress_round *round = traffic->round;
    int64_t sent = traffic->sent, refused = traffic->refused, received = traffic->received;
    stress_expect(round, "sent = received + dropped with the buffer", sent, received + dropped);
    stress_expect(round, "sent + refused = tried", sent + refused, (int64_t)senders * traffic->per_sender);
    stress_expect(round, "messages received twice", traffic->doubled, 0);
    stress_expect(round, "messages out of order", traffic->disorder, 0);
    if (!(traffic->flags & CLOSING)) {
        stress_expect(round, "messages dropped", dropped, 0);
    }
}

/* One round of traffic over one channel. */
static void run_traffic(struct stress_round *round, uint64_t capacity, uint32_t flags)
{
    uint64_t generator = round->seed;
    uint32_t senders = 1 + stress_random(&generator, MAX_SENDERS);
    uint32_t receivers = 1 + stress_random(&generator, MAX_RECEIVERS);
    struct traffic *traffic = calloc(1, sizeof *traffic);
    struct vrt_channel_config config = {.capacity = capacity, .serial = 1};
    struct vrt_sender *sender;
    struct vrt_receiver *receiver;
    traffic->round = round;
    traffic->flags = flags;
    traffic->per_sender = 1 + stress_random(&generator, MAX_PER_SENDER - 1);
    if (vrt_channel_create(round->runtime, &config, &sender, &receiver) != VRT_CHANNEL_OK) {
        abort();
    }
    for (uint32_t i = 0; i < senders || i < receivers; i++) {
        if (i < senders) {
            spawn_sender(traffic, sender, i);
        }
        if (i < receivers) {
            spawn_receiver(traffic, receiver, i);
        }
    }
    vrt_sender_release_any(sender);
    vrt_receiver_release_any(receiver);
    stress_wait(round);
    check(traffic, senders, stress_values.released - traffic->received - traffic->refused);
    free(traffic);
}

void stress_unbounded(struct stress_round *round)
{
    run_traffic(round, VRT_CHANNEL_UNBOUNDED, 0);
}

void stress_bounded(struct stress_round *round)
{
    uint64_t generator = round->seed + 1;
    run_traffic(round, 1 + stress_random(&generator, 20), 0);
}

void stress_rendezvous(struct stress_round *round)
{
    run_traffic(round, 0, 0);
}

void stress_timeouts(struct stress_round *round)
{
    uint64_t generator = round->seed + 2;
    run_traffic(round, stress_random(&generator, 4), TIMEOUTS);
}

void stress_closing(struct stress_round *round)
{
    uint64_t generator = round->seed + 3;
    run_traffic(round, stress_random(&generator, 6), TIMEOUTS | CLOSING);
}
