#include "vm/exec/vm.h"

#include "runtime/base/alloc.h"
#include "vm/compile/module.h"
#include "vm/exec/cancel.h"
#include "vm/exec/error.h"
#include "vm/exec/homebound.h"
#include "vm/exec/future.h"
#include "vm/exec/isolate.h"
#include "vm/exec/long_turn.h"
#include "vm/exec/prelude.h"
#include "vm/exec/quiet.h"
#include "vm/exec/shutdown.h"
#include "vm/exec/step.h"
#include "vm/exec/tables.h"
#include "vm/value/hooks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define STACK_LIMIT ((size_t)1 << 30)

/* ---- What values ask for names ---- */

/* The VM whose isolate this thread runs; texts of values and types need names and have no other way to them. */
static _Thread_local struct vvm_vm *current_vm __attribute__((tls_model("initial-exec")));

struct vvm_vm *vvm_vm_enter(struct vvm_vm *vm)
{
    struct vvm_vm *before = current_vm;
    current_vm = vm;
    return before;
}

const char *vvm_symbol_name(vvm_symbol symbol)
{
    return current_vm == NULL ? "" : vvm_symbols_text(current_vm->symbols, symbol);
}

const char *vvm_function_name(uint32_t function_id)
{
    if (current_vm == NULL || function_id >= vvm_table_count(&current_vm->functions))
        return NULL;
    return vvm_function_at(current_vm, function_id)->name;
}

const char *vvm_capture_name(uint32_t function_id, uint32_t slot)
{
    if (current_vm == NULL || function_id >= vvm_table_count(&current_vm->functions))
        return NULL;
    const struct vvm_function *function = vvm_function_at(current_vm, function_id);
    return slot < function->capture_count ? vvm_symbols_text(current_vm->symbols, function->capture_names[slot]) : NULL;
}

struct vvm_type *const *vvm_known_types(void)
{
    return current_vm == NULL ? NULL : current_vm->known;
}

/* ---- What the runtime asks of values ---- */

static void release_value(vela_value value)
{
    vvm_release(value);
}

static vela_value promise_dropped(void *context)
{
    struct vvm_vm *vm = context, *before = current_vm;
    struct vvm_text_builder path = {0};
    vvm_vm_enter(vm);
    vvm_value error = vvm_error_new(vm, NULL, VVM_T_RUNTIME_ERROR, "Promise dropped");
    vvm_share_for_many(error, "error", &path);
    vvm_vm_enter(before);
    return error;
}

bool vvm_error_has_suppressed(vvm_value error)
{
    vvm_value list = ((struct vvm_record *)error.object)->fields[VVM_ERROR_SUPPRESSED];
    return vvm_is_plain(list, VVM_LIST) && vvm_list_length(list) != 0;
}

/* An error that could not leave its isolate is unknown to the thread that finds that nobody saw it. */
static void print_homebound(struct vvm_vm *vm)
{
    vvm_value error =
        vvm_error_new(vm, NULL, VVM_T_RUNTIME_ERROR, "a task failed with an error that may not leave its isolate");
    vvm_error_print_uncaught(vm, stderr, error);
    vvm_release(error);
}

static void unobserved(void *context, vela_value held)
{
    struct vvm_vm *vm = context, *before = current_vm;
    vvm_value error = vvm_homebound_look(held);
    if (!vvm_is_unset(error) && vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR) && !vvm_error_has_suppressed(error))
        return;
    atomic_fetch_add_explicit(&vm->failures, 1, memory_order_relaxed); /* only counted */
    vvm_vm_enter(vm);
    if (vvm_is_unset(error))
        print_homebound(vm);
    else
        vvm_error_print_uncaught(vm, stderr, error);
    vvm_vm_enter(before);
}

/* ---- Parts ---- */

