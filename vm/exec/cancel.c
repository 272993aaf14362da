#include "vm/exec/cancel.h"

#include "runtime/base/choice.h"
#include "runtime/sched/timer.h"
#include "vm/exec/future.h"
#include "vm/exec/late.h"
#include "vm/exec/shutdown.h"
#include "vm/exec/step.h"

#include <stdlib.h>
#include <string.h>

enum { REASON = VVM_ERROR_FIELDS + VVM_CANCELLATION_REASON, BY = VVM_ERROR_FIELDS + VVM_CANCELLATION_BY,
       PLACE = VVM_ERROR_FIELDS + VVM_CANCELLATION_PLACE, TIME = VVM_ERROR_FIELDS + VVM_CANCELLATION_TIME,
       OWN = VVM_ERROR_FIELDS + VVM_CANCELLATION_OWN };

/* ---- The error ---- */

static const char *reason_text(enum vvm_reason reason)
{
    switch (reason) {
    case VVM_REASON_TIMEOUT:
    case VVM_REASON_DEADLINE: return "timeout";
    case VVM_REASON_SIBLING_FAILED: return "sibling failed";
    case VVM_REASON_SHUTDOWN: return "shutdown";
    default: return "cancelled";
    }
}

/* NULL: none, or the library's own, which has a name with two underscores. */
static const char *told_name(const struct vvm_frame *frame)
{
    bool told = !(frame->flags & VVM_FRAME_NATIVE) && strncmp(frame->function->name, "__", 2) != 0;
    return told ? frame->function->name : NULL;
}

/* Of the outermost function that is not the library's own. A task that has just ended has its first frame still. */
static const char *entry_name(const struct vvm_fiber *fiber)
{
    const char *name = told_name(vvm_frame_of(fiber->stack + VVM_FRAME_HEADER));
    for (uint32_t top = name == NULL ? fiber->top : 0; top != 0;) {
        const struct vvm_frame *frame = vvm_frame_of(fiber->stack + top);
        const char *found = told_name(frame);
        name = found != NULL ? found : name;
        top = frame->flags & VVM_FRAME_ENTRY ? 0 : top - frame->back;
    }
    return name != NULL ? name : "";
}

static void add_function(const char *name, struct vvm_text_builder *out)
{
    vvm_text_add_c(out, name[0] != '\0' ? "task " : "task");
    vvm_text_add_c(out, name);
}

/* worker "NAME", or the function the task began with. */
static void add_task(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    if (fiber == NULL || fiber->flags & VVM_FIBER_WORKER)
        vvm_isolate_add_text(isolate, out);
    else
        add_function(fiber->stack != NULL ? entry_name(fiber) : "", out);
}

struct vrt_promise *vvm_fiber_promise(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber->flags & VVM_FIBER_WORKER)
        return isolate->more->promise;
    return fiber->future != NULL ? fiber->future->native : NULL;
}

static void add_owner(struct vrt_isolate *base, void *out)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    if (isolate == vvm_isolate_vm(isolate)->main) /* it may run meanwhile: its flags are not for others */
        vvm_text_add_c(out, "task of main");
    else
        vvm_isolate_add_text(isolate, out);
}

void vvm_cancel_add_task_any(struct vrt_promise *promise, struct vvm_text_builder *out)
{
    if (!vrt_promise_visit_owner_any(promise, add_owner, out))
        vvm_text_add_c(out, "task");
}

/* ---- Who asked, where, when ---- */

/* The task that runs on this thread. */
static void note_caller(const struct vvm_vm *vm, struct vrt_cancel_origin *origin, struct vvm_text_builder *by)
{
    struct vrt_thread *thread = vrt_thread_current();
    uint32_t count = 0;
    if (thread == NULL || thread->current == NULL || thread->runtime != vm->runtime)
        return;
    const struct vvm_isolate *isolate = (struct vvm_isolate *)thread->current;
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(by, "main");
    else
        vvm_isolate_add_text(isolate, by);
    /* a task of the library that has not suspended yet was started by the program's */
    for (struct vvm_fiber *fiber = isolate->current; fiber != NULL && count == 0;
         fiber = fiber->flags & VVM_FIBER_STARTED ? fiber->next : NULL)
        vvm_trace_site(fiber, &origin->site, &count);
}

