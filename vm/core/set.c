/* Set: language.md 8.8. Its elements are keys as those of Dicts. */
#include "vm/core/gather.h"
#include "vm/core/keyed.h"
#include "vm/exec/generator.h"

static struct vvm_dict *this_set(const struct vvm_call *call)
{
    return call->args[0].object;
}

static enum vvm_outcome set_size(struct vvm_call *call) { return vvm_done_number(call, this_set(call)->size); }
static enum vvm_outcome set_is_empty(struct vvm_call *call) { return vvm_done_bool(call, this_set(call)->size == 0); }

static enum vvm_outcome set_contains(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_locate_argument(call, &place);
    return outcome == VVM_DONE ? vvm_done_bool(call, place.found) : outcome;
}

static enum vvm_outcome add_by_class(struct vvm_call *call)
{
    call->callee_args[0] = vvm_take(&call->args[0]);
    call->callee_args[1] = vvm_take(&call->args[1]);
    return vvm_call_core(call, VVM_CORE_SET_ADD, 2, 1);
}

static enum vvm_outcome set_add(struct vvm_call *call)
{
    uint64_t hash;
    if (call->stage == 1)
        return vvm_done(call, vvm_take_resumed(call));
    enum vvm_outcome own = vvm_own_table(call);
    if (own != VVM_DONE)
        return own;
    enum vvm_truth truth = vvm_hash_quick(call->args[1], &hash) ? VVM_TRUE : vvm_hash(call->args[1], &hash);
    if (truth == VVM_BAD)
        return vvm_throw_not_key(call, call->args[1]);
    if (truth == VVM_NEEDS_CALL)
        return add_by_class(call);
    if (truth == VVM_NO_MEMORY)
        return vvm_throw_memory(call);
    return vvm_return(call, vvm_dict_set(vvm_take(&call->args[0]), vvm_take(&call->args[1]), hash, vvm_unset()));
}

static enum vvm_outcome set_remove(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_own_table(call);
    if (outcome == VVM_DONE)
        outcome = vvm_locate_argument(call, &place);
    if (outcome != VVM_DONE)
        return outcome;
    vvm_value set = vvm_take(&call->args[0]);
    return vvm_return(call, place.found ? vvm_dict_remove_at(set, place.entry) : set);
}

static bool add_member(struct vvm_call *call, vvm_value *list, size_t i)
{
    vvm_value key = this_set(call)->entries[i].key;
    return vvm_is_unset(key) || vvm_gather_add(list, vvm_retain(key));
}

static enum vvm_outcome set_to_list(struct vvm_call *call)
{
    return vvm_gather(call, this_set(call)->used, VVM_ELEMENTS_VALUE, add_member);
}

/* ---- Making ---- */

static enum vvm_outcome fill(struct vvm_call *call, vvm_value owned_items)
{
    call->slots[1] = owned_items;
    call->slots[0] = vvm_dict_new(VVM_SET, vvm_list_length(owned_items));
    return vvm_is_unset(call->slots[0]) ? vvm_throw_memory(call) : vvm_fill_table(call);
}

#define GENERATED UINT32_MAX /* stage: a Generator's elements have come; the others count members */

static enum vvm_outcome fill_generated(struct vvm_call *call)
{
    call->stage = 0;
    return fill(call, vvm_take_resumed(call));
}

/* Set(iterable), and iterable.toSet(). */
static enum vvm_outcome set_make(struct vvm_call *call)
{
    if (call->stage == GENERATED)
        return fill_generated(call);
    if (!vvm_is_unset(call->slots[1])) /* the items */
        return vvm_fill_table(call);
    if (vvm_is_unset(call->args[0]))
        return vvm_return(call, vvm_dict_new(VVM_SET, 0));
    if (vvm_is_generator(call->args[0]))
        return vvm_call_generated(call, 0, GENERATED);
    if (vvm_is_plain(call->args[0], VVM_SET))
        return vvm_done(call, vvm_retain(call->args[0]));
    if (vvm_items_take_long(call->args[0]))
        return vvm_ask_items(call, 0, GENERATED);
    vvm_value items;
    return vvm_want_items(call, 0, &items) ? fill(call, items) : VVM_THROW;
}

static enum vvm_outcome set_of(struct vvm_call *call)
{
    if (!vvm_is_unset(call->slots[1]))
        return vvm_fill_table(call);
    for (uint32_t i = 0; i < call->count; i++)
        vvm_retain(call->args[i]);
    vvm_value items = vvm_list_from(call->args, call->count);
    return vvm_is_unset(items) ? vvm_throw_memory(call) : fill(call, items);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("size() -> Number", set_size, "How many members it has."),
    VVM_ROW_P("length() -> Number", set_size, "The same as size."),
    VVM_ROW_P("isEmpty() -> Bool", set_is_empty, "Without members?"),
    VVM_ROW_F("contains(x: T) -> Bool", set_contains, 0, 1, 1, 0, "Is x a member?"),
    VVM_ROW_F("has(x: T) -> Bool", set_contains, 0, 1, 1, 0, "The same as contains."),
    VVM_ROW_FG("add(x: T) -> Set<T>", set_add, 3, 1,
              "With x; of equal members the first one stays. TypeError if x can be no key."),
    VVM_ROW_FG("insert(x: T) -> Set<T>", set_add, 3, 1, "The same as add."),
    VVM_ROW_F("remove(x: T) -> Set<T>", set_remove, 1, 1, 1, 0, "Without x, if it is a member."),
    VVM_ROW_F("toList() -> List<T>", set_to_list, 0, 0, 0, 1, "The members in order of insertion."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_F("Set(items: List<T> = []) -> Set<T>", set_make, 0, 0, 1, 2,
              "The Set of the elements of a List, Set, Range, Tuple or Generator."),
    VVM_ROW_F("of(...items: T) -> Set<T>", set_of, 0, 0, VVM_REST, 2, "The Set of the items."),
};

static const struct vvm_builtin conversions[] = {
    VVM_ROW_F("toSet() -> Set<T>", set_make, 0, 0, 0, 2, "The Set of its elements."),
};

const struct vvm_builtin_group vvm_set_methods = {VVM_T_SET, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_set_statics = {VVM_T_SET, true, VVM_ROWS(statics)};
const struct vvm_builtin_group vvm_set_of_list = {VVM_T_LIST, false, VVM_ROWS(conversions)};
const struct vvm_builtin_group vvm_set_of_set = {VVM_T_SET, false, VVM_ROWS(conversions)};
const struct vvm_builtin_group vvm_set_of_range = {VVM_T_RANGE, false, VVM_ROWS(conversions)};
const struct vvm_builtin_group vvm_set_of_tuple = {VVM_T_TUPLE, false, VVM_ROWS(conversions)};
