#include "tests/unit/values.h"
#include "vm/value/object.h"

static enum vvm_elements elements(vvm_value list)
{
    return ((struct vvm_list *)list.object)->header.extra;
}

static vvm_value numbers(int64_t from, int64_t to)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int64_t i = from; i < to; i++)
        list = vvm_list_append_fast(list, vvm_number(i));
    return list;
}

static void lists_of_one_scalar_kind_are_packed(void **state)
{
    (void)state;
    vvm_value a = list_of(2, vvm_number(1), vvm_number(2)), b = list_of(2, vvm_float(1), vvm_float(2));
    vvm_value c = list_of(2, vvm_bool(1), vvm_bool(0)), d = list_of(2, vvm_number(1), vvm_float(2));
    assert_int_equal(elements(a), VVM_ELEMENTS_NUMBER);
    assert_int_equal(elements(b), VVM_ELEMENTS_FLOAT);
    assert_int_equal(elements(c), VVM_ELEMENTS_BOOL);
    assert_int_equal(elements(d), VVM_ELEMENTS_VALUE);
    a = vvm_list_append(a, text("x"));
    assert_int_equal(elements(a), VVM_ELEMENTS_VALUE);
    assert_text(a, "[1, 2, \"x\"]");
    c = vvm_list_set(c, 1, vvm_some(vvm_bool(true)));
    assert_text(c, "[true, Some(true)]");
    assert_text(b, "[1.0, 2.0]");
    assert_text(d, "[1, 2.0]");
    vvm_value first = vvm_list_append(vvm_list_new(10, VVM_ELEMENTS_VALUE), vvm_number(5));
    assert_int_equal(elements(first), VVM_ELEMENTS_NUMBER);
    vvm_release(first);
}

static void appending_to_an_own_list_stays_in_place(void **state)
{
    (void)state;
    vvm_value list = numbers(0, 100);
    void *header = list.object;
    size_t moves = 0;
    for (int64_t i = 100; i < 10000; i++) {
        void *buffer = ((struct vvm_list *)list.object)->buffer;
        list = vvm_list_append_fast(list, vvm_number(i));
        moves += ((struct vvm_list *)list.object)->buffer != buffer;
    }
    assert_ptr_equal(list.object, header);
    assert_true(moves < 30);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(vvm_list_get(list, i).number, (int64_t)i);
    vvm_release(list);
}

static void a_change_copies_what_others_hold(void **state)
{
    (void)state;
    vvm_value a = list_of(3, text("one long string"), text("b"), vvm_number(3)), kept = vvm_retain(a);
    a = vvm_list_append(a, vvm_number(4));
    a = vvm_list_set(a, 0, text("x"));
    assert_text(a, "[\"x\", \"b\", 3, 4]");
    assert_text(kept, "[\"one long string\", \"b\", 3]");
}

static void long_slices_share_and_short_ones_copy(void **state)
{
    (void)state;
    vvm_value list = numbers(0, 1000);
    struct vvm_buffer *buffer = ((struct vvm_list *)list.object)->buffer;
    vvm_value half = vvm_list_slice(vvm_retain(list), 100, 600);
    assert_ptr_equal(((struct vvm_list *)half.object)->buffer, buffer);
    vvm_value bit = vvm_list_slice(vvm_retain(list), 5, 15);
    assert_ptr_not_equal(((struct vvm_list *)bit.object)->buffer, buffer);
    vvm_value part = vvm_list_slice(vvm_retain(half), 100, 200); /* less than an eighth of more than 4 KiB */
    assert_ptr_not_equal(((struct vvm_list *)part.object)->buffer, buffer);
    half = vvm_list_append(half, vvm_number(-1));
    assert_int_equal(vvm_list_get(half, 500).number, -1);
    assert_int_equal(vvm_list_get(half, 499).number, 599);
    assert_int_equal(vvm_list_get(list, 600).number, 600);
    assert_int_equal(vvm_list_get(part, 0).number, 200);
    assert_int_equal(vvm_list_get(bit, 9).number, 14);
    vvm_release(half);
    vvm_release(bit);
    vvm_release(part);
    vvm_release(list);
}

static void slicing_an_own_list_lets_the_rest_go(void **state)
{
    (void)state;
    vvm_value watched = text("watched by its count");
    vvm_value list = list_of(4, vvm_retain(watched), vvm_number(1), vvm_number(2), vvm_retain(watched));
    list = vvm_list_slice(list, 1, 3);
    assert_int_equal(((struct vvm_object *)watched.object)->count, 1);
    list = vvm_list_insert(list, 0, text("a"));
    assert_text(list, "[\"a\", 1, 2]");
    vvm_release(watched);
}

static void a_queue_of_constant_length_does_not_grow(void **state)
{
    (void)state;
    vvm_value list = list_of(2, text("first element"), vvm_number(0));
    uint64_t capacity = 0;
    for (int i = 0; i < 5000; i++) {
        list = vvm_list_append(list, i % 3 ? vvm_number(i) : text("a string of heap"));
        list = vvm_list_slice(list, 1, 3);
        uint64_t now = ((struct vvm_list *)list.object)->buffer->capacity;
        capacity = now > capacity ? now : capacity;
    }
    assert_true(capacity < 64);
    vvm_release(list);
}

/* ---- Against a model ---- */

#define MODEL_MAX 300

struct model {
    vvm_value list;
    int64_t items[MODEL_MAX];
    size_t count;
};

