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

/* Functions of one block that refer to one another are united: they share an environment. */
static void unite_groups(struct variable *used, const struct function_context *from)
{
    for (; from && from != used->owner; from = from->parent) {
        struct variable *class_variable = from->class_info ? from->class_info->variable : NULL;
        struct variable *user = from->function_variable ? from->function_variable : class_variable;
        if (!user || user->scope != used->scope || !user->group)
            continue;
        struct group *a = group_root(user->group), *b = group_root(used->group);
        if (a != b && a->is_lambda)
            a->united = b;
        else if (a != b)
            b->united = a;
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
                  "`%s` is a member of the instances of `%s`", name, member->type ? symbol_text(c, member->type->name) : "this type");
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
        unite_groups(used, w->function);
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

static bool is_option_constructor(struct compiler *c, vvm_symbol name)
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

/* ---- Assignment: rules 3 to 5 of 5.2 ---- */

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
        hint = code_format(w->c, "it is a parameter, in line %u: give the new value another name", vvm_source_position(w->c->source, v->offset).line);
    else if (seen)
        hint = code_format(w->c, "it is declared in line %u: write `state` there if it is to change, or give the new value another name",
                           vvm_source_position(w->c->source, v->offset).line);
    compile_error(w->c, "E301", place->offset, place->length, hint, "cannot assign to `%s`: it is immutable", symbol_text(w->c, name));
}

/* Local or of a module: those of other modules may be known as module variables already. */
static bool is_plain_variable(const struct variable *v) { return v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL; }

static void report_foreign(struct walk *w, struct vvm_node *place, const struct variable *v)
{
    compile_error(w->c, "E301", place->offset, place->length, "a public function of that module can assign to it",
                  "cannot assign to `%s`: it belongs to the module %s", symbol_text(w->c, v->name), v->scope->unit->source->name);
}

/* True if `name = e` at this point assigns to `v`; false if it declares a new variable. */
static bool assigns_to(struct walk *w, struct variable *v, struct vvm_node *place)
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

static struct variable *declare_local(struct walk *w, vvm_symbol name, uint32_t offset, bool is_state)
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
    v->read = false;
    walk_function(w, value->function, context);
    v->names_itself = v->read;
    v->read = read;
}

static void walk_declared_value(struct walk *w, struct vvm_node *value, struct variable *v)
{
    if (value && value->kind == VVM_NODE_FUNCTION && !v->is_state)
        walk_own_function(w, v, value);
}

/* The type whose constructor makes the value, where that can be seen: T(…), T { … }. */
static struct type_info *made_of(struct walk *w, struct vvm_node *value)
{
    struct vvm_node *name = value->kind == VVM_NODE_CALL ? value->call.callee : value->kind == VVM_NODE_STRUCT_LITERAL ? value : NULL;
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
    bool may_change = v && v->is_state && (is_plain_variable(v) || v->kind == VARIABLE_MEMBER || v->kind == VARIABLE_STATIC);
    if (is_compound && (!may_change || is_guarded(w->c, v))) {
        if (may_change)
            report_foreign(w, place, v);
        else if (v)
            report_immutable(w, place, name, v);
        else
            compile_error(w->c, "E307", place->offset, place->length, nearest_hint(w->c, w->scope, name), "unknown name `%s`",
                          symbol_text(w->c, name));
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

static void walk_assign(struct walk *w, struct vvm_node *node)
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

/* ---- Patterns ---- */

static void bind_name(struct walk *w, struct vvm_pattern *pattern, vvm_symbol name, bool assigns, bool is_state)
{
    if (!name || name == names(w->c)->underscore)
        return;
    if (assigns && !is_state) {
        struct variable *v = resolve_name(w->c, w->scope, name, w->function);
        struct vvm_node place = {.offset = pattern->offset, .length = pattern->length};
        if (assigns_to(w, v, &place)) {
            bool read = v->read;
            use_variable(w, NULL, v, pattern->offset);
            v->read = read || v->kind == VARIABLE_MEMBER;
            note_set(w->c, pattern, v);
            return;
        }
    }
    note_set(w->c, pattern, declare_local(w, name, pattern->offset, is_state));
}

/* What a pattern's path begins with. The names of namespaces before it are taken off the path. */
static struct variable *path_root(struct walk *w, struct vvm_path *path)
{
    struct variable *v = note_get(w->c, path);
    uint32_t used;
    if (v)
        return v;
    v = resolve_path(w->c, w->scope, path, &used);
    if (v && v->kind == VARIABLE_NAMESPACE && used < path->count)
        report_no_member(w->c, v, path->symbols[used], path->span);
    path->symbols += used - 1;
    path->count -= used - 1;
    if (v)
        note_set(w->c, path, v);
    return v;
}

/* `label: P` where P is just the name of a type tests the type and binds the label. */
static bool binds_label(struct walk *w, struct vvm_pattern_field *field)
{
    struct vvm_pattern *p = field->pattern;
    if (!field->label || p->kind != VVM_PATTERN_CONSTRUCTOR || p->fields.form != VVM_CONSTRUCTOR_BARE)
        return false;
    struct variable *v = path_root(w, &p->fields.path);
    return v && p->fields.path.count == 1 && (v->kind == VARIABLE_TYPE || (v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE)));
}

static void walk_fields(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        struct vvm_pattern_field *field = &pattern->fields.fields[i];
        if (binds_label(w, field))
            note_set(w->c, &field->span, declare_local(w, field->label, field->span.offset, is_state));
        walk_pattern(w, field->pattern, assigns, is_state);
    }
    if (pattern->fields.has_rest)
        bind_name(w, pattern, pattern->fields.rest, assigns, is_state);
}

