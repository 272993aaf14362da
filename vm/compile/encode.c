/* Encoding: words, and the tables for handlers, owned registers and lines. */
#include "vm/compile/code_arena.h"
#include "vm/compile/flow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_REGISTERS 256
#define SCRATCH 4          /* registers that stand in for byte operands above 255 */
#define WORDS_MAX (1u << 24)

struct encoder {
    struct flow *f;
    struct placement *in;
    uint32_t *words; uint32_t count, capacity;
    uint32_t *label_at;    /* label -> word */
    uint32_t *place_of;    /* label -> index of its LABEL */
    struct fix { uint32_t at, label; } *fixes; uint32_t fix_count, fix_capacity;
    struct vvm_handler *handlers; uint32_t handler_count, handler_capacity;
    uint32_t depth;
    struct vvm_owned *owned; uint32_t owned_count, owned_capacity;
    struct vvm_line *lines; uint32_t line_count, line_capacity;
    int shift_from, shift; /* registers from here on stand `shift` higher, to make room for the scratch registers */
    bool failed;
    struct { uint32_t label, start, slot; } open[1024]; /* `depth` of them; the last member: it is not cleared */
};

static const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static void *grow(struct encoder *e, void **items, uint32_t *count, uint32_t *capacity, size_t size)
{
    if (*count == *capacity) {
        uint32_t more = *capacity ? *capacity * 2 : 64;
        void *grown = realloc(*items, more * size);
        if (!grown) {
            e->failed = true;
            return NULL;
        }
        *items = grown;
        *capacity = more;
    }
    return (char *)*items + (size_t)(*count)++ * size;
}

static void word(struct encoder *e, uint32_t value)
{
    uint32_t *place = grow(e, (void **)&e->words, &e->count, &e->capacity, sizeof *place);
    if (place)
        *place = value;
}

static void word_abc(struct encoder *e, uint32_t op, int a, int b, int c)
{
    word(e, op | (uint32_t)(a & 0xff) << 8 | (uint32_t)(b & 0xff) << 16 | (uint32_t)(c & 0xff) << 24);
}

static void word_abx(struct encoder *e, uint32_t op, int a, int bx)
{
    word(e, op | (uint32_t)(a & 0xff) << 8 | (uint32_t)(bx & 0xffff) << 16);
}

/* Where a jump to the label leads in the end: past jumps that stand right at it. */
static uint32_t threaded(const struct encoder *e, uint32_t label)
{
    for (uint32_t step = 0; step < 16; step++) {
        uint32_t i = e->place_of[label];
        while (i < e->in->count && (e->in->code[i].ir.op == VVM_OPC_LABEL || e->in->code[i].ir.op == VVM_OPC_ENDTRY))
            i++;
        if (i >= e->in->count || e->in->code[i].ir.op != VVM_OPC_JMP)
            break;
        label = e->in->code[i].ir.label;
    }
    return label;
}

static void word_target(struct encoder *e, uint32_t label)
{
    struct fix *fix = grow(e, (void **)&e->fixes, &e->fix_count, &e->fix_capacity, sizeof *fix);
    if (fix)
        *fix = (struct fix){e->count, threaded(e, label)};
    word(e, 0);
}

static int map(const struct encoder *e, int reg) { return reg < e->shift_from ? reg : reg + e->shift; }

static bool is_register(char role) { return role != '-'; }
static bool is_written(char role)
{
    return role == 'd' || role == 's' || role == 'b' || role == 'p' || role == 'm' || role == 'v';
}
static bool is_read(char role) { return role == 'u' || role == 'c' || role == 'm' || role == 'v'; }

/* ---- Registers above 255 ---- */

static int legal(struct encoder *e, char role, int reg, int scratch, int *store)
{
    if (!is_register(role))
        return reg;
    reg = map(e, reg);
    if (reg < BYTE_REGISTERS)
        return reg;
    if (is_read(role))
        word_abx(e, VVM_OPC_LOADW, scratch, reg);
    if (is_written(role))
        *store = reg;
    return scratch;
}

static int legal_range(struct encoder *e, int first, int count)
{
    int scratch = e->shift_from + SCRATCH;
    if (map(e, first) + count <= BYTE_REGISTERS)
        return map(e, first);
    for (int i = 0; i < count; i++)
        word_abx(e, VVM_OPC_LOADW, scratch + i, map(e, first + i));
    return scratch;
}

/* ---- Tables ---- */

static void note_line(struct encoder *e, uint32_t position)
{
    if (e->line_count && e->lines[e->line_count - 1].position == position)
        return;
    struct vvm_line *line = grow(e, (void **)&e->lines, &e->line_count, &e->line_capacity, sizeof *line);
    if (line)
        *line = (struct vvm_line){e->count, position};
}

