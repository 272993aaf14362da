/* Channels: the rules C1 to C8 of the concurrency semantics, capacities, counts of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "runtime/sched/runtime.h"
#include "runtime/sync/channel.h"

static _Atomic int64_t live; /* counted values made and not released or taken back */

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

/* A runtime and one channel. */
struct fixture {
    struct vela_runtime *runtime;
    struct vrt_sender *sender;
    struct vrt_receiver *receiver;
};

static int set_up(void **state)
{
    static const struct vela_value_ops ops = {.release = count_release};
    static struct fixture fixture;
    struct vrt_runtime_config config = {.workers = 2, .seed = 1, .value_ops = &ops};
    live = 0;
    fixture = (struct fixture){.runtime = vrt_runtime_create(&config)};
    *state = &fixture;
    return fixture.runtime == NULL;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->sender != NULL) {
        vrt_sender_release_any(fixture->sender);
    }
    if (fixture->receiver != NULL) {
        vrt_receiver_release_any(fixture->receiver);
    }
    vrt_runtime_destroy(fixture->runtime);
    return live != 0;
}

static void open_channel(struct fixture *fixture, uint64_t capacity)
{
    struct vrt_channel_config config = {.capacity = capacity, .site = 77, .serial = 3};
    assert_int_equal(vrt_channel_create(fixture->runtime, &config, &fixture->sender, &fixture->receiver),
                     VRT_CHANNEL_OK);
}

static enum vrt_channel_status try_send(struct vrt_sender *sender, int64_t number)
{
    vela_value value = counted(number);
    enum vrt_channel_status status = vrt_sender_send(sender, value, NULL, 0);
    if (status != VRT_CHANNEL_OK) {
        count_release(value); /* it is still ours */
    }
    return status;
}

/* The number received, or minus the status. */
static int64_t try_receive(struct vrt_receiver *receiver)
{
    vela_value value;
    enum vrt_channel_status status = vrt_receiver_receive(receiver, &value, NULL, 0);
    if (status != VRT_CHANNEL_OK) {
        return -(int64_t)status;
    }
    count_release(value);
    return value.number;
}

/* A parked operation with a callback record. */
struct parked {
    struct vrt_waiter *waiter;
    uint64_t ticket;
    int posts;
};

static void on_post(void *argument, struct vrt_waiter *waiter)
{
    (void)waiter;
    ((struct parked *)argument)->posts++;
}

static void arm(struct fixture *fixture, struct parked *parked)
{
    *parked = (struct parked){0};
    parked->waiter = vrt_waiter_create_callback(fixture->runtime, on_post, parked);
    assert_non_null(parked->waiter);
    parked->ticket = vrt_waiter_arm(parked->waiter);
}

static void park_receive(struct fixture *fixture, struct parked *parked)
{
    vela_value value;
    arm(fixture, parked);
    assert_int_equal(vrt_receiver_receive(fixture->receiver, &value, parked->waiter, parked->ticket),
                     VRT_CHANNEL_PARKED);
}

static void park_send(struct fixture *fixture, struct vrt_sender *sender, struct parked *parked, int64_t number)
{
    arm(fixture, parked);
    assert_int_equal(vrt_sender_send(sender, counted(number), parked->waiter, parked->ticket),
                     VRT_CHANNEL_PARKED);
}

/* The owner gives up, as a cancel or a timeout does; true if it won. */
static bool give_up(struct parked *parked)
{
    if (!vrt_waiter_claim_any(parked->waiter, parked->ticket)) {
        return false;
    }
    parked->waiter->outcome = VRT_OUTCOME_CANCELLED;
    return true;
}

/* Ends a parked receive: the number, or minus the status. */
static int64_t end_receive(struct fixture *fixture, struct parked *parked)
{
    vela_value value = {0};
    enum vrt_channel_status status = vrt_receiver_finish(parked->waiter, &value);
    vrt_waiter_destroy(fixture->runtime, parked->waiter);
    if (status != VRT_CHANNEL_OK) {
        return -(int64_t)status;
    }
    count_release(value);
    return value.number;
}

