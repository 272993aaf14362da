/* Registering built-ins: each row under both spellings of the name in its signature. A name that two rows claim would
 * hide one of them from everybody: the tables are wrong, and nothing can run with them. */
#include "vm/exec/prelude.h"
#include "vm/exec/signature.h"
#include "vm/exec/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void claim(const struct vvm_vm *vm, vvm_symbol name, bool taken)
{
    if (!taken)
        return;
    fprintf(stderr, "two built-ins are called `%s`\n", vvm_symbols_text(vm->symbols, name));
    abort();
}

static bool put_function(struct vvm_vm *vm, vvm_symbol name, vvm_value value)
{
    vvm_value other;
    claim(vm, name, vvm_prelude_find(vm, name, &other));
    return vvm_prelude_put(vm, name, value);
}

static bool put_member(struct vvm_vm *vm, struct vvm_members *members, struct vvm_member member)
{
    claim(vm, member.name, vvm_members_find(members, member.name) != NULL);
    return vvm_members_put(members, member);
}

static bool put_name(struct vvm_vm *vm, const struct vvm_builtin_group *group, const struct vvm_builtin *row,
                     const char *name, size_t length)
{
    vvm_symbol symbol = vvm_symbols_intern(vm->symbols, name, length);
    vvm_value value = vvm_of_object(VVM_BUILTIN, (void *)(uintptr_t)row);
    if (symbol == VVM_NO_SYMBOL)
        return false;
    if (group->type == VVM_TYPE_NO_ID)
        return put_function(vm, symbol, value);
    struct vvm_type *type = vm->known[group->type];
    if (group->statics && symbol == type->name) {
        claim(vm, symbol, type->constructor.tag == VVM_BUILTIN);
        type->constructor = value;
        return true;
    }
    struct vvm_member member = {.name = symbol, .value = value,
                                .kind = group->statics ? VVM_MEMBER_STATIC : VVM_MEMBER_METHOD};
    return put_member(vm, group->statics ? &type->statics : &type->members, member);
}

bool vvm_registry_add(struct vvm_vm *vm, const struct vvm_builtin_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct vvm_builtin *row = &group->rows[i];
        struct vvm_words name = vvm_signature_name(row->signature);
        char other[128];
        if (!put_name(vm, group, row, name.text, name.length))
            return false;
        if (name.length * 2 < sizeof other && vvm_other_spelling(name, other) &&
            !put_name(vm, group, row, other, strlen(other)))
            return false;
    }
    return true;
}
