/* Types: annotations become type tests of the right kind and parts, declarations run-time types. */
#include "script.h"

static void add_test(const struct vvm_type_test *t)
{
    static const char *const kinds[] = {"any", "never", "void", "number", "float", "bool", "string", "char", "list", "dict", "set",
                                        "range", "duration", "function", "option", "result", "tuple", "nominal", "interface", "record", "literal",
                                        "union"};
    script_add("%s", kinds[t->kind]);
    if (t->type)
        script_add(":%s", vvm_symbols_text(script.machine.vm->symbols, t->type->name));
    for (uint32_t i = 0; i < t->part_count; i++) {
        script_add(i ? " " : "(");
        add_test(t->parts[i]);
    }
    if (t->part_count)
        script_add(")");
}

/* The test of the first parameter of `f`; "none" if it is not checked. */
static const char *parameter_test(const char *source)
{
    LOAD(source);
    const struct vvm_function *f = script_function("f");
    if (!f->check_count)
        return "none";
    add_test(f->checks[0].test);
    return script.text;
}

#define TEST_OF(annotation, expected) \
    script_expect(__FILE__, __LINE__, parameter_test("class C { }\ntype Id = Number | String\nfn f(x: " annotation ") { x }"), (expected))

static void simple_types(void **state)
{
    (void)state;
    TEST_OF("Number", "number");
    TEST_OF("Int", "number");
    TEST_OF("Double", "float");
    TEST_OF("Boolean", "bool");
    TEST_OF("String", "string");
    TEST_OF("Char", "char");
    TEST_OF("Map<String, Number>", "dict");
    TEST_OF("List<Number>", "list");
    TEST_OF("[Number]", "list");
    TEST_OF("Set<Number>", "set");
    TEST_OF("(Number) -> Number", "function");
    TEST_OF("any", "none");
}

static void types_with_parts(void **state)
{
    (void)state;
    TEST_OF("Number?", "option(number)");
    TEST_OF("Option<C>", "option(nominal:C)");
    TEST_OF("Result<Number, String>", "result(number string)");
    TEST_OF("Result<Number>", "result(number any)");
    TEST_OF("(Number, Float?)", "tuple(number option(float))");
    TEST_OF("Number | String", "union(number string)");
    TEST_OF("Id", "union(number string)");
    TEST_OF("Future<Number>", "union(nominal:Future nominal:Promise)");
    TEST_OF("Sender<Number>", "nominal:Sender");
}

static void recursive_aliases_end(void **state)
{
    (void)state;
    LOAD("type Tree = Number | (Tree, Tree)\nfn f(t: Tree) { t }");
    assert_int_equal(script_function("f")->checks[0].test->kind, VVM_TEST_UNION);
    LOAD("type A = A\nfn f(a: A) { a }");
}

static void messages_have_the_type_as_written(void **state)
{
    (void)state;
    GIVES("fn f(x: (Number, Float?)) { x }\nfn main() { f(1) }", "TypeError: parameter `x` of f must be (Number, Float?), got Number");
    GIVES("fn f() -> String { x = 1; x }\nfn main() { y = f(); y }", "TypeError: the result of f must be String, got Number");
    GIVES("fn f(x: Float) { x }\nfn main() { f(1) }", "1.0");
}

static const struct vvm_type *type_named(const char *name)
{
    for (uint32_t i = vvm_table_count(&script.machine.vm->types); i-- > 0;)
        if (strcmp(vvm_symbols_text(script.machine.vm->symbols, vvm_type_at(script.machine.vm, i)->name), name) == 0)
            return vvm_type_at(script.machine.vm, i);
    fail_msg("no type %s", name);
    return NULL;
}

static void fields_of_parents_come_first(void **state)
{
    (void)state;
    LOAD("class Low { a: Number = 1\n state b: Number = 2 }\nclass High extends Low { c: Number = 3 }\nstruct P { x: Number, y: Number }");
    const struct vvm_type *high = type_named("High"), *p = type_named("P");
    assert_ptr_equal(high->parent, type_named("Low"));
    assert_int_equal(high->field_count, 3);
    assert_string_equal(vvm_symbols_text(script.machine.vm->symbols, high->fields[0].name), "a");
    assert_true(high->fields[1].is_state && !high->fields[2].is_state);
    assert_true(high->has_state && !high->is_error);
    assert_int_equal(p->kind, VVM_TYPE_STRUCT);
    assert_int_equal(p->field_count, 2);
    assert_false(p->has_state);
}

static void errors_know_what_they_are(void **state)
{
    (void)state;
    LOAD("class Mine extends ValueError { }");
    assert_true(type_named("Mine")->is_error);
    assert_true(vvm_type_extends(type_named("Mine"), script.machine.vm->known[VVM_T_ERROR]));
}

static void variants_have_payloads_and_literals(void **state)
{
    (void)state;
    LOAD("enum Shape { Dot, Circle(Number), Box { w: Number, h: Number } }\nenum Level { Low = 10, High = 20 }");
    const struct vvm_type *shape = type_named("Shape"), *level = type_named("Level");
    assert_int_equal(shape->kind, VVM_TYPE_ENUM);
    assert_int_equal(shape->variant_count, 3);
    assert_int_equal(shape->variants[0].field_count, 0);
    assert_int_equal(shape->variants[1].field_count, 1);
    assert_int_equal(shape->variants[2].field_count, 2);
    assert_int_equal(shape->variants[1].fields[0].test->kind, VVM_TEST_NUMBER);
    assert_int_equal(shape->variants[2].literal.number, 2);
    assert_int_equal(level->variants[1].literal.number, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_types), cmocka_unit_test(types_with_parts), cmocka_unit_test(recursive_aliases_end),
        cmocka_unit_test(messages_have_the_type_as_written), cmocka_unit_test(fields_of_parents_come_first),
        cmocka_unit_test(errors_know_what_they_are), cmocka_unit_test(variants_have_payloads_and_literals),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
