/* Which projections may borrow: a field or element that is only looked at while the value it comes from stays put
 * (mechanics.md, Borrowing registers). */
#include "vm/compile/flow.h"

#define SCAN_MAX 400 /* instructions looked at; beyond that the projection owns */

struct scan { int reg; bool read, consumed; };

static void note_use(void *context, int reg, bool consumed)
{
    struct scan *scan = context;
    if (reg != scan->reg)
        return;
    scan->read = true;
    scan->consumed |= consumed;
}

/* An argument of an ordinary call may be lent, if its base is still there after the call. */
static bool lent_to_call(const struct flow *f, uint32_t index, int reg, int base, bool base_outlives)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    const struct vvm_opcode_info *info = &vvm_opcode_info[ir->op];
    int argument = reg - ir->b - VVM_FRAME_HEADER;
    if (info->format != VVM_FORMAT_CALL || (info->flags & VVM_OP_TAIL) || argument < 0 || argument >= VVM_MASK_BITS)
        return false;
    return base_outlives || (flow_live_after(f, index, base) && flow_definition(ir) != base);
}

/* Jumps from before the definition into the result's range would bring another value of it. */
static bool joins_from_outside(const struct flow *f, uint32_t index, uint32_t definition, int reg)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    if (ir->op != VVM_OPC_LABEL || !set_has(flow_label(f, ir->label), reg))
        return false;
    return f->label_handler[ir->label] || (f->label_jumps[ir->label] && f->first_jump[ir->label] < definition);
}

/* What GETFIELD and INDEX give may be made on the spot (a getter's value, a slice), or stand in a field that somebody
 * assigns to meanwhile; the others always look into an immutable value. */
static bool is_pure_projection(uint8_t op)
{
    return op == VVM_OPC_PEEL || op == VVM_OPC_TUPGET || op == VVM_OPC_ELEM || op == VVM_OPC_ELEMR || op == VVM_OPC_SLOT;
}

bool flow_may_borrow(const struct flow *f, uint32_t index, bool base_outlives)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    int reg = ir->a, base = ir->b;
    uint32_t last = index;
    if (f->ir->count_borrows || reg == base || !is_pure_projection(ir->op))
        return false;
    if (flow_live_after(f, index, reg) && !base_outlives && !flow_live_after(f, index, base))
        return false;
    for (uint32_t i = index + 1; i < f->ir->count; i++) {
        const struct vvm_ir *at = &f->ir->code[i];
        if (i > last && !set_has(flow_fall(f, i - 1), reg))
            return true;
        if (i - index > SCAN_MAX)
            return false;
        if (!f->reached[i])
            continue;
        if (joins_from_outside(f, i, index, reg) || flow_definition(at) == reg)
            return false;
        bool live = flow_live_after(f, i, reg);
        struct scan scan = {reg, false, false};
        flow_uses(at, &scan, note_use);
        if (scan.consumed && !lent_to_call(f, i, reg, base, base_outlives))
            return false;
        if (live && !base_outlives && (!flow_live_after(f, i, base) || flow_definition(at) == base))
            return false;
        if (live && f->handler[i] != NO_LABEL && set_has(flow_label(f, f->handler[i]), reg))
            return false;
        const struct vvm_opcode_info *info = &vvm_opcode_info[at->op];
        if ((info->flags & VVM_OP_J) && set_has(flow_label(f, at->label), reg) && f->label_at[at->label] > last)
            last = f->label_at[at->label];
    }
    return true;
}
