/* Private to vm/core: insertions into and removals from Lists that take long. */
#ifndef VVM_CORE_LIST_MOVE_H
#define VVM_CORE_LIST_MOVE_H

#include "vm/core/core.h"

/* Elements that are moved, with nothing else done to them, at one go. */
#define VVM_PORTION_OF_MOVES (VVM_PORTION * 2)

/* Does an insertion or removal before so many elements of this List take long? */
bool vvm_list_moves_long(vvm_value list, size_t behind);

/* Have it done; the built-in goes on at stage 1. Owns: consume all. */
enum vvm_outcome vvm_list_insert_long(struct vvm_call *call, vvm_value owned_list, size_t index, vvm_value owned_item);
enum vvm_outcome vvm_list_remove_long(struct vvm_call *call, vvm_value owned_list, size_t index);

#endif
