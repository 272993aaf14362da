/* A value that may not leave its isolate, in a promise whose Future has left it.
 *
 * The promise then holds this handle, which may cross; only the home isolate gets the value out of it. The last count
 * may go on any thread, but the value has plain counts, so a foreign thread does not release it: it puts it on a
 * list of the VM, where it stays until the runtime ends. Cost: two small objects, for such values only. */
#ifndef VVM_HOMEBOUND_H
#define VVM_HOMEBOUND_H

#include "vm/exec/isolate.h"
#include "vm/exec/vm.h"

/* Wraps a value of the isolate `home`, whose runner calls; consumes it. Without memory vm->memory_error. */
vvm_value vvm_homebound_new(struct vvm_vm *vm, uint64_t home, vvm_value owned);

/* What is seen of a promise's value from here: the value itself, borrowed. Unset: it is homebound, and this thread does
 * not run its home. */
vvm_value vvm_homebound_look(vvm_value value);

/* Releases what came home too late. All isolates have been dropped. */
void vvm_homebound_drain(struct vvm_vm *vm);

#endif
