/* List: access and change (language.md 8.6). Methods that give a changed list consume their receiver, so that a list
 * nobody else holds changes in place. */
#include "vm/core/gather.h"
#include "vm/core/list_move.h"

static struct vvm_list *this_list(const struct vvm_call *call)
{
    return call->args[0].object;
}

/* An element as the caller's own. */
static vvm_value element(const struct vvm_call *call, size_t index)
{
    return vvm_retain(vvm_list_get_fast(this_list(call), index));
}

static bool want_index(struct vvm_call *call, uint64_t end, size_t *index)
{
    int64_t i;
    if (!vvm_want_number(call, 1, &i))
        return false;
    if (i < 0 || (uint64_t)i >= end) {
        vvm_throw_index(call, i, this_list(call)->length, "List");
        return false;
    }
    *index = (size_t)i;
    return true;
}

/* ---- Access ---- */

static enum vvm_outcome list_length(struct vvm_call *call)
{
    return vvm_done_number(call, (int64_t)this_list(call)->length);
}
static enum vvm_outcome list_is_empty(struct vvm_call *call)
{
    return vvm_done_bool(call, this_list(call)->length == 0);
}
static enum vvm_outcome list_self(struct vvm_call *call) { return vvm_done(call, vvm_take(&call->args[0])); }

static enum vvm_outcome list_get(struct vvm_call *call)
{
    int64_t i;
    if (!vvm_want_number(call, 1, &i))
        return VVM_THROW;
    if (i < 0 || (uint64_t)i >= this_list(call)->length)
        return vvm_done_none(call);
    return vvm_done_some(call, element(call, (size_t)i));
}

static enum vvm_outcome list_first(struct vvm_call *call)
{
    return this_list(call)->length > 0 ? vvm_done_some(call, element(call, 0)) : vvm_done_none(call);
}

static enum vvm_outcome list_last(struct vvm_call *call)
{
    size_t length = this_list(call)->length;
    return length > 0 ? vvm_done_some(call, element(call, length - 1)) : vvm_done_none(call);
}

/* ---- Cuts ---- */

/* A long slice that copies does so in portions; its frame's second slot has the start. */
static bool add_cut(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, element(call, (size_t)call->slots[1].number + i));
}

static enum vvm_outcome cut(struct vvm_call *call, size_t start, size_t end)
{
    size_t count = end < start ? 0 : end - start;
    if (count <= VVM_PORTION || vvm_list_is_own(this_list(call)) || !vvm_list_slice_copies(call->args[0], count))
        return vvm_return(call, vvm_list_slice(vvm_take(&call->args[0]), start, start + count));
    call->slots[1] = vvm_number((int64_t)start);
    return vvm_gather(call, count, (enum vvm_elements)this_list(call)->header.extra, add_cut);
}

static size_t wrapped(int64_t index, size_t length)
{
    if (index < 0)
        index += (int64_t)length;
    return index < 0 ? 0 : (uint64_t)index > length ? length : (size_t)index;
}

static enum vvm_outcome list_slice(struct vvm_call *call)
{
    size_t length = this_list(call)->length;
    int64_t start, end;
    if (!vvm_want_number(call, 1, &start) || !vvm_optional_number(call, 2, (int64_t)length, &end))
        return VVM_THROW;
    return cut(call, wrapped(start, length), wrapped(end, length));
}

static bool want_part(struct vvm_call *call, size_t *n, size_t *length)
{
    *length = this_list(call)->length;
    if (!vvm_want_count(call, 1, n))
        return false;
    *n = *n < *length ? *n : *length;
    return true;
}

static enum vvm_outcome list_take(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, 0, n) : VVM_THROW;
}

static enum vvm_outcome list_drop(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, n, length) : VVM_THROW;
}

static enum vvm_outcome list_take_last(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, length - n, length) : VVM_THROW;
}

static enum vvm_outcome list_drop_last(struct vvm_call *call)
{
    size_t n, length;
    return want_part(call, &n, &length) ? cut(call, 0, length - n) : VVM_THROW;
}

/* ---- Changes ---- */