/* The alternatives bind the same names: the first one declares them, the others reuse them. */
static void reuse_names(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before);

static void walk_or(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    struct variable *before = w->scope->variables;
    walk_pattern(w, pattern->items.items[0], assigns, is_state);
    struct variable *newest = w->scope->variables;
    for (uint32_t i = 1; i < pattern->items.count; i++)
        reuse_names(w, pattern->items.items[i], newest, before);
}

static struct variable *find_bound(struct variable *newest, struct variable *before, vvm_symbol name)
{
    for (struct variable *v = newest; v != before; v = v->next)
        if (v->name == name)
            return v;
    return NULL;
}

static void reuse_list(struct walk *w, struct vvm_pattern_list list, struct variable *newest, struct variable *before)
{
    for (uint32_t i = 0; i < list.count; i++)
        reuse_names(w, list.items[i], newest, before);
}

static void walk_range(struct walk *w, struct vvm_pattern *pattern)
{
    walk(w, pattern->range.start);
    walk(w, pattern->range.end);
}

static void walk_constructor(struct walk *w, struct vvm_pattern *pattern)
{
    struct vvm_path *path = &pattern->fields.path;
    if (is_option_constructor(w->c, path->symbols[path->count - 1]))
        return;
    struct variable *v = path_root(w, path);
    if (!v && make_message_pattern(w, pattern))
        return;
    bool known = v && v->kind != VARIABLE_FUNCTION && v->kind != VARIABLE_NAMESPACE && v->kind != VARIABLE_MEMBER && !(v->kind == VARIABLE_LOCAL && v->is_state);
    if (!known) {
        compile_error(w->c, "E211", pattern->offset, path->span.length, "a name that is to be bound starts with a lower-case letter",
                      "`%s` is no variant, type or module variable", symbol_text(w->c, path->symbols[0]));
        return;
    }
    use_variable(w, NULL, v, pattern->offset);
}

static void reuse_fields(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        struct vvm_pattern_field *field = &pattern->fields.fields[i];
        if (binds_label(w, field))
            note_set(w->c, &field->span, find_bound(newest, before, field->label));
        reuse_names(w, field->pattern, newest, before);
    }
}

static void reuse_names(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before)
{
    vvm_symbol name = 0;
    switch (pattern->kind) {
    case VVM_PATTERN_BIND: name = pattern->bind.symbol; break;
    case VVM_PATTERN_REST: name = pattern->rest; break;
    case VVM_PATTERN_AT:
        name = pattern->at.symbol;
        reuse_names(w, pattern->at.inner, newest, before);
        break;
    case VVM_PATTERN_OR: case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        reuse_list(w, pattern->items, newest, before);
        break;
    case VVM_PATTERN_RANGE:
        walk_range(w, pattern);
        break;
    case VVM_PATTERN_CONSTRUCTOR:
        name = pattern->fields.rest;
        walk_constructor(w, pattern);
        reuse_fields(w, pattern, newest, before);
        break;
    case VVM_PATTERN_RECORD:
        name = pattern->fields.rest;
        reuse_fields(w, pattern, newest, before);
        break;
    default:
        break;
    }
    struct variable *v = name ? find_bound(newest, before, name) : NULL;
    if (v) {
        note_set(w->c, pattern, v);
        note_set(w->c, &pattern->length, v); /* marks: bound here although declared in another alternative */
    }
}

