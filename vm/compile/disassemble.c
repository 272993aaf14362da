/* The disassembler: what `vela dump` prints. */
#include "vm/compile/ir.h"

#include "vm/front/source.h"
#include "vm/value/object.h"

static uint32_t words_of(uint8_t op)
{
    switch ((enum vvm_format)vvm_opcode_info[op].format) {
    case VVM_FORMAT_ABC: case VVM_FORMAT_ABX: return 1;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW: case VVM_FORMAT_JUMP: return 2;
    default: return 3;
    }
}

static uint32_t line_at(const struct vvm_function *function, uint32_t pc)
{
    uint32_t position = 0;
    for (uint32_t i = 0; i < function->line_count && function->lines[i].pc <= pc; i++)
        position = function->lines[i].position;
    return function->source ? vvm_source_position(function->source, position).line : 0;
}

static void write_operand(struct vvm_text_builder *out, char role, uint32_t value)
{
    if (role == '-')
        vvm_text_add_format(out, " %u", value);
    else
        vvm_text_add_format(out, " r%u", value);
}

static void write_constant(struct vvm_text_builder *out, const struct vvm_function *function, uint32_t index)
{
    if (index >= function->constant_count)
        return;
    vvm_text_add_c(out, "   ; ");
    vvm_text_whole(function->constants[index], true, out);
}

static void write_call(const struct vvm_function *function, uint32_t pc, struct vvm_text_builder *out)
{
    const uint32_t *code = function->code + pc;
    if ((uint8_t)code[0] == VVM_OPC_TSELF) {
        vvm_text_add_format(out, " window r%u, %u arguments, given %x, kept %x, to %u", code[0] >> 16,
                            code[0] >> 8 & 0xff, code[1] >> 16, VVM_TSELF_KEPT(code[2]), VVM_TSELF_ENTRY(code[2]));
        return;
    }
    bool lends = (uint8_t)code[0] == VVM_OPC_TCALLM;
    vvm_text_add_format(out, lends ? " window r%u, %u arguments, lent %x, given %x, %u"
                                   : " window r%u, %u arguments, to r%u, given %x, %u",
                        code[0] >> 16, code[0] >> 8 & 0xff, code[1] & 0xffff, code[1] >> 16, code[2]);
}

static void write_instruction(const struct vvm_function *function, uint32_t pc, struct vvm_text_builder *out)
{
    const uint32_t *code = function->code + pc;
    uint8_t op = (uint8_t)code[0];
    const struct vvm_opcode_info *info = &vvm_opcode_info[op];
    uint32_t a = code[0] >> 8 & 0xff, b = code[0] >> 16 & 0xff, c = code[0] >> 24;
    vvm_text_add_format(out, "%6u  %4u  %-10s", pc, line_at(function, pc), info->name);
    switch ((enum vvm_format)info->format) {
    case VVM_FORMAT_CALL: write_call(function, pc, out); break;
    case VVM_FORMAT_ABX:
        write_operand(out, info->a, a);
        vvm_text_add_format(out, " %d", op == VVM_OPC_LOADI ? (int)(int16_t)(code[0] >> 16) : (int)(code[0] >> 16));
        if (op == VVM_OPC_LOADK)
            write_constant(out, function, code[0] >> 16);
        break;
    default:
        write_operand(out, info->a, a);
        write_operand(out, info->b, b);
        write_operand(out, info->c, c);
        if (info->format == VVM_FORMAT_JUMP)
            vvm_text_add_format(out, " -> %d", (int)(pc + 2 + code[1]));
        else if (info->format == VVM_FORMAT_JUMPW)
            vvm_text_add_format(out, " %u -> %d", code[1], (int)(pc + 3 + code[2]));
        else if (info->format != VVM_FORMAT_ABC)
            vvm_text_add_format(out, " %u", code[1]);
    }
    vvm_text_add_c(out, "\n");
}

static void write_owned(const struct vvm_function *function, struct vvm_text_builder *out)
{
    for (uint32_t i = 0; i < function->owned_count; i++) {
        const uint64_t *set = function->owned_bits + function->owned[i].bits_index;
        vvm_text_add_format(out, "  owned from %u:", function->owned[i].pc);
        for (uint32_t reg = 0; reg < function->owned_words * 64; reg++)
            if (set[reg / 64] >> (reg % 64) & 1)
                vvm_text_add_format(out, " r%u", reg);
        vvm_text_add_c(out, "\n");
    }
}

void vvm_disassemble(const struct vvm_function *function, struct vvm_text_builder *out)
{
    vvm_text_add_format(out, "function %u %s: %u parameters, %u registers\n", function->id, function->name,
                        function->parameter_count, function->register_count);
    for (uint32_t pc = 0; pc < function->code_count; pc += words_of((uint8_t)function->code[pc]))
        write_instruction(function, pc, out);
    for (uint32_t i = 0; i < function->handler_count; i++)
        vvm_text_add_format(out, "  errors in %u .. %u go to %u, error in r%u\n", function->handlers[i].start,
                            function->handlers[i].end, function->handlers[i].target, function->handlers[i].slot);
    write_owned(function, out);
    vvm_text_add_c(out, "\n");
}
