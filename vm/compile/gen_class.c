/* Classes, structs, enums: their constructor functions and methods.
 *
 * T(…) calls a function that is generated for the type. For a class with a constructor:
 *     this = NEWOBJ T; T.$fields(this); T.$init(this, arguments…); INITDONE this; return this
 * where $fields runs the field initialisers, super-class first, and $init is the constructor as written. Without a
 * constructor of its own or above it, the function takes the fields, inherited ones first. */
#include "vm/compile/compiler.h"

#include <string.h>

/* ---- Reserved before any code is generated, so that code can call them ---- */

static void put(struct compiler *c, struct vvm_members *members, struct vvm_member member)
{
    if (!vvm_members_put(members, member))
        longjmp(c->out_of_memory, 1);
}

void note_override(struct compiler *c, struct vvm_type *type, vvm_symbol name)
{
    const char *text = symbol_text(c, name);
    type->user_equals |= name == symbol_of(c, "equals") || (text[0] == '=' && text[1] == '=');
    type->user_hash |= name == symbol_of(c, "hashCode");
    type->user_compare |= name == symbol_of(c, "compareTo") || (text[0] == '<' && !text[1]);
    type->user_text |= name == symbol_of(c, "toString");
}

static enum vvm_member_kind kind_of(struct compiler *c, const struct vvm_function_node *f)
{
    bool is_static = f->attributes.modifiers & VVM_MODIFIER_STATIC;
    switch (f->kind) {
    case VVM_FUNCTION_NODE_COMPUTED:
        compile_error(c, "E199", f->name_span.offset, f->name_span.length, "write `get`",
                      "a %s member is not in this release", f->memo ? "`memo`" : "`computed`");
        return VVM_MEMBER_NONE;
    case VVM_FUNCTION_NODE_GETTER: return VVM_MEMBER_GETTER;
    case VVM_FUNCTION_NODE_SETTER: return VVM_MEMBER_SETTER;
    case VVM_FUNCTION_NODE_HANDLER: return VVM_MEMBER_METHOD;
    case VVM_FUNCTION_NODE_METHOD:
    case VVM_FUNCTION_NODE_OPERATOR: return is_static ? VVM_MEMBER_STATIC : VVM_MEMBER_METHOD;
    default: return VVM_MEMBER_NONE;
    }
}

static struct vvm_members *table_of(struct vvm_type *type, enum vvm_member_kind kind, bool is_static)
{
    if (kind == VVM_MEMBER_SETTER)
        return is_static ? &type->static_setters : &type->setters;
    return is_static ? &type->statics : &type->members;
}

/* A super-class, an interface it implements, or every value has a member of that name. */
static bool overrides_something(struct compiler *c, const struct vvm_type *type, const struct vvm_members *own,
                                vvm_symbol name)
{
    bool found = vvm_members_find(own, name) || vvm_members_find(&c->vm->known[VVM_T_ANY]->members, name);
    for (uint32_t i = 0; !found && i < type->interface_count; i++)
        found = vvm_members_find(&type->interfaces[i]->members, name) ||
                vvm_members_find(&type->interfaces[i]->setters, name);
    for (const struct vvm_type *up = type->parent; !found && up; up = up->parent)
        found = vvm_members_find(&up->statics, name);
    return found;
}

static bool is_own_field(const struct vvm_class_decl *decl, vvm_symbol name, bool is_static)
{
    for (uint32_t i = 0; decl && i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FIELD && decl->members[i].field.name == name
            && is_static_field(&decl->members[i]) == is_static)
            return true;
    return false;
}

/* Other names of an actor's hooks are kept for a later release: a method of such a name would change its meaning. */
static void check_hook(struct compiler *c, const struct vvm_type *type, const struct vvm_function_node *f)
{
    static const char *const aliases[][2] = {
        {"onStart", "preStart"},      {"started", "preStart"},       {"pre_start", "preStart"},
        {"onStop", "postStop"},       {"stopped", "postStop"},       {"post_stop", "postStop"},
        {"restarting", "preRestart"}, {"pre_restart", "preRestart"}, {"post_restart", "postRestart"},
    };
    const char *name = symbol_text(c, f->name);
    for (size_t i = 0;
         type->kind == VVM_TYPE_ACTOR && f->kind == VVM_FUNCTION_NODE_METHOD && i < sizeof aliases / sizeof *aliases;
         i++)
        if (strcmp(name, aliases[i][0]) == 0)
            compile_error(c, "E199", f->name_span.offset, f->name_span.length,
                          code_format(c, "write `%s`", aliases[i][1]),
                          "`%s` as a hook of an actor is not in this release", name);
}

