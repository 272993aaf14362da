/* Scopes: declaring names and looking them up. */
#include "vm/compile/resolve.h"

#include "vm/exec/prelude.h"

#include <string.h>

/* The names of a large scope: a hash table, since there may be thousands. */
#define INDEX_FROM 32
struct name_index { uint32_t count, capacity; struct variable **slots; };

struct scope *new_scope(struct compiler *c, enum scope_kind kind, struct scope *parent,
                        struct function_context *function)
{
    struct scope *scope = compile_alloc(c, sizeof *scope);
    scope->kind = kind;
    scope->parent = parent;
    scope->function = function;
    if (kind == SCOPE_MODULE) {
        scope->index = compile_alloc(c, sizeof *scope->index);
        scope->unit = c;
    }
    return scope;
}

static struct variable **index_place(const struct name_index *index, vvm_symbol name)
{
    uint32_t at = name * UINT32_C(2654435769) & (index->capacity - 1);
    while (index->slots[at] && index->slots[at]->name != name)
        at = (at + 1) & (index->capacity - 1);
    return &index->slots[at];
}

static void index_put(struct compiler *c, struct name_index *index, struct variable *variable)
{
    if ((index->count + 1) * 2 > index->capacity) {
        struct name_index old = *index;
        index->capacity = old.capacity ? old.capacity * 2 : 64;
        index->slots = compile_alloc(c, index->capacity * sizeof *index->slots);
        for (uint32_t i = 0; i < old.capacity; i++)
            if (old.slots[i])
                *index_place(index, old.slots[i]->name) = old.slots[i];
    }
    struct variable **place = index_place(index, variable->name);
    index->count += *place == NULL;
    variable->older = *place;
    *place = variable;
}

/* A block has come to have many variables: of those with the same name the newest counts. */
static void index_block(struct compiler *c, struct scope *scope)
{
    scope->index = compile_alloc(c, sizeof *scope->index);
    for (struct variable *v = scope->variables; v; v = v->next)
        if (!scope->index->capacity || !*index_place(scope->index, v->name))
            index_put(c, scope->index, v);
}

struct variable *declare(struct compiler *c, struct scope *scope, enum variable_kind kind, vvm_symbol name,
                         uint32_t offset)
{
    struct variable *variable = compile_alloc(c, sizeof *variable);
    variable->kind = kind;
    variable->name = name;
    variable->scope = scope;
    variable->owner = scope->function;
    variable->statement = scope->statement;
    variable->offset = offset;
    variable->reg = -1;
    variable->check = -1;
    variable->declared = true;
    variable->function_id = UINT32_MAX;
    variable->next = scope->variables;
    scope->variables = variable;
    if (scope->index)
        index_put(c, scope->index, variable);
    else if (++scope->count == INDEX_FROM)
        index_block(c, scope);
    return variable;
}

static struct variable *find_in_block(const struct scope *scope, vvm_symbol name)
{
    if (scope->index)
        return *index_place(scope->index, name);
    for (struct variable *v = scope->variables; v; v = v->next)
        if (v->name == name)
            return v;
    return NULL;
}

/* Code inside a named function or method sees the module's variables before they are declared. */
static bool inside_named(const struct function_context *from)
{
    for (; from; from = from->parent)
        if (from->is_named)
            return true;
    return false;
}

struct variable *find_module_variable(struct scope *module, vvm_symbol name)
{
    return module->index->capacity ? *index_place(module->index, name) : NULL;
}

static struct variable *find_in_module(struct scope *scope, vvm_symbol name, const struct function_context *from)
{
    struct variable *found = find_module_variable(scope, name);
    if (!found || found->declared || inside_named(from))
        return found;
    while (found && !found->declared)
        found = found->older; /* one that the coming one will hide */
    return found;
}

/* A name of an earlier input. One whose value was never made, because of an error, hides nothing. */
static struct variable *find_earlier(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    struct variable *found = find_module_variable(scope, name);
    for (; found && found->kind == VARIABLE_GLOBAL && !found->awaits_value; found = found->older) {
        const struct vvm_global *global = vvm_table_at(&c->vm->globals, found->global);
        if (atomic_load_explicit(&global->ready, memory_order_acquire)) /* pairs with the release in bind; the input has
                                                                           ended */
            break;
    }
    return found;
}

