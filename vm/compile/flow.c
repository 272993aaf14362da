/* Reachability, protected regions and liveness. */
#include "vm/compile/flow.h"

#include "vm/compile/loop.h"

#include <stdlib.h>
#include <string.h>

#define SETS_MAX ((size_t)1 << 28) /* bytes of sets: beyond it a function is too large */

static const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static void *flow_alloc(struct flow *f, size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size);
    if (block)
        f->blocks[f->block_count++] = block;
    return block;
}

void flow_free(struct flow *f)
{
    while (f->block_count)
        free(f->blocks[--f->block_count]);
}

/* ---- Operands ---- */

bool flow_reads_callee(const struct vvm_ir *ir)
{
    switch (ir->op) {
    case VVM_OPC_CALL:
    case VVM_OPC_CALLB:
    case VVM_OPC_CALLN:
    case VVM_OPC_TCALL:
    case VVM_OPC_TCALLN:
    case VVM_OPC_ACALL: return true;
    default:
        return false;
    }
}

/* Registers of an `r` operand: C says how many. */
int flow_range_count(const struct vvm_ir *ir) { return ir->c; }

static void visit_operand(char role, int reg, const struct vvm_ir *ir, void *context, flow_visitor visit)
{
    switch (role) {
    case 'u': case 'v': visit(context, reg, false); break;
    case 'c': case 'm': visit(context, reg, true); break;
    case 'r':
        for (int i = 0; i < flow_range_count(ir); i++)
            visit(context, reg + i, true);
        break;
    default: break;
    }
}

static void visit_call(const struct vvm_ir *ir, void *context, flow_visitor visit)
{
    if (flow_reads_callee(ir))
        visit(context, ir->b, true);
    for (int i = 0; i < ir->c; i++)
        visit(context, ir->b + VVM_FRAME_HEADER + i, true);
}

/* A loop keeps its state in the function's parameters. */
static void visit_loop(uint32_t kind, void *context, flow_visitor visit)
{
    for (int reg = 0; reg < vvm_loop_parameters(kind); reg++)
        visit(context, reg, false);
}

void flow_uses(const struct vvm_ir *ir, void *context, flow_visitor visit)
{
    const struct vvm_opcode_info *info = info_of(ir);
    if (ir->op == VVM_OPC_LOOP || ir->op == VVM_OPC_AGAIN)
        visit_loop(ir->op == VVM_OPC_LOOP ? ir->w : (uint32_t)ir->b, context, visit);
    if (ir->op == VVM_OPC_LOOP)
        return;
    if (info->format == VVM_FORMAT_CALL) {
        visit_call(ir, context, visit);
        return;
    }
    visit_operand(info->a, ir->a, ir, context, visit);
    visit_operand(info->b, ir->b, ir, context, visit);
    visit_operand(info->c, ir->c, ir, context, visit);
}

int flow_definition(const struct vvm_ir *ir)
{
    switch (info_of(ir)->a) {
    case 'd': case 's': case 'b': case 'p': return ir->a;
    default: return -1;
    }
}

/* ---- Forward: regions and reachability ---- */

static bool analyse_forward(struct flow *f)
{
    struct vvm_ir_function *ir = f->ir;
    uint32_t *regions = malloc((ir->count + 1) * sizeof *regions), depth = 0;
    if (!regions)
        return false;
    bool alive = true;
    for (uint32_t i = 0; i < ir->count; i++) {
        const struct vvm_ir *at = &ir->code[i];
        const struct vvm_opcode_info *info = info_of(at);
        if (at->op == VVM_OPC_LABEL) {
            f->falls_in[i] = alive;
            alive |= f->label_jumps[at->label] > 0 || f->label_handler[at->label];
        }
        f->reached[i] = alive;
        if (at->op == VVM_OPC_TRY)
            regions[depth++] = at->label;
        else if (at->op == VVM_OPC_ENDTRY && depth)
            depth--;
        f->handler[i] = depth ? regions[depth - 1] : NO_LABEL;
        if (!alive || (info->flags & VVM_OP_P))
            continue;
        if ((info->flags & VVM_OP_T) && depth)
            f->label_handler[regions[depth - 1]] = true;
        if (info->flags & VVM_OP_J) {
            if (!f->label_jumps[at->label]++)
                f->first_jump[at->label] = i;
        }
        if (info->flags & VVM_OP_E)
            alive = false;
    }
    free(regions);
    return true;
}

