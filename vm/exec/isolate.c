#include "vm/exec/isolate.h"

#include "runtime/base/account.h"
#include "vm/exec/actors.h"
#include "vm/exec/cancel.h"
#include "vm/exec/division.h"
#include "vm/exec/future.h"
#include "vm/exec/interpreter.h"
#include "vm/exec/late.h"
#include "vm/exec/shutdown.h"
#include "vm/exec/step.h"

#include <stdlib.h>

#define CYCLE_SLICE 1000

/* ---- Fibers ---- */

vvm_value vvm_isolate_sender(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    if (fiber != NULL && fiber->flags & VVM_FIBER_ANSWERS)
        return ((const struct vvm_answering_fiber *)fiber)->sender;
    const struct vvm_actor *actor = isolate->more != NULL ? isolate->more->actor : NULL;
    return actor != NULL && actor->sender != NULL ? vvm_of_object(VVM_HANDLE, actor->sender) : vvm_void();
}

static struct vvm_fiber *new_fiber(struct vvm_isolate *isolate)
{
    if (isolate->more == NULL || isolate->more->actor == NULL) {
        struct vvm_fiber *fiber = vrt_alloc(sizeof *fiber);
        if (fiber != NULL)
            *fiber = (struct vvm_fiber){0};
        return fiber;
    }
    struct vvm_answering_fiber *fiber = vrt_alloc(sizeof *fiber);
    if (fiber == NULL)
        return NULL;
    *fiber = (struct vvm_answering_fiber){.fiber.flags = VVM_FIBER_ANSWERS,
                                          .sender = vvm_retain(vvm_isolate_sender(isolate, isolate->current))};
    return &fiber->fiber;
}

static void free_fiber(struct vvm_fiber *fiber)
{
    if (!(fiber->flags & VVM_FIBER_ANSWERS)) {
        vrt_free(fiber, sizeof *fiber);
        return;
    }
    struct vvm_answering_fiber *whole = (struct vvm_answering_fiber *)fiber;
    vvm_release(whole->sender);
    vrt_free(whole, sizeof *whole);
}

struct vvm_fiber *vvm_isolate_add_fiber(struct vvm_isolate *isolate)
{
    struct vvm_fiber *fiber = &isolate->first;
    if (isolate->flags & VVM_ISOLATE_FIRST_USED) {
        fiber = new_fiber(isolate);
        if (fiber == NULL)
            return NULL;
        fiber->list_next = &isolate->first;
        fiber->list_prev = isolate->first.list_prev;
        fiber->list_prev->list_next = fiber;
        isolate->first.list_prev = fiber;
    } else {
        isolate->flags |= VVM_ISOLATE_FIRST_USED;
        *fiber = (struct vvm_fiber){.list_next = fiber->list_next, .list_prev = fiber->list_prev,
                                    .flags = VVM_FIBER_EMBEDDED};
    }
    fiber->number = isolate->fiber_count++;
    return fiber;
}

void vvm_isolate_remove_fiber(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vvm_handle *future = fiber->future;
    fiber->future = NULL;
    vvm_late_ended(isolate, fiber);
    vvm_fiber_deinit(isolate->base.runtime, fiber);
    if (future != NULL)
        vvm_object_release(&future->header);
    if (fiber == &isolate->first) {
        isolate->flags &= ~(uint32_t)VVM_ISOLATE_FIRST_USED;
        return;
    }
    fiber->list_prev->list_next = fiber->list_next;
    fiber->list_next->list_prev = fiber->list_prev;
    free_fiber(fiber);
}

void vvm_isolate_make_ready(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    fiber->state = VVM_FIBER_READY;
    struct vvm_fiber *last = isolate->ready_last;
    if (last == NULL) {
        fiber->next = fiber;
    } else {
        fiber->next = last->next;
        last->next = fiber;
    }
    isolate->ready_last = fiber;
}