static void check_name(struct compiler *c, struct vvm_type *type, const struct vvm_class_decl *decl,
                       struct vvm_function_node *f, const struct vvm_members *members)
{
    struct vvm_span at = f->name_span;
    check_hook(c, type, f);
    struct vvm_member *existing = vvm_members_find(members, f->name);
    bool own = existing && existing->kind != VVM_MEMBER_FIELD && vvm_is_plain(existing->value, VVM_FUNCTION)
               && note_get(c, existing->value.object) == type;
    if ((f->attributes.modifiers & VVM_MODIFIER_OVERRIDE) && !overrides_something(c, type, members, f->name))
        compile_error(c, "E305", at.offset, at.length, NULL, "`%s` overrides nothing: no super-class has it",
                      symbol_text(c, f->name));
    if (own && !c->core && f->kind == VVM_FUNCTION_NODE_METHOD && existing->kind != VVM_MEMBER_GETTER)
        compile_error(c, "E199", at.offset, at.length, NULL, "an overload set is not in this release");
    else if (c->core && existing && (own ? existing->kind == kind_of(c, f) : existing->value.tag == VVM_BUILTIN))
        compile_error(c, "E302", at.offset, at.length, NULL, "`%s` of %s hides another", symbol_text(c, f->name),
                      symbol_text(c, type->name));
    else if (!c->core && (own || is_own_field(decl, f->name, f->attributes.modifiers & VVM_MODIFIER_STATIC)))
        compile_error(c, "E302", at.offset, at.length, NULL, "`%s` is declared twice in this class",
                      symbol_text(c, f->name));
}

/* A method without body is abstract. */
static bool may_lack_body(const struct vvm_type *type, const struct vvm_function_node *f)
{
    bool declared =
        type->is_abstract || type->kind == VVM_TYPE_INTERFACE || (f->attributes.modifiers & VVM_MODIFIER_ABSTRACT);
    return declared && f->kind == VVM_FUNCTION_NODE_METHOD && !(f->attributes.modifiers & VVM_MODIFIER_STATIC);
}

static void reserve_abstract(struct compiler *c, struct vvm_type *type, struct vvm_function_node *f)
{
    if (!may_lack_body(type, f)) {
        compile_error(c, "E303", f->name_span.offset, f->name_span.length, NULL, "method `%s` has no body",
                      symbol_text(c, f->name));
        return;
    }
    put(c, &type->members, (struct vvm_member){.name = f->name, .kind = VVM_MEMBER_METHOD, .flags = VVM_MEMBER_ABSTRACT,
                                               .value = vvm_unset()});
}

/* A method that may capture variables is reached through a function without environment, which the type holds. */
static uint32_t reserve_forward(struct compiler *c, struct vvm_function_node *f, uint32_t id)
{
    struct function_context *context = note_get(c, f);
    if (!context || !context->is_method || !has_environment(context->class_info))
        return id;
    uint32_t forward = reserve_function(c);
    context->is_forwarded = true;
    note_set(c, &f->name_span, (void *)(uintptr_t)(forward + 1));
    return forward;
}

void reserve_method(struct compiler *c, struct vvm_type *type, const struct vvm_class_decl *decl,
                    struct vvm_function_node *f)
{
    bool is_static = f->attributes.modifiers & VVM_MODIFIER_STATIC,
         constructor = f->kind == VVM_FUNCTION_NODE_CONSTRUCTOR;
    enum vvm_member_kind kind = kind_of(c, f);
    struct vvm_members *members = table_of(type, kind, is_static);
    if (kind == VVM_MEMBER_NONE && !constructor)
        return;
    if (!constructor)
        check_name(c, type, decl, f, members);
    if (!f->body) {
        reserve_abstract(c, type, f);
        return;
    }
    uint32_t id = reserve_function(c);
    note_set(c, &f->body, (void *)(uintptr_t)(id + 1));
    if (constructor)
        return;
    id = reserve_forward(c, f, id);
    note_set(c, vvm_function_at(c->vm, id), type);
    vvm_function_at(c->vm, id)->decorators = decorator_variable(c, &f->attributes);
    bool hidden =
        f->attributes.visibility != VVM_VISIBILITY_DEFAULT && f->attributes.visibility != VVM_VISIBILITY_PUBLIC;
    put(c, members,
        (struct vvm_member){.name = f->name,
                            .kind = (uint16_t)kind,
                            .flags = hidden ? VVM_MEMBER_HIDDEN : 0,
                            .value = function_value(c, id)});
    if (c->core)
        core_alias(c, members, f, function_value(c, id), kind);
    if (!is_static)
        note_override(c, type, f->name);
}

