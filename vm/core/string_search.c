/* String: searching, splitting, replacing (language.md 8.5). */
#include "vm/core/string.h"

#include <stdlib.h>

size_t vvm_bytes_find(struct vvm_bytes text, struct vvm_bytes needle, size_t from)
{
    if (needle.length == 0)
        return from <= text.length ? from : VVM_NOT_FOUND;
    if (from >= text.length || text.length - from < needle.length)
        return VVM_NOT_FOUND;
    const char *found = memmem(text.data + from, text.length - from, needle.data, needle.length);
    return found != NULL ? (size_t)(found - text.data) : VVM_NOT_FOUND;
}

/* ---- Questions ---- */

static enum vvm_outcome string_contains(struct vvm_call *call)
{
    struct vvm_bytes needle;
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    return vvm_done_bool(call, vvm_bytes_find(vvm_this_bytes(call), needle, 0) != VVM_NOT_FOUND);
}

static enum vvm_outcome string_starts_with(struct vvm_call *call)
{
    struct vvm_bytes head, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &head))
        return VVM_THROW;
    return vvm_done_bool(call, head.length <= text.length && memcmp(text.data, head.data, head.length) == 0);
}

static enum vvm_outcome string_ends_with(struct vvm_call *call)
{
    struct vvm_bytes tail, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &tail))
        return VVM_THROW;
    return vvm_done_bool(call, tail.length <= text.length &&
                                   memcmp(text.data + text.length - tail.length, tail.data, tail.length) == 0);
}

static enum vvm_outcome string_index_of(struct vvm_call *call)
{
    struct vvm_bytes needle, text = vvm_this_bytes(call);
    int64_t from;
    if (!vvm_want_string(call, 1, &needle) || !vvm_optional_number(call, 2, 0, &from))
        return VVM_THROW;
    if (from > (int64_t)vvm_string_length(call->args[0]))
        return vvm_done_none(call);
    size_t start = vvm_string_byte(call->args[0], text, from < 0 ? 0 : (size_t)from);
    size_t found = vvm_bytes_find(text, needle, start);
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
    char *both = malloc(text.length + needle.length);
    if (both == NULL)
        return false;
    struct vvm_bytes text_back = {both, text.length}, needle_back = {both + text.length, needle.length};
    copy_backwards(both, text);
    copy_backwards(both + text.length, needle);
    size_t place = vvm_bytes_find(text_back, needle_back, 0);
    *found = place == VVM_NOT_FOUND ? place : text.length - place - needle.length;
    free(both);
    return true;
}

static enum vvm_outcome string_last_index_of(struct vvm_call *call)
{
    struct vvm_bytes needle, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    if (needle.length > text.length)
        return vvm_done_none(call);
    size_t found;
    if (needle.length <= SHORT_NEEDLE)
        found = find_last_short(text, needle);
    else if (!find_last_long(text, needle, &found))
        return vvm_throw_memory(call);
    return vvm_done_place(call, found == VVM_NOT_FOUND ? -1 : vvm_string_place(call->args[0], text, found));
}

static size_t count_of(struct vvm_bytes text, struct vvm_bytes needle)
{
    size_t count = 0, at = 0;
    while ((at = vvm_bytes_find(text, needle, at)) != VVM_NOT_FOUND) {
        count++;
        at += needle.length;
    }
    return count;
}

static enum vvm_outcome string_count(struct vvm_call *call)
{
    struct vvm_bytes needle;
    if (!vvm_want_string(call, 1, &needle))
        return VVM_THROW;
    if (needle.length == 0)
        return vvm_done_number(call, (int64_t)vvm_string_length(call->args[0]) + 1);
    return vvm_done_number(call, (int64_t)count_of(vvm_this_bytes(call), needle));
}

static enum vvm_outcome string_compare_to(struct vvm_call *call)
{
    struct vvm_bytes o;
    if (!vvm_want_string(call, 1, &o))
        return VVM_THROW;
    int order = vvm_compare_bytes(vvm_this_bytes(call), o);
    return vvm_done_number(call, (order > 0) - (order < 0));
}

/* ---- Splitting ---- */

static vvm_value split(struct vvm_bytes text, struct vvm_bytes separator)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t at = 0; !vvm_is_unset(list);) {
        size_t found = vvm_bytes_find(text, separator, at);
        size_t end = found == VVM_NOT_FOUND ? text.length : found;
        vvm_value piece = vvm_string_new(text.data + at, end - at);
        if (vvm_is_unset(piece)) {
            vvm_release(list);
            return piece;
        }
        list = vvm_list_append_fast(list, piece);
        if (found == VVM_NOT_FOUND)
            break;
        at = found + separator.length;
    }
    return list;
}

static enum vvm_outcome string_split(struct vvm_call *call)
{
    struct vvm_bytes separator;
    if (!vvm_want_string(call, 1, &separator))
        return VVM_THROW;
    if (separator.length == 0)
        return vvm_return(call, vvm_string_chars(call->args[0]));
    return vvm_return(call, split(vvm_this_bytes(call), separator));
}

