/* The loop. Registers, pc, constants and budget live in locals; a step (step.h) sees them saved.
 *
 *   SAVE   frame->pc, fiber->top          before a step
 *   ENTER  frame, registers, pc, constants after one, and when a frame is pushed or popped
 *
 * A frame's state word (dst, given, flags, count) is always read and written as a whole here, so that the
 * loads at its return find the stores of its call. */
#include "vm/exec/cancel.h"
#include "vm/exec/interpreter.h"

#include "runtime/sched/thread.h"
#include "vm/compile/opcodes.h"
#include "vm/exec/loop_round.h"
#include "vm/exec/pattern.h"
#include "vm/exec/step.h"

#include <math.h>

#define A (w >> 8 & 0xff)
#define B (w >> 16 & 0xff)
#define C (w >> 24)
/* The registers A, B and C name: the shift that takes a field out of the word scales it, too. */
#define REGISTER_AT(offset) (*(vvm_value *)(void *)((char *)R + ((offset) & 0xff0)))
#define RA REGISTER_AT(w >> 4)
#define RB REGISTER_AT(w >> 12)
#define RC REGISTER_AT(w >> 20)
#define SC ((int8_t)(w >> 24))
#define BX (w >> 16)
#define SBX ((int32_t)w >> 16)
#define NEXT() do { w = *pc++; goto *labels[w & 0xff]; } while (0)
#define SAVE() do { vvm_frame_of(R)->pc = pc; fiber->top = (uint32_t)(R - fiber->stack); m->budget = budget; } while (0)
/* A step for the instruction that starts `back` words before pc. */
#define STEP(function, back) do { SAVE(); step = function(m, pc - (back)); goto stepped; } while (0)
#define NUMBERS(x, y) ((x).tag == VVM_NUMBER && (y).tag == VVM_NUMBER)
#define FLOATS(x, y) (VVM_LIKELY((x).tag == VVM_FLOAT) && VVM_LIKELY((y).tag == VVM_FLOAT))

/* A Float and a Number: both as Floats. */
static inline bool mixed(vvm_value *x, vvm_value *y)
{
    if (x->tag == VVM_FLOAT && y->tag == VVM_NUMBER)
        *y = vvm_float((double)y->number);
    else if (x->tag == VVM_NUMBER && y->tag == VVM_FLOAT)
        *x = vvm_float((double)x->number);
    else
        return false;
    return true;
}

#define ARITH_LABEL(name, builtin, rop, skip, label) \
    label: { \
        vvm_value x = RB, y = RC; \
        int64_t n; \
        if (VVM_LIKELY(NUMBERS(x, y)) && VVM_LIKELY(!builtin(x.number, y.number, &n))) { \
            RA = vvm_number(n); \
            pc += skip; \
            NEXT(); \
        } \
        if (FLOATS(x, y) || mixed(&x, &y)) { \
            RA = vvm_float(x.real rop y.real); \
            pc += skip; \
            NEXT(); \
        } \
        STEP(vvm_step_arith, 1); \
    }
#define ARITH(name, builtin, rop) \
    ARITH_LABEL(name, builtin, rop, 0, L_##name) ARITH_LABEL(name, builtin, rop, 1, L_##name##_K)

#define ARITH_I_LABEL(builtin, rop, skip, label) \
    label: { \
        vvm_value x = RB; \
        int64_t n; \
        if (VVM_LIKELY(x.tag == VVM_NUMBER) && VVM_LIKELY(!builtin(x.number, (int64_t)SC, &n))) { \
            RA = vvm_number(n); \
            pc += skip; \
            NEXT(); \
        } \
        if (x.tag == VVM_FLOAT) { \
            RA = vvm_float(x.real rop (double)SC); \
            pc += skip; \
            NEXT(); \
        } \
        STEP(vvm_step_arith, 1); \
    }
#define ARITH_I(name, builtin, rop) \
    ARITH_I_LABEL(builtin, rop, 0, L_##name) ARITH_I_LABEL(builtin, rop, 1, L_##name##_K)

#define DIVIDE_LABEL(op, float_result, skip, label) \
    label: { \
        vvm_value x = RB, y = RC; \
        if (VVM_LIKELY(NUMBERS(x, y)) && VVM_LIKELY((uint64_t)y.number + 1 > 1)) { \
            RA = vvm_number(x.number op y.number); \
            pc += skip; \
            NEXT(); \
        } \
        if (FLOATS(x, y) || mixed(&x, &y)) { \
            RA = vvm_float(float_result); \
            pc += skip; \
            NEXT(); \
        } \
        STEP(vvm_step_arith, 1); \
    }

#define COMPARE_LABEL(op, skip, label, slow) \
    label: { \
        vvm_value x = RB, y = RC; \
        if (VVM_LIKELY(NUMBERS(x, y))) { \
            RA = vvm_bool(x.number op y.number); \
            pc += skip; \
            NEXT(); \
        } \
        if (FLOATS(x, y)) { \
            RA = vvm_bool(x.real op y.real); \
            pc += skip; \
            NEXT(); \
        } \
        STEP(slow, 1); \
    }
#define COMPARE(name, op, slow) COMPARE_LABEL(op, 0, L_##name, slow) COMPARE_LABEL(op, 1, L_##name##_K, slow)

#define BRANCH_IF(truth) do { \
        bool taken = (truth) == (bool)A; \
        int32_t offset = (int32_t)*pc++; \
        if (taken) \
            pc += offset; \
        NEXT(); \
    } while (0)
#define BRANCH(name, op, slow) \
    L_##name: { \
        vvm_value x = RB, y = RC; \
        if (VVM_LIKELY(NUMBERS(x, y))) \
            BRANCH_IF(x.number op y.number); \
        if (FLOATS(x, y)) \
            BRANCH_IF(x.real op y.real); \
        pc++; \
        STEP(slow, 2); \
    }
