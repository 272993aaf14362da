/* All tables of the bindings, in the form vvm_vm_create wants them. */
#ifndef VBN_GROUPS_H
#define VBN_GROUPS_H

#include "vm/core/builtin.h"

extern const struct vvm_builtin_group *const vbn_groups[];
extern const size_t vbn_group_count;

#endif
