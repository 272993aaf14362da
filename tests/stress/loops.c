/* The loop under stress: tasks post jobs to it, isolates bound to it trade messages with workers. */
#include "tests/stress/stress.h"

#include <stdlib.h>

#include "runtime/loop/loop.h"
#include "runtime/sync/channel.h"

enum { POSTERS = 6, JOBS = 300, ECHOES = 300 };

struct office {
    struct stress_round *round;
    struct vrt_loop *loop;
    _Atomic int64_t handled;  /* summed when all tasks have ended */
    _Atomic int64_t disorder;
};

/* A task that posts jobs: the n-th must arrive after the one before. */
struct poster {
    struct office *office;
    uint32_t next;
    _Atomic int64_t last; /* the loop's thread */
};

struct errand {
    struct vrt_loop_job job; /* first */
    struct office *office;
    struct poster *poster; /* NULL after its last errand */
    int64_t number;
};

static void errand_run(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    struct errand *errand = (struct errand *)(void *)job;
    struct office *office = errand->office;
    struct poster *poster = errand->poster;
    (void)loop;
    vrt_atomic_add_relaxed(&office->handled, 1); /* summed at the end */
    vrt_atomic_add_relaxed(&office->disorder, errand->number != vrt_atomic_load_relaxed(&poster->last) + 1);
    vrt_atomic_store_relaxed(&poster->last, errand->number); /* only this thread */
    if (errand->number == JOBS - 1) {
        free(poster);
        stress_task_ended(office->round);
    }
    free(errand);
}

static enum vrt_turn poster_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct poster *poster = *(struct poster **)state;
    (void)task;
    (void)delivered;
    for (uint32_t burst = 1 + poster->next % 7; burst > 0; burst--) {
        struct errand *errand = calloc(1, sizeof *errand);
        *errand = (struct errand){.job.run = errand_run, .office = poster->office, .poster = poster};
        errand->number = poster->next++;
        bool last = poster->next == JOBS; /* after the last post the poster may be freed */
        if (vrt_loop_post_any(poster->office->loop, &errand->job) != VRT_OK) {
            abort();
        }
        if (last) {
            return VRT_TURN_END;
        }
    }
    return VRT_TURN_YIELD;
}

/* --- an echo on the loop's thread -------------------------------------------------------------- */

/* Receives and sends back until its channel closes; or the other way round. */
struct echo {
    struct office *office;
    struct vrt_receiver *in;
    struct vrt_sender *out;
    struct vrt_loop_bond *bond; /* NULL for the worker's side */
    uint32_t starts;            /* messages to send unasked */
    uint32_t left;              /* messages to receive */
    bool parked;
};

static void echo_drop(void *state)
{
    struct echo *echo = state;
    struct stress_round *round = echo->office->round;
    vrt_receiver_release_any(echo->in);
    vrt_sender_release_any(echo->out);
    if (echo->bond != NULL) {
        vrt_loop_bond_destroy(echo->bond);
    }
    free(echo);
    stress_task_ended(round);
}

static void echo_send(struct echo *echo, vela_value value)
{
    if (vrt_sender_send(echo->out, value, NULL, 0) != VRT_CHANNEL_OK) {
        stress_value_release(value);
    }
}

/* Receives the next message, or takes what a parked receive brought. */
static enum vrt_channel_status echo_receive(struct vrt_task *task, struct echo *echo, vela_value *value)
{
    if (echo->parked) {
        echo->parked = false;
        return vrt_receiver_finish(task->waiter, value);
    }
    uint64_t ticket = vrt_waiter_arm(task->waiter);
    enum vrt_channel_status status = vrt_receiver_receive(echo->in, value, task->waiter, ticket);
    if (status == VRT_CHANNEL_PARKED) {
        echo->parked = true;
    } else {
        vrt_waiter_claim_any(task->waiter, ticket);
    }
    return status;
}

static enum vrt_turn echo_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct echo *echo = state;
    vela_value value;
    enum vrt_channel_status status;
    if (echo->parked && delivered == NULL) {
        return VRT_TURN_IDLE;
    }
    for (; echo->starts > 0; echo->starts--) {
        echo_send(echo, stress_value_make(echo->starts));
    }
    while ((status = echo_receive(task, echo, &value)) == VRT_CHANNEL_OK && --echo->left > 0) {
        echo_send(echo, value);
    }
    if (status == VRT_CHANNEL_OK) {
        stress_value_release(value);
    }
    return status == VRT_CHANNEL_PARKED ? VRT_TURN_IDLE : VRT_TURN_END;
}

static void spawn_echo(struct office *office, struct vrt_receiver *in, struct vrt_sender *out, uint32_t starts,
                       bool bound)
{
    struct echo *echo = calloc(1, sizeof *echo);
    *echo = (struct echo){.office = office, .in = in, .out = out, .starts = starts, .left = ECHOES};
    struct vrt_task_config config = {.step = echo_step, .state = echo, .drop = echo_drop, .outside_pool = bound};
    struct vrt_task *task = vrt_task_create(office->round->runtime, &config);
    vrt_atomic_add_relaxed(&office->round->left, 1); /* before the task runs */
    if (task != NULL && bound) {
        echo->bond = vrt_loop_bind(office->loop, &task->isolate);
    }
    if (task == NULL || vrt_isolate_start_any(&task->isolate) != VRT_OK) {
        abort();
    }
}

static void spawn_pair(struct office *office)
{
    struct vrt_channel_config config = {.capacity = VRT_CHANNEL_UNBOUNDED};
    struct vrt_sender *to_loop, *to_worker;
    struct vrt_receiver *at_loop, *at_worker;
    vrt_channel_create(office->round->runtime, &config, &to_loop, &at_loop);
    vrt_channel_create(office->round->runtime, &config, &to_worker, &at_worker);
    spawn_echo(office, at_loop, to_worker, 0, true);
    spawn_echo(office, at_worker, to_loop, 3, false);
}

void stress_loop(struct stress_round *round)
{
    struct office office = {.round = round, .loop = vrt_loop_create(round->runtime)};
    if (office.loop == NULL) {
        abort();
    }
    for (int i = 0; i < POSTERS; i++) {
        struct poster *poster = calloc(1, sizeof *poster);
        struct poster **state = malloc(sizeof *state);
        poster->office = &office;
        vrt_atomic_store_relaxed(&poster->last, -1);
        *state = poster;
        stress_spawn(round, poster_step, state, NULL);
    }
    spawn_pair(&office);
    spawn_pair(&office);
    stress_wait(round);
    vrt_loop_destroy(office.loop);
    stress_expect(round, "jobs handled = jobs posted", office.handled, POSTERS * JOBS);
    stress_expect(round, "jobs out of order", office.disorder, 0);
}
