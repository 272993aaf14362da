/* Promises: settled once, waited for in order, dropped, observed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "runtime/sched/runtime.h"
#include "runtime/sched/task.h"
#include "runtime/sync/promise.h"

/* What the value operations saw; one test runs at a time. */
static _Atomic int64_t live;     /* counted values made and not released */
static _Atomic int64_t reported; /* unobserved rejections */

static void count_release(vela_value value)
{
    (void)value;
    live--;
}

static vela_value counted(int64_t number)
{
    live++;
    return (vela_value){.tag = VELA_VALUE_HEAP_BIT, .number = number};
}

static vela_value make_dropped(void *context)
{
    (void)context;
    return counted(-1);
}

static void count_report(void *context, vela_value error)
{
    (void)context;
    (void)error;
    reported++;
}

static int set_up(void **state)
{
    static const struct vela_value_ops ops = {
        .release = count_release, .promise_dropped = make_dropped, .unobserved = count_report};
    struct vrt_runtime_config config = {.workers = 2, .seed = 1, .value_ops = &ops};
    live = reported = 0;
    *state = vrt_runtime_create(&config);
    return *state == NULL;
}

static int tear_down(void **state)
{
    vrt_runtime_destroy(*state);
    return live != 0;
}

/* A callback waiter that notes when and how it was called. */
struct probe {
    struct vrt_waiter *waiter;
    int *clock;
    int called; /* position in the order of calls, 0 = not called */
    enum vrt_outcome outcome;
    int64_t number;
};

static void on_call(void *argument, struct vrt_waiter *waiter)
{
    struct probe *probe = argument;
    probe->called = ++*probe->clock;
    probe->outcome = waiter->outcome;
    probe->number = waiter->value.number;
}

static uint64_t probe_init(struct probe *probe, struct vela_runtime *runtime, int *clock)
{
    *probe = (struct probe){.clock = clock};
    probe->waiter = vrt_waiter_create_callback(runtime, on_call, probe);
    assert_non_null(probe->waiter);
    return vrt_waiter_arm(probe->waiter);
}

static void settles_once(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 7);
    vela_value value, second = counted(2);
    assert_int_equal(vrt_promise_poll_any(promise, &value), VRT_PROMISE_PENDING);
    assert_true(vrt_promise_resolve_any(promise, counted(1)));
    assert_false(vrt_promise_resolve_any(promise, second));
    assert_false(vrt_promise_reject_any(promise, second));
    vrt_value_release(*state, second);
    assert_int_equal(vrt_promise_poll_any(promise, &value), VRT_PROMISE_RESOLVED);
    assert_int_equal(value.number, 1);
    assert_int_equal(promise->site, 7);
    vrt_promise_release_producer_any(promise);
}

static void waiters_are_served_in_order(void **state)
{
    enum { N = 5 };
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct probe probes[N];
    int clock = 0;
    for (int i = 0; i < N; i++) {
        uint64_t ticket = probe_init(&probes[i], *state, &clock);
        assert_int_equal(vrt_promise_wait(promise, probes[i].waiter, ticket), VRT_PROMISE_PARKED);
    }
    assert_true(vrt_promise_resolve_any(promise, counted(42)));
    for (int i = 0; i < N; i++) {
        assert_int_equal(probes[i].called, i + 1);
        assert_int_equal(probes[i].outcome, VRT_OUTCOME_VALUE);
        assert_int_equal(probes[i].number, 42);
        vrt_promise_forget(promise, probes[i].waiter);
        vrt_waiter_destroy(*state, probes[i].waiter);
    }
    vrt_promise_release_producer_any(promise);
}

static void a_settled_one_is_ready(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct probe probe;
    int clock = 0;
    uint64_t ticket = probe_init(&probe, *state, &clock);
    assert_true(vrt_promise_reject_any(promise, counted(3)));
    assert_int_equal(vrt_promise_wait(promise, probe.waiter, ticket), VRT_PROMISE_READY);
    assert_true(vrt_waiter_claim_any(probe.waiter, ticket));
    assert_int_equal(probe.called, 0);
    vrt_waiter_destroy(*state, probe.waiter);
    vrt_promise_release_producer_any(promise);
    assert_int_equal(reported, 0); /* the ready answer observed it */
}

static void a_waiter_that_gave_up_is_not_called(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct probe early, late;
    int clock = 0;
    uint64_t early_ticket = probe_init(&early, *state, &clock);
    uint64_t late_ticket = probe_init(&late, *state, &clock);
    vrt_promise_wait(promise, early.waiter, early_ticket);
    vrt_promise_wait(promise, late.waiter, late_ticket);
    assert_true(vrt_waiter_claim_any(early.waiter, early_ticket));
    vrt_promise_forget(promise, early.waiter);
    assert_true(vrt_waiter_claim_any(late.waiter, late_ticket)); /* claimed, still linked */
    assert_true(vrt_promise_reject_any(promise, counted(1)));
    vrt_promise_forget(promise, late.waiter);
    assert_int_equal(clock, 0);
    vrt_waiter_destroy(*state, early.waiter);
    vrt_waiter_destroy(*state, late.waiter);
    vrt_promise_release_producer_any(promise);
    assert_int_equal(reported, 1); /* nobody got it */
}

