/* The graph itself: nodes, edges, life. Where its edges come from: held_edges.c. */
#include "vm/exec/held_graph.h"

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

static bool grow_index(struct vvm_held *held, uint32_t slots)
{
    vvm_held_give(held->index, ((size_t)held->mask + 1) * sizeof *held->index);
    held->index = vrt_alloc_zeroed(slots * sizeof *held->index);
    held->mask = slots - 1;
    uint32_t i = 0;
    for (; held->index != NULL && i < held->count && vvm_held_goes_on(held); i++)
        *vvm_held_slot(held, held->nodes[i].kind, held->nodes[i].thing) = i + 1;
    return held->index != NULL && i == held->count;
}

static bool grow_nodes(struct vvm_held *held)
{
    uint32_t capacity = held->capacity != 0 ? held->capacity * 2 : 256;
    struct vvm_held_node *nodes = vrt_realloc(held->nodes, held->capacity * sizeof *nodes, capacity * sizeof *nodes);
    if (nodes == NULL)
        return false;
    held->nodes = nodes;
    held->capacity = capacity;
    return grow_index(held, capacity * 2);
}

static bool may_grow(const struct vvm_held *held)
{
    return held->count < VVM_HELD_MOST && vvm_look_goes_on(held->limit, (size_t)held->count + 1);
}

uint32_t vvm_held_node(struct vvm_held *held, enum vvm_held_kind kind, const void *thing)
{
    if (held->failed || !may_grow(held) || (held->count == held->capacity && !grow_nodes(held))) {
        held->failed = true;
        return VVM_HELD_NONE;
    }
    uint32_t *slot = vvm_held_slot(held, kind, thing);
    if (*slot != 0)
        return *slot - 1;
    held->nodes[held->count] = (struct vvm_held_node){.thing = thing, .kind = kind, .needed = 1};
    *slot = ++held->count;
    return held->count - 1;
}

void vvm_held_edge(struct vvm_held *held, uint32_t from, uint32_t to, bool aside)
{
    if (from == VVM_HELD_NONE || to == VVM_HELD_NONE)
        return;
    if (held->edge_count == held->edge_capacity) {
        size_t capacity = held->edge_capacity * 2 + 256;
        struct vvm_held_edge *edges = vrt_realloc(held->edges, held->edge_capacity * sizeof *edges, capacity * sizeof *edges);
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
    size_t nodes = (size_t)held->count + 2, edges = held->edge_count + 1;
    *rows = (struct vvm_held_rows){vrt_alloc_zeroed(nodes * sizeof *rows->first), vrt_alloc(edges * sizeof *rows->items),
                                   vrt_alloc(edges * sizeof *rows->aside), nodes, edges};
    if (rows->first == NULL || rows->items == NULL || rows->aside == NULL)
        return false;
    for (size_t i = 0; i < held->edge_count; i++) {
        rows->first[(reversed ? held->edges[i].to : held->edges[i].from) + 2]++;
        if (!vvm_held_goes_on(held))
            return false;
    }
    for (size_t i = 1; i < nodes; i++)
        rows->first[i] += rows->first[i - 1];
    for (size_t i = 0; i < held->edge_count; i++) {
        const struct vvm_held_edge *edge = &held->edges[i];
        uint32_t at = rows->first[(reversed ? edge->to : edge->from) + 1]++;
        rows->items[at] = reversed ? edge->from : edge->to;
        rows->aside[at] = edge->aside;
        if (!vvm_held_goes_on(held))
            return false;
    }
    return true;
}

void vvm_held_drop_rows(struct vvm_held_rows *rows)
{
    vvm_held_give(rows->first, rows->nodes * sizeof *rows->first);
    vvm_held_give(rows->items, rows->edges * sizeof *rows->items);
    vvm_held_give(rows->aside, rows->edges * sizeof *rows->aside);
}

/* ---- Life ---- */

static bool build(struct vvm_held *held)
{
    for (uint32_t i = 0; i < held->waits->count; i++)
        vvm_held_node(held, TASK, held->waits->items[i].fiber);
    vvm_held_add_edges(held);
    if (held->failed || !vvm_held_make_rows(held, false, &held->rows))
        return false;
    held->stamps = vrt_alloc_zeroed((size_t)held->count * sizeof *held->stamps);
    return held->stamps != NULL;
}

struct vvm_held *vvm_held_create(struct vvm_vm *vm, const struct vvm_waits *waits, struct vvm_look_limit *limit)
{
    struct vvm_held *held = waits->failed || waits->count >= VVM_HELD_MOST ? NULL : calloc(1, sizeof *held);
    if (held == NULL)
        return NULL;
    held->vm = vm;
    held->waits = waits;
    held->limit = limit;
    if (build(held))
        return held;
    vvm_held_destroy(held);
    return NULL;
}

void vvm_held_destroy(struct vvm_held *held)
{
    if (held == NULL)
        return;
    for (uint32_t i = 0; held->has_texts && i < held->count; i++)
        free(held->nodes[i].text);
    vvm_held_drop_rows(&held->rows);
    vvm_held_give(held->nodes, held->capacity * sizeof *held->nodes);
    vvm_held_give(held->edges, held->edge_capacity * sizeof *held->edges);
    vvm_held_give(held->index, ((size_t)held->mask + 1) * sizeof *held->index);
    vvm_held_give(held->stamps, (size_t)held->count * sizeof *held->stamps);
    free(held);
}

uint32_t vvm_held_size(const struct vvm_held *held)
{
    return held->count;
}
