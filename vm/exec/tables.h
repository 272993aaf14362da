/* Private to vm/exec: making and freeing the VM's parts. */
#ifndef VVM_TABLES_H
#define VVM_TABLES_H

#include "vm/core/builtin.h"

void vvm_table_init(struct vvm_table *table, size_t item_size);
void vvm_table_deinit(struct vvm_table *table);

/* known.c: the known types with the error classes. False: out of memory. */
bool vvm_known_create(struct vvm_vm *vm);
/* After all rows are registered: error classes get what their parents have. */
bool vvm_known_inherit(struct vvm_vm *vm);
void vvm_known_destroy(struct vvm_vm *vm);

/* registry.c: attaches the rows of a group to its type or the prelude, under both spellings. */
bool vvm_registry_add(struct vvm_vm *vm, const struct vvm_builtin_group *group);

/* trampoline.c: entry functions that call any value. */
bool vvm_trampolines_create(struct vvm_vm *vm);
void vvm_trampolines_destroy(struct vvm_vm *vm);
#define VVM_TRAMPOLINES 5

#endif
