/* Strings and numbers of a JSON text. The text is UTF-8 already, being a String. */
#include "vm/core/json.h"

#include "vm/value/decimal.h"

#include <math.h>
#include <stdlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte of a text is the lowest of its word");

enum vvm_json_step vvm_json_wrong(struct vvm_json_reader *reader, const char *at, const char *complaint)
{
    reader->at = at;
    reader->complaint = complaint;
    return VVM_JSON_WRONG;
}

/* ---- Strings ---- */

#define EVERY(byte) (0x0101010101010101u * (byte))

/* The high bit of each byte that ends a plain run: quote, backslash, control character. Bytes above the first one may
 * be marked wrongly. */
static inline uint64_t run_ends(uint64_t word)
{
    uint64_t quote = word ^ EVERY('"'), backslash = word ^ EVERY('\\');
    return (((quote - EVERY(1)) & ~quote) | ((backslash - EVERY(1)) & ~backslash) | ((word - EVERY(0x20)) & ~word)) &
           EVERY(0x80u);
}

/* Behind the bytes that stand for themselves. */
static const char *skip_run(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t ends = run_ends(word);
        if (ends != 0)
            return at + (__builtin_ctzll(ends) >> 3);
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

/* Four hexadecimal digits; -1: they are not. */
static int32_t four_digits(const char *at, const char *end)
{
    int32_t code = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i], low = c | 32;
        if (c >= '0' && c <= '9')
            code = code * 16 + (c - '0');
        else if (low >= 'a' && low <= 'f')
            code = code * 16 + (low - 'a' + 10);
        else
            return -1;
    }
    return code;
}

/* `at` is behind `\u`. Both halves of a surrogate pair are taken. */
static enum vvm_json_step add_code(struct vvm_json_reader *reader, const char *at)
{
    int32_t code = four_digits(at, reader->end);
    if (code < 0)
        return vvm_json_wrong(reader, at, "`\\u` wants four hexadecimal digits");
    if (code >= 0xd800 && code < 0xe000) {
        bool pair = code < 0xdc00 && reader->end - at >= 10 && at[4] == '\\' && at[5] == 'u';
        int32_t low = pair ? four_digits(at + 6, reader->end) : -1;
        if (low < 0xdc00 || low >= 0xe000)
            return vvm_json_wrong(reader, at - 2, "half a surrogate pair is no character");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
    }
    char encoded[4];
    vvm_text_add(&reader->text, encoded, vvm_utf8_encode((uint32_t)code, encoded));
    reader->at = at + 4;
    return VVM_JSON_DONE;
}

/* `at` is on the backslash. */
static enum vvm_json_step add_escape(struct vvm_json_reader *reader)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *at = reader->at + 1;
    if (at == reader->end)
        return vvm_json_wrong(reader, at, "the text ends within a String");
    if (*at == 'u')
        return add_code(reader, at + 1);
    const char *letter = *at != '\0' ? strchr(letters, *at) : NULL;
    if (letter == NULL)
        return vvm_json_wrong(reader, reader->at, "unknown escape");
    vvm_text_add(&reader->text, &meanings[letter - letters], 1);
    reader->at = at + 1;
    return VVM_JSON_DONE;
}

/* The rest of a String with escapes, from the first one on, behind what is in reader->text. */
static enum vvm_json_step read_escaped(struct vvm_json_reader *reader)
{
    while (reader->at < reader->end && *reader->at != '"') {
        if ((unsigned char)*reader->at < 0x20)
            return vvm_json_wrong(reader, reader->at, "a control character within a String must be escaped");
        const char *stop = skip_run(reader->at, reader->end);
        vvm_text_add(&reader->text, reader->at, (size_t)(stop - reader->at));
        reader->at = stop;
        if (stop < reader->end && *stop == '\\' && add_escape(reader) != VVM_JSON_DONE)
            return VVM_JSON_WRONG;
    }
    if (reader->at == reader->end)
        return vvm_json_wrong(reader, reader->at, "the text ends within a String");
    reader->at++;
    return reader->text.failed ? VVM_JSON_NO_MEMORY : VVM_JSON_DONE;
}

/* The bytes of the String that begins at `at`: in the text itself, or in reader->text. */
static enum vvm_json_step read_bytes(struct vvm_json_reader *reader, struct vvm_bytes *out)
{
    const char *start = reader->at + 1, *stop = skip_run(start, reader->end);
    if (stop < reader->end && *stop == '"') {
        *out = (struct vvm_bytes){start, (size_t)(stop - start)};
        reader->at = stop + 1;
        return VVM_JSON_DONE;
    }
    reader->text.length = 0;
    vvm_text_add(&reader->text, start, (size_t)(stop - start));
    reader->at = stop;
    enum vvm_json_step step = read_escaped(reader);
    *out = (struct vvm_bytes){reader->text.data, reader->text.length};
    return step;
}

enum vvm_json_step vvm_json_string(struct vvm_json_reader *reader, vvm_value *out)
{
    struct vvm_bytes bytes;
    enum vvm_json_step step = read_bytes(reader, &bytes);
    if (step != VVM_JSON_DONE)
        return step;
    *out = vvm_string_new(bytes.data, bytes.length);
    return vvm_is_unset(*out) ? VVM_JSON_NO_MEMORY : VVM_JSON_DONE;
}

