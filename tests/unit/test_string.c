#include "tests/unit/values.h"
#include "vm/value/object.h"

static void up_to_eight_bytes_lie_in_the_value(void **state)
{
    (void)state;
    char buffer[20] = "abcdefghijklmnopqrs";
    for (size_t n = 0; n < 20; n++) {
        vvm_value v = vvm_string_new(buffer, n);
        assert_int_equal(vvm_kind(v), n <= 8 ? VVM_TEXT : VVM_STRING);
        struct vvm_bytes bytes = vvm_string_bytes(&v);
        assert_int_equal(bytes.length, n);
        assert_memory_equal(bytes.data, buffer, n);
        assert_int_equal(vvm_string_length(v), n);
        vvm_release(v);
    }
}

static void appending_grows_in_place(void **state)
{
    (void)state;
    vvm_value v = text("");
    size_t moves = 0;
    for (int i = 0; i < 5000; i++) {
        void *before = v.object;
        v = vvm_string_concat(v, text("é"));
        moves += vvm_kind(v) == VVM_STRING && v.object != before;
    }
    assert_int_equal(vvm_string_length(v), 5000);
    assert_int_equal(vvm_string_bytes(&v).length, 10000);
    assert_true(moves < 40);
    vvm_release(v);
}

static void appending_leaves_other_holders_alone(void **state)
{
    (void)state;
    vvm_value a = text("hello hello"), kept = vvm_retain(a);
    a = vvm_string_concat(a, text(" world"));
    assert_same_text(a, "hello hello world");
    assert_text(kept, "hello hello");
    vvm_value twice = vvm_string_concat(vvm_retain(a), a);
    assert_text(twice, "hello hello worldhello hello world");
    vvm_value empty = vvm_string_concat(text(""), a);
    assert_ptr_equal(empty.object, a.object);
    vvm_release(empty);
    vvm_release(a);
}

static void short_sums_stay_canonical(void **state)
{
    (void)state;
    vvm_value v = vvm_string_concat(text("abcd"), text("efgh"));
    assert_int_equal(vvm_kind(v), VVM_TEXT);
    assert_int_equal(vvm_equal(v, text("abcdefgh")), VVM_TRUE);
    v = vvm_string_concat(v, text("i"));
    assert_int_equal(vvm_kind(v), VVM_STRING);
    vvm_value part = vvm_string_slice(v, 2, 5);
    assert_int_equal(vvm_kind(part), VVM_TEXT);
    assert_text(part, "cde");
    vvm_release(v);
}

static void slices_count_code_points(void **state)
{
    (void)state;
    vvm_value v = text("aé漢😀 und mehr");
    assert_int_equal(vvm_string_length(v), 13);
    assert_text(vvm_string_slice(v, 1, 4), "é漢😀");
    assert_text(vvm_string_slice(v, 3, 3), "");
    assert_text(vvm_string_slice(v, 0, 13), "aé漢😀 und mehr");
    assert_text(vvm_string_slice(v, 4, 13), " und mehr");
    vvm_release(v);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"", "abc", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "12345678é12345678"};
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "abcdefgh\xe2\x82", "\xff", "a\xc3(b"};
    for (size_t i = 0; i < KIT_COUNT(good); i++)
        assert_true(vvm_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < KIT_COUNT(bad); i++)
        assert_false(vvm_utf8_valid(bad[i], strlen(bad[i])));
}

static void every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp += cp < 0x900 ? 1 : 37) {
        char out[8];
        size_t n = vvm_utf8_encode(cp, out);
        uint32_t back;
        assert_int_equal(vvm_utf8_decode(out, &back), n);
        assert_int_equal(back, cp);
        assert_int_equal(vvm_utf8_valid(out, n), cp < 0xd800 || cp > 0xdfff);
        assert_int_equal(vvm_utf8_count(out, n), 1);
    }
    assert_text(vvm_string_of_code_point(0x1f600), "😀");
}

static void formats_and_builders(void **state)
{
    (void)state;
    assert_text(vvm_string_format("%d-%s", 7, "x"), "7-x");
    char wide[400];
    memset(wide, 'w', sizeof wide - 1);
    wide[399] = 0;
    vvm_value v = vvm_string_format("%s!", wide);
    assert_int_equal(vvm_string_length(v), 400);
    vvm_release(v);
    struct vvm_text_builder b;
    vvm_text_init(&b);
    for (int i = 0; i < 1000; i++)
        vvm_text_add_format(&b, "%d,", i);
    v = vvm_text_finish(&b);
    assert_int_equal(vvm_string_length(v), 3890);
    vvm_release(v);
    vvm_text_add_c(&b, "abc");
    assert_text(vvm_text_finish(&b), "abc");
    vvm_text_init(&b);
    assert_text(vvm_text_finish(&b), "");
}

/* Every allocation fails once; nothing leaks, and what succeeds is whole. */
static void without_memory_the_result_is_unset(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 8; n++) {
        vrt_alloc_fail_in(n);
        vvm_value v = text("some text of length");
        for (int i = 0; i < 20 && !vvm_is_unset(v); i++)
            v = vvm_string_concat(v, text("more"));
        vrt_alloc_fail_in(0);
        if (!vvm_is_unset(v))
            assert_int_equal(vvm_string_length(v), 19 + 80);
        vvm_release(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(up_to_eight_bytes_lie_in_the_value), KIT_TEST(appending_grows_in_place),
        KIT_TEST(appending_leaves_other_holders_alone), KIT_TEST(short_sums_stay_canonical),
        KIT_TEST(slices_count_code_points), KIT_TEST(utf8_is_checked), KIT_TEST(every_code_point_comes_back),
        KIT_TEST(formats_and_builders), KIT_TEST(without_memory_the_result_is_unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
