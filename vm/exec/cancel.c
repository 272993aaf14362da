#include "vm/exec/cancel_parts.h"

#include "vm/exec/future.h"
#include "vm/exec/late.h"
#include "vm/exec/scope.h"

#include <stdlib.h>

/* ---- Requests ---- */

vvm_value vvm_cancel_timeout_error(struct vvm_isolate *isolate)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_isolate_add_text(isolate, &text);
    vvm_text_add_c(&text, " timed out after ");
    vvm_text(vvm_duration(vvm_isolate_rare(isolate)->timeout_ns), false, &text);
    return vvm_error_make(vm, NULL, vm->known[VVM_T_TIMEOUT_ERROR], vvm_text_finish(&text));
}

struct called_off { enum vvm_reason reason; const struct vrt_cancel_origin *origin; vvm_value error; };

static void add_error(struct vrt_isolate *base, void *argument)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct called_off *out = argument;
    out->error = out->reason == VVM_REASON_DEADLINE
                     ? vvm_cancel_timeout_error(isolate)
                     : vvm_cancel_error_with(isolate, NULL, out->reason, out->origin, "");
}

/* Its worker will never begin, so its Future need not wait for the turn in which it ends. */
static bool settle_called_off(struct vrt_promise *promise, enum vvm_reason reason)
{
    struct vrt_cancel_origin origin;
    struct called_off out = {.reason = reason, .origin = vvm_cancel_origin_of(promise, &origin)};
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
    vvm_value error =
        late ? vvm_cancel_timeout_error(isolate)
             : vvm_cancel_error_with(isolate, fiber, reason, vvm_cancel_origin_of(promise, &origin), ", but goes on");
    vvm_cancel_set_reason(vvm_isolate_vm(isolate), error, reason, NULL, false);
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
    vvm_cancel_set_reason(vm, error, reason, origin, false);
    vvm_share_for_many(error, "error", &path);
    vvm_text_drop(&path);
    if (vrt_promise_settle_any(promise, VRT_PROMISE_CANCELLED, error))
        return true;
    vvm_release(error);
    return false;
}

void vvm_cancel_letter_free(struct vrt_cancel_letter *letter)
{
    free(letter->origin);
    free(letter);
}

bool vvm_cancel_request(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                        struct vrt_cancel_letter *letter)
{
    if (reason == VVM_NO_REASON) {
        letter->post.kind = VVM_LETTER_UNSHIELD;
        if (!vrt_promise_tell_any(promise, letter))
            vvm_cancel_letter_free(letter);
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
    vvm_cancel_letter_free(letter);
    return done;
}

/* Consumes the origin. */
static bool cancel_from(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                        struct vrt_cancel_origin *origin)
{
    struct vrt_cancel_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL) {
        free(origin);
        return false;
    }
    letter->origin = origin;
    return vvm_cancel_request(vm, promise, reason, letter);
}

bool vvm_cancel_by_any(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason, const char *by)
{
    return cancel_from(vm, promise, reason, vvm_cancel_origin_new(vm, reason, by));
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

/* Another task is cancelled in its place. Without a reason, and at a deadline, all tasks of the isolate are cancelled:
 * that one is among them. */
static void pass_on(struct vvm_machine *m, struct vvm_fiber *fiber, struct vrt_promise *other)
{
    struct vrt_promise *promise = vvm_fiber_promise(m->isolate, fiber);
    uint32_t reason = promise != NULL ? vrt_promise_requested_any(promise) : 0;
    if (reason == 0 || reason == VVM_REASON_DEADLINE)
        return;
    struct vrt_cancel_origin *origin = calloc(1, sizeof *origin);
    if (origin != NULL)
        vrt_promise_origin_any(promise, origin);
    cancel_from(m->vm, other, reason, origin);
}

bool vvm_fiber_tell_at_wait(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    struct vrt_promise *scope = vvm_scope_awaited(m->isolate, fiber);
    if (scope == NULL)
        return vvm_fiber_interrupt(m, fiber, vvm_fiber_cancellation(m->isolate, fiber));
    pass_on(m, fiber, scope);
    return false;
}

static void tell_if_waiting(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    if (fiber->state == VVM_FIBER_PARKED && vvm_fiber_is_due_at_wait(fiber) && vvm_fiber_tell_at_wait(m, fiber))
        vvm_isolate_make_ready(m->isolate, fiber);
}

/* The record is decided at once, or left to be claimed for the error. */
enum vvm_outcome vvm_fiber_yield(struct vvm_call *call, vvm_resume resume)
{
    struct vrt_waiter *waiter = vvm_fiber_waiter(call);
    if (waiter == NULL)
        return vvm_throw_memory(call);
    uint64_t ticket = vrt_waiter_arm(waiter);
    if (!vvm_fiber_is_due_at_wait(call->fiber)) {
        vrt_waiter_claim_any(waiter, ticket); /* registered nowhere: always succeeds */
        vrt_waiter_finish_any(waiter, VRT_OUTCOME_DONE, vvm_void());
    }
    return vvm_fiber_park(call, resume);
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
    vvm_cancel_letter_free(letter);
}

/* ---- The task ---- */

void vvm_fiber_cancel(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    if (!(fiber->flags & VVM_FIBER_CANCELLED)) {
        fiber->flags |= VVM_FIBER_CANCELLED;
        m->isolate->flags |= VVM_ISOLATE_TELLS;
        vvm_late_note(m->isolate, fiber);
    }
    if (fiber->flags & VVM_FIBER_FOLLOWS)
        pass_on(m, fiber, vvm_promise_of(fiber->stack[fiber->top])); /* the argument of its await */
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
        pass_on(m, m->fiber, vvm_promise_of(future));
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