/* Where a key of more than 8 bytes would be remembered. */
static vvm_value *key_place(struct vvm_json_reader *reader, struct vvm_bytes bytes)
{
    uint64_t first, last;
    memcpy(&first, bytes.data, sizeof first);
    memcpy(&last, bytes.data + bytes.length - sizeof last, sizeof last);
    return &reader->keys[vvm_hash_word(first + last * 31 + bytes.length) % VVM_JSON_KEYS];
}

/* Objects of one kind have the same keys: they share the Strings, whose hashes are known then. */
enum vvm_json_step vvm_json_key(struct vvm_json_reader *reader, vvm_value *out)
{
    struct vvm_bytes bytes;
    enum vvm_json_step step = read_bytes(reader, &bytes);
    if (step != VVM_JSON_DONE)
        return step;
    vvm_value *known = bytes.length > 8 ? key_place(reader, bytes) : NULL;
    if (known != NULL && !vvm_is_unset(*known)) {
        const struct vvm_string *key = known->object;
        if (key->byte_length == bytes.length && memcmp(key->text, bytes.data, bytes.length) == 0) {
            *out = vvm_retain(*known);
            return VVM_JSON_DONE;
        }
    }
    *out = vvm_string_new(bytes.data, bytes.length);
    if (vvm_is_unset(*out))
        return VVM_JSON_NO_MEMORY;
    if (known != NULL) {
        vvm_release(*known);
        *known = vvm_retain(*out);
    }
    return VVM_JSON_DONE;
}

/* ---- Numbers ---- */

/* The digits of a number, as an integer, and the power of ten it is multiplied with. */
struct decimal {
    uint64_t digits;
    int64_t exponent;
    int count;      /* significant digits; from the 20th on they are not in `digits` */
    bool whole;     /* no point, no exponent */
    bool negative;
};

static inline bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static const char *take_digits(struct decimal *decimal, const char *at, const char *end)
{
    for (; is_digit(at, end); at++) {
        if (decimal->count < 19)
            decimal->digits = decimal->digits * 10 + (uint64_t)(*at - '0');
        decimal->count += decimal->count > 0 || *at != '0';
    }
    return at;
}

static const char *take_exponent(struct decimal *decimal, const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    at += negative || (at < end && *at == '+');
    if (!is_digit(at, end))
        return NULL;
    int64_t exponent = 0;
    for (; is_digit(at, end); at++)
        exponent = exponent < 100000 ? exponent * 10 + (*at - '0') : exponent;
    decimal->exponent += negative ? -exponent : exponent;
    return at;
}

/* The form of a number by RFC 8259; `at` is behind it afterwards. */
static enum vvm_json_step scan_number(struct vvm_json_reader *reader, struct decimal *decimal)
{
    const char *at = reader->at, *end = reader->end;
    decimal->negative = *at == '-';
    const char *first = at + decimal->negative;
    at = take_digits(decimal, first, end);
    if (at == first)
        return vvm_json_wrong(reader, at, "expected a digit");
    if (*first == '0' && at - first > 1)
        return vvm_json_wrong(reader, first, "a number cannot begin with 0");
    decimal->whole = !(at < end && (*at == '.' || (*at | 32) == 'e'));
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = take_digits(decimal, fraction, end);
        if (at == fraction)
            return vvm_json_wrong(reader, at, "expected a digit after the point");
        decimal->exponent = fraction - at;
    }
    if (at < end && (*at | 32) == 'e') {
        const char *behind = take_exponent(decimal, at + 1, end);
        if (behind == NULL)
            return vvm_json_wrong(reader, at, "the exponent has no digit");
        at = behind;
    }
    reader->at = at;
    return VVM_JSON_DONE;
}

/* Many digits, or large exponents: the C library reads it. */
static double read_slowly(const char *text, size_t length)
{
    char near[64], *copy = length < sizeof near ? near : malloc(length + 1);
    if (copy == NULL)
        return NAN;
    memcpy(copy, text, length);
    copy[length] = '\0';
    double d = strtod(copy, NULL);
    if (copy != near)
        free(copy);
    return d;
}

static enum vvm_json_step float_of(struct vvm_json_reader *reader, const char *start, const struct decimal *decimal,
                                   vvm_value *out)
{
    double d = 0;
    if (decimal->count == 0)
        d = decimal->negative ? -0.0 : 0.0;
    else if (decimal->count <= 19 && decimal->exponent >= -VVM_DECIMAL_PLACES &&
             decimal->exponent <= VVM_DECIMAL_PLACES)
        d = vvm_decimal_to_float(decimal->digits, (int)decimal->exponent) * (decimal->negative ? -1 : 1);
    else
        d = read_slowly(start, (size_t)(reader->at - start));
    if (isnan(d))
        return VVM_JSON_NO_MEMORY;
    if (isinf(d))
        return vvm_json_wrong(reader, start, "the number is too large for a Float");
    *out = vvm_float(d);
    return VVM_JSON_DONE;
}

enum vvm_json_step vvm_json_number(struct vvm_json_reader *reader, vvm_value *out)
{
    const char *start = reader->at;
    struct decimal decimal = {.digits = 0};
    enum vvm_json_step step = scan_number(reader, &decimal);
    if (step != VVM_JSON_DONE)
        return step;
    if (!decimal.whole || decimal.count > 19 || decimal.digits > (uint64_t)INT64_MAX + decimal.negative)
        return float_of(reader, start, &decimal, out);
    *out = vvm_number((int64_t)(decimal.negative ? 0 - decimal.digits : decimal.digits));
    return VVM_JSON_DONE;
}
