/* Results: what a declared one does to what is given, also where the function ended in a tail call. */
#include "script.h"

static void results_are_checked(void **state)
{
    (void)state;
    GIVES("fn f() -> Number { x = \"a\"; x }\nfn main() { f() }", "TypeError: the result of f must be Number, got String");
    GIVES("fn f() -> Number { \"x\".toUpperCase() }\nfn main() { f() }", "TypeError: the result of f must be Number, got String");
    GIVES("fn g() { \"a\" }\nfn f() -> Number { g() }\nfn main() { f() }", "a"); /* g answers for itself */
    GIVES("fn f() -> String { \"x\".toUpperCase() }\nfn main() { f() }", "X");
}

static void results_are_converted(void **state)
{
    (void)state;
    GIVES("fn f() -> Float { 1 }\nfn main() { f() }", "1.0");
    GIVES("fn f() -> Float { [1].length }\nfn main() { (f(), f() + 1) }", "(1.0, 2.0)");
    GIVES("fn g() { 2 }\nfn f() -> Float { g() }\nfn main() { x = f(); x }", "2.0");
    GIVES("fn f() -> void { \"x\".toUpperCase() }\nfn main() { (f(), 1) }", "((), 1)");
    GIVES("fn g() { [1] }\nfn f() -> void { g() }\nfn main() { x = f(); [x] }", "[()]");
}

static void never_does_not_return(void **state)
{
    (void)state;
    GIVES("fn g() { 1 }\nfn f() -> never { g() }\nfn main() { f() }", "TypeError: a function declared `-> never` returned");
    GIVES("fn f() -> never { throw ValueError(\"gone\") }\nfn main() { f() }", "ValueError: gone");
}

static void methods_the_vm_calls_answer_as_they_must(void **state)
{
    (void)state;
    GIVES("class A { fn toString() { 5 } }\nfn main() { \"${A()}\" }", "TypeError: toString must give a String, got Number");
    GIVES("class A {\n fn compareTo(o) { \"x\" }\n}\nfn main() { A() < A() }", "TypeError: compareTo must give a Number, got String");
    GIVES("class A {\n n: Number\n fn compareTo(o) { this.n - o.n }\n}\nfn main() { (A(1) < A(2), A(1) >= A(2), A(1) <= A(1)) }",
          "(true, false, true)");
    GIVES("class A { fn toString() { \"<a>\" } }\nfn main() { \"${A()}${[A()]}\" }", "<a>[<a>]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_checked), cmocka_unit_test(results_are_converted), cmocka_unit_test(never_does_not_return),
        cmocka_unit_test(methods_the_vm_calls_answer_as_they_must),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
