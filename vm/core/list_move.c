/* List: insertions and removals that move or copy many elements, in portions. */
#include "vm/core/gather.h"
#include "vm/core/list_move.h"

/* slots: the List as it becomes, and its hole or how much of the old one it has; the arguments are (List, index) and
 * the item. */
enum { CHANGED, AT, MOVE_SLOTS };

bool vvm_list_moves_long(vvm_value list, size_t behind)
{
    const struct vvm_list *l = list.object;
    if (l->length <= VVM_PORTION)
        return false;
    return behind > VVM_PORTION_OF_MOVES || !vvm_list_is_own(l) || l->offset + l->length >= l->buffer->capacity;
}

static bool has_room(vvm_value list, enum vvm_elements kind)
{
    const struct vvm_list *l = list.object;
    return vvm_list_is_own(l) && l->header.extra == kind && l->offset + l->length < l->buffer->capacity;
}

/* One portion nearer to `to`; true: there. */
static bool move_hole(struct vvm_call *call, size_t to)
{
    size_t hole = (size_t)call->slots[AT].number, left = hole > to ? hole - to : to - hole;
    size_t step = left < VVM_PORTION_OF_MOVES ? left : VVM_PORTION_OF_MOVES,
           next = hole > to ? hole - step : hole + step;
    vvm_list_move_hole(call->slots[CHANGED], hole, next);
    call->slots[AT] = vvm_number((int64_t)next);
    return next == to;
}

/* Takes over elements of the old List as far as one portion goes, from slots[AT] to `end`; true: all of them. */
static bool copy_to(struct vvm_call *call, size_t end)
{
    size_t at = (size_t)call->slots[AT].number,
           count = end - at < VVM_PORTION_OF_VALUES ? end - at : VVM_PORTION_OF_VALUES;
    call->slots[CHANGED] = vvm_list_add_part(vvm_take(&call->slots[CHANGED]), call->args[0], at, count);
    call->slots[AT] = vvm_number((int64_t)(at + count));
    return at + count == end;
}

enum { BEGIN, MOVES, COPIES, COPIES_REST };

static enum vvm_outcome again_unless_failed(struct vvm_call *call, uint32_t stage)
{
    return vvm_is_unset(call->slots[CHANGED]) ? vvm_throw_memory(call) : vvm_again(call, stage);
}

static enum vvm_outcome begin_insert(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    enum vvm_elements item = vvm_elements_of(call->args[2]),
                      kind = list->header.extra == item ? item : VVM_ELEMENTS_VALUE;
    if (has_room(call->args[0], kind)) {
        call->slots[AT] = vvm_number((int64_t)list->length);
        call->slots[CHANGED] = vvm_take(&call->args[0]);
        vvm_list_add_hole(call->slots[CHANGED]);
        return vvm_again(call, MOVES);
    }
    size_t grown = list->length + (vvm_list_is_own(list) ? list->length / 2 : 0) + 1;
    call->slots[AT] = vvm_number(0);
    call->slots[CHANGED] = vvm_list_new(grown, kind);
    return again_unless_failed(call, COPIES);
}

static enum vvm_outcome insert_long(struct vvm_call *call)
{
    size_t index = (size_t)call->args[1].number;
    if (call->stage == BEGIN)
        return begin_insert(call);
    if (call->stage == MOVES) {
        if (!move_hole(call, index))
            return vvm_again(call, MOVES);
        vvm_list_fill_hole(call->slots[CHANGED], index, vvm_take(&call->args[2]));
        return vvm_done(call, vvm_take(&call->slots[CHANGED]));
    }
    bool over = copy_to(call, call->stage == COPIES ? index : vvm_list_length(call->args[0]));
    if (vvm_is_unset(call->slots[CHANGED]) || !over)
        return again_unless_failed(call, call->stage);
    if (call->stage == COPIES_REST)
        return vvm_done(call, vvm_take(&call->slots[CHANGED]));
    call->slots[CHANGED] = vvm_list_append(vvm_take(&call->slots[CHANGED]), vvm_take(&call->args[2]));
    return again_unless_failed(call, COPIES_REST);
}

static enum vvm_outcome begin_remove(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    if (vvm_list_is_own(list)) {
        call->slots[AT] = call->args[1];
        call->slots[CHANGED] = vvm_take(&call->args[0]);
        vvm_release(vvm_list_take_out(call->slots[CHANGED], (size_t)call->args[1].number));
        return vvm_again(call, MOVES);
    }
    call->slots[AT] = vvm_number(0);
    call->slots[CHANGED] = vvm_list_new(list->length, list->header.extra);
    return again_unless_failed(call, COPIES);
}

static enum vvm_outcome remove_long(struct vvm_call *call)
{
    size_t index = (size_t)call->args[1].number;
    if (call->stage == BEGIN)
        return begin_remove(call);
    if (call->stage == MOVES) {
        size_t last = vvm_list_length(call->slots[CHANGED]) - 1;
        if (!move_hole(call, last))
            return vvm_again(call, MOVES);
        return vvm_return(call, vvm_list_slice(vvm_take(&call->slots[CHANGED]), 0, last));
    }
    bool over = copy_to(call, call->stage == COPIES ? index : vvm_list_length(call->args[0]));
    if (vvm_is_unset(call->slots[CHANGED]) || !over)
        return again_unless_failed(call, call->stage);
    if (call->stage == COPIES_REST)
        return vvm_done(call, vvm_take(&call->slots[CHANGED]));
    call->slots[AT] = vvm_number((int64_t)index + 1);
    return vvm_again(call, COPIES_REST);
}

static const struct vvm_builtin insert_row =
    VVM_ROW_F("insert(xs: List<T>, i: Number, x: T)", insert_long, 1 | 4, 3, 3, MOVE_SLOTS, "");
static const struct vvm_builtin remove_row =
    VVM_ROW_F("removeAt(xs: List<T>, i: Number)", remove_long, 1, 2, 2, MOVE_SLOTS, "");

enum vvm_outcome vvm_list_insert_long(struct vvm_call *call, vvm_value owned_list, size_t index, vvm_value owned_item)
{
    call->callee_args[0] = owned_list;
    call->callee_args[1] = vvm_number((int64_t)index);
    call->callee_args[2] = owned_item;
    return vvm_hand_over(call, &insert_row, 3, 1);
}

enum vvm_outcome vvm_list_remove_long(struct vvm_call *call, vvm_value owned_list, size_t index)
{
    call->callee_args[0] = owned_list;
    call->callee_args[1] = vvm_number((int64_t)index);
    return vvm_hand_over(call, &remove_row, 2, 1);
}
