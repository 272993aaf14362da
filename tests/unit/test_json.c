/* JSON: jansson as oracle on random texts and on broken ones, round trips, numbers, and memory that runs out. */
#include "tests/unit/test_core.h"
#include "tests/unit/whole.h"
#include "vm/core/json.h"

#include <jansson.h>
#include <math.h>

/* ---- Random texts ---- */

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t pick(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

struct text {
    char data[1 << 15];
    size_t length;
};

static void add(struct text *text, const char *more)
{
    size_t length = strlen(more);
    assert_true(text->length + length < sizeof text->data);
    memcpy(text->data + text->length, more, length);
    text->length += length;
}

#define ONE_OF(table) (table)[pick(sizeof(table) / sizeof *(table))]

static void add_space(struct text *text)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t", "\r\n", "  "};
    add(text, ONE_OF(spaces));
}

static void add_random_string(struct text *text)
{
    static const char *const parts[] = {"a", "key", "long enough a part", "é", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "€",
                                        "\\ud83d\\ude00", "😀", "\x7f", "\\b\\f\\r\\t", "12345678", "\\u0001"};
    add(text, "\"");
    for (uint64_t n = pick(4); n > 0; n--)
        add(text, ONE_OF(parts));
    add(text, "\"");
}

static void add_random_number(struct text *text)
{
    static const char *const odd[] = {"0", "-0", "0.0", "-0.0", "1e5", "1E+2", "2.5e-3", "9223372036854775807", "-9223372036854775808",
                                      "0.1", "123456789.125", "1.7976931348623157e308", "5e-324", "2.2250738585072011e-308",
                                      "9007199254740993.0", "0.30000000000000004", "1e23", "8.41e21", "123456789012345678901234.5"};
    char digits[40];
    switch (pick(3)) {
    case 0: add(text, ONE_OF(odd)); return;
    case 1: snprintf(digits, sizeof digits, "%lld", (long long)(seed >> pick(64))); break;
    default: snprintf(digits, sizeof digits, "%.*e", (int)pick(19), (double)seed * pow(10, (double)pick(60) - 40)); break;
    }
    add(text, digits);
}

static void add_random(struct text *text, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    uint64_t kind = pick(depth > 0 ? 6 : 3);
    add_space(text);
    if (kind < 3) {
        kind == 0 ? add(text, ONE_OF(words)) : kind == 1 ? add_random_number(text) : add_random_string(text);
    } else {
        bool object = kind == 3;
        add(text, object ? "{" : "[");
        for (uint64_t n = pick(6), i = 0; i < n; i++) {
            add(text, i > 0 ? "," : "");
            add_space(text);
            if (object) {
                add_random_string(text);
                add_space(text);
                add(text, ":");
            }
            add_random(text, depth - 1);
        }
        add_space(text);
        add(text, object ? "}" : "]");
    }
    add_space(text);
}

static void break_somewhere(struct text *text)
{
    static const char bytes[] = "{}[],:\"\\0123456789.eE+-tfn \n\x01\x80\xc3\xff/u";
    size_t at = pick(text->length + 1);
    switch (pick(3)) {
    case 0: text->length = at; break; /* cut off */
    case 1:
        if (at < text->length)
            text->data[at] = bytes[pick(sizeof bytes - 1)];
        break;
    default:
        memmove(text->data + at + 1, text->data + at, text->length - at);
        text->data[at] = bytes[pick(sizeof bytes - 1)];
        text->length++;
    }
}

/* ---- Reading and writing ---- */

static enum vvm_json_step read_text(const char *data, size_t length, vvm_value *out)
{
    struct vvm_json_reader reader;
    enum vvm_json_step step;
    vvm_json_reader_init(&reader, (struct vvm_bytes){data, length});
    do
        step = vvm_json_read(&reader);
    while (step == VVM_JSON_MORE);
    *out = step == VVM_JSON_DONE ? vvm_json_reader_take(&reader) : vvm_unset();
    vvm_json_reader_deinit(&reader);
    return step;
}

