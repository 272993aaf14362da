/* The graph of held.h from the inside: its nodes and edges (held.c), what is said of it (held_text.c), what it proves (stuck.c). */
#ifndef VVM_HELD_GRAPH_H
#define VVM_HELD_GRAPH_H

#include "vm/exec/held.h"

#define VVM_HELD_NONE UINT32_MAX

enum vvm_held_kind { TASK, GLOBAL, OBJECT, SENDERS, RECEIVERS, PROMISE };
struct vvm_held_node {
    const void *thing;
    uint32_t kind, found; /* of an end or a promise: handles that were found */
    bool shared;          /* of an end: one of them stands for more than was found */
    char *text;           /* of an end: its holders, once asked for */
};
struct vvm_held_edge { uint32_t from, to; bool aside; /* no part of circles */ };
struct vvm_held_rows { uint32_t *first, *items; bool *aside; }; /* edges by one of their ends */

struct vvm_held {
    struct vvm_vm *vm;
    const struct vvm_waits *waits;
    struct vvm_held_node *nodes;
    struct vvm_held_edge *edges;
    uint32_t *index; /* 1 + node, by hash; 0: free */
    uint32_t *order, *stamps;
    struct vvm_held_rows rows; /* by `from` */
    uint32_t count, capacity, mask, limit, stamp;
    size_t edge_count, edge_capacity;
    bool failed;
};

/* The place in `index` of a thing's node, or where it is to go. */
uint32_t *vvm_held_slot(const struct vvm_held *held, uint32_t kind, const void *thing);

/* The edges by `from`; reversed: by `to`. Owns: the caller, until vvm_held_drop_rows. False: no memory. */
bool vvm_held_make_rows(const struct vvm_held *held, bool reversed, struct vvm_held_rows *rows);
void vvm_held_drop_rows(struct vvm_held_rows *rows);

#endif
