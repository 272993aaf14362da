#include "tests/unit/values.h"
#include "vm/value/object.h"

static void scalars(void **state)
{
    (void)state;
    assert_text(vvm_number(INT64_MIN), "-9223372036854775808");
    assert_text(vvm_number(0), "0");
    assert_text(vvm_bool(true), "true");
    assert_text(vvm_void(), "()");
    assert_text(vvm_duration(1500000000), "1.5s");
    assert_text(vvm_duration(-20000000), "-20ms");
    assert_text(vvm_duration(0), "0s");
    assert_text(vvm_duration(7050), "7.05us");
    assert_text(vvm_of_object(VVM_TYPE, &color_type), "Color");
}

static void floats(void **state)
{
    (void)state;
    static const struct { double d; const char *text; } cases[] = {
        {3, "3.0"}, {-0.0, "-0.0"}, {0.1, "0.1"}, {1.5e-7, "1.5e-7"}, {1e16, "1e16"}, {1e15, "1000000000000000.0"},
        {9999999999999998, "9999999999999998.0"}, {0.0001, "0.0001"}, {0.00001, "1e-5"}, {12.75, "12.75"}, {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e308"}, {NAN, "NaN"}, {INFINITY, "Infinity"}, {-INFINITY, "-Infinity"},
        {0.30000000000000004, "0.30000000000000004"}, {123456789.125, "123456789.125"}, {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1e22, "1e22"}, {1.0 / 3, "0.3333333333333333"}, {4.35, "4.35"}};
    for (size_t i = 0; i < KIT_COUNT(cases); i++)
        assert_text(vvm_float(cases[i].d), cases[i].text);
}

/* The law of 6.5: reads back, and no decimal with fewer digits does. */
static void assert_shortest(double d)
{
    char digits[32], shorter[40];
    struct vvm_text_builder b;
    vvm_text_init(&b);
    vvm_text_float(d, &b);
    vvm_text_add(&b, "", 1);
    assert_true(strtod(b.data, NULL) == d);
    assert_true(strpbrk(b.data, ".e") != NULL);
    int count = 0;
    for (const char *p = b.data; *p != '\0' && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && (count > 0 || *p != '0'))
            digits[count++] = *p;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (count > 1) {
        snprintf(shorter, sizeof shorter, "%.*e", count - 2, d);
        assert_true(strtod(shorter, NULL) != d);
    }
    vvm_text_drop(&b);
}

static double float_of_bits(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static void every_float_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        double d = float_of_bits(kit_random(UINT64_MAX));
        if (!isnan(d) && !isinf(d) && d != 0)
            assert_shortest(d);
    }
    for (uint64_t exponent = 0; exponent < 2047; exponent++) /* each power of two and its neighbours */
        for (int64_t step = -1; step <= 1; step++)
            if ((exponent << 52) + (uint64_t)step - 1 < (UINT64_C(2047) << 52) - 1)
                assert_shortest(float_of_bits((exponent << 52) + (uint64_t)step));
    for (int i = 0; i < 100000; i++) /* of usual size, with all their bits */
        assert_shortest(ldexp((double)(1 + kit_random(UINT64_C(1) << 53)), -(int)kit_random(90)));
    for (int exponent = -12; exponent < 18; exponent++) /* what rounds up to a power of ten, and its neighbours */
        for (double d = pow(10, exponent) * (1 - 40e-16); d <= pow(10, exponent) * (1 + 40e-16); d = nextafter(d, INFINITY))
            assert_shortest(d);
    for (int i = 0; i < 50000; i++) /* as people write them, and what sums of such come to */
        assert_shortest((double)(1 + kit_random(1000000)) / pow(10, (double)kit_random(10)) + (i & 1 ? 0.1 : 0.0));
}

static void collections(void **state)
{
    (void)state;
    assert_text(list_of(5, vvm_number(1), text("a"), vvm_float(2.5), vvm_bool(1), vvm_void()), "[1, \"a\", 2.5, true, ()]");
    assert_text(pair_of(vvm_number(1), vvm_number(2)), "(1, 2)");
    assert_text(vvm_tuple_from((vvm_value[]){vvm_number(1)}, 1), "(1,)");
    assert_text(vvm_tuple_from(NULL, 0), "()");
    assert_text(dict_put(dict_put(vvm_dict_new(VVM_DICT, 0), text("a"), vvm_number(1)), vvm_number(2), text("b")), "{\"a\": 1, 2: \"b\"}");
    assert_text(vvm_dict_new(VVM_DICT, 0), "{}");
    assert_text(vvm_dict_new(VVM_SET, 0), "Set()");
    assert_text(dict_put(dict_put(vvm_dict_new(VVM_SET, 0), vvm_number(1), vvm_unset()), vvm_number(2), vvm_unset()), "{1, 2}");
    assert_text(vvm_range_new(0, 3, false), "0..3");
    assert_text(vvm_range_new(0, 3, true), "0..=3");
    assert_text(list_of(2, vvm_list_new(0, 0), vvm_dict_new(VVM_DICT, 0)), "[[], {}]");
}

