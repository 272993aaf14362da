/* Ownership: who owns what at each point, and so where values are moved, copied, lent and dropped
 * (mechanics.md, Values and counts). One pass forward over the analysed code. */
#include "vm/compile/flow.h"

#include "vm/value/type.h"

#include <stdlib.h>
#include <string.h>

/* What a register holds. NUMERIC is a plain number, float, bool or void; SCALAR anything uncounted or immortal. */
enum class { DEAD, NUMERIC, SCALAR, OWNED, PARAMETER, BORROWED_FRAME, BORROWED_LOCAL, GIVEN };

struct stub { uint32_t label, target, first, count; };

struct owner {
    struct flow *f;
    struct placement *out;
    uint8_t *now;              /* class of each register */
    uint8_t **at_label;        /* label -> classes there, or NULL */
    uint64_t *before;          /* set live before the current instruction */
    uint64_t *handler_drops;   /* label -> parameters that die on the way to the handler */
    struct stub *stubs; uint32_t stub_count, stub_capacity;
    int *drops; uint32_t drop_count, drop_capacity; /* registers dropped in stubs and at label heads */
    uint32_t *head_first, *head_count; /* label -> drops at its head */
    uint32_t last_set;         /* last owned set made */
    int scratch;               /* next register for copies, above all others */
    int scratch_top;
    uint32_t position;
    bool wide;                 /* registers above 255 in byte operands: no twins that skip one word */
    bool failed;
};

static const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static bool is_scalar(uint8_t class) { return class == NUMERIC || class == SCALAR || class == DEAD; }
static bool needs_drop(uint8_t class) { return class == OWNED || class == PARAMETER; }

/* ---- Output ---- */

static struct placed *place(struct owner *o, struct vvm_ir ir)
{
    struct placement *out = o->out;
    if (out->count == out->capacity) {
        uint32_t capacity = out->capacity ? out->capacity * 2 : 64;
        struct placed *grown = realloc(out->code, capacity * sizeof *grown);
        if (!grown) {
            o->failed = true;
            out->count = 0;
            if (!out->capacity)
                return NULL;
        } else {
            out->code = grown;
            out->capacity = capacity;
        }
    }
    struct placed *p = &out->code[out->count++];
    *p = (struct placed){.ir = ir, .owned = UINT32_MAX};
    return p;
}

static struct placed *put(struct owner *o, enum vvm_opcode op, int a, int b, int c)
{
    return place(o, (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = c, .label = NO_LABEL, .position = o->position});
}

static uint64_t *new_set(struct owner *o)
{
    struct placement *out = o->out;
    uint32_t words = o->f->words;
    if (out->set_count == out->set_capacity) {
        uint32_t capacity = out->set_capacity ? out->set_capacity * 2 : 32;
        uint64_t *grown = realloc(out->sets, (size_t)capacity * words * sizeof *grown);
        if (!grown) {
            o->failed = true;
            return NULL;
        }
        out->sets = grown;
        out->set_capacity = capacity;
    }
    uint64_t *set = out->sets + (size_t)out->set_count++ * words;
    memset(set, 0, words * sizeof *set);
    return set;
}

static int take_scratch(struct owner *o)
{
    int reg = o->scratch++;
    if (o->scratch > o->scratch_top)
        o->scratch_top = o->scratch;
    return reg;
}

/* ---- Drops ---- */

static void drop(struct owner *o, int reg)
{
    if (o->now[reg] == PARAMETER)
        put(o, VVM_OPC_DROPP, reg, 0, 0);
    else if (o->now[reg] == OWNED)
        put(o, VVM_OPC_DROP, reg, 0, 0);
}

static void drop_all(struct owner *o, const int *regs, int count)
{
    if (count == 2 && !o->wide) {
        bool a = o->now[regs[0]] == PARAMETER, b = o->now[regs[1]] == PARAMETER;
        put(o, VVM_OPC_DROP2, regs[0], regs[1], a * 2 | b * 4);
        return;
    }
    for (int i = 0; i < count; i++)
        drop(o, regs[i]);
}

