/* Ownership: who owns what at each point, and so where values are moved, copied, lent and dropped
 * (docs/architecture.md, Who owns an argument). One pass forward over the analysed code.
 *
 * Invariant between two instructions: a register that is OWNED or a PARAMETER is live. So whatever holds a value
 * that nobody reads any more is dropped at once: after an instruction its dying operands, its result if nobody
 * wants it, and what only its handler would have read; on the edges of a branch what only the other edge reads. */
#include "vm/compile/ownership.h"

#include <stdlib.h>

void own_hold(struct owner *o, int reg, uint8_t class)
{
    o->now[reg] = class;
    if (class == OWNED)
        set_add(o->owned, reg);
    else
        set_remove(o->owned, reg);
}

/* ---- Consumed operands ---- */

/* How a value goes where it will be consumed: by its bits alone, with its count, or with one of its own. */
enum vvm_opcode own_transfer(uint8_t class, bool dies)
{
    if (is_scalar(class) || (class == OWNED && dies))
        return VVM_OPC_MOVE;
    return class == PARAMETER && dies ? VVM_OPC_TAKE : VVM_OPC_COPY;
}

/* Gives a register whose value can be consumed now: the operand itself at its last use, else a copy. `again`: the
 * instruction reads the operand elsewhere, too. */
int own_consume(struct owner *o, uint32_t index, int reg, bool again)
{
    uint8_t class = o->now[reg];
    bool dies = !again && !lives_on(o->f, index, reg);
    enum vvm_opcode op = own_transfer(class, dies);
    if (dies)
        own_hold(o, reg, DEAD);
    if (dies && op == VVM_OPC_MOVE)
        return reg;
    int copy = take_scratch(o, 1);
    own_put(o, op, copy, reg, 0);
    return copy;
}

static bool reads_again(const struct vvm_ir *ir, int position, int reg)
{
    const struct vvm_opcode_info *info = info_of(ir);
    const char roles[] = {info->a, info->b, info->c};
    const int regs[] = {ir->a, ir->b, ir->c};
    for (int i = 0; i < 3; i++) {
        bool read = roles[i] == 'u' || roles[i] == 'v' || roles[i] == 'm' || (roles[i] == 'c' && i > position);
        if (i != position && read && regs[i] == reg)
            return true;
    }
    return false;
}

static bool range_is_ready(const struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    for (int reg = ir->b; reg < ir->b + flow_range_count(ir); reg++)
        if (lives_on(o->f, index, reg) || own_transfer(o->now[reg], true) != VVM_OPC_MOVE)
            return false;
    return true;
}

/* A range with values that live on, or that are not owned, is put together again above the frame. */
static void consume_range(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    int count = flow_range_count(ir), first = ir->b;
    bool ready = range_is_ready(o, index, ir);
    if (!ready)
        ir->b = take_scratch(o, count);
    for (int i = 0; i < count; i++) {
        bool dies = !lives_on(o->f, index, first + i);
        if (!ready)
            own_put(o, own_transfer(o->now[first + i], dies), ir->b + i, first + i, 0);
        if (dies)
            own_hold(o, first + i, DEAD);
    }
}

/* What is changed in place must be owned, and the handler must not read it. */
static void consume_changed(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    int reg = ir->a;
    bool kept = handler_reads(o->f, index, reg);
    if (!is_parameter(o, reg) && !kept && (is_scalar(o->now[reg]) || o->now[reg] == OWNED)) {
        own_hold(o, reg, DEAD);
        return;
    }
    ir->a = take_scratch(o, 1);
    own_put(o, o->now[reg] == PARAMETER && !kept ? VVM_OPC_TAKE : VVM_OPC_COPY, ir->a, reg, 0);
    if (!kept)
        own_hold(o, reg, DEAD);
}

static void consume_operands(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    const struct vvm_opcode_info *info = info_of(ir);
    const struct vvm_ir read = *ir;
    if (info->a == 'c')
        ir->a = own_consume(o, index, ir->a, reads_again(&read, 0, ir->a));
    if (info->b == 'c')
        ir->b = own_consume(o, index, ir->b, reads_again(&read, 1, ir->b));
    else if (info->b == 'r')
        consume_range(o, index, ir);
    if (info->c == 'c')
        ir->c = own_consume(o, index, ir->c, reads_again(&read, 2, ir->c));
    if (info->a == 'm')
        consume_changed(o, index, ir);
}

/* ---- Classes of results ---- */

/* What a register holds that passed the check; OWNED: the check tells nothing about counts. */
uint8_t checked_class(const struct vvm_function *function, int check)
{
    if ((uint32_t)check >= function->check_count)
        return OWNED;
    switch (function->checks[check].test->kind) {
    case VVM_TEST_NUMBER: return WHOLE;
    case VVM_TEST_FLOAT: return REAL;
    case VVM_TEST_BOOL: return TRUTH;
    case VVM_TEST_VOID: return NUMERIC;
    default: return OWNED;
    }
}

