#include "runtime/base/large.h"

#include "runtime/base/alloc.h"
#include "runtime/os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static bool is_filled(const unsigned char *memory, size_t size, int with)
{
    for (size_t i = 0; i < size; i++)
        if (memory[i] != with)
            return false;
    return true;
}

static void growing_and_shrinking_keep_the_content(void **state)
{
    (void)state;
    size_t size = VRT_LARGE_MIN;
    unsigned char *memory = vrt_large_alloc(size);
    memset(memory, 5, size);
    for (; size < 20 * MIB; size += size / 2 + 17) {
        memory = vrt_large_resize(memory, size, size + size / 2 + 17);
        assert_non_null(memory);
        assert_true(is_filled(memory, size, 5));
        memset(memory, 5, size + size / 2 + 17);
    }
    memory = vrt_large_resize(memory, size, 3 * VRT_LARGE_MIN);
    assert_true(is_filled(memory, 3 * VRT_LARGE_MIN, 5));
    vrt_large_free(memory, 3 * VRT_LARGE_MIN);
    vrt_large_trim();
    assert_int_equal(vrt_large_spare_bytes(), 0);
}

static void blocks_that_live_at_once_do_not_overlap(void **state)
{
    enum { COUNT = 200 };
    (void)state;
    unsigned char *blocks[COUNT];
    size_t sizes[COUNT];
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = VRT_LARGE_MIN + (size_t)(i * 7919) % (4 * VRT_LARGE_MIN);
        blocks[i] = vrt_large_alloc(sizes[i]);
        memset(blocks[i], i, sizes[i]);
        if (i % 3 == 2) { /* what is freed between is used again, in parts */
            vrt_large_free(blocks[i - 1], sizes[i - 1]);
            sizes[i - 1] = VRT_LARGE_MIN;
            blocks[i - 1] = vrt_large_alloc(sizes[i - 1]);
            memset(blocks[i - 1], i - 1, sizes[i - 1]);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        assert_true(is_filled(blocks[i], sizes[i], i & 255));
        vrt_large_free(blocks[i], sizes[i]);
    }
    vrt_large_trim();
    assert_int_equal(vrt_large_spare_bytes(), 0);
}

static void a_freed_block_is_the_next_one(void **state)
{
    (void)state;
    vrt_large_trim();
    void *first = vrt_large_alloc(2 * VRT_LARGE_MIN);
    vrt_large_free(first, 2 * VRT_LARGE_MIN);
    void *second = vrt_large_alloc(2 * VRT_LARGE_MIN);
    assert_ptr_equal(first, second);
    vrt_large_free(second, 2 * VRT_LARGE_MIN);
}

/* Freeing itself gives nothing back that is large: what is too much goes in steps. */
static void an_excess_goes_step_by_step(void **state)
{
    (void)state;
    vrt_large_trim();
    assert_false(vrt_large_has_excess());
    size_t size = VRT_LARGE_SPARE + 8 * MIB;
    void *memory = vrt_large_alloc(size);
    vrt_large_free(memory, size);
    assert_true(vrt_large_has_excess());
    size_t before = vrt_large_spare_bytes(), steps = 0;
    assert_true(before >= size);
    for (; vrt_large_has_excess(); steps++) {
        vrt_large_trim_step();
        size_t after = vrt_large_spare_bytes();
        assert_true(after < before && before - after <= MIB);
        before = after;
    }
    assert_true(steps >= 8);
    assert_true(before <= VRT_LARGE_SPARE);
    vrt_large_trim_step();
    assert_int_equal(vrt_large_spare_bytes(), before);
}

static void more_spares_than_there_are_places(void **state)
{
    enum { COUNT = 100 };
    (void)state;
    void *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        blocks[i] = vrt_large_alloc(VRT_LARGE_MIN + (size_t)i * 4096);
    for (int i = 0; i < COUNT; i++)
        vrt_large_free(blocks[i], VRT_LARGE_MIN + (size_t)i * 4096);
    assert_true(vrt_large_spare_bytes() > 0);
    vrt_large_trim();
    assert_int_equal(vrt_large_spare_bytes(), 0);
}

static void out_of_memory_is_null(void **state)
{
    (void)state;
    assert_null(vrt_large_alloc((size_t)1 << 62));
    unsigned char *memory = vrt_large_alloc(VRT_LARGE_MIN);
    memory[0] = 3;
    assert_null(vrt_large_resize(memory, VRT_LARGE_MIN, (size_t)1 << 62));
    assert_int_equal(memory[0], 3);
    vrt_large_free(memory, VRT_LARGE_MIN);
}

static void churn(void *seed)
{
    size_t sizes[8] = {0};
    unsigned char *blocks[8] = {0};
    unsigned n = (unsigned)(uintptr_t)seed;
    for (int round = 0; round < 2000; round++) {
        int i = (int)((n = n * 1103515245 + 12345) >> 16 & 7);
        size_t size = VRT_LARGE_MIN + (n >> 8 & 0xffff);
        if (blocks[i] != NULL)
            assert_true(blocks[i][0] == (unsigned char)(uintptr_t)seed && blocks[i][sizes[i] - 1] == (unsigned char)(uintptr_t)seed);
        blocks[i] = blocks[i] == NULL ? vrt_large_alloc(size) : vrt_large_resize(blocks[i], sizes[i], size);
        sizes[i] = size;
        blocks[i][0] = blocks[i][size - 1] = (unsigned char)(uintptr_t)seed;
    }
    for (int i = 0; i < 8; i++)
        if (blocks[i] != NULL)
            vrt_large_free(blocks[i], sizes[i]);
}

static void threads_share_the_spares(void **state)
{
    struct vrt_os_thread thread;
    (void)state;
    assert_int_equal(vrt_os_thread_start(&thread, "other", churn, (void *)1), VRT_OK);
    churn((void *)2);
    vrt_os_thread_join(&thread);
    vrt_large_trim();
    assert_int_equal(vrt_large_spare_bytes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_and_shrinking_keep_the_content),
        cmocka_unit_test(blocks_that_live_at_once_do_not_overlap),
        cmocka_unit_test(a_freed_block_is_the_next_one),
        cmocka_unit_test(an_excess_goes_step_by_step),
        cmocka_unit_test(more_spares_than_there_are_places),
        cmocka_unit_test(out_of_memory_is_null),
        cmocka_unit_test(threads_share_the_spares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