/* Is it an actor of a program? The library makes its own itself. */
static bool is_spawned(const struct compiler *c, const struct type_info *info)
{
    return info->type->kind == VVM_TYPE_ACTOR && !c->core;
}

void reserve_members(struct compiler *c, struct type_info *info)
{
    struct vvm_class_decl *decl = info->class_decl;
    for (uint32_t i = 0; i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FUNCTION)
            reserve_method(c, info->type, decl, decl->members[i].function);
    if (info->type->kind == VVM_TYPE_INTERFACE)
        return;
    uint32_t id = info->variable ? function_id_of(c, info->variable) : reserve_function(c);
    info->new_id = id;
    if (is_spawned(c, info)) {
        info->spawn_id = id;
        info->new_id = reserve_function(c);
        info->arguments_id = reserve_function(c);
        info->type->arguments = function_value(c, info->arguments_id);
    }
    info->type->constructor = function_value(c, id);
    info->type->maker = function_value(c, info->new_id);
    info->fields_id = reserve_function(c);
    if (info->constructor && info->constructor->body) { /* without a body: reported above */
        info->init_id = (uint32_t)((uintptr_t)note_get(c, &info->constructor->body) - 1);
        info->type->initializer = function_value(c, info->init_id);
    }
}

void reserve_enum(struct compiler *c, struct type_info *info)
{
    for (uint32_t i = 0; i < info->enum_decl->method_count; i++)
        reserve_method(c, info->type, NULL, info->enum_decl->methods[i]);
    for (uint32_t i = 0; i < info->type->variant_count; i++)
        if (info->type->variants[i].field_count)
            info->type->variants[i].constructor = function_value(c, reserve_function(c));
}

/* ---- Classes in blocks ---- */

bool has_environment(const struct type_info *info)
{
    return info && info->variable && !group_is_empty(info->variable->group);
}

vvm_symbol environment_name(struct compiler *c, const struct type_info *info)
{
    return symbol_of(
        c, code_format(c, "%s.environment %u", symbol_text(c, info->name), info->class_decl->name_span.offset));
}

/* Hidden slots move with the fields of sub-classes: the instance's own class knows where. */
uint32_t environment_site(struct compiler *c, const struct type_info *info)
{
    return add_site(c, environment_name(c, info), 0);
}

void load_class_function(struct compiler *c, struct type_info *info, uint32_t id, int reg)
{
    if (!has_environment(info)) {
        load_constant(c, reg, function_value(c, id));
        return;
    }
    if (group_root(c->builder->context->group) == group_root(info->variable->group)) {
        emit_w(c, VVM_OPC_SIBLING, reg, 0, 0, id);
        return;
    }
    int class = new_register(c);
    read_variable(c, info->variable, class, c->builder->position);
    emit_w(c, VVM_OPC_SIBLINGOF, reg, class, 0, id);
}

static struct vvm_parameter *method_parameters(struct compiler *c, struct vvm_function_node *node, uint32_t *required,
                                               bool *rest)
{
    struct vvm_parameter *parameters = code_alloc(c, (node->param_count + 1) * sizeof *parameters);
    parameters[0].name = names(c)->self_this;
    *required = 1;
    *rest = false;
    for (uint32_t i = 0; i < node->param_count; i++) {
        const struct vvm_param *p = &node->params[i];
        parameters[i + 1] = (struct vvm_parameter){p->symbol, p->default_value != NULL, p->rest};
        *rest |= p->rest;
        if (!p->default_value && !p->rest)
            *required = i + 2;
    }
    return parameters;
}

