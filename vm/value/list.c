#include "vm/value/buffer.h"

#include <string.h>

#define SLICE_COPIES_MAX 32u       /* a slice of at most this many elements copies them */
#define BUFFER_KEEPS_MAX 4096u     /* bytes of a buffer that even the smallest slice may keep alive */

/* Outside the window of a list that owns its buffer lie elements that nobody sees: a cut leaves void before the
 * window and nothing after it; a buffer whose other lists died may hold values there, which go with the buffer or
 * with the next change that needs their place. */

static struct vvm_list *list_new(struct vvm_buffer *owned_buffer, uint64_t length)
{
    struct vvm_list *list = vvm_object_new(VVM_LIST, sizeof *list);
    if (list == NULL) {
        if (owned_buffer != NULL)
            vvm_object_release(&owned_buffer->header);
        return NULL;
    }
    list->header.extra = owned_buffer != NULL ? owned_buffer->header.extra : VVM_ELEMENTS_VALUE;
    list->buffer = owned_buffer;
    list->offset = 0;
    list->length = length;
    return list;
}

static vvm_value list_value(struct vvm_list *list)
{
    return list != NULL ? vvm_of_object(VVM_LIST, list) : vvm_unset();
}

vvm_value vvm_list_new(size_t capacity, enum vvm_elements hint)
{
    struct vvm_buffer *buffer = NULL;
    if (capacity > 0) {
        buffer = vvm_buffer_new(hint, capacity);
        if (buffer == NULL)
            return vvm_unset();
    }
    return list_value(list_new(buffer, 0));
}

static enum vvm_elements common_elements(const vvm_value *values, size_t count)
{
    enum vvm_elements elements = vvm_elements_of(values[0]);
    for (size_t i = 1; i < count; i++) {
        if (vvm_elements_of(values[i]) != elements)
            return VVM_ELEMENTS_VALUE;
    }
    return elements;
}

vvm_value vvm_list_from(const vvm_value *owned, size_t count)
{
    if (count == 0)
        return vvm_list_new(0, VVM_ELEMENTS_VALUE);
    struct vvm_buffer *buffer = vvm_buffer_new(common_elements(owned, count), count);
    if (buffer == NULL) {
        vvm_release_all(owned, count);
        return vvm_unset();
    }
    for (size_t i = 0; i < count; i++)
        vvm_buffer_store(buffer, i, owned[i]);
    buffer->used = count;
    return list_value(list_new(buffer, count));
}

vvm_value vvm_list_over(struct vvm_buffer *buffer, uint64_t length)
{
    struct vvm_list *list = list_new(NULL, 0);
    if (list == NULL || buffer == NULL)
        return list_value(list);
    buffer->used = length;
    list->header.extra = buffer->header.extra;
    list->buffer = buffer;
    list->length = length;
    return list_value(list);
}

size_t vvm_list_length(vvm_value list)
{
    return ((struct vvm_list *)list.object)->length;
}

vvm_value vvm_list_get(vvm_value borrowed_list, size_t index)
{
    return vvm_list_get_fast(borrowed_list.object, index);
}

/* ---- Making a list one's own ---- */

static bool owns_buffer(struct vvm_list *list)
{
    return vvm_is_unique(&list->header) && list->buffer != NULL && vvm_is_unique(&list->buffer->header);
}

/* Ends the buffer where the window ends. */
static void trim_tail(struct vvm_list *list)
{
    uint64_t end = list->offset + list->length, used = list->buffer->used;
    list->buffer->used = end;
    vvm_buffer_release(list->buffer, end, used);
}

/* Moves the window to the front of its own buffer. */
static void shift_front(struct vvm_list *list)
{
    if (list->offset == 0)
        return;
    vvm_buffer_release(list->buffer, 0, list->offset);
    vvm_buffer_move(list->buffer, 0, list->offset, list->length);
    list->offset = 0;
    list->buffer->used = list->length;
}

/* Room for `wanted` elements in a buffer that is this list's own. A window in the far half of its buffer moves to the
 * front: a queue of bounded length (append, drop(1)) stays where it is in memory, at constant cost. */