#define BRANCH_I(name, op, slow) \
    L_##name: { \
        vvm_value x = RB; \
        if (VVM_LIKELY(x.tag == VVM_NUMBER)) \
            BRANCH_IF(x.number op (int64_t)SC); \
        if (x.tag == VVM_FLOAT) \
            BRANCH_IF(x.real op (double)SC); \
        pc++; \
        STEP(slow, 2); \
    }
#define SLOW_OP(name, function, words) L_##name: pc += (words) - 1; STEP(function, words);

static inline bool plain_entry(const struct vvm_function *function, uint32_t count)
{
    return function->parameter_count == count &&
           !(function->flags & (VVM_FUNCTION_REST | VVM_FUNCTION_ASYNC | VVM_FUNCTION_GENERATOR));
}

/* Arguments that are not given arrive as unset: the callee's code evaluates their defaults. */
static bool fill_defaults(const struct vvm_function *function, vvm_value *args, uint32_t count, const vvm_value *limit)
{
    uint32_t places = function->parameter_count;
    if (count > places || function->parameters == NULL || args + places > limit ||
        function->flags & (VVM_FUNCTION_REST | VVM_FUNCTION_ASYNC | VVM_FUNCTION_GENERATOR))
        return false;
    for (; count < places && function->parameters[count].has_default; count++)
        args[count] = vvm_unset();
    return count == places;
}

static inline void release_given(vvm_value *R, uint32_t given)
{
    while (given != 0) {
        vvm_release(R[__builtin_ctz(given)]);
        given &= given - 1;
    }
}

/* Is the field that a site remembers one of this record's? The bit above the slot tells, with the type, that it is
 * none. */
static inline bool is_cached_slot(uint64_t cache, const struct vvm_record *record)
{
    return cache >> 31 == (uint64_t)record->type->id << 1;
}

/* What loops over Lists and Ranges begin with, read as `xs.length`. False: ask the type. */
static inline bool sequence_property(const struct vvm_vm *vm, vvm_value v, vvm_symbol name, vvm_value *value)
{
    bool is_length = name == vvm_name(vm, VVM_NAME_LENGTH);
    if (vvm_is_plain(v, VVM_LIST)) {
        *value = vvm_number((int64_t)((const struct vvm_list *)v.object)->length);
        return is_length;
    }
    if (!vvm_is_plain(v, VVM_RANGE))
        return false;
    const struct vvm_range *range = v.object;
    *value = vvm_number(is_length ? (int64_t)range->length : range->start);
    return (is_length && range->length <= INT64_MAX) || name == vvm_name(vm, VVM_NAME_START);
}

/* Between two portions of native work, or before a callback. Where a result has just been delivered it stands in a
 * register that no table knows as owned yet: a task told of its cancellation there would lose it. */
static bool is_safe_place(const struct vvm_machine *m)
{
    const struct vvm_frame *frame = vvm_top(m);
    return frame->flags & VVM_FRAME_NATIVE || frame->pc == frame->function->code;
}

/* The budget is over and the turn ends. A cancelled task that computes is told here, once; it goes on in its
 * handler. */
static __attribute__((noinline)) enum vvm_step safepoint(struct vvm_machine *m)
{
    m->fiber->reductions += VRT_BUDGET;
    m->budget = VRT_BUDGET;
    if (VVM_LIKELY(!vvm_fiber_is_due(m->fiber)))
        return VVM_STEP_GO;
    m->fiber->flags |= VVM_FIBER_TOLD;
    return vvm_fail_value(m, vvm_fiber_cancellation(m->isolate, m->fiber));
}

enum vvm_run vvm_interpret(struct vvm_machine *m)
{
    static const void *const labels[256] = {
#define VVM_X(name, format, a, b, c, flags) &&L_##name,
        VVM_OPCODES(VVM_X)
#undef VVM_X
    };
    struct vvm_fiber *fiber;
    const uint32_t *pc;
    const vvm_value *K;
    vvm_value *R, *limit;
    struct vvm_vm *vm = m->vm;
    uint32_t w, pending = 0;
    int32_t budget;
    vvm_value result; /* of the frame that is left */
    enum vvm_step step;

reenter:
    if (VVM_UNLIKELY(vrt_thread_cache.work != 0))
        vvm_pay_walks(m);
    fiber = m->fiber;
    budget = m->budget;
    R = fiber->stack + fiber->top;
    limit = fiber->stack + fiber->capacity;
    {
        struct vvm_frame *frame = vvm_frame_of(R);
        if (VVM_UNLIKELY(frame->flags & VVM_FRAME_NATIVE)) {
            step = vvm_native_step(m);
            if (step == VVM_STEP_GO && VVM_UNLIKELY(m->budget <= 0) && vvm_is_unset(m->resumed) && is_safe_place(m))
                goto turn_over;
            goto stepped;
        }
        pc = frame->pc;
        K = frame->function->constants;
    }
    NEXT();

stepped:
    if (VVM_LIKELY(step == VVM_STEP_GO))
        goto reenter;
    if (step == VVM_STEP_THROW) {
        step = vvm_unwind(m);
        goto stepped;
    }
    if (step == VVM_STEP_PARK && vvm_fiber_is_due_at_wait(m->fiber) && vvm_fiber_tell_at_wait(m, m->fiber))
        goto reenter;
    if (m->fiber->flags & VVM_FIBER_STARTED) { /* an async call suspends or ended for the first time: back to its
                                                  caller */
        struct vvm_fiber *starter = m->fiber->next;
        m->fiber->flags &= (uint16_t)~VVM_FIBER_STARTED;
        m->fiber->state = VVM_FIBER_PARKED;
        m->fiber->next = NULL;
        if (step == VVM_STEP_ENDED)
            vvm_isolate_remove_fiber(m->isolate, m->fiber);
        else
            vvm_fiber_note_wait(m);
        m->fiber = m->call.fiber = starter;
        m->isolate->current = starter;
        goto reenter;
    }
    return step == VVM_STEP_PARK ? VVM_RUN_PARKED : VVM_RUN_ENDED;

expired: /* at the first instruction of a frame whose pc is saved */
    fiber->top = (uint32_t)(R - fiber->stack);
turn_over:
    step = safepoint(m);
    if (step == VVM_STEP_GO)
        return VVM_RUN_EXPIRED;
    goto stepped;

