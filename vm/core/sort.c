/* Intrinsics: sorting by the natural order (6.4) where no class defines it; stable merge sort. */
#include "vm/core/gather.h"
#include "vm/core/radix.h"

#define RADIX_MIN 128u /* from so many packed elements on their bits are sorted */
#define RADIX_MAX 16384u /* and at most so many at once */
#define COMPARISONS 16u /* about so many for each element of a long List */
#ifdef VELA_TINY
#define AT_ONCE 32u
#define SORT_PORTION 48u
#else
#define AT_ONCE 2048u /* longer Lists are sorted in portions */
#define SORT_PORTION 1024u
#endif
#define RUN 12u /* below this many elements insertion is quicker */

struct sorter {
    const vvm_value *keys;    /* borrowed: of the List, or of own_keys */
    vvm_value *own_keys;      /* those of a packed List, or NULL */
    size_t count;
    size_t *places, *spare;   /* a permutation of the keys, and room for another one */
    enum vvm_truth truth;     /* anything but TRUE: the order could not be told, sorting has no meaning any more */
    vvm_value a, b;           /* the pair it failed on */
    /* long Lists only */
    size_t width;             /* of the runs that are in order; 0: not all of the first ones are */
    size_t start;             /* of the pair of runs under way, or of the next first run */
    size_t left, right;       /* the next element of either */
    bool in_order;            /* the pair is as it stands */
    size_t work;              /* of the portion under way: elements moved, and parts of them compared */
    bool done;
};

/* Does key x come after key y? */
static bool after(struct sorter *s, size_t x, size_t y)
{
    vvm_value a = s->keys[x], b = s->keys[y];
    if (vvm_is_number(a) && vvm_is_number(b))
        return a.number > b.number;
    int order = 0;
    enum vvm_truth truth = vvm_compare_sorting(a, b, &order);
    s->work += vvm_walked() / 4;
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
    *s = (struct sorter){.count = n, .places = vvm_scratch(n * sizeof(size_t)),
                         .spare = vvm_scratch(n * sizeof(size_t)), .truth = VVM_TRUE};
    if (keys->header.extra == VVM_ELEMENTS_VALUE) {
        s->keys = keys->buffer->values + keys->offset;
        return s->places != NULL && s->spare != NULL;
    }
    vvm_value *values = s->own_keys = vvm_scratch(n * sizeof *values);
    for (size_t i = 0; i < n && values != NULL; i++)
        values[i] = vvm_list_get_fast(keys, i);
    s->keys = values;
    return values != NULL && s->places != NULL && s->spare != NULL;
}

static void sorter_deinit(struct sorter *s)
{
    vvm_scratch_free(s->own_keys, s->count * sizeof *s->own_keys);
    vvm_scratch_free(s->places, s->count * sizeof *s->places);
    vvm_scratch_free(s->spare, s->count * sizeof *s->spare);
}

/* ---- Long Lists: runs, then pairs of runs from the bottom up, a portion at a time ---- */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* The pair of runs at `start` is to be merged. */
static void open_pair(struct sorter *s, size_t start)
{
    s->start = s->left = start;
    s->right = least(start + s->width, s->count);
    s->in_order = s->right < s->count && !after(s, s->places[s->right - 1], s->places[s->right]);
}

/* Runs of the first round. */
static void make_runs(struct sorter *s)
{
    for (; s->work < SORT_PORTION && s->start < s->count; s->start = least(s->start + RUN, s->count)) {
        size_t count = least(RUN, s->count - s->start);
        s->work += count;
        for (size_t i = 0; i < count; i++)
            s->places[s->start + i] = s->start + i;
        sort_short(s, s->places + s->start, count);
    }
    if (s->start == s->count) {
        s->width = RUN;
        open_pair(s, 0);
    }
}

static void next_round(struct sorter *s)
{
    size_t *places = s->places;
    s->places = s->spare;
    s->spare = places;
    s->width *= 2;
    if (s->width < s->count)
        open_pair(s, 0);
}

/* Moves elements of the pair under way to the other array, as many as the portion allows. */
static void merge_pair(struct sorter *s)
{
    size_t middle = least(s->start + s->width, s->count), end = least(middle + s->width, s->count);
    for (; s->work < SORT_PORTION && (s->left < middle || s->right < end); s->work++) {
        bool from_right = s->left == middle ||
                          (s->right < end && !s->in_order && after(s, s->places[s->left], s->places[s->right]));
        size_t out = s->left + s->right - middle;
        s->spare[out] = s->places[from_right ? s->right++ : s->left++];
    }
    if (s->left == middle && s->right == end) {
        if (end < s->count)
            open_pair(s, end);
        else
            next_round(s);
    }
}

/* One portion; true: all is in order. */
static bool sort_on(struct sorter *s)
{
    s->work = 0;
    if (s->width == 0)
        make_runs(s);
    while (s->width != 0 && s->width < s->count && s->work < SORT_PORTION && s->truth == VVM_TRUE)
        merge_pair(s);
    return s->width >= s->count || s->truth != VVM_TRUE;
}

static vvm_value arranged(const struct sorter *s, const struct vvm_list *items)
{
    vvm_value list = vvm_list_new(items->length, (enum vvm_elements)items->header.extra);
    for (size_t i = 0; i < items->length && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_retain(vvm_list_get_fast(items, s->places[i])));
    return list;
}

