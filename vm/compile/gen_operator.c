/* Arithmetic and comparison. */
#include "vm/compile/compiler.h"

static const uint8_t binary_opcodes[VVM_BINARY_OPERATOR_COUNT] = {
    [VVM_BINARY_EQ] = VVM_OPC_EQ,      [VVM_BINARY_NE] = VVM_OPC_NE,        [VVM_BINARY_LT] = VVM_OPC_LT,
    [VVM_BINARY_GT] = VVM_OPC_GT,      [VVM_BINARY_LE] = VVM_OPC_LE,        [VVM_BINARY_GE] = VVM_OPC_GE,
    [VVM_BINARY_BIT_OR] = VVM_OPC_BOR, [VVM_BINARY_BIT_XOR] = VVM_OPC_BXOR, [VVM_BINARY_BIT_AND] = VVM_OPC_BAND,
    [VVM_BINARY_SHL] = VVM_OPC_SHL,    [VVM_BINARY_SHR] = VVM_OPC_SHR,      [VVM_BINARY_USHR] = VVM_OPC_USHR,
    [VVM_BINARY_ADD] = VVM_OPC_ADD,    [VVM_BINARY_SUB] = VVM_OPC_SUB,      [VVM_BINARY_APPEND] = VVM_OPC_APPEND,
    [VVM_BINARY_MUL] = VVM_OPC_MUL,    [VVM_BINARY_DIV] = VVM_OPC_DIV,      [VVM_BINARY_MOD] = VVM_OPC_MOD,
    [VVM_BINARY_POW] = VVM_OPC_POW,
};

static bool small_number(const struct vvm_node *node)
{
    return node->kind == VVM_NODE_NUMBER && node->number >= -128 && node->number <= 127;
}

void gen_binary_operation(struct compiler *c, enum vvm_binary_operator op, int dst, int left, int right)
{
    emit(c, binary_opcodes[op], dst, left, right);
}

void gen_binary(struct compiler *c, struct vvm_node *node, int dst)
{
    enum vvm_binary_operator op = node->binary.op;
    struct vvm_node *right = node->binary.right;
    int left = gen_operand(c, node->binary.left, right);
    int immediate = op == VVM_BINARY_ADD   ? VVM_OPC_ADDI
                    : op == VVM_BINARY_SUB ? VVM_OPC_SUBI
                    : op == VVM_BINARY_MUL ? VVM_OPC_MULI
                                           : -1;
    if (immediate >= 0 && small_number(right)) {
        set_position(c, node->binary.operator_offset);
        emit(c, (enum vvm_opcode)immediate, dst, left, (int)right->number);
        return;
    }
    int r = gen_any(c, right);
    set_position(c, node->binary.operator_offset);
    gen_binary_operation(c, op, dst, left, r);
}

static int compare_jump(enum vvm_binary_operator op, bool immediate, bool *negated)
{
    *negated = op == VVM_BINARY_NE;
    switch (op) {
    case VVM_BINARY_EQ: case VVM_BINARY_NE: return immediate ? VVM_OPC_JEQI : VVM_OPC_JEQ;
    case VVM_BINARY_LT: return immediate ? VVM_OPC_JLTI : VVM_OPC_JLT;
    case VVM_BINARY_LE: return immediate ? VVM_OPC_JLEI : VVM_OPC_JLE;
    case VVM_BINARY_GT: return immediate ? VVM_OPC_JGTI : VVM_OPC_JGT;
    case VVM_BINARY_GE: return immediate ? VVM_OPC_JGEI : VVM_OPC_JGE;
    default: return -1;
    }
}

static bool gen_compare_jump(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    bool negated, immediate = small_number(node->binary.right);
    int op = compare_jump(node->binary.op, immediate, &negated);
    if (op < 0)
        return false;
    int left = gen_operand(c, node->binary.left, node->binary.right);
    int right = immediate ? (int)node->binary.right->number : gen_any(c, node->binary.right);
    set_position(c, node->binary.operator_offset);
    emit_jump(c, (enum vvm_opcode)op, jump_if != negated, left, right, label);
    return true;
}

static void gen_shortcut(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    /* && jumps early on false, || on true */
    bool early = node->kind == VVM_NODE_OR;
    if (jump_if == early) {
        gen_condition(c, node->pair.left, jump_if, label);
        gen_condition(c, node->pair.right, jump_if, label);
        return;
    }
    uint32_t skip = new_label(c);
    gen_condition(c, node->pair.left, early, skip);
    gen_condition(c, node->pair.right, jump_if, label);
    place_label(c, skip);
}

void gen_condition(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    if (node->kind == VVM_NODE_AND || node->kind == VVM_NODE_OR) {
        gen_shortcut(c, node, jump_if, label);
        return;
    }
    if (node->kind == VVM_NODE_UNARY && node->unary.op == VVM_UNARY_NOT) {
        gen_condition(c, node->unary.operand, !jump_if, label);
        return;
    }
    if (node->kind == VVM_NODE_BINARY && gen_compare_jump(c, node, jump_if, label))
        return;
    int reg = gen_any(c, node);
    set_position(c, node->offset);
    emit_jump(c, jump_if ? VVM_OPC_JT : VVM_OPC_JF, reg, 0, 0, label);
}

void gen_truth(struct compiler *c, struct vvm_node *node, int dst)
{
    uint32_t no = new_label(c), end = new_label(c);
    gen_condition(c, node, false, no);
    load_constant(c, dst, vvm_bool(true));
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, no);
    load_constant(c, dst, vvm_bool(false));
    place_label(c, end);
}

void gen_unary(struct compiler *c, struct vvm_node *node, int dst)
{
    struct vvm_node *operand = node->unary.operand;
    if (node->unary.op == VVM_UNARY_NEG && operand->kind == VVM_NODE_NUMBER) {
        load_number(c, dst, (int64_t)(0 - (uint64_t)operand->number));
        return;
    }
    if (node->unary.op == VVM_UNARY_NEG && operand->kind == VVM_NODE_FLOAT) {
        load_constant(c, dst, vvm_float(-operand->real));
        return;
    }
    static const uint8_t opcodes[] = {VVM_OPC_NEG, VVM_OPC_NOT, VVM_OPC_BNOT};
    int reg = gen_any(c, operand);
    set_position(c, node->offset);
    if (node->unary.op == VVM_UNARY_PLUS) /* numbers only: 0 - (-x) would overflow at the edge, so test by adding
                                             nothing */
        emit(c, VVM_OPC_ADDI, dst, reg, 0);
    else
        emit(c, opcodes[node->unary.op], dst, reg, 0);
}
