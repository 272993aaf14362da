/* The graph of held.h from the inside: its nodes and edges (held.c), where they come from (held_edges.c), what is said
 * of it (held_text.c), what it proves (stuck.c). */
#ifndef VVM_HELD_GRAPH_H
#define VVM_HELD_GRAPH_H

#include "runtime/base/alloc.h"
#include "vm/exec/held.h"

#define VVM_HELD_NONE UINT32_MAX
#define VVM_HELD_MOST (UINT32_C(1) << 24) /* nodes at most: beyond it nothing is said of who holds what */

enum vvm_held_kind { TASK, GLOBAL, OBJECT, SENDERS, RECEIVERS, PROMISE, POOL };
struct vvm_held_node {
    const void *thing;
    uint32_t kind, found; /* of an end or a promise: handles that were found; of a promise those who may settle it */
    uint32_t holders;     /* of a promise, or that of a task's result: all that were found */
    uint32_t needed;      /* how many of what it waits for, or is held by, have to be live for it to be */
    bool shared;          /* of an end: one of them stands for more than was found */
    char *text;           /* of an end: its holders, once asked for */
};
struct vvm_held_edge { uint32_t from, to; bool aside; /* no part of circles */ };
struct vvm_held_rows { uint32_t *first, *items; bool *aside; size_t nodes, edges; }; /* edges by one of their ends */

struct vvm_held {
    struct vvm_vm *vm;
    const struct vvm_waits *waits;
    struct vvm_look_limit *limit;
    struct vvm_held_node *nodes;
    struct vvm_held_edge *edges;
    uint32_t *index; /* 1 + node, by hash; 0: free */
    uint32_t *stamps;
    struct vvm_held_rows rows; /* by `from` */
    uint32_t count, capacity, mask, stamp;
    size_t edge_count, edge_capacity;
    bool failed, has_texts;
};

/* Gives a table back, if there is one. Tables come from vrt_alloc: the large ones are mappings, which an idle program
 * gives back. */
static inline void vvm_held_give(void *table, size_t size)
{
    if (table != NULL)
        vrt_free(table, size);
}

/* Is one more step allowed? */
static inline bool vvm_held_goes_on(const struct vvm_held *held)
{
    return vvm_look_goes_on(held->limit, held->count);
}

/* The place in `index` of a thing's node, or where it is to go. */
uint32_t *vvm_held_slot(const struct vvm_held *held, uint32_t kind, const void *thing);

/* The node of a thing, made if it is not there. VVM_HELD_NONE when it failed. */
uint32_t vvm_held_node(struct vvm_held *held, enum vvm_held_kind kind, const void *thing);
/* Nothing if one of both is VVM_HELD_NONE. */
void vvm_held_edge(struct vvm_held *held, uint32_t from, uint32_t to, bool aside);

/* All edges; the tasks' nodes are there. */
void vvm_held_add_edges(struct vvm_held *held);

/* The edges by `from`; reversed: by `to`. Owns: the caller, until vvm_held_drop_rows. False: the limit, or no memory. */
bool vvm_held_make_rows(const struct vvm_held *held, bool reversed, struct vvm_held_rows *rows);
void vvm_held_drop_rows(struct vvm_held_rows *rows);

#endif
