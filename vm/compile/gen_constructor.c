/* The constructor functions of classes, structs and actors (see gen_class.c), and field initialisers. */
#include "vm/compile/compiler.h"
#include "vm/exec/error.h"

static void gen_field_value(struct compiler *c, struct type_info *info, struct vvm_field_decl *field, int value)
{
    struct scope *scope = note_get(c, &info->class_decl->member_count);
    if (!field->type)
        return;
    struct vvm_type_test *test = type_test(c, scope, field->type);
    if (test->kind != VVM_TEST_ANY)
        emit(c, VVM_OPC_CHECK, value,
             (int)add_check(
                 c, test, code_format(c, "field `%s` of %s", symbol_text(c, field->name), symbol_text(c, info->name))),
             0);
}

/* The field as `type` declares it, whatever a sub-class has made of the name. */
static void set_field(struct compiler *c, int self, const struct vvm_type *type, vvm_symbol name, int value)
{
    emit_w(c, VVM_OPC_SETFIELD, self, value, 0, add_site(c, name, type->id));
}

static void call_fields(struct compiler *c, struct type_info *info, int self)
{
    int window = new_registers(c, VVM_FRAME_HEADER + 1);
    bool closure = has_environment(info);
    if (closure)
        load_class_function(c, info, info->fields_id, window);
    emit(c, VVM_OPC_ARG, window + VVM_FRAME_HEADER, self, 0);
    emit_w(c, closure ? VVM_OPC_CALL : VVM_OPC_CALLF, window, window, 1, closure ? 0 : info->fields_id);
    c->builder->next_register = window;
}

/* What its methods capture goes with the instance. */
static void set_environment(struct compiler *c, struct type_info *info, int self)
{
    if (!has_environment(info))
        return;
    int environment = new_register(c);
    load_class_function(c, info, info->fields_id, environment);
    emit_w(c, VVM_OPC_SETFIELD, self, environment, 0, environment_site(c, info));
}

static void gen_own_initialisers(struct compiler *c, struct type_info *info, int self)
{
    struct vvm_class_decl *decl = info->class_decl;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        struct vvm_member_node *m = &decl->members[i];
        if (m->kind != VVM_MEMBER_NODE_FIELD || !m->field.value || is_static_field(m))
            continue;
        int saved = c->builder->next_register, value = new_register(c);
        gen_into(c, m->field.value, value);
        set_position(c, m->field.name_span.offset);
        gen_field_value(c, info, &m->field, value);
        set_field(c, self, info->type, m->field.name, value);
        c->builder->next_register = saved;
    }
}

void gen_fields_function(struct compiler *c, struct type_info *info)
{
    struct builder b;
    struct function_context *context = note_get(c, info->class_decl);
    struct vvm_parameter *parameters = code_alloc(c, sizeof *parameters);
    builder_begin(c, &b, context);
    set_position(c, info->class_decl->name_span.offset);
    b.ir.parameter_count = 1;
    context->self->reg = new_register(c);
    b.locals_top = b.next_register;
    if (info->parent && info->parent->class_decl)
        call_fields(c, info->parent, 0);
    set_environment(c, info, 0);
    gen_own_initialisers(c, info, 0);
    emit(c, VVM_OPC_KEEP, 0, 0, 0);
    emit(c, VVM_OPC_RETV, 0, 0, 0);
    parameters[0].name = names(c)->self_this;
    builder_end(c, info->fields_id, code_format(c, "%s.fields", symbol_text(c, info->name)), parameters, 1, 1);
}

static void finish_object(struct compiler *c, int self)
{
    emit(c, VVM_OPC_INITDONE, self, 0, 0);
    emit(c, VVM_OPC_RETURN, self, 0, 0);
}

/* Hands its parameters on to a constructor that takes `this` before them. */
static void gen_forward(struct compiler *c, struct type_info *info, struct type_info *owner, uint32_t count)
{
    int self = new_register(c);
    emit_w(c, VVM_OPC_NEWOBJ, self, 0, 0, info->type->id);
    call_fields(c, info, self);
    int window = new_registers(c, VVM_FRAME_HEADER + (int)count + 1);
    super_initializer(c, owner, window);
    emit(c, VVM_OPC_ARG, window + VVM_FRAME_HEADER, self, 0);
    for (uint32_t i = 0; i < count; i++)
        emit(c, VVM_OPC_ARG, window + VVM_FRAME_HEADER + 1 + (int)i, (int)i, 0);
    emit_w(c, VVM_OPC_CALL, window, window, (int)count + 1, 0);
    finish_object(c, self);
}