static uint32_t remember_drops(struct owner *o, const uint64_t *live, const uint64_t *kept, uint32_t *first)
{
    uint32_t count = 0;
    *first = o->drop_count;
    for (uint32_t word = 0; word < o->f->words; word++) {
        for (uint64_t bits = live[word] & ~kept[word]; bits; bits &= bits - 1) {
            int reg = (int)(word * 64) + __builtin_ctzll(bits);
            if (!needs_drop(o->now[reg]))
                continue;
            if (o->drop_count == o->drop_capacity) {
                uint32_t capacity = o->drop_capacity ? o->drop_capacity * 2 : 32;
                int *grown = realloc(o->drops, capacity * sizeof *grown);
                if (!grown) {
                    o->failed = true;
                    return count;
                }
                o->drops = grown;
                o->drop_capacity = capacity;
            }
            o->drops[o->drop_count++] = o->now[reg] == PARAMETER ? ~reg : reg;
            count++;
        }
    }
    return count;
}

static void put_remembered(struct owner *o, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        int reg = o->drops[i];
        put(o, reg < 0 ? VVM_OPC_DROPP : VVM_OPC_DROP, reg < 0 ? ~reg : reg, 0, 0);
    }
}

/* ---- Joins ---- */

static uint8_t join(uint8_t a, uint8_t b)
{
    if (a == b || b == DEAD)
        return a;
    if (a == DEAD)
        return b;
    if (a == PARAMETER || b == PARAMETER)
        return PARAMETER;
    if (a == OWNED || b == OWNED)
        return OWNED;
    if (a == BORROWED_LOCAL || b == BORROWED_LOCAL)
        return BORROWED_LOCAL;
    if (a == BORROWED_FRAME || b == BORROWED_FRAME)
        return BORROWED_FRAME;
    return SCALAR;
}

static void join_label(struct owner *o, uint32_t label)
{
    uint32_t registers = o->f->ir->register_count;
    uint8_t **at = &o->at_label[label];
    if (!*at) {
        *at = malloc(registers ? registers : 1);
        if (*at)
            memcpy(*at, o->now, registers);
        else
            o->failed = true;
        return;
    }
    const uint64_t *live = flow_label(o->f, label);
    for (uint32_t word = 0; word < o->f->words; word++)
        for (uint64_t bits = live[word]; bits; bits &= bits - 1) {
            uint32_t reg = word * 64 + (uint32_t)__builtin_ctzll(bits);
            (*at)[reg] = join((*at)[reg], o->now[reg]);
        }
}

static void take_label(struct owner *o, uint32_t label)
{
    if (o->at_label[label])
        memcpy(o->now, o->at_label[label], o->f->ir->register_count);
}

/* ---- The set of owned registers that unwinding releases ---- */

struct consumed { uint64_t *set; };
static void unmark(void *context, int reg, bool consumed)
{
    if (consumed)
        set_remove(((struct consumed *)context)->set, reg);
}

static uint32_t owned_set(struct owner *o, const uint64_t *live, const struct vvm_ir *ir)
{
    uint64_t *set = new_set(o);
    if (!set)
        return UINT32_MAX;
    for (uint32_t word = 0; word < o->f->words; word++)
        for (uint64_t bits = live[word]; bits; bits &= bits - 1) {
            int reg = (int)(word * 64) + __builtin_ctzll(bits);
            if (o->now[reg] == OWNED)
                set_add(set, reg);
        }
    struct consumed context = {set};
    if (ir)
        flow_uses(ir, &context, unmark);
    uint32_t index = o->out->set_count - 1, words = o->f->words;
    if (o->last_set != UINT32_MAX && memcmp(set, o->out->sets + (size_t)o->last_set * words, words * sizeof *set) == 0) {
        o->out->set_count--;
        return o->last_set;
    }
    return o->last_set = index;
}

/* ---- Operands of one instruction ---- */

struct operands {
    struct owner *o;
    uint32_t index;
    int definition;
    int dying[8];              /* read, not consumed, and not live afterwards: to be dropped */
    int count;
};

static void note_dying(void *context, int reg, bool consumed)
{
    struct operands *ops = context;
    bool dies = reg == ops->definition || !flow_live_after(ops->o->f, ops->index, reg);
    if (consumed || !dies || !needs_drop(ops->o->now[reg]))
        return;
    for (int i = 0; i < ops->count; i++)
        if (ops->dying[i] == reg)
            return;
    if (ops->count < 8)
        ops->dying[ops->count++] = reg;
}

static bool dies_at(const struct owner *o, uint32_t index, int reg)
{
    return !flow_live_after(o->f, index, reg) || flow_definition(&o->f->ir->code[index]) == reg;
}

