/* The loop: arithmetic, calls, tail calls, arguments, built-ins, async calls. */
#include "tests/unit/machine.h"

#ifdef VELA_TINY
#define FIB 12
#define FIB_VALUE 144
#else
#define FIB 20
#define FIB_VALUE 6765
#endif

static uint32_t fib_function(struct machine *m)
{
    uint32_t f = function_new(m, "fib", 1);
    /* if n < 2 { n } else { fib(n - 1) + fib(n - 2) } */
    OP(m, f, JLTI, .a = 0, .b = 0, .c = 2, .label = 0);
    OP(m, f, RETURN, .a = 0);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, SUBI, .a = 5, .b = 0, .c = 1);
    OP(m, f, CALLF, .a = 1, .b = 2, .c = 1, .w = id_of(m, f));
    OP(m, f, SUBI, .a = 6, .b = 0, .c = 2);
    OP(m, f, CALLF, .a = 2, .b = 3, .c = 1, .w = id_of(m, f));
    OP(m, f, ADD, .a = 3, .b = 1, .c = 2);
    OP(m, f, RETURN, .a = 3);
    registers(m, f, 7);
    finish(m, f);
    return f;
}

static void computes_fib(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = fib_function(m);
    vvm_value result, n = vvm_number(FIB);
    assert_true(run(m, f, &n, 1, &result));
    assert_int_equal(result.number, FIB_VALUE);
    machine_drop(m);
}

static void self_tail_calls_take_no_stack(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "count", 2);
    OP(m, f, JEQI, .a = 0, .b = 0, .c = 0, .label = 0);
    OP(m, f, RETURN, .a = 1);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, SUBI, .a = 5, .b = 0, .c = 1);
    OP(m, f, ADD, .a = 6, .b = 1, .c = 0);
    OP(m, f, TSELF, .b = 2, .c = 2);
    registers(m, f, 7);
    finish(m, f);
    vvm_value result, args[] = {vvm_number(100000), vvm_number(0)};
    assert_true(run(m, f, args, 2, &result));
    assert_int_equal(result.number, 5000050000);
    machine_drop(m);
}

static void endless_recursion_is_an_error(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "deep", 1);
    OP(m, f, ADDI, .a = 5, .b = 0, .c = 1);
    OP(m, f, CALLF, .a = 1, .b = 2, .c = 1, .w = id_of(m, f));
    OP(m, f, ADDI, .a = 2, .b = 1, .c = 1);
    OP(m, f, RETURN, .a = 2);
    registers(m, f, 6);
    finish(m, f);
    vvm_value result, n = vvm_number(0);
    assert_false(run(m, f, &n, 1, &result));
    assert_error(m, result, VVM_T_STACK_OVERFLOW_ERROR, "stack overflow");
    machine_drop(m);
}

static void wrong_operands_and_counts(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t add = function_new(m, "add", 2);
    OP(m, add, ADD, .a = 2, .b = 0, .c = 1);
    OP(m, add, RETURN, .a = 2);
    registers(m, add, 3);
    finish(m, add);
    vvm_value result, args[] = {vvm_number(1), vvm_bool(true), vvm_number(3)};
    assert_false(run(m, add, args, 2, &result));
    assert_error(m, result, VVM_T_TYPE_ERROR, "`+` cannot take Number and Bool");
    assert_false(run(m, add, args, 3, &result));
    assert_error(m, result, VVM_T_ARITY_ERROR, "add() takes 2 arguments, got 3");
    assert_false(run(m, add, args, 1, &result));
    assert_error(m, result, VVM_T_ARITY_ERROR, "add(): missing argument 2");
    args[0].number = INT64_MAX;
    args[1] = vvm_number(1);
    assert_false(run(m, add, args, 2, &result));
    assert_true(vvm_error_is(m->vm, result, VVM_T_OVERFLOW_ERROR));
    vvm_release(result);
    args[1] = vvm_float(0.5);
    assert_true(run(m, add, args, 2, &result));
    assert_true(vvm_is_float(result));
    machine_drop(m);
}

/* Text arguments lent, given, and used twice. */
static void strings_through_calls(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t join = function_new(m, "join", 2), twice = function_new(m, "twice", 1);
    OP(m, join, ADD, .a = 2, .b = 0, .c = 1);
    OP(m, join, RETURN, .a = 2);
    registers(m, join, 3);
    finish(m, join);
    OP(m, twice, ARG, .a = 4, .b = 0);
    OP(m, twice, ARG, .a = 5, .b = 0);
    OP(m, twice, CALLF, .a = 1, .b = 1, .c = 2, .w = id_of(m, join));
    OP(m, twice, ARG, .a = 5, .b = 1);
    OP(m, twice, ARG, .a = 6, .b = 0);
    OP(m, twice, TCALLF, .b = 2, .c = 2, .w = id_of(m, join));
    registers(m, twice, 7);
    finish(m, twice);
    vvm_value result, text = vvm_string_from_c("a long enough text");
    assert_true(run(m, twice, &text, 1, &result));
    struct vvm_bytes bytes = vvm_string_bytes(&result);
    assert_int_equal(bytes.length, 54);
    vvm_release(result);
    machine_drop(m);
}

