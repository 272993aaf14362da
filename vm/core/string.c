/* String: its parts (language.md 8.5). */
#include "vm/core/string.h"

/* ---- Measures ---- */

static enum vvm_outcome string_length(struct vvm_call *call)
{
    return vvm_done_number(call, (int64_t)vvm_string_length(call->args[0]));
}

static enum vvm_outcome string_byte_length(struct vvm_call *call)
{
    return vvm_done_number(call, (int64_t)vvm_this_bytes(call).length);
}

static enum vvm_outcome string_is_empty(struct vvm_call *call) { return vvm_done_bool(call, vvm_this_bytes(call).length == 0); }
static enum vvm_outcome string_self(struct vvm_call *call) { return vvm_done(call, vvm_retain(call->args[0])); }

/* ---- Chars ---- */

static vvm_value char_at(const struct vvm_call *call, int64_t index)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    uint32_t code_point;
    vvm_utf8_decode(bytes.data + vvm_string_byte(call->args[0], bytes, (size_t)index), &code_point);
    return vvm_string_of_code_point(code_point);
}

static enum vvm_outcome string_get(struct vvm_call *call)
{
    int64_t index;
    if (!vvm_want_number(call, 1, &index))
        return VVM_THROW;
    if (index < 0 || (uint64_t)index >= vvm_string_length(call->args[0]))
        return vvm_done_none(call);
    return vvm_done_some(call, char_at(call, index));
}

static enum vvm_outcome string_char_at(struct vvm_call *call)
{
    int64_t index;
    if (!vvm_want_number(call, 1, &index))
        return VVM_THROW;
    size_t length = vvm_string_length(call->args[0]);
    if (index < 0 || (uint64_t)index >= length)
        return vvm_throw_index(call, index, length, "String");
    return vvm_done(call, char_at(call, index));
}

vvm_value vvm_string_chars(vvm_value string)
{
    struct vvm_bytes bytes = vvm_string_bytes(&string);
    vvm_value list = vvm_list_new(vvm_string_length(string), VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < bytes.length && !vvm_is_unset(list);) {
        size_t taken = vvm_utf8_length(bytes.data[i]);
        list = vvm_list_append_fast(list, vvm_string_new(bytes.data + i, taken));
        i += taken;
    }
    return list;
}

static enum vvm_outcome string_chars(struct vvm_call *call) { return vvm_return(call, vvm_string_chars(call->args[0])); }

static enum vvm_outcome string_bytes(struct vvm_call *call)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    vvm_value list = vvm_list_new(bytes.length, VVM_ELEMENTS_NUMBER);
    for (size_t i = 0; i < bytes.length && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_number((unsigned char)bytes.data[i]));
    return vvm_return(call, list);
}

static enum vvm_outcome string_code_points(struct vvm_call *call)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    vvm_value list = vvm_list_new(vvm_string_length(call->args[0]), VVM_ELEMENTS_NUMBER);
    for (size_t i = 0; i < bytes.length && !vvm_is_unset(list);) {
        uint32_t code_point;
        i += vvm_utf8_decode(bytes.data + i, &code_point);
        list = vvm_list_append_fast(list, vvm_number(code_point));
    }
    return vvm_return(call, list);
}

static enum vvm_outcome string_code_point(struct vvm_call *call)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    if (bytes.length == 0)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "codePoint() of an empty String");
    uint32_t code_point;
    vvm_utf8_decode(bytes.data, &code_point);
    return vvm_done_number(call, code_point);
}

/* ---- Cuts ---- */

static enum vvm_outcome cut(struct vvm_call *call, size_t start, size_t end)
{
    return vvm_return(call, vvm_string_slice(call->args[0], start, end < start ? start : end));
}

static size_t clamped(int64_t index, size_t length)
{
    return index < 0 ? 0 : (uint64_t)index > length ? length : (size_t)index;
}

/* Negative from the end. */
static size_t wrapped(int64_t index, size_t length)
{
    return clamped(index < 0 ? index + (int64_t)length : index, length);
}

static bool want_bounds(struct vvm_call *call, int64_t *start, int64_t *end)
{
    return vvm_want_number(call, 1, start) &&
           vvm_optional_number(call, 2, (int64_t)vvm_string_length(call->args[0]), end);
}

