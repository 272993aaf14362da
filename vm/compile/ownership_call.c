/* Ownership of moves, arguments, returns and calls. */
#include "vm/compile/ownership.h"

/* ---- Moves, arguments, returns ---- */

static void note_stored(struct owner *o, int reg)
{
    if (is_parameter(o, reg))
        o->stored |= (uint16_t)(1u << reg);
}

/* A new value for a register, from one that is consumed: parameters get their bit. */
void own_store(struct owner *o, int reg, int from, uint8_t class)
{
    own_drop_old(o, reg);
    if (is_parameter(o, reg) && is_borrowed(class)) {
        own_put(o, VVM_OPC_COPY, from, from, 0);
        class = OWNED;
    }
    bool bit = is_parameter(o, reg) && class == OWNED;
    note_stored(o, reg);
    own_put(o, bit ? VVM_OPC_DEFP : VVM_OPC_MOVE, reg, from, 0);
    own_hold(o, reg, bit ? PARAMETER : class);
}

void place_read(struct owner *o, uint32_t index, int reg)
{
    if (!flow_live_after(o->f, index, reg) && needs_drop(o->now[reg]))
        own_drop(o, reg);
}

void place_move(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    int a = ir->a, b = ir->b;
    uint8_t class = o->now[b];
    if (a == b || !flow_live_after(o->f, index, a)) {
        place_read(o, index, b);
        return;
    }
    bool dies = !lives_on(o->f, index, b);
    if (is_scalar(class)) {
        own_store(o, a, b, class);
        return;
    }
    if (is_parameter(o, a)) {
        own_store(o, a, own_consume(o, index, b, false), OWNED);
        return;
    }
    own_drop_old(o, a);
    own_put(o, own_transfer(class, dies), a, b, 0);
    if (dies)
        own_hold(o, b, DEAD);
    own_hold(o, a, OWNED);
}

/* `DEFP a, b`: the default of a parameter that arrived unset. Beyond the mask parameters are owned registers. */
void place_default(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    uint8_t class = is_scalar(o->now[ir->b]) ? o->now[ir->b] : OWNED;
    int from = own_consume(o, index, ir->b, false);
    bool bit = is_parameter(o, ir->a);
    note_stored(o, ir->a);
    own_put(o, bit ? VVM_OPC_DEFP : VVM_OPC_MOVE, ir->a, from, 0);
    own_hold(o, ir->a, bit ? PARAMETER : class);
    place_read(o, index, ir->a);
}

static uint32_t call_after(const struct flow *f, uint32_t index)
{
    while (f->ir->code[index].op == VVM_OPC_ARG)
        index++;
    return index;
}

/* A parameter handed on to the function itself as the same parameter: it stays where it is. */
static bool is_kept(const struct owner *o, uint32_t index, const struct vvm_ir *ir, const struct vvm_ir *call)
{
    int argument = ir->a - call->b - VVM_FRAME_HEADER;
    if (call->op != VVM_OPC_TSELF || o->wide || ir->b != argument || !is_parameter(o, ir->b) || o->stored >> ir->b & 1)
        return false;
    return is_scalar(o->now[ir->b]) || (o->now[ir->b] == PARAMETER && !flow_live_after(o->f, index, ir->b));
}

void place_argument(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    uint32_t call_index = call_after(o->f, index);
    const struct vvm_ir *call = &o->f->ir->code[call_index];
    if (is_kept(o, index, ir, call)) {
        o->kept |= (uint16_t)(1u << ir->b);
        own_hold(o, ir->a, SCALAR);
        if (!flow_live_after(o->f, index, ir->b))
            own_hold(o, ir->b, DEAD);
        return;
    }
    int argument = ir->a - call->b - VVM_FRAME_HEADER, b = ir->b;
    bool in_mask = argument >= 0 && argument < VVM_MASK_BITS, dies = !flow_live_after(o->f, index, b);
    bool lends = in_mask && !o->f->ir->count_borrows && !(info_of(call)->flags & VVM_OP_TAIL);
    uint8_t class = o->now[b], result = OWNED;
    enum vvm_opcode op = VVM_OPC_COPY;
    if (is_scalar(class)) {
        op = VVM_OPC_MOVE;
        result = class;
    } else if (lends && (class == BORROWED_FRAME || (!dies && lives_on(o->f, call_index, b)))) {
        op = VVM_OPC_LEND;
        result = BORROWED_LOCAL;
    } else if (dies && class == OWNED) {
        op = VVM_OPC_MOVE;
    } else if (dies && class == PARAMETER) {
        op = in_mask ? VVM_OPC_GIVE : VVM_OPC_TAKE;
        result = in_mask ? GIVEN : OWNED;
    }
    own_put(o, op, ir->a, b, op == VVM_OPC_GIVE ? argument : 0);
    if (dies)
        own_hold(o, b, DEAD);
    own_hold(o, ir->a, result);
}

