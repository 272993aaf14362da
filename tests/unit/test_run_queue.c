#include "runtime/os/thread.h"
#include "runtime/queue/run_queue.h"
#include "runtime/sched/isolate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void owner_sees_a_fifo(void **state)
{
    (void)state;
    static struct vrt_run_queue queue;
    static struct vrt_isolate isolates[VRT_RING_SIZE + 1];
    vrt_run_queue_init(&queue);
    assert_null(vrt_run_queue_pop(&queue));
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < VRT_RING_SIZE; i++) {
            assert_true(vrt_run_queue_push(&queue, &isolates[i]));
        }
        assert_false(vrt_run_queue_push(&queue, &isolates[VRT_RING_SIZE]));
        assert_int_equal(vrt_run_queue_length_any(&queue), VRT_RING_SIZE);
        for (uint32_t i = 0; i < VRT_RING_SIZE; i++) {
            assert_ptr_equal(vrt_run_queue_pop(&queue), &isolates[i]);
        }
        assert_null(vrt_run_queue_pop(&queue));
    }
}

static void thief_takes_the_front_half(void **state)
{
    (void)state;
    static struct vrt_run_queue queue;
    static struct vrt_isolate isolates[VRT_RING_SIZE];
    struct vrt_isolate *out[VRT_RING_SIZE / 2 + 1];
    vrt_run_queue_init(&queue);
    assert_int_equal(vrt_run_queue_steal_any(&queue, out), 0);
    for (uint32_t i = 0; i < VRT_RING_SIZE; i++) {
        assert_true(vrt_run_queue_push(&queue, &isolates[i]));
    }
    assert_int_equal(vrt_run_queue_steal_any(&queue, out), VRT_RING_SIZE / 2);
    for (uint32_t i = 0; i < VRT_RING_SIZE / 2; i++) {
        assert_ptr_equal(out[i], &isolates[i]);
    }
    while (vrt_run_queue_length_any(&queue) > 1) {
        vrt_run_queue_pop(&queue);
    }
    assert_int_equal(vrt_run_queue_steal_any(&queue, out), 1); /* a single one goes too */
    assert_int_equal(vrt_run_queue_length_any(&queue), 0);
}

enum { THIEVES = 2, ROUNDS = 30000 };

struct contest {
    struct vrt_run_queue queue;
    _Atomic uint32_t done;
    struct thief {
        struct contest *contest;
        struct vrt_os_thread thread;
        uint32_t taken;
    } thieves[THIEVES];
};

/* A plain counter in the isolate: taking it twice at a time would be a race that TSan sees. */
static void steal_until_done(void *argument)
{
    struct thief *thief = argument;
    struct vrt_isolate *out[VRT_RING_SIZE / 2 + 1];
    while (vrt_atomic_load_acquire(&thief->contest->done) == 0) {
        uint32_t count = vrt_run_queue_steal_any(&thief->contest->queue, out);
        for (uint32_t i = 0; i < count; i++) {
            out[i]->children++;
        }
        thief->taken += count;
        vrt_os_thread_yield();
    }
}

static void each_isolate_goes_to_one_taker(void **state)
{
    (void)state;
    static struct contest contest;
    static struct vrt_isolate isolates[ROUNDS];
    vrt_run_queue_init(&contest.queue);
    for (int i = 0; i < THIEVES; i++) {
        contest.thieves[i].contest = &contest;
        assert_int_equal(vrt_os_thread_start(&contest.thieves[i].thread, "thief", steal_until_done,
                                             &contest.thieves[i]), VRT_OK);
    }
    uint32_t popped = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        while (!vrt_run_queue_push(&contest.queue, &isolates[i])) {
            struct vrt_isolate *isolate = vrt_run_queue_pop(&contest.queue);
            if (isolate != NULL) {
                isolate->children++;
                popped++;
            }
        }
    }
    for (struct vrt_isolate *isolate; (isolate = vrt_run_queue_pop(&contest.queue)) != NULL; popped++) {
        isolate->children++;
    }
    vrt_atomic_store_release(&contest.done, 1);
    for (int i = 0; i < THIEVES; i++) {
        vrt_os_thread_join(&contest.thieves[i].thread);
        popped += contest.thieves[i].taken;
    }
    assert_int_equal(popped, ROUNDS);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        assert_int_equal(isolates[i].children, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner_sees_a_fifo),
        cmocka_unit_test(thief_takes_the_front_half),
        cmocka_unit_test(each_isolate_goes_to_one_taker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
