/* System threads: argument, name, signals, deep stacks. */
#include "runtime/os/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* What a thread saw of itself. */
struct seen {
    char name[16];
    sigset_t blocked;
    pthread_t self;
    size_t stack;
    int runs;
};

static void look(void *argument)
{
    struct seen *seen = argument;
    pthread_attr_t attributes;
    seen->runs++;
    seen->self = pthread_self();
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &seen->stack);
    pthread_attr_destroy(&attributes);
}

static struct seen seen_by_thread(const char *name)
{
    struct seen seen = {.runs = 0};
    struct vrt_os_thread thread;
    assert_int_equal(vrt_os_thread_start(&thread, name, look, &seen), VRT_OK);
    vrt_os_thread_join(&thread);
    assert_int_equal(seen.runs, 1);
    return seen;
}

static void a_thread_runs_once_beside_its_starter(void **state)
{
    (void)state;
    struct seen seen = seen_by_thread("vela-test");
    assert_false(pthread_equal(seen.self, pthread_self()));
    assert_string_equal(seen.name, "vela-test");
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    assert_string_equal(seen_by_thread("123456789012345678").name, "123456789012345");
}

static void signals_are_blocked_there_and_unchanged_here(void **state)
{
    (void)state;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    struct seen seen = seen_by_thread("vela-test");
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    static const int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        assert_int_equal(sigismember(&seen.blocked, signals[i]), 1);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
}

static void deep_work_has_its_stack_and_is_waited_for(void **state)
{
    (void)state;
    enum { STACK = 64 << 20 };
    struct seen seen = {.runs = 0};
    assert_int_equal(vrt_os_thread_run_deep("vela-deep", STACK, look, &seen), VRT_OK);
    assert_int_equal(seen.runs, 1);
    assert_true(seen.stack >= STACK);
    assert_false(pthread_equal(seen.self, pthread_self()));
    assert_string_equal(seen.name, "vela-deep");
}

static void an_impossible_stack_is_told(void **state)
{
    (void)state;
    struct seen seen = {.runs = 0};
    assert_int_equal(vrt_os_thread_run_deep("vela-deep", 16, look, &seen), VRT_NO_THREAD);
    assert_int_equal(seen.runs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_runs_once_beside_its_starter),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(signals_are_blocked_there_and_unchanged_here),
        cmocka_unit_test(deep_work_has_its_stack_and_is_waited_for),
        cmocka_unit_test(an_impossible_stack_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
