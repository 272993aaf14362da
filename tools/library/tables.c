/* The tables of built-ins, by way of the VM that registered them. */
#include "tools/library/library.h"

#include "vm/exec/prelude.h"
#include "vm/exec/signature.h"

#include <string.h>

static bool is_public(const char *name) { return strncmp(name, "__", 2) != 0 && strncmp(name, "super(", 6) != 0; }

static void add_row(struct library *library, const char *type, vvm_value v, bool is_static)
{
    const struct vvm_builtin *row = v.object;
    if (!is_public(row->signature))
        return;
    library_add(library, (struct entry){.type = type,
                                        .signature = row->signature,
                                        .doc = row->doc != NULL ? row->doc : "",
                                        .is_static = is_static,
                                        .is_property = (row->flags & VVM_BUILTIN_PROPERTY) != 0});
}

/* Is it found under the spelling that its row has? Every row is entered under the other one, too. */
static bool has_own_spelling(const struct vvm_vm *vm, const struct vvm_member *member)
{
    struct vvm_words own = vvm_signature_name(((const struct vvm_builtin *)member->value.object)->signature);
    const char *name = vvm_symbols_text(vm->symbols, member->name);
    return strlen(name) == own.length && memcmp(name, own.text, own.length) == 0;
}

static bool is_inherited(const struct vvm_type *type, const struct vvm_member *member)
{
    const struct vvm_member *above =
        type->parent != NULL ? vvm_members_find(&type->parent->members, member->name) : NULL;
    return above != NULL && above->value.object == member->value.object;
}

static void add_members(struct library *library, const struct vvm_vm *vm, const struct vvm_type *type, bool statics)
{
    const struct vvm_members *members = statics ? &type->statics : &type->members;
    for (uint32_t i = 0; members->slots != NULL && i <= members->mask; i++) {
        const struct vvm_member *member = &members->slots[i];
        if (member->name == VVM_NO_SYMBOL || !vvm_is_plain(member->value, VVM_BUILTIN) || !has_own_spelling(vm, member))
            continue;
        if (statics || !is_inherited(type, member))
            add_row(library, vvm_symbols_text(vm->symbols, type->name), member->value, statics);
    }
}

/* Of the error classes only those with fields of their own have a constructor of their own. */
static void add_constructor(struct library *library, const struct vvm_vm *vm, const struct vvm_type *type)
{
    const char *name = vvm_symbols_text(vm->symbols, type->name);
    if (!vvm_is_plain(type->constructor, VVM_BUILTIN))
        return;
    struct vvm_words own = vvm_signature_name(((const struct vvm_builtin *)type->constructor.object)->signature);
    if (strlen(name) == own.length && memcmp(name, own.text, own.length) == 0)
        add_row(library, name, type->constructor, true);
}

static void add_prelude(struct library *library, struct vvm_vm *vm)
{
    uint32_t cursor = 0;
    vvm_symbol symbol;
    vvm_value v;
    while (vvm_prelude_next(vm, &cursor, &symbol, &v)) {
        struct vvm_member as_member = {.name = symbol, .value = v};
        if (vvm_is_plain(v, VVM_BUILTIN) && has_own_spelling(vm, &as_member))
            add_row(library, "", v, true);
    }
}

/* What an error class extends; the values of an enum. */
static void add_place(struct library *library, const struct vvm_vm *vm, const struct vvm_type *type)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    if (type->is_error && type->parent != NULL)
        vvm_text_add_format(&text, "Extends %s.", vvm_symbols_text(vm->symbols, type->parent->name));
    for (uint32_t i = 0; type->kind == VVM_TYPE_ENUM && i < type->variant_count; i++)
        vvm_text_add_format(&text, "%s`%s.%s`", i == 0 ? "One of " : ", ", vvm_symbols_text(vm->symbols, type->name),
                            vvm_symbols_text(vm->symbols, type->variants[i].name));
    vvm_text_add_c(&text, text.length > 0 && type->kind == VVM_TYPE_ENUM ? "." : "");
    if (text.length > 0)
        library_add_class(
            library, (struct class_text){vvm_symbols_text(vm->symbols, type->name), strndup(text.data, text.length)});
    vvm_text_drop(&text);
}

void library_read_tables(struct library *library, struct vvm_vm *vm)
{
    for (uint32_t id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        add_place(library, vm, vm->known[id]);
        add_constructor(library, vm, vm->known[id]);
        add_members(library, vm, vm->known[id], true);
        add_members(library, vm, vm->known[id], false);
    }
    add_prelude(library, vm);
}

/* ---- Is everything there? ---- */

static bool has_entry(const struct library *library, const char *type, const char *name)
{
    for (size_t i = 0; i < library->entry_count; i++) {
        struct vvm_words own = vvm_signature_name(library->entries[i].signature);
        if (strcmp(library->entries[i].type, type) == 0 && vvm_same_spelling(own.text, own.length, name, strlen(name)))
            return true;
    }
    return false;
}

static bool members_are_there(const struct library *library, const struct vvm_vm *vm, const struct vvm_type *type,
                              const struct vvm_members *members)
{
    bool whole = true;
    const char *type_name = vvm_symbols_text(vm->symbols, type->name);
    for (uint32_t i = 0; members->slots != NULL && i <= members->mask; i++) {
        const struct vvm_member *member = &members->slots[i];
        const char *name = vvm_symbols_text(vm->symbols, member->name);
        if (member->name == VVM_NO_SYMBOL || !vvm_is_plain(member->value, VVM_FUNCTION) || !is_public(name))
            continue;
        if (!has_entry(library, type_name, name)) {
            fprintf(stderr, "%s.%s: not found in the sources\n", type_name, name);
            whole = false;
        }
    }
    return whole;
}

static bool texts_are_there(const struct library *library)
{
    bool whole = true;
    for (size_t i = 0; i < library->entry_count; i++) {
        const struct entry *entry = &library->entries[i];
        if (entry->doc[0] == '\0') {
            fprintf(stderr, "%s %s: has no text (`.doc` of its row, or a `///` comment)\n", entry->type,
                    entry->signature);
            whole = false;
        }
        if (library_page_of(entry->type) == NULL && (i == 0 || strcmp(entry->type, entry[-1].type) != 0)) {
            fprintf(stderr, "%s: on no page (tools/library/texts.c)\n", entry->type);
            whole = false;
        }
    }
    return whole;
}

bool library_is_whole(const struct library *library, struct vvm_vm *vm)
{
    bool whole = texts_are_there(library);
    for (uint32_t id = 1; id < vvm_table_count(&vm->types); id++) {
        const struct vvm_type *type = vvm_type_at(vm, id);
        if (type == NULL || !is_public(vvm_symbols_text(vm->symbols, type->name)))
            continue;
        whole &= members_are_there(library, vm, type, &type->members);
        whole &= members_are_there(library, vm, type, &type->statics);
    }
    return whole;
}
