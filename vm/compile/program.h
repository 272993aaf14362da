/* Private to vm/compile: compiling a program, which is a main module and all that it imports. */
#ifndef VVM_PROGRAM_H
#define VVM_PROGRAM_H

#include "vm/compile/compiler.h"

/* The VM's list of modules takes the source over. Errors: NULL without memory; the source is destroyed. */
struct vvm_module *module_create(struct vvm_vm *vm, struct vvm_source *source);

/* Makes the functions that embedded Vela code and the interpreter reach by name. */
void publish_core(struct compiler *c);

/* Compiles the core library's text (now the VM's) and publishes it. Errors: NULL, diagnostics tell. */
struct vvm_module *program_compile_core(struct vvm_vm *vm, struct vvm_source *source,
                                        struct vvm_diagnostics *diagnostics);

#endif
