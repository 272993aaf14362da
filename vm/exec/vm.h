/* The virtual machine: everything that all isolates of one program share.
 *
 * One VM lives on one runtime. Symbols, types, functions, sites and module variables are added while
 * modules are loaded (by one thread at a time) and read by every worker thread without a lock: they lie in
 * tables of chunks that never move, and reach another thread only through a published value (a spawn, a
 * send, a module variable's ready flag). */
#ifndef VVM_VM_H
#define VVM_VM_H

#include "vm/exec/actors.h"
#include "vm/exec/function.h"
#include "vm/value/object.h"
#include "vm/value/type.h"

struct vela_runtime;
struct vrt_waiter;
struct vvm_isolate;
struct vvm_builtin;
struct vvm_builtin_group;
struct vvm_test_host;

/* A growing array whose items never move: 24 chunks of doubling size. */
struct vvm_table { _Atomic(void *) chunks[24]; _Atomic uint32_t count; uint32_t item_size; };
#define VVM_TABLE_FIRST 1024u /* items in chunk 0: those of the core library and of smaller programs, found at once */
static inline void *vvm_table_item(const struct vvm_table *table, uint32_t index, size_t size)
{
    /* relaxed: as below */
    if (__builtin_expect(index < VVM_TABLE_FIRST, 1))
        return (char *)atomic_load_explicit(&table->chunks[0], memory_order_relaxed) + index * size;
    uint32_t shifted = index / VVM_TABLE_FIRST + 1;
    int chunk = 31 - __builtin_clz(shifted);
    uint32_t start = (((uint32_t)1 << chunk) - 1) * VVM_TABLE_FIRST;
    /* relaxed: an index reaches a reader only after its entry was published with it */
    char *base = atomic_load_explicit(&table->chunks[chunk], memory_order_relaxed);
    return base + (index - start) * size;
}
/* Items. An index that a thread has is below it, even where the thread that loads adds others. */
static inline uint32_t vvm_table_count(const struct vvm_table *table)
{
    return atomic_load_explicit(&table->count, memory_order_relaxed); /* as the chunks */
}

static inline void *vvm_table_at(const struct vvm_table *table, uint32_t index)
{
    return vvm_table_item(table, index, table->item_size);
}
bool vvm_table_add(struct vvm_table *table, const void *item, uint32_t *index); /* false = out of memory */

/* One place in the code that looks up a member by name: its inline cache. */
struct vvm_site {
    vvm_symbol name;
    uint32_t type_id;            /* CALLS, GETFIELD, SETFIELD: the type whose member is meant; RSET: VVM_SITE_COPY for
                                    `with`; else 0 */
    _Atomic uint64_t cache;      /* type id << 32 | member index; monomorphic; relaxed: any value read is a whole, valid
                                    pair */
    _Atomic uint32_t rewrites;   /* frozen after 4 */
};

#define VVM_SITE_COPY 1 /* of RSET: give a copy, also of an instance; else an instance is changed in place */

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
    vvm_value value;
};

/* Names the interpreter itself looks up: V(id, text). */
#define VVM_NAMES(V) \
    V(ADD, "+") V(SUB, "-") V(MUL, "*") V(DIV, "/") V(MOD, "%") V(EQ, "==") V(LT, "<") V(INDEX, "[]") \
    V(EQUALS, "equals") V(COMPARE_TO, "compareTo") V(TO_STRING, "toString") V(NAME, "name") \
    V(ORDINAL, "ordinal") V(VALUE, "value") V(VALUES, "values") V(MESSAGE, "message") V(CAUSE, "cause") \
    V(SUPPRESSED, "suppressed") V(TRACE, "__trace") V(HASH_CODE, "hashCode") \
    V(LENGTH, "length") V(START, "start")

