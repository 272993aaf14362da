/* Variables: reading, binding, assigning; environments of local functions. */
#include "vm/compile/compiler.h"

static struct function_context *here(struct compiler *c) { return c->builder->context; }

static bool in_frame(struct compiler *c, const struct variable *v) { return v->owner == here(c); }

/* Inside a function of the variable's own group: the same environment under another code. */
static bool is_sibling_here(struct compiler *c, const struct variable *v)
{
    struct group *mine = group_root(here(c)->group);
    return v->group && mine && mine == group_root(v->group) && !in_frame(c, v);
}

vvm_value function_value(struct compiler *c, uint32_t id)
{
    vvm_value value = {.tag = VVM_TAG_ID(VVM_FUNCTION, id), .object = vvm_function_at(c->vm, id)};
    return value;
}

uint32_t function_id_of(struct compiler *c, struct variable *v)
{
    if (v->function_id == UINT32_MAX)
        v->function_id = reserve_function(c);
    return v->function_id;
}

/* A register through which an immutable variable can be read without taking a count of its own: its own register, or a
 * new one that borrows from the environment or the module. -1: it has to be read into a register. */
int variable_register(struct compiler *c, struct variable *v)
{
    if (v->kind == VARIABLE_GLOBAL && !v->is_state) {
        int reg = new_register(c);
        emit_w(c, VVM_OPC_GETMOD, reg, 0, 0, v->global);
        return reg;
    }
    if (v->kind != VARIABLE_LOCAL || v->has_cell)
        return -1;
    if (in_frame(c, v))
        return v->reg;
    if (is_sibling_here(c, v))
        return -1;
    int index = environment_index(context_environment(here(c)), v);
    if (index < 0)
        return -1;
    int reg = new_register(c);
    emit(c, VVM_OPC_GETENV, reg, index, 0);
    return reg;
}

static int member_register(struct compiler *c, struct variable *member, uint32_t offset);

void make_unset_cell(struct compiler *c, int dst)
{
    int nothing = new_register(c);
    emit(c, VVM_OPC_UNSET, nothing, 0, 0);
    emit(c, VVM_OPC_NEWCELL, dst, nothing, 0);
}

/* A function whose variables are not all set yet cannot be had: as a cell that holds nothing. */
static void throw_uninitialized(struct compiler *c, int dst)
{
    int cell = new_register(c);
    make_unset_cell(c, cell);
    emit(c, VVM_OPC_GETCELL, dst, cell, 0);
}

static void read_function(struct compiler *c, struct variable *v, int dst)
{
    if (group_is_empty(v->group)) {
        load_constant(c, dst, function_value(c, function_id_of(c, v)));
        return;
    }
    if (is_sibling_here(c, v)) {
        emit_w(c, VVM_OPC_SIBLING, dst, 0, 0, function_id_of(c, v));
        return;
    }
    struct group *group = group_root(v->group);
    if (in_frame(c, v)) {
        if (!group->made)
            throw_uninitialized(c, dst);
        else if (group->first == v)
            emit(c, VVM_OPC_MOVE, dst, group->reg, 0);
        else
            emit_w(c, VVM_OPC_SIBLINGOF, dst, group->reg, 0, function_id_of(c, v));
        return;
    }
    int index = environment_index(context_environment(here(c)), v);
    int borrowed = new_register(c);
    emit(c, VVM_OPC_GETENV, borrowed, index < 0 ? 0 : index, 0);
    emit(c, VVM_OPC_MOVE, dst, borrowed, 0);
}

static void read_local(struct compiler *c, struct variable *v, int dst)
{
    if (!v->has_cell) {
        int reg = is_sibling_here(c, v) ? -1 : variable_register(c, v);
        if (reg >= 0)
            emit(c, VVM_OPC_MOVE, dst, reg, 0);
        else
            emit_w(c, VVM_OPC_SIBLING, dst, 0, 0, function_id_of(c, v));
        return;
    }
    if (in_frame(c, v))
        emit(c, VVM_OPC_GETCELL, dst, v->reg, 0);
    else
        emit(c, VVM_OPC_GETENVC, dst, environment_index(context_environment(here(c)), v), 0);
}

static void read_variant(struct compiler *c, struct variable *v, int dst)
{
    struct vvm_type *type = v->type->type;
    vvm_value value = {.tag = VVM_TAG_ID(VVM_VARIANT, v->variant), .object = type};
    load_constant(c, dst, type->variants[v->variant].field_count ? type->variants[v->variant].constructor : value);
}

