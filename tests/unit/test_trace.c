/* Traces: which calls an error remembers, where, and how long traces are cut. */
#include "script.h"

/* The error a program ends with, with its trace. */
static const char *traced(const char *source)
{
    vvm_value value;
    LOAD(source);
    script.text[0] = 0;
    assert_false(vvm_vm_run(script.machine.vm, vbn_program_function(&script.machine, &script.program), NULL, 0, &value));
    script_add_value(value);
    vvm_release(value);
    return script.text;
}

static uint32_t lines_with(const char *text, const char *part)
{
    uint32_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void calls_are_shown_innermost_first(void **state)
{
    (void)state;
    const char *text = traced("fn inner() {\n  throw ValueError(\"deep\")\n}\nfn outer() { inner() + 1 }\nfn main() { outer() + 1 }");
    const char *inner = strstr(text, "inner (test.vela:2:"), *outer = strstr(text, "outer (test.vela:4:");
    const char *program = strstr(text, "main (test.vela:5:");
    assert_true(inner && outer && program && inner < outer && outer < program);
}

static void tail_calls_leave_no_trace(void **state)
{
    (void)state;
    const char *text = traced("fn inner() { throw \"deep\" }\nfn outer() { inner() }\nfn main() { outer() + 1 }");
    assert_non_null(strstr(text, "inner ("));
    assert_null(strstr(text, "outer ("));
}

static void the_library_is_left_out(void **state)
{
    (void)state;
    const char *text = traced("fn f(x) { throw ValueError(\"no\") }\nfn main() { ys = [1].map(f); ys }");
    assert_non_null(strstr(text, "main ("));
    assert_null(strstr(text, "<core>"));
}

static void long_traces_have_a_gap(void **state)
{
    (void)state;
    const char *text = traced("fn down(n) { if (n == 0) { throw \"end\" } else { down(n - 1) + 1 } }\nfn main() { down(500) + 1 }");
    assert_int_equal(lines_with(text, "down (test.vela:1:"), 64 + 15);
    assert_int_equal(lines_with(text, "..."), 1);
    assert_int_equal(lines_with(text, "main ("), 1);
}

static void causes_follow(void **state)
{
    (void)state;
    const char *text = traced("fn main() { try { throw ValueError(\"first\") } catch (e) { throw RuntimeError(\"second\", Some(e)) } }");
    assert_true(strncmp(text, "RuntimeError: second", 20) == 0);
    assert_non_null(strstr(text, "ValueError: first"));
    text = traced("fn main() { try { throw ValueError(\"first\") } finally { throw RuntimeError(\"second\") } }");
    assert_null(strstr(text, "first")); /* replaced */
    assert_non_null(strstr(text, "second"));
}

static void workers_tell_where_they_were_spawned(void **state)
{
    (void)state;
    const char *text = traced("fn fails() { throw ValueError(\"far\") }\nfn start() { w = Worker.spawn(fails); w }\nfn main() { block_on(start()) }");
    assert_non_null(strstr(text, "fails (test.vela:1:"));
    assert_non_null(strstr(text, "start (test.vela:2:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_shown_innermost_first), cmocka_unit_test(tail_calls_leave_no_trace),
        cmocka_unit_test(the_library_is_left_out), cmocka_unit_test(long_traces_have_a_gap),
        cmocka_unit_test(causes_follow), cmocka_unit_test(workers_tell_where_they_were_spawned),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
