/* The resolving pass: statements, blocks and what they declare ahead. */
#include "vm/compile/resolve.h"

void walk_variable(struct walk *w, struct vvm_node *node)
{
    bool is_state = node->kind == VVM_NODE_STATE;
    struct vvm_node *value = node->variable.value;
    bool function_value = value && value->kind == VVM_NODE_FUNCTION && node->variable.symbol;
    if (value && !function_value)
        walk(w, value);
    if (node->variable.pattern) {
        walk_pattern(w, node->variable.pattern, false, is_state);
        return;
    }
    struct variable *v = declare_local(w, node->variable.symbol, node->offset, is_state);
    v->annotation = is_state || !value ? node->variable.type : NULL;
    v->is_late = !value && !is_state;
    v->awaits_value = !value;
    v->is_public = node->variable.attributes && node->variable.attributes->visibility == VVM_VISIBILITY_PUBLIC;
    if (!value)
        v->has_cell = true;
    note_set(w->c, node, v);
    if (function_value && is_state)
        walk(w, value);
    else if (function_value)
        walk_declared_value(w, value, v);
}

void walk_destructure(struct walk *w, struct vvm_node *node)
{
    walk(w, node->variable.value);
    walk_pattern(w, node->variable.pattern, true, false);
}

static bool is_declared(struct scope *scope, vvm_symbol name, enum variable_kind kind)
{
    if (scope->kind == SCOPE_MODULE) {
        struct variable *v = find_module_variable(scope, name);
        return v && v->kind == kind;
    }
    for (struct variable *v = scope->variables; v; v = v->next)
        if (v->name == name && v->kind == kind)
            return true;
    return false;
}

static void report_twice(struct walk *w, struct vvm_span span, vvm_symbol name)
{
    compile_error(w->c, "E302", span.offset, span.length, NULL, "`%s` is declared twice in this block",
                  symbol_text(w->c, name));
}

static void add_group(struct walk *w, struct variable *v)
{
    struct group *group = compile_alloc(w->c, sizeof *group);
    group->scope = w->scope;
    group->first = v;
    group->reg = -1;
    group->next = w->scope->groups;
    w->scope->groups = group;
    v->group = group;
}

/* A named function is visible in its whole block, so it is declared before the block is walked. */
static void hoist_function(struct walk *w, struct vvm_node *item)
{
    struct vvm_function_node *f = item->function;
    if (is_declared(w->scope, f->name, VARIABLE_FUNCTION)) {
        report_twice(w, f->name_span, f->name);
        return;
    }
    struct variable *v = declare(w->c, w->scope, VARIABLE_FUNCTION, f->name, item->offset);
    v->node = f;
    v->is_public = f->attributes.visibility == VVM_VISIBILITY_PUBLIC;
    note_set(w->c, item, v);
    if (w->scope->kind == SCOPE_MODULE)
        return;
    add_group(w, v);
}

static void hoist_type(struct walk *w, struct vvm_node *item)
{
    struct type_info *info = compile_alloc(w->c, sizeof *info);
    struct vvm_span span;
    bool is_public;
    info->node = item;
    info->new_id = info->init_id = info->fields_id = UINT32_MAX;
    switch (item->kind) {
    case VVM_NODE_ENUM_DECL:
        info->enum_decl = item->enum_decl;
        info->name = item->enum_decl->name;
        span = item->enum_decl->name_span;
        is_public = item->enum_decl->attributes.visibility == VVM_VISIBILITY_PUBLIC;
        break;
    case VVM_NODE_TYPE_DECL:
        info->alias = item->type_decl->type;
        info->name = item->type_decl->name;
        span = item->type_decl->name_span;
        is_public = item->type_decl->attributes.visibility == VVM_VISIBILITY_PUBLIC;
        break;
    default:
        info->class_decl = item->class_decl;
        info->name = item->class_decl->name;
        span = item->class_decl->name_span;
        is_public = item->class_decl->attributes.visibility == VVM_VISIBILITY_PUBLIC;
        break;
    }
    if (is_declared(w->scope, info->name, VARIABLE_TYPE))
        report_twice(w, span, info->name);
    struct variable *v = declare(w->c, w->scope, VARIABLE_TYPE, info->name, item->offset);
    v->type = info;
    v->is_public = is_public;
    info->scope = w->scope;
    info->unit = w->c;
    info->next = w->c->types;
    w->c->types = info;
    mark_variants(w->c, info);
    note_set(w->c, item, v);
    bool captures =
        item->kind == VVM_NODE_CLASS_DECL || item->kind == VVM_NODE_STRUCT_DECL || item->kind == VVM_NODE_ACTOR_DECL;
    if (w->scope->kind == SCOPE_MODULE || !captures)
        return;
    info->variable = v;
    add_group(w, v);
}

