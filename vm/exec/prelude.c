#include "vm/exec/prelude.h"

#include "runtime/base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct entry { vvm_symbol name; vvm_value value; };

/* In order of entry, with an index by symbol (symbols are dense). */
struct vvm_prelude {
    struct entry *entries;
    uint32_t count, capacity;
    uint32_t *by_symbol; /* entry + 1 */
    uint32_t symbol_capacity;
};

bool vvm_prelude_create(struct vvm_vm *vm)
{
    vm->prelude = calloc(1, sizeof *vm->prelude);
    return vm->prelude != NULL;
}

void vvm_prelude_destroy(struct vvm_vm *vm)
{
    if (vm->prelude == NULL)
        return;
    free(vm->prelude->entries);
    free(vm->prelude->by_symbol);
    free(vm->prelude);
    vm->prelude = NULL;
}

static bool cover(struct vvm_prelude *prelude, vvm_symbol name)
{
    if (name < prelude->symbol_capacity)
        return true;
    uint32_t capacity = (name + 1) * 2;
    uint32_t *index = realloc(prelude->by_symbol, capacity * sizeof *index);
    if (index == NULL)
        return false;
    memset(index + prelude->symbol_capacity, 0, (capacity - prelude->symbol_capacity) * sizeof *index);
    prelude->by_symbol = index;
    prelude->symbol_capacity = capacity;
    return true;
}

static bool make_room(struct vvm_prelude *prelude)
{
    if (prelude->count < prelude->capacity)
        return true;
    uint32_t capacity = prelude->capacity * 2 + 64;
    struct entry *entries = realloc(prelude->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    prelude->entries = entries;
    prelude->capacity = capacity;
    return true;
}

bool vvm_prelude_put(struct vvm_vm *vm, vvm_symbol name, vvm_value value)
{
    struct vvm_prelude *prelude = vm->prelude;
    if (name == VVM_NO_SYMBOL || !cover(prelude, name) || !make_room(prelude))
        return false;
    uint32_t *place = &prelude->by_symbol[name];
    if (*place == 0)
        *place = ++prelude->count;
    prelude->entries[*place - 1] = (struct entry){name, value};
    return true;
}

bool vvm_prelude_find(const struct vvm_vm *vm, vvm_symbol name, vvm_value *value)
{
    const struct vvm_prelude *prelude = vm->prelude;
    if (name >= prelude->symbol_capacity || prelude->by_symbol[name] == 0)
        return false;
    *value = prelude->entries[prelude->by_symbol[name] - 1].value;
    return true;
}

bool vvm_prelude_next(const struct vvm_vm *vm, uint32_t *cursor, vvm_symbol *name, vvm_value *value)
{
    const struct vvm_prelude *prelude = vm->prelude;
    if (*cursor >= prelude->count)
        return false;
    *name = prelude->entries[*cursor].name;
    *value = prelude->entries[*cursor].value;
    ++*cursor;
    return true;
}
