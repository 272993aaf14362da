/* The pause: nobody takes a turn while all stand; who sleeps, computes for long, or runs a bound isolate. */
#include "runtime/sched/pause.h"

#include "runtime/os/thread.h"
#include "runtime/sched/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>

#define WORKERS 3

struct scene {
    _Atomic uint32_t halted; /* a pause in which all stand: no turn may go on */
    _Atomic uint32_t wrong;  /* turns that did */
    _Atomic uint32_t turns, over;
};

static struct vela_runtime *create(void)
{
    struct vrt_runtime_config config = {.workers = WORKERS, .seed = 1};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

static void note_turn(struct scene *scene)
{
    vrt_atomic_add_relaxed(&scene->wrong, vrt_atomic_load_acquire(&scene->halted));
    vrt_atomic_add_relaxed(&scene->turns, 1);
}

static enum vrt_turn busy(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct scene *scene = state;
    (void)task;
    (void)delivered;
    note_turn(scene);
    vrt_atomic_add_relaxed(&scene->wrong, vrt_atomic_load_acquire(&scene->halted));
    return vrt_atomic_load_acquire(&scene->over) != 0 ? VRT_TURN_END : VRT_TURN_YIELD;
}

static bool is_not_running(struct vrt_isolate *isolate, void *argument)
{
    *(uint32_t *)argument += !vrt_isolate_is_running_any(isolate);
    return true;
}

static void pause_and_look(struct vela_runtime *runtime, struct scene *scene, uint32_t isolates)
{
    uint32_t still = 0;
    assert_true(vrt_pause_begin(runtime, VRT_NEVER));
    vrt_atomic_store_release(&scene->halted, 1);
    uint32_t turns = vrt_atomic_load_acquire(&scene->turns);
    vrt_runtime_each_isolate(runtime, is_not_running, &still);
    assert_int_equal(still, isolates);
    for (int i = 0; i < 20; i++) {
        vrt_os_thread_yield();
    }
    assert_int_equal(vrt_atomic_load_acquire(&scene->turns), turns);
    vrt_atomic_store_release(&scene->halted, 0);
    vrt_pause_end(runtime);
}

static void await_turns(struct scene *scene, uint32_t more)
{
    uint32_t before = vrt_atomic_load_acquire(&scene->turns);
    while (vrt_atomic_load_acquire(&scene->turns) - before < more) {
        vrt_os_thread_yield();
    }
}

static void await_first_turn(struct scene *scene)
{
    while (vrt_atomic_load_acquire(&scene->turns) == 0) {
        vrt_os_thread_yield();
    }
}

static void no_turn_goes_on_while_all_stand(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct vela_runtime *runtime = create();
    for (int i = 0; i < 8; i++) {
        assert_int_equal(vrt_task_spawn(runtime, busy, &scene), VRT_OK);
    }
    for (int i = 0; i < 100; i++) {
        await_turns(&scene, 1); /* they go on after each */
        pause_and_look(runtime, &scene, 8);
    }
    vrt_atomic_store_release(&scene.over, 1);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(scene.wrong, 0);
    vrt_runtime_destroy(runtime);
}

static enum vrt_turn woken_once(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)delivered;
    note_turn(state);
    return task->isolate.user_flag++ == 0 ? VRT_TURN_IDLE : VRT_TURN_END;
}

static void who_sleeps_stands_and_is_not_woken_into_a_pause(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct scene scene = {0};
        struct vela_runtime *runtime = create();
        struct vrt_task *task = vrt_task_create(runtime, &(struct vrt_task_config){.step = woken_once, .state = &scene});
        assert_non_null(task);
        vrt_external_up(runtime);
        assert_int_equal(vrt_isolate_start_any(&task->isolate), VRT_OK);
        await_first_turn(&scene);
        assert_true(vrt_pause_begin(runtime, VRT_NEVER));
        vrt_atomic_store_release(&scene.halted, 1);
        vrt_isolate_wake_any(&task->isolate);
        for (int k = 0; k < 20; k++) {
            vrt_os_thread_yield();
        }
        assert_int_equal(vrt_atomic_load_acquire(&scene.turns), 1);
        vrt_atomic_store_release(&scene.halted, 0);
        vrt_pause_end(runtime);
        vrt_external_down(runtime);
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(scene.turns, 2);
        assert_int_equal(scene.wrong, 0);
        vrt_runtime_destroy(runtime);
    }
}

