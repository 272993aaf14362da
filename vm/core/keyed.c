#include "vm/core/keyed.h"

static enum vvm_outcome ask(struct vvm_call *call, vvm_value table, vvm_value key, uint32_t stage)
{
    call->callee_args[0] = vvm_retain(table);
    call->callee_args[1] = vvm_retain(key);
    call->callee_args[2] = vvm_number(1); /* the entry's number, or -1 */
    return vvm_call_core(call, VVM_CORE_DICT_GET, 3, stage);
}

enum vvm_outcome vvm_locate(struct vvm_call *call, vvm_value table, vvm_value key, uint32_t stage,
                            struct vvm_key_place *place)
{
    uint64_t hash;
    if (!vvm_hash_quick(key, &hash)) {
        switch (vvm_hash(key, &hash)) {
        case VVM_TRUE: break;
        case VVM_NEEDS_CALL: return ask(call, table, key, stage);
        case VVM_NO_MEMORY: return vvm_throw_memory(call);
        default: return vvm_throw_not_key(call, key);
        }
    }
    *place = (struct vvm_key_place){0};
    place->found = vvm_dict_find(table, key, hash, &place->entry);
    return VVM_DONE;
}

struct vvm_key_place vvm_located(struct vvm_call *call)
{
    vvm_value answer = vvm_take_resumed(call);
    bool found = vvm_is_number(answer) && answer.number >= 0;
    return (struct vvm_key_place){.found = found, .entry = found ? (size_t)answer.number : 0};
}

enum vvm_outcome vvm_locate_argument(struct vvm_call *call, struct vvm_key_place *place)
{
    if (call->stage == 0)
        return vvm_locate(call, call->args[0], call->args[1], 1, place);
    *place = vvm_located(call);
    return VVM_DONE;
}

/* ---- Filling ---- */

static bool take_item(struct vvm_call *call, bool pairs, vvm_value item, vvm_value *key, vvm_value *value)
{
    *key = item;
    *value = vvm_unset();
    if (!pairs)
        return true;
    const struct vvm_tuple *tuple = item.object;
    if (!vvm_is_plain(item, VVM_TUPLE) || tuple->length != 2) {
        vvm_throw(call, VVM_T_TYPE_ERROR, "a Dict is made of pairs, not of a %s", vvm_kind_name(call, item));
        return false;
    }
    *key = tuple->items[0];
    *value = tuple->items[1];
    return true;
}

/* The table grows in slots[0], so that it is released if anything throws. */
static enum vvm_outcome fill_one(struct vvm_call *call, vvm_value key, vvm_value value, uint32_t next)
{
    uint64_t hash;
    enum vvm_truth truth = vvm_hash(key, &hash);
    bool pairs = vvm_kind(call->slots[0]) == VVM_DICT;
    if (truth == VVM_NO_MEMORY)
        return vvm_throw_memory(call);
    if (truth == VVM_BAD)
        return vvm_throw_not_key(call, key);
    if (truth == VVM_TRUE) {
        call->slots[0] = vvm_dict_set(vvm_take(&call->slots[0]), vvm_retain(key), hash, vvm_retain(value));
        return vvm_is_unset(call->slots[0]) ? vvm_throw_memory(call) : VVM_DONE;
    }
    call->callee_args[0] = vvm_take(&call->slots[0]);
    call->callee_args[1] = vvm_retain(key);
    call->callee_args[2] = pairs ? vvm_retain(value) : vvm_unset();
    return vvm_call_core(call, pairs ? VVM_CORE_DICT_SET : VVM_CORE_SET_ADD, pairs ? 3 : 2, next);
}

enum vvm_outcome vvm_fill_table(struct vvm_call *call)
{
    if (vvm_is_unset(call->slots[0])) /* the core library has it, and gives it back */
        call->slots[0] = vvm_take_resumed(call);
    if (call->stage == 0 && vvm_dict_prepare(call->slots[0]))
        return vvm_again(call, 0);
    bool pairs = vvm_kind(call->slots[0]) == VVM_DICT;
    size_t count = vvm_list_length(call->slots[1]);
    size_t end = vvm_portion_at_most(call, count, VVM_PORTION_OF_VALUES / 2); /* an entry is large, its slot anywhere */
    size_t i = call->stage;
    for (; i < end && !vvm_owes_a_turn(); i++) {
        vvm_value key, value;
        if (!take_item(call, pairs, vvm_list_get_fast(call->slots[1].object, i), &key, &value))
            return VVM_THROW;
        enum vvm_outcome outcome = fill_one(call, key, value, (uint32_t)i + 1);
        if (outcome != VVM_DONE)
            return outcome;
    }
    return i < count ? vvm_again(call, i) : vvm_done(call, vvm_take(&call->slots[0]));
}

/* ---- Before a change ---- */

enum vvm_outcome vvm_own_table_slow(struct vvm_call *call)
{
    if (call->stage == VVM_TABLE_COPIED) {
        vvm_release(call->args[0]);
        call->args[0] = vvm_take_resumed(call);
        call->stage = 0;
        return VVM_DONE;
    }
    call->callee_args[0] = vvm_retain(call->args[0]);
    return vvm_call_core(call, VVM_CORE_COPY_TABLE, 1, VVM_TABLE_COPIED);
}
