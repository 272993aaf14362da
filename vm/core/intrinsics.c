/* Intrinsics: what the Vela part of the core library cannot say, or not cheaply. Their names begin with `__`, so that
 * only that part finds them. Where a class of the program would have to be asked they answer the slow mark. */
#include "vm/core/gather.h"

static enum vvm_outcome missing(struct vvm_call *call)
{
    return vvm_done_slow(call);
}

static enum vvm_outcome is_slow(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_is_slow_mark(call->args[0]));
}

/* The T of a `T? = None` parameter, or the slow mark. */
static enum vvm_outcome optional(struct vvm_call *call)
{
    return vvm_has_argument(call, 0) ? vvm_done(call, vvm_retain(call->args[0])) : vvm_done_slow(call);
}

static enum vvm_outcome is_function(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_is_callable(call->args[0]));
}

static enum vvm_outcome arity(struct vvm_call *call)
{
    if (!vvm_want_function(call, 0))
        return VVM_THROW;
    return vvm_done_number(call, vvm_arity(call->vm, call->args[0]));
}

/* ---- Lists ---- */

static enum vvm_outcome make_list(struct vvm_call *call)
{
    int64_t n;
    if (!vvm_want_number(call, 0, &n))
        return VVM_THROW;
    size_t room = n < 0 ? 0 : n > 1 << 20 ? 1 << 20 : (size_t)n;
    return vvm_return(call, vvm_list_new(room, VVM_ELEMENTS_VALUE));
}

static bool add_member(struct vvm_call *call, vvm_value *list, size_t i)
{
    vvm_value key = ((struct vvm_dict *)call->args[0].object)->entries[i].key;
    return vvm_is_unset(key) || vvm_gather_add(list, vvm_retain(key));
}

static bool add_number(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, vvm_number(vvm_range_at(call->args[0].object, i)));
}

static bool add_item(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, vvm_retain(((struct vvm_tuple *)call->args[0].object)->items[i]));
}

static enum vvm_outcome items_of(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    if (vvm_is_plain(v, VVM_LIST))
        return vvm_done(call, vvm_retain(v));
    if (vvm_is_plain(v, VVM_RANGE))
        return vvm_gather(call, ((struct vvm_range *)v.object)->length, VVM_ELEMENTS_NUMBER, add_number);
    if (vvm_is_plain(v, VVM_SET))
        return vvm_gather(call, ((struct vvm_dict *)v.object)->used, VVM_ELEMENTS_VALUE, add_member);
    if (vvm_is_plain(v, VVM_TUPLE))
        return vvm_gather(call, ((struct vvm_tuple *)v.object)->length, VVM_ELEMENTS_VALUE, add_item);
    return vvm_throw(call, VVM_T_TYPE_ERROR, "wanted a List, Set, Range or Tuple, got %s", vvm_kind_name(call, v));
}

bool vvm_items_take_long(vvm_value v)
{
    if (vvm_is_plain(v, VVM_RANGE))
        return ((struct vvm_range *)v.object)->length > VVM_PORTION;
    if (vvm_is_plain(v, VVM_SET))
        return ((struct vvm_dict *)v.object)->used > VVM_PORTION;
    return vvm_is_plain(v, VVM_TUPLE) && ((struct vvm_tuple *)v.object)->length > VVM_PORTION;
}

const struct vvm_builtin vvm_items_row = VVM_ROW_F("items(xs: Any) -> List<T>", items_of, 0, 1, 1, 1, "");

static enum vvm_outcome tuple_of(struct vvm_call *call)
{
    size_t count = vvm_list_length(call->args[0]);
    vvm_value small[16], *items = count <= 16 ? small : vvm_scratch(count * sizeof *items);
    if (items == NULL)
        return vvm_throw_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = vvm_retain(vvm_list_get_fast(call->args[0].object, i));
    vvm_value tuple = vvm_tuple_from(items, count);
    if (items != small)
        vvm_scratch_free(items, count * sizeof *items);
    return vvm_return(call, tuple);
}

