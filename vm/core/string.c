/* String: its parts (language.md 8.5). */
#include "vm/core/gather.h"
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

static enum vvm_outcome string_is_empty(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_this_bytes(call).length == 0);
}
static enum vvm_outcome string_self(struct vvm_call *call) { return vvm_done(call, vvm_retain(call->args[0])); }

/* ---- Places in long texts, which take time to find: slots of what is handed over to ---- */

enum { PART, LEFT, FROM, PLACE_SLOTS };

/* Goes on from byte call->stage to the code point that is slots[LEFT] further on. True: *place is its first byte. */
static bool find_place(struct vvm_call *call, struct vvm_bytes text, size_t *place)
{
    size_t at = call->stage, left = (size_t)call->slots[LEFT].number;
    size_t end =
        text.length - at > VVM_PORTION_OF_BYTES ? vvm_portion_of_chars(text, at + VVM_PORTION_OF_BYTES) : text.length;
    size_t here = vvm_utf8_count(text.data + at, end - at);
    if (here > left || end == text.length) {
        *place = at + vvm_utf8_offset(text.data + at, end - at, left);
        return true;
    }
    call->slots[LEFT] = vvm_number((int64_t)(left - here));
    call->stage = (uint32_t)end;
    return false;
}

/* The Char at an index that is one. */
static enum vvm_outcome far_char(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t place;
    uint32_t code_point;
    if (vvm_is_unset(call->slots[LEFT]))
        call->slots[LEFT] = call->args[1];
    if (!find_place(call, text, &place))
        return vvm_again(call, call->stage);
    vvm_utf8_decode(text.data + place, &code_point);
    return vvm_done(call, vvm_string_of_code_point(code_point));
}

/* Both bounds of a part. False: the second one is not found yet. */
static bool find_bounds(struct vvm_call *call, struct vvm_bytes text, size_t *start, size_t *end)
{
    *start = (size_t)call->args[1].number;
    *end = (size_t)call->args[2].number;
    if (vvm_string_length(call->args[0]) == text.length)
        return true;
    size_t count = *end - *start;
    if (vvm_is_unset(call->slots[LEFT]))
        call->slots[LEFT] = vvm_number((int64_t)*start);
    if (vvm_is_unset(call->slots[FROM]) && find_place(call, text, start)) {
        call->slots[FROM] = vvm_number((int64_t)*start);
        call->slots[LEFT] = vvm_number((int64_t)count);
        call->stage = (uint32_t)*start;
        return false;
    }
    if (vvm_is_unset(call->slots[FROM]) || !find_place(call, text, end))
        return false;
    *start = (size_t)call->slots[FROM].number;
    call->slots[LEFT] = vvm_number(0); /* where the stage is the end stays the place */
    call->stage = (uint32_t)*end;
    return true;
}

/* Code points [start, end) of the text, within its bounds. */
static enum vvm_outcome long_part(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t start, end;
    if (!find_bounds(call, text, &start, &end))
        return vvm_again(call, call->stage);
    return vvm_lay_bytes(call, text.data + start, end - start);
}

const struct vvm_builtin vvm_far_char_row =
    VVM_ROW_F("charAt(s: String, i: Number)", far_char, 0, 2, 2, PLACE_SLOTS, "");
const struct vvm_builtin vvm_long_part_row =
    VVM_ROW_F("slice(s: String, start: Number, end: Number)", long_part, 0, 3, 3, PLACE_SLOTS, "");

bool vvm_is_far_char(vvm_value string, size_t index)
{
    return index > VVM_PORTION_OF_BYTES / 4 && vvm_string_length(string) != vvm_string_bytes(&string).length;
}

bool vvm_is_long_part(vvm_value string, size_t start, size_t end)
{
    return end - start > VVM_PORTION_OF_BYTES / 4 ? end - start != vvm_string_length(string)
                                                  : vvm_is_far_char(string, end);
}

/* ---- Chars ---- */

static vvm_value char_at(const struct vvm_call *call, int64_t index)
{
    struct vvm_bytes bytes = vvm_this_bytes(call);
    uint32_t code_point;
    vvm_utf8_decode(bytes.data + vvm_string_byte(call->args[0], bytes, (size_t)index), &code_point);
    return vvm_string_of_code_point(code_point);
}

static enum vvm_outcome ask_far(struct vvm_call *call, int64_t index)
{
    call->callee_args[0] = vvm_retain(call->args[0]);
    call->callee_args[1] = vvm_number(index);
    return vvm_hand_over(call, &vvm_far_char_row, 2, 1);
}