static struct vvm_fiber *take_ready(struct vvm_isolate *isolate)
{
    struct vvm_fiber *last = isolate->ready_last;
    if (last == NULL)
        return NULL;
    struct vvm_fiber *fiber = last->next;
    if (fiber == last)
        isolate->ready_last = NULL;
    else
        last->next = fiber->next;
    fiber->next = NULL;
    return fiber;
}

bool vvm_isolate_start_fiber(struct vvm_isolate *isolate, vvm_value callee, const vvm_value *args, uint32_t count,
                             struct vvm_handle *future)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_fiber *fiber = vvm_isolate_add_fiber(isolate);
    vvm_value error = vm->memory_error;
    if (fiber == NULL) {
        vvm_release(callee);
        vvm_release_arguments((vvm_value *)(uintptr_t)args, count, 0xffff);
    } else if (vvm_fiber_init(vm, fiber, callee, args, count, &error)) {
        fiber->future = future;
        fiber->flags |= VVM_FIBER_FRESH;
        vvm_isolate_make_ready(isolate, fiber);
        return true;
    } else {
        vvm_isolate_remove_fiber(isolate, fiber);
    }
    if (future == NULL) {
        vvm_release(error);
        return false;
    }
    vvm_promise_settle_local(vm, future, error, VRT_PROMISE_REJECTED);
    vvm_object_release(&future->header);
    return false;
}

/* ---- The inbox ---- */

static void start_letter(struct vvm_machine *m, struct vvm_letter *letter)
{
    struct vvm_isolate *isolate = m->isolate;
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    vvm_value future = vvm_promise_new(vm, letter->promise);
    if (vvm_is_unset(future)) {
        vvm_release(letter->callee);
        vvm_release_arguments(letter->args, letter->count, 0xffff);
        return;
    }
    vrt_promise_own(letter->promise, &isolate->base); /* so that it can be cancelled */
    if (vvm_isolate_start_fiber(isolate, letter->callee, letter->args, letter->count, future.object))
        isolate->ready_last->flags |= VVM_FIBER_MAIN;
    if (vvm_shutdown_is_asked(vm)) /* before this program began */
        vvm_shutdown_tell_main(m, false);
}

/* Nothing can ever happen any more, or not to some: the tasks of main that are among them get the report as an
 * error. */