static enum vvm_outcome list_append(struct vvm_call *call)
{
    return vvm_return(call, vvm_list_append_fast(vvm_take(&call->args[0]), vvm_take(&call->args[1])));
}

/* Moving elements aside costs less than looking at them. */
static enum vvm_outcome moved(struct vvm_call *call, enum vvm_outcome outcome, size_t elements)
{
    return vvm_charge(call, outcome, elements / 4);
}

static enum vvm_outcome list_prepend(struct vvm_call *call)
{
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    size_t length = this_list(call)->length;
    bool room_before = this_list(call)->offset > 0 && vvm_list_is_own(this_list(call));
    if (!room_before && vvm_list_moves_long(call->args[0], length))
        return vvm_list_insert_long(call, vvm_take(&call->args[0]), 0, vvm_take(&call->args[1]));
    vvm_value list = vvm_list_insert(vvm_take(&call->args[0]), 0, vvm_take(&call->args[1]));
    return moved(call, vvm_return(call, list), length);
}

enum { JOINED, ITEMS, LEFT, CONCAT_SLOTS };

/* slots: what is joined so far, the items of the argument, and where they begin. */
static enum vvm_outcome join_on(struct vvm_call *call)
{
    size_t left = (size_t)call->slots[LEFT].number, done = vvm_list_length(call->slots[JOINED]);
    vvm_value from = done < left ? call->args[0] : call->slots[ITEMS];
    size_t start = done < left ? done : done - left, rest = vvm_list_length(from) - start;
    bool values = ((struct vvm_list *)from.object)->header.extra == VVM_ELEMENTS_VALUE;
    size_t most = values ? VVM_PORTION_OF_VALUES : VVM_PORTION, count = rest < most ? rest : most;
    call->slots[JOINED] = vvm_list_add_part(vvm_take(&call->slots[JOINED]), from, start, count);
    if (vvm_is_unset(call->slots[JOINED]))
        return vvm_throw_memory(call);
    bool over = done + count == left + vvm_list_length(call->slots[ITEMS]);
    return over ? vvm_done(call, vvm_take(&call->slots[JOINED])) : vvm_again(call, 1);
}

static bool has_room(const struct vvm_list *list, size_t length)
{
    return list->offset + length <= list->buffer->capacity;
}

static enum vvm_outcome join_long(struct vvm_call *call, vvm_value owned_items)
{
    const struct vvm_list *left = this_list(call), *right = owned_items.object;
    size_t length = left->length + right->length;
    bool own = vvm_list_is_own(left), alike = left->header.extra == right->header.extra;
    bool stays = own && (left->length <= VVM_PORTION || has_room(left, length)); /* to move a long List takes long */
    call->slots[ITEMS] = owned_items;
    call->slots[LEFT] = vvm_number((int64_t)left->length);
    bool grows = own || (call->count > 2 && call->args[2].number != 0); /* the operator says whether nobody else will
                                                                           hold it */
    call->slots[JOINED] =
        stays ? vvm_take(&call->args[0])
              : vvm_list_new(grows ? length + length / 2 : length, alike ? left->header.extra : VVM_ELEMENTS_VALUE);
    return vvm_is_unset(call->slots[JOINED]) ? vvm_throw_memory(call) : join_on(call);
}

#define HAS_ITEMS UINT32_MAX /* stage: the items of a large collection have come */

static enum vvm_outcome list_concat(struct vvm_call *call)
{
    if (call->stage == HAS_ITEMS) {
        vvm_release(call->args[1]);
        call->args[1] = vvm_take_resumed(call);
        call->stage = 0;
    }
    if (call->stage != 0)
        return join_on(call);
    if (vvm_items_take_long(call->args[1]))
        return vvm_ask_items(call, 1, HAS_ITEMS);
    size_t copied = vvm_is_unique(&this_list(call)->header) ? 0 : this_list(call)->length;
    vvm_value items;
    if (vvm_is_plain(call->args[1], VVM_LIST))
        items = vvm_take(&call->args[1]);
    else if (!vvm_want_items(call, 1, &items))
        return VVM_THROW;
    copied += vvm_list_length(items);
    if (copied > VVM_PORTION && vvm_list_length(items) > 0)
        return join_long(call, items);
    return vvm_charge(call, vvm_return(call, vvm_list_concat(vvm_take(&call->args[0]), items)), copied);
}

