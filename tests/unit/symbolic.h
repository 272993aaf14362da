/* For tests of the compiler's back half: functions in the linear form, and a symbolic machine that executes the
 * finished words.
 *
 * The machine knows no values, only whether a register holds a number, an immortal value or a counted object. Branches
 * and throws are random. It counts as vm/exec does (interpreter.c, unwind.c), and complains when a register is read
 * after its value was moved or released, when a lent argument dies during its call, and when something is left over at
 * the end of a path or was released twice. A consumed register is poisoned, so a stale read shows at once; what an
 * object's parts were borrowed from may be freed, and then the parts are dead. */
#ifndef TEST_SYMBOLIC_H
#define TEST_SYMBOLIC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/compile/ir.h"
#include "vm/compile/module.h"
#include "vm/exec/vm.h"
#include "vm/value/object.h"
#include "vm/value/type.h"

#define NO_LABEL UINT32_MAX

/* ---- Chance ---- */

static inline uint32_t chance_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}
static inline uint32_t chance_below(uint64_t *state, uint32_t bound) { return chance_next(state) % bound; }

/* ---- Functions in the linear form ---- */

/* Checks 0 Number, 1 String; constants 0 a number, 1 an immortal String. */
enum { CHECK_NUMBER, CHECK_STRING, CHECK_COUNT };
enum { CONSTANT_NUMBER, CONSTANT_STRING, CONSTANT_COUNT };

struct linear {
    struct vvm_vm vm;
    struct vvm_ir_function ir;
    struct vvm_function function;
    struct vvm_type_test tests[CHECK_COUNT];
    struct vvm_check checks[CHECK_COUNT];
    vvm_value constants[CONSTANT_COUNT];
};

static inline struct linear *linear_new(uint32_t parameters, uint32_t registers)
{
    struct linear *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->vm.symbols = vvm_symbols_create();
    l->vm.modules = vvm_modules_create(&l->vm);
    assert_non_null(l->vm.modules);
    l->ir.parameter_count = parameters;
    l->ir.register_count = registers;
    l->tests[CHECK_NUMBER] = (struct vvm_type_test){.kind = VVM_TEST_NUMBER, .text = "Number"};
    l->tests[CHECK_STRING] = (struct vvm_type_test){.kind = VVM_TEST_STRING, .text = "String"};
    for (int i = 0; i < CHECK_COUNT; i++)
        l->checks[i] = (struct vvm_check){&l->tests[i], "x"};
    l->constants[CONSTANT_NUMBER] = vvm_number(1 << 20);
    l->constants[CONSTANT_STRING] = vvm_string_new("s", 1);
    l->function = (struct vvm_function){.name = "f", .parameter_count = parameters, .required_count = parameters,
        .constants = l->constants, .constant_count = CONSTANT_COUNT, .checks = l->checks, .check_count = CHECK_COUNT};
    return l;
}

static inline void linear_drop(struct linear *l)
{
    vvm_modules_destroy(l->vm.modules);
    vvm_symbols_destroy(l->vm.symbols);
    free(l->ir.code);
    free(l);
}

static inline void linear_add(struct linear *l, struct vvm_ir ir)
{
    if (l->ir.count == l->ir.capacity) {
        l->ir.capacity = l->ir.capacity * 2 + 32;
        l->ir.code = realloc(l->ir.code, l->ir.capacity * sizeof *l->ir.code);
        assert_non_null(l->ir.code);
    }
    ir.position = l->ir.count;
    if (ir.op == VVM_OPC_SLOT)
        ir.w = (uint32_t)ir.c & 1; /* odd fields are those of structs: they never change */
    l->ir.code[l->ir.count++] = ir;
}

static inline void linear_op(struct linear *l, enum vvm_opcode op, int a, int b, int c)
{
    linear_add(l, (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = c, .label = NO_LABEL});
}

static inline void linear_jump(struct linear *l, enum vvm_opcode op, int a, int b, int c, uint32_t label)
{
    linear_add(l, (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = c, .label = label});
}

static inline uint32_t linear_label(struct linear *l) { return l->ir.label_count++; }

#define OP(l, name, a, b, c) linear_op(l, VVM_OPC_##name, a, b, c)
#define JUMP(l, name, a, b, c, label) linear_jump(l, VVM_OPC_##name, a, b, c, label)
#define PLACE(l, at) linear_jump(l, VVM_OPC_LABEL, 0, 0, 0, at)