static const char *const names[VVM_NAME_COUNT] = {
#define VVM_X(id, text) [VVM_NAME_##id] = text,
    VVM_NAMES(VVM_X)
#undef VVM_X
};
static const char *const core_names[VVM_CORE_COUNT] = {
#define VVM_X(id, text) [VVM_CORE_##id] = text,
    VVM_CORE_FUNCTIONS(VVM_X)
#undef VVM_X
};

void vvm_vm_set_core(struct vvm_vm *vm, const char *name, struct vvm_function *function)
{
    for (int i = 0; i < VVM_CORE_COUNT; i++)
        if (strcmp(core_names[i], name) == 0)
            vm->core[i] = function;
}

bool vvm_vm_add_function(struct vvm_vm *vm, struct vvm_function *function)
{
    return vvm_table_add(&vm->functions, &function, &function->id);
}

bool vvm_vm_add_type(struct vvm_vm *vm, struct vvm_type *type)
{
    return vvm_table_add(&vm->types, &type, &type->id);
}

static void make_tables(struct vvm_vm *vm)
{
    vvm_table_init(&vm->functions, sizeof(struct vvm_function *));
    vvm_table_init(&vm->types, sizeof(struct vvm_type *));
    vvm_table_init(&vm->sites, sizeof(struct vvm_site));
    vvm_table_init(&vm->shapes, sizeof(struct vvm_shape));
    vvm_table_init(&vm->globals, sizeof(struct vvm_global));
    vvm_table_init(&vm->tests, sizeof(struct vvm_type_test *));
}

static bool make_names(struct vvm_vm *vm)
{
    for (int i = 0; i < VVM_NAME_COUNT; i++) {
        vm->symbols_used[i] = vvm_symbols_intern(vm->symbols, names[i], strlen(names[i]));
        if (vm->symbols_used[i] == VVM_NO_SYMBOL)
            return false;
    }
    return true;
}

static vvm_value immortal(struct vvm_vm *vm, vvm_value v)
{
    struct vvm_text_builder path = {0};
    if (!vvm_is_unset(v) && !vvm_make_immortal(v, vm->immortals, &path))
        return vvm_unset();
    return v;
}

/* Errors that must be there when memory is not. */
static bool make_errors(struct vvm_vm *vm)
{
    vm->memory_error = vm->stack_error = vvm_unset();
    vm->empty_list = immortal(vm, vvm_list_new(0, VVM_ELEMENTS_VALUE));
    vvm_value memory =
        vvm_error_make(vm, NULL, vm->known[VVM_T_OUT_OF_MEMORY_ERROR], vvm_string_from_c("out of memory"));
    vvm_value stack =
        vvm_error_make(vm, NULL, vm->known[VVM_T_STACK_OVERFLOW_ERROR], vvm_string_from_c("stack overflow"));
    vm->memory_error = immortal(vm, memory);
    vm->stack_error = immortal(vm, stack);
    return !vvm_is_unset(vm->memory_error) && !vvm_is_unset(vm->stack_error) && !vvm_is_unset(vm->empty_list);
}

static bool make_builtins(struct vvm_vm *vm, const struct vvm_builtin_group *const *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!vvm_registry_add(vm, groups[i]))
            return false;
    return true;
}

static bool make_main(struct vvm_vm *vm)
{
    vm->main = vvm_isolate_create(vm, NULL, NULL);
    if (vm->main == NULL)
        return false;
    vm->main->flags |= VVM_ISOLATE_MAIN;
    return true;
}

/* A quarter of what the address space or the cgroup allows, at most 1 GiB. */
static size_t stack_limit(size_t wanted)
{
    size_t limit = wanted != 0 ? wanted : STACK_LIMIT;
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY && space.rlim_cur / 4 < limit)
        limit = space.rlim_cur / 4;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    unsigned long long bytes;
    if (file != NULL) {
        if (fscanf(file, "%llu", &bytes) == 1 && bytes / 4 < limit)
            limit = bytes / 4;
        fclose(file);
    }
    return limit;
}

