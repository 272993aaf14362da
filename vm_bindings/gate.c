/* The gate: what `all`, `race`, `any` and `allSettled` wait at.
 *
 * A gate watches a list of Futures from the outside, one C callback each, and opens once: when the first
 * one failed (ALL), was settled (RACE), succeeded (ANY), or when all are settled. What opened it is a
 * Number: the index of that Future, -1 for "all of them", or -2 for whoever opened it by hand. The callbacks run on whichever thread settles;
 * they touch nothing but counters and the gate's own promise, and never a value of Vela. The handle belongs
 * to the waiting task; when it goes, what still watches is taken back. Cost: one wait record and 40 bytes
 * for each pending Future. */
#include "runtime/base/account.h"
#include "runtime/base/atomic.h"
#include "vm/exec/future.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

#include <string.h>

enum gate_mode { GATE_ALL, GATE_RACE, GATE_ANY, GATE_SETTLED };

struct gate_watch {
    struct gate *gate;
    struct vrt_promise *promise; /* held while it watches */
    struct vrt_waiter *waiter;   /* NULL: never watched, or taken back */
    uint64_t ticket;
    uint32_t index;
    bool called;                 /* the callback's; read only when no thread runs, or all stand */
};

struct gate {
    struct vela_runtime *runtime;
    struct vrt_promise *opened;      /* settled with the Number; shared by handle and callbacks */
    _Atomic uint32_t pending;        /* Futures not yet settled; acq_rel: the last one opens the gate */
    _Atomic uint32_t references;     /* the handle, and each watch whose callback may come; the last release frees */
    uint32_t count;
    enum gate_mode mode;
    struct gate_watch watches[];
};

static size_t gate_size(uint32_t count)
{
    return sizeof(struct gate) + count * sizeof(struct gate_watch);
}

static void gate_release(struct gate *gate)
{
    if (vrt_atomic_sub_acq_rel(&gate->references, 1) != 1) /* the last one sees the uses of the others */
        return;
    vrt_promise_release_producer_any(gate->opened);
    vrt_free_common(gate, gate_size(gate->count));
}

static void gate_open(struct gate *gate, int64_t answer)
{
    vrt_promise_resolve_any(gate->opened, vvm_number(answer)); /* only the first time */
}

static bool decides(enum gate_mode mode, bool failed)
{
    return mode == GATE_RACE || (mode == GATE_ALL && failed) || (mode == GATE_ANY && !failed);
}

static void gate_note(struct gate *gate, uint32_t index, bool failed)
{
    if (decides(gate->mode, failed))
        gate_open(gate, index);
    if (vrt_atomic_sub_acq_rel(&gate->pending, 1) == 1) /* the last one knows all are settled, as each sub told */
        gate_open(gate, -1);
}

/* Any thread. The record has been unlinked by the settler, so nobody else looks at it any more. */
static void watched(void *argument, struct vrt_waiter *waiter)
{
    struct gate_watch *watch = argument;
    struct gate *gate = watch->gate;
    watch->called = true;
    gate_note(gate, watch->index, waiter->outcome != VRT_OUTCOME_VALUE);
    vrt_promise_release_any(watch->promise);
    vrt_waiter_destroy(gate->runtime, waiter);
    gate_release(gate);
}

/* Is the watch ours alone: was it claimed before its callback could be? A gate belongs to its isolate, so a
 * thread that runs none drops it at the runtime's end: all records are claimed then, and what was not
 * called never will be. */
static bool take_back(struct gate_watch *watch)
{
    if (watch->waiter == NULL)
        return false;
    if (vrt_thread_current() == NULL)
        return !watch->called;
    return vrt_waiter_claim_any(watch->waiter, watch->ticket);
}

