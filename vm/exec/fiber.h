/* The fiber: one sequence of evaluation with a stack of its own.
 *
 * A stack is one array of values; calls push frames on it. A frame is three header slots
 * (struct vvm_frame) followed by its registers; arguments are written where the callee has its
 * first registers, so a call copies nothing. Native frames (built-ins that wait or call back) have the
 * same shape: arguments, then the built-in's own slots.
 *
 *            made ready (start, async call)             budget over: stays current
 *   NEW ----------------------------------> READY <------------------------------+
 *                                             |  popped, FIFO (its isolate's turn)|
 *                  the wait record's post     v                                   |
 *   PARKED <------------------------------- RUNNING ------------------------------+
 *     |    ------------------------------->   |
 *     | dropped with its isolate              | its first frame returns or throws
 *     +----------------> ENDED <--------------+  (its Future is settled)
 *
 * Frames hold offsets: a stack that grows moves. Memory: the first stack is exactly what the entry
 * function needs; the wait record is taken at the first wait. Only the thread that runs the isolate
 * touches a fiber; wakers touch its wait record. */
#ifndef VVM_FIBER_H
#define VVM_FIBER_H

#include "runtime/sync/waiter.h"
#include "vm/core/builtin.h"
#include "vm/exec/function.h"

struct vvm_isolate;

/* Goes on after a wait: unlinks the wait record from wherever it is registered, then answers as a built-in
 * does; PARK again is allowed. `call` is filled from the native frame: args, slots, stage as they were.
 * If the wait was interrupted (waiter->outcome is CANCELLED and vvm_fiber_is_interrupted) it must
 * unlink and return DONE; the interpreter then throws the interrupting error instead. */
typedef enum vvm_outcome (*vvm_resume)(struct vvm_call *call);

struct vvm_frame {
    vvm_value callee;  /* FUNCTION or CLOSURE (its environment serves the captures), else void; released at exit
                          when VVM_FRAME_OWNS_CALLEE is set */
    union {
        const struct vvm_function *function;
        const struct vvm_builtin *builtin; /* VVM_FRAME_NATIVE */
    };
    const uint32_t *pc; /* next word to execute; valid while the frame does not run (code never moves) */
    union {
        uint64_t state; /* low half = first operand word of the CALL: one store makes a frame */
        struct {
            uint16_t dst;   /* register of the caller that gets the result */
            uint16_t given; /* bit i: this frame owns parameter i */
            uint16_t flags; /* VVM_FRAME_* */
            uint16_t count; /* native: arguments given */
        };
    };
    uint32_t back;  /* slots from the previous frame's registers to this one's */
    uint32_t stage; /* native: the built-in's stage; generator: 1 = it holds a count of the Generator */
};
_Static_assert(sizeof(struct vvm_frame) == VVM_FRAME_HEADER * sizeof(vvm_value), "a frame header is three slots");

#define VVM_GIVEN_BIT(i) ((uint64_t)1 << (16 + (i))) /* of parameter i, in `state` */

enum {
    VVM_FRAME_NATIVE = 1,
    VVM_FRAME_ENTRY = 2,        /* the fiber's first frame */
    VVM_FRAME_OWNS_CALLEE = 4,
    /* as VVM_FUNCTION_RESULT_*: promises of functions that ended in a tail call of this one */
    VVM_FRAME_VOID = VVM_FUNCTION_RESULT_VOID,
    VVM_FRAME_FLOAT = VVM_FUNCTION_RESULT_FLOAT,
    VVM_FRAME_NEVER = VVM_FUNCTION_RESULT_NEVER,
    VVM_FRAME_FOLLOWED = 64,    /* ENTRY: a returned Future is being awaited already */
    VVM_FRAME_RESUME = 128,     /* native: call fiber->resume next, not the built-in */
    VVM_FRAME_GENERATOR = 128,  /* not native: a generator's body (generator.h); the Generator stands below the
                                   header */
    VVM_FRAME_METHOD = 256,     /* native: argument 0 is a receiver */
    VVM_FRAME_LOOPED = 256,     /* not native: the callback of a LOOP, which enters it anew without leaving it */
    VVM_FRAME_RESULT = VVM_FRAME_VOID | VVM_FRAME_FLOAT | VVM_FRAME_NEVER,
    /* what happens to the result before the caller goes on: enum vvm_action in four bits; 0 = stored in dst */
    VVM_FRAME_ACTION_SHIFT = 9,
    VVM_FRAME_ACTION = 15 << VVM_FRAME_ACTION_SHIFT,
    VVM_FRAME_NEGATE = 1 << 13, /* of the truth an action finds */
    VVM_FRAME_BRANCH = 1 << 14, /* the truth is not stored: the caller jumps (its last word is the offset) ... */
    VVM_FRAME_SENSE = 1 << 15   /* ... if it is this */
};

