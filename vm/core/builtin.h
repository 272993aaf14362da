/* Built-in functions and methods: the table they stand in, and the calling convention.
 *
 * A built-in is a row of data: its signature as the documentation shows it, the C function, and
 * who owns its arguments. Names, arities, named arguments, defaults and the library pages come from
 * the signature. Higher-order methods (those that call Vela functions) are written in Vela
 * (the .vela files of vm/core); C built-ins are leaves, or wait (PARK), or are frames that call back in steps. */
#ifndef VVM_BUILTIN_H
#define VVM_BUILTIN_H

#include "vm/exec/vm.h"

struct vvm_fiber;

enum vvm_outcome {
    VVM_DONE,   /* call->result is set (owned) */
    VVM_THROW,  /* call->result is the error (owned); use vvm_throw() */
    VVM_PARK,   /* the fiber waits: its waiter is armed and call->fiber->resume is set */
    VVM_CALL,   /* only with VVM_BUILTIN_FRAME: run call->callee with call->callee_args, then step again */
    VVM_LONG,   /* as DONE, but the work is charged to the turn: see vvm_charge */
    VVM_AGAIN,  /* only with VVM_BUILTIN_FRAME: step again, in a later turn if this one is over */
    VVM_ADVANCE /* only without it: the Generator in args[0], its one argument, goes on; what it yields is the result */
};

struct vvm_call {
    struct vvm_vm *vm;
    struct vvm_isolate *isolate;
    struct vvm_fiber *fiber;
    const struct vvm_builtin *builtin;
    vvm_value *args;            /* args[0] is the receiver of a method. Optional arguments not given are unset.
                                   Points into the fiber's stack: invalid after PARK or CALL */
    uint32_t count;             /* arguments given (rest arguments: all follow one another) */
    uint32_t owned;             /* bit i: args[i] will be released after the call (given by the caller, or consumed) */
    bool is_method;             /* args[0] is a receiver */
    struct vvm_type *type;      /* constructors of built-in types and error classes: the type that was called */
    vvm_value result;
    int32_t charge;             /* LONG, AGAIN: reductions the work was worth */
    /* frames only */
    uint32_t stage;             /* 0 at the first step; the step function sets it for the next one */
    vvm_value *slots;           /* builtin->slots extra registers, unset at first; owned values, released at the end */
    vvm_value resumed;          /* value the called function returned (owned by the step function) */
    vvm_value callee;           /* for VVM_CALL: borrowed function value, kept alive by args or slots */
    vvm_value callee_args[4];   /* owned */
    uint32_t callee_count;
};

/* Native work over many elements counts as one reduction for VVM_ELEMENTS_PER_REDUCTION of them; below
 * VVM_CHARGED_FROM it is not worth counting. */
#define VVM_ELEMENTS_PER_REDUCTION 16u
#define VVM_CHARGED_FROM 1024u

/* The outcome of a built-in that has looked at so many elements. */
static inline enum vvm_outcome vvm_charge(struct vvm_call *call, enum vvm_outcome outcome, uint64_t elements)
{
    if (elements < VVM_CHARGED_FROM || outcome != VVM_DONE)
        return outcome;
    uint64_t reductions = elements / VVM_ELEMENTS_PER_REDUCTION;
    call->charge = reductions < INT32_MAX / 2 ? (int32_t)reductions : INT32_MAX / 2;
    return VVM_LONG;
}

/* Long work of a frame is done in portions of so many elements, with the number of those done as its stage. A portion
 * is worth a turn. */
#ifdef VELA_TINY
#define VVM_PORTION 64u
#else
#define VVM_PORTION 8192u
#endif

/* Of elements that are made, counted or read where they lie, each may cost a cache miss, or a page: 100 ns and more. */
#define VVM_PORTION_OF_VALUES (VVM_PORTION / 4)

/* Of texts, in bytes: what is looked at Char by Char, and what is only copied, counted or compared. */
#define VVM_PORTION_OF_CHARS (VVM_PORTION * 8)
#define VVM_PORTION_OF_BYTES VVM_BYTES_AT_ONCE

/* The elements that so many copied bytes are worth: more than 1 KiB of them is a reduction. */
#define VVM_BYTES_PER_ELEMENT 64u

/* Where the portion ends that begins at call->stage. */
static inline size_t vvm_portion_at_most(const struct vvm_call *call, size_t length, size_t most)
{
    return length - call->stage > most ? call->stage + most : length;
}
static inline size_t vvm_portion(const struct vvm_call *call, size_t length)
{
    return vvm_portion_at_most(call, length, VVM_PORTION);
}
static inline size_t vvm_portion_of_values(const struct vvm_call *call, size_t length)
{
    return vvm_portion_at_most(call, length, VVM_PORTION_OF_VALUES);
}

/* A portion is done; the next one begins at element `next`. */
static inline enum vvm_outcome vvm_again(struct vvm_call *call, size_t next)
{
    call->stage = (uint32_t)next;
    call->charge = INT32_MAX;
    return VVM_AGAIN;
}

typedef enum vvm_outcome (*vvm_native)(struct vvm_call *call);

