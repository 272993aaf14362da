/* A program while it is compiled: its modules, each a unit of its own (program.c, session.c). */
#ifndef VVM_PROGRAM_UNITS_H
#define VVM_PROGRAM_UNITS_H

#include "vm/compile/import.h"
#include "vm/compile/program.h"

/* Files by canonical path: however one is reached, it is one module. */
#define FILE_BUCKETS 1024
struct program_file {
    const char *path;
    struct compiler *unit;
    struct program_file *next;
};

struct program {
    struct vvm_vm *vm;
    struct vvm_arena arena;
    struct vvm_diagnostics *diagnostics;
    struct note_map notes;
    jmp_buf out_of_memory;
    struct compiler *units, **end;     /* as they were found; the main module first */
    uint32_t unit_count;
    struct program_place place;
    bool tests;                        /* the module system:test runs them in place of `main` */
    struct program_file *files[FILE_BUCKETS];
};

void program_init(struct program *p, struct vvm_vm *vm, struct vvm_diagnostics *diagnostics);
struct compiler *unit_add(struct program *p, struct vvm_source *source);
void load_units(struct program *p, struct compiler *from);  /* what `from` and the units after it import, too */
void compile_units(struct compiler *from);                  /* `from` and the units after it, pass by pass */
/* The function that evaluates the modules in order; its id. */
uint32_t make_boot(struct compiler *c, uint32_t unit_count, enum vvm_show show, struct compiler *tests);
/* on a stack of its own; false: there is no memory for one */
bool run_deep(void (*run)(void *), void *argument);

#endif
