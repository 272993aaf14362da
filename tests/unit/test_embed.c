/* The embedder's API: what a C program sees of runtimes, programs and Futures. */
#include <vela/vela.h>

#include "vm_bindings/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static vela_vm *new_vm(uint32_t workers)
{
    struct vela_runtime_config config = {.workers = workers};
    vela_runtime *runtime = vela_runtime_create(&config);
    assert_non_null(runtime);
    vela_vm *vm = vela_vm_create(runtime, NULL);
    assert_non_null(vm);
    return vm;
}

/* Runs a text; `messages` gets what was written to the error file. */
static int run(vela_vm *vm, const char *text, char **messages)
{
    size_t length;
    FILE *errors = open_memstream(messages, &length);
    int status = vela_run_source(vm, "test.vela", text, strlen(text), errors);
    fclose(errors);
    return status;
}

static int run_alone(const char *text, char **messages)
{
    vela_vm *vm = new_vm(2);
    int status = run(vm, text, messages);
    assert_int_equal(vela_vm_destroy(vm), 0);
    return status;
}

static void a_runtime_can_go_without_a_vm(void **state)
{
    (void)state;
    vela_runtime_destroy(vela_runtime_create(NULL));
}

static void a_vm_can_go_without_a_program(void **state)
{
    (void)state;
    assert_int_equal(vela_vm_destroy(new_vm(1)), 0);
}

static void the_status_is_what_main_gives(void **state)
{
    (void)state;
    char *messages;
    assert_int_equal(run_alone("fn main() -> Number { 300 }", &messages), 300 % 256);
    assert_string_equal(messages, "");
    free(messages);
    assert_int_equal(run_alone("fn main() { 7 }", &messages), 0);
    free(messages);
    assert_int_equal(run_alone("", &messages), 0);
    free(messages);
}

static void an_uncaught_error_is_printed_with_its_place(void **state)
{
    (void)state;
    char *messages;
    assert_int_equal(run_alone("x = 1\nthrow ValueError(\"boom\")", &messages), 1);
    assert_non_null(strstr(messages, "ValueError: boom"));
    assert_non_null(strstr(messages, "test.vela:2:"));
    free(messages);
    assert_int_equal(run_alone("fn main() { Err(\"no\") }", &messages), 1);
    assert_non_null(strstr(messages, "no"));
    free(messages);
}

static void a_program_that_cannot_be_compiled_is_status_2(void **state)
{
    (void)state;
    char *messages;
    assert_int_equal(run_alone("x = 1\nx = ", &messages), 2);
    assert_non_null(strstr(messages, "test.vela:2:"));
    free(messages);
    vela_vm *vm = new_vm(1);
    assert_int_equal(vela_run_file(vm, "/there/is/no/such/file.vela", stderr), 2);
    vela_vm_destroy(vm);
}

static void one_vm_runs_many_programs(void **state)
{
    (void)state;
    char *messages;
    vela_vm *vm = new_vm(2);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run(vm, "fn main() -> Number { block_on(Worker.spawn(() => 6 * 7)) }", &messages), 42);
        free(messages);
    }
    assert_int_equal(vela_vm_destroy(vm), 0);
}

static void vms_do_not_know_of_each_other(void **state)
{
    (void)state;
    char *messages;
    vela_vm *one = new_vm(1), *two = new_vm(1);
    assert_int_equal(run(one, "fn main() -> Number { block_on(Worker.spawn(() => 1)) }", &messages), 1);
    free(messages);
    assert_int_equal(run(two, "fn main() -> Number { block_on(Worker.spawn(() => 2)) }", &messages), 2);
    free(messages);
    vela_vm_destroy(one);
    assert_int_equal(run(two, "fn main() -> Number { 3 }", &messages), 3);
    free(messages);
    vela_vm_destroy(two);
}

static vela_future *start(vela_vm *vm, const char *text)
{
    vela_future *future = vela_start_source(vm, "test.vela", text, strlen(text), stderr);
    assert_non_null(future);
    return future;
}

static void a_future_is_waited_for(void **state)
{
    (void)state;
    int64_t number;
    double real;
    vela_vm *vm = new_vm(2);
    vela_future *future = start(vm, "fn main() { Time.sleep(5); 12 }");
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_READY);
    assert_true(vela_value_number(vela_future_value(future), &number));
    assert_int_equal(number, 12);
    assert_false(vela_value_float(vela_future_value(future), &real));
    vela_future_destroy(future);
    assert_int_equal(vela_vm_destroy(vm), 0);
}

