/* Where the edges of the graph come from: what tasks and objects hold, and what tasks wait for. */
#include "vm/exec/held_graph.h"

#include "runtime/sync/select.h"
#include "vm/exec/actors.h"
#include "vm/exec/future.h"
#include "vm/exec/generator.h"
#include "vm/value/layout.h"

#include <stdlib.h>

/* ---- What tasks and objects hold ---- */

static bool may_hold(const struct vvm_object *object)
{
    switch ((enum vvm_kind)object->kind) {
    case VVM_LIST: case VVM_DICT: case VVM_SET: case VVM_TUPLE: case VVM_BOX: case VVM_CELL: case VVM_STRUCT: case VVM_ENUM:
    case VVM_INSTANCE: case VVM_CLOSURE: case VVM_ENV: case VVM_BOUND: case VVM_HANDLE: return true;
    case VVM_BUFFER: return object->extra == VVM_ELEMENTS_VALUE;
    default: return false;
    }
}

/* `holder` has a reference of the value; immortal objects are looked at for module variables only. */
static void add_value(struct vvm_held *held, uint32_t holder, vvm_value v, bool immortals)
{
    if (!vvm_is_heap(v) || !may_hold(v.object) || (vvm_count_of(v.object) == 0 && !immortals))
        return;
    vvm_held_edge(held, vvm_held_node(held, OBJECT, v.object), holder, false);
}

static void add_end(struct vvm_held *held, enum vvm_held_kind kind, const void *thing, uint32_t references, uint32_t handle)
{
    uint32_t end = vvm_held_node(held, kind, thing);
    if (end != VVM_HELD_NONE) {
        held->nodes[end].found++;
        held->nodes[end].shared |= references != 1;
    }
    vvm_held_edge(held, end, handle, false);
}

static uint32_t task_of(const struct vvm_held *held, const struct vvm_wait *wait)
{
    return (uint32_t)(wait - held->waits->items);
}

/* The task whose result it is, or the promise. */
static uint32_t promise_node(struct vvm_held *held, const struct vrt_promise *promise)
{
    const struct vvm_wait *settler = vvm_waits_settler(held->waits, promise);
    return settler != NULL ? task_of(held, settler) : vvm_held_node(held, PROMISE, promise);
}

static uint32_t add_holder(struct vvm_held *held, const struct vrt_promise *promise)
{
    uint32_t node = promise_node(held, promise);
    if (node != VVM_HELD_NONE)
        held->nodes[node].holders++;
    return node;
}

static void add_promise_wait(struct vvm_held *held, uint32_t waits, const struct vrt_promise *promise)
{
    vvm_held_edge(held, waits, promise_node(held, promise), false);
}

/* What opens it is settled by the gate alone, which waits for those that are pending: for one, or for all. */
static void add_gate(struct vvm_held *held, const struct vvm_handle *handle, const struct vvm_gate_ends *gate)
{
    uint32_t opened = vvm_held_node(held, PROMISE, gate->opened), pending = 0;
    for (uint32_t i = 0; i < gate->count && !held->failed; i++) {
        const struct vrt_promise *watched = gate->watched(handle, i);
        if (watched == NULL)
            continue;
        add_promise_wait(held, opened, watched);
        add_holder(held, watched); /* the gate, which cancels nothing */
        pending++;
    }
    if (opened == VVM_HELD_NONE || pending == 0) /* it opens just now */
        return;
    held->nodes[opened].found++;
    held->nodes[opened].holders++;
    held->nodes[opened].needed = gate->needs_all ? pending : 1;
}