    /* -- moves and drops -- */
L_NOP:
L_ARG:
L_KEEP:
L_ENDTRY:
L_LABEL:
    NEXT();
L_TRY:
    pc++;
    NEXT();
L_MOVE:
L_LEND:
    vvm_copy_value(&RA, &RB);
    NEXT();
L_COPY:
    RA = vvm_retain(RB);
    NEXT();
L_TAKE: {
    struct vvm_frame *frame = vvm_frame_of(R);
    uint32_t b = B;
    if (b < VVM_MASK_BITS && (frame->state & VVM_GIVEN_BIT(b)))
        frame->state &= ~VVM_GIVEN_BIT(b);
    else
        vvm_retain(R[b]);
    vvm_copy_value(&RA, &R[b]);
    NEXT();
}
L_GIVE: {
    struct vvm_frame *frame = vvm_frame_of(R);
    uint64_t bit = VVM_GIVEN_BIT(B);
    if (frame->state & bit) {
        frame->state &= ~bit;
        pending |= 1u << (16 + C);
    }
    vvm_copy_value(&RA, &RB);
    NEXT();
}
L_DROP:
    vvm_release(RA);
    NEXT();
L_DROPP: {
    struct vvm_frame *frame = vvm_frame_of(R);
    uint64_t bit = VVM_GIVEN_BIT(A);
    if (frame->state & bit) {
        frame->state &= ~bit;
        vvm_release(RA);
    }
    NEXT();
}
L_DROP2: {
    struct vvm_frame *frame = vvm_frame_of(R);
    uint32_t parameters = C;
    uint64_t state = frame->state;
    if (!(parameters & 1) || (state & VVM_GIVEN_BIT(A)))
        vvm_release(RA);
    if (!(parameters & 2) || (state & VVM_GIVEN_BIT(B)))
        vvm_release(RB);
    if (parameters & 1)
        state &= ~VVM_GIVEN_BIT(A);
    if (parameters & 2)
        state &= ~VVM_GIVEN_BIT(B);
    frame->state = state;
    NEXT();
}
L_LOADI:
    RA = vvm_number(SBX);
    NEXT();
L_LOADK:
    RA = K[BX];
    NEXT();
L_UNSET:
    RA = vvm_unset();
    NEXT();
L_SELECTED: /* the built-in left it there */
    RA = vvm_number(m->fiber->selected);
    NEXT();
L_LOADW:
    RA = R[BX];
    NEXT();
L_STOREW:
    R[BX] = RA;
    NEXT();

    /* -- arithmetic -- */
    ARITH(ADD, __builtin_add_overflow, +)
    ARITH(SUB, __builtin_sub_overflow, -)
    ARITH(MUL, __builtin_mul_overflow, *)
    DIVIDE_LABEL(/, x.real / y.real, 0, L_DIV)
    DIVIDE_LABEL(/, x.real / y.real, 1, L_DIV_K)
    DIVIDE_LABEL(%, fmod(x.real, y.real), 0, L_MOD)
    DIVIDE_LABEL(%, fmod(x.real, y.real), 1, L_MOD_K)
    ARITH_I(ADDI, __builtin_add_overflow, +)
    ARITH_I(SUBI, __builtin_sub_overflow, -)
    ARITH_I(MULI, __builtin_mul_overflow, *)
#define ARITH_F(name, op) L_##name: RA = vvm_float(RB.real op RC.real); NEXT();
    ARITH_F(ADDF, +)
    ARITH_F(SUBF, -)
    ARITH_F(MULF, *)
    ARITH_F(DIVF, /)
    COMPARE(EQ, ==, vvm_step_equal)
    COMPARE(NE, !=, vvm_step_equal)
    COMPARE(LT, <, vvm_step_order)
    COMPARE(LE, <=, vvm_step_order)
    COMPARE(GT, >, vvm_step_order)
    COMPARE(GE, >=, vvm_step_order)
    SLOW_OP(POW, vvm_step_arith, 1)
    SLOW_OP(APPEND, vvm_step_arith, 1)
    SLOW_OP(SHL, vvm_step_bits, 1)
    SLOW_OP(SHR, vvm_step_bits, 1)
    SLOW_OP(USHR, vvm_step_bits, 1)
    SLOW_OP(NEG, vvm_step_negate, 1)
    SLOW_OP(BNOT, vvm_step_negate, 1)
#define BITS(name, op) \
    L_##name: { \
        vvm_value x = RB, y = RC; \
        if (VVM_LIKELY(NUMBERS(x, y))) { \
            RA = vvm_number(x.number op y.number); \
            NEXT(); \
        } \
        STEP(vvm_step_bits, 1); \
    }
    BITS(BAND, &)
    BITS(BOR, |)
    BITS(BXOR, ^)
L_NOT:
    if (VVM_LIKELY(RB.tag == VVM_BOOL)) {
        RA = vvm_bool(!RB.number);
        NEXT();
    }
    STEP(vvm_step_not_bool, 1);

    /* -- jumps -- */
L_JMP:
    pc += (int32_t)*pc + 1;
    NEXT();
L_JF: {
    vvm_value x = RA;
    if (VVM_LIKELY(x.tag == VVM_BOOL)) {
        int32_t offset = (int32_t)*pc++;
        if (!x.number)
            pc += offset;
        NEXT();
    }
    pc++;
    STEP(vvm_step_not_bool, 2);
}
L_JT: {
    vvm_value x = RA;
    if (VVM_LIKELY(x.tag == VVM_BOOL)) {
        int32_t offset = (int32_t)*pc++;
        if (x.number)
            pc += offset;
        NEXT();
    }
    pc++;
    STEP(vvm_step_not_bool, 2);
}
    BRANCH(JEQ, ==, vvm_step_equal)
    BRANCH(JLT, <, vvm_step_order)
    BRANCH(JLE, <=, vvm_step_order)
    BRANCH(JGT, >, vvm_step_order)
    BRANCH(JGE, >=, vvm_step_order)
    BRANCH_I(JEQI, ==, vvm_step_equal)
    BRANCH_I(JLTI, <, vvm_step_order)
    BRANCH_I(JLEI, <=, vvm_step_order)
    BRANCH_I(JGTI, >, vvm_step_order)
    BRANCH_I(JGEI, >=, vvm_step_order)
