/* Bool: language.md 8.4. */
#include "vm/core/core.h"

static enum vvm_outcome bool_to_string(struct vvm_call *call)
{
    return vvm_return(call, vvm_string_from_c(call->args[0].number ? "true" : "false"));
}

static enum vvm_outcome bool_not(struct vvm_call *call) { return vvm_done_bool(call, !call->args[0].number); }
static enum vvm_outcome bool_to_number(struct vvm_call *call) { return vvm_done_number(call, call->args[0].number); }

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("toString() -> String", bool_to_string, 0, 0, "`true` or `false`."),
    VVM_ROW_M("not() -> Bool", bool_not, 0, 0, "The opposite, the same as `!`."),
    VVM_ROW_M("toNumber() -> Number", bool_to_number, 0, 0, "1 for true, 0 for false."),
};

const struct vvm_builtin_group vvm_bool_methods = {VVM_T_BOOL, false, VVM_ROWS(methods)};
