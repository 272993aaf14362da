/* The loop: jobs in order on its thread, few wake-ups, bound isolates, an embedder's uv loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

#include "runtime/loop/loop.h"
#include "runtime/sched/runtime.h"
#include "runtime/sched/task.h"

static int set_up(void **state)
{
    struct vrt_runtime_config config = {.workers = 2, .seed = 1};
    *state = vrt_runtime_create(&config);
    return *state == NULL;
}

static int tear_down(void **state)
{
    vrt_runtime_destroy(*state);
    return 0;
}

/* A counter that one thread raises and another waits for. */
struct gate {
    _Atomic uint32_t count;
};

static void gate_raise(struct gate *gate)
{
    vrt_atomic_add_acq_rel(&gate->count, 1);
    vrt_park_wake(&gate->count, 8);
}

static void gate_wait(struct gate *gate, uint32_t count)
{
    uint32_t seen;
    while ((seen = vrt_atomic_load_acquire(&gate->count)) < count) {
        vrt_park_wait(&gate->count, seen, VRT_NEVER);
    }
}

/* A job that notes its order and thread. */
struct note {
    struct vrt_loop_job job; /* first */
    struct gate *gate;
    uint32_t *clock; /* the loop's thread */
    uint32_t place;
    pthread_t thread;
};

static void note_run(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    struct note *note = (struct note *)(void *)job;
    (void)loop;
    note->place = ++*note->clock;
    note->thread = pthread_self();
    gate_raise(note->gate);
}

static void unused_it_starts_no_thread(void **state)
{
    struct vrt_loop *loop = vrt_loop_create(*state);
    assert_non_null(loop);
    vrt_loop_destroy(loop);
}

static void jobs_run_in_order_on_the_loops_thread(void **state)
{
    enum { N = 100 };
    struct vrt_loop *loop = vrt_loop_create(*state);
    struct gate gate = {0};
    struct note notes[N];
    uint32_t clock = 0;
    for (uint32_t i = 0; i < N; i++) {
        notes[i] = (struct note){.job.run = note_run, .gate = &gate, .clock = &clock};
        assert_int_equal(vrt_loop_post_any(loop, &notes[i].job), VRT_OK);
    }
    gate_wait(&gate, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(notes[i].place, i + 1);
        assert_false(pthread_equal(notes[i].thread, pthread_self()));
        assert_true(pthread_equal(notes[i].thread, notes[0].thread));
    }
    vrt_loop_destroy(loop);
}

static void jobs_posted_before_the_end_are_run(void **state)
{
    struct vrt_loop *loop = vrt_loop_create(*state);
    struct gate gate = {0};
    uint32_t clock = 0;
    struct note note = {.job.run = note_run, .gate = &gate, .clock = &clock};
    assert_int_equal(vrt_loop_post_any(loop, &note.job), VRT_OK);
    vrt_loop_destroy(loop);
    assert_int_equal(note.place, 1);
}

/* A job that keeps the loop busy until a gate opens. */
struct stay {
    struct vrt_loop_job job; /* first */
    struct gate *entered;
    struct gate *leave;
};

static void stay_run(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    struct stay *stay = (struct stay *)(void *)job;
    (void)loop;
    gate_raise(stay->entered);
    gate_wait(stay->leave, 1);
}

static void posts_to_a_loop_that_is_awake_wake_nobody(void **state)
{
    enum { N = 1000 };
    struct vrt_loop *loop = vrt_loop_create(*state);
    struct gate entered = {0}, leave = {0}, done = {0};
    struct stay stay = {.job.run = stay_run, .entered = &entered, .leave = &leave};
    struct note *notes = calloc(N, sizeof *notes);
    uint32_t clock = 0;
    assert_int_equal(vrt_loop_post_any(loop, &stay.job), VRT_OK);
    gate_wait(&entered, 1);
    uint64_t before = vrt_loop_wakeups_any(loop);
    for (uint32_t i = 0; i < N; i++) {
        notes[i] = (struct note){.job.run = note_run, .gate = &done, .clock = &clock};
        vrt_loop_post_any(loop, &notes[i].job);
    }
    gate_raise(&leave);
    gate_wait(&done, N);
    assert_int_equal(vrt_loop_wakeups_any(loop), before);
    vrt_loop_destroy(loop);
    free(notes);
}

