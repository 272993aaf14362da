/* The names under which the core library's Vela part asks for a LOOP instruction (vm/compile/loop.h). */
#include "vm/compile/loop.h"
#include "vm/core/core.h"

static enum vvm_outcome misplaced(struct vvm_call *call)
{
    return vvm_throw(call, VVM_T_RUNTIME_ERROR, "a loop of the core library stands only in a function with its parameters");
}

#define LIST "(xs: List<T>, i: Number, n: Number, f: Function"
#define STEPS "(x: Number, step: Number, n: Number, f: Function"
#define ARRIVALS "(source: Any, i: Number, n: Number, f: Function"
#define ROW(name, parameters, count, about) \
    {.signature = "__" name parameters, .function = misplaced, .min = (count), .max = (count), .doc = (about)}
#define ROWS(name, about) \
    ROW(name "List", LIST ", acc: Any) -> Any", 5, about), ROW(name "Steps", STEPS ", acc: Any) -> Any", 5, about)
#define LANE_ROWS(name, about) \
    ROW(name "Lane", LIST ", acc: Any, lane: Any) -> Any", 6, about), \
    ROW(name "StepsLane", STEPS ", acc: Any, lane: Any) -> Any", 6, about)

const struct vvm_builtin vvm_loop_rows[VVM_LOOP_COUNT_OF_KINDS] = {
    ROW("eachList", LIST ") -> void", 4, "Calls f with each element."),
    ROW("eachSteps", STEPS ") -> void", 4, "Calls f with each element."),
    ROWS("map", "acc with the results of f."),
    ROWS("filter", "acc with the elements for which f is true."),
    ROWS("reduce", "f(f(acc, first), second) and so on."),
    ROWS("count", "acc and how many elements f is true for."),
    ROWS("seek", "acc and how many elements stand before the first for which f is true; -1 if there is none."),
    ROWS("seekNot", "acc and how many elements stand before the first for which f is false; -1 if there is none."),
    ROW("eachArrival", ARRIVALS ") -> void", 4, "Calls f with each value that is there at once."),
    ROW("reduceArrivals", ARRIVALS ", acc: Any) -> Any", 5, "f(f(acc, first), second) and so on, of the values that are there at once."),
    LANE_ROWS("map", "Delivers the results of f for the elements of a run; acc is an empty List, and it gives one."),
    LANE_ROWS("chunk", "acc, which is empty, with the results of f for the next chunk; empty at the run's end."),
    LANE_ROWS("reduce", "f(f(acc, first), second) and so on, of the elements of a run."),
    ROW("combineList", LIST ", acc: Any) -> Any", 5, "As reduceList; a Future that f gives is awaited."),
};

#define BOTH(loop) VVM_LOOP_KIND(loop, 0), VVM_LOOP_KIND(loop, 1)
#define LANES(loop, more) \
    (more) | VVM_LOOP_FOLLOWS | VVM_LOOP_DIVIDED | VVM_LOOP_KIND(loop, 0), \
    (more) | VVM_LOOP_FOLLOWS | VVM_LOOP_DIVIDED | VVM_LOOP_KIND(loop, 1)
const uint8_t vvm_loop_kinds[VVM_LOOP_COUNT_OF_KINDS] = {
    BOTH(VVM_LOOP_EACH), BOTH(VVM_LOOP_MAP), BOTH(VVM_LOOP_FILTER), BOTH(VVM_LOOP_REDUCE), BOTH(VVM_LOOP_COUNT),
    BOTH(VVM_LOOP_SEEK), BOTH(VVM_LOOP_SEEK_NOT),
    VVM_LOOP_ARRIVALS | VVM_LOOP_KIND(VVM_LOOP_EACH, 0), VVM_LOOP_ARRIVALS | VVM_LOOP_KIND(VVM_LOOP_REDUCE, 0),
    LANES(VVM_LOOP_MAP, 0), LANES(VVM_LOOP_MAP, VVM_LOOP_BY_CHUNKS), LANES(VVM_LOOP_REDUCE, 0),
    VVM_LOOP_FOLLOWS | VVM_LOOP_KIND(VVM_LOOP_REDUCE, 0),
};

const struct vvm_builtin_group vvm_loop_group = {VVM_TYPE_NO_ID, false, VVM_ROWS(vvm_loop_rows)};
