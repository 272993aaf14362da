#include "vm/exec/shutdown.h"

#include "runtime/base/choice.h"
#include "vm/exec/cancel.h"
#include "vm/exec/isolate.h"
#include "vm/exec/report.h"
#include "vm/exec/step.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Asking ---- */

/* Errors: without memory nobody is told. */
static void post_to_main(struct vvm_vm *vm, bool all)
{
    struct vvm_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return;
    letter->post.kind = VVM_LETTER_SHUTDOWN;
    letter->count = all;
    vrt_isolate_post_any(&vm->main->base, &letter->post);
}

void vvm_shutdown_ask_any(struct vvm_vm *vm)
{
    uint64_t before = 0, now = vrt_now() | 1;
    /* acq_rel: pairs with vvm_shutdown_is_asked; the first one stands */
    if (!atomic_compare_exchange_strong_explicit(&vm->shutdown_ns, &before, now, memory_order_acq_rel,
                                                 memory_order_acquire))
        return;
    vrt_runtime_close_any(vm->runtime); /* before main can see that it is to end */
    post_to_main(vm, false);
}

/* ---- In main ---- */

static bool stops_actors(const struct vvm_vm *vm, const struct vvm_fiber *fiber)
{
    const struct vvm_frame *entry = vvm_frame_of(fiber->stack + VVM_FRAME_HEADER);
    return !(entry->flags & VVM_FRAME_NATIVE) && entry->function == vm->core[VVM_CORE_STOP_ACTORS];
}

/* By a request if it has a Future, which then tells why. */
static void cancel_fiber(struct vvm_machine *m, struct vvm_fiber *fiber)
{
    struct vrt_promise *promise = vvm_fiber_promise(m->isolate, fiber);
    if (promise == NULL || !vvm_cancel_by_any(m->vm, promise, VVM_REASON_SHUTDOWN, "shutdown"))
        vvm_fiber_cancel(m, fiber);
}

void vvm_shutdown_tell_main(struct vvm_machine *m, bool all)
{
    struct vvm_fiber *fiber = &m->isolate->first;
    do {
        if (fiber->top != 0 && (all || fiber->flags & VVM_FIBER_MAIN) && !stops_actors(m->vm, fiber))
            cancel_fiber(m, fiber);
        fiber = fiber->list_next;
    } while (fiber != &m->isolate->first);
}

/* ---- The phases ---- */

struct workers { struct vrt_promise **promises; size_t count, capacity; };

static bool has_room(struct workers *workers)
{
    if (workers->count < workers->capacity)
        return true;
    size_t capacity = workers->capacity * 2 + 16;
    struct vrt_promise **grown = realloc(workers->promises, capacity * sizeof *grown);
    if (grown == NULL)
        return false; /* the others are told */
    workers->promises = grown;
    workers->capacity = capacity;
    return true;
}

/* Under the list's lock, which keeps the isolate: its promise is taken along. Actors are stopped, not cancelled. */
static bool collect(struct vrt_isolate *base, void *argument)
{
    struct workers *workers = argument;
    const struct vvm_isolate_more *more = ((struct vvm_isolate *)base)->more;
    bool worker = base->pool != NULL && more != NULL && more->promise != NULL && more->actor == NULL;
    if (!worker)
        return true;
    if (!has_room(workers))
        return false;
    vrt_promise_retain_any(more->promise);
    workers->promises[workers->count++] = more->promise;
    return true;
}

static void cancel_workers(struct vvm_vm *vm)
{
    struct workers workers = {0};
    vrt_runtime_each_isolate(vm->runtime, collect, &workers);
    for (size_t i = 0; i < workers.count; i++) {
        vvm_cancel_by_any(vm, workers.promises[i], VVM_REASON_SHUTDOWN, "shutdown");
        vrt_promise_release_any(workers.promises[i]);
    }
    free(workers.promises);
}

void vvm_shutdown_end_tasks(struct vvm_vm *vm)
{
    uint64_t asked = atomic_load_explicit(&vm->shutdown_ns, memory_order_acquire); /* pairs with vvm_shutdown_ask_any */
    post_to_main(vm, true); /* main has ended: as with a worker, its other tasks go with it */
    vrt_runtime_wait_quiescent(vm->runtime, vrt_deadline_after(asked, vm->patience_ns));
    cancel_workers(vm);
    post_to_main(vm, true);
    vrt_runtime_wait_quiescent(vm->runtime, vrt_deadline_after(vrt_now(), vm->patience_ns));
}

/* Actors that are left have not run their postStop, and what is in their mailboxes goes with them: that is told at any
 * end. */
void vvm_shutdown_report(struct vvm_vm *vm)
{
    struct vvm_text_builder lines;
    bool asked = vvm_shutdown_is_asked(vm);
    vvm_text_init(&lines);
    uint32_t count = vvm_report_tasks(vm, VVM_REPORT_TRACES | (asked ? 0 : VVM_REPORT_LEFT_ACTORS), &lines);
    if (count != 0 && !lines.failed)
        fprintf(stderr, "vela: %u task%s %s\n%.*s", count, count == 1 ? "" : "s",
                asked ? "left at shutdown" : "of actors that have not stopped", (int)lines.length, lines.data);
    vvm_text_drop(&lines);
}