/* Ends a parked send; a value that comes back is counted out. */
static enum vrt_channel_status end_send(struct fixture *fixture, struct parked *parked, int64_t *back)
{
    vela_value value = {0};
    enum vrt_channel_status status = vrt_sender_finish(parked->waiter, &value);
    vrt_waiter_destroy(fixture->runtime, parked->waiter);
    if (status != VRT_CHANNEL_OK) {
        count_release(value);
    }
    if (back != NULL) {
        *back = value.number;
    }
    return status;
}

/* --- closing: C1, C2, C3 ----------------------------------------------------------------------- */

static void c1_what_is_buffered_can_be_received_after_close(void **state)
{
    struct fixture *f = *state;
    open_channel(f, VRT_CHANNEL_UNBOUNDED);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(try_send(f->sender, i), VRT_CHANNEL_OK);
    }
    assert_int_equal(try_receive(f->receiver), 1);
    vrt_sender_close_any(f->sender);
    vrt_sender_close_any(f->sender); /* twice is fine */
    assert_true(vrt_sender_is_closed_any(f->sender));
    assert_int_equal(try_receive(f->receiver), 2);
    assert_int_equal(try_receive(f->receiver), 3);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_CLOSED);
}

static void c1_a_senders_close_ends_its_handle_only(void **state)
{
    struct fixture *f = *state;
    struct parked through_first, through_second;
    int64_t back;
    open_channel(f, 1);
    struct vrt_sender *second = vrt_sender_clone_any(f->sender);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    park_send(f, f->sender, &through_first, 2);
    park_send(f, second, &through_second, 3);
    vrt_sender_close_any(f->sender);
    assert_int_equal(through_first.posts, 1);
    assert_int_equal(end_send(f, &through_first, &back), VRT_CHANNEL_CLOSED);
    assert_int_equal(back, 2);
    assert_int_equal(try_send(f->sender, 9), VRT_CHANNEL_CLOSED);
    assert_int_equal(through_second.posts, 0);
    assert_false(vrt_channel_is_closed_any(f->sender->channel));
    assert_int_equal(try_receive(f->receiver), 1);
    assert_int_equal(end_send(f, &through_second, NULL), VRT_CHANNEL_OK);
    assert_int_equal(try_receive(f->receiver), 3);
    vrt_sender_release_any(second);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_CLOSED);
}

static void c1_a_receivers_close_ends_the_channel(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    open_channel(f, 1);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    park_send(f, f->sender, &parked, 2);
    vrt_receiver_close_any(f->receiver);
    vrt_receiver_close_any(f->receiver);
    assert_int_equal(end_send(f, &parked, NULL), VRT_CHANNEL_CLOSED);
    assert_int_equal(try_send(f->sender, 3), VRT_CHANNEL_CLOSED);
    assert_int_equal(try_receive(f->receiver), 1);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_CLOSED);
}

static void c2_a_refused_value_stays_with_its_sender(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    open_channel(f, 4);
    vrt_receiver_close_any(f->receiver);
    vela_value value = counted(1);
    assert_int_equal(vrt_sender_send(f->sender, value, NULL, 0), VRT_CHANNEL_CLOSED);
    arm(f, &parked);
    assert_int_equal(vrt_sender_send(f->sender, value, parked.waiter, parked.ticket), VRT_CHANNEL_CLOSED);
    assert_true(give_up(&parked)); /* it was not registered */
    vrt_waiter_destroy(f->runtime, parked.waiter);
    assert_int_equal(live, 1);
    count_release(value);
}

static void c3_the_last_sender_dropped_closes_then(void **state)
{
    struct fixture *f = *state;
    struct parked first, second;
    open_channel(f, VRT_CHANNEL_UNBOUNDED);
    struct vrt_sender *clone = vrt_sender_clone_any(f->sender);
    park_receive(f, &first);
    park_receive(f, &second);
    vrt_sender_release_any(f->sender);
    f->sender = NULL;
    assert_int_equal(first.posts + second.posts, 0);
    vrt_sender_retain_any(clone);
    vrt_sender_release_any(clone);
    assert_int_equal(first.posts + second.posts, 0);
    vrt_sender_release_any(clone);
    assert_int_equal(end_receive(f, &first), -VRT_CHANNEL_CLOSED);
    assert_int_equal(end_receive(f, &second), -VRT_CHANNEL_CLOSED);
}