void read_variable(struct compiler *c, struct variable *v, int dst, uint32_t offset)
{
    set_position(c, offset);
    switch (v->kind) {
    case VARIABLE_LOCAL: read_local(c, v, dst); break;
    case VARIABLE_FUNCTION: read_function(c, v, dst); break;
    case VARIABLE_TYPE:
        if (v->type && has_environment(v->type)) {
            read_function(c, v, dst);
            break;
        }
        load_constant(c, dst, v->type->type ? vvm_of_object(VVM_TYPE, v->type->type) : vvm_void());
        break;
    case VARIABLE_PRELUDE: load_constant(c, dst, v->value); break;
    case VARIABLE_VARIANT: read_variant(c, v, dst); break;
    case VARIABLE_NAMESPACE: load_constant(c, dst, namespace_value(c, v)); break;
    case VARIABLE_AMBIGUOUS: break; /* reported where it was found */
    case VARIABLE_GLOBAL:
        if (v->is_state)
            emit_w(c, VVM_OPC_GETMODS, dst, 0, 0, v->global);
        else
            emit(c, VVM_OPC_MOVE, dst, variable_register(c, v), 0);
        break;
    case VARIABLE_MEMBER: {
        emit_w(c, VVM_OPC_GETFIELD, dst, member_register(c, v, offset), 0, add_site(c, v->name, 0));
        break;
    }
    case VARIABLE_STATIC: {
        if (gen_static_field(c, v->type->type, v->name, dst))
            break;
        int type = new_register(c);
        load_constant(c, type, vvm_of_object(VVM_TYPE, v->type->type));
        emit_w(c, VVM_OPC_GETFIELD, dst, type, 0, add_site(c, v->name, 0));
        break;
    }
    }
}

static struct function_context *enclosing_method(struct compiler *c)
{
    struct function_context *method = here(c);
    while (method && !method->self)
        method = method->parent;
    return method;
}

/* A register in which `this` can be looked at. */
/* A register with the instance that a bare member name means. */
static int member_register(struct compiler *c, struct variable *member, uint32_t offset)
{
    struct variable *self = self_of(here(c), member->type);
    int reg = self ? variable_register(c, self) : -1;
    if (reg >= 0)
        return reg;
    reg = new_register(c);
    if (self)
        read_variable(c, self, reg, offset);
    else
        load_this(c, reg, offset);
    return reg;
}

void load_this(struct compiler *c, int dst, uint32_t offset)
{
    struct function_context *method = enclosing_method(c);
    if (method)
        read_variable(c, method->self, dst, offset);
    else
        load_constant(c, dst, vvm_void());
}

/* ---- Registers of variables ---- */

static void push_unread(struct compiler *c, struct variable *v)
{
    struct live_variable *item = compile_alloc(c, sizeof *item);
    *item = (struct live_variable){v, c->builder->unread};
    c->builder->unread = item;
}

void declare_register(struct compiler *c, struct variable *v)
{
    if (v->kind != VARIABLE_LOCAL || v->is_ahead)
        return;
    v->reg = new_register(c);
    c->builder->locals_top = c->builder->next_register;
}

void declare_ahead_of_block(struct compiler *c, struct scope *scope)
{
    for (struct variable *v = scope->variables; v; v = v->next) {
        if (!v->is_ahead)
            continue;
        v->reg = new_register(c);
        make_unset_cell(c, v->reg);
    }
}

/* A variable that is never read is held to the end of its block. */
void hold_unread(struct compiler *c)
{
    for (struct live_variable *item = c->builder->unread; item; item = item->outer)
        emit(c, VVM_OPC_KEEP, item->variable->reg, 0, 0);
}

void end_scope(struct compiler *c, struct scope *scope, struct live_variable *mark)
{
    (void)scope;
    for (; c->builder->unread != mark; c->builder->unread = c->builder->unread->outer)
        emit(c, VVM_OPC_KEEP, c->builder->unread->variable->reg, 0, 0);
}

static void check_value(struct compiler *c, struct variable *v, int reg)
{
    if (v->check >= 0 && c->builder->context == v->owner)
        emit(c, VVM_OPC_CHECK, reg, v->check, 0);
    else if (v->annotation) {
        struct compiler *unit = is_foreign(c, v) ? v->scope->unit : c; /* an earlier input */
        struct vvm_type_test *test = type_test(unit, v->scope ? v->scope : c->module_scope, v->annotation);
        const char *what = code_format(c, "variable `%s`", symbol_text(c, v->name));
        if (test->kind != VVM_TEST_ANY)
            emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, test, what), 0);
    }
}

