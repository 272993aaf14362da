/* Ownership: who owns what at each point, and so where values are moved, copied, lent and dropped
 * (mechanics.md, Values and counts). One pass forward over the analysed code.
 *
 * Invariant between two instructions: a register that is OWNED or a PARAMETER is live. So whatever holds a value
 * that nobody reads any more is dropped at once: after an instruction its dying operands, its result if nobody
 * wants it, and what only its handler would have read; on the edges of a branch what only the other edge reads. */
#include "vm/compile/flow.h"

#include "vm/value/type.h"

#include <stdlib.h>
#include <string.h>

/* What a register holds. WHOLE is a plain Number, REAL a Float, TRUTH a Bool, NUMERIC one of them or void; SCALAR anything
 * uncounted or immortal; PARAMETER what the frame's mask tells; GIVEN an argument in a call's window, as the mask will
 * tell. */
enum class { DEAD, WHOLE, REAL, TRUTH, NUMERIC, SCALAR, OWNED, PARAMETER, BORROWED_FRAME, BORROWED_LOCAL, GIVEN };

struct stub { uint32_t label, target, first, count; };

struct owner {
    struct flow *f;
    struct placement *out;
    uint8_t *now;              /* class of each register */
    uint64_t *owned;           /* the registers of class OWNED */
    struct held **at_label;    /* label -> what is held there, or NULL */
    uint16_t *handler_drops;   /* label -> parameters that die on the way to the handler */
    uint32_t *last_stub;       /* label -> newest stub that leads to it, + 1 */
    struct stub *stubs; uint32_t stub_count, stub_capacity;
    int *drops; uint32_t drop_count, drop_capacity; /* of the stubs: registers, ~register for parameters */
    uint32_t last_set;         /* last owned set made */
    uint16_t stored;           /* parameters that got another value somewhere */
    uint16_t kept;             /* arguments of the coming TSELF that stand where they are wanted */
    int scratch, scratch_top;  /* next register for copies, above all others */
    uint32_t position;
    bool leaving;              /* a return follows: the frame's exit releases the parameters */
    bool wide;                 /* registers above 255 in byte operands: no twins that skip one word */
    bool failed;
};

static const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static bool is_scalar(uint8_t class) { return class <= SCALAR; }
static bool is_plain(uint8_t class) { return class >= WHOLE && class <= NUMERIC; }
static bool is_borrowed(uint8_t class) { return class == BORROWED_FRAME || class == BORROWED_LOCAL; }
static bool needs_drop(uint8_t class) { return class == OWNED || class == PARAMETER; }
static bool is_parameter(const struct owner *o, int reg)
{
    return reg < VVM_MASK_BITS && (uint32_t)reg < o->f->ir->parameter_count;
}

static void hold(struct owner *o, int reg, uint8_t class)
{
    o->now[reg] = class;
    if (class == OWNED)
        set_add(o->owned, reg);
    else
        set_remove(o->owned, reg);
}

/* ---- Output ---- */

/* Grows an array for one more item. */
static bool room(struct owner *o, void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t more = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*items, more * size);
    if (!grown) {
        o->failed = true;
        return false;
    }
    *items = grown;
    *capacity = more;
    return true;
}

static struct placed *place(struct owner *o, struct vvm_ir ir, uint32_t owned)
{
    struct placement *out = o->out;
    if (!room(o, (void **)&out->code, out->count, &out->capacity, sizeof *out->code))
        return NULL;
    struct placed *p = &out->code[out->count++];
    *p = (struct placed){.ir = ir, .owned = owned};
    return p;
}

static void put(struct owner *o, enum vvm_opcode op, int a, int b, int c)
{
    place(o, (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = c, .label = NO_LABEL, .position = o->position}, UINT32_MAX);
}

/* The index of the owned set of this moment. */
static uint32_t owned_set(struct owner *o)
{
    struct placement *out = o->out;
    size_t words = o->f->words, bytes = words * sizeof *out->sets;
    if (o->last_set != UINT32_MAX && memcmp(o->owned, out->sets + o->last_set * words, bytes) == 0)
        return o->last_set;
    if (!room(o, (void **)&out->sets, out->set_count, &out->set_capacity, bytes))
        return UINT32_MAX;
    memcpy(out->sets + out->set_count * words, o->owned, bytes);
    return o->last_set = out->set_count++;
}