/* A module block has a scope of its own; its variables are the module's, its statements run where it stands. */
static void hoist_module(struct walk *w, struct vvm_node *item)
{
    struct vvm_module_decl *decl = item->module_decl;
    if (w->scope->kind != SCOPE_MODULE) {
        compile_error(w->c, "E109", decl->name_span.offset, decl->name_span.length, NULL,
                      "`module` stands at the top of a module, not in a block");
        return;
    }
    if (is_declared(w->scope, decl->name, VARIABLE_NAMESPACE))
        report_twice(w, decl->name_span, decl->name);
    struct variable *v = declare(w->c, w->scope, VARIABLE_NAMESPACE, decl->name, item->offset);
    v->is_public = decl->attributes.visibility == VVM_VISIBILITY_PUBLIC;
    v->value = vvm_unset();
    v->space = new_scope(w->c, SCOPE_MODULE, w->scope, w->function);
    v->space->next_module = w->c->module_scope->next_module;
    w->c->module_scope->next_module = v->space;
    note_set(w->c, item, v);
    struct walk inner = {w->c, v->space, w->function};
    declare_module_scope(&inner, decl->items);
}

/* The import was found when the program was loaded; in a function it was not looked for. */
static void hoist_import(struct walk *w, struct vvm_node *item)
{
    struct import *import = note_get(w->c, item), **last = &w->scope->imports;
    if (!import)
        return;
    if (!import->node->alias) {
        while (*last)
            last = &(*last)->next_in_scope;
        *last = import;
        return;
    }
    if (is_declared(w->scope, import->node->alias, VARIABLE_NAMESPACE))
        report_twice(w, (struct vvm_span){item->offset, item->length}, import->node->alias);
    struct variable *v = declare(w->c, w->scope, VARIABLE_NAMESPACE, import->node->alias, item->offset);
    v->value = vvm_unset();
    v->import = import;
}

void hoist(struct walk *w, struct vvm_node_list list)
{
    for (uint32_t i = 0; i < list.count; i++) {
        struct vvm_node *item = list.items[i];
        w->scope->statement = i;
        switch (item->kind) {
        case VVM_NODE_FUNCTION_DECL: hoist_function(w, item); break;
        case VVM_NODE_STRUCT_DECL:
        case VVM_NODE_CLASS_DECL:
        case VVM_NODE_INTERFACE_DECL:
        case VVM_NODE_ENUM_DECL:
        case VVM_NODE_ACTOR_DECL:
        case VVM_NODE_TYPE_DECL:
            hoist_type(w, item);
            break;
        case VVM_NODE_MODULE_DECL: hoist_module(w, item); break;
        case VVM_NODE_IMPORT: hoist_import(w, item); break;
        default: break;
        }
    }
}

void walk_items(struct walk *w, struct vvm_node_list items)
{
    for (uint32_t i = 0; i < items.count; i++) {
        w->scope->statement = i;
        walk(w, items.items[i]);
    }
}

void walk_statements(struct walk *w, struct scope *scope, struct vvm_node_list list)
{
    struct walk inner = {w->c, scope, w->function};
    hoist(&inner, list);
    walk_items(&inner, list);
}

void walk_block(struct walk *w, struct vvm_node *block)
{
    struct scope *scope = new_scope(w->c, SCOPE_BLOCK, w->scope, w->function);
    note_set(w->c, block, scope);
    walk_statements(w, scope, block->block.statements);
}

static void walk_in_scope(struct walk *w, const void *key, struct vvm_pattern *pattern, struct vvm_node *guard,
                          struct vvm_node *body)
{
    struct scope *scope = new_scope(w->c, SCOPE_BLOCK, w->scope, w->function);
    note_set(w->c, key, scope);
    struct walk inner = {w->c, scope, w->function};
    if (pattern)
        walk_pattern(&inner, pattern, false, false);
    if (guard)
        walk(&inner, guard);
    walk(&inner, body);
}

void walk_match(struct walk *w, struct vvm_node *node)
{
    walk(w, node->match.subject);
    for (uint32_t i = 0; i < node->match.count; i++) {
        struct vvm_match_arm *arm = &node->match.arms[i];
        walk_in_scope(w, arm, arm->pattern, arm->guard, arm->body);
    }
}

/* Operands stand in the scope around, values of sends too; each arm has a scope of its own. */
void walk_select(struct walk *w, struct vvm_node *node)
{
    for (uint32_t i = 0; i < node->select.count; i++) {
        struct vvm_select_arm *arm = &node->select.arms[i];
        if (arm->operand)
            walk(w, arm->operand);
        if (arm->value)
            walk(w, arm->value);
    }
    for (uint32_t i = 0; i < node->select.count; i++) {
        struct vvm_select_arm *arm = &node->select.arms[i];
        walk_in_scope(w, arm, arm->pattern, NULL, arm->body);
    }
}

void walk_try(struct walk *w, struct vvm_node *node)
{
    walk(w, node->attempt.body);
    for (uint32_t i = 0; i < node->attempt.catch_count; i++) {
        struct vvm_catch *clause = &node->attempt.catches[i];
        struct scope *scope = new_scope(w->c, SCOPE_BLOCK, w->scope, w->function);
        note_set(w->c, clause, scope);
        struct walk inner = {w->c, scope, w->function};
        if (clause->symbol && clause->symbol != names(w->c)->underscore)
            note_set(w->c, &clause->span, declare(w->c, scope, VARIABLE_LOCAL, clause->symbol, clause->span.offset));
        walk(&inner, clause->body);
    }
    if (node->attempt.finally)
        walk(w, node->attempt.finally);
}
