/*
 * The part of the core library that is written in Vela, as text.
 *
 * The build joins every vm/core/NAME.vela and stdlib/NAME.vela, in alphabetical order of the folders and file names and
 * with a line end behind each, into one constant array that ends with a NUL. The array's name in the program carries a
 * digest of its content: an image of the compiled library (vm/compile/image.h) refers to it by that name, so one of
 * other texts does not link. The texts are never freed, and any thread may read them.
 */
#ifndef VVM_CORE_SOURCES_H
#define VVM_CORE_SOURCES_H

#include <stddef.h>

struct vvm_core_text {
    const char *bytes;
    size_t length;    /* without the NUL */
    const char *name; /* of the array */
};

struct vvm_core_source {
    const char *name; /* the file's name, "test.vela" */
    const char *text; /* inside the joined text */
    size_t length;
};

extern const struct vvm_core_text vvm_core_text;

/* The modules of stdlib/modules, each compiled when a program imports it first. */
extern const struct vvm_core_source vvm_module_sources[];
extern const size_t vvm_module_source_count;

#endif
