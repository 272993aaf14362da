/* Lists and texts that built-ins make element by element: frames that give way after each portion.
 *
 * The List grows in the frame's slot 0, so that it goes when the task does; the stage counts the steps that are done. */
#ifndef VVM_GATHER_H
#define VVM_GATHER_H

#include "vm/core/core.h"

/* Adds what step `i` gives to the List; false: no memory. */
typedef bool vvm_gather_step(struct vvm_call *call, vvm_value *list, size_t i);

/* Adds an owned item, which may be unset for want of memory. */
static inline bool vvm_gather_add(vvm_value *list, vvm_value item)
{
    if (vvm_is_unset(item))
        return false;
    *list = vvm_list_append_fast(vvm_take(list), item);
    return !vvm_is_unset(*list);
}

/* The text made so far, in slot 0, with what a portion has added; consumes the portion. False: thrown, it is too long or there is
 * no memory. */
bool vvm_keep_text(struct vvm_call *call, struct vvm_text_builder *portion);

/* The List of `steps` steps, with room for that many elements of a kind. */
static inline enum vvm_outcome vvm_gather(struct vvm_call *call, size_t steps, enum vvm_elements kind, vvm_gather_step *step)
{
    vvm_value *list = &call->slots[0];
    size_t most = kind == VVM_ELEMENTS_VALUE ? VVM_PORTION_OF_VALUES : VVM_PORTION;
    size_t begin = call->stage, end = vvm_portion_at_most(call, steps, most);
    if (begin == 0 && vvm_is_unset(*list = vvm_list_new(steps, kind)))
        return vvm_throw_memory(call);
    for (size_t i = begin; i < end; i++)
        if (!step(call, list, i))
            return vvm_throw_memory(call);
    return end < steps ? vvm_again(call, end) : vvm_charge(call, vvm_done(call, vvm_take(list)), end - begin);
}

#endif