static uint8_t constant_class(const struct vvm_function *function, int index)
{
    if ((uint32_t)index >= function->constant_count)
        return SCALAR;
    switch (function->constants[index].tag) {
    case VVM_NUMBER: return WHOLE;
    case VVM_FLOAT: return REAL;
    case VVM_BOOL: return TRUTH;
    case VVM_VOID: return NUMERIC;
    default: return SCALAR;
    }
}

/* Arithmetic on plain numbers gives one. */
static uint8_t arithmetic_class(const struct owner *o, const struct vvm_ir *ir)
{
    bool immediate = (ir->op >= VVM_OPC_ADDI && ir->op <= VVM_OPC_MULI_K) || ir->op == VVM_OPC_NEG;
    bool closed = immediate || (ir->op >= VVM_OPC_ADD && ir->op <= VVM_OPC_MOD_K);
    if (!closed && ir->op != VVM_OPC_POW)
        return OWNED;
    uint8_t b = o->now[ir->b], c = immediate && ir->op != VVM_OPC_NEG ? WHOLE : immediate ? b : o->now[ir->c];
    if (!is_plain(b) || !is_plain(c))
        return OWNED;
    if (b == REAL || c == REAL)
        return REAL;
    return closed && b == WHOLE && c == WHOLE ? WHOLE : NUMERIC;
}

/* Of an instruction whose result is never counted. */
static uint8_t scalar_class(enum vvm_opcode op)
{
    switch (op) {
    case VVM_OPC_EQ:
    case VVM_OPC_NE:
    case VVM_OPC_LT:
    case VVM_OPC_LE:
    case VVM_OPC_GT:
    case VVM_OPC_GE:
    case VVM_OPC_NOT:
    case VVM_OPC_IS: return TRUTH;
    case VVM_OPC_BAND: case VVM_OPC_BOR: case VVM_OPC_BXOR: case VVM_OPC_BNOT: case VVM_OPC_SHL: case VVM_OPC_SHR:
    case VVM_OPC_USHR: return WHOLE;
    default: return NUMERIC;
    }
}

static uint8_t result_class(const struct owner *o, const struct vvm_ir *ir)
{
    switch (ir->op) {
    case VVM_OPC_UNSET: return SCALAR;
    case VVM_OPC_LOADI: case VVM_OPC_SELECTED: return WHOLE;
    case VVM_OPC_LOADK: return constant_class(o->f->function, ir->b);
    default: return info_of(ir)->a == 's' ? scalar_class(ir->op) : arithmetic_class(o, ir);
    }
}

/* ---- One instruction ---- */

struct dying { struct owner *o; uint32_t index; int definition, regs[3], count; };

static void note_dying(void *context, int reg, bool consumed)
{
    struct dying *d = context;
    bool dies = reg == d->definition || !flow_live_after(d->o->f, d->index, reg);
    bool left = d->o->now[reg] == PARAMETER && d->o->leaving && reg != d->definition; /* to the frame's exit */
    if (consumed || !dies || !needs_drop(d->o->now[reg]) || left)
        return;
    for (int i = 0; i < d->count; i++)
        if (d->regs[i] == reg)
            return;
    if (d->count < 3)
        d->regs[d->count++] = reg;
}

static bool is_pure(uint8_t op)
{
    return op == VVM_OPC_LOADI || op == VVM_OPC_LOADK || op == VVM_OPC_UNSET || op == VVM_OPC_GETENV;
}

/* What the instruction's result register holds afterwards; the value may still be in a scratch register. */
static void place_result(struct owner *o, uint32_t index, int reg, int made, uint8_t class)
{
    bool wanted = flow_live_after(o->f, index, reg);
    if (!wanted && class == OWNED)
        own_put(o, VVM_OPC_DROP, made, 0, 0);
    own_drop_old(o, reg);
    if (wanted && made != reg)
        own_store(o, reg, made, class);
    else
        own_hold(o, reg, wanted ? class : DEAD);
}

/* The class of a result that may borrow; `*op` becomes the borrowing twin. GETENV and GETMOD borrow anyway, so their
 * result may need a copy of its own: OWNED then. */
static uint8_t borrowed_class(struct owner *o, uint32_t index, struct vvm_ir *ir, uint8_t class)
{
    const struct vvm_opcode_info *info = info_of(ir);
    if (info->a == 'b')
        return flow_stands_alone(o->f, index) ? BORROWED_FRAME : OWNED;
    if (info->a != 'p' || !flow_may_borrow(o->f, index, o->now[ir->b] == BORROWED_FRAME))
        return class;
    ir->op++;
    return o->now[ir->b] == BORROWED_FRAME ? BORROWED_FRAME : BORROWED_LOCAL;
}

