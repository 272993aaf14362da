#include "vm/exec/held.h"

#include "runtime/sync/select.h"
#include "vm/exec/describe.h"
#include "vm/exec/generator.h"
#include "vm/value/layout.h"

#include <stdlib.h>
#include <string.h>

/* Note STUCK. A task is stuck if it waits, without a deadline, and everything that could end its wait is held by stuck tasks alone.
 * The search assumes that and takes back what it cannot prove: live is a task that runs, is ready, sleeps, waits with a timer or for the
 * outside, has a deadline or a request to cancel it; a module variable; an object with more references than were found in
 * stuck tasks' frames and in objects held by them alone (somebody else has one: a running task, a message, C code); an end or a
 * promise of which not every handle was found. What waits for something live, or is held by it, is live.
 * Counts prove it because every reference is counted and none is found twice: the frames' tables are those that unwinding
 * releases by, and an object's children those that its release goes over. Whatever is not looked into (messages, settled values,
 * C structs) makes a count too large, never too small. All threads stand, so no count changes. For a receive both
 * ends of the channel are asked for: a sender sends or is dropped, a receiver closes. */

#define NONE UINT32_MAX
#define NAMES_MAX 3

enum node_kind { TASK, GLOBAL, OBJECT, SENDERS, RECEIVERS, PROMISE };
struct node {
    const void *thing;
    uint32_t kind, found; /* of an end or a promise: handles that were found */
    bool shared;          /* of an end: one of them stands for more than was found */
    char *text;           /* of an end: its holders, once asked for */
};
struct edge { uint32_t from, to; bool aside; /* no part of circles */ };
struct rows { uint32_t *first, *items; bool *aside; }; /* edges by one of their ends */

struct vvm_held {
    struct vvm_vm *vm;
    const struct vvm_waits *waits;
    struct node *nodes;
    struct edge *edges;
    uint32_t *index; /* 1 + node, by hash; 0: free */
    uint32_t *order, *stamps;
    struct rows rows; /* by `from` */
    uint32_t count, capacity, mask, limit, stamp;
    size_t edge_count, edge_capacity;
    bool failed;
};

/* ---- Nodes and edges ---- */

static uint32_t *slot_of(const struct vvm_held *held, uint32_t kind, const void *thing)
{
    uint32_t at = (uint32_t)(vvm_hash_word((uintptr_t)thing + kind) >> 20) & held->mask;
    for (;; at = (at + 1) & held->mask) {
        const struct node *node = held->index[at] != 0 ? &held->nodes[held->index[at] - 1] : NULL;
        if (node == NULL || (node->thing == thing && node->kind == kind))
            return &held->index[at];
    }
}

static bool grow_nodes(struct vvm_held *held)
{
    uint32_t capacity = held->capacity != 0 ? held->capacity * 2 : 256;
    struct node *nodes = realloc(held->nodes, capacity * sizeof *nodes);
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
        *slot_of(held, nodes[i].kind, nodes[i].thing) = i + 1;
    return true;
}

/* `*fresh`: it was not there before. NONE when it failed. */
static uint32_t node_of(struct vvm_held *held, enum node_kind kind, const void *thing, bool *fresh)
{
    if (fresh != NULL)
        *fresh = false;
    if (held->failed || held->count >= held->limit || (held->count == held->capacity && !grow_nodes(held))) {
        held->failed = true;
        return NONE;
    }
    uint32_t *slot = slot_of(held, kind, thing);
    if (*slot != 0)
        return *slot - 1;
    if (fresh != NULL)
        *fresh = true;
    held->nodes[held->count] = (struct node){.thing = thing, .kind = kind};
    *slot = ++held->count;
    return held->count - 1;
}

