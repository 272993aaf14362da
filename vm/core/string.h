/* Private to vm/core: what the three files of String's methods share. Positions are code points outside, bytes
 * inside. */
#ifndef VVM_CORE_STRING_H
#define VVM_CORE_STRING_H

#include "vm/core/core.h"

#define VVM_NOT_FOUND SIZE_MAX

static inline struct vvm_bytes vvm_this_bytes(const struct vvm_call *call)
{
    return vvm_string_bytes(&call->args[0]);
}

/* Byte where code point `index` (at most the length) begins. */
static inline size_t vvm_string_byte(vvm_value string, struct vvm_bytes bytes, size_t index)
{
    return vvm_string_length(string) == bytes.length ? index : vvm_utf8_offset(bytes.data, bytes.length, index);
}

/* Code points before this byte. */
static inline int64_t vvm_string_place(vvm_value string, struct vvm_bytes bytes, size_t byte)
{
    return (int64_t)(vvm_string_length(string) == bytes.length ? byte : vvm_utf8_count(bytes.data, byte));
}

/* Byte where `needle` begins at or after `from`, or VVM_NOT_FOUND. */
size_t vvm_bytes_find(struct vvm_bytes text, struct vvm_bytes needle, size_t from);

/* One Char per code point, as a List, which grows in slot 0; the stage is the byte it goes on with. */
enum vvm_outcome vvm_string_chars(struct vvm_call *call);

#endif