static enum vvm_outcome list_insert(struct vvm_call *call)
{
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    size_t index;
    size_t length = this_list(call)->length;
    if (!want_index(call, length + 1, &index))
        return VVM_THROW;
    if (vvm_list_moves_long(call->args[0], length - index))
        return vvm_list_insert_long(call, vvm_take(&call->args[0]), index, vvm_take(&call->args[2]));
    vvm_value list = vvm_list_insert(vvm_take(&call->args[0]), index, vvm_take(&call->args[2]));
    return moved(call, vvm_return(call, list), length - index);
}

static enum vvm_outcome list_set(struct vvm_call *call)
{
    size_t index;
    if (!want_index(call, this_list(call)->length, &index))
        return VVM_THROW;
    return vvm_return(call, vvm_list_set(vvm_take(&call->args[0]), index, vvm_take(&call->args[2])));
}

/* Of the ends only the window moves. */
static bool removes_long(const struct vvm_call *call, size_t index)
{
    size_t length = this_list(call)->length;
    return index != 0 && index + 1 != length && vvm_list_moves_long(call->args[0], length - index);
}

static enum vvm_outcome list_remove_at(struct vvm_call *call)
{
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    size_t index;
    size_t length = this_list(call)->length;
    if (!want_index(call, length, &index))
        return VVM_THROW;
    if (removes_long(call, index))
        return vvm_list_remove_long(call, vvm_take(&call->args[0]), index);
    return moved(call, vvm_return(call, vvm_list_remove(vvm_take(&call->args[0]), index)), length - index);
}

/* (owned, owned); unset parts mean that memory is out. */
static enum vvm_outcome done_pair(struct vvm_call *call, vvm_value first, vvm_value second)
{
    if (!vvm_is_unset(first) && !vvm_is_unset(second))
        return vvm_return(call, vvm_tuple_from((vvm_value[]){first, second}, 2));
    vvm_release(first);
    vvm_release(second);
    return vvm_throw_memory(call);
}

static enum vvm_outcome list_remove(struct vvm_call *call)
{
    size_t index;
    if (call->stage != 0)
        return done_pair(call, vvm_take(&call->slots[0]), vvm_take_resumed(call));
    if (!want_index(call, this_list(call)->length, &index))
        return VVM_THROW;
    vvm_value removed = element(call, index);
    if (removes_long(call, index)) {
        call->slots[0] = removed;
        return vvm_list_remove_long(call, vvm_take(&call->args[0]), index);
    }
    return done_pair(call, removed, vvm_list_remove(vvm_take(&call->args[0]), index));
}

static enum vvm_outcome list_pop(struct vvm_call *call)
{
    size_t length = this_list(call)->length;
    if (length == 0)
        return done_pair(call, vvm_none(), vvm_take(&call->args[0]));
    vvm_value last = vvm_some(element(call, length - 1));
    return done_pair(call, last, vvm_list_slice(vvm_take(&call->args[0]), 0, length - 1));
}

static bool add_from_end(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, element(call, this_list(call)->length - 1 - i));
}

/* A List of one's own, in slot 0, is turned round in place; stage: pairs that are swapped. */
static enum vvm_outcome reverse_on(struct vvm_call *call)
{
    size_t pairs = vvm_list_length(call->slots[0]) / 2, end = vvm_portion(call, pairs);
    vvm_list_swap_ends(call->slots[0], call->stage, end - call->stage);
    return end < pairs ? vvm_again(call, end) : vvm_done(call, vvm_take(&call->slots[0]));
}

static enum vvm_outcome list_reverse(struct vvm_call *call)
{
    if (vvm_is_unset(call->args[0]))
        return reverse_on(call);
    size_t length = this_list(call)->length;
    if (length <= VVM_PORTION)
        return vvm_charge(call, vvm_return(call, vvm_list_reverse(vvm_take(&call->args[0]))), length);
    if (!vvm_list_is_own(this_list(call)))
        return vvm_gather(call, length, (enum vvm_elements)this_list(call)->header.extra, add_from_end);
    call->slots[0] = vvm_take(&call->args[0]);
    return reverse_on(call);
}