/* Odd numbers below 100 are long strings, those from 1000 up floats. */
static vvm_value item_of(int64_t n)
{
    if (n >= 1000)
        return vvm_float((double)n);
    return n < 100 && n % 2 ? vvm_string_format("number %lld as text", (long long)n) : vvm_number(n);
}

static void check_model(const struct model *m)
{
    assert_int_equal(vvm_list_length(m->list), m->count);
    for (size_t i = 0; i < m->count; i++) {
        vvm_value expected = item_of(m->items[i]);
        assert_int_equal(vvm_equal(vvm_list_get(m->list, i), expected), VVM_TRUE);
        vvm_release(expected);
    }
}

static int64_t random_item(void)
{
    return kit_random(8) ? 100 + (int64_t)kit_random(50) * 2 : (int64_t)kit_random(2) ? 1000 : (int64_t)kit_random(100);
}

static void model_insert(struct model *m, size_t at, int64_t n)
{
    memmove(m->items + at + 1, m->items + at, (m->count - at) * sizeof *m->items);
    m->items[at] = n;
    m->count++;
}

static void model_slice(struct model *m, size_t start, size_t end)
{
    m->list = vvm_list_slice(m->list, start, end);
    memmove(m->items, m->items + start, (end - start) * sizeof *m->items);
    m->count = end - start;
}

static void model_remove(struct model *m, size_t at)
{
    m->list = vvm_list_remove(m->list, at);
    memmove(m->items + at, m->items + at + 1, (m->count - at - 1) * sizeof *m->items);
    m->count--;
}

static void model_reverse(struct model *m)
{
    m->list = vvm_list_reverse(m->list);
    for (size_t i = 0; i < m->count / 2; i++) {
        int64_t t = m->items[i];
        m->items[i] = m->items[m->count - 1 - i];
        m->items[m->count - 1 - i] = t;
    }
}

static void model_concat(struct model *m, const struct model *other)
{
    if (m->count + other->count > MODEL_MAX)
        return;
    m->list = vvm_list_concat(m->list, vvm_retain(other->list));
    memmove(m->items + m->count, other->items, other->count * sizeof *m->items);
    m->count += other->count;
}

static void model_step(struct model *m, const struct model *other)
{
    int64_t n = random_item();
    size_t at = kit_random(m->count + 1);
    switch (kit_random(m->count < MODEL_MAX - 1 ? 9 : 6)) {
    case 0:
        if (m->count > 0)
            model_remove(m, kit_random(3) ? at % m->count : 0);
        break;
    case 1: model_slice(m, kit_random(at + 1), at); break;
    case 2: model_slice(m, m->count > 0, m->count); break;
    case 3: model_reverse(m); break;
    case 4:
        if (m->count > 0) {
            m->list = vvm_list_set(m->list, at % m->count, item_of(n));
            m->items[at % m->count] = n;
        }
        break;
    case 5: model_concat(m, other); break;
    case 6:
        m->list = vvm_list_insert(m->list, kit_random(2) ? at : (at = 0), item_of(n));
        model_insert(m, at, n);
        break;
    default:
        for (size_t k = kit_random(20) + 1; k > 0 && m->count < MODEL_MAX; k--) {
            m->list = vvm_list_append_fast(m->list, item_of(n));
            m->items[m->count++] = n;
        }
    }
}

static void random_changes_match_a_model(void **state)
{
    (void)state;
    static struct model models[4];
    for (size_t i = 0; i < 4; i++)
        models[i] = (struct model){.list = vvm_list_new(0, VVM_ELEMENTS_VALUE)};
    for (int round = 0; round < 20000; round++) {
        struct model *m = &models[kit_random(4)], *other = &models[kit_random(4)];
        if (kit_random(10) == 0 && m != other) {
            vvm_release(m->list);
            *m = *other;
            vvm_retain(m->list);
        }
        model_step(m, other);
        check_model(m);
        check_model(other);
    }
    for (size_t i = 0; i < 4; i++)
        vvm_release(models[i].list);
}

static void a_failed_change_consumes_its_operands(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 4; n++) {
        for (int what = 0; what < 6; what++) {
            vvm_value list = list_of(3, text("a long string"), vvm_number(2), vvm_number(3)), kept = vvm_retain(list);
            vvm_value item = text("another long string");
            vrt_alloc_fail_in(n);
            switch (what) {
            case 0: list = vvm_list_append(list, item); break;
            case 1: list = vvm_list_set(list, 0, item); break;
            case 2: list = vvm_list_insert(list, 1, item); break;
            case 3: vvm_release(item); list = vvm_list_remove(list, 1); break;
            case 4: vvm_release(item); list = vvm_list_slice(list, 1, 3); break;
            default: vvm_release(item); list = vvm_list_concat(list, vvm_retain(kept)); break;
            }
            vrt_alloc_fail_in(0);
            vvm_release(list);
            assert_text(kept, "[\"a long string\", 2, 3]");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(lists_of_one_scalar_kind_are_packed), KIT_TEST(appending_to_an_own_list_stays_in_place),
        KIT_TEST(a_change_copies_what_others_hold), KIT_TEST(long_slices_share_and_short_ones_copy),
        KIT_TEST(slicing_an_own_list_lets_the_rest_go), KIT_TEST(a_queue_of_constant_length_does_not_grow),
        KIT_TEST(random_changes_match_a_model), KIT_TEST(a_failed_change_consumes_its_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