static inline void linear_print(const struct linear *l)
{
    for (uint32_t i = 0; i < l->ir.count; i++) {
        const struct vvm_ir *ir = &l->ir.code[i];
        fprintf(stderr, "  %4u  %-9s %d %d %d", i, vvm_opcode_info[ir->op].name, ir->a, ir->b, ir->c);
        if (ir->label != NO_LABEL)
            fprintf(stderr, "  L%u", ir->label);
        fprintf(stderr, "\n");
    }
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_disassemble(&l->function, &out);
    fwrite(out.data, 1, out.length, stderr);
    vvm_text_drop(&out);
}

static inline uint32_t words_of_opcode(uint8_t op)
{
    switch ((enum vvm_format)vvm_opcode_info[op].format) {
    case VVM_FORMAT_ABC: case VVM_FORMAT_ABX: return 1;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW: case VVM_FORMAT_JUMP: return 2;
    default: return 3;
    }
}

/* How many instructions of this kind the finished function has. */
static inline uint32_t linear_count(const struct linear *l, enum vvm_opcode op)
{
    uint32_t count = 0;
    const struct vvm_function *f = &l->function;
    for (uint32_t pc = 0; pc < f->code_count; pc += words_of_opcode((uint8_t)f->code[pc]))
        count += (f->code[pc] & 0xff) == op;
    return count;
}

/* ---- The symbolic machine ---- */

enum symbol_kind { POISON, NUMBER, IMMORTAL, MISSING, OBJECT };
struct symbol { enum symbol_kind kind; uint32_t object; };
struct object { int32_t count; int32_t outside; uint32_t first_part, next_part, key; bool slot; };

#define NO_OBJECT UINT32_MAX
#define ENVIRONMENT 4

struct symbolic {
    const struct vvm_function *f;
    uint64_t chance;
    uint32_t throw_rate;      /* one in so many; 0: never */
    struct symbol *registers;
    struct object *objects;
    uint32_t object_count, object_capacity;
    struct symbol environment[ENVIRONMENT];
    uint32_t given, pending;
    uint32_t pc;
    bool ended;
    const char *wrong;
    uint32_t trace[4096];
    uint32_t trace_count;
};

static inline void symbolic_wrong(struct symbolic *s, const char *what)
{
    if (!s->wrong)
        s->wrong = what;
    s->ended = true;
}

static inline struct symbol object_new(struct symbolic *s, int32_t outside)
{
    if (s->object_count == s->object_capacity) {
        s->object_capacity = s->object_capacity * 2 + 64;
        s->objects = realloc(s->objects, s->object_capacity * sizeof *s->objects);
        assert_non_null(s->objects);
    }
    s->objects[s->object_count] = (struct object){1, outside, NO_OBJECT, NO_OBJECT, 0, false};
    return (struct symbol){OBJECT, s->object_count++};
}

static inline struct symbol symbol_random(struct symbolic *s, int32_t outside)
{
    switch (chance_below(&s->chance, 6)) {
    case 0: return (struct symbol){NUMBER, 0};
    case 1: return (struct symbol){IMMORTAL, 0};
    default: return object_new(s, outside);
    }
}

static inline void symbol_release(struct symbolic *s, struct symbol v)
{
    if (v.kind == POISON)
        symbolic_wrong(s, "releases a register that holds nothing");
    if (v.kind != OBJECT)
        return;
    struct object *o = &s->objects[v.object];
    if (o->count <= 0) {
        symbolic_wrong(s, "releases a dead object");
        return;
    }
    if (--o->count > 0)
        return;
    for (uint32_t part = o->first_part; part != NO_OBJECT; part = s->objects[part].next_part)
        symbol_release(s, (struct symbol){OBJECT, part});
    s->objects[v.object].first_part = NO_OBJECT;
}

static inline void symbol_check(struct symbolic *s, struct symbol v)
{
    if (v.kind == POISON)
        symbolic_wrong(s, "reads a register that holds nothing");
    else if (v.kind == OBJECT && s->objects[v.object].count <= 0)
        symbolic_wrong(s, "reads a dead object");
}

static inline struct symbol symbol_retain(struct symbolic *s, struct symbol v)
{
    symbol_check(s, v);
    if (v.kind == OBJECT)
        s->objects[v.object].count++;
    return v;
}

