/* Which results may borrow: a field or element that is only looked at while the value it comes from stays put
 * (docs/architecture.md, Who owns an argument). A borrowing register must not meet another value of the same register
 * at a join, since there its class would depend on the path. */
#include "vm/compile/flow.h"

#define SCAN_MAX 400 /* instructions looked at; beyond that the result owns */

struct scan { int reg; bool read, consumed; };

static const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static void note_use(void *context, int reg, bool consumed)
{
    struct scan *scan = context;
    if (reg != scan->reg)
        return;
    scan->read = true;
    scan->consumed |= consumed;
}

static struct scan uses_of(const struct vvm_ir *ir, int reg)
{
    struct scan scan = {reg, false, false};
    flow_uses(ir, &scan, note_use);
    return scan;
}

/* An argument of an ordinary call may be lent, if its base is still there after the call. */
static bool lent_to_call(const struct flow *f, uint32_t index, int reg, int base, bool base_outlives)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    int argument = reg - ir->b - VVM_FRAME_HEADER;
    if (info_of(ir)->format != VVM_FORMAT_CALL || ir->op == VVM_OPC_LOOP || (info_of(ir)->flags & VVM_OP_TAIL) ||
        argument < 0 || argument >= VVM_MASK_BITS)
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

/* On every way out of the instruction on which the result is live, its base is, too. */
static bool stays_with(const struct flow *f, uint32_t index, int reg, int base)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    const uint64_t *fall = flow_fall(f, index);
    if (set_has(fall, reg) && !set_has(fall, base))
        return false;
    bool jumps = ir->label != NO_LABEL && (vvm_opcode_info[ir->op].flags & VVM_OP_J);
    return !jumps || !set_has(flow_label(f, ir->label), reg) || set_has(flow_label(f, ir->label), base);
}

/* What GETFIELD and INDEX give may be made on the spot (a getter's value, a slice), or stand in a field that somebody
 * assigns to meanwhile; the others look into an immutable value. W of a SLOT tells whether
 * its field is one, W of an INDEX that it looks into a List or Tuple (the core library's own loops). */
static bool is_pure_projection(const struct vvm_ir *ir)
{
    switch (ir->op) {
    case VVM_OPC_PEEL: case VVM_OPC_TUPGET: case VVM_OPC_ELEM: case VVM_OPC_ELEMR: return true;
    case VVM_OPC_SLOT: case VVM_OPC_INDEX: case VVM_OPC_INDEXI: return ir->w != 0;
    default: return false;
    }
}

/* One after another the instructions where the register may still hold what instruction `from` put there. */
struct range { const struct flow *f; uint32_t from, at, last; int reg; };

enum range_step { RANGE_USE, RANGE_OVER, RANGE_UNCLEAR };

static enum range_step range_next(struct range *r)
{
    const struct flow *f = r->f;
    for (r->at++; r->at < f->ir->count; r->at++) {
        const struct vvm_ir *ir = &f->ir->code[r->at];
        if (r->at > r->last && !set_has(flow_fall(f, r->at - 1), r->reg))
            return RANGE_OVER;
        if (r->at - r->from > SCAN_MAX)
            return RANGE_UNCLEAR;
        if (!f->reached[r->at])
            continue;
        if (joins_from_outside(f, r->at, r->from, r->reg) || flow_definition(ir) == r->reg)
            return RANGE_UNCLEAR;
        if (f->handler[r->at] != NO_LABEL && set_has(flow_label(f, f->handler[r->at]), r->reg))
            return RANGE_UNCLEAR;
        if ((info_of(ir)->flags & VVM_OP_J) && set_has(flow_label(f, ir->label), r->reg) &&
            f->label_at[ir->label] > r->last)
            r->last = f->label_at[ir->label];
        return RANGE_USE;
    }
    return RANGE_OVER;
}

bool flow_stands_alone(const struct flow *f, uint32_t index)
{
    struct range r = {f, index, index, index, f->ir->code[index].a};
    for (;;)
        switch (range_next(&r)) {
        case RANGE_OVER: return true;
        case RANGE_UNCLEAR: return false;
        case RANGE_USE:
            if (info_of(&f->ir->code[r.at])->a == 'm' && f->ir->code[r.at].a == r.reg)
                return false;
        }
}

/* Does the base stay as it is over this instruction, as far as the result is concerned? */
static bool base_stays(const struct flow *f, uint32_t index, int reg, int base)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    bool live = flow_live_after(f, index, reg);
    struct scan of_base = uses_of(ir, base);
    if (live && (!stays_with(f, index, reg, base) || flow_definition(ir) == base))
        return false;
    if (of_base.consumed && info_of(ir)->a == 'm' && ir->a == base)
        return false;
    return !(of_base.consumed && uses_of(ir, reg).read && !flow_live_after(f, index, base));
}

bool flow_may_borrow(const struct flow *f, uint32_t index, bool base_outlives)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    int reg = ir->a, base = ir->b;
    if (f->ir->count_borrows || reg == base || !is_pure_projection(ir))
        return false;
    if (!base_outlives && !stays_with(f, index, reg, base))
        return false;
    struct range r = {f, index, index, index, reg};
    for (;;) {
        enum range_step step = range_next(&r);
        if (step != RANGE_USE)
            return step == RANGE_OVER;
        if (uses_of(&f->ir->code[r.at], reg).consumed && !lent_to_call(f, r.at, reg, base, base_outlives))
            return false;
        if (!base_outlives && !base_stays(f, r.at, reg, base))
            return false;
    }
}
