/* Encoding: the words themselves, registers beyond a byte, and the tables for handlers, owned registers and lines. */
#include "symbolic.h"

static void finish(struct linear *l)
{
    assert_true(linear_proves(l, 7, 100));
}

static uint32_t abc(enum vvm_opcode op, uint32_t a, uint32_t b, uint32_t c) { return (uint32_t)op | a << 8 | b << 16 | c << 24; }

static void assert_words(const struct linear *l, const uint32_t *expected, uint32_t count)
{
    assert_int_equal(l->function.code_count, count);
    for (uint32_t i = 0; i < count; i++)
        if (l->function.code[i] != expected[i]) {
            linear_print(l);
            fprintf(stderr, "word %u is %08x, not %08x\n", i, l->function.code[i], expected[i]);
            fail();
        }
}

/* Where does the jump at word `pc` lead? */
static uint32_t target_of(const struct vvm_function *f, uint32_t pc)
{
    uint32_t next = pc + words_of_opcode((uint8_t)f->code[pc]);
    return next + f->code[next - 1];
}

static uint32_t find(const struct vvm_function *f, enum vvm_opcode op, uint32_t from)
{
    uint32_t pc = from;
    while (pc < f->code_count && (f->code[pc] & 0xff) != op)
        pc += words_of_opcode((uint8_t)f->code[pc]);
    assert_true(pc < f->code_count);
    return pc;
}

static void test_forms(void **state)
{
    (void)state;
    struct linear *l = linear_new(0, 12);
    OP(l, LOADI, 0, -2, 0);
    OP(l, LOADK, 1, CONSTANT_STRING, 0);
    OP(l, ADDI, 2, 0, -128);
    linear_add(l, (struct vvm_ir){.op = VVM_OPC_NEWOBJ, .a = 3, .w = 77, .label = NO_LABEL});
    linear_add(l, (struct vvm_ir){.op = VVM_OPC_SETFIELD, .a = 3, .b = 1, .w = 5, .label = NO_LABEL});
    linear_add(l, (struct vvm_ir){.op = VVM_OPC_CALLF, .a = 4, .b = 5, .c = 0, .w = 9, .label = NO_LABEL});
    OP(l, ADD, 6, 4, 2);
    OP(l, KEEP, 3, 0, 0);
    OP(l, RETURN, 6, 0, 0);
    finish(l);
    const uint32_t expected[] = {
        (uint32_t)VVM_OPC_LOADI | 0xfffeu << 16, (uint32_t)VVM_OPC_LOADK | 1 << 8 | CONSTANT_STRING << 16,
        abc(VVM_OPC_ADDI, 2, 0, 0x80), abc(VVM_OPC_NEWOBJ, 3, 0, 0), 77, abc(VVM_OPC_SETFIELD, 3, 1, 0), 5,
        (uint32_t)VVM_OPC_CALLF | 5 << 16, 4, 9, abc(VVM_OPC_ADD_K, 6, 4, 2), abc(VVM_OPC_DROP, 4, 0, 0),
        abc(VVM_OPC_DROP, 3, 0, 0), abc(VVM_OPC_RETURN, 6, 0, 0)};
    assert_words(l, expected, sizeof expected / sizeof *expected);
    assert_int_equal(l->function.register_count, 12);
    linear_drop(l);
}

static void test_call_word(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 12);
    OP(l, DICT, 1, 0, 0);
    OP(l, DICT, 6, 0, 0);
    OP(l, ARG, 5, 1, 0);
    OP(l, ARG, 7, 1, 0);
    linear_add(l, (struct vvm_ir){.op = VVM_OPC_CALLM, .a = 3, .b = 2, .c = 3, .w = 1234, .label = NO_LABEL});
    OP(l, ADD, 4, 1, 3);
    OP(l, RETURN, 4, 0, 0);
    finish(l);
    const struct vvm_function *f = &l->function;
    uint32_t call = find(f, VVM_OPC_CALLM, 0);
    assert_int_equal(f->code[call], (uint32_t)VVM_OPC_CALLM | 3 << 8 | 2 << 16);
    assert_int_equal(f->code[call + 1], 3 | 2u << 16); /* only the one in the middle is given */
    assert_int_equal(f->code[call + 2], 1234);
    assert_int_equal(linear_count(l, VVM_OPC_LEND), 2);
    linear_drop(l);
}

/* A jump over nothing is none; a jump to a jump leads to where that one leads. */
static void test_jumps(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 4);
    uint32_t next = linear_label(l), other = linear_label(l), end = linear_label(l);
    OP(l, CHECK, 0, CHECK_NUMBER, 0);
    JUMP(l, JF, 0, 0, 0, other);
    JUMP(l, JMP, 0, 0, 0, next);
    PLACE(l, next);
    OP(l, LOADI, 1, 1, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, other);
    JUMP(l, JMP, 0, 0, 0, end);
    OP(l, LOADI, 1, 2, 0);
    PLACE(l, end);
    OP(l, RETV, 0, 0, 0);
    finish(l);
    const struct vvm_function *f = &l->function;
    uint32_t jump = find(f, VVM_OPC_JF, 0), ret = find(f, VVM_OPC_RETV, 0);
    assert_int_equal(target_of(f, jump), ret);
    linear_drop(l);
}