static void layers_and_records(void **state)
{
    (void)state;
    assert_text(vvm_ok(vvm_void()), "Ok(())");
    assert_text(vvm_some(vvm_some(vvm_none())), "Some(Some(None))");
    assert_text(vvm_err(vvm_enum_from(&color_type, 0, NULL, 0)), "Err(Color.Red)");
    assert_text(vvm_enum_from(&color_type, 1, (vvm_value[]){vvm_number(1), text("x")}, 2), "Color.Custom(1, \"x\")");
    assert_text(vvm_struct_from(&point_type, (vvm_value[]){vvm_number(1), vvm_number(2)}), "Point(x: 1, y: 2)");
    assert_text(instance_of(&error_type, text("bad"), vvm_none()), "ValueError: bad");
    vvm_value keyed = list_of(1, instance_of(&keyed_type, vvm_void(), vvm_void()));
    struct vvm_text_builder b;
    vvm_text_init(&b);
    assert_int_equal(vvm_text(keyed, false, &b), VVM_NEEDS_CALL);
    vvm_text_drop(&b);
    vvm_release(keyed);
}

static void functions(void **state)
{
    (void)state;
    static const char *const function[] = {"named"}, *const builtin[] = {"print(...values: Any) -> void"};
    assert_text(vvm_of_object(VVM_FUNCTION, (void *)function), "<fn named>");
    assert_text(vvm_of_object(VVM_BUILTIN, (void *)builtin), "<fn print>");
    struct vvm_env *env = vvm_env_new((vvm_value[]){vvm_number(1)}, 1);
    assert_text((vvm_value){.tag = VVM_TAG_ID(VVM_CLOSURE, 7), .object = env}, "<fn counter>");
    assert_text(vvm_bound_new(text("receiver of a method"), vvm_of_object(VVM_FUNCTION, (void *)function)), "<fn named>");
}

static void quotes_escape(void **state)
{
    (void)state;
    assert_text(list_of(1, text("a\n\"b\" \\ ${x} $y \t\x01")), "[\"a\\n\\\"b\\\" \\\\ \\${x} $y \\t\\x01\"]");
}

static void an_instance_inside_its_own_text_is_short(void **state)
{
    (void)state;
    vvm_value node = instance_of(&node_type, vvm_number(1), vvm_unset());
    struct vvm_record *record = node.object;
    record->fields[1] = list_of(2, vvm_retain(node), instance_of(&node_type, vvm_retain(node), vvm_number(2)));
    assert_same_text(node, "Node(items: 1, cache: [Node(…), Node(items: Node(…), cache: 2)])");
    assert_same_text(node, "Node(items: 1, cache: [Node(…), Node(items: Node(…), cache: 2)])");
    vvm_value list = record->fields[1];
    record->fields[1] = vvm_unset();
    vvm_release(list);
    vvm_release(node);
}

static void depth_is_no_limit_and_memory_may_end(void **state)
{
    (void)state;
    vvm_value v = vvm_number(1);
    for (int i = 0; i < 100000; i++)
        v = list_of(1, v);
    struct vvm_text_builder b;
    vvm_text_init(&b);
    assert_int_equal(vvm_text_whole(v, false, &b), VVM_TRUE);
    assert_int_equal(b.length, 200001);
    vvm_text_drop(&b);
    for (uint32_t n = 1; n < 6; n++) {
        vrt_alloc_fail_in(n);
        enum vvm_truth truth = vvm_text_whole(v, false, &b);
        vrt_alloc_fail_in(0);
        assert_true(truth == VVM_NO_MEMORY || truth == VVM_TRUE);
        vvm_text_drop(&b);
    }
    vvm_release(v);
}

/* Portions, put together, are the whole; between them an instance bears no mark. */
static void long_texts_come_in_portions(void **state)
{
    (void)state;
    vvm_value v = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int i = 0; i < 50000; i++)
        v = vvm_list_append(v, list_of(1, vvm_number(i)));
    struct vvm_text_builder whole, portions;
    vvm_text_init(&whole);
    vvm_text_init(&portions);
    assert_int_equal(vvm_text(v, false, &whole), VVM_NEEDS_CALL);
    whole.length = 0;
    assert_int_equal(vvm_text_whole(v, false, &whole), VVM_TRUE);
    struct vvm_walk *walk = vvm_walk_new();
    enum vvm_truth truth;
    int calls = 0;
    do
        calls++;
    while ((truth = vvm_text_on(walk, v, false, &portions)) == VVM_MORE);
    assert_int_equal(truth, VVM_TRUE);
    assert_true(calls > 5);
    assert_int_equal(portions.length, whole.length);
    assert_memory_equal(portions.data, whole.data, whole.length);
    vvm_walk_free(walk);
    vvm_text_drop(&whole);
    vvm_text_drop(&portions);
    vvm_release(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(scalars), KIT_TEST(floats), KIT_TEST(every_float_reads_back), KIT_TEST(collections),
        KIT_TEST(layers_and_records), KIT_TEST(functions), KIT_TEST(quotes_escape),
        KIT_TEST(an_instance_inside_its_own_text_is_short), KIT_TEST(depth_is_no_limit_and_memory_may_end),
        KIT_TEST(long_texts_come_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
