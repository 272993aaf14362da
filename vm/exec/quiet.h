/* Private to vm/exec: what happens when nothing can happen any more.
 *
 * The runtime calls vvm_quiet_happened with all isolates at rest. If a task of main still waits it gets
 * DeadlockError with a report of all waiting tasks; else the program is over and vvm_vm_finish goes on. */
#ifndef VVM_QUIET_H
#define VVM_QUIET_H

#include "vm/exec/isolate.h"

void vvm_quiet_happened(struct vela_runtime *runtime, void *user);

/* vrt_runtime_config.on_lull: tasks that nobody can ever wake are reported while others run (rule L2): to main as
 * DeadlockError if its task is among them, else on standard error. Each is reported once. */
void vvm_quiet_lull(struct vela_runtime *runtime, void *user);

#endif