static void add_edge(struct vvm_held *held, uint32_t from, uint32_t to, bool aside)
{
    if (from == NONE || to == NONE)
        return;
    if (held->edge_count == held->edge_capacity) {
        size_t capacity = held->edge_capacity * 2 + 256;
        struct edge *edges = realloc(held->edges, capacity * sizeof *edges);
        if (edges == NULL) {
            held->failed = true;
            return;
        }
        held->edges = edges;
        held->edge_capacity = capacity;
    }
    held->edges[held->edge_count++] = (struct edge){from, to, aside};
}

/* The edges by their `from`, or, reversed, by their `to`. */
static bool make_rows(const struct vvm_held *held, bool reversed, struct rows *rows)
{
    *rows = (struct rows){calloc((size_t)held->count + 2, sizeof *rows->first), malloc((held->edge_count + 1) * sizeof *rows->items),
                          malloc(held->edge_count + 1)};
    if (rows->first == NULL || rows->items == NULL || rows->aside == NULL)
        return false;
    for (size_t i = 0; i < held->edge_count; i++)
        rows->first[(reversed ? held->edges[i].to : held->edges[i].from) + 2]++;
    for (uint32_t i = 1; i < held->count + 2; i++)
        rows->first[i] += rows->first[i - 1];
    for (size_t i = 0; i < held->edge_count; i++) {
        const struct edge *edge = &held->edges[i];
        uint32_t at = rows->first[(reversed ? edge->to : edge->from) + 1]++;
        rows->items[at] = reversed ? edge->from : edge->to;
        rows->aside[at] = edge->aside;
    }
    return true;
}

static void drop_rows(struct rows *rows)
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

