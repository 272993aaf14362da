/*
 * Visiting: the parts right below a node, in the order of the source.
 *
 * For passes that look at a whole tree and care for some kinds only: they handle those and let this go on to the rest.
 * Types, patterns and decorators hold no code and are not visited; the ends of range patterns are constants.
 */
#ifndef VELA_VM_FRONT_VISIT_H
#define VELA_VM_FRONT_VISIT_H

#include "vm/front/ast.h"

struct vvm_visitor {
    void (*node)(void *data, struct vvm_node *node);
    void (*function)(void *data, struct vvm_function_node *function); /* instead of its defaults and body */
    void *data;
};

/* Calls the visitor with each node and function right below `node`; what is absent is left out. */
void vvm_visit_children(struct vvm_node *node, const struct vvm_visitor *visitor);

#endif
