/* String: searching, splitting, replacing (language.md 8.5). */
#include "vm/core/gather.h"
#include "vm/core/string.h"

size_t vvm_bytes_find(struct vvm_bytes text, struct vvm_bytes needle, size_t from)
{
    if (needle.length == 0)
        return from <= text.length ? from : VVM_NOT_FOUND;
    if (from >= text.length || text.length - from < needle.length)
        return VVM_NOT_FOUND;
    const char *found = memmem(text.data + from, text.length - from, needle.data, needle.length);
    return found != NULL ? (size_t)(found - text.data) : VVM_NOT_FOUND;
}

/* What is searched of a text at one go, in bytes, and how many pieces are made of it. */
#ifdef VELA_TINY
#define STRETCH 64u
#define PIECES 16u
#else
#define STRETCH (32u * 1024)
#define PIECES 2048u
#endif

/* Searches one stretch of the text from `from` on; false: the needle does not begin there, but may behind it. */
static bool find_in_stretch(struct vvm_bytes text, struct vvm_bytes needle, size_t from, size_t *found)
{
    bool whole = text.length <= from || text.length - from <= STRETCH + needle.length;
    struct vvm_bytes part = {text.data, whole ? text.length : from + STRETCH + needle.length};
    *found = vvm_bytes_find(part, needle, from);
    return whole || *found != VVM_NOT_FOUND;
}

/* ---- Questions ---- */

static enum vvm_outcome string_contains(struct vvm_call *call)
{
    struct vvm_bytes needle;
    size_t found;
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    if (!find_in_stretch(vvm_this_bytes(call), needle, call->stage, &found))
        return vvm_again(call, call->stage + STRETCH);
    return vvm_done_bool(call, found != VVM_NOT_FOUND);
}

/* Do the same bytes stand at `at` as in args[1]? stage: how many are compared. */
static enum vvm_outcome stands_at(struct vvm_call *call, size_t at, struct vvm_bytes other)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t left = other.length - call->stage, count = left < VVM_PORTION_OF_BYTES ? left : VVM_PORTION_OF_BYTES;
    bool same = memcmp(text.data + at + call->stage, other.data + call->stage, count) == 0;
    return same && count < left ? vvm_again(call, call->stage + count) : vvm_done_bool(call, same);
}

static enum vvm_outcome string_starts_with(struct vvm_call *call)
{
    struct vvm_bytes head, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &head))
        return VVM_THROW;
    return head.length <= text.length ? stands_at(call, 0, head) : vvm_done_bool(call, false);
}

static enum vvm_outcome string_ends_with(struct vvm_call *call)
{
    struct vvm_bytes tail, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &tail))
        return VVM_THROW;
    return tail.length <= text.length ? stands_at(call, text.length - tail.length, tail) : vvm_done_bool(call, false);
}

static enum vvm_outcome string_index_of(struct vvm_call *call)
{
    struct vvm_bytes needle, text = vvm_this_bytes(call);
    int64_t from;
    if (!vvm_want_string(call, 1, &needle) || !vvm_optional_number(call, 2, 0, &from))
        return VVM_THROW;
    if (from > (int64_t)vvm_string_length(call->args[0]))
        return vvm_done_none(call);
    size_t start = call->stage != 0 ? call->stage : vvm_string_byte(call->args[0], text, from < 0 ? 0 : (size_t)from),
           found;
    if (!find_in_stretch(text, needle, start, &found))
        return vvm_again(call, start + STRETCH);
    return vvm_done_place(call, found == VVM_NOT_FOUND ? -1 : vvm_string_place(call->args[0], text, found));
}

#define SHORT_NEEDLE 32u

static size_t find_last_short(struct vvm_bytes text, struct vvm_bytes needle)
{
    for (size_t i = text.length - needle.length + 1; i-- > 0;)
        if (memcmp(text.data + i, needle.data, needle.length) == 0)
            return i;
    return VVM_NOT_FOUND;
}

static void copy_backwards(char *to, struct vvm_bytes from)
{
    for (size_t i = 0; i < from.length; i++)
        to[i] = from.data[from.length - 1 - i];
}

