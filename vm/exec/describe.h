/* Private to vm/exec: what a report says of one task. Every isolate looked at stands still (runtime/sched/pause.h, or
 * nothing can happen any more), and the VM is entered on this thread (vvm_vm_enter). */
#ifndef VVM_DESCRIBE_H
#define VVM_DESCRIBE_H

#include "vm/exec/isolate.h"

struct vvm_waits;
struct vvm_held;

/* main, worker "NAME", a worker, actor NAME, task FUNCTION of one of these. */
void vvm_describe_task(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber, struct vvm_text_builder *out);

/* Name, spawn site, what it does or waits for, and where. `held` NULL: nothing is said of who holds a channel. */
void vvm_describe_fiber(const struct vvm_isolate *isolate, const struct vvm_waits *waits, struct vvm_held *held,
                        const struct vvm_fiber *fiber, struct vvm_text_builder *out);

/* Name and spawn site of an isolate that may run: reads only what is set before its start. */
void vvm_describe_isolate_any(const struct vvm_isolate *isolate, struct vvm_text_builder *out);

#endif
