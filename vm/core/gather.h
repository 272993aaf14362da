/* Lists and texts that built-ins make element by element: frames that give way after each portion.
 *
 * The List grows in the frame's slot 0, so that it goes when the task does; the stage counts the steps that are
 * done. */
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

/* The text made so far, in slot 0, with what a portion has added; consumes the portion. False: thrown, it is too long
 * or there is no memory. */
bool vvm_keep_text(struct vvm_call *call, struct vvm_text_builder *portion);

/* A copy of the text in the slot, which is unset at first. MORE: not all of it yet, call again with the same text. */
enum vvm_truth vvm_copy_text(vvm_value *slot, struct vvm_bytes text);

/* Where the portion of a text ends that begins at byte `begin`, or begins that ends at `end`: between two Chars. */
size_t vvm_portion_inside(struct vvm_bytes text, size_t begin); /* it does not reach to the end */
static inline size_t vvm_portion_of_chars(struct vvm_bytes text, size_t begin)
{
    return text.length - begin <= VVM_PORTION_OF_CHARS ? text.length : vvm_portion_inside(text, begin);
}
size_t vvm_portion_of_chars_back(struct vvm_bytes text, size_t end);

/* What was made of the bytes [begin, end) of a text so long: the whole of it, or one more portion of the text in slot
 * 0. The stage is the byte it goes on with. Owns: consumes `made`. */
enum vvm_outcome vvm_made_in_portions(struct vvm_call *call, struct vvm_text_builder *made, size_t begin, size_t end,
                                      size_t length);
static inline enum vvm_outcome vvm_made_of_chars(struct vvm_call *call, struct vvm_text_builder *made, size_t begin,
                                                 size_t end, size_t length)
{
    if (begin == 0 && end == length)
        return vvm_charge(call, vvm_done_built(call, made), length);
    return vvm_made_in_portions(call, made, begin, end, length);
}

/* The bytes of `of`, which is not empty unless `length` is 0, again and again until there are `length`. */
struct vvm_text_part {
    struct vvm_bytes of;
    size_t length;
};

/* The parts, one after another, as a text, which grows in slot 0 if it is long; the stage stays as it is. */
enum vvm_outcome vvm_lay_text(struct vvm_call *call, const struct vvm_text_part *parts, size_t count);

static inline enum vvm_outcome vvm_lay_bytes(struct vvm_call *call, const char *text, size_t length)
{
    return vvm_lay_text(call, &(struct vvm_text_part){{text, length}, length}, 1);
}

/* The List of `steps` steps, with room for that many elements of a kind. */
static inline enum vvm_outcome vvm_gather(struct vvm_call *call, size_t steps, enum vvm_elements kind,
                                          vvm_gather_step *step)
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
