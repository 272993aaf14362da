#include "vm/core/gather.h"

bool vvm_keep_text(struct vvm_call *call, struct vvm_text_builder *portion)
{
    size_t before = vvm_is_unset(call->slots[0]) ? 0 : vvm_string_bytes(&call->slots[0]).length;
    if (!portion->failed && before + portion->length > VVM_STRING_BYTES_MAX) {
        vvm_text_drop(portion);
        vvm_throw_too_long(call);
        return false;
    }
    vvm_value text = vvm_text_finish(portion);
    if (!vvm_is_unset(text) && !vvm_is_unset(call->slots[0])) {
        vvm_value both = vvm_string_concat(vvm_take(&call->slots[0]), text);
        vvm_release(text);
        text = both;
    }
    call->slots[0] = text;
    if (vvm_is_unset(text))
        vvm_throw_memory(call);
    return !vvm_is_unset(text);
}