static enum vvm_json_step write_text(vvm_value v, uint32_t indent, vvm_value *out)
{
    struct vvm_json_writer writer;
    struct vvm_call call = {.vm = rig.machine->vm};
    enum vvm_json_step step;
    vvm_json_writer_init(&writer, &call, v, indent);
    do
        step = vvm_json_write(&writer);
    while (step == VVM_JSON_MORE);
    *out = step == VVM_JSON_DONE ? vvm_text_finish(&writer.out) : vvm_unset();
    if (step == VVM_JSON_DONE && vvm_is_unset(*out))
        step = VVM_JSON_NO_MEMORY;
    vvm_json_writer_deinit(&writer);
    return step;
}

/* ---- The oracle ---- */

#define ORACLE_FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL)

static bool same(vvm_value v, json_t *j);

static bool same_object(vvm_value v, json_t *j)
{
    const char *key;
    json_t *value;
    if (!vvm_is_plain(v, VVM_DICT) || vvm_dict_size(v) != json_object_size(j))
        return false;
    json_object_foreach(j, key, value) {
        vvm_value name = vvm_string_from_c(key);
        uint64_t hash;
        size_t entry;
        bool found = vvm_hash_quick(name, &hash) && vvm_dict_find(v, name, hash, &entry);
        vvm_release(name);
        if (!found || !same(((struct vvm_dict *)v.object)->entries[entry].value, value))
            return false;
    }
    return true;
}

static bool same_array(vvm_value v, json_t *j)
{
    if (!vvm_is_plain(v, VVM_LIST) || vvm_list_length(v) != json_array_size(j))
        return false;
    for (size_t i = 0; i < json_array_size(j); i++)
        if (!same(vvm_list_get(v, i), json_array_get(j, i)))
            return false;
    return true;
}

static bool same_string(vvm_value v, json_t *j)
{
    if (!vvm_is_string(v))
        return false;
    struct vvm_bytes bytes = vvm_string_bytes(&v);
    return bytes.length == json_string_length(j) && memcmp(bytes.data, json_string_value(j), bytes.length) == 0;
}

static bool same(vvm_value v, json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT: return same_object(v, j);
    case JSON_ARRAY: return same_array(v, j);
    case JSON_STRING: return same_string(v, j);
    case JSON_INTEGER: return vvm_is_number(v) && v.number == json_integer_value(j);
    case JSON_REAL: {
        double d = json_real_value(j);
        return vvm_is_float(v) && memcmp(&v.real, &d, sizeof d) == 0;
    }
    case JSON_TRUE:
    case JSON_FALSE: return vvm_is_bool(v) && v.number == json_is_true(j);
    default: return vvm_is_none(v);
    }
}

/* What jansson refuses although RFC 8259 leaves it open: large integers, and the code point 0 in keys. */
static bool is_open(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow || json_error_code(error) == json_error_null_byte_in_key ||
           json_error_code(error) == json_error_null_character;
}

static void compare(const struct text *text)
{
    json_error_t error;
    json_t *j = json_loadb(text->data, text->length, ORACLE_FLAGS, &error);
    vvm_value v;
    if (!vvm_utf8_valid(text->data, text->length)) {
        assert_null(j);
        return;
    }
    enum vvm_json_step step = read_text(text->data, text->length, &v);
    if ((j == NULL && !is_open(&error) && step != VVM_JSON_WRONG) || (j != NULL && (step != VVM_JSON_DONE || !same(v, j))))
        fail_msg("step %d, jansson: %s: %.*s", step, j == NULL ? error.text : "fine", (int)text->length, text->data);
    vvm_release(v);
    json_decref(j);
}

static struct text sample;

static void what_is_json_is_read_as_jansson_reads_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        sample.length = 0;
        add_random(&sample, 5);
        compare(&sample);
    }
}

static void what_is_no_json_is_refused_as_jansson_refuses_it(void **state)
{
    (void)state;
    for (int i = 0; i < 6000; i++) {
        sample.length = 0;
        add_random(&sample, 3);
        for (uint64_t n = pick(2) + 1; n > 0; n--)
            break_somewhere(&sample);
        compare(&sample);
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        vvm_value v, written, again;
        sample.length = 0;
        add_random(&sample, 5);
        assert_int_equal(read_text(sample.data, sample.length, &v), VVM_JSON_DONE);
        assert_int_equal(write_text(v, (uint32_t)pick(3), &written), VVM_JSON_DONE);
        struct vvm_bytes bytes = vvm_string_bytes(&written);
        assert_int_equal(read_text(bytes.data, bytes.length, &again), VVM_JSON_DONE);
        if (equal_whole(v, again) != VVM_TRUE)
            fail_msg("%.*s became %.*s", (int)sample.length, sample.data, (int)bytes.length, bytes.data);
        vvm_release(v);
        vvm_release(written);
        vvm_release(again);
    }
}

