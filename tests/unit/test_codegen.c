/* Code generation: the instructions that small functions become. */
#include "script.h"

#include "vm/compile/loop.h"

static uint32_t find(const struct vvm_function *f, enum vvm_opcode op)
{
    uint32_t pc = 0;
    while (pc < f->code_count && (f->code[pc] & 0xff) != op)
        pc += script_words(f->code[pc]);
    if (pc >= f->code_count)
        fail_msg("%s has no %s", f->name, vvm_opcode_info[op].name);
    return pc;
}

/* Which arguments of a function's first such call are given. */
static uint32_t given(const char *function, enum vvm_opcode op)
{
    const struct vvm_function *f = script_function(function);
    return f->code[find(f, op) + 1] >> 16;
}

static void a_call_of_itself_is_a_jump(void **state)
{
    (void)state;
    LOAD("fn count(n, to) { if (n == to) { n } else { count(n + 1, to) } }");
    assert_non_null(strstr(script_opcodes("count"), "TSELF"));
    assert_null(strstr(script_opcodes("count"), "CALL"));
}

/* A parameter that is handed on as it came is not moved, and a check that holds is not made again. */
static void a_call_of_itself_moves_what_changes(void **state)
{
    (void)state;
    LOAD("fn walk(xs: List<Number>, n: Number, x: Float, s: String) {\n"
         "  if (n == 0) { (xs, x, s) } else { walk(xs, n - 1, x * 2.0 + 1.0, s.trim()) }\n}");
    const struct vvm_function *f = script_function("walk");
    uint32_t word = f->code[find(f, VVM_OPC_TSELF) + 2];
    assert_int_equal(VVM_TSELF_KEPT(word), 1);
    assert_int_equal(VVM_TSELF_ENTRY(word), 3);
    LOAD("fn swap(a, b, n) { if (n == 0) { a } else { swap(b, a, n - 1) } }");
    f = script_function("swap");
    assert_int_equal(f->code[find(f, VVM_OPC_TSELF) + 2], 0);
    LOAD("fn both(a, b) { if (a == b) { a } else { both(a, a) } }");
    f = script_function("both");
    assert_int_equal(VVM_TSELF_KEPT(f->code[find(f, VVM_OPC_TSELF) + 2]), 0); /* the last reading goes elsewhere */
}

static const struct vvm_function *core_function(const char *name)
{
    for (uint32_t id = 0; id < vvm_table_count(&script.machine.vm->functions); id++)
        if (strcmp(vvm_function_at(script.machine.vm, id)->name, name) == 0)
            return vvm_function_at(script.machine.vm, id);
    fail_msg("no function %s", name);
    return NULL;
}

/* Two instructions for each element: the call, and taking its result. */
static void a_loop_of_the_library_is_an_instruction(void **state)
{
    (void)state;
    const struct vvm_function *f = core_function("__reduce");
    uint32_t pc = find(f, VVM_OPC_LOOP);
    assert_int_equal(f->code[pc + 3] & 0xff, VVM_OPC_AGAIN);
    assert_int_equal(f->code[pc + 2], VVM_LOOP_KIND(VVM_LOOP_REDUCE, 0));
    assert_null(vvm_verify(f));
    struct vvm_function damaged = *f;
    uint32_t *words = malloc(f->code_count * sizeof *words);
    memcpy(words, f->code, f->code_count * sizeof *words);
    words[pc + 3] = VVM_OPC_NOP;
    damaged.code = words;
    assert_non_null(vvm_verify(&damaged));
    free(words);
}

static void a_call_in_tail_position_leaves_no_frame(void **state)
{
    (void)state;
    LOAD("fn f(x) { x }\nfn g(x) { f(x) }\nfn h(x) { f(x) + 1 }\nfn t(x) { try { f(x) } catch (e) { 0 } }");
    assert_non_null(strstr(script_opcodes("g"), "TCALLF"));
    assert_null(strstr(script_opcodes("h"), "TCALL"));
    assert_null(strstr(script_opcodes("t"), "TCALL")); /* the handler must still be there */
}

static void a_comparison_jumps_itself(void **state)
{
    (void)state;
    LOAD("fn f(a, b) { if (a < b) { 1 } else { 2 } }\nfn g(a) { if (a == 7) { 1 } else { 2 } }\nfn h(a, b) { a < b }\n"
         "fn i(a) { if (a == 700) { 1 } else { 2 } }");
    assert_non_null(strstr(script_opcodes("f"), "JLT"));
    assert_null(strstr(script_opcodes("f"), "JF"));
    assert_non_null(strstr(script_opcodes("g"), "JEQI"));
    assert_null(strstr(script_opcodes("h"), "JLT"));
    assert_null(strstr(script_opcodes("i"), "JEQI")); /* no immediate */
}

