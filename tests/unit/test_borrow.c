/* Borrowing: projections that only look at what stays put are not counted; others are. */
#include "script.h"

static bool has(const char *function, const char *opcode) { return strstr(script_opcodes(function), opcode) != NULL; }

static void a_look_into_a_kept_value_borrows(void **state)
{
    (void)state;
    LOAD("fn f(t) { match t { (a, b) => a.length + b.length + t.length, _ => 0 } }");
    assert_int_equal(has("f", "ELEM_B"), SCRIPT_BORROWS);
}

static void what_is_given_away_owns(void **state)
{
    (void)state;
    LOAD("fn f(t) { match t { (a, _) => [a], _ => [] } }\nfn g(t) { match t { (a, _) => a, _ => 0 } }");
    assert_false(has("f", "ELEM_B"));
    assert_false(has("g", "ELEM_B"));
}

static void a_field_that_may_change_owns(void **state)
{
    (void)state;
    GIVES("class C { state xs: List = [1, 2] }\nfn f(c) { xs = c.xs; c.xs = []; (xs, c.xs) }\nfn main() { f(C()) }", "([1, 2], [])");
}

static void a_borrowed_element_outlives_no_change(void **state)
{
    (void)state;
    IS("state xs = [[1], [2]]; y = xs[0]; xs[0] = [9]; (y, xs)", "([1], [[9], [2]])");
    GIVES("fn f(t) { match t { (a, b) => { state u = a; u = [...u, b]; (u, t) }, _ => 0 } }\nfn main() { f(([1], 2)) }", "([1, 2], ([1], 2))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_into_a_kept_value_borrows), cmocka_unit_test(what_is_given_away_owns),
        cmocka_unit_test(a_field_that_may_change_owns), cmocka_unit_test(a_borrowed_element_outlives_no_change),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
