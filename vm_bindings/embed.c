/* The embedder's API (vela/vela.h) over the machine. */
#include <vela/vela.h>

#include "runtime/base/choice.h"
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm/exec/isolate.h"
#include "vm/exec/shutdown.h"
#include "vm_bindings/machine.h"

#include <stdlib.h>
#include <string.h>

struct vela_vm {
    struct vbn_machine machine;
};

/* A waker that waits to be called. The last of the two that know it frees it: the Future, and the settler's
 * callback. */
struct wake_up {
    _Atomic uint32_t references; /* acq_rel: whoever frees it sees what the other did */
    struct vela_runtime *runtime;
    struct vela_waker waker;
    struct vrt_waiter *waiter;
    uint64_t ticket;
};

struct vela_future {
    vela_vm *vm;
    struct vrt_promise *promise; /* one holder */
    struct wake_up *wake_up;     /* NULL: none was asked for */
};

/* ---- Runtimes and VMs ---- */

vela_runtime *vela_runtime_create(const struct vela_runtime_config *config)
{
    struct vrt_runtime_config inside = {.workers = config != NULL ? config->workers : 0,
                                        .seed = config != NULL ? config->seed : 0};
    return vrt_runtime_create(&inside);
}

void vela_runtime_destroy(vela_runtime *runtime)
{
    vrt_runtime_destroy(runtime);
}

vela_vm *vela_vm_create(vela_runtime *runtime, const struct vela_vm_config *config)
{
    vela_vm *vm = malloc(sizeof *vm);
    if (vm == NULL) {
        vrt_runtime_destroy(runtime);
        return NULL;
    }
    int argc = config != NULL ? config->argument_count : 0;
    char **argv = config != NULL ? config->arguments : NULL;
    if (!vbn_machine_create_on(&vm->machine, runtime, argc, argv)) {
        free(vm);
        return NULL;
    }
    if (config != NULL && config->find_deadlocks)
        vvm_vm_look_for_deadlocks(vm->machine.vm);
    return vm;
}

void vela_vm_interrupt(vela_vm *vm)
{
    vvm_shutdown_ask_any(vm->machine.vm);
}

void vela_vm_shut_down(vela_vm *vm)
{
    vvm_shutdown_ask_any(vm->machine.vm);
    vvm_vm_finish(vm->machine.vm);
}

uint32_t vela_vm_destroy(vela_vm *vm)
{
    uint32_t failures = vbn_machine_destroy(&vm->machine);
    free(vm);
    return failures;
}

/* ---- Programs ---- */

static bool finish_load(struct vvm_diagnostics *diagnostics, bool loaded, FILE *errors)
{
    if (!loaded)
        vvm_diagnostics_print(diagnostics, errors, false);
    vvm_diagnostics_deinit(diagnostics);
    return loaded;
}

int vela_run_file(vela_vm *vm, const char *path, FILE *errors)
{
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    vrt_pause_forbid(vm->machine.runtime);
    bool loaded = vvm_program_load(vm->machine.vm, path, &diagnostics, &program, &unreadable);
    vrt_pause_allow(vm->machine.runtime);
    if (!finish_load(&diagnostics, loaded, errors))
        return VBN_STATUS_REJECTED;
    return vbn_machine_run(&vm->machine, &program, errors);
}

static bool load_source(vela_vm *vm, const char *name, const char *text, size_t length, FILE *errors,
                        struct vvm_program *program)
{
    struct vvm_diagnostics diagnostics;
    vvm_diagnostics_init(&diagnostics);
    vrt_pause_forbid(vm->machine.runtime);
    bool loaded = vvm_program_load_text(vm->machine.vm, name, text, length, &diagnostics, program);
    vrt_pause_allow(vm->machine.runtime);
    return finish_load(&diagnostics, loaded, errors);
}

int vela_run_source(vela_vm *vm, const char *name, const char *text, size_t length, FILE *errors)
{
    struct vvm_program program;
    if (!load_source(vm, name, text, length, errors, &program))
        return VBN_STATUS_REJECTED;
    return vbn_machine_run(&vm->machine, &program, errors);
}

/* The letter that starts a task of main; the promise has one holder, ours, and one producer, the letter's. */
static struct vvm_letter *start_letter(vela_vm *vm, const struct vvm_program *program, struct vrt_promise **promise)
{
    struct vvm_letter *letter = calloc(1, sizeof *letter);
    *promise = letter != NULL ? vrt_promise_create(vm->machine.runtime, 0) : NULL;
    if (*promise == NULL) {
        free(letter);
        return NULL;
    }
    vrt_promise_retain_any(*promise);
    letter->post.kind = VVM_LETTER_START;
    letter->callee = vbn_program_function(&vm->machine, program);
    letter->promise = *promise;
    return letter;
}

static bool start_main(struct vvm_vm *vm)
{
    if (!vm->main_started)
        vm->main_started = vrt_isolate_start_any(&vm->main->base) == VRT_OK;
    return vm->main_started;
}

static vela_future *start_program(vela_vm *vm, const struct vvm_program *program)
{
    struct vrt_promise *promise;
    vela_future *future = calloc(1, sizeof *future);
    struct vvm_letter *letter = future != NULL ? start_letter(vm, program, &promise) : NULL;
    if (letter == NULL) {
        free(future);
        return NULL;
    }
    if (!start_main(vm->machine.vm)) {
        vrt_promise_release_any(promise);
        vrt_promise_release_producer_any(promise);
        free(letter);
        free(future);
        return NULL;
    }
    *future = (vela_future){.vm = vm, .promise = promise};
    vrt_isolate_post_any(&vm->machine.vm->main->base, &letter->post);
    return future;
}

