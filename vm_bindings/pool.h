/* WorkerPool: a handle over one of the runtime's pools. */
#ifndef VBN_POOL_H
#define VBN_POOL_H

#include "runtime/sched/pool.h"
#include "vm/exec/vm.h"

/* A handle on the pool; takes a reference of its own. Unset = out of memory. */
vvm_value vbn_pool_new(struct vvm_vm *vm, struct vrt_pool *pool);

#endif
