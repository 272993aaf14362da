/* Memory for what is compiled: functions, types, tests, names. It lives as long as the VM. */
#ifndef VVM_CODE_ARENA_H
#define VVM_CODE_ARENA_H

#include "vm/exec/vm.h"

/* Zeroed memory that is freed with vm->modules. Thread: the compiling one. Errors: NULL. */
void *vvm_code_alloc(struct vvm_vm *vm, size_t size);

#endif