static void c3_the_last_receiver_dropped_tells_senders_and_drops_the_buffer(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    open_channel(f, 2);
    struct vrt_receiver *clone = vrt_receiver_clone_any(f->receiver);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    assert_int_equal(try_send(f->sender, 2), VRT_CHANNEL_OK);
    assert_int_equal(try_receive(f->receiver), 1); /* so one is in each chain */
    assert_int_equal(try_send(f->sender, 3), VRT_CHANNEL_OK);
    park_send(f, f->sender, &parked, 4);
    vrt_receiver_release_any(clone);
    assert_int_equal(live, 3);
    vrt_receiver_release_any(f->receiver);
    f->receiver = NULL;
    assert_int_equal(live, 1); /* the parked one's, which comes back */
    assert_int_equal(end_send(f, &parked, NULL), VRT_CHANNEL_CLOSED);
    assert_int_equal(try_send(f->sender, 5), VRT_CHANNEL_CLOSED);
}

/* --- one decision: C4, C5, C6 ------------------------------------------------------------------ */

static void c4_cancelled_first_the_message_stays(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    open_channel(f, 1);
    park_receive(f, &parked);
    assert_true(give_up(&parked)); /* claimed, still linked */
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    assert_int_equal(end_receive(f, &parked), -VRT_CHANNEL_CANCELLED);
    assert_int_equal(try_receive(f->receiver), 1);
}

static void c4_handed_over_first_the_cancel_loses(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    open_channel(f, 1);
    park_receive(f, &parked);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    assert_false(give_up(&parked));
    assert_int_equal(end_receive(f, &parked), 1);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY);
}

static void c4_a_cancelled_send_keeps_its_value(void **state)
{
    struct fixture *f = *state;
    struct parked parked;
    int64_t back;
    open_channel(f, 1);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    park_send(f, f->sender, &parked, 2);
    assert_true(give_up(&parked));
    assert_int_equal(try_receive(f->receiver), 1); /* finds the record decided, goes on */
    assert_int_equal(end_send(f, &parked, &back), VRT_CHANNEL_CANCELLED);
    assert_int_equal(back, 2);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY);
    assert_int_equal(try_send(f->sender, 3), VRT_CHANNEL_OK); /* the slot is there */
}

static void c5_a_decided_waiter_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct parked decided, next;
    open_channel(f, 0);
    park_receive(f, &decided);
    park_receive(f, &next);
    assert_true(give_up(&decided));
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    assert_int_equal(decided.posts, 0);
    assert_int_equal(next.posts, 1);
    assert_int_equal(end_receive(f, &decided), -VRT_CHANNEL_CANCELLED);
    assert_int_equal(end_receive(f, &next), 1);
}

static void c5_decided_senders_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct parked decided, next;
    open_channel(f, 1);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    park_send(f, f->sender, &decided, 2);
    park_send(f, f->sender, &next, 3);
    assert_true(give_up(&decided));
    assert_int_equal(try_receive(f->receiver), 1);
    assert_int_equal(next.posts, 1);
    assert_int_equal(end_send(f, &next, NULL), VRT_CHANNEL_OK);
    assert_int_equal(end_send(f, &decided, NULL), VRT_CHANNEL_CANCELLED);
    assert_int_equal(try_receive(f->receiver), 3);
}

static void c6_a_rendezvous_needs_both(void **state)
{
    struct fixture *f = *state;
    struct parked sender, receiver;
    open_channel(f, 0);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_FULL);
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY);
    park_send(f, f->sender, &sender, 2);
    assert_int_equal(sender.posts, 0);
    assert_int_equal(vrt_channel_length_any(f->sender->channel), 0);
    assert_int_equal(try_receive(f->receiver), 2);
    assert_int_equal(sender.posts, 1);
    assert_int_equal(end_send(f, &sender, NULL), VRT_CHANNEL_OK);
    park_receive(f, &receiver);
    assert_int_equal(try_send(f->sender, 3), VRT_CHANNEL_OK);
    assert_int_equal(end_receive(f, &receiver), 3);
}

/* --- order and capacity: C7 -------------------------------------------------------------------- */

static void c7_waiting_receivers_are_served_in_order(void **state)
{
    enum { N = 4 };
    struct fixture *f = *state;
    struct parked parked[N];
    open_channel(f, VRT_CHANNEL_UNBOUNDED);
    for (int i = 0; i < N; i++) {
        park_receive(f, &parked[i]);
    }
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY);
    for (int i = 0; i < N; i++) {
        assert_int_equal(try_send(f->sender, i + 1), VRT_CHANNEL_OK);
        assert_int_equal(parked[i].posts, 1);
        assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY); /* does not overtake */
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(end_receive(f, &parked[i]), i + 1);
    }
}

