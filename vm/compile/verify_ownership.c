/* The verifier's second half: does every path own each of its values exactly once?
 *
 * One pass forward, since all jumps go forward: per register what it holds on every path that leads
 * to an instruction. It knows the instructions by their roles alone, not how ownership.c came to choose them, so that
 * it finds what was consumed twice, overwritten or forgotten, and where the table for unwinding says something else.
 * What a borrowing register borrows from is not followed. */
#include "vm/compile/verify.h"

#include "vm/compile/loop.h"

#include <stdlib.h>
#include <string.h>

/* NOTHING: no value, or one that was moved away. PLAIN: a number, float, bool or void; UNCOUNTED: that or an immortal
 * object; BORROWED: somebody else's; PARAMETER: as the frame's mask says; GONE: that on some paths, moved away on
 * others: it can be dropped, its bit being clear then, but not be read. UNSURE: owned on some paths only. */
enum state { NOTHING, PLAIN, UNCOUNTED, OWNED, BORROWED, PARAMETER, GONE, UNSURE };

/* ---- States ---- */

static void complain(struct verifier *v, const char *what)
{
    if (!v->wrong)
        v->wrong = what;
}

static bool is_parameter(const struct verifier *v, uint32_t reg)
{
    return reg < VVM_MASK_BITS && reg < v->f->parameter_count;
}

/* What a register holds where two paths meet. A plain value may meet anything: dropping it does nothing. */
static uint8_t meet(uint8_t a, uint8_t b)
{
    if (a > b)
        return meet(b, a);
    if (a == b)
        return a;
    if (b == UNSURE)
        return b;
    if (a == NOTHING)
        return b == OWNED ? UNSURE : NOTHING;
    if (a == PLAIN || a == UNCOUNTED)
        return b;
    return UNSURE; /* owned and borrowed */
}

static uint8_t meet_parameter(uint8_t a, uint8_t b)
{
    if (a == b)
        return a;
    bool may_be = a == PARAMETER || b == PARAMETER || a == GONE || b == GONE;
    if (may_be && (a == NOTHING || a == GONE || b == NOTHING || b == GONE))
        return GONE;
    return may_be ? PARAMETER : meet(a, b);
}

