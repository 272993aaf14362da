/* The resolving pass: functions, calls and literals with names of their own. */
#include "vm/compile/resolve.h"

struct function_context *new_context(struct walk *w, struct vvm_function_node *node)
{
    struct function_context *context = compile_alloc(w->c, sizeof *context);
    context->parent = w->function;
    context->node = node;
    context->scope = w->scope;
    context->class_info = w->function ? w->function->class_info : NULL;
    if (node)
        note_set(w->c, node, context);
    return context;
}

static void declare_parameter(struct walk *w, struct vvm_param *param)
{
    if (param->default_value)
        walk(w, param->default_value);
    if (param->symbol) {
        struct variable *v = declare(w->c, w->scope, VARIABLE_LOCAL, param->symbol, param->span.offset);
        v->is_parameter = true;
        note_set(w->c, param, v);
    } else if (param->pattern) {
        walk_pattern(w, param->pattern, false, false);
    }
}

/* Walks parameters and body in `context`, whose `self` (if any) is declared first. */
void walk_function(struct walk *w, struct vvm_function_node *node, struct function_context *context)
{
    struct scope *scope = new_scope(w->c, SCOPE_BLOCK, w->scope, context);
    note_set(w->c, &node->param_count, scope);
    struct walk inner = {w->c, scope, context};
    if (context->is_method) {
        context->self = declare(w->c, scope, VARIABLE_LOCAL, names(w->c)->self_this, node->span.offset);
        context->self->is_parameter = true;
        context->self->read = true;
    }
    for (uint32_t i = 0; i < node->param_count; i++)
        declare_parameter(&inner, &node->params[i]);
    if (node->body)
        walk(&inner, node->body);
}

void walk_lambda(struct walk *w, struct vvm_function_node *node)
{
    struct function_context *context = new_context(w, node);
    walk_function(w, node, context);
}

void walk_function_declaration(struct walk *w, struct vvm_node *node)
{
    struct variable *v = note_get(w->c, node);
    if (!v)
        return;
    if (!node->function->body)
        compile_error(w->c, "E303", node->function->name_span.offset, node->function->name_span.length, NULL,
                      "function `%s` has no body", symbol_text(w->c, node->function->name));
    walk_decorators(w, &node->function->attributes);
    struct function_context *context = new_context(w, node->function);
    context->is_named = true;
    context->function_variable = v;
    context->group = v->group;
    v->body = context;
    walk_function(w, node->function, context);
}

static void walk_arguments(struct walk *w, struct vvm_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        walk(w, arguments->items[i].value);
}

void walk_call(struct walk *w, struct vvm_node *node)
{
    make_message(w, node);
    if (!is_message(w->c, node->call.callee))
        walk(w, node->call.callee);
    walk_arguments(w, &node->call.arguments);
    struct vvm_node *callee = node->call.callee;
    if (callee->kind == VVM_NODE_SUPER)
        w->function->calls_super = true;
    struct variable *called = callee->kind == VVM_NODE_NAME && w->function == w->c->top ? note_get(w->c, callee) : NULL;
    if (called && callee->symbol == names(w->c)->main && called->scope == w->c->module_scope)
        w->c->top_calls_main = true;
}

/* `a |> f(x)` is f(a, x) if f is in scope, else a.f(x). */
void walk_pipe(struct walk *w, struct vvm_node *node)
{
    struct vvm_node *right = node->pair.right;
    walk(w, node->pair.left);
    bool is_call = right->kind == VVM_NODE_CALL && right->call.callee->kind == VVM_NODE_NAME;
    if (is_call && !is_option_constructor(w->c, right->call.callee->symbol)
        && !resolve_name(w->c, w->scope, right->call.callee->symbol, w->function))
        walk_arguments(w, &right->call.arguments);
    else
        walk(w, right);
}

void walk_struct_literal(struct walk *w, struct vvm_node *node)
{
    struct vvm_path *path = &node->literal.path;
    struct variable *v = path_root(w, path);
    if (v)
        use_variable(w, node, v, node->offset);
    else
        compile_error(w->c, "E307", node->offset, path->span.length, nearest_hint(w->c, w->scope, path->symbols[0]),
                      "unknown name `%s`", symbol_text(w->c, path->symbols[0]));
    for (uint32_t i = 0; i < node->literal.count; i++)
        walk(w, node->literal.fields[i].value);
}