static enum vvm_outcome string_get(struct vvm_call *call)
{
    int64_t index;
    if (call->stage != 0)
        return vvm_done_some(call, vvm_take_resumed(call));
    if (!vvm_want_number(call, 1, &index))
        return VVM_THROW;
    if (index < 0 || (uint64_t)index >= vvm_string_length(call->args[0]))
        return vvm_done_none(call);
    return vvm_is_far_char(call->args[0], (size_t)index) ? ask_far(call, index)
                                                         : vvm_done_some(call, char_at(call, index));
}

static enum vvm_outcome string_char_at(struct vvm_call *call)
{
    int64_t index;
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    if (!vvm_want_number(call, 1, &index))
        return VVM_THROW;
    size_t length = vvm_string_length(call->args[0]);
    if (index < 0 || (uint64_t)index >= length)
        return vvm_throw_index(call, index, length, "String");
    return vvm_is_far_char(call->args[0], (size_t)index) ? ask_far(call, index) : vvm_done(call, char_at(call, index));
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
    if (end < start)
        end = start;
    if (!vvm_is_long_part(call->args[0], start, end))
        return vvm_return(call, vvm_string_slice(call->args[0], start, end));
    call->callee_args[0] = vvm_retain(call->args[0]);
    call->callee_args[1] = vvm_number((int64_t)start);
    call->callee_args[2] = vvm_number((int64_t)end);
    return vvm_hand_over(call, &vvm_long_part_row, 3, 1);
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
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    return want_bounds(call, &start, &end) ? cut(call, clamped(start, length), clamped(end, length)) : VVM_THROW;
}

static enum vvm_outcome string_slice(struct vvm_call *call)
{
    int64_t start, end;
    size_t length = vvm_string_length(call->args[0]);
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
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
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    return want_part(call, &n, &length) ? cut(call, 0, n) : VVM_THROW;
}

static enum vvm_outcome string_drop(struct vvm_call *call)
{
    size_t n, length;
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    return want_part(call, &n, &length) ? cut(call, n, length) : VVM_THROW;
}

static enum vvm_outcome string_take_last(struct vvm_call *call)
{
    size_t n, length;
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    return want_part(call, &n, &length) ? cut(call, length - n, length) : VVM_THROW;
}

static enum vvm_outcome string_drop_last(struct vvm_call *call)
{
    size_t n, length;
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    return want_part(call, &n, &length) ? cut(call, 0, length - n) : VVM_THROW;
}

/* ---- From numbers: slots are the text so far and the items, the stage is the number of those that are taken ---- */

enum { MADE, ITEMS, MADE_SLOTS };

static enum vvm_outcome bad_part(struct vvm_call *call, struct vvm_text_builder *text, vvm_value part, const char *what)
{
    vvm_text_drop(text);
    vvm_release(vvm_take(&call->slots[MADE]));
    return vvm_done_not_a(call, what, part);
}

static bool is_code_point(vvm_value v)
{
    return vvm_is_number(v) && v.number >= 0 && v.number <= 0x10ffff && v.number >> 11 != 0x1b;
}

static bool is_byte(vvm_value v) { return vvm_is_number(v) && v.number >= 0 && v.number <= 255; }

/* Adds the items of one portion. DONE: they all stand in slot MADE, or it is unset, and the result is an Err. */
static enum vvm_outcome add_items(struct vvm_call *call, bool bytes)
{
    struct vvm_text_builder text;
    const struct vvm_list *list = call->slots[ITEMS].object;
    size_t end = vvm_portion(call, list->length);
    vvm_text_init(&text);
    for (size_t i = call->stage; i < end; i++) {
        vvm_value part = vvm_list_get_fast(list, i);
        char encoded[4] = {(char)part.number};
        if (bytes ? !is_byte(part) : !is_code_point(part))
            return bad_part(call, &text, part, bytes ? "byte" : "code point");
        vvm_text_add(&text, encoded, bytes ? 1 : vvm_utf8_encode((uint32_t)part.number, encoded));
    }
    if (!vvm_keep_text(call, &text))
        return VVM_THROW;
    return end < list->length ? vvm_again(call, end) : VVM_DONE;
}

static bool want_all_items(struct vvm_call *call)
{
    return !vvm_is_unset(call->slots[ITEMS]) || vvm_want_items(call, 0, &call->slots[ITEMS]);
}

