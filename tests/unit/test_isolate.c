#include "runtime/sched/task.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct vela_runtime *create(uint32_t workers)
{
    struct vrt_runtime_config config = {.workers = workers, .seed = 1};
    struct vela_runtime *runtime = vrt_runtime_create(&config);
    assert_non_null(runtime);
    return runtime;
}

static void finish(struct vela_runtime *runtime)
{
    assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
    vrt_runtime_destroy(runtime);
}

/* --- spawn -------------------------------------------------------------------------------------- */

static _Atomic uint32_t steps, drops;

static void count_drop(void *state)
{
    (void)state;
    vrt_atomic_add_relaxed(&drops, 1);
}

static enum vrt_turn three_turns(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)state;
    (void)delivered;
    vrt_atomic_add_relaxed(&steps, 1);
    return ++task->isolate.user_flag < 3 ? VRT_TURN_YIELD : VRT_TURN_END;
}

static void every_task_runs_to_its_end(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        struct vela_runtime *runtime = create(workers);
        vrt_atomic_store_relaxed(&steps, 0);
        vrt_atomic_store_relaxed(&drops, 0);
        struct vrt_task_config config = {.step = three_turns, .drop = count_drop};
        for (int i = 0; i < 5000; i++) {
            assert_int_equal(vrt_task_spawn_with(runtime, &config), VRT_OK);
        }
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(vrt_atomic_load_relaxed(&steps), 15000);
        assert_int_equal(vrt_atomic_load_relaxed(&drops), 5000);
        assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_ENDED), 5000);
        assert_int_equal(vrt_pool_active_any(runtime->global_pool), 0);
        assert_int_equal(vrt_pool_pending_any(runtime->global_pool), 0);
        vrt_runtime_destroy(runtime);
    }
}

/* Each task spawns two children until the depth is used up: overflow and stealing. */
static enum vrt_turn grow_tree(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)delivered;
    uintptr_t depth = (uintptr_t)state;
    vrt_atomic_add_relaxed(&steps, 1);
    for (int i = 0; i < 2 && depth > 0; i++) {
        assert_int_equal(vrt_task_spawn(task->isolate.runtime, grow_tree, (void *)(depth - 1)), VRT_OK);
    }
    return VRT_TURN_END;
}

static void tasks_spawn_tasks(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(3);
    vrt_atomic_store_relaxed(&steps, 0);
    assert_int_equal(vrt_task_spawn(runtime, grow_tree, (void *)(uintptr_t)12), VRT_OK);
    finish(runtime);
    assert_int_equal(vrt_atomic_load_relaxed(&steps), (1 << 13) - 1);
}

/* Counts its turns and the letters it finds. */
struct counted {
    struct vrt_isolate isolate;
    uint32_t turns, letters;
};

static enum vrt_turn count_turn(struct vrt_isolate *isolate, struct vrt_thread *thread)
{
    struct counted *counted = (struct counted *)(void *)isolate;
    (void)thread;
    counted->turns++;
    for (struct vrt_post *post = vrt_isolate_take_inbox(isolate); post != NULL; post = post->next) {
        counted->letters++;
    }
    return VRT_TURN_END;
}

static void destroy_nothing(struct vrt_isolate *isolate, struct vrt_thread *thread)
{
    (void)isolate;
    (void)thread;
}

static void a_letter_before_the_start_waits_for_it(void **state)
{
    (void)state;
    static const struct vrt_isolate_ops ops = {.run = count_turn, .destroy = destroy_nothing};
    struct vela_runtime *runtime = create(2);
    struct counted counted = {.turns = 0};
    struct vrt_post early = {.kind = VRT_POST_WAITER + 1};
    vrt_isolate_init(&counted.isolate, &ops, runtime, runtime->global_pool, vrt_isolate_child_id(runtime, NULL));
    vrt_isolate_post_any(&counted.isolate, &early);
    vrt_isolate_wake_any(&counted.isolate);
    assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_TURNS), 0);
    assert_int_equal(vrt_isolate_start_any(&counted.isolate), VRT_OK);
    finish(runtime);
    assert_int_equal(counted.turns, 1);
    assert_int_equal(counted.letters, 1);
}

/* --- posts -------------------------------------------------------------------------------------- */

/* A ring of tasks; each letter goes round until its hops are used up. */
enum { RING = 16, LETTERS = 40, HOPS = 500 };

struct letter {
    struct vrt_post post;
    uint32_t hops;
};

struct station {
    struct vrt_task *task;
    struct station *next;
    _Atomic uint32_t *left;
};