static void a_wait_has_a_limit(void **state)
{
    (void)state;
    vela_vm *vm = new_vm(1);
    vela_future *future = start(vm, "fn main() { Time.sleep(200); 1 }");
    assert_int_equal(vela_future_wait(future, 1000000), VELA_PENDING);
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_READY);
    vela_future_destroy(future);
    vela_vm_destroy(vm);
}

static void a_failure_is_seen_with_its_text(void **state)
{
    (void)state;
    vela_vm *vm = new_vm(1);
    vela_future *future = start(vm, "fn main() { throw KeyError(\"lost\") }");
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_FAILED);
    char *text = vela_value_text(vm, vela_future_value(future));
    assert_non_null(strstr(text, "KeyError: lost"));
    free(text);
    vela_future_destroy(future);
    assert_int_equal(vela_vm_destroy(vm), 0);
}

static void values_have_texts(void **state)
{
    (void)state;
    vela_vm *vm = new_vm(1);
    vela_future *future = start(vm, "fn main() { (1, [2.5, \"a\"], Some(true)) }");
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_READY);
    char *text = vela_value_text(vm, vela_future_value(future));
    assert_string_equal(text, "(1, [2.5, \"a\"], Some(true))");
    free(text);
    vela_future_destroy(future);
    vela_vm_destroy(vm);
}

static void count_wake(void *argument)
{
    atomic_fetch_add((_Atomic int *)argument, 1);
}

static void the_last_waker_is_called_once(void **state)
{
    (void)state;
    _Atomic int first = 0, second = 0;
    vela_vm *vm = new_vm(2);
    vela_future *future = start(vm, "fn main() { Time.sleep(60); 5 }");
    assert_int_equal(vela_future_poll(future, &(struct vela_waker){count_wake, &first}), VELA_PENDING);
    assert_int_equal(vela_future_poll(future, &(struct vela_waker){count_wake, &second}), VELA_PENDING);
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_READY);
    while (atomic_load(&second) == 0)
        continue; /* the settler calls it right after it settled */
    assert_int_equal(atomic_load(&first), 0);
    assert_int_equal(atomic_load(&second), 1);
    assert_int_equal(vela_future_poll(future, &(struct vela_waker){count_wake, &first}), VELA_READY);
    vela_future_destroy(future);
    vela_vm_destroy(vm);
    assert_int_equal(atomic_load(&first), 0);
    assert_int_equal(atomic_load(&second), 1);
}

static void a_future_may_be_forgotten(void **state)
{
    (void)state;
    _Atomic int calls = 0;
    vela_vm *vm = new_vm(1);
    vela_future *future = start(vm, "fn main() { Time.sleep(20); 5 }");
    assert_int_equal(vela_future_poll(future, &(struct vela_waker){count_wake, &calls}), VELA_PENDING);
    vela_future_destroy(future);
    vela_vm_destroy(vm);
    assert_int_equal(atomic_load(&calls), 0);
}

static void what_nobody_observed_is_counted(void **state)
{
    (void)state;
    char *messages;
    vela_vm *vm = new_vm(2);
    FILE *keep = stderr;
    stderr = fopen("/dev/null", "w");
    int status = run(vm, "Worker.spawn(() => { throw ValueError(\"unseen\") })\nTime.sleep(5)", &messages);
    uint32_t failures = vela_vm_destroy(vm);
    fclose(stderr);
    stderr = keep;
    free(messages);
    assert_int_equal(status, 0);
    assert_int_equal(failures, 1);
}

static void destroying_drops_what_waits(void **state)
{
    (void)state;
    vela_vm *vm = new_vm(2);
    vela_future *future = start(vm, "(tx, rx) = Channel<Number>.new(0)\n"
                                    "w = Worker.spawn(() => { tx.send(1); tx.send(2) })\n"
                                    "v = Worker.spawn(() => { Time.sleep(60.0) })\n"
                                    "fn main() { rx.receive() }");
    assert_int_equal(vela_future_wait(future, UINT64_MAX), VELA_READY);
    vela_future_destroy(future);
    assert_int_equal(vela_vm_destroy(vm), 0);
}

/* ---- Imports ---- */

static char folder[] = "/tmp/vela-embed-XXXXXX";

static void write_module(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_module(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path);
}

