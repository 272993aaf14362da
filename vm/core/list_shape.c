/* List: making lists, lists of lists and pairs (language.md 8.6). */
#include "vm/core/core.h"
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
    if (call->count == 1 && !vvm_is_plain(call->args[0], VVM_TUPLE))
        items = vvm_items_of(call->args[0], &fits);
    return vvm_return(call, fits ? items : list_of_arguments(call));
}

static enum vvm_outcome list_fill(struct vvm_call *call)
{
    size_t n;
    if (!vvm_want_count(call, 0, &n))
        return VVM_THROW;
    vvm_value list = vvm_list_new(n, vvm_elements_of(call->args[1]));
    for (size_t i = 0; i < n && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_retain(call->args[1]));
    return vvm_charge(call, vvm_return(call, list), n);
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

static enum vvm_outcome list_chunk(struct vvm_call *call)
{
    size_t n, length = this_length(call);
    if (!want_size(call, &n))
        return VVM_THROW;
    vvm_value parts = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < length && !vvm_is_unset(parts); i += n < length - i ? n : length - i)
        parts = add(parts, part(call->args[0], i, n < length - i ? i + n : length));
    return vvm_charge(call, vvm_return(call, parts), length);
}

static enum vvm_outcome list_windows(struct vvm_call *call)
{
    size_t n, length = this_length(call);
    if (!want_size(call, &n))
        return VVM_THROW;
    vvm_value parts = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; n <= length && i <= length - n && !vvm_is_unset(parts); i++)
        parts = add(parts, part(call->args[0], i, i + n));
    return vvm_charge(call, vvm_return(call, parts), length);
}

static enum vvm_outcome list_flatten(struct vvm_call *call)
{
    vvm_value list = call->args[0], flat = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < vvm_list_length(list) && !vvm_is_unset(flat); i++) {
        bool fits;
        vvm_value inner = vvm_list_get_fast(list.object, i), items = vvm_items_of(inner, &fits);
        if (!fits) {
            vvm_release(flat);
            return vvm_throw(call, VVM_T_TYPE_ERROR, "flatten() needs Lists as elements, got a %s", vvm_kind_name(call, inner));
        }
        if (vvm_is_unset(items))
            vvm_release(flat);
        flat = vvm_is_unset(items) ? items : vvm_list_concat(flat, items);
    }
    uint64_t length = vvm_is_unset(flat) ? 0 : vvm_list_length(flat);
    return vvm_charge(call, vvm_return(call, flat), length);
}

/* ---- Pairs ---- */

static enum vvm_outcome list_enumerate(struct vvm_call *call)
{
    size_t length = this_length(call);
    vvm_value pairs = vvm_list_new(length, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < length && !vvm_is_unset(pairs); i++)
        pairs = add(pairs, pair(vvm_number((int64_t)i), element(call->args[0], i)));
    return vvm_charge(call, vvm_return(call, pairs), length);
}

static enum vvm_outcome list_zip(struct vvm_call *call)
{
    vvm_value other;
    if (!vvm_want_items(call, 1, &other))
        return VVM_THROW;
    size_t length = this_length(call), least = vvm_list_length(other) < length ? vvm_list_length(other) : length;
    vvm_value pairs = vvm_list_new(least, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < least && !vvm_is_unset(pairs); i++)
        pairs = add(pairs, pair(element(call->args[0], i), element(other, i)));
    vvm_release(other);
    return vvm_charge(call, vvm_return(call, pairs), least);
}

static enum vvm_outcome list_unzip(struct vvm_call *call)
{
    vvm_value list = call->args[0], sides[2] = {vvm_list_new(0, VVM_ELEMENTS_VALUE), vvm_list_new(0, VVM_ELEMENTS_VALUE)};
    for (size_t i = 0; i < vvm_list_length(list); i++) {
        vvm_value item = vvm_list_get_fast(list.object, i);
        struct vvm_tuple *tuple = item.object;
        if (!vvm_is_plain(item, VVM_TUPLE) || tuple->length != 2) {
            vvm_release(sides[0]);
            vvm_release(sides[1]);
            return vvm_throw(call, VVM_T_TYPE_ERROR, "unzip() needs pairs as elements, got a %s", vvm_kind_name(call, item));
        }
        for (int side = 0; side < 2; side++)
            sides[side] = add(sides[side], vvm_retain(tuple->items[side]));
    }
    if (!vvm_is_unset(sides[0]) && !vvm_is_unset(sides[1]))
        return vvm_charge(call, vvm_return(call, pair(sides[0], sides[1])), vvm_list_length(list));
    vvm_release(sides[0]);
    vvm_release(sides[1]);
    return vvm_throw_memory(call);
}

/* ---- Chance ---- */

static enum vvm_outcome list_shuffle(struct vvm_call *call)
{
    size_t length = this_length(call);
    return vvm_charge(call, vvm_return(call, vvm_random_shuffle(call->isolate, vvm_take(&call->args[0]))), length);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("chunk(n: Number) -> List<List<T>>", list_chunk, 1, 1, 
              "Parts of n elements, the last perhaps shorter; ValueError if n < 1."),
    VVM_ROW_M("windows(n: Number) -> List<List<T>>", list_windows, 1, 1, 
              "Every n elements that stand side by side; ValueError if n < 1."),
    VVM_ROW_M("flatten() -> List<T>", list_flatten, 0, 0, "The elements of its elements."),
    VVM_ROW_M("enumerate() -> List<(Number, T)>", list_enumerate, 0, 0, "Each element with its index."),
    VVM_ROW_M("zip(ys: List<U>) -> List<(T, U)>", list_zip, 1, 1,
              "Pairs of the elements at the same index; the shorter wins."),
    VVM_ROW_M("unzip() -> (List, List)", list_unzip, 0, 0, "A list of pairs as a pair of lists."),
    VVM_ROW_C("shuffle() -> List<T>", list_shuffle, 1, 0, 0, "In random order."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_F("List(...items: Any) -> List<T>", list_make, 0, 0, VVM_REST, 0,
              "The items; of a single List, Set or Range: its elements."),
    VVM_ROW_M("of(...items: T) -> List<T>", list_of, 0, VVM_REST, "The items."),
    VVM_ROW_M("fill(n: Number, v: T) -> List<T>", list_fill, 2, 2, "n times v."),
};

const struct vvm_builtin_group vvm_list_shape = {VVM_T_LIST, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_list_statics = {VVM_T_LIST, true, VVM_ROWS(statics)};