/* Functions of the core library the interpreter calls on slow paths: V(id, text). */
#define VVM_CORE_FUNCTIONS(V) \
    V(EQUALS, "__equals") V(COMPARE, "__compare") V(TEXT, "__text") V(JOIN, "__join") V(HASH, "__hash") \
    V(DICT_SET, "__dictSet") V(DICT_GET, "__dictGet") V(COPY_TABLE, "__copyTable") V(SET_ADD, "__setAdd") \
    V(UNITE, "__unite") V(SUBTRACT, "__subtract") \
    V(GENERATOR, "__generator") V(GENERATED, "__generated") V(APPEND_ALL, "__appendAll") V(SPREAD, "__spread") \
    V(STOP_ACTORS, "__stopActors") V(CALL_GOT, "__callGot") V(SET_THROUGH, "__setThrough")

enum vvm_name {
#define VVM_X(id, text) VVM_NAME_##id,
    VVM_NAMES(VVM_X)
#undef VVM_X
    VVM_NAME_COUNT
};
enum vvm_core_function {
#define VVM_X(id, text) VVM_CORE_##id,
    VVM_CORE_FUNCTIONS(VVM_X)
#undef VVM_X
    VVM_CORE_COUNT
};

/* The index 0 of an element type as an argument: no number that a program would pass by mistake. */
#define VVM_TEST_ARGUMENT INT64_MIN

struct vvm_vm {
    struct vela_runtime *runtime;
    struct vvm_symbols *symbols;
    struct vvm_table functions;  /* of struct vvm_function * */
    struct vvm_table types;      /* of struct vvm_type * */
    struct vvm_table sites;      /* of struct vvm_site */
    struct vvm_table shapes;     /* of struct vvm_shape */
    struct vvm_table globals;    /* of struct vvm_global */
    struct vvm_table tests;      /* of struct vvm_type_test *: element types of channels and promises, by index;
                                    handed over as VVM_TEST_ARGUMENT + index */
    struct vvm_type *known[VVM_TYPE_FIRST_FREE];
    struct vvm_immortals *immortals;
    _Atomic(struct vvm_homebound *) strays; /* see homebound.h: any thread pushes (release), the end takes (acquire) */
    struct vvm_known_symbols *names; /* symbols C code compares with: vm/core/names.h */
    struct vvm_prelude *prelude;     /* name -> value of everything in scope without import: vm/core */
    struct vvm_modules *modules;     /* loaded modules: vm/compile */
    struct vvm_isolate *main;        /* lives until the runtime is destroyed */
    bool main_started;
    vvm_value memory_error;          /* preallocated, immortal: can always be thrown */
    vvm_value stack_error;
    vvm_value empty_list;            /* immortal */
    vvm_symbol symbols_used[VVM_NAME_COUNT]; /* names the interpreter compares with */
    struct vvm_function *core[VVM_CORE_COUNT]; /* the core library's helpers for slow paths; NULL until loaded */
    _Atomic uint64_t shutdown_ns;    /* when its end was asked for, 0: it was not; shutdown.h */
    _Atomic bool main_is_late;       /* a task of main was given up: late.h. Set by main's runner, read as a hint
                                        (relaxed) */
    uint32_t lulls_to_skip;          /* quiet.c; of whoever looks for stuck tasks, one thread at a time */
    uint64_t patience_ns;            /* how long a task that is to end is waited for before it is called late */
    size_t stack_limit;              /* bytes of one fiber's stack at most */
    _Atomic uint32_t failures;       /* errors nobody observed so far (relaxed: only counted); exit status 1 */
    struct vvm_actors actors;
    struct vvm_function *trampolines; /* call any value with 0-4 arguments: entry functions */
    struct vvm_test_host *test_host; /* vm_bindings/test.h; NULL: nobody runs tests */
    /* Of the test that the host would cancel if it took too long: that it holds the promise does not make the test
     * live (stuck.c). Main's runner; read while all threads stand */
    const struct vrt_promise *running_test;
    int argument_count;
    char **arguments;
};