static int take_scratch(struct owner *o, int count)
{
    int reg = o->scratch;
    o->scratch += count;
    if (o->scratch > o->scratch_top)
        o->scratch_top = o->scratch;
    return reg;
}

/* ---- Liveness of old values ---- */

/* Would the handler of a throwing instruction read the register? */
static bool handler_reads(const struct flow *f, uint32_t index, int reg)
{
    uint32_t label = f->handler[index];
    return label != NO_LABEL && (info_of(&f->ir->code[index])->flags & VVM_OP_T) && (uint32_t)reg != f->label_slot[label]
           && set_has(flow_label(f, label), reg);
}

/* Is the value a register has before the instruction read by anything after it? */
static bool lives_on(const struct flow *f, uint32_t index, int reg)
{
    return (flow_live_after(f, index, reg) && flow_definition(&f->ir->code[index]) != reg) || handler_reads(f, index, reg);
}

/* Does nothing but a return follow? */
static bool leaves_at(const struct flow *f, uint32_t index)
{
    for (uint32_t end = index + 6; index < f->ir->count && index < end; index++)
        switch (f->ir->code[index].op) {
        case VVM_OPC_RETURN: case VVM_OPC_RETV: return true;
        case VVM_OPC_LABEL: case VVM_OPC_ENDTRY: case VVM_OPC_LOADI: case VVM_OPC_LOADK: break;
        default: return false;
        }
    return false;
}

/* ---- Drops ---- */

static void drop(struct owner *o, int reg)
{
    if (o->now[reg] == OWNED)
        put(o, VVM_OPC_DROP, reg, 0, 0);
    else if (o->now[reg] == PARAMETER && !o->leaving)
        put(o, VVM_OPC_DROPP, reg, 0, 0);
    hold(o, reg, DEAD);
}

/* For a register that gets another value. */
static void drop_old(struct owner *o, int reg)
{
    bool leaving = o->leaving;
    o->leaving = false;
    if (needs_drop(o->now[reg]))
        drop(o, reg);
    o->leaving = leaving;
}

static void drop_pair(struct owner *o, int first, int second)
{
    int flags = (o->now[first] == PARAMETER) | (o->now[second] == PARAMETER) << 1;
    put(o, VVM_OPC_DROP2, first, second, flags);
    hold(o, first, DEAD);
    hold(o, second, DEAD);
}

static void drop_list(struct owner *o, const int *regs, int count)
{
    int i = 0;
    for (; !o->wide && i + 1 < count; i += 2)
        drop_pair(o, regs[i], regs[i + 1]);
    for (; i < count; i++)
        drop(o, regs[i]);
}

/* Drops whatever is not live any more. */
static void drop_dead(struct owner *o, const uint64_t *live)
{
    int waiting = -1;
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (o->now[reg] == PARAMETER && !set_has(live, reg))
            drop(o, reg);
    for (uint32_t word = 0; word < o->f->words; word++)
        for (uint64_t bits = o->owned[word] & ~live[word]; bits; bits &= bits - 1) {
            int reg = (int)(word * 64) + __builtin_ctzll(bits);
            if (waiting >= 0) {
                drop_list(o, (int[]){waiting, reg}, 2);
                waiting = -1;
            } else {
                waiting = reg;
            }
        }
    if (waiting >= 0)
        drop(o, waiting);
}

/* ---- Edges that drop ---- */

static void remember_drop(struct owner *o, int item)
{
    if (room(o, (void **)&o->drops, o->drop_count, &o->drop_capacity, sizeof *o->drops))
        o->drops[o->drop_count++] = item;
}

static uint32_t remember_drops(struct owner *o, const uint64_t *live, bool leaving)
{
    uint32_t first = o->drop_count;
    for (int reg = 0; !leaving && is_parameter(o, reg); reg++)
        if (o->now[reg] == PARAMETER && !set_has(live, reg))
            remember_drop(o, ~reg);
    for (uint32_t word = 0; word < o->f->words; word++)
        for (uint64_t bits = o->owned[word] & ~live[word]; bits; bits &= bits - 1)
            remember_drop(o, (int)(word * 64) + __builtin_ctzll(bits));
    return o->drop_count - first;
}