void bind_variable(struct compiler *c, struct variable *v, int value)
{
    check_value(c, v, value);
    switch (v->kind) {
    case VARIABLE_GLOBAL:
        emit_w(c, v->is_state ? VVM_OPC_SETMODS : VVM_OPC_SETMOD, value, 0, 0, v->global);
        return;
    case VARIABLE_LOCAL:
        if (v->is_ahead)
            emit(c, VVM_OPC_SETONCE, v->reg, value, 0);
        else if (v->has_cell)
            emit(c, VVM_OPC_NEWCELL, v->reg, value, 0);
        else if (v->reg != value)
            emit(c, VVM_OPC_MOVE, v->reg, value, 0);
        if (!v->read)
            push_unread(c, v);
        return;
    default:
        return;
    }
}

static void store_local(struct compiler *c, struct variable *v, int value)
{
    if (!v->has_cell) {
        if (v->reg != value)
            emit(c, VVM_OPC_MOVE, v->reg, value, 0);
        return;
    }
    if (in_frame(c, v))
        emit(c, v->is_late ? VVM_OPC_SETONCE : VVM_OPC_SETCELL, v->reg, value, 0);
    else
        emit(c, VVM_OPC_SETENVC, value, environment_index(context_environment(here(c)), v), 0);
}

/* Assigns to a variable that exists: consumes the value's register. */
void store_variable(struct compiler *c, struct variable *v, int value)
{
    check_value(c, v, value);
    switch (v->kind) {
    case VARIABLE_LOCAL: store_local(c, v, value); break;
    case VARIABLE_GLOBAL: emit_w(c, v->is_state ? VVM_OPC_SETMODS : VVM_OPC_SETMOD, value, 0, 0, v->global); break;
    case VARIABLE_MEMBER: {
        emit_w(c, VVM_OPC_SETFIELD, member_register(c, v, c->builder->position), value, 0, add_site(c, v->name, 0));
        break;
    }
    case VARIABLE_STATIC: {
        int type = new_register(c);
        load_constant(c, type, vvm_of_object(VVM_TYPE, v->type->type));
        emit_w(c, VVM_OPC_SETFIELD, type, value, 0, add_site(c, v->name, 0));
        break;
    }
    default: break;
    }
}

/* ---- Closures ---- */

/* Fills consecutive registers with what a function captures: values, cells, other functions. */
static int load_captures(struct compiler *c, const struct environment *environment)
{
    int first = new_registers(c, (int)environment->count);
    for (uint32_t i = 0; i < environment->count; i++) {
        struct variable *v = environment->items[i].variable;
        int dst = first + (int)i;
        if (v->kind != VARIABLE_LOCAL || !v->has_cell)
            read_variable(c, v, dst, environment->items[i].offset);
        else if (in_frame(c, v))
            emit(c, VVM_OPC_MOVE, dst, v->reg, 0);
        else
            emit(c, VVM_OPC_GETENVK, dst, environment_index(context_environment(here(c)), v), 0);
    }
    return first;
}

void gen_environment(struct compiler *c, const struct environment *environment, uint32_t id, int dst)
{
    if (!environment->count) {
        load_constant(c, dst, function_value(c, id));
        return;
    }
    int first = load_captures(c, environment);
    emit_w(c, VVM_OPC_CLOSURE, dst, first, (int)environment->count, id);
}

void gen_closure(struct compiler *c, struct vvm_function_node *node, int dst)
{
    struct function_context *context = note_get(c, node);
    struct variable *own = context->function_variable;
    uint32_t id = own ? function_id_of(c, own) : reserve_function(c);
    if (own)
        own->function_id = id;
    const char *name = own                                      ? symbol_text(c, own->name)
                       : node->kind == VVM_FUNCTION_NODE_LAMBDA ? "<lambda>"
                                                                : "<async block>";
    gen_function(c, context, name, id);
    gen_environment(c, context_environment(context), id, dst);
}

/* Makes the closures of a block's functions whose captured variables are set before statement `statement`. */
void make_groups(struct compiler *c, struct scope *scope, uint32_t statement)
{
    for (struct group *group = scope->groups; group; group = group->next) {
        if (group->united || group->made || group->ready > statement || group_is_empty(group))
            continue;
        group->made = true;
        gen_environment(c, &group->environment, function_id_of(c, group->first), group->reg);
    }
}