/* Makes the operand one that can be consumed: a copy if it lives on or is borrowed. */
static int own_operand(struct owner *o, uint32_t index, int reg)
{
    uint8_t class = o->now[reg];
    bool dies = dies_at(o, index, reg);
    if (is_scalar(class) || (class == OWNED && dies))
        return reg;
    int copy = take_scratch(o);
    put(o, class == PARAMETER && dies ? VVM_OPC_TAKE : VVM_OPC_COPY, copy, reg, 0);
    return copy;
}

static void own_operands(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    const struct vvm_opcode_info *info = info_of(ir);
    if (info->a == 'c')
        ir->a = own_operand(o, index, ir->a);
    if (info->b == 'c')
        ir->b = own_operand(o, index, ir->b);
    if (info->c == 'c')
        ir->c = own_operand(o, index, ir->c);
    /* ranges are fresh temporaries: only borrowed ones need a copy, in place */
    for (int i = 0; info->b == 'r' && i < flow_range_count(ir); i++)
        if (o->now[ir->b + i] == BORROWED_FRAME || o->now[ir->b + i] == BORROWED_LOCAL) {
            put(o, VVM_OPC_COPY, ir->b + i, ir->b + i, 0);
            o->now[ir->b + i] = OWNED;
        }
    if (info->a == 'm' && !is_scalar(o->now[ir->a]) && o->now[ir->a] != OWNED) {
        put(o, VVM_OPC_COPY, ir->a, ir->a, 0);
        o->now[ir->a] = OWNED;
    }
}

/* ---- Classes of results ---- */

static bool scalar_test(const struct vvm_type_test *test)
{
    return test->kind == VVM_TEST_NUMBER || test->kind == VVM_TEST_FLOAT || test->kind == VVM_TEST_BOOL || test->kind == VVM_TEST_VOID;
}

static bool plain_constant(const struct owner *o, int index)
{
    uint64_t tag = o->f->function->constants[index].tag;
    return tag == VVM_NUMBER || tag == VVM_FLOAT || tag == VVM_BOOL || tag == VVM_VOID;
}

static bool is_arithmetic(uint8_t op)
{
    return (op >= VVM_OPC_ADD && op <= VVM_OPC_MOD_K) || op == VVM_OPC_POW;
}

static uint8_t result_class(const struct owner *o, const struct vvm_ir *ir)
{
    const struct vvm_opcode_info *info = info_of(ir);
    if (info->a == 'b')
        return BORROWED_FRAME;
    if (info->a == 's')
        return ir->op == VVM_OPC_LOADK && !plain_constant(o, ir->b) ? SCALAR : ir->op == VVM_OPC_UNSET ? SCALAR : NUMERIC;
    if (is_arithmetic(ir->op) && o->now[ir->b] == NUMERIC && o->now[ir->c] == NUMERIC)
        return NUMERIC;
    bool immediate = ir->op >= VVM_OPC_ADDI && ir->op <= VVM_OPC_MULI_K;
    if ((immediate || ir->op == VVM_OPC_NEG) && o->now[ir->b] == NUMERIC)
        return NUMERIC;
    return OWNED;
}

/* ---- Moves, arguments, returns ---- */

static void place_move(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    int a = ir->a, b = ir->b;
    uint8_t class = o->now[b];
    bool dies = dies_at(o, index, b), wanted = flow_live_after(o->f, index, a);
    if (a == b)
        return;
    if (!wanted) {
        if (dies && needs_drop(class))
            drop(o, b);
        return;
    }
    if (is_scalar(class)) {
        put(o, VVM_OPC_MOVE, a, b, 0);
        o->now[a] = class;
        return;
    }
    put(o, !dies || class == BORROWED_FRAME || class == BORROWED_LOCAL ? VVM_OPC_COPY : class == PARAMETER ? VVM_OPC_TAKE : VVM_OPC_MOVE,
        a, b, 0);
    o->now[a] = OWNED;
}

static uint32_t call_after(const struct flow *f, uint32_t index)
{
    while (f->ir->code[index].op == VVM_OPC_ARG)
        index++;
    return index;
}

