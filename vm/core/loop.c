/* The names under which the core library's Vela part asks for a LOOP instruction (vm/compile/loop.h). */
#include "vm/compile/loop.h"
#include "vm/core/core.h"

static enum vvm_outcome misplaced(struct vvm_call *call)
{
    return vvm_throw(call, VVM_T_RUNTIME_ERROR, "a loop of the core library stands only in a function with its parameters");
}

#define LIST "(xs: List<T>, i: Number, n: Number, f: Function"
#define STEPS "(x: Number, step: Number, n: Number, f: Function"
#define ROW(name, parameters, count, about) \
    {.signature = "__" name parameters, .function = misplaced, .min = (count), .max = (count), .doc = (about)}
#define ROWS(name, about) \
    ROW(name "List", LIST ", acc: Any) -> Any", 5, about), ROW(name "Steps", STEPS ", acc: Any) -> Any", 5, about)

const struct vvm_builtin vvm_loop_rows[VVM_LOOP_COUNT_OF_KINDS] = {
    ROW("eachList", LIST ") -> void", 4, "Calls f with each element."),
    ROW("eachSteps", STEPS ") -> void", 4, "Calls f with each element."),
    ROWS("map", "acc with the results of f."),
    ROWS("filter", "acc with the elements for which f is true."),
    ROWS("reduce", "f(f(acc, first), second) and so on."),
    ROWS("count", "acc and how many elements f is true for."),
    ROWS("seek", "acc and how many elements stand before the first for which f is true; -1 if there is none."),
    ROWS("seekNot", "acc and how many elements stand before the first for which f is false; -1 if there is none."),
};

const struct vvm_builtin_group vvm_loop_group = {VVM_TYPE_NO_ID, false, VVM_ROWS(vvm_loop_rows)};
