/* Which form a call takes: by what its callee names. Pipes, struct literals, async blocks. */
#include "vm/compile/gen_call.h"

#include <string.h>

/* ---- E308: a lambda written in a spawn may not capture `state` ---- */

static void check_spawned_lambda(struct compiler *c, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_LIST)
        for (uint32_t i = 0; i < node->items.count; i++)
            check_spawned_lambda(c, node->items.items[i]);
    if (node->kind != VVM_NODE_FUNCTION)
        return;
    struct function_context *context = note_get(c, node->function);
    struct environment *environment = context_environment(context);
    for (uint32_t i = 0; i < environment->count; i++) {
        struct variable *v = environment->items[i].variable;
        if (v->kind == VARIABLE_LOCAL && v->is_state)
            compile_error(c, "E308", environment->items[i].offset, (uint32_t)strlen(symbol_text(c, v->name)),
                          "pass its value: bind it to an immutable variable first",
                          "`state` variable `%s` is captured by a worker", symbol_text(c, v->name));
    }
}

static bool is_spawn(struct compiler *c, vvm_symbol name)
{
    const struct compiler_names *n = names(c);
    return name == n->spawn || name == n->spawn_all || name == n->spawnAll;
}

static void check_spawn(struct compiler *c, struct vvm_node *node)
{
    struct vvm_node *callee = node->call.callee;
    struct vvm_node *object = callee->member.object;
    if (object->kind != VVM_NODE_NAME || object->symbol != names(c)->worker || !is_spawn(c, callee->member.symbol))
        return;
    for (uint32_t i = 0; i < node->call.arguments.count; i++)
        check_spawned_lambda(c, node->call.arguments.items[i].value);
}

/* ---- Which form a call takes ---- */

static void gen_member_call(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct vvm_node *callee = node->call.callee;
    struct vvm_node *object = callee->member.object;
    check_spawn(c, node);
    if (callee->member.optional) {
        gen_optional_call(c, node, to);
        return;
    }
    if (object->kind == VVM_NODE_SUPER) {
        gen_super_method(c, node, callee->member.symbol, to);
        return;
    }
    struct vvm_type *type = gen_static_type(c, object);
    vvm_value value;
    if (type && gen_static_member(c, type, callee->member.symbol, &value)
        && (vvm_is_plain(value, VVM_FUNCTION) || vvm_is_plain(value, VVM_BUILTIN))) {
        gen_constant_call(c, node, value, hidden_test(c, object), to);
        return;
    }
    gen_method(c, node, object, callee->member.symbol, callee->member.name_span.offset, to);
}

/* The instance that a bare method name means: of the class whose body declares it. NULL: there is none. */
static struct vvm_node *member_object(struct compiler *c, const struct variable *member, const struct vvm_node *call)
{
    struct variable *self = self_of(c->builder->context, member->type);
    if (!self)
        return NULL;
    struct vvm_node *object = compile_alloc(c, sizeof *object);
    object->kind = VVM_NODE_THIS;
    object->offset = call->offset;
    object->length = call->length;
    note_set(c, object, self);
    return object;
}

static bool gen_member_meta(struct compiler *c, struct vvm_node *node, struct destination to)
{
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c);
    if (!gen_member_decorators(c, node, dst))
        return false;
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    return true;
}

static void gen_name_call(struct compiler *c, struct vvm_node *node, struct vvm_node *name, struct destination to)
{
    if (gen_option_call(c, node, name->symbol, to))
        return;
    struct variable *v = note_get(c, name);
    int test = hidden_test(c, node->call.callee);
    if (!v) {
        gen_value_call(c, node, name, to);
        return;
    }
    switch (v->kind) {
    case VARIABLE_FUNCTION:
        if (!group_is_empty(v->group))
            break;
        gen_constant_call(c, node, function_value(c, function_id_of(c, v)), -1, to);
        return;
    case VARIABLE_TYPE:
        if (!has_environment(v->type) && v->type->type && !vvm_is_unset(v->type->type->constructor)) {
            gen_constant_call(c, node, v->type->type->constructor, -1, to);
            return;
        }
        break;
    case VARIABLE_PRELUDE:
        if (v->name == names(c)->meta && gen_member_meta(c, node, to))
            return;
        gen_constant_call(c, node, v->value, test, to);
        return;
    case VARIABLE_VARIANT: {
        struct vvm_variant *variant = &v->type->type->variants[v->variant];
        if (!variant->field_count)
            break;
        gen_constant_call(c, node, variant->constructor, -1, to);
        return;
    }
    case VARIABLE_MEMBER:
        gen_method(c, node, member_object(c, v, node), v->name, node->offset, to);
        return;
    default:
        break;
    }
    gen_value_call(c, node, node->call.callee, to);
}

void gen_call(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    struct vvm_node *callee = node->call.callee;
    int registers = b->next_register;
    if (too_many(c, node, &node->call.arguments))
        return;
    if (callee->kind == VVM_NODE_MEMBER)
        gen_member_call(c, node, to);
    else if (callee->kind == VVM_NODE_SUPER)
        gen_super(c, node, to);
    else if (callee->kind == VVM_NODE_NAME)
        gen_name_call(c, node, callee, to);
    else if (callee->kind == VVM_NODE_TYPE_APPLY && callee->apply.object->kind == VVM_NODE_NAME)
        gen_name_call(c, node, callee->apply.object, to);
    else
        gen_value_call(c, node, callee, to);
    b->next_register = registers;
}