void walk_pattern(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    switch (pattern->kind) {
    case VVM_PATTERN_BIND:
        bind_name(w, pattern, pattern->bind.symbol, assigns, is_state);
        break;
    case VVM_PATTERN_REST:
        bind_name(w, pattern, pattern->rest, assigns, is_state);
        break;
    case VVM_PATTERN_AT:
        walk_pattern(w, pattern->at.inner, assigns, is_state);
        bind_name(w, pattern, pattern->at.symbol, assigns, is_state);
        break;
    case VVM_PATTERN_OR:
        walk_or(w, pattern, assigns, is_state);
        break;
    case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        for (uint32_t i = 0; i < pattern->items.count; i++)
            walk_pattern(w, pattern->items.items[i], assigns, is_state);
        break;
    case VVM_PATTERN_RANGE:
        walk_range(w, pattern);
        break;
    case VVM_PATTERN_RECORD:
        walk_fields(w, pattern, assigns, is_state);
        break;
    case VVM_PATTERN_CONSTRUCTOR:
        walk_constructor(w, pattern);
        walk_fields(w, pattern, assigns, is_state);
        break;
    default:
        break;
    }
}

/* ---- Statements ---- */

static void walk_variable(struct walk *w, struct vvm_node *node)
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

static void walk_destructure(struct walk *w, struct vvm_node *node)
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
    compile_error(w->c, "E302", span.offset, span.length, NULL, "`%s` is declared twice in this block", symbol_text(w->c, name));
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
    if (w->scope->kind == SCOPE_MODULE || (item->kind != VVM_NODE_CLASS_DECL && item->kind != VVM_NODE_STRUCT_DECL))
        return;
    info->variable = v;
    add_group(w, v);
}

/* A module block has a scope of its own; its variables are the module's, its statements run where it stands. */
static void hoist_module(struct walk *w, struct vvm_node *item)
{
    struct vvm_module_decl *decl = item->module_decl;
    if (w->scope->kind != SCOPE_MODULE) {
        compile_error(w->c, "E109", decl->name_span.offset, decl->name_span.length, NULL, "`module` stands at the top of a module, not in a block");
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
        case VVM_NODE_STRUCT_DECL: case VVM_NODE_CLASS_DECL: case VVM_NODE_INTERFACE_DECL: case VVM_NODE_ENUM_DECL: case VVM_NODE_ACTOR_DECL:
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

static void walk_in_scope(struct walk *w, const void *key, struct vvm_pattern *pattern, struct vvm_node *guard, struct vvm_node *body)
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

static void walk_match(struct walk *w, struct vvm_node *node)
{
    walk(w, node->match.subject);
    for (uint32_t i = 0; i < node->match.count; i++) {
        struct vvm_match_arm *arm = &node->match.arms[i];
        walk_in_scope(w, arm, arm->pattern, arm->guard, arm->body);
    }
}

/* Operands stand in the scope around, values of sends too; each arm has a scope of its own. */
static void walk_select(struct walk *w, struct vvm_node *node)
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

static void walk_try(struct walk *w, struct vvm_node *node)
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

/* ---- Functions ---- */

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

static void walk_lambda(struct walk *w, struct vvm_function_node *node)
{
    struct function_context *context = new_context(w, node);
    walk_function(w, node, context);
}

static void walk_function_declaration(struct walk *w, struct vvm_node *node)
{
    struct variable *v = note_get(w->c, node);
    if (!v)
        return;
    if (!node->function->body)
        compile_error(w->c, "E303", node->function->name_span.offset, node->function->name_span.length, NULL, "function `%s` has no body",
                      symbol_text(w->c, node->function->name));
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

static void walk_call(struct walk *w, struct vvm_node *node)
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
static void walk_pipe(struct walk *w, struct vvm_node *node)
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

static void walk_struct_literal(struct walk *w, struct vvm_node *node)
{
    struct vvm_path *path = &node->literal.path;
    struct variable *v = path_root(w, path);
    if (v)
        use_variable(w, node, v, node->offset);
    else
        compile_error(w->c, "E307", node->offset, path->span.length, nearest_hint(w->c, w->scope, path->symbols[0]), "unknown name `%s`",
                      symbol_text(w->c, path->symbols[0]));
    for (uint32_t i = 0; i < node->literal.count; i++)
        walk(w, node->literal.fields[i].value);
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
        compile_error(w->c, "E109", node->offset, node->length, NULL, "`import` stands at the top of a module, not in a block");
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
    case VVM_NODE_STRUCT_DECL: case VVM_NODE_CLASS_DECL: case VVM_NODE_INTERFACE_DECL: case VVM_NODE_ENUM_DECL: case VVM_NODE_ACTOR_DECL:
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
