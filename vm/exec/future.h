/* Futures and Promises: handles over the runtime's promise.
 *
 * A Future handle holds the promise as a holder; a Promise handle as a producer too, so the last Promise
 * handle that goes unsettled rejects it ("Promise dropped"). Both may cross isolates.
 *
 * The Future of an async call is local to its isolate until its handle crosses (handle->aux = id of that isolate, else
 * 0): its value stays plain. Once the handle is shared the value is checked and marked when it settles; if it may not
 * cross, the promise holds it homebound (homebound.h) and awaiters of other isolates get NotSendableError. Promise()
 * and worker futures are shared from birth. */
#ifndef VVM_FUTURE_H
#define VVM_FUTURE_H

#include "runtime/sync/promise.h"
#include "vm/core/builtin.h"

/* A Future over a promise; consumes one holder reference, also on failure. Unset = out of memory. */
vvm_value vvm_future_new(struct vvm_vm *vm, struct vrt_promise *promise);

/* A Promise over a promise; consumes one producer reference (which is a holder), also on failure. */
vvm_value vvm_promise_new(struct vvm_vm *vm, struct vrt_promise *promise);

/* The promise behind a plain Future or Promise value, borrowed; NULL if the value is neither. */
struct vrt_promise *vvm_promise_of(vvm_value v);

/* Settles from Vela: shares the value first. `value` is consumed. Returns true if this call settled it.
 * If it may not cross isolates: *path gets the reason, nothing is settled, the value is released (a resolve
 * then throws NotSendableError). For a rejection a String becomes Error(text), as throw does. */
enum vvm_settled { VVM_SETTLED, VVM_SETTLED_BEFORE, VVM_NOT_SENDABLE, VVM_SETTLE_NO_MEMORY };
enum vvm_settled vvm_promise_settle(struct vvm_call *call, struct vrt_promise *promise, vvm_value value, bool reject,
                                    struct vvm_text_builder *path);

/* Settles with the result of a worker: a value that cannot cross becomes NotSendableError, an error that cannot
 * becomes RuntimeError with its text. Consumes value. Thread: the worker's runner. */
void vvm_promise_settle_result(struct vvm_vm *vm, struct vrt_promise *promise, vvm_value value,
                               enum vrt_promise_state state);

/* Settles the Future of an async call whose handle has crossed, or that is none's own. For vm/exec. */
void vvm_promise_settle_local(struct vvm_vm *vm, struct vvm_handle *future, vvm_value value,
                              enum vrt_promise_state state);

/* Settles the promise of a task that has ended, with a value (consumed) that is fit to be seen. Was the task given up
 * before, so that it is settled, and the error tells of more than that, it is reported. */
void vvm_promise_settle_own(struct vvm_vm *vm, struct vrt_promise *promise, vvm_value value,
                            enum vrt_promise_state state);

/* Waits for a Future or Promise as `await` does (block_on, f.await()): call it last in a built-in; `v` is borrowed from
 * argument 0 or slot 0. Not a Future: gives v itself. */
enum vvm_outcome vvm_await(struct vvm_call *call, vvm_value v);

/* The settled outcome as seen from the running isolate: DONE (result = value, retained), THROW, or PARK = pending. */
enum vvm_outcome vvm_future_outcome(struct vvm_call *call, vvm_value v);

extern const struct vvm_handle_ops vvm_future_ops, vvm_promise_ops;

#endif
