/* Rows of List, Dict, Set, Tuple, Range, Option and Result. */
#include "tests/unit/test_core.h"
#include "vm/core/builtin.h"

#define PAIR(a, b) vvm_tuple_from((vvm_value[]){(a), (b)}, 2)

static vvm_value three(void) { return LIST(N(1), N(2), N(3)); }
static vvm_value dict(void) { return STATIC(DICT, "Dict", LIST(PAIR(S("a"), N(1)), PAIR(S("b"), N(2)))); }

static void lists_change_in_place_when_nobody_else_holds_them(void **state)
{
    (void)state;
    vvm_value xs = METHOD(LIST, "append", three(), N(4));
    void *object = xs.object;
    xs = METHOD(LIST, "append", xs, N(5));
    assert_ptr_equal(xs.object, object);
    xs = METHOD(LIST, "set", xs, N(0), N(9));
    assert_ptr_equal(xs.object, object);
    vvm_value other = vvm_retain(xs), ys = METHOD(LIST, "append", xs, N(6));
    assert_ptr_not_equal(ys.object, other.object);
    GIVES(other, "[9, 2, 3, 4, 5]");
    GIVES(ys, "[9, 2, 3, 4, 5, 6]");
}

static void list_access_and_changes(void **state)
{
    (void)state;
    GIVES(METHOD(LIST, "get", three(), N(3)), "None");
    GIVES(METHOD(LIST, "last", three()), "Some(3)");
    GIVES(METHOD(LIST, "slice", three(), N(-2)), "[2, 3]");
    GIVES(METHOD(LIST, "take", three(), N(INT64_MAX)), "[1, 2, 3]");
    THROWS(METHOD(LIST, "take", three(), N(-1)), "ValueError: take() does not take the negative number -1");
    THROWS(METHOD(LIST, "set", three(), N(3), S("a long string here")),
           "IndexOutOfBoundsError: index 3 is out of bounds for a List of length 3");
    GIVES(METHOD(LIST, "insert", three(), N(3), S("x")), "[1, 2, 3, \"x\"]");
    THROWS(METHOD(LIST, "insert", three(), N(4), S("a long string here")),
           "IndexOutOfBoundsError: index 4 is out of bounds for a List of length 3");
    GIVES(METHOD(LIST, "remove", three(), N(1)), "(2, [1, 3])");
    GIVES(METHOD(LIST, "pop", three()), "(Some(3), [1, 2])");
    GIVES(METHOD(LIST, "pop", vvm_list_new(0, VVM_ELEMENTS_VALUE)), "(None, [])");
    GIVES(METHOD(LIST, "concat", three(), vvm_range_new(4, 6, false)), "[1, 2, 3, 4, 5]");
    THROWS(METHOD(LIST, "concat", three(), S("a long string here")), "TypeError: concat(): `ys` must be a List, got String");
}

static void lists_of_lists(void **state)
{
    (void)state;
    GIVES(METHOD(LIST, "chunk", three(), N(2)), "[[1, 2], [3]]");
    GIVES(METHOD(LIST, "chunk", three(), N(INT64_MAX)), "[[1, 2, 3]]");
    THROWS(METHOD(LIST, "windows", three(), N(0)), "ValueError: a part needs at least 1 element, not 0");
    GIVES(METHOD(LIST, "windows", three(), N(4)), "[]");
    GIVES(METHOD(LIST, "flatten", LIST(three(), vvm_range_new(0, 2, false))), "[1, 2, 3, 0, 1]");
    THROWS(METHOD(LIST, "flatten", LIST(three(), S("a long string here"))),
           "TypeError: flatten() needs Lists as elements, got a String");
    GIVES(METHOD(LIST, "zip", three(), LIST(S("a"), S("b"))), "[(1, \"a\"), (2, \"b\")]");
    GIVES(METHOD(LIST, "unzip", LIST(PAIR(N(1), S("a")), PAIR(N(2), S("b")))), "([1, 2], [\"a\", \"b\"])");
    THROWS(METHOD(LIST, "unzip", LIST(PAIR(N(1), S("a")), N(2))), "TypeError: unzip() needs pairs as elements, got a Number");
    GIVES(STATIC(LIST, "List", vvm_range_new(0, 3, true)), "[0, 1, 2, 3]");
    GIVES(STATIC(LIST, "List", PAIR(N(1), N(2))), "[(1, 2)]");
    GIVES(STATIC(LIST, "fill", N(2), S("a long string here")), "[\"a long string here\", \"a long string here\"]");
    vvm_value e = STATIC(LIST, "fill", N(INT64_MAX), N(0));
    assert_int_equal(rig.outcome, VVM_THROW);
    vvm_release(e);
}

