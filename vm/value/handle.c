#include "vm/value/layout.h"

vvm_value vvm_handle_new(struct vvm_type *type, const struct vvm_handle_ops *ops, void *native)
{
    struct vvm_handle *handle = vvm_object_new(VVM_HANDLE, sizeof *handle);
    if (handle == NULL)
        return vvm_unset();
    handle->type = type;
    handle->ops = ops;
    handle->native = native;
    handle->aux = 0;
    if (ops->owned != NULL)
        vvm_flags_add(&handle->header, VVM_FLAG_MAY_CYCLE);
    return vvm_of_object(VVM_HANDLE, handle);
}
