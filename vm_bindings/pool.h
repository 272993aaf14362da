/* WorkerPool: a handle over one of the runtime's pools.
 *
 * A pool that was made by a program closes when its last handle goes; the global one does not. */
#ifndef VBN_POOL_H
#define VBN_POOL_H

#include "runtime/sched/pool.h"
#include "vm/core/builtin.h"

/* A handle on the pool; takes a reference of its own. Unset = out of memory. */
vvm_value vbn_pool_new(struct vvm_vm *vm, struct vrt_pool *pool);

/* The first argument, `max_workers: Number? = None`; 0 = none was given. False = thrown. */
bool vbn_want_pool_size(struct vvm_call *call, uint32_t *workers);

/* Spawns a worker into the pool (NULL: the global one), with the arguments func, timeout, name, priority, memory_limit
 * that begin at argument `first`; gives its Future. (worker.c) */
enum vvm_outcome vbn_worker_spawn(struct vvm_call *call, struct vrt_pool *pool, uint32_t first);

/* Throws what kept an isolate from starting: OutOfMemoryError, WorkerPoolError after a shutdown, RuntimeError without a
 * thread. While the runtime is being destroyed it never returns to the program. (worker.c) */
enum vvm_outcome vbn_worker_refused(struct vvm_call *call, enum vrt_status status);

#endif