#define JUMP_WHEN(condition) do { \
        int32_t offset = (int32_t)*pc++; \
        if (condition) \
            pc += offset; \
        NEXT(); \
    } while (0)
L_JBAD: {
    enum vvm_layer layer = vvm_layer(RA);
    if (VVM_UNLIKELY(layer == VVM_LAYER_PLAIN)) {
        pc++;
        STEP(vvm_step_bad, 2);
    }
    JUMP_WHEN(layer == VVM_LAYER_NONE || layer == VVM_LAYER_ERR);
}
L_JBADQ: {
    enum vvm_layer layer = vvm_layer(RA);
    JUMP_WHEN(layer == VVM_LAYER_NONE || layer == VVM_LAYER_ERR);
}
L_JSET:
    JUMP_WHEN(RA.tag != VVM_UNSET);
L_JNLAYER:
    JUMP_WHEN(vvm_layer(RA) != (enum vvm_layer)C);
    SLOW_OP(JCANCEL, vvm_step_pattern, 2)

    /* -- Option and Result -- */
L_WRAP:
    if (VVM_LIKELY(vvm_layer(RB) == VVM_LAYER_PLAIN)) {
        RA = vvm_wrap(RB, (enum vvm_layer)C);
        NEXT();
    }
    STEP(vvm_step_wrap, 1);
L_UNWRAP: {
    vvm_value x = RB;
    enum vvm_layer layer = vvm_layer(x);
    RA = layer == VVM_LAYER_SOME || layer == VVM_LAYER_OK ? vvm_peel(x) : x;
    NEXT();
}
L_PEEL:
    RA = vvm_retain(vvm_peek(RB));
    NEXT();
L_PEEL_B:
    RA = vvm_peek(RB);
    NEXT();

    /* -- variables outside the frame -- */
L_GETENV:
    RA = ((struct vvm_env *)vvm_frame_of(R)->callee.object)->slots[BX];
    NEXT();
L_GETENVC: {
    struct vvm_cell *cell = ((struct vvm_env *)vvm_frame_of(R)->callee.object)->slots[BX].object;
    vvm_value x = cell->value;
    if (VVM_UNLIKELY(x.tag == VVM_UNSET))
        STEP(vvm_step_variable, 1);
    RA = vvm_retain(x);
    NEXT();
}
L_SETENVC: {
    struct vvm_cell *cell = ((struct vvm_env *)vvm_frame_of(R)->callee.object)->slots[BX].object;
    vvm_value old = cell->value, x = RA;
    cell->value = x;
    vvm_release(old);
    NEXT();
}
L_GETENVK:
    RA = vvm_retain(((struct vvm_env *)vvm_frame_of(R)->callee.object)->slots[BX]);
    NEXT();
    SLOW_OP(NEWCELL, vvm_step_variable, 1)
L_GETCELL: {
    vvm_value x = ((struct vvm_cell *)RB.object)->value;
    if (VVM_UNLIKELY(x.tag == VVM_UNSET))
        STEP(vvm_step_variable, 1);
    RA = vvm_retain(x);
    NEXT();
}
L_SETCELL: {
    struct vvm_cell *cell = RA.object;
    vvm_value old = cell->value, x = RB;
    cell->value = x;
    vvm_release(old);
    NEXT();
}
    SLOW_OP(SETONCE, vvm_step_variable, 1)
    SLOW_OP(CLOSURE, vvm_step_closure, 2)
    SLOW_OP(SIBLING, vvm_step_closure, 2)
    SLOW_OP(SIBLINGOF, vvm_step_closure, 2)
L_GETMOD: {
    struct vvm_global *global = vvm_table_item(&vm->globals, *pc, sizeof(struct vvm_global));
    /* acquire: pairs with SETMOD's release store, publishes the value */
    /* acquire: pairs with the release in `bind` (variable.c), the value is complete */
    if (VVM_LIKELY(atomic_load_explicit(&global->ready, memory_order_acquire) && global->sendable)) {
        RA = global->value;
        pc++;
        NEXT();
    }
    pc++;
    STEP(vvm_step_variable, 2);
}
    SLOW_OP(SETMOD, vvm_step_variable, 2)
    SLOW_OP(GETMODS, vvm_step_variable, 2)
    SLOW_OP(SETMODS, vvm_step_variable, 2)

    /* -- making values -- */
    SLOW_OP(LIST, vvm_step_make, 1)
    SLOW_OP(LISTADD, vvm_step_make, 1)
    SLOW_OP(LISTCAT, vvm_step_make, 1)
    SLOW_OP(TUPLE, vvm_step_make, 1)
    SLOW_OP(DICT, vvm_step_make, 1)
    SLOW_OP(DICTADD, vvm_step_make, 1)
    SLOW_OP(DICTCAT, vvm_step_make, 1)
    SLOW_OP(SET, vvm_step_make, 1)
    SLOW_OP(SETADD, vvm_step_make, 1)
    SLOW_OP(SETCAT, vvm_step_make, 1)
    SLOW_OP(RANGE, vvm_step_make, 1)
    SLOW_OP(RANGEI, vvm_step_make, 1)
    SLOW_OP(STRUCT, vvm_step_new, 2)
    SLOW_OP(ENUM, vvm_step_new, 2)
    SLOW_OP(NEWOBJ, vvm_step_new, 2)
    SLOW_OP(INITDONE, vvm_step_new, 1)
    SLOW_OP(CONCAT, vvm_step_text, 1)
L_TEXT:
    if (vvm_is_string(RB)) {
        RA = RB;
        NEXT();
    }
    STEP(vvm_step_text, 1);

    /* -- members -- */