void place_return(struct owner *o, const struct vvm_ir *ir)
{
    uint8_t class = o->now[ir->a];
    own_put(o, is_borrowed(class) ? VVM_OPC_RETB : class == PARAMETER ? VVM_OPC_RETP : VVM_OPC_RETURN, ir->a, 0, 0);
}

/* ---- Calls ---- */

/* Lent arguments stay lent where the mask can say so; the callee value is owned or uncounted. Of the tail calls only
 * that of a method may find that its frame stays, so it says which arguments the frame keeps alive. */
static bool stays_lent(const struct owner *o, const struct vvm_ir *ir, int argument)
{
    if (argument < 0 || argument >= VVM_MASK_BITS)
        return false;
    bool of_frame = o->now[ir->b + VVM_FRAME_HEADER + argument] == BORROWED_FRAME;
    if (info_of(ir)->flags & VVM_OP_TAIL && (ir->op != VVM_OPC_TCALLM || !of_frame))
        return false;
    return !(o->f->ir->count_borrows && of_frame);
}

/* Takes the window's values away from the frame; gives the call's mask. What a tail call is lent goes into its `a`. */
uint32_t consume_window(struct owner *o, struct vvm_ir *ir)
{
    uint32_t mask = 0;
    for (int i = flow_reads_callee(ir) ? -1 : 0; i < ir->c; i++) {
        int reg = i < 0 ? ir->b : ir->b + VVM_FRAME_HEADER + i;
        if (is_borrowed(o->now[reg]) && !stays_lent(o, ir, i)) {
            own_put(o, VVM_OPC_COPY, reg, reg, 0);
            own_hold(o, reg, OWNED);
        }
        if (is_borrowed(o->now[reg]) && ir->op == VVM_OPC_TCALLM)
            ir->a |= 1 << i;
        if (o->now[reg] == OWNED && i >= 0 && i < VVM_MASK_BITS)
            mask |= (uint32_t)1 << i;
        own_hold(o, reg, DEAD);
    }
    return mask;
}

static bool is_empty(const uint64_t *set, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        if (set[i])
            return false;
    return true;
}

/* How many of the checks at the function's entry the arguments of a TSELF need not pass again: those kept have passed
 * them, of others the class may tell. A check is one word. */
uint32_t checks_passed(const struct owner *o, const struct vvm_ir *ir)
{
    uint32_t passed = 0;
    for (; !o->wide && passed < o->out->count && o->out->code[passed].ir.op == VVM_OPC_CHECK; passed++) {
        const struct vvm_ir *check = &o->out->code[passed].ir;
        uint8_t wanted = checked_class(o->f->function, check->b), class = o->now[ir->b + VVM_FRAME_HEADER + check->a];
        bool kept = is_parameter(o, check->a) && o->kept >> check->a & 1;
        if (!kept && (wanted == OWNED || wanted == NUMERIC || class != wanted))
            break;
    }
    return passed;
}

/* An async callee takes over the whole frame: not while it holds something that is needed afterwards. */
uint8_t plain_form(const struct owner *o, uint8_t op)
{
    bool holds = !is_empty(o->owned, o->f->words);
    for (int reg = 0; is_parameter(o, reg); reg++)
        holds |= o->now[reg] == PARAMETER;
    switch (op) {
    case VVM_OPC_ACALL: return holds ? VVM_OPC_CALL : op;
    case VVM_OPC_ACALLF: return holds ? VVM_OPC_CALLF : op;
    case VVM_OPC_ACALLM: return holds ? VVM_OPC_CALLM : op;
    default: return op;
    }
}