/* VELA_PATIENCE seconds, else 5. */
static uint64_t patience(void)
{
    const char *text = getenv("VELA_PATIENCE");
    char *end = NULL;
    double seconds = text != NULL ? strtod(text, &end) : 5.0;
    bool fine = text == NULL || (end != text && *end == '\0' && seconds >= 0 && seconds <= 1e9);
    return (uint64_t)((fine ? seconds : 5.0) * 1e9);
}

static bool make_parts(struct vvm_vm *vm, const struct vvm_builtin_group *const *groups, size_t count)
{
    vvm_vm_enter(vm);
    vm->symbols = vvm_symbols_create();
    vm->immortals = vvm_immortals_create();
    return vm->symbols != NULL && vm->immortals != NULL && vvm_prelude_create(vm) && make_names(vm) &&
           vvm_known_create(vm) && make_errors(vm) && make_builtins(vm, vvm_core_groups, vvm_core_group_count) &&
           make_builtins(vm, groups, count) && vvm_known_inherit(vm) && vvm_trampolines_create(vm) && make_main(vm);
}

/* What the compiler keeps, without the core library's Vela part. */
static bool make_modules(struct vvm_vm *vm)
{
    vm->modules = vvm_modules_create(vm);
    return vm->modules != NULL && vvm_core_name(vm);
}

static void destroy_globals(struct vvm_vm *vm)
{
    for (uint32_t i = 0; i < vvm_table_count(&vm->globals); i++) {
        struct vvm_global *global = vvm_table_at(&vm->globals, i);
        bool immortal = global->sendable && !global->is_state; /* then vm->immortals has it */
        if (atomic_load_explicit(&global->ready, memory_order_relaxed) && !immortal) /* the last user */
            vvm_release(vvm_take(&global->value));
    }
}

/* Module values may hold Futures and Senders, so they go while the runtime is still there: its on_end. The cycles among
 * them outlived the main isolate's collector. */
static void release_values(struct vela_runtime *runtime, void *user)
{
    struct vvm_vm *vm = user;
    struct vvm_cycles *cycles = vvm_cycles_create();
    (void)runtime;
    vvm_vm_enter(vm);
    vvm_cycles_enter(cycles);
    vvm_actors_deinit(&vm->actors);
    destroy_globals(vm);
    vvm_cycles_destroy(cycles);
    vvm_immortals_destroy(vm->immortals);
    vm->immortals = NULL;
    vvm_homebound_drain(vm);
    vvm_vm_enter(NULL);
}

static void attach(struct vvm_vm *vm, struct vela_runtime *runtime)
{
    vm->runtime = runtime;
    runtime->user = vm;
    runtime->value_ops = (struct vela_value_ops){release_value, promise_dropped, unobserved, vm};
    runtime->config.on_quiescent = vvm_quiet_happened;
    runtime->config.on_long_turn = vvm_long_turn_reporter();
    runtime->config.on_end = release_values;
}

struct vvm_vm *vvm_vm_create(struct vela_runtime *runtime, const struct vvm_builtin_group *const *groups,
                             size_t group_count, const struct vvm_vm_options *options)
{
    struct vvm_vm *vm = calloc(1, sizeof *vm);
    if (vm == NULL)
        return NULL;
    vrt_alloc_retain_runtime(); /* the VM outlives its runtime by a little */
    make_tables(vm);
    vrt_lock_init(&vm->actors.lock);
    attach(vm, runtime);
    vm->patience_ns = patience();
    vm->stack_limit = stack_limit(options != NULL ? options->stack_limit : 0);
    if (options != NULL) {
        vm->argument_count = options->argument_count;
        vm->arguments = options->arguments;
    }
    bool bare = options != NULL && options->bare;
    if (make_parts(vm, groups, group_count) && make_modules(vm) && (bare || vvm_core_load(vm)))
        return vm;
    runtime->user = NULL;
    runtime->config.on_quiescent = NULL;
    runtime->config.on_long_turn = NULL;
    runtime->config.on_end = NULL;
    vvm_vm_destroy(vm);
    return NULL;
}