static void c7_waiting_senders_are_served_in_order(void **state)
{
    enum { N = 4 };
    struct fixture *f = *state;
    struct parked parked[N];
    open_channel(f, 2);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    assert_int_equal(try_send(f->sender, 2), VRT_CHANNEL_OK);
    for (int i = 0; i < N; i++) {
        park_send(f, f->sender, &parked[i], i + 3);
    }
    for (int i = 1; i <= N + 2; i++) {
        assert_int_equal(try_send(f->sender, 99), i <= N + 1 ? VRT_CHANNEL_FULL : VRT_CHANNEL_OK);
        assert_int_equal(try_receive(f->receiver), i);
        if (i <= N) {
            assert_int_equal(parked[i - 1].posts, 1);
        }
    }
    assert_int_equal(try_receive(f->receiver), 99);
    for (int i = 0; i < N; i++) {
        assert_int_equal(end_send(f, &parked[i], NULL), VRT_CHANNEL_OK);
    }
}

static void every_capacity_holds_what_it_says(void **state)
{
    struct fixture *f = *state;
    for (uint64_t capacity = 1; capacity <= 40; capacity++) {
        open_channel(f, capacity);
        uint64_t sent = 0, received = 0;
        for (int round = 0; round < 200; round++) {
            uint32_t sends = (uint32_t)(round * 7) % 11, receives = (uint32_t)(round * 5) % 9;
            for (uint32_t i = 0; i < sends; i++) {
                bool room = sent - received < capacity;
                assert_int_equal(try_send(f->sender, (int64_t)sent), room ? VRT_CHANNEL_OK : VRT_CHANNEL_FULL);
                sent += room;
            }
            for (uint32_t i = 0; i < receives && received < sent; i++) {
                assert_int_equal(try_receive(f->receiver), received);
                received++;
            }
            assert_int_equal(vrt_channel_length_any(f->sender->channel), sent - received);
        }
        vrt_sender_release_any(f->sender);
        vrt_receiver_release_any(f->receiver);
    }
    f->sender = NULL;
    f->receiver = NULL;
}

static void facts_are_told(void **state)
{
    struct fixture *f = *state;
    struct vrt_channel_facts facts;
    struct parked parked;
    open_channel(f, 5);
    struct vrt_sender *clone = vrt_sender_clone_any(f->sender);
    assert_int_equal(try_send(clone, 1), VRT_CHANNEL_OK);
    vrt_channel_facts_any(f->sender->channel, &facts);
    assert_int_equal(facts.site, 77);
    assert_int_equal(facts.serial, 3);
    assert_int_equal(facts.capacity, 5);
    assert_int_equal(facts.buffered, 1);
    assert_int_equal(facts.senders, 2);
    assert_int_equal(facts.receivers, 1);
    assert_false(facts.closed);
    vrt_sender_close_any(f->sender);
    struct vrt_sender *of_closed = vrt_sender_clone_any(f->sender);
    assert_true(vrt_sender_is_closed_any(of_closed));
    vrt_sender_release_any(of_closed);
    assert_int_equal(try_receive(f->receiver), 1);
    park_receive(f, &parked);
    assert_ptr_equal(vrt_channel_of_waiter(parked.waiter), f->sender->channel);
    vrt_sender_release_any(clone);
    assert_int_equal(end_receive(f, &parked), -VRT_CHANNEL_CLOSED);
}

/* --- segments: runs of messages of any length stay in order, and are dropped to the last one ------ */

static void sends_and_receives_in_bursts_keep_the_order(void **state)
{
    struct fixture *f = *state;
    int64_t sent = 0, received = 0;
    open_channel(f, VRT_CHANNEL_UNBOUNDED);
    for (int64_t burst = 1; burst < 150; burst++) { /* 31 messages are the largest segment */
        for (int64_t i = 0; i < burst; i++) {
            assert_int_equal(try_send(f->sender, ++sent), VRT_CHANNEL_OK);
        }
        for (int64_t i = 0; i < (burst * 7) % (burst + 5) && received < sent; i++) {
            assert_int_equal(try_receive(f->receiver), ++received);
        }
    }
    while (received < sent) {
        assert_int_equal(try_receive(f->receiver), ++received);
    }
    assert_int_equal(try_receive(f->receiver), -VRT_CHANNEL_EMPTY);
}