static size_t search_numbers(const struct vvm_list *list, int64_t x, size_t start, size_t end, bool back)
{
    const int64_t *numbers = list->buffer->numbers + list->offset;
    for (size_t n = start; n < end; n++)
        if (numbers[back ? list->length - 1 - n : n] == x)
            return n;
    return end;
}

/* The number of the first element from `start` on that is equal to x, or `end`. */
static enum vvm_truth search_values(const struct vvm_list *list, vvm_value x, size_t start, size_t end, bool back,
                                    size_t *found)
{
    enum vvm_truth truth = VVM_FALSE;
    for (*found = start; *found < end; ++*found) {
        truth = vvm_equal(vvm_list_get_fast(list, back ? list->length - 1 - *found : *found), x);
        if (truth != VVM_FALSE)
            break;
    }
    return truth;
}

/* Where an element equal to x stands, from the front or the back; stage: how many were looked at. */
static enum vvm_outcome search(struct vvm_call *call, bool back)
{
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    const struct vvm_list *list = call->args[0].object;
    vvm_value x = call->args[1];
    size_t begin = call->stage, end = vvm_portion(call, list->length), found;
    if (list->length > 0 && list->header.extra == VVM_ELEMENTS_NUMBER && vvm_is_number(x)) {
        found = search_numbers(list, x.number, begin, end, back);
    } else {
        enum vvm_truth truth = search_values(list, x, begin, end, back, &found);
        if (truth == VVM_NEEDS_CALL)
            return vvm_done_slow(call);
        if (truth == VVM_NO_MEMORY)
            return vvm_throw_memory(call);
    }
    if (found < end)
        return vvm_charge(call, vvm_done_number(call, (int64_t)(back ? list->length - 1 - found : found)),
                          found - begin);
    return end < list->length ? vvm_again(call, end) : vvm_charge(call, vvm_done_number(call, -1), end - begin);
}

static enum vvm_outcome index_of(struct vvm_call *call) { return search(call, false); }
static enum vvm_outcome index_back(struct vvm_call *call) { return search(call, true); }

/* What a comparison that is no order ends in. */
static enum vvm_outcome no_order(struct vvm_call *call, enum vvm_truth truth, vvm_value a, vvm_value b)
{
    if (truth == VVM_NEEDS_CALL)
        return vvm_done_slow(call);
    return truth == VVM_NO_MEMORY ? vvm_throw_memory(call) : vvm_throw_unordered(call, a, b);
}

/* The index of the smallest (sign -1) or largest element of a List that is not empty; of equal ones the first. stage:
 * how many were looked at; the best of them stands in slot 0. */
static enum vvm_outcome extreme_at(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    int sign = call->args[1].number < 0 ? -1 : 1, order;
    size_t best = call->stage == 0 ? 0 : (size_t)call->slots[0].number, begin = call->stage,
           end = vvm_portion(call, list->length);
    for (size_t i = begin; i < end; i++) {
        vvm_value a = vvm_list_get_fast(list, i), b = vvm_list_get_fast(list, best);
        enum vvm_truth truth = i == best ? VVM_TRUE : vvm_compare_sorting(a, b, &order);
        if (truth != VVM_TRUE)
            return no_order(call, truth, a, b);
        if (i != best && order * sign > 0)
            best = i;
    }
    if (end == list->length)
        return vvm_charge(call, vvm_done_number(call, (int64_t)best), end - begin);
    call->slots[0] = vvm_number((int64_t)best);
    return vvm_again(call, end);
}

/* ---- Each value once ---- */

enum { SEEN, KEPT };

/* Keeps the item unless an equal one was kept. A NaN equals nothing; of what else is no key the library asks each
 * one. */
