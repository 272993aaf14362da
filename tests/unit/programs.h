/* Random programs in the linear form, of the shapes code generation makes: blocks with variables, conditions with
 * critical edges, matches with failing patterns and alternatives, try with handlers, calls with arguments in place, lent
 * and computed, assignments to state variables, returns in the middle. For the tests of what comes out of them. */
#ifndef TEST_PROGRAMS_H
#define TEST_PROGRAMS_H

#include "symbolic.h"

#define VARIABLES 48
#define EXITS 8
#define DEFERRED 32

struct variable { int reg; bool is_state, held; };
struct maker {
    struct linear *l;
    uint64_t chance;
    struct variable variables[VARIABLES];
    int variable_count;
    int next;
    struct { uint32_t label; int slot; } exits[EXITS];
    int exit_count;
    struct { uint32_t label; int reg; } deferred[DEFERRED];
    int deferred_count;
    int depth;
    int left;                /* statements that may still be made */
};

static uint32_t below(struct maker *m, uint32_t bound) { return chance_below(&m->chance, bound); }
static void emit(struct maker *m, enum vvm_opcode op, int a, int b, int c) { linear_op(m->l, op, a, b, c); }
static void emit_jump(struct maker *m, enum vvm_opcode op, int a, int b, int c, uint32_t label)
{
    linear_jump(m->l, op, a, b, c, label);
}
static void make_into(struct maker *m, int reg);
static void make_block(struct maker *m, int statements);

static int registers(struct maker *m, int count)
{
    int first = m->next;
    m->next += count;
    if ((uint32_t)m->next > m->l->ir.register_count)
        m->l->ir.register_count = (uint32_t)m->next;
    return first;
}

/* A variable that may be read; -1: none. */
static int variable(struct maker *m)
{
    for (int tries = 0; tries < 4 && m->variable_count; tries++) {
        struct variable *v = &m->variables[below(m, (uint32_t)m->variable_count)];
        if (!v->held)
            return v->reg;
    }
    return -1;
}

static int state_variable(struct maker *m)
{
    for (int tries = 0; tries < 6 && m->variable_count; tries++) {
        struct variable *v = &m->variables[below(m, (uint32_t)m->variable_count)];
        if (v->is_state && !v->held)
            return v->reg;
    }
    return -1;
}

/* A register to read: a variable in place, a look into the environment, or a fresh value. */
static int operand(struct maker *m)
{
    int reg = variable(m);
    if (reg >= 0 && below(m, 4))
        return reg;
    reg = registers(m, 1);
    if (below(m, 3) == 0)
        emit(m, below(m, 2) ? VVM_OPC_GETENV : VVM_OPC_GETMOD, reg, 0, 0);
    else
        make_into(m, reg);
    return reg;
}

static void make_fresh(struct maker *m, int reg)
{
    static const uint8_t ops[] = {VVM_OPC_DICT, VVM_OPC_SET, VVM_OPC_NEWOBJ, VVM_OPC_GETENVC, VVM_OPC_GETENVK, VVM_OPC_GETMODS, VVM_OPC_SIBLING};
    emit(m, ops[below(m, sizeof ops)], reg, 0, 0);
}

static void make_move(struct maker *m, int reg)
{
    int from = variable(m);
    if (from < 0)
        make_fresh(m, reg);
    else
        emit(m, VVM_OPC_MOVE, reg, from, 0);
}

static void make_arithmetic(struct maker *m, int reg)
{
    static const uint8_t two[] = {VVM_OPC_ADD, VVM_OPC_SUB, VVM_OPC_MUL, VVM_OPC_MOD, VVM_OPC_POW, VVM_OPC_APPEND, VVM_OPC_EQ,
                                  VVM_OPC_LT, VVM_OPC_BAND, VVM_OPC_RANGE, VVM_OPC_GE};
    static const uint8_t one[] = {VVM_OPC_ADDI, VVM_OPC_SUBI, VVM_OPC_MULI, VVM_OPC_NEG, VVM_OPC_NOT, VVM_OPC_GETCELL, VVM_OPC_IS,
                                  VVM_OPC_SIBLINGOF, VVM_OPC_REST};
    int left = operand(m);
    if (below(m, 2))
        emit(m, one[below(m, sizeof one)], reg, left, 1);
    else
        emit(m, two[below(m, sizeof two)], reg, left, operand(m));
}

