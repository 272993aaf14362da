/* The prelude: the names every module sees without import.
 *
 * Filled while the VM is made (built-in functions, types) and while the core library is loaded (its public
 * functions); only read afterwards. Values are immortal or plain. */
#ifndef VVM_PRELUDE_H
#define VVM_PRELUDE_H

#include "vm/exec/vm.h"

/* Adds or replaces a name. Thread: the loading one. Errors: false = out of memory. */
bool vvm_prelude_put(struct vvm_vm *vm, vvm_symbol name, vvm_value value);

/* The value of a name; false if it is not in the prelude. */
bool vvm_prelude_find(const struct vvm_vm *vm, vvm_symbol name, vvm_value *value);

/* All names in order of entry: *cursor starts at 0; false = no more. */
bool vvm_prelude_next(const struct vvm_vm *vm, uint32_t *cursor, vvm_symbol *name, vvm_value *value);

bool vvm_prelude_create(struct vvm_vm *vm);
void vvm_prelude_destroy(struct vvm_vm *vm);

#endif
