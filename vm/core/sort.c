/* Intrinsics: sorting by the natural order (6.4) where no class defines it; stable merge sort. */
#include "vm/core/core.h"
#include "vm/core/radix.h"

#include <stdlib.h>

#define RADIX_MIN 128u /* from so many packed elements on their bits are sorted */
#define COMPARISONS 16u /* about so many for each element of a long List */
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
    return vvm_charge(call, outcome, list->length * COMPARISONS);
}

static bool fits_radix(const struct vvm_list *list)
{
    if (list->length < RADIX_MIN)
        return false;
    return list->header.extra == VVM_ELEMENTS_NUMBER ||
           (list->header.extra == VVM_ELEMENTS_FLOAT && vvm_radix_fits(list->buffer->reals + list->offset, list->length));
}

static enum vvm_outcome sort_packed(struct vvm_call *call, const struct vvm_list *list)
{
    vvm_value copy = vvm_list_new(list->length, (enum vvm_elements)list->header.extra);
    if (vvm_is_unset(copy))
        return vvm_throw_memory(call);
    struct vvm_list *made = copy.object;
    memcpy(made->buffer->numbers, list->buffer->numbers + list->offset, list->length * sizeof(int64_t));
    made->length = made->buffer->used = list->length;
    bool numbers = list->header.extra == VVM_ELEMENTS_NUMBER;
    if (numbers ? vvm_radix_numbers(made->buffer->numbers, made->length) : vvm_radix_floats(made->buffer->reals, made->length))
        return vvm_charge(call, vvm_done(call, copy), list->length);
    vvm_release(copy);
    return vvm_throw_memory(call);
}

static enum vvm_outcome sorted(struct vvm_call *call)
{
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    if (fits_radix(call->args[0].object))
        return sort_packed(call, call->args[0].object);
    return sort_by(call, call->args[0], call->args[0]);
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

/* ---- Two sorted Lists ---- */

enum { MERGED, LEFT, RIGHT, SLOTS };

/* Moves the lesser of the next elements to the List of the merged ones; of equal ones the left one. */
static enum vvm_truth merge_next(struct vvm_call *call, const struct vvm_list *left, const struct vvm_list *right)
{
    size_t i = (size_t)call->slots[LEFT].number, j = (size_t)call->slots[RIGHT].number;
    int order = i == left->length;
    enum vvm_truth truth = VVM_TRUE;
    if (i < left->length && j < right->length)
        truth = vvm_compare_sorting(vvm_list_get_fast(left, i), vvm_list_get_fast(right, j), &order);
    bool from_right = order > 0;
    vvm_value item = from_right ? vvm_list_get_fast(right, j) : vvm_list_get_fast(left, i);
    call->slots[from_right ? RIGHT : LEFT].number++;
    call->slots[MERGED] = vvm_list_append_fast(vvm_take(&call->slots[MERGED]), vvm_retain(item));
    return vvm_is_unset(call->slots[MERGED]) ? VVM_NO_MEMORY : truth;
}

/* stage: how many elements are merged. */
static enum vvm_outcome merge_sorted(struct vvm_call *call)
{
    const struct vvm_list *left = call->args[0].object, *right = call->args[1].object;
    size_t length = left->length + right->length, end = vvm_portion(call, length);
    if (call->stage == 0) {
        call->slots[MERGED] = vvm_list_new(length, (enum vvm_elements)left->header.extra);
        call->slots[LEFT] = call->slots[RIGHT] = vvm_number(0);
        if (vvm_is_unset(call->slots[MERGED]))
            return vvm_throw_memory(call);
    }
    for (size_t i = call->stage; i < end; i++) {
        size_t a = (size_t)call->slots[LEFT].number, b = (size_t)call->slots[RIGHT].number;
        enum vvm_truth truth = merge_next(call, left, right);
        if (truth == VVM_NEEDS_CALL)
            return vvm_done_slow(call);
        if (truth == VVM_NO_MEMORY)
            return vvm_throw_memory(call);
        if (truth != VVM_TRUE)
            return vvm_throw_unordered(call, vvm_list_get_fast(left, a), vvm_list_get_fast(right, b));
    }
    return end < length ? vvm_again(call, end) : vvm_done(call, vvm_take(&call->slots[MERGED]));
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__sorted(xs: List<T>) -> Any", sorted, 1, 1, "The elements in natural order."),
    VVM_ROW_F("__mergeSorted(xs: List<T>, ys: List<T>) -> Any", merge_sorted, 0, 2, 2, SLOTS,
              "Two sorted Lists in one."),
    VVM_ROW_M("__sortedBy(xs: List<T>, keys: List<K>) -> Any", sorted_by, 2, 2,
              "The elements in the order of their keys."),
};

const struct vvm_builtin_group vvm_sort_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
