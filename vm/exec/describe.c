#include "vm/exec/describe.h"

#include "runtime/sync/select.h"
#include "vm/exec/error.h"
#include "vm/exec/held.h"
#include "vm/exec/step.h"

/* ---- Who ---- */

static void add_owner(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = isolate->more;
    char scratch[VVM_NAME_SCRATCH];
    const char *name = vvm_isolate_is_main(isolate) ? NULL : vvm_isolate_name(isolate, scratch);
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(out, "main");
    else if (more != NULL && more->actor != NULL)
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

struct scene {
    struct vvm_vm *vm;
    const struct vvm_waits *waits;
    struct vvm_held *held; /* NULL: not known */
};

static void add_handles(const struct scene *scene, const struct vrt_channel *channel, uint32_t count, bool senders,
                        struct vvm_text_builder *out)
{
    vvm_text_add_format(out, senders ? "%u open sender" : "%u receiver", count);
    vvm_text_add_c(out, count == 1 ? "" : "s");
    size_t before = out->length;
    if (scene->held == NULL || count == 0)
        return;
    vvm_text_add_c(out, " (held by ");
    size_t name = out->length;
    vvm_held_add_holders(scene->held, channel, senders, out);
    if (out->length == name)
        out->length = before;
    else
        vvm_text_add_c(out, ")");
}

static void add_channel(const struct scene *scene, struct vrt_channel *channel, struct vvm_text_builder *out)
{
    struct vrt_channel_facts facts;
    vrt_channel_facts_any(channel, &facts);
    vvm_text_add_c(out, "a channel");
    if (facts.site != 0) {
        vvm_text_add_c(out, " made in ");
        vvm_trace_place(scene->vm, facts.site, out);
    }
    vvm_text_add_c(out, ", which has ");
    add_handles(scene, channel, facts.senders, true, out);
    vvm_text_add_c(out, " and ");
    add_handles(scene, channel, facts.receivers, false, out);
}

static void add_channel_of(const struct scene *scene, const char *what, const struct vrt_waiter *waiter,
                           struct vvm_text_builder *out)
{
    struct vrt_channel *channel = vrt_channel_of_waiter(waiter);
    vvm_text_add_c(out, what);
    if (channel != NULL)
        add_channel(scene, channel, out);
}

/* "waits in select to receive from ..., or to send to ..." */
static void add_select(const struct scene *scene, const struct vrt_select *select, struct vvm_text_builder *out)
{
    vvm_text_add_c(out, select->count == 0 ? "waits in select without an arm that could proceed" : "waits in select");
    for (uint32_t i = 0; i < select->count; i++) {
        const struct vrt_select_arm *arm = &select->arms[i];
        bool receives = arm->receiver != NULL;
        vvm_text_add_format(out, "%s to %s ", i == 0 ? "" : ", or", receives ? "receive from" : "send to");
        add_channel(scene, receives ? arm->receiver->channel : arm->sender->channel, out);
    }
}

/* Whose result it is, or where the promise was made. */
static void add_promise(const struct scene *scene, const struct vrt_promise *promise, struct vvm_text_builder *out)
{
    const struct vvm_wait *settler = vvm_waits_settler(scene->waits, promise);
    if (settler != NULL) {
        vvm_text_add_c(out, "the result of ");
        vvm_describe_task(settler->isolate, settler->fiber, out);
    } else if (promise == NULL || promise->site <= VVM_PROMISE_AT_REST ||
               vrt_promise_is_owned((struct vrt_promise *)(uintptr_t)promise)) {
        vvm_text_add_c(out, "a Future");
    } else {
        vvm_text_add_c(out, "a promise made in ");
        vvm_trace_place(scene->vm, promise->site, out);
    }
}

/* What the task waits at stands in its built-in's frame. NULL: it is no gate. */
static const struct vvm_handle *gate_of(const struct vvm_fiber *fiber, struct vvm_ends *ends)
{
    const vvm_value *registers = vvm_fiber_registers(fiber);
    if (!(vvm_fiber_frame(fiber)->flags & VVM_FRAME_NATIVE) || vvm_fiber_frame(fiber)->count == 0 ||
        !vvm_is_plain(registers[0], VVM_HANDLE))
        return NULL;
    const struct vvm_handle *handle = registers[0].object;
    if (handle->ops->ends != NULL)
        handle->ops->ends(handle, ends);
    return ends->gate.opened != NULL && ends->gate.opened == fiber->waiter->where_object ? handle : NULL;
}

#define NAMES_MAX 3

/* "the result of worker "a", a promise made in f (file.vela:1:5) and 2 others" */
static void add_watched(const struct scene *scene, const struct vvm_handle *handle, const struct vvm_gate_ends *gate,
                        struct vvm_text_builder *out)
{
    uint32_t pending = 0;
    for (uint32_t i = 0; i < gate->count; i++) {
        const struct vrt_promise *watched = gate->watched(handle, i);
        if (watched == NULL)
            continue;
        if (pending < NAMES_MAX) {
            vvm_text_add_c(out, pending == 0 ? "" : ", ");
            add_promise(scene, watched, out);
        }
        pending++;
    }
    if (pending > NAMES_MAX)
        vvm_text_add_format(out, " and %u other%s", pending - NAMES_MAX, pending == NAMES_MAX + 1 ? "" : "s");
}

static void add_promise_wait(const struct scene *scene, const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    struct vvm_ends ends = {0};
    const struct vvm_handle *gate = gate_of(fiber, &ends);
    vvm_text_add_c(out, "waits for ");
    if (gate != NULL)
        add_watched(scene, gate, &ends.gate, out);
    else
        add_promise(scene, fiber->waiter->where_object, out);
}

static void add_wait(const struct scene *scene, const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    const struct vrt_waiter *waiter = fiber->waiter;
    switch ((enum vrt_where)waiter->where) {
    case VRT_WHERE_SLEEP: vvm_text_add_c(out, "sleeps"); break;
    case VRT_WHERE_PROMISE: add_promise_wait(scene, fiber, out); break;
    case VRT_WHERE_SEND: add_channel_of(scene, "waits to send to ", waiter, out); break;
    case VRT_WHERE_RECEIVE: add_channel_of(scene, "waits to receive from ", waiter, out); break;
    case VRT_WHERE_POOL: vvm_text_add_c(out, "waits until a pool has no workers"); break;
    case VRT_WHERE_SELECT: add_select(scene, waiter->where_object, out); break;
    case VRT_WHERE_BLOCKING: vvm_text_add_c(out, "waits for the operating system"); break;
    default: vvm_text_add_c(out, "waits"); break;
    }
}

/* ---- A task ---- */

/* void is no message: it wakes the actor, so that it looks at what was noted. */
static void count_message(vela_value value, void *count)
{
    *(uint64_t *)count += !vvm_is_void(value);
}

static void add_mailbox(const struct vvm_actor *actor, struct vvm_text_builder *out)
{
    uint64_t count = 0;
    if (actor->receiving != NULL)
        vrt_channel_each_any(actor->receiving->channel, count_message, &count);
    if (count != 0)
        vvm_text_add_format(out, ", with %llu message%s in its mailbox", (unsigned long long)count,
                            count == 1 ? "" : "s");
}

static void add_state(const struct scene *scene, const struct vvm_isolate *isolate, const struct vvm_fiber *fiber,
                      bool in_library, struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = isolate->more;
    bool is_actor = more != NULL && more->actor != NULL && fiber->flags & VVM_FIBER_WORKER;
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
        add_wait(scene, fiber, out);
    }
    if (is_actor)
        add_mailbox(more->actor, out);
    if (fiber->flags & VVM_FIBER_CANCELLED)
        vvm_text_add_c(out, fiber->flags & VVM_FIBER_SHIELDED ? ", cancelled but shielded" : ", cancelled");
}

void vvm_describe_fiber(const struct vvm_isolate *isolate, const struct vvm_waits *waits, struct vvm_held *held,
                        const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    struct scene scene = {vvm_isolate_vm(isolate), waits, held};
    struct vvm_place place;
    bool placed = vvm_fiber_place(fiber, &place);
    vvm_describe_task(isolate, fiber, out);
    add_spawn(isolate, out);
    add_state(&scene, isolate, fiber, !placed, out);
    if (placed) {
        vvm_text_add_c(out, ", in ");
        vvm_place_add(&place, out);
    }
}
