/* The resolving pass: which variable each name means (language.md 5.2). */
#include "vm/compile/resolve.h"

#include <string.h>

static void walk_list(struct walk *w, struct vvm_node_list list)
{
    for (uint32_t i = 0; i < list.count; i++)
        walk(w, list.items[i]);
}

/* ---- Uses ---- */

static void mark_named(struct variable *variable, const struct function_context *from)
{
    if (variable->scope && variable->scope->kind == SCOPE_MODULE && variable->kind == VARIABLE_LOCAL)
        for (; from && from != variable->owner; from = from->parent)
            variable->named_in_function |= from->is_named;
}

static void meet(struct compiler *c, struct group *user, struct group *used)
{
    struct meeting *meeting = compile_alloc(c, sizeof *meeting);
    *meeting = (struct meeting){user, used, c->meetings};
    c->meetings = meeting;
}

/* Functions of one block that refer to one another may have to share an environment. */
static void meet_groups(struct compiler *c, struct variable *used, const struct function_context *from)
{
    for (; from && from != used->owner; from = from->parent) {
        struct variable *class_variable = from->class_info ? from->class_info->variable : NULL;
        struct variable *user = from->function_variable ? from->function_variable : class_variable;
        if (user && user->scope == used->scope && user->group && user->group != used->group)
            meet(c, user->group, used->group);
    }
}

/* `this` of the method in whose class body the member was found. */
struct variable *self_of(struct function_context *from, const struct type_info *type)
{
    while (from && !(from->is_method && from->class_info == type))
        from = from->parent;
    return from ? from->self : NULL;
}

static void report_no_instance(struct compiler *c, const struct variable *member, uint32_t offset)
{
    const char *name = symbol_text(c, member->name);
    compile_error(c, "E307", offset, (uint32_t)strlen(name), "what is static has no `this`",
                  "`%s` is a member of the instances of `%s`", name,
                  member->type ? symbol_text(c, member->type->name) : "this type");
}

void use_variable(struct walk *w, struct vvm_node *node, struct variable *variable, uint32_t offset)
{
    if (variable->kind == VARIABLE_AMBIGUOUS)
        report_ambiguous(w->c, variable, offset, node ? node->length : 1);
    if (node)
        note_set(w->c, node, variable);
    variable->read = true;
    if (is_foreign(w->c, variable))
        return; /* a module variable, or the same everywhere: nobody captures it */
    struct variable *used = variable;
    if (variable->kind == VARIABLE_MEMBER) {
        used = self_of(w->function, variable->type);
        if (!used)
            report_no_instance(w->c, variable, offset);
        if (used)
            used->read = true;
    }
    bool with_environment = used && (used->kind == VARIABLE_FUNCTION || used->kind == VARIABLE_TYPE) && used->group;
    if (!used || (used->kind != VARIABLE_LOCAL && used->kind != VARIABLE_FUNCTION && !with_environment))
        return;
    mark_named(used, w->function);
    if (with_environment)
        meet_groups(w->c, used, w->function);
    struct use *use = compile_alloc(w->c, sizeof *use);
    *use = (struct use){node, used, w->function, offset, w->c->uses};
    w->c->uses = use;
}

static void add_pending(struct walk *w, struct vvm_node *node, vvm_symbol name)
{
    struct pending *p = compile_alloc(w->c, sizeof *p);
    *p = (struct pending){node, w->scope, w->function, name, node->offset, false, w->c->pending};
    w->c->pending = p;
}

static struct variable *find_this(struct walk *w)
{
    struct function_context *method = w->function;
    while (method && !method->self)
        method = method->parent;
    return method ? method->self : NULL;
}

static void walk_this(struct walk *w, struct vvm_node *node)
{
    struct variable *self = find_this(w);
    if (self)
        use_variable(w, node, self, node->offset);
    else
        compile_error(w->c, "E307", node->offset, node->length, NULL, "`this` stands outside of a class");
}

bool is_option_constructor(struct compiler *c, vvm_symbol name)
{
    const struct compiler_names *n = names(c);
    return name == n->some || name == n->none || name == n->ok || name == n->err;
}

static void walk_name(struct walk *w, struct vvm_node *node)
{
    if (is_option_constructor(w->c, node->symbol))
        return;
    struct variable *v = resolve_name(w->c, w->scope, node->symbol, w->function);
    if (!v && node->symbol == names(w->c)->self && find_this(w))
        v = find_this(w);
    if (v)
        use_variable(w, node, v, node->offset);
    else
        add_pending(w, node, node->symbol);
}

/* ---- Namespaces ---- */

/* The namespace that an expression names: `n`, `n.m`. */
static struct variable *named_space(struct walk *w, struct vvm_node *node)
{
    struct variable *v = NULL;
    if (node->kind == VVM_NODE_NAME)
        v = resolve_name(w->c, w->scope, node->symbol, w->function);
    else if (node->kind == VVM_NODE_MEMBER && !node->member.optional && (v = named_space(w, node->member.object)))
        v = find_in_namespace(w->c, v, node->member.symbol);
    return v && v->kind == VARIABLE_NAMESPACE ? v : NULL;
}

