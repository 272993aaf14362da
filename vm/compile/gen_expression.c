/* Expressions: where a value goes, and those that need no file of their own. */
#include "vm/compile/compiler.h"

/* ---- Destinations ---- */

int destination_register(struct compiler *c, struct destination to)
{
    return to.kind == TO_REGISTER ? to.reg : new_register(c);
}

void gen_return_register(struct compiler *c, int reg)
{
    struct builder *b = c->builder;
    hold_unread(c);
    if (b->flags & VVM_FUNCTION_RESULT_VOID) {
        emit(c, VVM_OPC_RETV, 0, 0, 0);
        return;
    }
    if (b->result_check >= 0)
        emit(c, VVM_OPC_CHECK, reg, b->result_check, 0);
    emit(c, VVM_OPC_RETURN, reg, 0, 0);
}

void deliver(struct compiler *c, int reg, struct destination to)
{
    if (to.kind == TO_REGISTER && to.reg != reg)
        emit(c, VVM_OPC_MOVE, to.reg, reg, 0);
    else if (to.kind == TO_RETURN)
        gen_return_register(c, reg);
}

void deliver_void(struct compiler *c, struct destination to)
{
    struct builder *b = c->builder;
    if (to.kind == TO_REGISTER) {
        load_constant(c, to.reg, vvm_void());
    } else if (to.kind == TO_RETURN && b->result_check >= 0 && !(b->flags & VVM_FUNCTION_RESULT_VOID)) {
        int reg = new_register(c);
        load_constant(c, reg, vvm_void());
        gen_return_register(c, reg);
    } else if (to.kind == TO_RETURN) {
        hold_unread(c);
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    }
}

void gen_into(struct compiler *c, struct vvm_node *node, int reg) { gen(c, node, INTO(reg)); }

int gen_any(struct compiler *c, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_NAME || node->kind == VVM_NODE_THIS) {
        struct variable *v = note_get(c, node);
        set_position(c, node->offset);
        int reg = v ? variable_register(c, v) : -1;
        if (reg >= 0)
            return reg;
    }
    int reg = new_register(c);
    gen_into(c, node, reg);
    return reg;
}

/* Can evaluating this assign to a local `state` variable? Only what contains statements can. */
static bool may_assign(const struct vvm_node *node)
{
    if (!node)
        return false;
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_NAME: case VVM_NODE_THIS: case VVM_NODE_FUNCTION:
        return false;
    case VVM_NODE_UNARY: return may_assign(node->unary.operand);
    case VVM_NODE_BINARY: return may_assign(node->binary.left) || may_assign(node->binary.right);
    case VVM_NODE_AND: case VVM_NODE_OR: case VVM_NODE_INDEX:
        return may_assign(node->pair.left) || may_assign(node->pair.right);
    case VVM_NODE_MEMBER: return may_assign(node->member.object);
    case VVM_NODE_CALL:
        for (uint32_t i = 0; i < node->call.arguments.count; i++)
            if (may_assign(node->call.arguments.items[i].value))
                return true;
        return may_assign(node->call.callee);
    default: return true;
    }
}

int gen_operand(struct compiler *c, struct vvm_node *node, struct vvm_node *beside)
{
    struct variable *v = node->kind == VVM_NODE_NAME ? note_get(c, node) : NULL;
    if (v && v->is_state && may_assign(beside)) {
        int reg = new_register(c);
        gen_into(c, node, reg);
        return reg;
    }
    return gen_any(c, node);
}

/* ---- Other expressions ---- */

static void gen_with(struct compiler *c, struct vvm_node *node, int dst)
{
    int copy = new_register(c), value = new_register(c);
    gen_into(c, node->with.object, copy);
    for (uint32_t i = 0; i < node->with.count; i++) {
        gen_into(c, node->with.fields[i].value, value);
        set_position(c, node->with.fields[i].span.offset);
        int second = new_register(c);
        emit(c, VVM_OPC_MOVE, second, value, 0);
        emit_w(c, VVM_OPC_RSET, copy, second, 0, add_site(c, node->with.fields[i].name, VVM_SITE_COPY));
    }
    emit(c, VVM_OPC_MOVE, dst, copy, 0);
}

static void gen_is_as(struct compiler *c, struct vvm_node *node, int dst)
{
    struct scope *scope = note_get(c, node);
    uint32_t check = add_check(c, type_test(c, scope, node->typed.type), "the value of `as`");
    int operand = gen_any(c, node->typed.operand);
    set_position(c, node->offset);
    emit_w(c, node->kind == VVM_NODE_IS ? VVM_OPC_IS : VVM_OPC_AS, dst, operand, 0, check);
}

