#include "tests/unit/values.h"
#include "vm/value/object.h"

static uint64_t hash_of(vvm_value owned)
{
    uint64_t hash = 0;
    assert_int_equal(vvm_hash_whole(owned, &hash), VVM_TRUE);
    vvm_release(owned);
    return hash;
}

static void equal_numbers_hash_equal(void **state)
{
    (void)state;
    assert_int_equal(hash_of(vvm_number(1)), hash_of(vvm_float(1)));
    assert_int_equal(hash_of(vvm_number(0)), hash_of(vvm_float(-0.0)));
    assert_int_equal(hash_of(vvm_number(INT64_MIN)), hash_of(vvm_float(-0x1p63)));
    assert_int_not_equal(hash_of(vvm_number(1)), hash_of(vvm_some(vvm_number(1))));
}

static void what_may_change_is_no_key(void **state)
{
    (void)state;
    uint64_t hash;
    static const char *const function[] = {"f"};
    assert_int_equal(vvm_hash(vvm_float(NAN), &hash), VVM_BAD);
    assert_int_equal(vvm_hash(vvm_of_object(VVM_FUNCTION, (void *)function), &hash), VVM_BAD);
    vvm_value node = list_of(1, instance_of(&node_type, vvm_number(1), vvm_number(2)));
    assert_int_equal(vvm_hash(node, &hash), VVM_BAD);
    vvm_release(node);
    vvm_value keyed = vvm_some(instance_of(&keyed_type, vvm_number(1), vvm_number(2)));
    assert_int_equal(vvm_hash(keyed, &hash), VVM_NEEDS_CALL);
    keyed_type.user_hash = false;
    assert_int_equal(vvm_hash(keyed, &hash), VVM_BAD);
    keyed_type.user_hash = true;
    vvm_release(keyed);
}

static void keys_that_differ_late_spread(void **state)
{
    (void)state;
    size_t used[64] = {0}, empty = 0;
    for (int i = 0; i < 640; i++)
        used[hash_of(vvm_string_format("key%05d", i)) & 63]++;
    for (size_t i = 0; i < 64; i++) {
        empty += used[i] == 0;
        assert_true(used[i] < 40);
    }
    assert_true(empty < 4);
}

static void random_values_that_are_equal_hash_equal(void **state)
{
    (void)state;
    enum { N = 80 };
    size_t met = 0, collisions = 0;
    for (int round = 0; round < 60; round++) {
        vvm_value v[N];
        uint64_t h[N];
        for (size_t i = 0; i < N; i++) {
            v[i] = random_value(kit_random(3));
            assert_int_equal(vvm_hash(v[i], &h[i]), VVM_TRUE);
        }
        for (size_t i = 0; i < N; i++) {
            for (size_t j = i + 1; j < N; j++) {
                bool same = vvm_equal(v[i], v[j]) == VVM_TRUE;
                if (same)
                    assert_int_equal(h[i], h[j]);
                met += same;
                collisions += !same && h[i] == h[j];
            }
        }
        for (size_t i = 0; i < N; i++)
            vvm_release(v[i]);
    }
    assert_true(met > 1000);
    assert_int_equal(collisions, 0);
}

static void deep_values_hash(void **state)
{
    (void)state;
    vvm_value v = vvm_number(1);
    for (size_t i = 0; i < 100000; i++)
        v = i % 2 ? list_of(1, v) : vvm_some(vvm_some(v));
    hash_of(v);
}

/* What takes long is left to its caller to go on with, and ends in the same hash. */
static void long_values_hash_in_portions(void **state)
{
    (void)state;
    vvm_value set = vvm_dict_new(VVM_SET, 0), list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int64_t i = 0; i < 20000; i++)
        set = vvm_dict_insert_new(set, vvm_number(i), vvm_hash_number(i), vvm_unset());
    for (int64_t i = 0; i < 20000; i++)
        list = vvm_list_append(list, list_of(2, vvm_number(i), vvm_number(-i)));
    vvm_value both = list_of(3, set, list, vvm_number(1));
    uint64_t hash, whole;
    assert_int_equal(vvm_hash(both, &hash), VVM_NEEDS_CALL);
    struct vvm_walk *walk = vvm_walk_new();
    uint32_t portions = 1;
    for (; vvm_hash_on(walk, both, &hash) == VVM_MORE; portions++) {
    }
    vvm_walk_free(walk);
    assert_true(portions > 5);
    assert_int_equal(vvm_hash_whole(both, &whole), VVM_TRUE);
    assert_int_equal(hash, whole);
    vvm_release(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(equal_numbers_hash_equal), KIT_TEST(what_may_change_is_no_key), KIT_TEST(keys_that_differ_late_spread),
        KIT_TEST(random_values_that_are_equal_hash_equal), KIT_TEST(deep_values_hash), KIT_TEST(long_values_hash_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
