/* Rows of Number, Float, Bool, Math and Duration. */
#include "tests/unit/test_core.h"
#include "vm/core/builtin.h"

#include <math.h>

#define F(x) vvm_float(x)

static void edges_of_numbers(void **state)
{
    (void)state;
    THROWS(METHOD(NUMBER, "abs", N(INT64_MIN)), "OverflowError: the result of abs() does not fit into a Number");
    GIVES(METHOD(NUMBER, "abs", N(-7)), "7");
    GIVES(METHOD(NUMBER, "floorDiv", N(-7), N(2)), "-4");
    GIVES(METHOD(NUMBER, "floorDiv", N(7), N(-2)), "-4");
    GIVES(METHOD(NUMBER, "floorMod", N(-7), N(2)), "1");
    GIVES(METHOD(NUMBER, "floorMod", N(7), N(-2)), "-1");
    GIVES(METHOD(NUMBER, "floorMod", N(INT64_MIN), N(-1)), "0");
    THROWS(METHOD(NUMBER, "floorDiv", N(INT64_MIN), N(-1)), "OverflowError: the result of floorDiv() does not fit into a Number");
    THROWS(METHOD(NUMBER, "floorMod", N(1), N(0)), "DivisionByZeroError: floorMod() by zero");
    GIVES(METHOD(NUMBER, "pow", N(-2), N(63)), "-9223372036854775808");
    THROWS(METHOD(NUMBER, "pow", N(2), N(63)), "OverflowError: the result of pow() does not fit into a Number");
    GIVES(METHOD(NUMBER, "pow", N(0), N(0)), "1");
    GIVES(METHOD(NUMBER, "gcd", N(-12), N(18)), "6");
    THROWS(METHOD(NUMBER, "gcd", N(INT64_MIN), N(0)), "OverflowError: the result of gcd() does not fit into a Number");
    GIVES(METHOD(NUMBER, "min", N(3), F(2.5)), "2.5");
    GIVES(METHOD(NUMBER, "max", N(3), N(5)), "5");
    GIVES(METHOD(NUMBER, "shiftRight", N(-8), N(1)), "-4");
    GIVES(METHOD(NUMBER, "leadingZeros", N(0)), "64");
}

static void numbers_as_texts(void **state)
{
    (void)state;
    GIVES(METHOD(NUMBER, "toString", N(INT64_MIN), N(2)), "\"-1000000000000000000000000000000000000000000000000000000000000000\"");
    GIVES(METHOD(NUMBER, "toString", N(35), N(36)), "\"z\"");
    THROWS(METHOD(NUMBER, "toString", N(1), N(37)), "ValueError: radix must be from 2 to 36, not 37");
    GIVES(METHOD(NUMBER, "toFixed", N(5), N(0)), "\"5\"");
    GIVES(METHOD(NUMBER, "toFixed", N(-5), N(3)), "\"-5.000\"");
    GIVES(STATIC(NUMBER, "parse", S("-9223372036854775808")), "Ok(-9223372036854775808)");
    GIVES(STATIC(NUMBER, "parse", S("9223372036854775808")), "Err(ParseError: not a Number: \"9223372036854775808\")");
    GIVES(STATIC(NUMBER, "parse", S("+zZ"), N(36)), "Ok(1295)");
    GIVES(STATIC(NUMBER, "parse", S(" 1")), "Err(ParseError: not a Number: \" 1\")");
    GIVES(STATIC(NUMBER, "parse", S("-")), "Err(ParseError: not a Number: \"-\")");
    THROWS(METHOD(NUMBER, "toChar", N(0xd800)), "ValueError: 55296 is no Unicode code point");
}

static void edges_of_floats(void **state)
{
    (void)state;
    GIVES(METHOD(FLOAT, "round", F(-2.5)), "-3");
    GIVES(METHOD(FLOAT, "floor", F(-0x1p63)), "-9223372036854775808");
    THROWS(METHOD(FLOAT, "ceil", F(0x1p63)), "OverflowError: 9.223372036854776e18 does not fit into a Number");
    THROWS(METHOD(FLOAT, "toNumber", F(NAN)), "OverflowError: NaN does not fit into a Number");
    GIVES(METHOD(FLOAT, "toFixed", F(0.125), N(2)), "\"0.12\"");
    GIVES(METHOD(FLOAT, "toFixed", F(INFINITY), N(2)), "\"Infinity\"");
    GIVES(METHOD(FLOAT, "fract", F(-1.25)), "-0.25");
    GIVES(METHOD(FLOAT, "min", F(NAN), F(1)), "NaN");
    GIVES(METHOD(FLOAT, "sign", F(-0.0)), "-0.0");
    GIVES(METHOD(FLOAT, "isInteger", F(INFINITY)), "false");
    GIVES(STATIC(FLOAT, "fromBits", N(4607182418800017408)), "1.0");
    static const char *const good[] = {"1", "-1.5", "1e3", "2.5E-2", "+0.0", "Infinity", "-Infinity", "NaN"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        vvm_value v = STATIC(FLOAT, "parse", S(good[i]));
        assert_int_equal(vvm_layer(v), VVM_LAYER_OK);
    }
    static const char *const bad[] = {"", ".5", "5.", "0x10", "inf", "nan", "1e", " 1", "1 ", "--1", "1_000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        vvm_value v = STATIC(FLOAT, "parse", S(bad[i]));
        assert_int_equal(vvm_layer(v), VVM_LAYER_ERR);
        vvm_release(v);
    }
}

static void math_keeps_numbers(void **state)
{
    (void)state;
    GIVES(STATIC(MATH, "pow", N(2), N(10)), "1024");
    GIVES(STATIC(MATH, "pow", N(2), F(0.5)), "1.4142135623730951");
    GIVES(STATIC(MATH, "min", N(1), N(2)), "1");
    GIVES(STATIC(MATH, "max", N(1), F(NAN)), "NaN");
    GIVES(STATIC(MATH, "floor", F(-1.5)), "-2");
    GIVES(STATIC(MATH, "round", N(7)), "7");
    GIVES(STATIC(MATH, "sqrt", N(9)), "3.0");
    THROWS(STATIC(MATH, "sqrt", S("x")), "TypeError: sqrt(): `x` must be a Float, got String");
}

static void durations(void **state)
{
    (void)state;
    GIVES(METHOD(DURATION, "toNanos", STATIC(DURATION, "seconds", F(1.5))), "1500000000");
    GIVES(METHOD(DURATION, "toMillis", STATIC(DURATION, "micros", N(-1999))), "-1");
    GIVES(METHOD(DURATION, "toSeconds", STATIC(DURATION, "ofMillis", N(250))), "0.25");
    THROWS(STATIC(DURATION, "hours", N(INT64_MAX)), "OverflowError: the Duration is too long");
    THROWS(STATIC(DURATION, "seconds", F(NAN)), "ValueError: NaN is no Duration");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edges_of_numbers, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(numbers_as_texts, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(edges_of_floats, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(math_keeps_numbers, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(durations, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