static inline struct symbol *register_at(struct symbolic *s, uint32_t reg)
{
    if (reg >= s->f->register_count) {
        symbolic_wrong(s, "uses a register outside of the frame");
        return &s->registers[0];
    }
    return &s->registers[reg];
}

static inline struct symbol register_read(struct symbolic *s, uint32_t reg)
{
    struct symbol v = *register_at(s, reg);
    symbol_check(s, v);
    return v;
}

static inline struct symbol register_take(struct symbolic *s, uint32_t reg)
{
    struct symbol v = register_read(s, reg);
    if (v.kind == OBJECT)
        register_at(s, reg)->kind = POISON;
    return v;
}

static inline void register_drop(struct symbolic *s, uint32_t reg) { symbol_release(s, register_take(s, reg)); }

/* The part of an object under a key: the same one each time. Numbers have numbers as parts. */
static inline struct symbol object_part(struct symbolic *s, struct symbol whole, uint32_t key, bool slot)
{
    if (whole.kind != OBJECT)
        return (struct symbol){key & 1 ? NUMBER : IMMORTAL, 0};
    if (key % 5 == 4)
        return (struct symbol){NUMBER, 0};
    for (uint32_t part = s->objects[whole.object].first_part; part != NO_OBJECT; part = s->objects[part].next_part)
        if (s->objects[part].key == key)
            return (struct symbol){OBJECT, part};
    struct symbol part = object_new(s, 0);
    s->objects[part.object].key = key;
    s->objects[part.object].slot = slot;
    s->objects[part.object].next_part = s->objects[whole.object].first_part;
    s->objects[whole.object].first_part = part.object;
    return part;
}

/* Code that ran meanwhile may have set fields of any instance: all parts read with SLOT of even fields are replaced. */
static inline void other_code_runs(struct symbolic *s)
{
    for (uint32_t i = 0; i < s->object_count; i++) {
        uint32_t *link = &s->objects[i].first_part;
        while (*link != NO_OBJECT) {
            uint32_t part = *link;
            if (!s->objects[part].slot) {
                link = &s->objects[part].next_part;
                continue;
            }
            *link = s->objects[part].next_part;
            s->objects[part].next_part = NO_OBJECT;
            symbol_release(s, (struct symbol){OBJECT, part});
        }
    }
}

/* ---- The end of a path ---- */

static inline void release_given_parameters(struct symbolic *s)
{
    for (uint32_t i = 0; i < VVM_MASK_BITS; i++)
        if (s->given >> i & 1)
            register_drop(s, i);
    s->given = 0;
}

/* Nothing is left but what belongs to others. */
static inline void symbolic_end(struct symbolic *s)
{
    s->ended = true;
    int32_t *expected = calloc(s->object_count + 1, sizeof *expected);
    for (uint32_t i = 0; i < s->object_count; i++) {
        expected[i] += s->objects[i].outside;
        for (uint32_t part = s->objects[i].first_part; part != NO_OBJECT; part = s->objects[part].next_part)
            expected[part]++;
    }
    for (uint32_t i = 0; i < s->object_count; i++) {
        if (s->objects[i].count > expected[i])
            symbolic_wrong(s, "an object is left over at the end of the path");
        else if (s->objects[i].count < expected[i])
            symbolic_wrong(s, "an object of others was released");
    }
    free(expected);
}

static inline void leave_environment(struct symbolic *s)
{
    for (int i = 0; i < ENVIRONMENT; i++)
        if (s->environment[i].kind == OBJECT) {
            s->objects[s->environment[i].object].outside--;
            symbol_release(s, s->environment[i]);
        }
}

/* ---- Errors, as unwind.c ---- */

static inline const uint64_t *owned_at(const struct vvm_function *f, uint32_t pc)
{
    const struct vvm_owned *found = NULL;
    for (uint32_t i = 0; i < f->owned_count && pc > 0; i++)
        if (f->owned[i].pc <= pc - 1)
            found = &f->owned[i];
    return found ? f->owned_bits + found->bits_index : NULL;
}

static inline void release_owned(struct symbolic *s, const uint64_t *owned, const uint64_t *kept)
{
    for (uint32_t reg = 0; owned && reg < s->f->owned_words * 64; reg++)
        if ((owned[reg / 64] & ~(kept ? kept[reg / 64] : 0)) >> (reg % 64) & 1)
            register_drop(s, reg);
}