static void deadlock_letter(struct vvm_isolate *isolate, struct vvm_letter *letter)
{
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_fiber *fiber = &isolate->first;
    do {
        if (fiber->flags & VVM_FIBER_MAIN && fiber->state == VVM_FIBER_PARKED &&
            (letter->count == 0 || fiber->flags & VVM_FIBER_STUCK) &&
            vrt_waiter_claim_any(fiber->waiter, vrt_waiter_ticket(fiber->waiter))) {
            fiber->waiter->outcome = VRT_OUTCOME_CANCELLED;
            struct vvm_call call = {.vm = vm, .isolate = isolate, .fiber = fiber};
            fiber->waiter->value = vvm_error_new(vm, &call, VVM_T_DEADLOCK_ERROR, "%s", letter->text);
            /* it may be so anew */
            fiber->flags = (uint16_t)((fiber->flags & ~VVM_FIBER_STUCK) | VVM_FIBER_INTERRUPTED);
            vvm_isolate_make_ready(isolate, fiber);
        }
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
    free(letter->text);
}

static void take_letter(struct vvm_machine *m, struct vrt_post *post)
{
    struct vvm_letter *letter = (struct vvm_letter *)(void *)post;
    switch (post->kind) {
    case VVM_LETTER_UNSHIELD:
    case VVM_LETTER_GIVE_UP:
    case VVM_LETTER_CANCEL: vvm_cancel_take_letter(m, (struct vrt_cancel_letter *)(void *)post); return;
    case VVM_LETTER_START: start_letter(m, letter); break;
    case VVM_LETTER_SHUTDOWN: vvm_shutdown_tell_main(m, letter->count != 0); break;
    default: deadlock_letter(m->isolate, letter); break;
    }
    free(letter);
}

static void take_inbox(struct vvm_machine *m)
{
    struct vvm_isolate *isolate = m->isolate;
    struct vrt_post *post = vrt_isolate_take_inbox(&isolate->base);
    while (post != NULL) {
        struct vrt_post *next = post->next;
        if (post->kind == VRT_POST_WAITER) {
            struct vrt_waiter *record = vrt_waiter_from_post(post);
            if (!vvm_late_take(isolate, record))
                vvm_isolate_make_ready(isolate, record->cookie);
        } else {
            take_letter(m, post);
        }
        post = next;
    }
}

/* ---- Turns ---- */

/* A task that was cancelled before it ran drops what it holds; one that computes meets its safepoint at once. */
static bool begin(struct vvm_machine *m)
{
    struct vvm_fiber *fiber = m->fiber;
    bool fresh = (fiber->flags & VVM_FIBER_FRESH) != 0;
    fiber->flags &= (uint16_t)~VVM_FIBER_FRESH;
    if (fresh && fiber->flags & VVM_FIBER_WORKER)
        vrt_atomic_store_relaxed(&m->isolate->more->started_ns, vrt_now()); /* a statistic */
    if (VVM_LIKELY(!vvm_fiber_is_due_at_wait(fiber) || fiber->flags & VVM_FIBER_TOLD))
        return true;
    if (!fresh) {
        fiber->reductions -= (uint64_t)m->budget; /* the safepoint adds a whole budget */
        m->budget = 0;
        return true;
    }
    fiber->flags |= VVM_FIBER_TOLD;
    m->error = vvm_fiber_cancellation(m->isolate, fiber);
    return vvm_unwind(m) != VVM_STEP_ENDED;
}

void vvm_fiber_note_wait(struct vvm_machine *m)
{
    if (m->fiber->waiter != NULL)
        m->fiber->waiter->since_ms = (uint32_t)((m->thread->seen_ns - m->vm->runtime->started_ns) / 1000000);
}

/* Runs ready fibers. True: one still has to go on. */
static bool run_fibers(struct vvm_machine *m)
{
    struct vvm_isolate *isolate = m->isolate;
    for (;;) {
        if (isolate->current == NULL && (isolate->current = take_ready(isolate)) == NULL)
            return false;
        m->fiber = m->call.fiber = isolate->current;
        m->fiber->state = VVM_FIBER_RUNNING;
        enum vvm_run outcome = begin(m) ? vvm_interpret(m) : VVM_RUN_ENDED;
        if (outcome == VVM_RUN_EXPIRED)
            return true;
        isolate->current = NULL;
        if (outcome == VVM_RUN_PARKED) {
            m->fiber->state = VVM_FIBER_PARKED;
            vvm_fiber_note_wait(m);
            vvm_fiber_shrink(m->fiber);
        } else {
            vvm_isolate_remove_fiber(isolate, m->fiber);
        }
    }
}

static void collect_cycles(struct vvm_isolate *isolate)
{
    if (isolate->cycles != NULL && vvm_cycles_due(isolate->cycles))
        vvm_cycles_collect(isolate->cycles, CYCLE_SLICE);
}

void vvm_isolate_enter(struct vvm_isolate *isolate)
{
    vvm_vm_enter(vvm_isolate_vm(isolate));
    vvm_cycles_enter(isolate->cycles);
}

static void leave(void)
{
    vvm_cycles_enter(NULL);
}

void vvm_isolate_cancel_fibers(struct vvm_machine *m)
{
    struct vvm_fiber *fiber = &m->isolate->first;
    do {
        if (fiber != m->fiber && fiber->top != 0)
            vvm_fiber_cancel(m, fiber);
        fiber = fiber->list_next;
    } while (fiber != &m->isolate->first);
}

static bool has_fibers(const struct vvm_isolate *isolate)
{
    return isolate->first.list_next != &isolate->first || isolate->flags & VVM_ISOLATE_FIRST_USED;
}

/* Takes a fiber's wait record out of where it waits. */
static void unlink_fiber(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    m->fiber = m->call.fiber = fiber;
    if (fiber->top == 0 || !(vvm_top(m)->flags & VVM_FRAME_NATIVE) || !(vvm_top(m)->flags & VVM_FRAME_RESUME))
        return;
    if (fiber->waiter->outcome == VRT_OUTCOME_NONE)
        fiber->waiter->outcome = VRT_OUTCOME_CANCELLED;
    vvm_native_abandon(m);
    vvm_top(m)->flags &= (uint16_t)~VVM_FRAME_RESUME;
}

/* The runtime is being destroyed, no wait can be decided any more: everything is dropped as it stands. */
void vvm_isolate_drop_fibers(struct vvm_isolate *isolate)
{
    struct vvm_machine m = {.vm = vvm_isolate_vm(isolate), .isolate = isolate, .resumed = vvm_unset()};
    m.call = (struct vvm_call){.vm = m.vm, .isolate = isolate, .resumed = vvm_unset()};
    isolate->ready_last = NULL;
    isolate->current = NULL;
    for (struct vvm_fiber *fiber = isolate->first.list_next; fiber != &isolate->first; fiber = fiber->list_next)
        unlink_fiber(&m, fiber);
    unlink_fiber(&m, &isolate->first);
    while (isolate->first.list_next != &isolate->first)
        vvm_isolate_remove_fiber(isolate, isolate->first.list_next);
    if (isolate->flags & VVM_ISOLATE_FIRST_USED)
        vvm_isolate_remove_fiber(isolate, &isolate->first);
}

/* ---- Huge values that died ---- */

/* Not under a memory limit: what the worker lets go of is to be there for what it makes next. Main's ends go at
 * once. */
static void begin_release(struct vvm_isolate *isolate)
{
    struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    if (isolate->more == NULL || vvm_isolate_is_main(isolate) || isolate->base.account != NULL)
        return;
    vvm_release_defer(rare != NULL ? rare->unreleased : NULL);
    if (rare != NULL)
        rare->unreleased = NULL;
}

/* True: something is left. Without memory to remember it nothing is. */
static bool end_release(struct vvm_isolate *isolate)
{
    struct vvm_object *rest = vvm_release_end_defer();
    struct vvm_isolate_rare *rare = rest != NULL ? vvm_isolate_need_rare(isolate) : NULL;
    if (rare != NULL)
        rare->unreleased = rest;
    else
        vvm_release_rest(rest);
    return rare != NULL;
}

/* What died is released before the tasks go on, so it does not pile up; but a cancelled task need not wait for that.
 * True: there is more to do. */
static bool release_or_run(struct vvm_machine *m)
{
    bool tells = (m->isolate->flags & VVM_ISOLATE_TELLS) != 0;
    m->isolate->flags &= ~(uint32_t)VVM_ISOLATE_TELLS;
    return (!tells && vvm_release_some()) || run_fibers(m);
}

enum vrt_turn vvm_isolate_run(struct vrt_isolate *base, struct vrt_thread *thread)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    struct vvm_machine machine = {.vm = vm, .isolate = isolate, .thread = thread, .budget = VRT_BUDGET,
                                  .resumed = vvm_unset()};
    machine.call = (struct vvm_call){.vm = vm, .isolate = isolate, .resumed = vvm_unset()};
    vvm_isolate_enter(isolate);
    vvm_walked(); /* what the last one has left is not this one's */
    begin_release(isolate);
    vrt_thread_poll(thread);
    take_inbox(&machine);
    bool more = release_or_run(&machine);
    if (VVM_UNLIKELY(isolate->flags & VVM_ISOLATE_DIVIDES))
        vvm_division_end_turn(isolate);
    if (end_release(isolate))
        more = true;
    else
        collect_cycles(isolate);
    if (vvm_isolate_late(isolate) != NULL)
        vvm_late_end_turn(isolate);
    bool ended =
        !more && isolate->flags & VVM_ISOLATE_ENDED && !has_fibers(isolate) && vvm_isolate_late(isolate) == NULL;
    leave();
    if (ended)
        return VRT_TURN_END;
    return more ? VRT_TURN_YIELD : VRT_TURN_IDLE;
}

