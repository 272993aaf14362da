#include "runtime/base/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void choose_stays_in_range(void **state)
{
    (void)state;
    uint32_t seen[5] = {0};
    for (int i = 0; i < 5000; i++) {
        uint32_t choice = vrt_choose(5);
        assert_true(choice < 5);
        seen[choice]++;
    }
    for (int i = 0; i < 5; i++) {
        assert_in_range(seen[i], 800, 1200);
    }
    assert_int_equal(vrt_choose(0), 0);
    assert_int_equal(vrt_choose(1), 0);
}

static void same_seed_same_sequence(void **state)
{
    (void)state;
    uint64_t first[16];
    vrt_choice_seed(42, 7);
    for (int i = 0; i < 16; i++) {
        first[i] = vrt_random();
    }
    vrt_choice_seed(42, 7);
    for (int i = 0; i < 16; i++) {
        assert_true(first[i] == vrt_random());
    }
    vrt_choice_seed(42, 8);
    assert_true(first[0] != vrt_random());
}

static void seed_comes_from_the_environment(void **state)
{
    (void)state;
    setenv("VELA_SEED", "12345", 1);
    assert_true(vrt_choice_initial_seed() == 12345);
    setenv("VELA_SEED", "0x10", 1);
    assert_true(vrt_choice_initial_seed() == 16);
    setenv("VELA_SEED", "nonsense", 1);
    assert_true(vrt_choice_initial_seed() != 0);
    unsetenv("VELA_SEED");
    assert_true(vrt_choice_initial_seed() != 0);
}

static void ids_differ_and_repeat(void **state)
{
    (void)state;
    assert_true(vrt_mix(1, 1) != vrt_mix(1, 2));
    assert_true(vrt_mix(1, 1) != vrt_mix(2, 1));
    assert_true(vrt_mix(1, 1) == vrt_mix(1, 1));
}

static void time_goes_on_and_deadlines_saturate(void **state)
{
    (void)state;
    uint64_t before = vrt_now();
    assert_true(vrt_now() >= before);
    assert_true(vrt_deadline_after(10, 5) == 15);
    assert_true(vrt_deadline_after(10, UINT64_MAX) == VRT_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choose_stays_in_range),
        cmocka_unit_test(same_seed_same_sequence),
        cmocka_unit_test(seed_comes_from_the_environment),
        cmocka_unit_test(ids_differ_and_repeat),
        cmocka_unit_test(time_goes_on_and_deadlines_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
