#include "vm/exec/describe.h"

#include "runtime/sync/channel.h"
#include "vm/exec/error.h"
#include "vm/exec/step.h"
#include "vm/exec/waits.h"

/* ---- Who ---- */

static void add_owner(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = isolate->more;
    const char *name = vvm_isolate_is_main(isolate) ? NULL : vvm_isolate_name(isolate);
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(out, "main");
    else if (more != NULL && !vvm_is_void(more->actor))
        vvm_text_add_format(out, "actor %s", name);
    else if (name != NULL)
        vvm_text_add_format(out, "worker \"%s\"", name);
    else
        vvm_text_add_c(out, "a worker");
}

static const char *entry_name(const struct vvm_fiber *fiber)
{
    const struct vvm_frame *frame = vvm_frame_of(fiber->stack + VVM_FRAME_HEADER);
    return frame->flags & VVM_FRAME_NATIVE ? "" : frame->function->name;
}

void vvm_describe_task(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    if (fiber->future != NULL && !(fiber->flags & (VVM_FIBER_MAIN | VVM_FIBER_WORKER)))
        vvm_text_add_format(out, "task %s of ", entry_name(fiber));
    add_owner(isolate, out);
}

static void add_spawn(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = vvm_isolate_is_main(isolate) ? NULL : isolate->more;
    if (more == NULL || more->site_count == 0)
        return;
    vvm_text_add_c(out, " spawned in ");
    vvm_trace_place(vvm_isolate_vm(isolate), more->sites[0], out);
}

void vvm_describe_isolate_any(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    add_owner(isolate, out);
    add_spawn(isolate, out);
}

/* ---- What it waits for ---- */

static void add_channel(struct vvm_vm *vm, struct vrt_channel *channel, struct vvm_text_builder *out)
{
    struct vrt_channel_facts facts;
    vrt_channel_facts_any(channel, &facts);
    vvm_text_add_c(out, " a channel");
    if (facts.site != 0) {
        vvm_text_add_c(out, " made in ");
        vvm_trace_place(vm, facts.site, out);
    }
    vvm_text_add_format(out, ", which has %u open sender%s and %u receiver%s", facts.senders,
                        facts.senders == 1 ? "" : "s", facts.receivers, facts.receivers == 1 ? "" : "s");
}

static void add_channel_of(struct vvm_vm *vm, const char *what, const struct vrt_waiter *waiter, struct vvm_text_builder *out)
{
    struct vrt_channel *channel = vrt_channel_of_waiter(waiter);
    vvm_text_add_c(out, what);
    if (channel != NULL)
        add_channel(vm, channel, out);
}

/* Whose result it is, or where the promise was made. */
static void add_promise(struct vvm_vm *vm, const struct vvm_waits *waits, const struct vrt_promise *promise,
                        struct vvm_text_builder *out)
{
    const struct vvm_wait *settler = waits != NULL ? vvm_waits_settler(waits, promise) : NULL;
    vvm_text_add_c(out, "waits for ");
    if (settler != NULL) {
        vvm_text_add_c(out, "the result of ");
        vvm_describe_task(settler->isolate, settler->fiber, out);
    } else if (promise == NULL || promise->site <= VVM_PROMISE_AT_REST ||
               vrt_promise_is_owned((struct vrt_promise *)(uintptr_t)promise)) {
        vvm_text_add_c(out, "a Future");
    } else {
        vvm_text_add_c(out, "a promise made in ");
        vvm_trace_place(vm, promise->site, out);
    }
}

static void add_wait(struct vvm_vm *vm, const struct vvm_waits *waits, const struct vrt_waiter *waiter,
                     struct vvm_text_builder *out)
{
    switch ((enum vrt_where)waiter->where) {
    case VRT_WHERE_SLEEP: vvm_text_add_c(out, "sleeps"); break;
    case VRT_WHERE_PROMISE: add_promise(vm, waits, waiter->where_object, out); break;
    case VRT_WHERE_SEND: add_channel_of(vm, "waits to send to", waiter, out); break;
    case VRT_WHERE_RECEIVE: add_channel_of(vm, "waits to receive from", waiter, out); break;
    case VRT_WHERE_POOL: vvm_text_add_c(out, "waits until a pool has no workers"); break;
    case VRT_WHERE_SELECT: vvm_text_add_c(out, "waits in select"); break;
    case VRT_WHERE_BLOCKING: vvm_text_add_c(out, "waits for the operating system"); break;
    default: vvm_text_add_c(out, "waits"); break;
    }
}

/* ---- A task ---- */

static void add_state(const struct vvm_isolate *isolate, const struct vvm_waits *waits, const struct vvm_fiber *fiber,
                      bool in_library, struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = isolate->more;
    bool is_actor = more != NULL && !vvm_is_void(more->actor) && fiber->flags & VVM_FIBER_WORKER;
    if (fiber->flags & VVM_FIBER_FRESH)
        vvm_text_add_c(out, " has not begun");
    else if (fiber->state == VVM_FIBER_READY)
        vvm_text_add_c(out, " is ready");
    else if (fiber->state != VVM_FIBER_PARKED)
        vvm_text_add_c(out, " runs");
    else if (is_actor && in_library && fiber->waiter != NULL && fiber->waiter->where == VRT_WHERE_RECEIVE)
        vvm_text_add_c(out, " waits for its next message");
    else if (fiber->waiter != NULL) {
        vvm_text_add_c(out, " ");
        add_wait(vvm_isolate_vm(isolate), waits, fiber->waiter, out);
    }
    if (fiber->flags & VVM_FIBER_CANCELLED)
        vvm_text_add_c(out, fiber->flags & VVM_FIBER_SHIELDED ? ", cancelled but shielded" : ", cancelled");
}

void vvm_describe_fiber(const struct vvm_isolate *isolate, const struct vvm_waits *waits, const struct vvm_fiber *fiber,
                        struct vvm_text_builder *out)
{
    struct vvm_place place;
    bool placed = vvm_fiber_place(fiber, &place);
    vvm_describe_task(isolate, fiber, out);
    add_spawn(isolate, out);
    add_state(isolate, waits, fiber, !placed, out);
    if (placed)
        vvm_text_add_format(out, ", in %s (%s:%u:%u)", place.function, place.file, place.line, place.column);
}