static bool same_drops(const struct owner *o, const struct stub *s, uint32_t first, uint32_t count)
{
    return s->count == count && memcmp(o->drops + s->first, o->drops + first, count * sizeof *o->drops) == 0;
}

/* The label of a stub at the function's end that drops, then goes to the target. */
static uint32_t stub_to(struct owner *o, uint32_t target, uint32_t first, uint32_t count)
{
    uint32_t newest = o->last_stub[target];
    if (newest && same_drops(o, &o->stubs[newest - 1], first, count)) {
        o->drop_count = first;
        return o->stubs[newest - 1].label;
    }
    if (!room(o, (void **)&o->stubs, o->stub_count, &o->stub_capacity, sizeof *o->stubs))
        return target;
    o->stubs[o->stub_count++] = (struct stub){o->out->label_count++, target, first, count};
    o->last_stub[target] = o->stub_count;
    return o->out->label_count - 1;
}

static void place_stubs(struct owner *o)
{
    for (uint32_t i = 0; i < o->stub_count; i++) {
        struct stub *s = &o->stubs[i];
        place(o, (struct vvm_ir){.op = VVM_OPC_LABEL, .label = s->label, .position = o->position}, UINT32_MAX);
        for (uint32_t k = s->first; k < s->first + s->count; k++)
            put(o, o->drops[k] < 0 ? VVM_OPC_DROPP : VVM_OPC_DROP, o->drops[k] < 0 ? ~o->drops[k] : o->drops[k], 0, 0);
        place(o, (struct vvm_ir){.op = VVM_OPC_JMP, .label = s->target, .position = o->position}, UINT32_MAX);
    }
}

/* ---- Joins ---- */

/* A borrowed class never meets an owned one: borrow.c sees to that. */
static uint8_t join(uint8_t a, uint8_t b)
{
    static const uint8_t rank[] = {[DEAD] = 0, [WHOLE] = 1, [REAL] = 1, [TRUTH] = 1, [NUMERIC] = 2, [SCALAR] = 3,
                                   [BORROWED_FRAME] = 4, [BORROWED_LOCAL] = 5, [GIVEN] = 6, [OWNED] = 7, [PARAMETER] = 8};
    if (a != b && is_plain(a) && is_plain(b))
        return NUMERIC;
    return rank[a] > rank[b] ? a : b;
}

/* Only one jump leads there: what dies on the way is dropped at the label. */
static bool has_one_way(const struct flow *f, uint32_t label)
{
    return f->label_jumps[label] == 1 && !f->falls_in[f->label_at[label]] && !f->label_handler[label];
}

/* What is held where a label's jumps meet. Registers that are not live there may still have a class: they are left out
 * when the label is reached. */
struct held { uint8_t *now; uint64_t owned[]; };

static struct held *held_at(struct owner *o, uint32_t label)
{
    uint32_t words = o->f->words, registers = o->f->ir->register_count;
    struct held *held = malloc(sizeof *held + words * sizeof *held->owned + registers);
    if (!held) {
        o->failed = true;
        return NULL;
    }
    held->now = (uint8_t *)(held->owned + words);
    memcpy(held->owned, o->owned, words * sizeof *held->owned);
    memcpy(held->now, o->now, registers);
    return o->at_label[label] = held;
}

static void join_word(struct owner *o, struct held *held, uint32_t word, uint64_t live)
{
    held->owned[word] |= o->owned[word];
    for (uint64_t bits = live; bits; bits &= bits - 1) {
        uint32_t reg = word * 64 + (uint32_t)__builtin_ctzll(bits);
        held->now[reg] = join(held->now[reg], o->now[reg]);
        if (held->now[reg] != OWNED)
            set_remove(held->owned, (int)reg);
    }
}

static void join_label(struct owner *o, uint32_t label)
{
    struct held *held = o->at_label[label];
    if (!held) {
        held_at(o, label);
        return;
    }
    const uint64_t *live = flow_label(o->f, label);
    uint32_t registers = o->f->ir->register_count;
    for (uint32_t word = 0; word * 64 < registers; word++) {
        uint32_t first = word * 64, count = registers - first < 64 ? registers - first : 64;
        if (memcmp(held->now + first, o->now + first, count) != 0)
            join_word(o, held, word, live[word]);
    }
}

