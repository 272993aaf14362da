/* Types: declarations to run-time types: fields, members, interfaces, variants. */
#include "vm/compile/compiler.h"

static struct vvm_type *new_type(struct compiler *c, struct type_info *info, enum vvm_type_kind kind)
{
    struct vvm_type *type = code_alloc(c, sizeof *type);
    type->kind = kind;
    type->name = info->name;
    type->constructor = type->maker = type->arguments = type->initializer = type->field_initializer = vvm_unset();
    if (!vvm_table_add(&c->vm->types, &type, &type->id))
        longjmp(c->out_of_memory, 1);
    info->type = type;
    type->decorators =
        decorator_variable(c, info->enum_decl ? &info->enum_decl->attributes : &info->class_decl->attributes);
    return type;
}

bool is_static_field(const struct vvm_member_node *member)
{
    return member->kind == VVM_MEMBER_NODE_FIELD && member->field.attributes.modifiers & VVM_MODIFIER_STATIC;
}

static uint32_t count_fields(const struct vvm_class_decl *decl, bool of_type)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        const struct vvm_member_node *m = &decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FIELD)
            count += is_static_field(m) == of_type;
        else if (!of_type && m->function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR)
            for (uint32_t p = 0; p < m->function->param_count; p++)
                count += m->function->params[p].visibility != VVM_VISIBILITY_DEFAULT;
    }
    return count;
}

static void put_member(struct compiler *c, struct vvm_members *members, struct vvm_member member)
{
    if (!vvm_members_put(members, member))
        longjmp(c->out_of_memory, 1);
}

static uint32_t field_slot(const struct vvm_type *type, vvm_symbol name)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].name == name)
            return i;
    return type->field_count;
}

/* A field declared again takes the place of the inherited one; a field instead of an accessor takes its `set` away. */
static void add_field(struct compiler *c, struct vvm_type *type, struct vvm_field field)
{
    uint32_t slot = field_slot(type, field.name);
    struct vvm_member member = {.name = field.name,
                                .kind = VVM_MEMBER_FIELD,
                                .flags = field.is_state ? VVM_MEMBER_STATE : 0,
                                .slot = slot,
                                .value = vvm_unset()};
    type->fields[slot] = field;
    type->field_count += slot == type->field_count;
    type->has_state |= field.is_state;
    put_member(c, &type->members, member);
    if (vvm_members_find(&type->setters, field.name))
        put_member(c, &type->setters, member);
}

static void add_static_field(struct compiler *c, struct type_info *info, struct vvm_field_decl *decl,
                             struct scope *scope)
{
    struct vvm_type *type = info->type;
    struct vvm_global global = {.name = decl->name, .is_state = decl->is_state, .value = vvm_unset()};
    struct vvm_static_field *field = &type->static_fields[type->static_field_count];
    field->field = (struct vvm_field){decl->name, decl->is_state, decl->value != NULL,
                                      decl->type ? type_test(c, scope, decl->type) : NULL,
                                      decorator_variable(c, &decl->attributes)};
    if (!vvm_table_add(&c->vm->globals, &global, &field->global))
        longjmp(c->out_of_memory, 1);
    put_member(c, &type->statics, (struct vvm_member){.name = decl->name, .kind = VVM_MEMBER_STATIC_FIELD,
               .slot = type->static_field_count++, .value = vvm_unset()});
    if (scope->function != c->top)
        compile_error(c, "E199", decl->name_span.offset, decl->name_span.length, NULL,
                      "a static field of a class inside a function is not in this release");
}

/* An interface only asks for its fields: whoever has a member of that name has them. */
static void add_wanted_field(struct compiler *c, struct vvm_type *interface, vvm_symbol name)
{
    put_member(c, &interface->members,
               (struct vvm_member){
                   .name = name, .kind = VVM_MEMBER_GETTER, .flags = VVM_MEMBER_ABSTRACT, .value = vvm_unset()});
}