static int run_named(vela_vm *vm, const char *name, const char *text, char **messages)
{
    size_t length;
    char path[256];
    FILE *errors = open_memstream(messages, &length);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int status = vela_run_source(vm, path, text, strlen(text), errors);
    fclose(errors);
    return status;
}

/* A text imports from the folder its name names, whether or not there is such a file. */
static void a_text_imports_from_where_its_name_says(void **state)
{
    (void)state;
    char *messages;
    vela_vm *vm = new_vm(2);
    assert_non_null(mkdtemp(folder));
    write_module("lib.vela", "public state n = 0\npublic fn up() -> Number { n = n + 1; n }\n");
    const char *program = "import \"./lib\"\nfn main() -> Number { up() + up() * 10 }";
    assert_int_equal(run_named(vm, "no_such_file.vela", program, &messages), 21);
    free(messages);
    assert_int_equal(run_named(vm, "another.vela", program, &messages), 21); /* with modules of its own */
    free(messages);
    assert_int_equal(run_named(vm, "third.vela", "import \"./nothing\"", &messages), 2);
    assert_non_null(strstr(messages, "third.vela:1:8: error E401"));
    free(messages);
    assert_int_equal(vela_vm_destroy(vm), 0);
    remove_module("lib.vela");
    rmdir(folder);
}

#define STUCK "fn stuck() {\n" \
              "    (a, from_a) = Channel<Number>.new()\n" \
              "    (b, from_b) = Channel<Number>.new()\n" \
              "    fn start(rx, tx) { Worker.spawn(() => { n = rx.receive(); tx.send(1); n }) }\n" \
              "    start(from_b, a)\n" \
              "    r = try { from_a.receive() } catch (e: DeadlockError) { 7 }\n" \
              "    b.send(1)\n" \
              "    r\n" \
              "}\n"

/* Other programs run, load and end meanwhile; only the one that is stuck is told. */
static void a_program_that_is_stuck_is_told_while_others_run(void **state)
{
    (void)state;
    struct vela_runtime_config config = {.workers = 2};
    vela_vm *vm = vela_vm_create(vela_runtime_create(&config), &(struct vela_vm_config){.find_deadlocks = true});
    assert_non_null(vm);
    static const char waits[] = "p = Promise()\nsetTimeout(() => p.resolve(5), 30.0)\nfn main() -> Number { block_on(p.future()) }";
    static const char text[] = STUCK "fn main() -> Number { stuck() }";
    vela_future *patient = vela_start_source(vm, "waits.vela", waits, sizeof waits - 1, stderr);
    vela_future *stuck = vela_start_source(vm, "stuck.vela", text, sizeof text - 1, stderr);
    int64_t number = 0;
    assert_non_null(patient);
    assert_non_null(stuck);
    while (vela_future_wait(stuck, 10000000) == VELA_PENDING) {
        char small[] = "fn main() -> Number { 1 }";
        vela_future *other = vela_start_source(vm, "other.vela", small, sizeof small - 1, stderr);
        assert_non_null(other);
        vela_future_destroy(other);
    }
    assert_int_equal(vela_future_poll(stuck, NULL), VELA_READY);
    assert_true(vela_value_number(vela_future_value(stuck), &number));
    assert_int_equal(number, 7);
    assert_int_equal(vela_future_poll(patient, NULL), VELA_PENDING);
    vela_future_destroy(stuck);
    vela_future_destroy(patient);
    assert_int_equal(vela_vm_destroy(vm), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_is_stuck_is_told_while_others_run),
        cmocka_unit_test(a_text_imports_from_where_its_name_says),
        cmocka_unit_test(a_runtime_can_go_without_a_vm),
        cmocka_unit_test(a_vm_can_go_without_a_program),
        cmocka_unit_test(the_status_is_what_main_gives),
        cmocka_unit_test(an_uncaught_error_is_printed_with_its_place),
        cmocka_unit_test(a_program_that_cannot_be_compiled_is_status_2),
        cmocka_unit_test(one_vm_runs_many_programs),
        cmocka_unit_test(vms_do_not_know_of_each_other),
        cmocka_unit_test(a_future_is_waited_for),
        cmocka_unit_test(a_wait_has_a_limit),
        cmocka_unit_test(a_failure_is_seen_with_its_text),
        cmocka_unit_test(values_have_texts),
        cmocka_unit_test(the_last_waker_is_called_once),
        cmocka_unit_test(a_future_may_be_forgotten),
        cmocka_unit_test(what_nobody_observed_is_counted),
        cmocka_unit_test(destroying_drops_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
