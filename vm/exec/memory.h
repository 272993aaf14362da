/* The memory limit of a worker: runtime/base/account.h as programs see it.
 *
 * What was refused comes as OutOfMemoryError, whoever met it; where that begins to unwind it is replaced by
 * MemoryLimitError, made outside the limit. From then on the account's reserve is open, so that `finally` blocks can
 * run. */
#ifndef VVM_MEMORY_H
#define VVM_MEMORY_H

#include "runtime/base/account.h"
#include "vm/exec/step.h"

/* Did the last allocation that failed do so because of the running isolate's limit? Thread: its runner. */
static inline bool vvm_memory_is_limited(void)
{
    const struct vrt_account *account = vrt_account_current();
    return account != NULL && account->refused;
}

/* MemoryLimitError with the figures and the trace of the running fiber; opens the reserve. The isolate has a limit. */
vvm_value vvm_memory_limit_error(struct vvm_machine *m);

#endif