static const uint8_t projections[] = {VVM_OPC_ELEM, VVM_OPC_ELEMR, VVM_OPC_SLOT, VVM_OPC_PEEL, VVM_OPC_GETFIELD, VVM_OPC_TUPGET, VVM_OPC_INDEXI};

static void make_projection(struct maker *m, int reg)
{
    emit(m, projections[below(m, sizeof projections)], reg, operand(m), (int)below(m, 3));
}

static void make_collection(struct maker *m, int reg)
{
    static const uint8_t ops[] = {VVM_OPC_LIST, VVM_OPC_TUPLE, VVM_OPC_STRUCT, VVM_OPC_ENUM, VVM_OPC_CLOSURE, VVM_OPC_CONCAT};
    int count = (int)below(m, 4), first = registers(m, count), saved = m->next;
    for (int i = 0; i < count; i++) {
        make_into(m, first + i);
        m->next = saved;
    }
    emit(m, ops[below(m, sizeof ops)], reg, first, count);
}

static void make_consuming(struct maker *m, int reg)
{
    static const uint8_t ops[] = {VVM_OPC_WRAP, VVM_OPC_UNWRAP, VVM_OPC_NEWCELL, VVM_OPC_TEXT, VVM_OPC_AS, VVM_OPC_AWAIT};
    emit(m, ops[below(m, sizeof ops)], reg, operand(m), 0);
}

/* ---- Calls ---- */

struct waiting { int argument, source; };

static int make_arguments(struct maker *m, int window, int count, struct waiting *waiting)
{
    int waits = 0, saved = m->next;
    for (int i = 0; i < count; i++) {
        int reg = window + VVM_FRAME_HEADER + i, source = variable(m);
        if (source >= 0 && below(m, 3)) {
            waiting[waits++] = (struct waiting){reg, source};
            continue;
        }
        if (below(m, 4) == 0) {
            int borrowed = registers(m, 1);
            saved = m->next;
            emit(m, VVM_OPC_GETENV, borrowed, 0, 0);
            waiting[waits++] = (struct waiting){reg, borrowed};
            continue;
        }
        if (below(m, 8) == 0)
            emit(m, VVM_OPC_GETENV, reg, 0, 0);
        else
            make_into(m, reg);
        m->next = saved;
    }
    return waits;
}

static void make_call_of(struct maker *m, enum vvm_opcode op, int dst, int count)
{
    struct waiting waiting[32];
    int window = registers(m, VVM_FRAME_HEADER + count), source = below(m, 2) ? variable(m) : -1;
    bool callee = has_callee((uint8_t)op);
    if (callee && source < 0)
        make_into(m, window);
    int waits = make_arguments(m, window, count, waiting);
    if (callee && source >= 0)
        emit(m, VVM_OPC_MOVE, window, source, 0);
    for (int i = 0; i < waits; i++)
        emit(m, VVM_OPC_ARG, waiting[i].argument, waiting[i].source, 0);
    emit(m, op, dst < 0 ? window : dst, window, count);
}

static int argument_count(struct maker *m) { return below(m, 12) ? (int)below(m, 5) : 14 + (int)below(m, 6); }

static void make_call(struct maker *m, int dst)
{
    static const uint8_t ops[] = {VVM_OPC_CALL, VVM_OPC_CALLF, VVM_OPC_CALLM, VVM_OPC_CALLN};
    make_call_of(m, (enum vvm_opcode)ops[below(m, sizeof ops)], dst, argument_count(m));
}

static void hold_all(struct maker *m, int from)
{
    for (int i = m->variable_count - 1; i >= from; i--)
        if (m->variables[i].held)
            emit(m, VVM_OPC_KEEP, m->variables[i].reg, 0, 0);
}

static void make_tail_call(struct maker *m)
{
    static const uint8_t ops[] = {VVM_OPC_TCALL, VVM_OPC_TCALLF, VVM_OPC_TCALLM, VVM_OPC_TCALLN, VVM_OPC_TSELF};
    uint8_t op = ops[below(m, sizeof ops)];
    make_call_of(m, (enum vvm_opcode)op, 0, op == VVM_OPC_TSELF ? (int)m->l->ir.parameter_count : argument_count(m));
}