/* The short way of a method, tried first where a call gives exactly `min` arguments. True: done, *result is owned
 * (unset: there was no memory), and the arguments that the mask `owned` names are released or taken over. False:
 * nothing has happened, the function is called. It never throws, waits or calls back. */
typedef bool (*vvm_quick)(vvm_value *args, uint32_t owned, vvm_value *result);

struct vvm_builtin {
    const char *signature;      /* "padStart(n: Number, fill: String = \" \") -> String"; for methods without the
                                   receiver */
    vvm_native function;
    uint16_t consumes;          /* bit i: args[i] arrives owned and the function takes it over (sets args[i] to unset or
                                   leaves it to be released: see vvm_take). Receiver = bit 0 for methods */
    uint8_t min, max;           /* argument count, receiver not included; max 255 = rest */
    uint8_t flags;              /* VVM_BUILTIN_* */
    uint8_t slots;              /* FRAME: extra registers */
    vvm_quick quick;            /* methods only; may be NULL */
    const char *doc;            /* one or two sentences for docs/library */
};
enum { VVM_BUILTIN_FRAME = 1 /* steps: may return CALL */, VVM_BUILTIN_PROPERTY = 2 /* may be written without () */,
       VVM_BUILTIN_PURE = 8 /* W503 */,
       VVM_BUILTIN_GROWS = 16 /* append, set or add of a collection: see vvm_leave_place */ };

/* Takes an argument that is declared consumed: the caller now owns it. */
static inline vvm_value vvm_take(vvm_value *argument)
{
    vvm_value value = *argument;
    *argument = vvm_unset();
    return value;
}

/* Builds an error of a known class with a printf-style message, with a trace of the running fiber;
 * always returns VVM_THROW. */
enum vvm_outcome vvm_throw(struct vvm_call *call, enum vvm_type_id error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum vvm_outcome vvm_throw_value(struct vvm_call *call, vvm_value owned_error);
enum vvm_outcome vvm_throw_memory(struct vvm_call *call);       /* OutOfMemoryError, preallocated */
enum vvm_outcome vvm_return(struct vvm_call *call, vvm_value owned); /* unset = out of memory: throws */

/* Argument access for built-ins; each throws TypeError/ArityError naming builtin, parameter and what came. */
bool vvm_want_number(struct vvm_call *call, uint32_t index, int64_t *out);
bool vvm_want_float(struct vvm_call *call, uint32_t index, double *out);        /* takes a Number, too */
bool vvm_want_bool(struct vvm_call *call, uint32_t index, bool *out);
bool vvm_want_string(struct vvm_call *call, uint32_t index, struct vvm_bytes *out);
bool vvm_want_kind(struct vvm_call *call, uint32_t index, enum vvm_kind kind);
/* language.md 8.1 Time arguments; INT64_MAX = no limit */
bool vvm_want_time(struct vvm_call *call, uint32_t index, int64_t *nanoseconds);
bool vvm_want_function(struct vvm_call *call, uint32_t index);
/* Optional parameter `x: T? = None`: not given, None -> false; T or Some(T) -> true and args[index] is the plain T. */
bool vvm_has_argument(struct vvm_call *call, uint32_t index);

/* Conventions of registration (vm/exec/registry.c):
 * a row of a statics group named like its type is the type's constructor: T(...) calls it, with call->type set;
 * PROPERTY rows of statics groups (Math.PI) are called when read;
 * prelude rows whose name starts with `__` are intrinsics: found by the core library only. */

/* Does reading the Char at an index, or a part (code points, within bounds), take long? Then these built-ins do it: of
 * a String and an index, of a String and two bounds. */
bool vvm_is_far_char(vvm_value string, size_t index);
bool vvm_is_long_part(vvm_value string, size_t start, size_t end);
extern const struct vvm_builtin vvm_far_char_row, vvm_long_part_row;
/* What else the interpreter hands over where it takes long: (a, b, is it to grow again?), and (text, how often). */
extern const struct vvm_builtin vvm_concat_row, vvm_repeat_row;
/* Lists: (a, b, is it to grow again?). */
extern const struct vvm_builtin vvm_list_concat_row;
static inline bool vvm_list_joins_slowly(const struct vvm_list *a, const struct vvm_list *b, bool own)
{
    uint64_t length = a->length + b->length;
    if (length <= VVM_PORTION || a->length == 0 || b->length == 0)
        return false;
    return b->length > VVM_PORTION || !own || a->header.extra != b->header.extra ||
           a->offset + length > a->buffer->capacity;
}
static inline vvm_value vvm_builtin_value(const struct vvm_builtin *row)
{
    return (vvm_value){.tag = VVM_BUILTIN, .object = (void *)(uintptr_t)row};
}

/* The tables. A group attaches rows to a built-in type (methods: instance side; statics: T.name) or, with type
 * VVM_TYPE_NO_ID, to the prelude (functions). Every row is reachable under its camelCase and snake_case spelling. */
struct vvm_builtin_group {
    enum vvm_type_id type;
    bool statics;
    const struct vvm_builtin *rows;
    size_t count;
};
/* All groups of the core library (vm/core/groups.c) and, registered before VM creation, of the bindings. */
extern const struct vvm_builtin_group *const vvm_core_groups[];
extern const size_t vvm_core_group_count;

#endif
