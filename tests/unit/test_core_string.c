/* Rows of String. */
#include "tests/unit/test_core.h"
#include "vm/core/builtin.h"

static void parts_count_code_points(void **state)
{
    (void)state;
    GIVES(METHOD(STRING, "length", S("h\xc3\xa9llo\xf0\x9f\x98\x80")), "6");
    GIVES(METHOD(STRING, "get", S("a\xc3\xa9"), N(1)), "Some(\"\xc3\xa9\")");
    GIVES(METHOD(STRING, "get", S("a"), N(-1)), "None");
    THROWS(METHOD(STRING, "charAt", S("abc"), N(3)), "IndexOutOfBoundsError: index 3 is out of bounds for a String of length 3");
    GIVES(METHOD(STRING, "slice", S("hello"), N(-3), N(-1)), "\"ll\"");
    GIVES(METHOD(STRING, "slice", S("hello"), N(4), N(1)), "\"\"");
    GIVES(METHOD(STRING, "substring", S("hello"), N(-5), N(99)), "\"hello\"");
    GIVES(METHOD(STRING, "takeLast", S("\xc3\xa9\xc3\xa9x"), N(2)), "\"\xc3\xa9x\"");
    THROWS(METHOD(STRING, "drop", S("x"), N(-1)), "ValueError: drop() does not take the negative number -1");
    GIVES(METHOD(STRING, "bytes", S("\xc3\xa9")), "[195, 169]");
    THROWS(METHOD(STRING, "codePoint", S("")), "ValueError: codePoint() of an empty String");
}

static void lines_and_words(void **state)
{
    (void)state;
    GIVES(METHOD(STRING, "lines", S("a\nb\r\n\nc\r")), "[\"a\", \"b\", \"\", \"c\\r\"]");
    GIVES(METHOD(STRING, "lines", S("")), "[]");
    GIVES(METHOD(STRING, "words", S(" \xc2\xa0one\xe2\x80\x83two\t\n")), "[\"one\", \"two\"]");
    GIVES(METHOD(STRING, "trim", S("\xe3\x80\x80 x \xc2\x85")), "\"x\"");
    GIVES(METHOD(STRING, "split", S("a,,b"), S(",")), "[\"a\", \"\", \"b\"]");
    GIVES(METHOD(STRING, "split", S("\xc3\xa9x"), S("")), "[\"\xc3\xa9\", \"x\"]");
    GIVES(METHOD(STRING, "split", S(""), S("")), "[]");
}

static void searching(void **state)
{
    (void)state;
    GIVES(METHOD(STRING, "indexOf", S("\xc3\xa9"
                                      "ab\xc3\xa9"
                                      "ab"),
                 S("ab"), N(2)),
          "Some(4)");
    GIVES(METHOD(STRING, "indexOf", S("abc"), S("c"), N(-9)), "Some(2)");
    GIVES(METHOD(STRING, "indexOf", S("abc"), S(""), N(3)), "Some(3)");
    GIVES(METHOD(STRING, "indexOf", S("abc"), S(""), N(4)), "None");
    GIVES(METHOD(STRING, "lastIndexOf", S("\xc3\xa9xx"), S("x")), "Some(2)");
    GIVES(METHOD(STRING, "count", S("aaaa"), S("aa")), "2");
    GIVES(METHOD(STRING, "replace", S("aXbX"), S("X"), S("--")), "\"a--bX\"");
    GIVES(METHOD(STRING, "replaceAll", S("ab"), S(""), S("-")), "\"-a-b-\"");
    GIVES(METHOD(STRING, "compareTo", S("a"), S("b")), "-1");
    GIVES(METHOD(STRING, "toNumber", S("12x")), "None");
    GIVES(METHOD(STRING, "toFloat", S("12")), "Some(12.0)");
}

static void forms(void **state)
{
    (void)state;
    GIVES(METHOD(STRING, "toUpperCase", S("stra\xc3\xb1")), "\"STRA\xc3\x91\"");
    GIVES(METHOD(STRING, "toLowerCase", S("\xce\x91\xd0\x96")), "\"\xce\xb1\xd0\xb6\"");
    GIVES(METHOD(STRING, "capitalize", S("\xc3\xa9t\xc3\xa9")), "\"\xc3\x89t\xc3\xa9\"");
    GIVES(METHOD(STRING, "capitalize", S("")), "\"\"");
    GIVES(METHOD(STRING, "reverse", S("a\xc3\xb1z")), "\"z\xc3\xb1"
                                                      "a\"");
    GIVES(METHOD(STRING, "padStart", S("5"), N(4), S("\xc3\xa9x")), "\"\xc3\xa9x\xc3\xa9"
                                                                    "5\"");
    GIVES(METHOD(STRING, "padEnd", S("5"), N(3), S("")), "\"5\"");
    GIVES(METHOD(STRING, "repeat", S("ab"), N(3)), "\"ababab\"");
    THROWS(METHOD(STRING, "repeat", S("ab"), N(-1)), "ValueError: repeat() does not take the negative number -1");
    vvm_value e = METHOD(STRING, "repeat", S("ab"), N(INT64_MAX));
    assert_int_equal(rig.outcome, VVM_THROW);
    vvm_release(e);
    GIVES(METHOD(STRING, "isDigit", S("")), "false");
    GIVES(METHOD(STRING, "isLetter", S("\xc3\xa9\xce\xb1")), "true");
    GIVES(METHOD(STRING, "isUpperCase", S("\xc3\x89")), "true");
}

static void from_numbers(void **state)
{
    (void)state;
    GIVES(STATIC(STRING, "fromCodePoints", LIST(N(72), N(0x1f600))), "Ok(\"H\xf0\x9f\x98\x80\")");
    GIVES(STATIC(STRING, "fromCodePoints", LIST(N(0xdfff))), "Err(ParseError: not a code point: 57343)");
    GIVES(STATIC(STRING, "fromBytes", LIST(N(195), N(169))), "Ok(\"\xc3\xa9\")");
    GIVES(STATIC(STRING, "fromBytes", LIST(N(195))), "Err(ParseError: the bytes are not valid UTF-8)");
    GIVES(STATIC(STRING, "fromBytes", LIST(N(256))), "Err(ParseError: not a byte: 256)");
    THROWS(STATIC(STRING, "fromBytes", N(1)), "TypeError: fromBytes(): `xs` must be a List, got Number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_count_code_points, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(lines_and_words, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(searching, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(forms, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(from_numbers, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
