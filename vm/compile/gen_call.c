/* Calls: the frame window, its arguments, named arguments, calls of values and of Some, Ok, Err. */
#include "vm/compile/gen_call.h"

#include "vm/compile/boot_tests.h"
#include "vm/compile/loop.h"

#include <string.h>

#define ARGUMENTS_MAX 250

static bool tail_allowed(struct compiler *c, struct destination to)
{
    struct builder *b = c->builder;
    return to.kind == TO_RETURN && !b->exits && b->context != c->top && !(b->flags & VVM_FUNCTION_GENERATOR) &&
           !is_test_body(c);
}

void begin_call(struct compiler *c, struct call *call, uint32_t count, struct destination to)
{
    *call = (struct call){.count = count, .tail = tail_allowed(c, to)};
    call->window = new_registers(c, VVM_FRAME_HEADER + (int)count);
    call->waiting = compile_alloc(c, (count + 1) * sizeof *call->waiting);
}

int argument_register(const struct call *call, uint32_t index) { return call->window + VVM_FRAME_HEADER + (int)index; }

void wait_for(struct call *call, int argument, int source)
{
    call->waiting[call->moves].argument = argument;
    call->waiting[call->moves++].source = source;
}

/* An argument that stands in an immutable variable is handed over directly before the call, so that liveness can lend
 * it. */
static bool argument_waits(struct compiler *c, struct vvm_node *node)
{
    if (node->kind != VVM_NODE_NAME && node->kind != VVM_NODE_THIS)
        return false;
    struct variable *v = note_get(c, node);
    return v && !v->is_state && (v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL);
}

void gen_argument(struct compiler *c, struct call *call, uint32_t index, struct vvm_node *node)
{
    int reg = argument_register(call, index);
    set_position(c, node->offset);
    uint32_t before = c->builder->ir.count;
    int source = argument_waits(c, node) ? variable_register(c, note_get(c, node)) : -1;
    if (source >= 0 && c->builder->ir.count > before) /* borrowed from outside of the frame: where it is wanted at
                                                         once */
        c->builder->ir.code[before].a = reg;
    else if (source >= 0)
        wait_for(call, reg, source);
    else
        gen_into(c, node, reg);
}

void gen_arguments(struct compiler *c, struct call *call, uint32_t from, const struct vvm_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        gen_argument(c, call, from + i, arguments->items[i].value);
}

static enum vvm_opcode tail_form(enum vvm_opcode op)
{
    switch (op) {
    case VVM_OPC_CALL: return VVM_OPC_TCALL;
    case VVM_OPC_CALLF: return VVM_OPC_TCALLF;
    case VVM_OPC_CALLM: return VVM_OPC_TCALLM;
    case VVM_OPC_CALLN: return VVM_OPC_TCALLN;
    case VVM_OPC_CALLMN: return VVM_OPC_TCALLMN;
    default: return op;
    }
}

void emit_call(struct compiler *c, struct call *call, enum vvm_opcode op, int dst, uint32_t w)
{
    for (int i = 0; i < call->moves; i++)
        emit(c, VVM_OPC_ARG, call->waiting[i].argument, call->waiting[i].source, 0);
    emit_w(c, op, dst, call->window, (int)call->count, w);
}

/* Would `count` arguments stand where its parameters are, without anything left to do? */
static bool takes_exactly(const struct vvm_function_node *node, uint32_t count)
{
    for (uint32_t i = 0; i < node->param_count; i++)
        if (node->params[i].rest)
            return false;
    return count == node->param_count;
}

static bool is_self_call(struct compiler *c, const struct call *call, uint32_t id)
{
    struct function_context *context = c->builder->context;
    struct vvm_function_node *node = context->node;
    if (!context->function_variable || context->function_variable->function_id != id || !node || node->is_async ||
        node->is_generator)
        return false;
    return takes_exactly(node, call->count);
}

bool is_plain_list(const struct vvm_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        if (arguments->items[i].label || arguments->items[i].spread)
            return false;
    return true;
}

/* What may stand in the operand of a `yield*` that is a body's last act, so that its frame can be used again. */
static bool is_self_delegation(struct compiler *c, struct vvm_node *operand, struct call *call)
{
    struct function_context *context = c->builder->context;
    struct vvm_node *callee = operand->kind == VVM_NODE_CALL ? operand->call.callee : NULL;
    struct variable *v = callee && callee->kind == VVM_NODE_NAME ? note_get(c, callee) : NULL;
    if (!v || v->kind != VARIABLE_FUNCTION || v != context->function_variable ||
        !is_plain_list(&operand->call.arguments))
        return false;
    call->count = operand->call.arguments.count;
    return takes_exactly(context->node, call->count);
}