vela_future *vela_start_source(vela_vm *vm, const char *name, const char *text, size_t length, FILE *errors)
{
    struct vvm_program program;
    if (!load_source(vm, name, text, length, errors, &program))
        return NULL;
    vela_future *future = start_program(vm, &program);
    if (future == NULL)
        fprintf(errors, "%s: out of memory\n", name);
    return future;
}

/* ---- Futures ---- */

static void wake_up_release(struct wake_up *wake_up)
{
    if (vrt_atomic_sub_acq_rel(&wake_up->references, 1) == 1) /* sees the use of the other one */
        free(wake_up);
}

/* Any thread: the promise was settled, which has unlinked the record. It keeps its ticket when it is used
 * again, so a late forget_waker claims nothing. */
static void settled(void *argument, struct vrt_waiter *waiter)
{
    struct wake_up *wake_up = argument;
    vrt_waiter_destroy(wake_up->runtime, waiter);
    wake_up->waker.wake(wake_up->waker.argument);
    wake_up_release(wake_up);
}

/* The waker given before is not called any more, unless the settler is at it just now. */
static void forget_waker(vela_future *future)
{
    struct wake_up *wake_up = future->wake_up;
    future->wake_up = NULL;
    if (wake_up == NULL)
        return;
    if (vrt_waiter_claim_any(wake_up->waiter, wake_up->ticket)) {
        vrt_promise_forget(future->promise, wake_up->waiter);
        vrt_waiter_destroy(wake_up->runtime, wake_up->waiter);
        wake_up_release(wake_up);
    }
    wake_up_release(wake_up);
}

static struct wake_up *wake_up_new(vela_future *future, const struct vela_waker *waker)
{
    struct wake_up *wake_up = malloc(sizeof *wake_up);
    if (wake_up == NULL)
        return NULL;
    *wake_up = (struct wake_up){.references = 2, .runtime = future->vm->machine.runtime, .waker = *waker};
    wake_up->waiter = vrt_waiter_create_callback(wake_up->runtime, settled, wake_up);
    if (wake_up->waiter == NULL) {
        free(wake_up);
        return NULL;
    }
    return wake_up;
}

static void ask_for_waking(vela_future *future, const struct vela_waker *waker)
{
    struct wake_up *wake_up = wake_up_new(future, waker);
    if (wake_up == NULL) {
        waker->wake(waker->argument);
        return;
    }
    future->wake_up = wake_up;
    wake_up->ticket = vrt_waiter_arm(wake_up->waiter);
    if (vrt_promise_wait(future->promise, wake_up->waiter, wake_up->ticket) == VRT_PROMISE_READY)
        forget_waker(future);
}

static enum vela_state state_of(vela_future *future)
{
    switch (vrt_promise_poll_any(future->promise, NULL)) {
    case VRT_PROMISE_PENDING: return VELA_PENDING;
    case VRT_PROMISE_RESOLVED: return VELA_READY;
    default: vrt_promise_observe_any(future->promise); return VELA_FAILED;
    }
}

enum vela_state vela_future_poll(vela_future *future, const struct vela_waker *waker)
{
    forget_waker(future);
    if (state_of(future) == VELA_PENDING && waker != NULL)
        ask_for_waking(future, waker);
    return state_of(future);
}

enum vela_state vela_future_wait(vela_future *future, uint64_t timeout_ns)
{
    struct vela_runtime *runtime = future->vm->machine.runtime;
    struct vrt_waiter *waiter = vrt_waiter_create_native(runtime);
    if (waiter == NULL)
        return state_of(future);
    uint64_t ticket = vrt_waiter_arm(waiter);
    if (vrt_promise_wait(future->promise, waiter, ticket) == VRT_PROMISE_PARKED) {
        vrt_waiter_wait(waiter, ticket, vrt_deadline_after(vrt_now(), timeout_ns));
        vrt_promise_forget(future->promise, waiter);
    } else {
        vrt_waiter_claim_any(waiter, ticket); /* registered nowhere: always succeeds */
    }
    vrt_waiter_destroy(runtime, waiter);
    return state_of(future);
}

vela_value vela_future_value(vela_future *future)
{
    vela_value value = vvm_void();
    vrt_promise_poll_any(future->promise, &value);
    return value;
}

void vela_future_destroy(vela_future *future)
{
    forget_waker(future);
    vrt_promise_release_any(future->promise);
    free(future);
}

/* ---- Values ---- */

bool vela_value_number(vela_value value, int64_t *number)
{
    if (!vvm_is_number(value))
        return false;
    *number = value.number;
    return true;
}

bool vela_value_float(vela_value value, double *number)
{
    if (!vvm_is_float(value))
        return false;
    *number = value.real;
    return true;
}

char *vela_value_text(vela_vm *vm, vela_value value)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_vm_enter(vm->machine.vm);
    if (vvm_is_error(value))
        vvm_error_text(vm->machine.vm, value, &text);
    else if (vvm_text_whole(value, false, &text) == VVM_NEEDS_CALL)
        vvm_text_add_c(&text, vvm_type_name(vvm_type_of(vm->machine.vm->known, value)));
    vvm_vm_enter(NULL);
    char *copy = text.failed ? NULL : strndup(text.length != 0 ? text.data : "", text.length);
    vvm_text_drop(&text);
    return copy;
}
