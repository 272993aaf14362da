/* Members: fields, methods, what is missing, what may not be set. */
#include "script.h"

#define POINT "class P { state x: Number = 1\n y: Number = 2\n fn sum() { this.x + y } }\n"

static void fields_and_methods(void **state)
{
    (void)state;
    GIVES(POINT "fn main() { p = P(); p.x = 5; (p.x, p.y, p.sum()) }", "(5, 2, 7)");
    GIVES(POINT "fn main() { p = P(); f = p.sum; p.x = 3; f() }", "5"); /* a bound method looks at the instance */
    GIVES(POINT "fn main() { P().z }", "AttributeError: P has no member `z`");
    GIVES(POINT "fn main() { P().z() }", "AttributeError: P has no member `z`");
    GIVES(POINT "fn main() { P.z }", "AttributeError: P has no member `z`");
    IS("n = 5; n.nothing", "AttributeError: Number has no member `nothing`");
}

static void what_may_be_set(void **state)
{
    (void)state;
    REJECTS(POINT "fn main() { p = P(); p.y = 5 }", "E301 4:22");
    GIVES(POINT "fn set(p) { p.y = 5 }\nfn main() { set(P()) }", "ImmutableError: field `y` of P is not `state`");
    GIVES(POINT "fn main() { p = P(); p.x = \"a\" }", "TypeError: field `x` of P must be Number, got String");
    GIVES("struct S { x: Number, y: Number }\nfn main() { state s = S { x: 1, y: 2 }; t = s; s.x = 9; (s.x, t.x) }", "(9, 1)");
}

static void construction_sets_every_field(void **state)
{
    (void)state;
    GIVES("class A { x: Number\n constructor() { } }\nfn main() { A() }",
          "UninitializedError: field `x` of A has no value at the end of construction");
    GIVES("class A { x: Number\n y: Number\n constructor() { this.y = this.x\n this.x = 1 } }\nfn main() { A() }",
          "UninitializedError: field `x` of A has no value yet");
}

static void one_site_sees_many_types(void **state)
{
    (void)state;
    GIVES("class A { v: Number = 1 }\nclass B { w: Number = 0\n v: Number = 2 }\nclass C extends B { }\n"
          "fn main() { [A(), B(), C(), A(), {\"v\": 4}, B()].map(o => o.v) }", "[1, 2, 2, 1, 4, 2]");
}

static void overriding_reaches_the_newest(void **state)
{
    (void)state;
    GIVES("class A { fn f() { \"a\" }\n fn g() { this.f() } }\nclass B extends A { override fn f() { super.f() + \"b\" } }\n"
          "fn main() { (A().g(), B().g()) }", "(\"a\", \"ab\")");
}

static void keys_as_members(void **state)
{
    (void)state;
    IS("d = {\"a\": 1}; d.a", "1");
    IS("d = {\"a\": 1}; d.b", "KeyError: key \"b\" not found");
    IS("d = {\"length\": 7}; d.length", "7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_methods), cmocka_unit_test(what_may_be_set), cmocka_unit_test(construction_sets_every_field),
        cmocka_unit_test(one_site_sees_many_types), cmocka_unit_test(overriding_reaches_the_newest), cmocka_unit_test(keys_as_members),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
