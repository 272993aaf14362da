#include "runtime/os/thread.h"
#include "runtime/sched/runtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int setup(void **state)
{
    struct vrt_runtime_config config = {.workers = 2, .seed = 1};
    *state = vrt_runtime_create(&config);
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    vrt_runtime_destroy(*state);
    return 0;
}

static void one_claim_per_ticket(void **state)
{
    struct vrt_waiter *waiter = vrt_waiter_create_native(*state);
    assert_non_null(waiter);
    uint64_t first = vrt_waiter_arm(waiter);
    assert_true(first != 0 && vrt_waiter_ticket(waiter) == first);
    assert_true(vrt_waiter_is_open_any(waiter, first));
    assert_true(vrt_waiter_claim_any(waiter, first));
    assert_false(vrt_waiter_claim_any(waiter, first));
    assert_false(vrt_waiter_is_open_any(waiter, first));
    uint64_t second = vrt_waiter_arm(waiter);
    assert_true(second != first);
    assert_false(vrt_waiter_claim_any(waiter, first));
    assert_true(vrt_waiter_claim_any(waiter, second));
    vrt_waiter_destroy(*state, waiter);
}

static void records_keep_their_tickets(void **state)
{
    enum { COUNT = 3 * VRT_SLAB_WAITERS };
    static struct vrt_waiter *waiters[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        waiters[i] = vrt_waiter_create_native(*state);
        assert_non_null(waiters[i]);
    }
    struct vrt_waiter *last = waiters[COUNT - 1];
    uint64_t old = vrt_waiter_arm(last);
    assert_true(vrt_waiter_claim_any(last, old));
    for (uint32_t i = 0; i < COUNT; i++) {
        vrt_waiter_destroy(*state, waiters[i]);
    }
    assert_false(vrt_waiter_claim_any(last, old)); /* the memory is still a record */
    struct vrt_waiter *again = vrt_waiter_create_native(*state);
    assert_ptr_equal(again, last);
    assert_true(vrt_waiter_arm(again) > old);
    assert_true(vrt_waiter_claim_any(again, vrt_waiter_ticket(again)));
    vrt_waiter_destroy(*state, again);
}

struct noted {
    struct vrt_waiter *waiter;
    int calls;
};

static void note(void *argument, struct vrt_waiter *waiter)
{
    struct noted *noted = argument;
    noted->waiter = waiter;
    noted->calls++;
}

static void callback_runs_on_the_settling_thread(void **state)
{
    struct noted noted = {0};
    struct vrt_waiter *waiter = vrt_waiter_create_callback(*state, note, &noted);
    uint64_t ticket = vrt_waiter_arm(waiter);
    assert_true(vrt_waiter_claim_any(waiter, ticket));
    vrt_waiter_finish_any(waiter, VRT_OUTCOME_VALUE, (vela_value){.tag = 1, .number = 5});
    assert_int_equal(noted.calls, 1);
    assert_ptr_equal(noted.waiter, waiter);
    assert_int_equal(waiter->outcome, VRT_OUTCOME_VALUE);
    assert_int_equal(waiter->value.number, 5);
    vrt_waiter_destroy(*state, waiter);
}

struct duel {
    struct vrt_waiter *waiter;
    _Atomic uint64_t ticket;
    _Atomic uint32_t wins;
};

/* Two of these try to decide each wait. */
static void duellist(void *argument)
{
    struct duel *duel = argument;
    for (uint64_t done = 0;;) {
        uint64_t ticket = vrt_atomic_load_acquire(&duel->ticket);
        if (ticket == UINT64_MAX) {
            return;
        }
        if (ticket != done && vrt_waiter_claim_any(duel->waiter, ticket)) {
            vrt_atomic_add_relaxed(&duel->wins, 1);
            vrt_waiter_finish_any(duel->waiter, VRT_OUTCOME_VALUE,
                                  (vela_value){.tag = 1, .bits = ticket});
        }
        done = ticket;
        vrt_os_thread_yield();
    }
}

static void native_thread_waits_for_the_winner(void **state)
{
    enum { ROUNDS = 2000 };
    struct duel duel = {.waiter = vrt_waiter_create_native(*state)};
    struct vrt_os_thread threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vrt_os_thread_start(&threads[i], "duellist", duellist, &duel), VRT_OK);
    }
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t ticket = vrt_waiter_arm(duel.waiter);
        vrt_atomic_store_release(&duel.ticket, ticket);
        assert_int_equal(vrt_waiter_wait(duel.waiter, ticket, VRT_NEVER), VRT_OUTCOME_VALUE);
        assert_true(duel.waiter->value.bits == ticket);
    }
    vrt_atomic_store_release(&duel.ticket, UINT64_MAX);
    for (int i = 0; i < 2; i++) {
        vrt_os_thread_join(&threads[i]);
    }
    assert_int_equal(vrt_atomic_load_relaxed(&duel.wins), ROUNDS);
    vrt_waiter_destroy(*state, duel.waiter);
}

static void native_wait_times_out(void **state)
{
    struct vrt_waiter *waiter = vrt_waiter_create_native(*state);
    uint64_t ticket = vrt_waiter_arm(waiter);
    uint64_t deadline = vrt_now() + 2000000;
    assert_int_equal(vrt_waiter_wait(waiter, ticket, deadline), VRT_OUTCOME_TIMEOUT);
    assert_true(vrt_now() >= deadline);
    assert_false(vrt_waiter_claim_any(waiter, ticket));
    vrt_waiter_destroy(*state, waiter);
}

static void lists_keep_order_and_unlink_anywhere(void **state)
{
    struct vrt_wait_list list = {0};
    struct vrt_waiter *waiters[4];
    for (int i = 0; i < 4; i++) {
        waiters[i] = vrt_waiter_create_native(*state);
        vrt_wait_list_append_locked(&list, &waiters[i]->link, waiters[i], (uint64_t)i);
    }
    vrt_wait_list_remove_locked(&list, &waiters[1]->link);
    vrt_wait_list_remove_locked(&list, &waiters[1]->link);
    assert_ptr_equal(list.head->waiter, waiters[0]);
    assert_ptr_equal(list.head->next->waiter, waiters[2]);
    vrt_wait_list_remove_locked(&list, &waiters[3]->link);
    assert_ptr_equal(list.tail->waiter, waiters[2]);
    vrt_wait_list_remove_locked(&list, &waiters[0]->link);
    vrt_wait_list_remove_locked(&list, &waiters[2]->link);
    assert_null(list.head);
    assert_null(list.tail);
    for (int i = 0; i < 4; i++) {
        vrt_waiter_destroy(*state, waiters[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_claim_per_ticket),
        cmocka_unit_test(records_keep_their_tickets),
        cmocka_unit_test(callback_runs_on_the_settling_thread),
        cmocka_unit_test(native_thread_waits_for_the_winner),
        cmocka_unit_test(native_wait_times_out),
        cmocka_unit_test(lists_keep_order_and_unlink_anywhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