static enum vvm_outcome string_from_code_points(struct vvm_call *call)
{
    if (!want_all_items(call))
        return VVM_THROW;
    enum vvm_outcome outcome = add_items(call, false);
    if (outcome != VVM_DONE || vvm_is_unset(call->slots[MADE]))
        return outcome;
    return vvm_charge(call, vvm_done_ok(call, vvm_take(&call->slots[MADE])),
                      vvm_list_length(call->slots[ITEMS]) - call->stage);
}

/* stage: behind the items, the bytes that are known to be UTF-8. */
static enum vvm_outcome validated(struct vvm_call *call, size_t items)
{
    struct vvm_bytes text = vvm_string_bytes(&call->slots[MADE]);
    size_t begin = call->stage > items ? call->stage - items : 0, end = vvm_portion_of_chars(text, begin);
    if (!vvm_utf8_valid(text.data + begin, end - begin))
        return vvm_done_error(call, VVM_T_PARSE_ERROR, "the bytes are not valid UTF-8");
    if (end < text.length)
        return vvm_again(call, items + end);
    return vvm_charge(call, vvm_done_ok(call, vvm_take(&call->slots[MADE])), items);
}

static enum vvm_outcome string_from_bytes(struct vvm_call *call)
{
    if (!want_all_items(call))
        return VVM_THROW;
    size_t items = vvm_list_length(call->slots[ITEMS]);
    enum vvm_outcome outcome = call->stage < items || items == 0 ? add_items(call, true) : VVM_DONE;
    bool made = outcome == VVM_DONE && !vvm_is_unset(call->slots[MADE]);
    return made ? validated(call, items) : outcome;
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("length() -> Number", string_length, "How many code points it has; takes no time."),
    VVM_ROW_M("byteLength() -> Number", string_byte_length, 0, 0, "How many bytes it has in UTF-8."),
    VVM_ROW_P("isEmpty() -> Bool", string_is_empty, "Without any code point?"),
    VVM_ROW_M("toString() -> String", string_self, 0, 0, "Itself."),
    VVM_ROW_F("get(i: Number) -> Option<Char>", string_get, 0, 1, 1, 0,
              "The Char at an index, counted from 0 in code points, or None. `s[i]` throws instead."),
    VVM_ROW_F("charAt(i: Number) -> Char", string_char_at, 0, 1, 1, 0,
              "The Char at an index, the same as `s[i]`. IndexOutOfBoundsError if there is none. Takes no time in "
              "an ASCII String, else time in proportion to i."),
    VVM_ROW_M("codePoint() -> Number", string_code_point, 0, 0,
              "The first code point. ValueError if the String is empty."),
    VVM_ROW_F("substring(start: Number, end: Number = length) -> String", string_substring, 0, 1, 2, 0,
              "From index start to before index end; both are clamped to the String, and start > end gives an "
              "empty one. `s[a..b]` throws instead."),
    VVM_ROW_F("slice(start: Number, end: Number = length) -> String", string_slice, 0, 1, 2, 0,
              "From index start to before index end; negative ones count from the end; both are clamped to the "
              "String."),
    VVM_ROW_F("take(n: Number) -> String", string_take, 0, 1, 1, 0,
              "The first n Chars, or all if there are fewer. ValueError if n is negative."),
    VVM_ROW_F("drop(n: Number) -> String", string_drop, 0, 1, 1, 0,
              "Without the first n Chars. ValueError if n is negative."),
    VVM_ROW_F("takeLast(n: Number) -> String", string_take_last, 0, 1, 1, 0,
              "The last n Chars, or all if there are fewer. ValueError if n is negative."),
    VVM_ROW_F("dropLast(n: Number) -> String", string_drop_last, 0, 1, 1, 0,
              "Without the last n Chars. ValueError if n is negative."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_F("fromCodePoints(xs: List<Number>) -> Result<String, ParseError>", string_from_code_points, 0, 1, 1,
              MADE_SLOTS,
              "The String of these code points. Err for a Number that is none (above 0x10FFFF, negative, a "
              "surrogate)."),
    VVM_ROW_F("fromBytes(xs: List<Number>) -> Result<String, ParseError>", string_from_bytes, 0, 1, 1, MADE_SLOTS,
              "The String with these bytes of UTF-8. Err if they are no valid UTF-8 or one is not 0 to 255."),
};

const struct vvm_builtin_group vvm_string_parts = {VVM_T_STRING, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_string_statics = {VVM_T_STRING, true, VVM_ROWS(statics)};
