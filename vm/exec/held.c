#include "vm/exec/held_graph.h"

#include "runtime/sync/select.h"
#include "vm/exec/generator.h"
#include "vm/value/layout.h"

#include <stdlib.h>
#include <string.h>

/* ---- Nodes and edges ---- */

uint32_t *vvm_held_slot(const struct vvm_held *held, uint32_t kind, const void *thing)
{
    uint32_t at = (uint32_t)(vvm_hash_word((uintptr_t)thing + kind) >> 20) & held->mask;
    for (;; at = (at + 1) & held->mask) {
        const struct vvm_held_node *node = held->index[at] != 0 ? &held->nodes[held->index[at] - 1] : NULL;
        if (node == NULL || (node->thing == thing && node->kind == kind))
            return &held->index[at];
    }
}

static bool grow_nodes(struct vvm_held *held)
{
    uint32_t capacity = held->capacity != 0 ? held->capacity * 2 : 256;
    struct vvm_held_node *nodes = realloc(held->nodes, capacity * sizeof *nodes);
    uint32_t *index = calloc((size_t)capacity * 2, sizeof *index);
    if (nodes != NULL)
        held->nodes = nodes;
    if (nodes == NULL || index == NULL) {
        free(index);
        return false;
    }
    free(held->index);
    held->index = index;
    held->mask = capacity * 2 - 1;
    held->capacity = capacity;
    for (uint32_t i = 0; i < held->count; i++)
        *vvm_held_slot(held, nodes[i].kind, nodes[i].thing) = i + 1;
    return true;
}

/* `*fresh`: it was not there before. VVM_HELD_NONE when it failed. */
static uint32_t node_of(struct vvm_held *held, enum vvm_held_kind kind, const void *thing, bool *fresh)
{
    if (fresh != NULL)
        *fresh = false;
    if (held->failed || held->count >= held->limit || (held->count == held->capacity && !grow_nodes(held))) {
        held->failed = true;
        return VVM_HELD_NONE;
    }
    uint32_t *slot = vvm_held_slot(held, kind, thing);
    if (*slot != 0)
        return *slot - 1;
    if (fresh != NULL)
        *fresh = true;
    held->nodes[held->count] = (struct vvm_held_node){.thing = thing, .kind = kind};
    *slot = ++held->count;
    return held->count - 1;
}

static void add_edge(struct vvm_held *held, uint32_t from, uint32_t to, bool aside)
{
    if (from == VVM_HELD_NONE || to == VVM_HELD_NONE)
        return;
    if (held->edge_count == held->edge_capacity) {
        size_t capacity = held->edge_capacity * 2 + 256;
        struct vvm_held_edge *edges = realloc(held->edges, capacity * sizeof *edges);
        if (edges == NULL) {
            held->failed = true;
            return;
        }
        held->edges = edges;
        held->edge_capacity = capacity;
    }
    held->edges[held->edge_count++] = (struct vvm_held_edge){from, to, aside};
}

/* The edges by their `from`, or, reversed, by their `to`. */
bool vvm_held_make_rows(const struct vvm_held *held, bool reversed, struct vvm_held_rows *rows)
{
    *rows = (struct vvm_held_rows){calloc((size_t)held->count + 2, sizeof *rows->first), malloc((held->edge_count + 1) * sizeof *rows->items),
                          malloc(held->edge_count + 1)};
    if (rows->first == NULL || rows->items == NULL || rows->aside == NULL)
        return false;
    for (size_t i = 0; i < held->edge_count; i++)
        rows->first[(reversed ? held->edges[i].to : held->edges[i].from) + 2]++;
    for (uint32_t i = 1; i < held->count + 2; i++)
        rows->first[i] += rows->first[i - 1];
    for (size_t i = 0; i < held->edge_count; i++) {
        const struct vvm_held_edge *edge = &held->edges[i];
        uint32_t at = rows->first[(reversed ? edge->to : edge->from) + 1]++;
        rows->items[at] = reversed ? edge->from : edge->to;
        rows->aside[at] = edge->aside;
    }
    return true;
}

void vvm_held_drop_rows(struct vvm_held_rows *rows)
{
    free(rows->first);
    free(rows->items);
    free(rows->aside);
}

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
    add_edge(held, node_of(held, OBJECT, v.object, NULL), holder, false);
}

static void add_end(struct vvm_held *held, enum vvm_held_kind kind, const void *thing, uint32_t references, uint32_t handle)
{
    uint32_t end = node_of(held, kind, thing, NULL);
    if (end != VVM_HELD_NONE) {
        held->nodes[end].found++;
        held->nodes[end].shared |= references != 1;
    }
    add_edge(held, end, handle, false);
}

static void add_ends(struct vvm_held *held, uint32_t node, const struct vvm_handle *handle)
{
    struct vvm_ends ends = {0};
    if (handle->ops->ends == NULL)
        return;
    handle->ops->ends(handle, &ends);
    if (ends.sender != NULL && vrt_atomic_load_relaxed(&ends.sender->open)) /* everything stands */
        add_end(held, SENDERS, ends.sender->channel, vrt_atomic_load_relaxed(&ends.sender->references), node);
    if (ends.receiver != NULL)
        add_end(held, RECEIVERS, ends.receiver->channel, vrt_atomic_load_relaxed(&ends.receiver->references), node);
    if (ends.promise != NULL)
        add_end(held, PROMISE, ends.promise, 1, node);
}