/* `next`: the word behind the instruction that threw. */
static inline void symbolic_throw(struct symbolic *s, uint32_t next)
{
    const uint64_t *owned = owned_at(s->f, next);
    for (uint32_t i = 0; i < s->f->handler_count; i++) {
        const struct vvm_handler *h = &s->f->handlers[i];
        if (h->start > next - 1 || next - 1 >= h->end)
            continue;
        release_owned(s, owned, owned_at(s->f, h->target + 1));
        *register_at(s, h->slot) = object_new(s, 0);
        s->pc = h->target;
        return;
    }
    release_owned(s, owned, NULL);
    release_given_parameters(s);
    symbolic_end(s);
}

/* More often where there is a handler. */
static inline bool throws_now(struct symbolic *s, uint32_t next)
{
    uint32_t rate = s->throw_rate;
    for (uint32_t i = 0; i < s->f->handler_count; i++)
        if (s->f->handlers[i].start < next && next <= s->f->handlers[i].end)
            rate = s->throw_rate / 4 + (s->throw_rate != 0);
    return rate && chance_below(&s->chance, rate) == 0;
}

/* ---- Calls ---- */

static inline bool has_callee(uint8_t op)
{
    return op == VVM_OPC_CALL || op == VVM_OPC_CALLB || op == VVM_OPC_CALLN || op == VVM_OPC_TCALL || op == VVM_OPC_TCALLN
           || op == VVM_OPC_ACALL;
}

/* What the callee does to its arguments: it may give up what it was given at once, and needs what it was lent to the end. */
static inline void callee_runs(struct symbolic *s, uint32_t window, uint32_t count, uint32_t given, bool callee)
{
    for (uint32_t i = 0; i < count; i++)
        register_read(s, window + VVM_FRAME_HEADER + i);
    if (callee)
        register_read(s, window);
    for (uint32_t i = 0; i < count && !s->wrong; i++)
        if (i >= VVM_MASK_BITS || given >> i & 1)
            symbol_release(s, *register_at(s, window + VVM_FRAME_HEADER + i));
    if (callee)
        symbol_release(s, *register_at(s, window));
    other_code_runs(s);
    for (uint32_t i = 0; i < count && i < VVM_MASK_BITS && !s->wrong; i++)
        if (!(given >> i & 1) && register_at(s, window + VVM_FRAME_HEADER + i)->kind == OBJECT
            && s->objects[register_at(s, window + VVM_FRAME_HEADER + i)->object].count <= 0)
            symbolic_wrong(s, "a lent argument dies during its call");
    for (uint32_t reg = window; reg < s->f->register_count; reg++)
        s->registers[reg].kind = POISON;
}

/* Parameters that a self call leaves in their registers: as if they were moved into the window with their bit. */
static inline void keep_parameters(struct symbolic *s, uint32_t window, uint32_t kept, uint32_t *given)
{
    for (uint32_t i = 0; i < VVM_MASK_BITS && i < s->f->parameter_count && !s->wrong; i++)
        if (kept >> i & 1) {
            *register_at(s, window + VVM_FRAME_HEADER + i) = register_read(s, i);
            *given |= s->given & 1u << i;
            s->given &= ~(1u << i);
        }
}

static inline void run_call(struct symbolic *s, const uint32_t *code, uint32_t next)
{
    uint8_t op = (uint8_t)code[0], flags = vvm_opcode_info[op].flags;
    uint32_t count = code[0] >> 8 & 0xff, window = code[0] >> 16, dst = code[1] & 0xffff, given = code[1] >> 16 | s->pending;
    bool tail = (flags & VVM_OP_E) || ((flags & VVM_OP_TAIL) && chance_below(&s->chance, 2));
    if (window + VVM_FRAME_HEADER + count > s->f->register_count)
        symbolic_wrong(s, "a window outside of the frame");
    if (count < VVM_MASK_BITS && given >> count)
        symbolic_wrong(s, "the mask gives arguments that are none");
    if (op == VVM_OPC_TSELF && count != s->f->parameter_count)
        symbolic_wrong(s, "a self call with another number of arguments");
    s->pending = 0;
    bool throws = throws_now(s, next);
    if (op == VVM_OPC_TSELF)
        keep_parameters(s, window, VVM_TSELF_KEPT(code[2]), &given);
    if (tail && !throws) {
        for (uint32_t i = 0; op == VVM_OPC_TCALLM && i < VVM_MASK_BITS; i++)
            if (code[1] >> i & 1) {
                symbol_retain(s, register_read(s, window + VVM_FRAME_HEADER + i));
                given |= 1u << i;
            }
        release_given_parameters(s);
        if (op != VVM_OPC_TSELF)
            leave_environment(s);
        callee_runs(s, window, count, given, has_callee(op));
        symbolic_end(s);
        return;
    }
    callee_runs(s, window, count, given, has_callee(op));
    s->pc = next;
    if (throws)
        symbolic_throw(s, next);
    else if (flags & VVM_OP_E)
        symbolic_wrong(s, "comes back from a tail call");
    else
        *register_at(s, dst) = symbol_random(s, 0);
}