L_GETFIELD: {
        vvm_value x = RB;
        uint32_t kind = (uint32_t)(x.tag & 0xffff);
        if (VVM_LIKELY(kind == VVM_INSTANCE || kind == VVM_STRUCT)) {
            struct vvm_record *record = x.object;
            struct vvm_site *site = vvm_site_at(vm, *pc);
            uint64_t cache = atomic_load_explicit(&site->cache, memory_order_relaxed); /* a whole pair, see vm.h */
            if (VVM_LIKELY(is_cached_slot(cache, record))) {
                vvm_value field = record->fields[(uint32_t)cache];
                if (VVM_LIKELY(field.tag != VVM_UNSET)) {
                    RA = vvm_retain(field);
                    pc++;
                    NEXT();
                }
            }
        } else if (sequence_property(vm, x, vvm_site_at(vm, *pc)->name, &x)) {
            RA = x;
            pc++;
            NEXT();
        }
        pc++;
        STEP(vvm_step_getfield, 2);
    }
L_SETFIELD: {
        vvm_value x = RA, value = RB;
        if (VVM_LIKELY((x.tag & 0xffff) == VVM_INSTANCE)) {
            struct vvm_record *record = x.object;
            uint64_t cache = atomic_load_explicit(&vvm_site_at(vm, *pc)->cache, memory_order_relaxed); /* as above */
            if (VVM_LIKELY(is_cached_slot(cache, record))) {
                const struct vvm_field *field = &record->type->fields[(uint32_t)cache];
                if (VVM_LIKELY(field->is_state && (field->test == NULL || vvm_passes_at_once(field->test, value)))) {
                    vvm_value old = record->fields[(uint32_t)cache];
                    record->fields[(uint32_t)cache] = value;
                    pc++;
                    vvm_release(old);
                    NEXT();
                }
            }
        }
        pc++;
        STEP(vvm_step_setfield, 2);
    }
    SLOW_OP(RSET, vvm_step_rset, 2)
    SLOW_OP(TUPGET, vvm_step_tupget, 1)
    SLOW_OP(TUPGET_B, vvm_step_tupget, 1)
#define GET_INDEX(name, index_test, index, keep) \
    L_##name: { \
        vvm_value x = RB; \
        if (VVM_LIKELY(vvm_is_plain(x, VVM_LIST)) && VVM_LIKELY(index_test)) { \
            const struct vvm_list *list = x.object; \
            uint64_t i = (uint64_t)(index); \
            if (VVM_LIKELY(i < list->length)) { \
                RA = keep(vvm_list_get_fast(list, i)); \
                NEXT(); \
            } \
        } \
        STEP(vvm_step_index, 1); \
    }
L_INDEX: {
        vvm_value x = RB, i = RC;
        if (VVM_LIKELY(vvm_is_plain(x, VVM_LIST)) && VVM_LIKELY(i.tag == VVM_NUMBER)) {
            const struct vvm_list *list = x.object;
            if (VVM_LIKELY((uint64_t)i.number < list->length)) {
                RA = vvm_retain(vvm_list_get_fast(list, (uint64_t)i.number));
                NEXT();
            }
        } else if (vvm_is_plain(x, VVM_DICT)) {
            uint64_t hash;
            size_t entry;
            if (vvm_hash_quick(i, &hash) && vvm_dict_find(x, i, hash, &entry)) {
                RA = vvm_retain(((struct vvm_dict *)x.object)->entries[entry].value);
                NEXT();
            }
        }
        STEP(vvm_step_index, 1);
    }
    GET_INDEX(INDEX_B, RC.tag == VVM_NUMBER, RC.number, )
    GET_INDEX(INDEXI, true, C, vvm_retain)
    GET_INDEX(INDEXI_B, true, C, )
    SLOW_OP(LSET, vvm_step_lset, 1)

    /* -- patterns -- */
L_JNTYPE:
    if (VVM_LIKELY(vvm_passes_at_once(vvm_frame_of(R)->function->checks[*pc].test, RA))) {
        pc += 2;
        NEXT();
    }
    pc += 2;
    STEP(vvm_step_pattern, 3);
L_JNVAR: {
    bool fits = vvm_is_variant(RA, K[*pc++]);
    JUMP_WHEN(!fits);
}
L_JNLEN:
    JUMP_WHEN(!vvm_has_length(RA, B, C));
    SLOW_OP(JNFIELD, vvm_step_pattern, 3)
L_ELEM:
    RA = vvm_retain(vvm_element(RB, C, false));
    NEXT();
L_ELEM_B:
    RA = vvm_element(RB, C, false);
    NEXT();
L_ELEMR:
    RA = vvm_retain(vvm_element(RB, C, true));
    NEXT();
L_ELEMR_B:
    RA = vvm_element(RB, C, true);
    NEXT();
L_SLOT:
    RA = vvm_retain(((struct vvm_record *)RB.object)->fields[C]);
    NEXT();
L_SLOT_B:
    RA = ((struct vvm_record *)RB.object)->fields[C];
    NEXT();
    SLOW_OP(REST, vvm_step_pattern, 2)
    SLOW_OP(MATCHFAIL, vvm_step_match_fail, 1)

    /* -- type tests -- */
L_CHECK: {
    if (VVM_LIKELY(vvm_passes_at_once(vvm_frame_of(R)->function->checks[BX].test, RA)))
        NEXT();
    STEP(vvm_step_check, 1);
}
    SLOW_OP(IS, vvm_step_test, 2)
    SLOW_OP(AS, vvm_step_test, 2)
L_DEFP: {
    uint32_t a = A;
    R[a] = RB;
    if (a < VVM_MASK_BITS)
        vvm_frame_of(R)->state |= VVM_GIVEN_BIT(a);
    NEXT();
}

    /* -- calls -- */
