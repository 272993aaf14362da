/* yield and yield*. */
#include "vm/compile/compiler.h"

/* The generator function around the current code; NULL (and reported) where an async function lies between. */
static struct function_context *generator_around(struct compiler *c, uint32_t offset)
{
    struct function_context *context = c->builder->context;
    while (context->node && !context->node->is_generator) {
        if (context->node->is_async) {
            unsupported(c, offset, 5, "`yield` in an async function");
            return NULL;
        }
        context = context->parent;
    }
    return context->node ? context : NULL;
}

void gen_yield(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    struct function_context *generator = generator_around(c, node->offset);
    if (!generator)
        return;
    bool last = to.kind == TO_RETURN && !b->exits && generator == b->context;
    if (node->yield.delegate && last && gen_self_delegation(c, node->yield.operand))
        return;
    int value = new_register(c);
    if (node->yield.operand)
        gen_into(c, node->yield.operand, value);
    else
        load_constant(c, value, vvm_void());
    set_position(c, node->offset);
    if (node->yield.delegate) {
        emit(c, VVM_OPC_ITERATE, value, value, 0);
        if (last)
            hold_unread(c);
    }
    emit_w(c, node->yield.delegate ? VVM_OPC_DELEGATE : VVM_OPC_YIELD, 0, value, node->yield.delegate && last,
           generator->function_id);
    deliver_void(c, to);
}