static void add_ends(struct vvm_held *held, uint32_t node, const struct vvm_handle *handle)
{
    struct vvm_ends ends = {0};
    if (handle->ops->ends == NULL)
        return;
    handle->ops->ends(handle, &ends);
    if (ends.gate.opened != NULL)
        add_gate(held, handle, &ends.gate);
    if (ends.sender != NULL && vrt_atomic_load_relaxed(&ends.sender->open)) /* everything stands */
        add_end(held, SENDERS, ends.sender->channel, vrt_atomic_load_relaxed(&ends.sender->references), node);
    if (ends.receiver != NULL)
        add_end(held, RECEIVERS, ends.receiver->channel, vrt_atomic_load_relaxed(&ends.receiver->references), node);
    if (ends.promise != NULL)
        add_end(held, PROMISE, ends.promise, 1, node);
    if (ends.pool != NULL)
        vvm_held_edge(held, vvm_held_node(held, POOL, ends.pool), node, true);
}

/* Who has a Future may cancel its task, or the promise itself. */
static void add_future(struct vvm_held *held, uint32_t node, struct vvm_object *object)
{
    struct vrt_promise *promise = vvm_promise_of(vvm_of_object(VVM_HANDLE, object));
    if (promise != NULL && vrt_promise_poll_any(promise, NULL) == VRT_PROMISE_PENDING)
        vvm_held_edge(held, add_holder(held, promise), node, true);
}

static void add_children(struct vvm_held *held, uint32_t node)
{
    struct vvm_object *object = (struct vvm_object *)(uintptr_t)held->nodes[node].thing;
    bool immortal = vvm_count_of(object) == 0;
    struct vvm_children children = vvm_children_of(object);
    for (size_t i = 0; i < children.count && !held->failed; i++) {
        add_value(held, node, vvm_children_at(&children, i), immortal);
        held->failed |= !vvm_held_goes_on(held);
    }
    if (object->kind != VVM_HANDLE)
        return;
    add_ends(held, node, (struct vvm_handle *)object);
    add_future(held, node, object);
}

/* Whoever may receive from the channel may get it. */
struct buffer { struct vvm_held *held; uint32_t receivers; };

static void add_message(vela_value message, void *argument)
{
    const struct buffer *buffer = argument;
    add_value(buffer->held, buffer->receivers, message, false);
}

static void add_messages(struct vvm_held *held, uint32_t receivers)
{
    struct buffer buffer = {held, receivers};
    vrt_channel_each_any((struct vrt_channel *)(uintptr_t)held->nodes[receivers].thing, add_message, &buffer);
}

/* The task that serves an actor receives from its mailbox, an end that no handle stands for. One that drops what is in it
 * when others send is in everybody's hands. */
static void add_mailbox(struct vvm_held *held, uint32_t task, const struct vvm_wait *wait)
{
    const struct vvm_actor *actor = wait->isolate->more != NULL ? wait->isolate->more->actor : NULL;
    if (actor == NULL || actor->receiving == NULL || !(wait->fiber->flags & VVM_FIBER_WORKER))
        return;
    uint32_t references = vrt_atomic_load_relaxed(&actor->receiving->references); /* all stand */
    add_end(held, RECEIVERS, actor->receiving->channel, references + (actor->overflow == VVM_OVERFLOW_DROP_OLDEST), task);
}

static void add_frames(struct vvm_held *held, uint32_t node, const struct vvm_fiber *fiber)
{
    vvm_value *values = malloc((fiber->capacity + 64) * sizeof *values);
    held->failed |= values == NULL;
    for (uint32_t top = fiber->top; top != 0 && values != NULL;) {
        const vvm_value *registers = fiber->stack + top;
        const struct vvm_frame *frame = vvm_frame_of((vvm_value *)(uintptr_t)registers);
        size_t count = vvm_frame_values(frame, registers, values);
        if (vvm_frame_is_generator(frame) && frame->stage != 0)
            values[count++] = registers[-VVM_FRAME_HEADER - 1];
        for (size_t i = 0; i < count; i++)
            add_value(held, node, values[i], false);
        top = frame->flags & VVM_FRAME_ENTRY ? 0 : top - frame->back;
    }
    free(values);
}

