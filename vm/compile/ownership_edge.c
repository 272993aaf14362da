/* Ownership where paths part and meet: placing instructions, drops, the stubs on edges, joins. */
#include "vm/compile/ownership.h"

#include <stdlib.h>
#include <string.h>

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

struct placed *own_place(struct owner *o, struct vvm_ir ir, uint32_t owned)
{
    struct placement *out = o->out;
    if (!room(o, (void **)&out->code, out->count, &out->capacity, sizeof *out->code))
        return NULL;
    struct placed *p = &out->code[out->count++];
    *p = (struct placed){.ir = ir, .owned = owned};
    return p;
}

void own_put(struct owner *o, enum vvm_opcode op, int a, int b, int c)
{
    own_place(o, (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = c, .label = NO_LABEL, .position = o->position},
              UINT32_MAX);
}

/* The index of the owned set of this moment. */
uint32_t owned_set(struct owner *o)
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

int take_scratch(struct owner *o, int count)
{
    int reg = o->scratch;
    o->scratch += count;
    if (o->scratch > o->scratch_top)
        o->scratch_top = o->scratch;
    return reg;
}

/* ---- Liveness of old values ---- */

/* Would the handler of a throwing instruction read the register? */
bool handler_reads(const struct flow *f, uint32_t index, int reg)
{
    uint32_t label = f->handler[index];
    return label != NO_LABEL && (info_of(&f->ir->code[index])->flags & VVM_OP_T) &&
           (uint32_t)reg != f->label_slot[label] && set_has(flow_label(f, label), reg);
}

/* Is the value a register has before the instruction read by anything after it? */
bool lives_on(const struct flow *f, uint32_t index, int reg)
{
    return (flow_live_after(f, index, reg) && flow_definition(&f->ir->code[index]) != reg) ||
           handler_reads(f, index, reg);
}

/* Does nothing but a return follow? */
bool leaves_at(const struct flow *f, uint32_t index)
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

void own_drop(struct owner *o, int reg)
{
    if (o->now[reg] == OWNED)
        own_put(o, VVM_OPC_DROP, reg, 0, 0);
    else if (o->now[reg] == PARAMETER && !o->leaving)
        own_put(o, VVM_OPC_DROPP, reg, 0, 0);
    own_hold(o, reg, DEAD);
}

/* For a register that gets another value. */
void own_drop_old(struct owner *o, int reg)
{
    bool leaving = o->leaving;
    o->leaving = false;
    if (needs_drop(o->now[reg]))
        own_drop(o, reg);
    o->leaving = leaving;
}

static void drop_pair(struct owner *o, int first, int second)
{
    int flags = (o->now[first] == PARAMETER) | (o->now[second] == PARAMETER) << 1;
    own_put(o, VVM_OPC_DROP2, first, second, flags);
    own_hold(o, first, DEAD);
    own_hold(o, second, DEAD);
}

void own_drop_list(struct owner *o, const int *regs, int count)
{
    int i = 0;
    for (; !o->wide && i + 1 < count; i += 2)
        drop_pair(o, regs[i], regs[i + 1]);
    for (; i < count; i++)
        own_drop(o, regs[i]);
}

/* Drops whatever is not live any more. */
void own_drop_dead(struct owner *o, const uint64_t *live)
{
    int waiting = -1;
    for (int reg = 0; is_parameter(o, reg); reg++)
        if (o->now[reg] == PARAMETER && !set_has(live, reg))
            own_drop(o, reg);
    for (uint32_t word = 0; word < o->f->words; word++)
        for (uint64_t bits = o->owned[word] & ~live[word]; bits; bits &= bits - 1) {
            int reg = (int)(word * 64) + __builtin_ctzll(bits);
            if (waiting >= 0) {
                own_drop_list(o, (int[]){waiting, reg}, 2);
                waiting = -1;
            } else {
                waiting = reg;
            }
        }
    if (waiting >= 0)
        own_drop(o, waiting);
}

/* ---- Edges that drop ---- */

static void remember_drop(struct owner *o, int item)
{
    if (room(o, (void **)&o->drops, o->drop_count, &o->drop_capacity, sizeof *o->drops))
        o->drops[o->drop_count++] = item;
}

uint32_t remember_drops(struct owner *o, const uint64_t *live, bool leaving)
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
uint32_t stub_to(struct owner *o, uint32_t target, uint32_t first, uint32_t count)
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

void place_stubs(struct owner *o)
{
    for (uint32_t i = 0; i < o->stub_count; i++) {
        struct stub *s = &o->stubs[i];
        own_place(o, (struct vvm_ir){.op = VVM_OPC_LABEL, .label = s->label, .position = o->position}, UINT32_MAX);
        for (uint32_t k = s->first; k < s->first + s->count; k++)
            own_put(o, o->drops[k] < 0 ? VVM_OPC_DROPP : VVM_OPC_DROP, o->drops[k] < 0 ? ~o->drops[k] : o->drops[k], 0,
                    0);
        own_place(o, (struct vvm_ir){.op = VVM_OPC_JMP, .label = s->target, .position = o->position}, UINT32_MAX);
    }
}

/* ---- Joins ---- */

/* A borrowed class never meets an owned one: borrow.c sees to that. */
static uint8_t join(uint8_t a, uint8_t b)
{
    static const uint8_t rank[] = {
        [DEAD] = 0,           [WHOLE] = 1,          [REAL] = 1,  [TRUTH] = 1, [NUMERIC] = 2,  [SCALAR] = 3,
        [BORROWED_FRAME] = 4, [BORROWED_LOCAL] = 5, [GIVEN] = 6, [OWNED] = 7, [PARAMETER] = 8};
    if (a != b && is_plain(a) && is_plain(b))
        return NUMERIC;
    return rank[a] > rank[b] ? a : b;
}

/* Only one jump leads there: what dies on the way is dropped at the label. */
bool has_one_way(const struct flow *f, uint32_t label)
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

void join_label(struct owner *o, uint32_t label)
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

void take_label(struct owner *o, uint32_t label)
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
void join_handler(struct owner *o, uint32_t index)
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