/* Nodes are listed in the order they are found in, so going over the list goes over all that is below them. */
static void add_children(struct vvm_held *held, uint32_t node)
{
    struct vvm_object *object = (struct vvm_object *)(uintptr_t)held->nodes[node].thing;
    bool immortal = vvm_count_of(object) == 0;
    struct vvm_children children = vvm_children_of(object);
    for (size_t i = 0; i < children.count && !held->failed; i++)
        add_value(held, node, vvm_children_at(&children, i), immortal);
    if (object->kind == VVM_HANDLE)
        add_ends(held, node, (struct vvm_handle *)object);
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
    for (uint32_t i = 0; i < globals->count && !held->failed; i++) {
        struct vvm_global *global = vvm_table_at(globals, i);
        if (atomic_load_explicit(&global->ready, memory_order_acquire) && vvm_is_heap(global->value)) /* pairs with bind */
            add_value(held, node_of(held, GLOBAL, global, NULL), global->value, true);
    }
}

/* ---- What tasks wait for ---- */

/* To be woken by one end; the other one can close the channel. */
static void add_channel_wait(struct vvm_held *held, uint32_t task, const struct vrt_channel *channel, bool receives)
{
    add_edge(held, task, node_of(held, receives ? SENDERS : RECEIVERS, channel, NULL), false);
    add_edge(held, task, node_of(held, receives ? RECEIVERS : SENDERS, channel, NULL), true);
}

static void add_select_wait(struct vvm_held *held, uint32_t task, const struct vrt_select *select)
{
    for (uint32_t i = 0; i < select->count; i++) {
        const struct vrt_select_arm *arm = &select->arms[i];
        add_channel_wait(held, task, arm->receiver != NULL ? arm->receiver->channel : arm->sender->channel, arm->receiver != NULL);
    }
}

static void add_promise_wait(struct vvm_held *held, uint32_t task, const struct vrt_promise *promise)
{
    const struct vvm_wait *settler = vvm_waits_settler(held->waits, promise);
    if (settler != NULL)
        add_edge(held, task, (uint32_t)(settler - held->waits->items), false);
    else
        add_edge(held, task, node_of(held, PROMISE, promise, NULL), false);
}

static void add_pool_wait(struct vvm_held *held, uint32_t task, const void *pool)
{
    for (size_t i = 0; i < held->waits->count; i++)
        if (held->waits->items[i].isolate->base.pool == pool && held->waits->items[i].fiber->flags & VVM_FIBER_WORKER)
            add_edge(held, task, (uint32_t)i, false);
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

/* ---- Life ---- */

/* Main first, the others as they were found: no address decides. */
static void sort_tasks(struct vvm_held *held)
{
    uint32_t count = (uint32_t)held->waits->count, main_tasks = 0, at = 0;
    uint32_t *by_order = held->stamps; /* not used yet */
    for (uint32_t i = 0; i < count; i++) {
        by_order[held->waits->items[i].order] = i;
        main_tasks += vvm_isolate_is_main(held->waits->items[i].isolate);
    }
    uint32_t other = main_tasks;
    for (uint32_t k = 0; k < count; k++)
        held->order[vvm_isolate_is_main(held->waits->items[by_order[k]].isolate) ? at++ : other++] = by_order[k];
}

static bool build(struct vvm_held *held)
{
    uint32_t tasks = (uint32_t)held->waits->count;
    for (uint32_t i = 0; i < tasks; i++)
        node_of(held, TASK, held->waits->items[i].fiber, NULL);
    for (uint32_t k = 0; k < tasks && !held->failed; k++)
        add_frames(held, held->order[k], held->waits->items[held->order[k]].fiber);
    add_globals(held);
    for (uint32_t i = tasks; i < held->count && !held->failed; i++)
        if (held->nodes[i].kind == OBJECT)
            add_children(held, i);
    for (uint32_t k = 0; k < tasks && !held->failed; k++)
        add_wait(held, held->order[k], held->waits->items[held->order[k]].fiber);
    return !held->failed && vvm_held_make_rows(held, false, &held->rows);
}

struct vvm_held *vvm_held_create(struct vvm_vm *vm, const struct vvm_waits *waits, uint32_t limit)
{
    struct vvm_held *held = waits->failed || waits->count >= limit ? NULL : calloc(1, sizeof *held);
    if (held == NULL)
        return NULL;
    held->vm = vm;
    held->waits = waits;
    held->limit = limit;
    held->order = malloc((waits->count + 1) * sizeof *held->order);
    held->stamps = malloc((waits->count + 1) * sizeof *held->stamps);
    bool fine = held->order != NULL && held->stamps != NULL;
    if (fine)
        sort_tasks(held);
    fine = fine && build(held);
    free(held->stamps);
    held->stamps = fine ? calloc((size_t)held->count + 1, sizeof *held->stamps) : NULL;
    if (held->stamps != NULL)
        return held;
    vvm_held_destroy(held);
    return NULL;
}

void vvm_held_destroy(struct vvm_held *held)
{
    if (held == NULL)
        return;
    for (uint32_t i = 0; i < held->count; i++)
        free(held->nodes[i].text);
    vvm_held_drop_rows(&held->rows);
    free(held->nodes);
    free(held->edges);
    free(held->index);
    free(held->order);
    free(held->stamps);
    free(held);
}

const uint32_t *vvm_held_order(const struct vvm_held *held)
{
    return held->order;
}

