/* The virtual machine: everything that all isolates of one program share.
 *
 * One VM lives on one runtime. Symbols, types, functions, sites and module variables are added while
 * modules are loaded (by one thread at a time) and read by every worker thread without a lock: they lie in
 * tables of chunks that never move, and reach another thread only through a published value (a spawn, a
 * send, a module variable's ready flag). */
#ifndef VVM_VM_H
#define VVM_VM_H

#include "vm/exec/function.h"
#include "vm/value/object.h"
#include "vm/value/type.h"

struct vela_runtime;
struct vvm_isolate;
struct vvm_builtin;

/* A growing array whose items never move: 24 chunks of doubling size. */
struct vvm_table { _Atomic(void *) chunks[24]; uint32_t count; uint32_t item_size; };
#define VVM_TABLE_FIRST 256u /* items in chunk 0 */
static inline void *vvm_table_at(const struct vvm_table *table, uint32_t index)
{
    uint32_t shifted = index / VVM_TABLE_FIRST + 1;
    int chunk = 31 - __builtin_clz(shifted);
    uint32_t start = (((uint32_t)1 << chunk) - 1) * VVM_TABLE_FIRST;
    /* relaxed: an index reaches a reader only after its entry was published with it */
    char *base = atomic_load_explicit(&table->chunks[chunk], memory_order_relaxed);
    return base + (size_t)(index - start) * table->item_size;
}
bool vvm_table_add(struct vvm_table *table, const void *item, uint32_t *index); /* false = out of memory */

/* One place in the code that looks up a member by name: its inline cache. */
struct vvm_site {
    vvm_symbol name;
    uint32_t type_id;            /* CALLS: the type whose method is meant; else 0 */
    _Atomic uint64_t cache;      /* type id << 32 | member index; monomorphic; relaxed: any value read is a whole, valid pair */
    _Atomic uint32_t rewrites;   /* frozen after 4 */
};

/* How the arguments of a CALLN/CALLMN are named. */
struct vvm_shape {
    uint32_t site;               /* CALLMN: the method's site */
    uint32_t count;              /* arguments in the window */
    struct vvm_shape_argument { vvm_symbol name; bool spread; } *arguments; /* name 0 = positional */
};

/* A variable of a module (language.md 7): set once and immortal, or `state` and main's own. */
struct vvm_global {
    vvm_symbol name;
    bool is_state;
    _Atomic bool ready;          /* release store by main when bound; acquire load by readers: publishes value */
    bool sendable;
    bool is_handle_root;         /* not immortal: holds its count until the VM is destroyed */
    vvm_value value;
};

struct vvm_vm {
    struct vela_runtime *runtime;
    struct vvm_symbols *symbols;
    struct vvm_table functions;  /* of struct vvm_function * */
    struct vvm_table types;      /* of struct vvm_type * */
    struct vvm_table sites;      /* of struct vvm_site */
    struct vvm_table shapes;     /* of struct vvm_shape */
    struct vvm_table globals;    /* of struct vvm_global */
    struct vvm_type *known[VVM_TYPE_FIRST_FREE];
    struct vvm_immortals *immortals;
    struct vvm_known_symbols *names; /* symbols C code compares with: vm/core/names.h */
    struct vvm_prelude *prelude;     /* name -> value of everything in scope without import: vm/core */
    struct vvm_modules *modules;     /* loaded modules: vm/compile */
    struct vvm_isolate *main;
    int argument_count;
    char **arguments;
    _Atomic int exit_status;
};

static inline struct vvm_function *vvm_function_at(const struct vvm_vm *vm, uint32_t id)
{
    return *(struct vvm_function **)vvm_table_at(&vm->functions, id);
}
static inline struct vvm_type *vvm_type_at(const struct vvm_vm *vm, uint32_t id)
{
    return *(struct vvm_type **)vvm_table_at(&vm->types, id);
}

#endif
