/* Warnings: the walk over the tree, and what keeps one quiet. */
#include "vm/compile/warn.h"

#include "vm/front/visit.h"

#include <stdio.h>
#include <string.h>

static void look(struct warner *w, struct vvm_node *node, bool dropped);

/* ---- Reports ---- */

/* Does a comment of the line say `allow CODE`? */
static bool is_allowed(const struct vvm_source *source, uint32_t offset, const char *code)
{
    uint32_t length;
    const char *line = vvm_source_line(source, vvm_source_position(source, offset).line, &length);
    const char *comment = memchr(line, '#', length);
    char words[16];
    int size = snprintf(words, sizeof words, "allow %s", code);
    return comment && memmem(comment, length - (size_t)(comment - line), words, (size_t)size);
}

void warn(struct warner *w, const char *code, uint32_t offset, uint32_t length, const char *hint, const char *format,
          ...)
{
    char message[512];
    va_list arguments;
    if (is_allowed(w->c->source, offset, code))
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    vvm_diagnostics_add(w->c->diagnostics, VVM_WARNING, code, w->c->source, offset, length, hint, "%s", message);
}

/* ---- The walk: `dropped` says that nobody takes the node's value ---- */

static void look_node(void *data, struct vvm_node *node)
{
    look(data, node, false);
}

static void look_function_node(void *data, struct vvm_function_node *function);

static void look_children(struct warner *w, struct vvm_node *node)
{
    vvm_visit_children(node, &(struct vvm_visitor){look_node, look_function_node, w});
}

static bool gives_nothing(const struct warner *w, const struct vvm_function_node *function)
{
    const struct vvm_type_node *type = function->return_type;
    if (function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR || function->kind == VVM_FUNCTION_NODE_SETTER)
        return true;
    if (!type || type->kind != VVM_TYPE_NODE_NAMED || type->named.path.count != 1)
        return type && type->kind == VVM_TYPE_NODE_VOID;
    return strcmp(symbol_text(w->c, type->named.path.symbols[0]), "void") == 0;
}

static void look_function(struct warner *w, struct vvm_function_node *function, bool dropped)
{
    struct function_context *outer = w->function;
    w->function = note_get(w->c, function);
    for (uint32_t i = 0; i < function->param_count; i++)
        if (function->params[i].default_value)
            look(w, function->params[i].default_value, false);
    if (function->body)
        look(w, function->body, dropped || gives_nothing(w, function));
    w->function = outer;
}

static void look_function_node(void *data, struct vvm_function_node *function)
{
    look_function(data, function, false);
}

static void look_block(struct warner *w, struct vvm_node_list statements, bool dropped)
{
    for (uint32_t i = 0; i < statements.count; i++)
        look(w, statements.items[i], dropped || i + 1 < statements.count);
}

static void look_if(struct warner *w, struct vvm_node *node, bool dropped)
{
    look(w, node->branch.condition, false);
    look(w, node->branch.consequence, dropped || !node->branch.alternative);
    if (node->branch.alternative)
        look(w, node->branch.alternative, dropped);
}

static void look_match(struct warner *w, struct vvm_node *node, bool dropped)
{
    warn_match(w, node);
    look(w, node->match.subject, false);
    for (uint32_t i = 0; i < node->match.count; i++) {
        if (node->match.arms[i].guard)
            look(w, node->match.arms[i].guard, false);
        look(w, node->match.arms[i].body, dropped);
    }
}

/* A `try` is often written for the error alone, so its last value is no one's loss. */
static void look_try(struct warner *w, struct vvm_node *node)
{
    look(w, node->attempt.body, false);
    for (uint32_t i = 0; i < node->attempt.catch_count; i++)
        look(w, node->attempt.catches[i].body, false);
    if (node->attempt.finally)
        look(w, node->attempt.finally, true);
}

static void look_call(struct warner *w, struct vvm_node *node)
{
    bool drops = warn_call(w, node);
    look(w, node->call.callee, false);
    for (uint32_t i = 0; i < node->call.arguments.count; i++) {
        struct vvm_node *value = node->call.arguments.items[i].value;
        if (value->kind == VVM_NODE_FUNCTION)
            look_function(w, value->function, drops);
        else
            look(w, value, false);
    }
}

/* A variable's type is noted once its value has been looked at. */
static void look_variable(struct warner *w, struct vvm_node *node)
{
    struct variable *v = node->kind != VVM_NODE_DESTRUCTURE ? note_get(w->c, node) : NULL;
    struct vvm_node *value = node->kind == VVM_NODE_ASSIGN ? node->assign.value : node->variable.value;
    look_children(w, node);
    warn_local(w, node);
    if (v && value && !v->is_state && (node->kind == VVM_NODE_VAR || node->kind == VVM_NODE_ASSIGN))
        warn_note_type(w, v, value);
}

static void look(struct warner *w, struct vvm_node *node, bool dropped)
{
    if (dropped)
        warn_dropped(w, node);
    switch (node->kind) {
    case VVM_NODE_BLOCK: look_block(w, node->block.statements, dropped); break;
    case VVM_NODE_IF: look_if(w, node, dropped); break;
    case VVM_NODE_MATCH: look_match(w, node, dropped); break;
    case VVM_NODE_TRY: look_try(w, node); break;
    case VVM_NODE_CALL: look_call(w, node); break;
    case VVM_NODE_VAR:
    case VVM_NODE_STATE:
    case VVM_NODE_ASSIGN:
    case VVM_NODE_DESTRUCTURE: look_variable(w, node); break;
    case VVM_NODE_NAME: case VVM_NODE_MEMBER: case VVM_NODE_STRUCT_LITERAL:
        warn_use(w, node);
        look_children(w, node);
        break;
    default: look_children(w, node); break;
    }
}

/* ---- The module ---- */

static bool imports_types(const struct vvm_module_node *tree)
{
    for (uint32_t i = 0; i < tree->items.count; i++) {
        const struct vvm_node *item = tree->items.items[i];
        if (item->kind == VVM_NODE_IMPORT &&
            (item->import->path.length < 7 || memcmp(item->import->path.bytes, "system:", 7) != 0))
            return true;
    }
    return false;
}

void warn_module(struct compiler *c)
{
    struct warner w = {.c = c, .function = c->top, .knows_all_types = !imports_types(c->tree)};
    look_block(&w, c->tree->items, true);
}