static void forget(struct owner *o, const uint64_t *live)
{
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (!set_has(live, reg))
            o->now[reg] = DEAD;
    for (uint32_t word = 0; word < o->f->words; word++) {
        for (uint64_t bits = o->owned[word] & ~live[word]; bits; bits &= bits - 1)
            o->now[word * 64 + (uint32_t)__builtin_ctzll(bits)] = DEAD;
        o->owned[word] &= live[word];
    }
}

static void take_label(struct owner *o, uint32_t label)
{
    uint32_t registers = o->f->ir->register_count;
    struct held *held = o->at_label[label];
    if (held) {
        memcpy(o->now, held->now, registers);
        memcpy(o->owned, held->owned, o->f->words * sizeof *o->owned);
        free(held);
        o->at_label[label] = NULL;
    } else {
        memset(o->now, DEAD, registers);
        memset(o->owned, 0, o->f->words * sizeof *o->owned);
    }
    if (!has_one_way(o->f, label))
        forget(o, flow_label(o->f, label));
}

/* What an error finds at the handler: the classes at the throw, and the parameters that it has to drop. */
static void join_handler(struct owner *o, uint32_t index)
{
    struct flow *f = o->f;
    uint32_t label = f->handler[index];
    if (label == NO_LABEL)
        return;
    join_label(o, label);
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (o->now[reg] == PARAMETER && !set_has(flow_label(f, label), reg))
            o->handler_drops[label] |= (uint16_t)(1u << reg);
}

/* ---- Consumed operands ---- */

/* How a value goes where it will be consumed: by its bits alone, with its count, or with one of its own. */
static enum vvm_opcode transfer(uint8_t class, bool dies)
{
    if (is_scalar(class) || (class == OWNED && dies))
        return VVM_OPC_MOVE;
    return class == PARAMETER && dies ? VVM_OPC_TAKE : VVM_OPC_COPY;
}

/* Gives a register whose value can be consumed now: the operand itself at its last use, else a copy. `again`: the
 * instruction reads the operand elsewhere, too. */
static int consume(struct owner *o, uint32_t index, int reg, bool again)
{
    uint8_t class = o->now[reg];
    bool dies = !again && !lives_on(o->f, index, reg);
    enum vvm_opcode op = transfer(class, dies);
    if (dies)
        hold(o, reg, DEAD);
    if (dies && op == VVM_OPC_MOVE)
        return reg;
    int copy = take_scratch(o, 1);
    put(o, op, copy, reg, 0);
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
        if (lives_on(o->f, index, reg) || transfer(o->now[reg], true) != VVM_OPC_MOVE)
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
            put(o, transfer(o->now[first + i], dies), ir->b + i, first + i, 0);
        if (dies)
            hold(o, first + i, DEAD);
    }
}

/* What is changed in place must be owned, and the handler must not read it. */
static void consume_changed(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    int reg = ir->a;
    bool kept = handler_reads(o->f, index, reg);
    if (!is_parameter(o, reg) && !kept && (is_scalar(o->now[reg]) || o->now[reg] == OWNED)) {
        hold(o, reg, DEAD);
        return;
    }
    ir->a = take_scratch(o, 1);
    put(o, o->now[reg] == PARAMETER && !kept ? VVM_OPC_TAKE : VVM_OPC_COPY, ir->a, reg, 0);
    if (!kept)
        hold(o, reg, DEAD);
}

static void consume_operands(struct owner *o, uint32_t index, struct vvm_ir *ir)
{
    const struct vvm_opcode_info *info = info_of(ir);
    const struct vvm_ir read = *ir;
    if (info->a == 'c')
        ir->a = consume(o, index, ir->a, reads_again(&read, 0, ir->a));
    if (info->b == 'c')
        ir->b = consume(o, index, ir->b, reads_again(&read, 1, ir->b));
    else if (info->b == 'r')
        consume_range(o, index, ir);
    if (info->c == 'c')
        ir->c = consume(o, index, ir->c, reads_again(&read, 2, ir->c));
    if (info->a == 'm')
        consume_changed(o, index, ir);
}

/* ---- Classes of results ---- */

