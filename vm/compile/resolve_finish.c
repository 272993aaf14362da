/* The resolving pass, at its end: names used before their declaration, captures, the module as a whole. */
#include "vm/compile/resolve.h"

#include <string.h>

/* ---- Captures ---- */

struct group *group_root(struct group *group)
{
    while (group && group->united)
        group = group->united;
    return group;
}

struct environment *context_environment(struct function_context *context)
{
    struct group *group = group_root(context->group);
    return group ? &group->environment : &context->own_environment;
}

int environment_index(const struct environment *environment, const struct variable *variable)
{
    for (uint32_t i = 0; i < environment->count; i++)
        if (environment->items[i].variable == variable)
            return (int)i;
    return -1;
}

bool group_is_empty(const struct group *group)
{
    return !group || group_root((struct group *)group)->environment.count == 0;
}

static bool environment_add(struct compiler *c, struct environment *environment, struct variable *v, uint32_t offset)
{
    if (environment_index(environment, v) >= 0)
        return false;
    if (environment->count == environment->capacity) {
        uint32_t capacity = environment->capacity ? environment->capacity * 2 : 4;
        struct capture *items = compile_alloc(c, capacity * sizeof *items);
        for (uint32_t i = 0; i < environment->count; i++)
            items[i] = environment->items[i];
        environment->items = items;
        environment->capacity = capacity;
    }
    environment->items[environment->count++] = (struct capture){v, offset};
    return true;
}

static bool is_sibling(const struct function_context *context, const struct variable *v)
{
    return v->group && context->group && group_root(context->group) == group_root(v->group);
}

/* An actor runs in an isolate of its own. */
static bool is_state_of_outside(const struct function_context *context, const struct variable *v)
{
    const struct vvm_node *node = context->is_method && context->class_info ? context->class_info->node : NULL;
    return v->is_state && v->kind == VARIABLE_LOCAL && node && node->kind == VVM_NODE_ACTOR_DECL;
}

/* Every function between the use and the variable's owner hands it on. True if something was added. */
static bool capture_through(struct compiler *c, struct use *use)
{
    struct variable *v = use->variable;
    bool added = false;
    for (struct function_context *f = use->from; f && f != v->owner; f = f->parent) {
        if (is_sibling(f, v))
            break;
        if (is_state_of_outside(f, v)) {
            compile_error(c, "E308", use->offset, (uint32_t)strlen(symbol_text(c, v->name)),
                          "pass its value: bind it to an immutable variable first",
                          "`state` variable `%s` is captured by an actor", symbol_text(c, v->name));
            break;
        }
        if ((f->is_method || f->is_named) && !f->group) {
            compile_error(c, "E199", use->offset, 1, NULL,
                          "a method of an enum or interface, or a static one, that uses the local variable `%s` is not "
                          "in this release",
                          symbol_text(c, v->name));
            break;
        }
        v->captured = true;
        if (v->is_state || v->is_late)
            v->has_cell = true;
        added |= environment_add(c, context_environment(f), v, use->offset);
    }
    return added;
}

static bool is_global(const struct variable *v)
{
    return v->scope && v->scope->kind == SCOPE_MODULE && v->kind == VARIABLE_LOCAL
           && (v->is_public || v->named_in_function || v->scope->unit->is_input);
}

static void make_global(struct compiler *c, struct variable *v)
{
    struct vvm_global global = {.name = v->name, .is_state = v->is_state, .value = vvm_unset()};
    if (!vvm_table_add(&c->vm->globals, &global, &v->global))
        longjmp(c->out_of_memory, 1);
    v->kind = VARIABLE_GLOBAL;
    v->has_cell = false;
    v->group = NULL;
    if (v->body)
        v->body->group = NULL;
}

void make_globals(struct compiler *c)
{
    for (struct scope *scope = c->module_scope; scope; scope = scope->next_module)
        for (struct variable *v = scope->variables; v; v = v->next)
            if (is_global(v))
                make_global(c, v);
}

static bool needs_capture(const struct use *use)
{
    const struct variable *v = use->variable;
    if (v->owner == use->from || !v->owner)
        return false;
    if (v->kind == VARIABLE_FUNCTION || v->kind == VARIABLE_TYPE)
        return v->group && !group_is_empty(v->group);
    return v->kind == VARIABLE_LOCAL;
}

/* Functions whose environment is empty are constants and are not captured; capturing one function may make
 * another environment non-empty, so this goes on until nothing changes. */