/* One turn, which lasts until it is told. */
static enum vrt_turn long_turn(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct scene *scene = state;
    (void)task;
    (void)delivered;
    vrt_atomic_add_release(&scene->turns, 1);
    while (vrt_atomic_load_acquire(&scene->over) == 0) {
        vrt_os_thread_yield();
    }
    return VRT_TURN_IDLE;
}

static void a_long_turn_is_not_waited_for(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct vela_runtime *runtime = create();
    uint32_t still = 0;
    assert_int_equal(vrt_task_spawn(runtime, long_turn, &scene), VRT_OK);
    await_first_turn(&scene);
    assert_false(vrt_pause_begin(runtime, vrt_deadline_after(vrt_now(), 1000000)));
    vrt_runtime_each_isolate(runtime, is_not_running, &still);
    assert_int_equal(still, 0); /* it runs, so nobody looks into it */
    vrt_atomic_store_release(&scene.over, 1);
    vrt_pause_end(runtime);
    assert_true(vrt_pause_begin(runtime, VRT_NEVER));
    vrt_runtime_each_isolate(runtime, is_not_running, &still);
    assert_int_equal(still, 1);
    vrt_pause_end(runtime);
    vrt_runtime_destroy(runtime);
}

struct rival { struct vela_runtime *runtime; _Atomic uint32_t *inside; _Atomic uint32_t *wrong; };

static void *pauses_often(void *argument)
{
    struct rival *rival = argument;
    for (int i = 0; i < 100; i++) {
        vrt_pause_begin(rival->runtime, VRT_NEVER);
        vrt_atomic_add_relaxed(rival->wrong, vrt_atomic_add_acq_rel(rival->inside, 1) != 0);
        vrt_atomic_sub_acq_rel(rival->inside, 1);
        vrt_pause_end(rival->runtime);
    }
    return NULL;
}

static void one_pause_at_a_time(void **state)
{
    (void)state;
    _Atomic uint32_t inside = 0, wrong = 0;
    struct scene scene = {0};
    struct vela_runtime *runtime = create();
    struct rival rival = {runtime, &inside, &wrong};
    pthread_t other;
    bool all;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(vrt_task_spawn(runtime, busy, &scene), VRT_OK);
    }
    assert_true(vrt_pause_try_begin(runtime, VRT_NEVER, &all));
    assert_true(all);
    assert_false(vrt_pause_try_begin(runtime, VRT_NEVER, &all));
    vrt_pause_end(runtime);
    assert_int_equal(pthread_create(&other, NULL, pauses_often, &rival), 0);
    pauses_often(&rival);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(wrong, 0);
    vrt_atomic_store_release(&scene.over, 1);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    vrt_runtime_destroy(runtime);
}

static void *runs_bound(void *argument)
{
    struct vela_runtime *runtime = ((struct rival *)argument)->runtime;
    for (int i = 0; i < 1000; i++) {
        vrt_pause_enter_bound(runtime);
        vrt_atomic_store_release(((struct rival *)argument)->inside, 1);
        vrt_atomic_store_release(((struct rival *)argument)->inside, 0);
        vrt_pause_leave_bound(runtime);
    }
    return NULL;
}

static void a_bound_isolate_is_waited_for_and_kept_out(void **state)
{
    (void)state;
    _Atomic uint32_t inside = 0, wrong = 0;
    struct vela_runtime *runtime = create();
    struct rival rival = {runtime, &inside, &wrong};
    pthread_t other;
    vrt_pause_enter_bound(runtime);
    assert_false(vrt_pause_begin(runtime, vrt_deadline_after(vrt_now(), 1000000)));
    vrt_pause_end(runtime);
    vrt_pause_leave_bound(runtime);
    assert_int_equal(pthread_create(&other, NULL, runs_bound, &rival), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(vrt_pause_begin(runtime, VRT_NEVER));
        vrt_os_thread_yield();
        assert_int_equal(vrt_atomic_load_acquire(&inside), 0);
        vrt_pause_end(runtime);
    }
    assert_int_equal(pthread_join(other, NULL), 0);
    vrt_runtime_destroy(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_turn_goes_on_while_all_stand),
        cmocka_unit_test(who_sleeps_stands_and_is_not_woken_into_a_pause),
        cmocka_unit_test(a_long_turn_is_not_waited_for),
        cmocka_unit_test(one_pause_at_a_time),
        cmocka_unit_test(a_bound_isolate_is_waited_for_and_kept_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