/* Arithmetic of what is known to be two Floats asks for no kinds. */
static uint8_t float_form(const struct owner *o, const struct vvm_ir *ir)
{
    if (ir->op < VVM_OPC_ADD || ir->op > VVM_OPC_DIV || o->now[ir->b] != REAL || o->now[ir->c] != REAL)
        return ir->op;
    switch (ir->op) {
    case VVM_OPC_ADD: return VVM_OPC_ADDF;
    case VVM_OPC_SUB: return VVM_OPC_SUBF;
    case VVM_OPC_MUL: return VVM_OPC_MULF;
    case VVM_OPC_DIV: return VVM_OPC_DIVF;
    default: return ir->op;
    }
}

/* An instruction's result goes through a scratch register while the old value of its register is still needed or
 * owned. */
static void place_plain(struct owner *o, uint32_t index, struct vvm_ir ir)
{
    struct flow *f = o->f;
    const struct vvm_opcode_info *info = info_of(&ir);
    struct dying dying = {.o = o, .index = index, .definition = flow_definition(&ir)};
    int result = info->a == 'm' ? ir.a : dying.definition;
    if (is_pure(ir.op) && !flow_live_after(f, index, ir.a))
        return;
    uint8_t class = info->a == 'm' ? OWNED : borrowed_class(o, index, &ir, result_class(o, &ir));
    ir.op = float_form(o, &ir);
    consume_operands(o, index, &ir);
    if (ir.op == VVM_OPC_TSELF)
        ir.w = VVM_TSELF_WORD(checks_passed(o, &ir), o->kept);
    o->kept = 0;
    uint32_t mask = info->format == VVM_FORMAT_CALL && ir.op != VVM_OPC_LOOP ? consume_window(o, &ir) : 0;
    ir.op = plain_form(o, ir.op);
    if (dying.definition >= 0 && (needs_drop(o->now[result]) || is_parameter(o, result)))
        ir.a = take_scratch(o, 1);
    flow_uses(&f->ir->code[index], &dying, note_dying);
    uint8_t checked = ir.op == VVM_OPC_CHECK ? checked_class(f->function, ir.b) : OWNED;
    if (checked != OWNED)
        dying.count = 0;
    if ((info->flags & VVM_OP_K) && dying.count > 0 && dying.count <= 2 && !o->wide)
        ir.op++;
    bool throws = info_of(&ir)->flags & VVM_OP_T; /* of the twin that was taken */
    if (throws)
        join_handler(o, index);
    struct placed *p = own_place(o, ir, throws ? owned_set(o) : UINT32_MAX);
    if (p)
        p->mask = mask;
    if (info->flags & VVM_OP_E)
        return;
    if (checked != OWNED)
        own_hold(o, ir.a, checked);
    if (info->a == 'b' && class == OWNED)
        own_put(o, VVM_OPC_COPY, ir.a, ir.a, 0);
    o->leaving = false; /* what is left to the frame's exit is no longer in the list */
    own_drop_list(o, dying.regs, dying.count);
    if (result >= 0)
        place_result(o, index, result, ir.a, class);
    if ((info->flags & VVM_OP_T) && f->handler[index] != NO_LABEL)
        own_drop_dead(o, flow_fall(f, index));
}

/* A check; none where it is known that a Number, Float or Bool stands there. */
static void place_check(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    struct flow *f = o->f;
    uint8_t class = o->now[ir->a];
    if ((class != WHOLE && class != REAL && class != TRUTH) || checked_class(f->function, ir->b) != class)
        place_plain(o, index, *ir);
    else if (f->handler[index] != NO_LABEL)
        own_drop_dead(o, flow_fall(f, index));
}

static void place_jump(struct owner *o, uint32_t index, struct vvm_ir ir)
{
    struct flow *f = o->f;
    const struct vvm_opcode_info *info = info_of(&ir);
    bool throws = info->flags & VVM_OP_T, one_way = has_one_way(f, ir.label);
    uint32_t owned = throws ? owned_set(o) : UINT32_MAX, target = ir.label;
    if (throws)
        join_handler(o, index);
    join_label(o, target);
    uint32_t first = o->drop_count;
    uint32_t count = one_way ? 0 : remember_drops(o, flow_label(f, target), leaves_at(f, f->label_at[target]));
    if (count)
        ir.label = stub_to(o, target, first, count);
    own_place(o, ir, owned);
    if (ir.op == VVM_OPC_JSET && o->now[ir.a] == OWNED) /* unset, where it does not jump */
        own_hold(o, ir.a, SCALAR);
    if (!(info->flags & VVM_OP_E))
        own_drop_dead(o, flow_fall(f, index));
}

