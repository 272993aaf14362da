/* The verifier: is finished bytecode well formed? */
#include "vm/compile/ir.h"

#include <stdlib.h>

static uint32_t words_of(uint8_t op)
{
    switch ((enum vvm_format)vvm_opcode_info[op].format) {
    case VVM_FORMAT_ABC: case VVM_FORMAT_ABX: return 1;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW: case VVM_FORMAT_JUMP: return 2;
    default: return 3;
    }
}

static const char *check_operand(const struct vvm_function *f, char role, uint32_t reg)
{
    return role != '-' && role != 'r' && reg >= f->register_count ? "a register outside of the frame" : NULL;
}

static const char *check_instruction(const struct vvm_function *f, uint32_t pc)
{
    const uint32_t *code = f->code + pc;
    uint8_t op = (uint8_t)code[0];
    const struct vvm_opcode_info *info = &vvm_opcode_info[op];
    uint32_t a = code[0] >> 8 & 0xff, b = code[0] >> 16 & 0xff, c = code[0] >> 24;
    if (info->flags & VVM_OP_P)
        return "a pseudo instruction";
    if (info->format == VVM_FORMAT_CALL)
        return (code[0] >> 16) + VVM_FRAME_HEADER + a > f->register_count ? "a call window outside of the frame" : NULL;
    if (info->b == 'r' && c && b + c > f->register_count)
        return "a range outside of the frame";
    if (op == VVM_OPC_LOADK && (code[0] >> 16) >= f->constant_count)
        return "a constant that does not exist";
    if (op == VVM_OPC_CHECK && (code[0] >> 16) >= f->check_count)
        return "a type check that does not exist";
    const char *wrong = check_operand(f, info->a, a);
    if (!wrong && info->format != VVM_FORMAT_ABX)
        wrong = check_operand(f, info->b, b);
    if (!wrong && info->format != VVM_FORMAT_ABX)
        wrong = check_operand(f, info->c, c);
    return wrong;
}

static const char *check_targets(const struct vvm_function *f, const bool *starts)
{
    for (uint32_t pc = 0; pc < f->code_count; pc += words_of((uint8_t)f->code[pc])) {
        uint8_t format = vvm_opcode_info[(uint8_t)f->code[pc]].format;
        if (format != VVM_FORMAT_JUMP && format != VVM_FORMAT_JUMPW)
            continue;
        uint32_t next = pc + words_of((uint8_t)f->code[pc]), target = next + f->code[next - 1];
        if (target >= f->code_count || !starts[target])
            return "a jump that does not meet an instruction";
    }
    for (uint32_t i = 0; i < f->handler_count; i++) {
        const struct vvm_handler *h = &f->handlers[i];
        if (h->target >= f->code_count || !starts[h->target] || h->start > h->end || h->end > f->code_count
            || h->slot >= f->register_count)
            return "a handler that is out of range";
    }
    return NULL;
}

static const char *check_tables(const struct vvm_function *f)
{
    for (uint32_t i = 1; i < f->owned_count; i++)
        if (f->owned[i].pc <= f->owned[i - 1].pc)
            return "an owned table out of order";
    for (uint32_t i = 1; i < f->line_count; i++)
        if (f->lines[i].pc < f->lines[i - 1].pc)
            return "a line table out of order";
    return NULL;
}

const char *vvm_verify(const struct vvm_function *f)
{
    bool *starts = calloc(f->code_count + 1, sizeof *starts);
    if (!starts)
        return NULL;
    const char *wrong = f->register_count < f->parameter_count ? "fewer registers than parameters" : NULL;
    uint32_t pc = 0;
    while (!wrong && pc < f->code_count) {
        uint8_t op = (uint8_t)f->code[pc];
        if (op >= VVM_OPCODE_COUNT || pc + words_of(op) > f->code_count) {
            wrong = "an unknown or truncated instruction";
            break;
        }
        starts[pc] = true;
        wrong = check_instruction(f, pc);
        pc += words_of(op);
    }
    if (!wrong)
        wrong = check_targets(f, starts);
    free(starts);
    return wrong ? wrong : check_tables(f);
}
