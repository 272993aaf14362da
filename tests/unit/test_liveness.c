/* Liveness and ownership: small functions by hand, then random programs whose finished words are executed symbolically
 * on random paths (programs.h, symbolic.h). */
#include "programs.h"

/* ---- By hand ---- */

#define RUNS 200

static void prove(struct linear *l, uint64_t seed)
{
    assert_true(linear_proves(l, seed, RUNS));
}

static void test_fib(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 12);
    uint32_t small = linear_label(l);
    JUMP(l, JLTI, 1, 0, 2, small);
    OP(l, SUBI, 4, 0, 1);
    OP(l, CALLF, 1, 1, 1);
    OP(l, SUBI, 5, 0, 2);
    OP(l, CALLF, 2, 2, 1);
    OP(l, ADD, 6, 1, 2);
    OP(l, RETURN, 6, 0, 0);
    PLACE(l, small);
    OP(l, RETURN, 0, 0, 0);
    prove(l, 1);
    assert_int_equal(linear_count(l, VVM_OPC_RETP), 1);
    assert_int_equal(linear_count(l, VVM_OPC_SUBI_K), 1); /* n dies at the second */
    assert_int_equal(linear_count(l, VVM_OPC_SUBI), 1);
    assert_int_equal(linear_count(l, VVM_OPC_ADD_K), 1);
    assert_int_equal(linear_count(l, VVM_OPC_DROP2), 1);
    linear_drop(l);
}

/* A number that a check has shown to be one needs no drop at all. */
static void test_numbers(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 4);
    OP(l, CHECK, 0, CHECK_NUMBER, 0);
    OP(l, LOADI, 1, 3, 0);
    OP(l, ADD, 2, 0, 1);
    OP(l, MULI, 3, 2, 2);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 2);
    assert_int_equal(linear_count(l, VVM_OPC_DROP) + linear_count(l, VVM_OPC_DROPP) + linear_count(l, VVM_OPC_DROP2), 0);
    assert_int_equal(linear_count(l, VVM_OPC_ADD), 1);
    linear_drop(l);
}

static void test_drop_on_one_edge(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 4);
    uint32_t other = linear_label(l);
    OP(l, DICT, 1, 0, 0);
    JUMP(l, JF, 0, 0, 0, other);
    OP(l, RETURN, 1, 0, 0);
    PLACE(l, other);
    OP(l, RETV, 0, 0, 0);
    prove(l, 3);
    assert_int_equal(linear_count(l, VVM_OPC_DROP), 1);
    linear_drop(l);
}

/* a && b: the value dies on both jumps to the same label, but not on the way there from below. */
static void test_critical_edges(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 8);
    uint32_t no = linear_label(l), end = linear_label(l);
    OP(l, DICT, 2, 0, 0);
    OP(l, DICT, 3, 0, 0);
    JUMP(l, JF, 0, 0, 0, no);
    JUMP(l, JEQ, 0, 3, 1, no);
    OP(l, MOVE, 4, 2, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, no);
    OP(l, LOADI, 4, 7, 0);
    PLACE(l, end);
    OP(l, RETURN, 4, 0, 0);
    prove(l, 4);
    linear_drop(l);
}

static void test_try(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 14);
    uint32_t handler = linear_label(l), end = linear_label(l), next = linear_label(l);
    OP(l, DICT, 2, 0, 0);          /* needed by both */
    OP(l, DICT, 3, 0, 0);          /* needed by the body */
    OP(l, DICT, 4, 0, 0);          /* needed by the handler */
    JUMP(l, TRY, 5, 0, 0, handler);
    OP(l, ADD, 6, 0, 3);
    OP(l, ADD, 6, 6, 2);
    OP(l, ENDTRY, 0, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, handler);
    JUMP(l, JCANCEL, 5, 0, 0, next);
    OP(l, ADD, 6, 4, 2);
    OP(l, ADD, 6, 6, 1);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, next);
    OP(l, THROW, 5, 0, 0);
    PLACE(l, end);
    OP(l, RETURN, 6, 0, 0);
    prove(l, 5);
    assert_int_equal(l->function.handler_count, 1);
    linear_drop(l);
}