static enum vvm_outcome string_substring(struct vvm_call *call)
{
    int64_t start, end;
    size_t length = vvm_string_length(call->args[0]);
    return want_bounds(call, &start, &end) ? cut(call, clamped(start, length), clamped(end, length)) : VVM_THROW;
}

static enum vvm_outcome string_slice(struct vvm_call *call)
{
    int64_t start, end;
    size_t length = vvm_string_length(call->args[0]);
    return want_bounds(call, &start, &end) ? cut(call, wrapped(start, length), wrapped(end, length)) : VVM_THROW;
}

/* take, drop ...: `n` clamped to the length. */
static bool want_part(struct vvm_call *call, size_t *n, size_t *length)
{
    *length = vvm_string_length(call->args[0]);
    if (!vvm_want_count(call, 1, n))
        return false;
    *n = *n < *length ? *n : *length;
    return true;
}

static enum vvm_outcome string_take(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, 0, n) : VVM_THROW;
}

static enum vvm_outcome string_drop(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, n, length) : VVM_THROW;
}

static enum vvm_outcome string_take_last(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, length - n, length) : VVM_THROW;
}

static enum vvm_outcome string_drop_last(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, 0, length - n) : VVM_THROW;
}

/* ---- Lines and words ---- */

static vvm_value add_piece(vvm_value list, const char *text, size_t length)
{
    vvm_value piece = vvm_is_unset(list) ? list : vvm_string_new(text, length);
    if (!vvm_is_unset(piece))
        return vvm_list_append_fast(list, piece);
    vvm_release(list);
    return vvm_unset();
}

static enum vvm_outcome string_lines(struct vvm_call *call)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < bytes.length && !vvm_is_unset(list);) {
        const char *end = memchr(bytes.data + i, '\n', bytes.length - i);
        size_t stop = end != NULL ? (size_t)(end - bytes.data) : bytes.length;
        size_t length = stop - i - (end != NULL && stop > i && bytes.data[stop - 1] == '\r');
        list = add_piece(list, bytes.data + i, length);
        i = stop + 1;
    }
    return vvm_return(call, list);
}

/* Bytes of the space at `i`, 0 if it is none. */
static size_t space_at(struct vvm_bytes bytes, size_t i)
{
    unsigned char c = (unsigned char)bytes.data[i];
    if (c < 0x80)
        return vvm_char_is_space(c);
    uint32_t code_point;
    size_t taken = vvm_utf8_decode(bytes.data + i, &code_point);
    return vvm_char_is_space(code_point) ? taken : 0;
}

static size_t word_end(struct vvm_bytes bytes, size_t i)
{
    while (i < bytes.length && space_at(bytes, i) == 0) {
        i++;
        while (i < bytes.length && ((unsigned char)bytes.data[i] & 0xc0) == 0x80)
            i++;
    }
    return i;
}

static enum vvm_outcome string_words(struct vvm_call *call)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < bytes.length && !vvm_is_unset(list);) {
        size_t space = space_at(bytes, i);
        if (space > 0) {
            i += space;
            continue;
        }
        size_t end = word_end(bytes, i);
        list = add_piece(list, bytes.data + i, end - i);
        i = end;
    }
    return vvm_return(call, list);
}

/* ---- From numbers ---- */

static enum vvm_outcome bad_part(struct vvm_call *call, vvm_value list, vvm_value part, const char *what)
{
    enum vvm_outcome outcome = vvm_done_not_a(call, what, part);
    vvm_release(list);
    return outcome;
}

static enum vvm_outcome finish_ok(struct vvm_call *call, struct vvm_text_builder *text)
{
    return text->too_long ? vvm_done_built(call, text) : vvm_done_ok(call, vvm_text_finish(text));
}

static enum vvm_outcome string_from_code_points(struct vvm_call *call)
{
    vvm_value list;
    if (!vvm_want_items(call, 0, &list))
        return VVM_THROW;
    struct vvm_text_builder text;
    vvm_text_init(&text);
    for (size_t i = 0; i < vvm_list_length(list); i++) {
        vvm_value part = vvm_list_get(list, i);
        if (!vvm_is_number(part) || part.number < 0 || part.number > 0x10ffff || (part.number >> 11) == 0x1b) {
            vvm_text_drop(&text);
            return bad_part(call, list, part, "code point");
        }
        char encoded[4];
        vvm_text_add(&text, encoded, vvm_utf8_encode((uint32_t)part.number, encoded));
    }
    vvm_release(list);
    return finish_ok(call, &text);
}

