/* What the files of cancellation share: requests (cancel.c), the error (cancel_error.c), the end of a task and alarms
 * (cancel_end.c). */
#ifndef VVM_CANCEL_PARTS_H
#define VVM_CANCEL_PARTS_H

#include "vm/exec/cancel.h"
#include "vm/exec/step.h"

/* The fields of a CancellationError, behind those of every error. */
enum { CANCEL_REASON = VVM_ERROR_FIELDS + VVM_CANCELLATION_REASON, CANCEL_BY = VVM_ERROR_FIELDS + VVM_CANCELLATION_BY,
       CANCEL_PLACE = VVM_ERROR_FIELDS + VVM_CANCELLATION_PLACE, CANCEL_TIME = VVM_ERROR_FIELDS + VVM_CANCELLATION_TIME,
       CANCEL_OWN = VVM_ERROR_FIELDS + VVM_CANCELLATION_OWN };

/* ---- cancel_error.c ---- */

/* A CancellationError about the task (NULL: the worker), with the trace of where it is. Owns: the caller. */
vvm_value vvm_cancel_error_with(struct vvm_isolate *isolate, struct vvm_fiber *fiber, enum vvm_reason reason,
                                const struct vrt_cancel_origin *origin, const char *what);
/* own: it is the task's own, which an ordinary catch lets pass. */
void vvm_cancel_set_reason(struct vvm_vm *vm, vvm_value error, enum vvm_reason reason,
                           const struct vrt_cancel_origin *origin, bool own);
bool vvm_cancel_is_own_error(struct vvm_vm *vm, vvm_value error);

/* Who asks, from where, now; by NULL: the running task. Owns: the caller. NULL without memory: the error then tells
 * only its reason. */
struct vrt_cancel_origin *vvm_cancel_origin_new(const struct vvm_vm *vm, enum vvm_reason reason, const char *by);
/* What was noted at the promise, copied; NULL: nothing. */
const struct vrt_cancel_origin *vvm_cancel_origin_of(struct vrt_promise *promise, struct vrt_cancel_origin *copy);
void vvm_cancel_set_by(struct vrt_cancel_origin *origin, const struct vvm_text_builder *by);
/* "WHAT worker NAME" */
void vvm_cancel_set_by_worker(const struct vvm_isolate *isolate, struct vrt_cancel_origin *origin, const char *what);

/* ---- cancel.c ---- */

/* Consumes the letter. False: the promise is settled. */
bool vvm_cancel_request(struct vvm_vm *vm, struct vrt_promise *promise, enum vvm_reason reason,
                        struct vrt_cancel_letter *letter);
void vvm_cancel_letter_free(struct vrt_cancel_letter *letter);
vvm_value vvm_cancel_timeout_error(struct vvm_isolate *isolate);

#endif