static struct type_info *constructor_owner(struct type_info *info)
{
    while (info && !info->constructor && info->node)
        info = info->parent;
    return info;
}

/* Message, cause, and the fields that the language's error class adds. */
static struct vvm_parameter *error_parameters(struct compiler *c, const struct vvm_type *error, uint32_t *count)
{
    *count = 2 + error->field_count - VVM_ERROR_FIELDS;
    struct vvm_parameter *parameters = code_alloc(c, *count * sizeof *parameters);
    parameters[0].name = symbol_of(c, "message");
    parameters[1] = (struct vvm_parameter){symbol_of(c, "cause"), true, false};
    for (uint32_t i = 2; i < *count; i++)
        parameters[i] = (struct vvm_parameter){error->fields[VVM_ERROR_FIELDS + i - 2].name, true, false};
    return parameters;
}

static struct vvm_parameter *forwarded_parameters(struct compiler *c, struct vvm_function_node *node, uint32_t *count,
                                                  uint32_t *required, bool *rest)
{
    struct vvm_parameter *parameters = code_alloc(c, (node->param_count + 1) * sizeof *parameters);
    *count = node->param_count;
    *required = 0;
    *rest = false;
    for (uint32_t i = 0; i < node->param_count; i++) {
        parameters[i] =
            (struct vvm_parameter){node->params[i].symbol, node->params[i].default_value != NULL, node->params[i].rest};
        *rest |= node->params[i].rest;
        if (!node->params[i].default_value && !node->params[i].rest)
            *required = i + 1;
    }
    return parameters;
}

static void gen_memberwise_check(struct compiler *c, struct vvm_type *type, const struct vvm_field *field, int reg)
{
    if (field->test && field->test->kind != VVM_TEST_ANY)
        emit(
            c, VVM_OPC_CHECK, reg,
            (int)add_check(c, field->test,
                           code_format(c, "field `%s` of %s", symbol_text(c, field->name), symbol_text(c, type->name))),
            0);
}

struct vvm_parameter *field_parameters(struct compiler *c, const struct vvm_field *fields, uint32_t count,
                                       uint32_t *required)
{
    struct vvm_parameter *parameters = code_alloc(c, (count + 1) * sizeof *parameters);
    *required = 0;
    for (uint32_t i = 0; i < count; i++) {
        parameters[i] = (struct vvm_parameter){fields[i].name, fields[i].has_default, false};
        if (!fields[i].has_default)
            *required = i + 1;
    }
    return parameters;
}

static struct vvm_field_decl *find_field(struct type_info *info, vvm_symbol name)
{
    for (uint32_t i = 0; i < info->class_decl->member_count; i++) {
        struct vvm_member_node *m = &info->class_decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FIELD && m->field.name == name)
            return &m->field;
    }
    return NULL;
}

/* A struct: defaults for what is missing, checks, then the value in one piece. */
static void gen_struct_body(struct compiler *c, struct type_info *info)
{
    struct vvm_type *type = info->type;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct vvm_field_decl *field = find_field(info, type->fields[i].name);
        if (field && field->value) {
            uint32_t given = new_label(c);
            emit_jump(c, VVM_OPC_JSET, (int)i, 0, 0, given);
            int value = new_register(c);
            gen_into(c, field->value, value);
            emit(c, VVM_OPC_DEFP, (int)i, value, 0);
            place_label(c, given);
        }
        gen_memberwise_check(c, type, &type->fields[i], (int)i);
    }
    int slots = (int)(type->field_count + type->hidden_count);
    int first = new_registers(c, slots + 1), result = first + slots;
    for (uint32_t i = 0; i < type->field_count; i++)
        emit(c, VVM_OPC_MOVE, first + (int)i, (int)i, 0);
    if (type->hidden_count)
        load_class_function(c, info, info->fields_id, first + (int)type->field_count);
    emit_w(c, VVM_OPC_STRUCT, result, first, slots, type->id);
    emit(c, VVM_OPC_RETURN, result, 0, 0);
}

/* The nearest class that sees the field under its name: an accessor below may hide it. */
static const struct vvm_type *field_owner(const struct vvm_type *type, uint32_t slot)
{
    for (const struct vvm_type *up = type; up; up = up->parent) {
        const struct vvm_member *member = vvm_members_find(&up->members, type->fields[slot].name);
        if (member && member->kind == VVM_MEMBER_FIELD)
            return up;
    }
    return type;
}