static void capture_all(struct compiler *c)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (struct use *use = c->uses; use; use = use->next)
            if (needs_capture(use))
                changed |= capture_through(c, use);
    }
}

/* False: they are one already. */
static bool unite(struct group *user, struct group *used)
{
    struct group *a = group_root(user), *b = group_root(used);
    if (a == b)
        return false;
    if (a->is_lambda)
        a->united = b;
    else
        b->united = a;
    return true;
}

static void empty_groups(struct compiler *c)
{
    for (struct meeting *m = c->meetings; m; m = m->next)
        group_root(m->user)->environment.count = group_root(m->used)->environment.count = 0;
}

/* A function that captures something shares its environment with those that use it; by that they may come to capture
 * something, and be shared themselves. */
static bool unite_groups(struct compiler *c)
{
    bool united = false;
    for (struct meeting *m = c->meetings; m; m = m->next)
        if (!group_is_empty(m->used))
            united |= unite(m->user, m->used);
    if (united)
        empty_groups(c); /* what was captured from a sibling is no capture any more */
    return united;
}

static uint32_t ready_after(const struct group *group)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < group->environment.count; i++) {
        const struct variable *v = group->environment.items[i].variable;
        if (v->scope != group->scope || v->is_ahead)
            continue;
        uint32_t at =
            v->kind == VARIABLE_FUNCTION || v->kind == VARIABLE_TYPE ? group_root(v->group)->ready : v->statement + 1;
        ready = at > ready ? at : ready;
    }
    return ready;
}

static bool raise_ready(struct group *group)
{
    uint32_t ready = group ? ready_after(group) : 0;
    if (!group || ready <= group->ready)
        return false;
    group->ready = ready;
    return true;
}

/* `f = () => g()` above the variables that g captures: f is over the same environment, which holds their cells. */
static void capture_ahead(struct group *group, const struct variable *lambda)
{
    for (uint32_t i = 0; i < group->environment.count; i++) {
        struct variable *v = group->environment.items[i].variable;
        if (v->scope == group->scope && v->kind == VARIABLE_LOCAL && v->statement >= lambda->statement)
            v->is_ahead = v->has_cell = true;
    }
}

static void capture_all_ahead(struct compiler *c)
{
    for (struct use *use = c->uses; use; use = use->next)
        for (struct function_context *f = use->from; f; f = f->parent)
            if (f->function_variable && f->group && f->group->is_lambda)
                capture_ahead(group_root(f->group), f->function_variable);
}

/* A closure is made once what it captures is set, also what it only hands on to functions inside of it; closures
 * captured by closures need rounds. */
static void order_groups(struct compiler *c)
{
    capture_all_ahead(c);
    for (bool changed = true; changed;) {
        changed = false;
        for (struct use *use = c->uses; use; use = use->next)
            for (struct function_context *f = use->from; f; f = f->parent)
                changed |= raise_ready(group_root(f->group));
    }
}

/* Names of the language whose meaning comes with a later release. */
static bool comes_later(const char *name)
{
    static const char *const later[] = {
        "Ffi", "Buffer",
    };
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(later[i], name) == 0)
            return true;
    return false;
}

static void report_unknown(struct compiler *c, const struct pending *p)
{
    const char *name = symbol_text(c, p->name);
    if (comes_later(name))
        compile_error(c, "E199", p->offset, p->node->length, NULL, "`%s` is not in this release", name);
    else
        compile_error(c, "E307", p->offset, p->node->length, nearest_hint(c, p->scope, p->name), "unknown name `%s`",
                      name);
}

/* A variable is seen by what stands below its declaration, and by the functions and classes of its block, whose
 * closures are made when it is set. */
static bool is_seen_from(const struct variable *v, const struct function_context *from)
{
    if (v->kind != VARIABLE_LOCAL)
        return true;
    for (; from && from != v->owner; from = from->parent)
        if (from->is_named &&
            (from->scope == v->scope || (from->scope->kind == SCOPE_CLASS && from->scope->parent == v->scope)))
            return true;
    return false;
}

static void settle_pending(struct compiler *c)
{
    for (struct pending *p = c->pending; p; p = p->next) {
        struct walk w = {c, p->scope, p->function};
        struct variable *v = resolve_name(c, p->scope, p->name, p->function);
        if (v && is_seen_from(v, p->function))
            use_variable(&w, p->node, v, p->offset);
        else
            report_unknown(c, p);
    }
}

