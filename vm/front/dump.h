/*
 * Dump: the syntax tree as s-expressions, for tests and for the curious. One top-level statement per line.
 */
#ifndef VELA_VM_FRONT_DUMP_H
#define VELA_VM_FRONT_DUMP_H

#include <stdio.h>

#include "vm/front/ast.h"
#include "vm/value/symbol.h"

void vvm_dump_module(FILE *out, const struct vvm_symbols *symbols, const struct vvm_module_node *module);

#endif
