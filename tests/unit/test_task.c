/* Tasks: steps, what is delivered to them, where they count, and when `drop` is called. */
#include "runtime/sched/task.h"

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

/* --- steps ----------------------------------------------------------------------------------- */

/* Rule P2: a turn of two milliseconds is counted. */
static enum vrt_turn compute_long(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)task, (void)state, (void)delivered;
    for (uint64_t end = vrt_now() + 2 * VRT_LONG_TURN_NS; vrt_now() < end;) {
    }
    return VRT_TURN_END;
}

static void long_turns_are_counted(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct vrt_task_config config = {.step = compute_long};
    assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_true(vrt_runtime_counter(runtime, VRT_COUNT_LONG_TURNS) >= 1);
    vrt_runtime_destroy(runtime);
}

enum { LETTERS = 3 };

struct course {
    struct vrt_post letters[LETTERS];
    uint32_t steps, drops, wrong;
    uint32_t delivered;
};

static void course_drop(void *state)
{
    ((struct course *)state)->drops++;
}

/* Writes to itself, goes idle, and finds the letters in the next step. */
static enum vrt_turn write_home(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct course *course = state;
    if (course->steps++ == 0) {
        course->wrong += delivered != NULL || vrt_thread_current()->current != &task->isolate;
        for (uint32_t i = 0; i < LETTERS; i++) {
            course->letters[i] = (struct vrt_post){.kind = VRT_POST_USER, .detail = i};
            vrt_isolate_post_any(&task->isolate, &course->letters[i]);
        }
        return VRT_TURN_IDLE;
    }
    for (; delivered != NULL; delivered = delivered->next) {
        course->wrong += delivered->detail != course->delivered++;
    }
    return course->delivered < LETTERS ? VRT_TURN_IDLE : VRT_TURN_END;
}

static void letters_are_delivered_oldest_first(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct course course = {.steps = 0};
    struct vrt_task_config config = {.step = write_home, .state = &course, .drop = course_drop};
    assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(course.delivered, LETTERS);
    assert_int_equal(course.wrong, 0);
    assert_int_equal(course.steps, 2);
    assert_int_equal(course.drops, 1);
    vrt_runtime_destroy(runtime);
    assert_int_equal(course.drops, 1);
}

static enum vrt_turn stay(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)task;
    (void)delivered;
    ((struct course *)state)->steps++;
    return VRT_TURN_IDLE;
}

static void a_parked_task_is_dropped_with_the_runtime(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct course course = {.steps = 0};
    struct vrt_task_config config = {.step = stay, .state = &course, .drop = course_drop};
    assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(course.drops, 0);
    vrt_runtime_destroy(runtime);
    assert_int_equal(course.steps, 1);
    assert_int_equal(course.drops, 1);
}

/* --- its own record -------------------------------------------------------------------------- */

static enum vrt_turn wait_for_a_moment(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct course *course = state;
    if (course->steps++ == 0) {
        uint64_t ticket = vrt_waiter_arm(task->waiter);
        vrt_timer_start(task->isolate.runtime, task->waiter, ticket, vrt_now() + 1000000);
        return VRT_TURN_IDLE;
    }
    course->delivered += delivered == &task->waiter->post && delivered->kind == VRT_POST_WAITER &&
                         task->waiter->outcome == VRT_OUTCOME_TIMEOUT;
    return VRT_TURN_END;
}

static void its_wait_record_posts_to_it(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct course course = {.steps = 0};
    assert_int_equal(vrt_task_spawn(runtime, wait_for_a_moment, &course), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(course.delivered, 1);
    vrt_runtime_destroy(runtime);
}

/* --- where it counts ------------------------------------------------------------------------- */

static void the_configuration_says_where_it_counts(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct vrt_pool *pool = vrt_pool_create(runtime, 1);
    struct course course = {.steps = 0};
    struct vrt_task_config in_global = {.step = stay, .state = &course, .priority = VRT_PRIORITY_HIGH};
    struct vrt_task_config in_pool = {.step = stay, .state = &course, .pool = pool};
    struct vrt_task_config outside = {.step = stay, .state = &course, .pool = pool, .outside_pool = true};
    struct vrt_task *tasks[] = {vrt_task_create(runtime, &in_global), vrt_task_create(runtime, &in_pool),
                                vrt_task_create(runtime, &outside)};
    assert_ptr_equal(tasks[0]->isolate.pool, runtime->global_pool);
    assert_int_equal(tasks[0]->isolate.priority, VRT_PRIORITY_HIGH);
    assert_ptr_equal(tasks[1]->isolate.pool, pool);
    assert_null(tasks[2]->isolate.pool);
    assert_true(tasks[0]->isolate.id != tasks[1]->isolate.id && tasks[1]->isolate.id != tasks[2]->isolate.id);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vrt_isolate_start_any(&tasks[i]->isolate), VRT_OK);
    }
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    assert_int_equal(course.steps, 3);
    assert_int_equal(vrt_pool_active_any(pool), 1);
    assert_int_equal(vrt_pool_active_any(runtime->global_pool), 1);
    vrt_pool_release(pool);
    vrt_runtime_destroy(runtime);
}

/* --- refusals -------------------------------------------------------------------------------- */

static void spawn_late(struct vela_runtime *runtime, void *user)
{
    struct vrt_task_config config = {.step = stay, .state = user, .drop = course_drop};
    assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_SHUT_DOWN);
}

static void a_runtime_that_ends_refuses(void **state)
{
    (void)state;
    struct course course = {.steps = 0};
    vrt_runtime_destroy(create(spawn_late, &course));
    assert_int_equal(course.steps, 0);
    assert_int_equal(course.drops, 0); /* the state is still the caller's */
}

static void without_memory_no_task_is_made(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(NULL, NULL);
    struct course course = {.steps = 0};
    struct vrt_task_config config = {.step = stay, .state = &course, .drop = course_drop};
    vrt_alloc_fail_in(1);
    enum vrt_status status = vrt_task_spawn_with(runtime, &config);
    vrt_alloc_fail_in(0);
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    assert_int_equal(status, VRT_NO_MEMORY);
    assert_int_equal(vrt_pool_pending_any(runtime->global_pool), 0);
    assert_int_equal(course.drops, 0);
#endif
    (void)status;
    vrt_runtime_destroy(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_turns_are_counted),
        cmocka_unit_test(letters_are_delivered_oldest_first),
        cmocka_unit_test(a_parked_task_is_dropped_with_the_runtime),
        cmocka_unit_test(its_wait_record_posts_to_it),
        cmocka_unit_test(the_configuration_says_where_it_counts),
        cmocka_unit_test(a_runtime_that_ends_refuses),
        cmocka_unit_test(without_memory_no_task_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
