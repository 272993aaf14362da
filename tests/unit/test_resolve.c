/* Names: what resolving rejects and where, and which variables become cells, captures and module variables. */
#include "script.h"

/* "a state:b", in the order functions name them. */
static const char *globals(void)
{
    script.text[0] = 0;
    for (uint32_t i = script.first_global; i < vvm_table_count(&script.machine.vm->globals); i++) {
        const struct vvm_global *g = vvm_table_at(&script.machine.vm->globals, i);
        script_add("%s%s%s", script.text[0] ? " " : "", g->is_state ? "state:" : "",
                   vvm_symbols_text(script.machine.vm->symbols, g->name));
    }
    return script.text;
}

static const char *captures(const char *function)
{
    const struct vvm_function *f = script_function(function);
    script.text[0] = 0;
    for (uint32_t i = 0; i < f->capture_count; i++)
        script_add("%s%s", i ? " " : "", vvm_symbols_text(script.machine.vm->symbols, f->capture_names[i]));
    return script.text;
}

static bool makes(const char *function, const char *opcode)
{
    return strstr(script_opcodes(function), opcode) != NULL;
}

#define CAPTURES(function, expected) script_expect(__FILE__, __LINE__, captures(function), (expected))
#define GLOBALS(expected) script_expect(__FILE__, __LINE__, globals(), (expected))

static void immutable_names_are_not_assigned(void **state)
{
    (void)state;
    REJECTS("fn main() {\n  x = 1\n  x += 2\n}", "E301 3:3");
    REJECTS("fn f(x) { x = 1 }", "E301 1:11");
    REJECTS("state n = 1\nfn f() { n = 2 }", "");
    REJECTS("xs = [1]\nxs[0] = 2", "E301 2:1");
    REJECTS("fn main() { [1][0] = 2 }", "E301 1:13");
    REJECTS("state xs = [1]\nxs[0] = 2", "");
}

static void a_block_declares_a_name_once(void **state)
{
    (void)state;
    REJECTS("fn f() { 1 }\nfn f() { 2 }", "E302 2:4");
    REJECTS("class A { }\nclass A { }", "E302 2:7");
    REJECTS("class A extends B { }\nclass B extends A { }", "E302 2:7"); /* found out at the second */
    REJECTS("fn f() { 1 }\nfn main() { fn f() { 2 }; f() }", "");
}

static void names_have_a_meaning(void **state)
{
    (void)state;
    REJECTS("fn main() { nothere }", "E307 1:13");
    REJECTS("fn main() {\n  if (true) { y = 1 }\n  y\n}", "E307 3:3");
    REJECTS("fn main() { this }", "E307 1:13");
    REJECTS("class A { fn f() { super.f() } }", "E307 1:20");
    REJECTS("class A extends main { }\nfn main() { 1 }", "E307 1:17");
    REJECTS("fn main() { No { a: 1 } }", "E307 1:13");
}

static void overriding_is_checked(void **state)
{
    (void)state;
    REJECTS("class A { }\nclass B extends A { override fn f() { 1 } }", "E305 2:33");
    REJECTS("class A { fn f() { 1 } }\nclass B extends A { override fn f() { 2 } }", "");
}

static void workers_capture_no_state(void **state)
{
    (void)state;
    REJECTS("fn main() {\n  state n = 0\n  Worker.spawn(() => n)\n}", "E308 3:22");
    REJECTS("fn main() {\n  n = 0\n  Worker.spawn(() => n)\n}", "");
}

static void classes_are_complete(void **state)
{
    (void)state;
    REJECTS("abstract class A { fn f() }\nclass B extends A { }", "E304 2:7");
    REJECTS("abstract class A { fn f() }\nabstract class B extends A { }\nclass C extends B { fn f() { 1 } }", "");
    REJECTS("interface I { x: Number; fn f() }\nclass A implements I { fn f() { 1 } }", "E304 2:7");
    REJECTS("interface I { fn f() }\nclass A implements I { override fn f() { 1 } }", "");
    REJECTS("class A { fn f() }", "E303 1:14");
    REJECTS("interface I extends J { }\ninterface J extends I { }", "E302 2:11");
    REJECTS("class A { get x { 1 }\n get x { 2 } }", "E302 2:6");
    REJECTS("class A { x = 1\n fn x() { 2 } }", "E302 2:5");
    REJECTS("class A { override fn toString() { \"\" } }", "");
}

