#include "runtime/os/thread.h"
#include "runtime/queue/injector.h"
#include "runtime/sched/isolate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void first_in_first_out(void **state)
{
    (void)state;
    struct vrt_injector injector;
    struct vrt_isolate isolates[5] = {0};
    struct vrt_isolate *out[5];
    vrt_injector_init(&injector);
    assert_int_equal(vrt_injector_take_any(&injector, out, 5), 0);
    vrt_injector_push_any(&injector, &isolates[0]);
    struct vrt_isolate *rest[] = {&isolates[1], &isolates[2], &isolates[3]};
    vrt_injector_push_many_any(&injector, rest, 3);
    vrt_injector_push_any(&injector, &isolates[4]);
    assert_int_equal(vrt_injector_length_any(&injector), 5);
    assert_int_equal(vrt_injector_take_any(&injector, out, 2), 2);
    assert_ptr_equal(out[0], &isolates[0]);
    assert_ptr_equal(out[1], &isolates[1]);
    assert_int_equal(vrt_injector_take_any(&injector, out, 5), 3);
    assert_ptr_equal(out[2], &isolates[4]);
    assert_int_equal(vrt_injector_length_any(&injector), 0);
}

enum { EACH = 5000, THREADS = 3 };

struct side {
    struct vrt_injector *injector;
    struct vrt_isolate isolates[EACH];
    struct vrt_os_thread thread;
};

static void push_all(void *argument)
{
    struct side *side = argument;
    for (int i = 0; i < EACH; i++) {
        vrt_injector_push_any(side->injector, &side->isolates[i]);
    }
}

static void nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    static struct side sides[THREADS];
    struct vrt_injector injector;
    vrt_injector_init(&injector);
    for (int i = 0; i < THREADS; i++) {
        sides[i].injector = &injector;
        assert_int_equal(vrt_os_thread_start(&sides[i].thread, "pusher", push_all, &sides[i]), VRT_OK);
    }
    struct vrt_isolate *out[7];
    for (uint32_t got = 0; got < EACH * THREADS; vrt_os_thread_yield()) {
        uint32_t count = vrt_injector_take_any(&injector, out, 7);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(out[i]->children++, 0);
        }
        got += count;
    }
    for (int i = 0; i < THREADS; i++) {
        vrt_os_thread_join(&sides[i].thread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(nothing_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
