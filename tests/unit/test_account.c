#include "runtime/base/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define LIMIT 1000000

static void an_account_counts_what_is_held(void **state)
{
    (void)state;
    struct vrt_account account;
    vrt_account_init(&account, LIMIT);
    assert_null(vrt_account_switch(&account));
    void *small = vrt_alloc(100), *large = vrt_alloc(100000), *common = vrt_alloc_common(3000);
    assert_int_equal(vrt_account_used(), (int64_t)vrt_alloc_good_size(100) + 100000);
    vrt_free(small, 100);
    assert_ptr_equal(vrt_account_switch(NULL), &account);
    vrt_free_common(common, 3000);
    assert_int_equal(account.used, 100000);
    vrt_account_switch(&account);
    large = vrt_realloc(large, 100000, 5000);
    assert_int_equal(vrt_account_used(), 5000);
    vrt_free(large, 5000);
    vrt_account_switch(NULL);
    assert_int_equal(account.used, 0);
}

static void a_large_block_is_refused_before_it_is_taken(void **state)
{
    (void)state;
    struct vrt_account account;
    vrt_account_init(&account, LIMIT);
    vrt_account_switch(&account);
    void *most = vrt_alloc(LIMIT - 10000);
    assert_non_null(most);
    assert_false(account.refused);
    assert_null(vrt_alloc(10001));
    assert_true(account.refused);
    assert_int_equal(account.found, LIMIT - 10000);
    assert_int_equal(account.wanted, 10001);
    assert_null(vrt_realloc(most, LIMIT - 10000, LIMIT + 1));
    assert_int_equal(account.wanted, 10001);
    assert_null(vrt_alloc(VRT_ALLOC_MAX + 1));
    void *rest = vrt_alloc(10000);
    assert_non_null(rest);
    assert_false(account.refused);
    vrt_free(rest, 10000);
    vrt_free(most, LIMIT - 10000);
    vrt_account_switch(NULL);
    assert_non_null(rest = vrt_alloc(2 * LIMIT)); /* nobody's */
    vrt_free(rest, 2 * LIMIT);
}

/* However small the blocks: a batch is looked at. */
static void many_small_blocks_are_refused(void **state)
{
    (void)state;
    static void *blocks[2 * LIMIT / 64];
    size_t count = 0;
    struct vrt_account account;
    vrt_alloc_attach();
    vrt_account_init(&account, LIMIT);
    vrt_account_switch(&account);
    while (count < 2 * LIMIT / 64 && (blocks[count] = vrt_alloc(64)) != NULL)
        count++;
    assert_true(count * 64 >= LIMIT && count * 64 <= LIMIT + 2 * VRT_BATCH_MAX * 64);
    while (count > 0)
        vrt_free(blocks[--count], 64);
    assert_int_equal(vrt_account_used(), 0);
    vrt_account_switch(NULL);
    vrt_alloc_detach();
}

static void the_reserve_opens_and_closes(void **state)
{
    (void)state;
    struct vrt_account account;
    vrt_account_init(&account, LIMIT);
    vrt_account_switch(&account);
    void *most = vrt_alloc(LIMIT);
    assert_null(vrt_alloc(5000));
    vrt_account_lift();
    void *beyond = vrt_alloc(LIMIT);
    assert_non_null(beyond);
    vrt_free(beyond, LIMIT);
    vrt_account_open_reserve();
    beyond = vrt_alloc((size_t)account.reserve);
    assert_non_null(beyond);
    assert_null(vrt_alloc(5000));
    vrt_free(beyond, (size_t)account.reserve);
    most = vrt_realloc(most, LIMIT, LIMIT / 2);
    assert_null(vrt_alloc(LIMIT / 2 + 1)); /* closed again */
    vrt_free(most, LIMIT / 2);
    vrt_account_switch(NULL);
    assert_int_equal(account.used, 0);
}

static void the_widest_limit_refuses_nothing(void **state)
{
    (void)state;
    struct vrt_account account;
    vrt_account_init(&account, INT64_MAX);
    vrt_account_switch(&account);
    void *memory = vrt_alloc(LIMIT);
    vrt_account_open_reserve();
    assert_non_null(memory);
    vrt_free(memory, LIMIT);
    vrt_account_switch(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_counts_what_is_held),
        cmocka_unit_test(a_large_block_is_refused_before_it_is_taken),
        cmocka_unit_test(many_small_blocks_are_refused),
        cmocka_unit_test(the_reserve_opens_and_closes),
        cmocka_unit_test(the_widest_limit_refuses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
