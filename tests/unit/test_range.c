#include "runtime/os/thread.h"
#include "runtime/queue/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void owner_takes_from_the_low_end(void **state)
{
    (void)state;
    struct vrt_range range;
    uint32_t first = 0;
    vrt_range_fill(&range, 5, 5);
    assert_int_equal(vrt_range_take(&range, 9, &first), 0);
    vrt_range_fill(&range, 5, 15);
    assert_int_equal(vrt_range_take(&range, 4, &first), 4);
    assert_int_equal(first, 5);
    vrt_range_put_back(&range, 7);
    assert_int_equal(vrt_range_length_any(&range), 8);
    assert_int_equal(vrt_range_take(&range, 100, &first), 8);
    assert_int_equal(first, 7);
    vrt_range_put_back(&range, 14); /* into an empty one */
    assert_int_equal(vrt_range_take(&range, 100, &first), 1);
    assert_int_equal(first, 14);
}

static void thief_takes_the_upper_half(void **state)
{
    (void)state;
    struct vrt_range range;
    uint32_t first, end;
    vrt_range_fill(&range, 10, 21);
    assert_true(vrt_range_steal_any(&range, &first, &end));
    assert_int_equal(first, 15);
    assert_int_equal(end, 21);
    vrt_range_fill(&range, UINT32_MAX - 1, UINT32_MAX);
    assert_true(vrt_range_steal_any(&range, &first, &end)); /* a single one goes too */
    assert_int_equal(first, UINT32_MAX - 1);
    assert_int_equal(end, UINT32_MAX);
    assert_false(vrt_range_steal_any(&range, &first, &end));
    assert_int_equal(vrt_range_length_any(&range), 0);
}

enum { TAKERS = 3, NUMBERS = 300000 };

struct contest;
struct taker {
    struct contest *contest;
    struct vrt_os_thread thread;
    struct vrt_range range;
};
static struct contest {
    struct taker takers[TAKERS];
    _Atomic uint32_t left;
    uint8_t taken[NUMBERS]; /* plain: taking a number twice at a time would be a race that TSan sees */
} contest;

/* Takes a few and puts some of them back, as at the end of a turn. */
static uint32_t take_some(struct taker *taker, uint32_t turn)
{
    uint32_t first, count = vrt_range_take(&taker->range, 1 + turn % 50, &first), kept = count;
    if (count > 1 && turn % 3 == 0) {
        kept = 1 + turn % (count - 1);
        vrt_range_put_back(&taker->range, first + kept);
    }
    for (uint32_t i = first; i < first + kept && count > 0; i++)
        taker->contest->taken[i]++;
    return count > 0 ? kept : 0;
}

static void steal_one(struct taker *taker, uint32_t turn)
{
    uint32_t first, end;
    if (vrt_range_steal_any(&taker->contest->takers[turn % TAKERS].range, &first, &end))
        vrt_range_fill(&taker->range, first, end);
    else
        vrt_os_thread_yield();
}

static void take_until_done(void *argument)
{
    struct taker *taker = argument;
    for (uint32_t turn = 1; vrt_atomic_load_acquire(&taker->contest->left) > 0; turn++) {
        uint32_t count = take_some(taker, turn);
        if (count == 0)
            steal_one(taker, turn);
        vrt_atomic_sub_acq_rel(&taker->contest->left, count);
    }
}

static void each_number_goes_to_one_taker(void **state)
{
    (void)state;
    vrt_atomic_store_relaxed(&contest.left, NUMBERS);
    for (int i = 0; i < TAKERS; i++) {
        contest.takers[i].contest = &contest;
        vrt_range_fill(&contest.takers[i].range, 0, i == 0 ? NUMBERS : 0);
    }
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(vrt_os_thread_start(&contest.takers[i].thread, "taker", take_until_done,
                                             &contest.takers[i]), VRT_OK);
    for (int i = 0; i < TAKERS; i++)
        vrt_os_thread_join(&contest.takers[i].thread);
    for (uint32_t i = 0; i < NUMBERS; i++)
        assert_int_equal(contest.taken[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner_takes_from_the_low_end),
        cmocka_unit_test(thief_takes_the_upper_half),
        cmocka_unit_test(each_number_goes_to_one_taker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