/* ---- Built-ins ---- */

static enum vvm_outcome double_it(struct vvm_call *call)
{
    int64_t n;
    if (!vvm_want_number(call, 0, &n))
        return VVM_THROW;
    return vvm_return(call, vvm_number(n * 2));
}

/* Calls its argument twice: f(1), then f(result). */
static enum vvm_outcome apply_twice(struct vvm_call *call)
{
    if (call->stage == 2)
        return vvm_return(call, call->resumed);
    call->callee = call->args[0];
    call->callee_args[0] = call->stage == 0 ? vvm_number(1) : call->resumed;
    call->callee_count = 1;
    call->stage++;
    return VVM_CALL;
}

static const struct vvm_builtin rows[] = {
    {.signature = "doubleIt(n: Number) -> Number", .function = double_it, .min = 1, .max = 1},
    {.signature = "applyTwice(f: Function) -> Any", .function = apply_twice, .min = 1, .max = 1,
     .flags = VVM_BUILTIN_FRAME},
};
static const struct vvm_builtin_group group = {VVM_TYPE_NO_ID, false, rows, 2};
static const struct vvm_builtin_group *const groups[] = {&group};

static vvm_value prelude_value(struct machine *m, const char *name)
{
    vvm_value value;
    assert_true(vvm_prelude_find(m->vm, vvm_symbols_intern(m->vm->symbols, name, strlen(name)), &value));
    return value;
}

static void builtins_are_called(void **state)
{
    (void)state;
    struct machine *m = machine_new(groups, 1);
    vvm_value constants[] = {prelude_value(m, "double_it"), prelude_value(m, "applyTwice")};
    uint32_t f = function_new(m, "f", 1);
    m->functions[f]->constants = constants;
    m->functions[f]->constant_count = 2;
    OP(m, f, LOADK, .a = 1, .b = 0);
    OP(m, f, ARG, .a = 4, .b = 0);
    OP(m, f, CALL, .a = 1, .b = 1, .c = 1);
    OP(m, f, LOADK, .a = 2, .b = 1);
    OP(m, f, LOADK, .a = 5, .b = 0);
    OP(m, f, CALL, .a = 2, .b = 2, .c = 1);
    OP(m, f, ADD, .a = 3, .b = 1, .c = 2);
    OP(m, f, RETURN, .a = 3);
    registers(m, f, 6);
    finish(m, f);
    vvm_value result, n = vvm_number(20);
    assert_true(run(m, f, &n, 1, &result));
    assert_int_equal(result.number, 44);
    vvm_value bad = vvm_bool(true);
    assert_false(run(m, f, &bad, 1, &result));
    assert_error(m, result, VVM_T_TYPE_ERROR, "doubleIt(): `n` must be a Number, got Bool");
    machine_drop(m);
}

/* ---- Async calls ---- */

static void async_calls_give_futures(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t inner = function_new(m, "inner", 1), outer = function_new(m, "outer", 1);
    m->functions[inner]->flags |= VVM_FUNCTION_ASYNC;
    OP(m, inner, ADDI, .a = 1, .b = 0, .c = 1);
    OP(m, inner, RETURN, .a = 1);
    registers(m, inner, 2);
    finish(m, inner);
    OP(m, outer, ARG, .a = 4, .b = 0);
    OP(m, outer, CALLF, .a = 1, .b = 1, .c = 1, .w = id_of(m, inner));
    OP(m, outer, AWAIT, .a = 2, .b = 1);
    OP(m, outer, RETURN, .a = 2);
    registers(m, outer, 5);
    finish(m, outer);
    vvm_value result, n = vvm_number(1);
    assert_true(run(m, outer, &n, 1, &result));
    assert_int_equal(result.number, 2);
    assert_true(run(m, inner, &n, 1, &result)); /* a Future that main returns is followed */
    assert_int_equal(result.number, 2);
    machine_drop(m);
}

static void waiting_for_ever_is_a_deadlock(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "f", 1);
    OP(m, f, AWAIT, .a = 1, .b = 0);
    OP(m, f, RETURN, .a = 1);
    registers(m, f, 2);
    finish(m, f);
    struct vrt_promise *promise = vrt_promise_create(m->runtime, 0);
    vrt_promise_retain_any(promise);
    vvm_value result, future = vvm_future_new(m->vm, promise);
    assert_false(run(m, f, &future, 1, &result));
    assert_true(vvm_error_is(m->vm, result, VVM_T_DEADLOCK_ERROR));
    vvm_release(result);
    vrt_promise_release_producer_any(promise);
    machine_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_fib),
        cmocka_unit_test(self_tail_calls_take_no_stack),
        cmocka_unit_test(endless_recursion_is_an_error),
        cmocka_unit_test(wrong_operands_and_counts),
        cmocka_unit_test(strings_through_calls),
        cmocka_unit_test(builtins_are_called),
        cmocka_unit_test(async_calls_give_futures),
        cmocka_unit_test(waiting_for_ever_is_a_deadlock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