/* The task that waited has gone on or was dropped. */
static void gate_destroy(struct vvm_handle *handle)
{
    struct gate *gate = handle->native;
    for (uint32_t i = 0; i < gate->count; i++) {
        struct gate_watch *watch = &gate->watches[i];
        if (!take_back(watch))
            continue;
        vrt_promise_forget(watch->promise, watch->waiter);
        vrt_waiter_destroy(gate->runtime, watch->waiter);
        vrt_promise_release_any(watch->promise);
        gate_release(gate);
    }
    gate_release(gate);
}

/* For whoever halts all threads: `called` is read then, too. */
static struct vrt_promise *gate_watched(const struct vvm_handle *handle, uint32_t index)
{
    const struct gate_watch *watch = &((const struct gate *)handle->native)->watches[index];
    return watch->waiter != NULL && !watch->called ? watch->promise : NULL;
}

static void gate_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    const struct gate *gate = handle->native;
    out->gate = (struct vvm_gate_ends){gate->opened, gate->count, gate->mode == GATE_SETTLED, gate_watched};
}

static const struct vvm_handle_ops gate_ops = {.destroy = gate_destroy, .ends = gate_ends, .sendable = false};

static struct gate *gate_new(struct vela_runtime *runtime, uint32_t count, enum gate_mode mode)
{
    struct gate *gate = vrt_alloc_common(gate_size(count));
    if (gate == NULL)
        return NULL;
    memset(gate, 0, gate_size(count));
    gate->opened = vrt_promise_create(runtime, 0);
    if (gate->opened == NULL) {
        vrt_free_common(gate, gate_size(count));
        return NULL;
    }
    gate->runtime = runtime;
    gate->count = count;
    gate->mode = mode;
    vrt_atomic_store_relaxed(&gate->pending, count + 1); /* nobody else knows it yet; one more until all are watched */
    vrt_atomic_store_relaxed(&gate->references, 1); /* likewise */
    return gate;
}

/* Watches one Future. Once registered, the record is the callback's or, by a claim, gate_destroy's. False:
 * no memory. */
static bool watch_future(struct gate *gate, uint32_t index, struct vrt_promise *promise)
{
    struct gate_watch *watch = &gate->watches[index];
    struct vrt_waiter *waiter = vrt_waiter_create_callback(gate->runtime, watched, watch);
    if (waiter == NULL)
        return false;
    *watch = (struct gate_watch){.gate = gate, .promise = promise, .waiter = waiter, .index = index};
    watch->ticket = vrt_waiter_arm(waiter);
    vrt_promise_retain_any(promise);
    vrt_promise_observe_any(promise); /* combined: its failure is no longer nobody's, also when it comes too late */
    vrt_atomic_add_relaxed(&gate->references, 1); /* the caller holds one */
    if (vrt_promise_wait(promise, waiter, watch->ticket) == VRT_PROMISE_PARKED)
        return true;
    watch->waiter = NULL;
    vrt_waiter_claim_any(waiter, watch->ticket); /* registered nowhere: always succeeds */
    vrt_waiter_destroy(gate->runtime, waiter);
    vrt_atomic_sub_acq_rel(&gate->references, 1); /* not the last: the caller holds one */
    gate_note(gate, index, vrt_promise_poll_any(promise, NULL) != VRT_PROMISE_RESOLVED);
    vrt_promise_release_any(promise);
    return true;
}

static bool watch_item(struct gate *gate, uint32_t index, vvm_value item)
{
    struct vrt_promise *promise = vvm_promise_of(item);
    if (promise == NULL) { /* any other value counts as settled */
        gate_note(gate, index, false);
        return true;
    }
    return watch_future(gate, index, promise);
}

