/* Dicts and Sets with all entries of another one, or without them. Keys whose class has its own equality are left to
 * the core library, which asks them. */
#include "vm/exec/step.h"

/* Would telling whether the key is there need its class? */
static bool asks_class(vvm_value key)
{
    uint64_t hash;
    return !vvm_hash_quick(key, &hash) && vvm_hash(key, &hash) == VVM_NEEDS_CALL;
}

static bool any_asks_class(const struct vvm_dict *table)
{
    for (uint32_t i = 0; i < table->used; i++)
        if (!vvm_is_unset(table->entries[i].key) && asks_class(table->entries[i].key))
            return true;
    return false;
}

/* More than a portion is left to the core library, which gives way in between. */
static bool is_short(const struct vvm_dict *table)
{
    return table->used <= VVM_PORTION;
}

static vvm_value united(vvm_value table, const struct vvm_dict *other)
{
    bool pairs = vvm_kind(table) == VVM_DICT;
    for (uint32_t i = 0; i < other->used && !vvm_is_unset(table); i++) {
        const struct vvm_dict_entry *entry = &other->entries[i];
        if (!vvm_is_unset(entry->key))
            table = vvm_dict_set(table, vvm_retain(entry->key), entry->hash,
                                 pairs ? vvm_retain(entry->value) : vvm_unset());
    }
    return table;
}

static vvm_value subtracted(vvm_value set, const struct vvm_dict *other)
{
    size_t entry;
    for (uint32_t i = 0; i < other->used && !vvm_is_unset(set); i++)
        if (!vvm_is_unset(other->entries[i].key) &&
            vvm_dict_find(set, other->entries[i].key, other->entries[i].hash, &entry))
            set = vvm_dict_remove_at(set, entry);
    return set;
}

enum vvm_step vvm_invoke_core_owned(struct vvm_machine *m, enum vvm_core_function which, const vvm_value *owned,
                                    uint32_t count, uint32_t dst)
{
    struct vvm_function *function = m->vm->core[which];
    if (function == NULL) {
        for (uint32_t i = 0; i < count; i++)
            vvm_release(owned[i]);
        return vvm_fail(m, VVM_T_RUNTIME_ERROR, "the core library is not loaded");
    }
    vvm_value callee = {.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function};
    return vvm_invoke_with(m, callee, false, owned, count, true, false, (uint16_t)dst, 0);
}

enum vvm_step vvm_unite(struct vvm_machine *m, uint32_t dst, vvm_value owned_table, vvm_value other)
{
    if (is_short(other.object) && !any_asks_class(other.object))
        return vvm_store(m, dst, united(owned_table, other.object));
    vvm_value args[] = {owned_table, vvm_retain(other)};
    return vvm_invoke_core_owned(m, VVM_CORE_UNITE, args, 2, dst);
}

enum vvm_step vvm_subtract(struct vvm_machine *m, uint32_t dst, vvm_value owned_set, vvm_value other)
{
    if (is_short(other.object) && !any_asks_class(other.object))
        return vvm_store(m, dst, subtracted(owned_set, other.object));
    vvm_value args[] = {owned_set, vvm_retain(other)};
    return vvm_invoke_core_owned(m, VVM_CORE_SUBTRACT, args, 2, dst);
}
