/* Fibers, isolates and the VM's life: stacks that grow, workers, many create/destroy cycles, entry of any callable. */
#include "tests/unit/machine.h"

#include "vm/exec/signature.h"

/* depth(n) { if n == 0 { 0 } else { 1 + depth(n - 1) } } */
static uint32_t depth_function(struct machine *m)
{
    uint32_t f = function_new(m, "depth", 1);
    OP(m, f, JEQI, .a = 0, .b = 0, .c = 0, .label = 0);
    OP(m, f, LOADI, .a = 1, .b = 0);
    OP(m, f, RETURN, .a = 1);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, SUBI, .a = 5, .b = 0, .c = 1);
    OP(m, f, CALLF, .a = 2, .b = 2, .c = 1, .w = id_of(m, f));
    OP(m, f, ADDI, .a = 3, .b = 2, .c = 1);
    OP(m, f, RETURN, .a = 3);
    registers(m, f, 6);
    finish(m, f);
    return f;
}

static void stacks_grow_and_move(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = depth_function(m);
    for (int64_t depth = 1; depth <= 20000; depth *= 10) {
        vvm_value result, n = vvm_number(depth);
        assert_true(run(m, f, &n, 1, &result));
        assert_int_equal(result.number, depth);
    }
    machine_drop(m);
}

/* ---- Workers ---- */

static struct vrt_promise *spawn(struct machine *m, vvm_value function, const char *name)
{
    struct vrt_promise *promise = vrt_promise_create(m->runtime, 0);
    vrt_promise_retain_any(promise);
    struct vvm_spawn spawn = {.function = function, .promise = promise, .name = name,
                              .priority = VRT_PRIORITY_NORMAL};
    assert_int_equal(vvm_isolate_spawn(m->vm, NULL, &spawn), VRT_OK);
    return promise;
}

static void workers_settle_their_promise(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "work", 0), bad = function_new(m, "bad", 1);
    OP(m, f, LOADI, .a = 0, .b = 42);
    OP(m, f, RETURN, .a = 0);
    registers(m, f, 1);
    finish(m, f);
    OP(m, bad, RETURN, .a = 0);
    finish(m, bad);
    struct vrt_promise *promises[20];
    for (int i = 0; i < 20; i++)
        promises[i] = spawn(m, value_of(m, i == 7 ? bad : f), i % 2 ? "named" : NULL);
    vvm_vm_finish(m->vm);
    for (int i = 0; i < 20; i++) {
        vvm_value value = vvm_void();
        enum vrt_promise_state wanted = i == 7 ? VRT_PROMISE_REJECTED : VRT_PROMISE_RESOLVED;
        assert_int_equal(vrt_promise_poll_any(promises[i], &value), wanted);
        if (i == 7) {
            vrt_promise_observe_any(promises[i]);
            assert_true(vvm_error_is(m->vm, value, VVM_T_ARITY_ERROR));
        } else {
            assert_int_equal(value.number, 42);
        }
        vrt_promise_release_any(promises[i]);
    }
    assert_int_equal(vrt_pool_active_any(m->runtime->global_pool), 0);
    machine_drop(m);
}

/* A worker that waits for ever is dropped with its runtime. */
static void waiting_workers_are_dropped(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "wait", 1);
    OP(m, f, AWAIT, .a = 1, .b = 0);
    OP(m, f, RETURN, .a = 1);
    registers(m, f, 2);
    finish(m, f);
    struct vrt_promise *never = vrt_promise_create(m->runtime, 0);
    vrt_promise_retain_any(never);
    vvm_value future = vvm_future_new(m->vm, never);
    vvm_value bound = vvm_bound_new(future, value_of(m, f));
    struct vvm_text_builder path = {0};
    assert_true(vvm_share(bound, "function", &path));
    struct vrt_promise *result = spawn(m, bound, "waiter");
    vvm_vm_finish(m->vm);
    assert_int_equal(vrt_promise_poll_any(result, NULL), VRT_PROMISE_PENDING);
    vrt_promise_release_any(result);
    vrt_promise_release_producer_any(never);
    machine_drop(m);
}

static void machines_leave_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct machine *m = machine_new(NULL, 0);
        if (i % 2) {
            uint32_t f = depth_function(m);
            vvm_value result, n = vvm_number(3);
            assert_true(run(m, f, &n, 1, &result));
        }
        machine_drop(m);
    }
}

/* ---- Signatures ---- */

static void signatures_are_read(void **state)
{
    (void)state;
    bool rest;
    const char *text = "padStart(n: Number, fill: String = \", )\", f: (A, B) -> C, ...more: Any) -> String";
    assert_int_equal(vvm_signature_name(text).length, 8);
    struct vvm_words second = vvm_signature_parameter(text, 1, &rest), third = vvm_signature_parameter(text, 2, &rest);
    assert_memory_equal(second.text, "fill", 4);
    assert_memory_equal(third.text, "f:", 2);
    assert_memory_equal(vvm_signature_parameter(text, 3, &rest).text, "more", 4);
    assert_true(rest);
    assert_int_equal(vvm_signature_parameter(text, 4, &rest).length, 0);
    assert_int_equal(vvm_signature_parameter("length -> Number", 0, &rest).length, 0);
    assert_true(vvm_same_spelling("pad_start", 9, "padStart", 8));
    assert_false(vvm_same_spelling("pad_starts", 10, "padStart", 8));
    char other[64];
    assert_true(vvm_other_spelling((struct vvm_words){"spawn_all", 9}, other));
    assert_string_equal(other, "spawnAll");
    assert_true(vvm_other_spelling((struct vvm_words){"isEmpty", 7}, other));
    assert_string_equal(other, "is_empty");
    assert_false(vvm_other_spelling((struct vvm_words){"map", 3}, other));
    assert_false(vvm_other_spelling((struct vvm_words){"__text", 6}, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_grow_and_move),         cmocka_unit_test(workers_settle_their_promise),
        cmocka_unit_test(waiting_workers_are_dropped),  cmocka_unit_test(machines_leave_nothing_behind),
        cmocka_unit_test(signatures_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