/* What a register holds that passed the check; OWNED: the check tells nothing about counts. */
static uint8_t checked_class(const struct vvm_function *function, int check)
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
    case VVM_OPC_EQ: case VVM_OPC_NE: case VVM_OPC_LT: case VVM_OPC_LE: case VVM_OPC_GT: case VVM_OPC_GE: case VVM_OPC_NOT:
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
    case VVM_OPC_LOADI: return WHOLE;
    case VVM_OPC_LOADK: return constant_class(o->f->function, ir->b);
    default: return info_of(ir)->a == 's' ? scalar_class(ir->op) : arithmetic_class(o, ir);
    }
}

/* ---- Moves, arguments, returns ---- */

static void note_stored(struct owner *o, int reg)
{
    if (is_parameter(o, reg))
        o->stored |= (uint16_t)(1u << reg);
}

/* A new value for a register, from one that is consumed: parameters get their bit. */
static void store(struct owner *o, int reg, int from, uint8_t class)
{
    drop_old(o, reg);
    if (is_parameter(o, reg) && is_borrowed(class)) {
        put(o, VVM_OPC_COPY, from, from, 0);
        class = OWNED;
    }
    bool bit = is_parameter(o, reg) && class == OWNED;
    note_stored(o, reg);
    put(o, bit ? VVM_OPC_DEFP : VVM_OPC_MOVE, reg, from, 0);
    hold(o, reg, bit ? PARAMETER : class);
}

static void place_read(struct owner *o, uint32_t index, int reg)
{
    if (!flow_live_after(o->f, index, reg) && needs_drop(o->now[reg]))
        drop(o, reg);
}

static void place_move(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    int a = ir->a, b = ir->b;
    uint8_t class = o->now[b];
    if (a == b || !flow_live_after(o->f, index, a)) {
        place_read(o, index, b);
        return;
    }
    bool dies = !lives_on(o->f, index, b);
    if (is_scalar(class)) {
        store(o, a, b, class);
        return;
    }
    if (is_parameter(o, a)) {
        store(o, a, consume(o, index, b, false), OWNED);
        return;
    }
    drop_old(o, a);
    put(o, transfer(class, dies), a, b, 0);
    if (dies)
        hold(o, b, DEAD);
    hold(o, a, OWNED);
}

