/* Tuple: language.md 8.9. */
#include "vm/core/core.h"

static enum vvm_outcome tuple_length(struct vvm_call *call)
{
    return vvm_done_number(call, (int64_t)((struct vvm_tuple *)call->args[0].object)->length);
}

static enum vvm_outcome tuple_to_list(struct vvm_call *call)
{
    bool fits;
    return vvm_return(call, vvm_items_of(call->args[0], &fits));
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("length() -> Number", tuple_length, "How many parts it has."),
    VVM_ROW_M("toList() -> List", tuple_to_list, 0, 0, "Its parts as a List."),
};

const struct vvm_builtin_group vvm_tuple_methods = {VVM_T_TUPLE, false, VVM_ROWS(methods)};
