/* Laying the image of the core library over a VM. */
#include "vm/compile/image.h"

#include "vm/compile/code_arena.h"
#include "vm/compile/module.h"
#include "vm/exec/prelude.h"

#include <stdlib.h>
#include <string.h>

struct loader {
    struct vvm_vm *vm;
    const struct vvm_image *image;
    char *parts;
    const void **rows;
};

/* ---- Links ---- */

static vvm_value row_value(struct vvm_vm *vm, const struct vvm_image_row *row)
{
    struct vvm_type *type = vm->known[row->type];
    vvm_value value = vvm_unset();
    switch (row->place) {
    case VVM_IMAGE_PRELUDE: vvm_prelude_find(vm, row->name, &value); return value;
    case VVM_IMAGE_CONSTRUCTOR: return type->constructor;
    case VVM_IMAGE_INITIALIZER: return type->initializer;
    default: return vvm_members_find(vvm_image_members_of(type, row->place), row->name)->value;
    }
}

/* Before anything of the image takes a built-in's place. */
static bool find_rows(struct loader *l)
{
    l->rows = malloc((l->image->row_count + 1) * sizeof *l->rows);
    for (uint32_t i = 0; l->rows && i < l->image->row_count; i++)
        l->rows[i] = row_value(l->vm, &l->image->rows[i]).object;
    return l->rows != NULL;
}

static uint64_t address_of(const struct loader *l, uint64_t link)
{
    uint64_t offset = link >> VVM_IMAGE_TARGET_BITS;
    const void *address = NULL;
    switch ((enum vvm_image_target)(link & ((1 << VVM_IMAGE_TARGET_BITS) - 1))) {
    case VVM_IMAGE_FIXED: address = (const char *)l->image->fixed + offset; break;
    case VVM_IMAGE_PART: address = l->parts + offset; break;
    case VVM_IMAGE_KNOWN: address = l->vm->known[offset]; break;
    case VVM_IMAGE_ROW: address = l->rows[offset]; break;
    case VVM_IMAGE_TEXT: address = l->image->text; break;
    }
    return (uint64_t)(uintptr_t)address;
}

static bool copy_parts(struct loader *l)
{
    l->parts = vvm_code_alloc(l->vm, l->image->parts_size);
    if (!l->parts || !find_rows(l))
        return false;
    memcpy(l->parts, l->image->parts, l->image->parts_size);
    for (uint32_t i = 0; i < l->image->link_count; i++) {
        uint64_t *word = (uint64_t *)(void *)l->parts + l->image->links[i];
        *word = address_of(l, *word);
    }
    return true;
}

/* ---- What the VM gets ---- */

static bool add_symbols(struct vvm_vm *vm, const struct vvm_image_root *root)
{
    const char *text = root->symbols;
    for (uint32_t i = 0; i < root->symbol_count; i++) {
        size_t length = strlen(text);
        if (!vvm_symbols_intern(vm->symbols, text, length))
            return false;
        text += length + 1;
    }
    return true;
}

static bool add_items(struct vvm_vm *vm, const struct vvm_image_root *root)
{
    for (int t = 0; t < VVM_IMAGE_TABLES; t++) {
        struct vvm_table *table = vvm_image_table_of(vm, t);
        const char *item = root->tables[t].items;
        uint32_t index;
        for (uint32_t i = 0; i < root->tables[t].count; i++, item += table->item_size)
            if (!vvm_table_add(table, item, &index))
                return false;
    }
    return true;
}

static bool add_names(struct vvm_vm *vm, const struct vvm_image_root *root)
{
    for (uint32_t i = 0; i < root->name_count; i++)
        if (!vvm_prelude_put(vm, root->names[i].name, root->names[i].value))
            return false;
    for (uint32_t i = 0; i < root->core_count; i++)
        vm->core[i] = root->core[i];
    return true;
}

static bool add_members(struct vvm_vm *vm, const struct vvm_image_root *root)
{
    for (uint32_t i = 0; i < root->member_count; i++) {
        const struct vvm_image_member *put = &root->members[i];
        if (!vvm_members_put(vvm_image_members_of(put->type, put->place), put->member))
            return false;
    }
    for (int id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        struct vvm_image_overrides overrides = root->overrides[id];
        struct vvm_type *type = vm->known[id];
        type->user_equals = overrides.equals;
        type->user_hash = overrides.hash;
        type->user_compare = overrides.compare;
        type->user_text = overrides.text;
    }
    return true;
}

bool vvm_image_fits(const struct vvm_image *image, const struct vvm_vm *vm)
{
    return image->digest != 0 && image->digest == vvm_symbols_digest(vm->symbols);
}

bool vvm_image_apply(const struct vvm_image *image, struct vvm_vm *vm)
{
    struct loader l = {vm, image, NULL, NULL};
    bool fine = copy_parts(&l);
    const struct vvm_image_root *root = (const void *)l.parts;
    fine = fine && add_symbols(vm, root) && add_items(vm, root) && add_names(vm, root) && add_members(vm, root);
    free(l.rows);
    return fine;
}

bool vvm_core_load(struct vvm_vm *vm)
{
    if (!vvm_image_fits(&vvm_core_image, vm))
        return vvm_core_compile(vm);
    bool fine = vvm_image_apply(&vvm_core_image, vm);
    vvm_core_done(vm);
    return fine;
}
