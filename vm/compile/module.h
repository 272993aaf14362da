/* Modules: loading, compiling and running order.
 *
 * `vvm_program_load` reads a file and all that it imports, parses and compiles it into the VM, and makes a boot
 * function: it evaluates the imported modules, depth first in source order, then the main one, then calls its `main` if
 * there is one (language.md 5.8). A program has modules of its own: what two programs of one VM import, they import
 * twice. What is compiled lives as long as the VM. */
#ifndef VVM_MODULE_H
#define VVM_MODULE_H

#include "vm/exec/vm.h"
#include "vm/front/diagnostic.h"

#define VVM_BOOT_NAME "<program>" /* of boot functions */

struct vvm_module {
    const struct vvm_source *source; /* owned */
    uint32_t body;                   /* function id of the top level */
    uint32_t main;                   /* function id of `main`, UINT32_MAX = none */
    bool main_gives_status;          /* declared `-> Number` */
    bool main_takes_arguments;
    bool top_calls_main;
    struct vvm_module *next;
};

struct vvm_modules;                  /* of a VM: sources, core library's helpers */

struct vvm_program {
    struct vvm_module *module;
    uint32_t boot;                   /* function to start the main isolate with: no parameters; its value is main's */
};

/* The state the VM keeps for the compiler (vm->modules). Errors: NULL = out of memory. */
struct vvm_modules *vvm_modules_create(struct vvm_vm *vm);
void vvm_modules_destroy(struct vvm_modules *modules);

/* Enters the other names of types and namespaces (language.md 2.4, 8.1). Errors: false = out of memory. */
bool vvm_core_name(struct vvm_vm *vm);

/* Gives a VM the core library: methods to the known types, public functions to the prelude. From the image that the
 * build made (vm/compile/image.h); a VM with other built-ins than the command's compiles the texts. Called once, at VM
 * creation.
 * Errors: false = out of memory, or an error in a core file, printed. */
bool vvm_core_load(struct vvm_vm *vm);

/* The same, always from the texts. */
bool vvm_core_compile(struct vvm_vm *vm);

/* Everything so far belongs to the core library. */
void vvm_core_done(struct vvm_vm *vm);

/* Loads a program. Blocks: reads files. Errors: false, with diagnostics, of all its modules; *unreadable when the main
 * file itself could not be read. Thread: one at a time per VM. */
bool vvm_program_load(struct vvm_vm *vm, const char *path, struct vvm_diagnostics *diagnostics,
                      struct vvm_program *out, bool *unreadable);

/* The same, but what runs after the top level is not `main` but the tests: those that were declared by calls of
 * system:test, then the main module's decorated functions (vm_bindings/test.h). */
bool vvm_program_load_tests(struct vvm_vm *vm, const char *path, struct vvm_diagnostics *diagnostics,
                            struct vvm_program *out, bool *unreadable);

/* The same for a text; `name` stands in messages, and relative imports start at the folder it names. */
bool vvm_program_load_text(struct vvm_vm *vm, const char *name, const char *text, size_t length,
                           struct vvm_diagnostics *diagnostics, struct vvm_program *out);

/* Disassembles every function of a program, module by module; the VM has loaded no other one. */
void vvm_program_dump(struct vvm_vm *vm, const struct vvm_program *program, struct vvm_text_builder *out);
/* The same for one module. */
void vvm_module_dump(struct vvm_vm *vm, const struct vvm_module *module, struct vvm_text_builder *out);

/* ---- Sessions ----
 *
 * Texts that come one after the other, each a module of its own that sees the top-level names of all before it: `state`
 * variables can be assigned, a name declared again hides the earlier one. An imported file is one module for the whole
 * session. A session keeps what it compiled until it is destroyed. One thread at a time. */
struct vvm_session;
enum vvm_show { VVM_SHOW_NOTHING, VVM_SHOW_VALUE /* prints what the text gives, unless void */, VVM_SHOW_TYPE };

/* Owns: the caller, before the VM goes. Errors: NULL without memory. */
struct vvm_session *vvm_session_create(struct vvm_vm *vm);
void vvm_session_destroy(struct vvm_session *session);

/* Compiles the next text. Later ones see its names if `keep` is set, and if they have a value when they come: the
 * caller runs it first. Blocks: reads imported files. Errors: false; vvm_session_diagnostics tells, until the next text
 * comes. */
bool vvm_session_load(struct vvm_session *session, const char *name, const char *text, size_t length,
                      enum vvm_show show, bool keep, struct vvm_program *out);
struct vvm_diagnostics *vvm_session_diagnostics(struct vvm_session *session);

/* Disassembles the function of that name; NULL: all of the last text. False: there is none. */
bool vvm_session_dump(struct vvm_session *session, const char *name, struct vvm_text_builder *out);

#endif
