/* Areas of the library, as `import "system:NAME"` calls them (language.md 8.1).
 *
 * Most have names that are in scope anyway; an import only checks them, or puts them under a namespace. An area with a
 * module is a text of stdlib/modules that is compiled when it is imported first. The table is constant. */
#ifndef VVM_LIBRARY_AREA_H
#define VVM_LIBRARY_AREA_H

#include "vm/core/core_sources.h"

#include <stdbool.h>

struct library_area {
    const char *name;
    const char *const *names; /* up to NULL; the first one leads: `m.sqrt` is Math.sqrt */
    const char *module;       /* file in stdlib/modules, or NULL */
    bool is_library;          /* `library:NAME` means it, too */
};

/* By name, or NULL. */
const struct library_area *library_area_find(const char *name);
/* One after the other: NULL begins, NULL ends. */
const struct library_area *library_area_next(const struct library_area *area);
bool library_area_has(const struct library_area *area, const char *name);
/* The text of an area with a module; NULL: it is not in this release. */
const struct vvm_core_source *library_area_source(const struct library_area *area);

#endif
