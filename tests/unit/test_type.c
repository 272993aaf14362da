#include "tests/unit/values.h"
#include "vm/value/object.h"

static struct vvm_type known_storage[VVM_TYPE_FIRST_FREE];
static struct vvm_type *known[VVM_TYPE_FIRST_FREE];

struct vvm_type *const *vvm_known_types(void)
{
    for (uint32_t id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        known_storage[id].id = id;
        known[id] = &known_storage[id];
    }
    return known;
}

static void members_are_found_and_replaced(void **state)
{
    (void)state;
    struct vvm_members members = {.slots = NULL};
    assert_null(vvm_members_find(&members, 1));
    for (vvm_symbol s = 1; s <= 300; s++)
        assert_true(vvm_members_put(&members, (struct vvm_member){.name = s * 7, .kind = VVM_MEMBER_FIELD, .slot = s}));
    assert_true(vvm_members_put(&members, (struct vvm_member){.name = 70, .kind = VVM_MEMBER_METHOD, .slot = 1}));
    assert_int_equal(members.count, 300);
    for (vvm_symbol s = 1; s <= 2100; s++) {
        struct vvm_member *found = vvm_members_find(&members, s);
        assert_int_equal(found != NULL, s % 7 == 0);
        if (found != NULL && s != 70)
            assert_int_equal(found->slot, s / 7);
    }
    assert_int_equal(vvm_members_find(&members, 70)->kind, VVM_MEMBER_METHOD);
    vvm_members_drop(&members);
}

static void every_value_has_a_type(void **state)
{
    (void)state;
    vvm_value values[] = {vvm_number(1), vvm_float(1), text("a"), text("a long text here"), vvm_void(), vvm_bool(1),
                          vvm_none(), vvm_ok(vvm_void()), vvm_list_new(0, 0), vvm_dict_new(VVM_DICT, 0),
                          vvm_dict_new(VVM_SET, 0), pair_of(vvm_void(), vvm_void()), vvm_range_new(0, 1, false), vvm_duration(1)};
    static const char *const names[] = {"Number", "Float", "String", "String", "void", "Bool", "Option", "Result", "List",
                                        "Dict", "Set", "Tuple", "Range", "Duration"};
    for (size_t i = 0; i < KIT_COUNT(values); i++) {
        assert_string_equal(vvm_type_name(vvm_type_of(vvm_known_types(), values[i])), names[i]);
        vvm_release(values[i]);
    }
    assert_ptr_equal(vvm_type_of(vvm_known_types(), vvm_enum_from(&color_type, 0, NULL, 0)), &color_type);
    assert_string_equal(vvm_type_name(&color_type), "Color");
}

static bool passes(uint32_t kind, vvm_value owned)
{
    struct vvm_type_test test = {.kind = kind};
    bool result = vvm_test_passes(&test, owned);
    vvm_release(owned);
    return result;
}

static void simple_tests(void **state)
{
    (void)state;
    assert_true(passes(VVM_TEST_ANY, vvm_void()));
    assert_false(passes(VVM_TEST_NEVER, vvm_void()));
    assert_true(passes(VVM_TEST_NUMBER, vvm_number(1)));
    assert_false(passes(VVM_TEST_NUMBER, vvm_some(vvm_number(1))));
    assert_false(passes(VVM_TEST_FLOAT, vvm_number(1)));
    assert_true(passes(VVM_TEST_CHAR, text("é")));
    assert_false(passes(VVM_TEST_CHAR, text("ab")));
    assert_false(passes(VVM_TEST_CHAR, text("")));
    assert_true(passes(VVM_TEST_STRING, text("a long text here")));
    assert_true(passes(VVM_TEST_FUNCTION, vvm_of_object(VVM_TYPE, &color_type)));
    assert_false(passes(VVM_TEST_LIST, vvm_some(vvm_list_new(0, 0))));
    assert_true(passes(VVM_TEST_OPTION, vvm_none()));
    assert_false(passes(VVM_TEST_OPTION, vvm_ok(vvm_void())));
    assert_true(passes(VVM_TEST_RESULT, vvm_err(text("a long text here"))));
}

static void tests_with_parts(void **state)
{
    (void)state;
    struct vvm_type_test number = {.kind = VVM_TEST_NUMBER}, string = {.kind = VVM_TEST_STRING};
    struct vvm_type_test *parts[] = {&number, &string};
    struct vvm_type_test option = {.kind = VVM_TEST_OPTION, .part_count = 1, .parts = parts};
    struct vvm_type_test result = {.kind = VVM_TEST_RESULT, .part_count = 2, .parts = parts};
    struct vvm_type_test tuple = {.kind = VVM_TEST_TUPLE, .part_count = 2, .parts = parts};
    struct vvm_type_test either = {.kind = VVM_TEST_UNION, .part_count = 2, .parts = parts};
    assert_true(vvm_test_passes(&option, vvm_some(vvm_number(1))));
    assert_false(vvm_test_passes(&option, vvm_some(text("a"))));
    assert_true(vvm_test_passes(&result, vvm_err(text("a"))));
    assert_false(vvm_test_passes(&result, vvm_ok(text("a"))));
    assert_true(vvm_test_passes(&either, text("a")));
    assert_false(vvm_test_passes(&either, vvm_bool(1)));
    vvm_value good = pair_of(vvm_number(1), text("a")), bad = pair_of(text("a"), text("a"));
    assert_true(vvm_test_passes(&tuple, good));
    assert_false(vvm_test_passes(&tuple, bad));
    vvm_release(good);
    vvm_release(bad);
}

static void classes_and_interfaces(void **state)
{
    (void)state;
    struct vvm_type base = {.id = KIT_FREE(20), .kind = VVM_TYPE_CLASS}, derived = {.id = KIT_FREE(21), .kind = VVM_TYPE_CLASS, .parent = &base};
    struct vvm_type drawable = {.id = KIT_FREE(22), .kind = VVM_TYPE_INTERFACE};
    vvm_members_put(&drawable.members, (struct vvm_member){.name = SYM_X, .kind = VVM_MEMBER_METHOD});
    vvm_value v = vvm_instance_new(&derived);
    struct vvm_type_test nominal = {.kind = VVM_TEST_NOMINAL, .type = &base}, structural = {.kind = VVM_TEST_INTERFACE, .type = &drawable};
    assert_true(vvm_test_passes(&nominal, v));
    assert_false(vvm_test_passes(&nominal, vvm_number(1)));
    assert_false(vvm_test_passes(&structural, vvm_of_object(VVM_TYPE, &base)));
    vvm_members_put(&derived.members, (struct vvm_member){.name = SYM_X, .kind = VVM_MEMBER_METHOD});
    assert_true(vvm_test_passes(&structural, v));
    assert_false(vvm_test_passes(&structural, vvm_number(1)));
    vvm_release(v);
    vvm_members_drop(&derived.members);
    vvm_members_drop(&drawable.members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(members_are_found_and_replaced), KIT_TEST(every_value_has_a_type), KIT_TEST(simple_tests),
        KIT_TEST(tests_with_parts), KIT_TEST(classes_and_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