#define THIS 1
#define FIRST 2
#define SECOND 4

const struct vvm_builtin vvm_list_concat_row =
    VVM_ROW_F("+(xs: List<T>, ys: List<T>, grows: Bool)", list_concat, THIS | FIRST, 3, 3, CONCAT_SLOTS, "");

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("length() -> Number", list_length, "How many elements it has."),
    VVM_ROW_P("size() -> Number", list_length, "The same as length."),
    VVM_ROW_P("isEmpty() -> Bool", list_is_empty, "Without elements?"),
    VVM_ROW_M("get(i: Number) -> Option<T>", list_get, 1, 1, "The element at an index, or None."),
    VVM_ROW_M("at(i: Number) -> Option<T>", list_get, 1, 1, "The same as get."),
    VVM_ROW_M("first() -> Option<T>", list_first, 0, 0, "The first element, or None."),
    VVM_ROW_M("last() -> Option<T>", list_last, 0, 0, "The last element, or None."),
    VVM_ROW_F("slice(start: Number, end: Number = length) -> List<T>", list_slice, THIS, 1, 2, 2,
              "From start to before end; negative ones count from the end; both are clamped."),
    VVM_ROW_F("take(n: Number) -> List<T>", list_take, THIS, 1, 1, 2,
              "The first n elements, or all; ValueError if n is negative."),
    VVM_ROW_F("drop(n: Number) -> List<T>", list_drop, THIS, 1, 1, 2,
              "Without the first n elements; ValueError if n is negative."),
    VVM_ROW_F("takeLast(n: Number) -> List<T>", list_take_last, THIS, 1, 1, 2,
              "The last n elements, or all; ValueError if n is negative."),
    VVM_ROW_F("dropLast(n: Number) -> List<T>", list_drop_last, THIS, 1, 1, 2,
              "Without the last n elements; ValueError if n is negative."),
    VVM_ROW_G("append(x: T) -> List<T>", list_append, THIS | FIRST, 1, "With x at the end."),
    VVM_ROW_G("push(x: T) -> List<T>", list_append, THIS | FIRST, 1, "The same as append."),
    VVM_ROW_G("add(x: T) -> List<T>", list_append, THIS | FIRST, 1, "The same as append."),
    VVM_ROW_F("prepend(x: T) -> List<T>", list_prepend, THIS | FIRST, 1, 1, 0, "With x at the start."),
    VVM_ROW_F("concat(ys: List<T>) -> List<T>", list_concat, THIS | FIRST, 1, 1, CONCAT_SLOTS, 
              "Followed by the elements of ys, a List, Set, Range or Tuple."),
    VVM_ROW_F("addAll(ys: List<T>) -> List<T>", list_concat, THIS | FIRST, 1, 1, CONCAT_SLOTS, "The same as concat."),
    VVM_ROW_F("insert(i: Number, x: T) -> List<T>", list_insert, THIS | SECOND, 2, 2, 0,
              "With x before index i, which may be the length; else IndexOutOfBoundsError."),
    VVM_ROW_G("set(i: Number, x: T) -> List<T>", list_set, THIS | SECOND, 2, 
              "With x instead of the element at index i; IndexOutOfBoundsError."),
    VVM_ROW_F("removeAt(i: Number) -> List<T>", list_remove_at, THIS, 1, 1, 0,
              "Without the element at index i; IndexOutOfBoundsError."),
    VVM_ROW_F("remove(i: Number) -> (T, List<T>)", list_remove, THIS, 1, 1, 1,
              "The element at index i, and the List without it; IndexOutOfBoundsError."),
    VVM_ROW_C("pop() -> (Option<T>, List<T>)", list_pop, THIS, 0, 0,
              "The last element, or None, and the List without it."),
    VVM_ROW_F("reverse() -> List<T>", list_reverse, THIS, 0, 0, 1, "From last to first."),
    VVM_ROW_C("toList() -> List<T>", list_self, THIS, 0, 0, "Itself."),
};

const struct vvm_builtin_group vvm_list_methods = {VVM_T_LIST, false, VVM_ROWS(methods)};
