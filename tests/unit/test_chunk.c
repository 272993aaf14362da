#include "runtime/base/chunk.h"

#include "runtime/os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#define REGION ((size_t)4 << 20)

static bool is_resident(void *chunk)
{
    unsigned char pages[VRT_CHUNK_BYTES / 4096];
    assert_int_equal(mincore(chunk, VRT_CHUNK_BYTES, pages), 0);
    for (size_t i = 0; i < sizeof pages; i++)
        if (pages[i] & 1)
            return true;
    return false;
}

static void they_are_aligned_and_apart(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    void *chunks[COUNT];
    size_t before = vrt_chunk_region_bytes();
    for (int i = 0; i < COUNT; i++) {
        chunks[i] = vrt_chunk_take();
        assert_non_null(chunks[i]);
        assert_int_equal((uintptr_t)chunks[i] % VRT_CHUNK_BYTES, 0);
        memset(chunks[i], i + 1, VRT_CHUNK_BYTES);
    }
    assert_int_equal(vrt_chunk_region_bytes() - before, 4 * REGION);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(((unsigned char *)chunks[i])[0], (unsigned char)(i + 1));
        assert_int_equal(((unsigned char *)chunks[i])[VRT_CHUNK_BYTES - 1], (unsigned char)(i + 1));
    }
    for (int i = COUNT - 1; i >= 0; i--)
        vrt_chunk_give(chunks[i]);
    assert_int_equal(vrt_chunk_region_bytes(), before);
}

static void one_that_is_given_back_has_no_pages(void **state)
{
    (void)state;
    void *kept = vrt_chunk_take(), *given = vrt_chunk_take();
    memset(kept, 1, VRT_CHUNK_BYTES);
    memset(given, 2, VRT_CHUNK_BYTES);
    assert_true(is_resident(given));
    vrt_chunk_give(given);
    assert_false(is_resident(given));
    assert_true(is_resident(kept));
    assert_ptr_equal(vrt_chunk_take(), given);
    assert_int_equal(*(unsigned char *)given, 0);
    vrt_chunk_give(given);
    vrt_chunk_give(kept);
}

/* One with a free chunk serves the next taker, whichever of the regions it is. */
static void regions_are_filled_again(void **state)
{
    (void)state;
    enum { COUNT = 63 * 3 };
    void *chunks[COUNT];
    for (int i = 0; i < COUNT; i++)
        chunks[i] = vrt_chunk_take();
    size_t full = vrt_chunk_region_bytes();
    for (int i = 0; i < COUNT; i += 7)
        vrt_chunk_give(chunks[i]);
    for (int i = 0; i < COUNT; i += 7)
        chunks[i] = vrt_chunk_take();
    assert_int_equal(vrt_chunk_region_bytes(), full);
    for (int i = 0; i < COUNT; i++)
        vrt_chunk_give(chunks[i]);
    assert_int_equal(vrt_chunk_region_bytes(), full - 3 * REGION);
}

static void take_and_give(void *argument)
{
    void *chunks[100];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 100; i++)
            *(void **)(chunks[i] = vrt_chunk_take()) = argument;
        for (int i = 0; i < 100; i++) {
            if (*(void **)chunks[i] != argument)
                *(uint32_t *)argument += 1;
            vrt_chunk_give(chunks[i]);
        }
    }
}

static void two_threads_share_them(void **state)
{
    (void)state;
    uint32_t wrong[2] = {0, 0};
    size_t before = vrt_chunk_region_bytes();
    struct vrt_os_thread thread;
    assert_int_equal(vrt_os_thread_start(&thread, "other", take_and_give, &wrong[0]), VRT_OK);
    take_and_give(&wrong[1]);
    vrt_os_thread_join(&thread);
    assert_int_equal(wrong[0] + wrong[1], 0);
    assert_int_equal(vrt_chunk_region_bytes(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_aligned_and_apart),
        cmocka_unit_test(one_that_is_given_back_has_no_pages),
        cmocka_unit_test(regions_are_filled_again),
        cmocka_unit_test(two_threads_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