/* Forwards through the reversed text, since that search takes time in proportion to the text, whatever the needle. */
static bool find_last_long(struct vvm_bytes text, struct vvm_bytes needle, size_t *found)
{
    char *both = vvm_scratch(text.length + needle.length);
    if (both == NULL)
        return false;
    struct vvm_bytes text_back = {both, text.length}, needle_back = {both + text.length, needle.length};
    copy_backwards(both, text);
    copy_backwards(both + text.length, needle);
    size_t place = vvm_bytes_find(text_back, needle_back, 0);
    *found = place == VVM_NOT_FOUND ? place : text.length - place - needle.length;
    vvm_scratch_free(both, text.length + needle.length);
    return true;
}

/* stage: how many places at the end it is known not to begin at. */
static enum vvm_outcome string_last_index_of(struct vvm_call *call)
{
    struct vvm_bytes needle, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    if (needle.length > text.length)
        return vvm_done_none(call);
    size_t places = text.length - needle.length + 1 - call->stage,
           stretch = needle.length > STRETCH ? needle.length : STRETCH;
    size_t first = places > stretch ? places - stretch : 0, found;
    struct vvm_bytes part = {text.data + first, places - first + needle.length - 1};
    if (needle.length <= SHORT_NEEDLE)
        found = find_last_short(part, needle);
    else if (!find_last_long(part, needle, &found))
        return vvm_throw_memory(call);
    if (found == VVM_NOT_FOUND && first > 0)
        return vvm_again(call, call->stage + places - first);
    int64_t place = found == VVM_NOT_FOUND ? -1 : vvm_string_place(call->args[0], text, first + found);
    return vvm_charge(call, vvm_done_place(call, place), places - first);
}

/* stage: where to go on; slot 0: how many there are before that. */
static enum vvm_outcome string_count(struct vvm_call *call)
{
    struct vvm_bytes needle, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    if (needle.length == 0)
        return vvm_done_number(call, (int64_t)vvm_string_length(call->args[0]) + 1);
    int64_t count = call->stage == 0 ? 0 : call->slots[0].number;
    size_t at = call->stage, stop = at + STRETCH, found = 0;
    while (at < stop && find_in_stretch(text, needle, at, &found) && found != VVM_NOT_FOUND) {
        count++;
        at = found + needle.length;
    }
    if (found == VVM_NOT_FOUND && text.length <= at + STRETCH + needle.length)
        return vvm_done_number(call, count);
    call->slots[0] = vvm_number(count);
    return vvm_again(call, at < stop ? at + STRETCH : at);
}

static enum vvm_outcome string_compare_to(struct vvm_call *call)
{
    struct vvm_bytes o;
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    if (!vvm_want_string(call, 1, &o))
        return VVM_THROW;
    if (vvm_is_long_text(call->args[0]) && vvm_is_long_text(call->args[1])) {
        call->callee_args[0] = vvm_retain(call->args[0]);
        call->callee_args[1] = vvm_retain(call->args[1]);
        return vvm_call_core(call, VVM_CORE_COMPARE, 2, 1);
    }
    int order = vvm_compare_bytes(vvm_this_bytes(call), o);
    return vvm_done_number(call, (order > 0) - (order < 0));
}

/* ---- Splitting ---- */

enum { SPLIT, PIECE_START, SPLIT_SLOTS };

/* stage: where the search goes on; slots: the pieces, and where the next one begins. */
static enum vvm_outcome split_on(struct vvm_call *call, struct vvm_bytes text, struct vvm_bytes separator)
{
    size_t at = (size_t)call->slots[PIECE_START].number, from = call->stage, found = 0, pieces = 0,
           stop = from + STRETCH;
    while (pieces < PIECES && from < stop && find_in_stretch(text, separator, from, &found)) {
        size_t end = found == VVM_NOT_FOUND ? text.length : found;
        if (!vvm_gather_add(&call->slots[SPLIT], vvm_string_new(text.data + at, end - at)))
            return vvm_throw_memory(call);
        if (found == VVM_NOT_FOUND)
            return vvm_charge(call, vvm_done(call, vvm_take(&call->slots[SPLIT])), text.length / 16);
        at = from = found + separator.length;
        pieces++;
    }
    call->slots[PIECE_START] = vvm_number((int64_t)at);
    return vvm_again(call, pieces < PIECES && from < stop ? from + STRETCH : from);
}

