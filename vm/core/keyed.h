/* Private to vm/core: finding keys in Dicts and Sets, whatever their equality.
 *
 * Keys with built-in equality and hash are looked up here; for instances with their own `hashCode` and `equals` the
 * core library's `__dictGet` is called (VVM_CALL), so all of this belongs into built-ins that are frames. */
#ifndef VVM_CORE_KEYED_H
#define VVM_CORE_KEYED_H

#include "vm/core/core.h"

struct vvm_key_place {
    bool found;
    size_t entry; /* if found */
};

/* Looks `key` up. DONE: *place is filled. CALL: return it; at `stage` the answer is vvm_located's. THROW: no key. */
enum vvm_outcome vvm_locate(struct vvm_call *call, vvm_value table, vvm_value key, uint32_t stage,
                            struct vvm_key_place *place);
struct vvm_key_place vvm_located(struct vvm_call *call);

/* The same for the key args[1] of the table args[0], at stage 0, and again at the next one. */
enum vvm_outcome vvm_locate_argument(struct vvm_call *call, struct vvm_key_place *place);

/* A step of a built-in that fills slots[0] (a Dict or Set) from the List slots[1]: elements, or pairs for a Dict.
 * Begins at stage 0 with both slots set. */
enum vvm_outcome vvm_fill_table(struct vvm_call *call);

#define VVM_TABLE_COPIED 100 /* stage: the core library has copied args[0] */
enum vvm_outcome vvm_own_table_slow(struct vvm_call *call);

/* Before args[0], a Dict or Set, is changed at stage 0: a long one that others hold, too, is copied, which the core
 * library does in portions. DONE: go on, at stage 0; CALL: return it. */
static inline enum vvm_outcome vvm_own_table(struct vvm_call *call)
{
    struct vvm_dict *table = call->args[0].object;
    bool whole = call->stage == 0 && (table->used <= VVM_PORTION || vvm_is_unique(&table->header));
    return whole || (call->stage != 0 && call->stage != VVM_TABLE_COPIED) ? VVM_DONE : vvm_own_table_slow(call);
}

static inline struct vvm_dict_entry *vvm_entry_of(vvm_value table, size_t entry)
{
    return &((struct vvm_dict *)table.object)->entries[entry];
}

#endif