#define ENTER_FRAME(target, window, owns, callee_store) do { \
        struct vvm_frame *frame = vvm_frame_of(R + (window) + VVM_FRAME_HEADER); \
        if (VVM_UNLIKELY(R + (window) + VVM_FRAME_HEADER + (target)->register_count > limit)) \
            break; \
        callee_store; \
        frame->function = (target); \
        frame->state = (uint64_t)(pc[0] | pending) | (uint64_t)(owns) << 32; \
        frame->back = (window) + VVM_FRAME_HEADER; \
        pending = 0; \
        vvm_frame_of(R)->pc = pc + 2; \
        R += (window) + VVM_FRAME_HEADER; \
        pc = (target)->code; \
        K = (target)->constants; \
        if (VVM_UNLIKELY(--budget <= 0)) { \
            frame->pc = pc; \
            goto expired; \
        } \
        NEXT(); \
    } while (0)
#define SLOW_CALL(function) do { \
        m->pending = pending >> 16; \
        pending = 0; \
        pc += 2; \
        STEP(function, 3); \
    } while (0)
L_CALLF: {
    const struct vvm_function *target = vvm_function_at(vm, pc[1]);
    uint32_t window = BX;
    if (VVM_LIKELY(plain_entry(target, A)) || fill_defaults(target, R + window + VVM_FRAME_HEADER, A, limit))
        ENTER_FRAME(target, window, 0, frame->callee.tag = VVM_VOID);
    SLOW_CALL(vvm_step_callf);
}
/* A built-in called in the loop as a leaf (hidden: 1 for methods, whose receiver the row does not count): `done` goes
 * on with its result, all else is finished outside. One that is a frame may find that it needs none. */
#define CALL_LEAF(row, hidden, is_tail, done) do { \
        uint32_t count = A, room = (row)->max == 255 ? count : (row)->max + (hidden); \
        uint32_t size = ((row)->max == 255 ? count : (row)->max + 1u) + (row)->slots; /* as in native.c */ \
        vvm_value *args = R + window + VVM_FRAME_HEADER; \
        if (VVM_UNLIKELY(count < (row)->min + (hidden) || count > room || count > VVM_MASK_BITS || \
                         args + size > limit)) \
            break; \
        struct vvm_call *call = &m->call; \
        uint32_t owned = (pc[0] | pending) >> 16, all = room >= 16 ? 0xffff : (1u << room) - 1; \
        uint32_t take = (row)->consumes & all & ~owned; \
        pending = 0; \
        for (uint32_t i = count; i < size; i++) \
            args[i] = vvm_unset(); \
        owned |= (row)->consumes & all; \
        for (; take != 0; take &= take - 1) \
            vvm_retain(args[__builtin_ctz(take)]); \
        vvm_frame_of(R)->pc = pc + 2; \
        fiber->top = (uint32_t)(R - fiber->stack); \
        call->builtin = (row); \
        call->args = args; \
        call->count = count; \
        call->owned = owned; \
        call->is_method = (hidden); \
        call->stage = 0; \
        call->slots = args + size - (row)->slots; \
        enum vvm_outcome outcome = (row)->function(call); \
        if (VVM_LIKELY(outcome == VVM_DONE) && VVM_LIKELY(vrt_thread_cache.work == 0)) { \
            for (uint32_t left = owned; left != 0; left &= left - 1) \
                vvm_release(args[__builtin_ctz(left)]); \
            for (uint32_t slot = (row)->slots; VVM_UNLIKELY(slot != 0); slot--) \
                vvm_release(call->slots[slot - 1]); \
            done; \
        } \
        pc += 2; \
        SAVE(); \
        step = vvm_builtin_finish(m, row, window, count, outcome, (uint16_t)pc[-2], hidden, is_tail); \
        goto stepped; \
    } while (0)
/* The short way of a method whose row has one; where it does not succeed the call goes on. */
#define CALL_QUICK(row, done) do { \
        struct vvm_call *call = &m->call; \
        if ((row)->quick == NULL || A != (row)->min + 1u || \
            !(row)->quick(R + window + VVM_FRAME_HEADER, (pc[0] | pending) >> 16, &call->result)) \
            break; \
        pending = 0; \
        if (VVM_UNLIKELY(vvm_is_unset(call->result))) { \
            pc += 2; \
            SAVE(); \
            step = vvm_fail_memory(m); \
            goto stepped; \
        } \
        done; \
    } while (0)
