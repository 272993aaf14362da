/* String: trimming, case, padding, kinds of Chars (language.md 8.5). */
#include "vm/core/gather.h"
#include "vm/core/string.h"

/* ---- Trimming ---- */

/* slots of what trims a long text: the copy, and where it begins and ends */
enum { TRIMMED, FRONT, BACK, TRIM_SLOTS };

/* Where the white space at byte `from` ends, at most `stop`. */
static size_t leading_space(struct vvm_bytes text, size_t from, size_t stop)
{
    while (from < stop) {
        uint32_t c;
        size_t taken = vvm_utf8_decode(text.data + from, &c);
        if (!vvm_char_is_space(c))
            break;
        from += taken;
    }
    return from;
}

/* The end of the text before `end` without white space after it, not before `stop`. */
static size_t trimmed_end(struct vvm_bytes text, size_t stop, size_t end)
{
    while (end > stop) {
        size_t i = end - 1;
        while (i > stop && ((unsigned char)text.data[i] & 0xc0) == 0x80)
            i--;
        uint32_t c;
        vvm_utf8_decode(text.data + i, &c);
        if (!vvm_char_is_space(c))
            break;
        end = i;
    }
    return end;
}

/* The bounds as far as they are found. False: there is more white space to pass. */
static bool trim_bounds(struct vvm_call *call, bool front, bool back)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t start = (size_t)call->slots[FRONT].number, end = (size_t)call->slots[BACK].number;
    size_t stop = vvm_portion_of_chars(text, start);
    if (front)
        start = leading_space(text, start, stop);
    bool found = !front || start < stop || stop == text.length;
    stop = vvm_portion_of_chars_back(text, end);
    stop = stop < start ? start : stop;
    if (back && found) {
        end = trimmed_end(text, stop, end);
        found = end > stop || stop == start;
    }
    call->slots[FRONT] = vvm_number((int64_t)start);
    call->slots[BACK] = vvm_number((int64_t)end);
    return found;
}

/* args: the text, and at which ends. */
static enum vvm_outcome trim_long(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    if (vvm_is_unset(call->slots[FRONT])) {
        call->slots[FRONT] = vvm_number(0);
        call->slots[BACK] = vvm_number((int64_t)text.length);
    }
    if (vvm_is_unset(call->slots[TRIMMED]) && !trim_bounds(call, call->args[1].number != 0, call->args[2].number != 0))
        return vvm_again(call, 1);
    size_t start = (size_t)call->slots[FRONT].number, length = (size_t)call->slots[BACK].number - start;
    if (length == text.length)
        return vvm_done(call, vvm_retain(call->args[0]));
    return vvm_lay_bytes(call, text.data + start, length);
}

static const struct vvm_builtin trim_long_row =
    VVM_ROW_F("trim(s: String, front: Bool, back: Bool)", trim_long, 0, 3, 3, TRIM_SLOTS, "");

static enum vvm_outcome trimmed(struct vvm_call *call, bool front, bool back)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    if (text.length > VVM_PORTION_OF_CHARS) {
        call->callee_args[0] = vvm_retain(call->args[0]);
        call->callee_args[1] = vvm_bool(front);
        call->callee_args[2] = vvm_bool(back);
        return vvm_hand_over(call, &trim_long_row, 3, 1);
    }
    size_t start = front ? leading_space(text, 0, text.length) : 0;
    size_t end = back ? trimmed_end(text, start, text.length) : text.length;
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
    size_t begin = call->stage, end = vvm_portion_of_chars(text, begin);
    struct vvm_bytes part = {text.data + begin, end - begin};
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (is_ascii(call->args[0], text))
        add_ascii_mapped(&out, part, first);
    else
        add_mapped(&out, part, map);
    return vvm_made_of_chars(call, &out, begin, end, text.length);
}

static enum vvm_outcome string_to_upper(struct vvm_call *call) { return mapped(call, vvm_char_upper, 'a'); }
static enum vvm_outcome string_to_lower(struct vvm_call *call) { return mapped(call, vvm_char_lower, 'A'); }

