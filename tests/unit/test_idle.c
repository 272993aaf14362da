#include "runtime/os/clock.h"
#include "runtime/sched/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

struct watch {
    _Atomic uint32_t reports;
    struct vrt_task *victim;
    uint32_t isolates;
};

static bool count_isolate(struct vrt_isolate *isolate, void *argument)
{
    (void)isolate;
    ((struct watch *)argument)->isolates++;
    return true;
}

static void on_quiescent(struct vela_runtime *runtime, void *user)
{
    struct watch *watch = user;
    watch->isolates = 0;
    vrt_runtime_each_isolate(runtime, count_isolate, watch);
    vrt_atomic_add_release(&watch->reports, 1);
    if (watch->victim != NULL) {
        struct vrt_task *victim = watch->victim;
        watch->victim = NULL;
        vrt_isolate_wake_any(&victim->isolate); /* as a DeadlockError thrown in main */
    }
}

static struct vela_runtime *create(uint32_t workers, struct watch *watch)
{
    struct vrt_runtime_config config = {.workers = workers, .seed = 1, .user = watch,
                                        .on_quiescent = watch != NULL ? on_quiescent : NULL};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

static enum vrt_turn park_once(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct vrt_task **published = state;
    (void)delivered;
    if (published != NULL && task->isolate.user_flag == 0) {
        *published = task;
    }
    return task->isolate.user_flag++ == 0 ? VRT_TURN_IDLE : VRT_TURN_END;
}

static void standstill_is_reported_once(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        struct watch watch = {0};
        struct vela_runtime *runtime = create(workers, &watch);
        vrt_external_up(runtime); /* we are not done spawning */
        for (int i = 0; i < 10; i++) {
            assert_int_equal(vrt_task_spawn(runtime, park_once, NULL), VRT_OK);
        }
        vrt_external_down(runtime);
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(vrt_atomic_load_acquire(&watch.reports), 1);
        assert_int_equal(watch.isolates, 10);
        vrt_runtime_destroy(runtime);
    }
}

static void the_report_may_wake_somebody(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct watch watch = {0};
        struct vela_runtime *runtime = create(1 + (uint32_t)i % 3, &watch);
        vrt_external_up(runtime);
        assert_int_equal(vrt_task_spawn(runtime, park_once, &watch.victim), VRT_OK);
        vrt_external_down(runtime);
        while (vrt_runtime_counter(runtime, VRT_COUNT_ENDED) == 0) {
            vrt_os_thread_yield();
        }
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        while (vrt_atomic_load_acquire(&watch.reports) < 2) { /* that all have ended is news again */
            vrt_os_thread_yield();
        }
        assert_int_equal(vrt_atomic_load_acquire(&watch.reports), 2);
        vrt_runtime_destroy(runtime);
    }
}

static void external_holds_the_report_back(void **state)
{
    (void)state;
    struct watch watch = {0};
    struct vela_runtime *runtime = create(2, &watch);
    vrt_external_up(runtime);
    assert_int_equal(vrt_task_spawn(runtime, park_once, NULL), VRT_OK);
    assert_false(vrt_runtime_wait_quiescent(runtime, vrt_now() + 5000000));
    assert_int_equal(vrt_atomic_load_acquire(&watch.reports), 0);
    vrt_external_down(runtime);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_atomic_load_acquire(&watch.reports), 1);
    vrt_runtime_destroy(runtime);
}

static enum vrt_turn sleep_once(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)state;
    if (delivered != NULL) {
        return VRT_TURN_END;
    }
    uint64_t ticket = vrt_waiter_arm(task->waiter);
    vrt_timer_start(task->isolate.runtime, task->waiter, ticket, vrt_now() + 5000000);
    return VRT_TURN_IDLE;
}

static void a_timer_is_no_standstill(void **state)
{
    (void)state;
    struct watch watch = {0};
    struct vela_runtime *runtime = create(2, &watch);
    vrt_external_up(runtime); /* its threads may stand still before there is a task */
    assert_int_equal(vrt_task_spawn(runtime, sleep_once, NULL), VRT_OK);
    vrt_external_down(runtime);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_ENDED), 1);
    assert_int_equal(vrt_atomic_load_acquire(&watch.reports), 1);
    vrt_runtime_destroy(runtime);
}