/* ---- Instructions ---- */

/* The bit of a parameter in the frame's mask. */
static inline uint32_t given_bit(struct symbolic *s, uint32_t reg)
{
    if (reg < VVM_MASK_BITS && reg < s->f->parameter_count)
        return 1u << reg;
    symbolic_wrong(s, "the frame's mask has no bit for this register");
    return 0;
}

static inline void drop_parameter(struct symbolic *s, uint32_t reg)
{
    if (s->given & given_bit(s, reg))
        register_drop(s, reg);
    s->given &= ~given_bit(s, reg);
}

static inline struct symbol take_parameter(struct symbolic *s, uint32_t reg)
{
    bool given = s->given & given_bit(s, reg);
    s->given &= ~given_bit(s, reg);
    return given ? register_take(s, reg) : symbol_retain(s, register_read(s, reg));
}

static inline void give_parameter(struct symbolic *s, uint32_t dst, uint32_t reg, uint32_t argument)
{
    struct symbol v = register_read(s, reg);
    if (argument >= VVM_MASK_BITS)
        symbolic_wrong(s, "gives an argument that the call's mask does not know");
    else if (s->given & given_bit(s, reg))
        s->pending |= 1u << argument;
    s->given &= ~given_bit(s, reg);
    *register_at(s, dst) = v;
}

/* Only a missing argument may be replaced while it is owned. */
static inline void define_parameter(struct symbolic *s, uint32_t reg, uint32_t from)
{
    struct symbol v = register_take(s, from);
    if (s->given & given_bit(s, reg) && register_at(s, reg)->kind == OBJECT)
        symbolic_wrong(s, "replaces a parameter that is owned");
    *register_at(s, reg) = v;
    s->given |= given_bit(s, reg);
}

/* Moves, drops and ends. False: another instruction. */
static inline bool run_move(struct symbolic *s, uint32_t w)
{
    uint32_t a = w >> 8 & 0xff, b = w >> 16 & 0xff, c = w >> 24;
    struct symbol v;
    switch ((enum vvm_opcode)(w & 0xff)) {
    case VVM_OPC_NOP: return true;
    case VVM_OPC_MOVE: v = register_take(s, b); *register_at(s, a) = v; return true;
    case VVM_OPC_COPY: v = symbol_retain(s, register_read(s, b)); *register_at(s, a) = v; return true;
    case VVM_OPC_LEND: v = register_read(s, b); *register_at(s, a) = v; return true;
    case VVM_OPC_TAKE: v = take_parameter(s, b); *register_at(s, a) = v; return true;
    case VVM_OPC_GIVE: give_parameter(s, a, b, c); return true;
    case VVM_OPC_DROP: register_drop(s, a); return true;
    case VVM_OPC_DROPP: drop_parameter(s, a); return true;
    case VVM_OPC_DROP2:
        if (c & 1) drop_parameter(s, a); else register_drop(s, a);
        if (c & 2) drop_parameter(s, b); else register_drop(s, b);
        return true;
    case VVM_OPC_LOADI: *register_at(s, a) = (struct symbol){NUMBER, 0}; return true;
    case VVM_OPC_LOADK: *register_at(s, a) = (struct symbol){w >> 16 == CONSTANT_NUMBER ? NUMBER : IMMORTAL, 0}; return true;
    case VVM_OPC_UNSET: *register_at(s, a) = (struct symbol){MISSING, 0}; return true;
    case VVM_OPC_LOADW: v = *register_at(s, w >> 16); *register_at(s, a) = v; return true;
    case VVM_OPC_STOREW: v = *register_at(s, a); *register_at(s, w >> 16) = v; return true;
    case VVM_OPC_DEFP: define_parameter(s, a, b); return true;
    default: return false;
    }
}

