/* The end of a cancelled task, and its alarms. */
#include "vm/exec/cancel_parts.h"

#include "runtime/sched/timer.h"
#include "vm/exec/future.h"
#include "vm/exec/late.h"

#include <stdlib.h>
#include <string.h>

/* ---- The end of the task ---- */

/* What `finally` threw is not lost: it is reported if nobody looks. */
static struct vvm_ending failed_with(vvm_value error, enum vrt_promise_state state, vvm_value attached)
{
    if (vvm_is_void(attached))
        return (struct vvm_ending){state, error};
    return (struct vvm_ending){VRT_PROMISE_REJECTED, vvm_error_suppress(error, attached)};
}

/* The cancellation of another task is no failure; what is attached to it is. */
static struct vvm_ending failed_after(struct vvm_vm *vm, vvm_value error, enum vrt_promise_state state,
                                      vvm_value thrown)
{
    if (!vvm_error_is(vm, thrown, VVM_T_CANCELLATION_ERROR))
        return failed_with(error, state, thrown);
    struct vvm_ending ending = {state, error};
    vvm_value attached = ((struct vvm_record *)thrown.object)->fields[VVM_ERROR_SUPPRESSED];
    for (size_t i = 0; vvm_is_plain(attached, VVM_LIST) && i < vvm_list_length(attached); i++)
        ending = failed_with(ending.value, ending.state, vvm_retain(vvm_list_get(attached, i)));
    vvm_release(thrown);
    return ending;
}

vvm_value vvm_fiber_cancellation_after(struct vvm_isolate *isolate, struct vvm_fiber *fiber, vvm_value failure)
{
    vvm_value error = vvm_fiber_cancellation(isolate, fiber);
    fiber->flags |= VVM_FIBER_TOLD;
    return failed_after(vvm_isolate_vm(isolate), error, VRT_PROMISE_CANCELLED, failure).value;
}

/* Others see an ordinary error: with the trace of the task, but not the task's own. */
static vvm_value as_others_see(struct vvm_isolate *isolate, vvm_value own, enum vvm_reason reason,
                               const struct vrt_cancel_origin *origin)
{
    struct vvm_record *record = own.object;
    if (vvm_is_unique(own.object)) {
        record->fields[CANCEL_OWN] = vvm_bool(false);
        return own;
    }
    vvm_value error = vvm_cancel_error_with(isolate, NULL, reason, origin, "");
    if (vvm_error_is(vvm_isolate_vm(isolate), error, VVM_T_CANCELLATION_ERROR)) {
        vvm_value *fields = ((struct vvm_record *)error.object)->fields;
        for (uint32_t i = VVM_ERROR_MESSAGE; i <= VVM_ERROR_TRACE; i++) {
            vvm_release(fields[i]);
            fields[i] = vvm_retain(record->fields[i]);
        }
    }
    vvm_release(own);
    return error;
}

/* Of the request that ends the task; without one it is its worker's deadline, whose alarm has not gone off. */
static const struct vrt_cancel_origin *origin_at_end(struct vvm_isolate *isolate, struct vrt_promise *promise,
                                                     uint32_t reason, struct vrt_cancel_origin *copy)
{
    if (vvm_cancel_origin_of(promise, copy) != NULL)
        return copy;
    const struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    if (reason != VVM_REASON_TIMEOUT || rare == NULL || rare->deadline_ns == VRT_NEVER)
        return NULL;
    *copy = (struct vrt_cancel_origin){.time_ns = rare->deadline_ns};
    vvm_cancel_set_by_worker(isolate, copy, "the deadline of ");
    return copy;
}

