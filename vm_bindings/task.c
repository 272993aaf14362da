/* Tasks: the running one, deadlines of others, shields. What is said in Vela over this: stdlib/task.vela,
 * stdlib/group.vela. */
#include "vm/exec/cancel.h"
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm/exec/scope.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

#include <stdlib.h>

/* ---- Alarms ---- */

/* Cancels the task of a Future at a deadline, as long as somebody holds it. Bound to its isolate. */
struct alarm_handle {
    struct vvm_alarm alarm;
    struct vrt_promise *promise; /* a holder's reference */
    int64_t timeout_ns;
    bool armed;                  /* it was given a deadline, and nobody has stopped it */
};

static void alarm_destroy(struct vvm_handle *handle)
{
    struct alarm_handle *alarm = handle->native;
    vvm_alarm_stop(&alarm->alarm);
    vrt_promise_release_any(alarm->promise);
    free(alarm);
}

static const struct vvm_handle_ops alarm_ops = {.destroy = alarm_destroy, .sendable = false};

static vvm_value alarm_new(struct vvm_vm *vm, struct vrt_promise *promise, int64_t timeout_ns, enum vvm_reason reason)
{
    struct alarm_handle *alarm = malloc(sizeof *alarm);
    if (alarm == NULL)
        return vvm_unset();
    *alarm = (struct alarm_handle){.promise = promise, .timeout_ns = timeout_ns, .armed = timeout_ns != INT64_MAX};
    vrt_promise_retain_any(promise);
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_ANY], &alarm_ops, alarm);
    if (vvm_is_unset(handle)) {
        vrt_promise_release_any(promise);
        free(alarm);
    } else if (alarm->armed && !vvm_alarm_start(&alarm->alarm, vm, promise, reason, vbn_deadline(timeout_ns))) {
        vvm_release(handle);
        handle = vvm_unset();
    }
    return handle;
}

static enum vvm_outcome make_alarm(struct vvm_call *call)
{
    int64_t timeout_ns;
    struct vrt_promise *promise = vvm_promise_of(call->args[0]);
    if (promise == NULL)
        return vvm_throw(call, VVM_T_TYPE_ERROR, "a timeout needs a Future, got %s",
                         vvm_type_name(vvm_type_of(call->vm->known, call->args[0])));
    if (!vvm_want_time(call, 1, &timeout_ns))
        return VVM_THROW;
    return vvm_return(call, alarm_new(call->vm, promise, timeout_ns, VVM_REASON_TIMEOUT));
}

static struct alarm_handle *alarm_of(struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

/* Has it gone off? If not, it never will. */
static enum vvm_outcome alarm_rang(struct vvm_call *call)
{
    struct alarm_handle *alarm = alarm_of(call);
    bool rang = alarm->armed && !vvm_alarm_stop(&alarm->alarm);
    alarm->armed = rang;
    return vbn_done_bool(call, rang);
}

/* "worker "NAME" timed out after 1.5s" */
static enum vvm_outcome timeout_text(struct vvm_call *call)
{
    int64_t timeout_ns;
    if (!vvm_want_time(call, 1, &timeout_ns))
        return VVM_THROW;
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_cancel_add_task_any(vvm_promise_of(call->args[0]), &text);
    vvm_text_add_c(&text, " timed out after ");
    vvm_text(vvm_duration(timeout_ns), false, &text);
    vvm_value string = text.failed ? vvm_unset() : vvm_string_new(text.data, text.length);
    vvm_text_drop(&text);
    return vvm_return(call, string);
}

/* ---- The running task ---- */

static enum vvm_outcome task_current(struct vvm_call *call)
{
    struct vrt_promise *promise = vvm_fiber_promise(call->isolate, call->fiber);
    if (promise == NULL)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "this task has no Future");
    const struct vvm_handle *own = call->fiber->future; /* main's is the side that settles */
    if (!(call->fiber->flags & VVM_FIBER_WORKER) && own->type == call->vm->known[VVM_T_FUTURE])
        return vbn_done(call, vvm_retain(vvm_of_object(VVM_HANDLE, call->fiber->future)));
    vrt_promise_retain_any(promise);
    return vvm_return(call, vvm_future_new(call->vm, promise));
}