static bool grow_own(struct vvm_list *list, uint64_t wanted)
{
    trim_tail(list);
    if (list->offset + wanted <= list->buffer->capacity)
        return true;
    bool half_empty = list->offset >= list->length && wanted <= list->buffer->capacity;
    shift_front(list);
    if (half_empty)
        return true;
    uint64_t least = list->length + list->length / 16;
    struct vvm_buffer *moved = vvm_buffer_resize(list->buffer, vvm_buffer_grown(wanted));
    if (moved == NULL) /* memory is short; in steps all the same, so that a loop of appends stays linear */
        moved = vvm_buffer_resize(list->buffer, least > wanted ? least : wanted);
    if (moved == NULL)
        return false;
    list->buffer = moved;
    return true;
}

/* A buffer with a copy of the window and room for `wanted` elements. */
static struct vvm_buffer *copy_window(const struct vvm_list *list, uint64_t wanted, enum vvm_elements elements)
{
    uint64_t capacity = wanted > list->length ? vvm_buffer_grown(wanted) : wanted;
    if (list->length == 0 && list->buffer != NULL && list->buffer->capacity > capacity)
        capacity = list->buffer->capacity; /* room that vvm_list_new was asked for */
    struct vvm_buffer *buffer = vvm_buffer_new(elements, capacity);
    if (buffer != NULL && list->length > 0)
        vvm_buffer_append(buffer, list->buffer, list->offset, list->length);
    return buffer;
}

/* Puts `buffer` (owned), which holds a copy of the window, under a list of the caller's own. */
static struct vvm_list *rebase(struct vvm_list *list, struct vvm_buffer *buffer)
{
    if (!vvm_is_unique(&list->header)) {
        struct vvm_list *own = list_new(buffer, list->length);
        vvm_object_release(&list->header);
        return own;
    }
    struct vvm_buffer *old = list->buffer;
    list->buffer = buffer;
    list->offset = 0;
    list->header.extra = buffer->header.extra;
    if (old != NULL)
        vvm_object_release(&old->header);
    return list;
}

/* The list, changeable: header and buffer are the caller's alone, the buffer holds `elements`, has room for `wanted`
 * of them and ends with the window. NULL: no memory, the list is released. */
static struct vvm_list *own(vvm_value owned, uint64_t wanted, enum vvm_elements elements)
{
    struct vvm_list *list = owned.object;
    if (wanted <= VVM_LIST_LENGTH_MAX && list->header.extra == elements && owns_buffer(list)) {
        if (grow_own(list, wanted))
            return list;
    } else if (wanted <= VVM_LIST_LENGTH_MAX) {
        struct vvm_buffer *buffer = copy_window(list, wanted, elements);
        if (buffer != NULL)
            return rebase(list, buffer);
    }
    vvm_object_release(&list->header);
    return NULL;
}

/* Element kind of the list with `item` in it. */
static enum vvm_elements joined(const struct vvm_list *list, enum vvm_elements item)
{
    return list->length == 0 || list->header.extra == item ? item : VVM_ELEMENTS_VALUE;
}

/* The list with room for `wanted` elements, one of which will be `item`; the item is released on failure. */
static struct vvm_list *own_for(vvm_value owned_list, uint64_t wanted, vvm_value owned_item)
{
    enum vvm_elements elements = joined(owned_list.object, vvm_elements_of(owned_item));
    struct vvm_list *list = own(owned_list, wanted, elements);
    if (list == NULL)
        vvm_release(owned_item);
    return list;
}

bool vvm_list_reserve(struct vvm_list *list, uint64_t wanted, enum vvm_elements item)
{
    bool own_buffer = list->buffer != NULL && vvm_is_unique(&list->buffer->header);
    return own_buffer && wanted <= VVM_LIST_LENGTH_MAX && joined(list, item) == list->header.extra &&
           grow_own(list, wanted);
}

/* ---- Changes ---- */

vvm_value vvm_list_append(vvm_value owned_list, vvm_value owned_item)
{
    struct vvm_list *list = own_for(owned_list, vvm_list_length(owned_list) + 1, owned_item);
    if (list == NULL)
        return vvm_unset();
    vvm_buffer_store(list->buffer, list->offset + list->length, owned_item);
    list->length++;
    list->buffer->used++;
    return list_value(list);
}

