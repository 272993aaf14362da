/* String: trimming, case, padding, kinds of Chars (language.md 8.5). */
#include "vm/core/string.h"

/* ---- Trimming ---- */

static size_t leading_space(struct vvm_bytes text)
{
    size_t i = 0;
    while (i < text.length) {
        uint32_t c;
        size_t taken = vvm_utf8_decode(text.data + i, &c);
        if (!vvm_char_is_space(c))
            break;
        i += taken;
    }
    return i;
}

/* The end of the text without white space after it, not before `start`. */
static size_t trimmed_end(struct vvm_bytes text, size_t start)
{
    size_t end = text.length;
    while (end > start) {
        size_t i = end - 1;
        while (i > start && ((unsigned char)text.data[i] & 0xc0) == 0x80)
            i--;
        uint32_t c;
        vvm_utf8_decode(text.data + i, &c);
        if (!vvm_char_is_space(c))
            break;
        end = i;
    }
    return end;
}

static enum vvm_outcome trimmed(struct vvm_call *call, bool front, bool back)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t start = front ? leading_space(text) : 0;
    size_t end = back ? trimmed_end(text, start) : text.length;
    if (start == 0 && end == text.length)
        return vvm_done(call, vvm_retain(call->args[0]));
    return vvm_done_text(call, text.data + start, end - start);
}

static enum vvm_outcome string_trim(struct vvm_call *call) { return trimmed(call, true, true); }
static enum vvm_outcome string_trim_start(struct vvm_call *call) { return trimmed(call, true, false); }
static enum vvm_outcome string_trim_end(struct vvm_call *call) { return trimmed(call, false, true); }

/* ---- Case ---- */

static void add_mapped(struct vvm_text_builder *out, struct vvm_bytes text, uint32_t (*map)(uint32_t))
{
    vvm_text_reserve(out, text.length);
    for (size_t i = 0; i < text.length;) {
        uint32_t c;
        char encoded[4];
        i += vvm_utf8_decode(text.data + i, &c);
        vvm_text_add(out, encoded, vvm_utf8_encode(map(c), encoded));
    }
}

static enum vvm_outcome mapped(struct vvm_call *call, uint32_t (*map)(uint32_t))
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    add_mapped(&out, vvm_this_bytes(call), map);
    return vvm_return(call, vvm_text_finish(&out));
}

static enum vvm_outcome string_to_upper(struct vvm_call *call) { return mapped(call, vvm_char_upper); }
static enum vvm_outcome string_to_lower(struct vvm_call *call) { return mapped(call, vvm_char_lower); }

static enum vvm_outcome string_capitalize(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    uint32_t c;
    size_t first = text.length > 0 ? vvm_utf8_decode(text.data, &c) : 0;
    add_mapped(&out, (struct vvm_bytes){text.data, first}, vvm_char_upper);
    vvm_text_add(&out, text.data + first, text.length - first);
    return vvm_return(call, vvm_text_finish(&out));
}

static enum vvm_outcome string_reverse(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_reserve(&out, text.length);
    for (size_t end = text.length; end > 0;) {
        size_t start = end - 1;
        while (start > 0 && ((unsigned char)text.data[start] & 0xc0) == 0x80)
            start--;
        vvm_text_add(&out, text.data + start, end - start);
        end = start;
    }
    return vvm_return(call, vvm_text_finish(&out));
}

/* ---- Repeating and padding ---- */

#define STRING_BYTES_MAX ((uint64_t)UINT32_MAX)

static bool too_long(size_t length, size_t times)
{
    uint64_t total;
    return __builtin_mul_overflow((uint64_t)length, (uint64_t)times, &total) || total > STRING_BYTES_MAX;
}

static void add_repeated(struct vvm_text_builder *out, struct vvm_bytes text, size_t times)
{
    if (!vvm_text_reserve(out, text.length * times))
        return;
    for (size_t i = 0; i < times; i++)
        vvm_text_add(out, text.data, text.length);
}

