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

#define MORE 4096 /* nodes beyond the limit, between two looks whether that disturbs anybody */

static bool may_grow(struct vvm_held *held)
{
    if (held->count < held->limit && held->count < VVM_HELD_MOST)
        return true;
    if (held->idle == NULL || held->count >= VVM_HELD_MOST || vrt_pause_disturbs(held->idle))
        return false;
    held->limit += MORE;
    return true;
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
    for (uint32_t i = 0; i < held->waits->count; i++)
        vvm_held_node(held, TASK, held->waits->items[i].fiber);
    vvm_held_add_edges(held);
    return !held->failed && vvm_held_make_rows(held, false, &held->rows);
}

struct vvm_held *vvm_held_create(struct vvm_vm *vm, const struct vvm_waits *waits, uint32_t limit, struct vela_runtime *idle)
{
    struct vvm_held *held = waits->failed || waits->count >= VVM_HELD_MOST ? NULL : calloc(1, sizeof *held);
    if (held == NULL)
        return NULL;
    held->vm = vm;
    held->waits = waits;
    held->limit = limit;
    held->idle = idle;
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

uint32_t vvm_held_size(const struct vvm_held *held)
{
    return held->count;
}