static void make_async_tail_call(struct maker *m)
{
    static const uint8_t ops[] = {VVM_OPC_ACALL, VVM_OPC_ACALLF, VVM_OPC_ACALLM};
    int dst = registers(m, 1);
    if (below(m, 2))
        hold_all(m, 0);
    make_call_of(m, (enum vvm_opcode)ops[below(m, sizeof ops)], dst, argument_count(m));
    emit(m, VVM_OPC_AWAIT, dst, dst, 0);
    emit(m, VVM_OPC_RETURN, dst, 0, 0);
}

/* ---- Conditions, patterns ---- */

static void make_condition(struct maker *m, uint32_t fail)
{
    static const uint8_t ops[] = {VVM_OPC_JEQ, VVM_OPC_JLT, VVM_OPC_JGE, VVM_OPC_JEQI, VVM_OPC_JLEI};
    if (below(m, 3) == 0 && m->depth < 6) { /* && and || */
        if (below(m, 2)) {
            make_condition(m, fail);
            make_condition(m, fail);
            return;
        }
        uint32_t skip = linear_label(m->l);
        emit_jump(m, VVM_OPC_JT, operand(m), 0, 0, skip);
        make_condition(m, fail);
        emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, skip);
        return;
    }
    int left = operand(m);
    if (below(m, 2)) {
        emit_jump(m, VVM_OPC_JF, left, 0, 0, fail);
        return;
    }
    uint8_t op = ops[below(m, sizeof ops)];
    emit_jump(m, (enum vvm_opcode)op, (int)below(m, 2), left, op >= VVM_OPC_JEQI ? 1 : operand(m), fail);
}

static void make_test(struct maker *m, int reg, uint32_t fail)
{
    static const uint8_t ops[] = {VVM_OPC_JNVAR, VVM_OPC_JNLAYER, VVM_OPC_JNLEN, VVM_OPC_JNFIELD, VVM_OPC_JNTYPE, VVM_OPC_JEQI};
    uint8_t op = ops[below(m, sizeof ops)];
    if (op == VVM_OPC_JEQI)
        emit_jump(m, VVM_OPC_JEQI, 0, reg, 1, fail);
    else
        emit_jump(m, (enum vvm_opcode)op, reg, 0, 0, fail);
}

/* A pattern over `subject` that defines all of the given registers, on every path that fits. */
static void make_pattern(struct maker *m, int subject, const int *binds, int count, int depth, uint32_t fail)
{
    if (depth > 0 && below(m, 4) == 0) { /* a | b */
        uint32_t matched = linear_label(m->l);
        for (int i = 0; i < 3; i++) {
            uint32_t next = i == 2 ? fail : linear_label(m->l);
            make_pattern(m, subject, binds, count, depth - 1, next);
            emit_jump(m, VVM_OPC_JMP, 0, 0, 0, matched);
            if (i < 2)
                emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, next);
        }
        emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, matched);
        return;
    }
    if (below(m, 3))
        make_test(m, subject, fail);
    for (int i = 0; i < count; i++) {
        if (depth > 0 && below(m, 2)) { /* inside a part */
            int part = registers(m, 1);
            emit(m, projections[below(m, 4)], part, subject, i);
            make_pattern(m, part, &binds[i], 1, depth - 1, fail);
        } else if (below(m, 4)) {
            emit(m, projections[below(m, 5)], binds[i], subject, i);
            if (below(m, 3) == 0)
                make_test(m, binds[i], fail);
        } else if (below(m, 2)) {
            emit(m, VVM_OPC_MOVE, binds[i], subject, 0); /* name @ pattern */
        } else {
            emit(m, VVM_OPC_NEWCELL, binds[i], subject, 0);
        }
    }
}

static void declare(struct maker *m, int reg)
{
    if (m->variable_count < VARIABLES)
        m->variables[m->variable_count++] = (struct variable){reg, below(m, 2), below(m, 10) == 0};
}

/* An arm, an alternative, a clause: statements, then the value. */
static void make_body(struct maker *m, int reg)
{
    int variables = m->variable_count;
    if (m->left > 0 && below(m, 2))
        make_block(m, (int)below(m, 3));
    if (reg >= 0)
        make_into(m, reg);
    hold_all(m, variables);
    m->variable_count = variables;
}

