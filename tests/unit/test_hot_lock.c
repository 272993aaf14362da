/* The lock of a channel's chain (runtime/os/hot_lock.h). */
#include "runtime/os/hot_lock.h"
#include "runtime/os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define TAKERS 4

static void a_held_lock_is_not_given_again(void **state)
{
    (void)state;
    struct vrt_hot_lock lock = {0};
    assert_true(vrt_hot_lock_try(&lock));
    assert_false(vrt_hot_lock_try(&lock));
    vrt_hot_lock_give(&lock);
    vrt_hot_lock_take(&lock);
    assert_false(vrt_hot_lock_try(&lock));
    vrt_hot_lock_give(&lock);
    assert_true(vrt_hot_lock_try(&lock));
}

struct shared {
    struct vrt_hot_lock lock;
    uint32_t turns; /* guarded by lock, of no atomic type on purpose */
};

static void take_once(void *argument)
{
    struct shared *shared = argument;
    vrt_hot_lock_take(&shared->lock);
    shared->turns++;
    vrt_hot_lock_give(&shared->lock);
}

/* Several times: the first one of a process registers for the barrier. */
static void a_waiting_taker_gets_the_lock(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct shared shared = {0};
        struct vrt_os_thread thread;
        vrt_hot_lock_take(&shared.lock);
        assert_int_equal(vrt_os_thread_start(&thread, "taker", take_once, &shared), VRT_OK);
        while (vrt_atomic_load_relaxed(&shared.lock.waiters) == 0) {
            vrt_os_thread_yield(); /* until it has given up spinning */
        }
        assert_int_equal(shared.turns, 0);
        vrt_hot_lock_give(&shared.lock);
        vrt_os_thread_join(&thread);
        assert_int_equal(shared.turns, 1);
        assert_int_equal(vrt_atomic_load_relaxed(&shared.lock.waiters), 0);
    }
}

static void take_often(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        take_once(argument);
    }
}

static void the_lock_excludes(void **state)
{
    (void)state;
    struct shared shared = {0};
    struct vrt_os_thread threads[TAKERS];
    for (int i = 0; i < TAKERS; i++) {
        assert_int_equal(vrt_os_thread_start(&threads[i], "taker", take_often, &shared), VRT_OK);
    }
    for (int i = 0; i < TAKERS; i++) {
        vrt_os_thread_join(&threads[i]);
    }
    assert_int_equal(shared.turns, TAKERS * 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_lock_is_not_given_again),
        cmocka_unit_test(a_waiting_taker_gets_the_lock),
        cmocka_unit_test(the_lock_excludes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