/* `DEFP a, b`: the default of a parameter that arrived unset. Beyond the mask parameters are owned registers. */
static void place_default(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    uint8_t class = is_scalar(o->now[ir->b]) ? o->now[ir->b] : OWNED;
    int from = consume(o, index, ir->b, false);
    bool bit = is_parameter(o, ir->a);
    note_stored(o, ir->a);
    put(o, bit ? VVM_OPC_DEFP : VVM_OPC_MOVE, ir->a, from, 0);
    hold(o, ir->a, bit ? PARAMETER : class);
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

static void place_argument(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    uint32_t call_index = call_after(o->f, index);
    const struct vvm_ir *call = &o->f->ir->code[call_index];
    if (is_kept(o, index, ir, call)) {
        o->kept |= (uint16_t)(1u << ir->b);
        hold(o, ir->a, SCALAR);
        if (!flow_live_after(o->f, index, ir->b))
            hold(o, ir->b, DEAD);
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
    put(o, op, ir->a, b, op == VVM_OPC_GIVE ? argument : 0);
    if (dies)
        hold(o, b, DEAD);
    hold(o, ir->a, result);
}

static void place_return(struct owner *o, const struct vvm_ir *ir)
{
    uint8_t class = o->now[ir->a];
    put(o, is_borrowed(class) ? VVM_OPC_RETB : class == PARAMETER ? VVM_OPC_RETP : VVM_OPC_RETURN, ir->a, 0, 0);
}

/* ---- Calls ---- */

/* Lent arguments stay lent where the mask can say so; the callee value is owned or uncounted. */
static bool stays_lent(const struct owner *o, const struct vvm_ir *ir, int argument)
{
    if (argument < 0 || argument >= VVM_MASK_BITS || (info_of(ir)->flags & VVM_OP_TAIL))
        return false;
    return !(o->f->ir->count_borrows && o->now[ir->b + VVM_FRAME_HEADER + argument] == BORROWED_FRAME);
}

/* Takes the window's values away from the frame; gives the call's mask. */
static uint32_t consume_window(struct owner *o, const struct vvm_ir *ir)
{
    uint32_t mask = 0;
    for (int i = flow_reads_callee(ir) ? -1 : 0; i < ir->c; i++) {
        int reg = i < 0 ? ir->b : ir->b + VVM_FRAME_HEADER + i;
        if (is_borrowed(o->now[reg]) && !stays_lent(o, ir, i)) {
            put(o, VVM_OPC_COPY, reg, reg, 0);
            hold(o, reg, OWNED);
        }
        if (o->now[reg] == OWNED && i >= 0 && i < VVM_MASK_BITS)
            mask |= (uint32_t)1 << i;
        hold(o, reg, DEAD);
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

/* How many of the checks at the function's entry the arguments of a TSELF need not pass again: those kept have passed them,
 * of others the class may tell. A check is one word. */
static uint32_t checks_passed(const struct owner *o, const struct vvm_ir *ir)
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
static uint8_t plain_form(const struct owner *o, uint8_t op)
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
        put(o, VVM_OPC_DROP, made, 0, 0);
    drop_old(o, reg);
    if (wanted && made != reg)
        store(o, reg, made, class);
    else
        hold(o, reg, wanted ? class : DEAD);
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

/* An instruction's result goes through a scratch register while the old value of its register is still needed or owned. */
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
    struct placed *p = place(o, ir, throws ? owned_set(o) : UINT32_MAX);
    if (p)
        p->mask = mask;
    if (info->flags & VVM_OP_E)
        return;
    if (checked != OWNED)
        hold(o, ir.a, checked);
    if (info->a == 'b' && class == OWNED)
        put(o, VVM_OPC_COPY, ir.a, ir.a, 0);
    o->leaving = false; /* what is left to the frame's exit is no longer in the list */
    drop_list(o, dying.regs, dying.count);
    if (result >= 0)
        place_result(o, index, result, ir.a, class);
    if ((info->flags & VVM_OP_T) && f->handler[index] != NO_LABEL)
        drop_dead(o, flow_fall(f, index));
}

/* A check; none where it is known that a Number, Float or Bool stands there. */
static void place_check(struct owner *o, uint32_t index, const struct vvm_ir *ir)
{
    struct flow *f = o->f;
    uint8_t class = o->now[ir->a];
    if ((class != WHOLE && class != REAL && class != TRUTH) || checked_class(f->function, ir->b) != class)
        place_plain(o, index, *ir);
    else if (f->handler[index] != NO_LABEL)
        drop_dead(o, flow_fall(f, index));
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
    place(o, ir, owned);
    if (ir.op == VVM_OPC_JSET && o->now[ir.a] == OWNED) /* unset, where it does not jump */
        hold(o, ir.a, SCALAR);
    if (!(info->flags & VVM_OP_E))
        drop_dead(o, flow_fall(f, index));
}

/* At a handler: its own owned set (what unwinding must leave), then the parameters nobody needs any more. */
static void place_handler(struct owner *o, uint32_t label)
{
    struct flow *f = o->f;
    int slot = (int)f->label_slot[label];
    hold(o, slot, OWNED);
    place(o, (struct vvm_ir){.op = VVM_OPC_NOP, .label = NO_LABEL, .position = o->position}, owned_set(o));
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (o->handler_drops[label] >> reg & 1 && !o->leaving)
            put(o, VVM_OPC_DROPP, reg, 0, 0);
    if (!set_has(flow_label(f, label), slot))
        drop(o, slot);
}

static void place_label(struct owner *o, const struct vvm_ir *ir, uint32_t index)
{
    struct flow *f = o->f;
    if (f->falls_in[index])
        join_label(o, ir->label);
    take_label(o, ir->label);
    place(o, *ir, UINT32_MAX);
    if (f->label_handler[ir->label])
        place_handler(o, ir->label);
    else if (has_one_way(f, ir->label))
        drop_dead(o, flow_label(f, ir->label));
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
    case VVM_OPC_TRY: case VVM_OPC_ENDTRY: place(o, *ir, UINT32_MAX); break;
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
        hold(o, reg, is_parameter(o, reg) ? PARAMETER : OWNED);
    o->leaving = leaves_at(o->f, 1);
    drop_dead(o, flow_fall(o->f, 0));
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