static enum vvm_outcome string_split(struct vvm_call *call)
{
    struct vvm_bytes separator;
    if (!vvm_want_string(call, 1, &separator))
        return VVM_THROW;
    if (separator.length == 0)
        return vvm_string_chars(call);
    if (vvm_is_unset(call->slots[SPLIT])) {
        call->slots[PIECE_START] = vvm_number(0);
        if (vvm_is_unset(call->slots[SPLIT] = vvm_list_new(0, VVM_ELEMENTS_VALUE)))
            return vvm_throw_memory(call);
    }
    return split_on(call, vvm_this_bytes(call), separator);
}

/* ---- Replacing ---- */

/* stage: where the search goes on; slots: the text so far, and where the first one was found. */
static enum vvm_outcome string_replace(struct vvm_call *call)
{
    struct vvm_bytes from, to, text = vvm_this_bytes(call);
    size_t found = call->stage;
    if (!vvm_want_string(call, 1, &from) || !vvm_want_string(call, 2, &to))
        return VVM_THROW;
    if (vvm_is_unset(call->slots[1]) && !find_in_stretch(text, from, call->stage, &found))
        return vvm_again(call, call->stage + STRETCH);
    if (vvm_is_unset(call->slots[1]))
        call->slots[1] = vvm_number(found == VVM_NOT_FOUND ? -1 : (int64_t)found);
    if (call->slots[1].number < 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    found = (size_t)call->slots[1].number;
    struct vvm_bytes rest = {text.data + found + from.length, text.length - found - from.length};
    return vvm_lay_text(call,
                        (struct vvm_text_part[]){{{text.data, found}, found}, {to, to.length}, {rest, rest.length}}, 3);
}

/* An empty pattern stands before each code point and at the end. stage: the byte that is next. */
static enum vvm_outcome spread(struct vvm_call *call, struct vvm_bytes to)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    struct vvm_text_builder out;
    size_t i = call->stage, places = vvm_string_length(call->args[0]) + 1, total;
    if (__builtin_mul_overflow(places, to.length, &total) || total > VVM_STRING_BYTES_MAX - text.length)
        return vvm_throw_too_long(call);
    bool whole = total + text.length <= VVM_PORTION_OF_CHARS;
    vvm_text_init(&out);
    vvm_text_reserve(&out, whole ? total + text.length : VVM_PORTION_OF_CHARS);
    while (i < text.length && (whole || out.length < VVM_PORTION_OF_CHARS)) {
        size_t taken = vvm_utf8_length(text.data[i]);
        vvm_text_add(&out, to.data, to.length);
        vvm_text_add(&out, text.data + i, taken);
        i += taken;
    }
    if (i == text.length)
        vvm_text_add(&out, to.data, to.length);
    if (whole)
        return vvm_charge(call, vvm_done_built(call, &out), total + text.length);
    if (call->stage == 0)
        call->slots[0] = vvm_string_with_room(total + text.length);
    if (!vvm_keep_text(call, &out))
        return VVM_THROW;
    return i < text.length ? vvm_again(call, i) : vvm_done(call, vvm_take(&call->slots[0]));
}

enum { REPLACED, COPIED, REPLACE_SLOTS };

/* Adds text and replacements to `out`, from slot COPIED on, as much as a portion may; true: to the end of the text. */
static bool replace_portion(struct vvm_call *call, struct vvm_bytes from, struct vvm_bytes to,
                            struct vvm_text_builder *out)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t at = (size_t)call->slots[COPIED].number, search = call->stage, stop = search + STRETCH, found = 0;
    while (out->length < STRETCH && search < stop && find_in_stretch(text, from, search, &found)) {
        vvm_text_add(out, text.data + at, (found == VVM_NOT_FOUND ? text.length : found) - at);
        if (found == VVM_NOT_FOUND)
            return true;
        vvm_text_add(out, to.data, to.length);
        at = search = found + from.length;
    }
    call->slots[COPIED] = vvm_number((int64_t)at);
    call->stage = (uint32_t)(out->length < STRETCH && search < stop ? search + STRETCH : search);
    return false;
}