static inline bool run_return(struct symbolic *s, uint32_t w)
{
    uint32_t a = w >> 8 & 0xff;
    switch ((enum vvm_opcode)(w & 0xff)) {
    case VVM_OPC_RETURN: register_drop(s, a); break;
    case VVM_OPC_RETP: symbol_release(s, take_parameter(s, a)); break;
    case VVM_OPC_RETB: register_read(s, a); break;
    case VVM_OPC_RETV: break;
    default: return false;
    }
    if (s->pending)
        symbolic_wrong(s, "an argument is given to no call");
    release_given_parameters(s);
    symbolic_end(s);
    return true;
}

static inline void visit_role(struct symbolic *s, char role, uint32_t reg, uint32_t count, bool consume)
{
    if (role == 'u' || role == 'v' || role == 'c' || role == 'm') {
        if (!consume)
            register_read(s, reg);
        else if (role == 'c' || role == 'm')
            register_drop(s, reg);
    }
    for (uint32_t i = 0; role == 'r' && i < count; i++) {
        if (consume)
            register_drop(s, reg + i);
        else
            register_read(s, reg + i);
    }
}

static inline bool is_number_result(struct symbolic *s, uint8_t op, uint32_t b, uint32_t c)
{
    const struct vvm_opcode_info *info = &vvm_opcode_info[op];
    bool arithmetic = (op >= VVM_OPC_ADD && op <= VVM_OPC_POW) || op == VVM_OPC_NEG || (info->flags & VVM_OP_K);
    return arithmetic && register_at(s, b)->kind == NUMBER && (info->c != 'u' || register_at(s, c)->kind == NUMBER);
}

static inline bool is_borrowing(uint8_t op)
{
    return op == VVM_OPC_PEEL_B || op == VVM_OPC_ELEM_B || op == VVM_OPC_ELEMR_B || op == VVM_OPC_SLOT_B || op == VVM_OPC_TUPGET_B;
}

static inline struct symbol run_result(struct symbolic *s, uint8_t op, uint32_t b, uint32_t c, bool numbers)
{
    bool slot = (op == VVM_OPC_SLOT || op == VVM_OPC_SLOT_B) && !(c & 1);
    switch (vvm_opcode_info[op].a) {
    case 's': return (struct symbol){NUMBER, 0};
    case 'b': return s->environment[chance_below(&s->chance, ENVIRONMENT)];
    case 'p':
        if (op == VVM_OPC_INDEX_B || op == VVM_OPC_INDEXI_B)
            symbolic_wrong(s, "borrows what the slow path makes");
        if (is_borrowing(op))
            return object_part(s, *register_at(s, b), (uint32_t)(op - 1) * 8 + c % 8, slot);
        return symbol_retain(s, object_part(s, *register_at(s, b), (uint32_t)op * 8 + c % 8, slot));
    default: return numbers ? (struct symbol){NUMBER, 0} : symbol_random(s, 0);
    }
}

static inline bool check_passes(struct symbolic *s, uint32_t w)
{
    struct symbol v = register_read(s, w >> 8 & 0xff);
    return w >> 16 == CHECK_NUMBER ? v.kind == NUMBER : v.kind != NUMBER;
}

static inline bool is_twin(uint8_t op) { return op > 0 && (vvm_opcode_info[op - 1].flags & VVM_OP_K); }

