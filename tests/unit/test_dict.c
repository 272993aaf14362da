#include "tests/unit/values.h"
#include "vm/value/dict_table.h"
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

/* ---- Large tables (Note RENEWAL) ---- */

static struct vvm_dict *table_of(vvm_value dict) { return dict.object; }

/* Keys are 0, 3, 6 ...; the others are absent. */
static void check_number(vvm_value dict, int64_t key, bool there)
{
    vvm_value value;
    bool found = get(dict, vvm_number(key), &value);
    assert_int_equal(found, there);
    if (found)
        assert_int_equal(value.number, -key);
}

/* How far a renewal is; what one change may add to it is some steps' work, whatever the size of the table. */
static size_t progress(const struct vvm_dict *dict)
{
    const struct vvm_dict_renewal *r = dict->renewal;
    return r == NULL ? 0 : r->zeroed / 4 + r->seen + r->indexed;
}
#define CHANGE_MOVES_MOST (8 * 16 * VVM_DICT_STEP)

/* The table has another capacity after a change than before. */
static void check_take_over(const struct vvm_dict *before, size_t left, const struct vvm_dict *after)
{
    if (after->capacity == before->capacity || before->capacity < VVM_DICT_LARGE)
        return;
    assert_true(before->used < before->capacity); /* nobody had to wait for the rest */
    assert_non_null(before->renewal);
    assert_true(left <= CHANGE_MOVES_MOST);
}

static size_t left_to_index(const struct vvm_dict *dict)
{
    return dict->renewal != NULL ? dict->used - dict->renewal->indexed : dict->used;
}

static void a_large_table_grows_in_steps(void **state)
{
    (void)state;
    size_t most = 0, renewals = 0;
    vvm_value d = vvm_dict_new(VVM_DICT, 0);
    for (int64_t i = 0; i < (int64_t)VVM_DICT_LARGE * 9; i++) {
        struct vvm_dict before = *table_of(d);
        size_t done = progress(&before), left = left_to_index(&before);
        d = dict_put(d, vvm_number(3 * i), vvm_number(-3 * i));
        size_t now = progress(table_of(d));
        if (table_of(d)->renewal == before.renewal && now - done > most)
            most = now - done;
        check_take_over(&before, left, table_of(d));
        renewals += table_of(d)->renewal != NULL && before.renewal == NULL;
        check_number(d, 3 * (int64_t)kit_random((size_t)i + 1), true);
        check_number(d, 3 * (int64_t)kit_random((size_t)i + 1) + 1, false);
    }
    assert_int_equal(table_of(d)->capacity, VVM_DICT_LARGE * 16);
    assert_int_equal(renewals, 4);
    assert_true(most > 0 && most <= CHANGE_MOVES_MOST);
    for (int64_t i = 0; i < (int64_t)VVM_DICT_LARGE * 9; i++)
        check_number(d, 3 * i, true);
    vvm_release(d);
}

/* The oldest key goes, a new one comes: holes are closed again and again, in steps, and the table stays as large as it is. */
static void a_large_table_closes_its_holes_in_steps(void **state)
{
    (void)state;
    int64_t first = 0, end = 0, size = (int64_t)VVM_DICT_LARGE * 3 / 2;
    vvm_value d = vvm_dict_new(VVM_DICT, 0);
    for (; end < 8 * size; end++) {
        struct vvm_dict before = *table_of(d);
        size_t left = left_to_index(&before);
        d = dict_put(d, vvm_number(3 * end), vvm_number(-3 * end));
        check_take_over(&before, left, table_of(d));
        assert_true(table_of(d)->capacity < VVM_DICT_LARGE || table_of(d)->used < table_of(d)->capacity);
        if (end - first == size) {
            size_t used = table_of(d)->used;
            d = without(d, vvm_number(3 * first));
            check_number(d, 3 * first++, false);
            assert_true(table_of(d)->used <= used);
        }
        check_number(d, 3 * (first + (int64_t)kit_random((size_t)(end - first) + 1)), true);
    }
    assert_true(table_of(d)->capacity <= VVM_DICT_LARGE * 4);
    uint64_t cursor = 0;
    size_t entry = 0;
    for (int64_t key = first; key < end; key++) {
        assert_true(vvm_dict_next(d, &cursor, &entry));
        assert_int_equal(table_of(d)->entries[entry].key.number, 3 * key);
    }
    assert_false(vvm_dict_next(d, &cursor, &entry));
    vvm_release(d);
}

