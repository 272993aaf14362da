#include "tests/unit/values.h"
#include "vm/value/object.h"

static void inline_values_never_allocate(void **state)
{
    (void)state;
    vvm_value values[] = {vvm_void(), vvm_none(), vvm_ok(vvm_void()), vvm_some(vvm_number(3)), vvm_bool(true),
                          text("12345678"), vvm_some(text("short")), vvm_enum_from(&color_type, 0, NULL, 0)};
    for (size_t i = 0; i < KIT_COUNT(values); i++)
        assert_false(vvm_is_heap(values[i]));
    assert_true(vvm_is_none(vvm_none()));
    assert_int_equal(vvm_layer(vvm_err(vvm_number(1))), VVM_LAYER_ERR);
}

static void a_layer_on_an_object_is_the_same_object(void **state)
{
    (void)state;
    vvm_value long_text = text("longer than eight bytes");
    vvm_value some = vvm_some(long_text);
    assert_ptr_equal(some.object, long_text.object);
    assert_true(vvm_is_heap(some));
    vvm_value back = vvm_peel(some);
    assert_int_equal(back.tag, VVM_STRING);
    vvm_release(back);
}

static void deeper_layers_are_boxed(void **state)
{
    (void)state;
    vvm_value v = vvm_ok(vvm_some(vvm_some(text("a text of some length"))));
    assert_int_equal(vvm_kind(v), VVM_BOX);
    assert_int_equal(vvm_layer(v), VVM_LAYER_OK);
    vvm_value inner = vvm_peek(v);
    assert_int_equal(vvm_layer(inner), VVM_LAYER_SOME);
    vvm_value kept = vvm_retain(v);
    inner = vvm_peel(v); /* the box has another holder: the content is retained */
    assert_int_equal(vvm_layer(inner), VVM_LAYER_SOME);
    inner = vvm_peel(inner);
    assert_int_equal(vvm_layer(inner), VVM_LAYER_SOME);
    assert_text(vvm_peel(inner), "a text of some length");
    assert_text(kept, "Ok(Some(Some(\"a text of some length\")))");
}

static void none_inside_some_differs_from_none(void **state)
{
    (void)state;
    vvm_value v = vvm_some(vvm_none());
    assert_false(vvm_is_none(v));
    assert_true(vvm_is_none(vvm_peek(v)));
    assert_int_equal(vvm_equal(v, vvm_none()), VVM_FALSE);
    assert_text(v, "Some(None)");
}

static void a_box_without_memory_is_unset(void **state)
{
    (void)state;
    vrt_alloc_fail_in(1);
    vvm_value v = vvm_some(vvm_some(vvm_number(1)));
    vrt_alloc_fail_in(0);
    vvm_release(v); /* builds that cannot fail give the box */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(inline_values_never_allocate), KIT_TEST(a_layer_on_an_object_is_the_same_object),
        KIT_TEST(deeper_layers_are_boxed), KIT_TEST(none_inside_some_differs_from_none),
        KIT_TEST(a_box_without_memory_is_unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