static void gen_coalesce(struct compiler *c, struct vvm_node *node, struct destination to)
{
    uint32_t bad = new_label(c), end = new_label(c);
    int dst = destination_register(c, to), left = gen_any(c, node->pair.left);
    set_position(c, node->offset);
    emit_jump(c, VVM_OPC_JBADQ, left, 0, 0, bad);
    emit(c, VVM_OPC_UNWRAP, dst, left, 0);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    else
        emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, bad);
    gen(c, node->pair.right, to.kind == TO_RETURN ? to : INTO(dst));
    place_label(c, end);
}

static void gen_range(struct compiler *c, struct vvm_node *node, int dst)
{
    int start = gen_operand(c, node->range.start, node->range.end);
    int end = gen_any(c, node->range.end);
    set_position(c, node->offset);
    emit(c, node->range.inclusive ? VVM_OPC_RANGEI : VVM_OPC_RANGE, dst, start, end);
}

static void gen_name(struct compiler *c, struct vvm_node *node, int dst)
{
    const struct compiler_names *n = names(c);
    vvm_symbol symbol = node->symbol;
    if (symbol == n->none) {
        load_constant(c, dst, vvm_none());
        return;
    }
    if (symbol == n->some || symbol == n->ok || symbol == n->err) {
        const char *function = symbol == n->some ? "__some" : symbol == n->ok ? "__ok" : "__err";
        vvm_value value = vvm_void();
        prelude_value(c, function, &value);
        load_constant(c, dst, value);
        return;
    }
    struct variable *v = note_get(c, node);
    if (v)
        read_variable(c, v, dst, node->offset);
}

/* Kinds that end in one value in one register, whatever the destination. */
static bool gen_simple(struct compiler *c, struct vvm_node *node, int dst)
{
    switch (node->kind) {
    case VVM_NODE_NUMBER: load_number(c, dst, node->number); return true;
    case VVM_NODE_FLOAT: load_constant(c, dst, vvm_float(node->real)); return true;
    case VVM_NODE_BOOL: load_constant(c, dst, vvm_bool(node->boolean)); return true;
    case VVM_NODE_VOID: load_constant(c, dst, vvm_void()); return true;
    case VVM_NODE_STRING: gen_string(c, node->text, dst); return true;
    case VVM_NODE_INTERPOLATION: gen_interpolation(c, node, dst); return true;
    case VVM_NODE_NAME: gen_name(c, node, dst); return true;
    case VVM_NODE_THIS: {
        struct variable *self = note_get(c, node);
        if (self)
            read_variable(c, self, dst, node->offset);
        return true;
    }
    case VVM_NODE_UNARY:
        if (node->unary.op == VVM_UNARY_NOT &&
            (node->unary.operand->kind == VVM_NODE_AND || node->unary.operand->kind == VVM_NODE_OR))
            gen_truth(c, node, dst);
        else
            gen_unary(c, node, dst);
        return true;
    case VVM_NODE_BINARY: gen_binary(c, node, dst); return true;
    case VVM_NODE_AND: case VVM_NODE_OR: gen_truth(c, node, dst); return true;
    case VVM_NODE_RANGE: gen_range(c, node, dst); return true;
    case VVM_NODE_IS: case VVM_NODE_AS: gen_is_as(c, node, dst); return true;
    case VVM_NODE_TUPLE_FIELD: gen_tuple_field(c, node, dst); return true;
    case VVM_NODE_INDEX: gen_index(c, node, dst); return true;
    case VVM_NODE_WITH: gen_with(c, node, dst); return true;
    case VVM_NODE_LIST:
    case VVM_NODE_DICT:
    case VVM_NODE_SET:
    case VVM_NODE_TUPLE: gen_collection(c, node, dst); return true;
    case VVM_NODE_FUNCTION: gen_closure(c, node->function, dst); return true;
    case VVM_NODE_TYPE_APPLY: gen(c, node->apply.object, INTO(dst)); return true;
    default: return false;
    }
}

static bool is_simple(const struct vvm_node *node)
{
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_INTERPOLATION: case VVM_NODE_NAME: case VVM_NODE_THIS: case VVM_NODE_UNARY: case VVM_NODE_BINARY:
    case VVM_NODE_AND:
    case VVM_NODE_OR:
    case VVM_NODE_RANGE:
    case VVM_NODE_IS:
    case VVM_NODE_AS:
    case VVM_NODE_TUPLE_FIELD:
    case VVM_NODE_INDEX:
    case VVM_NODE_WITH:
    case VVM_NODE_LIST:
    case VVM_NODE_DICT:
    case VVM_NODE_SET:
    case VVM_NODE_TUPLE:
    case VVM_NODE_FUNCTION: case VVM_NODE_TYPE_APPLY:
        return true;
    default: return false;
    }
}