/* The member tables of the types that modules declared; the types themselves lie in the code arena. */
static void destroy_types(struct vvm_vm *vm)
{
    for (uint32_t id = VVM_TYPE_FIRST_FREE; id < vvm_table_count(&vm->types); id++) {
        struct vvm_type *type = vvm_type_at(vm, id);
        vvm_members_drop(&type->members);
        vvm_members_drop(&type->setters);
        vvm_members_drop(&type->statics);
        vvm_members_drop(&type->static_setters);
    }
}

void vvm_vm_destroy(struct vvm_vm *vm)
{
    vvm_vm_enter(vm);
    destroy_globals(vm);
    if (vm->main != NULL && !vm->main_started)
        vvm_isolate_discard(vm->main);
    if (vm->immortals != NULL)
        vvm_immortals_destroy(vm->immortals);
    vvm_trampolines_destroy(vm);
    destroy_types(vm);
    vvm_known_destroy(vm);
    vvm_prelude_destroy(vm);
    struct vvm_table *tables[] = {&vm->functions, &vm->types, &vm->sites, &vm->shapes, &vm->globals, &vm->tests};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        vvm_table_deinit(tables[i]);
    vvm_modules_destroy(vm->modules);
    vvm_symbols_destroy(vm->symbols);
    vvm_vm_enter(NULL);
    free(vm);
    vrt_alloc_release_runtime();
}

/* ---- Running ---- */

static bool start_main(struct vvm_vm *vm)
{
    if (vm->main_started)
        return true;
    vm->main_started = vrt_isolate_start_any(&vm->main->base) == VRT_OK;
    return vm->main_started;
}

static struct vvm_letter *start_letter(struct vvm_vm *vm, vvm_value callee, const vvm_value *args, uint32_t count,
                                       struct vrt_promise **promise)
{
    struct vvm_letter *letter = count <= 4 ? calloc(1, sizeof *letter) : NULL;
    *promise = letter != NULL ? vrt_promise_create(vm->runtime, 0) : NULL;
    if (*promise == NULL) {
        free(letter);
        return NULL;
    }
    letter->post.kind = VVM_LETTER_START;
    letter->callee = callee;
    letter->count = count;
    if (count != 0)
        memcpy(letter->args, args, count * sizeof *args);
    letter->promise = *promise;
    vrt_promise_retain_any(*promise);
    return letter;
}

#define WATCH_PERIOD_NS UINT64_C(50000000)

static void wait_once(struct vrt_promise *promise, struct vrt_waiter *waiter, uint64_t deadline)
{
    uint64_t ticket = vrt_waiter_arm(waiter);
    if (vrt_promise_wait(promise, waiter, ticket) == VRT_PROMISE_PARKED) {
        vrt_waiter_wait(waiter, ticket, deadline);
        vrt_promise_forget(promise, waiter);
    } else {
        vrt_waiter_claim_any(waiter, ticket); /* our own and registered nowhere */
    }
}

static void wait_for(struct vvm_vm *vm, struct vrt_promise *promise, const struct vvm_watch *watch)
{
    struct vrt_waiter *waiter = vrt_waiter_create_native(vm->runtime);
    if (waiter == NULL) { /* no record to sleep on: look again whenever everything is quiet */
        while (vrt_promise_poll_any(promise, NULL) == VRT_PROMISE_PENDING)
            vrt_runtime_wait_quiescent(vm->runtime, VRT_NEVER);
        return;
    }
    do { /* once at least: a rejection is observed by it */
        wait_once(promise, waiter, watch != NULL ? vrt_deadline_after(vrt_now(), WATCH_PERIOD_NS) : VRT_NEVER);
        if (watch != NULL && watch->cancels(watch->context))
            vvm_cancel_by_any(vm, promise, VVM_REASON_CANCELLED, "Ctrl-C");
    } while (vrt_promise_poll_any(promise, NULL) == VRT_PROMISE_PENDING);
    vrt_waiter_destroy(vm->runtime, waiter);
}