vvm_value vvm_list_set(vvm_value owned_list, size_t index, vvm_value owned_item)
{
    struct vvm_list *list = own_for(owned_list, vvm_list_length(owned_list), owned_item);
    if (list == NULL)
        return vvm_unset();
    vvm_value old = vvm_list_get_fast(list, index);
    vvm_buffer_store(list->buffer, list->offset + index, owned_item);
    vvm_release(old);
    return list_value(list);
}

/* Before the first element there may be room that a removal left. */
static bool insert_before(struct vvm_list *list, vvm_value item)
{
    if (list->length == 0 || list->offset == 0 || !owns_buffer(list) || list->header.extra != vvm_elements_of(item))
        return false;
    list->offset--;
    list->length++;
    vvm_value old = vvm_list_get_fast(list, 0);
    vvm_buffer_store(list->buffer, list->offset, item);
    vvm_release(old);
    return true;
}

vvm_value vvm_list_insert(vvm_value owned_list, size_t index, vvm_value owned_item)
{
    if (index == 0 && insert_before(owned_list.object, owned_item))
        return owned_list;
    struct vvm_list *list = own_for(owned_list, vvm_list_length(owned_list) + 1, owned_item);
    if (list == NULL)
        return vvm_unset();
    uint64_t at = list->offset + index;
    vvm_buffer_move(list->buffer, at + 1, at, list->length - index);
    vvm_buffer_store(list->buffer, at, owned_item);
    list->length++;
    list->buffer->used++;
    return list_value(list);
}

vvm_value vvm_list_remove(vvm_value owned_list, size_t index)
{
    size_t length = vvm_list_length(owned_list);
    if (index == 0 || index + 1 == length)
        return vvm_list_slice(owned_list, index == 0, index == 0 ? length : length - 1);
    struct vvm_list *list = own(owned_list, length, ((struct vvm_list *)owned_list.object)->header.extra);
    if (list == NULL)
        return vvm_unset();
    vvm_value old = vvm_list_get_fast(list, index);
    uint64_t at = list->offset + index;
    vvm_buffer_move(list->buffer, at, at + 1, length - index - 1);
    list->length--;
    list->buffer->used--;
    vvm_release(old);
    return list_value(list);
}

/* ---- Holes ---- */

static void make_hole(struct vvm_list *list, size_t index)
{
    if (list->header.extra == VVM_ELEMENTS_VALUE)
        list->buffer->values[list->offset + index] = vvm_void();
}

void vvm_list_add_hole(vvm_value v)
{
    struct vvm_list *list = v.object;
    trim_tail(list);
    list->length++;
    list->buffer->used++;
    vvm_buffer_store(list->buffer, list->offset + list->length - 1, vvm_number(0));
    make_hole(list, list->length - 1);
}

vvm_value vvm_list_take_out(vvm_value v, size_t index)
{
    vvm_value item = vvm_list_get_fast(v.object, index);
    make_hole(v.object, index);
    return item;
}

void vvm_list_move_hole(vvm_value v, size_t hole, size_t to)
{
    struct vvm_list *list = v.object;
    uint64_t from = list->offset + hole, at = list->offset + to;
    if (to < hole)
        vvm_buffer_move(list->buffer, at + 1, at, hole - to);
    else
        vvm_buffer_move(list->buffer, from, from + 1, to - hole);
    make_hole(list, to);
}

void vvm_list_fill_hole(vvm_value v, size_t hole, vvm_value owned_item)
{
    struct vvm_list *list = v.object;
    vvm_buffer_store(list->buffer, list->offset + hole, owned_item);
}

vvm_value vvm_list_concat(vvm_value owned_a, vvm_value owned_b)
{
    struct vvm_list *a = owned_a.object, *b = owned_b.object;
    if (a->length == 0 || b->length == 0) {
        bool keeps_a = b->length == 0; /* told before the other one goes */
        vvm_release(keeps_a ? owned_b : owned_a);
        return keeps_a ? owned_a : owned_b;
    }
    a = own(owned_a, a->length + b->length, joined(a, b->header.extra));
    if (a != NULL) {
        vvm_buffer_append(a->buffer, b->buffer, b->offset, b->length);
        a->length += b->length;
    }
    vvm_release(owned_b);
    return list_value(a);
}

