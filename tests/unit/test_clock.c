/* The clocks: monotonic against the system's, processor time of the calling thread only. */
#include "runtime/os/clock.h"
#include "runtime/os/park.h"
#include "runtime/os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

#define MILLISECONDS(n) ((n) * 1000000ull)

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

/* Works until the calling thread has used that much more processor time. */
static void burn(uint64_t ns)
{
    uint64_t end = vrt_clock_thread_cpu_ns() + ns;
    while (vrt_clock_thread_cpu_ns() < end) {
    }
}

static void processor_time_stands_while_the_thread_sleeps(void **state)
{
    (void)state;
    _Atomic uint32_t word = 0;
    uint64_t before = vrt_clock_thread_cpu_ns();
    uint64_t deadline = vrt_clock_monotonic_ns() + MILLISECONDS(40);
    while (vrt_park_wait(&word, 0, deadline)) {
    }
    assert_true(vrt_clock_thread_cpu_ns() - before < MILLISECONDS(20));
}

static void read_own_time(void *argument)
{
    *(uint64_t *)argument = vrt_clock_thread_cpu_ns();
}

static void processor_time_is_the_calling_threads(void **state)
{
    (void)state;
    uint64_t of_new = UINT64_MAX;
    struct vrt_os_thread thread;
    burn(MILLISECONDS(30));
    assert_true(vrt_clock_thread_cpu_ns() >= MILLISECONDS(30));
    assert_int_equal(vrt_os_thread_start(&thread, "reader", read_own_time, &of_new), VRT_OK);
    vrt_os_thread_join(&thread);
    assert_true(of_new < MILLISECONDS(30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_is_the_systems_and_never_goes_back),
        cmocka_unit_test(processor_time_stands_while_the_thread_sleeps),
        cmocka_unit_test(processor_time_is_the_calling_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