static enum vvm_outcome string_repeat(struct vvm_call *call)
{
    size_t times;
    struct vvm_bytes text = vvm_this_bytes(call);
    if (!vvm_want_count(call, 1, &times))
        return VVM_THROW;
    if (text.length == 0 || times == 0)
        return vvm_done_text(call, "", 0);
    if (too_long(text.length, times))
        return vvm_throw_memory(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    add_repeated(&out, text, times);
    return vvm_return(call, vvm_text_finish(&out));
}

/* `room` code points of the filling. */
static void add_filling(struct vvm_text_builder *out, struct vvm_bytes fill, size_t room)
{
    size_t length = vvm_utf8_count(fill.data, fill.length);
    add_repeated(out, fill, room / length);
    vvm_text_add(out, fill.data, vvm_utf8_offset(fill.data, fill.length, room % length));
}

static enum vvm_outcome pad(struct vvm_call *call, bool front)
{
    int64_t wanted;
    struct vvm_bytes fill = {" ", 1};
    if (!vvm_want_number(call, 1, &wanted) || (vvm_has_argument(call, 2) && !vvm_want_string(call, 2, &fill)))
        return VVM_THROW;
    size_t length = vvm_string_length(call->args[0]);
    if (wanted <= (int64_t)length || fill.length == 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    size_t room = (size_t)wanted - length;
    if (too_long(fill.length, room))
        return vvm_throw_memory(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (front)
        add_filling(&out, fill, room);
    vvm_text_add_value(&out, call->args[0]);
    if (!front)
        add_filling(&out, fill, room);
    return vvm_return(call, vvm_text_finish(&out));
}

static enum vvm_outcome string_pad_start(struct vvm_call *call) { return pad(call, true); }
static enum vvm_outcome string_pad_end(struct vvm_call *call) { return pad(call, false); }

/* ---- Kinds: not empty, and true of every Char ---- */

static enum vvm_outcome all_are(struct vvm_call *call, bool (*test)(uint32_t))
{
    struct vvm_bytes text = vvm_this_bytes(call);
    for (size_t i = 0; i < text.length;) {
        uint32_t c;
        i += vvm_utf8_decode(text.data + i, &c);
        if (!test(c))
            return vvm_done_bool(call, false);
    }
    return vvm_done_bool(call, text.length > 0);
}

static bool is_alphanumeric(uint32_t c) { return vvm_char_is_letter(c) || vvm_char_is_digit(c); }

static enum vvm_outcome string_is_digit(struct vvm_call *call) { return all_are(call, vvm_char_is_digit); }
static enum vvm_outcome string_is_letter(struct vvm_call *call) { return all_are(call, vvm_char_is_letter); }
static enum vvm_outcome string_is_whitespace(struct vvm_call *call) { return all_are(call, vvm_char_is_space); }
static enum vvm_outcome string_is_upper(struct vvm_call *call) { return all_are(call, vvm_char_is_upper); }
static enum vvm_outcome string_is_lower(struct vvm_call *call) { return all_are(call, vvm_char_is_lower); }
static enum vvm_outcome string_is_alphanumeric(struct vvm_call *call) { return all_are(call, is_alphanumeric); }

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("trim() -> String", string_trim, 0, 0, "Without white space at both ends."),
    VVM_ROW_M("trimStart() -> String", string_trim_start, 0, 0, "Without white space at the start."),
    VVM_ROW_M("trimEnd() -> String", string_trim_end, 0, 0, "Without white space at the end."),
    VVM_ROW_M("toUpperCase() -> String", string_to_upper, 0, 0, "In upper case, Char by Char."),
    VVM_ROW_M("toLowerCase() -> String", string_to_lower, 0, 0, "In lower case, Char by Char."),
    VVM_ROW_M("capitalize() -> String", string_capitalize, 0, 0, "With its first Char in upper case."),
    VVM_ROW_M("reverse() -> String", string_reverse, 0, 0, "Its code points from last to first."),
    VVM_ROW_M("repeat(n: Number) -> String", string_repeat, 1, 1, "This n times."),
    VVM_ROW_M("padStart(n: Number, fill: String = \" \") -> String", string_pad_start, 1, 2, "Filled up at the start to n Chars."),
    VVM_ROW_M("padEnd(n: Number, fill: String = \" \") -> String", string_pad_end, 1, 2, "Filled up at the end to n Chars."),
    VVM_ROW_M("isDigit() -> Bool", string_is_digit, 0, 0, "Decimal digits only?"),
    VVM_ROW_M("isLetter() -> Bool", string_is_letter, 0, 0, "Letters only?"),
    VVM_ROW_M("isWhitespace() -> Bool", string_is_whitespace, 0, 0, "White space only?"),
    VVM_ROW_M("isUpperCase() -> Bool", string_is_upper, 0, 0, "Upper-case letters only?"),
    VVM_ROW_M("isLowerCase() -> Bool", string_is_lower, 0, 0, "Lower-case letters only?"),
    VVM_ROW_M("isAlphanumeric() -> Bool", string_is_alphanumeric, 0, 0, "Letters and digits only?"),
};

const struct vvm_builtin_group vvm_string_form = {VVM_T_STRING, false, VVM_ROWS(methods)};
