/* Private to vm/exec: what patterns ask of a value, without calling anything. */
#ifndef VVM_PATTERN_H
#define VVM_PATTERN_H

#include "vm/value/object.h"

/* `wanted`: a VVM_VARIANT, which names type and variant. */
static inline bool vvm_is_variant(vvm_value v, vvm_value wanted)
{
    if (vvm_tag_id(v) != vvm_tag_id(wanted))
        return false;
    if (vvm_is_plain(v, VVM_VARIANT))
        return v.object == wanted.object;
    return vvm_is_plain(v, VVM_ENUM) && ((struct vvm_record *)v.object)->type == wanted.object;
}

/* kind: 0 a List of exactly `wanted`, 1 of at least, 2 a Tuple of exactly. */
static inline bool vvm_has_length(vvm_value v, uint32_t kind, uint32_t wanted)
{
    if (kind == 2)
        return vvm_is_plain(v, VVM_TUPLE) && ((struct vvm_tuple *)v.object)->length == wanted;
    if (!vvm_is_plain(v, VVM_LIST))
        return false;
    size_t length = ((struct vvm_list *)v.object)->length;
    return kind == 0 ? length == wanted : length >= wanted;
}

/* An element that is known to exist, of a List, a Tuple or a payload; from_end: 1 is the last. Borrowed. */
static inline vvm_value vvm_element(vvm_value v, uint64_t index, bool from_end)
{
    if (vvm_kind(v) == VVM_TUPLE) {
        const struct vvm_tuple *tuple = v.object;
        return tuple->items[from_end ? tuple->length - index : index];
    }
    if (vvm_kind(v) == VVM_ENUM)
        return ((struct vvm_record *)v.object)->fields[index];
    const struct vvm_list *list = v.object;
    return vvm_list_get_fast(list, from_end ? list->length - index : index);
}

#endif
