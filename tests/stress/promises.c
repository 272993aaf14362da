/* Promise storms: several settlers race for each promise, several tasks wait for each, some give up. */
#include "tests/stress/stress.h"

#include <stdlib.h>

#include "runtime/sched/timer.h"
#include "runtime/sync/promise.h"

enum { PROMISES = 2000, SETTLERS = 3, AWAITERS = 3, OPERATIONS_PER_TURN = 40 };

struct storm {
    struct stress_round *round;
    struct vrt_promise *promises[PROMISES];
    /* summed when all tasks have ended */
    _Atomic int64_t won;
    _Atomic int64_t delivered; /* waits that ended with an outcome of the promise */
    _Atomic int64_t gave_up;
    _Atomic int64_t wrong; /* outcomes that do not fit the state */
};

/* A settler or an awaiter. */
struct member {
    struct storm *storm;
    uint64_t generator;
    uint32_t next;   /* which promise */
    uint64_t ticket; /* of the open wait, 0 = none */
    bool timed;
};

static enum vrt_turn member_ends(struct member *self)
{
    stress_task_ended(self->storm->round);
    return VRT_TURN_END;
}

/* --- settlers ---------------------------------------------------------------------------------- */

/* Settles the next promise, or only drops its part in it. */
static void settle_next(struct member *self)
{
    struct vrt_promise *promise = self->storm->promises[self->next++];
    uint32_t choice = stress_random(&self->generator, 8);
    if (choice != 0) {
        vela_value value = stress_value_make(self->next);
        enum vrt_promise_state state = choice == 1   ? VRT_PROMISE_REJECTED
                                       : choice == 2 ? VRT_PROMISE_CANCELLED
                                                     : VRT_PROMISE_RESOLVED;
        if (vrt_promise_settle_any(promise, state, value)) {
            vrt_atomic_add_relaxed(&self->storm->won, 1); /* summed at the end */
        } else {
            stress_value_release(value);
        }
    }
    vrt_promise_release_producer_any(promise);
}

static enum vrt_turn settler_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct member *self = state;
    (void)task;
    (void)delivered;
    for (int i = 0; i < OPERATIONS_PER_TURN; i++) {
        if (self->next == PROMISES) {
            return member_ends(self);
        }
        settle_next(self);
    }
    return VRT_TURN_YIELD;
}

/* --- awaiters ---------------------------------------------------------------------------------- */

static bool fits(enum vrt_promise_state state, enum vrt_outcome outcome)
{
    switch (state) {
    case VRT_PROMISE_RESOLVED:
        return outcome == VRT_OUTCOME_VALUE;
    case VRT_PROMISE_REJECTED:
        return outcome == VRT_OUTCOME_ERROR;
    case VRT_PROMISE_CANCELLED:
        return outcome == VRT_OUTCOME_CANCELLED;
    default:
        return false;
    }
}

/* The wait for the present promise is over. */
static void await_over(struct vrt_task *task, struct member *self)
{
    struct vrt_promise *promise = self->storm->promises[self->next++];
    enum vrt_outcome outcome = task->waiter->outcome;
    if (self->timed) {
        vrt_timer_stop(task->waiter);
    }
    vrt_promise_forget(promise, task->waiter);
    if (outcome == VRT_OUTCOME_TIMEOUT) {
        vrt_atomic_add_relaxed(&self->storm->gave_up, 1); /* summed at the end */
    } else {
        vela_value value = {0};
        enum vrt_promise_state state = vrt_promise_poll_any(promise, &value);
        vrt_atomic_add_relaxed(&self->storm->delivered, 1);
        vrt_atomic_add_relaxed(&self->storm->wrong,
                               !fits(state, outcome) || value.number != task->waiter->value.number);
    }
    self->ticket = 0;
    vrt_promise_release_any(promise);
}

/* Waits for the next promise. True if it parked. */
static bool await_next(struct vrt_task *task, struct member *self)
{
    struct vrt_promise *promise = self->storm->promises[self->next];
    uint64_t ticket = vrt_waiter_arm(task->waiter);
    if (vrt_promise_wait(promise, task->waiter, ticket) == VRT_PROMISE_READY) {
        vrt_waiter_claim_any(task->waiter, ticket);
        vrt_atomic_add_relaxed(&self->storm->delivered, 1);
        vrt_promise_release_any(promise);
        self->next++;
        return false;
    }
    self->ticket = ticket;
    self->timed = stress_random(&self->generator, 4) == 0 &&
                  vrt_timer_start(self->storm->round->runtime, task->waiter, ticket,
                                  vrt_now() + stress_random(&self->generator, 20000)) == VRT_OK;
    return true;
}

static enum vrt_turn awaiter_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct member *self = state;
    if (self->ticket != 0) {
        if (delivered == NULL) {
            return VRT_TURN_IDLE;
        }
        await_over(task, self);
    }
    for (int i = 0; i < OPERATIONS_PER_TURN; i++) {
        if (self->next == PROMISES) {
            return member_ends(self);
        }
        if (await_next(task, self)) {
            return VRT_TURN_IDLE;
        }
    }
    return VRT_TURN_YIELD;
}

/* --- a round ----------------------------------------------------------------------------------- */

static void make_promises(struct storm *storm)
{
    for (int i = 0; i < PROMISES; i++) {
        struct vrt_promise *promise = vrt_promise_create(storm->round->runtime, (uint64_t)i);
        if (promise == NULL) {
            abort();
        }
        for (int n = 1; n < SETTLERS; n++) {
            vrt_promise_retain_producer_any(promise);
        }
        for (int n = 0; n < AWAITERS; n++) {
            vrt_promise_retain_any(promise);
        }
        vrt_promise_retain_any(promise); /* ours, to look at it at the end */
        storm->promises[i] = promise;
    }
}

static void spawn_member(struct storm *storm, vrt_task_step step, uint64_t stream)
{
    struct member *self = calloc(1, sizeof *self);
    self->storm = storm;
    self->generator = vrt_mix(storm->round->seed, stream);
    stress_spawn(storm->round, step, self, NULL);
}

/* Looks at all promises and lets them go; returns how many were rejected because all producers went. */
static int64_t end_promises(struct storm *storm)
{
    int64_t dropped = 0;
    for (int i = 0; i < PROMISES; i++) {
        vela_value value = {0};
        enum vrt_promise_state state = vrt_promise_poll_any(storm->promises[i], &value);
        stress_expect(storm->round, "a promise is settled", state != VRT_PROMISE_PENDING, 1);
        dropped += state == VRT_PROMISE_REJECTED && value.number == -1;
        vrt_promise_observe_any(storm->promises[i]);
        vrt_promise_release_any(storm->promises[i]);
    }
    return dropped;
}

void stress_promises(struct stress_round *round)
{
    struct storm *storm = calloc(1, sizeof *storm);
    storm->round = round;
    make_promises(storm);
    for (uint64_t i = 0; i < SETTLERS + AWAITERS; i++) {
        spawn_member(storm, i % 2 == 0 ? settler_step : awaiter_step, i);
    }
    stress_wait(round);
    int64_t dropped = end_promises(storm);
    stress_expect(round, "each promise is settled once", storm->won + dropped, PROMISES);
    stress_expect(round, "each wait ends once", storm->delivered + storm->gave_up, PROMISES * AWAITERS);
    stress_expect(round, "outcomes that do not fit", storm->wrong, 0);
    stress_expect(round, "unobserved", stress_values.unobserved, 0);
    free(storm);
}
