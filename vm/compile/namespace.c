/* Names across modules: what an import binds, what a namespace has (language.md 2.2). */
#include "vm/compile/resolve.h"

#include "vm/compile/library_area.h"
#include "vm/front/slips.h"

#include <string.h>

bool is_foreign(const struct compiler *c, const struct variable *variable)
{
    return variable->scope && variable->scope->unit && variable->scope->unit != c;
}

bool is_guarded(const struct compiler *c, const struct variable *variable)
{
    return is_foreign(c, variable) && !variable->scope->unit->is_input;
}

/* ---- Imports ---- */

/* `show` lets only the listed names through, `hide` all others. */
static bool lets_through(const struct vvm_import_node *node, vvm_symbol name)
{
    bool listed = node->mode == VVM_IMPORT_HIDE && node->count == 0; /* hide {*} */
    for (uint32_t i = 0; i < node->count && !listed; i++)
        listed = node->names[i].name == name;
    return node->mode == VVM_IMPORT_ALL || listed == (node->mode == VVM_IMPORT_SHOW);
}

struct variable *find_public(struct scope *scope, vvm_symbol name)
{
    struct variable *found = find_module_variable(scope, name);
    return found && found->is_public ? found : NULL;
}

/* A public name of a module; those of the library's own have both spellings. */
static struct variable *find_in_unit(struct compiler *unit, vvm_symbol name)
{
    struct variable *found = find_public(unit->module_scope, name);
    vvm_symbol other = found || !unit->core ? 0 : other_spelling(unit, name);
    return other ? find_public(unit->module_scope, other) : found;
}

static struct variable *find_in_area(struct compiler *c, const struct library_area *area, vvm_symbol name)
{
    return library_area_has(area, symbol_text(c, name)) ? find_prelude(c, name) : NULL;
}

static struct variable *find_in_import(struct compiler *c, const struct import *import, vvm_symbol name)
{
    if (!lets_through(import->node, name))
        return NULL;
    return import->unit ? find_in_unit(import->unit, name) : find_in_area(c, import->area, name);
}

static struct variable *ambiguous(struct compiler *c, vvm_symbol name, struct import *first, struct import *second)
{
    struct variable *v = compile_alloc(c, sizeof *v);
    *v = (struct variable){.kind = VARIABLE_AMBIGUOUS, .name = name, .import = first,
                           .other_import = second, .declared = true};
    return v;
}

/* What the imports of a module bind a name to. The names of areas are in the prelude anyway. */
struct variable *find_imported(struct compiler *c, const struct scope *module, vvm_symbol name)
{
    struct variable *found = NULL;
    struct import *from = NULL;
    for (struct import *import = module->imports; import; import = import->next_in_scope) {
        struct variable *v = import->unit ? find_in_import(c, import, name) : NULL;
        if (v && found && v != found)
            return ambiguous(c, name, from, import);
        if (v && !found)
            from = import;
        found = v ? v : found;
    }
    return found;
}

static void find_variant_in(struct compiler *c, const struct import *import, vvm_symbol name, struct variable **found,
                            bool *several)
{
    for (struct type_info *t = import->unit ? import->unit->types : NULL; t; t = t->next)
        if (t->enum_decl && t->scope == import->unit->module_scope && find_in_import(c, import, t->name))
            note_variant(c, t, name, found, several);
}

void find_imported_variant(struct compiler *c, const struct scope *module, vvm_symbol name, struct variable **found,
                           bool *several)
{
    for (struct import *import = module->imports; import; import = import->next_in_scope)
        find_variant_in(c, import, name, found, several);
}

/* ---- Namespaces ---- */

struct variable *find_in_namespace(struct compiler *c, const struct variable *space, vvm_symbol name)
{
    struct variable *found = space->space ? find_public(space->space, name) : find_in_import(c, space->import, name);
    bool several = false;
    if (!found && space->import)
        find_variant_in(c, space->import, name, &found, &several);
    return several ? NULL : found;
}

struct variable *area_lead(struct compiler *c, const struct variable *space, vvm_symbol name)
{
    const struct library_area *area = space->import ? space->import->area : NULL;
    const char *first = area ? area->names[0] : NULL;
    struct variable *lead = first ? find_prelude(c, symbol_of(c, first)) : NULL;
    bool has = lead && vvm_is_plain(lead->value, VVM_TYPE)
               && vvm_members_find(&((struct vvm_type *)lead->value.object)->statics, name) != NULL;
    return has ? lead : NULL;
}

/* What a path means as far as its first name, or the first one behind namespaces: *used names. */
struct variable *resolve_path(struct compiler *c, struct scope *scope, const struct vvm_path *path, uint32_t *used)
{
    struct variable *v = resolve_name(c, scope, path->symbols[0], c->top);
    *used = 1;
    while (v && v->kind == VARIABLE_NAMESPACE && *used < path->count) {
        struct variable *inner = find_in_namespace(c, v, path->symbols[*used]);
        if (!inner)
            return v;
        v = inner;
        (*used)++;
    }
    return v;
}

/* ---- A namespace as a value ---- */

static void add_member(struct compiler *c, struct vvm_type *type, struct vvm_member member)
{
    if (!vvm_members_put(&type->statics, member))
        longjmp(c->out_of_memory, 1);
}

static vvm_value function_constant(struct compiler *c, uint32_t id)
{
    return (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, id), .object = vvm_function_at(c->vm, id)};
}

