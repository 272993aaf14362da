/* Functions: bytecode, constants, and the tables that errors, unwinding and dumps read.
 *
 * Made by the compiler when a module is loaded, never changed afterwards, freed with the VM. */
#ifndef VVM_FUNCTION_H
#define VVM_FUNCTION_H

#include "vm/value/symbol.h"
#include "vm/value/value.h"

struct vvm_type_test;
struct vvm_source;
struct vvm_module;

#define VVM_FRAME_HEADER 3   /* stack slots of a frame before its registers */
/* Arguments whose ownership a call's mask tells, and parameters whose ownership the frame's mask tells. Later arguments
 * are always given: in the callee those parameters are owned registers as any other. Its code moves or drops
 * them (never with TAKE, GIVE, DROPP, DEFP or RETP), the owned table lists them, and nobody else releases them. */
#define VVM_MASK_BITS 16

struct vvm_parameter {
    vvm_symbol name;         /* 0 = a pattern: cannot be named */
    bool has_default;        /* missing arguments arrive as unset; the code evaluates the default */
    bool is_rest;            /* collects the remaining positional arguments as a List; last */
};

struct vvm_check {           /* operand of CHECK, IS, AS, JNTYPE */
    struct vvm_type_test *test;
    const char *what;        /* "parameter n of f", "variable x", "result of f": for the TypeError */
};

struct vvm_handler {         /* a protected region, innermost first where they nest */
    uint32_t start, end;     /* words: start <= pc of the throwing instruction < end */
    uint32_t target;         /* word of the handler */
    uint32_t slot;           /* register that receives the error, owned */
};

/* Source offsets of a `finally` block, or of a clause that names CancellationError: a task that computes there is not
 * told that it is cancelled. */
struct vvm_quiet { uint32_t start, end; };

/* Owned registers (the first VVM_MASK_BITS parameters excluded: those are in the frame's mask) while the instruction
 * that starts at word `pc` is being executed, its consumed operands not included: what unwinding releases. An entry
 * holds until the next one. bits_index points into owned_bits, owned_words 64-bit words per set; equal sets are
 * shared. */
struct vvm_owned { uint32_t pc; uint32_t bits_index; };
struct vvm_line { uint32_t pc; uint32_t position; };   /* from word pc on: source offset */

enum {
    VVM_FUNCTION_ASYNC = 1, VVM_FUNCTION_GENERATOR = 2, VVM_FUNCTION_METHOD = 4 /* parameter 0 is this */,
    /* these hold for tail calls too */
    VVM_FUNCTION_RESULT_VOID = 8, VVM_FUNCTION_RESULT_FLOAT = 16, VVM_FUNCTION_RESULT_NEVER = 32,
    VVM_FUNCTION_REST = 64, VVM_FUNCTION_CORE = 128 /* core library: left out of traces */
};

struct vvm_function {
    const char *name;            /* "f", "Point.norm", "<lambda>", "<module>"; immortal text */
    uint32_t id;                 /* index in the VM's function table */
    uint32_t flags;              /* VVM_FUNCTION_* */
    const uint32_t *code;
    uint32_t code_count;
    uint32_t register_count;     /* registers of a frame, parameters included */
    uint32_t parameter_count;
    uint32_t required_count;     /* parameters without default, before the rest */
    const struct vvm_parameter *parameters;
    const vvm_value *constants;  /* immortal values */
    uint32_t constant_count;
    uint32_t check_count;
    const struct vvm_check *checks;
    const struct vvm_handler *handlers;
    uint32_t handler_count;
    uint32_t quiet_count;
    const struct vvm_quiet *quiet;
    uint32_t owned_count;
    const struct vvm_owned *owned;
    const uint64_t *owned_bits;
    uint32_t owned_words;
    uint32_t line_count;
    const struct vvm_line *lines;
    const struct vvm_source *source;
    const vvm_symbol *capture_names;
    uint32_t capture_count;
    const uint32_t *capture_positions;   /* source offset of each capture, for NotSendableError */
    struct vvm_module *module;
    uint32_t decorators;         /* index + 1 of the module variable that holds them, 0 = none */
    uint32_t actor;              /* A(…) of an actor: id of its type + 1, else 0 */
    uint32_t result_check;       /* index in checks + 1 of the declared result's test, 0 = none: a tail call of a
                                    built-in applies it */
};

#endif