static enum vvm_outcome string_capitalize(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    char encoded[4];
    uint32_t c;
    if (text.length == 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    size_t first = vvm_utf8_decode(text.data, &c), length = vvm_utf8_encode(vvm_char_upper(c), encoded);
    return vvm_lay_text(call,
                        (struct vvm_text_part[]){{{encoded, length}, length},
                                                 {{text.data + first, text.length - first}, text.length - first}},
                        2);
}

/* Adds the code points from last to first. */
static void add_reversed(struct vvm_text_builder *out, struct vvm_bytes text, bool ascii)
{
    if (!vvm_text_reserve(out, text.length))
        return;
    char *end = out->data + out->length + text.length;
    for (size_t i = 0; i < text.length;) {
        size_t taken = ascii ? 1 : vvm_utf8_length(text.data[i]);
        memcpy(end - i - taken, text.data + i, taken);
        i += taken;
    }
    out->length += text.length;
}

/* stage: bytes at its end that are turned round. */
static enum vvm_outcome string_reverse(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t end = text.length - call->stage, begin = vvm_portion_of_chars_back(text, end);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    add_reversed(&out, (struct vvm_bytes){text.data + begin, end - begin}, is_ascii(call->args[0], text));
    return vvm_made_of_chars(call, &out, call->stage, text.length - begin, text.length);
}

/* ---- Repeating and padding ---- */

static enum vvm_outcome string_repeat(struct vvm_call *call)
{
    size_t times, total;
    struct vvm_bytes text = vvm_this_bytes(call);
    if (!vvm_want_count(call, 1, &times))
        return VVM_THROW;
    if (__builtin_mul_overflow(text.length, times, &total))
        return vvm_throw_too_long(call);
    if (total > VVM_PORTION_OF_BYTES)
        return vvm_lay_text(call, &(struct vvm_text_part){text, total}, 1);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_repeated(&out, text.data, text.length, times);
    return vvm_charge(call, vvm_done_built(call, &out), total / VVM_BYTES_PER_ELEMENT);
}

const struct vvm_builtin vvm_repeat_row = VVM_ROW_F("repeat(s: String, n: Number)", string_repeat, 0, 2, 2, 1, "");

/* `room` code points of the filling. */
static struct vvm_text_part filling(struct vvm_bytes fill, size_t room)
{
    size_t length = vvm_utf8_count(fill.data, fill.length), bytes;
    if (__builtin_mul_overflow(room / length, fill.length, &bytes))
        bytes = VVM_STRING_BYTES_MAX;
    return (struct vvm_text_part){fill, bytes + vvm_utf8_offset(fill.data, fill.length, room % length)};
}

static enum vvm_outcome pad(struct vvm_call *call, bool front)
{
    int64_t wanted;
    struct vvm_bytes fill = {" ", 1}, text = vvm_this_bytes(call);
    if (!vvm_want_number(call, 1, &wanted) || (vvm_has_argument(call, 2) && !vvm_want_string(call, 2, &fill)))
        return VVM_THROW;
    size_t length = vvm_string_length(call->args[0]);
    if (wanted <= (int64_t)length || fill.length == 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    struct vvm_text_part added = filling(fill, (size_t)wanted - length), own = {text, text.length};
    return vvm_lay_text(call, front ? (struct vvm_text_part[]){added, own} : (struct vvm_text_part[]){own, added}, 2);
}

static enum vvm_outcome string_pad_start(struct vvm_call *call) { return pad(call, true); }
static enum vvm_outcome string_pad_end(struct vvm_call *call) { return pad(call, false); }

/* ---- Kinds: not empty, and true of every Char ---- */

static enum vvm_outcome all_are(struct vvm_call *call, bool (*test)(uint32_t))
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t end = vvm_portion_of_chars(text, call->stage);
    for (size_t i = call->stage; i < end;) {
        uint32_t c;
        i += vvm_utf8_decode(text.data + i, &c);
        if (!test(c))
            return vvm_charge(call, vvm_done_bool(call, false), i - call->stage);
    }
    return end < text.length ? vvm_again(call, end) : vvm_charge(call, vvm_done_bool(call, end > 0), end - call->stage);
}

static bool is_alphanumeric(uint32_t c) { return vvm_char_is_letter(c) || vvm_char_is_digit(c); }

static enum vvm_outcome string_is_digit(struct vvm_call *call) { return all_are(call, vvm_char_is_digit); }
static enum vvm_outcome string_is_letter(struct vvm_call *call) { return all_are(call, vvm_char_is_letter); }
static enum vvm_outcome string_is_whitespace(struct vvm_call *call) { return all_are(call, vvm_char_is_space); }
static enum vvm_outcome string_is_upper(struct vvm_call *call) { return all_are(call, vvm_char_is_upper); }
static enum vvm_outcome string_is_lower(struct vvm_call *call) { return all_are(call, vvm_char_is_lower); }
static enum vvm_outcome string_is_alphanumeric(struct vvm_call *call) { return all_are(call, is_alphanumeric); }

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("trim() -> String", string_trim, 0, 0, 0, 0, "Without Unicode white space at both ends."),
    VVM_ROW_F("trimStart() -> String", string_trim_start, 0, 0, 0, 0, "Without Unicode white space at the start."),
    VVM_ROW_F("trimEnd() -> String", string_trim_end, 0, 0, 0, 0, "Without Unicode white space at the end."),
    VVM_ROW_F("toUpperCase() -> String", string_to_upper, 0, 0, 0, 1,
              "In upper case by Unicode's simple mapping, Char by Char; what has none stays."),
    VVM_ROW_F("toLowerCase() -> String", string_to_lower, 0, 0, 0, 1,
              "In lower case by Unicode's simple mapping, Char by Char; what has none stays."),
    VVM_ROW_F("capitalize() -> String", string_capitalize, 0, 0, 0, 1,
              "With its first Char in upper case and the rest as it is."),
    VVM_ROW_F("reverse() -> String", string_reverse, 0, 0, 0, 1, "Its code points from last to first."),
    VVM_ROW_F("repeat(n: Number) -> String", string_repeat, 0, 1, 1, 1,
              "This n times, the same as `s * n`. ValueError if n is negative or the result longer than a String "
              "can be (2 GiB)."),
    VVM_ROW_F("padStart(n: Number, fill: String = \" \") -> String", string_pad_start, 0, 1, 2, 1,
              "Filled up at the start to a length of n Chars; itself if it is as long or fill is empty. ValueError "
              "beyond 2 GiB."),
    VVM_ROW_F("padEnd(n: Number, fill: String = \" \") -> String", string_pad_end, 0, 1, 2, 1,
              "Filled up at the end to a length of n Chars; itself if it is as long or fill is empty. ValueError "
              "beyond 2 GiB."),
    VVM_ROW_F("isDigit() -> Bool", string_is_digit, 0, 0, 0, 0, "Not empty, and decimal digits (Unicode Nd) only?"),
    VVM_ROW_F("isLetter() -> Bool", string_is_letter, 0, 0, 0, 0, "Not empty, and letters (Unicode L) only?"),
    VVM_ROW_F("isWhitespace() -> Bool", string_is_whitespace, 0, 0, 0, 0, "Not empty, and Unicode white space only?"),
    VVM_ROW_F("isUpperCase() -> Bool", string_is_upper, 0, 0, 0, 0, "Not empty, and upper-case letters only?"),
    VVM_ROW_F("isLowerCase() -> Bool", string_is_lower, 0, 0, 0, 0, "Not empty, and lower-case letters only?"),
    VVM_ROW_F("isAlphanumeric() -> Bool", string_is_alphanumeric, 0, 0, 0, 0,
              "Not empty, and letters and decimal digits only?"),
};

const struct vvm_builtin_group vvm_string_form = {VVM_T_STRING, false, VVM_ROWS(methods)};