static void the_last_producer_gone_rejects(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct probe probe;
    vela_value value;
    int clock = 0;
    vrt_promise_retain_any(promise);
    vrt_promise_retain_producer_any(promise);
    uint64_t ticket = probe_init(&probe, *state, &clock);
    vrt_promise_wait(promise, probe.waiter, ticket);
    vrt_promise_release_producer_any(promise);
    assert_int_equal(vrt_promise_poll_any(promise, NULL), VRT_PROMISE_PENDING);
    vrt_promise_release_producer_any(promise);
    assert_int_equal(vrt_promise_poll_any(promise, &value), VRT_PROMISE_REJECTED);
    assert_int_equal(value.number, -1);
    assert_int_equal(probe.outcome, VRT_OUTCOME_ERROR);
    vrt_waiter_destroy(*state, probe.waiter);
    vrt_promise_release_any(promise);
    assert_int_equal(reported, 0);
}

static void dropped_alone_it_is_silent(void **state)
{
    vrt_promise_release_producer_any(vrt_promise_create(*state, 0));
    assert_int_equal(reported, 0);
}

static void an_unobserved_rejection_is_reported(void **state)
{
    struct vrt_promise *seen = vrt_promise_create(*state, 0);
    struct vrt_promise *unseen = vrt_promise_create(*state, 0);
    struct vrt_promise *cancelled = vrt_promise_create(*state, 0);
    vrt_promise_observe_any(seen);
    vrt_promise_reject_any(seen, counted(1));
    vrt_promise_reject_any(unseen, counted(2));
    vrt_promise_settle_any(cancelled, VRT_PROMISE_CANCELLED, counted(3));
    assert_int_equal(vrt_promise_poll_any(cancelled, NULL), VRT_PROMISE_CANCELLED);
    vrt_promise_release_producer_any(seen);
    vrt_promise_release_producer_any(cancelled);
    assert_int_equal(reported, 0);
    vrt_promise_release_producer_any(unseen);
    assert_int_equal(reported, 1);
}

/* --- several threads --------------------------------------------------------------------------- */

struct race {
    struct vrt_promise *promise;
    _Atomic int go;
    _Atomic int winners;
};

static void *settle_in_race(void *argument)
{
    struct race *race = argument;
    while (!race->go) {
        vrt_cpu_relax();
    }
    vela_value value = counted(9);
    if (vrt_promise_resolve_any(race->promise, value)) {
        race->winners++;
    } else {
        count_release(value);
    }
    return NULL;
}

static void one_of_many_settlers_wins(void **state)
{
    for (int round = 0; round < 50; round++) {
        struct race race = {.promise = vrt_promise_create(*state, 0)};
        pthread_t threads[3];
        for (int i = 0; i < 3; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, settle_in_race, &race), 0);
        }
        race.go = 1;
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], NULL);
        }
        assert_int_equal(race.winners, 1);
        vrt_promise_release_producer_any(race.promise);
    }
}

static void *resolve_soon(void *argument)
{
    vrt_promise_resolve_any(argument, counted(5));
    vrt_promise_release_producer_any(argument);
    return NULL;
}

static void a_native_thread_waits(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct vrt_waiter *waiter = vrt_waiter_create_native(*state);
    vela_value value = {0};
    pthread_t thread;
    vrt_promise_retain_any(promise);
    uint64_t ticket = vrt_waiter_arm(waiter);
    if (vrt_promise_wait(promise, waiter, ticket) == VRT_PROMISE_PARKED) {
        assert_int_equal(pthread_create(&thread, NULL, resolve_soon, promise), 0);
        assert_int_equal(vrt_waiter_wait(waiter, ticket, VRT_NEVER), VRT_OUTCOME_VALUE);
        vrt_promise_forget(promise, waiter);
        pthread_join(thread, NULL);
    }
    assert_int_equal(vrt_promise_poll_any(promise, &value), VRT_PROMISE_RESOLVED);
    assert_int_equal(value.number, 5);
    vrt_waiter_destroy(*state, waiter);
    vrt_promise_release_any(promise);
}