/* ---- Replacing ---- */

static enum vvm_outcome string_replace(struct vvm_call *call)
{
    struct vvm_bytes from, to, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &from) || !vvm_want_string(call, 2, &to))
        return VVM_THROW;
    size_t found = vvm_bytes_find(text, from, 0);
    if (found == VVM_NOT_FOUND)
        return vvm_done(call, vvm_retain(call->args[0]));
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add(&out, text.data, found);
    vvm_text_add(&out, to.data, to.length);
    vvm_text_add(&out, text.data + found + from.length, text.length - found - from.length);
    return vvm_done_built(call, &out);
}

/* An empty pattern stands before each code point and at the end. */
static void spread(struct vvm_text_builder *out, struct vvm_bytes text, struct vvm_bytes to)
{
    for (size_t i = 0; i < text.length;) {
        uint32_t code_point;
        size_t taken = vvm_utf8_decode(text.data + i, &code_point);
        vvm_text_add(out, to.data, to.length);
        vvm_text_add(out, text.data + i, taken);
        i += taken;
    }
    vvm_text_add(out, to.data, to.length);
}

/* Room for the whole result, so that one too long is known before anything is copied. */
static bool reserve_replaced(struct vvm_text_builder *out, struct vvm_bytes text, size_t count, size_t from, size_t to)
{
    size_t growth = to > from ? to - from : 0, more;
    if (__builtin_mul_overflow(growth, count, &more) || more > VVM_STRING_BYTES_MAX)
        more = VVM_STRING_BYTES_MAX;
    return vvm_text_reserve(out, text.length - (growth == 0 ? (from - to) * count : 0) + more);
}

static void add_replaced(struct vvm_text_builder *out, struct vvm_bytes text, struct vvm_bytes from, struct vvm_bytes to)
{
    size_t at = 0, found;
    while ((found = vvm_bytes_find(text, from, at)) != VVM_NOT_FOUND) {
        vvm_text_add(out, text.data + at, found - at);
        vvm_text_add(out, to.data, to.length);
        at = found + from.length;
    }
    vvm_text_add(out, text.data + at, text.length - at);
}

static enum vvm_outcome string_replace_all(struct vvm_call *call)
{
    struct vvm_bytes from, to, text = vvm_this_bytes(call);
    if (!vvm_want_string(call, 1, &from) || !vvm_want_string(call, 2, &to))
        return VVM_THROW;
    size_t count = from.length == 0 ? vvm_string_length(call->args[0]) + 1 : count_of(text, from);
    if (count == 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (reserve_replaced(&out, text, count, from.length, to.length)) {
        if (from.length == 0)
            spread(&out, text, to);
        else
            add_replaced(&out, text, from, to);
    }
    return vvm_done_built(call, &out);
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
    VVM_ROW_M("contains(s: String) -> Bool", string_contains, 1, 1,
              "Does s stand in it? The empty String stands in every one."),
    VVM_ROW_M("startsWith(s: String) -> Bool", string_starts_with, 1, 1, "Does it begin with s?"),
    VVM_ROW_M("endsWith(s: String) -> Bool", string_ends_with, 1, 1, "Does it end with s?"),
    VVM_ROW_M("indexOf(s: String, from: Number = 0) -> Option<Number>", string_index_of, 1, 2,
              "The index where s first stands, at or after the index from; None if nowhere."),
    VVM_ROW_M("lastIndexOf(s: String) -> Option<Number>", string_last_index_of, 1, 1,
              "The index where s last stands; None if nowhere."),
    VVM_ROW_M("count(s: String) -> Number", string_count, 1, 1,
              "How often s stands in it, without overlaps; the empty String one time more than there are Chars."),
    VVM_ROW_M("compareTo(o: String) -> Number", string_compare_to, 1, 1,
              "-1, 0 or 1: the order by code points, as `<` has it."),
    VVM_ROW_M("split(sep: String) -> List<String>", string_split, 1, 1,
              "What stands between the separators, empty pieces too; the whole if there is none. `split(\"\")` "
              "gives the Chars."),
    VVM_ROW_M("replace(a: String, b: String) -> String", string_replace, 2, 2, "With the first a replaced by b."),
    VVM_ROW_M("replaceAll(a: String, b: String) -> String", string_replace_all, 2, 2,
              "With every a replaced by b, from the left and without overlaps; an empty a stands before every Char "
              "and at the end. ValueError beyond 2 GiB."),
    VVM_ROW_M("toNumber() -> Option<Number>", string_to_number, 0, 0,
              "The Number it shows as Number.parse reads it, or None."),
    VVM_ROW_M("toFloat() -> Option<Float>", string_to_float, 0, 0,
              "The Float it shows as Float.parse reads it, or None."),
};

const struct vvm_builtin_group vvm_string_search = {VVM_T_STRING, false, VVM_ROWS(methods)};