/* A class without constructors: initialisers first, then what was given. */
static void gen_memberwise_body(struct compiler *c, struct type_info *info, struct function_context *context)
{
    struct vvm_type *type = info->type;
    int self = new_register(c);
    context->self->reg = self;
    c->builder->locals_top = c->builder->next_register;
    emit_w(c, VVM_OPC_NEWOBJ, self, 0, 0, type->id);
    call_fields(c, info, self);
    for (uint32_t i = 0; i < type->field_count; i++) {
        uint32_t missing = new_label(c), given = new_label(c);
        emit_jump(c, VVM_OPC_JSET, (int)i, 0, 0, given);
        emit_jump(c, VVM_OPC_JMP, 0, 0, 0, missing);
        place_label(c, given);
        gen_memberwise_check(c, type, &type->fields[i], (int)i);
        int value = new_register(c);
        emit(c, VVM_OPC_MOVE, value, (int)i, 0);
        set_field(c, self, field_owner(type, i), type->fields[i].name, value);
        place_label(c, missing);
    }
    finish_object(c, self);
}

/* The parameters of T(…), and the class whose constructor they are handed on to; NULL: they are the fields. */
struct making { struct vvm_parameter *parameters; uint32_t count, required; bool rest; struct type_info *owner; };

static struct making making_of(struct compiler *c, struct type_info *info)
{
    struct making making = {0};
    struct type_info *owner = constructor_owner(info);
    bool is_struct = info->type->kind == VVM_TYPE_STRUCT;
    if (!is_struct && owner && owner->constructor) {
        making.parameters = forwarded_parameters(c, owner->constructor, &making.count, &making.required, &making.rest);
        making.owner = owner;
    } else if (!is_struct && owner && !owner->node && !vvm_is_unset(owner->type->initializer)) {
        making.parameters = error_parameters(c, owner->type, &making.count);
        making.required = 1;
        making.owner = owner;
    } else {
        making.count = info->type->field_count;
        making.parameters = field_parameters(c, info->type->fields, making.count, &making.required);
    }
    if (making.count > 200)
        compile_error(c, "E198", info->class_decl->name_span.offset, 1, NULL, "a type has at most 200 fields");
    return making;
}

static void begin_making(struct compiler *c, struct type_info *info, struct builder *b, const struct making *making)
{
    builder_begin(c, b, note_get(c, info->class_decl));
    set_position(c, info->class_decl->name_span.offset);
    b->ir.parameter_count = making->count;
    new_registers(c, (int)making->count);
    b->locals_top = b->next_register;
    b->flags |= making->rest ? VVM_FUNCTION_REST : 0;
}

void gen_new_function(struct compiler *c, struct type_info *info)
{
    struct builder b;
    struct making making = making_of(c, info);
    begin_making(c, info, &b, &making);
    if (making.owner)
        gen_forward(c, info, making.owner, making.count);
    else if (info->type->kind == VVM_TYPE_STRUCT)
        gen_struct_body(c, info);
    else
        gen_memberwise_body(c, info, b.context);
    builder_end(c, info->new_id, symbol_text(c, info->name), making.parameters, making.count, making.required);
}

/* The arguments, those that are missing as unset values, become a List, with which `builtin` is called. */
static void gen_handing_over(struct compiler *c, struct type_info *info, const char *builtin, uint32_t id)
{
    struct builder b;
    struct making making = making_of(c, info);
    begin_making(c, info, &b, &making);
    int given[4] = {new_register(c), new_register(c), new_register(c), new_register(c)}, result = new_register(c);
    int first = new_registers(c, (int)making.count + 1);
    for (uint32_t i = 0; i < making.count; i++)
        emit(c, VVM_OPC_MOVE, first + (int)i, (int)i, 0);
    load_constant(c, given[0], vvm_of_object(VVM_TYPE, info->type));
    load_class_function(c, info, info->new_id, given[1]);
    emit(c, VVM_OPC_LIST, given[2], first, (int)making.count);
    load_constant(c, given[3], vvm_bool(making.rest));
    gen_builtin_call(c, builtin, 4, given, result);
    emit(c, VVM_OPC_RETURN, result, 0, 0);
    builder_end(c, id, symbol_text(c, info->name), making.parameters, making.count, making.required);
}

/* A(…) of an actor, and the function that only puts its arguments in order. The actor is made in an isolate of its
 * own. */
void gen_spawn_functions(struct compiler *c, struct type_info *info)
{
    gen_handing_over(c, info, "__spawnActor", info->spawn_id);
    vvm_function_at(c->vm, info->spawn_id)->actor = info->type->id + 1;
    gen_handing_over(c, info, "__actorParts", info->arguments_id);
}