/* A variable is looked at when it is read: a function does it. */
static vvm_value variable_getter(struct compiler *c, struct variable *v)
{
    struct builder b;
    builder_begin(c, &b, NULL);
    b.flags |= VVM_FUNCTION_CORE;
    int value = new_register(c);
    read_variable(c, v, value, 0);
    emit(c, VVM_OPC_RETURN, value, 0, 0);
    uint32_t id = reserve_function(c);
    builder_end(c, id, symbol_text(c, v->name), NULL, 0, 0);
    return function_constant(c, id);
}

static void add_variable(struct compiler *c, struct vvm_type *type, struct variable *v)
{
    struct vvm_member member = {.name = v->name, .kind = VVM_MEMBER_STATIC, .value = vvm_unset()};
    switch (v->kind) {
    case VARIABLE_FUNCTION: member.value = function_constant(c, function_id_of(v->scope->unit, v)); break;
    case VARIABLE_TYPE:
        if (v->type->type)
            member.value = vvm_of_object(VVM_TYPE, v->type->type);
        break;
    case VARIABLE_GLOBAL:
        member.kind = VVM_MEMBER_GETTER;
        member.value = variable_getter(c, v);
        break;
    case VARIABLE_PRELUDE: member.value = v->value; break;
    case VARIABLE_NAMESPACE: member.value = namespace_value(c, v); break;
    default: break;
    }
    if (!vvm_is_unset(member.value))
        add_member(c, type, member);
}

static void add_area(struct compiler *c, struct vvm_type *type, const struct import *import)
{
    for (size_t i = 0; import->area->names[i]; i++) {
        struct variable *v = find_in_import(c, import, symbol_of(c, import->area->names[i]));
        if (v)
            add_variable(c, type, v);
    }
}

static void add_scope(struct compiler *c, struct vvm_type *type, struct scope *scope,
                      const struct vvm_import_node *filter)
{
    for (struct variable *v = scope->variables; v; v = v->next)
        if (v->is_public && find_module_variable(scope, v->name) == v && (!filter || lets_through(filter, v->name)))
            add_variable(c, type, v);
}

/* Made when a program uses the namespace itself: `print(n)`, `f(n)`. */
vvm_value namespace_value(struct compiler *c, struct variable *space)
{
    if (!vvm_is_unset(space->value))
        return space->value;
    struct vvm_type *type = code_alloc(c, sizeof *type);
    type->kind = VVM_TYPE_NAMESPACE;
    type->name = space->name;
    type->constructor = type->initializer = type->field_initializer = vvm_unset();
    if (!vvm_vm_add_type(c->vm, type))
        longjmp(c->out_of_memory, 1);
    space->value = vvm_of_object(VVM_TYPE, type);
    if (space->space)
        add_scope(c, type, space->space, NULL);
    else if (space->import->unit)
        add_scope(c, type, space->import->unit->module_scope, space->import->node);
    else
        add_area(c, type, space->import);
    return space->value;
}

/* ---- Messages ---- */

void report_ambiguous(struct compiler *c, const struct variable *v, uint32_t offset, uint32_t length)
{
    struct vvm_text first = v->import->node->path, second = v->other_import->node->path;
    compile_error(c, "E402", offset, length,
                  "name the one that is meant with `show`, or import one of them `as` a namespace",
                  "`%s` is imported both from \"%.*s\" and from \"%.*s\"", symbol_text(c, v->name), (int)first.length,
                  first.bytes, (int)second.length, second.bytes);
}

/* The public name that was probably meant; NULL: none. */
static const char *near_name(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    for (struct variable *v = scope->variables; v; v = v->next)
        if (v->is_public && vvm_is_slip_of(symbol_text(c, name), symbol_text(c, v->name)))
            return symbol_text(c, v->name);
    return NULL;
}

static const char *hint_for(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    struct variable *hidden = find_module_variable(scope, name);
    const char *near = hidden ? NULL : near_name(c, scope, name);
    if (hidden)
        return code_format(c, "it is there, but not `public`");
    return near ? code_format(c, "did you mean `%s`?", near) : NULL;
}

void report_no_member(struct compiler *c, const struct variable *space, vvm_symbol name, struct vvm_span span)
{
    struct scope *scope = space->space ? space->space : space->import->unit ? space->import->unit->module_scope : NULL;
    compile_error(c, "E307", span.offset, span.length, scope ? hint_for(c, scope, name) : NULL,
                  "`%s` has no public name `%s`", symbol_text(c, space->name), symbol_text(c, name));
}

static void check_listed(struct compiler *c, const struct import *import, const struct vvm_import_name *listed)
{
    struct scope *scope = import->unit ? import->unit->module_scope : NULL;
    struct vvm_text path = import->node->path;
    if (scope ? find_in_unit(import->unit, listed->name) != NULL : find_in_area(c, import->area, listed->name) != NULL)
        return;
    if (!scope && library_area_has(import->area, symbol_text(c, listed->name)))
        compile_error(c, "E199", listed->span.offset, listed->span.length, NULL, "`%s` is not in this release",
                      symbol_text(c, listed->name));
    else
        compile_error(c, "E401", listed->span.offset, listed->span.length,
                      scope ? hint_for(c, scope, listed->name) : NULL, "\"%.*s\" has no public name `%s`",
                      (int)path.length, path.bytes, symbol_text(c, listed->name));
}

void check_import_names(struct compiler *c)
{
    for (const struct import *import = c->imports; import; import = import->next)
        for (uint32_t i = 0; i < import->node->count; i++)
            check_listed(c, import, &import->node->names[i]);
}