static void make_if(struct maker *m, int reg)
{
    uint32_t otherwise = linear_label(m->l), end = linear_label(m->l);
    int saved = m->next;
    make_condition(m, otherwise);
    m->next = saved;
    make_body(m, reg);
    m->next = saved;
    emit_jump(m, VVM_OPC_JMP, 0, 0, 0, end);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, otherwise);
    if (reg >= 0 || below(m, 2))
        make_body(m, reg);
    m->next = saved;
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, end);
}

static void make_match(struct maker *m, int reg)
{
    uint32_t end = linear_label(m->l);
    int subject = operand(m), arms = 1 + (int)below(m, 3);
    for (int i = 0; i < arms; i++) {
        uint32_t fail = linear_label(m->l);
        int saved = m->next, variables = m->variable_count, count = (int)below(m, 3), first = registers(m, count), binds[3];
        for (int k = 0; k < count; k++)
            binds[k] = first + k;
        make_pattern(m, subject, binds, count, 2, fail);
        for (int k = 0; k < count; k++)
            declare(m, binds[k]);
        if (below(m, 3) == 0)
            make_condition(m, fail);
        make_body(m, reg);
        hold_all(m, variables);
        m->variable_count = variables;
        m->next = saved;
        emit_jump(m, VVM_OPC_JMP, 0, 0, 0, end);
        emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, fail);
    }
    if (below(m, 3) == 0)
        emit(m, VVM_OPC_MATCHFAIL, subject, 0, 0);
    else
        make_body(m, reg);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, end);
}

/* ---- try ---- */

static bool enter_exit(struct maker *m)
{
    if (m->exit_count == EXITS)
        return false;
    m->exits[m->exit_count].label = linear_label(m->l);
    m->exits[m->exit_count].slot = registers(m, 1);
    emit_jump(m, VVM_OPC_TRY, m->exits[m->exit_count].slot, 0, 0, m->exits[m->exit_count].label);
    m->exit_count++;
    return true;
}

static void make_return(struct maker *m)
{
    int reg = registers(m, 1), plain = variable(m);
    if (m->exit_count || plain < 0 || below(m, 2))
        make_into(m, reg);
    else
        reg = plain;
    for (int i = m->exit_count; i-- > 0;)
        emit(m, VVM_OPC_ENDTRY, 0, 0, 0);
    hold_all(m, 0);
    if (below(m, 6) == 0)
        emit(m, VVM_OPC_RETV, 0, 0, 0);
    else
        emit(m, VVM_OPC_RETURN, reg, 0, 0);
    for (int i = 0; i < m->exit_count; i++)
        emit_jump(m, VVM_OPC_TRY, m->exits[i].slot, 0, 0, m->exits[i].label);
}

static void make_try(struct maker *m, int reg)
{
    int saved = m->next, slot;
    uint32_t end = linear_label(m->l), handler;
    if (!enter_exit(m))
        return;
    slot = m->exits[m->exit_count - 1].slot;
    handler = m->exits[m->exit_count - 1].label;
    make_body(m, reg);
    emit(m, VVM_OPC_ENDTRY, 0, 0, 0);
    m->exit_count--;
    bool finally = below(m, 3) == 0;
    if (finally)
        make_block(m, 1);
    emit_jump(m, VVM_OPC_JMP, 0, 0, 0, end);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, handler);
    if (finally) {
        make_block(m, 1);
    } else {
        for (uint32_t clauses = 1 + below(m, 2); clauses > 0; clauses--) {
            uint32_t next = linear_label(m->l);
            int variables = m->variable_count, kept = m->next;
            emit_jump(m, below(m, 2) ? VVM_OPC_JCANCEL : VVM_OPC_JNTYPE, slot, 0, 0, next);
            if (below(m, 2)) {
                int error = registers(m, 1);
                emit(m, VVM_OPC_MOVE, error, slot, 0);
                declare(m, error);
            }
            make_body(m, reg);
            hold_all(m, variables);
            m->variable_count = variables;
            m->next = kept;
            emit_jump(m, VVM_OPC_JMP, 0, 0, 0, end);
            emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, next);
        }
    }
    emit(m, VVM_OPC_THROW, slot, 0, 0);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, end);
    m->next = saved;
}

