#include "vm/value/layout.h"

vvm_value vvm_bound_new(vvm_value owned_receiver, vvm_value owned_method)
{
    struct vvm_bound *bound = vvm_object_new(VVM_BOUND, sizeof *bound);
    if (bound == NULL) {
        vvm_release(owned_receiver);
        vvm_release(owned_method);
        return vvm_unset();
    }
    bound->receiver = owned_receiver;
    bound->method = owned_method;
    if (vvm_is_heap(owned_receiver) && (vvm_flags_of(owned_receiver.object) & VVM_FLAG_MAY_CYCLE))
        vvm_flags_add(&bound->header, VVM_FLAG_MAY_CYCLE);
    return vvm_of_object(VVM_BOUND, bound);
}
