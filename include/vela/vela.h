/* Vela in a C program: run programs, wait for what they give.
 *
 *     vela_runtime *runtime = vela_runtime_create(NULL);
 *     vela_vm *vm = vela_vm_create(runtime, NULL);
 *     int status = vela_run_file(vm, "program.vela", stderr);
 *     vela_vm_destroy(vm);
 *
 * A runtime has the worker threads and their limits; several may live in one process. A VM is one Vela
 * world on a runtime: types, modules, a main isolate. It takes the runtime over. Making both costs some
 * milliseconds and no thread; destroying the VM leaves no thread, descriptor or byte behind.
 *
 * Each function says who owns what (Owns), who may call it (Thread; "the VM's" is whichever one thread uses
 * the VM at the time), whether it waits (Blocks), and how it fails (Errors). No function ends the process
 * because of what a program does, short of the program's own exit(). */
#ifndef VELA_VELA_H
#define VELA_VELA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <vela/value.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vela_runtime vela_runtime;
typedef struct vela_vm vela_vm;
typedef struct vela_future vela_future;

/* ---- Runtimes ---- */

struct vela_runtime_config {
    uint32_t workers; /* threads at most; 0: VELA_WORKERS, else the processors this process may use */
    uint64_t seed;    /* of everything random; 0: VELA_SEED, else entropy */
};

/* Makes a runtime; `config` NULL: all defaults.
 * Owns: the caller, until vela_vm_create takes it over or vela_runtime_destroy. Thread: any.
 * Errors: NULL when memory is out. */
vela_runtime *vela_runtime_create(const struct vela_runtime_config *config);

/* Frees a runtime on which no VM was made. Thread: any. */
void vela_runtime_destroy(vela_runtime *runtime);

/* ---- VMs ---- */

struct vela_vm_config {
    int argument_count; /* what Env.args() gives */
    char **arguments;   /* borrowed as long as the VM lives */
    /* Look now and then for tasks that can never be woken, while others run: a program among them gets DeadlockError,
     * others are told of on standard error. It halts the VM's threads for at most a hundredth of the time. */
    bool find_deadlocks;
};

/* Makes a VM with the whole library; `config` NULL: all zero.
 * Owns: the caller, until vela_vm_destroy; the runtime is the VM's from now on, also on failure. Thread: any.
 * Errors: NULL when memory is out. */
vela_vm *vela_vm_create(vela_runtime *runtime, const struct vela_vm_config *config);

/* Stops all threads at the end of what they do just now, drops what still waits, frees VM and runtime.
 * Futures of the VM have been destroyed before. Returns how many errors nobody ever observed (each was
 * printed on standard error).
 * Thread: any, none of the VM's workers. Blocks. */
uint32_t vela_vm_destroy(vela_vm *vm);

/* Asks for the end of everything on the VM: no worker starts any more, and its programs get CancellationError with the
 * reason "shutdown". vela_run_file and vela_run_source then end as vela_vm_shut_down does. Idempotent.
 * Thread: any, before vela_vm_destroy; not from a signal handler. Blocks: no. */
void vela_vm_interrupt(vela_vm *vm);

/* The same, and waits: what is at work may go on for 5 seconds (VELA_PATIENCE), then every task is cancelled and runs
 * its `finally` blocks, for as long again; then actors stop. What is left is reported on standard error, with its
 * traces.
 * Thread: the VM's. Blocks. */
void vela_vm_shut_down(vela_vm *vm);

/* ---- Running programs ---- */

/* Runs a program to its end: the modules it imports, its top level, `main`, and until nothing can happen any more.
 * Imports are looked up from the file's folder; each program has modules of its own, also on one VM.
 * Returns the exit status the `vela` command would give, unobserved errors not counted: 0, the Number of a
 * main declared so, 1 after an uncaught error, 2 if it cannot be read or compiled. Messages go to `errors`.
 * Owns: path and text stay the caller's. Thread: the VM's. Blocks. */
int vela_run_file(vela_vm *vm, const char *path, FILE *errors);

/* The same for a text; `name` stands in messages, and imports are looked up from the folder it names ("" or a plain
 * name: the working directory). */
int vela_run_source(vela_vm *vm, const char *name, const char *text, size_t length, FILE *errors);

/* Starts a program and returns at once with a Future of the value of `main` (void without one). Programs
 * started on one VM are tasks of its one main isolate: they take turns.
 * Owns: the Future is the caller's, until vela_future_destroy. Thread: the VM's. Blocks: no (but it
 * compiles).
 * Errors: NULL if it cannot be compiled, or memory is out; the messages went to `errors`. */
vela_future *vela_start_source(vela_vm *vm, const char *name, const char *text, size_t length, FILE *errors);

/* ---- Futures ---- */

enum vela_state { VELA_PENDING, VELA_READY, VELA_FAILED };

/* Called once, by the thread that settles the Future: it must not block, nor destroy the Future. */
struct vela_waker {
    void (*wake)(void *argument);
    void *argument;
};

/* Looks at a Future. PENDING: `waker` (copied; NULL: none) is called once when it is settled; it takes the
 * place of the one given before. READY: it has a value. FAILED: it has an error.
 * Thread: the VM's. Blocks: no. Errors: without memory for a waker it says PENDING and calls the waker at
 * once. */
enum vela_state vela_future_poll(vela_future *future, const struct vela_waker *waker);

/* Waits until it is settled, at most `timeout_ns` nanoseconds (UINT64_MAX: no limit). Returns its state then.
 * Thread: the VM's. Blocks. */
enum vela_state vela_future_wait(vela_future *future, uint64_t timeout_ns);

/* The value or error of a settled Future, void while it is pending. Owns: the Future goes on owning it.
 * Thread: the VM's. Blocks: no. */
vela_value vela_future_value(vela_future *future);

/* Forgets the Future; what it waits for goes on. A waker is not called after that, but may be running just
 * now.
 * Thread: the VM's, before vela_vm_destroy. Blocks: no. */
void vela_future_destroy(vela_future *future);

/* ---- Values ---- */

/* True and the number, if the value is a Number (a Float). Thread: any. */
bool vela_value_number(vela_value value, int64_t *number);
bool vela_value_float(vela_value value, double *number);

/* The text form of a value, an error with its class and trace. Classes are not asked for theirs.
 * Owns: the caller frees it with free(). Thread: the VM's. Errors: NULL when memory is out. */
char *vela_value_text(vela_vm *vm, vela_value value);

#ifdef __cplusplus
}
#endif

#endif
