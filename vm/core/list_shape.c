/* List: making lists, lists of lists and pairs (language.md 8.6). */
#include "vm/core/gather.h"
#include "vm/core/random.h"
#include "vm/exec/generator.h"

static size_t this_length(const struct vvm_call *call)
{
    return vvm_list_length(call->args[0]);
}

static vvm_value element(vvm_value list, size_t index)
{
    return vvm_retain(vvm_list_get_fast(list.object, index));
}

/* Appends an owned item that may be unset; the list, too. */
static vvm_value add(vvm_value list, vvm_value item)
{
    if (!vvm_is_unset(list) && !vvm_is_unset(item))
        return vvm_list_append_fast(list, item);
    vvm_release(list);
    vvm_release(item);
    return vvm_unset();
}

static vvm_value pair(vvm_value first, vvm_value second)
{
    return vvm_tuple_from((vvm_value[]){first, second}, 2);
}

/* ---- Making ---- */

static vvm_value list_of_arguments(struct vvm_call *call)
{
    vvm_value list = vvm_list_new(call->count, VVM_ELEMENTS_VALUE);
    for (uint32_t i = 0; i < call->count; i++)
        list = add(list, vvm_retain(call->args[i]));
    return list;
}

static enum vvm_outcome list_of(struct vvm_call *call)
{
    return vvm_return(call, list_of_arguments(call));
}

static enum vvm_outcome list_make(struct vvm_call *call)
{
    bool fits = false;
    vvm_value items = vvm_unset();
    if (call->stage != 0)
        return vvm_done(call, vvm_take_resumed(call));
    if (call->count == 1 && vvm_is_generator(call->args[0]))
        return vvm_call_generated(call, 0, 1);
    if (call->count == 1 && !vvm_is_plain(call->args[0], VVM_TUPLE) && vvm_items_take_long(call->args[0]))
        return vvm_ask_items(call, 0, 1);
    if (call->count == 1 && !vvm_is_plain(call->args[0], VVM_TUPLE))
        items = vvm_items_of(call->args[0], &fits);
    return vvm_return(call, fits ? items : list_of_arguments(call));
}

static bool fill_one(struct vvm_call *call, vvm_value *list, size_t i)
{
    (void)i;
    return vvm_gather_add(list, vvm_retain(call->args[1]));
}

static enum vvm_outcome list_fill(struct vvm_call *call)
{
    size_t n;
    if (!vvm_want_count(call, 0, &n))
        return VVM_THROW;
    return vvm_gather(call, n, vvm_elements_of(call->args[1]), fill_one);
}

/* ---- Parts ---- */

static bool want_size(struct vvm_call *call, size_t *n)
{
    int64_t size;
    if (!vvm_want_number(call, 1, &size))
        return false;
    if (size < 1)
        vvm_throw(call, VVM_T_VALUE_ERROR, "a part needs at least 1 element, not %lld", (long long)size);
    *n = (size_t)size;
    return size >= 1;
}

static vvm_value part(vvm_value list, size_t start, size_t end)
{
    return vvm_list_slice(vvm_retain(list), start, end);
}

static bool add_chunk(struct vvm_call *call, vvm_value *list, size_t i)
{
    size_t n = (size_t)call->args[1].number, start = i * n, rest = this_length(call) - start;
    return vvm_gather_add(list, part(call->args[0], start, start + (n < rest ? n : rest)));
}

static enum vvm_outcome list_chunk(struct vvm_call *call)
{
    size_t n, length = this_length(call);
    if (!want_size(call, &n))
        return VVM_THROW;
    return vvm_gather(call, length / n + (length % n != 0), VVM_ELEMENTS_VALUE, add_chunk);
}

static bool add_window(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, part(call->args[0], i, i + (size_t)call->args[1].number));
}

static enum vvm_outcome list_windows(struct vvm_call *call)
{
    size_t n, length = this_length(call);
    if (!want_size(call, &n))
        return VVM_THROW;
    return vvm_gather(call, n <= length ? length - n + 1 : 0, VVM_ELEMENTS_VALUE, add_window);
}

/* stage: elements that are flattened already. */
static enum vvm_outcome list_flatten(struct vvm_call *call)
{
    size_t length = this_length(call), copied = 0, i = call->stage;
    if (i == 0 && vvm_is_unset(call->slots[0] = vvm_list_new(0, VVM_ELEMENTS_VALUE)))
        return vvm_throw_memory(call);
    for (; i < length && copied < VVM_PORTION_OF_VALUES; i++) {
        bool fits;
        vvm_value inner = vvm_list_get_fast(call->args[0].object, i), items = vvm_items_of(inner, &fits);
        if (!fits)
            return vvm_throw(call, VVM_T_TYPE_ERROR, "flatten() needs Lists as elements, got a %s",
                             vvm_kind_name(call, inner));
        if (vvm_is_unset(items))
            return vvm_throw_memory(call);
        copied += vvm_list_length(items) + 1;
        call->slots[0] = vvm_list_concat(vvm_take(&call->slots[0]), items);
        if (vvm_is_unset(call->slots[0]))
            return vvm_throw_memory(call);
    }
    return i < length ? vvm_again(call, i) : vvm_charge(call, vvm_done(call, vvm_take(&call->slots[0])), copied);
}