static enum vrt_turn pass_on(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct station *station = state;
    (void)task;
    while (delivered != NULL) {
        struct letter *letter = (struct letter *)(void *)delivered;
        delivered = delivered->next;
        if (letter->hops-- == 0) {
            vrt_atomic_sub_acq_rel(station->left, 1);
        } else {
            vrt_isolate_post_any(&station->next->task->isolate, &letter->post);
        }
    }
    return VRT_TURN_IDLE;
}

static void letters_go_round_without_loss(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers += 3) {
        struct vela_runtime *runtime = create(workers);
        static struct station stations[RING];
        static struct letter letters[LETTERS];
        _Atomic uint32_t left = LETTERS;
        for (int i = 0; i < RING; i++) {
            stations[i] = (struct station){.next = &stations[(i + 1) % RING], .left = &left};
            struct vrt_task_config config = {.step = pass_on, .state = &stations[i]};
            stations[i].task = vrt_task_create(runtime, &config);
            assert_non_null(stations[i].task);
        }
        for (int i = 0; i < RING; i++) {
            assert_int_equal(vrt_isolate_start_any(&stations[i].task->isolate), VRT_OK);
        }
        for (int i = 0; i < LETTERS; i++) {
            letters[i] = (struct letter){.post.kind = VRT_POST_USER, .hops = HOPS};
            vrt_isolate_post_any(&stations[i % RING].task->isolate, &letters[i].post);
        }
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(vrt_atomic_load_acquire(&left), 0);
        vrt_runtime_destroy(runtime); /* the stations are still there, parked */
    }
}

/* --- a waker may be slower than the end of what it wakes ------------------------------------------ */

static enum vrt_turn end_when_woken(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct vrt_task **target = state;
    (void)delivered;
    if (task->isolate.user_flag++ == 0) {
        vrt_waiter_arm(task->waiter);
        *target = task;
        vrt_external_up(task->isolate.runtime);
        return VRT_TURN_IDLE;
    }
    return task->waiter->outcome == VRT_OUTCOME_DONE ? VRT_TURN_END : VRT_TURN_IDLE;
}

static void the_winner_does_not_touch_what_it_woke(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2);
    for (int i = 0; i < 300; i++) {
        struct vrt_task *task = NULL;
        assert_int_equal(vrt_task_spawn(runtime, end_when_woken, &task), VRT_OK);
        while (vrt_atomic_load_acquire(&runtime->external) == 0) {
            vrt_os_thread_yield();
        }
        assert_true(vrt_waiter_claim_any(task->waiter, vrt_waiter_ticket(task->waiter)));
        vrt_waiter_finish_any(task->waiter, VRT_OUTCOME_DONE, (vela_value){0});
        vrt_external_down(runtime);
        assert_true(vrt_runtime_wait_quiescent(runtime, VRT_NEVER));
        assert_int_equal(vrt_runtime_counter(runtime, VRT_COUNT_ENDED), i + 1);
    }
    vrt_runtime_destroy(runtime);
}

/* --- binding, destroy ------------------------------------------------------------------------------ */

struct own_loop {
    _Atomic uint32_t ready;
    struct vrt_task *peer;
    struct letter letter;
    int turns;
};

static void ring_bell(void *argument, struct vrt_isolate *isolate)
{
    struct own_loop *loop = argument;
    (void)isolate;
    vrt_atomic_store_release(&loop->ready, 1);
    vrt_park_wake(&loop->ready, 1);
}

static enum vrt_turn bound_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct own_loop *loop = state;
    assert_true(vrt_thread_current()->kind == VRT_THREAD_ADOPTED);
    (void)task;
    (void)delivered;
    if (++loop->turns == 20) {
        return VRT_TURN_END;
    }
    if (loop->turns % 2 == 0) {
        return VRT_TURN_YIELD;
    }
    vrt_isolate_post_any(&loop->peer->isolate, &loop->letter.post);
    return VRT_TURN_IDLE;
}

static enum vrt_turn wake_the_bound_one(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct vrt_isolate *bound = state;
    (void)task;
    if (delivered != NULL) {
        vrt_isolate_wake_any(bound);
    }
    return VRT_TURN_IDLE;
}