static void set_by(struct vrt_cancel_origin *origin, const struct vvm_text_builder *by)
{
    size_t length = by->failed ? 0 : by->length;
    if (length >= sizeof origin->by)
        length = sizeof origin->by - 1;
    if (length != 0)
        memcpy(origin->by, by->data, length);
    origin->by[length] = '\0';
}

/* NULL without memory: the error then tells only its reason. `by` NULL: the running task. */
static struct vrt_cancel_origin *origin_new(const struct vvm_vm *vm, enum vvm_reason reason, const char *by)
{
    struct vrt_cancel_origin *origin = calloc(1, sizeof *origin);
    struct vvm_text_builder text;
    if (origin == NULL)
        return NULL;
    vvm_text_init(&text);
    if (reason == VVM_REASON_SIBLING_FAILED)
        vvm_text_add_c(&text, "the group of ");
    if (by != NULL)
        vvm_text_add_c(&text, by);
    else
        note_caller(vm, origin, &text);
    set_by(origin, &text);
    vvm_text_drop(&text);
    origin->time_ns = vrt_now();
    return origin;
}

/* What goes into the error beside the reason. */
static void set_origin(struct vvm_vm *vm, vvm_value *fields, const struct vrt_cancel_origin *origin)
{
    struct vvm_text_builder place;
    vvm_text_init(&place);
    if (origin->site != 0)
        vvm_trace_place(vm, origin->site, &place);
    vvm_value by = vvm_string_from_c(origin->by), where = vvm_text_finish(&place);
    if (!vvm_is_unset(by))
        fields[BY] = by;
    if (!vvm_is_unset(where))
        fields[PLACE] = where;
    fields[TIME] = vvm_float((double)(origin->time_ns - vm->runtime->started_ns) / 1e9);
}

/* ---- The error itself ---- */

/* An error that could not be made is the preallocated OutOfMemoryError, which has no reason. The error has just been made: by
 * and place are short texts without a count. */
static void set_reason(struct vvm_vm *vm, vvm_value error, enum vvm_reason reason, const struct vrt_cancel_origin *origin, bool own)
{
    if (!vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR))
        return;
    vvm_value *fields = ((struct vvm_record *)error.object)->fields, text = vvm_string_from_c(reason_text(reason));
    if (!vvm_is_unset(text)) {
        vvm_release(fields[REASON]);
        fields[REASON] = text;
    }
    if (origin != NULL)
        set_origin(vm, fields, origin);
    vvm_release(fields[OWN]);
    fields[OWN] = vvm_bool(own);
}

static vvm_value error_with(struct vvm_isolate *isolate, struct vvm_fiber *fiber, enum vvm_reason reason,
                            const struct vrt_cancel_origin *origin, const char *what)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_call call = {.vm = vm, .isolate = isolate, .fiber = fiber};
    struct vvm_text_builder name;
    vvm_text_init(&name);
    add_task(isolate, fiber, &name);
    vvm_value error = vvm_error_new(vm, fiber != NULL ? &call : NULL, VVM_T_CANCELLATION_ERROR, "%.*s cancelled%s",
                                    (int)name.length, name.length != 0 ? name.data : "", what);
    vvm_text_drop(&name);
    set_reason(vm, error, reason, origin, fiber != NULL);
    return error;
}

/* Of a request that is noted in the promise: NULL if nobody is known. */
static const struct vrt_cancel_origin *origin_of(struct vrt_promise *promise, struct vrt_cancel_origin *copy)
{
    return promise != NULL && vrt_promise_origin_any(promise, copy) ? copy : NULL;
}

