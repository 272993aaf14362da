/* Arguments: positional, named, default, rest and spread ones, of functions and built-ins. */
#include "script.h"

#define F "fn f(a, b = a * 10, ...rest) { (a, b, rest) }\n"

static void by_position(void **state)
{
    (void)state;
    GIVES(F "fn main() { [f(1), f(1, 2), f(1, 2, 3, 4)] }", "[(1, 10, []), (1, 2, []), (1, 2, [3, 4])]");
    GIVES("fn f(a, b) { a }\nfn main() { f(1) }", "ArityError: f(): missing argument `b`");
    GIVES("fn f(a) { a }\nfn main() { f(1, 2) }", "ArityError: f() takes 1 argument, got 2");
    GIVES("fn f(a, b = 1) { a }\nfn main() { f() }", "ArityError: f(): missing argument `a`");
}

static void by_name(void **state)
{
    (void)state;
    GIVES(F "fn main() { [f(b: 1, a: 2), f(1, b: 3), f(a: 4)] }", "[(2, 1, []), (1, 3, []), (4, 40, [])]");
    GIVES(F "fn main() { f(1, a: 2) }", "ArityError: f(): argument given twice: `a`");
    GIVES(F "fn main() { f(1, c: 2) }", "ArityError: f(): unknown argument `c`");
    GIVES(F "fn main() { f(b: 2) }", "ArityError: f(): missing argument `a`");
    GIVES(F "fn main() { f(1, rest: 2) }", "ArityError: f(): unknown argument `rest`");
    GIVES("class A { fn m(x, y = 2) { x - y } }\nfn main() { (A().m(y: 1, x: 5), A().m(x: 3)) }", "(4, 1)");
    GIVES("class A { fn m(x) { x } }\nfn main() { A().m(this: 1) }", "ArityError: A.m(): argument given twice: `this`");
    GIVES("class A { constructor(private x, private y) { }\n fn d() { x - y } }\nfn main() { A(y: 1, x: 5).d() }", "4");
}

static void by_spreading(void **state)
{
    (void)state;
    GIVES(F "fn main() { [f(...[1, 2, 3]), f(0, ...(5, 6)), f(...[], 7)] }", "[(1, 2, [3]), (0, 5, [6]), (7, 70, [])]");
    GIVES(F "fn main() { f(...5) }", "TypeError: ... wants a List or Tuple, got Number");
    GIVES(F "fn main() { f(...[1], b: 2) }", "(1, 2, [])");
    GIVES("fn sum(...xs) { xs.sum() }\nfn main() { sum(...(1..=1000).toList()) }", "500500");
}

static void of_built_ins(void **state)
{
    (void)state;
    IS("(\"7\".padStart(3, fill: \"0\"), \"7\".pad_start(n: 2))", "(\"007\", \" 7\")");
    IS("\"7\".padStart(3, nothere: 1)", "ArityError: padStart(): unknown argument `nothere`");
    IS("\"7\".padStart()", "ArityError: padStart(): missing argument `n`");
    IS("\"7\".trim(1)", "ArityError: trim() takes 0 arguments, got 1");
}

static void defaults_are_evaluated_per_call(void **state)
{
    (void)state;
    GIVES("state n = 0\nfn next() { n += 1; n }\nfn f(a = next()) { a }\nfn main() { (f(), f(9), f()) }", "(1, 9, 2)");
}

static void many_arguments(void **state)
{
    (void)state;
    GIVES("fn f(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t = [20]) { [a, q, r, s, t] }\n"
          "fn main() { f([1], 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, [17], [18], [19]) }", "[[1], [17], [18], [19], [20]]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_position), cmocka_unit_test(by_name), cmocka_unit_test(by_spreading), cmocka_unit_test(of_built_ins),
        cmocka_unit_test(defaults_are_evaluated_per_call), cmocka_unit_test(many_arguments),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
