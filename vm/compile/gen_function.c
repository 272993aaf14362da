/* Functions: parameters, defaults, results, bodies. */
#include "vm/compile/compiler.h"

/* ---- Parameters ---- */

static struct vvm_parameter *copy_parameters(struct compiler *c, struct vvm_function_node *node, bool method,
                                             uint32_t *count, uint32_t *required, bool *rest)
{
    *count = node->param_count + method;
    struct vvm_parameter *parameters = code_alloc(c, (*count + 1) * sizeof *parameters);
    *required = 0;
    *rest = false;
    if (method) {
        parameters[0].name = names(c)->self_this;
        *required = 1;
    }
    for (uint32_t i = 0; i < node->param_count; i++) {
        const struct vvm_param *p = &node->params[i];
        parameters[i + method] = (struct vvm_parameter){p->symbol, p->default_value != NULL, p->rest};
        *rest |= p->rest;
        if (!p->default_value && !p->rest)
            *required = i + method + 1;
    }
    return parameters;
}

static void gen_default(struct compiler *c, struct vvm_param *p, int reg)
{
    uint32_t given = new_label(c);
    int saved = c->builder->next_register;
    emit_jump(c, VVM_OPC_JSET, reg, 0, 0, given);
    int value = new_register(c);
    gen_into(c, p->default_value, value);
    emit(c, VVM_OPC_DEFP, reg, value, 0);
    place_label(c, given);
    c->builder->next_register = saved;
}

static void gen_parameter_check(struct compiler *c, struct scope *scope, struct vvm_param *p, int reg,
                                const char *function)
{
    if (!p->type || p->rest)
        return;
    struct vvm_type_test *test = type_test(c, scope, p->type);
    if (test->kind == VVM_TEST_ANY)
        return;
    const char *name = p->symbol ? symbol_text(c, p->symbol) : "_";
    set_position(c, p->span.offset);
    emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, test, code_format(c, "parameter `%s` of %s", name, function)), 0);
}

static void name_parameter(struct compiler *c, struct vvm_param *p, int reg)
{
    struct variable *v = p->symbol ? note_get(c, p) : NULL;
    if (!v)
        return;
    v->reg = reg;
    if (!v->read) {
        struct live_variable *item = compile_alloc(c, sizeof *item);
        *item = (struct live_variable){v, c->builder->unread};
        c->builder->unread = item;
    }
}

static void gen_parameter_pattern(struct compiler *c, struct vvm_param *p, int reg)
{
    if (p->symbol || !p->pattern || p->pattern->kind == VVM_PATTERN_WILDCARD)
        return;
    pattern_registers(c, p->pattern);
    gen_matching(c, p->pattern, reg);
    c->builder->next_register = c->builder->locals_top;
}

void gen_parameters(struct compiler *c, struct function_context *context, const char *name)
{
    struct vvm_function_node *node = context->node;
    struct scope *scope = note_get(c, &node->param_count);
    int first = context->is_method;
    if (context->self)
        context->self->reg = 0;
    new_registers(c, first + (int)node->param_count);
    c->builder->locals_top = c->builder->next_register;
    for (uint32_t i = 0; i < node->param_count; i++) {
        struct vvm_param *p = &node->params[i];
        int reg = first + (int)i;
        name_parameter(c, p, reg);
        if (p->default_value)
            gen_default(c, p, reg);
        gen_parameter_check(c, scope, p, reg, name);
        gen_parameter_pattern(c, p, reg);
    }
}

/* ---- Results ---- */

/* `async fn f() -> T`, `-> Future<T>` and `-> Promise<T>` mean the same. */
static struct vvm_type_node *result_type(struct compiler *c, struct vvm_function_node *node)
{
    struct vvm_type_node *type = node->return_type;
    if (!type || !node->is_async || type->kind != VVM_TYPE_NODE_NAMED)
        return type;
    vvm_symbol name = type->named.path.symbols[type->named.path.count - 1];
    if (name != symbol_of(c, "Future") && name != symbol_of(c, "Promise") && name != symbol_of(c, "Task"))
        return type;
    return type->named.arguments.count ? type->named.arguments.items[0] : NULL;
}

static void declare_result(struct compiler *c, struct function_context *context, const char *name)
{
    struct builder *b = c->builder;
    struct vvm_type_node *type = result_type(c, context->node);
    if (!type)
        return;
    struct vvm_type_test *test = type_test(c, note_get(c, &context->node->param_count), type);
    if (test->kind == VVM_TEST_VOID)
        b->flags |= VVM_FUNCTION_RESULT_VOID;
    else if (test->kind == VVM_TEST_FLOAT)
        b->flags |= VVM_FUNCTION_RESULT_FLOAT;
    else if (test->kind == VVM_TEST_NEVER)
        b->flags |= VVM_FUNCTION_RESULT_NEVER;
    if (test->kind != VVM_TEST_ANY && test->kind != VVM_TEST_VOID)
        b->result_check = (int)add_check(c, test, code_format(c, "the result of %s", name));
}

