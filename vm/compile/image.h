/* The image: the core library as the build compiled it, laid over a VM that has only its built-ins.
 *
 * What the compilation of the core library adds to a VM - functions, types, members, names - is written into the
 * program by tools/image, at build time. `fixed` has no addresses: code, tables and texts are used where they lie, by
 * all VMs of the process. `parts` are the structs with pointers: each VM has a copy (in its code arena), and every word
 * that `links` names becomes an address in it. Ids of symbols, functions and types stand as they are, so the VM must be
 * of the very built-ins that the image was made with; the digest of its symbols tells. */
#ifndef VVM_IMAGE_H
#define VVM_IMAGE_H

#include "vm/exec/vm.h"

/* What a linked word leads to, in its low bits; the others are an offset in bytes, or an index. */
enum vvm_image_target {
    VVM_IMAGE_FIXED, VVM_IMAGE_PART, VVM_IMAGE_KNOWN /* type */, VVM_IMAGE_ROW, VVM_IMAGE_TEXT /* of the core */
};
#define VVM_IMAGE_TARGET_BITS 3
#define VVM_IMAGE_LINK(target, offset) ((uint64_t)(offset) << VVM_IMAGE_TARGET_BITS | (uint64_t)(target))

/* Where the VM keeps a built-in: rows are static, so nothing else names them. */
enum vvm_image_place {
    VVM_IMAGE_PRELUDE,
    VVM_IMAGE_MEMBERS,
    VVM_IMAGE_SETTERS,
    VVM_IMAGE_STATICS,
    VVM_IMAGE_STATIC_SETTERS,
    VVM_IMAGE_CONSTRUCTOR,
    VVM_IMAGE_INITIALIZER
};
struct vvm_image_row { uint16_t place, type; vvm_symbol name; };

struct vvm_image {
    uint64_t digest;             /* vvm_symbols_digest of the VM it fits; 0 = there is no image */
    const char *text;            /* vvm_core_text */
    const void *fixed;
    const uint64_t *parts;       /* struct vvm_image_root first */
    const uint32_t *links;       /* indices of words in parts */
    const struct vvm_image_row *rows;
    size_t parts_size;
    uint32_t link_count, row_count;
};
extern const struct vvm_image vvm_core_image;

/* ---- The first part ---- */

enum { VVM_IMAGE_TABLES = 6 };
struct vvm_image_table { void *items; uint32_t count; };
struct vvm_image_name { vvm_symbol name; vvm_value value; };
struct vvm_image_member { struct vvm_type *type; struct vvm_member member; uint32_t place; };
struct vvm_image_overrides { bool equals, hash, compare, text; };

struct vvm_image_root {
    const char *symbols;                            /* texts of those to add, each with its NUL */
    struct vvm_image_table tables[VVM_IMAGE_TABLES]; /* in the order of vvm_image_table_of */
    struct vvm_image_name *names;                   /* of the prelude */
    struct vvm_image_member *members;               /* of known types and its own */
    struct vvm_function **core;                     /* by enum vvm_core_function */
    uint32_t symbol_count, symbol_bytes, name_count, member_count, core_count;
    struct vvm_image_overrides overrides[VVM_TYPE_FIRST_FREE]; /* of the known types */
};

static inline struct vvm_table *vvm_image_table_of(struct vvm_vm *vm, int index)
{
    struct vvm_table *const tables[VVM_IMAGE_TABLES] = {&vm->functions, &vm->types,   &vm->sites,
                                                        &vm->shapes,    &vm->globals, &vm->tests};
    return tables[index];
}

static inline struct vvm_members *vvm_image_members_of(struct vvm_type *type, uint32_t place)
{
    struct vvm_members *const members[] = {NULL, &type->members, &type->setters, &type->statics, &type->static_setters};
    return members[place];
}

/* Is the image of this VM's built-ins? */
bool vvm_image_fits(const struct vvm_image *image, const struct vvm_vm *vm);

/* Lays the image over a VM that has no core library. Errors: false = out of memory. Thread: the one that makes the
 * VM. */
bool vvm_image_apply(const struct vvm_image *image, struct vvm_vm *vm);

#endif