/* Each send finds the buffer full and parks; each receive lets the oldest in, whether or not the chain has room. */
static void parked_senders_fill_segments_in_order(void **state)
{
    struct fixture *f = *state;
    struct parked parked[80];
    open_channel(f, 5);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(try_send(f->sender, i), VRT_CHANNEL_OK);
    }
    for (int64_t i = 0; i < 80; i++) {
        park_send(f, f->sender, &parked[i], 5 + i);
    }
    for (int64_t i = 0; i < 80; i++) {
        assert_int_equal(try_receive(f->receiver), i);
        assert_int_equal(end_send(f, &parked[i], NULL), VRT_CHANNEL_OK);
    }
    for (int64_t i = 80; i < 85; i++) {
        assert_int_equal(try_receive(f->receiver), i);
    }
}

static void a_dropped_buffer_releases_what_is_left_in_each_segment(void **state)
{
    struct fixture *f = *state;
    open_channel(f, VRT_CHANNEL_UNBOUNDED);
    for (int64_t i = 0; i < 100; i++) {
        assert_int_equal(try_send(f->sender, i), VRT_CHANNEL_OK);
    }
    for (int64_t i = 0; i < 40; i++) {
        assert_int_equal(try_receive(f->receiver), i);
    }
    for (int64_t i = 0; i < 50; i++) {
        assert_int_equal(try_send(f->sender, i), VRT_CHANNEL_OK);
    }
    assert_int_equal(live, 110);
    vrt_receiver_release_any(f->receiver);
    f->receiver = NULL;
    assert_int_equal(live, 0);
}

static void out_of_memory_changes_nothing(void **state)
{
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    struct fixture *f = *state;
    struct vrt_channel_config config = {.capacity = 1};
    for (uint32_t n = 1; n <= 3; n++) {
        vrt_alloc_fail_in(n);
        assert_int_equal(vrt_channel_create(f->runtime, &config, &f->sender, &f->receiver),
                         VRT_CHANNEL_NO_MEMORY);
    }
    vrt_alloc_fail_in(0);
    open_channel(f, 1);
    vrt_alloc_fail_in(1);
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_NO_MEMORY);
    vrt_alloc_fail_in(1);
    assert_null(vrt_sender_clone_any(f->sender));
    assert_int_equal(try_send(f->sender, 1), VRT_CHANNEL_OK);
    struct parked parked;
    arm(f, &parked);
    vela_value value = counted(2);
    for (uint32_t n = 1; n <= 2; n++) {
        vrt_alloc_fail_in(n);
        assert_int_equal(vrt_sender_send(f->sender, value, parked.waiter, parked.ticket), VRT_CHANNEL_NO_MEMORY);
    }
    vrt_alloc_fail_in(0);
    count_release(value);
    assert_true(give_up(&parked));
    vrt_waiter_destroy(f->runtime, parked.waiter);
    assert_int_equal(try_receive(f->receiver), 1);
#else
    struct fixture *f = *state;
    f->sender = NULL; /* failing allocations exist in test builds only */
#endif
}

/* --- two threads ------------------------------------------------------------------------------- */

enum { MESSAGES = 20000 };

static void *send_numbers(void *argument)
{
    struct fixture *f = argument;
    struct vrt_waiter *waiter = vrt_waiter_create_native(f->runtime);
    for (int64_t i = 0; i < MESSAGES; i++) {
        vela_value value = counted(i);
        uint64_t ticket = vrt_waiter_arm(waiter);
        enum vrt_channel_status status = vrt_sender_send(f->sender, value, waiter, ticket);
        if (status == VRT_CHANNEL_PARKED) {
            vrt_waiter_wait(waiter, ticket, VRT_NEVER);
            status = vrt_sender_finish(waiter, &value);
        } else {
            vrt_waiter_claim_any(waiter, ticket);
        }
        if (status != VRT_CHANNEL_OK) {
            count_release(value);
        }
    }
    vrt_waiter_destroy(f->runtime, waiter);
    vrt_sender_close_any(f->sender);
    return NULL;
}

