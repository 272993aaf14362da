/* The bindings from the C side: tables, enums, deadlines, and small programs whose value is looked at. */
#include <vela/vela.h>

#include "runtime/base/choice.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/groups.h"
#include "vm_bindings/machine.h"
#include "vm_bindings/wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text of what `main` gives; an error's text if it fails. The caller frees it. */
static char *value_of(const char *text)
{
    vela_vm *vm = vela_vm_create(vela_runtime_create(&(struct vela_runtime_config){.workers = 2}), NULL);
    vela_future *future = vela_start_source(vm, "test.vela", text, strlen(text), stderr);
    assert_non_null(future);
    vela_future_wait(future, UINT64_MAX);
    char *value = vela_value_text(vm, vela_future_value(future));
    vela_future_destroy(future);
    vela_vm_destroy(vm);
    return value;
}

static void expect(const char *text, const char *expected)
{
    char *value = value_of(text);
    assert_string_equal(value, expected);
    free(value);
}

static void expect_error(const char *text, const char *expected)
{
    char *value = value_of(text);
    if (strncmp(value, expected, strlen(expected)) != 0)
        print_error("got: %s\n", value);
    assert_true(strncmp(value, expected, strlen(expected)) == 0);
    free(value);
}

/* ---- Tables ---- */

static void each_row_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < vbn_group_count; i++)
        for (size_t k = 0; k < vbn_groups[i]->count; k++) {
            const struct vvm_builtin *row = &vbn_groups[i]->rows[k];
            assert_non_null(row->signature);
            assert_non_null(strchr(row->signature, '('));
            assert_non_null(row->function);
            assert_non_null(row->doc);
            assert_true(row->min <= row->max);
        }
}

static void enums_have_their_variants(void **state)
{
    struct vbn_machine machine;
    (void)state;
    assert_true(vbn_machine_create(&machine, NULL, 0, NULL));
    struct vvm_type *errors = machine.vm->known[VVM_T_SEND_ERROR];
    assert_int_equal(errors->variant_count, 4);
    assert_string_equal(vvm_symbols_text(machine.vm->symbols, errors->variants[VBN_CHANNEL_CLOSED].name), "ChannelClosed");
    vvm_value error = vbn_send_error(machine.vm, VBN_CHANNEL_FULL);
    assert_int_equal(vvm_layer(error), VVM_LAYER_ERR);
    assert_int_equal(machine.vm->known[VVM_T_PRIORITY]->variant_count, VRT_PRIORITIES);
    vbn_machine_destroy(&machine);
}

static void deadlines_do_not_overflow(void **state)
{
    (void)state;
    assert_true(vbn_deadline(INT64_MAX) == VRT_NEVER);
    uint64_t now = vrt_now(), soon = vbn_deadline(1000000);
    assert_true(soon >= now + 1000000 && soon <= vrt_now() + 1000000);
}

/* ---- Promises and Futures ---- */

static void a_promise_is_settled_once(void **state)
{
    (void)state;
    expect("fn main() { p = Promise(); p.resolve(1); try { p.resolve(2) } catch (e) { e.message } }", "Promise already settled");
    expect("fn main() { p = Promise(); p.resolve(1); (p.is_completed(), p.future().result(), p.result()) }",
           "(true, Some(Ok(1)), Some(Ok(1)))");
}

static void typed_promises_test_and_convert(void **state)
{
    (void)state;
    expect("fn main() { p = Promise<Float>(); p.resolve(1); block_on(p) }", "1.0");
    expect_error("fn main() { p = Promise<Number>(); p.resolve(\"x\") }", "TypeError: Promise<Number> does not take a String");
}

static void what_may_not_cross_is_refused(void **state)
{
    (void)state;
    expect_error("class Box { state n: Number = 0 }\nfn main() { p = Promise(); p.resolve([Box()]) }", "NotSendableError: value[0]");
    expect_error("class Box { state n: Number = 0 }\nfn main() { (tx, rx) = Channel.new(); tx.send(Box()) }", "NotSendableError: value");
}

static void combinators(void **state)
{
    (void)state;
    expect("async fn late(ms, v) { await sleep(ms); v }\n"
           "async fn main() { await Future.race([late(50, \"slow\"), late(1, \"quick\")]) }", "quick");
    expect("async fn fails() { throw ValueError(\"no\") }\n"
           "async fn main() { await Future.any([fails(), Future.ready(4)]) }", "4");
    expect("async fn fails() { throw ValueError(\"no\") }\n"
           "async fn main() { try { await Future.any([fails(), fails()]) } catch (e: AggregateError) { e.errors.length } }", "2");
    expect("async fn fails() { throw ValueError(\"no\") }\n"
           "async fn main() { await Future.allSettled([Future.ready(1), fails()]) }", "[Ok(1), Err(ValueError: no)]");
    expect("async fn main() { await Future.all([1, Future.ready(2)]) }", "[1, 2]");
    expect_error("fn main() { Future.race([]) }", "ValueError");
}

