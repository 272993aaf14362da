/* The resolving pass: assignments (language.md 5.2, rules 3 to 5). */
#include "vm/compile/resolve.h"

static bool same_function(const struct variable *v, const struct function_context *function)
{
    return v->owner == function;
}

static bool inside_any_function(const struct walk *w) { return w->function != w->c->top; }

/* `v`: the variable that stands in the way, if there is one. */
static void report_immutable(struct walk *w, struct vvm_node *place, vvm_symbol name, const struct variable *v)
{
    bool seen = v && v->scope && !is_foreign(w->c, v) && (v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_FUNCTION);
    const char *hint = "declare it with `state` if it is to change, or give the new value another name";
    if (seen && v->is_parameter)
        hint = code_format(w->c, "it is a parameter, in line %u: give the new value another name",
                           vvm_source_position(w->c->source, v->offset).line);
    else if (seen)
        hint = code_format(
            w->c,
            "it is declared in line %u: write `state` there if it is to change, or give the new value another name",
            vvm_source_position(w->c->source, v->offset).line);
    compile_error(w->c, "E301", place->offset, place->length, hint, "cannot assign to `%s`: it is immutable",
                  symbol_text(w->c, name));
}

/* Local or of a module: those of other modules may be known as module variables already. */
static bool is_plain_variable(const struct variable *v)
{
    return v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL;
}

static void report_foreign(struct walk *w, struct vvm_node *place, const struct variable *v)
{
    compile_error(w->c, "E301", place->offset, place->length, "a public function of that module can assign to it",
                  "cannot assign to `%s`: it belongs to the module %s", symbol_text(w->c, v->name),
                  v->scope->unit->source->name);
}

/* True if `name = e` at this point assigns to `v`; false if it declares a new variable. */
bool assigns_to(struct walk *w, struct variable *v, struct vvm_node *place)
{
    if (!v)
        return false;
    switch (v->kind) {
    case VARIABLE_MEMBER: {
        struct function_context *f = w->function;
        return v->is_state || (f->is_constructor && f->class_info == v->type);
    }
    case VARIABLE_STATIC: return v->is_state;
    case VARIABLE_LOCAL: case VARIABLE_GLOBAL:
        if (is_foreign(w->c, v)) {
            if (v->is_state && is_guarded(w->c, v))
                report_foreign(w, place, v);
            return v->is_state;
        }
        if (v->is_state)
            return true;
        if (v->is_late && same_function(v, w->function))
            return true;
        if (v->scope->kind == SCOPE_MODULE && inside_any_function(w)) {
            struct function_context *f = w->function;
            while (f != w->c->top && !f->is_named)
                f = f->parent;
            if (f != w->c->top)
                return false; /* only an immutable module variable was found */
        }
        report_immutable(w, place, v->name, v);
        return true;
    default:
        return false;
    }
}

static struct variable *declared_ahead(struct scope *scope, vvm_symbol name, uint32_t offset)
{
    struct variable *v = find_module_variable(scope, name);
    if (v && v->offset == offset)
        return v;
    for (v = scope->variables; v; v = v->next)
        if (v->offset == offset && v->name == name)
            return v;
    return NULL;
}

struct variable *declare_local(struct walk *w, vvm_symbol name, uint32_t offset, bool is_state)
{
    /* a top-level variable was declared ahead, for the functions that name it */
    struct variable *ahead = w->scope->kind == SCOPE_MODULE ? declared_ahead(w->scope, name, offset) : NULL;
    if (ahead) {
        ahead->declared = true;
        ahead->is_state = is_state;
        return ahead;
    }
    struct variable *v = declare(w->c, w->scope, VARIABLE_LOCAL, name, offset);
    v->is_state = is_state;
    return v;
}

/* `f = x => … f(…) …`: a function that may name itself; it holds neither itself nor a cell: inside, f is the same code
 * over the running environment (rule 9). */
static void walk_own_function(struct walk *w, struct variable *v, struct vvm_node *value)
{
    struct group *group = compile_alloc(w->c, sizeof *group);
    group->scope = w->scope;
    group->first = v;
    group->reg = -1;
    group->is_lambda = true;
    v->group = group;
    struct function_context *context = new_context(w, value->function);
    context->function_variable = v;
    context->group = group;
    v->body = context;
    bool read = v->read;
    walk_function(w, value->function, context);
    v->read = read;
}

void walk_declared_value(struct walk *w, struct vvm_node *value, struct variable *v)
{
    if (value && value->kind == VVM_NODE_FUNCTION && !v->is_state)
        walk_own_function(w, v, value);
}