/* A constructor's parameter with a visibility word is a field, too. */
static bool constructor_declares(const struct vvm_function_node *f, vvm_symbol name)
{
    for (uint32_t i = 0; i < f->param_count; i++)
        if (f->params[i].visibility != VVM_VISIBILITY_DEFAULT && f->params[i].symbol == name)
            return true;
    return false;
}

static bool member_is_called(const struct vvm_member_node *member, vvm_symbol name)
{
    if (member->kind == VVM_MEMBER_NODE_FIELD)
        return member->field.name == name;
    const struct vvm_function_node *f = member->function;
    if (f->kind == VVM_FUNCTION_NODE_CONSTRUCTOR)
        return constructor_declares(f, name);
    return f->kind != VVM_FUNCTION_NODE_OPERATOR && f->kind != VVM_FUNCTION_NODE_HANDLER && f->name == name;
}

/* A member with a `set` may be assigned as one that is `state`. */
static bool has_setter(const struct vvm_class_decl *decl, vvm_symbol name)
{
    for (uint32_t i = 0; i < decl->member_count; i++) {
        const struct vvm_member_node *m = &decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FUNCTION && m->function->kind == VVM_FUNCTION_NODE_SETTER &&
            m->function->name == name)
            return true;
    }
    return false;
}

static struct variable *find_enum_method(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    struct vvm_enum_decl *decl = scope->class_info ? scope->class_info->enum_decl : NULL;
    for (uint32_t i = 0; decl && i < decl->method_count; i++) {
        if (decl->methods[i]->name != name)
            continue;
        bool is_static = decl->methods[i]->attributes.modifiers & VVM_MODIFIER_STATIC;
        struct variable *v = declare(c, scope, is_static ? VARIABLE_STATIC : VARIABLE_MEMBER, name, UINT32_MAX);
        v->type = scope->class_info;
        return v;
    }
    return NULL;
}

/* What every actor has under a bare name; the rest of class Actor is reached through `this`. */
static bool is_actor_word(struct compiler *c, const struct scope *scope, vvm_symbol name)
{
    const struct vvm_node *node = scope->class_info ? scope->class_info->node : NULL;
    if (!node || node->kind != VVM_NODE_ACTOR_DECL)
        return false;
    const char *text = symbol_text(c, name);
    return strcmp(text, "self") == 0 || strcmp(text, "sender") == 0 || strcmp(text, "stop") == 0;
}

static struct variable *declare_own(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    struct variable *v = declare(c, scope, VARIABLE_MEMBER, name, UINT32_MAX);
    v->type = scope->class_info;
    return v;
}

static struct variable *find_member(struct compiler *c, struct scope *scope, vvm_symbol name)
{
    struct vvm_class_decl *decl = scope->class_info ? scope->class_info->class_decl : NULL;
    for (uint32_t i = 0; decl && i < decl->member_count; i++) {
        const struct vvm_member_node *member = &decl->members[i];
        if (!member_is_called(member, name))
            continue;
        bool is_field = member->kind == VVM_MEMBER_NODE_FIELD;
        uint32_t modifiers = is_field ? member->field.attributes.modifiers : member->function->attributes.modifiers;
        bool is_static = modifiers & VVM_MODIFIER_STATIC;
        struct variable *v = declare(c, scope, is_static ? VARIABLE_STATIC : VARIABLE_MEMBER, name, UINT32_MAX);
        v->is_state = (is_field && member->field.is_state) || has_setter(decl, name);
        v->is_late = is_field || member->function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR;
        v->type = scope->class_info;
        return v;
    }
    return is_actor_word(c, scope, name) ? declare_own(c, scope, name) : find_enum_method(c, scope, name);
}

static uint64_t variant_bit(vvm_symbol name) { return (uint64_t)1 << (name & 63); }

/* Most names are none, and c->types may be long. */
static bool may_be_variant(const struct compiler *c, vvm_symbol name)
{
    return c->variant_names[name / 64 % VARIANT_NAME_WORDS] & variant_bit(name);
}

