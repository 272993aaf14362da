#include "runtime/sched/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>

static struct vela_runtime *create(uint32_t workers)
{
    struct vrt_runtime_config config = {.workers = workers, .seed = 1};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

/* --- the heap alone ------------------------------------------------------------------------------- */

struct fired {
    uint32_t order[64];
    uint32_t count;
};

struct entry {
    struct fired *fired;
    uint32_t number;
};

static void note(void *argument, struct vrt_waiter *waiter)
{
    struct entry *entry = argument;
    assert_int_equal(waiter->outcome, VRT_OUTCOME_TIMEOUT);
    entry->fired->order[entry->fired->count++] = entry->number;
}

static void entries_fire_in_order_of_time_then_arrival(void **state)
{
    (void)state;
    static const uint64_t times[] = {50, 10, 30, 10, 20, 50, 40, 10};
    static const uint32_t expected[] = {1, 3, 7, 4, 2, 6, 0, 5};
    struct vela_runtime *runtime = create(1);
    struct vrt_timers timers;
    struct fired fired = {0};
    struct entry entries[8];
    struct vrt_waiter *waiters[8];
    vrt_timers_init(&timers);
    for (uint32_t i = 0; i < 8; i++) {
        entries[i] = (struct entry){&fired, i};
        waiters[i] = vrt_waiter_create_callback(runtime, note, &entries[i]);
        struct vrt_timer_entry entry = {times[i], 0, waiters[i], vrt_waiter_arm(waiters[i])};
        assert_int_equal(vrt_timers_add(&timers, entry), VRT_OK);
    }
    assert_int_equal(vrt_timers_earliest(&timers), 10);
    assert_int_equal(vrt_timers_fire(&timers, 9), 0);
    assert_int_equal(vrt_timers_fire(&timers, 30), 5);
    assert_int_equal(vrt_timers_earliest(&timers), 40);
    assert_int_equal(vrt_timers_fire(&timers, 1000), 3);
    assert_memory_equal(fired.order, expected, sizeof expected);
    assert_true(vrt_timers_earliest(&timers) == VRT_NEVER);
    assert_false(vrt_timers_any_live(&timers));
    for (uint32_t i = 0; i < 8; i++) {
        vrt_waiter_destroy(runtime, waiters[i]);
    }
    vrt_timers_deinit(&timers);
    vrt_runtime_destroy(runtime);
}

static void dead_entries_are_dropped(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    struct vela_runtime *runtime = create(1);
    struct vrt_timers timers;
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    vrt_timers_init(&timers);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t ticket = vrt_waiter_arm(waiter);
        struct vrt_timer_entry entry = {1000 + i, 0, waiter, ticket};
        assert_int_equal(vrt_timers_add(&timers, entry), VRT_OK);
        assert_true(vrt_waiter_claim_any(waiter, ticket));
        vrt_atomic_add_relaxed(&timers.dead, 1);
    }
    assert_true(timers.heap.count <= 2 * VRT_TIMER_COMPACT_MIN + 4);
    assert_true(vrt_timers_earliest(&timers) == VRT_NEVER);
    assert_int_equal(timers.heap.count, 0);
    vrt_waiter_destroy(runtime, waiter);
    vrt_timers_deinit(&timers);
    vrt_runtime_destroy(runtime);
}

/* --- timers of tasks ------------------------------------------------------------------------------ */

struct sleeper {
    uint64_t delay_ns;
    uint64_t deadline_ns;
    uint64_t woke_ns;
    int left;
    enum vrt_outcome outcome;
};

static enum vrt_turn sleep_again(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct sleeper *sleeper = state;
    if (delivered != NULL) {
        vrt_timer_stop(task->waiter);
        sleeper->outcome = task->waiter->outcome;
        sleeper->woke_ns = vrt_now();
        assert_true(sleeper->woke_ns >= sleeper->deadline_ns);
        if (--sleeper->left == 0) {
            return VRT_TURN_END;
        }
    }
    uint64_t ticket = vrt_waiter_arm(task->waiter);
    sleeper->deadline_ns = vrt_now() + sleeper->delay_ns;
    assert_int_equal(vrt_timer_start(task->isolate.runtime, task->waiter, ticket, sleeper->deadline_ns), VRT_OK);
    return VRT_TURN_IDLE;
}