/* The type whose constructor makes the value, where that can be seen: T(…), T { … }. */
static struct type_info *made_of(struct walk *w, struct vvm_node *value)
{
    struct vvm_node *name = value->kind == VVM_NODE_CALL             ? value->call.callee
                            : value->kind == VVM_NODE_STRUCT_LITERAL ? value
                                                                     : NULL;
    bool named = name && (name->kind == VVM_NODE_NAME || name->kind == VVM_NODE_STRUCT_LITERAL);
    struct variable *v = named ? note_get(w->c, name) : NULL;
    return v && v->kind == VARIABLE_TYPE ? v->type : NULL;
}

static void walk_assign_name(struct walk *w, struct vvm_node *node)
{
    struct vvm_node *place = node->assign.place, *value = node->assign.value;
    vvm_symbol name = place->symbol;
    if (value->kind != VVM_NODE_FUNCTION)
        walk(w, value);
    if (name == names(w->c)->underscore) {
        if (value->kind == VVM_NODE_FUNCTION)
            walk(w, value);
        return;
    }
    struct variable *v = resolve_name(w->c, w->scope, name, w->function);
    bool is_compound = node->assign.kind != VVM_ASSIGN_SET;
    bool may_change =
        v && v->is_state && (is_plain_variable(v) || v->kind == VARIABLE_MEMBER || v->kind == VARIABLE_STATIC);
    if (is_compound && (!may_change || is_guarded(w->c, v))) {
        if (may_change)
            report_foreign(w, place, v);
        else if (v)
            report_immutable(w, place, name, v);
        else
            compile_error(w->c, "E307", place->offset, place->length, nearest_hint(w->c, w->scope, name),
                          "unknown name `%s`", symbol_text(w->c, name));
        return;
    }
    if (assigns_to(w, v, place)) {
        if (value->kind == VVM_NODE_FUNCTION)
            walk(w, value);
        bool read = v->read;
        use_variable(w, node, v, place->offset);
        note_set(w->c, place, v);
        v->read = read || is_compound || v->kind != VARIABLE_LOCAL;
        return;
    }
    v = declare_local(w, name, place->offset, false);
    v->made_of = made_of(w, value);
    note_set(w->c, node, v);
    note_set(w->c, place, v);
    walk_declared_value(w, value, v);
}

/* Is `name` a field of the class or struct, and an immutable one? */
static bool is_immutable_field(const struct type_info *info, vvm_symbol name)
{
    const struct vvm_class_decl *decl = info ? info->class_decl : NULL;
    for (uint32_t i = 0; decl && i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FIELD && decl->members[i].field.name == name)
            return !decl->members[i].field.is_state;
    return false;
}

/* `this.f = e` outside of a constructor, `p.f = e` where p was made as a struct or instance. */
static void check_field_step(struct walk *w, struct vvm_node *place)
{
    struct vvm_node *object = place->member.object;
    struct variable *v = object->kind == VVM_NODE_NAME || object->kind == VVM_NODE_THIS ? note_get(w->c, object) : NULL;
    bool own = object->kind == VVM_NODE_THIS && !w->function->is_constructor;
    struct type_info *info = own ? w->function->class_info : v ? v->made_of : NULL;
    if (v && !v->is_state && is_immutable_field(info, place->member.symbol))
        report_immutable(w, place, place->member.symbol, NULL);
}

/* Is the root of a path something that `a.f = e` may start from? */
static void check_path_root(struct walk *w, struct vvm_node *place)
{
    if (place->kind == VVM_NODE_MEMBER)
        check_field_step(w, place);
    bool plain_index = place->kind == VVM_NODE_INDEX;
    struct vvm_node *root = place;
    while (root->kind == VVM_NODE_MEMBER || root->kind == VVM_NODE_INDEX) {
        if (root != place)
            plain_index &= root->kind == VVM_NODE_INDEX;
        root = root->kind == VVM_NODE_MEMBER ? root->member.object : root->pair.left;
    }
    struct variable *v = root->kind == VVM_NODE_NAME ? note_get(w->c, root) : NULL;
    if (v && is_plain_variable(v) && is_guarded(w->c, v) && (v->is_state || plain_index))
        report_foreign(w, root, v);
    else if (v && is_plain_variable(v) && !v->is_state && plain_index)
        report_immutable(w, root, v->name, v);
}

static void report_place(struct walk *w, struct vvm_node *place)
{
    struct variable *v = note_get(w->c, place);
    bool is_state = v && is_plain_variable(v) && v->is_state;
    if (is_state && is_guarded(w->c, v))
        report_foreign(w, place, v);
    else if (!is_state)
        report_immutable(w, place, place->symbol, v);
}

void walk_assign(struct walk *w, struct vvm_node *node)
{
    struct vvm_node *place = node->assign.place;
    if (place->kind == VVM_NODE_NAME) {
        walk_assign_name(w, node);
        return;
    }
    walk(w, place);
    if (place->kind == VVM_NODE_NAME) /* `n.x = e`, where n is a namespace */
        report_place(w, place);
    else
        check_path_root(w, place);
    walk(w, node->assign.value);
}