static void place_argument(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    uint32_t call_index = call_after(o->f, index);
    const struct vvm_ir *call = &o->f->ir->code[call_index];
    bool tail = info_of(call)->flags & VVM_OP_TAIL, borrows = !o->f->ir->count_borrows;
    int argument = ir->a - call->b - VVM_FRAME_HEADER, b = ir->b;
    bool in_mask = argument >= 0 && argument < VVM_MASK_BITS, dies = dies_at(o, index, b);
    uint8_t class = o->now[b];
    enum vvm_opcode op = VVM_OPC_COPY;
    uint8_t result = OWNED;
    if (is_scalar(class)) {
        op = VVM_OPC_MOVE;
        result = class;
    } else if (class == BORROWED_FRAME && !tail && in_mask && borrows) {
        op = VVM_OPC_LEND;
        result = BORROWED_FRAME;
    } else if (dies && class == OWNED) {
        op = VVM_OPC_MOVE;
    } else if (dies && class == PARAMETER) {
        op = in_mask ? VVM_OPC_GIVE : VVM_OPC_TAKE;
        result = in_mask ? GIVEN : OWNED;
    } else if (!dies && !tail && in_mask && borrows && flow_live_after(o->f, call_index, b) && flow_definition(call) != b) {
        op = VVM_OPC_LEND;
        result = BORROWED_LOCAL;
    }
    put(o, op, ir->a, b, op == VVM_OPC_GIVE ? argument : 0);
    o->now[ir->a] = result;
}

static void place_return(struct owner *o, const struct vvm_ir *ir)
{
    uint8_t class = o->now[ir->a];
    bool borrowed = class == BORROWED_FRAME || class == BORROWED_LOCAL;
    put(o, borrowed ? VVM_OPC_RETB : class == PARAMETER ? VVM_OPC_RETP : VVM_OPC_RETURN, ir->a, 0, 0);
}

/* ---- Calls ---- */

static uint32_t call_mask(struct owner *o, const struct vvm_ir *ir)
{
    uint32_t mask = 0;
    for (int i = 0; i < ir->c && i < VVM_MASK_BITS; i++)
        if (o->now[ir->b + VVM_FRAME_HEADER + i] == OWNED)
            mask |= (uint32_t)1 << i;
    return mask;
}

/* The callee value must be owned or immortal; arguments beyond the mask are always given. */
static void own_window(struct owner *o, const struct vvm_ir *ir)
{
    bool tail = info_of(ir)->flags & VVM_OP_TAIL;
    for (int i = flow_reads_callee(ir) ? -1 : 0; i < ir->c; i++) {
        int reg = i < 0 ? ir->b : ir->b + VVM_FRAME_HEADER + i;
        bool borrowed = o->now[reg] == BORROWED_FRAME || o->now[reg] == BORROWED_LOCAL;
        if (borrowed && (i < 0 || i >= VVM_MASK_BITS || tail)) {
            put(o, VVM_OPC_COPY, reg, reg, 0);
            o->now[reg] = OWNED;
        }
    }
}

/* ---- One instruction ---- */

static void add_to_set(void *context, int reg, bool consumed)
{
    (void)consumed;
    set_add(context, reg);
}

static void live_before(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    const struct vvm_ir *ir = &f->ir->code[index];
    memcpy(o->before, flow_fall(f, index), f->words * sizeof *o->before);
    if (ir->label != NO_LABEL && (info_of(ir)->flags & VVM_OP_J))
        for (uint32_t i = 0; i < f->words; i++)
            o->before[i] |= flow_label(f, ir->label)[i];
    int definition = flow_definition(ir);
    if (definition >= 0)
        set_remove(o->before, definition);
    if ((info_of(ir)->flags & VVM_OP_T) && f->handler[index] != NO_LABEL)
        flow_add_handler(f, f->handler[index], o->before);
    flow_uses(ir, o->before, add_to_set);
}

/* What an error finds at the handler: the classes before the instruction, and the parameters that it has to drop. */
static void note_handler(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    uint32_t label = f->handler[index];
    if (label == NO_LABEL || !(info_of(&f->ir->code[index])->flags & VVM_OP_T))
        return;
    join_label(o, label);
    uint64_t *drops = o->handler_drops + (size_t)label * f->words;
    for (uint32_t reg = 0; reg < f->ir->parameter_count; reg++)
        if (o->now[reg] == PARAMETER && set_has(o->before, (int)reg) && !set_has(flow_label(f, label), (int)reg))
            set_add(drops, (int)reg);
}

