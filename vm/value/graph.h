/* Private to vm/value: the exclusive part of the graph below a value, checked for sending.
 *
 * Sending and freezing begin with one walk in breadth that collects every object the isolate has to itself,
 * and stops at objects that are shared or immortal already: those were checked when they became so. The walk
 * marks only objects with more than one count (flag COLLECTOR), since others can be met only once; it
 * leaves no mark behind. Cost: 16 bytes per object while it runs; none on the heap up to 64 objects. */
#ifndef VVM_GRAPH_H
#define VVM_GRAPH_H

#include "vm/value/layout.h"

#define VVM_GRAPH_LOCAL 64u /* a graph of at most this many exclusive objects is moved, not marked */

struct vvm_graph_node {
    struct vvm_object *object;
    uint32_t parent; /* node it was met in; the root is its own */
    uint32_t child;  /* which child of the parent it is */
};

struct vvm_graph {
    struct vvm_graph_node *nodes;
    size_t count, capacity;
    bool tree;       /* every object has one count: nobody else holds any of them */
    vvm_value root;
    struct vvm_graph_node local[VVM_GRAPH_LOCAL];
};

/* Collects the graph below `v`. False: something in it is not sendable, and *path says where and what; or there
 * was no memory (path->failed). Drop the graph in either case. */
bool vvm_graph_collect(struct vvm_graph *graph, vvm_value v, const char *root_name, struct vvm_text_builder *path);
void vvm_graph_drop(struct vvm_graph *graph);

#endif