/* A wake-up that is lost would leave a letter lying: the standstill would come too early. */
static enum vrt_turn end_at_once(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)task;
    (void)delivered;
    vrt_atomic_add_relaxed((_Atomic uint32_t *)state, 1);
    return VRT_TURN_END;
}

static void no_wake_up_is_lost(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(3, NULL);
    _Atomic uint32_t ran = 0;
    for (uint32_t i = 1; i <= 3000; i++) {
        assert_int_equal(vrt_task_spawn(runtime, end_at_once, &ran), VRT_OK);
        if (i % 3 == 0) {
            assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
            assert_int_equal(vrt_atomic_load_relaxed(&ran), i);
        }
    }
    vrt_runtime_destroy(runtime);
}

static void P4_idle_threads_use_no_processor(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(4, NULL);
    _Atomic uint32_t ran = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(vrt_task_spawn(runtime, end_at_once, &ran), VRT_OK);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    clock_t before = clock();
    uint64_t sleeps = vrt_runtime_counter(runtime, VRT_COUNT_SLEEPS);
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    vrt_waiter_wait(waiter, vrt_waiter_arm(waiter), vrt_now() + 100000000);
    vrt_waiter_destroy(runtime, waiter);
    assert_true(clock() - before < CLOCKS_PER_SEC / 50);
    assert_true(vrt_runtime_counter(runtime, VRT_COUNT_SLEEPS) <= sleeps + 4);
    vrt_runtime_destroy(runtime);
}

/* --- blocking threads ------------------------------------------------------------------------------ */

struct job {
    struct vrt_waiter *waiter;
    uint64_t ticket;
    _Atomic uint32_t *done;
};

static void do_job(void *argument)
{
    struct job *job = argument;
    vrt_os_thread_yield();
    if (job->waiter != NULL && vrt_waiter_claim_any(job->waiter, job->ticket)) {
        vrt_waiter_finish_any(job->waiter, VRT_OUTCOME_DONE, (vela_value){0});
    }
    vrt_atomic_add_relaxed(job->done, 1);
}

struct reader {
    struct job job;
    int left;
};

static enum vrt_turn read_repeatedly(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct reader *reader = state;
    (void)delivered;
    if (reader->left-- == 0) {
        return VRT_TURN_END;
    }
    reader->job.waiter = task->waiter;
    reader->job.ticket = vrt_waiter_arm(task->waiter);
    assert_int_equal(vrt_blocking_submit(task->isolate.runtime, do_job, &reader->job), VRT_OK);
    return VRT_TURN_IDLE;
}

static void blocking_jobs_post_back(void **state)
{
    (void)state;
    struct watch watch = {0};
    struct vela_runtime *runtime = create(2, &watch);
    static struct reader readers[20];
    _Atomic uint32_t done = 0;
    vrt_external_up(runtime);
    for (int i = 0; i < 20; i++) {
        readers[i] = (struct reader){.job = {.done = &done}, .left = 50};
        assert_int_equal(vrt_task_spawn(runtime, read_repeatedly, &readers[i]), VRT_OK);
    }
    vrt_external_down(runtime);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_ENDED), 20);
    assert_int_equal(vrt_atomic_load_relaxed(&done), 1000);
    assert_true(runtime->blocking.names <= VRT_BLOCKING_THREADS_MAX);
    vrt_runtime_destroy(runtime);
}

static void destroy_runs_the_jobs_that_are_queued(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2, NULL);
    static struct job jobs[500];
    _Atomic uint32_t done = 0;
    for (int i = 0; i < 500; i++) {
        jobs[i].done = &done;
        assert_int_equal(vrt_blocking_submit(runtime, do_job, &jobs[i]), VRT_OK);
    }
    vrt_runtime_destroy(runtime);
    assert_int_equal(vrt_atomic_load_relaxed(&done), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standstill_is_reported_once),
        cmocka_unit_test(the_report_may_wake_somebody),
        cmocka_unit_test(external_holds_the_report_back),
        cmocka_unit_test(a_timer_is_no_standstill),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(P4_idle_threads_use_no_processor),
        cmocka_unit_test(blocking_jobs_post_back),
        cmocka_unit_test(destroy_runs_the_jobs_that_are_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
