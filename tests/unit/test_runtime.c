/* The runtime: its configuration, its threads, its hooks, and what can be asked of it. */
#include "runtime/base/limits.h"
#include "runtime/os/cpu_count.h"
#include "runtime/sched/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct vela_runtime *create(const struct vrt_runtime_config *config)
{
    struct vela_runtime *runtime = vrt_runtime_create(config);
    assert_non_null(runtime);
    return runtime;
}

static void what_is_not_configured_has_a_default(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL);
    assert_int_equal(runtime->worker_count, vrt_worker_count());
    assert_int_equal(runtime->cpu_count, vrt_cpu_count());
    assert_true(runtime->seed != 0);
    vrt_runtime_destroy(runtime);
    int user = 0;
    runtime = create(&(struct vrt_runtime_config){.workers = VRT_THREADS_MAX + 1, .seed = 5, .user = &user});
    assert_int_equal(runtime->worker_count, VRT_THREADS_MAX);
    assert_int_equal(runtime->seed, 5);
    assert_ptr_equal(runtime->user, &user);
    vrt_runtime_destroy(runtime);
}

/* --- threads --------------------------------------------------------------------------------- */

struct hooks {
    _Atomic uint32_t started, ended;
    uint32_t drops, drops_at_end, calls_at_end;
};

static void on_thread_start(struct vrt_thread *thread, void *user)
{
    assert_ptr_equal(thread, vrt_thread_current());
    vrt_atomic_add_acq_rel(&((struct hooks *)user)->started, 1);
}

static void on_thread_end(struct vrt_thread *thread, void *user)
{
    assert_ptr_equal(thread, vrt_thread_current());
    vrt_atomic_add_acq_rel(&((struct hooks *)user)->ended, 1);
}

static void on_end(struct vela_runtime *runtime, void *user)
{
    struct hooks *hooks = user;
    assert_ptr_equal(runtime->user, user);
    assert_int_equal(vrt_atomic_load_acquire(&hooks->ended), vrt_atomic_load_acquire(&hooks->started));
    hooks->drops_at_end = hooks->drops;
    hooks->calls_at_end++;
}

static struct vela_runtime *create_watched(uint32_t workers, struct hooks *hooks)
{
    return create(&(struct vrt_runtime_config){.workers = workers, .seed = 1, .user = hooks, .on_end = on_end,
                                               .on_thread_start = on_thread_start, .on_thread_end = on_thread_end});
}

static void threads_start_when_asked_up_to_the_number(void **state)
{
    (void)state;
    struct hooks hooks = {0};
    struct vela_runtime *runtime = create_watched(3, &hooks);
    assert_int_equal(vrt_atomic_load_acquire(&runtime->thread_count), 0);
    assert_int_equal(vrt_runtime_start(runtime), VRT_OK);
    assert_int_equal(vrt_runtime_start(runtime), VRT_OK);
    assert_int_equal(vrt_atomic_load_acquire(&runtime->thread_count), 1);
    for (int i = 0; i < 5; i++) {
        while (vrt_atomic_load_acquire(&hooks.started) < vrt_atomic_load_acquire(&runtime->thread_count)) {
            vrt_os_thread_yield(); /* it takes the thread lock once; a `grow` meanwhile would be left out */
        }
        vrt_runtime_grow(runtime);
    }
    assert_int_equal(vrt_atomic_load_acquire(&runtime->thread_count), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(runtime->threads[i]->index, i);
        assert_int_equal(runtime->threads[i]->kind, VRT_THREAD_WORKER);
    }
    vrt_runtime_destroy(runtime);
    assert_int_equal(vrt_atomic_load_acquire(&hooks.started), 3);
    assert_int_equal(vrt_atomic_load_acquire(&hooks.ended), 3);
    assert_int_equal(hooks.calls_at_end, 1);
}

static enum vrt_turn stay(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)task;
    (void)state;
    (void)delivered;
    return VRT_TURN_IDLE;
}

static void count_drop(void *state)
{
    ((struct hooks *)state)->drops++;
}

static void the_end_comes_after_threads_and_isolates(void **state)
{
    (void)state;
    struct hooks hooks = {0};
    struct vela_runtime *runtime = create_watched(2, &hooks);
    struct vrt_task_config config = {.step = stay, .state = &hooks, .drop = count_drop};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
    }
    vrt_runtime_destroy(runtime);
    assert_int_equal(hooks.drops_at_end, 4);
}

/* --- looking at it --------------------------------------------------------------------------- */

static enum vrt_turn spawn_one_and_stay(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)delivered;
    bool first = task->isolate.user_flag++ == 0;
    return !first || vrt_task_spawn(task->isolate.runtime, stay, state) == VRT_OK ? VRT_TURN_IDLE : VRT_TURN_END;
}

static bool add_id(struct vrt_isolate *isolate, void *argument)
{
    uint64_t *seen = argument;
    seen[0]++;
    seen[1] ^= isolate->id;
    return true;
}

static void every_living_isolate_is_visited(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(&(struct vrt_runtime_config){.workers = 2, .seed = 1});
    uint64_t seen[2] = {0};
    vrt_runtime_each_isolate(runtime, add_id, seen);
    assert_int_equal(seen[0], 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(vrt_task_spawn(runtime, spawn_one_and_stay, NULL), VRT_OK);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    vrt_runtime_each_isolate(runtime, add_id, seen);
    assert_int_equal(seen[0], 10); /* started from here, and by workers */
    assert_true(seen[1] != 0);
    uint64_t again[2] = {0};
    vrt_runtime_each_isolate(runtime, add_id, again);
    assert_true(again[0] == seen[0] && again[1] == seen[1]);
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_TURNS), 10);
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_ENDED), 0);
    vrt_runtime_destroy(runtime);
}

/* --- values ---------------------------------------------------------------------------------- */

static uint32_t released;

static void count_release(vela_value value)
{
    released += (uint32_t)value.number;
}

static void only_counted_values_are_released(void **state)
{
    (void)state;
    static const struct vela_value_ops ops = {.release = count_release};
    struct vela_runtime *runtime = create(&(struct vrt_runtime_config){.workers = 1, .value_ops = &ops});
    released = 0;
    vrt_value_release(runtime, (vela_value){.tag = 2, .number = 1});
    assert_int_equal(released, 0);
    vrt_value_release(runtime, (vela_value){.tag = VELA_VALUE_HEAP_BIT, .number = 4});
    assert_int_equal(released, 4);
    vrt_runtime_destroy(runtime);
    runtime = create(NULL);
    vrt_value_release(runtime, (vela_value){.tag = VELA_VALUE_HEAP_BIT, .number = 8}); /* a plain word */
    assert_int_equal(released, 4);
    vrt_runtime_destroy(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_configured_has_a_default),
        cmocka_unit_test(threads_start_when_asked_up_to_the_number),
        cmocka_unit_test(the_end_comes_after_threads_and_isolates),
        cmocka_unit_test(every_living_isolate_is_visited),
        cmocka_unit_test(only_counted_values_are_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