static void small_numbers_are_immediate(void **state)
{
    (void)state;
    LOAD("fn f(n) { n + 1 }\nfn g(n) { n + 1000 }\nfn h() { 30000 }\nfn i() { 40000 }");
    assert_non_null(strstr(script_opcodes("f"), "ADDI"));
    assert_null(strstr(script_opcodes("g"), "ADDI"));
    CODE("h", "LOADI RETURN");
    CODE("i", "LOADK RETURN");
    assert_int_equal(script_function("i")->constants[0].number, 40000);
}

static void arguments_are_lent_until_their_last_use(void **state)
{
    (void)state;
    LOAD("fn f(xs) { xs.length }\nfn g() { xs = [1, 2]; a = f(xs); b = f(xs); a + b }\nfn h() { xs = [1, 2]; a = f(xs); a + 1 }");
    assert_int_equal(given("g", VVM_OPC_CALLF), SCRIPT_BORROWS ? 0 : 1);
    assert_int_equal(given("h", VVM_OPC_CALLF), 1);
    GIVES("fn f(xs) { xs.length }\nfn main() { xs = [1, 2]; a = f(xs); b = f(xs); (a, b, xs) }", "(2, 2, [1, 2])");
}

static void a_parameter_is_passed_on_as_it_came(void **state)
{
    (void)state;
    LOAD("fn f(xs) { xs.length }\nfn g(xs) { a = f(xs); a + 1 }\nfn h(xs) { a = f(xs); a + xs.length }");
    assert_non_null(strstr(script_opcodes("g"), "GIVE"));
    assert_null(strstr(script_opcodes("h"), "GIVE"));
    assert_int_equal(strstr(script_opcodes("h"), "LEND") != NULL, SCRIPT_BORROWS);
}

static void a_protected_region_is_a_table_entry(void **state)
{
    (void)state;
    LOAD("fn f(g) { try { g() } catch (e) { 0 } }");
    const struct vvm_function *f = script_function("f");
    assert_int_equal(f->handler_count, 1);
    uint32_t call = find(f, VVM_OPC_CALL);
    assert_true(f->handlers[0].start <= call && call < f->handlers[0].end);
    assert_true(f->handlers[0].target >= f->handlers[0].end);
    assert_null(strstr(script_opcodes("f"), "TRY"));
}

static void a_default_is_skipped_if_the_argument_came(void **state)
{
    (void)state;
    LOAD("fn f(a, b = a + 1) { b }");
    const struct vvm_function *f = script_function("f");
    assert_int_equal(f->required_count, 1);
    assert_true(f->parameters[1].has_default);
    assert_non_null(strstr(script_opcodes("f"), "JSET"));
}

static void functions_say_what_they_are(void **state)
{
    (void)state;
    LOAD("async fn a() { 1 }\nfn v() -> void { 1 }\nfn r(...xs) { xs }\nfn n() -> never { panic(\"no\") }\nfn f() -> Float { 1.0 }");
    assert_true(script_function("a")->flags & VVM_FUNCTION_ASYNC);
    assert_true(script_function("v")->flags & VVM_FUNCTION_RESULT_VOID);
    assert_true(script_function("r")->flags & VVM_FUNCTION_REST);
    assert_true(script_function("n")->flags & VVM_FUNCTION_RESULT_NEVER);
    assert_true(script_function("f")->flags & VVM_FUNCTION_RESULT_FLOAT);
}

static void a_listing_names_function_lines_and_constants(void **state)
{
    (void)state;
    LOAD("fn greet(name) {\n  \"hi\"\n}");
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_disassemble(script_function("greet"), &out);
    vvm_text_add(&out, "", 1);
    assert_non_null(strstr(out.data, " greet: 1 parameters, "));
    assert_non_null(strstr(out.data, "     0     2  LOADK"));
    assert_non_null(strstr(out.data, "; \"hi\""));
    vvm_text_drop(&out);
}

/* Of the core library, too; entry functions of tasks are made by hand. */
static void check_function(const struct vvm_function *f)
{
    const char *complaint = strcmp(f->name, "<task>") == 0 || !f->code ? NULL : vvm_verify(f);
    if (complaint)
        fail_msg("%s: %s", f->name, complaint);
}

static void every_function_is_sound(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < vvm_table_count(&script.machine.vm->functions); id++)
        check_function(vvm_function_at(script.machine.vm, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_of_itself_is_a_jump), cmocka_unit_test(a_call_of_itself_moves_what_changes),
        cmocka_unit_test(a_loop_of_the_library_is_an_instruction), cmocka_unit_test(a_call_in_tail_position_leaves_no_frame),
        cmocka_unit_test(a_comparison_jumps_itself), cmocka_unit_test(small_numbers_are_immediate),
        cmocka_unit_test(arguments_are_lent_until_their_last_use), cmocka_unit_test(a_parameter_is_passed_on_as_it_came),
        cmocka_unit_test(a_protected_region_is_a_table_entry), cmocka_unit_test(a_default_is_skipped_if_the_argument_came),
        cmocka_unit_test(functions_say_what_they_are), cmocka_unit_test(a_listing_names_function_lines_and_constants),
        cmocka_unit_test(every_function_is_sound),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
