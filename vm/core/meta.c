/* meta(x): the decorators of a declaration, as the module evaluated them (language.md 5.5). */
#include "vm/core/core.h"
#include "vm/exec/isolate.h"

/* `variable`: a module variable's index + 1; 0 or not evaluated yet: none. */
static enum vvm_outcome decorators_at(struct vvm_call *call, uint32_t variable)
{
    struct vvm_global *global = variable != 0 ? vvm_table_at(&call->vm->globals, variable - 1) : NULL;
    /* acquire: pairs with the release in bind (variable.c), publishes the value */
    if (global == NULL || !atomic_load_explicit(&global->ready, memory_order_acquire))
        return vvm_return(call, vvm_list_new(0, VVM_ELEMENTS_VALUE));
    if (!global->sendable && !vvm_isolate_is_main(call->isolate))
        return vvm_throw(call, VVM_T_NOT_SENDABLE_ERROR,
                         "the arguments of these decorators may not be seen by other isolates");
    return vvm_done(call, vvm_retain(global->value));
}

static uint32_t variable_of(const struct vvm_call *call, vvm_value v)
{
    if (vvm_is_plain(v, VVM_BOUND))
        v = ((const struct vvm_bound *)v.object)->method;
    if (vvm_is_plain(v, VVM_FUNCTION) || vvm_is_plain(v, VVM_CLOSURE))
        return vvm_function_at(call->vm, vvm_tag_id(v))->decorators;
    return vvm_is_plain(v, VVM_TYPE) ? ((const struct vvm_type *)v.object)->decorators : 0;
}

static enum vvm_outcome meta(struct vvm_call *call)
{
    return decorators_at(call, variable_of(call, call->args[0]));
}

static enum vvm_outcome decorators(struct vvm_call *call)
{
    return decorators_at(call, (uint32_t)call->args[0].number);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M(
        "meta(x: Any) -> List<(String, List<Any>, Dict<String, Any>)>", meta, 1, 1,
        "The decorators of a function or type of a module, or of a member written as `meta(C.name)`: name, arguments, "
        "named arguments. Anything else has none."),
    VVM_ROW_M("__decorators(variable: Number) -> List<Any>", decorators, 1, 1, "Those in a module variable."),
};

const struct vvm_builtin_group vvm_meta_functions = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