/* The value of a `try` is joined from the body and the handler. */
static void test_try_value(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 8);
    uint32_t handler = linear_label(l), end = linear_label(l);
    OP(l, MOVE, 3, 0, 0);
    JUMP(l, TRY, 2, 0, 0, handler);
    OP(l, ADD, 3, 3, 0);           /* assigns a variable that the handler reads */
    OP(l, NEG, 4, 3, 0);
    OP(l, ENDTRY, 0, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, handler);
    OP(l, MOVE, 4, 3, 0);
    PLACE(l, end);
    OP(l, RETURN, 4, 0, 0);
    prove(l, 6);
    linear_drop(l);
}

static void test_borrowed_projection(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 6);
    OP(l, ELEM, 1, 0, 0);
    OP(l, ELEM, 2, 0, 1);
    OP(l, ADD, 3, 1, 2);
    OP(l, ADD, 3, 3, 0);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 7);
    assert_int_equal(linear_count(l, VVM_OPC_ELEM_B), 2);
    linear_drop(l);
}

static void test_owned_projection(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 6);
    OP(l, ELEM, 1, 0, 0);          /* outlives the list: returned */
    OP(l, ELEM, 2, 0, 1);
    OP(l, NEG, 3, 2, 0);
    OP(l, RETURN, 1, 0, 0);
    prove(l, 8);
    assert_int_equal(linear_count(l, VVM_OPC_ELEM_B), 0);
    assert_int_equal(linear_count(l, VVM_OPC_ELEM), 2); /* the list dies at the second */
    linear_drop(l);
}

/* The list changes while a part of it is looked at. */
static void test_projection_of_what_changes(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 8);
    OP(l, LIST, 1, 1, 0);
    OP(l, ELEM, 2, 1, 0);
    OP(l, LOADI, 3, 1, 0);
    OP(l, LISTADD, 1, 3, 1);
    OP(l, ADD, 4, 2, 0);
    OP(l, KEEP, 4, 0, 0);
    OP(l, RETURN, 1, 0, 0);
    prove(l, 9);
    assert_int_equal(linear_count(l, VVM_OPC_ELEM_B), 0);
    linear_drop(l);
}

/* A field of an instance (even) may be set by any code that runs meanwhile, one of a struct (odd) not. */
static void test_slots(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 10);
    OP(l, SLOT, 1, 0, 0);
    OP(l, SLOT, 2, 0, 1);
    OP(l, ADD, 3, 1, 2);
    OP(l, ADD, 4, 3, 1);
    OP(l, ADD, 5, 4, 2);
    OP(l, ADD, 6, 5, 0);
    OP(l, RETURN, 6, 0, 0);
    prove(l, 10);
    assert_int_equal(linear_count(l, VVM_OPC_SLOT_B), 1);
    linear_drop(l);
}

static void test_lent_and_given(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 10);
    OP(l, DICT, 1, 0, 0);
    OP(l, ARG, 5, 1, 0);           /* lives on: lent */
    OP(l, ARG, 6, 0, 0);           /* dies: given if it was */
    OP(l, CALLF, 2, 2, 2);
    OP(l, ARG, 6, 1, 0);           /* dies: given */
    OP(l, CALLF, 3, 3, 1);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 11);
    assert_int_equal(linear_count(l, VVM_OPC_LEND), 1);
    assert_int_equal(linear_count(l, VVM_OPC_GIVE), 1);
    assert_int_equal(linear_count(l, VVM_OPC_COPY), 0);
    linear_drop(l);
}