/* ---- Backward: liveness ---- */

static void add_use(void *context, int reg, bool consumed)
{
    (void)consumed;
    set_add(context, reg);
}

static void unite(uint64_t *set, const uint64_t *other, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        set[i] |= other[i];
}

/* What is live at a handler is live before whatever throws to it, but for the error's own register. */
void flow_add_handler(const struct flow *f, uint32_t label, uint64_t *live)
{
    int slot = (int)f->label_slot[label];
    bool kept = set_has(live, slot);
    unite(live, flow_label(f, label), f->words);
    if (!kept)
        set_remove(live, slot);
}

static void live_backward(struct flow *f)
{
    struct vvm_ir_function *ir = f->ir;
    uint64_t *live = f->scratch_set;
    size_t bytes = f->words * sizeof *live;
    memset(live, 0, bytes);
    for (uint32_t i = ir->count; i-- > 0;) {
        const struct vvm_ir *at = &ir->code[i];
        const struct vvm_opcode_info *info = info_of(at);
        if (!f->reached[i]) {
            if (at->op == VVM_OPC_LABEL)
                memset(live, 0, bytes);
            continue;
        }
        if (info->flags & VVM_OP_E)
            memset(live, 0, bytes);
        memcpy(flow_fall(f, i), live, bytes);
        if (at->op == VVM_OPC_LABEL) {
            memcpy(flow_label(f, at->label), live, bytes);
            continue;
        }
        if (at->op == VVM_OPC_TRY || at->op == VVM_OPC_ENDTRY)
            continue;
        if (info->flags & VVM_OP_J)
            unite(live, flow_label(f, at->label), f->words);
        int definition = flow_definition(at);
        if (definition >= 0)
            set_remove(live, definition);
        if ((info->flags & VVM_OP_T) && f->handler[i] != NO_LABEL) {
            flow_add_handler(f, f->handler[i], live);
        }
        flow_uses(at, live, add_use);
    }
}

static bool allocate(struct flow *f)
{
    struct vvm_ir_function *ir = f->ir;
    f->label_at = flow_alloc(f, ir->label_count, sizeof *f->label_at);
    f->label_jumps = flow_alloc(f, ir->label_count, sizeof *f->label_jumps);
    f->first_jump = flow_alloc(f, ir->label_count, sizeof *f->first_jump);
    f->label_handler = flow_alloc(f, ir->label_count, sizeof *f->label_handler);
    f->label_slot = flow_alloc(f, ir->label_count, sizeof *f->label_slot);
    f->label_live = flow_alloc(f, (size_t)ir->label_count * f->words, sizeof *f->label_live);
    f->reached = flow_alloc(f, ir->count, sizeof *f->reached);
    f->falls_in = flow_alloc(f, ir->count, sizeof *f->falls_in);
    f->handler = flow_alloc(f, ir->count, sizeof *f->handler);
    f->fall = flow_alloc(f, (size_t)ir->count * f->words, sizeof *f->fall);
    f->scratch_set = flow_alloc(f, f->words, sizeof *f->scratch_set);
    return f->block_count == 11;
}

bool flow_analyse(struct flow *f, struct vvm_ir_function *ir, struct vvm_function *function, bool *too_large)
{
    *f = (struct flow){.ir = ir, .function = function,
                       /* with room for the copies that ownership makes */
                       .words = (ir->register_count + SPARE_REGISTERS) / 64 + 1};
    if (((size_t)ir->count + ir->label_count) * f->words * sizeof *f->fall > SETS_MAX) {
        *too_large = true;
        return false;
    }
    if (!allocate(f))
        return false;
    for (uint32_t i = 0; i < ir->count; i++)
        if (ir->code[i].op == VVM_OPC_LABEL)
            f->label_at[ir->code[i].label] = i;
    for (uint32_t i = 0; i < ir->count; i++)
        if (ir->code[i].op == VVM_OPC_TRY)
            f->label_slot[ir->code[i].label] = (uint32_t)ir->code[i].a;
    if (!analyse_forward(f))
        return false;
    live_backward(f);
    return true;
}
