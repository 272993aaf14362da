/* Scopes of TaskGroups (stdlib/group.vela) and the tasks that opened them.
 *
 * A scope runs as a task of its own. When the task that opened it waits for it and is to be cancelled, the scope is
 * cancelled in its place, and that task is told when the scope has ended: so no member outlives it. Who opened a scope
 * is told by a mark, a value that the scope's first frame owns for as long as it goes on. Cost: a handle for each
 * scope; nothing until somebody is cancelled. */
#ifndef VVM_SCOPE_H
#define VVM_SCOPE_H

#include "vm/exec/fiber.h"

struct vrt_promise;

/* The mark of a scope that this task opens. Owns: the caller. Unset: no memory. */
vvm_value vvm_scope_mark(struct vvm_vm *vm, const struct vvm_fiber *opener);

/* The promise of the scope that the task has opened and waits for, or NULL. Borrowed from the wait. Thread: the
 * isolate's runner. */
struct vrt_promise *vvm_scope_awaited(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber);

#endif