static int64_t receive_numbers(struct fixture *f)
{
    struct vrt_waiter *waiter = vrt_waiter_create_native(f->runtime);
    enum vrt_channel_status status;
    int64_t count = 0;
    do {
        vela_value value;
        uint64_t ticket = vrt_waiter_arm(waiter);
        status = vrt_receiver_receive(f->receiver, &value, waiter, ticket);
        if (status == VRT_CHANNEL_PARKED) {
            vrt_waiter_wait(waiter, ticket, VRT_NEVER);
            status = vrt_receiver_finish(waiter, &value);
        } else {
            vrt_waiter_claim_any(waiter, ticket);
        }
        if (status == VRT_CHANNEL_OK) {
            assert_int_equal(value.number, count); /* FIFO */
            count_release(value);
            count++;
        }
    } while (status == VRT_CHANNEL_OK);
    vrt_waiter_destroy(f->runtime, waiter);
    return count;
}

static void two_threads_keep_the_order(void **state)
{
    static const uint64_t capacities[] = {0, 1, 3, 64, VRT_CHANNEL_UNBOUNDED};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        pthread_t thread;
        open_channel(f, capacities[i]);
        assert_int_equal(pthread_create(&thread, NULL, send_numbers, f), 0);
        assert_int_equal(receive_numbers(f), MESSAGES);
        pthread_join(thread, NULL);
        vrt_sender_release_any(f->sender);
        vrt_receiver_release_any(f->receiver);
    }
    f->sender = NULL;
    f->receiver = NULL;
}

static void note_message(vela_value value, void *text)
{
    char *end = (char *)text + strlen(text);
    *end = (char)('a' + value.number);
    end[1] = '\0';
}

/* Both chains, with a part of the first one taken. */
static void a_look_at_the_buffer_sees_each_message_once_in_order(void **state)
{
    struct fixture *fixture = *state;
    vela_value value;
    char seen[32] = "";
    open_channel(fixture, VRT_CHANNEL_UNBOUNDED);
    vrt_channel_each_any(fixture->sender->channel, note_message, seen);
    assert_string_equal(seen, "");
    for (int64_t i = 0; i < 8; i++) {
        assert_int_equal(vrt_sender_send(fixture->sender, counted(i), NULL, 0), VRT_CHANNEL_OK);
    }
    for (int64_t i = 0; i < 2; i++) {
        assert_int_equal(vrt_receiver_receive(fixture->receiver, &value, NULL, 0), VRT_CHANNEL_OK);
        live--;
    }
    for (int64_t i = 8; i < 20; i++) {
        assert_int_equal(vrt_sender_send(fixture->sender, counted(i), NULL, 0), VRT_CHANNEL_OK);
    }
    vrt_channel_each_any(fixture->sender->channel, note_message, seen);
    assert_string_equal(seen, "cdefghijklmnopqrst");
    assert_int_equal(vrt_channel_length_any(fixture->sender->channel), 18);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_look_at_the_buffer_sees_each_message_once_in_order),
        TEST(c1_what_is_buffered_can_be_received_after_close),
        TEST(c1_a_senders_close_ends_its_handle_only),
        TEST(c1_a_receivers_close_ends_the_channel),
        TEST(c2_a_refused_value_stays_with_its_sender),
        TEST(c3_the_last_sender_dropped_closes_then),
        TEST(c3_the_last_receiver_dropped_tells_senders_and_drops_the_buffer),
        TEST(c4_cancelled_first_the_message_stays),
        TEST(c4_handed_over_first_the_cancel_loses),
        TEST(c4_a_cancelled_send_keeps_its_value),
        TEST(c5_a_decided_waiter_is_passed_over),
        TEST(c5_decided_senders_are_passed_over),
        TEST(c6_a_rendezvous_needs_both),
        TEST(c7_waiting_receivers_are_served_in_order),
        TEST(c7_waiting_senders_are_served_in_order),
        TEST(every_capacity_holds_what_it_says),
        TEST(sends_and_receives_in_bursts_keep_the_order),
        TEST(parked_senders_fill_segments_in_order),
        TEST(a_dropped_buffer_releases_what_is_left_in_each_segment),
        TEST(facts_are_told),
        TEST(out_of_memory_changes_nothing),
        TEST(two_threads_keep_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
