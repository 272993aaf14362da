/*
 * The part of the core library that is written in Vela, as text.
 *
 * The build turns every vm/core/NAME.vela into a constant array, in alphabetical order of the
 * file names. The texts are constants of the program: they are never freed, any thread may read
 * them, and each ends with a NUL that `length` does not count.
 */
#ifndef VVM_CORE_SOURCES_H
#define VVM_CORE_SOURCES_H

#include <stddef.h>

struct vvm_core_source {
    const char *name; /* the file's name, "list.vela" */
    const char *text;
    size_t length;
};

extern const struct vvm_core_source vvm_core_sources[];
extern const size_t vvm_core_source_count;

/* The modules of stdlib/modules, each compiled when a program imports it first. */
extern const struct vvm_core_source vvm_module_sources[];
extern const size_t vvm_module_source_count;

#endif
