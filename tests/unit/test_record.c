#include "tests/unit/values.h"
#include "vm/value/object.h"

static void structs_and_enums_hold_their_fields(void **state)
{
    (void)state;
    vvm_value v = vvm_struct_from(&point_type, (vvm_value[]){text("a long text here"), vvm_number(2)});
    assert_int_equal(vvm_kind(v), VVM_STRUCT);
    assert_int_equal(((struct vvm_record *)v.object)->fields[1].number, 2);
    vvm_release(v);
    v = vvm_enum_from(&color_type, 1, (vvm_value[]){text("a long text here"), vvm_number(2)}, 2);
    assert_int_equal(vvm_kind(v), VVM_ENUM);
    assert_int_equal(vvm_tag_id(v), 1);
    vvm_release(v);
    v = vvm_enum_from(&color_type, 0, NULL, 0);
    assert_int_equal(vvm_kind(v), VVM_VARIANT);
    assert_ptr_equal(v.object, &color_type);
}

static void a_finished_instance_is_sendable_unless_this_escaped(void **state)
{
    (void)state;
    vvm_value v = vvm_instance_new(&pair_type);
    struct vvm_object *object = v.object;
    assert_true(object->flags & VVM_FLAG_UNFINISHED);
    assert_true(vvm_is_unset(((struct vvm_record *)v.object)->fields[0]));
    vvm_instance_finish(v);
    assert_int_equal(object->flags, 0);
    vvm_release(v);
    v = vvm_instance_new(&pair_type);
    vvm_value holder = vvm_retain(v);
    vvm_instance_finish(v);
    object = v.object;
    assert_true(object->flags & VVM_FLAG_ESCAPED);
    vvm_release(holder);
    vvm_release(v);
}

static void ranges_count_their_elements(void **state)
{
    (void)state;
    static const struct { int64_t start, end; bool inclusive; uint64_t length; } cases[] = {
        {0, 3, false, 3}, {0, 3, true, 4}, {5, 0, false, 0}, {5, 0, true, 0}, {2, 2, false, 0}, {2, 2, true, 1},
        {INT64_MIN, INT64_MAX, false, UINT64_MAX}, {INT64_MIN, INT64_MAX, true, UINT64_MAX}};
    for (size_t i = 0; i < KIT_COUNT(cases); i++) {
        vvm_value v = vvm_range_new(cases[i].start, cases[i].end, cases[i].inclusive);
        assert_true(((struct vvm_range *)v.object)->length == cases[i].length);
        vvm_release(v);
    }
    vvm_value back = vvm_range_stepped(9, -3, 4);
    assert_int_equal(vvm_range_at(back.object, 3), 0);
    assert_text(back, "9..=0 step -3");
}

static void environments_over_cells_may_cycle(void **state)
{
    (void)state;
    struct vvm_env *plain = vvm_env_new((vvm_value[]){vvm_number(1), text("a long text here")}, 2);
    struct vvm_env *over_cell = vvm_env_new((vvm_value[]){vvm_cell_new(vvm_number(1))}, 1);
    assert_false(plain->header.flags & VVM_FLAG_MAY_CYCLE);
    assert_true(over_cell->header.flags & VVM_FLAG_MAY_CYCLE);
    vvm_object_release(&plain->header);
    vvm_object_release(&over_cell->header);
}

static void a_failed_object_consumes_its_operands(void **state)
{
    (void)state;
    for (int what = 0; what < 7; what++) {
        vvm_value items[2] = {text("a long text here"), text("another long text")}, v = vvm_unset();
        vrt_alloc_fail_in(1);
        switch (what) {
        case 0: v = vvm_struct_from(&point_type, items); break;
        case 1: v = vvm_enum_from(&color_type, 1, items, 2); break;
        case 2: v = vvm_tuple_from(items, 2); break;
        case 3: v = vvm_list_from(items, 2); break;
        case 4: v = vvm_bound_new(items[0], items[1]); break;
        case 5: vvm_release(items[0]); v = vvm_cell_new(items[1]); break;
        default: {
            struct vvm_env *env = vvm_env_new(items, 2);
            v = env != NULL ? (vvm_value){.tag = VVM_CLOSURE, .object = env} : vvm_unset();
        }
        }
        vrt_alloc_fail_in(0);
        vvm_release(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(structs_and_enums_hold_their_fields), KIT_TEST(a_finished_instance_is_sendable_unless_this_escaped),
        KIT_TEST(ranges_count_their_elements), KIT_TEST(environments_over_cells_may_cycle),
        KIT_TEST(a_failed_object_consumes_its_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