/* ---- Pairs ---- */

static bool add_numbered(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, pair(vvm_number((int64_t)i), element(call->args[0], i)));
}

static enum vvm_outcome list_enumerate(struct vvm_call *call)
{
    return vvm_gather(call, this_length(call), VVM_ELEMENTS_VALUE, add_numbered);
}

enum { ZIPPED, OTHER, ZIP_SLOTS };
#define HAS_ITEMS UINT32_MAX /* stage: the items of a large collection have come */

static bool add_zipped(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, pair(element(call->args[0], i), element(call->slots[OTHER], i)));
}

static enum vvm_outcome list_zip(struct vvm_call *call)
{
    if (call->stage == HAS_ITEMS) {
        call->slots[OTHER] = vvm_take_resumed(call);
        call->stage = 0;
    } else if (call->stage == 0 && vvm_items_take_long(call->args[1])) {
        return vvm_ask_items(call, 1, HAS_ITEMS);
    } else if (call->stage == 0 && !vvm_want_items(call, 1, &call->slots[OTHER])) {
        return VVM_THROW;
    }
    size_t length = this_length(call), other = vvm_list_length(call->slots[OTHER]);
    return vvm_gather(call, other < length ? other : length, VVM_ELEMENTS_VALUE, add_zipped);
}

/* slots: the two sides. */
static enum vvm_outcome list_unzip(struct vvm_call *call)
{
    vvm_value *sides = call->slots;
    size_t length = this_length(call), end = vvm_portion_of_values(call, length);
    for (int side = 0; side < 2 && call->stage == 0; side++)
        if (vvm_is_unset(sides[side] = vvm_list_new(length, VVM_ELEMENTS_VALUE)))
            return vvm_throw_memory(call);
    for (size_t i = call->stage; i < end; i++) {
        vvm_value item = vvm_list_get_fast(call->args[0].object, i);
        struct vvm_tuple *tuple = item.object;
        if (!vvm_is_plain(item, VVM_TUPLE) || tuple->length != 2)
            return vvm_throw(call, VVM_T_TYPE_ERROR, "unzip() needs pairs as elements, got a %s",
                             vvm_kind_name(call, item));
        for (int side = 0; side < 2; side++)
            if (!vvm_gather_add(&sides[side], vvm_retain(tuple->items[side])))
                return vvm_throw_memory(call);
    }
    if (end < length)
        return vvm_again(call, end);
    return vvm_charge(call, vvm_return(call, pair(vvm_take(&sides[0]), vvm_take(&sides[1]))), end - call->stage);
}

/* ---- Chance ---- */

static enum vvm_outcome list_shuffle(struct vvm_call *call)
{
    size_t length = vvm_is_unset(call->slots[0]) ? this_length(call) : vvm_list_length(call->slots[0]);
    if (vvm_is_unset(call->slots[0]) && length <= VVM_PORTION_OF_VALUES)
        return vvm_charge(call, vvm_return(call, vvm_random_shuffle(call->isolate, vvm_take(&call->args[0]))), length);
    return vvm_random_draw(call, &call->args[0], vvm_random_state(call->isolate), SIZE_MAX);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("chunk(n: Number) -> List<List<T>>", list_chunk, 0, 1, 1, 1, 
              "Parts of n elements, the last perhaps shorter; ValueError if n < 1."),
    VVM_ROW_F("windows(n: Number) -> List<List<T>>", list_windows, 0, 1, 1, 1, 
              "Every n elements that stand side by side; ValueError if n < 1."),
    VVM_ROW_F("flatten() -> List<T>", list_flatten, 0, 0, 0, 1, "The elements of its elements."),
    VVM_ROW_F("enumerate() -> List<(Number, T)>", list_enumerate, 0, 0, 0, 1, "Each element with its index."),
    VVM_ROW_F("zip(ys: List<U>) -> List<(T, U)>", list_zip, 0, 1, 1, ZIP_SLOTS,
              "Pairs of the elements at the same index; the shorter wins."),
    VVM_ROW_F("unzip() -> (List, List)", list_unzip, 0, 0, 0, 2, "A list of pairs as a pair of lists."),
    VVM_ROW_F("shuffle() -> List<T>", list_shuffle, 1, 0, 0, 1, "In random order."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_F("List(...items: Any) -> List<T>", list_make, 0, 0, VVM_REST, 0,
              "The items; of a single List, Set or Range: its elements."),
    VVM_ROW_M("of(...items: T) -> List<T>", list_of, 0, VVM_REST, "The items."),
    VVM_ROW_F("fill(n: Number, v: T) -> List<T>", list_fill, 0, 2, 2, 1, "n times v."),
};

const struct vvm_builtin_group vvm_list_shape = {VVM_T_LIST, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_list_statics = {VVM_T_LIST, true, VVM_ROWS(statics)};