/* `what` and the worker's name. */
static void set_by_worker(const struct vvm_isolate *isolate, struct vrt_cancel_origin *origin, const char *what)
{
    struct vvm_text_builder by;
    vvm_text_init(&by);
    vvm_text_add_c(&by, what);
    vvm_isolate_add_text(isolate, &by);
    set_by(origin, &by);
    vvm_text_drop(&by);
}

/* Left over when its worker has ended, or goes with it: at the worker's deadline, or because its function returned. */
static vvm_value error_with_worker(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vrt_cancel_origin origin = {0};
    struct vrt_promise *promise = isolate->more != NULL ? isolate->more->promise : NULL;
    if (origin_of(promise, &origin) == NULL) {
        set_by_worker(isolate, &origin, "the end of ");
        origin.time_ns = vrt_now();
    }
    return error_with(isolate, fiber, VVM_REASON_CANCELLED, &origin, " with its worker");
}

vvm_value vvm_fiber_cancellation(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(m->isolate, fiber);
    uint32_t reason = promise != NULL ? vrt_promise_requested_any(promise) : 0;
    struct vrt_cancel_origin origin;
    if (reason == 0 && vvm_shutdown_is_asked(m->vm))
        return error_with(m->isolate, fiber, VVM_REASON_SHUTDOWN, NULL, "");
    if (reason == 0)
        return error_with_worker(m->isolate, fiber);
    return error_with(m->isolate, fiber, reason, origin_of(promise, &origin), "");
}

const char *vvm_fiber_reason(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(isolate, fiber);
    return reason_text(promise != NULL ? vrt_promise_requested_any(promise) : VVM_REASON_CANCELLED);
}

static bool is_own_error(struct vvm_vm *vm, vvm_value error)
{
    if (!vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR))
        return false;
    vvm_value own = ((struct vvm_record *)error.object)->fields[OWN];
    return vvm_is_bool(own) && own.number != 0;
}

bool vvm_cancellation_is_own(struct vvm_vm *vm, const struct vvm_fiber *fiber, vvm_value error)
{
    return (fiber->flags & VVM_FIBER_CANCELLED) != 0 && is_own_error(vm, error);
}

/* ---- Requests ---- */

static vvm_value timeout_error(struct vvm_isolate *isolate)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_isolate_add_text(isolate, &text);
    vvm_text_add_c(&text, " timed out after ");
    vvm_text(vvm_duration(isolate->more->rare->timeout_ns), false, &text);
    vvm_value error = vvm_error_new(vm, NULL, VVM_T_TIMEOUT_ERROR, "%.*s", (int)text.length,
                                    text.length != 0 ? text.data : "");
    vvm_text_drop(&text);
    return error;
}

struct called_off { enum vvm_reason reason; const struct vrt_cancel_origin *origin; vvm_value error; };

static void add_error(struct vrt_isolate *base, void *argument)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct called_off *out = argument;
    out->error = out->reason == VVM_REASON_DEADLINE ? timeout_error(isolate) : error_with(isolate, NULL, out->reason, out->origin, "");
}

/* Its worker will never begin, so its Future need not wait for the turn in which it ends. */
static bool settle_called_off(struct vrt_promise *promise, enum vvm_reason reason)
{
    struct vrt_cancel_origin origin;
    struct called_off out = {.reason = reason, .origin = origin_of(promise, &origin)};
    enum vrt_promise_state state = reason == VVM_REASON_DEADLINE ? VRT_PROMISE_REJECTED : VRT_PROMISE_CANCELLED;
    if (!vrt_promise_visit_owner_any(promise, add_error, &out))
        return true; /* that turn was quicker */
    vvm_share_for_many(out.error, "error", &(struct vvm_text_builder){0});
    if (!vrt_promise_settle_any(promise, state, out.error))
        vvm_release(out.error);
    return true;
}