static void gen_return(struct compiler *c, struct vvm_node *node)
{
    if (!c->builder->exits) {
        if (node->operand)
            gen(c, node->operand, RETURNED);
        else
            deliver_void(c, RETURNED);
        return;
    }
    int reg = new_register(c);
    if (node->operand)
        gen_into(c, node->operand, reg);
    else
        load_constant(c, reg, vvm_void());
    struct exit_frame *saved = c->builder->exits;
    leave_exits(c, NULL);
    gen_return_register(c, reg);
    reenter_exits(c, saved);
}

void gen(struct compiler *c, struct vvm_node *node, struct destination to)
{
    set_position(c, node->offset);
    if (is_simple(node)) {
        /* what is returned may be a variable in place: no copy is needed to return it */
        int dst = to.kind == TO_RETURN ? gen_any(c, node) : destination_register(c, to);
        if (to.kind == TO_RETURN)
            gen_return_register(c, dst);
        else
            gen_simple(c, node, dst);
        return;
    }
    switch (node->kind) {
    case VVM_NODE_MEMBER: gen_member(c, node, to); break;
    case VVM_NODE_COALESCE: gen_coalesce(c, node, to); break;
    case VVM_NODE_IF: gen_if(c, node, to); break;
    case VVM_NODE_MATCH: gen_match(c, node, to); break;
    case VVM_NODE_SELECT: gen_select(c, node, to); break;
    case VVM_NODE_TRY: gen_try(c, node, to); break;
    case VVM_NODE_BLOCK: gen_block(c, node, to); break;
    case VVM_NODE_CALL: gen_call(c, node, to); break;
    case VVM_NODE_PIPE: gen_pipe(c, node, to); break;
    case VVM_NODE_AWAIT: gen_await(c, node, to); break;
    case VVM_NODE_TRY_OPERATOR: gen_try_operator(c, node, to); break;
    case VVM_NODE_UNWRAP: gen_method_call(c, node->operand, symbol_of(c, "unwrap"), 0, NULL, to); break;
    case VVM_NODE_STRUCT_LITERAL: gen_struct_literal(c, node, to); break;
    case VVM_NODE_SPAWN: {
        int value = new_register(c), dst = destination_register(c, to);
        gen_into(c, node->operand, value);
        gen_builtin_call(c, "spawn", 1, &value, dst);
        if (to.kind == TO_RETURN)
            gen_return_register(c, dst);
        break;
    }
    case VVM_NODE_ASYNC_BLOCK: gen_async_block(c, node, to); break;
    case VVM_NODE_YIELD: gen_yield(c, node, to); break;
    case VVM_NODE_RETURN: gen_return(c, node); break;
    case VVM_NODE_THROW: {
        int reg = new_register(c);
        gen_into(c, node->operand, reg);
        set_position(c, node->offset);
        emit(c, VVM_OPC_THROW, reg, 0, 0);
        break;
    }
    case VVM_NODE_VAR: case VVM_NODE_STATE: case VVM_NODE_DESTRUCTURE:
        gen_variable(c, node);
        deliver_void(c, to);
        break;
    case VVM_NODE_ASSIGN:
        gen_assignment(c, node);
        deliver_void(c, to);
        break;
    case VVM_NODE_SUPER:
        compile_error(c, "E307", node->offset, node->length, NULL,
                      "`super` can only be called: super(…) or super.method(…)");
        break;
    case VVM_NODE_CLASS_DECL: case VVM_NODE_STRUCT_DECL: case VVM_NODE_INTERFACE_DECL: case VVM_NODE_ACTOR_DECL:
        gen_class_declaration(c, node->class_decl);
        deliver_void(c, to);
        break;
    case VVM_NODE_ENUM_DECL:
        gen_enum_declaration(c, node->enum_decl);
        deliver_void(c, to);
        break;
    case VVM_NODE_FUNCTION_DECL:
        gen_decorators(c, &node->function->attributes);
        deliver_void(c, to);
        break;
    case VVM_NODE_MODULE_DECL:
        gen_module_block(c, node);
        deliver_void(c, to);
        break;
    default: /* declarations, made elsewhere */
        deliver_void(c, to);
        break;
    }
}