/* __isAsync(f) -> Bool: does a call of it start a task? */
static enum vvm_outcome is_async(struct vvm_call *call)
{
    vvm_value f = call->args[0];
    const struct vvm_function *function = NULL;
    if (vvm_is_plain(f, VVM_BOUND))
        f = ((struct vvm_bound *)f.object)->method;
    if (vvm_is_plain(f, VVM_FUNCTION))
        function = f.object;
    else if (vvm_is_plain(f, VVM_CLOSURE))
        function = vvm_function_at(call->vm, vvm_tag_id(f));
    return vbn_done_bool(call, function != NULL && function->flags & VVM_FUNCTION_ASYNC);
}

/* __shield(on) -> Bool: as it was before. */
static enum vvm_outcome shield(struct vvm_call *call)
{
    bool on;
    if (!vvm_want_bool(call, 0, &on))
        return VVM_THROW;
    return vbn_done_bool(call, vvm_fiber_shield(call->fiber, on));
}

/* __keepsResult(): what the running task returns counts, unless a request to cancel it was told before. */
static enum vvm_outcome keeps_result(struct vvm_call *call)
{
    call->fiber->flags |= VVM_FIBER_KEEPS;
    return vbn_done_void(call);
}

/* __shieldAlarm(d): ends the shield of the running task after d, as long as somebody holds it. */
static enum vvm_outcome shield_alarm(struct vvm_call *call)
{
    int64_t timeout_ns;
    struct vrt_promise *promise = vvm_fiber_promise(call->isolate, call->fiber);
    if (!vvm_want_time(call, 0, &timeout_ns))
        return VVM_THROW;
    if (promise == NULL || timeout_ns == INT64_MAX)
        return vbn_done_void(call);
    return vvm_return(call, alarm_new(call->vm, promise, timeout_ns, VVM_NO_REASON));
}

/* ---- For groups ---- */

/* __cancel(future, reason) -> Bool */
static enum vvm_outcome cancel_for(struct vvm_call *call)
{
    int64_t reason;
    if (!vvm_want_number(call, 1, &reason))
        return VVM_THROW;
    return vbn_done_bool(call, vvm_cancel_any(call->vm, vvm_promise_of(call->args[0]), (enum vvm_reason)reason));
}

/* __scopeMark() -> Any: says of the scope that holds it that the running task has opened it. */
static enum vvm_outcome scope_mark(struct vvm_call *call)
{
    return vvm_return(call, vvm_scope_mark(call->vm, call->fiber));
}

/* __suppressed(error, others) -> Any: the error with the others attached to it. */
static enum vvm_outcome suppressed(struct vvm_call *call)
{
    if (!vvm_want_kind(call, 1, VVM_LIST))
        return VVM_THROW;
    vvm_value error = vvm_take(&call->args[0]);
    for (size_t i = 0; i < vvm_list_length(call->args[1]); i++)
        error = vvm_error_suppress(error, vvm_retain(vvm_list_get(call->args[1], i)));
    return vbn_done(call, error);
}

static const struct vvm_builtin statics[] = {
    VBN_ROW("current() -> Future<Any>", task_current, 0, 0, "The Future of the running task."),
};
const struct vvm_builtin_group vbn_task_statics = VBN_GROUP(VVM_T_TASK, true, statics);

static const struct vvm_builtin functions[] = {
    VBN_ROW("__alarm(future: Future<T>, d: Time) -> Any", make_alarm, 2, 2, "Cancels at a deadline."),
    VBN_ROW("__alarmRang(alarm: Any) -> Bool", alarm_rang, 1, 1, "Stops it, and tells whether it had gone off."),
    VBN_ROW("__timeoutText(future: Future<T>, d: Time) -> String", timeout_text, 2, 2, "The text of a TimeoutError."),
    VBN_ROW("__shield(on: Bool) -> Bool", shield, 1, 1, "Shields the running task, or not."),
    VBN_ROW("__isAsync(f: Any) -> Bool", is_async, 1, 1, "Does a call of it start a task?"),
    VBN_ROW("__keepsResult() -> void", keeps_result, 0, 0,
            "What the running task returns counts, unless it was told to end."),
    VBN_ROW("__shieldAlarm(d: Time) -> Any", shield_alarm, 1, 1, "Ends a shield at a deadline."),
    VBN_ROW("__cancel(future: Future<T>, reason: Number) -> Bool", cancel_for, 2, 2, "Cancels for a reason."),
    VBN_ROW("__scopeMark() -> Any", scope_mark, 0, 0, "Marks a scope that the running task opens."),
    VBN_ROW_C("__suppressed(error: Any, others: List<Any>) -> Any", suppressed, 1, 2, 2, "Attaches errors to one."),
};
const struct vvm_builtin_group vbn_task_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