void vvm_cancel_fail(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(isolate, fiber);
    if (promise == NULL)
        return;
    struct vrt_cancel_origin origin;
    enum vvm_reason reason = vrt_promise_requested_any(promise);
    bool late = reason == VVM_REASON_DEADLINE;
    vvm_value error = late ? timeout_error(isolate) : error_with(isolate, fiber, reason, origin_of(promise, &origin), ", but goes on");
    set_reason(vvm_isolate_vm(isolate), error, reason, NULL, false);
    vvm_share_for_many(error, "error", &(struct vvm_text_builder){0});
    if (!vrt_promise_settle_any(promise, late ? VRT_PROMISE_REJECTED : VRT_PROMISE_CANCELLED, error))
        vvm_release(error);
}

static bool settle_unowned(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                           const struct vrt_cancel_origin *origin)
{
    vvm_value error = vvm_error_new(vm, NULL, VVM_T_CANCELLATION_ERROR, "cancelled");
    struct vvm_text_builder path;
    vvm_text_init(&path);
    set_reason(vm, error, reason, origin, false);
    vvm_share_for_many(error, "error", &path);
    vvm_text_drop(&path);
    if (vrt_promise_settle_any(promise, VRT_PROMISE_CANCELLED, error))
        return true;
    vvm_release(error);
    return false;
}

static void letter_free(struct vrt_cancel_letter *letter)
{
    free(letter->origin);
    free(letter);
}

static bool request(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                    struct vrt_cancel_letter *letter)
{
    if (reason == VVM_NO_REASON) {
        letter->post.kind = VVM_LETTER_UNSHIELD;
        if (!vrt_promise_tell_any(promise, letter))
            letter_free(letter);
        return true;
    }
    letter->post.kind = VVM_LETTER_CANCEL;
    enum vrt_cancel answer = vrt_promise_request_any(promise, reason, letter);
    if (answer == VRT_CANCEL_CALLED_OFF)
        return settle_called_off(promise, reason);
    if (answer == VRT_CANCEL_REQUESTED)
        return true;
    bool done = answer != VRT_CANCEL_SETTLED;
    if (answer == VRT_CANCEL_UNOWNED && reason != VVM_REASON_DEADLINE) /* else the worker has just ended */
        done = settle_unowned(vm, promise, reason, letter->origin);
    letter_free(letter);
    return done;
}

/* Consumes the origin. */
static bool cancel_from(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason, struct vrt_cancel_origin *origin)
{
    struct vrt_cancel_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL) {
        free(origin);
        return false;
    }
    letter->origin = origin;
    return request(vm, promise, reason, letter);
}

bool vvm_cancel_by_any(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason, const char *by)
{
    return cancel_from(vm, promise, reason, origin_new(vm, reason, by));
}

bool vvm_cancel_any(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason)
{
    return vvm_cancel_by_any(vm, promise, reason, NULL);
}

bool vvm_cancel_give_up_any(struct vrt_promise *promise)
{
    struct vrt_cancel_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return false;
    letter->post.kind = VVM_LETTER_GIVE_UP;
    bool told = vrt_promise_tell_any(promise, letter);
    if (!told)
        free(letter);
    return told;
}