enum vvm_action {
    VVM_ACTION_STORE,  /* into dst */
    VVM_ACTION_BOOL,   /* a Bool: operator ==, equals, operator < */
    VVM_ACTION_LT, VVM_ACTION_LE, VVM_ACTION_GT, VVM_ACTION_GE, /* a Number compared with 0: compareTo */
    VVM_ACTION_STRING, /* a String: toString */
    VVM_ACTION_DROP,   /* setters */
    VVM_ACTION_RETURN, /* the caller returns it: a built-in in tail position */
    VVM_ACTION_NATIVE  /* the caller is a built-in's frame: it gets the result as `resumed` */
};

enum vvm_fiber_state { VVM_FIBER_NEW, VVM_FIBER_READY, VVM_FIBER_RUNNING, VVM_FIBER_PARKED, VVM_FIBER_ENDED };

enum {
    VVM_FIBER_MAIN = 1,        /* started by vvm_vm_run */
    VVM_FIBER_WORKER = 2,      /* the entry fiber of a worker: its result ends the isolate */
    VVM_FIBER_STARTED = 4,     /* async call whose starter waits in `next` for its first suspension */
    VVM_FIBER_INTERRUPTED = 8, /* an error is to be thrown at the suspension point: waiter->value */
    VVM_FIBER_EMBEDDED = 16,   /* lies inside its isolate */
    VVM_FIBER_CANCELLED = 32,  /* every suspension point throws CancellationError (K1) */
    VVM_FIBER_TOLD = 64,       /* ... and it has been thrown at a call once, or at a suspension point */
    VVM_FIBER_TEXT = 128,      /* a worker that threw what may not cross: makes the text of it */
    VVM_FIBER_FRESH = 256,     /* has not run yet: if it is cancelled it never does */
    VVM_FIBER_SHIELDED = 512,  /* Task.shield: it is not told for now */
    VVM_FIBER_ANSWERS = 1024,  /* of an actor, not its first: a struct vvm_answering_fiber */
    VVM_FIBER_STUCK = 8192,    /* it has been reported that nobody can ever wake it */
    VVM_FIBER_FOLLOWS = 2048,  /* it has returned the Future of a task of its isolate: that one is told instead */
    VVM_FIBER_KEEPS = 4096,    /* what it returns is its outcome if it was not told of a request: a receive loses
                                  nothing (C4) */
    VVM_FIBER_LATE = 16384,    /* cancelled, and given up: late.h */
    VVM_FIBER_FITTED = 32768   /* it has waited, and its stack was made to fit */
};

struct vvm_fiber {
    vvm_value *stack;
    uint32_t capacity;          /* slots */
    uint32_t top;               /* index of the first register of the running frame; 0 = no frame */
    struct vrt_waiter *waiter;  /* NULL until the first wait */
    union {
        vvm_resume resume;      /* while PARKED, and until what waited has gone on */
        uint32_t selected;      /* from the answer of a select to its SELECTED: the arm it chose */
    };
    struct vvm_handle *future;  /* counted; the Future it settles; NULL: result goes to the isolate (worker) */
    struct vvm_fiber *next;     /* READY: queue; STARTED: the fiber that called it */
    struct vvm_fiber *list_next, *list_prev; /* all fibers of the isolate, circular */
    uint64_t reductions;
    uint8_t state;              /* enum vvm_fiber_state */
    uint8_t cancelled_at;       /* CANCELLED: when, for late.h */
    uint16_t flags;             /* VVM_FIBER_* */
    uint32_t number;            /* n-th fiber of its isolate */
};