/* __gate(futures, mode) */
static enum vvm_outcome gate_make(struct vvm_call *call)
{
    int64_t mode;
    if (!vvm_want_kind(call, 0, VVM_LIST) || !vvm_want_number(call, 1, &mode))
        return VVM_THROW;
    size_t count = vvm_list_length(call->args[0]);
    struct gate *gate = count < UINT32_MAX ? gate_new(call->vm->runtime, (uint32_t)count, (enum gate_mode)mode) : NULL;
    if (gate == NULL)
        return vvm_throw_memory(call);
    vvm_value handle = vvm_handle_new(call->vm->known[VVM_T_FUTURE], &gate_ops, gate);
    if (vvm_is_unset(handle)) {
        gate_release(gate);
        return vvm_throw_memory(call);
    }
    for (uint32_t i = 0; i < count; i++)
        if (!watch_item(gate, i, vvm_list_get(call->args[0], i))) {
            vvm_release(handle);
            return vvm_throw_memory(call);
        }
    if (vrt_atomic_sub_acq_rel(&gate->pending, 1) == 1) /* as in gate_note: all are watched, and settled */
        gate_open(gate, -1);
    return vbn_done(call, handle);
}

static struct gate *gate_of(struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

static enum vvm_outcome gate_answer(struct vvm_call *call)
{
    vvm_value answer = vvm_number(-1);
    vrt_promise_poll_any(gate_of(call)->opened, &answer);
    return vbn_done(call, answer);
}

static enum vvm_outcome gate_resumed(struct vvm_call *call)
{
    vrt_promise_forget(gate_of(call)->opened, call->fiber->waiter);
    return gate_answer(call);
}

/* __gateWait(gate) -> Number */
static enum vvm_outcome gate_wait(struct vvm_call *call)
{
    enum vvm_outcome outcome = vbn_wait_promise(call, gate_of(call)->opened, gate_resumed);
    return outcome == VVM_DONE ? gate_answer(call) : outcome;
}

/* __gateOpen(gate): with the answer -2, unless it is open. */
static enum vvm_outcome gate_open_now(struct vvm_call *call)
{
    gate_open(gate_of(call), -2);
    return vbn_done_void(call);
}

/* ---- Reading many settled Futures ---- */

/* The value of a settled Future or of any other value, as seen from here; with `wrap` as Ok or Err. */
static enum vvm_outcome item_outcome(struct vvm_call *call, vvm_value item, bool wrap)
{
    enum vvm_outcome outcome = VVM_DONE;
    if (vvm_promise_of(item) == NULL)
        call->result = vvm_retain(item);
    else
        outcome = vvm_future_outcome(call, item);
    if (!wrap || outcome == VVM_PARK)
        return outcome;
    return vvm_return(call, outcome == VVM_DONE ? vvm_ok(call->result) : vvm_err(call->result));
}

static enum vvm_outcome collect(struct vvm_call *call, bool wrap)
{
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    size_t count = vvm_list_length(call->args[0]);
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < count && !vvm_is_unset(list); i++) {
        enum vvm_outcome outcome = item_outcome(call, vvm_list_get(call->args[0], i), wrap);
        if (outcome != VVM_DONE) {
            vvm_release(list);
            return outcome == VVM_PARK ? vvm_throw(call, VVM_T_RUNTIME_ERROR, "a Future is still pending") : outcome;
        }
        list = vvm_list_append(list, call->result);
    }
    return vvm_return(call, list);
}

static enum vvm_outcome results(struct vvm_call *call)
{
    return collect(call, false);
}

static enum vvm_outcome outcomes(struct vvm_call *call)
{
    return collect(call, true);
}

static const struct vvm_builtin rows[] = {
    VBN_ROW("__gate(futures: List, mode: Number) -> Any", gate_make, 2, 2, "Watches Futures."),
    VBN_ROW("__gateWait(gate: Any) -> Number", gate_wait, 1, 1, "Waits until the gate opens."),
    VBN_ROW("__gateOpen(gate: Any) -> void", gate_open_now, 1, 1, "Lets who waits look again."),
    VBN_ROW("__results(futures: List) -> List", results, 1, 1, "The values of settled Futures."),
    VBN_ROW("__outcomes(futures: List) -> List", outcomes, 1, 1, "The outcomes of settled Futures as Results."),
};
const struct vvm_builtin_group vbn_gate_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, rows);
