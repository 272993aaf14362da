/* Generator: language.md 8.14; its lazy and its consuming methods are in generator.vela. */
#include "vm/core/core.h"
#include "vm/exec/generator.h"

static enum vvm_outcome generator_next(struct vvm_call *call)
{
    const struct vvm_generator *g = vvm_generator_of(call->args[0].object);
    if (g->ended)
        return vvm_done_none(call);
    if (g->running)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "next(): the generator is running already");
    return VVM_ADVANCE;
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_E("next() -> Option<T>", generator_next, 0, 0, "The next element; None when there is none left."),
};

const struct vvm_builtin_group vvm_generator_methods = {VVM_T_GENERATOR, false, VVM_ROWS(methods)};
