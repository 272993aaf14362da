/* select: the operands are put into a List, __select (vm_bindings/select.c) waits and gives (arm, value), and a chain of
 * comparisons goes to the arm. */
#include "vm/compile/compiler.h"

#define ARMS_MAX 255

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

/* Top to bottom, each once. */
static void gen_operands(struct compiler *c, struct vvm_node *node, int dst)
{
    uint32_t count = operand_count(node);
    int first = new_registers(c, (int)count + (count == 0)), at = first;
    for (uint32_t i = 0; i < node->select.count; i++) {
        struct vvm_select_arm *arm = &node->select.arms[i];
        if (arm->operand)
            gen_into(c, arm->operand, at++);
        if (arm->value)
            gen_into(c, arm->value, at++);
    }
    set_position(c, node->offset);
    emit(c, VVM_OPC_LIST, dst, first, (int)count);
}

static void gen_wait(struct compiler *c, struct vvm_node *node, int dst)
{
    char spec[ARMS_MAX];
    int arguments = new_registers(c, 2);
    for (uint32_t i = 0; i < node->select.count; i++)
        spec[i] = letter_of(&node->select.arms[i]);
    gen_operands(c, node, arguments + 1);
    load_constant(c, arguments, immortal_string(c, spec, node->select.count));
    gen_builtin_call(c, "__select", 2, (int[]){arguments, arguments + 1}, dst);
}

/* Binds what a receive gave; a pattern that does not fit is MatchError. */
static void gen_binding(struct compiler *c, struct vvm_select_arm *arm, int value)
{
    if (!arm->pattern)
        return;
    pattern_registers(c, arm->pattern);
    gen_matching(c, arm->pattern, value);
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
    int number = new_register(c);
    set_position(c, arm->span.offset);
    if (!last) {
        emit(c, VVM_OPC_LOADI, number, (int)index, 0);
        emit_jump(c, VVM_OPC_JEQ, 0, chosen, number, next);
    }
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
    int pair = new_register(c), chosen = new_register(c), value = new_register(c);
    gen_wait(c, node, pair);
    emit(c, VVM_OPC_ELEM, chosen, pair, 0);
    emit(c, VVM_OPC_ELEM, value, pair, 1);
    uint32_t end = new_label(c);
    for (uint32_t i = 0; i < node->select.count; i++)
        gen_arm(c, node, i, chosen, value, end, to);
    if (node->select.count == 0)
        deliver_void(c, to);
    place_label(c, end);
    b->next_register = registers;
}