static void tasks_sleep_until_their_deadline(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2);
    static struct sleeper sleepers[100];
    for (int i = 0; i < 100; i++) {
        sleepers[i] = (struct sleeper){.delay_ns = (uint64_t)(i % 10) * 300000, .left = 3};
        assert_int_equal(vrt_task_spawn(runtime, sleep_again, &sleepers[i]), VRT_OK);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    for (int i = 0; i < 100; i++) {
        assert_int_equal(sleepers[i].left, 0);
        assert_int_equal(sleepers[i].outcome, VRT_OUTCOME_TIMEOUT);
    }
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_TIMERS), 300);
    vrt_runtime_destroy(runtime);
}

static void one_timer_wakes_once(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2);
    struct sleeper sleeper = {.delay_ns = 30000000, .left = 1};
    assert_int_equal(vrt_task_spawn(runtime, sleep_again, &sleeper), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_true(vrt_runtime_counter(runtime, VRT_COUNT_SLEEPS) <= 6);
    vrt_runtime_destroy(runtime);
}

static void foreign_thread_may_start_timers(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2);
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    for (int i = 0; i < 20; i++) {
        uint64_t ticket = vrt_waiter_arm(waiter);
        uint64_t deadline = vrt_now() + 500000;
        assert_int_equal(vrt_timer_start(runtime, waiter, ticket, deadline), VRT_OK);
        assert_int_equal(vrt_waiter_wait(waiter, ticket, VRT_NEVER), VRT_OUTCOME_TIMEOUT);
        assert_true(vrt_now() >= deadline);
        vrt_timer_stop(waiter);
    }
    vrt_waiter_destroy(runtime, waiter);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    vrt_runtime_destroy(runtime);
}

struct hander_in { struct vela_runtime *runtime; uint32_t index; };

/* Waits 200 times; every third time it gives up by itself at the same moment. */
static void *hands_in(void *argument)
{
    const struct hander_in *self = argument;
    struct vrt_waiter *waiter = vrt_waiter_create_native(self->runtime);
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t ticket = vrt_waiter_arm(waiter), deadline = vrt_now() + (i + self->index) % 5 * 50000;
        assert_int_equal(vrt_timer_start(self->runtime, waiter, ticket, deadline), VRT_OK);
        assert_int_equal(vrt_waiter_wait(waiter, ticket, i % 3 == 0 ? deadline : VRT_NEVER), VRT_OUTCOME_TIMEOUT);
        vrt_timer_stop(waiter);
    }
    vrt_waiter_destroy(self->runtime, waiter);
    return NULL;
}

/* The owners sleep until a timer that is hours away: whoever hands one in has to wake them, or would wait as long. */
static void timers_from_many_threads_are_not_overslept(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    for (uint32_t workers = 1; workers <= 2; workers++) {
        struct vela_runtime *runtime = create(workers);
        struct vrt_waiter *late = vrt_waiter_create_native(runtime);
        uint64_t ticket = vrt_waiter_arm(late);
        pthread_t threads[THREADS];
        struct hander_in handers[THREADS];
        assert_int_equal(vrt_timer_start(runtime, late, ticket, vrt_deadline_after(vrt_now(), 3600000000000ull)), VRT_OK);
        for (uint32_t i = 0; i < THREADS; i++) {
            handers[i] = (struct hander_in){runtime, i};
            assert_int_equal(pthread_create(&threads[i], NULL, hands_in, &handers[i]), 0);
        }
        for (uint32_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
        assert_false(vrt_idle_is_quiescent_any(runtime)); /* one timer is left */
        assert_true(vrt_waiter_claim_any(late, ticket));
        vrt_timer_stop(late);
        vrt_waiter_destroy(runtime, late);
        vrt_runtime_destroy(runtime);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_fire_in_order_of_time_then_arrival),
        cmocka_unit_test(dead_entries_are_dropped),
        cmocka_unit_test(tasks_sleep_until_their_deadline),
        cmocka_unit_test(one_timer_wakes_once),
        cmocka_unit_test(foreign_thread_may_start_timers),
        cmocka_unit_test(timers_from_many_threads_are_not_overslept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
