#include "runtime/base/alloc.h"
#include "runtime/os/thread.h"
#include "runtime/queue/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void classes_cover_all_sizes(void **state)
{
    (void)state;
    for (size_t size = 1; size <= VRT_ALLOC_SMALL_MAX; size++) {
        uint32_t index = vrt_alloc_class(size);
        assert_true(index < VRT_ALLOC_CLASSES);
        assert_true(vrt_alloc_class_bytes(index) >= size);
        assert_true(index == 0 || vrt_alloc_class_bytes(index - 1) < size);
    }
    assert_int_equal(vrt_alloc_class_bytes(VRT_ALLOC_CLASSES - 1), VRT_ALLOC_SMALL_MAX);
}

/* Fills blocks of every class and looks whether any two overlap. */
static void use_blocks(void)
{
    enum { COUNT = 600 };
    static _Thread_local unsigned char *blocks[COUNT];
    static _Thread_local size_t sizes[COUNT];
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = (size_t)(i * 37) % 9000 + 1;
        blocks[i] = vrt_alloc(sizes[i]);
        assert_non_null(blocks[i]);
        assert_true(((uintptr_t)blocks[i] & 15) == 0);
        memset(blocks[i], i & 255, sizes[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_true(blocks[i][0] == (i & 255) && blocks[i][sizes[i] - 1] == (i & 255));
        vrt_free(blocks[i], sizes[i]);
    }
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    use_blocks();
    vrt_alloc_attach();
    vrt_alloc_attach();
    use_blocks();
    use_blocks();
    vrt_alloc_detach();
    use_blocks();
    vrt_alloc_detach();
    use_blocks();
    assert_int_equal(vrt_alloc_stats().out_bytes, 0);
}

static void realloc_keeps_the_content(void **state)
{
    (void)state;
    size_t size = 10;
    unsigned char *memory = vrt_realloc(NULL, 0, size);
    memset(memory, 7, size);
    while (size < 100000) {
        size_t bigger = size * 3;
        memory = vrt_realloc(memory, size, bigger);
        assert_non_null(memory);
        assert_true(memory[0] == 7 && memory[size - 1] == 7);
        memset(memory, 7, bigger);
        size = bigger;
    }
    memory = vrt_realloc(memory, size, 20);
    assert_true(memory[0] == 7 && memory[19] == 7);
    vrt_free(memory, 20);
}

static void out_of_memory_is_null(void **state)
{
    (void)state;
    assert_null(vrt_alloc(SIZE_MAX));
    assert_null(vrt_alloc((size_t)1 << 62));
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    vrt_alloc_fail_in(2);
    void *memory = vrt_alloc(16);
    assert_non_null(memory);
    assert_null(vrt_alloc(16));
    vrt_free(memory, 16);
    memory = vrt_alloc(16);
    assert_non_null(memory);
    vrt_free(memory, 16);
#endif
}

/* One thread takes, another gives back: memory must not grow. */
struct belt {
    struct vrt_mailbox boxes;
    _Atomic uint32_t wake;
    _Atomic uint32_t given;
    uint32_t count;
};

static void consume(void *argument)
{
    struct belt *belt = argument;
    vrt_alloc_attach();
    for (uint32_t given = 0; given < belt->count;) {
        struct vrt_post *post = vrt_mailbox_take(&belt->boxes);
        while (post != NULL) {
            struct vrt_post *next = post->next;
            vrt_free(post, 48);
            post = next;
            given++;
        }
        vrt_atomic_store_release(&belt->given, given);
        vrt_os_thread_yield();
    }
    vrt_alloc_detach();
}

static void memory_is_flat_between_threads(void **state)
{
    (void)state;
    struct belt belt = {.count = 200000};
    struct vrt_os_thread thread;
    vrt_alloc_attach();
    assert_int_equal(vrt_os_thread_start(&thread, "consumer", consume, &belt), VRT_OK);
    for (uint32_t i = 0; i < belt.count; i++) {
        struct vrt_post *post = vrt_alloc(48);
        assert_non_null(post);
        vrt_mailbox_push_any(&belt.boxes, post);
        while (i - vrt_atomic_load_acquire(&belt.given) > 1000 && i > vrt_atomic_load_acquire(&belt.given)) {
            vrt_os_thread_yield();
        }
    }
    vrt_os_thread_join(&thread);
    assert_true(vrt_alloc_stats().chunk_bytes <= 64u * 65536u);
    vrt_alloc_detach();
}

static bool always(void *argument)
{
    return argument == NULL;
}

static bool never(void *argument)
{
    return argument != NULL;
}

static void empty_chunks_go_back(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct vrt_block *list = NULL;
    vrt_alloc_attach();
    for (int i = 0; i < COUNT; i++) {
        struct vrt_block *block = vrt_alloc(64);
        block->next = list;
        list = block;
    }
    struct vrt_block *kept = list;
    list = list->next;
    size_t most = vrt_alloc_stats().chunk_bytes;
    while (list != NULL) {
        struct vrt_block *next = list->next;
        vrt_free(list, 64);
        list = next;
    }
    vrt_alloc_detach();
    vrt_alloc_trim(never, NULL);
    assert_int_equal(vrt_alloc_stats().chunk_bytes, most);
    vrt_alloc_trim(always, NULL);
    size_t left = vrt_alloc_stats().chunk_bytes;
    assert_true(left == most || left < most / 4);
#ifndef VELA_PLAIN_ALLOC
    assert_true(left > 0 && left < most);
#endif
    memset(kept, 1, 64);
    vrt_free(kept, 64);
}

static void last_runtime_frees_everything(void **state)
{
    (void)state;
    vrt_alloc_attach();
    vrt_alloc_retain_runtime();
    vrt_alloc_retain_runtime();
    void *kept = vrt_alloc(32);
    memset(kept, 1, 32);
    vrt_alloc_release_runtime();
    memset(kept, 2, 32);
#ifdef VELA_PLAIN_ALLOC
    vrt_free(kept, 32);
#endif
    vrt_alloc_release_runtime();
    assert_int_equal(vrt_alloc_stats().chunk_bytes, 0);
    use_blocks();
    vrt_alloc_detach();
    vrt_alloc_retain_runtime();
    vrt_alloc_release_runtime();
    assert_int_equal(vrt_alloc_stats().chunk_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_cover_all_sizes),
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(realloc_keeps_the_content),
        cmocka_unit_test(out_of_memory_is_null),
        cmocka_unit_test(memory_is_flat_between_threads),
        cmocka_unit_test(empty_chunks_go_back),
        cmocka_unit_test(last_runtime_frees_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