/* At a handler: its own owned set (what unwinding must leave), then the parameters nobody needs any more. */
static void place_handler(struct owner *o, uint32_t label)
{
    struct flow *f = o->f;
    int slot = (int)f->label_slot[label];
    own_hold(o, slot, OWNED);
    own_place(o, (struct vvm_ir){.op = VVM_OPC_NOP, .label = NO_LABEL, .position = o->position}, owned_set(o));
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (o->handler_drops[label] >> reg & 1 && !o->leaving)
            own_put(o, VVM_OPC_DROPP, reg, 0, 0);
    if (!set_has(flow_label(f, label), slot))
        own_drop(o, slot);
}

static void place_label(struct owner *o, const struct vvm_ir *ir, uint32_t index)
{
    struct flow *f = o->f;
    if (f->falls_in[index])
        join_label(o, ir->label);
    take_label(o, ir->label);
    own_place(o, *ir, UINT32_MAX);
    if (f->label_handler[ir->label])
        place_handler(o, ir->label);
    else if (has_one_way(f, ir->label))
        own_drop_dead(o, flow_label(f, ir->label));
}

static void place_one(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    const struct vvm_ir *ir = &f->ir->code[index];
    o->scratch = (int)f->ir->register_count;
    o->position = ir->position;
    o->leaving = leaves_at(f, index + 1);
    switch (ir->op) {
    case VVM_OPC_LABEL: place_label(o, ir, index); break;
    case VVM_OPC_TRY: case VVM_OPC_ENDTRY: own_place(o, *ir, UINT32_MAX); break;
    case VVM_OPC_KEEP: place_read(o, index, ir->a); break;
    case VVM_OPC_MOVE: place_move(o, index, ir); break;
    case VVM_OPC_ARG: place_argument(o, index, ir); break;
    case VVM_OPC_DEFP: place_default(o, index, ir); break;
    case VVM_OPC_RETURN: place_return(o, ir); break;
    case VVM_OPC_CHECK: place_check(o, index, ir); break;
    default:
        if (info_of(ir)->flags & VVM_OP_J)
            place_jump(o, index, *ir);
        else
            place_plain(o, index, *ir);
    }
}

/* ---- The function ---- */

/* Live after the NOP that starts every function: live at entry. */
static void place_entry(struct owner *o)
{
    for (int reg = 0; (uint32_t)reg < o->f->ir->parameter_count; reg++)
        own_hold(o, reg, is_parameter(o, reg) ? PARAMETER : OWNED);
    o->leaving = leaves_at(o->f, 1);
    own_drop_dead(o, flow_fall(o->f, 0));
}

/* Registers that scratch ranges may need besides the function's own. */
static uint32_t widest_range(const struct vvm_ir_function *ir)
{
    uint32_t widest = 0;
    for (uint32_t i = 0; i < ir->count; i++)
        if (vvm_opcode_info[ir->code[i].op].b == 'r' && (uint32_t)ir->code[i].c > widest)
            widest = (uint32_t)ir->code[i].c;
    return widest;
}

static bool prepare(struct owner *o)
{
    struct flow *f = o->f;
    uint32_t labels = f->ir->label_count + 1;
    o->now = calloc(f->ir->register_count + 1, 1);
    o->owned = calloc(f->words, sizeof *o->owned);
    o->at_label = calloc(labels, sizeof *o->at_label);
    o->handler_drops = calloc(labels, sizeof *o->handler_drops);
    o->last_stub = calloc(labels, sizeof *o->last_stub);
    o->scratch_top = (int)f->ir->register_count;
    o->wide = f->ir->register_count + widest_range(f->ir) + SPARE_REGISTERS > 256;
    return o->now && o->owned && o->at_label && o->handler_drops && o->last_stub;
}

static void release(struct owner *o)
{
    for (uint32_t i = 0; o->at_label && i < o->f->ir->label_count; i++)
        free(o->at_label[i]);
    free(o->now);
    free(o->owned);
    free(o->at_label);
    free(o->handler_drops);
    free(o->last_stub);
    free(o->stubs);
    free(o->drops);
}

static bool is_region_mark(const struct vvm_ir *ir)
{
    return ir->op == VVM_OPC_TRY || ir->op == VVM_OPC_ENDTRY;
}

bool flow_place(struct flow *f, struct placement *out)
{
    struct owner o = {.f = f, .out = out, .last_set = UINT32_MAX};
    out->label_count = f->ir->label_count;
    bool made = prepare(&o);
    if (made) {
        place_entry(&o);
        for (uint32_t i = 1; i < f->ir->count && !o.failed; i++)
            if (f->reached[i] || is_region_mark(&f->ir->code[i])) /* a region may end where nothing comes by */
                place_one(&o, i);
        place_stubs(&o);
        made = !o.failed;
    }
    out->register_count = (uint32_t)o.scratch_top;
    release(&o);
    return made;
}
