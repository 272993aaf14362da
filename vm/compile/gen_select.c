/* select: the operands are the arguments of __select (vm_bindings/select.c), or, where there are many, a List for
 * __selectOf; it waits, gives what was received and leaves the arm's number for SELECTED; a chain of comparisons goes
 * to the arm. */
#include "vm/compile/compiler.h"
#include "vm/compile/gen_call.h"

#define ARMS_MAX 255
#define OPERANDS_MAX 12 /* as arguments, which may be lent */

static char letter_of(const struct vvm_select_arm *arm)
{
    switch (arm->kind) {
    case VVM_SELECT_RECEIVE: return 'r';
    case VVM_SELECT_SEND: return 's';
    case VVM_SELECT_TIMEOUT: return 't';
    case VVM_SELECT_CLOSED: return 'c';
    default: return 'd';
    }
}

static uint32_t operand_count(const struct vvm_node *node)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->select.count; i++)
        count += (node->select.arms[i].operand != NULL) + (node->select.arms[i].value != NULL);
    return count;
}

static vvm_value spec_of(struct compiler *c, const struct vvm_node *node)
{
    char spec[ARMS_MAX];
    for (uint32_t i = 0; i < node->select.count; i++)
        spec[i] = letter_of(&node->select.arms[i]);
    return immortal_string(c, spec, node->select.count);
}

/* Top to bottom, each once. */
static void gen_wait_for_arguments(struct compiler *c, struct vvm_node *node, vvm_value callee, int dst)
{
    struct call call;
    uint32_t at = 1;
    begin_call(c, &call, operand_count(node) + 1, NOWHERE);
    load_constant(c, call.window, callee);
    load_constant(c, argument_register(&call, 0), spec_of(c, node));
    for (uint32_t i = 0; i < node->select.count; i++) {
        struct vvm_select_arm *arm = &node->select.arms[i];
        if (arm->operand)
            gen_argument(c, &call, at++, arm->operand);
        if (arm->value)
            gen_argument(c, &call, at++, arm->value);
    }
    set_position(c, node->offset);
    emit_call(c, &call, VVM_OPC_CALL, dst, 0);
}

/* The same. */
static void gen_wait_for_list(struct compiler *c, struct vvm_node *node, int dst)
{
    int arguments = new_registers(c, 2), first = new_registers(c, (int)operand_count(node)), at = first;
    for (uint32_t i = 0; i < node->select.count; i++) {
        struct vvm_select_arm *arm = &node->select.arms[i];
        if (arm->operand)
            gen_into(c, arm->operand, at++);
        if (arm->value)
            gen_into(c, arm->value, at++);
    }
    set_position(c, node->offset);
    emit(c, VVM_OPC_LIST, arguments + 1, first, at - first);
    load_constant(c, arguments, spec_of(c, node));
    gen_builtin_call(c, "__selectOf", 2, (int[]){arguments, arguments + 1}, dst);
}

static void gen_wait(struct compiler *c, struct vvm_node *node, int dst)
{
    vvm_value callee;
    if (operand_count(node) > OPERANDS_MAX)
        gen_wait_for_list(c, node, dst);
    else if (prelude_value(c, "__select", &callee))
        gen_wait_for_arguments(c, node, callee, dst);
}

/* Binds what a receive gave; a pattern that does not fit is MatchError. */
static void gen_binding(struct compiler *c, struct vvm_select_arm *arm, int value)
{
    if (!arm->pattern)
        return;
    pattern_registers(c, arm->pattern);
    gen_matching(c, arm->pattern, value);
}

static void gen_unless_chosen(struct compiler *c, int chosen, int index, uint32_t next)
{
    if (index <= INT8_MAX) {
        emit_jump(c, VVM_OPC_JEQI, 0, chosen, index, next);
        return;
    }
    int number = new_register(c);
    emit(c, VVM_OPC_LOADI, number, index, 0);
    emit_jump(c, VVM_OPC_JEQ, 0, chosen, number, next);
}

static void gen_arm(struct compiler *c, struct vvm_node *node, uint32_t index, int chosen, int value, uint32_t end,
                    struct destination to)
{
    struct builder *b = c->builder;
    struct vvm_select_arm *arm = &node->select.arms[index];
    int registers = b->next_register, top = b->locals_top;
    struct live_variable *mark = b->unread;
    uint32_t next = new_label(c);
    bool last = index + 1 == node->select.count; /* __select gives no other number */
    set_position(c, arm->span.offset);
    if (!last)
        gen_unless_chosen(c, chosen, (int)index, next);
    gen_binding(c, arm, value);
    gen_arm_body(c, arm->body, to, registers, top, mark);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, next);
}

void gen_select(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register;
    if (node->select.count > ARMS_MAX) {
        compile_error(c, "E198", node->offset, 6, NULL, "a select has at most %d arms", ARMS_MAX);
        return;
    }
    int chosen = new_register(c), value = new_register(c);
    gen_wait(c, node, value);
    emit(c, VVM_OPC_SELECTED, chosen, 0, 0);
    uint32_t end = new_label(c);
    for (uint32_t i = 0; i < node->select.count; i++)
        gen_arm(c, node, i, chosen, value, end, to);
    if (node->select.count == 0)
        deliver_void(c, to);
    place_label(c, end);
    b->next_register = registers;
}
