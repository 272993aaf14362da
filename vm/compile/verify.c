/* The verifier: is finished bytecode well formed? And its entry. */
#include "vm/compile/verify.h"

#include "vm/compile/loop.h"

#include <stdlib.h>
#include <string.h>

static uint32_t words_of(uint8_t op)
{
    switch ((enum vvm_format)vvm_opcode_info[op].format) {
    case VVM_FORMAT_ABC: case VVM_FORMAT_ABX: return 1;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW: case VVM_FORMAT_JUMP: return 2;
    default: return 3;
    }
}

bool has_target(const struct vvm_opcode_info *info)
{
    return info->format == VVM_FORMAT_JUMP || info->format == VVM_FORMAT_JUMPW;
}

struct decoded decode(const struct vvm_function *f, uint32_t pc)
{
    uint32_t w = f->code[pc];
    struct decoded d = {
        .pc = pc, .op = (uint8_t)w, .a = w >> 8 & 0xff, .b = w >> 16 & 0xff, .c = w >> 24, .bx = w >> 16};
    d.info = &vvm_opcode_info[d.op];
    d.next = pc + words_of(d.op);
    d.target = has_target(d.info) ? d.next + f->code[d.next - 1] : 0;
    return d;
}

/* ---- Form ---- */

static bool is_inside(const struct vvm_function *f, char role, uint32_t reg)
{
    return role == '-' || role == 'r' || reg < f->register_count;
}

static bool is_loop(uint32_t kind)
{
    for (uint32_t i = 0; i < VVM_LOOP_COUNT_OF_KINDS; i++)
        if (vvm_loop_kinds[i] == kind)
            return true;
    return false;
}

/* AGAIN stands behind its LOOP and nowhere else. */
static const char *check_loop(const struct vvm_function *f, const struct decoded *d)
{
    const uint32_t *code = f->code + d->pc;
    uint32_t kind = code[2];
    if (!is_loop(kind) || (int)d->a != vvm_loop_arguments(kind)
        || (int)f->parameter_count < vvm_loop_parameters(kind))
        return "a loop over what are no parameters";
    if (d->next >= f->code_count || code[3] != (VVM_OPC_AGAIN | (code[1] & 0xff) << 8 | kind << 16))
        return "a loop that does not go on";
    return NULL;
}

static const char *check_call(const struct vvm_function *f, const struct decoded *d)
{
    uint32_t mask = f->code[d->pc + 1] >> 16;
    uint32_t low = f->code[d->pc + 1] & 0xffff;
    if (d->bx + VVM_FRAME_HEADER + d->a > f->register_count || (d->op != VVM_OPC_TCALLM && low >= f->register_count))
        return "a call outside of the frame";
    if (d->op == VVM_OPC_TCALLM && ((d->a < VVM_MASK_BITS && low >> d->a) || (low & mask)))
        return "a tail call that is lent what it is given, or more than its arguments";
    if (d->a < VVM_MASK_BITS && mask >> d->a)
        return "a mask that gives more than the arguments";
    if (d->op == VVM_OPC_LOOP)
        return check_loop(f, d);
    if (d->op == VVM_OPC_TSELF && d->a != f->parameter_count)
        return "a self call with other arguments";
    for (uint32_t pc = 0; d->op == VVM_OPC_TSELF && pc < VVM_TSELF_ENTRY(f->code[d->pc + 2]); pc++)
        if (pc >= f->code_count || (uint8_t)f->code[pc] != VVM_OPC_CHECK)
            return "a self call that skips more than checks";
    return NULL;
}

static const char *check_form(const struct vvm_function *f, const struct decoded *d)
{
    const struct vvm_opcode_info *info = d->info;
    if (info->flags & VVM_OP_P)
        return "a pseudo instruction";
    if (info->format == VVM_FORMAT_CALL)
        return check_call(f, d);
    if (info->b == 'r' && d->c && d->b + d->c > f->register_count)
        return "a range outside of the frame";
    if (d->op == VVM_OPC_LOADK && d->bx >= f->constant_count)
        return "a constant that does not exist";
    if (d->op == VVM_OPC_DEFP && d->a >= f->register_count)
        return "a default outside of the frame";
    if (d->op == VVM_OPC_AGAIN && (d->pc < 3 || (uint8_t)f->code[d->pc - 3] != VVM_OPC_LOOP))
        return "the end of a loop that has no start";
    if (d->op == VVM_OPC_CHECK && d->bx >= f->check_count)
        return "a type check that does not exist";
    if ((d->op == VVM_OPC_LOADW || d->op == VVM_OPC_STOREW) && d->bx >= f->register_count)
        return "a far register outside of the frame";
    bool wide = info->format == VVM_FORMAT_ABX;
    if (!is_inside(f, info->a, d->a) || (!wide && (!is_inside(f, info->b, d->b) || !is_inside(f, info->c, d->c))))
        return "a register outside of the frame";
    return NULL;
}