static void test_jump_with_descriptor(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 4);
    uint32_t fail_label = linear_label(l);
    linear_add(l, (struct vvm_ir){.op = VVM_OPC_JNTYPE, .a = 0, .w = CHECK_STRING, .label = fail_label});
    OP(l, RETURN, 0, 0, 0);
    PLACE(l, fail_label);
    OP(l, MATCHFAIL, 0, 0, 0);
    finish(l);
    const struct vvm_function *f = &l->function;
    uint32_t jump = find(f, VVM_OPC_JNTYPE, 0);
    assert_int_equal(f->code[jump + 1], CHECK_STRING);
    assert_int_equal(target_of(f, jump), find(f, VVM_OPC_MATCHFAIL, 0));
    linear_drop(l);
}

/* Inner regions come first, and closing and opening again gives two entries for one handler. */
static void test_handlers(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 8);
    uint32_t outer = linear_label(l), inner = linear_label(l), end = linear_label(l);
    JUMP(l, TRY, 1, 0, 0, outer);
    OP(l, NEG, 3, 0, 0);
    JUMP(l, TRY, 2, 0, 0, inner);
    OP(l, NEG, 3, 3, 0);
    OP(l, ENDTRY, 0, 0, 0);
    OP(l, ENDTRY, 0, 0, 0);
    OP(l, NEG, 3, 3, 0);           /* protected by none */
    JUMP(l, TRY, 1, 0, 0, outer);
    OP(l, NEG, 3, 3, 0);
    OP(l, ENDTRY, 0, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, inner);
    OP(l, THROW, 2, 0, 0);
    PLACE(l, outer);
    OP(l, THROW, 1, 0, 0);
    PLACE(l, end);
    OP(l, RETURN, 3, 0, 0);
    finish(l);
    const struct vvm_function *f = &l->function;
    assert_int_equal(f->handler_count, 3);
    assert_int_equal(f->handlers[0].slot, 2);
    assert_int_equal(f->handlers[1].slot, 1);
    assert_int_equal(f->handlers[2].slot, 1);
    assert_true(f->handlers[1].start <= f->handlers[0].start && f->handlers[0].end <= f->handlers[1].end);
    assert_true(f->handlers[1].end < f->handlers[2].start);
    assert_int_equal(f->handlers[1].target, f->handlers[2].target);
    assert_true(f->handlers[0].target >= f->handlers[2].end);
    linear_drop(l);
}

static bool owns(const struct vvm_function *f, uint32_t pc, uint32_t reg)
{
    const uint64_t *set = owned_at(f, pc + 1);
    return set && (set[reg / 64] >> (reg % 64) & 1);
}

/* The operands that an instruction consumes are not listed, those it only reads are; parameters never, but for late ones. */
static void test_owned_table(void **state)
{
    (void)state;
    struct linear *l = linear_new(18, 30);
    OP(l, DICT, 20, 0, 0);
    OP(l, DICT, 21, 0, 0);
    OP(l, NEWCELL, 22, 20, 0);
    OP(l, ADD, 23, 21, 17);
    OP(l, ADD, 24, 22, 0);
    OP(l, ADD, 24, 24, 23);
    OP(l, RETURN, 24, 0, 0);
    finish(l);
    const struct vvm_function *f = &l->function;
    uint32_t cell = find(f, VVM_OPC_NEWCELL, 0), add = find(f, VVM_OPC_ADD_K, 0);
    assert_false(owns(f, cell, 20));
    assert_true(owns(f, cell, 21));
    assert_true(owns(f, cell, 17));
    assert_true(owns(f, add, 21));
    assert_true(owns(f, add, 17));
    assert_true(owns(f, add, 22));
    assert_false(owns(f, add, 23));
    for (uint32_t i = 0; i < f->code_count; i += words_of_opcode((uint8_t)f->code[i]))
        assert_false(owns(f, i, 0));
    linear_drop(l);
}

static void test_lines(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 6);
    OP(l, NEG, 1, 0, 0);
    OP(l, NEG, 2, 1, 0);
    OP(l, RETURN, 2, 0, 0);
    for (uint32_t i = 0; i < 3; i++)
        l->ir.code[i].position = i < 2 ? 40 : 90;
    finish(l);
    const struct vvm_function *f = &l->function;
    uint32_t last = f->line_count - 1;
    assert_int_equal(f->lines[last].position, 90);
    assert_int_equal(f->lines[last].pc, f->code_count - 1);
    for (uint32_t i = 1; i < f->line_count; i++)
        assert_true(f->lines[i].pc > f->lines[i - 1].pc);
    linear_drop(l);
}

