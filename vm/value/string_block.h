/* Private to vm/value: the blocks behind strings and text builders.
 *
 * A builder grows inside the block of the string it will become, so finishing a text copies
 * nothing. Capacities use the allocator's class sizes to the full. */
#ifndef VVM_STRING_BLOCK_H
#define VVM_STRING_BLOCK_H

#include "vm/value/layout.h"

#define VVM_TEXT_MAX 8u /* bytes of a string in the value itself */

/* Text bytes of a block that holds at least `length`; fails beyond the limit of strings. */
static inline bool vvm_string_capacity(size_t length, size_t *capacity)
{
    if (length > VVM_STRING_BYTES_MAX)
        return false;
    size_t size = vrt_alloc_good_size(sizeof(struct vvm_string) + length);
    *capacity = size - sizeof(struct vvm_string);
    return true;
}

/* A string object with room for `length` bytes, lengths not set. NULL: no memory or too long. */
struct vvm_string *vvm_string_block(size_t length);

/* Changes the room of a string nobody else holds; it may move. NULL: no memory or too long, unchanged. */
struct vvm_string *vvm_string_resize(struct vvm_string *string, size_t length);

/* Room to ask for when a text outgrows its block: half as much again. */
static inline size_t vvm_string_grown(size_t length)
{
    size_t grown = length + length / 2 + 16;
    return length < VVM_STRING_BYTES_MAX && grown > VVM_STRING_BYTES_MAX ? VVM_STRING_BYTES_MAX : grown;
}

#endif