/* `await f(…)` in tail position: an async callee takes this task over. The plain forms only; others await as usual. */
void gen_await_call(struct compiler *c, struct vvm_node *call, int dst)
{
    uint32_t before = c->builder->ir.count;
    gen_call(c, call, INTO(dst));
    if (c->builder->ir.count == before)
        return;
    struct vvm_ir *last = &c->builder->ir.code[c->builder->ir.count - 1];
    if (last->a != dst)
        return;
    if (last->op == VVM_OPC_CALL)
        last->op = VVM_OPC_ACALL;
    else if (last->op == VVM_OPC_CALLF)
        last->op = VVM_OPC_ACALLF;
    else if (last->op == VVM_OPC_CALLM)
        last->op = VVM_OPC_ACALLM;
}

/* ---- Pipes, struct literals, async blocks ---- */

void gen_pipe(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct vvm_node *right = node->pair.right;
    struct vvm_node call = {.kind = VVM_NODE_CALL, .offset = node->offset, .length = node->length};
    bool is_call = right->kind == VVM_NODE_CALL;
    uint32_t given = is_call ? right->call.arguments.count : 0;
    struct vvm_argument *items = compile_alloc(c, (given + 1) * sizeof *items);
    items[0] = (struct vvm_argument){.value = node->pair.left};
    for (uint32_t i = 0; i < given; i++)
        items[i + 1] = right->call.arguments.items[i];
    call.call.callee = is_call ? right->call.callee : right;
    call.call.arguments = (struct vvm_arguments){given + 1, items};
    bool by_name = is_call && call.call.callee->kind == VVM_NODE_NAME;
    const struct compiler_names *n = names(c);
    vvm_symbol name = by_name ? call.call.callee->symbol : 0;
    if (by_name && !note_get(c, call.call.callee) && name != n->some && name != n->ok && name != n->err) {
        call.call.arguments = right->call.arguments;
        gen_method(c, &call, node->pair.left, name, right->offset, to);
        return;
    }
    gen_call(c, &call, to);
}

static uint32_t last_spread(const struct vvm_node *literal)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < literal->literal.count; i++)
        if (literal->literal.fields[i].spread)
            last = i;
    return last;
}

static void check_spread(struct compiler *c, struct vvm_type *type, int reg)
{
    if (!type)
        return;
    struct vvm_type_test *test = code_alloc(c, sizeof *test);
    *test = (struct vvm_type_test){.kind = VVM_TEST_NOMINAL, .type = type, .text = symbol_text(c, type->name)};
    emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, test, code_format(c, "what is spread into %s", test->text)), 0);
}

/* The last spread gives every field, so what stands before it is only evaluated; what stands after it replaces
 * fields. */
static void gen_spread_literal(struct compiler *c, struct vvm_node *node, struct vvm_type *type, struct destination to)
{
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c), copy = new_register(c);
    uint32_t base = last_spread(node);
    for (uint32_t i = 0; i < node->literal.count; i++) {
        struct vvm_field_value *field = &node->literal.fields[i];
        int value = i == base ? copy : new_register(c);
        gen_into(c, field->value, value);
        set_position(c, field->span.offset);
        if (field->spread)
            check_spread(c, type, value);
        else if (i > base)
            emit_w(c, VVM_OPC_RSET, copy, value, 0, add_site(c, field->name, VVM_SITE_COPY));
    }
    deliver(c, copy, to.kind == TO_RETURN ? to : INTO(dst));
}

/* `S { a: 1 }` is S(a: 1); with a spread it is a changed copy. */
void gen_struct_literal(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct variable *v = note_get(c, node);
    struct vvm_type *type = v && v->kind == VARIABLE_TYPE ? v->type->type : NULL;
    for (uint32_t i = 0; i < node->literal.count; i++)
        if (node->literal.fields[i].spread) {
            gen_spread_literal(c, node, type, to);
            return;
        }
    struct vvm_node call = {.kind = VVM_NODE_CALL, .offset = node->offset, .length = node->length};
    struct vvm_argument *items = compile_alloc(c, (node->literal.count + 1) * sizeof *items);
    for (uint32_t i = 0; i < node->literal.count; i++)
        items[i] = (struct vvm_argument){.label = node->literal.fields[i].name, .value = node->literal.fields[i].value,
                                         .label_span = node->literal.fields[i].span};
    call.call.arguments = (struct vvm_arguments){node->literal.count, items};
    vvm_value constructor = vvm_unset();
    if (v && node->literal.path.count == 2 && type && type->kind == VVM_TYPE_ENUM)
        gen_static_member(c, type, node->literal.path.symbols[1], &constructor);
    else if (v && v->kind == VARIABLE_VARIANT)
        constructor = v->type->type->variants[v->variant].constructor;
    else if (type)
        constructor = type->constructor;
    else if (v && v->kind == VARIABLE_PRELUDE)
        constructor = v->value;
    if (vvm_is_unset(constructor)) {
        compile_error(c, "E307", node->offset, node->literal.path.span.length, NULL,
                      "`%s` is not a struct, class or variant",
                      symbol_text(c, node->literal.path.symbols[node->literal.path.count - 1]));
        return;
    }
    int registers = c->builder->next_register;
    if (type && has_environment(v->type)) {
        struct vvm_node *name = compile_alloc(c, sizeof *name);
        *name = (struct vvm_node){.kind = VVM_NODE_NAME, .offset = node->offset, .length = node->length,
                              .symbol = v->name};
        note_set(c, name, v);
        gen_value_call(c, &call, name, to);
    } else {
        gen_constant_call(c, &call, constructor, -1, to);
    }
    c->builder->next_register = registers;
}

void gen_async_block(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct call call;
    int registers = c->builder->next_register;
    begin_call(c, &call, 0, to);
    gen_closure(c, node->function, call.window);
    finish_call(c, &call, VVM_OPC_CALL, 0, node->offset, to);
    c->builder->next_register = registers;
}
