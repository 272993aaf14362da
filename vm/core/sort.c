/* Intrinsics: sorting by the natural order (6.4) where no class defines it; stable merge sort. */
#include "vm/core/core.h"

#include <stdlib.h>

#define RUN 12u /* below this many elements insertion is quicker */

struct sorter {
    const vvm_value *keys;    /* borrowed */
    size_t *places, *spare;   /* a permutation of the keys, and room for half of it */
    enum vvm_truth truth;     /* anything but TRUE: the order could not be told, sorting has no meaning any more */
    vvm_value a, b;           /* the pair it failed on */
};

/* Does key x come after key y? */
static bool after(struct sorter *s, size_t x, size_t y)
{
    vvm_value a = s->keys[x], b = s->keys[y];
    if (vvm_is_number(a) && vvm_is_number(b))
        return a.number > b.number;
    int order = 0;
    enum vvm_truth truth = vvm_compare_sorting(a, b, &order);
    if (truth != VVM_TRUE && s->truth == VVM_TRUE) {
        s->truth = truth;
        s->a = a;
        s->b = b;
    }
    return truth == VVM_TRUE && order > 0;
}

static void sort_short(struct sorter *s, size_t *places, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t place = places[i], j = i;
        for (; j > 0 && after(s, places[j - 1], place); j--)
            places[j] = places[j - 1];
        places[j] = place;
    }
}

/* Joins two sorted halves; only the left one is copied. */
static void merge(struct sorter *s, size_t *places, size_t half, size_t count)
{
    size_t left = 0, right = half, out = 0;
    if (!after(s, places[half - 1], places[half]))
        return;
    memcpy(s->spare, places, half * sizeof *places);
    while (left < half && right < count)
        places[out++] = after(s, s->spare[left], places[right]) ? places[right++] : s->spare[left++];
    memcpy(places + out, s->spare + left, (half - left) * sizeof *places);
}

/* Recursion of at most 48 levels: the logarithm of a List's length. */
static void sort(struct sorter *s, size_t *places, size_t count)
{
    if (count <= RUN) {
        sort_short(s, places, count);
        return;
    }
    size_t half = count / 2;
    sort(s, places, half);
    sort(s, places + half, count - half);
    if (s->truth == VVM_TRUE)
        merge(s, places, half, count);
}

static bool sorter_init(struct sorter *s, const struct vvm_list *keys)
{
    size_t n = keys->length;
    vvm_value *values = malloc(n * sizeof *values);
    *s = (struct sorter){.keys = values, .places = malloc(n * sizeof(size_t)), .spare = malloc(n * sizeof(size_t)),
                         .truth = VVM_TRUE};
    for (size_t i = 0; i < n && values != NULL && s->places != NULL; i++) {
        values[i] = vvm_list_get_fast(keys, i);
        s->places[i] = i;
    }
    return values != NULL && s->places != NULL && s->spare != NULL;
}

static void sorter_deinit(struct sorter *s)
{
    free((void *)(uintptr_t)s->keys);
    free(s->places);
    free(s->spare);
}

static vvm_value arranged(const struct sorter *s, const struct vvm_list *items)
{
    vvm_value list = vvm_list_new(items->length, (enum vvm_elements)items->header.extra);
    for (size_t i = 0; i < items->length && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_retain(vvm_list_get_fast(items, s->places[i])));
    return list;
}

static enum vvm_outcome answer(struct vvm_call *call, struct sorter *s, const struct vvm_list *items)
{
    switch (s->truth) {
    case VVM_TRUE: return vvm_return(call, arranged(s, items));
    case VVM_NEEDS_CALL: return vvm_done_slow(call);
    case VVM_NO_MEMORY: return vvm_throw_memory(call);
    default: return vvm_throw_unordered(call, s->a, s->b);
    }
}

static enum vvm_outcome sort_by(struct vvm_call *call, vvm_value items, vvm_value keys)
{
    struct sorter s;
    const struct vvm_list *list = items.object;
    if (list->length < 2)
        return vvm_done(call, vvm_retain(items));
    bool made = sorter_init(&s, keys.object);
    if (made)
        sort(&s, s.places, list->length);
    enum vvm_outcome outcome = made ? answer(call, &s, list) : vvm_throw_memory(call);
    sorter_deinit(&s);
    return outcome;
}

static enum vvm_outcome sorted(struct vvm_call *call)
{
    return vvm_want_kind(call, 0, VVM_LIST) ? sort_by(call, call->args[0], call->args[0]) : VVM_THROW;
}

/* Keys and items are equally many. */
static enum vvm_outcome sorted_by(struct vvm_call *call)
{
    if (!vvm_want_kind(call, 0, VVM_LIST) || !vvm_want_kind(call, 1, VVM_LIST))
        return VVM_THROW;
    if (vvm_list_length(call->args[0]) != vvm_list_length(call->args[1]))
        return vvm_throw(call, VVM_T_VALUE_ERROR, "as many keys as items are needed");
    return sort_by(call, call->args[0], call->args[1]);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__sorted(xs: List<T>) -> Any", sorted, 1, 1, "The elements in natural order."),
    VVM_ROW_M("__sortedBy(xs: List<T>, keys: List<K>) -> Any", sorted_by, 2, 2, "The elements in the order of their keys."),
};

const struct vvm_builtin_group vvm_sort_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