static void test_same_argument_twice(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 12);
    OP(l, DICT, 1, 0, 0);
    OP(l, ARG, 5, 1, 0);
    OP(l, ARG, 6, 1, 0);
    OP(l, ARG, 7, 0, 0);
    OP(l, ARG, 8, 0, 0);
    OP(l, CALLF, 2, 2, 4);
    OP(l, RETURN, 2, 0, 0);
    prove(l, 12);
    assert_int_equal(linear_count(l, VVM_OPC_LEND), 0);
    linear_drop(l);
}

/* x = f(x), x = x + y: the result replaces an operand. */
static void test_result_replaces_operand(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 12);
    OP(l, DICT, 2, 0, 0);
    OP(l, ADD, 2, 2, 0);
    OP(l, ADD, 2, 1, 2);
    OP(l, MULI, 2, 2, 3);
    OP(l, ARG, 6, 2, 0);
    OP(l, CALLF, 2, 3, 1);
    OP(l, ELEM, 2, 2, 1);
    OP(l, RETURN, 2, 0, 0);
    prove(l, 13);
    linear_drop(l);
}

/* A `state` variable that is assigned on one path only, and one whose old value nobody reads. */
static void test_reassignment(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 12);
    uint32_t end = linear_label(l);
    OP(l, DICT, 2, 0, 0);
    OP(l, DICT, 3, 0, 0);
    JUMP(l, JF, 0, 0, 0, end);
    OP(l, ADD, 4, 1, 2);
    OP(l, MOVE, 2, 4, 0);
    OP(l, DICT, 5, 0, 0);
    OP(l, MOVE, 3, 5, 0);
    PLACE(l, end);
    OP(l, ADD, 6, 2, 3);
    OP(l, RETURN, 6, 0, 0);
    prove(l, 14);
    linear_drop(l);
}

static void test_assigned_parameter(void **state)
{
    (void)state;
    struct linear *l = linear_new(20, 30);
    uint32_t end = linear_label(l);
    JUMP(l, JF, 0, 0, 0, end);
    OP(l, ADD, 1, 1, 2);
    OP(l, DICT, 25, 0, 0);
    OP(l, MOVE, 3, 25, 0);
    OP(l, LOADI, 26, 1, 0);
    OP(l, LISTADD, 4, 26, 1);
    OP(l, ADD, 17, 17, 2);
    OP(l, DICT, 25, 0, 0);
    OP(l, MOVE, 18, 25, 0);
    OP(l, LISTADD, 19, 26, 1);
    PLACE(l, end);
    OP(l, ADD, 20, 1, 3);
    OP(l, ADD, 20, 20, 4);
    OP(l, ADD, 20, 20, 17);
    OP(l, ADD, 20, 20, 18);
    OP(l, ADD, 20, 20, 19);
    OP(l, RETURN, 20, 0, 0);
    prove(l, 15);
    linear_drop(l);
}

