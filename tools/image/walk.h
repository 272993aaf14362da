/* The walk: copies a struct and all it leads to into the sections of an image. */
#ifndef IMAGE_WALK_H
#define IMAGE_WALK_H

#include "tools/image/layout.h"
#include "vm/compile/image.h"

/* Bytes that grow, and where among them lies what was at an address. */
struct section {
    char *bytes;
    size_t size, capacity;
    struct seen { const void *address; size_t size, at; } *seen;
    size_t seen_count, seen_capacity;
};

struct walk {
    struct vvm_vm *bare;               /* where built-ins are looked for: there the core library has replaced none */
    struct section fixed, parts;
    uint32_t *links;
    size_t link_count, link_capacity;
    struct vvm_image_row *rows;
    size_t row_count, row_capacity;
};

/* Memory of the tool, zeroed; it ends the program when there is none. */
void *image_alloc(size_t size);

/* Ends the program with a message. */
_Noreturn void image_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copies `count` structs that lie in a row, unless they are there already; gives their offset in `parts`. */
size_t walk_structs(struct walk *w, const struct layout *layout, const void *structs, size_t count);

#endif
