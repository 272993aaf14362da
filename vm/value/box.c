#include "vm/value/layout.h"

/* A second layer of Option/Result: the value with its first layer moves into a box, and the box
 * carries the outer layer in its tag. */
vvm_value vvm_wrap_boxed(vvm_value v, enum vvm_layer layer)
{
    struct vvm_box *box = vvm_object_new(VVM_BOX, sizeof *box);
    if (box == NULL) {
        vvm_release(v);
        return vvm_unset();
    }
    box->inner = v;
    return (vvm_value){.tag = VVM_TAG(VVM_BOX, layer), .object = box};
}

vvm_value vvm_peek_boxed(vvm_value v)
{
    return ((struct vvm_box *)v.object)->inner;
}

vvm_value vvm_peel_boxed(vvm_value v)
{
    struct vvm_box *box = v.object;
    vvm_value inner = box->inner;
    if (vvm_is_unique(&box->header)) {
        vrt_free(box, sizeof *box);
        return inner;
    }
    vvm_retain(inner);
    vvm_object_release(&box->header);
    return inner;
}
