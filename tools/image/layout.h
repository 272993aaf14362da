/* Where structs of the VM hold pointers: all that the writer of the image knows of them.
 *
 * Structs are copied as they lie in memory, so only what leads elsewhere is listed here. A pointer that is not would go
 * into the image as an address of this process; main.c finds it, because it differs between two VMs. */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <stddef.h>

/* Any of them may be NULL. */
enum pointer_kind {
    POINTER_TEXT,    /* NUL-terminated */
    POINTER_PLAIN,   /* array of items without pointers */
    POINTER_ITEMS,   /* array of structs */
    POINTER_LIST,    /* array of pointers to structs */
    POINTER_ONE,     /* a struct */
    POINTER_SETS,    /* a function's owned_bits, as far as `owned` refers to them */
    POINTER_SOURCE,  /* the text of the core library */
    POINTER_VALUE,   /* no pointer but a value, which may hold one */
    POINTER_CLEARED  /* `size` bytes that are zero in an image */
};

struct layout;
struct pointer {
    enum pointer_kind kind;
    size_t at, count_at; /* count_at: of a uint32_t */
    size_t size;         /* PLAIN: of an item */
    const struct layout *layout;
};
struct layout {
    const char *name; /* of the C type */
    size_t size;
    const struct pointer *pointers;
    size_t count;
};

extern const struct layout root_layout, function_layout, type_layout;

/* All layouts, for the checks of the compiler that reads the image; NULL behind the last. */
extern const struct layout *const all_layouts[];

#endif