static void make_coalesce(struct maker *m, int reg)
{
    uint32_t bad = linear_label(m->l), end = linear_label(m->l);
    int left = operand(m);
    emit_jump(m, VVM_OPC_JBADQ, left, 0, 0, bad);
    emit(m, VVM_OPC_UNWRAP, reg, left, 0);
    emit_jump(m, VVM_OPC_JMP, 0, 0, 0, end);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, bad);
    make_into(m, reg);
    emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, end);
}

/* `?`: the return stands at the end of the function. */
static void make_question(struct maker *m, int reg)
{
    int value = operand(m);
    if (m->exit_count || m->deferred_count == DEFERRED) {
        make_move(m, reg);
        return;
    }
    uint32_t label = linear_label(m->l);
    emit_jump(m, VVM_OPC_JBAD, value, 0, 0, label);
    m->deferred[m->deferred_count].label = label;
    m->deferred[m->deferred_count++].reg = value;
    emit(m, VVM_OPC_UNWRAP, reg, value, 0);
}

/* Any expression, its value in `reg`. */
static void make_into(struct maker *m, int reg)
{
    m->depth++;
    uint32_t kind = m->depth > 5 ? below(m, 7) : below(m, 22);
    switch (kind) {
    case 0: emit(m, VVM_OPC_LOADI, reg, 1, 0); break;
    case 1: emit(m, VVM_OPC_LOADK, reg, (int)below(m, CONSTANT_COUNT), 0); break;
    case 2: case 3: make_fresh(m, reg); break;
    case 4: case 5: make_move(m, reg); break;
    case 6: emit(m, below(m, 2) ? VVM_OPC_GETENV : VVM_OPC_GETMOD, reg, 0, 0); break;
    case 7: case 8: case 9: make_arithmetic(m, reg); break;
    case 10: case 11: make_projection(m, reg); break;
    case 12: make_collection(m, reg); break;
    case 13: make_consuming(m, reg); break;
    case 14: case 15: make_call(m, reg); break;
    case 16: make_if(m, reg); break;
    case 17: make_match(m, reg); break;
    case 18: if (m->exit_count < EXITS) make_try(m, reg); else make_fresh(m, reg); break;
    case 19: make_coalesce(m, reg); break;
    case 20: make_question(m, reg); break;
    default: make_move(m, reg); break;
    }
    m->depth--;
}

/* ---- Statements ---- */

static void make_check(struct maker *m, int reg, uint32_t rarely)
{
    if (below(m, rarely) == 0)
        emit(m, VVM_OPC_CHECK, reg, below(m, 3) ? CHECK_STRING : CHECK_NUMBER, 0);
}

static void make_assignment(struct maker *m)
{
    int v = state_variable(m);
    if (v < 0)
        return;
    switch (below(m, 5)) {
    case 0: make_arithmetic(m, v); return;
    case 1: emit(m, VVM_OPC_ADD, v, v, operand(m)); return;
    case 2: emit(m, projections[below(m, sizeof projections)], v, below(m, 2) ? v : operand(m), 0); return;
    case 3: make_call(m, v); return;
    default: {
        int reg = registers(m, 1);
        make_into(m, reg);
        make_check(m, reg, 8);
        emit(m, VVM_OPC_MOVE, v, reg, 0);
    }
    }
}

static void make_change(struct maker *m)
{
    static const uint8_t ops[] = {VVM_OPC_LISTCAT, VVM_OPC_SETADD, VVM_OPC_RSET, VVM_OPC_DICTCAT};
    int v = state_variable(m), container = registers(m, 1);
    if (v < 0)
        return;
    int value = registers(m, 1);
    make_into(m, value);
    int key = operand(m);
    if (below(m, 4) == 0 && key != v)
        container = v; /* in the variable itself */
    else
        emit(m, VVM_OPC_MOVE, container, v, 0);
    switch (below(m, 4)) {
    case 0: emit(m, VVM_OPC_LSET, container, key, value); break;
    case 1: emit(m, VVM_OPC_LISTADD, container, value, 1); break;
    case 2: emit(m, VVM_OPC_DICTADD, container, key, value); break;
    default: emit(m, (enum vvm_opcode)ops[below(m, sizeof ops)], container, value, 0); break;
    }
    if (container != v)
        emit(m, VVM_OPC_MOVE, v, container, 0);
}

