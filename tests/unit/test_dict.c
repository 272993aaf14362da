#include "tests/unit/values.h"
#include "vm/value/object.h"

static bool get(vvm_value dict, vvm_value key, vvm_value *value)
{
    uint64_t hash = 0;
    size_t entry;
    assert_int_equal(vvm_hash(key, &hash), VVM_TRUE);
    if (!vvm_dict_find(dict, key, hash, &entry))
        return false;
    *value = ((struct vvm_dict *)dict.object)->entries[entry].value;
    return true;
}

static vvm_value without(vvm_value dict, vvm_value key)
{
    uint64_t hash = 0;
    size_t entry;
    assert_int_equal(vvm_hash(key, &hash), VVM_TRUE);
    return vvm_dict_find(dict, key, hash, &entry) ? vvm_dict_remove_at(dict, entry) : dict;
}

static void entries_keep_their_order(void **state)
{
    (void)state;
    vvm_value d = vvm_dict_new(VVM_DICT, 0);
    d = dict_put(d, text("b"), vvm_number(1));
    d = dict_put(d, text("a"), vvm_number(2));
    d = dict_put(d, text("a long key indeed"), vvm_number(3));
    d = dict_put(d, text("b"), vvm_number(4));
    assert_same_text(d, "{\"b\": 4, \"a\": 2, \"a long key indeed\": 3}");
    d = without(d, text("b"));
    d = dict_put(d, text("b"), vvm_number(5));
    assert_text(d, "{\"a\": 2, \"a long key indeed\": 3, \"b\": 5}");
}

static void the_key_first_written_stays(void **state)
{
    (void)state;
    vvm_value d = vvm_dict_new(VVM_DICT, 0), s = vvm_dict_new(VVM_SET, 3);
    d = dict_put(dict_put(d, vvm_number(1), text("a")), vvm_float(1.0), text("b"));
    assert_text(d, "{1: \"b\"}");
    s = dict_put(dict_put(s, vvm_float(-0.0), vvm_unset()), vvm_number(0), vvm_unset());
    assert_text(s, "{-0.0}");
}

static void changing_a_held_dict_copies_it(void **state)
{
    (void)state;
    vvm_value d = dict_put(vvm_dict_new(VVM_DICT, 0), text("k"), text("value of some length")), kept = vvm_retain(d);
    d = dict_put(d, text("l"), vvm_number(1));
    assert_text(d, "{\"k\": \"value of some length\", \"l\": 1}");
    d = without(vvm_retain(kept), text("k"));
    assert_text(d, "{}");
    d = dict_put(vvm_retain(kept), text("k"), vvm_number(2));
    assert_text(d, "{\"k\": 2}");
    assert_text(kept, "{\"k\": \"value of some length\"}");
}

static void nested_values_are_keys(void **state)
{
    (void)state;
    vvm_value d = vvm_dict_new(VVM_DICT, 0), v;
    d = dict_put(d, list_of(2, vvm_number(1), text("a")), vvm_number(1));
    d = dict_put(d, vvm_some(text("a long text as a key")), vvm_number(2));
    vvm_value key = list_of(2, vvm_float(1), text("a")), other = vvm_some(text("a long text as a key"));
    assert_true(get(d, key, &v) && v.number == 1);
    assert_true(get(d, other, &v) && v.number == 2);
    other = vvm_peel(other);
    assert_false(get(d, other, &v));
    vvm_release(key);
    vvm_release(other);
    vvm_release(d);
}

static void candidates_of_one_hash_are_all_shown(void **state)
{
    (void)state;
    vvm_value d = vvm_dict_new(VVM_DICT, 0);
    for (int64_t i = 0; i < 40; i++)
        d = vvm_dict_insert_new(d, vvm_number(i), (uint64_t)(i % 2), vvm_number(i));
    size_t cursor = 0, entry, seen = 0;
    while (vvm_dict_probe(d, 1, &cursor, &entry)) {
        assert_int_equal(((struct vvm_dict *)d.object)->entries[entry].key.number % 2, 1);
        seen++;
    }
    assert_int_equal(seen, 20);
    vvm_release(d);
}