static void edge_drops(struct owner *o, struct vvm_ir *ir)
{
    struct flow *f = o->f;
    uint32_t label = ir->label, first, count = remember_drops(o, o->before, flow_label(f, label), &first);
    if (!count)
        return;
    uint32_t at = f->label_at[label];
    if (f->label_jumps[label] == 1 && !f->falls_in[at] && !f->label_handler[label]) {
        o->head_first[label] = first;
        o->head_count[label] = count;
        return;
    }
    if (o->stub_count == o->stub_capacity) {
        uint32_t capacity = o->stub_capacity ? o->stub_capacity * 2 : 16;
        struct stub *grown = realloc(o->stubs, capacity * sizeof *grown);
        if (!grown) {
            o->failed = true;
            return;
        }
        o->stubs = grown;
        o->stub_capacity = capacity;
    }
    uint32_t own = o->out->label_count++;
    o->stubs[o->stub_count++] = (struct stub){own, label, first, count};
    ir->label = own;
}

static void place_jump(struct owner *o, uint32_t index, struct vvm_ir ir)
{
    struct flow *f = o->f;
    join_label(o, ir.label);
    edge_drops(o, &ir);
    uint32_t owned = info_of(&ir)->flags & VVM_OP_T ? owned_set(o, o->before, &ir) : UINT32_MAX;
    struct placed *p = place(o, ir);
    if (p)
        p->owned = owned;
    if (info_of(&ir)->flags & VVM_OP_E)
        return;
    const uint64_t *fall = flow_fall(f, index);
    for (uint32_t word = 0; word < f->words; word++)
        for (uint64_t bits = o->before[word] & ~fall[word]; bits; bits &= bits - 1) {
            int reg = (int)(word * 64) + __builtin_ctzll(bits);
            if (needs_drop(o->now[reg]))
                drop(o, reg);
        }
}

/* A result that would overwrite an operand which has to be dropped goes through a scratch register. */
static void place_plain(struct owner *o, uint32_t index, struct vvm_ir ir)
{
    struct flow *f = o->f;
    const struct vvm_opcode_info *info = info_of(&ir);
    struct operands ops = {.o = o, .index = index, .definition = flow_definition(&ir)};
    flow_uses(&ir, &ops, note_dying);
    own_operands(o, index, &ir);
    uint8_t class = ops.definition >= 0 ? result_class(o, &ir) : DEAD;
    if (info->a == 'p' && flow_may_borrow(f, index, o->now[ir.b] == BORROWED_FRAME)) {
        ir.op++;
        class = o->now[ir.b] == BORROWED_FRAME ? BORROWED_FRAME : BORROWED_LOCAL;
        if (o->now[ir.b] == NUMERIC || o->now[ir.b] == SCALAR)
            class = BORROWED_LOCAL;
    }
    if (info->format == VVM_FORMAT_CALL)
        own_window(o, &ir);
    bool clash = false;
    for (int i = 0; i < ops.count; i++)
        clash |= ops.dying[i] == ops.definition;
    int result = ir.a;
    if (clash)
        ir.a = take_scratch(o);
    bool skips = (info->flags & VVM_OP_K) && ops.count > 0 && ops.count <= 2 && !o->wide;
    if (skips)
        ir.op++;
    uint32_t owned = info->flags & VVM_OP_T ? owned_set(o, o->before, &ir) : UINT32_MAX;
    uint32_t mask = info->format == VVM_FORMAT_CALL ? call_mask(o, &ir) : 0;
    struct placed *p = place(o, ir);
    if (p) {
        p->owned = owned;
        p->mask = mask;
    }
    if (info->flags & VVM_OP_E)
        return;
    if (ops.count)
        drop_all(o, ops.dying, ops.count);
    if (clash)
        put(o, VVM_OPC_MOVE, result, ir.a, 0);
    if (ops.definition >= 0) {
        o->now[ops.definition] = class;
        if (class == OWNED && !flow_live_after(f, index, ops.definition))
            drop(o, ops.definition);
    }
    if (info->a == 'm' && !flow_live_after(f, index, result))
        drop(o, result);
    if (ir.op == VVM_OPC_CHECK && scalar_test(f->function->checks[ir.b].test))
        o->now[result] = NUMERIC;
}

static void place_label(struct owner *o, const struct vvm_ir *ir, uint32_t index)
{
    struct flow *f = o->f;
    uint32_t label = ir->label;
    if (f->falls_in[index])
        join_label(o, label);
    take_label(o, label);
    place(o, *ir);
    put_remembered(o, o->head_first[label], o->head_count[label]);
}