#define RESULT_HERE vvm_copy_value(&R[pc[0] & 0xffff], &call->result); pc += 2; NEXT()
#define RESULT_RETURNED result = call->result; goto leave_tail
L_CALL: {
    uint32_t window = BX;
    vvm_value callee = R[window];
    if (VVM_LIKELY((callee.tag & 0xffff) == VVM_CLOSURE)) {
        const struct vvm_function *target = vvm_function_at(vm, vvm_tag_id(callee));
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, VVM_FRAME_OWNS_CALLEE, );
    } else if ((callee.tag & 0xffff) == VVM_FUNCTION) {
        const struct vvm_function *target = callee.object;
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, 0, );
    } else if ((callee.tag & 0xffff) == VVM_BUILTIN) {
        const struct vvm_builtin *row = callee.object;
        CALL_LEAF(row, 0u, false, RESULT_HERE);
    }
    SLOW_CALL(vvm_step_call);
}
L_CALLB: {
    uint32_t window = BX;
    vvm_value callee = R[window];
    if (VVM_LIKELY((callee.tag & 0xffff) == VVM_CLOSURE)) {
        const struct vvm_function *target = vvm_function_at(vm, vvm_tag_id(callee));
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, VVM_FRAME_OWNS_CALLEE, );
    } else if ((callee.tag & 0xffff) == VVM_FUNCTION) {
        const struct vvm_function *target = callee.object;
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, 0, );
    }
    SLOW_CALL(vvm_step_call);
}
L_LOOP: {
    uint32_t kind = pc[1], window = BX;
    vvm_value callee = R[VVM_LOOP_FUNCTION];
    if (!vvm_loop_next(R, kind, R + window + VVM_FRAME_HEADER, &pending)) {
        if (kind & VVM_LOOP_DIVIDED)
            STEP(vvm_step_more, 1);
        if (VVM_LOOP_OF(kind) >= VVM_LOOP_SEEK)
            R[VVM_LOOP_ACCUMULATOR] = vvm_number(-1);
        pc += 3; /* AGAIN, too */
        NEXT();
    }
    R[window] = callee;
    if (VVM_LIKELY((callee.tag & 0xffff) == VVM_CLOSURE)) {
        const struct vvm_function *target = vvm_function_at(vm, vvm_tag_id(callee));
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, VVM_FRAME_LOOPED, );
    } else if ((callee.tag & 0xffff) == VVM_FUNCTION) {
        const struct vvm_function *target = callee.object;
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_FRAME(target, window, VVM_FRAME_LOOPED, );
    }
    vvm_retain(callee);
    SLOW_CALL(vvm_step_call);
}
L_AGAIN: {
    enum vvm_loop_answer answer = vvm_loop_take(R, B, &RA);
    if (VVM_UNLIKELY(answer == VVM_LOOP_FAILS))
        STEP(vvm_step_again, 1);
    if (answer == VVM_LOOP_ENDS)
        NEXT();
    pc -= 4; /* to the LOOP */
    if (VVM_UNLIKELY(--budget <= 0)) {
        vvm_frame_of(R)->pc = pc;
        goto expired;
    }
    w = *pc++;
    goto L_LOOP;
}
/* The member that a method call finds by its site's cache, or NULL. */
#define CACHED_METHOD(receiver) \
    const struct vvm_type *type = vvm_quick_type(vm, receiver); \
    const struct vvm_member *member = NULL; \
    if (VVM_LIKELY(type != NULL)) { \
        /* relaxed: a whole pair, see vm.h */ \
        uint64_t cache = atomic_load_explicit(&vvm_site_at(vm, pc[1])->cache, memory_order_relaxed); \
        if (VVM_LIKELY(cache >> 32 == type->id)) \
            member = &type->members.slots[(uint32_t)cache]; \
    }
L_CALLM: {
    uint32_t window = BX;
    CACHED_METHOD(R[window + VVM_FRAME_HEADER])
    if (VVM_LIKELY(member != NULL)) {
        if (VVM_LIKELY((member->value.tag & 0xff) == VVM_FUNCTION)) {
            const struct vvm_function *target = member->value.object;
            if (VVM_LIKELY(plain_entry(target, A)) || fill_defaults(target, R + window + VVM_FRAME_HEADER, A, limit))
                ENTER_FRAME(target, window, 0, frame->callee.tag = VVM_VOID);
        } else if ((member->value.tag & 0xff) == VVM_BUILTIN) {
            const struct vvm_builtin *row = member->value.object;
            CALL_QUICK(row, RESULT_HERE);
            if (row->flags & VVM_BUILTIN_GROWS) {
                vvm_value *args = R + window + VVM_FRAME_HEADER;
                if (A == row->min + 1u && (pc[0] >> 16 & 1) && VVM_UNLIKELY(vvm_is_held_twice(args->object))) {
                    fiber->top = (uint32_t)(R - fiber->stack);
                    vvm_leave_place(m, pc + 2, pc[0] & 0xffff, args, A);
                }
            }
            CALL_LEAF(row, 1u, false, RESULT_HERE);
        }
    }
    SLOW_CALL(vvm_step_callm);
}
L_CALLS:
    SLOW_CALL(vvm_step_calls);
L_CALLN:
L_CALLMN:
L_TCALLN:
L_TCALLMN:
    SLOW_CALL(vvm_step_named);
L_ACALL:
    SLOW_CALL(vvm_step_call);
L_ACALLF:
    SLOW_CALL(vvm_step_callf);
L_ACALLM:
    SLOW_CALL(vvm_step_callm);
#define ENTER_TAIL(target, owns) do { \
        struct vvm_frame *frame = vvm_frame_of(R); \
        const struct vvm_function *left = frame->function; \
        uint64_t state = frame->state; \
        uint32_t count = A; \
        if (VVM_UNLIKELY(R + (target)->register_count > limit)) \
            break; \
        release_given(R, (uint16_t)(state >> 16)); \
        if (state & ((uint64_t)VVM_FRAME_OWNS_CALLEE << 32)) \
            vvm_object_release(frame->callee.object); \
        vvm_copy_value(&frame->callee, &R[window]); \
        for (uint32_t i = 0; i < count; i++) \
            vvm_copy_value(&R[i], &R[window + VVM_FRAME_HEADER + i]); \
        frame->function = (target); \
        frame->state = (state & ~((uint64_t)(VVM_FRAME_OWNS_CALLEE | VVM_FRAME_LOOPED) << 32 | 0xffff0000u)) | \
                       ((pc[0] | pending) & 0xffff0000u) | \
                       (uint64_t)((left->flags & VVM_FRAME_RESULT) | (owns)) << 32; \
        pending = 0; \
        pc = (target)->code; \
        K = (target)->constants; \
        if (VVM_UNLIKELY(--budget <= 0)) { \
            frame->pc = pc; \
            goto expired; \
        } \
        NEXT(); \
    } while (0)