/* A task that an actor started while it took a message: whom the message came from, for as long as the task goes on. */
struct vvm_answering_fiber {
    struct vvm_fiber fiber;
    vvm_value sender;           /* an ActorRef; void: no actor sent it */
};

static inline struct vvm_frame *vvm_frame_of(vvm_value *registers)
{
    return (struct vvm_frame *)(void *)(registers - VVM_FRAME_HEADER);
}
static inline vvm_value *vvm_fiber_registers(const struct vvm_fiber *fiber) { return fiber->stack + fiber->top; }
static inline struct vvm_frame *vvm_fiber_frame(const struct vvm_fiber *fiber)
{
    return vvm_frame_of(vvm_fiber_registers(fiber));
}

/* The wait record of the running fiber, made at the first use. Errors: NULL when memory is out. */
struct vrt_waiter *vvm_fiber_waiter(struct vvm_call *call);

/* What a waiting built-in does last: arms nothing, only notes how to go on, and returns VVM_PARK. The record has been
 * armed and registered (and a timer started) before. */
static inline enum vvm_outcome vvm_fiber_park(struct vvm_call *call, vvm_resume resume);

/* True if the wait was ended from outside and an error will be thrown. */
static inline bool vvm_fiber_is_interrupted(const struct vvm_fiber *fiber)
{
    return (fiber->flags & VVM_FIBER_INTERRUPTED) != 0;
}

static inline enum vvm_outcome vvm_fiber_park_with(struct vvm_fiber *fiber, vvm_resume resume)
{
    fiber->resume = resume;
    return VVM_PARK;
}
static inline enum vvm_outcome vvm_fiber_park(struct vvm_call *call, vvm_resume resume)
{
    return vvm_fiber_park_with(call->fiber, resume);
}

/* ---- For vm/exec ---- */

/* Prepares a fiber whose first frame calls `callee` (FUNCTION or CLOSURE, consumed, also on failure) with
 * `count` arguments (all owned, consumed). The frame is complete: defaults unset, rest collected.
 * Errors: false and `*error` (owned). */
bool vvm_fiber_init(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value callee, const vvm_value *args,
                    uint32_t count, vvm_value *error);

/* Releases every value on the stack, the stack and the wait record (which must not be registered anywhere,
 * or is dropped with the whole runtime). */
void vvm_fiber_deinit(struct vela_runtime *runtime, struct vvm_fiber *fiber);

/* Makes room for `slots` slots in all. May move the stack. Errors: false at the limit or without memory. */
bool vvm_fiber_reserve(struct vvm_vm *vm, struct vvm_fiber *fiber, size_t slots);

/* Gives back what a parking fiber's stack does not need: all of it at its first wait, later only much. */
void vvm_fiber_shrink(struct vvm_fiber *fiber);

/* Source position of the innermost Vela frame: file, line, column; false if there is none. */
struct vvm_place { const char *file; uint32_t line, column; const char *function; };
bool vvm_fiber_place(const struct vvm_fiber *fiber, struct vvm_place *place);
bool vvm_place_of(const struct vvm_function *function, const uint32_t *pc, struct vvm_place *place);
/* "f (file.vela:12:5)". Not by a format: each error of a cancelled task has such a text. */
void vvm_place_add(const struct vvm_place *place, struct vvm_text_builder *out);
/* The source offset of the instruction before `pc`. */
uint32_t vvm_position_of(const struct vvm_function *function, const uint32_t *pc);

#endif
