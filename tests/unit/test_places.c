#include "vm/value/places.h"
#include "tests/unit/values.h"

static enum vvm_elements elements(vvm_value list)
{
    return ((struct vvm_list *)list.object)->header.extra;
}

static void store(struct vvm_places *places, uint64_t at, vvm_value owned_list)
{
    assert_true(vvm_places_store_any(places, at, owned_list));
    assert_int_equal(vvm_list_length(owned_list), 0);
    vvm_release(owned_list);
}

static vvm_value finish(struct vvm_places *places)
{
    while (vvm_places_close(places, 1))
        continue;
    return vvm_places_finish(places);
}

static void one_kind_stays_packed(void **state)
{
    (void)state;
    struct vvm_places places;
    vvm_places_init(&places, 4);
    store(&places, 2, list_of(2, vvm_number(3), vvm_number(4)));
    store(&places, 0, list_of(2, vvm_number(1), vvm_number(2)));
    vvm_value list = finish(&places);
    assert_int_equal(elements(list), VVM_ELEMENTS_NUMBER);
    assert_text(vvm_list_append(list, vvm_number(5)), "[1, 2, 3, 4, 5]");
    vvm_places_init(&places, 2);
    store(&places, 1, list_of(1, vvm_bool(true)));
    store(&places, 0, list_of(1, vvm_bool(false)));
    list = finish(&places);
    assert_int_equal(elements(list), VVM_ELEMENTS_BOOL);
    assert_text(list, "[false, true]");
}

static void kinds_meet(void **state)
{
    (void)state;
    struct vvm_places places;
    vvm_places_init(&places, 7);
    store(&places, 0, list_of(2, vvm_number(1), vvm_number(2)));
    store(&places, 6, list_of(1, vvm_float(0.5)));
    store(&places, 4, list_of(2, text("a long string"), vvm_void()));
    store(&places, 2, list_of(2, vvm_void(), vvm_void()));
    assert_text(finish(&places), "[1, 2, (), (), \"a long string\", (), 0.5]");
    vvm_places_init(&places, 3);
    store(&places, 0, list_of(1, text("first of all")));
    store(&places, 1, list_of(2, vvm_number(1), vvm_number(2)));
    assert_text(finish(&places), "[\"first of all\", 1, 2]");
}

static void what_is_dropped_is_released(void **state)
{
    (void)state;
    struct vvm_places places;
    vvm_places_init(&places, 1000);
    vvm_places_drop(&places);
    store(&places, 10, list_of(2, vvm_number(1), vvm_number(2)));
    store(&places, 500, list_of(3, text("a long string"), vvm_void(), list_of(1, text("another long string"))));
    vvm_places_drop(&places);
}

/* Where the build lets allocations fail: the first is the buffer's, the second the List's. */
static void without_memory_nothing_happens(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 3; n++) {
        struct vvm_places places;
        vvm_places_init(&places, 2);
        vvm_value list = list_of(2, text("a long string"), vvm_number(1));
        vrt_alloc_fail_in(n);
        bool stored = vvm_places_store_any(&places, 0, list);
        vvm_value whole = stored ? vvm_places_finish(&places) : vvm_unset();
        vrt_alloc_fail_in(0);
        assert_int_equal(vvm_list_length(list), stored ? 0 : 2);
        assert_true(n < 3 || !vvm_is_unset(whole));
        if (!vvm_is_unset(whole))
            assert_text(whole, "[\"a long string\", 1]");
        vvm_places_drop(&places);
        vvm_release(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(one_kind_stays_packed), KIT_TEST(kinds_meet),
        KIT_TEST(what_is_dropped_is_released), KIT_TEST(without_memory_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