/* ---- Bodies ---- */

static void implicit_super(struct compiler *c, struct function_context *context)
{
    struct type_info *parent = context->class_info ? context->class_info->parent : NULL;
    int window = new_registers(c, VVM_FRAME_HEADER + 1);
    if (!context->calls_super && super_initializer(c, parent, window)) {
        emit(c, VVM_OPC_ARG, window + VVM_FRAME_HEADER, 0, 0);
        emit_w(c, VVM_OPC_CALL, window, window, 1, 0);
    }
    c->builder->next_register = window;
}

/* Constructor parameters with a visibility word also set the field of their name. */
static void set_parameter_fields(struct compiler *c, struct vvm_function_node *node)
{
    for (uint32_t i = 0; i < node->param_count; i++) {
        struct vvm_param *p = &node->params[i];
        if (p->visibility == VVM_VISIBILITY_DEFAULT || !p->symbol)
            continue;
        int value = new_register(c);
        emit(c, VVM_OPC_MOVE, value, 1 + (int)i, 0);
        emit_w(c, VVM_OPC_SETFIELD, 0, value, 0, add_site(c, p->symbol, 0));
    }
}

static bool gives_no_value(const struct vvm_function_node *node)
{
    return node->kind == VVM_FUNCTION_NODE_CONSTRUCTOR || node->kind == VVM_FUNCTION_NODE_SETTER;
}

static void gen_body(struct compiler *c, struct function_context *context)
{
    struct vvm_function_node *node = context->node;
    struct builder *b = c->builder;
    if (context->is_constructor) {
        implicit_super(c, context);
        set_parameter_fields(c, node);
    }
    if (gives_no_value(node)) {
        b->flags |= VVM_FUNCTION_RESULT_VOID;
        if (node->body)
            gen(c, node->body, NOWHERE);
        hold_unread(c);
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    } else if (node->body) {
        gen(c, node->body, RETURNED);
    } else {
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    }
    gen_deferred(c);
    b->unread = NULL;
}

/* The declared result is that of the call, which gives a Generator; what the body returns is dropped. */
static void gen_generator_body(struct compiler *c, struct function_context *context)
{
    struct builder *b = c->builder;
    int check = b->result_check;
    if (context->node->is_async)
        unsupported(c, context->node->span.offset, 5, "an async generator");
    b->flags &= ~(uint32_t)(VVM_FUNCTION_RESULT_VOID | VVM_FUNCTION_RESULT_FLOAT | VVM_FUNCTION_RESULT_NEVER);
    b->flags |= VVM_FUNCTION_GENERATOR;
    b->result_check = -1;
    emit(c, VVM_OPC_GENERATE, 0, 0, 0);
    gen_body(c, context);
    b->result_check = check;
}

uint32_t gen_function(struct compiler *c, struct function_context *context, const char *name, uint32_t id)
{
    struct vvm_function_node *node = context->node;
    struct builder b;
    uint32_t count, required;
    bool rest;
    builder_begin(c, &b, context);
    set_position(c, node->span.offset);
    struct vvm_parameter *parameters = copy_parameters(c, node, context->is_method, &count, &required, &rest);
    if ((context->is_constructor || context->is_forwarded) && rest) {
        parameters[count - 1].is_rest = false; /* the function that hands the arguments on has collected it */
        rest = false;
    }
    if (count > 200)
        compile_error(c, "E198", node->span.offset, 1, NULL, "a function has at most 200 parameters");
    b.flags |= (node->is_async ? VVM_FUNCTION_ASYNC : 0) | (context->is_method ? VVM_FUNCTION_METHOD : 0) |
               (rest ? VVM_FUNCTION_REST : 0);
    context->function_id = id;
    b.ir.parameter_count = count;
    declare_result(c, context, name);
    gen_parameters(c, context, name);
    if (node->is_generator)
        gen_generator_body(c, context);
    else
        gen_body(c, context);
    builder_end(c, id, name, parameters, count, required);
    return id;
}

void gen_function_declaration(struct compiler *c, struct vvm_node *node)
{
    struct variable *v = note_get(c, node);
    if (!v || !v->body)
        return;
    gen_function(c, v->body, symbol_text(c, v->name), function_id_of(c, v));
    vvm_function_at(c->vm, function_id_of(c, v))->decorators = decorator_variable(c, &node->function->attributes);
}