struct vvm_ending vvm_cancel_ending(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, uint32_t reason,
                                    struct vvm_ending ending)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    vvm_value thrown = ending.value;
    bool own = ending.state == VRT_PROMISE_REJECTED && vvm_cancel_is_own_error(vm, thrown);
    struct vrt_promise *promise = fiber != NULL ? vvm_fiber_promise(isolate, fiber) : isolate->more->promise;
    struct vrt_cancel_origin copy;
    if (reason == 0 && !own)
        return ending;
    if (ending.state == VRT_PROMISE_RESOLVED || (own && reason == VVM_REASON_DEADLINE)) {
        vvm_release(thrown);
        thrown = vvm_void();
    }
    if (reason == VVM_REASON_DEADLINE)
        return failed_after(vm, vvm_cancel_timeout_error(isolate), VRT_PROMISE_REJECTED, thrown);
    const struct vrt_cancel_origin *origin = origin_at_end(isolate, promise, reason, &copy);
    if (own) {
        bool more = vvm_error_has_suppressed(thrown);
        return (struct vvm_ending){more ? VRT_PROMISE_REJECTED : VRT_PROMISE_CANCELLED,
                                   as_others_see(isolate, thrown, reason, origin)};
    }
    vvm_value error = vvm_cancel_error_with(isolate, (struct vvm_fiber *)(uintptr_t)fiber, reason, origin, "");
    vvm_cancel_set_reason(vm, error, reason, NULL, false);
    return failed_after(vm, error, VRT_PROMISE_CANCELLED, thrown);
}

/* ---- Alarms ---- */

struct alarm {
    struct vvm_vm *vm;
    struct vrt_promise *promise; /* a holder's reference */
    struct vrt_cancel_letter *letter;
    enum vvm_reason reason;
};

static void alarm_free(struct alarm *alarm, struct vrt_waiter *record)
{
    vrt_waiter_destroy(alarm->vm->runtime, record);
    vrt_promise_release_any(alarm->promise);
    if (alarm->letter != NULL)
        vvm_cancel_letter_free(alarm->letter);
    free(alarm);
}

/* Whose deadline it is. The place is where it was set. */
static void note_deadline(struct alarm *alarm)
{
    struct vrt_cancel_origin *origin = alarm->letter->origin;
    struct vvm_text_builder by;
    if (origin == NULL)
        return;
    vvm_text_init(&by);
    vvm_text_add_c(&by, "the deadline of ");
    vvm_cancel_add_task_any(alarm->promise, &by);
    vvm_cancel_set_by(origin, &by);
    vvm_text_drop(&by);
    origin->time_ns = vrt_now();
}

/* Called by the thread that found the time over. */
static void alarm_rings(void *argument, struct vrt_waiter *record)
{
    struct alarm *alarm = argument;
    if (record->outcome == VRT_OUTCOME_TIMEOUT) {
        note_deadline(alarm);
        vvm_cancel_request(alarm->vm, alarm->promise, alarm->reason, alarm->letter);
        alarm->letter = NULL;
    }
    alarm_free(alarm, record);
}

static struct alarm *alarm_new(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason)
{
    struct alarm *alarm = malloc(sizeof *alarm);
    struct vrt_cancel_letter *letter = calloc(1, sizeof *letter);
    if (alarm == NULL || letter == NULL) {
        free(alarm);
        free(letter);
        return NULL;
    }
    letter->origin = vvm_cancel_origin_new(vm, reason, NULL);
    *alarm = (struct alarm){vm, promise, letter, reason};
    vrt_promise_retain_any(promise);
    vrt_promise_note_alarm_any(promise);
    return alarm;
}

bool vvm_alarm_start(struct vvm_alarm *out, struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                     uint64_t deadline_ns)
{
    struct alarm *alarm = alarm_new(vm, promise, reason);
    if (alarm == NULL)
        return false;
    struct vrt_waiter *record = vrt_waiter_create_callback(vm->runtime, alarm_rings, alarm);
    if (record == NULL) {
        vrt_promise_release_any(promise);
        vvm_cancel_letter_free(alarm->letter);
        free(alarm);
        return false;
    }
    record->where = VRT_WHERE_ALARM;
    *out = (struct vvm_alarm){record, vrt_waiter_arm(record)};
    if (vrt_timer_start(vm->runtime, record, out->ticket, deadline_ns) == VRT_OK)
        return true;
    vvm_alarm_stop(out);
    return false;
}

bool vvm_alarm_stop(struct vvm_alarm *alarm)
{
    struct vrt_waiter *record = alarm->record;
    alarm->record = NULL;
    if (record == NULL || !vrt_waiter_claim_any(record, alarm->ticket))
        return false;
    alarm_free(record->cookie, record);
    return true;
}
