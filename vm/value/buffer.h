/* Private to vm/value: the buffers behind lists.
 *
 * A buffer holds `used` elements of one kind in room for `capacity`. Only the list that is its one holder
 * changes it; lists that share it see their own windows. */
#ifndef VVM_BUFFER_H
#define VVM_BUFFER_H

#include "vm/value/layout.h"

#define VVM_LIST_LENGTH_MAX (((uint64_t)1 << 48) - 1)

/* An empty buffer for at least `capacity` elements. NULL: no memory, or beyond the limit of lists. */
struct vvm_buffer *vvm_buffer_new(enum vvm_elements elements, uint64_t capacity);

/* An element; borrowed. */
vvm_value vvm_buffer_load(const struct vvm_buffer *buffer, uint64_t index);

/* Changes the room of a buffer nobody else holds, to at least `capacity` >= used; it may move.
 * NULL: no memory, unchanged. */
struct vvm_buffer *vvm_buffer_resize(struct vvm_buffer *buffer, uint64_t capacity);

/* Copies elements into free room of `to` (from index to->used on); values are retained. The kinds are
 * equal, or `to` holds values. */
void vvm_buffer_append(struct vvm_buffer *to, const struct vvm_buffer *from, uint64_t offset, uint64_t count);

/* Copies packed elements to places within the room of a buffer of the same kind. Thread: any; each place is written
 * once. */
void vvm_buffer_copy(struct vvm_buffer *to, uint64_t to_index, const struct vvm_buffer *from, uint64_t offset,
                     uint64_t count);

/* A list over the first `length` elements of a buffer, which it takes over. Unset: no memory; the buffer stays the
 * caller's. */
vvm_value vvm_list_over(struct vvm_buffer *buffer, uint64_t length);

/* Releases elements [start, end); the caller then overwrites or forgets them. */
void vvm_buffer_release(struct vvm_buffer *buffer, uint64_t start, uint64_t end);

/* Moves elements inside the buffer, without touching counts. */
void vvm_buffer_move(struct vvm_buffer *buffer, uint64_t to, uint64_t from, uint64_t count);

static inline void vvm_buffer_store(struct vvm_buffer *buffer, uint64_t at, vvm_value v)
{
    switch ((enum vvm_elements)buffer->header.extra) {
    case VVM_ELEMENTS_NUMBER: buffer->numbers[at] = v.number; break;
    case VVM_ELEMENTS_FLOAT: buffer->reals[at] = v.real; break;
    case VVM_ELEMENTS_BOOL: buffer->bools[at] = (uint8_t)v.number; break;
    default: buffer->values[at] = v; break;
    }
}

static inline uint64_t vvm_buffer_grown(uint64_t length)
{
    return length + (length < 256 ? length : length / 2) + VVM_FIRST_CAPACITY;
}

#endif