vvm_value vvm_list_add_part(vvm_value owned_a, vvm_value b, size_t start, size_t count)
{
    struct vvm_list *a = owned_a.object;
    const struct vvm_list *from = b.object;
    a = own(owned_a, a->length + count, joined(a, from->header.extra));
    if (a != NULL) {
        vvm_buffer_append(a->buffer, from->buffer, from->offset + start, count);
        a->length += count;
    }
    return list_value(a);
}

void vvm_list_swap_ends(vvm_value v, size_t low, size_t count)
{
    struct vvm_list *list = v.object;
    for (size_t end = low + count, high = list->length - 1 - low; low < end; low++, high--) {
        vvm_value left = vvm_list_get_fast(list, low), right = vvm_list_get_fast(list, high);
        vvm_buffer_store(list->buffer, list->offset + low, right);
        vvm_buffer_store(list->buffer, list->offset + high, left);
    }
}

vvm_value vvm_list_reverse(vvm_value owned_list)
{
    struct vvm_list *list = owned_list.object;
    if (list->length < 2)
        return owned_list;
    list = own(owned_list, list->length, list->header.extra);
    if (list == NULL)
        return vvm_unset();
    vvm_list_swap_ends(list_value(list), 0, list->length / 2);
    return list_value(list);
}

/* ---- Slices ---- */

/* Narrows a list whose buffer is its own; what falls outside is released now, not with the buffer. */
static vvm_value cut(struct vvm_list *list, uint64_t start, uint64_t end)
{
    uint64_t head = list->offset;
    list->offset = head + start;
    list->length = end - start;
    trim_tail(list);
    if (list->header.extra == VVM_ELEMENTS_VALUE) {
        for (uint64_t i = head; i < list->offset; i++) {
            vvm_value old = list->buffer->values[i];
            list->buffer->values[i] = vvm_void();
            vvm_release(old);
        }
    }
    return list_value(list);
}

static vvm_value copy_slice(vvm_value owned_list, uint64_t start, uint64_t count)
{
    const struct vvm_list *list = owned_list.object;
    struct vvm_buffer *buffer = vvm_buffer_new(list->header.extra, count);
    struct vvm_list *slice = NULL;
    if (buffer != NULL) {
        vvm_buffer_append(buffer, list->buffer, list->offset + start, count);
        slice = list_new(buffer, count);
    }
    vvm_release(owned_list);
    return list_value(slice);
}

static vvm_value share_slice(vvm_value owned_list, uint64_t start, uint64_t count)
{
    struct vvm_list *list = owned_list.object, *slice = list;
    if (!vvm_is_unique(&list->header)) {
        vvm_object_retain(&list->buffer->header);
        slice = list_new(list->buffer, count);
        if (slice != NULL)
            slice->offset = list->offset;
        vvm_release(owned_list);
    }
    if (slice != NULL) {
        slice->offset += start;
        slice->length = count;
    }
    return list_value(slice);
}

static bool small_part(const struct vvm_list *list, uint64_t count)
{
    return list->buffer->capacity * vvm_element_size(list->header.extra) > BUFFER_KEEPS_MAX &&
           count < list->buffer->capacity / 8;
}

bool vvm_list_slice_copies(vvm_value list, size_t count)
{
    return small_part(list.object, count);
}

vvm_value vvm_list_slice(vvm_value owned_list, size_t start, size_t end)
{
    struct vvm_list *list = owned_list.object;
    uint64_t count = end - start;
    if (count == list->length)
        return owned_list;
    if (count == 0) {
        vvm_release(owned_list);
        return vvm_list_new(0, VVM_ELEMENTS_VALUE);
    }
    bool small = small_part(list, count);
    if (!small && owns_buffer(list))
        return cut(list, start, end);
    if (small || count <= SLICE_COPIES_MAX)
        return copy_slice(owned_list, start, count);
    return share_slice(owned_list, start, count);
}
