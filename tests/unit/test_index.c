/* Indexing: elements, slices and keys, and setting them. */
#include "script.h"

static void elements(void **state)
{
    (void)state;
    IS("xs = [10, 20, 30]; (xs[0], xs[2], (7, 8)[1], \"abc\"[1])", "(10, 30, 8, \"b\")");
    IS("xs = [10]; xs[1]", "IndexOutOfBoundsError: index 1 is out of bounds for a List of length 1");
    IS("i = 5; \"abc\"[i]", "IndexOutOfBoundsError: index 5 is out of bounds for a String of length 3");
    IS("i = 2; (1, 2)[i]", "IndexOutOfBoundsError: index 2 is out of bounds for a Tuple of length 2");
    IS("(1, 2).5", "IndexOutOfBoundsError: index 5 is out of bounds for a Tuple of length 2");
    IS("\"aäb\"[1]", "ä");
}

static void slices(void **state)
{
    (void)state;
    IS("xs = [1, 2, 3, 4]; (xs[1..3], xs[1..=3], xs[0..0], \"hello\"[1..3])", "([2, 3], [2, 3, 4], [], \"el\")");
    IS("[1, 2][1..5]", "IndexOutOfBoundsError: range 1..5 is out of bounds for a List of length 2");
}

static void keys(void **state)
{
    (void)state;
    IS("d = {\"a\": 1, 2: 2}; (d[\"a\"], d[2])", "(1, 2)");
    IS("({\"a\": 1})[\"b\"]", "KeyError: key \"b\" not found");
    IS("({\"a\": 1})[0.0 / 0.0]", "ValueError: NaN cannot be a key");
    IS("state d = {\"a\": 1}; d[0.0 / 0.0] = 1", "ValueError: NaN cannot be a key");
    IS("d = {1: \"n\"}; d[1.0]", "n");
}

static void setting(void **state)
{
    (void)state;
    IS("state xs = [1, 2]; ys = xs; xs[0] = 9; (xs, ys)", "([9, 2], [1, 2])");
    IS("state xs = [[1], [2]]; xs[1][0] += 5; xs", "[[1], [7]]");
    IS("state d = {\"a\": 1}; e = d; d[\"b\"] = 2; (d, e)", "({\"a\": 1, \"b\": 2}, {\"a\": 1})");
    IS("state xs = [1]; xs[1] = 2", "IndexOutOfBoundsError: index 1 is out of bounds for a List of length 1");
    IS("state s = \"abc\"; s[0] = \"x\"; s", "TypeError: an element of a String cannot be set with a Number as index");
}

static void what_has_no_elements(void **state)
{
    (void)state;
    IS("n = 5; n[0]", "TypeError: a Number cannot be indexed with a Number");
    IS("[1][\"a\"]", "TypeError: a List cannot be indexed with a String");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements), cmocka_unit_test(slices), cmocka_unit_test(keys), cmocka_unit_test(setting),
        cmocka_unit_test(what_has_no_elements),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
