#include "vm/value/layout.h"

#include <string.h>

vvm_value vvm_tuple_from(const vvm_value *owned, size_t count)
{
    if (count == 0)
        return vvm_void();
    struct vvm_tuple *tuple = NULL;
    if (count < SIZE_MAX / 32)
        tuple = vvm_object_new(VVM_TUPLE, sizeof *tuple + count * sizeof *owned);
    if (tuple == NULL) {
        vvm_release_all(owned, count);
        return vvm_unset();
    }
    tuple->length = count;
    memcpy(tuple->items, owned, count * sizeof *owned);
    return vvm_of_object(VVM_TUPLE, tuple);
}
