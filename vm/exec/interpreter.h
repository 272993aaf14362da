/* The interpreter: runs one fiber until it waits, ends, or its budget is used up.
 *
 * One loop (interpreter.c) with the hot paths in it; everything else is a step function in a file of its own
 * (arith.c, member.c, call.c ...). A step leaves the machine in a state the loop can go on from: the frame on top of
 * the fiber's stack, with its pc. So calling a method for an operator is just pushing a frame. */
#ifndef VVM_INTERPRETER_H
#define VVM_INTERPRETER_H

#include "vm/exec/isolate.h"

/* What a turn works with; lives on the C stack of the turn. */
struct vvm_machine {
    struct vvm_vm *vm;
    struct vvm_isolate *isolate;
    struct vvm_fiber *fiber;     /* the one that runs */
    struct vrt_thread *thread;
    int32_t budget;              /* reductions left in this turn */
    vvm_value error;             /* VVM_STEP_THROW: owned */
    vvm_value resumed;           /* what a callee returned to the native frame on top; owned; unset: nothing */
    uint32_t pending;            /* a slow call: bits that GIVE adds to its mask */
    struct vvm_call call;        /* scratch for built-ins; vm, isolate and fiber are always right */
};

enum vvm_run { VVM_RUN_PARKED, VVM_RUN_ENDED, VVM_RUN_EXPIRED };

/* Runs machine->fiber (which may change: async calls start others). PARKED: it waits. ENDED: it has no frame any more
 * and its result is settled. EXPIRED: the budget is used up; it goes on next time. */
enum vvm_run vvm_interpret(struct vvm_machine *machine);

#endif