static enum vvm_outcome string_from_bytes(struct vvm_call *call)
{
    vvm_value list;
    if (!vvm_want_items(call, 0, &list))
        return VVM_THROW;
    struct vvm_text_builder text;
    vvm_text_init(&text);
    for (size_t i = 0; i < vvm_list_length(list); i++) {
        vvm_value part = vvm_list_get(list, i);
        if (!vvm_is_number(part) || part.number < 0 || part.number > 255) {
            vvm_text_drop(&text);
            return bad_part(call, list, part, "byte");
        }
        char byte = (char)part.number;
        vvm_text_add(&text, &byte, 1);
    }
    vvm_release(list);
    if (text.failed || vvm_utf8_valid(text.data, text.length))
        return finish_ok(call, &text);
    vvm_text_drop(&text);
    return vvm_done_error(call, VVM_T_PARSE_ERROR, "the bytes are not valid UTF-8");
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("length() -> Number", string_length, "How many code points it has; takes no time."),
    VVM_ROW_M("byteLength() -> Number", string_byte_length, 0, 0, "How many bytes it has in UTF-8."),
    VVM_ROW_P("isEmpty() -> Bool", string_is_empty, "Without any code point?"),
    VVM_ROW_M("toString() -> String", string_self, 0, 0, "Itself."),
    VVM_ROW_M("get(i: Number) -> Option<Char>", string_get, 1, 1,
              "The Char at an index, counted from 0 in code points, or None. `s[i]` throws instead."),
    VVM_ROW_M("charAt(i: Number) -> Char", string_char_at, 1, 1,
              "The Char at an index, the same as `s[i]`. IndexOutOfBoundsError if there is none. Takes no time in "
              "an ASCII String, else time in proportion to i."),
    VVM_ROW_M("chars() -> List<Char>", string_chars, 0, 0, "Its Chars."),
    VVM_ROW_M("toList() -> List<Char>", string_chars, 0, 0, "The same as chars."),
    VVM_ROW_M("lines() -> List<String>", string_lines, 0, 0,
              "Its lines without their LF or CRLF. A line end at the very end begins no empty last line."),
    VVM_ROW_M("words() -> List<String>", string_words, 0, 0, "What stands between Unicode white space; no empty word."),
    VVM_ROW_M("bytes() -> List<Number>", string_bytes, 0, 0, "Its bytes in UTF-8, each 0 to 255."),
    VVM_ROW_M("codePoints() -> List<Number>", string_code_points, 0, 0, "Its code points as Numbers."),
    VVM_ROW_M("codePoint() -> Number", string_code_point, 0, 0,
              "The first code point. ValueError if the String is empty."),
    VVM_ROW_M("substring(start: Number, end: Number = length) -> String", string_substring, 1, 2,
              "From index start to before index end; both are clamped to the String, and start > end gives an "
              "empty one. `s[a..b]` throws instead."),
    VVM_ROW_M("slice(start: Number, end: Number = length) -> String", string_slice, 1, 2,
              "From index start to before index end; negative ones count from the end; both are clamped to the "
              "String."),
    VVM_ROW_M("take(n: Number) -> String", string_take, 1, 1,
              "The first n Chars, or all if there are fewer. ValueError if n is negative."),
    VVM_ROW_M("drop(n: Number) -> String", string_drop, 1, 1,
              "Without the first n Chars. ValueError if n is negative."),
    VVM_ROW_M("takeLast(n: Number) -> String", string_take_last, 1, 1,
              "The last n Chars, or all if there are fewer. ValueError if n is negative."),
    VVM_ROW_M("dropLast(n: Number) -> String", string_drop_last, 1, 1,
              "Without the last n Chars. ValueError if n is negative."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_M("fromCodePoints(xs: List<Number>) -> Result<String, ParseError>", string_from_code_points, 1, 1,
              "The String of these code points. Err for a Number that is none (above 0x10FFFF, negative, a "
              "surrogate)."),
    VVM_ROW_M("fromBytes(xs: List<Number>) -> Result<String, ParseError>", string_from_bytes, 1, 1,
              "The String with these bytes of UTF-8. Err if they are no valid UTF-8 or one is not 0 to 255."),
};

const struct vvm_builtin_group vvm_string_parts = {VVM_T_STRING, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_string_statics = {VVM_T_STRING, true, VVM_ROWS(statics)};