static void patterns_fit_their_types(void **state)
{
    (void)state;
    REJECTS("enum E { A, B(Number) }\nfn f(e) { match e { E.C => 1, _ => 2 } }", "E211 2:21");
    REJECTS("enum E { A, B(Number) }\nfn f(e) { match e { E.B(x, y) => 1, _ => 2 } }", "E211 2:28");
    REJECTS("fn f(e) { match e { Upper => 1, _ => 2 } }", "E211 1:21");
}

static void what_is_left_out_is_said(void **state)
{
    (void)state;
    REJECTS("fn f() { class A { static n = 1 } }", "E199 1:27");
    REJECTS("class A { computed n: Number { 1 } }", "E199 1:20");
    REJECTS("class A { fn f() { 1 }\n fn f(x) { x } }", "E199 2:5");
}

static void captured_state_lives_in_cells(void **state)
{
    (void)state;
    LOAD("fn main() { state n = 0; add = () => { n += 1 }; add(); n }");
    CAPTURES("add", "n");
    assert_true(makes("main", "NEWCELL"));
    assert_true(makes("add", "GETENVC") && makes("add", "SETENVC"));
    LOAD("fn main() { n = 1; get = () => n; get() }");
    CAPTURES("get", "n");
    assert_false(makes("main", "CELL"));
    assert_true(makes("get", "GETENV") && !makes("get", "GETENVC"));
    LOAD("fn main() { state n = 0; n += 1; n }");
    assert_false(makes("main", "CELL"));
}

static void captures_are_what_is_named(void **state)
{
    (void)state;
    LOAD("fn outer(a, b, c) { inner = () => c + a; inner() }");
    CAPTURES("inner", "a c");
    CAPTURES("outer", "");
    LOAD("fn outer(a) { fn middle() { fn inner() { a }; inner() }; middle() }");
    CAPTURES("middle", "a");
    CAPTURES("inner", "a");
    LOAD("fn main() { x = 1; f = (x) => x; f(x) }");
    CAPTURES("f", "");
    LOAD("fn main() { a = 1; b = 2; fn even(n) { n == a || odd(n) }; fn odd(n) { n == b && even(n) }; even(a) }");
    CAPTURES("even", "b a"); /* one environment for both */
    CAPTURES("odd", "b a");
}

static void module_variables_are_those_functions_name(void **state)
{
    (void)state;
    LOAD("a = 1\nb = 2\nstate c = 3\nfn main() { a + c }");
    GLOBALS("state:c a");
    assert_true(makes("main", "GETMOD ") && makes("main", "GETMODS"));
    LOAD("a = 1\nprintln(a)");
    GLOBALS("");
    LOAD("a = 1\nfn main() { a = 2; a }");
    GLOBALS("");
}

static void bare_names_are_members_of_the_class(void **state)
{
    (void)state;
    GIVES("class A { a: Number = 1\n constructor(private b, c) { }\n fn m() { a + b }\n fn n() { m() } }\nfn main() { A(2, 3).n() }", "3");
    REJECTS("class A { constructor(private b, c) { }\n fn m() { c } }", "E307 2:11");
    REJECTS("class A { constructor(private b) { }\n fn m() { b += 1 } }", "E301 2:11");
}

static void shadowing_means_the_inner_one(void **state)
{
    (void)state;
    IS("x = 1; y = if (true) { x: Number = 2; x } else { 0 }; (x, y)", "(1, 2)");
    GIVES("x = 1\nfn get() { x }\nfn main() { x = 5; (x, get()) }", "(5, 1)");
    IS("x = 1; x: Number = x + 1; x", "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(immutable_names_are_not_assigned), cmocka_unit_test(a_block_declares_a_name_once),
        cmocka_unit_test(names_have_a_meaning), cmocka_unit_test(overriding_is_checked),
        cmocka_unit_test(workers_capture_no_state), cmocka_unit_test(classes_are_complete), cmocka_unit_test(patterns_fit_their_types),
        cmocka_unit_test(what_is_left_out_is_said), cmocka_unit_test(captured_state_lives_in_cells),
        cmocka_unit_test(captures_are_what_is_named), cmocka_unit_test(module_variables_are_those_functions_name),
        cmocka_unit_test(bare_names_are_members_of_the_class), cmocka_unit_test(shadowing_means_the_inner_one),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
