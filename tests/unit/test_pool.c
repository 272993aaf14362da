#include "runtime/base/choice.h"
#include "runtime/os/thread.h"
#include "runtime/sched/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct vela_runtime *create(uint32_t workers)
{
    struct vrt_runtime_config config = {.workers = workers, .seed = 1};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

struct load {
    _Atomic uint32_t now, most, ended;
};

static void enter(struct load *load)
{
    uint32_t now = vrt_atomic_add_acq_rel(&load->now, 1) + 1;
    uint32_t most = vrt_atomic_load_relaxed(&load->most);
    while (now > most && !vrt_atomic_cas_weak_acq_rel(&load->most, &most, now)) {
    }
}

static enum vrt_turn work(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct load *load = state;
    (void)delivered;
    enter(load);
    for (int i = 0; i < 50; i++) {
        vrt_cpu_relax();
    }
    vrt_os_thread_yield();
    vrt_atomic_sub_acq_rel(&load->now, 1);
    if (++task->isolate.user_flag < 5) {
        return VRT_TURN_YIELD;
    }
    vrt_atomic_add_relaxed(&load->ended, 1);
    return VRT_TURN_END;
}

static void limit_holds_and_all_run(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(4);
    for (uint32_t limit = 1; limit <= 3; limit++) {
        struct load load = {0};
        struct vrt_pool *pool = vrt_pool_create(runtime, limit);
        struct vrt_task_config config = {.step = work, .state = &load, .pool = pool,
                                         .priority = VRT_PRIORITY_NORMAL};
        for (int i = 0; i < 300; i++) {
            assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
        }
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(vrt_atomic_load_relaxed(&load.ended), 300);
        assert_true(vrt_atomic_load_relaxed(&load.most) <= limit);
        assert_int_equal(vrt_pool_active_any(pool), 0);
        assert_int_equal(pool->running, 0);
        vrt_pool_release(pool);
    }
    vrt_runtime_destroy(runtime);
}

static enum vrt_turn park(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct vrt_task **published = state;
    (void)delivered;
    *published = task;
    return task->isolate.user_flag++ == 0 ? VRT_TURN_IDLE : VRT_TURN_END;
}

static void a_parked_isolate_holds_no_slot(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    struct vela_runtime *runtime = create(4);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    static struct vrt_task *tasks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        struct vrt_task_config config = {.step = park, .state = &tasks[i], .pool = pool};
        assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_pool_active_any(pool), COUNT);
    assert_int_equal(vrt_pool_pending_any(pool), 0);
    for (int i = 0; i < COUNT; i++) {
        vrt_isolate_wake_any(&tasks[i]->isolate);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(vrt_pool_active_any(pool), 0);
    vrt_pool_release(pool);
    vrt_runtime_destroy(runtime);
}

/* Without threads: isolates that only stand in the pool's queues. */
static void P6_waiting_goes_by_priority_then_order_then_age(void **state)
{
    (void)state;
    enum { LOWS = 1, HIGHS = 200 };
    struct vela_runtime *runtime = create(4);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    static struct vrt_isolate first, low, highs[HIGHS];
    vrt_isolate_init(&first, NULL, runtime, pool, 1);
    vrt_isolate_init(&low, NULL, runtime, pool, 2);
    low.priority = VRT_PRIORITY_LOW;
    assert_true(vrt_pool_enter(pool, &first));
    assert_false(vrt_pool_enter(pool, &low));
    for (int i = 0; i < HIGHS; i++) {
        vrt_isolate_init(&highs[i], NULL, runtime, pool, 3);
        highs[i].priority = VRT_PRIORITY_HIGH;
        if (i < 4) {
            assert_false(vrt_pool_enter(pool, &highs[i]));
        }
    }
    struct vrt_isolate *running = &first;
    int low_ran_after = -1, next_high = 0;
    for (int i = 0; low_ran_after < 0 && i < HIGHS - 4; i++) {
        running = vrt_pool_leave(pool, running);
        assert_true(vrt_pool_enter(pool, running));
        if (running == &low) {
            low_ran_after = i;
        } else {
            assert_ptr_equal(running, &highs[next_high++]);
            assert_false(vrt_pool_enter(pool, &highs[i + 4])); /* there is always a higher one */
        }
    }
    assert_in_range(low_ran_after, 4, 100);
    vrt_runtime_destroy(runtime);
    vrt_pool_release(pool);
}

static void counts_go_down_before_the_end_if_told(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(1);
    struct vrt_isolate isolate;
    struct vrt_pool *pool = runtime->global_pool;
    vrt_isolate_init(&isolate, NULL, runtime, pool, 1);
    vrt_pool_add(pool);
    assert_int_equal(vrt_pool_pending_any(pool), 1);
    assert_true(vrt_pool_enter(pool, &isolate));
    assert_int_equal(vrt_pool_pending_any(pool), 0);
    assert_int_equal(vrt_pool_active_any(pool), 1);
    vrt_pool_ended(pool, &isolate);
    vrt_pool_ended(pool, &isolate);
    assert_int_equal(vrt_pool_active_any(pool), 0);
    vrt_runtime_destroy(runtime);
}

static void a_closed_pool_lets_nobody_in(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(1);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    assert_true(vrt_pool_add(pool));
    assert_true(vrt_pool_close_any(pool));
    assert_false(vrt_pool_close_any(pool));
    assert_false(vrt_pool_add(pool));
    assert_true(vrt_pool_is_closed_any(pool));
    assert_int_equal(vrt_pool_pending_any(pool), 1);
    vrt_runtime_destroy(runtime);
    vrt_pool_release(pool);
}

static void who_drains_is_told_by_the_last(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(1);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    struct vrt_isolate first, second;
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    uint64_t ticket = vrt_waiter_arm(waiter);
    assert_false(vrt_pool_wait(pool, waiter, ticket)); /* nobody to wait for */
    vrt_isolate_init(&first, NULL, runtime, pool, 1);
    vrt_isolate_init(&second, NULL, runtime, pool, 2);
    assert_true(vrt_pool_add(pool) && vrt_pool_add(pool));
    assert_true(vrt_pool_wait(pool, waiter, ticket));
    vrt_pool_ended(pool, &first);
    assert_true(vrt_waiter_is_open_any(waiter, ticket));
    vrt_pool_ended(pool, &second);
    assert_int_equal(vrt_waiter_wait(waiter, ticket, VRT_NEVER), VRT_OUTCOME_DONE);
    vrt_pool_forget(pool, waiter);
    vrt_waiter_destroy(runtime, waiter);
    vrt_runtime_destroy(runtime);
    vrt_pool_release(pool);
}

static void one_that_is_called_off_is_pending_no_more(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(4);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    struct vrt_isolate running, queued;
    vrt_isolate_init(&running, NULL, runtime, pool, 1);
    vrt_isolate_init(&queued, NULL, runtime, pool, 2);
    assert_true(vrt_pool_add(pool) && vrt_pool_add(pool));
    assert_true(vrt_pool_enter(pool, &running));
    assert_false(vrt_pool_enter(pool, &queued));
    assert_false(vrt_isolate_call_off_any(&running)); /* it has begun */
    assert_true(vrt_isolate_call_off_any(&queued));
    assert_false(vrt_isolate_call_off_any(&queued));
    assert_int_equal(vrt_pool_pending_any(pool), 0);
    assert_ptr_equal(vrt_pool_leave(pool, &running), &queued); /* it still has the turn in which it ends */
    assert_true(vrt_pool_enter(pool, &queued));
    assert_int_equal(vrt_pool_active_any(pool), 1);
    assert_null(vrt_pool_leave(pool, &queued));
    vrt_pool_ended(pool, &queued);
    vrt_pool_ended(pool, &running);
    assert_int_equal(vrt_pool_active_any(pool), 0);
    assert_int_equal(vrt_pool_pending_any(pool), 0);
    vrt_runtime_destroy(runtime);
    vrt_pool_release(pool);
}

/* One who is refused is counted for a moment, and somebody may wait for that one. */
struct refused {
    struct vrt_pool *pool;
    _Atomic uint32_t over;
};

static void knock(void *argument)
{
    struct refused *refused = argument;
    while (!vrt_atomic_load_acquire(&refused->over)) {
        assert_false(vrt_pool_add(refused->pool));
    }
}

static void who_drains_is_told_by_one_who_was_refused(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(1);
    struct refused refused = {.pool = vrt_pool_create(runtime, 1)};
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    struct vrt_os_thread thread;
    vrt_pool_close_any(refused.pool);
    assert_int_equal(vrt_os_thread_start(&thread, "refused", knock, &refused), VRT_OK);
    for (uint32_t parked = 0, i = 0; parked < 100 && i < 3000000; i++) {
        uint64_t ticket = vrt_waiter_arm(waiter);
        if (vrt_pool_wait(refused.pool, waiter, ticket)) {
            uint64_t deadline_ns = vrt_deadline_after(vrt_now(), 600000000000ull);
            assert_int_equal(vrt_waiter_wait(waiter, ticket, deadline_ns), VRT_OUTCOME_DONE);
            vrt_pool_forget(refused.pool, waiter);
            parked++;
        } else {
            assert_true(vrt_waiter_claim_any(waiter, ticket));
        }
    }
    vrt_atomic_store_release(&refused.over, 1);
    vrt_os_thread_join(&thread);
    vrt_waiter_destroy(runtime, waiter);
    vrt_runtime_destroy(runtime);
    vrt_pool_release(refused.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_holds_and_all_run),
        cmocka_unit_test(a_parked_isolate_holds_no_slot),
        cmocka_unit_test(P6_waiting_goes_by_priority_then_order_then_age),
        cmocka_unit_test(counts_go_down_before_the_end_if_told),
        cmocka_unit_test(a_closed_pool_lets_nobody_in),
        cmocka_unit_test(who_drains_is_told_by_the_last),
        cmocka_unit_test(who_drains_is_told_by_one_who_was_refused),
        cmocka_unit_test(one_that_is_called_off_is_pending_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