static void flow_to(struct verifier *v, uint32_t pc, const uint8_t *states)
{
    uint32_t count = v->f->register_count;
    if (v->at[pc] == NULL) {
        v->at[pc] = malloc(count ? count : 1);
        if (v->at[pc] == NULL)
            v->out_of_memory = true;
        else
            memcpy(v->at[pc], states, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        v->at[pc][i] = is_parameter(v, i) ? meet_parameter(v->at[pc][i], states[i]) : meet(v->at[pc][i], states[i]);
}

static void arrive(struct verifier *v, uint32_t pc)
{
    if (v->at[pc] == NULL)
        return;
    if (v->alive)
        flow_to(v, pc, v->now);
    memcpy(v->now, v->at[pc], v->f->register_count);
    free(v->at[pc]);
    v->at[pc] = NULL;
    v->alive = true;
}

/* LOADW brings a far register's value under a low name for one instruction. */
static uint32_t meant(const struct verifier *v, uint32_t reg)
{
    return reg < 256 && v->alias[reg] ? v->alias[reg] - 1u : reg;
}

static void read(struct verifier *v, uint32_t reg)
{
    reg = meant(v, reg);
    if (v->now[reg] == NOTHING || v->now[reg] == GONE || v->now[reg] == UNSURE)
        complain(v, "a register is read that holds nothing on some path");
}

static void consume(struct verifier *v, uint32_t reg)
{
    read(v, reg);
    reg = meant(v, reg);
    if (v->now[reg] == BORROWED)
        complain(v, "a borrowed value is consumed");
    if (v->now[reg] == PARAMETER)
        complain(v, "a parameter is consumed without a look at its bit");
    v->now[reg] = NOTHING;
}

static void write(struct verifier *v, uint32_t reg, uint8_t state)
{
    if (v->now[reg] == OWNED || v->now[reg] == PARAMETER || v->now[reg] == GONE || v->now[reg] == UNSURE)
        complain(v, "an owned value is overwritten");
    v->now[reg] = state;
}

static void take_parameter(struct verifier *v, uint32_t reg)
{
    read(v, reg);
    if (!is_parameter(v, reg))
        complain(v, "a register is taken for a parameter");
    v->now[reg] = NOTHING;
}

/* A bit that is clear may be looked at again. */
static void drop_parameter(struct verifier *v, uint32_t reg)
{
    if (v->now[reg] == GONE || v->now[reg] == NOTHING)
        v->now[reg] = PARAMETER;
    take_parameter(v, reg);
}

/* ---- The table for unwinding ---- */

static const uint64_t *owned_at(const struct vvm_function *f, uint32_t pc)
{
    uint32_t low = 0, high = f->owned_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (f->owned[middle].pc <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : f->owned_bits + f->owned[low - 1].bits_index;
}

static bool set_has(const uint64_t *set, uint32_t reg) { return set && (set[reg / 64] >> (reg % 64) & 1); }

/* The set may name a register without a count of its own: where it holds a plain value on this path only. */
static void check_owned(struct verifier *v, uint32_t pc)
{
    const uint64_t *set = owned_at(v->f, pc);
    for (uint32_t reg = 0; reg < v->f->register_count; reg++) {
        bool listed = set_has(set, reg);
        if (v->now[reg] == UNSURE || (v->now[reg] == OWNED && !listed))
            complain(v, "an error would leave an owned value behind");
        if (listed &&
            (v->now[reg] == NOTHING || v->now[reg] == BORROWED || v->now[reg] == PARAMETER || v->now[reg] == GONE))
            complain(v, "an error would release what is not owned");
    }
}

static const struct vvm_handler *handler_of(const struct vvm_function *f, uint32_t pc)
{
    for (uint32_t i = 0; i < f->handler_count; i++)
        if (f->handlers[i].start <= pc && pc < f->handlers[i].end)
            return &f->handlers[i];
    return NULL;
}

/* What the handler does not keep is released on the way. */
static void throw_to_handler(struct verifier *v, uint32_t pc, uint8_t *states)
{
    const struct vvm_handler *handler = handler_of(v->f, pc);
    if (!handler)
        return;
    const uint64_t *kept = owned_at(v->f, handler->target);
    memcpy(states, v->now, v->f->register_count);
    for (uint32_t reg = 0; reg < v->f->register_count; reg++)
        if (states[reg] == OWNED && !set_has(kept, reg))
            states[reg] = NOTHING;
    states[handler->slot] = OWNED;
    flow_to(v, handler->target, states);
}

static void check_end(struct verifier *v)
{
    for (uint32_t reg = 0; reg < v->f->register_count; reg++)
        if (v->now[reg] == OWNED || v->now[reg] == UNSURE)
            complain(v, "a path ends with an owned value");
}

/* ---- Instructions ---- */

static bool plain_test(const struct vvm_type_test *test)
{
    return test->kind == VVM_TEST_NUMBER || test->kind == VVM_TEST_FLOAT || test->kind == VVM_TEST_BOOL ||
           test->kind == VVM_TEST_VOID;
}

static bool plain_constant(vvm_value v)
{
    return v.tag == VVM_NUMBER || v.tag == VVM_FLOAT || v.tag == VVM_BOOL || v.tag == VVM_VOID;
}

/* Arithmetic of plain numbers gives one. */
static bool is_plain_arithmetic(const struct verifier *v, const struct decoded *d)
{
    if ((d->op >= VVM_OPC_ADDI && d->op <= VVM_OPC_MULI_K) || d->op == VVM_OPC_NEG)
        return v->now[meant(v, d->b)] == PLAIN;
    bool arithmetic = (d->op >= VVM_OPC_ADD && d->op <= VVM_OPC_MOD_K) || d->op == VVM_OPC_POW;
    return arithmetic && v->now[meant(v, d->b)] == PLAIN && v->now[meant(v, d->c)] == PLAIN;
}

static bool borrows(uint8_t op)
{
    switch (op) {
    case VVM_OPC_PEEL_B: case VVM_OPC_TUPGET_B: case VVM_OPC_INDEX_B: case VVM_OPC_INDEXI_B:
    case VVM_OPC_ELEM_B: case VVM_OPC_ELEMR_B: case VVM_OPC_SLOT_B: return true;
    default: return false;
    }
}

static uint8_t result_state(const struct verifier *v, const struct decoded *d)
{
    switch (d->info->a) {
    case 'b': return BORROWED;
    case 's':
        return d->op == VVM_OPC_UNSET || (d->op == VVM_OPC_LOADK && !plain_constant(v->f->constants[d->bx])) ? UNCOUNTED
                                                                                                             : PLAIN;
    case 'p': return borrows(d->op) ? BORROWED : OWNED;
    default: return is_plain_arithmetic(v, d) ? PLAIN : OWNED;
    }
}

static void use(struct verifier *v, char role, uint32_t reg, uint32_t count)
{
    switch (role) {
    case 'u': case 'v': read(v, reg); break;
    case 'c': case 'm': consume(v, reg); break;
    case 'r':
        for (uint32_t i = 0; i < count; i++)
            consume(v, reg + i);
        break;
    default: break;
    }
}

static void move(struct verifier *v, const struct decoded *d)
{
    uint32_t of = meant(v, d->b);
    uint8_t state = v->now[of];
    read(v, of);
    if (state == PARAMETER)
        complain(v, "a parameter is moved without a look at its bit");
    if (state == OWNED) /* of other values it is a copy of the bits */
        v->now[of] = NOTHING;
    write(v, d->a, state);
}

static void copy(struct verifier *v, const struct decoded *d)
{
    read(v, d->b);
    if (d->a == d->b && v->now[d->a] != OWNED) /* the register gets a count of its own */
        v->now[d->a] = NOTHING;
    write(v, d->a, OWNED);
}

static void store_far(struct verifier *v, const struct decoded *d)
{
    if (v->now[d->a] == NOTHING && meant(v, d->a) == d->bx) /* CHECK: read and written back */
        return;
    uint8_t state = v->now[d->a];
    v->now[d->a] = NOTHING;
    if (state == NOTHING)
        complain(v, "a far register is written from nothing");
    write(v, d->bx, state);
}

/* Moves and drops: what they do to states is not in their roles. True: done. */
static bool step_move(struct verifier *v, const struct decoded *d)
{
    switch (d->op) {
    case VVM_OPC_MOVE: move(v, d); return true;
    case VVM_OPC_COPY: copy(v, d); return true;
    case VVM_OPC_LEND:
        read(v, d->b);
        write(v, d->a, BORROWED);
        return true;
    case VVM_OPC_TAKE: case VVM_OPC_GIVE:
        take_parameter(v, d->b);
        write(v, d->a, d->op == VVM_OPC_TAKE ? OWNED : BORROWED);
        return true;
    case VVM_OPC_LOADW:
        read(v, d->bx);
        v->alias[d->a] = (uint16_t)(d->bx + 1);
        return true;
    case VVM_OPC_STOREW: store_far(v, d); return true;
    case VVM_OPC_DROP: consume(v, d->a); return true;
    case VVM_OPC_DROPP: drop_parameter(v, d->a); return true;
    case VVM_OPC_DROP2:
        d->c & 1 ? drop_parameter(v, d->a) : consume(v, d->a);
        d->c & 2 ? drop_parameter(v, d->b) : consume(v, d->b);
        return true;
    case VVM_OPC_DEFP:
        consume(v, d->b);
        if (!is_parameter(v, d->a))
            complain(v, "a register is taken for a parameter");
        write(v, d->a, PARAMETER);
        return true;
    default:
        return false;
    }
}

static void argument(struct verifier *v, const struct decoded *d, uint32_t index, bool given)
{
    uint32_t reg = d->bx + VVM_FRAME_HEADER + index;
    bool lent = d->op == VVM_OPC_TCALLM && index < VVM_MASK_BITS && v->f->code[d->pc + 1] >> index & 1;
    read(v, reg);
    if (v->now[reg] != BORROWED && lent)
        complain(v, "a tail call is lent what the frame does not borrow");
    if (v->now[reg] == OWNED && index < VVM_MASK_BITS && !given)
        complain(v, "an owned argument is not given");
    if (v->now[reg] == BORROWED && (index >= VVM_MASK_BITS || given))
        complain(v, "a borrowed argument is given");
    if (v->now[reg] == PARAMETER)
        complain(v, "a parameter stands in a call's window");
    v->now[reg] = NOTHING;
}

/* A parameter that a self call leaves where it is, with the bit it has. */
static void keep_parameter(struct verifier *v, uint32_t reg, bool given)
{
    read(v, reg);
    if (!is_parameter(v, reg) || given)
        complain(v, "a self call keeps what is no parameter, or gives what it keeps");
}

/* The state of a loop: the function's first parameters. */
static void loop_parameters(struct verifier *v, uint32_t kind)
{
    for (int reg = 0; reg < vvm_loop_parameters(kind); reg++)
        read(v, (uint32_t)reg);
}

/* The window is the callee's: nothing above it may be needed afterwards. */
static void window(struct verifier *v, const struct decoded *d)
{
    const uint32_t *code = v->f->code + d->pc;
    if (d->op == VVM_OPC_LOOP)
        loop_parameters(v, code[2]);
    uint32_t kept = d->op == VVM_OPC_TSELF ? VVM_TSELF_KEPT(code[2]) : 0;
    for (uint32_t i = 0; i < d->a && d->op != VVM_OPC_LOOP; i++)
        if (i < VVM_MASK_BITS && kept >> i & 1)
            keep_parameter(v, i, code[1] >> (16 + i) & 1);
        else
            argument(v, d, i, i < VVM_MASK_BITS && code[1] >> (16 + i) & 1);
    switch (d->op) {
    case VVM_OPC_CALL:
    case VVM_OPC_CALLB:
    case VVM_OPC_CALLN:
    case VVM_OPC_TCALL:
    case VVM_OPC_TCALLN:
    case VVM_OPC_ACALL: consume(v, d->bx); break;
    default: break;
    }
    for (uint32_t reg = d->bx; reg < v->f->register_count; reg++) {
        if (v->now[reg] == OWNED || v->now[reg] == UNSURE)
            complain(v, "an owned value stands where a callee has its frame");
        v->now[reg] = NOTHING;
    }
}

static void operands(struct verifier *v, const struct decoded *d)
{
    const struct vvm_opcode_info *info = d->info;
    if (info->format == VVM_FORMAT_CALL) {
        window(v, d);
    } else if (d->op == VVM_OPC_RETP) {
        take_parameter(v, d->a);
    } else {
        bool near = info->format != VVM_FORMAT_ABX;
        use(v, info->a, d->a, 0);
        if (d->op == VVM_OPC_AGAIN)
            loop_parameters(v, d->b);
        use(v, near ? info->b : '-', d->b, d->c);
        use(v, near ? info->c : '-', d->c, 0);
    }
}

static void results(struct verifier *v, const struct decoded *d, uint8_t state)
{
    switch (d->info->a) {
    case 'd': case 's': case 'b': case 'p':
        write(v, d->info->format == VVM_FORMAT_CALL ? v->f->code[d->pc + 1] & 0xffff : d->a, state);
        break;
    case 'm': write(v, d->a, OWNED); break;
    case 'v':
        if (plain_test(v->f->checks[d->bx].test))
            v->now[meant(v, d->a)] = PLAIN;
        break;
    default: break;
    }
}

/* A twin skips one word: a drop has to stand there. */
static void twin(struct verifier *v, const struct decoded *d)
{
    bool is = d->op > 0 && vvm_opcode_info[d->op - 1].flags & VVM_OP_K;
    uint8_t next = is && d->next < v->f->code_count ? (uint8_t)v->f->code[d->next] : VVM_OPC_NOP;
    if (is && next != VVM_OPC_DROP && next != VVM_OPC_DROPP && next != VVM_OPC_DROP2)
        complain(v, "a twin that skips without a drop behind it");
}

/* Where a jump leads. At the end of the code stand the drops of single edges, with a jump back: they belong to the
 * edge. */
static void follow(struct verifier *v, const struct decoded *d, uint8_t *spare)
{
    struct decoded at = decode(v->f, d->target);
    if (d->target < d->next) {
        complain(v, "a jump backwards");
        return;
    }
    while ((at.op == VVM_OPC_DROP || at.op == VVM_OPC_DROPP || at.op == VVM_OPC_DROP2 || at.op == VVM_OPC_LOADW) &&
           at.next < v->f->code_count)
        at = decode(v->f, at.next);
    if (at.op != VVM_OPC_JMP || at.target >= at.next) {
        flow_to(v, d->target, v->now);
        return;
    }
    if (at.target < d->next)
        complain(v, "a jump backwards");
    memcpy(spare, v->now, v->f->register_count);
    for (struct decoded drop = decode(v->f, d->target); drop.pc < at.pc; drop = decode(v->f, drop.next))
        step_move(v, &drop);
    if (!v->wrong)
        flow_to(v, at.target, v->now);
    memcpy(v->now, spare, v->f->register_count);
    memset(v->alias, 0, sizeof v->alias);
}

static void leave(struct verifier *v, const struct decoded *d, uint8_t *spare)
{
    bool ends = d->info->flags & VVM_OP_E;
    uint32_t a = meant(v, d->a);
    if (has_target(d->info)) {
        memset(v->alias, 0, sizeof v->alias);
        follow(v, d, spare);
    }
    if (d->op == VVM_OPC_JSET && (v->now[a] == OWNED || v->now[a] == PARAMETER)) /* unset, where it does not jump */
        v->now[a] = UNCOUNTED;
    if (ends && !has_target(d->info) && !(d->info->flags & VVM_OP_T))
        check_end(v);
    if (ends)
        v->alive = false;
}

static void step(struct verifier *v, const struct decoded *d, uint8_t *spare)
{
    if (step_move(v, d))
        goto moved;
    uint8_t state = result_state(v, d);
    operands(v, d);
    if (d->info->flags & VVM_OP_T) {
        check_owned(v, d->pc);
        throw_to_handler(v, d->pc, spare);
    }
    if (d->info->flags & VVM_OP_TAIL)
        check_end(v);
    results(v, d, state);
    twin(v, d);
    leave(v, d, spare);
moved:
    if (d->op != VVM_OPC_LOADW && d->next < v->f->code_count && (uint8_t)v->f->code[d->next] != VVM_OPC_STOREW)
        memset(v->alias, 0, sizeof v->alias);
}

void verify_paths(struct verifier *v, uint8_t *spare)
{
    const struct vvm_function *f = v->f;
    for (uint32_t reg = 0; reg < f->parameter_count; reg++)
        v->now[reg] = is_parameter(v, reg) ? PARAMETER : OWNED;
    v->alive = true;
    for (uint32_t pc = 0; pc < f->code_count && !v->wrong && !v->out_of_memory;) {
        arrive(v, pc);
        struct decoded d = decode(f, pc);
        if (v->alive)
            step(v, &d, spare);
        pc = d.next;
    }
    if (v->alive && f->code_count)
        complain(v, "the end of the code is reached");
}
