/* Generators in traces, and when memory is out: the n-th allocation of a program that makes, nests, delegates and drops them
 * fails, for n = 1, 2, 3 ... until it gets through. What comes out is the result, OutOfMemoryError, or
 * StackOverflowError where a stack was to grow; nothing is left behind (the address sanitizer's leak check sees to that). */
#include "script.h"

#include "vm/core/core.h"
#include "vm_bindings/groups.h"
#include "vm_bindings/enums.h"

static enum vvm_outcome fail_in(struct vvm_call *call)
{
    int64_t n;
    if (!vvm_want_number(call, 0, &n))
        return VVM_THROW;
    vrt_alloc_fail_in((uint32_t)n);
    return vvm_done_void(call);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_E("failIn(n: Number) -> void", fail_in, 1, 1, "The n-th allocation of this thread from now on fails."),
};
static const struct vvm_builtin_group group = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};

static int begin(void **state)
{
    (void)state;
    const struct vvm_builtin_group **groups = calloc(vbn_group_count + 1, sizeof *groups);
    memcpy(groups, vbn_groups, vbn_group_count * sizeof *groups);
    groups[vbn_group_count] = &group;
    script.machine.runtime = vrt_runtime_create(&(struct vrt_runtime_config){.workers = 1});
    script.machine.vm = vvm_vm_create(script.machine.runtime, groups, vbn_group_count + 1, &(struct vvm_vm_options){0});
    free(groups);
    return script.machine.vm != NULL && vbn_enums_install(script.machine.vm) ? 0 : -1;
}

static const char *const program =
    "text = \"a text that is long enough to be counted\"\n"
    "fn* leaf(n) { yield Some(\"${n} ${text}\"); [1, 2].forEach(i => yield [n + i]) }\n"
    "fn* chain(n) { if n > 0 { yield* leaf(n); held = \"${n} ${text}\"; yield* chain(n - 1); yield held } }\n"
    "fn* forwards(n) { yield n; yield* leaf(n); yield* (0..2) }\n"
    "fn work() {\n"
    "  half = chain(3)\n"
    "  half.next()\n"
    "  half.drop(4).next()\n"
    "  chain(2).count() + List(forwards(1)).length + forwards(1).zip(chain(1)).map((a, b) => [a, b]).toList().length\n"
    "}\n"
    "fn attempt(n) {\n"
    "  failIn(n)\n"
    "  result = try { work() } catch (e: OutOfMemoryError | StackOverflowError) { -1 } catch (e) { e.message }\n"
    "  failIn(0)\n"
    "  if result == -1 { attempt(n + 1) } else { (result, n > 1) }\n"
    "}\n"
    "fn main() { attempt(1) }\n";

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *plain = script_value("fn main() { failIn(1000000); failIn(0); 1 }");
    assert_string_equal(plain, "1");
    const char *got = script_value(program);
    if (strcmp(got, "(18, true)") != 0 && strcmp(got, "(18, false)") != 0) /* false: a build without failures */
        fail_msg("got %s", got);
}

/* Frames that lie aside while their delegate runs are in its traces, those of nested functions, too. */
static void delegators_are_in_the_trace(void **state)
{
    (void)state;
    vvm_value error;
    script_load("fn* inner() { yield 1; throw \"deep\" }\nfn* middle() { [1].forEach(x => yield* inner()) }\n"
                "fn* outer() { yield* middle(); yield 2 }\nfn main() { xs = outer().toList(); xs }");
    vvm_value entry = vbn_program_function(&script.machine, &script.program);
    assert_false(vvm_vm_run(script.machine.vm, entry, NULL, 0, &error));
    script.text[0] = 0;
    script_add_value(error);
    vvm_release(error);
    const char *at = script.text;
    static const char *const names[] = {"at inner (", "at <lambda> (", "at middle (", "at outer (", "at main ("};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        at = strstr(at, names[i]);
        if (at == NULL)
            fail_msg("%s is missing in %s", names[i], script.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(delegators_are_in_the_trace, script_begin, script_end),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, begin, script_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
