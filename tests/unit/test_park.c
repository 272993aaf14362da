/* Parking: a word that differs, a deadline, a wake-up; the lock and its slow path. */
#include "runtime/os/park.h"
#include "runtime/os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void another_word_does_not_wait(void **state)
{
    (void)state;
    _Atomic uint32_t word = 7;
    assert_true(vrt_park_wait(&word, 6, VRT_NEVER)); /* would hang */
    assert_true(vrt_park_wait(&word, 6, 0));         /* the word is looked at before the clock */
}

static void a_deadline_ends_the_wait_and_not_before(void **state)
{
    (void)state;
    _Atomic uint32_t word = 7;
    uint64_t deadline = vrt_now() + 3000000;
    while (vrt_park_wait(&word, 7, deadline)) {
    }
    assert_true(vrt_now() >= deadline);
    assert_false(vrt_park_wait(&word, 7, deadline)); /* passed already */
}

/* --- waking ---------------------------------------------------------------------------------- */

enum { SLEEPERS = 4 };

struct room {
    _Atomic uint32_t word;
    _Atomic uint32_t arrived, left;
};

static void sleep_in(void *argument)
{
    struct room *room = argument;
    vrt_atomic_add_acq_rel(&room->arrived, 1);
    while (vrt_atomic_load_acquire(&room->word) == 0) {
        vrt_park_wait(&room->word, 0, VRT_NEVER);
    }
    vrt_atomic_add_acq_rel(&room->left, 1);
}

static void a_wake_reaches_all_sleepers(void **state)
{
    (void)state;
    struct room room = {0};
    struct vrt_os_thread threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++) {
        assert_int_equal(vrt_os_thread_start(&threads[i], "sleeper", sleep_in, &room), VRT_OK);
    }
    while (vrt_atomic_load_acquire(&room.arrived) < SLEEPERS) {
        vrt_os_thread_yield();
    }
    assert_int_equal(vrt_atomic_load_acquire(&room.left), 0);
    vrt_atomic_store_release(&room.word, 1);
    vrt_park_wake(&room.word, UINT32_MAX); /* more than an int holds */
    for (int i = 0; i < SLEEPERS; i++) {
        vrt_os_thread_join(&threads[i]);
    }
    assert_int_equal(vrt_atomic_load_acquire(&room.left), SLEEPERS);
}

/* --- the lock -------------------------------------------------------------------------------- */

static void a_held_lock_is_not_given_again(void **state)
{
    (void)state;
    struct vrt_lock lock = {.word = VRT_LOCK_CONTENDED};
    vrt_lock_init(&lock);
    assert_true(vrt_lock_try(&lock));
    assert_false(vrt_lock_try(&lock));
    vrt_lock_give(&lock);
    vrt_lock_take(&lock);
    assert_int_equal(vrt_atomic_load_relaxed(&lock.word), VRT_LOCK_HELD);
    vrt_lock_give(&lock);
    assert_int_equal(vrt_atomic_load_relaxed(&lock.word), VRT_LOCK_FREE);
}

struct shared {
    struct vrt_lock lock;
    uint32_t turns; /* guarded by lock, of no atomic type on purpose */
};

static void take_once(void *argument)
{
    struct shared *shared = argument;
    vrt_lock_take(&shared->lock);
    shared->turns++;
    vrt_lock_give(&shared->lock);
}

static void a_parked_taker_gets_the_lock(void **state)
{
    (void)state;
    struct shared shared = {0};
    struct vrt_os_thread thread;
    vrt_lock_take(&shared.lock);
    assert_int_equal(vrt_os_thread_start(&thread, "taker", take_once, &shared), VRT_OK);
    while (vrt_atomic_load_relaxed(&shared.lock.word) != VRT_LOCK_CONTENDED) {
        vrt_os_thread_yield(); /* until it has given up spinning */
    }
    assert_int_equal(shared.turns, 0);
    vrt_lock_give(&shared.lock);
    vrt_os_thread_join(&thread);
    assert_int_equal(shared.turns, 1);
    assert_int_equal(vrt_atomic_load_relaxed(&shared.lock.word), VRT_LOCK_FREE);
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
    struct vrt_os_thread threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++) {
        assert_int_equal(vrt_os_thread_start(&threads[i], "taker", take_often, &shared), VRT_OK);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        vrt_os_thread_join(&threads[i]);
    }
    assert_int_equal(shared.turns, SLEEPERS * 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_word_does_not_wait),
        cmocka_unit_test(a_deadline_ends_the_wait_and_not_before),
        cmocka_unit_test(a_wake_reaches_all_sleepers),
        cmocka_unit_test(a_held_lock_is_not_given_again),
        cmocka_unit_test(a_parked_taker_gets_the_lock),
        cmocka_unit_test(the_lock_excludes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