/* Fetches the environment out of the instance and goes on in the method over it, with the arguments as they came. */
static void gen_forwarding_method(struct compiler *c, struct function_context *context, const char *name,
                                  uint32_t method)
{
    struct builder b;
    struct vvm_function_node *node = context->node;
    struct type_info *info = context->class_info;
    uint32_t required, count = node->param_count + 1;
    bool rest;
    struct vvm_parameter *parameters = method_parameters(c, node, &required, &rest);
    builder_begin(c, &b, NULL);
    set_position(c, node->span.offset);
    b.ir.parameter_count = count;
    b.flags |= VVM_FUNCTION_METHOD | (rest ? VVM_FUNCTION_REST : 0);
    new_registers(c, (int)count);
    int environment = new_register(c), window = new_registers(c, VVM_FRAME_HEADER + (int)count);
    emit_w(c, VVM_OPC_GETFIELD, environment, 0, 0, environment_site(c, info));
    emit_w(c, VVM_OPC_SIBLINGOF, window, environment, 0, method);
    for (uint32_t i = 0; i < count; i++)
        emit(c, VVM_OPC_ARG, window + VVM_FRAME_HEADER + (int)i, (int)i, 0);
    emit_w(c, VVM_OPC_TCALL, 0, window, (int)count, 0);
    uint32_t id = (uint32_t)((uintptr_t)note_get(c, &node->name_span) - 1);
    builder_end(c, id, name, parameters, count, required);
}

/* ---- Methods ---- */

static void gen_method_function(struct compiler *c, struct vvm_function_node *f, const char *type_name)
{
    struct function_context *context = note_get(c, f);
    uintptr_t id = (uintptr_t)note_get(c, &f->body);
    if (!context || !id)
        return;
    bool constructor = f->kind == VVM_FUNCTION_NODE_CONSTRUCTOR;
    const char *end = f->kind == VVM_FUNCTION_NODE_SETTER ? "=" : "";
    const char *name = constructor ? code_format(c, "%s.constructor", type_name)
                                   : code_format(c, "%s.%s%s", type_name, symbol_text(c, f->name), end);
    gen_function(c, context, name, (uint32_t)id - 1);
    if (context->is_forwarded)
        gen_forwarding_method(c, context, name, (uint32_t)id - 1);
}

/* ---- Static fields ---- */

static void bind_static(struct compiler *c, const struct vvm_type *type, const struct vvm_static_field *field,
                        struct vvm_node *value)
{
    int reg = new_register(c);
    gen_into(c, value, reg);
    set_position(c, value->offset);
    if (field->field.test && field->field.test->kind != VVM_TEST_ANY)
        emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, field->field.test, code_format(c, "field `%s` of %s",
             symbol_text(c, field->field.name), symbol_text(c, type->name))), 0);
    emit_w(c, field->field.is_state ? VVM_OPC_SETMODS : VVM_OPC_SETMOD, reg, 0, 0, field->global);
}

void gen_class_declaration(struct compiler *c, struct vvm_class_decl *decl)
{
    struct scope *scope = note_get(c, &decl->members);
    struct vvm_type *type = scope && scope->class_info ? scope->class_info->type : NULL;
    int saved = c->builder->next_register;
    gen_decorators(c, &decl->attributes);
    for (uint32_t i = 0, field = 0; type && i < decl->member_count; i++) {
        struct vvm_member_node *m = &decl->members[i];
        gen_decorators(c, m->kind == VVM_MEMBER_NODE_FIELD ? &m->field.attributes : &m->function->attributes);
        if (!is_static_field(m))
            continue;
        if (m->field.value)
            bind_static(c, type, &type->static_fields[field], m->field.value);
        c->builder->next_register = saved;
        field++;
    }
}

void gen_enum_declaration(struct compiler *c, struct vvm_enum_decl *decl)
{
    gen_decorators(c, &decl->attributes);
    for (uint32_t i = 0; i < decl->method_count; i++)
        gen_decorators(c, &decl->methods[i]->attributes);
}

bool gen_static_field(struct compiler *c, struct vvm_type *type, vvm_symbol name, int dst)
{
    struct vvm_member *member = NULL;
    while (type && !(member = vvm_members_find(&type->statics, name)))
        type = type->parent;
    if (!member || member->kind != VVM_MEMBER_STATIC_FIELD)
        return false;
    const struct vvm_static_field *field = &type->static_fields[member->slot];
    if (field->field.is_state) {
        emit_w(c, VVM_OPC_GETMODS, dst, 0, 0, field->global);
        return true;
    }
    int borrowed = new_register(c);
    emit_w(c, VVM_OPC_GETMOD, borrowed, 0, 0, field->global);
    emit(c, VVM_OPC_MOVE, dst, borrowed, 0);
    return true;
}

/* ---- Enums ---- */