void mark_variants(struct compiler *c, const struct type_info *type)
{
    for (uint32_t i = 0; type->enum_decl && i < type->enum_decl->variant_count; i++) {
        vvm_symbol name = type->enum_decl->variants[i].name;
        c->variant_names[name / 64 % VARIANT_NAME_WORDS] |= variant_bit(name);
    }
}

/* Notes a variant of that name. Two of different enums: several. */
void note_variant(struct compiler *c, struct type_info *type, vvm_symbol name, struct variable **found, bool *several)
{
    for (uint32_t i = 0; type->enum_decl && i < type->enum_decl->variant_count; i++) {
        if (type->enum_decl->variants[i].name != name)
            continue;
        *several |= *found && (*found)->type != type;
        *found = compile_alloc(c, sizeof **found);
        **found = (struct variable){.kind = VARIABLE_VARIANT, .name = name, .type = type, .variant = i,
                                .declared = true};
    }
}

/* An enum variant known without its enum's name: of the enums this module declares or imports, or of SendError. */
static struct variable *find_variant(struct compiler *c, const struct scope *module, vvm_symbol name)
{
    struct variable *found = NULL;
    const struct compiler *unit = NULL;
    bool several = false;
    for (; module && !(unit && module->unit != unit && (found || several)); module = module->parent) {
        if (module->kind != SCOPE_MODULE)
            continue;
        bool search = module->unit != unit && may_be_variant(module->unit, name);
        for (struct type_info *t = search ? module->unit->types : NULL; t; t = t->next)
            note_variant(c, t, name, &found, &several);
        unit = module->unit;
        find_imported_variant(c, module, name, &found, &several);
    }
    if (several)
        return NULL;
    struct vvm_type *errors = c->vm->known[VVM_T_SEND_ERROR];
    for (uint32_t i = 0; !found && errors && i < errors->variant_count; i++) {
        if (errors->variants[i].name != name)
            continue;
        found = compile_alloc(c, sizeof *found);
        *found = (struct variable){.kind = VARIABLE_VARIANT, .name = name, .variant = i, .declared = true,
                                   .type = type_info_of(c, errors)};
    }
    return found;
}

struct variable *find_prelude(struct compiler *c, vvm_symbol name)
{
    vvm_value value;
    bool internal = !c->core && strncmp(symbol_text(c, name), "__", 2) == 0;
    if (internal || !vvm_prelude_find(c->vm, name, &value))
        return NULL;
    struct variable *found = compile_alloc(c, sizeof *found);
    *found = (struct variable){.kind = VARIABLE_PRELUDE, .name = name, .value = value, .declared = true};
    return found;
}

struct variable *resolve_name(struct compiler *c, struct scope *scope, vvm_symbol name, struct function_context *from)
{
    const struct scope *inner = scope;
    for (; scope; scope = scope->parent) {
        bool earlier = scope->unit && scope->unit != c && scope->unit->is_input;
        struct variable *found = earlier                       ? find_earlier(c, scope, name)
                                 : scope->kind == SCOPE_MODULE ? find_in_module(scope, name, from)
                                                               : find_in_block(scope, name);
        if (!found && scope->kind == SCOPE_CLASS)
            found = find_member(c, scope, name);
        if (!found && scope->imports)
            found = find_imported(c, scope, name);
        if (found)
            return found;
    }
    struct variable *found = find_prelude(c, name);
    return found ? found : find_variant(c, inner, name);
}

struct type_info *type_info_of(struct compiler *c, const struct vvm_type *type)
{
    for (struct type_info *t = c->types; t; t = t->next)
        if (t->type == type)
            return t;
    struct type_info *info = compile_alloc(c, sizeof *info);
    info->name = type->name;
    info->type = (struct vvm_type *)type;
    info->new_id = info->init_id = info->fields_id = UINT32_MAX;
    return info;
}

struct type_info *resolve_type_path(struct compiler *c, struct scope *scope, const struct vvm_path *path)
{
    uint32_t used;
    struct variable *v = resolve_path(c, scope, path, &used);
    if (used != path->count)
        return NULL;
    if (v && v->kind == VARIABLE_TYPE)
        return v->type;
    if (v && v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE))
        return type_info_of(c, v->value.object);
    return NULL;
}