bool vvm_vm_run(struct vvm_vm *vm, vvm_value callee, const vvm_value *args, uint32_t count, vvm_value *result)
{
    return vvm_vm_run_watched(vm, callee, args, count, NULL, result);
}

bool vvm_vm_run_watched(struct vvm_vm *vm, vvm_value callee, const vvm_value *args, uint32_t count,
                        const struct vvm_watch *watch, vvm_value *result)
{
    struct vrt_promise *promise;
    struct vvm_letter *letter = start_letter(vm, callee, args, count, &promise);
    *result = vm->memory_error;
    if (letter == NULL || !start_main(vm)) {
        vvm_release(callee);
        vvm_release_arguments((vvm_value *)(uintptr_t)args, count, 0xffff);
        if (letter != NULL) {
            vrt_promise_release_any(promise);
            vrt_promise_release_producer_any(promise);
            free(letter);
        }
        return false;
    }
    vrt_isolate_post_any(&vm->main->base, &letter->post);
    wait_for(vm, promise, watch);
    vvm_value value = vvm_void();
    bool fine = vrt_promise_poll_any(promise, &value) == VRT_PROMISE_RESOLVED;
    if (promise->site == VVM_PROMISE_AT_REST)
        vrt_runtime_wait_quiescent(vm->runtime, VRT_NEVER);
    *result = vvm_retain(value);
    vrt_promise_release_any(promise);
    return fine;
}

/* How long it is since an actor ended. */
struct actors_end { struct vvm_vm *vm; uint64_t live, since_ns; };

static bool end_no_more(void *context)
{
    struct actors_end *end = context;
    uint64_t live = vrt_atomic_load_relaxed(&end->vm->actors.live), now = vrt_now(); /* only compared */
    if (live != end->live)
        *end = (struct actors_end){end->vm, live, now};
    return now - end->since_ns > end->vm->patience_ns;
}

#define FIRST_LOOK_NS UINT64_C(50000000)

void vvm_vm_look_for_deadlocks(struct vvm_vm *vm)
{
    /* no thread runs yet */
    vrt_atomic_store_relaxed(&vm->runtime->lull_due_ns, vrt_deadline_after(vrt_now(), FIRST_LOOK_NS));
    vm->runtime->config.on_lull = vvm_quiet_lull;
}

static void stop_actors(struct vvm_vm *vm)
{
    struct vvm_function *function = vm->core[VVM_CORE_STOP_ACTORS];
    vvm_value callee = {.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function}, result;
    struct actors_end end = {.vm = vm, .since_ns = vrt_now()};
    vvm_vm_run_watched(vm, callee, NULL, 0, &(struct vvm_watch){end_no_more, &end}, &result);
    vvm_release(result);
    vrt_runtime_wait_quiescent(vm->runtime, vrt_deadline_after(vrt_now(), vm->patience_ns));
}

uint32_t vvm_vm_finish(struct vvm_vm *vm)
{
    if (!vrt_runtime_wait_over(vm->runtime))
        vvm_shutdown_end_tasks(vm);
    bool stuck = vrt_atomic_load_relaxed(&vm->main_is_late); /* a hint: main may compute for ever */
    if (vrt_atomic_load_relaxed(&vm->actors.live) != 0 && !stuck) /* a look: who ends them looks again */
        stop_actors(vm);
    if (vvm_shutdown_is_asked(vm) || vrt_atomic_load_relaxed(&vm->actors.live) != 0) /* as above */
        vvm_shutdown_report(vm);
    return atomic_load_explicit(&vm->failures, memory_order_relaxed); /* only counted */
}
