#include "vm/exec/late.h"

#include "runtime/base/choice.h"
#include "runtime/sched/timer.h"
#include "vm/exec/cancel.h"
#include "vm/exec/describe.h"
#include "vm/exec/error.h"

#include <stdio.h>
#include <stdlib.h>

#define OLD 9u /* more than eight eighths have passed */

static uint64_t eighth(const struct vvm_isolate *isolate)
{
    return vvm_isolate_vm(isolate)->patience_ns / 8 + 1;
}

static uint8_t now_in_eighths(const struct vvm_isolate *isolate)
{
    return (uint8_t)(vrt_now() / eighth(isolate));
}

void vvm_late_note(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    struct vvm_isolate_rare *rare = vvm_isolate_need_rare(isolate);
    if (rare != NULL && rare->late == NULL)
        rare->late = calloc(1, sizeof *rare->late);
    fiber->cancelled_at = now_in_eighths(isolate);
    if (rare != NULL && rare->late != NULL)
        rare->late->count++;
    else
        fiber->flags |= VVM_FIBER_LATE; /* no memory to look after it */
}

/* ---- The timer ---- */

static void start_timer(struct vvm_isolate *isolate, uint64_t eighths)
{
    struct vvm_late *late = vvm_isolate_late(isolate);
    struct vela_runtime *runtime = isolate->base.runtime;
    if (late->record == NULL)
        late->record = vrt_waiter_create_fiber(runtime, &isolate->base, NULL);
    if (late->record == NULL)
        return; /* the next turn tries again */
    late->ticket = vrt_waiter_arm(late->record);
    if (vrt_timer_start(runtime, late->record, late->ticket,
                        vrt_deadline_after(vrt_now(), eighths * eighth(isolate))) == VRT_OK)
        return;
    vrt_waiter_claim_any(late->record, late->ticket); /* registered nowhere: always succeeds */
    late->ticket = 0;
}

/* False: its letter is on its way. */
static bool stop_timer(struct vvm_late *late)
{
    if (late->ticket != 0 && !vrt_waiter_claim_any(late->record, late->ticket))
        return false;
    late->ticket = 0;
    return true;
}

void vvm_late_drop(struct vvm_isolate *isolate)
{
    struct vvm_late *late = vvm_isolate_late(isolate);
    if (late == NULL)
        return;
    if (late->record != NULL)
        vrt_waiter_destroy(isolate->base.runtime, late->record);
    free(late);
    vvm_isolate_rare(isolate)->late = NULL;
}

void vvm_late_end_turn(struct vvm_isolate *isolate)
{
    struct vvm_late *late = vvm_isolate_late(isolate);
    if (late->count == 0 && stop_timer(late))
        vvm_late_drop(isolate);
    else if (late->count != 0 && late->ticket == 0)
        start_timer(isolate, OLD);
}

/* ---- Telling ---- */

static void print(struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "vela: ");
    vvm_describe_task(isolate, fiber, &out);
    vvm_text_add_c(&out, " was cancelled (");
    vvm_text_add_c(&out, vvm_fiber_reason(isolate, fiber));
    vvm_text_add_c(&out, ") and has not ended after ");
    vvm_text(vvm_duration((int64_t)vvm_isolate_vm(isolate)->patience_ns), false, &out);
    vvm_trace_write(vvm_isolate_vm(isolate), fiber, "\n  ", &out);
    vvm_text_add_c(&out, "\n");
    fwrite(out.data, 1, out.failed ? 0 : out.length, stderr);
    fflush(stderr);
    vvm_text_drop(&out);
}

static bool is_waited_for(const struct vvm_fiber *fiber)
{
    return fiber->top != 0 && (fiber->flags & (VVM_FIBER_CANCELLED | VVM_FIBER_LATE)) == VVM_FIBER_CANCELLED;
}

void vvm_late_give_up(struct vvm_isolate *isolate, struct vvm_fiber *fiber)
{
    if (!is_waited_for(fiber))
        return;
    fiber->flags |= VVM_FIBER_LATE;
    vvm_isolate_late(isolate)->count--;
    if (vvm_isolate_is_main(isolate))
        vrt_atomic_store_relaxed(&vvm_isolate_vm(isolate)->main_is_late, true); /* a hint */
    print(isolate, fiber);
    vvm_cancel_fail(isolate, fiber);
}

/* Others of its isolate run, and it has had no turn since: it goes on with its error, or never begins, when it gets one. */
static bool is_kept_waiting(const struct vvm_fiber *fiber)
{
    return fiber->state == VVM_FIBER_READY &&
           (fiber->flags & (VVM_FIBER_FRESH | VVM_FIBER_INTERRUPTED) ||
            (vvm_fiber_is_due_at_wait(fiber) && !(fiber->flags & VVM_FIBER_TOLD)));
}

/* Gives up those that are old. Gives the age of the oldest other one. */
static uint8_t give_up_old(struct vvm_isolate *isolate)
{
    struct vvm_fiber *fiber = &isolate->first;
    uint8_t now = now_in_eighths(isolate), oldest = 0;
    do {
        if (is_waited_for(fiber) && is_kept_waiting(fiber))
            fiber->cancelled_at = now; /* its time begins with its turn */
        uint8_t age = (uint8_t)(now - fiber->cancelled_at);
        if (is_waited_for(fiber) && age >= OLD)
            vvm_late_give_up(isolate, fiber);
        else if (is_waited_for(fiber) && age > oldest)
            oldest = age;
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
    return oldest;
}

bool vvm_late_take(struct vvm_isolate *isolate, const struct vrt_waiter *record)
{
    struct vvm_late *late = vvm_isolate_late(isolate);
    if (late == NULL || record != late->record)
        return false;
    late->ticket = 0;
    uint8_t oldest = give_up_old(isolate);
    if (late->count != 0)
        start_timer(isolate, OLD - oldest);
    return true;
}