static void jobs_leave_the_runtime_quiescent(void **state)
{
    struct vrt_loop *loop = vrt_loop_create(*state);
    struct gate gate = {0};
    uint32_t clock = 0;
    struct note note = {.job.run = note_run, .gate = &gate, .clock = &clock};
    vrt_loop_expect_any(loop);
    assert_int_equal(vrt_loop_post_any(loop, &note.job), VRT_OK);
    assert_false(vrt_runtime_wait_quiescent(*state, vrt_now() + 1000000)); /* something is expected */
    vrt_loop_settle_any(loop);
    assert_true(vrt_runtime_wait_quiescent(*state, VRT_NEVER));
    assert_int_equal(note.place, 1);
    vrt_loop_destroy(loop);
}

/* --- libuv from a job -------------------------------------------------------------------------- */

struct ticking {
    struct vrt_loop_job job; /* first */
    uv_timer_t timer;
    struct vrt_loop *loop;
    struct gate *gate;
};

static void timer_closed(uv_handle_t *handle)
{
    struct ticking *ticking = handle->data;
    vrt_loop_settle_any(ticking->loop);
    gate_raise(ticking->gate);
}

static void timer_fired(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, timer_closed);
}

static void ticking_run(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    struct ticking *ticking = (struct ticking *)(void *)job;
    uv_timer_init(vrt_loop_uv(loop), &ticking->timer);
    ticking->timer.data = ticking;
    uv_timer_start(&ticking->timer, timer_fired, 1, 0);
}

static void a_job_uses_libuv(void **state)
{
    struct gate gate = {0};
    struct ticking ticking = {.job.run = ticking_run, .loop = vrt_loop_create(*state), .gate = &gate};
    vrt_loop_expect_any(ticking.loop);
    assert_int_equal(vrt_loop_post_any(ticking.loop, &ticking.job), VRT_OK);
    gate_wait(&gate, 1);
    vrt_loop_destroy(ticking.loop);
}

/* --- bound isolates ---------------------------------------------------------------------------- */

/* A task that yields some turns on its thread, waits for one post, then ends. */
struct resident {
    struct vrt_loop_bond *bond;
    struct gate *gate;
    uint32_t turns;
    uint32_t strangers; /* turns on another thread than the first */
    pthread_t thread;
    uint64_t ticket;
    bool waits;
};

static void resident_drop(void *state)
{
    struct resident *resident = state;
    vrt_loop_bond_destroy(resident->bond);
    gate_raise(resident->gate);
}

static enum vrt_turn resident_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct resident *resident = state;
    if (resident->turns++ == 0) {
        resident->thread = pthread_self();
    }
    resident->strangers += !pthread_equal(resident->thread, pthread_self());
    if (resident->turns < 10) {
        return VRT_TURN_YIELD;
    }
    if (!resident->waits) {
        resident->ticket = vrt_waiter_arm(task->waiter);
        resident->waits = true;
        gate_raise(resident->gate);
    }
    return delivered != NULL ? VRT_TURN_END : VRT_TURN_IDLE;
}

static struct vrt_task *spawn_resident(struct vela_runtime *runtime, struct vrt_loop *loop,
                                       struct resident *resident)
{
    struct vrt_task_config config = {
        .step = resident_step, .state = resident, .drop = resident_drop, .outside_pool = true};
    struct vrt_task *task = vrt_task_create(runtime, &config);
    assert_non_null(task);
    resident->bond = vrt_loop_bind(loop, &task->isolate);
    assert_non_null(resident->bond);
    assert_int_equal(vrt_isolate_start_any(&task->isolate), VRT_OK);
    return task;
}

static void a_bound_isolate_runs_on_the_loops_thread(void **state)
{
    struct vrt_loop *loop = vrt_loop_create(*state);
    struct gate gate = {0};
    struct resident resident = {.gate = &gate};
    struct vrt_task *task = spawn_resident(*state, loop, &resident);
    gate_wait(&gate, 1);
    assert_true(vrt_waiter_claim_any(task->waiter, resident.ticket));
    vrt_waiter_finish_any(task->waiter, VRT_OUTCOME_DONE, (vela_value){0});
    gate_wait(&gate, 2);
    assert_int_equal(resident.strangers, 0);
    assert_false(pthread_equal(resident.thread, pthread_self()));
    assert_true(vrt_runtime_wait_quiescent(*state, VRT_NEVER));
    vrt_loop_destroy(loop);
}

