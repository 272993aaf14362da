#include "tests/unit/values.h"
#include "tests/unit/whole.h"
#include "vm/value/object.h"

static bool equal(vvm_value a, vvm_value b)
{
    enum vvm_truth truth = equal_whole(a, b), back = equal_whole(b, a);
    assert_int_equal(truth, back);
    assert_true(truth == VVM_TRUE || truth == VVM_FALSE);
    return truth == VVM_TRUE;
}

/* Compares two owned values and releases them. */
static bool same(vvm_value a, vvm_value b)
{
    bool result = equal(a, b);
    vvm_release(a);
    vvm_release(b);
    return result;
}

static void numbers_and_floats_compare_by_exact_value(void **state)
{
    (void)state;
    assert_true(equal(vvm_number(1), vvm_float(1)));
    assert_true(equal(vvm_number(0), vvm_float(-0.0)));
    assert_false(equal(vvm_number(9007199254740993), vvm_float(9007199254740992.0)));
    assert_false(equal(vvm_number(INT64_MAX), vvm_float(0x1p63)));
    assert_true(equal(vvm_number(INT64_MIN), vvm_float(-0x1p63)));
    assert_false(equal(vvm_float(NAN), vvm_float(NAN)));
    assert_false(equal(vvm_number(1), vvm_bool(true)));
    assert_false(equal(vvm_number(1), vvm_duration(1)));
    assert_false(equal(vvm_number(1), vvm_some(vvm_number(1))));
}

static void collections_compare_by_elements(void **state)
{
    (void)state;
    assert_true(same(list_of(2, vvm_number(1), vvm_number(2)), list_of(2, vvm_number(1), vvm_float(2))));
    assert_false(same(list_of(2, vvm_number(1), vvm_number(2)), pair_of(vvm_number(1), vvm_number(2))));
    assert_false(same(list_of(1, vvm_float(NAN)), list_of(1, vvm_float(NAN))));
    assert_true(same(vvm_range_new(0, 3, false), vvm_range_new(0, 2, true)));
    assert_true(same(vvm_range_new(5, 0, false), vvm_range_new(9, 1, true)));
    assert_false(same(vvm_range_new(0, 3, false), vvm_range_new(0, 3, true)));
    vvm_value nan_list = list_of(1, vvm_float(NAN));
    assert_false(equal(nan_list, nan_list));
    vvm_release(nan_list);
}

static void dicts_and_sets_ignore_order(void **state)
{
    (void)state;
    vvm_value a = vvm_dict_new(VVM_DICT, 0), b = vvm_dict_new(VVM_DICT, 0);
    for (int64_t i = 0; i < 50; i++) {
        a = dict_put(a, vvm_number(i), list_of(1, vvm_number(i)));
        b = dict_put(b, vvm_float((double)(49 - i)), list_of(1, vvm_float((double)(49 - i))));
    }
    assert_true(equal(a, b));
    b = dict_put(b, vvm_number(7), vvm_number(0));
    assert_false(equal(a, b));
    vvm_release(a);
    vvm_release(b);
}

/* Two keys of one hash: the walk has to come back from the first candidate. */
static void colliding_keys_are_all_tried(void **state)
{
    (void)state;
    vvm_value a = vvm_dict_new(VVM_DICT, 0), b = vvm_dict_new(VVM_DICT, 0);
    for (int64_t i = 0; i < 20; i++) {
        vvm_value nested = list_of(2, list_of(1, text("a longer string")), vvm_number(i));
        a = vvm_dict_insert_new(a, vvm_retain(nested), 5, vvm_number(i));
        b = vvm_dict_insert_new(b, nested, 5, vvm_number(i));
    }
    assert_true(equal(a, b));
    b = vvm_dict_remove_at(b, 3);
    b = vvm_dict_insert_new(b, list_of(2, list_of(1, text("a longer string")), vvm_number(99)), 5, vvm_number(3));
    assert_false(equal(a, b));
    vvm_release(a);
    vvm_release(b);
}