static const char *check_jump(const struct verifier *v, const struct decoded *d)
{
    if (!has_target(d->info))
        return NULL;
    if (d->target >= v->f->code_count || !v->starts[d->target])
        return "a jump that does not meet an instruction";
    return d->target < d->next && d->op != VVM_OPC_JMP ? "a jump backwards" : NULL;
}

static const char *check_handlers(const struct verifier *v)
{
    const struct vvm_function *f = v->f;
    for (uint32_t i = 0; i < f->handler_count; i++) {
        const struct vvm_handler *h = &f->handlers[i];
        if (h->start >= h->end || h->end > f->code_count || h->target < h->end || h->target >= f->code_count
            || !v->starts[h->start] || !v->starts[h->target] || h->slot >= f->register_count)
            return "a handler that is out of range";
        for (uint32_t k = 0; k < i; k++) {
            const struct vvm_handler *inner = &f->handlers[k];
            if (inner->start <= h->start && h->start < inner->end && h->end < inner->end)
                return "a handler within one that comes first";
        }
    }
    return NULL;
}

static const char *check_tables(const struct verifier *v)
{
    const struct vvm_function *f = v->f;
    for (uint32_t i = 0; i < f->owned_count; i++)
        if (f->owned[i].pc >= f->code_count || !v->starts[f->owned[i].pc] ||
            (i && f->owned[i].pc <= f->owned[i - 1].pc))
            return "an owned table that does not follow the code";
    for (uint32_t i = 0; i < f->line_count; i++)
        if (f->lines[i].pc >= f->code_count || !v->starts[f->lines[i].pc] ||
            (i && f->lines[i].pc <= f->lines[i - 1].pc))
            return "a line table that does not follow the code";
    return f->owned_count && f->owned_words * 64 < f->register_count ? "owned sets smaller than the frame" : NULL;
}

static const char *check_code(struct verifier *v)
{
    const struct vvm_function *f = v->f;
    if (f->register_count < f->parameter_count)
        return "fewer registers than parameters";
    for (uint32_t pc = 0; pc < f->code_count;) {
        uint8_t op = (uint8_t)f->code[pc];
        if (op >= VVM_OPCODE_COUNT || pc + words_of(op) > f->code_count)
            return "an unknown or truncated instruction";
        v->starts[pc] = true;
        struct decoded d = decode(f, pc);
        const char *wrong = check_form(f, &d);
        if (wrong)
            return wrong;
        pc = d.next;
    }
    for (uint32_t pc = 0; pc < f->code_count; pc += words_of((uint8_t)f->code[pc])) {
        struct decoded d = decode(f, pc);
        const char *wrong = check_jump(v, &d);
        if (wrong)
            return wrong;
    }
    const char *wrong = check_handlers(v);
    return wrong ? wrong : check_tables(v);
}

const char *vvm_verify(const struct vvm_function *f)
{
    struct verifier v = {.f = f};
    v.starts = calloc(f->code_count + 1, sizeof *v.starts);
    v.at = calloc(f->code_count + 1, sizeof *v.at);
    v.now = calloc(f->register_count + 1, 1);
    uint8_t *spare = calloc(f->register_count + 1, 1);
    bool ready = v.starts && v.at && v.now && spare;
    if (ready)
        v.wrong = check_code(&v);
    if (ready && !v.wrong)
        verify_paths(&v, spare);
    for (uint32_t pc = 0; v.at && pc < f->code_count; pc++)
        free(v.at[pc]);
    free(v.starts);
    free(v.at);
    free(v.now);
    free(spare);
    return v.wrong;
}
