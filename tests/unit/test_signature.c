/* Signatures: names, parameters and spellings read from a built-in's text. */
#include "vm/exec/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char sample[] = "padStart(n: Number, fill: String = \", (\", f: (a, b) -> Dict<a, b>, ...others) -> String";

static void is_span(struct vvm_words span, const char *text)
{
    assert_int_equal(span.length, strlen(text));
    assert_memory_equal(span.text, text, span.length);
}

static void names(void **state)
{
    (void)state;
    is_span(vvm_signature_name(sample), "padStart");
    is_span(vvm_signature_name("len() -> Number"), "len");
}

static void parameters(void **state)
{
    (void)state;
    bool rest = true;
    is_span(vvm_signature_parameter(sample, 0, &rest), "n");
    assert_false(rest);
    is_span(vvm_signature_parameter(sample, 1, &rest), "fill");
    is_span(vvm_signature_parameter(sample, 2, &rest), "f");
    is_span(vvm_signature_parameter(sample, 3, &rest), "others");
    assert_true(rest);
    assert_int_equal(vvm_signature_parameter(sample, 4, &rest).length, 0);
    assert_int_equal(vvm_signature_parameter("len() -> Number", 0, &rest).length, 0);
}

static bool same(const char *a, const char *b) { return vvm_same_spelling(a, strlen(a), b, strlen(b)); }

static void spellings_compare(void **state)
{
    (void)state;
    assert_true(same("padStart", "pad_start") && same("pad_start", "padStart") && same("n", "n"));
    assert_false(same("padStart", "padstart") || same("pad", "padStart") || same("padStart", "pad") || same("pad_", "pad"));
}

static const char *other(const char *name)
{
    static char out[64];
    return vvm_other_spelling((struct vvm_words){name, strlen(name)}, out) ? out : "";
}

static void spellings_are_made(void **state)
{
    (void)state;
    assert_string_equal(other("padStart"), "pad_start");
    assert_string_equal(other("pad_start"), "padStart");
    assert_string_equal(other("toJSON"), "to_json");
    assert_string_equal(other("trim"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(parameters), cmocka_unit_test(spellings_compare), cmocka_unit_test(spellings_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