/* At a handler: its own owned set (what unwinding must leave), then the parameters nobody needs any more. */
static void place_handler(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    uint32_t label = f->ir->code[index].label, slot = f->label_slot[label];
    o->now[slot] = OWNED;
    const uint64_t *live = flow_label(f, label);
    memcpy(o->before, live, f->words * sizeof *live);
    set_add(o->before, (int)slot);
    struct placed *p = put(o, VVM_OPC_NOP, 0, 0, 0);
    uint32_t owned = owned_set(o, o->before, NULL);
    if (p)
        p->owned = owned;
    const uint64_t *drops = o->handler_drops + (size_t)label * f->words;
    for (uint32_t reg = 0; reg < f->ir->parameter_count; reg++)
        if (set_has(drops, (int)reg))
            put(o, VVM_OPC_DROPP, (int)reg, 0, 0);
    if (!set_has(live, (int)slot))
        put(o, VVM_OPC_DROP, (int)slot, 0, 0);
}

static void place_one(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    const struct vvm_ir *ir = &f->ir->code[index];
    o->scratch = (int)f->ir->register_count;
    o->position = ir->position;
    switch (ir->op) {
    case VVM_OPC_LABEL:
        place_label(o, ir, index);
        if (f->label_handler[ir->label])
            place_handler(o, index);
        return;
    case VVM_OPC_TRY: case VVM_OPC_ENDTRY: place(o, *ir); return;
    case VVM_OPC_KEEP:
        if (!flow_live_after(f, index, ir->a) && needs_drop(o->now[ir->a]))
            drop(o, ir->a);
        return;
    case VVM_OPC_MOVE: place_move(o, index, ir); return;
    case VVM_OPC_ARG: place_argument(o, index, ir); return;
    default: break;
    }
    live_before(o, index);
    note_handler(o, index);
    if (ir->op == VVM_OPC_RETURN)
        place_return(o, ir);
    else if (info_of(ir)->flags & VVM_OP_J)
        place_jump(o, index, *ir);
    else
        place_plain(o, index, *ir);
}

static void place_entry(struct owner *o)
{
    struct vvm_ir_function *ir = o->f->ir;
    for (uint32_t i = 0; i < ir->parameter_count; i++)
        o->now[i] = PARAMETER;
    /* what is live before the first instruction: fall of a NOP that starts every function */
    for (uint32_t i = 0; i < ir->parameter_count; i++)
        if (!set_has(flow_fall(o->f, 0), (int)i))
            drop(o, (int)i);
}

static void place_stubs(struct owner *o)
{
    for (uint32_t i = 0; i < o->stub_count; i++) {
        struct stub *s = &o->stubs[i];
        place(o, (struct vvm_ir){.op = VVM_OPC_LABEL, .label = s->label, .position = o->position});
        put_remembered(o, s->first, s->count);
        struct placed *p = put(o, VVM_OPC_JMP, 0, 0, 0);
        if (p)
            p->ir.label = s->target;
    }
}

static bool prepare(struct owner *o)
{
    struct flow *f = o->f;
    uint32_t labels = f->ir->label_count + 1;
    o->now = calloc(f->ir->register_count + 64, 1);
    o->at_label = calloc(labels, sizeof *o->at_label);
    o->before = calloc(f->words, sizeof *o->before);
    o->handler_drops = calloc((size_t)labels * f->words, sizeof *o->handler_drops);
    o->head_first = calloc(labels, sizeof *o->head_first);
    o->head_count = calloc(labels, sizeof *o->head_count);
    return o->now && o->at_label && o->before && o->handler_drops && o->head_first && o->head_count;
}

static void release(struct owner *o)
{
    for (uint32_t i = 0; o->at_label && i < o->f->ir->label_count; i++)
        free(o->at_label[i]);
    free(o->now);
    free(o->at_label);
    free(o->before);
    free(o->handler_drops);
    free(o->head_first);
    free(o->head_count);
    free(o->stubs);
    free(o->drops);
}

static bool is_region_mark(const struct vvm_ir *ir)
{
    return ir->op == VVM_OPC_TRY || ir->op == VVM_OPC_ENDTRY;
}

bool flow_place(struct flow *f, struct placement *out)
{
    struct owner o = {.f = f, .out = out, .last_set = UINT32_MAX, .wide = f->ir->register_count > 240};
    o.scratch_top = (int)f->ir->register_count;
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