static void add_globals(struct vvm_held *held)
{
    struct vvm_table *globals = &held->vm->globals;
    for (uint32_t i = 0; i < vvm_table_count(globals) && !held->failed; i++) {
        struct vvm_global *global = vvm_table_at(globals, i);
        if (atomic_load_explicit(&global->ready, memory_order_acquire) && vvm_is_heap(global->value)) /* pairs with bind */
            add_value(held, vvm_held_node(held, GLOBAL, global), global->value, true);
    }
}

/* ---- What tasks wait for ---- */

/* To be woken by one end; the other one can close the channel. */
static void add_channel_wait(struct vvm_held *held, uint32_t task, const struct vrt_channel *channel, bool receives)
{
    vvm_held_edge(held, task, vvm_held_node(held, receives ? SENDERS : RECEIVERS, channel), false);
    vvm_held_edge(held, task, vvm_held_node(held, receives ? RECEIVERS : SENDERS, channel), true);
}

static void add_select_wait(struct vvm_held *held, uint32_t task, const struct vrt_select *select)
{
    for (uint32_t i = 0; i < select->count; i++) {
        const struct vrt_select_arm *arm = &select->arms[i];
        add_channel_wait(held, task, arm->receiver != NULL ? arm->receiver->channel : arm->sender->channel, arm->receiver != NULL);
    }
}

static void add_pool_wait(struct vvm_held *held, uint32_t task, const void *pool)
{
    for (size_t i = 0; i < held->waits->count; i++)
        if (held->waits->items[i].isolate->base.pool == pool && held->waits->items[i].fiber->flags & VVM_FIBER_WORKER)
            vvm_held_edge(held, task, (uint32_t)i, false);
}

static void add_wait(struct vvm_held *held, uint32_t task, const struct vvm_fiber *fiber)
{
    const struct vrt_waiter *waiter = fiber->waiter;
    if (fiber->state != VVM_FIBER_PARKED || waiter == NULL)
        return;
    switch ((enum vrt_where)waiter->where) {
    case VRT_WHERE_RECEIVE: add_channel_wait(held, task, vrt_channel_of_waiter(waiter), true); break;
    case VRT_WHERE_SEND: add_channel_wait(held, task, vrt_channel_of_waiter(waiter), false); break;
    case VRT_WHERE_SELECT: add_select_wait(held, task, waiter->where_object); break;
    case VRT_WHERE_PROMISE: add_promise_wait(held, task, waiter->where_object); break;
    case VRT_WHERE_POOL: add_pool_wait(held, task, waiter->where_object); break;
    default: break;
    }
}

/* ---- Who may cancel it ---- */

/* Who has the pool; its own Future: add_future. Anybody has the global pool, which proves nothing. */
static void add_pool(struct vvm_held *held, uint32_t task, const struct vvm_wait *wait)
{
    const struct vrt_pool *pool = wait->isolate->base.pool;
    if (pool != NULL && pool != held->vm->runtime->global_pool && wait->fiber->flags & VVM_FIBER_WORKER &&
        wait->isolate->more->actor == NULL)
        vvm_held_edge(held, task, vvm_held_node(held, POOL, pool), true);
}

/* ---- All of it ---- */

static void add_task(struct vvm_held *held, uint32_t task)
{
    const struct vvm_wait *wait = &held->waits->items[task];
    add_frames(held, task, wait->fiber);
    if (wait->fiber->future != NULL)
        add_value(held, task, vvm_of_object(VVM_HANDLE, wait->fiber->future), false);
    add_mailbox(held, task, wait);
    add_pool(held, task, wait);
    add_wait(held, task, wait->fiber);
}

/* Nodes are listed in the order they are found in, so going over the list goes over all that is below them. */
void vvm_held_add_edges(struct vvm_held *held)
{
    uint32_t tasks = (uint32_t)held->waits->count;
    for (uint32_t k = 0; k < tasks && !held->failed; k++)
        add_task(held, k);
    add_globals(held);
    for (uint32_t i = tasks; i < held->count && !held->failed; i++) {
        if (held->nodes[i].kind == OBJECT)
            add_children(held, i);
        else if (held->nodes[i].kind == RECEIVERS)
            add_messages(held, i);
    }
}
