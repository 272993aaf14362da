/* The enums of the prelude that C code knows: SendError, Priority. */
#ifndef VBN_ENUMS_H
#define VBN_ENUMS_H

#include "vm/exec/vm.h"

/* Gives the known types their variants; once, before a program is compiled. What it allocates lives as long
 * as the VM.
 * Errors: false = out of memory. */
bool vbn_enums_install(struct vvm_vm *vm);

#endif