static enum vvm_outcome no_answer(struct vvm_call *call, const struct sorter *s)
{
    switch (s->truth) {
    case VVM_NEEDS_CALL: return vvm_done_slow(call);
    case VVM_NO_MEMORY: return vvm_throw_memory(call);
    default: return vvm_throw_unordered(call, s->a, s->b);
    }
}

static enum vvm_outcome sort_at_once(struct vvm_call *call, const struct vvm_list *items, const struct vvm_list *keys)
{
    struct sorter s;
    bool made = sorter_init(&s, keys);
    for (size_t i = 0; made && i < s.count; i++)
        s.places[i] = i;
    if (made)
        sort(&s, s.places, s.count);
    enum vvm_outcome outcome = !made                  ? vvm_throw_memory(call)
                               : s.truth == VVM_TRUE ? vvm_return(call, arranged(&s, items))
                                                      : no_answer(call, &s);
    sorter_deinit(&s);
    return vvm_charge(call, outcome, items->length * COMPARISONS);
}

/* slots of a long sort: the List of the result, and the sorter. */
enum { ARRANGED, SORTER, SORT_SLOTS };

static void destroy_sorter(struct vvm_handle *handle)
{
    sorter_deinit(handle->native);
    vvm_scratch_free(handle->native, sizeof(struct sorter));
}

static const struct vvm_handle_ops sorter_ops = {.destroy = destroy_sorter};

/* The sorter goes with the frame. */
static bool keep_sorter(struct vvm_call *call, const struct vvm_list *keys)
{
    struct sorter *s = vvm_scratch(sizeof *s);
    if (s == NULL)
        return false;
    if (sorter_init(s, keys) &&
        !vvm_is_unset(call->slots[SORTER] = vvm_handle_new(call->vm->known[VVM_T_ANY], &sorter_ops, s)))
        return true;
    sorter_deinit(s);
    vvm_scratch_free(s, sizeof *s);
    return false;
}

static bool add_in_order(struct vvm_call *call, vvm_value *list, size_t i)
{
    const struct sorter *s = ((struct vvm_handle *)call->slots[SORTER].object)->native;
    return vvm_gather_add(list, vvm_retain(vvm_list_get_fast(call->args[0].object, s->places[i])));
}

/* stage: how much of the result is there. */
static enum vvm_outcome arrange(struct vvm_call *call)
{
    const struct vvm_list *items = call->args[0].object;
    return vvm_gather(call, items->length, (enum vvm_elements)items->header.extra, add_in_order);
}

static enum vvm_outcome sort_long(struct vvm_call *call, const struct vvm_list *keys)
{
    if (vvm_is_unset(call->slots[SORTER]) && !keep_sorter(call, keys))
        return vvm_throw_memory(call);
    struct sorter *s = ((struct vvm_handle *)call->slots[SORTER].object)->native;
    if (!s->done && !(s->done = sort_on(s)))
        return vvm_again(call, 0);
    return s->truth == VVM_TRUE ? arrange(call) : no_answer(call, s);
}

static enum vvm_outcome sort_by(struct vvm_call *call, vvm_value items, vvm_value keys)
{
    const struct vvm_list *list = items.object;
    if (list->length < 2)
        return vvm_done(call, vvm_retain(items));
    return list->length <= AT_ONCE ? sort_at_once(call, list, keys.object) : sort_long(call, keys.object);
}

static bool fits_radix(const struct vvm_list *list)
{
    if (list->length < RADIX_MIN)
        return false;
    return list->header.extra == VVM_ELEMENTS_NUMBER ||
           (list->header.extra == VVM_ELEMENTS_FLOAT &&
            vvm_radix_fits(list->buffer->reals + list->offset, list->length));
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
    if (numbers ? vvm_radix_numbers(made->buffer->numbers, made->length)
                : vvm_radix_floats(made->buffer->reals, made->length))
        return vvm_charge(call, vvm_done(call, copy), list->length);
    vvm_release(copy);
    return vvm_throw_memory(call);
}

static enum vvm_outcome sorted(struct vvm_call *call)
{
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    if (vvm_is_unset(call->slots[SORTER]) && fits_radix(call->args[0].object))
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

/* Is it a long List whose bits are sorted? The library sorts its parts. */
static enum vvm_outcome sorts_in_parts(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    return vvm_done_bool(call, list->length > RADIX_MAX && list->header.extra != VVM_ELEMENTS_VALUE);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__sortsInParts(xs: List<T>) -> Bool", sorts_in_parts, 1, 1, "A long List of Numbers or Floats?"),
    VVM_ROW_F("__sorted(xs: List<T>) -> Any", sorted, 0, 1, 1, SORT_SLOTS, "The elements in natural order."),
    VVM_ROW_F("__mergeSorted(xs: List<T>, ys: List<T>) -> Any", merge_sorted, 0, 2, 2, SLOTS,
              "Two sorted Lists in one."),
    VVM_ROW_F("__sortedBy(xs: List<T>, keys: List<K>) -> Any", sorted_by, 0, 2, 2, SORT_SLOTS,
              "The elements in the order of their keys."),
};

const struct vvm_builtin_group vvm_sort_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