bool gen_self_delegation(struct compiler *c, struct vvm_node *operand)
{
    struct call call;
    if (!is_self_delegation(c, operand, &call))
        return false;
    begin_call(c, &call, operand->call.arguments.count, NOWHERE);
    gen_arguments(c, &call, 0, &operand->call.arguments);
    set_position(c, operand->offset);
    hold_unread(c);
    emit_call(c, &call, VVM_OPC_TSELF, 0, c->builder->context->function_id);
    return true;
}

void finish_call(struct compiler *c, struct call *call, enum vvm_opcode op, uint32_t w, uint32_t offset,
                 struct destination to)
{
    set_position(c, offset);
    if (call->tail && tail_form(op) != op) {
        hold_unread(c);
        if (op == VVM_OPC_CALLF && is_self_call(c, call, w))
            emit_call(c, call, VVM_OPC_TSELF, 0, w);
        else
            emit_call(c, call, tail_form(op), 0, w);
        return;
    }
    int dst = to.kind == TO_REGISTER ? to.reg : call->window;
    emit_call(c, call, op, dst, w);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
}

/* ---- Named and spread arguments ---- */

uint32_t add_shape(struct compiler *c, uint32_t site, const struct vvm_arguments *arguments, uint32_t receiver,
                   vvm_symbol extra)
{
    uint32_t count = arguments->count + receiver + (extra != 0), index;
    struct vvm_shape shape = {.site = site, .count = count};
    shape.arguments = code_alloc(c, (count + 1) * sizeof *shape.arguments);
    for (uint32_t i = 0; i < arguments->count; i++) {
        shape.arguments[i + receiver].name = arguments->items[i].label;
        shape.arguments[i + receiver].spread = arguments->items[i].spread;
    }
    if (extra)
        shape.arguments[count - 1].name = extra;
    if (!vvm_table_add(&c->vm->shapes, &shape, &index))
        longjmp(c->out_of_memory, 1);
    return index;
}

bool too_many(struct compiler *c, struct vvm_node *node, const struct vvm_arguments *arguments)
{
    if (arguments->count <= ARGUMENTS_MAX)
        return false;
    compile_error(c, "E198", node->offset, 1, "spread a List: f(...xs)", "a call has at most %d arguments",
                  ARGUMENTS_MAX);
    return true;
}

/* What tests its values against T; the type arguments of everything else mean nothing at run time. */
static bool tests_elements(struct compiler *c, struct vvm_node *name)
{
    struct variable *v = name->kind == VVM_NODE_NAME ? note_get(c, name) : NULL;
    if (!v || v->kind != VARIABLE_PRELUDE)
        return false;
    if (!vvm_is_plain(v->value, VVM_TYPE))
        return strcmp(symbol_text(c, v->name), "channel") == 0;
    uint32_t id = ((struct vvm_type *)v->value.object)->id;
    return id == VVM_T_CHANNEL || id == VVM_T_PROMISE;
}

int hidden_test(struct compiler *c, struct vvm_node *applied)
{
    if (!applied || applied->kind != VVM_NODE_TYPE_APPLY || applied->apply.arguments.count != 1 ||
        !tests_elements(c, applied->apply.object))
        return -1;
    struct vvm_type_test *test = type_test(c, c->module_scope, applied->apply.arguments.items[0]);
    return test->kind == VVM_TEST_ANY ? -1 : (int)test_index(c, test);
}

void gen_hidden(struct compiler *c, struct call *call, int test)
{
    if (test >= 0)
        load_number(c, argument_register(call, call->count - 1), VVM_TEST_ARGUMENT + test);
}

/* ---- Function values ---- */

