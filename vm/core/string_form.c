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

static bool is_ascii(vvm_value string, struct vvm_bytes text)
{
    return vvm_string_length(string) == text.length;
}

/* One code point may take more bytes than the one it comes from. */
static void add_mapped(struct vvm_text_builder *out, struct vvm_bytes text, uint32_t (*map)(uint32_t))
{
    vvm_text_reserve(out, text.length);
    for (size_t i = 0; i < text.length;) {
        uint32_t c;
        i += vvm_utf8_decode(text.data + i, &c);
        if (!vvm_text_reserve(out, 4))
            return;
        out->length += vvm_utf8_encode(map(c), out->data + out->length);
    }
}

/* The letters from `first` to `first` + 25 change case; no branch, so that the compiler takes many bytes at once. */
static void add_ascii_mapped(struct vvm_text_builder *out, struct vvm_bytes text, char first)
{
    if (!vvm_text_reserve(out, text.length))
        return;
    unsigned char *to = (unsigned char *)out->data + out->length;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        to[i] = (unsigned char)(c ^ (unsigned char)(((unsigned char)(c - (unsigned char)first) < 26) << 5));
    }
    out->length += text.length;
}

static enum vvm_outcome mapped(struct vvm_call *call, uint32_t (*map)(uint32_t), char first)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (is_ascii(call->args[0], text))
        add_ascii_mapped(&out, text, first);
    else
        add_mapped(&out, text, map);
    return vvm_done_built(call, &out);
}

static enum vvm_outcome string_to_upper(struct vvm_call *call) { return mapped(call, vvm_char_upper, 'a'); }
static enum vvm_outcome string_to_lower(struct vvm_call *call) { return mapped(call, vvm_char_lower, 'A'); }

static enum vvm_outcome string_capitalize(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    size_t first = text.length > 0 ? vvm_utf8_length(text.data[0]) : 0;
    add_mapped(&out, (struct vvm_bytes){text.data, first}, vvm_char_upper);
    vvm_text_add(&out, text.data + first, text.length - first);
    return vvm_done_built(call, &out);
}

static enum vvm_outcome string_reverse(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (!vvm_text_reserve(&out, text.length))
        return vvm_done_built(call, &out);
    bool ascii = is_ascii(call->args[0], text);
    for (size_t i = 0; i < text.length;) {
        size_t taken = ascii ? 1 : vvm_utf8_length(text.data[i]);
        memcpy(out.data + text.length - i - taken, text.data + i, taken);
        i += taken;
    }
    out.length = text.length;
    return vvm_done_built(call, &out);
}

/* ---- Repeating and padding ---- */

static enum vvm_outcome string_repeat(struct vvm_call *call)
{
    size_t times;
    struct vvm_bytes text = vvm_this_bytes(call);
    if (!vvm_want_count(call, 1, &times))
        return VVM_THROW;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_repeated(&out, text.data, text.length, times);
    return vvm_done_built(call, &out);
}

/* `room` code points of the filling. */
static void add_filling(struct vvm_text_builder *out, struct vvm_bytes fill, size_t room)
{
    size_t length = vvm_utf8_count(fill.data, fill.length);
    vvm_text_add_repeated(out, fill.data, fill.length, room / length);
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
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (front)
        add_filling(&out, fill, room);
    vvm_text_add_value(&out, call->args[0]);
    if (!front)
        add_filling(&out, fill, room);
    return vvm_done_built(call, &out);
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
    VVM_ROW_M("trim() -> String", string_trim, 0, 0, "Without Unicode white space at both ends."),
    VVM_ROW_M("trimStart() -> String", string_trim_start, 0, 0, "Without Unicode white space at the start."),
    VVM_ROW_M("trimEnd() -> String", string_trim_end, 0, 0, "Without Unicode white space at the end."),
    VVM_ROW_M("toUpperCase() -> String", string_to_upper, 0, 0,
              "In upper case by Unicode's simple mapping, Char by Char; what has none stays."),
    VVM_ROW_M("toLowerCase() -> String", string_to_lower, 0, 0,
              "In lower case by Unicode's simple mapping, Char by Char; what has none stays."),
    VVM_ROW_M("capitalize() -> String", string_capitalize, 0, 0,
              "With its first Char in upper case and the rest as it is."),
    VVM_ROW_M("reverse() -> String", string_reverse, 0, 0, "Its code points from last to first."),
    VVM_ROW_M("repeat(n: Number) -> String", string_repeat, 1, 1,
              "This n times, the same as `s * n`. ValueError if n is negative or the result longer than a String "
              "can be (2 GiB)."),
    VVM_ROW_M("padStart(n: Number, fill: String = \" \") -> String", string_pad_start, 1, 2,
              "Filled up at the start to a length of n Chars; itself if it is as long or fill is empty. ValueError "
              "beyond 2 GiB."),
    VVM_ROW_M("padEnd(n: Number, fill: String = \" \") -> String", string_pad_end, 1, 2,
              "Filled up at the end to a length of n Chars; itself if it is as long or fill is empty. ValueError "
              "beyond 2 GiB."),
    VVM_ROW_M("isDigit() -> Bool", string_is_digit, 0, 0, "Not empty, and decimal digits (Unicode Nd) only?"),
    VVM_ROW_M("isLetter() -> Bool", string_is_letter, 0, 0, "Not empty, and letters (Unicode L) only?"),
    VVM_ROW_M("isWhitespace() -> Bool", string_is_whitespace, 0, 0, "Not empty, and Unicode white space only?"),
    VVM_ROW_M("isUpperCase() -> Bool", string_is_upper, 0, 0, "Not empty, and upper-case letters only?"),
    VVM_ROW_M("isLowerCase() -> Bool", string_is_lower, 0, 0, "Not empty, and lower-case letters only?"),
    VVM_ROW_M("isAlphanumeric() -> Bool", string_is_alphanumeric, 0, 0,
              "Not empty, and letters and decimal digits only?"),
};

const struct vvm_builtin_group vvm_string_form = {VVM_T_STRING, false, VVM_ROWS(methods)};