static void add_declared_fields(struct compiler *c, struct type_info *info, struct scope *scope)
{
    struct vvm_class_decl *decl = info->class_decl;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        struct vvm_member_node *m = &decl->members[i];
        if (is_static_field(m)) {
            add_static_field(c, info, &m->field, scope);
            continue;
        }
        if (m->kind == VVM_MEMBER_NODE_FIELD && info->type->kind == VVM_TYPE_INTERFACE) {
            add_wanted_field(c, info->type, m->field.name);
            continue;
        }
        if (m->kind == VVM_MEMBER_NODE_FIELD) {
            add_field(c, info->type,
                      (struct vvm_field){m->field.name, m->field.is_state, m->field.value != NULL,
                                         m->field.type ? type_test(c, scope, m->field.type) : NULL,
                                         decorator_variable(c, &m->field.attributes)});
            continue;
        }
        struct vvm_function_node *f = m->function;
        for (uint32_t p = 0; f->kind == VVM_FUNCTION_NODE_CONSTRUCTOR && p < f->param_count; p++)
            if (f->params[p].visibility != VVM_VISIBILITY_DEFAULT && f->params[p].symbol)
                add_field(c, info->type, (struct vvm_field){f->params[p].symbol, false, false,
                          f->params[p].type ? type_test(c, scope, f->params[p].type) : NULL, 0});
    }
}

/* Behind the fields: the environments of the classes above that have one, and its own. */
static void add_hidden(struct compiler *c, struct vvm_type *type, vvm_symbol name)
{
    uint32_t slot = type->field_count + type->hidden_count++;
    type->fields[slot] = (struct vvm_field){name, false, false, NULL, 0};
    put_member(c, &type->members,
               (struct vvm_member){.name = name, .kind = VVM_MEMBER_FIELD, .slot = slot, .value = vvm_unset()});
}

static void add_environments(struct compiler *c, struct type_info *info)
{
    const struct vvm_type *parent = info->type->parent;
    for (uint32_t i = 0; parent && i < parent->hidden_count; i++)
        add_hidden(c, info->type, parent->fields[parent->field_count + i].name);
    if (has_environment(info))
        add_hidden(c, info->type, environment_name(c, info));
}

static void copy_members(struct compiler *c, struct vvm_members *to, const struct vvm_members *from)
{
    for (uint32_t i = 0; from->slots && i <= from->mask; i++)
        if (from->slots[i].kind != VVM_MEMBER_NONE)
            put_member(c, to, from->slots[i]);
}

static void inherit(struct compiler *c, struct vvm_type *type, const struct vvm_type *parent)
{
    for (uint32_t i = 0; i < parent->field_count; i++)
        type->fields[i] = parent->fields[i];
    type->field_count = parent->field_count;
    copy_members(c, &type->members, &parent->members);
    copy_members(c, &type->setters, &parent->setters);
    type->has_state |= parent->has_state;
    type->is_error = parent->is_error;
    type->user_equals = parent->user_equals;
    type->user_hash = parent->user_hash;
    type->user_compare = parent->user_compare;
    type->user_text = parent->user_text;
}

/* What actors that extend no other have in common: stdlib/actor.vela. */
static struct type_info *actor_base(struct compiler *c)
{
    vvm_value base;
    return !c->core && prelude_value(c, "Actor", &base) ? type_info_of(c, base.object) : NULL;
}

static struct type_info *find_parent(struct compiler *c, struct type_info *info)
{
    struct vvm_type_node *super = info->class_decl->super;
    bool is_actor = info->type->kind == VVM_TYPE_ACTOR;
    if (!super)
        return is_actor ? actor_base(c) : NULL;
    struct type_info *parent =
        super->kind == VVM_TYPE_NODE_NAMED ? resolve_type_path(c, info->scope, &super->named.path) : NULL;
    bool made_elsewhere = parent && !parent->node && parent->type;
    bool is_class = is_actor ? parent && parent->type && parent->type->kind == VVM_TYPE_ACTOR
                    : made_elsewhere ? parent->type->is_error || parent->type->kind == VVM_TYPE_CLASS
                                   : parent && parent->node && parent->node->kind == VVM_NODE_CLASS_DECL;
    if (!is_class) {
        compile_error(c, "E307", super->offset, super->length, NULL, "`%.*s` is not %s", (int)super->length,
                      c->source->bytes + super->offset, is_actor ? "an actor" : "a class");
        return NULL;
    }
    return parent;
}

/* ---- Interfaces ---- */

static bool lay_out(struct compiler *c, struct type_info *info);