static void sums(void **state)
{
    (void)state;
    GIVES(METHOD(LIST, "sum", LIST(N(1), vvm_float(2.5), N(3))), "6.5");
    THROWS(METHOD(LIST, "sum", LIST(N(INT64_MAX), N(1))), "OverflowError: the result of sum() does not fit into a Number");
    THROWS(METHOD(LIST, "sum", LIST(N(1), S("x"))), "TypeError: sum() needs Numbers and Floats, got a String");
    GIVES(METHOD(LIST, "average", LIST(N(INT64_MAX), N(INT64_MAX))), "Some(9.223372036854776e18)");
    GIVES(METHOD(LIST, "product", vvm_list_new(0, VVM_ELEMENTS_VALUE)), "1");
}

static void dicts(void **state)
{
    (void)state;
    GIVES(METHOD(DICT, "get", dict(), S("a")), "Some(1)");
    GIVES(METHOD(DICT, "getOr", dict(), S("z"), S("a long string here")), "\"a long string here\"");
    GIVES(METHOD(DICT, "set", dict(), S("a"), N(9)), "{\"a\": 9, \"b\": 2}");
    GIVES(METHOD(DICT, "remove", dict(), S("a")), "{\"b\": 2}");
    GIVES(METHOD(DICT, "remove", dict(), S("z")), "{\"a\": 1, \"b\": 2}");
    GIVES(METHOD(DICT, "has", dict(), S("b")), "true");
    GIVES(METHOD(DICT, "keys", dict()), "[\"a\", \"b\"]");
    GIVES(METHOD(DICT, "values", dict()), "[1, 2]");
    GIVES(METHOD(DICT, "entries", dict()), "[(\"a\", 1), (\"b\", 2)]");
    THROWS(METHOD(DICT, "set", dict(), vvm_float(0.0 / 0.0), S("a long string here")), "ValueError: NaN cannot be a key");
    THROWS(STATIC(DICT, "Dict", LIST(PAIR(N(1), N(2)), N(3))), "TypeError: a Dict is made of pairs, not of a Number");
    vvm_value e = METHOD(DICT, "has", dict(), vvm_of_object(VVM_BUILTIN, (void *)(uintptr_t)rig_find(VVM_T_DICT, false, "has")));
    assert_int_equal(rig.outcome, VVM_THROW);
    vvm_release(e);
}

static vvm_value any_function(void)
{
    return vvm_of_object(VVM_BUILTIN, (void *)(uintptr_t)rig_find(VVM_T_NUMBER, false, "abs"));
}

static void update_hands_the_value_over(void **state)
{
    (void)state;
    vvm_value d = STATIC(DICT, "Dict", LIST(PAIR(S("a"), three())));
    METHOD(DICT, "update", d, S("a"), vvm_void(), any_function());
    assert_int_equal(rig.outcome, VVM_CALL);
    assert_int_equal(rig.call.callee_count, 1);
    vvm_value list = vvm_take(&rig.call.callee_args[0]);
    assert_true(vvm_is_unique(list.object)); /* so the function may change it in place */
    GIVES(rig_resume(vvm_list_append(list, N(4))), "{\"a\": [1, 2, 3, 4]}");

    vvm_value shared = dict();
    vvm_retain(shared);
    METHOD(DICT, "update", shared, S("z"), N(7), any_function());
    assert_int_equal(rig.outcome, VVM_CALL);
    assert_int_equal(rig.call.callee_args[0].number, 7);
    GIVES(rig_resume(N(8)), "{\"a\": 1, \"b\": 2, \"z\": 8}");
    GIVES(shared, "{\"a\": 1, \"b\": 2}");
}

