/*
 * Parser: from a source text to the syntax tree of one module (vm/front/ast.h).
 *
 * Reports E1xx and those E2xx that need no scopes, several per run: after an error it goes on at the next
 * statement. It never crashes on bad input and never recurses deeper than the nesting limit (E108).
 * Ten thousand lines take a few milliseconds.
 */
#ifndef VELA_VM_FRONT_PARSER_H
#define VELA_VM_FRONT_PARSER_H

#include <stdbool.h>

#include "vm/front/arena.h"
#include "vm/front/ast.h"
#include "vm/front/diagnostic.h"
#include "vm/front/source.h"
#include "vm/value/symbol.h"

/* Nesting of brackets and of operators without brackets above which E108 is reported. */
#ifndef VVM_NESTING_MAX
#define VVM_NESTING_MAX 1000
#endif

/* Parses a whole module. True when no error was found; then *out is the tree, which lives in the arena and
   borrows the source. False: diagnostics say why (also for want of memory), *out is NULL.
   Thread: any, with arena and diagnostics of its own. Blocks: shortly, in the symbol table's lock. */
bool vvm_parse(struct vvm_arena *arena, struct vvm_symbols *symbols, const struct vvm_source *source,
               struct vvm_diagnostics *diagnostics, struct vvm_module_node **out);

#endif