static void gen_variant_function(struct compiler *c, struct type_info *info, uint32_t index)
{
    struct builder b;
    struct vvm_type *type = info->type;
    struct vvm_variant *variant = &type->variants[index];
    uint32_t required;
    struct vvm_parameter *parameters = field_parameters(c, variant->fields, variant->field_count, &required);
    builder_begin(c, &b, NULL);
    set_position(c, info->enum_decl->variants[index].span.offset);
    b.ir.parameter_count = variant->field_count;
    new_registers(c, (int)variant->field_count);
    for (uint32_t i = 0; i < variant->field_count; i++)
        if (variant->fields[i].test && variant->fields[i].test->kind != VVM_TEST_ANY)
            emit(c, VVM_OPC_CHECK, (int)i,
                 (int)add_check(c, variant->fields[i].test,
                                code_format(c, "payload %u of %s.%s", i + 1, symbol_text(c, type->name),
                                            symbol_text(c, variant->name))),
                 0);
    int first = new_registers(c, (int)variant->field_count + 1), result = first + (int)variant->field_count;
    for (uint32_t i = 0; i < variant->field_count; i++)
        emit(c, VVM_OPC_MOVE, first + (int)i, (int)i, 0);
    vvm_value value = {.tag = VVM_TAG_ID(VVM_VARIANT, index), .object = type};
    emit_w(c, VVM_OPC_ENUM, result, first, (int)variant->field_count, constant(c, value));
    emit(c, VVM_OPC_RETURN, result, 0, 0);
    builder_end(c, vvm_tag_id(variant->constructor),
                code_format(c, "%s.%s", symbol_text(c, type->name), symbol_text(c, variant->name)), parameters,
                variant->field_count, required);
}

static void generate_enum(struct compiler *c, struct type_info *info)
{
    for (uint32_t i = 0; i < info->type->variant_count; i++)
        if (info->type->variants[i].field_count)
            gen_variant_function(c, info, i);
    for (uint32_t i = 0; i < info->enum_decl->method_count; i++)
        gen_method_function(c, info->enum_decl->methods[i], symbol_text(c, info->name));
}

void generate_types(struct compiler *c)
{
    for (struct type_info *info = c->types; info; info = info->next) {
        if (!info->type || !info->node)
            continue;
        if (info->enum_decl) {
            generate_enum(c, info);
            continue;
        }
        if (info->type->kind != VVM_TYPE_INTERFACE) {
            gen_fields_function(c, info);
            gen_new_function(c, info);
            if (is_spawned(c, info))
                gen_spawn_functions(c, info);
        }
        for (uint32_t i = 0; i < info->class_decl->member_count; i++)
            if (info->class_decl->members[i].kind == VVM_MEMBER_NODE_FUNCTION)
                gen_method_function(c, info->class_decl->members[i].function, symbol_text(c, info->name));
    }
}

/* ---- Extensions of the core library ---- */

static struct vvm_type *extended_type(struct compiler *c, struct vvm_class_decl *decl)
{
    struct vvm_type_node *target = decl->target;
    vvm_value value;
    if (target->kind == VVM_TYPE_NODE_NAMED && prelude_value(c, symbol_text(c, target->named.path.symbols[0]), &value)
        && vvm_is_plain(value, VVM_TYPE))
        return value.object;
    return NULL;
}

void reserve_extensions(struct compiler *c)
{
    for (uint32_t i = 0; i < c->tree->items.count; i++) {
        struct vvm_node *item = c->tree->items.items[i];
        struct vvm_type *type =
            item->kind == VVM_NODE_EXTENSION_DECL && c->core ? extended_type(c, item->class_decl) : NULL;
        for (uint32_t m = 0; type && m < item->class_decl->member_count; m++)
            if (item->class_decl->members[m].kind == VVM_MEMBER_NODE_FUNCTION)
                reserve_method(c, type, NULL, item->class_decl->members[m].function);
    }
}

void generate_extensions(struct compiler *c)
{
    for (uint32_t i = 0; i < c->tree->items.count; i++) {
        struct vvm_node *item = c->tree->items.items[i];
        struct vvm_type *type =
            item->kind == VVM_NODE_EXTENSION_DECL && c->core ? extended_type(c, item->class_decl) : NULL;
        for (uint32_t m = 0; type && m < item->class_decl->member_count; m++)
            if (item->class_decl->members[m].kind == VVM_MEMBER_NODE_FUNCTION)
                gen_method_function(c, item->class_decl->members[m].function, symbol_text(c, type->name));
    }
}