void gen_value_call(struct compiler *c, struct vvm_node *node, struct vvm_node *callee, struct destination to)
{
    struct vvm_arguments *arguments = &node->call.arguments;
    int test = hidden_test(c, callee);
    struct call call;
    begin_call(c, &call, arguments->count + (test >= 0), to);
    bool waits = argument_waits(c, callee);
    int source = waits ? variable_register(c, note_get(c, callee)) : -1;
    if (source < 0)
        gen_into(c, callee, call.window);
    gen_arguments(c, &call, 0, arguments);
    gen_hidden(c, &call, test);
    if (source >= 0)
        emit(c, VVM_OPC_MOVE, call.window, source, 0);
    bool plain = is_plain_list(arguments) && test < 0;
    bool callback = c->core && plain && callee->kind == VVM_NODE_NAME;
    enum vvm_opcode op = callback ? VVM_OPC_CALLB : plain ? VVM_OPC_CALL : VVM_OPC_CALLN;
    uint32_t w = plain ? 0 : add_shape(c, 0, arguments, 0, test >= 0 ? names(c)->test : 0);
    finish_call(c, &call, op, w, node->offset, to);
}

/* A call of a loop's intrinsic, whose arguments are the function's parameters in their order. */
static bool gen_loop(struct compiler *c, struct vvm_node *node, vvm_value callee, struct destination to)
{
    const struct vvm_builtin *row = vvm_is_plain(callee, VVM_BUILTIN) ? callee.object : NULL;
    if (!c->core || row < vvm_loop_rows || row >= vvm_loop_rows + VVM_LOOP_COUNT_OF_KINDS)
        return false;
    uint32_t kind = vvm_loop_kinds[row - vvm_loop_rows];
    const struct vvm_arguments *arguments = &node->call.arguments;
    for (int i = 0; i < vvm_loop_parameters(kind); i++)
        if ((int)arguments->count <= i || !argument_waits(c, arguments->items[i].value)
            || variable_register(c, note_get(c, arguments->items[i].value)) != i)
            return false;
    int result = new_register(c), window = new_registers(c, VVM_FRAME_HEADER + vvm_loop_arguments(kind));
    set_position(c, node->offset);
    emit_w(c, VVM_OPC_LOOP, result, window, vvm_loop_arguments(kind), kind);
    emit(c, VVM_OPC_AGAIN, result, (int)kind, 0);
    if (VVM_LOOP_OF(kind) == VVM_LOOP_EACH)
        load_constant(c, result, vvm_void());
    else
        emit(c, VVM_OPC_MOVE, result, VVM_LOOP_ACCUMULATOR, 0);
    if (to.kind == TO_REGISTER)
        emit(c, VVM_OPC_MOVE, to.reg, result, 0);
    else if (to.kind == TO_RETURN)
        gen_return_register(c, result);
    return true;
}

void gen_constant_call(struct compiler *c, struct vvm_node *node, vvm_value callee, int test, struct destination to)
{
    if (gen_loop(c, node, callee, to))
        return;
    struct vvm_arguments *arguments = &node->call.arguments;
    struct call call;
    begin_call(c, &call, arguments->count + (test >= 0), to);
    bool direct = vvm_is_plain(callee, VVM_FUNCTION) && is_plain_list(arguments) && test < 0;
    if (!direct)
        load_constant(c, call.window, callee);
    gen_arguments(c, &call, 0, arguments);
    gen_hidden(c, &call, test);
    if (direct)
        finish_call(c, &call, VVM_OPC_CALLF, vvm_tag_id(callee), node->offset, to);
    else if (is_plain_list(arguments) && test < 0)
        finish_call(c, &call, VVM_OPC_CALL, 0, node->offset, to);
    else
        finish_call(c, &call, VVM_OPC_CALLN, add_shape(c, 0, arguments, 0, test >= 0 ? names(c)->test : 0),
                    node->offset, to);
}

/* ---- Some, Ok, Err ---- */

bool gen_option_call(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to)
{
    const struct compiler_names *n = names(c);
    enum vvm_layer layer = name == n->some  ? VVM_LAYER_SOME
                           : name == n->ok  ? VVM_LAYER_OK
                           : name == n->err ? VVM_LAYER_ERR
                                            : VVM_LAYER_PLAIN;
    struct vvm_arguments *arguments = &node->call.arguments;
    if (layer == VVM_LAYER_PLAIN || arguments->count > 1 || !is_plain_list(arguments) ||
        (!arguments->count && layer != VVM_LAYER_OK))
        return false;
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c), value = new_register(c);
    if (arguments->count)
        gen_into(c, arguments->items[0].value, value);
    else
        load_constant(c, value, vvm_void());
    set_position(c, node->offset);
    emit(c, VVM_OPC_WRAP, dst, value, (int)layer);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    return true;
}