static void make_store(struct maker *m)
{
    int value = operand(m);
    switch (below(m, 4)) {
    case 0: emit(m, VVM_OPC_SETENVC, value, 0, 0); break;
    case 1: emit(m, VVM_OPC_SETMODS, value, 0, 0); break;
    case 2: emit(m, VVM_OPC_SETCELL, operand(m), value, 0); break;
    default: emit(m, VVM_OPC_SETFIELD, operand(m), value, 0); break;
    }
}

static void make_end(struct maker *m)
{
    switch (m->exit_count ? 3 + below(m, 4) : below(m, 7)) {
    case 0: case 1:
        hold_all(m, 0);
        make_tail_call(m);
        break;
    case 2: make_async_tail_call(m); break;
    case 3: {
        int reg = registers(m, 1);
        make_into(m, reg);
        emit(m, VVM_OPC_THROW, reg, 0, 0);
        break;
    }
    default: make_return(m); break;
    }
}

static void make_declaration(struct maker *m)
{
    int reg = registers(m, 1);
    make_into(m, reg);
    make_check(m, reg, 8);
    declare(m, reg);
}

static void make_statement(struct maker *m)
{
    int saved = m->next, v;
    m->left--;
    switch (below(m, 14)) {
    case 0: case 1: case 2: case 3: make_declaration(m); return;
    case 4: case 5: make_assignment(m); break;
    case 6: make_change(m); break;
    case 7: make_store(m); break;
    case 8: make_if(m, -1); break;
    case 9: make_match(m, -1); break;
    case 10: make_try(m, -1); break;
    case 11: make_into(m, registers(m, 1)); break;
    case 12:
        if ((v = variable(m)) >= 0)
            make_check(m, v, 2);
        break;
    default:
        if (below(m, 3) == 0)
            make_end(m);
        else
            make_call(m, -1);
    }
    m->next = saved;
}

static void make_block(struct maker *m, int statements)
{
    int saved = m->next, variables = m->variable_count;
    m->depth++;
    for (int i = 0; i < statements && m->left > 0 && m->depth < 12; i++)
        make_statement(m);
    m->depth--;
    hold_all(m, variables);
    m->variable_count = variables;
    m->next = saved;
}

static void make_parameters(struct maker *m, int count)
{
    registers(m, count);
    for (int i = 0; i < count; i++) {
        if (below(m, 4) == 0) { /* a default sees the parameters before it */
            uint32_t given = linear_label(m->l);
            int saved = m->next, value = registers(m, 1);
            emit_jump(m, VVM_OPC_JSET, i, 0, 0, given);
            make_into(m, value);
            emit(m, VVM_OPC_DEFP, i, value, 0);
            emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, given);
            m->next = saved;
        }
        make_check(m, i, 10);
        m->variables[m->variable_count++] = (struct variable){i, below(m, 6) == 0, below(m, 10) == 0};
    }
}

static struct linear *make_program(uint64_t seed)
{
    struct maker *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->chance = seed * 0x2545f4914f6cdd1du + 99;
    chance_next(&m->chance);
    int parameters = below(m, 8) ? (int)below(m, 5) : 14 + (int)below(m, 8);
    m->l = linear_new((uint32_t)parameters, 0);
    m->l->ir.count_borrows = below(m, 8) == 0;
    m->left = 3 + (int)below(m, below(m, 4) ? 14 : 40);
    make_parameters(m, parameters);
    if (below(m, 6) == 0)
        registers(m, 225 + (int)below(m, 40)); /* beyond what a byte can name */
    while (m->left > 0)
        make_statement(m);
    make_end(m);
    for (int i = 0; i < m->deferred_count; i++) {
        emit_jump(m, VVM_OPC_LABEL, 0, 0, 0, m->deferred[i].label);
        emit(m, VVM_OPC_RETURN, m->deferred[i].reg, 0, 0);
    }
    struct linear *l = m->l;
    free(m);
    return l;
}

#endif