static void bound_isolate_runs_on_its_thread(void **state)
{
    (void)state;
    struct vela_runtime *runtime = create(2);
    struct vrt_thread *thread = vrt_thread_adopt(runtime);
    assert_non_null(thread);
    struct own_loop loop = {0};
    struct vrt_binding binding = {ring_bell, &loop};
    struct vrt_task_config config = {.step = bound_step, .state = &loop, .binding = &binding, .outside_pool = true};
    struct vrt_task *bound = vrt_task_create(runtime, &config);
    struct vrt_task_config peer = {.step = wake_the_bound_one, .state = &bound->isolate};
    loop.peer = vrt_task_create(runtime, &peer);
    assert_int_equal(vrt_isolate_start_any(&loop.peer->isolate), VRT_OK);
    assert_int_equal(vrt_isolate_start_any(&bound->isolate), VRT_OK);
    while (loop.turns < 20) {
        while (vrt_atomic_exchange_acquire(&loop.ready, 0) == 0) {
            vrt_park_wait(&loop.ready, 0, VRT_NEVER);
        }
        while (vrt_isolate_run_bound(&bound->isolate)) {
        }
    }
    assert_int_equal(vrt_atomic_load_acquire(&runtime->external), 0);
    vrt_thread_disown(thread);
    finish(runtime);
}

static enum vrt_turn park_for_ever(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)state;
    (void)delivered;
    if (task->isolate.user_flag++ == 0) {
        uint64_t ticket = vrt_waiter_arm(task->waiter);
        vrt_timer_start(task->isolate.runtime, task->waiter, ticket, vrt_deadline_after(vrt_now(), 3600000000000ull));
    }
    return VRT_TURN_IDLE;
}

static enum vrt_turn yield_for_ever(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    (void)task;
    (void)state;
    (void)delivered;
    return VRT_TURN_YIELD;
}

static void destroy_drops_what_is_left(void **state)
{
    (void)state;
    vrt_atomic_store_relaxed(&drops, 0);
    for (int i = 0; i < 50; i++) {
        struct vela_runtime *runtime = create(1 + (uint32_t)i % 3);
        struct vrt_task_config parked = {.step = park_for_ever, .drop = count_drop};
        struct vrt_task_config busy = {.step = yield_for_ever, .drop = count_drop};
        for (int k = 0; k < 10; k++) {
            assert_int_equal(vrt_task_spawn_with(runtime, &parked), VRT_OK);
            assert_int_equal(vrt_task_spawn_with(runtime, &busy), VRT_OK);
        }
        vrt_runtime_destroy(runtime);
    }
    assert_int_equal(vrt_atomic_load_relaxed(&drops), 1000);
}

/* In this process: a child to count with would be started with a pipe that comes and goes. */
static size_t count_entries(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t count = 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void cycles_leave_nothing_behind(void **state)
{
    (void)state;
    char tasks[32], files[32];
    snprintf(tasks, sizeof tasks, "/proc/%d/task", getpid());
    snprintf(files, sizeof files, "/proc/%d/fd", getpid());
    size_t threads = count_entries(tasks), descriptors = count_entries(files);
    for (int i = 0; i < 1000; i++) {
        struct vela_runtime *runtime = create(2);
        if (i % 10 == 0) {
            assert_int_equal(vrt_task_spawn(runtime, three_turns, NULL), VRT_OK);
        }
        vrt_runtime_destroy(runtime);
    }
    assert_int_equal(count_entries(tasks), threads);
    assert_int_equal(count_entries(files), descriptors);
    assert_int_equal(vrt_alloc_stats().chunk_bytes, 0);
}

static void ids_come_from_parent_and_number(void **state)
{
    (void)state;
    struct vela_runtime *one = create(1), *two = create(1);
    struct vrt_isolate a, b;
    vrt_isolate_init(&a, NULL, one, NULL, vrt_isolate_child_id(one, NULL));
    vrt_isolate_init(&b, NULL, two, NULL, vrt_isolate_child_id(two, NULL));
    assert_true(a.id == b.id && a.id != 0);
    uint64_t first = vrt_isolate_child_id(one, &a);
    assert_true(first != vrt_isolate_child_id(one, &a));
    assert_true(first == vrt_isolate_child_id(two, &b));
    vrt_runtime_destroy(one);
    vrt_runtime_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_to_its_end),
        cmocka_unit_test(tasks_spawn_tasks),
        cmocka_unit_test(a_letter_before_the_start_waits_for_it),
        cmocka_unit_test(letters_go_round_without_loss),
        cmocka_unit_test(the_winner_does_not_touch_what_it_woke),
        cmocka_unit_test(bound_isolate_runs_on_its_thread),
        cmocka_unit_test(destroy_drops_what_is_left),
        cmocka_unit_test(cycles_leave_nothing_behind),
        cmocka_unit_test(ids_come_from_parent_and_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