static void a_bound_isolate_may_be_left_over(void **state)
{
    struct vrt_loop *loop = vrt_loop_create(*state);
    static struct gate gate;
    static struct resident resident;
    gate = (struct gate){0};
    resident = (struct resident){.gate = &gate};
    spawn_resident(*state, loop, &resident);
    gate_wait(&gate, 1);
    vrt_loop_destroy(loop); /* the runtime drops the isolate */
}

static void *finish_task(void *argument)
{
    struct vrt_task *task = argument;
    vrt_waiter_finish_any(task->waiter, VRT_OUTCOME_DONE, (vela_value){0}); /* claimed by the test */
    return NULL;
}

/* Whatever comes first: afterwards nothing is expected any more. */
static void a_bound_isolate_is_woken_while_its_loop_ends(void **state)
{
    enum { ROUNDS = 100 };
    static struct gate gate;
    static struct resident residents[ROUNDS];
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct vrt_loop *loop = vrt_loop_create(*state);
        gate = (struct gate){0};
        residents[i] = (struct resident){.gate = &gate};
        struct vrt_task *task = spawn_resident(*state, loop, &residents[i]);
        gate_wait(&gate, 1);
        assert_true(vrt_waiter_claim_any(task->waiter, residents[i].ticket));
        pthread_t waker;
        assert_int_equal(pthread_create(&waker, NULL, finish_task, task), 0);
        vrt_loop_destroy(loop);
        pthread_join(waker, NULL);
        assert_true(vrt_runtime_wait_quiescent(*state, VRT_NEVER));
    }
}

/* --- an embedder's loop ------------------------------------------------------------------------ */

static void an_embedders_loop_runs_until_its_isolates_end(void **state)
{
    uv_loop_t uv;
    struct gate gate = {0};
    struct resident resident = {.gate = &gate};
    assert_int_equal(uv_loop_init(&uv), 0);
    struct vrt_loop *loop = vrt_loop_create_on(*state, &uv);
    assert_non_null(loop);
    struct vrt_task *task = spawn_resident(*state, loop, &resident);
    while (vrt_atomic_load_relaxed(&gate.count) == 0) {
        uv_run(&uv, UV_RUN_NOWAIT);
    }
    assert_true(vrt_waiter_claim_any(task->waiter, resident.ticket));
    vrt_waiter_finish_any(task->waiter, VRT_OUTCOME_DONE, (vela_value){0});
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(gate.count, 2);
    assert_int_equal(resident.strangers, 0);
    assert_true(pthread_equal(resident.thread, pthread_self()));
    vrt_loop_destroy(loop);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void *settle_soon(void *argument)
{
    vrt_loop_settle_any(argument);
    return NULL;
}

static void an_embedders_loop_waits_for_what_is_expected(void **state)
{
    uv_loop_t uv;
    pthread_t thread;
    assert_int_equal(uv_loop_init(&uv), 0);
    struct vrt_loop *loop = vrt_loop_create_on(*state, &uv);
    assert_non_null(loop);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0); /* nothing is expected */
    vrt_loop_expect_any(loop);
    assert_int_equal(pthread_create(&thread, NULL, settle_soon, loop), 0);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    pthread_join(thread, NULL);
    vrt_loop_destroy(loop);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unused_it_starts_no_thread),
        TEST(jobs_run_in_order_on_the_loops_thread),
        TEST(jobs_posted_before_the_end_are_run),
        TEST(posts_to_a_loop_that_is_awake_wake_nobody),
        TEST(jobs_leave_the_runtime_quiescent),
        TEST(a_job_uses_libuv),
        TEST(a_bound_isolate_runs_on_the_loops_thread),
        TEST(a_bound_isolate_may_be_left_over),
        TEST(a_bound_isolate_is_woken_while_its_loop_ends),
        TEST(an_embedders_loop_runs_until_its_isolates_end),
        TEST(an_embedders_loop_waits_for_what_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