static void add_end(struct vvm_held *held, enum node_kind kind, const void *thing, uint32_t references, uint32_t handle)
{
    uint32_t end = node_of(held, kind, thing, NULL);
    if (end != NONE) {
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
    return !held->failed && make_rows(held, false, &held->rows);
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
    drop_rows(&held->rows);
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

/* ---- Holders ---- */

static void add_name(const struct vvm_held *held, uint32_t node, struct vvm_text_builder *out)
{
    if (held->nodes[node].kind == TASK) {
        vvm_describe_task(held->waits->items[node].isolate, held->waits->items[node].fiber, out);
    } else {
        const struct vvm_global *global = held->nodes[node].thing;
        vvm_text_add_format(out, "the module's `%s`", vvm_symbols_text(held->vm->symbols, global->name));
    }
}

/* The tasks and variables that can be reached over objects alone, in `out`; as many as there are. Without memory: none. */
static uint32_t collect_holders(struct vvm_held *held, uint32_t end, uint32_t *out)
{
    uint32_t found = 0, todo = 1, *list = malloc(((size_t)held->count + 1) * sizeof *list);
    if (list == NULL)
        return 0;
    held->stamp++;
    list[0] = end;
    for (uint32_t i = 0; i < todo; i++) {
        uint32_t kind = held->nodes[list[i]].kind;
        if (kind == TASK || kind == GLOBAL) {
            if (found < NAMES_MAX)
                out[found] = list[i];
            found++;
            continue;
        }
        for (uint32_t k = held->rows.first[list[i]]; k < held->rows.first[list[i] + 1]; k++) {
            uint32_t next = held->rows.items[k];
            if (held->stamps[next] != held->stamp) {
                held->stamps[next] = held->stamp;
                list[todo++] = next;
            }
        }
    }
    free(list);
    return found;
}

/* Does the text end with the same name twice? Then the second one goes. */
static bool drop_repeated(struct vvm_text_builder *out, size_t before, size_t name)
{
    size_t length = out->length - name;
    if (name == 0 || name - 2 < length || memcmp(out->data + name - 2 - length, out->data + name, length) != 0)
        return false;
    out->length = before;
    return true;
}

/* "main, worker "b" and 3 others": names that are alike are told once. */
static char *holders_text(struct vvm_held *held, uint32_t end)
{
    uint32_t some[NAMES_MAX], count = collect_holders(held, end, some), shown = 0;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    for (uint32_t i = 0; i < count && i < NAMES_MAX; i++) {
        size_t before = out.length;
        vvm_text_add_c(&out, i == 0 ? "" : ", ");
        size_t name = out.length;
        add_name(held, some[i], &out);
        shown += !out.failed && !drop_repeated(&out, before, name);
    }
    if (count > shown)
        vvm_text_add_format(&out, " and %u other%s", count - shown, count == shown + 1 ? "" : "s");
    char *text = out.failed ? NULL : strndup(out.length != 0 ? out.data : "", out.length);
    vvm_text_drop(&out);
    return text;
}

void vvm_held_add_holders(struct vvm_held *held, const struct vrt_channel *channel, bool senders, struct vvm_text_builder *out)
{
    uint32_t slot = *slot_of(held, senders ? SENDERS : RECEIVERS, channel);
    if (slot == 0)
        return;
    if (held->nodes[slot - 1].text == NULL)
        held->nodes[slot - 1].text = holders_text(held, slot - 1);
    if (held->nodes[slot - 1].text != NULL)
        vvm_text_add_c(out, held->nodes[slot - 1].text);
}

/* ---- Circles ---- */

struct path { uint32_t *nodes, *next; uint8_t *seen; uint32_t length; };
enum { UNSEEN, ON_PATH, DONE };

static const char *verb_of(const struct vvm_fiber *fiber)
{
    switch ((enum vrt_where)fiber->waiter->where) {
    case VRT_WHERE_RECEIVE: return " waits to receive from ";
    case VRT_WHERE_SEND: return " waits to send to ";
    case VRT_WHERE_SELECT: return " waits in select for ";
    default: return " waits for ";
    }
}

/* The tasks of the path from `start` on, and the first one again. False: there are only objects. */
static bool write_circle(const struct vvm_held *held, const struct path *path, uint32_t start, struct vvm_text_builder *out)
{
    uint32_t first = NONE;
    for (uint32_t i = start; i < path->length; i++) {
        if (held->nodes[path->nodes[i]].kind != TASK)
            continue;
        first = first == NONE ? path->nodes[i] : first;
        if (out->length > 4000)
            continue;
        add_name(held, path->nodes[i], out);
        vvm_text_add_c(out, verb_of(held->waits->items[path->nodes[i]].fiber));
    }
    if (first != NONE)
        add_name(held, first, out);
    return first != NONE;
}

static void push(const struct vvm_held *held, struct path *path, uint32_t node)
{
    path->seen[node] = ON_PATH;
    path->next[node] = held->rows.first[node];
    path->nodes[path->length++] = node;
}

static uint32_t place_in(const struct path *path, uint32_t node)
{
    uint32_t at = path->length;
    while (path->nodes[--at] != node) {
    }
    return at;
}

/* Depth first from one task. True: the circle is written. */
static bool walk(const struct vvm_held *held, struct path *path, uint32_t from, struct vvm_text_builder *out)
{
    path->length = 0;
    push(held, path, from);
    while (path->length != 0) {
        uint32_t node = path->nodes[path->length - 1], at = path->next[node]++;
        if (at >= held->rows.first[node + 1]) {
            path->seen[node] = DONE;
            path->length--;
        } else if (!held->rows.aside[at] && path->seen[held->rows.items[at]] == UNSEEN) {
            push(held, path, held->rows.items[at]);
        } else if (!held->rows.aside[at] && path->seen[held->rows.items[at]] == ON_PATH &&
                   write_circle(held, path, place_in(path, held->rows.items[at]), out)) {
            return true;
        }
    }
    return false;
}

bool vvm_held_add_circle(struct vvm_held *held, const bool *only, struct vvm_text_builder *out)
{
    struct path path = {malloc(((size_t)held->count + 1) * sizeof(uint32_t)), malloc(((size_t)held->count + 1) * sizeof(uint32_t)),
                        calloc((size_t)held->count + 1, 1), 0};
    bool found = false;
    for (size_t k = 0; path.nodes != NULL && path.next != NULL && path.seen != NULL && k < held->waits->count && !found; k++)
        if (path.seen[held->order[k]] == UNSEEN && (only == NULL || only[held->order[k]]))
            found = walk(held, &path, held->order[k], out);
    free(path.nodes);
    free(path.next);
    free(path.seen);
    return found;
}

/* ---- Note STUCK ---- */

/* May something that is not in the graph end the wait? */
static bool task_is_free(const struct vvm_wait *wait)
{
    const struct vvm_fiber *fiber = wait->fiber;
    struct vrt_waiter *waiter = fiber->waiter;
    const struct vvm_isolate_rare *rare = vvm_isolate_rare(wait->isolate);
    if (fiber->state != VVM_FIBER_PARKED || waiter == NULL || vrt_isolate_is_ready(&wait->isolate->base) ||
        fiber->flags & (VVM_FIBER_CANCELLED | VVM_FIBER_SHIELDED | VVM_FIBER_INTERRUPTED))
        return true;
    if (waiter->timer_thread != NULL || !vrt_waiter_is_open_any(waiter, vrt_waiter_ticket(waiter)) ||
        (rare != NULL && rare->alarm.record != NULL))
        return true;
    if (wait->settles != NULL && vrt_promise_has_alarm_any(wait->settles))
        return true;
    return waiter->where != VRT_WHERE_RECEIVE && waiter->where != VRT_WHERE_SEND && waiter->where != VRT_WHERE_SELECT &&
           waiter->where != VRT_WHERE_PROMISE;
}

/* Not all who could send, receive or settle were found. */
static bool end_is_free(const struct node *node)
{
    struct vrt_channel_facts facts;
    if (node->kind == PROMISE) {
        const struct vrt_promise *promise = node->thing;
        return node->found != vrt_atomic_load_relaxed(&promise->producers) || /* everything stands */
               vrt_promise_is_owned((struct vrt_promise *)(uintptr_t)promise);
    }
    vrt_channel_facts_any((struct vrt_channel *)(uintptr_t)node->thing, &facts);
    return node->shared || node->found != (node->kind == SENDERS ? facts.senders : facts.receivers);
}

static bool is_free(const struct vvm_held *held, uint32_t i)
{
    const struct node *node = &held->nodes[i];
    uint32_t references = held->rows.first[i + 1] - held->rows.first[i];
    int32_t count;
    switch ((enum node_kind)node->kind) {
    case TASK: return task_is_free(&held->waits->items[i]);
    case GLOBAL: return true;
    case OBJECT:
        count = vvm_count_of(node->thing);
        return count == 0 || (uint32_t)(count > 0 ? count : -count) != references;
    default: return end_is_free(node);
    }
}

static void set_free(bool *live, uint32_t *list, uint32_t *count, uint32_t node)
{
    if (!live[node]) {
        live[node] = true;
        list[(*count)++] = node;
    }
}

bool vvm_held_find_stuck(struct vvm_held *held, bool *stuck)
{
    struct rows reversed;
    bool *live = calloc((size_t)held->count + 1, sizeof *live);
    uint32_t *list = malloc(((size_t)held->count + 1) * sizeof *list), count = 0;
    bool fine = make_rows(held, true, &reversed) && live != NULL && list != NULL;
    for (uint32_t i = 0; fine && i < held->count; i++)
        if (is_free(held, i))
            set_free(live, list, &count, i);
    for (uint32_t i = 0; fine && i < count; i++)
        for (uint32_t k = reversed.first[list[i]]; k < reversed.first[list[i] + 1]; k++)
            set_free(live, list, &count, reversed.items[k]);
    for (size_t i = 0; fine && i < held->waits->count; i++)
        stuck[i] = !live[i];
    drop_rows(&reversed);
    free(live);
    free(list);
    return fine;
}
