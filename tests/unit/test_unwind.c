/* Unwinding: handlers, what they release and keep, errors through calls, built-ins and tasks. */
#include "tests/unit/machine.h"

/* try { text + 1 } catch e { e }: the text given to the frame is released once, the error arrives. */
static void handler_takes_the_error(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "f", 1);
    OP(m, f, TRY, .a = 2, .label = 0);
    OP(m, f, ADDI, .a = 1, .b = 0, .c = 1);
    OP(m, f, ENDTRY);
    OP(m, f, RETURN, .a = 1);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, RETURN, .a = 2);
    registers(m, f, 3);
    finish(m, f);
    vvm_value result, text = vvm_string_from_c("not a number at all");
    assert_true(run(m, f, &text, 1, &result));
    assert_error(m, result, VVM_T_TYPE_ERROR, "`+` cannot take String and Number");
    vvm_value n = vvm_number(4);
    assert_true(run(m, f, &n, 1, &result));
    assert_int_equal(result.number, 5);
    machine_drop(m);
}

/* A value made before the region lives on in the handler; one made inside is released. */
static void handler_keeps_what_it_reads(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t f = function_new(m, "f", 2);
    OP(m, f, COPY, .a = 2, .b = 0);
    OP(m, f, TRY, .a = 5, .label = 0);
    OP(m, f, ADD, .a = 3, .b = 2, .c = 2);
    OP(m, f, ADD, .a = 4, .b = 3, .c = 1);
    OP(m, f, ENDTRY);
    OP(m, f, RETURN, .a = 4);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, RETURN, .a = 2);
    registers(m, f, 6);
    finish(m, f);
    vvm_value result, args[] = {vvm_string_from_c("something long"), vvm_number(1)};
    assert_true(run(m, f, args, 2, &result));
    struct vvm_bytes bytes = vvm_string_bytes(&result);
    assert_int_equal(bytes.length, 14);
    vvm_release(result);
    machine_drop(m);
}

/* thrower(x) throws its argument; `depth` frames of owned values lie between it and the handler. */
static uint32_t thrower(struct machine *m)
{
    uint32_t f = function_new(m, "thrower", 1);
    OP(m, f, COPY, .a = 1, .b = 0);
    OP(m, f, THROW, .a = 1);
    registers(m, f, 2);
    finish(m, f);
    return f;
}

static void errors_pass_through_frames(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t throws = thrower(m), middle = function_new(m, "middle", 1), f = function_new(m, "f", 1);
    OP(m, middle, ADD, .a = 1, .b = 0, .c = 0);
    OP(m, middle, ARG, .a = 5, .b = 0);
    OP(m, middle, CALLF, .a = 2, .b = 2, .c = 1, .w = id_of(m, throws));
    OP(m, middle, RETURN, .a = 1);
    registers(m, middle, 6);
    finish(m, middle);
    OP(m, f, TRY, .a = 2, .label = 0);
    OP(m, f, ARG, .a = 4, .b = 0);
    OP(m, f, CALLF, .a = 1, .b = 1, .c = 1, .w = id_of(m, middle));
    OP(m, f, ENDTRY);
    OP(m, f, RETURN, .a = 1);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, RETURN, .a = 2);
    registers(m, f, 5);
    finish(m, f);
    vvm_value result, text = vvm_string_from_c("thrown as a text");
    assert_true(run(m, f, &text, 1, &result));
    assert_true(vvm_error_is(m->vm, result, VVM_T_ERROR));
    vvm_value trace = ((struct vvm_record *)result.object)->fields[VVM_ERROR_TRACE];
    assert_int_equal(vvm_list_length(trace), 3);
    vvm_value lines = vvm_error_trace_lines(m->vm, result);
    assert_int_equal(vvm_list_length(lines), 3);
    vvm_release(lines);
    vvm_release(result);
    machine_drop(m);
}

static void uncaught_errors_reach_the_caller(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t throws = thrower(m);
    vvm_value result, text = vvm_string_from_c("nobody takes this");
    assert_false(run(m, throws, &text, 1, &result));
    assert_error(m, result, VVM_T_ERROR, "nobody takes this");
    struct vvm_text_builder out;
    vvm_text_init(&out);
    text = vvm_number(3);
    assert_false(run(m, throws, &text, 1, &result));
    assert_int_equal(result.number, 3);
    vvm_error_text(m->vm, result, &out);
    assert_memory_equal(out.data, "3\n", 2);
    vvm_text_drop(&out);
    machine_drop(m);
}

/* An async function that throws gives a failed Future; awaiting it throws. */
static void futures_carry_errors(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    uint32_t throws = thrower(m), f = function_new(m, "f", 1);
    m->functions[throws]->flags |= VVM_FUNCTION_ASYNC;
    OP(m, f, ARG, .a = 4, .b = 0);
    OP(m, f, CALLF, .a = 1, .b = 1, .c = 1, .w = id_of(m, throws));
    OP(m, f, TRY, .a = 3, .label = 0);
    OP(m, f, AWAIT, .a = 2, .b = 1);
    OP(m, f, ENDTRY);
    OP(m, f, RETURN, .a = 2);
    OP(m, f, LABEL, .label = 0);
    OP(m, f, RETURN, .a = 3);
    registers(m, f, 5);
    finish(m, f);
    vvm_value result, text = vvm_string_from_c("from an async function");
    assert_true(run(m, f, &text, 1, &result));
    assert_error(m, result, VVM_T_ERROR, "from an async function");
    assert_int_equal(vvm_vm_finish(m->vm), 0);
    machine_drop(m);
}

static void errors_that_need_no_memory(void **state)
{
    (void)state;
    struct machine *m = machine_new(NULL, 0);
    assert_true(vvm_error_is(m->vm, m->vm->memory_error, VVM_T_OUT_OF_MEMORY_ERROR));
    assert_true(vvm_error_is(m->vm, m->vm->stack_error, VVM_T_STACK_OVERFLOW_ERROR));
    vvm_value error = vvm_error_new(m->vm, NULL, VVM_T_MEMORY_LIMIT_ERROR, "%0300d", 7);
    assert_true(vvm_error_is(m->vm, error, VVM_T_OUT_OF_MEMORY_ERROR));
    assert_false(vvm_error_is(m->vm, error, VVM_T_TYPE_ERROR));
    vvm_value message = ((struct vvm_record *)error.object)->fields[VVM_ERROR_MESSAGE];
    assert_int_equal(vvm_string_bytes(&message).length, 300);
    vvm_value other = vvm_error_new(m->vm, NULL, VVM_T_VALUE_ERROR, "second");
    vvm_error_suppress(error, other);
    assert_int_equal(vvm_list_length(((struct vvm_record *)error.object)->fields[VVM_ERROR_SUPPRESSED]), 1);
    vvm_release(error);
    machine_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_takes_the_error),      cmocka_unit_test(handler_keeps_what_it_reads),
        cmocka_unit_test(errors_pass_through_frames),   cmocka_unit_test(uncaught_errors_reach_the_caller),
        cmocka_unit_test(futures_carry_errors),         cmocka_unit_test(errors_that_need_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
