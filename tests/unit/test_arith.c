/* Operators: on Numbers, Floats, texts and lists, and what they refuse. */
#include "script.h"

static void numbers_do_not_wrap(void **state)
{
    (void)state;
    IS("9223372036854775806 + 1", "9223372036854775807");
    IS("9223372036854775807 + 1", "OverflowError: 9223372036854775807 + 1 does not fit a Number");
    IS("x = -9223372036854775807 - 1; -x", "OverflowError: -(-9223372036854775808) does not fit a Number");
    IS("x = -9223372036854775807 - 1; x - 1", "OverflowError: -9223372036854775808 - 1 does not fit a Number");
    IS("4294967296 * 4294967296", "OverflowError: 4294967296 * 4294967296 does not fit a Number");
    IS("x = -9223372036854775807 - 1; x / -1", "OverflowError: -9223372036854775808 / -1 does not fit a Number");
    IS("x = -9223372036854775807 - 1; x % -1", "0");
}

static void division_and_remainder(void **state)
{
    (void)state;
    IS("(7 / 2, -7 / 2, 7 % 3, -7 % 3, 7 % -3)", "(3, -3, 1, -1, 1)");
    IS("x = 0; 1 / x", "DivisionByZeroError: 1 / 0");
    IS("x = 0; 1 % x", "DivisionByZeroError: 1 % 0");
    IS("(1.0 / 0.0, 7.0 / 2, 1 + 0.5)", "(Infinity, 3.5, 1.5)");
}

static void powers(void **state)
{
    (void)state;
    IS("(2 ** 10, (-2) ** 3, 5 ** 0, 2.0 ** -1, 2 ** 62)", "(1024, -8, 1, 0.5, 4611686018427387904)");
    IS("2 ** 63", "OverflowError: 2 ** 63 does not fit a Number");
    IS("2 ** -1", "ValueError: a Number cannot be raised to the negative power -1");
}

static void bits(void **state)
{
    (void)state;
    IS("(12 & 10, 12 | 10, 12 ^ 10, ~0, 1 << 62, -8 >> 1)", "(8, 14, 6, -1, 4611686018427387904, -4)");
    IS("1 << 64", "ValueError: a shift count is 0 to 63, got 64");
    IS("1.0 & 1", "TypeError: bits are those of Numbers, got Float and Number");
    IS("~1.5", "TypeError: `~` cannot take a Float");
}

static void texts_and_lists(void **state)
{
    (void)state;
    IS("(\"a\" + \"b\", \"ab\" * 3, [1] ++ [2])", "(\"ab\", \"ababab\", [1, 2])");
    IS("\"ab\" * -1", "ValueError: a String cannot be repeated -1 times");
    IS("\"ab\" * 9000000000000000000", "ValueError: the String would be longer than 2147483584 bytes");
    IS("[1] - 1", "TypeError: `-` cannot take List and Number");
}

static void comparisons(void **state)
{
    (void)state;
    IS("(1 < 2, 1 <= 1.0, \"a\" < \"b\", 2 > 3, 1 == 1.0, \"1\" == 1, [1, [2]] == [1, [2]], (1, 2) < (1, 3))",
       "(true, true, true, false, true, false, true, true)");
    IS("n = 0.0 / 0.0; (n == n, n != n, n < 1.0, n >= 1.0)", "(false, true, false, false)");
    IS("(9007199254740993 == 9007199254740992.0, 9007199254740993 > 9007199254740992.0)", "(false, true)");
}

static void own_operators(void **state)
{
    (void)state;
    GIVES("class V {\n x: Number\n operator +(o) { V { x: this.x + o.x } }\n operator ==(o) { this.x % 10 == o.x % 10 }\n}\n"
          "fn main() { ((V { x: 1 } + V { x: 10 }).x, V { x: 1 } == V { x: 11 }, V { x: 1 } != V { x: 11 }) }", "(11, true, false)");
    GIVES("class V { operator ==(o) { 5 } }\nfn main() { V() == V() }", "TypeError: a comparison must give a Bool, got Number");
}

static void conditions_are_bools(void **state)
{
    (void)state;
    IS("if (1) { 2 }", "TypeError: a condition must be a Bool, got Number");
    IS("f = () => 1; f() && true", "TypeError: a condition must be a Bool, got Number");
    IS("x = false; x && (1 / 0 == 0)", "false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_do_not_wrap), cmocka_unit_test(division_and_remainder), cmocka_unit_test(powers),
        cmocka_unit_test(bits), cmocka_unit_test(texts_and_lists), cmocka_unit_test(comparisons),
        cmocka_unit_test(own_operators), cmocka_unit_test(conditions_are_bools),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