/* `n.x` becomes the name that it means. In an area of the library, `n.sqrt` is a member of its first name. */
static bool walk_namespace_member(struct walk *w, struct vvm_node *node)
{
    struct variable *space = node->member.optional ? NULL : named_space(w, node->member.object);
    if (!space)
        return false;
    struct variable *v = find_in_namespace(w->c, space, node->member.symbol);
    struct variable *lead = v ? NULL : area_lead(w->c, space, node->member.symbol);
    if (v) {
        node->symbol = v->name; /* the node's parts share their place: read above */
        node->kind = VVM_NODE_NAME;
        use_variable(w, node, v, node->offset);
    } else if (lead) {
        node->member.object->kind = VVM_NODE_NAME;
        node->member.object->symbol = lead->name;
        use_variable(w, node->member.object, lead, node->offset);
    } else {
        report_no_member(w->c, space, node->member.symbol, node->member.name_span);
    }
    return true;
}

static void walk_member(struct walk *w, struct vvm_node *node)
{
    if (!walk_namespace_member(w, node))
        walk(w, node->member.object);
}

static void walk_module_block(struct walk *w, struct vvm_node *node)
{
    struct variable *v = note_get(w->c, node);
    if (!v)
        return;
    struct walk inner = {w->c, v->space, w->function};
    walk_items(&inner, node->module_decl->items);
}

static void walk_import(struct walk *w, struct vvm_node *node)
{
    if (!note_get(w->c, node))
        compile_error(w->c, "E109", node->offset, node->length, NULL,
                      "`import` stands at the top of a module, not in a block");
}

void walk(struct walk *w, struct vvm_node *node)
{
    struct compiler *c = w->c;
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_KIND_COUNT:
        break;
    case VVM_NODE_NAME: walk_name(w, node); break;
    case VVM_NODE_THIS: case VVM_NODE_SUPER: walk_this(w, node); break;
    case VVM_NODE_INTERPOLATION: case VVM_NODE_LIST: case VVM_NODE_SET: case VVM_NODE_TUPLE:
        walk_list(w, node->items);
        break;
    case VVM_NODE_UNARY: walk(w, node->unary.operand); break;
    case VVM_NODE_BINARY:
        walk(w, node->binary.left);
        walk(w, node->binary.right);
        break;
    case VVM_NODE_PIPE: walk_pipe(w, node); break;
    case VVM_NODE_AND: case VVM_NODE_OR: case VVM_NODE_COALESCE: case VVM_NODE_INDEX:
        walk(w, node->pair.left);
        walk(w, node->pair.right);
        break;
    case VVM_NODE_RANGE:
        walk(w, node->range.start);
        walk(w, node->range.end);
        break;
    case VVM_NODE_IS: case VVM_NODE_AS:
        note_set(c, node, w->scope);
        walk(w, node->typed.operand);
        break;
    case VVM_NODE_IF:
        walk(w, node->branch.condition);
        walk(w, node->branch.consequence);
        if (node->branch.alternative)
            walk(w, node->branch.alternative);
        break;
    case VVM_NODE_CALL: walk_call(w, node); break;
    case VVM_NODE_TYPE_APPLY: walk(w, node->apply.object); break;
    case VVM_NODE_MEMBER: walk_member(w, node); break;
    case VVM_NODE_TUPLE_FIELD: walk(w, node->field.object); break;
    case VVM_NODE_TRY_OPERATOR: case VVM_NODE_UNWRAP: case VVM_NODE_SPREAD: case VVM_NODE_THROW:
        walk(w, node->operand);
        break;
    case VVM_NODE_RETURN:
        if (node->operand)
            walk(w, node->operand);
        break;
    case VVM_NODE_YIELD:
        if (node->yield.operand)
            walk(w, node->yield.operand);
        break;
    case VVM_NODE_WITH:
        walk(w, node->with.object);
        for (uint32_t i = 0; i < node->with.count; i++)
            walk(w, node->with.fields[i].value);
        break;
    case VVM_NODE_AWAIT: walk(w, node->await.operand); break;
    case VVM_NODE_DICT:
        for (uint32_t i = 0; i < node->dict.count; i++) {
            if (node->dict.entries[i].key)
                walk(w, node->dict.entries[i].key);
            walk(w, node->dict.entries[i].value);
        }
        break;
    case VVM_NODE_STRUCT_LITERAL: walk_struct_literal(w, node); break;
    case VVM_NODE_BLOCK: walk_block(w, node); break;
    case VVM_NODE_MATCH: walk_match(w, node); break;
    case VVM_NODE_TRY: walk_try(w, node); break;
    case VVM_NODE_FUNCTION: case VVM_NODE_ASYNC_BLOCK: walk_lambda(w, node->function); break;
    case VVM_NODE_VAR: case VVM_NODE_STATE: walk_variable(w, node); break;
    case VVM_NODE_ASSIGN: walk_assign(w, node); break;
    case VVM_NODE_DESTRUCTURE: walk_destructure(w, node); break;
    case VVM_NODE_FUNCTION_DECL: walk_function_declaration(w, node); break;
    case VVM_NODE_STRUCT_DECL:
    case VVM_NODE_CLASS_DECL:
    case VVM_NODE_INTERFACE_DECL:
    case VVM_NODE_ENUM_DECL:
    case VVM_NODE_ACTOR_DECL:
    case VVM_NODE_TYPE_DECL: case VVM_NODE_EXTENSION_DECL:
        walk_type_declaration(w, node);
        break;
    case VVM_NODE_IMPORT: walk_import(w, node); break;
    case VVM_NODE_SPAWN: walk(w, node->operand); break;
    case VVM_NODE_SEND:
        make_send(c, node);
        walk_call(w, node);
        break;
    case VVM_NODE_SELECT: walk_select(w, node); break;
    case VVM_NODE_MODULE_DECL: walk_module_block(w, node); break;
    }
}