void finish_captures(struct compiler *c)
{
    do {
        capture_all(c);
    } while (unite_groups(c));
    order_groups(c);
}

/* ---- The module ---- */

static struct variable *declare_ahead(struct walk *w, vvm_symbol name, uint32_t offset, bool is_state, bool always)
{
    struct variable *existing = find_module_variable(w->scope, name);
    if (!name || name == names(w->c)->underscore || (existing && existing->kind == VARIABLE_LOCAL && !always))
        return NULL;
    if (existing && existing->kind != VARIABLE_LOCAL && !always && existing->kind != VARIABLE_FUNCTION)
        return NULL;
    struct variable *v = declare(w->c, w->scope, VARIABLE_LOCAL, name, offset);
    v->declared = false;
    v->is_state = is_state;
    return v;
}

static void declare_named_ahead(struct walk *w, struct vvm_node *item)
{
    const struct vvm_attributes *attributes = item->variable.attributes;
    struct variable *v = declare_ahead(w, item->variable.symbol, item->offset, item->kind == VVM_NODE_STATE, true);
    if (v)
        v->is_public = attributes && attributes->visibility == VVM_VISIBILITY_PUBLIC;
}

static void declare_pattern_ahead(struct walk *w, struct vvm_pattern *pattern, bool is_state)
{
    switch (pattern->kind) {
    case VVM_PATTERN_BIND: declare_ahead(w, pattern->bind.symbol, pattern->offset, is_state, is_state); break;
    case VVM_PATTERN_REST: declare_ahead(w, pattern->rest, pattern->offset, is_state, is_state); break;
    case VVM_PATTERN_AT:
        declare_ahead(w, pattern->at.symbol, pattern->offset, is_state, is_state);
        declare_pattern_ahead(w, pattern->at.inner, is_state);
        break;
    case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        for (uint32_t i = 0; i < pattern->items.count; i++)
            declare_pattern_ahead(w, pattern->items.items[i], is_state);
        break;
    case VVM_PATTERN_OR:
        declare_pattern_ahead(w, pattern->items.items[0], is_state);
        break;
    case VVM_PATTERN_RECORD: case VVM_PATTERN_CONSTRUCTOR:
        for (uint32_t i = 0; i < pattern->fields.count; i++)
            declare_pattern_ahead(w, pattern->fields.fields[i].pattern, is_state);
        if (pattern->fields.has_rest)
            declare_ahead(w, pattern->fields.rest, pattern->offset, is_state, is_state);
        break;
    default: break;
    }
}

/* Functions may name module variables that are declared below them. */
static void declare_variables_ahead(struct walk *w, struct vvm_node_list items)
{
    for (uint32_t i = 0; i < items.count; i++) {
        struct vvm_node *item = items.items[i];
        w->scope->statement = i;
        bool is_state = item->kind == VVM_NODE_STATE;
        switch (item->kind) {
        case VVM_NODE_VAR: case VVM_NODE_STATE:
            if (item->variable.pattern)
                declare_pattern_ahead(w, item->variable.pattern, is_state);
            else
                declare_named_ahead(w, item);
            break;
        case VVM_NODE_DESTRUCTURE: declare_pattern_ahead(w, item->variable.pattern, false); break;
        case VVM_NODE_ASSIGN:
            if (item->assign.place->kind == VVM_NODE_NAME && item->assign.kind == VVM_ASSIGN_SET)
                declare_ahead(w, item->assign.place->symbol, item->assign.place->offset, false, false);
            break;
        default: break;
        }
    }
}

void declare_module_scope(struct walk *w, struct vvm_node_list items)
{
    declare_variables_ahead(w, items);
    hoist(w, items);
}

void declare_module(struct compiler *c)
{
    c->top = compile_alloc(c, sizeof *c->top);
    c->module_scope = new_scope(c, SCOPE_MODULE, c->earlier, c->top);
    c->top->scope = c->module_scope;
    struct walk w = {c, c->module_scope, c->top};
    declare_module_scope(&w, c->tree->items);
}

void resolve_module(struct compiler *c)
{
    struct walk w = {c, c->module_scope, c->top};
    walk_items(&w, c->tree->items);
    struct variable *main = find_module_variable(c->module_scope, names(c)->main);
    if (main && main->kind == VARIABLE_FUNCTION)
        c->main = main;
    settle_pending(c);
}