#define KEYS 200

static vvm_value key_of(size_t k)
{
    return k % 3 == 0 ? vvm_number((int64_t)k) : k % 3 == 1 ? vvm_string_format("k%zu", k) : vvm_string_format("key number %zu", k);
}

struct model {
    vvm_value dict;
    int64_t values[KEYS]; /* 0 = absent */
    size_t size;
};

static void check_model(const struct model *m)
{
    assert_int_equal(vvm_dict_size(m->dict), m->size);
    uint64_t cursor = 0;
    size_t entry, seen = 0;
    while (vvm_dict_next(m->dict, &cursor, &entry))
        seen++;
    assert_int_equal(seen, m->size);
    size_t k = kit_random(KEYS);
    vvm_value key = key_of(k), value;
    bool found = get(m->dict, key, &value);
    assert_int_equal(found, m->values[k] != 0);
    if (found)
        assert_int_equal(value.number, m->values[k]);
    vvm_release(key);
}

static void model_step(struct model *m, size_t range)
{
    size_t k = kit_random(range);
    vvm_value key = key_of(k);
    if (kit_random(2)) {
        int64_t value = (int64_t)kit_random(1000) + 1;
        m->dict = dict_put(m->dict, key, vvm_number(value));
        m->size += m->values[k] == 0;
        m->values[k] = value;
        return;
    }
    m->dict = without(m->dict, key);
    m->size -= m->values[k] != 0;
    m->values[k] = 0;
    vvm_release(key);
}

static void random_changes_match_a_model(void **state)
{
    (void)state;
    static struct model models[3];
    for (size_t i = 0; i < 3; i++)
        models[i] = (struct model){.dict = vvm_dict_new(VVM_DICT, 0)};
    for (int round = 0; round < 60000; round++) {
        struct model *m = &models[kit_random(3)], *other = &models[kit_random(3)];
        if (kit_random(200) == 0 && m != other) {
            vvm_release(m->dict);
            *m = *other;
            vvm_retain(m->dict);
        }
        model_step(m, round / 10000 % 2 ? 12 : KEYS);
        check_model(m);
        check_model(other);
    }
    for (size_t i = 0; i < 3; i++)
        vvm_release(models[i].dict);
}

static void removing_everything_gives_room_back(void **state)
{
    (void)state;
    vvm_value d = vvm_dict_new(VVM_SET, 0);
    for (int64_t i = 0; i < 10000; i++)
        d = dict_put(d, vvm_number(i), vvm_unset());
    for (int64_t i = 0; i < 9990; i++)
        d = without(d, vvm_number(i));
    assert_true(((struct vvm_dict *)d.object)->capacity <= 128);
    assert_text(d, "{9990, 9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999}");
}

static void a_failed_change_consumes_its_operands(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 4; n++) {
        vvm_value d = vvm_dict_new(VVM_DICT, 0), kept;
        for (int64_t i = 0; i < 8; i++)
            d = dict_put(d, vvm_number(i), vvm_number(i));
        kept = vvm_retain(d);
        vvm_value key = text("a long key as it is"), value = text("a long value as it is");
        vrt_alloc_fail_in(n);
        d = dict_put(d, key, value);
        vrt_alloc_fail_in(0);
        vvm_release(d);
        vrt_alloc_fail_in(n);
        d = vvm_dict_remove_at(vvm_retain(kept), 3);
        vrt_alloc_fail_in(0);
        vvm_release(d);
        assert_int_equal(vvm_dict_size(kept), 8);
        vvm_release(kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(entries_keep_their_order), KIT_TEST(the_key_first_written_stays),
        KIT_TEST(changing_a_held_dict_copies_it), KIT_TEST(nested_values_are_keys),
        KIT_TEST(candidates_of_one_hash_are_all_shown), KIT_TEST(random_changes_match_a_model),
        KIT_TEST(removing_everything_gives_room_back), KIT_TEST(a_failed_change_consumes_its_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