/* Hundreds of variables that live at once. */
static void test_many_registers(void **state)
{
    (void)state;
    enum { MANY = 700 };
    for (int parameters = 0; parameters < 40; parameters += 13) {
        struct linear *l = linear_new((uint32_t)parameters, MANY + 40);
        uint32_t handler = linear_label(l), end = linear_label(l);
        for (int i = parameters; i < MANY; i++)
            OP(l, DICT, i, 0, 0);
        JUMP(l, TRY, MANY, 0, 0, handler);
        for (int i = 0; i < 6; i++)
            OP(l, MOVE, MANY + 1 + i, 300 + i, 0);
        OP(l, LIST, MANY + 7, MANY + 1, 6);
        OP(l, LOADI, MANY + 8, 1, 0);
        OP(l, LISTADD, MANY + 7, MANY + 8, 1);
        OP(l, CHECK, MANY + 7, CHECK_STRING, 0);
        OP(l, ARG, MANY + 13, 400, 0);
        OP(l, ARG, MANY + 14, 10, 0);
        OP(l, CALLF, MANY + 9, MANY + 10, 2);
        OP(l, ELEM, MANY + 10, 500, 3);
        OP(l, ADD, MANY + 9, MANY + 9, MANY + 10);
        OP(l, SETCELL, 600, MANY + 9, 0);
        OP(l, ENDTRY, 0, 0, 0);
        JUMP(l, JMP, 0, 0, 0, end);
        PLACE(l, handler);
        OP(l, SETENVC, MANY, 0, 0);
        PLACE(l, end);
        OP(l, ADD, MANY + 8, 5, 6);
        for (int i = 0; i < MANY; i++)
            OP(l, ADD, MANY + 8, MANY + 8, i);
        OP(l, RETURN, MANY + 8, 0, 0);
        finish(l);
        assert_true(l->function.register_count > MANY);
        linear_drop(l);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    struct linear *l = linear_new(0, 1 << 16);
    bool too_large = false;
    OP(l, LOADI, (1 << 16) - 1, 1, 0);
    OP(l, RETURN, (1 << 16) - 1, 0, 0);
    assert_false(vvm_ir_finish(&l->ir, &l->vm, &l->function, &too_large));
    assert_true(too_large);
    linear_drop(l);
}

/* Long functions with many live registers and labels stay cheap: this would take minutes if a step were quadratic. */
static void test_long_function(void **state)
{
    (void)state;
    enum { STEPS = 30000, LIVE = 180 };
    struct linear *l = linear_new(1, LIVE + 10);
    for (int i = 1; i < LIVE; i++)
        OP(l, DICT, i, 0, 0);
    for (int i = 0; i < STEPS; i++) {
        uint32_t skip = linear_label(l);
        JUMP(l, JF, 0, 0, 0, skip);
        OP(l, ADD, 1 + i % (LIVE - 1), 1 + i % (LIVE - 1), 0);
        PLACE(l, skip);
    }
    for (int i = 1; i < LIVE; i++)
        OP(l, KEEP, i, 0, 0);
    OP(l, RETV, 0, 0, 0);
    assert_true(linear_proves(l, 1, 2));
    linear_drop(l);
}

static void test_empty(void **state)
{
    (void)state;
    struct linear *l = linear_new(3, 3);
    OP(l, RETV, 0, 0, 0);
    finish(l);
    const uint32_t expected[] = {abc(VVM_OPC_RETV, 0, 0, 0)};
    assert_words(l, expected, 1);
    linear_drop(l);
}

/* The text names every instruction once, with targets and tables. */
static void test_disassembly(void **state)
{
    (void)state;
    struct linear *l = linear_new(1, 8);
    uint32_t handler = linear_label(l), end = linear_label(l);
    OP(l, DICT, 1, 0, 0);
    JUMP(l, TRY, 2, 0, 0, handler);
    OP(l, ADD, 3, 0, 1);
    OP(l, ENDTRY, 0, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, handler);
    OP(l, LOADK, 3, CONSTANT_NUMBER, 0);
    PLACE(l, end);
    OP(l, KEEP, 1, 0, 0);
    OP(l, RETURN, 3, 0, 0);
    finish(l);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_disassemble(&l->function, &out);
    vvm_text_add(&out, "", 1);
    assert_false(out.failed);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.length; i++)
        lines += out.data[i] == '\n';
    assert_non_null(strstr(out.data, "DICT"));
    assert_non_null(strstr(out.data, "LOADK      r3 0   ; 1048576"));
    assert_non_null(strstr(out.data, "errors in"));
    assert_non_null(strstr(out.data, "owned from"));
    assert_true(lines > 8);
    vvm_text_drop(&out);
    linear_drop(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms), cmocka_unit_test(test_call_word), cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_jump_with_descriptor), cmocka_unit_test(test_handlers), cmocka_unit_test(test_owned_table),
        cmocka_unit_test(test_lines), cmocka_unit_test(test_many_registers), cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_long_function), cmocka_unit_test(test_empty), cmocka_unit_test(test_disassembly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
