/* Strings that are put together: the texts of a List, and one text behind another. */
#include "vm/core/gather.h"

/* ---- The texts of a List ---- */

/* slots: the text so far; the length of all of it, once that is counted; how much is copied of the element under
 * way. */
enum { JOINED, LENGTH, COPIED, JOIN_SLOTS };

/* Bytes of the Strings among these elements, with the separators: all of it, if all are Strings. */
static size_t joined_length(const struct vvm_list *list, size_t start, size_t end, size_t separator)
{
    size_t total = separator * (end - start);
    if (list->header.extra != VVM_ELEMENTS_VALUE)
        return total;
    for (size_t i = start; i < end && total <= VVM_STRING_BYTES_MAX; i++) {
        vvm_value item = vvm_list_get_fast(list, i);
        total += vvm_is_string(item) ? vvm_string_bytes(&item).length : 0;
    }
    return total;
}

/* As much of a String, from byte *from on, as a portion may copy; true: to its end, and *from is 0 again. */
static bool add_string(struct vvm_text_builder *out, vvm_value string, size_t *from)
{
    struct vvm_bytes text = vvm_string_bytes(&string);
    size_t left = text.length - *from, count = left < VVM_PORTION_OF_BYTES ? left : VVM_PORTION_OF_BYTES;
    vvm_text_add(out, text.data + *from, count);
    *from = count < left ? *from + count : 0;
    return count == left;
}

/* The texts of the elements from *i on, each but the List's first one behind a separator, as far as a portion goes. */
static enum vvm_truth join_part(struct vvm_text_builder *out, const struct vvm_list *list, size_t *i, size_t end,
                                size_t *from, struct vvm_bytes separator)
{
    for (; !out->failed && *i < end && out->length < VVM_PORTION_OF_BYTES; ++*i) {
        if (*i > 0 && *from == 0)
            vvm_text_add(out, separator.data, separator.length);
        vvm_value item = vvm_list_get_fast(list, *i);
        if (vvm_is_string(item)) {
            if (!add_string(out, item, from))
                break;
        } else if (vvm_text(item, false, out) == VVM_NEEDS_CALL) {
            return VVM_NEEDS_CALL;
        }
    }
    return VVM_TRUE;
}

/* Too long a result of a long List is known before it is made. stage: how many elements are counted. */
static enum vvm_outcome measure_on(struct vvm_call *call, const struct vvm_list *list, size_t separator)
{
    size_t end = vvm_portion_of_values(call, list->length),
           before = call->stage == 0 ? 0 : (size_t)call->slots[LENGTH].number;
    size_t total = before + joined_length(list, call->stage, end, separator);
    call->slots[LENGTH] = vvm_number((int64_t)total);
    return total > VVM_STRING_BYTES_MAX + separator ? vvm_throw_too_long(call) : vvm_again(call, end);
}

/* Room for a text of so many bytes in slot 0, so that it need not move as it grows; without memory it has to. */
static void reserve_text(struct vvm_call *call, size_t bytes)
{
    if (vvm_is_unset(call->slots[JOINED]) && bytes >= VVM_PORTION && bytes <= VVM_STRING_BYTES_MAX)
        call->slots[JOINED] = vvm_string_with_room(bytes);
}

/* stage: how many elements are joined, behind those counted of a long List. */
static enum vvm_outcome joined(struct vvm_call *call)
{
    struct vvm_bytes separator;
    struct vvm_text_builder out;
    if (!vvm_want_kind(call, 0, VVM_LIST) || !vvm_want_string(call, 1, &separator))
        return VVM_THROW;
    const struct vvm_list *list = call->args[0].object;
    size_t counted = list->length > VVM_PORTION_OF_VALUES ? list->length : 0;
    if (call->stage < counted)
        return measure_on(call, list, separator.length);
    size_t begin = call->stage - counted, end = vvm_portion_of_values(call, list->length + counted) - counted,
           i = begin;
    size_t from = vvm_is_unset(call->slots[COPIED]) ? 0 : (size_t)call->slots[COPIED].number;
    size_t room = counted != 0 ? (size_t)call->slots[LENGTH].number / counted * (end - begin)
                               : joined_length(list, begin, end, separator.length);
    vvm_text_init(&out);
    vvm_text_reserve(&out, room < VVM_PORTION_OF_BYTES ? room : VVM_PORTION_OF_BYTES);
    if (join_part(&out, list, &i, end, &from, separator) == VVM_NEEDS_CALL) {
        vvm_text_drop(&out);
        return vvm_done_slow(call);
    }
    if (begin == 0 && i == list->length && vvm_is_unset(call->slots[JOINED]))
        return vvm_charge(call, vvm_done_built(call, &out), i);
    reserve_text(call, counted != 0 ? (size_t)call->slots[LENGTH].number : room);
    if (!vvm_keep_text(call, &out))
        return VVM_THROW;
    call->slots[COPIED] = vvm_number((int64_t)from);
    return i < list->length ? vvm_again(call, i + counted) : vvm_done(call, vvm_take(&call->slots[JOINED]));
}