static void derived_futures(void **state)
{
    (void)state;
    expect("async fn main() { await Future.ready(2).map(x => x + 1).then(x => Future.ready(x * 2)) }", "6");
    expect("async fn main() { await Future.failed(\"no\").catch(e => e.message) }", "no");
    expect("async fn main() { state n = 0; r = await Future.ready(1).finally(() => { n = 5 }); (r, n) }", "(1, 5)");
    expect("async fn main() { await Future.ready(1).and(Future.ready(2)) }", "(1, 2)");
    expect("async fn main() { await Future.failed(\"no\").or(Future.ready(2)) }", "2");
    expect("async fn main() { (await Future.ready(Some(1)).unwrapOr(0), await Future.ready(None).unwrapOr(0)) }", "(1, 0)");
    expect("fn main() { block_on(Future.delay(2, \"v\")) }", "v");
}

/* ---- Workers ---- */

static void workers_know_who_they_are(void **state)
{
    (void)state;
    expect("fn main() { (Worker.id(), Worker.name(), block_on(Worker.spawn(() => Worker.name(), name: \"w\"))) }", "(0, \"main\", \"w\")");
    expect("fn main() { block_on(Worker.spawn(() => Worker.id())) != 0 }", "true");
    expect("fn main() { block_on(Worker.spawn(() => 1, priority: Priority.High)) }", "1");
}

static void what_a_worker_cannot_be_given_is_refused(void **state)
{
    (void)state;
    expect_error("fn main() { Worker.spawn(5) }", "TypeError");
    expect_error("fn main() { Worker.spawn(() => 1, memory_limit: 1000) }", "ValueError: a memory limit is at least 65536 bytes");
    expect_error("fn main() { block_on(Worker.spawn(x => x)) }", "ArityError");
}

/* Many gates opened by many threads, most before all of their Futures are settled. */
static void gates_under_fire(void **state)
{
    (void)state;
    expect("fn job(k) { if k % 7 == 3 { throw ValueError(\"k\") }; k }\n"
           "fn round(i) { try { block_on(Future.all((0..40).map(k => Worker.spawn(() => job(k))))); 0 } catch (e: ValueError) { 1 } }\n"
           "fn first(i) { block_on(Future.race((0..40).map(k => Worker.spawn(() => k + 1)))) }\n"
           "fn main() { ((0..50).map(i => round(i)).sum(), (0..50).map(i => first(i)).every(n => n > 0)) }",
           "(50, true)");
}

/* ---- Channels ---- */

static void channels_of_one_handle(void **state)
{
    (void)state;
    expect("fn main() { ch = Channel<Number>(1); (ch.try_send(1), ch.try_send(2), ch.try_receive(), ch.is_empty) }",
           "(Ok(()), Err(SendError.ChannelFull), Some(1), true)");
    expect("fn main() { ch = Channel(); ch.send(1); ch.send(2); ch.close(); ch.collect() }", "[1, 2]");
    expect("fn main() { ch = Channel(); (ch == ch, ch.sender == ch.sender, ch.sender == ch.sender.clone()) }", "(true, true, false)");
}

static void typed_channels_test_and_convert(void **state)
{
    (void)state;
    expect("fn main() { (tx, rx) = Channel<Float>.new(); tx.send(1); rx.receive() }", "Some(1.0)");
    expect_error("fn main() { (tx, rx) = Channel<Number>.new(); tx.try_send(1.5) }", "TypeError: Channel<Number> does not take a Float");
    expect_error("fn main() { Channel.new(-1) }", "ValueError");
}

static void a_wait_for_a_value_has_a_deadline(void **state)
{
    (void)state;
    expect("fn main() { (tx, rx) = Channel.new(); r = rx.receive_timeout(3); tx.send(1); (r, rx.receive_timeout(3)) }", "(None, Some(1))");
    expect_error("fn main() { (tx, rx) = Channel.new(); r = rx.receive_timeout(-3); tx.send(r) }", "ValueError");
}

static void variants_are_known_unqualified(void **state)
{
    (void)state;
    expect("fn main() { (tx, rx) = Channel.new(); rx.close(); match tx.send(1) { Err(ChannelClosed) => \"closed\", _ => \"sent\" } }", "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(enums_have_their_variants),
        cmocka_unit_test(deadlines_do_not_overflow),
        cmocka_unit_test(a_promise_is_settled_once),
        cmocka_unit_test(typed_promises_test_and_convert),
        cmocka_unit_test(what_may_not_cross_is_refused),
        cmocka_unit_test(combinators),
        cmocka_unit_test(derived_futures),
        cmocka_unit_test(workers_know_who_they_are),
        cmocka_unit_test(what_a_worker_cannot_be_given_is_refused),
        cmocka_unit_test(gates_under_fire),
        cmocka_unit_test(channels_of_one_handle),
        cmocka_unit_test(typed_channels_test_and_convert),
        cmocka_unit_test(a_wait_for_a_value_has_a_deadline),
        cmocka_unit_test(variants_are_known_unqualified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