/* Keys come and go at random while the table grows, closes up and shrinks; a copy that was made meanwhile stays as it was. */
static void random_changes_of_a_large_table_match_a_model(void **state)
{
    enum { RANGE = VVM_DICT_LARGE * 4 };
    (void)state;
    static bool there[RANGE], then[RANGE];
    memset(there, 0, sizeof there);
    vvm_value d = vvm_dict_new(VVM_DICT, 0), kept = vvm_retain(d);
    for (int round = 0; round < (int)VVM_DICT_LARGE * 24; round++) {
        size_t key = kit_random(RANGE), phase = (size_t)round / (VVM_DICT_LARGE * 4) % 3;
        bool adds = kit_random(10) < (phase == 0 ? 9 : phase == 1 ? 5 : 1);
        d = adds ? dict_put(d, vvm_number((int64_t)key), vvm_number(-(int64_t)key)) : without(d, vvm_number((int64_t)key));
        there[key] = adds;
        key = kit_random(RANGE);
        check_number(d, (int64_t)key, there[key]);
        check_number(kept, (int64_t)key, round >= (int)VVM_DICT_LARGE && then[key]);
        if (round % (int)(VVM_DICT_LARGE * 3) == (int)VVM_DICT_LARGE) {
            vvm_release(kept);
            kept = vvm_retain(d);
            memcpy(then, there, sizeof then);
        }
    }
    size_t size = 0;
    for (int64_t key = 0; key < RANGE; key++) {
        check_number(d, key, there[key]);
        size += there[key];
    }
    assert_int_equal(vvm_dict_size(d), size);
    vvm_release(kept);
    vvm_release(d);
}

static void a_large_table_gives_its_room_back(void **state)
{
    (void)state;
    int64_t count = (int64_t)VVM_DICT_LARGE * 5;
    vvm_value d = vvm_dict_new(VVM_SET, 0);
    for (int64_t i = 0; i < count; i++)
        d = dict_put(d, vvm_number(i), vvm_unset());
    for (int64_t i = 0; i < count - 3; i++) {
        struct vvm_dict before = *table_of(d);
        size_t left = left_to_index(&before);
        d = without(d, vvm_number(i));
        check_take_over(&before, left, table_of(d));
    }
    assert_true(table_of(d)->capacity <= VVM_DICT_LARGE * 2);
    assert_int_equal(vvm_dict_size(d), 3);
    for (int64_t i = count - 3; i < count; i++)
        d = without(d, vvm_number(i));
    assert_text(d, "Set()");
}

static void room_that_is_known_is_made_before_it_is_filled(void **state)
{
    (void)state;
    int64_t count = (int64_t)VVM_DICT_LARGE * 6;
    size_t portions = 1;
    vvm_value d = vvm_dict_new(VVM_DICT, (size_t)count);
    while (vvm_dict_prepare(d))
        portions++;
    assert_true(portions > VVM_DICT_LARGE * 16 / (8 * 32 * VVM_DICT_STEP)); /* the slots of its index, and those of a portion */
    assert_int_equal(table_of(d)->capacity, VVM_DICT_LARGE * 8);
    for (int64_t i = 0; i < count; i++)
        d = dict_put(d, vvm_number(3 * i), vvm_number(-3 * i));
    assert_int_equal(table_of(d)->capacity, VVM_DICT_LARGE * 8);
    for (int64_t i = 0; i < count; i++)
        check_number(d, 3 * i, true);
    vvm_release(d);
    d = vvm_dict_new(VVM_DICT, (size_t)count); /* the same without */
    for (int64_t i = 0; i < count; i++)
        d = dict_put(d, vvm_number(3 * i), vvm_number(-3 * i));
    check_number(d, 3 * count - 3, true);
    vvm_release(d);
}

/* Where there is no memory for a renewal the table stays as it is, until it is full. */
static void a_renewal_without_memory(void **state)
{
    (void)state;
#if defined(VELA_PLAIN_ALLOC) || defined(VELA_TINY)
    for (uint32_t n = 1; n < 6; n++) {
        vvm_value d = vvm_dict_new(VVM_DICT, 0);
        int64_t i = 0;
        for (; table_of(d)->used < VVM_DICT_LARGE * 2 - VVM_DICT_LARGE / 2; i++)
            d = dict_put(d, vvm_number(3 * i), vvm_number(-3 * i));
        vrt_alloc_fail_in(n);
        for (; i < (int64_t)VVM_DICT_LARGE * 5 && !vvm_is_unset(d); i++) {
            vvm_value kept = vvm_retain(d);
            vvm_release(kept);
            d = dict_put(d, vvm_number(3 * i), vvm_number(-3 * i));
        }
        vrt_alloc_fail_in(0);
        for (int64_t k = 0; k < i && !vvm_is_unset(d); k++)
            check_number(d, 3 * k, true);
        vvm_release(d);
    }
#endif
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
        KIT_TEST(a_large_table_grows_in_steps), KIT_TEST(a_large_table_closes_its_holes_in_steps),
        KIT_TEST(random_changes_of_a_large_table_match_a_model), KIT_TEST(a_large_table_gives_its_room_back),
        KIT_TEST(room_that_is_known_is_made_before_it_is_filled), KIT_TEST(a_renewal_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
