/* Blocking threads: where jobs run, in what order, by how many, and when they are refused. */
#include "runtime/base/limits.h"
#include "runtime/sched/runtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct vela_runtime *create(void (*on_end)(struct vela_runtime *, void *), void *user)
{
    struct vrt_runtime_config config = {.workers = 2, .seed = 1, .on_end = on_end, .user = user};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

/* A counter that one thread raises and another waits for. */
struct gate {
    _Atomic uint32_t count;
};

static void gate_raise(struct gate *gate)
{
    vrt_atomic_add_acq_rel(&gate->count, 1);
    vrt_park_wake(&gate->count, UINT32_MAX);
}

static void gate_wait(struct gate *gate, uint32_t count)
{
    uint32_t seen;
    while ((seen = vrt_atomic_load_acquire(&gate->count)) < count) {
        vrt_park_wait(&gate->count, seen, VRT_NEVER);
    }
}

/* --- one job --------------------------------------------------------------------------------- */

struct visit {
    struct gate entered, leave;
    struct vrt_thread *scheduler_thread;
    pthread_t thread;
};

static void visit_run(void *argument)
{
    struct visit *visit = argument;
    visit->scheduler_thread = vrt_thread_current();
    visit->thread = pthread_self();
    gate_raise(&visit->entered);
    gate_wait(&visit->leave, 1);
}

static void a_job_runs_beside_the_scheduler_and_holds_quiescence_back(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct visit visit = {0};
    assert_int_equal(vrt_blocking_submit(runtime, visit_run, &visit), VRT_OK);
    gate_wait(&visit.entered, 1);
    assert_null(visit.scheduler_thread);
    assert_false(pthread_equal(visit.thread, pthread_self()));
    assert_false(vrt_runtime_wait_quiescent(runtime, vrt_now() + 1000000));
    gate_raise(&visit.leave);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_atomic_load_relaxed(&runtime->external), 0);
    vrt_runtime_destroy(runtime);
}

/* --- the crew -------------------------------------------------------------------------------- */

static uint32_t read_locked(struct vela_runtime *runtime, const uint32_t *field)
{
    vrt_lock_take(&runtime->blocking.lock);
    uint32_t value = *field;
    vrt_lock_give(&runtime->blocking.lock);
    return value;
}

static void an_idle_thread_takes_the_next_job(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    for (uint32_t i = 0; i < 20; i++) {
        struct visit visit = {.leave.count = 1};
        assert_int_equal(vrt_blocking_submit(runtime, visit_run, &visit), VRT_OK);
        gate_wait(&visit.entered, 1);
        while (read_locked(runtime, &runtime->blocking.idle) == 0) {
            vrt_os_thread_yield();
        }
    }
    assert_int_equal(read_locked(runtime, &runtime->blocking.names), 1);
    vrt_runtime_destroy(runtime);
}

struct note {
    struct gate *gate;
    uint32_t *clock; /* of the one thread that runs them */
    uint32_t place;
};

static void note_run(void *argument)
{
    struct note *note = argument;
    note->place = ++*note->clock;
    gate_raise(note->gate);
}

static void a_full_crew_queues_in_order_of_submission(void **state)
{
    (void)state;
    enum { NOTES = 30 };
    struct vela_runtime *runtime = create(NULL, NULL);
    static struct visit visits[VRT_BLOCKING_THREADS_MAX];
    for (uint32_t i = 0; i < VRT_BLOCKING_THREADS_MAX; i++) {
        visits[i] = (struct visit){0};
        assert_int_equal(vrt_blocking_submit(runtime, visit_run, &visits[i]), VRT_OK);
        gate_wait(&visits[i].entered, 1);
    }
    struct gate gate = {0};
    struct note notes[NOTES];
    uint32_t clock = 0;
    for (uint32_t i = 0; i < NOTES; i++) {
        notes[i] = (struct note){.gate = &gate, .clock = &clock};
        assert_int_equal(vrt_blocking_submit(runtime, note_run, &notes[i]), VRT_OK);
    }
    assert_int_equal(read_locked(runtime, &runtime->blocking.threads), VRT_BLOCKING_THREADS_MAX);
    assert_int_equal(read_locked(runtime, &runtime->blocking.queued), NOTES);
    gate_raise(&visits[0].leave); /* one thread for all of them */
    gate_wait(&gate, NOTES);
    for (uint32_t i = 0; i < NOTES; i++) {
        assert_int_equal(notes[i].place, i + 1);
    }
    for (uint32_t i = 1; i < VRT_BLOCKING_THREADS_MAX; i++) {
        gate_raise(&visits[i].leave);
    }
    vrt_runtime_destroy(runtime);
}

/* --- refusals -------------------------------------------------------------------------------- */

static void count_run(void *argument)
{
    ++*(uint32_t *)argument;
}

struct late {
    enum vrt_status status;
    uint32_t runs;
};

static void submit_late(struct vela_runtime *runtime, void *user)
{
    struct late *late = user;
    late->status = vrt_blocking_submit(runtime, count_run, &late->runs);
    assert_int_equal(vrt_atomic_load_relaxed(&runtime->external), 0);
}

static void a_runtime_that_ends_refuses(void **state)
{
    (void)state;
    struct late late = {.status = VRT_OK};
    vrt_runtime_destroy(create(submit_late, &late));
    assert_int_equal(late.status, VRT_SHUT_DOWN);
    assert_int_equal(late.runs, 0);
}

static void without_memory_nothing_is_expected(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    uint32_t runs = 0, failures = 0;
    for (uint32_t n = 1; n <= 2; n++) { /* the job, the thread */
        vrt_alloc_fail_in(n);
        failures += vrt_blocking_submit(runtime, count_run, &runs) == VRT_NO_MEMORY;
        vrt_alloc_fail_in(0);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(runs + failures, 2);
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    assert_int_equal(failures, 2);
#endif
    vrt_runtime_destroy(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_beside_the_scheduler_and_holds_quiescence_back),
        cmocka_unit_test(an_idle_thread_takes_the_next_job),
        cmocka_unit_test(a_full_crew_queues_in_order_of_submission),
        cmocka_unit_test(a_runtime_that_ends_refuses),
        cmocka_unit_test(without_memory_nothing_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