static void instances_with_state_are_themselves_only(void **state)
{
    (void)state;
    vvm_value a = instance_of(&node_type, vvm_number(1), vvm_number(2)), b = instance_of(&node_type, vvm_number(1), vvm_number(2));
    assert_false(equal(a, b));
    assert_true(equal(a, a));
    vvm_release(a);
    vvm_release(b);
    assert_true(same(instance_of(&pair_type, text("x"), vvm_number(2)), instance_of(&pair_type, text("x"), vvm_number(2))));
    vvm_value escaped = vvm_instance_new(&pair_type), holder = vvm_retain(escaped);
    vvm_instance_finish(escaped);
    assert_false(same(escaped, instance_of(&pair_type, vvm_unset(), vvm_unset())));
    vvm_release(holder);
}

static void own_equality_needs_a_call(void **state)
{
    (void)state;
    vvm_value a = list_of(1, instance_of(&keyed_type, vvm_number(1), vvm_number(2)));
    assert_int_equal(vvm_equal(a, a), VVM_NEEDS_CALL);
    vvm_value shorter = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    assert_int_equal(vvm_equal(a, shorter), VVM_FALSE);
    vvm_release(a);
    vvm_release(shorter);
}

static vvm_value deep(size_t depth, int64_t core)
{
    vvm_value v = vvm_number(core);
    for (size_t i = 0; i < depth; i++) {
        switch (i % 4) {
        case 0: v = list_of(1, v); break;
        case 1: v = vvm_some(v); break;
        case 2: v = vvm_some(v); break;
        default: v = dict_put(vvm_dict_new(VVM_DICT, 0), vvm_number(1), v); break;
        }
    }
    return v;
}

static void depth_is_no_limit(void **state)
{
    (void)state;
    assert_true(same(deep(200000, 1), deep(200000, 1)));
    assert_false(same(deep(200000, 1), deep(200000, 2)));
}

static vvm_value numbers(size_t count)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_NUMBER);
    for (size_t i = 0; i < count; i++)
        list = vvm_list_append(list, vvm_number((int64_t)i));
    return list;
}

static vvm_value set_of(size_t count, size_t first)
{
    vvm_value set = vvm_dict_new(VVM_SET, 0);
    for (size_t i = 0; i < count; i++) {
        int64_t key = (int64_t)((i + first) % count);
        set = vvm_dict_insert_new(set, vvm_number(key), vvm_hash_number(key), vvm_unset());
    }
    return set;
}

/* A walk of many portions gives what one at one go would; left in its middle it leaves nothing behind. */
static void long_values_are_compared_in_portions(void **state)
{
    (void)state;
    vvm_value a = numbers(1000000), b = vvm_list_append(numbers(999999), vvm_number(7));
    assert_int_equal(vvm_equal(a, b), VVM_NEEDS_CALL);
    assert_false(equal(a, b));
    struct vvm_walk *walk = vvm_walk_new();
    assert_int_equal(vvm_equal_on(walk, a, b), VVM_MORE);
    vvm_walk_free(walk);
    assert_true(same(a, numbers(1000000)));
    assert_true(same(set_of(50000, 0), set_of(50000, 700)));
    assert_false(same(set_of(50000, 0), set_of(49999, 0)));
    vvm_release(b);
}

static void laws_hold_on_random_values(void **state)
{
    (void)state;
    enum { N = 60 };
    for (int round = 0; round < 30; round++) {
        vvm_value v[N];
        for (size_t i = 0; i < N; i++)
            v[i] = random_value(kit_random(4));
        for (size_t i = 0; i < N; i++) {
            assert_true(equal(v[i], v[i]));
            for (size_t j = 0; j < N; j++) {
                bool ij = equal(v[i], v[j]);
                for (size_t k = 0; ij && k < N; k++)
                    assert_int_equal(equal(v[j], v[k]), equal(v[i], v[k]));
            }
        }
        for (size_t i = 0; i < N; i++)
            vvm_release(v[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(numbers_and_floats_compare_by_exact_value), KIT_TEST(collections_compare_by_elements),
        KIT_TEST(dicts_and_sets_ignore_order), KIT_TEST(colliding_keys_are_all_tried),
        KIT_TEST(instances_with_state_are_themselves_only), KIT_TEST(own_equality_needs_a_call),
        KIT_TEST(depth_is_no_limit), KIT_TEST(long_values_are_compared_in_portions), KIT_TEST(laws_hold_on_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