static void a_native_thread_times_out(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct vrt_waiter *waiter = vrt_waiter_create_native(*state);
    uint64_t ticket = vrt_waiter_arm(waiter);
    assert_int_equal(vrt_promise_wait(promise, waiter, ticket), VRT_PROMISE_PARKED);
    assert_int_equal(vrt_waiter_wait(waiter, ticket, vrt_now()), VRT_OUTCOME_TIMEOUT);
    vrt_promise_forget(promise, waiter);
    assert_true(vrt_promise_resolve_any(promise, counted(1)));
    vrt_waiter_destroy(*state, waiter);
    vrt_promise_release_producer_any(promise);
}

/* --- requests to cancel ---------------------------------------------------------------------- */

static void a_request_for_nobody_is_left_to_the_caller(void **state)
{
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    struct vrt_cancel_letter letter = {0};
    assert_int_equal(vrt_promise_requested_any(promise), 0);
    assert_int_equal(vrt_promise_request_any(promise, 3, &letter), VRT_CANCEL_UNOWNED);
    assert_int_equal(vrt_promise_request_any(promise, 2, &letter), VRT_CANCEL_UNOWNED);
    assert_int_equal(vrt_promise_requested_any(promise), 0); /* it may yet be settled with a value */
    assert_true(vrt_promise_settle_any(promise, VRT_PROMISE_CANCELLED, counted(1)));
    assert_int_equal(vrt_promise_request_any(promise, 1, &letter), VRT_CANCEL_SETTLED);
    vrt_promise_release_producer_any(promise);
    assert_int_equal(reported, 0);
}

/* Takes the letter of a request, and settles what it is for. */
struct owner {
    struct vrt_promise *promise;
    int letters;
    uint32_t reason;
};

static enum vrt_turn owner_step(struct vrt_task *task, void *argument, struct vrt_post *delivered)
{
    struct owner *owner = argument;
    (void)task;
    for (; delivered != NULL; delivered = delivered->next) {
        struct vrt_cancel_letter *letter = (struct vrt_cancel_letter *)(void *)delivered;
        assert_ptr_equal(letter->promise, owner->promise);
        assert_null(letter->record);
        vrt_promise_release_any(letter->promise);
        owner->letters++;
    }
    if (owner->letters == 0) {
        return VRT_TURN_IDLE;
    }
    owner->reason = vrt_promise_disown(owner->promise);
    assert_false(vrt_promise_is_owned(owner->promise));
    assert_true(vrt_promise_settle_any(owner->promise, VRT_PROMISE_CANCELLED, counted(1)));
    vrt_promise_release_producer_any(owner->promise);
    return VRT_TURN_END;
}

static void a_request_is_told_to_the_owner_once(void **state)
{
    static struct vrt_cancel_letter letter, second;
    static struct owner owner; /* its task may end after this function */
    struct vrt_promise *promise = vrt_promise_create(*state, 0);
    owner = (struct owner){.promise = promise};
    struct vrt_waiter *waiter = vrt_waiter_create_native(*state);
    uint64_t ticket = vrt_waiter_arm(waiter);
    struct vrt_task *task = vrt_task_create(*state, &(struct vrt_task_config){.step = owner_step, .state = &owner});
    letter = second = (struct vrt_cancel_letter){.post = {.kind = VRT_POST_USER}};
    vrt_promise_retain_any(promise);
    vrt_promise_own(promise, &task->isolate);
    assert_int_equal(vrt_promise_wait(promise, waiter, ticket), VRT_PROMISE_PARKED);
    assert_int_equal(vrt_isolate_start_any(&task->isolate), VRT_OK);
    assert_true(vrt_runtime_wait_quiescent(*state, VRT_NEVER)); /* it has had a turn: it is not called off */
    assert_int_equal(vrt_promise_request_any(promise, 2, &letter), VRT_CANCEL_REQUESTED);
    assert_int_not_equal(vrt_promise_request_any(promise, 3, &second), VRT_CANCEL_REQUESTED);
    assert_int_equal(vrt_waiter_wait(waiter, ticket, VRT_NEVER), VRT_OUTCOME_CANCELLED);
    vrt_promise_forget(promise, waiter);
    vrt_waiter_destroy(*state, waiter);
    assert_int_equal(owner.letters, 1);
    assert_int_equal(owner.reason, 2);
    vrt_promise_release_any(promise);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(settles_once),
        TEST(waiters_are_served_in_order),
        TEST(a_settled_one_is_ready),
        TEST(a_waiter_that_gave_up_is_not_called),
        TEST(the_last_producer_gone_rejects),
        TEST(dropped_alone_it_is_silent),
        TEST(an_unobserved_rejection_is_reported),
        TEST(one_of_many_settlers_wins),
        TEST(a_native_thread_waits),
        TEST(a_native_thread_times_out),
        TEST(a_request_for_nobody_is_left_to_the_caller),
        TEST(a_request_is_told_to_the_owner_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