static struct vvm_type *find_interface(struct compiler *c, struct type_info *info, struct vvm_type_node *node)
{
    struct type_info *found =
        node->kind == VVM_TYPE_NODE_NAMED ? resolve_type_path(c, info->scope, &node->named.path) : NULL;
    if (!found || !found->type || found->type->kind != VVM_TYPE_INTERFACE) {
        compile_error(c, "E307", node->offset, node->length, NULL, "`%.*s` is not an interface", (int)node->length,
                      c->source->bytes + node->offset);
        return NULL;
    }
    lay_out(c, found);
    return found->type;
}

static void find_interfaces(struct compiler *c, struct type_info *info)
{
    struct vvm_type_list *list = &info->class_decl->interfaces;
    info->type->interfaces = code_alloc(c, (list->count + 1) * sizeof *info->type->interfaces);
    for (uint32_t i = 0; i < list->count; i++) {
        struct vvm_type *interface = find_interface(c, info, list->items[i]);
        if (interface)
            info->type->interfaces[info->type->interface_count++] = interface;
    }
}

static const char *sort_of(const struct vvm_member *member)
{
    return member->kind == VVM_MEMBER_GETTER ? "field" : "method";
}

static bool is_open(const struct vvm_type *type)
{
    return type->is_abstract || type->kind == VVM_TYPE_INTERFACE;
}

/* What every value has needs no method of the class. */
static bool lacks(struct compiler *c, const struct vvm_type *type, const struct vvm_member *wanted)
{
    const struct vvm_member *own = vvm_members_find(&type->members, wanted->name);
    if (own)
        return own->flags & VVM_MEMBER_ABSTRACT;
    bool asks_only = wanted->flags & VVM_MEMBER_ABSTRACT;
    return !asks_only || !vvm_members_find(&c->vm->known[VVM_T_ANY]->members, wanted->name);
}

/* Methods with a body are inherited, the others must be there, at the latest in a sub-class of an abstract class. */
static void adopt_interface(struct compiler *c, struct type_info *info, const struct vvm_type *interface)
{
    const struct vvm_members *wanted = &interface->members;
    struct vvm_span at = info->class_decl->name_span;
    for (uint32_t i = 0; wanted->slots && i <= wanted->mask; i++) {
        const struct vvm_member *member = &wanted->slots[i];
        if (member->kind == VVM_MEMBER_NONE || !lacks(c, info->type, member))
            continue;
        if (member->flags & VVM_MEMBER_ABSTRACT && !is_open(info->type)) {
            compile_error(c, "E304", at.offset, at.length, NULL, "`%s` lacks the %s `%s` of interface `%s`",
                          symbol_text(c, info->name), sort_of(member), symbol_text(c, member->name),
                          symbol_text(c, interface->name));
            put_member(c, &info->type->members,
                       (struct vvm_member){.name = member->name, .kind = VVM_MEMBER_METHOD, .value = vvm_unset()});
            continue;
        }
        put_member(c, &info->type->members, *member);
        note_override(c, info->type, member->name);
    }
    copy_members(c, &info->type->setters, &interface->setters);
}

/* A class that is not abstract has a body for every method. */
static void check_complete(struct compiler *c, struct type_info *info)
{
    const struct vvm_members *members = &info->type->members;
    struct vvm_span at = info->class_decl->name_span;
    for (uint32_t i = 0; !is_open(info->type) && members->slots && i <= members->mask; i++)
        if (members->slots[i].flags & VVM_MEMBER_ABSTRACT)
            compile_error(c, "E304", at.offset, at.length, "give it a body, or declare the class `abstract`",
                          "`%s` lacks the abstract %s `%s`", symbol_text(c, info->name), sort_of(&members->slots[i]),
                          symbol_text(c, members->slots[i].name));
}

/* ---- Classes and structs ---- */

static void lay_out_members(struct compiler *c, struct type_info *info)
{
    struct vvm_type *type = info->type, *parent = info->parent ? info->parent->type : NULL;
    uint32_t inherited = parent ? parent->field_count + parent->hidden_count : 0;
    uint32_t fields = count_fields(info->class_decl, false) + inherited + has_environment(info);
    type->parent = parent;
    type->is_abstract = info->class_decl->attributes.modifiers & VVM_MODIFIER_ABSTRACT;
    type->fields = code_alloc(c, (fields + 1) * sizeof *type->fields);
    type->static_fields = code_alloc(c, (count_fields(info->class_decl, true) + 1) * sizeof *type->static_fields);
    if (parent)
        inherit(c, type, parent);
    add_declared_fields(c, info, info->scope);
    add_environments(c, info);
    reserve_members(c, info);
    for (uint32_t i = 0; i < type->interface_count; i++)
        adopt_interface(c, info, type->interfaces[i]);
    check_complete(c, info);
}

