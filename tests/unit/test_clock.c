/* The clock, against the system's. */
#include "runtime/os/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

static uint64_t system_monotonic_ns(void)
{
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static void monotonic_is_the_systems_and_never_goes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t before = system_monotonic_ns();
        uint64_t now = vrt_clock_monotonic_ns();
        uint64_t after = system_monotonic_ns();
        assert_true(before <= now && now <= after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_is_the_systems_and_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