static void note_owned(struct encoder *e, uint32_t start, uint32_t set)
{
    if (set == UINT32_MAX)
        return;
    if (e->owned_count && e->owned[e->owned_count - 1].bits_index == set)
        return;
    struct vvm_owned *entry = grow(e, (void **)&e->owned, &e->owned_count, &e->owned_capacity, sizeof *entry);
    if (entry)
        *entry = (struct vvm_owned){start, set};
}

static void open_region(struct encoder *e, const struct vvm_ir *ir)
{
    if (e->depth == sizeof e->open / sizeof *e->open) {
        e->failed = true;
        return;
    }
    e->open[e->depth].label = ir->label;
    e->open[e->depth].start = e->count;
    e->open[e->depth++].slot = (uint32_t)map(e, ir->a);
}

static void close_region(struct encoder *e)
{
    if (!e->depth)
        return;
    e->depth--;
    if (e->open[e->depth].start == e->count || !e->f->label_handler[e->open[e->depth].label])
        return; /* nothing in it throws */
    struct vvm_handler *handler =
        grow(e, (void **)&e->handlers, &e->handler_count, &e->handler_capacity, sizeof *handler);
    if (handler) /* target: a label until all are placed */
        *handler = (struct vvm_handler){e->open[e->depth].start, e->count, e->open[e->depth].label,
                                    e->open[e->depth].slot};
}

/* ---- Instructions ---- */

static void encode_call(struct encoder *e, const struct placed *p)
{
    const struct vvm_ir *ir = &p->ir;
    word(e, ir->op | (uint32_t)(ir->c & 0xff) << 8 | (uint32_t)map(e, ir->b) << 16);
    word(e, (uint32_t)(ir->op == VVM_OPC_TCALLM ? ir->a : map(e, ir->a)) | p->mask << 16);
    word(e, ir->w);
}

static void encode_body(struct encoder *e, const struct vvm_ir *ir, int a, int b, int c)
{
    switch ((enum vvm_format)info_of(ir)->format) {
    case VVM_FORMAT_ABC: word_abc(e, ir->op, a, b, c); break;
    case VVM_FORMAT_ABX: word_abx(e, ir->op, a, b); break;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW:
        word_abc(e, ir->op, a, b, c);
        word(e, ir->w);
        break;
    case VVM_FORMAT_JUMP:
        word_abc(e, ir->op, a, b, c);
        word_target(e, ir->label);
        break;
    case VVM_FORMAT_JUMPW:
        word_abc(e, ir->op, a, b, c);
        word(e, ir->w);
        word_target(e, ir->label);
        break;
    case VVM_FORMAT_CALL: break;
    }
}

static void encode_plain(struct encoder *e, const struct placed *p)
{
    const struct vvm_ir *ir = &p->ir;
    const struct vvm_opcode_info *info = info_of(ir);
    int store_a = -1, store_b = -1, store_c = -1, scratch = e->shift_from;
    int b = info->b == 'r' ? legal_range(e, ir->b, ir->c) : legal(e, info->b, ir->b, scratch + 1, &store_b);
    int c = legal(e, info->c, ir->c, scratch + 2, &store_c);
    int a = legal(e, info->a, ir->a, scratch, &store_a);
    uint32_t start = e->count;
    note_owned(e, start, p->owned);
    encode_body(e, ir, a, b, c);
    if (store_a >= 0)
        word_abx(e, VVM_OPC_STOREW, a, store_a);
}

static bool jumps_to_next(const struct encoder *e, uint32_t index)
{
    const struct vvm_ir *ir = &e->in->code[index].ir;
    if (ir->op != VVM_OPC_JMP)
        return false;
    for (uint32_t i = index + 1; i < e->in->count; i++) {
        const struct vvm_ir *next = &e->in->code[i].ir;
        if (next->op == VVM_OPC_LABEL && next->label == ir->label)
            return true;
        if (next->op != VVM_OPC_LABEL && next->op != VVM_OPC_ENDTRY && next->op != VVM_OPC_TRY)
            return false;
    }
    return false;
}

static void encode_one(struct encoder *e, uint32_t index)
{
    const struct placed *p = &e->in->code[index];
    switch (p->ir.op) {
    case VVM_OPC_LABEL: e->label_at[p->ir.label] = e->count; return;
    case VVM_OPC_TRY: open_region(e, &p->ir); return;
    case VVM_OPC_ENDTRY: close_region(e); return;
    default: break;
    }
    if (jumps_to_next(e, index))
        return;
    note_line(e, p->ir.position);
    if (info_of(&p->ir)->format == VVM_FORMAT_CALL) {
        note_owned(e, e->count, p->owned);
        encode_call(e, p);
    } else {
        encode_plain(e, p);
    }
}

/* Parameters that stand higher than where the caller left them are moved first, the last one first. They are the ones
 * that no mask knows, so nothing but the code has to know. */