/* ---- a + b ---- */

/* What a holds alone and has room for is appended to; else both are copied, with more room where the result will grow
 * again. stage: the length of a; args: a, b, will it grow? */
static enum vvm_outcome concat_long(struct vvm_call *call)
{
    struct vvm_bytes b = vvm_string_bytes(&call->args[1]);
    if (call->stage == 0) {
        struct vvm_bytes a = vvm_string_bytes(&call->args[0]);
        size_t total = a.length + b.length, grown = call->args[2].number != 0 ? total + total / 2 : total;
        bool own = vvm_string_has_room(call->args[0], b.length) && vvm_is_unique(call->args[0].object);
        call->stage = (uint32_t)a.length;
        call->slots[0] = own ? vvm_take(&call->args[0])
                             : vvm_string_with_room(grown < VVM_STRING_BYTES_MAX ? grown : VVM_STRING_BYTES_MAX);
        if (vvm_is_unset(call->slots[0]))
            call->slots[0] = vvm_string_with_room(total);
        if (vvm_is_unset(call->slots[0]))
            return vvm_throw_memory(call);
    }
    size_t done = vvm_string_bytes(&call->slots[0]).length, start = done < call->stage ? done : done - call->stage;
    struct vvm_bytes from = done < call->stage ? vvm_string_bytes(&call->args[0]) : b;
    size_t left = from.length - start, count = left < VVM_PORTION_OF_BYTES ? left : VVM_PORTION_OF_BYTES;
    vvm_string_append(call->slots[0], (struct vvm_bytes){from.data + start, count});
    if (done + count < call->stage + b.length)
        return vvm_again(call, call->stage);
    return vvm_done(call, vvm_take(&call->slots[0]));
}

const struct vvm_builtin vvm_concat_row =
    VVM_ROW_F("+(a: String, b: String, grows: Bool)", concat_long, 1, 3, 3, 1, "");

/* a + b, in place where nobody else holds a. The texts come from functions of the program. */
static enum vvm_outcome concat(struct vvm_call *call)
{
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    if (!vvm_is_string(call->args[1]))
        return vvm_throw(call, VVM_T_TYPE_ERROR, "the function must give a String, got %s",
                         vvm_kind_name(call, call->args[1]));
    size_t total = vvm_string_bytes(&call->args[0]).length + vvm_string_bytes(&call->args[1]).length;
    if (total > VVM_STRING_BYTES_MAX)
        return vvm_throw_too_long(call);
    if (!vvm_string_joins_slowly(call->args[0], call->args[1], true))
        return vvm_return(call, vvm_string_concat(vvm_take(&call->args[0]), call->args[1]));
    call->callee_args[0] = vvm_take(&call->args[0]);
    call->callee_args[1] = vvm_retain(call->args[1]);
    call->callee_args[2] = vvm_bool(true);
    return vvm_hand_over(call, &vvm_concat_row, 3, 1);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_F("__joined(xs: List<T>, sep: String) -> Any", joined, 0, 2, 2, JOIN_SLOTS,
              "The texts with sep between them."),
    VVM_ROW_F("__concat(a: String, b: String) -> String", concat, 1, 2, 2, 0, "a + b."),
};

const struct vvm_builtin_group vvm_string_join = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