L_TCALLF: {
    const struct vvm_function *target = vvm_function_at(vm, pc[1]);
    uint32_t window = BX;
    if (VVM_LIKELY(plain_entry(target, A))) {
        R[window] = vvm_void();
        ENTER_TAIL(target, 0);
    }
    SLOW_CALL(vvm_step_callf);
}
L_TCALLM: {
    uint32_t window = BX;
    CACHED_METHOD(R[window + VVM_FRAME_HEADER])
    if (VVM_LIKELY(member != NULL) && (member->value.tag & 0xff) == VVM_BUILTIN &&
        vvm_frame_of(R)->function->result_check == 0) {
        const struct vvm_builtin *row = member->value.object;
        CALL_QUICK(row, RESULT_RETURNED);
        CALL_LEAF(row, 1u, true, RESULT_RETURNED);
    }
    for (uint32_t lent = pc[0] & 0xffff; lent != 0; lent &= lent - 1) { /* the frame is left */
        vvm_retain(R[window + VVM_FRAME_HEADER + (uint32_t)__builtin_ctz(lent)]);
        pending |= (lent & -lent) << 16;
    }
    if (VVM_LIKELY(member != NULL) && VVM_LIKELY((member->value.tag & 0xff) == VVM_FUNCTION)) {
        const struct vvm_function *target = member->value.object;
        if (VVM_LIKELY(plain_entry(target, A))) {
            R[window] = vvm_void();
            ENTER_TAIL(target, 0);
        }
    }
    SLOW_CALL(vvm_step_callm);
}
L_TCALL: {
    uint32_t window = BX;
    vvm_value callee = R[window];
    if (VVM_LIKELY((callee.tag & 0xffff) == VVM_CLOSURE)) {
        const struct vvm_function *target = vvm_function_at(vm, vvm_tag_id(callee));
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_TAIL(target, VVM_FRAME_OWNS_CALLEE);
    } else if ((callee.tag & 0xffff) == VVM_FUNCTION) {
        const struct vvm_function *target = callee.object;
        if (VVM_LIKELY(plain_entry(target, A)))
            ENTER_TAIL(target, 0);
    }
    SLOW_CALL(vvm_step_call);
}
L_TSELF: {
    struct vvm_frame *frame = vvm_frame_of(R);
    uint64_t state = frame->state;
    uint32_t window = BX, kept = VVM_TSELF_KEPT(pc[1]), count = A;
    release_given(R, (uint16_t)(state >> 16) & ~kept);
    for (uint32_t i = 0; i < count; i++)
        if (i >= VVM_MASK_BITS || !(kept >> i & 1))
            vvm_copy_value(&R[i], &R[window + VVM_FRAME_HEADER + i]);
    frame->state = (state & ~((uint64_t)(~kept & 0xffff) << 16)) | ((pc[0] | pending) & 0xffff0000u);
    pending = 0;
    pc = frame->function->code + VVM_TSELF_ENTRY(pc[1]);
    if (VVM_UNLIKELY(--budget <= 0)) {
        frame->pc = pc;
        goto expired;
    }
    NEXT();
}
    {
L_RETURN:
        result = RA;
        goto leave;
L_RETP: {
        uint32_t a = A;
        struct vvm_frame *frame = vvm_frame_of(R);
        result = R[a];
        if (a < VVM_MASK_BITS && (frame->state & VVM_GIVEN_BIT(a)))
            frame->state &= ~VVM_GIVEN_BIT(a);
        else
            vvm_retain(result);
        goto leave;
    }
L_RETB:
        result = vvm_retain(RA);
        goto leave;
L_RETV:
        result = vvm_void();
        goto leave;
leave_tail: /* the result of a built-in called in tail position: `-> void` and the like hold for it, too */
        vvm_frame_of(R)->state |= (uint64_t)(vvm_frame_of(R)->function->flags & VVM_FRAME_RESULT) << 32;
leave: {
        struct vvm_frame *frame = vvm_frame_of(R);
        uint64_t state = frame->state;
        if (VVM_UNLIKELY(state >> 32 & ~(uint64_t)VVM_FRAME_OWNS_CALLEE)) {
            if (VVM_LIKELY(state >> 32 == VVM_FRAME_LOOPED))
                goto looped;
            if (state >> 32 & ~(uint64_t)(VVM_FRAME_OWNS_CALLEE | VVM_FRAME_VOID | VVM_FRAME_LOOPED)) {
                SAVE();
                step = vvm_leave(m, result);
                goto stepped;
            }
            if (state >> 32 & VVM_FRAME_VOID) {
                vvm_release(result);
                result = vvm_void();
            }
        }
        release_given(R, (uint16_t)(state >> 16));
        if (state >> 32 & VVM_FRAME_OWNS_CALLEE)
            vvm_object_release(frame->callee.object);
        R -= frame->back;
        R[state & 0xffff] = result;
        frame = vvm_frame_of(R);
        pc = frame->pc;
        K = frame->function->constants;
        NEXT();
looped: /* what AGAIN and LOOP would do, but that the frame stays */
        release_given(R, (uint16_t)(state >> 16));
        {
            vvm_value *loop = R - frame->back;
            const uint32_t *again = vvm_frame_of(loop)->pc;
            uint32_t kind = again[-1];
            enum vvm_loop_answer answer = vvm_loop_take(loop, kind, &result);
            if (VVM_UNLIKELY(answer != VVM_LOOP_GOES_ON)) {
                R = loop;
                R[state & 0xffff] = result;
                K = vvm_frame_of(R)->function->constants;
                pc = again + 1;
                if (answer == VVM_LOOP_FAILS)
                    STEP(vvm_step_again, 1);
                NEXT();
            }
            if (VVM_UNLIKELY(!vvm_loop_next(loop, kind, R, &pending))) {
                R = loop;
                K = vvm_frame_of(R)->function->constants;
                pc = again - 3;
                NEXT(); /* LOOP finds the same */
            }
            frame->state = (uint64_t)(again[-2] | pending) | (uint64_t)VVM_FRAME_LOOPED << 32;
            pending = 0;
            pc = frame->function->code;
            if (VVM_UNLIKELY((budget -= 2) <= 0)) { /* the call and the round */
                frame->pc = pc;
                goto expired;
            }
            NEXT();
        }
    }
    }
    SLOW_OP(AWAIT, vvm_step_await, 1)
    SLOW_OP(THROW, vvm_step_throw, 1)
L_GENERATE: /* a body that begins anew (TSELF) is past it */
    if (VVM_LIKELY(vvm_frame_of(R)->flags & VVM_FRAME_GENERATOR))
        NEXT();
    STEP(vvm_step_generate, 1);
    SLOW_OP(ITERATE, vvm_step_iterate, 1)
    SLOW_OP(YIELD, vvm_step_yield, 2)
    SLOW_OP(DELEGATE, vvm_step_delegate, 2)
}
