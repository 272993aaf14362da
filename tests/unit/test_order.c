#include "tests/unit/values.h"
#include "vm/value/object.h"

/* Order of two owned values; they must be comparable. */
static int order(vvm_value a, vvm_value b)
{
    int result = 9, back = 9;
    assert_int_equal(vvm_compare(a, b, &result), VVM_TRUE);
    assert_int_equal(vvm_compare(b, a, &back), VVM_TRUE);
    assert_int_equal((result > 0) - (result < 0), (back < 0) - (back > 0));
    vvm_release(a);
    vvm_release(b);
    return (result > 0) - (result < 0);
}

static enum vvm_truth truth(vvm_value a, vvm_value b)
{
    int ignored;
    enum vvm_truth result = vvm_compare(a, b, &ignored);
    vvm_release(a);
    vvm_release(b);
    return result;
}

static void scalars(void **state)
{
    (void)state;
    assert_int_equal(order(vvm_number(1), vvm_number(2)), -1);
    assert_int_equal(order(vvm_number(INT64_MAX), vvm_float(0x1p63)), -1);
    assert_int_equal(order(vvm_number(9007199254740993), vvm_float(9007199254740992.0)), 1);
    assert_int_equal(order(vvm_number(-1), vvm_float(-1.5)), 1);
    assert_int_equal(order(vvm_number(0), vvm_float(-0.0)), 0);
    assert_int_equal(order(vvm_number(0), vvm_float(-INFINITY)), 1);
    assert_int_equal(order(vvm_bool(false), vvm_bool(true)), -1);
    assert_int_equal(order(vvm_duration(5), vvm_duration(4)), 1);
    assert_int_equal(order(text("abc"), text("abcd")), -1);
    assert_int_equal(order(text("é"), text("z")), 1);
    assert_int_equal(order(text("long enough text"), text("long enough texu")), -1);
}

static void rows_and_variants(void **state)
{
    (void)state;
    assert_int_equal(order(list_of(2, vvm_number(1), vvm_number(5)), list_of(2, vvm_number(1), vvm_number(7))), -1);
    assert_int_equal(order(list_of(1, vvm_number(1)), list_of(2, vvm_number(1), vvm_number(7))), -1);
    assert_int_equal(order(pair_of(text("a"), list_of(1, vvm_float(2))), pair_of(text("a"), list_of(1, vvm_number(1)))), 1);
    vvm_value red = vvm_enum_from(&color_type, 0, NULL, 0);
    vvm_value custom = vvm_enum_from(&color_type, 1, (vvm_value[]){vvm_number(1), vvm_number(2)}, 2);
    vvm_value other = vvm_enum_from(&color_type, 1, (vvm_value[]){vvm_number(1), vvm_number(3)}, 2);
    assert_int_equal(order(red, vvm_retain(custom)), -1);
    assert_int_equal(order(custom, other), -1);
}

static void what_has_no_order(void **state)
{
    (void)state;
    assert_int_equal(truth(vvm_number(1), text("a")), VVM_BAD);
    assert_int_equal(truth(vvm_some(vvm_number(1)), vvm_some(vvm_number(2))), VVM_BAD);
    assert_int_equal(truth(list_of(1, vvm_number(1)), pair_of(vvm_number(1), vvm_number(1))), VVM_BAD);
    assert_int_equal(truth(vvm_dict_new(VVM_DICT, 0), vvm_dict_new(VVM_DICT, 0)), VVM_BAD);
    assert_int_equal(truth(vvm_void(), vvm_void()), VVM_BAD);
    assert_int_equal(truth(list_of(2, vvm_number(1), vvm_void()), list_of(2, vvm_number(2), vvm_void())), VVM_TRUE);
    assert_int_equal(truth(instance_of(&keyed_type, vvm_void(), vvm_void()), vvm_number(1)), VVM_NEEDS_CALL);
}

static void nan_is_unordered_and_sorts_last(void **state)
{
    (void)state;
    int result;
    assert_int_equal(truth(vvm_float(NAN), vvm_number(1)), VVM_FALSE);
    assert_int_equal(vvm_compare_sorting(vvm_float(NAN), vvm_float(INFINITY), &result), VVM_TRUE);
    assert_int_equal(result, 1);
    assert_int_equal(vvm_compare_sorting(vvm_number(1), vvm_float(NAN), &result), VVM_TRUE);
    assert_int_equal(result, -1);
    assert_int_equal(vvm_compare_sorting(vvm_float(NAN), vvm_float(NAN), &result), VVM_TRUE);
    assert_int_equal(result, 0);
}

static void laws_hold_on_random_values(void **state)
{
    (void)state;
    enum { N = 70 };
    for (int round = 0; round < 40; round++) {
        vvm_value v[N];
        int ij, jk, ik;
        for (size_t i = 0; i < N; i++)
            v[i] = random_value(kit_random(3));
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < N; j++) {
                if (vvm_compare(v[i], v[j], &ij) != VVM_TRUE)
                    continue;
                assert_int_equal(ij == 0, vvm_equal(v[i], v[j]) == VVM_TRUE);
                for (size_t k = 0; k < N; k++) {
                    if (ij <= 0 && vvm_compare(v[j], v[k], &jk) == VVM_TRUE && jk <= 0 && vvm_compare(v[i], v[k], &ik) == VVM_TRUE)
                        assert_true(ik <= 0);
                }
            }
        }
        for (size_t i = 0; i < N; i++)
            vvm_release(v[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(scalars), KIT_TEST(rows_and_variants), KIT_TEST(what_has_no_order),
        KIT_TEST(nan_is_unordered_and_sorts_last), KIT_TEST(laws_hold_on_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
