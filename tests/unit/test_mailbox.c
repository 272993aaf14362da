#include "runtime/os/thread.h"
#include "runtime/queue/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void first_push_says_empty(void **state)
{
    (void)state;
    struct vrt_mailbox box;
    struct vrt_post posts[3] = {0};
    vrt_mailbox_init(&box);
    assert_null(vrt_mailbox_take(&box));
    assert_true(vrt_mailbox_push_any(&box, &posts[0]));
    assert_false(vrt_mailbox_push_any(&box, &posts[1]));
    assert_false(vrt_mailbox_push_any(&box, &posts[2]));
    struct vrt_post *chain = vrt_mailbox_take(&box);
    assert_ptr_equal(chain, &posts[0]);
    assert_ptr_equal(chain->next, &posts[1]);
    assert_ptr_equal(chain->next->next, &posts[2]);
    assert_null(chain->next->next->next);
    assert_true(vrt_mailbox_is_empty_any(&box));
    assert_true(vrt_mailbox_push_any(&box, &posts[0]));
}

enum { PRODUCERS = 3, EACH = 20000 };

struct producer {
    struct vrt_mailbox *box;
    struct vrt_post posts[EACH];
    uint32_t number;
    struct vrt_os_thread thread;
};

static void produce(void *argument)
{
    struct producer *producer = argument;
    for (uint32_t i = 0; i < EACH; i++) {
        producer->posts[i] = (struct vrt_post){.kind = producer->number, .detail = i};
        vrt_mailbox_push_any(producer->box, &producer->posts[i]);
    }
}

static void each_producer_keeps_its_order(void **state)
{
    (void)state;
    static struct producer producers[PRODUCERS];
    struct vrt_mailbox box;
    vrt_mailbox_init(&box);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i].box = &box;
        producers[i].number = i;
        assert_int_equal(vrt_os_thread_start(&producers[i].thread, "producer", produce, &producers[i]), VRT_OK);
    }
    uint32_t next[PRODUCERS] = {0};
    for (uint32_t got = 0; got < PRODUCERS * EACH; vrt_os_thread_yield()) {
        for (struct vrt_post *post = vrt_mailbox_take(&box); post != NULL; post = post->next, got++) {
            assert_int_equal(post->detail, next[post->kind]++);
        }
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        vrt_os_thread_join(&producers[i].thread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_push_says_empty),
        cmocka_unit_test(each_producer_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