static enum vvm_truth keep_first(struct vvm_call *call, vvm_value item)
{
    uint64_t hash;
    size_t entry;
    enum vvm_truth truth = vvm_hash_quick(item, &hash) ? VVM_TRUE : vvm_hash_whole(item, &hash);
    bool nan = vvm_is_float(item) && item.real != item.real;
    if (truth != VVM_TRUE && !nan)
        return truth;
    if (!nan && vvm_dict_find(call->slots[SEEN], item, hash, &entry))
        return VVM_TRUE;
    if (!nan)
        call->slots[SEEN] = vvm_dict_insert_new(vvm_take(&call->slots[SEEN]), vvm_retain(item), hash, vvm_unset());
    call->slots[KEPT] = vvm_list_append_fast(vvm_take(&call->slots[KEPT]), vvm_retain(item));
    return vvm_is_unset(call->slots[SEEN]) || vvm_is_unset(call->slots[KEPT]) ? VVM_NO_MEMORY : VVM_TRUE;
}

/* slots: the Set of those seen, the List of those kept; stage: how many were looked at. The first of equal elements
 * each; None where an element is no key (a function). */
static enum vvm_outcome distinct(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    if (call->stage == 0) {
        call->slots[SEEN] = vvm_dict_new(VVM_SET, 0);
        call->slots[KEPT] = vvm_list_new(0, VVM_ELEMENTS_VALUE);
        if (vvm_is_unset(call->slots[SEEN]) || vvm_is_unset(call->slots[KEPT]))
            return vvm_throw_memory(call);
    }
    size_t i = call->stage, end = vvm_portion_of_values(call, list->length);
    for (; i < end && !vvm_owes_a_turn(); i++)
        switch (keep_first(call, vvm_list_get_fast(list, i))) {
        case VVM_TRUE: break;
        case VVM_NEEDS_CALL: return vvm_done_slow(call);
        case VVM_NO_MEMORY: return vvm_throw_memory(call);
        default: return vvm_done_none(call);
        }
    return i < list->length ? vvm_again(call, i) : vvm_done(call, vvm_take(&call->slots[KEPT]));
}

/* ---- Whole values ---- */

static enum vvm_outcome mix(struct vvm_call *call)
{
    int64_t a, b;
    if (!vvm_want_number(call, 0, &a) || !vvm_want_number(call, 1, &b))
        return VVM_THROW;
    return vvm_done_number(call, (int64_t)vvm_hash_word(vvm_hash_word((uint64_t)a) + (uint64_t)b));
}

const struct vvm_type *vvm_record_type(vvm_value v)
{
    if (vvm_is_plain(v, VVM_VARIANT))
        return v.object;
    bool record = vvm_is_plain(v, VVM_INSTANCE) || vvm_is_plain(v, VVM_STRUCT) || vvm_is_plain(v, VVM_ENUM);
    return record ? ((struct vvm_record *)v.object)->type : NULL;
}

static enum vvm_outcome defines_equals(struct vvm_call *call)
{
    const struct vvm_type *type = vvm_record_type(call->args[0]);
    return vvm_done_bool(call, type != NULL && (type->user_equals || type->user_hash));
}

static enum vvm_outcome defines_text(struct vvm_call *call)
{
    const struct vvm_type *type = vvm_record_type(call->args[0]);
    return vvm_done_bool(call, type != NULL && type->user_text);
}

/* 1: it has compareTo, 2: it has operator <, 0: its parts decide. */
static enum vvm_outcome ordered_by(struct vvm_call *call)
{
    const struct vvm_type *type = vvm_record_type(call->args[0]);
    if (type == NULL || !type->user_compare)
        return vvm_done_number(call, 0);
    bool less = vvm_members_find(&type->members, vvm_name(call->vm, VVM_NAME_LT)) != NULL;
    return vvm_done_number(call, less ? 2 : 1);
}

/* ---- Parts ---- */

static bool add_part(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, vvm_retain(vvm_part_at(call->args[0], i)));
}

/* The content of a layer, elements, items, or fields. */
static enum vvm_outcome parts(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    if (vvm_is_plain(v, VVM_LIST))
        return vvm_done(call, vvm_retain(v));
    return vvm_gather(call, vvm_parts_of(v), VVM_ELEMENTS_VALUE, add_part);
}