struct vvm_vm_options {
    int argument_count;          /* Env.args() */
    char **arguments;            /* borrowed */
    size_t stack_limit;          /* 0: 1 GiB, a quarter of the cgroup limit or of RLIMIT_AS */
    bool bare;                   /* without the core library's Vela part: for those who compile it, and for tests */
};

/* Makes a VM on a runtime that runs nothing yet and has no VM: sets the runtime's user, value_ops and on_quiescent.
 * Symbols, known types with the error classes, the built-ins of vvm_core_groups and of `groups`, prelude, main isolate
 * (not started), and the core library's Vela part.
 * Owns: the caller destroys the VM after vvm_vm_stop; `groups` stays the caller's. Errors: NULL = out of memory. */
struct vvm_vm *vvm_vm_create(struct vela_runtime *runtime, const struct vvm_builtin_group *const *groups,
                             size_t group_count, const struct vvm_vm_options *options);

/* Frees the VM. Order: vvm_vm_finish if the program should end by itself, vrt_runtime_destroy, vvm_vm_destroy. */
void vvm_vm_destroy(struct vvm_vm *vm);

/* Calls a function (FUNCTION or CLOSURE, consumed) as a task of the main isolate and waits for its result; a Future it
 * returns is followed. True: *result is its value, false: its error; owned and shared, or immortal.
 * Thread: foreign (no isolate's). Blocks. */
bool vvm_vm_run(struct vvm_vm *vm, vvm_value callee, const vvm_value *args, uint32_t count, vvm_value *result);

/* The same; the watch is asked now and then, some 20 times a second, and ends the task by CancellationError when it
 * says true. */
struct vvm_watch { bool (*cancels)(void *context); void *context; };
bool vvm_vm_run_watched(struct vvm_vm *vm, vvm_value callee, const vvm_value *args, uint32_t count,
                        const struct vvm_watch *watch, vvm_value *result);

/* From now on tasks that can never be woken are looked for while others run (vm/exec/quiet.h). Foreign threads may
 * hold, look at and give back values; whoever loads modules meanwhile keeps pauses away (vrt_pause_forbid). Thread: the
 * VM's, before the first run. */
void vvm_vm_look_for_deadlocks(struct vvm_vm *vm);

/* Waits until nothing can happen any more (language.md 5.8): no task ready, no timer, nothing external; then stops the
 * actors that are left, children before parents, until for patience_ns none has ended. If an end is asked for
 * (shutdown.h) it goes through the phases of that. Returns the number of failures that nobody observed. Thread:
 * foreign. Blocks. */
uint32_t vvm_vm_finish(struct vvm_vm *vm);

/* Gives a function its id. Thread: the loading one. Errors: false = out of memory. */
bool vvm_vm_add_function(struct vvm_vm *vm, struct vvm_function *function);

/* Gives a type its id. As above. */
bool vvm_vm_add_type(struct vvm_vm *vm, struct vvm_type *type);

/* Notes the core library's helper functions: after its sources are loaded, by name. */
void vvm_vm_set_core(struct vvm_vm *vm, const char *name, struct vvm_function *function);

/* Makes the VM the one that texts and traces on this thread ask for names; gives the one before. Isolates do it at each
 * turn. */
struct vvm_vm *vvm_vm_enter(struct vvm_vm *vm);

static inline vvm_symbol vvm_name(const struct vvm_vm *vm, enum vvm_name name) { return vm->symbols_used[name]; }

static inline struct vvm_function *vvm_function_at(const struct vvm_vm *vm, uint32_t id)
{
    return *(struct vvm_function **)vvm_table_item(&vm->functions, id, sizeof(struct vvm_function *));
}
static inline struct vvm_type *vvm_type_at(const struct vvm_vm *vm, uint32_t id)
{
    return *(struct vvm_type **)vvm_table_item(&vm->types, id, sizeof(struct vvm_type *));
}

#endif
