/* Assertions: what is evaluated in which build, and how a failed one ends its process. */
#include "runtime/base/assert.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static int count_up(int *counter)
{
    return ++*counter;
}

static void one_that_holds_is_evaluated_once_or_not_at_all(void **state)
{
    (void)state;
    int always = 0, debug = 0, expensive = 0;
    VRT_ASSERT_ALWAYS(count_up(&always));
    VRT_ASSERT(count_up(&debug));
    VRT_ASSERT_EXPENSIVE(count_up(&expensive));
    assert_int_equal(always, 1);
#ifdef NDEBUG
    assert_int_equal(debug, 0);
#else
    assert_int_equal(debug, 1);
#endif
#if defined(VELA_EXPENSIVE_CHECKS) || defined(VELA_TINY)
    assert_int_equal(expensive, 1);
#else
    assert_int_equal(expensive, 0);
#endif
}

static void fail_in_child(int out)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    dup2(out, STDERR_FILENO);
    int apples = 3;
    VRT_ASSERT_ALWAYS(apples == 4);
    _exit(0);
}

static void one_that_fails_says_what_and_where_and_aborts(void **state)
{
    (void)state;
    int ends[2], status = 0;
    char text[400] = "", expected[64];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fail_in_child(ends[1]);
    }
    close(ends[1]);
    for (ssize_t n, at = 0; (n = read(ends[0], text + at, sizeof text - 1 - (size_t)at)) > 0;) {
        at += n;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    snprintf(expected, sizeof expected, "vela: internal error: apples == 4 (");
    assert_memory_equal(text, expected, strlen(expected));
    assert_non_null(strstr(text, "test_assert.c:"));
}

static void hints_do_not_change_a_condition(void **state)
{
    (void)state;
    assert_true(VRT_LIKELY(2) && !VRT_LIKELY(0));
    assert_true(VRT_UNLIKELY(2) && !VRT_UNLIKELY(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_holds_is_evaluated_once_or_not_at_all),
        cmocka_unit_test(one_that_fails_says_what_and_where_and_aborts),
        cmocka_unit_test(hints_do_not_change_a_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