static void lift_parameters(struct encoder *e)
{
    int last = (int)e->f->ir->parameter_count - 1;
    for (int reg = last; e->shift && reg >= e->shift_from; reg--)
        word_abx(e, VVM_OPC_STOREW, reg, map(e, reg));
}

static void resolve(struct encoder *e)
{
    for (uint32_t i = 0; i < e->fix_count; i++)
        e->words[e->fixes[i].at] = e->label_at[e->fixes[i].label] - (e->fixes[i].at + 1);
    for (uint32_t i = 0; i < e->handler_count; i++)
        e->handlers[i].target = e->label_at[e->handlers[i].target];
}

/* Owned sets in terms of the final registers. */
static uint64_t *shifted_sets(struct encoder *e, uint32_t words)
{
    uint32_t old_words = e->f->words;
    uint64_t *sets = calloc((size_t)e->in->set_count * words + 1, sizeof *sets);
    for (uint32_t s = 0; sets && s < e->in->set_count; s++)
        for (uint32_t w = 0; w < old_words; w++)
            for (uint64_t bits = e->in->sets[(size_t)s * old_words + w]; bits; bits &= bits - 1) {
                int reg = map(e, (int)(w * 64) + __builtin_ctzll(bits));
                sets[(size_t)s * words + (uint32_t)reg / 64] |= (uint64_t)1 << (reg & 63);
            }
    return sets;
}

static void *keep(struct encoder *e, struct vvm_vm *vm, const void *items, size_t size)
{
    void *copy = vvm_code_alloc(vm, size ? size : 1);
    if (!copy)
        e->failed = true;
    else if (size)
        memcpy(copy, items, size);
    return copy;
}

static void hand_over(struct encoder *e, struct vvm_function *function, struct vvm_vm *vm)
{
    uint32_t registers = e->in->register_count + (uint32_t)e->shift, words = registers / 64 + 1;
    uint64_t *sets = shifted_sets(e, words);
    if (!sets) {
        e->failed = true;
        return;
    }
    for (uint32_t i = 0; i < e->owned_count; i++)
        e->owned[i].bits_index *= words;
    function->code = keep(e, vm, e->words, e->count * sizeof *e->words);
    function->code_count = e->count;
    function->register_count = registers;
    function->handlers = keep(e, vm, e->handlers, e->handler_count * sizeof *e->handlers);
    function->handler_count = e->handler_count;
    function->owned = keep(e, vm, e->owned, e->owned_count * sizeof *e->owned);
    function->owned_count = e->owned_count;
    function->owned_bits = keep(e, vm, sets, (size_t)e->in->set_count * words * sizeof *sets);
    function->owned_words = words;
    function->lines = keep(e, vm, e->lines, e->line_count * sizeof *e->lines);
    function->line_count = e->line_count;
    free(sets);
}

static int widest_range(const struct placement *in)
{
    int widest = 0;
    for (uint32_t i = 0; i < in->count; i++)
        if (info_of(&in->code[i].ir)->b == 'r' && in->code[i].ir.c > widest)
            widest = in->code[i].ir.c;
    return widest;
}

bool flow_encode(struct flow *f, struct placement *in, struct vvm_vm *vm, bool *too_large)
{
    struct encoder *e = malloc(sizeof *e);
    if (!e)
        return false;
    memset(e, 0, offsetof(struct encoder, open));
    e->f = f;
    e->in = in;
    uint32_t parameters = f->ir->parameter_count;
    e->shift_from = (int)(parameters < VVM_MASK_BITS ? parameters : VVM_MASK_BITS);
    e->shift = in->register_count > BYTE_REGISTERS ? SCRATCH + widest_range(in) : 0;
    *too_large = e->shift_from + e->shift > BYTE_REGISTERS || in->register_count + (uint32_t)e->shift > UINT16_MAX
                 || parameters > BYTE_REGISTERS;
    e->label_at = calloc(in->label_count + 1, sizeof *e->label_at);
    e->place_of = calloc(in->label_count + 1, sizeof *e->place_of);
    bool made = e->label_at && e->place_of && !*too_large;
    for (uint32_t i = 0; made && i < in->count; i++)
        if (in->code[i].ir.op == VVM_OPC_LABEL)
            e->place_of[in->code[i].ir.label] = i;
    if (made)
        lift_parameters(e);
    for (uint32_t i = 0; made && i < in->count && !e->failed; i++)
        encode_one(e, i);
    if (made && e->count > WORDS_MAX)
        *too_large = true;
    if (made && !e->failed && !*too_large) {
        resolve(e);
        hand_over(e, f->function, vm);
    }
    made = made && !e->failed && !*too_large;
    free(e->words);
    free(e->label_at);
    free(e->place_of);
    free(e->fixes);
    free(e->handlers);
    free(e->owned);
    free(e->lines);
    free(e);
    return made;
}