static inline void run_plain(struct symbolic *s, const uint32_t *code, uint32_t next)
{
    uint8_t op = (uint8_t)code[0];
    const struct vvm_opcode_info *info = &vvm_opcode_info[op];
    uint32_t a = code[0] >> 8 & 0xff, b = code[0] >> 16 & 0xff, c = code[0] >> 24;
    if (info->format == VVM_FORMAT_ABX)
        b = c = 0;
    if (s->pending)
        symbolic_wrong(s, "an argument is given to no call");
    for (int consume = 0; consume < 2; consume++) {
        bool numbers = is_number_result(s, op, b, c), keeps = info->a == 'd' || info->a == 'p' || info->a == 's' || info->a == 'b';
        struct symbol result = {POISON, 0};
        if (consume && keeps)
            result = run_result(s, op, b, c, numbers);
        visit_role(s, info->a, a, c, consume);
        visit_role(s, info->b, b, c, consume);
        visit_role(s, info->c, c, 0, consume);
        if (!consume)
            continue;
        s->pc = next;
        bool check_fails = op == VVM_OPC_CHECK && !check_passes(s, code[0]);
        if (check_fails || ((info->flags & VVM_OP_T) && throws_now(s, next)) || op == VVM_OPC_THROW || op == VVM_OPC_MATCHFAIL) {
            symbol_release(s, result.kind == OBJECT && (info->a == 'd' || (info->a == 'p' && !is_borrowing(op)))
                                  ? result : (struct symbol){NUMBER, 0});
            symbolic_throw(s, next);
            return;
        }
        if (keeps)
            *register_at(s, a) = result;
        else if (info->a == 'm')
            *register_at(s, a) = object_new(s, 0);
        if (is_twin(op)) {
            uint8_t then = (uint8_t)s->f->code[next];
            if (then != VVM_OPC_DROP && then != VVM_OPC_DROPP && then != VVM_OPC_DROP2)
                symbolic_wrong(s, "a twin without its drops");
            if (numbers && chance_below(&s->chance, 4))
                s->pc++;
        }
        bool taken = op == VVM_OPC_JMP ? true : op == VVM_OPC_JSET ? register_at(s, a)->kind != MISSING : chance_below(&s->chance, 2);
        if ((info->flags & VVM_OP_J) && taken)
            s->pc = next + s->f->code[next - 1];
        if (info->flags & VVM_OP_T)
            other_code_runs(s);
    }
}

static inline void symbolic_step(struct symbolic *s)
{
    if (s->pc >= s->f->code_count) {
        symbolic_wrong(s, "runs off the end");
        return;
    }
    const uint32_t *code = s->f->code + s->pc;
    uint8_t op = (uint8_t)code[0];
    uint32_t next = s->pc + words_of_opcode(op);
    if (s->trace_count < sizeof s->trace / sizeof *s->trace)
        s->trace[s->trace_count++] = s->pc;
    if (run_return(s, code[0]))
        return;
    if (vvm_opcode_info[op].format == VVM_FORMAT_CALL)
        run_call(s, code, next);
    else if (run_move(s, code[0]))
        s->pc = next;
    else
        run_plain(s, code, next);
}

/* Runs the function once, with arguments, branches and errors by chance. NULL: all is well. */
static inline const char *symbolic_run(struct symbolic *s, const struct vvm_function *f, uint64_t seed)
{
    *s = (struct symbolic){.f = f, .chance = seed * 0x9e3779b97f4a7c15u + 1};
    static const uint32_t rates[] = {0, 60, 20, 6};
    s->throw_rate = rates[chance_below(&s->chance, 4)];
    s->registers = calloc(f->register_count + 1, sizeof *s->registers);
    assert_non_null(s->registers);
    for (uint32_t i = 0; i < f->parameter_count; i++) {
        bool given = i >= VVM_MASK_BITS || chance_below(&s->chance, 2);
        s->registers[i] = chance_below(&s->chance, 5) == 0 ? (struct symbol){MISSING, 0} : symbol_random(s, !given);
        if (i < VVM_MASK_BITS && given)
            s->given |= 1u << i;
    }
    for (int i = 0; i < ENVIRONMENT; i++)
        s->environment[i] = symbol_random(s, 1);
    while (!s->ended)
        symbolic_step(s);
    free(s->registers);
    free(s->objects);
    s->registers = NULL;
    s->objects = NULL;
    return s->wrong;
}

static inline void symbolic_report(const struct symbolic *s, const struct linear *l)
{
    linear_print(l);
    fprintf(stderr, "path:");
    for (uint32_t i = 0; i < s->trace_count; i++)
        fprintf(stderr, " %u", s->trace[i]);
    fprintf(stderr, "\n%s\n", s->wrong);
}

/* Finishes, verifies, and runs the function many times. */
static inline bool linear_proves(struct linear *l, uint64_t seed, uint32_t runs)
{
    bool too_large;
    if (!vvm_ir_finish(&l->ir, &l->vm, &l->function, &too_large)) {
        fprintf(stderr, "cannot be finished\n");
        return false;
    }
    const char *complaint = vvm_verify(&l->function);
    if (complaint) {
        linear_print(l);
        fprintf(stderr, "verifier: %s\n", complaint);
        return false;
    }
    static struct symbolic s;
    for (uint32_t i = 0; i < runs; i++)
        if (symbolic_run(&s, &l->function, seed * 1000 + i)) {
            symbolic_report(&s, l);
            return false;
        }
    return true;
}

#endif