static struct vvm_fiber *find_fiber(struct vvm_isolate *isolate, const struct vrt_cancel_letter *letter)
{
    if (letter->record != NULL)
        return letter->record->cookie;
    struct vvm_fiber *fiber = &isolate->first;
    do {
        if (fiber->top != 0 && vvm_fiber_promise(isolate, fiber) == letter->promise)
            return fiber;
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
    return NULL;
}

static void tell_if_waiting(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    if (fiber->state == VVM_FIBER_PARKED && vvm_fiber_is_due_at_wait(fiber) &&
        vvm_fiber_interrupt(m, fiber, vvm_fiber_cancellation(m, fiber)))
        vvm_isolate_make_ready(m->isolate, fiber);
}

static void unshield(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    vvm_fiber_shield(fiber, false);
    tell_if_waiting(m, fiber);
}

/* A promise that is owned still has its task: only this thread disowns it. */
void vvm_cancel_take_letter(struct vvm_machine *m, struct vrt_cancel_letter *letter)
{
    struct vvm_fiber *fiber = NULL;
    if (vrt_promise_is_owned(letter->promise))
        fiber = find_fiber(m->isolate, letter);
    if (fiber != NULL && letter->post.kind == VVM_LETTER_UNSHIELD)
        unshield(m, fiber);
    else if (fiber != NULL && letter->post.kind == VVM_LETTER_GIVE_UP)
        vvm_late_give_up(m->isolate, fiber);
    else if (fiber != NULL && vrt_promise_requested_any(letter->promise) == VVM_REASON_DEADLINE)
        vvm_isolate_cancel_fibers(m);
    else if (fiber != NULL)
        vvm_fiber_cancel(m, fiber);
    vvm_cancel_drop_letter(letter);
}

void vvm_cancel_drop_letter(struct vrt_cancel_letter *letter)
{
    vrt_promise_release_any(letter->promise);
    letter_free(letter);
}

/* ---- The task ---- */

/* Without a reason, and at a deadline, all tasks of the isolate are cancelled: the followed one is among them. */
static void pass_on(struct vvm_machine *m, struct vvm_fiber *fiber, vvm_value future)
{
    struct vrt_promise *promise = vvm_fiber_promise(m->isolate, fiber);
    uint32_t reason = promise != NULL ? vrt_promise_requested_any(promise) : 0;
    if (reason == 0 || reason == VVM_REASON_DEADLINE)
        return;
    struct vrt_cancel_origin *origin = calloc(1, sizeof *origin);
    if (origin != NULL)
        vrt_promise_origin_any(promise, origin);
    cancel_from(m->vm, vvm_promise_of(future), reason, origin);
}

void vvm_fiber_cancel(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    if (!(fiber->flags & VVM_FIBER_CANCELLED)) {
        fiber->flags |= VVM_FIBER_CANCELLED;
        m->isolate->flags |= VVM_ISOLATE_TELLS;
        vvm_late_note(m->isolate, fiber);
    }
    if (fiber->flags & VVM_FIBER_FOLLOWS)
        pass_on(m, fiber, fiber->stack[fiber->top]); /* the argument of its await */
    else
        tell_if_waiting(m, fiber);
}

static void note_isolate(struct vrt_isolate *isolate, void *out)
{
    *(struct vrt_isolate **)out = isolate;
}

void vvm_fiber_follow(struct vvm_machine *m, vvm_value future)
{
    struct vrt_isolate *home = NULL;
    vrt_promise_visit_owner_any(vvm_promise_of(future), note_isolate, &home);
    if (home != &m->isolate->base || vvm_promise_of(future) == vvm_fiber_promise(m->isolate, m->fiber))
        return;
    if (vvm_fiber_is_due_at_wait(m->fiber))
        pass_on(m, m->fiber, future);
    m->fiber->flags |= VVM_FIBER_FOLLOWS;
}

bool vvm_fiber_shield(struct vvm_fiber *fiber, bool shielded)
{
    bool before = (fiber->flags & VVM_FIBER_SHIELDED) != 0;
    fiber->flags = (uint16_t)((fiber->flags & ~VVM_FIBER_SHIELDED) | (shielded ? VVM_FIBER_SHIELDED : 0));
    return before;
}

static bool is_quiet(const struct vvm_frame *frame)
{
    const struct vvm_function *function = frame->function;
    uint32_t position = function->quiet_count != 0 ? vvm_position_of(function, frame->pc) : 0;
    for (uint32_t i = 0; i < function->quiet_count; i++)
        if (function->quiet[i].start <= position && position < function->quiet[i].end)
            return true;
    return false;
}

/* Not inside a `finally` block, nor a clause that has taken the error, of any frame. */
bool vvm_fiber_is_due(const struct vvm_fiber *fiber)
{
    if (!vvm_fiber_is_due_at_wait(fiber) || fiber->flags & VVM_FIBER_TOLD)
        return false;
    for (uint32_t top = fiber->top; top != 0;) {
        const struct vvm_frame *frame = vvm_frame_of(fiber->stack + top);
        if (!(frame->flags & VVM_FRAME_NATIVE) && is_quiet(frame))
            return false;
        top = frame->flags & VVM_FRAME_ENTRY ? 0 : top - frame->back;
    }
    return true;
}

/* ---- The end of the task ---- */

/* What `finally` threw is not lost: it is reported if nobody looks. */
static struct vvm_ending failed_with(vvm_value error, enum vrt_promise_state state, vvm_value attached)
{
    if (vvm_is_void(attached))
        return (struct vvm_ending){state, error};
    return (struct vvm_ending){VRT_PROMISE_REJECTED, vvm_error_suppress(error, attached)};
}

/* The cancellation of another task is no failure; what is attached to it is. */
static struct vvm_ending failed_after(struct vvm_vm *vm, vvm_value error, enum vrt_promise_state state, vvm_value thrown)
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

/* Others see an ordinary error: with the trace of the task, but not the task's own. */
static vvm_value as_others_see(struct vvm_isolate *isolate, vvm_value own, enum vvm_reason reason,
                               const struct vrt_cancel_origin *origin)
{
    struct vvm_record *record = own.object;
    if (vvm_is_unique(own.object)) {
        record->fields[OWN] = vvm_bool(false);
        return own;
    }
    vvm_value error = error_with(isolate, NULL, reason, origin, "");
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
static const struct vrt_cancel_origin *origin_at_end(struct vvm_isolate *isolate, struct vrt_promise *promise, uint32_t reason,
                                                     struct vrt_cancel_origin *copy)
{
    if (origin_of(promise, copy) != NULL)
        return copy;
    const struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    if (reason != VVM_REASON_TIMEOUT || rare == NULL || rare->deadline_ns == VRT_NEVER)
        return NULL;
    *copy = (struct vrt_cancel_origin){.time_ns = rare->deadline_ns};
    set_by_worker(isolate, copy, "the deadline of ");
    return copy;
}

struct vvm_ending vvm_cancel_ending(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, uint32_t reason,
                                    struct vvm_ending ending)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    vvm_value thrown = ending.value;
    bool own = ending.state == VRT_PROMISE_REJECTED && is_own_error(vm, thrown);
    struct vrt_promise *promise = fiber != NULL ? vvm_fiber_promise(isolate, fiber) : isolate->more->promise;
    struct vrt_cancel_origin copy;
    if (reason == 0 && !own)
        return ending;
    if (ending.state == VRT_PROMISE_RESOLVED || (own && reason == VVM_REASON_DEADLINE)) {
        vvm_release(thrown);
        thrown = vvm_void();
    }
    if (reason == VVM_REASON_DEADLINE)
        return failed_after(vm, timeout_error(isolate), VRT_PROMISE_REJECTED, thrown);
    const struct vrt_cancel_origin *origin = origin_at_end(isolate, promise, reason, &copy);
    if (own)
        return (struct vvm_ending){VRT_PROMISE_CANCELLED, as_others_see(isolate, thrown, reason, origin)};
    vvm_value error = error_with(isolate, (struct vvm_fiber *)(uintptr_t)fiber, reason, origin, "");
    set_reason(vm, error, reason, NULL, false);
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
        letter_free(alarm->letter);
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
    set_by(origin, &by);
    vvm_text_drop(&by);
    origin->time_ns = vrt_now();
}

/* Called by the thread that found the time over. */
static void alarm_rings(void *argument, struct vrt_waiter *record)
{
    struct alarm *alarm = argument;
    if (record->outcome == VRT_OUTCOME_TIMEOUT) {
        note_deadline(alarm);
        request(alarm->vm, alarm->promise, alarm->reason, alarm->letter);
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
    letter->origin = origin_new(vm, reason, NULL);
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
        letter_free(alarm->letter);
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