/* ---- Numbers ---- */

static void check_double(double d, const char *format, int digits)
{
    char text[64];
    vvm_value v;
    int length = snprintf(text, sizeof text, format, digits, d);
    double wanted = strtod(text, NULL);
    assert_int_equal(read_text(text, (size_t)length, &v), isinf(wanted) ? VVM_JSON_WRONG : VVM_JSON_DONE);
    if (isinf(wanted))
        return;
    double got = vvm_is_float(v) ? v.real : (double)v.number;
    if (memcmp(&wanted, &got, sizeof got) != 0)
        fail_msg("%s is read as %.17g", text, got);
}

static void floats_are_rounded_as_the_c_library_rounds_them(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = pick(UINT64_MAX);
        double d;
        memcpy(&d, &bits, sizeof d);
        if (isfinite(d))
            check_double(d, "%.*e", (int)pick(20));
        check_double(ldexp((double)bits, -(int)pick(90)), "%.*f", (int)pick(12) + 1);
    }
}

/* Decimals halfway between two Floats, and one digit to either side. */
static void halfway_decimals_go_to_the_even_float(void **state)
{
    (void)state;
    static const char *const texts[] = {"9007199254740993.0", "9007199254740992.9", "9007199254740993.1", "9007199254740995.0",
                                        "4503599627370496.5", "4503599627370497.5", "0.500000000000000166533453693773481063544750213623046875",
                                        "18014398509481986e0", "18014398509481990e0", "1.8014398509481986e16"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        vvm_value v;
        assert_int_equal(read_text(texts[i], strlen(texts[i]), &v), VVM_JSON_DONE);
        assert_true(vvm_is_float(v) && v.real == strtod(texts[i], NULL));
    }
}

/* ---- Size and memory ---- */

static void nesting_has_a_limit(void **state)
{
    (void)state;
    vvm_value v;
    sample.length = 0;
    for (unsigned i = 0; i < VVM_JSON_DEPTH; i++)
        add(&sample, "[");
    for (unsigned i = 0; i < VVM_JSON_DEPTH; i++)
        add(&sample, "]");
    assert_int_equal(read_text(sample.data, sample.length, &v), VVM_JSON_DONE);
    vvm_release(v);
    memset(sample.data, '[', VVM_JSON_DEPTH + 1);
    assert_int_equal(read_text(sample.data, VVM_JSON_DEPTH + 1, &v), VVM_JSON_WRONG);
}

static void deep_values_are_written(void **state)
{
    (void)state;
    vvm_value v = vvm_list_new(0, VVM_ELEMENTS_VALUE), written;
    for (int i = 0; i < 100000; i++)
        v = vvm_list_from((vvm_value[]){v}, 1);
    assert_int_equal(write_text(v, 0, &written), VVM_JSON_DONE);
    assert_int_equal(vvm_string_length(written), 200002);
    vvm_release(written);
    vvm_release(v);
}

static const char failing[] = "{\"a\": [1, 2, 3.5, \"text with \\n escape\"], \"a key that is long\": {\"b\": [[], {}, null]}, \"more\": [1,2,3,4,5,6,7,8,9,10,\"x\"]}";

/* The n-th allocation fails, for each n: nothing leaks (the leak checker of the builds that have one says so). */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    enum vvm_json_step step = VVM_JSON_NO_MEMORY;
    for (uint32_t n = 1; step != VVM_JSON_DONE; n++) {
        vvm_value v, written = vvm_unset();
        vrt_alloc_fail_in(n);
        step = read_text(failing, sizeof failing - 1, &v);
        if (step == VVM_JSON_DONE)
            step = write_text(v, 2, &written);
        vrt_alloc_fail_in(0);
        assert_int_not_equal(step, VVM_JSON_WRONG);
        vvm_release(v);
        vvm_release(written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_json_is_read_as_jansson_reads_it),
        cmocka_unit_test(what_is_no_json_is_refused_as_jansson_refuses_it),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(floats_are_rounded_as_the_c_library_rounds_them),
        cmocka_unit_test(halfway_decimals_go_to_the_even_float),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(deep_values_are_written),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
