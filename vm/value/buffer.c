#include "vm/value/buffer.h"

#include <string.h>

/* Bytes and elements of the block that holds at least `capacity` elements: the allocator's class to the full. */
static size_t fitted(enum vvm_elements elements, uint64_t *capacity)
{
    size_t element = vvm_element_size(elements);
    size_t size = vrt_alloc_good_size(sizeof(struct vvm_buffer) + *capacity * element);
    *capacity = (size - sizeof(struct vvm_buffer)) / element;
    return sizeof(struct vvm_buffer) + *capacity * element;
}

struct vvm_buffer *vvm_buffer_new(enum vvm_elements elements, uint64_t capacity)
{
    if (capacity > VVM_LIST_LENGTH_MAX * 2)
        return NULL;
    size_t size = fitted(elements, &capacity);
    struct vvm_buffer *buffer = vvm_object_new(VVM_BUFFER, size);
    if (buffer == NULL)
        return NULL;
    buffer->header.extra = (uint16_t)elements;
    buffer->capacity = capacity;
    buffer->used = 0;
    return buffer;
}

struct vvm_buffer *vvm_buffer_resize(struct vvm_buffer *buffer, uint64_t capacity)
{
    if (capacity > VVM_LIST_LENGTH_MAX * 2)
        return NULL;
    size_t size = fitted(buffer->header.extra, &capacity);
    struct vvm_buffer *moved = vrt_realloc(buffer, vvm_object_size(&buffer->header), size);
    if (moved != NULL)
        moved->capacity = capacity;
    return moved;
}

static char *at(const struct vvm_buffer *buffer, uint64_t index)
{
    return (char *)buffer->bools + index * vvm_element_size(buffer->header.extra);
}

vvm_value vvm_buffer_load(const struct vvm_buffer *buffer, uint64_t index)
{
    switch ((enum vvm_elements)buffer->header.extra) {
    case VVM_ELEMENTS_NUMBER: return vvm_number(buffer->numbers[index]);
    case VVM_ELEMENTS_FLOAT: return vvm_float(buffer->reals[index]);
    case VVM_ELEMENTS_BOOL: return vvm_bool(buffer->bools[index]);
    default: return buffer->values[index];
    }
}

static void append_widened(struct vvm_buffer *to, const struct vvm_buffer *from, uint64_t offset, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        to->values[to->used + i] = vvm_buffer_load(from, offset + i);
    to->used += count;
}

void vvm_buffer_append(struct vvm_buffer *to, const struct vvm_buffer *from, uint64_t offset, uint64_t count)
{
    VRT_ASSERT(to->used + count <= to->capacity);
    if (count == 0)
        return;
    if (to->header.extra != from->header.extra) {
        append_widened(to, from, offset, count);
        return;
    }
    memcpy(at(to, to->used), at(from, offset), count * vvm_element_size(to->header.extra));
    if (to->header.extra == VVM_ELEMENTS_VALUE)
        vvm_retain_all(to->values + to->used, count);
    to->used += count;
}

void vvm_buffer_copy(struct vvm_buffer *to, uint64_t to_index, const struct vvm_buffer *from, uint64_t offset,
                     uint64_t count)
{
    memcpy(at(to, to_index), at(from, offset), count * vvm_element_size(to->header.extra));
}

void vvm_buffer_release(struct vvm_buffer *buffer, uint64_t start, uint64_t end)
{
    if (buffer->header.extra == VVM_ELEMENTS_VALUE && start < end)
        vvm_release_all(buffer->values + start, end - start);
}

void vvm_buffer_move(struct vvm_buffer *buffer, uint64_t to, uint64_t from, uint64_t count)
{
    if (count > 0)
        memmove(at(buffer, to), at(buffer, from), count * vvm_element_size(buffer->header.extra));
}