/* The frame releases its parameters when it is left; but not those that were replaced before. */
static void test_parameter_replaced_before_return(void **state)
{
    (void)state;
    for (int moved = 0; moved < 2; moved++) {
        struct linear *l = linear_new(2, 6);
        if (moved)
            OP(l, MOVE, 0, 1, 0);
        else
            OP(l, APPEND, 0, 0, 1);
        OP(l, RETURN, 0, 0, 0);
        prove(l, 25);
        linear_drop(l);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    struct linear *l = linear_new(20, 30);
    for (int p = 0; p < 20; p += 19) {
        uint32_t given = linear_label(l);
        JUMP(l, JSET, p, 0, 0, given);
        OP(l, DICT, 21, 0, 0);
        OP(l, DEFP, p, 21, 0);
        PLACE(l, given);
    }
    OP(l, TUPLE, 21, 22, 0);
    OP(l, ADD, 22, 21, 0);
    OP(l, ADD, 22, 22, 19);
    OP(l, RETURN, 22, 0, 0);
    prove(l, 16);
    linear_drop(l);
}

static void test_many_parameters(void **state)
{
    (void)state;
    struct linear *l = linear_new(22, 60);
    OP(l, ADD, 22, 15, 16);
    OP(l, ARG, 33, 17, 0);
    OP(l, ARG, 34, 18, 0);
    OP(l, ARG, 35, 0, 0);
    OP(l, CALLF, 23, 30, 3);
    for (int i = 0; i < 20; i++)
        OP(l, ARG, 33 + i, i < 3 ? 1 : i, 0);
    OP(l, CALLF, 24, 30, 20);
    OP(l, ADD, 25, 18, 19);
    OP(l, RETURN, 20, 0, 0);
    prove(l, 17);
    linear_drop(l);
}

static void test_tail_calls(void **state)
{
    (void)state;
    static const uint8_t ops[] = {VVM_OPC_TCALL, VVM_OPC_TCALLF, VVM_OPC_TCALLM, VVM_OPC_TSELF};
    for (size_t i = 0; i < sizeof ops; i++) {
        struct linear *l = linear_new(3, 20);
        OP(l, DICT, 3, 0, 0);
        OP(l, GETENV, 4, 1, 0);
        OP(l, GETENV, 8, 0, 0);
        OP(l, ELEM, 5, 3, 0);
        OP(l, GETENV, 14, 0, 0);
        OP(l, MOVE, 10, 14, 0);
        OP(l, ARG, 13, 0, 0);
        OP(l, ARG, 14, 4, 0);
        OP(l, ARG, 15, 5, 0);
        linear_op(l, (enum vvm_opcode)ops[i], 0, 10, 3);
        prove(l, 18);
        assert_int_equal(linear_count(l, VVM_OPC_LEND), 0);
        linear_drop(l);
    }
}

/* `await f(x)` at the end: the callee may take over the frame, so nothing may be left in it. */
static void test_async_tail_call(void **state)
{
    (void)state;
    for (int held = 0; held < 2; held++) {
        struct linear *l = linear_new(1, 12);
        OP(l, DICT, 1, 0, 0);
        OP(l, ARG, 6, 0, 0);
        OP(l, ACALLF, 2, 3, 1);
        OP(l, AWAIT, 2, 2, 0);
        if (held)
            OP(l, KEEP, 1, 0, 0);
        OP(l, RETURN, 2, 0, 0);
        prove(l, 19);
        assert_int_equal(linear_count(l, VVM_OPC_ACALLF), !held);
        linear_drop(l);
    }
}

static void test_keep(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 8);
    OP(l, DICT, 2, 0, 0);
    OP(l, ADD, 3, 0, 0);
    OP(l, KEEP, 2, 0, 0);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 20);
    /* parameter 1 at entry, parameter 0 after the sum, the dict last */
    const uint32_t *code = l->function.code;
    uint32_t last = code[l->function.code_count - 2];
    assert_int_equal(last & 0xff, VVM_OPC_DROP);
    assert_int_equal(last >> 8 & 0xff, 2);
    linear_drop(l);
}

/* One register, defined on several paths: by a projection, by a call, by a constant, by a look into the environment. */
static void test_join_of_classes(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 12);
    uint32_t other[4], end = linear_label(l);
    for (int i = 0; i < 4; i++)
        other[i] = linear_label(l);
    OP(l, LIST, 1, 1, 0);
    JUMP(l, JF, 0, 0, 0, other[0]);
    OP(l, ELEM, 2, 1, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, other[0]);
    JUMP(l, JF, 0, 0, 0, other[1]);
    OP(l, GETENV, 2, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, other[1]);
    JUMP(l, JF, 0, 0, 0, other[2]);
    OP(l, LOADK, 2, CONSTANT_STRING, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, other[2]);
    JUMP(l, JF, 0, 0, 0, other[3]);
    OP(l, MOVE, 2, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, other[3]);
    OP(l, DICT, 2, 0, 0);
    PLACE(l, end);
    OP(l, ADD, 3, 2, 1);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 21);
    linear_drop(l);
}

