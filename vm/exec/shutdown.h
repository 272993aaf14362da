/* The end of a program that is asked for from outside: Ctrl-C, an embedder.
 *
 *   asked: no worker or actor starts any more; the programs get CancellationError with the reason "shutdown", and
 *            when they have ended the other tasks of main get it
 *     -> drain: what is at work goes on, for the VM's patience (5 seconds) since it was asked for
 *     -> soft:  every task that is left is cancelled, `finally` runs; they are awaited as long again
 *     -> actors are stopped, children before parents
 *     -> hard:  what is left is reported with its trace, and dropped with the runtime
 *
 * Who asks only posts a letter; who waits for the program's end (vvm_vm_finish) goes through the phases. */
#ifndef VVM_SHUTDOWN_H
#define VVM_SHUTDOWN_H

#include "vm/exec/vm.h"

/* Asks for the end. Idempotent. Thread: any that is no signal handler. Errors: without memory the programs are not
 * told. */
void vvm_shutdown_ask_any(struct vvm_vm *vm);

/* Any thread. */
static inline bool vvm_shutdown_is_asked(struct vvm_vm *vm)
{
    return atomic_load_explicit(&vm->shutdown_ns, memory_order_acquire) != 0; /* pairs with vvm_shutdown_ask_any */
}

/* Drain, then soft. Thread: foreign. Blocks, twice the patience at most. */
void vvm_shutdown_end_tasks(struct vvm_vm *vm);

/* Reports what is left: all of it if the end was asked for, else the actors that did not stop. Thread: foreign. */
void vvm_shutdown_report(struct vvm_vm *vm);

/* ---- For vm/exec ---- */

struct vvm_machine;

/* Main's runner: cancels its programs, or every task of it; but not what stops the actors. */
void vvm_shutdown_tell_main(struct vvm_machine *m, bool all);

#endif