/* Is the result longer than a String can be? It is counted only where that is possible at all. */
static bool grows_too_long(struct vvm_bytes text, struct vvm_bytes from, struct vvm_bytes to)
{
    size_t growth = to.length > from.length ? to.length - from.length : 0, room = VVM_STRING_BYTES_MAX - text.length,
           count = 0;
    if (growth == 0 || text.length / from.length <= room / growth)
        return false;
    for (size_t at = 0; (at = vvm_bytes_find(text, from, at)) != VVM_NOT_FOUND && count <= room / growth; count++)
        at += from.length;
    return count > room / growth;
}

static enum vvm_outcome replace_each(struct vvm_call *call, struct vvm_bytes from, struct vvm_bytes to)
{
    struct vvm_text_builder out;
    if (call->stage == 0 && grows_too_long(vvm_this_bytes(call), from, to))
        return vvm_throw_too_long(call);
    if (call->stage == 0)
        call->slots[COPIED] = vvm_number(0);
    vvm_text_init(&out);
    bool whole = replace_portion(call, from, to, &out);
    if (whole && vvm_is_unset(call->slots[REPLACED]))
        return vvm_done_built(call, &out);
    if (!vvm_keep_text(call, &out))
        return VVM_THROW;
    return whole ? vvm_done(call, vvm_take(&call->slots[REPLACED])) : vvm_again(call, call->stage);
}

static enum vvm_outcome string_replace_all(struct vvm_call *call)
{
    struct vvm_bytes from, to;
    if (!vvm_want_string(call, 1, &from) || !vvm_want_string(call, 2, &to))
        return VVM_THROW;
    return from.length != 0 ? replace_each(call, from, to) : spread(call, to);
}

/* ---- As numbers ---- */

static enum vvm_outcome string_to_number(struct vvm_call *call)
{
    int64_t value;
    if (!vvm_read_number(vvm_this_bytes(call), 10, &value))
        return vvm_done_none(call);
    return vvm_done_some(call, vvm_number(value));
}

static enum vvm_outcome string_to_float(struct vvm_call *call)
{
    double value;
    if (!vvm_float_of_text(vvm_this_bytes(call), &value))
        return vvm_done_none(call);
    return vvm_done_some(call, vvm_float(value));
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("contains(s: String) -> Bool", string_contains, 0, 1, 1, 0,
              "Does s stand in it? The empty String stands in every one."),
    VVM_ROW_F("startsWith(s: String) -> Bool", string_starts_with, 0, 1, 1, 0, "Does it begin with s?"),
    VVM_ROW_F("endsWith(s: String) -> Bool", string_ends_with, 0, 1, 1, 0, "Does it end with s?"),
    VVM_ROW_F("indexOf(s: String, from: Number = 0) -> Option<Number>", string_index_of, 0, 1, 2, 0,
              "The index where s first stands, at or after the index from; None if nowhere."),
    VVM_ROW_F("lastIndexOf(s: String) -> Option<Number>", string_last_index_of, 0, 1, 1, 0,
              "The index where s last stands; None if nowhere."),
    VVM_ROW_F("count(s: String) -> Number", string_count, 0, 1, 1, 1,
              "How often s stands in it, without overlaps; the empty String one time more than there are Chars."),
    VVM_ROW_F("compareTo(o: String) -> Number", string_compare_to, 0, 1, 1, 0,
              "-1, 0 or 1: the order by code points, as `<` has it."),
    VVM_ROW_F("split(sep: String) -> List<String>", string_split, 0, 1, 1, SPLIT_SLOTS,
              "What stands between the separators, empty pieces too; the whole if there is none. `split(\"\")` "
              "gives the Chars."),
    VVM_ROW_F("replace(a: String, b: String) -> String", string_replace, 0, 2, 2, 2, "With the first a replaced by b."),
    VVM_ROW_F("replaceAll(a: String, b: String) -> String", string_replace_all, 0, 2, 2, REPLACE_SLOTS,
              "With every a replaced by b, from the left and without overlaps; an empty a stands before every Char "
              "and at the end. ValueError beyond 2 GiB."),
    VVM_ROW_M("toNumber() -> Option<Number>", string_to_number, 0, 0,
              "The Number it shows as Number.parse reads it, or None."),
    VVM_ROW_M("toFloat() -> Option<Float>", string_to_float, 0, 0,
              "The Float it shows as Float.parse reads it, or None."),
};

const struct vvm_builtin_group vvm_string_search = {VVM_T_STRING, false, VVM_ROWS(methods)};
