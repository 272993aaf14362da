/* CancellationError: what it says, and what is known of who asked. */
#include "vm/exec/cancel_parts.h"

#include "vm/exec/future.h"
#include "vm/exec/late.h"
#include "vm/exec/shutdown.h"

#include <stdlib.h>
#include <string.h>

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

void vvm_cancel_set_by(struct vrt_cancel_origin *origin, const struct vvm_text_builder *by)
{
    size_t length = by->failed ? 0 : by->length;
    if (length >= sizeof origin->by)
        length = sizeof origin->by - 1;
    if (length != 0)
        memcpy(origin->by, by->data, length);
    origin->by[length] = '\0';
}

struct vrt_cancel_origin *vvm_cancel_origin_new(const struct vvm_vm *vm, enum vvm_reason reason, const char *by)
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
    vvm_cancel_set_by(origin, &text);
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
        fields[CANCEL_BY] = by;
    if (!vvm_is_unset(where))
        fields[CANCEL_PLACE] = where;
    fields[CANCEL_TIME] = vvm_float((double)(origin->time_ns - vm->runtime->started_ns) / 1e9);
}

/* ---- The error itself ---- */

/* An error that could not be made is the preallocated OutOfMemoryError, which has no reason. The error has just been
 * made: by and place are short texts without a count. */
void vvm_cancel_set_reason(struct vvm_vm *vm, vvm_value error, enum vvm_reason reason,
                           const struct vrt_cancel_origin *origin, bool own)
{
    if (!vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR))
        return;
    vvm_value *fields = ((struct vvm_record *)error.object)->fields, text = vvm_string_from_c(reason_text(reason));
    if (!vvm_is_unset(text)) {
        vvm_release(fields[CANCEL_REASON]);
        fields[CANCEL_REASON] = text;
    }
    if (origin != NULL)
        set_origin(vm, fields, origin);
    vvm_release(fields[CANCEL_OWN]);
    fields[CANCEL_OWN] = vvm_bool(own);
}

#define MESSAGE_ROOM 40 /* for `worker 123456 cancelled` and the like */

vvm_value vvm_cancel_error_with(struct vvm_isolate *isolate, struct vvm_fiber *fiber, enum vvm_reason reason,
                                const struct vrt_cancel_origin *origin, const char *what)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_text_builder message;
    vvm_text_init(&message);
    vvm_text_reserve(&message, MESSAGE_ROOM);
    add_task(isolate, fiber, &message);
    vvm_text_add_c(&message, " cancelled");
    vvm_text_add_c(&message, what);
    vvm_value error = vvm_error_make(vm, fiber, vm->known[VVM_T_CANCELLATION_ERROR], vvm_text_finish(&message));
    vvm_cancel_set_reason(vm, error, reason, origin, fiber != NULL);
    return error;
}

/* Of a request that is noted in the promise: NULL if nobody is known. */
const struct vrt_cancel_origin *vvm_cancel_origin_of(struct vrt_promise *promise, struct vrt_cancel_origin *copy)
{
    return promise != NULL && vrt_promise_origin_any(promise, copy) ? copy : NULL;
}

void vvm_cancel_set_by_worker(const struct vvm_isolate *isolate, struct vrt_cancel_origin *origin, const char *what)
{
    struct vvm_text_builder by;
    vvm_text_init(&by);
    vvm_text_add_c(&by, what);
    vvm_isolate_add_text(isolate, &by);
    vvm_cancel_set_by(origin, &by);
    vvm_text_drop(&by);
}

/* Left over when its worker has ended, or goes with it: at the worker's deadline, or because its function returned. */
static vvm_value error_with_worker(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vrt_cancel_origin origin = {0};
    struct vrt_promise *promise = isolate->more != NULL ? isolate->more->promise : NULL;
    if (vvm_cancel_origin_of(promise, &origin) == NULL) {
        vvm_cancel_set_by_worker(isolate, &origin, "the end of ");
        origin.time_ns = vrt_now();
    }
    return vvm_cancel_error_with(isolate, fiber, VVM_REASON_CANCELLED, &origin, " with its worker");
}

vvm_value vvm_fiber_cancellation(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(isolate, fiber);
    uint32_t reason = promise != NULL ? vrt_promise_requested_any(promise) : 0;
    struct vrt_cancel_origin origin;
    if (reason == 0 && vvm_shutdown_is_asked(vvm_isolate_vm(isolate)))
        return vvm_cancel_error_with(isolate, fiber, VVM_REASON_SHUTDOWN, NULL, "");
    if (reason == 0)
        return error_with_worker(isolate, fiber);
    return vvm_cancel_error_with(isolate, fiber, reason, vvm_cancel_origin_of(promise, &origin), "");
}

const char *vvm_fiber_reason(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(isolate, fiber);
    return reason_text(promise != NULL ? vrt_promise_requested_any(promise) : VVM_REASON_CANCELLED);
}

bool vvm_cancel_is_own_error(struct vvm_vm *vm, vvm_value error)
{
    if (!vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR))
        return false;
    vvm_value own = ((struct vvm_record *)error.object)->fields[CANCEL_OWN];
    return vvm_is_bool(own) && own.number != 0;
}

bool vvm_cancellation_is_own(struct vvm_vm *vm, const struct vvm_fiber *fiber, vvm_value error)
{
    return (fiber->flags & VVM_FIBER_CANCELLED) != 0 && vvm_cancel_is_own_error(vm, error);
}