static void sets(void **state)
{
    (void)state;
    GIVES(METHOD(SET, "add", STATIC(SET, "of", N(3), N(1), vvm_float(3.0)), N(2)), "{3, 1, 2}");
    GIVES(METHOD(SET, "remove", STATIC(SET, "Set", three()), N(2)), "{1, 3}");
    GIVES(METHOD(SET, "contains", STATIC(SET, "Set", vvm_range_new(0, 3, false)), vvm_float(2.0)), "true");
    GIVES(METHOD(LIST, "toSet", LIST(S("x"), S("x"))), "{\"x\"}");
}

static void ranges(void **state)
{
    (void)state;
    GIVES(METHOD(RANGE, "sum", vvm_range_new(INT64_MIN, INT64_MIN + 1, false)), "-9223372036854775808");
    GIVES(METHOD(RANGE, "sum", vvm_range_new(1, 101, false)), "5050");
    THROWS(METHOD(RANGE, "sum", vvm_range_new(0, INT64_MAX, false)), "OverflowError: the result of sum() does not fit into a Number");
    GIVES(METHOD(RANGE, "toList", METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(4))), "[0, 4, 8]");
    GIVES(METHOD(RANGE, "toList", METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(INT64_MAX))), "[0]");
    GIVES(METHOD(RANGE, "toList", METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(INT64_MIN))), "[0]");
    GIVES(METHOD(RANGE, "toList", METHOD(RANGE, "reverse", METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(3)))), "[9, 6, 3, 0]");
    GIVES(METHOD(RANGE, "contains", METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(3)), N(6)), "true");
    GIVES(METHOD(RANGE, "contains", METHOD(RANGE, "reverse", vvm_range_new(0, 10, false)), N(10)), "false");
    GIVES(METHOD(RANGE, "contains", vvm_range_new(0, INT64_MAX, true), N(INT64_MAX)), "true");
    THROWS(METHOD(RANGE, "step", vvm_range_new(0, 10, false), N(0)), "ValueError: step() needs a Number other than 0");
    GIVES(METHOD(RANGE, "last", vvm_range_new(5, 0, false)), "None");
    GIVES(METHOD(RANGE, "average", vvm_range_new(0, 4, false)), "Some(1.5)");
}

static void options_and_results(void **state)
{
    (void)state;
    vvm_value deep = vvm_some(vvm_some(S("a long string here")));
    GIVES(METHOD(OPTION, "unwrap", deep), "Some(\"a long string here\")");
    THROWS(METHOD(OPTION, "unwrap", vvm_none()), "UnwrapError: unwrap of None");
    THROWS(METHOD(OPTION, "expect", vvm_none(), S("wanted")), "UnwrapError: wanted");
    THROWS(METHOD(RESULT, "unwrap", vvm_err(S("bad"))), "UnwrapError: unwrap of Err(\"bad\")");
    GIVES(METHOD(OPTION, "zip", vvm_some(N(1)), vvm_some(vvm_none())), "Some((1, None))");
    GIVES(METHOD(OPTION, "okOr", vvm_none(), S("a long string here")), "Err(\"a long string here\")");
    GIVES(METHOD(RESULT, "ok", vvm_ok(vvm_none())), "Some(None)");
    GIVES(METHOD(RESULT, "err", vvm_err(three())), "Some([1, 2, 3])");
    GIVES(METHOD(OPTION, "toList", vvm_some(three())), "[[1, 2, 3]]");
    GIVES(FUNCTION("__rewrap", vvm_ok(N(1)), N(2)), "Ok(2)");
    GIVES(FUNCTION("__rewrap", vvm_ok(N(1)), vvm_some(N(2))), "Some(2)");
    GIVES(FUNCTION("__ok", vvm_unset()), "Ok(())");
    THROWS(FUNCTION("__unwrap_top", N(1)), "TypeError: `?` needs an Option or a Result, got a Number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_change_in_place_when_nobody_else_holds_them, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(list_access_and_changes, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(lists_of_lists, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(sums, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(dicts, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(update_hands_the_value_over, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(sets, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(ranges, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(options_and_results, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
