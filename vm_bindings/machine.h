/* The machine: a runtime, a VM on it with all built-ins and bindings, and the core library, ready to run
 * programs.
 *
 * What the `vela` command and the embedder's API stand on. A machine runs one program after another in one
 * main isolate; destroying it ends whatever is left. Making one takes a millisecond or two (the core library
 * comes compiled, as an image) and no thread: those start with the first program. Thread: one foreign thread at a
 * time. */
#ifndef VBN_MACHINE_H
#define VBN_MACHINE_H

#include "runtime/sched/runtime.h"
#include "vm/compile/module.h"
#include "vm/exec/vm.h"

struct vbn_machine {
    struct vela_runtime *runtime;
    struct vvm_vm *vm;
};

/* How a program ended (language.md 5.8), short of its exit status. */
enum { VBN_STATUS_FINE = 0, VBN_STATUS_FAILED = 1, VBN_STATUS_REJECTED = 2 };

/* Makes a machine on a new runtime; `argv` (borrowed) is what Env.args() gives. Errors: false = out of
 * memory. */
bool vbn_machine_create(struct vbn_machine *machine, const struct vrt_runtime_config *config, int argc, char **argv);

/* The same on a runtime that runs nothing yet, which becomes the machine's, also on failure. */
bool vbn_machine_create_on(struct vbn_machine *machine, struct vela_runtime *runtime, int argc, char **argv);

/* The same on a new runtime, with other built-ins than vbn_groups beside those of the core library. */
bool vbn_machine_create_with(struct vbn_machine *machine, const struct vvm_builtin_group *const *groups,
                             size_t group_count, int argc, char **argv);

/* Stops all threads, drops what still waits, frees everything. Returns how many errors nobody ever
 * observed. Blocks. */
uint32_t vbn_machine_destroy(struct vbn_machine *machine);

/* Reads and compiles a file and what it imports. Errors: false, and `errors` says what is wrong. Blocks. */
bool vbn_machine_load(struct vbn_machine *machine, const char *path, struct vvm_program *program, FILE *errors);

/* The function that evaluates a program and calls its `main`: for vvm_vm_run. */
vvm_value vbn_program_function(struct vbn_machine *machine, const struct vvm_program *program);

/* Runs a loaded program to the end of `main`, then until nothing can happen any more. Uncaught errors go to
 * `errors`.
 * Returns the exit status, unobserved failures not counted. Blocks. */
int vbn_machine_run(struct vbn_machine *machine, const struct vvm_program *program, FILE *errors);

/* The exit status of a value that `main` gave: fine, its Number, or failed for an Err, which is printed.
 * Borrows value. */
int vbn_machine_status(struct vbn_machine *machine, const struct vvm_program *program, vvm_value value, FILE *errors);

#endif
