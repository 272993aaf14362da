#include "vm/value/layout.h"

vvm_value vvm_cell_new(vvm_value owned)
{
    struct vvm_cell *cell = vvm_object_new(VVM_CELL, sizeof *cell);
    if (cell == NULL) {
        vvm_release(owned);
        return vvm_unset();
    }
    vvm_flags_add(&cell->header, VVM_FLAG_MAY_CYCLE);
    cell->value = owned;
    return vvm_of_object(VVM_CELL, cell);
}