/* Super-classes and interfaces first. False: one of them is what is being laid out; it has told so. */
static bool lay_out(struct compiler *c, struct type_info *info)
{
    if (info->visit == 2 || !info->class_decl)
        return true;
    c = info->unit; /* what it extends may stand in another module */
    if (info->visit == 1) {
        compile_error(c, "E302", info->class_decl->name_span.offset, info->class_decl->name_span.length, NULL,
                      "`%s` extends itself", symbol_text(c, info->name));
        return false;
    }
    info->visit = 1;
    info->parent = find_parent(c, info);
    if (info->parent && !lay_out(c, info->parent))
        info->parent = NULL;
    find_interfaces(c, info);
    info->visit = 2;
    lay_out_members(c, info);
    return true;
}

/* ---- Enums ---- */

vvm_value literal_value(struct compiler *c, struct vvm_node *node, uint32_t ordinal)
{
    if (!node)
        return vvm_number(ordinal);
    switch (node->kind) {
    case VVM_NODE_NUMBER: return vvm_number(node->number);
    case VVM_NODE_FLOAT: return vvm_float(node->real);
    case VVM_NODE_BOOL: return vvm_bool(node->boolean);
    case VVM_NODE_STRING: return immortal_string(c, node->text.bytes, node->text.length);
    default: return vvm_number(ordinal);
    }
}

static void lay_out_enum(struct compiler *c, struct type_info *info)
{
    struct vvm_enum_decl *decl = info->enum_decl;
    struct vvm_type *type = info->type;
    type->variants = code_alloc(c, (decl->variant_count + 1) * sizeof *type->variants);
    type->variant_count = decl->variant_count;
    for (uint32_t i = 0; i < decl->variant_count; i++) {
        struct vvm_variant_node *node = &decl->variants[i];
        struct vvm_variant *variant = &type->variants[i];
        variant->name = node->name;
        variant->constructor = vvm_unset();
        variant->literal = literal_value(c, node->value, i);
        bool payload = node->form == VVM_VARIANT_TUPLE || node->form == VVM_VARIANT_RECORD;
        variant->field_count = payload ? node->payload.count : 0;
        variant->fields = code_alloc(c, (variant->field_count + 1) * sizeof *variant->fields);
        for (uint32_t f = 0; f < variant->field_count; f++)
            variant->fields[f] = (struct vvm_field){node->payload.items[f].name, false, false,
                                                    type_test(c, info->scope, node->payload.items[f].type), 0};
        vvm_value value = vvm_of_object(VVM_VARIANT, type);
        value.tag |= (uint64_t)i << 32;
        if (!variant->field_count)
            put_member(c, &type->statics,
                       (struct vvm_member){.name = node->name, .kind = VVM_MEMBER_STATIC, .value = value});
    }
}

static enum vvm_type_kind kind_of_declaration(const struct vvm_node *node)
{
    switch (node->kind) {
    case VVM_NODE_ENUM_DECL: return VVM_TYPE_ENUM;
    case VVM_NODE_STRUCT_DECL: return VVM_TYPE_STRUCT;
    case VVM_NODE_INTERFACE_DECL: return VVM_TYPE_INTERFACE;
    case VVM_NODE_ACTOR_DECL: return VVM_TYPE_ACTOR;
    default: return VVM_TYPE_CLASS;
    }
}

void declare_types(struct compiler *c)
{
    for (struct type_info *t = c->types; t; t = t->next) {
        if (t->alias || !t->node || t->node->kind == VVM_NODE_TYPE_DECL)
            continue;
        new_type(c, t, kind_of_declaration(t->node));
    }
}

void lay_out_types(struct compiler *c)
{
    for (struct type_info *t = c->types; t; t = t->next) {
        if (t->type && t->enum_decl)
            lay_out_enum(c, t);
        else if (t->type)
            lay_out(c, t);
    }
}