/* May two values be equal, as far as layer, kind, type and number of parts tell? */
static enum vvm_outcome alike(struct vvm_call *call)
{
    vvm_value a = call->args[0], b = call->args[1];
    bool same = vvm_layer(a) == vvm_layer(b);
    if (same && vvm_layer(a) == VVM_LAYER_PLAIN)
        same = vvm_kind(a) == vvm_kind(b) && vvm_record_type(a) == vvm_record_type(b) && vvm_tag_id(a) == vvm_tag_id(b);
    if (same && vvm_is_plain(a, VVM_INSTANCE) && vvm_record_type(a)->has_state)
        same = a.object == b.object;
    return vvm_done_bool(call, same && vvm_parts_of(a) == vvm_parts_of(b));
}

/* Is this very object among the elements? */
static enum vvm_outcome holds(struct vvm_call *call)
{
    vvm_value v = call->args[1];
    const struct vvm_list *list = call->args[0].object;
    if (!vvm_is_plain(v, VVM_INSTANCE))
        return vvm_done_bool(call, false);
    for (size_t i = 0; i < list->length; i++)
        if (vvm_list_get_fast(list, i).object == v.object)
            return vvm_done_bool(call, true);
    return vvm_done_bool(call, false);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__missing() -> Any", missing, 0, 0, "The mark of an argument that was not given."),
    VVM_ROW_M("__slow(v: Any) -> Bool", is_slow, 1, 1, "Is it the mark?"),
    VVM_ROW_M("__optional(v: Any) -> Any", optional, 1, 1, "The value of an optional argument, or the mark."),
    VVM_ROW_M("__isFunction(v: Any) -> Bool", is_function, 1, 1, "Can it be called?"),
    VVM_ROW_M("__arity(f: Function) -> Number", arity, 1, 1,
              "Parameters without default; -1 if there may be any number."),
    VVM_ROW_M("__list(n: Number) -> List<T>", make_list, 1, 1, "An empty List with room for n elements."),
    VVM_ROW_F("__itemsOf(xs: Any) -> List<T>", items_of, 0, 1, 1, 1, "The elements of a List, Set, Range or Tuple."),
    VVM_ROW_M("__tupleOf(xs: List<T>) -> Any", tuple_of, 1, 1, "The Tuple of these items."),
    VVM_ROW_F("__index(xs: List<T>, x: T) -> Any", index_of, 0, 2, 2, 1, "The first place of an equal element, or -1."),
    VVM_ROW_F("__indexBack(xs: List<T>, x: T) -> Any", index_back, 0, 2, 2, 1,
              "The last place of an equal element, or -1."),
    VVM_ROW_F("__extremeAt(xs: List<T>, sign: Number) -> Any", extreme_at, 0, 2, 2, 1,
              "Where the smallest or largest element stands."),
    VVM_ROW_F("__distinct(xs: List<T>) -> Any", distinct, 0, 1, 1, 2, "Each value once, or None."),
    VVM_ROW_M("__mix(a: Number, b: Number) -> Number", mix, 2, 2, "One hash of two."),
    VVM_ROW_M("__definesEquals(v: Any) -> Bool", defines_equals, 1, 1, "Does its class define equality or hash?"),
    VVM_ROW_M("__definesText(v: Any) -> Bool", defines_text, 1, 1, "Does its class define toString?"),
    VVM_ROW_M("__orderedBy(v: Any) -> Number", ordered_by, 1, 1, "What its class defines its order by."),
    VVM_ROW_F("__parts(v: Any) -> List<Any>", parts, 0, 1, 1, 1, "Elements, items, fields or content."),
    VVM_ROW_M("__alike(a: Any, b: Any) -> Bool", alike, 2, 2, "Of one type and size?"),
    VVM_ROW_M("__holds(xs: List<Any>, v: Any) -> Bool", holds, 2, 2, "Is this very instance among them?"),
};

const struct vvm_builtin_group vvm_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