static void test_consumed_variable_lives_on(void **state)
{
    (void)state;
    struct linear *l = linear_new(2, 12);
    OP(l, DICT, 2, 0, 0);
    OP(l, NEWCELL, 3, 2, 0);
    OP(l, SETCELL, 3, 0, 0);
    OP(l, SETCELL, 3, 0, 0);
    OP(l, GETENV, 4, 0, 0);
    OP(l, SETENVC, 4, 0, 0);
    OP(l, DICT, 6, 0, 0);
    OP(l, DICTADD, 6, 2, 2);
    OP(l, GETCELL, 5, 3, 0);
    OP(l, SETFIELD, 6, 5, 0);
    OP(l, RETURN, 6, 0, 0);
    prove(l, 22);
    linear_drop(l);
}

static void test_counting_borrows(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 12);
    l->ir.count_borrows = true;
    OP(l, ELEM, 1, 0, 0);
    OP(l, ARG, 5, 1, 0);
    OP(l, ARG, 6, 0, 0);
    OP(l, CALLF, 2, 2, 2);
    OP(l, ADD, 3, 1, 0);
    OP(l, ADD, 3, 3, 2);
    OP(l, RETURN, 3, 0, 0);
    prove(l, 23);
    assert_int_equal(linear_count(l, VVM_OPC_LEND) + linear_count(l, VVM_OPC_ELEM_B), 0);
    linear_drop(l);
}

static void test_unreachable(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 4);
    uint32_t never = linear_label(l), handler = linear_label(l);
    JUMP(l, TRY, 2, 0, 0, handler);
    OP(l, RETURN, 0, 0, 0);
    OP(l, ADD, 1, 0, 0);
    JUMP(l, JMP, 0, 0, 0, never);
    OP(l, ENDTRY, 0, 0, 0);
    PLACE(l, handler);
    OP(l, THROW, 2, 0, 0);
    PLACE(l, never);
    OP(l, RETURN, 1, 0, 0);
    prove(l, 24);
    assert_int_equal(linear_count(l, VVM_OPC_ADD), 0);
    assert_int_equal(l->function.code_count, 1);
    assert_int_equal(l->function.handler_count, 0);
    linear_drop(l);
}

/* ---- Random programs ---- */

/* VELA_SEED=n runs that one only. */
static void test_random_programs(void **state)
{
    (void)state;
    const char *only = getenv("VELA_SEED"), *many = getenv("VELA_SEEDS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, count = only ? 1 : many ? strtoull(many, NULL, 10) : 12000;
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct linear *l = make_program(seed);
        bool fine = linear_proves(l, seed, 24);
        if (!fine)
            print_error("seed %llu\n", (unsigned long long)seed);
        linear_drop(l);
        assert_true(fine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fib), cmocka_unit_test(test_numbers), cmocka_unit_test(test_drop_on_one_edge),
        cmocka_unit_test(test_critical_edges), cmocka_unit_test(test_try), cmocka_unit_test(test_try_value),
        cmocka_unit_test(test_borrowed_projection), cmocka_unit_test(test_owned_projection),
        cmocka_unit_test(test_projection_of_what_changes), cmocka_unit_test(test_slots),
        cmocka_unit_test(test_lent_and_given), cmocka_unit_test(test_same_argument_twice),
        cmocka_unit_test(test_result_replaces_operand), cmocka_unit_test(test_reassignment),
        cmocka_unit_test(test_assigned_parameter), cmocka_unit_test(test_parameter_replaced_before_return),
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_many_parameters),
        cmocka_unit_test(test_tail_calls), cmocka_unit_test(test_async_tail_call), cmocka_unit_test(test_keep),
        cmocka_unit_test(test_join_of_classes), cmocka_unit_test(test_consumed_variable_lives_on),
        cmocka_unit_test(test_counting_borrows), cmocka_unit_test(test_unreachable), cmocka_unit_test(test_random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
