/* Dict: language.md 8.7. What looks a key up is a frame: the key's class may have its own equality. */
#include "vm/core/gather.h"
#include "vm/core/keyed.h"

static struct vvm_dict *this_dict(const struct vvm_call *call)
{
    return call->args[0].object;
}

static enum vvm_outcome dict_size(struct vvm_call *call) { return vvm_done_number(call, this_dict(call)->size); }
static enum vvm_outcome dict_is_empty(struct vvm_call *call) { return vvm_done_bool(call, this_dict(call)->size == 0); }

/* ---- Looking up ---- */

static vvm_value value_at(const struct vvm_call *call, size_t entry)
{
    return vvm_retain(vvm_entry_of(call->args[0], entry)->value);
}

static enum vvm_outcome dict_get(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_locate_argument(call, &place);
    if (outcome != VVM_DONE)
        return outcome;
    return place.found ? vvm_done_some(call, value_at(call, place.entry)) : vvm_done_none(call);
}

static enum vvm_outcome dict_get_or(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_locate_argument(call, &place);
    if (outcome != VVM_DONE)
        return outcome;
    return vvm_done(call, place.found ? value_at(call, place.entry) : vvm_retain(call->args[2]));
}

static enum vvm_outcome dict_has(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_locate_argument(call, &place);
    return outcome == VVM_DONE ? vvm_done_bool(call, place.found) : outcome;
}

/* ---- Changes ---- */

static enum vvm_outcome set_by_class(struct vvm_call *call, vvm_value value, uint32_t stage)
{
    call->callee_args[0] = vvm_take(&call->args[0]);
    call->callee_args[1] = vvm_take(&call->args[1]);
    call->callee_args[2] = value;
    return vvm_call_core(call, VVM_CORE_DICT_SET, 3, stage);
}

static enum vvm_outcome dict_set(struct vvm_call *call)
{
    uint64_t hash;
    if (call->stage == 1)
        return vvm_done(call, vvm_take_resumed(call));
    enum vvm_outcome own = vvm_own_table(call);
    if (own != VVM_DONE)
        return own;
    enum vvm_truth truth = vvm_hash_quick(call->args[1], &hash) ? VVM_TRUE : vvm_hash(call->args[1], &hash);
    if (truth == VVM_BAD)
        return vvm_throw_not_key(call, call->args[1]);
    if (truth == VVM_NEEDS_CALL)
        return set_by_class(call, vvm_take(&call->args[2]), 1);
    if (truth == VVM_NO_MEMORY)
        return vvm_throw_memory(call);
    return vvm_return(call,
                      vvm_dict_set(vvm_take(&call->args[0]), vvm_take(&call->args[1]), hash, vvm_take(&call->args[2])));
}

static enum vvm_outcome dict_remove(struct vvm_call *call)
{
    struct vvm_key_place place;
    enum vvm_outcome outcome = vvm_own_table(call);
    if (outcome == VVM_DONE)
        outcome = vvm_locate_argument(call, &place);
    if (outcome != VVM_DONE)
        return outcome;
    vvm_value dict = vvm_take(&call->args[0]);
    return vvm_return(call, place.found ? vvm_dict_remove_at(dict, place.entry) : dict);
}

/* ---- update ----
 * 0 look up, 1 looked up by the core library, 2 the function has answered, 3 set by the core library */

/* The old value leaves a dict nobody else holds, so that the function may change it in place. */
static vvm_value take_value(vvm_value dict, size_t entry)
{
    struct vvm_dict_entry *place = vvm_entry_of(dict, entry);
    if (!vvm_is_unique(dict.object))
        return vvm_retain(place->value);
    vvm_value value = place->value;
    place->value = vvm_void();
    return value;
}

static enum vvm_outcome update_call(struct vvm_call *call, const struct vvm_key_place *place)
{
    if (!vvm_want_function(call, 3))
        return VVM_THROW;
    call->slots[0] = vvm_number(place->found ? (int64_t)place->entry : -1);
    call->callee_args[0] = place->found ? take_value(call->args[0], place->entry) : vvm_take(&call->args[2]);
    call->callee_count = 1;
    call->callee = call->args[3];
    call->stage = 2;
    return VVM_CALL;
}

static enum vvm_outcome update_store(struct vvm_call *call)
{
    vvm_value fresh = vvm_take_resumed(call);
    uint64_t hash;
    if (call->slots[0].number >= 0)
        return vvm_return(call, vvm_dict_replace_at(vvm_take(&call->args[0]), (size_t)call->slots[0].number, fresh));
    if (vvm_hash(call->args[1], &hash) != VVM_TRUE)
        return set_by_class(call, fresh, 3);
    return vvm_return(call, vvm_dict_insert_new(vvm_take(&call->args[0]), vvm_take(&call->args[1]), hash, fresh));
}

static enum vvm_outcome dict_update(struct vvm_call *call)
{
    struct vvm_key_place place;
    if (call->stage == 2)
        return update_store(call);
    if (call->stage == 3)
        return vvm_done(call, vvm_take_resumed(call));
    enum vvm_outcome outcome = vvm_locate_argument(call, &place);
    return outcome == VVM_DONE ? update_call(call, &place) : outcome;
}

/* ---- Parts ---- */

static const struct vvm_dict_entry *entry_at(struct vvm_call *call, size_t i)
{
    const struct vvm_dict_entry *entry = &this_dict(call)->entries[i];
    return vvm_is_unset(entry->key) ? NULL : entry;
}

static bool add_key(struct vvm_call *call, vvm_value *list, size_t i)
{
    const struct vvm_dict_entry *entry = entry_at(call, i);
    return entry == NULL || vvm_gather_add(list, vvm_retain(entry->key));
}

static bool add_value(struct vvm_call *call, vvm_value *list, size_t i)
{
    const struct vvm_dict_entry *entry = entry_at(call, i);
    return entry == NULL || vvm_gather_add(list, vvm_retain(entry->value));
}

static bool add_pair(struct vvm_call *call, vvm_value *list, size_t i)
{
    const struct vvm_dict_entry *entry = entry_at(call, i);
    if (entry == NULL)
        return true;
    return vvm_gather_add(list, vvm_tuple_from((vvm_value[]){vvm_retain(entry->key), vvm_retain(entry->value)}, 2));
}

/* By the entries, holes included. */
static enum vvm_outcome gather(struct vvm_call *call, vvm_gather_step *step)
{
    return vvm_gather(call, this_dict(call)->used, VVM_ELEMENTS_VALUE, step);
}

static enum vvm_outcome dict_keys(struct vvm_call *call) { return gather(call, add_key); }
static enum vvm_outcome dict_values(struct vvm_call *call) { return gather(call, add_value); }
static enum vvm_outcome dict_entries(struct vvm_call *call) { return gather(call, add_pair); }

/* ---- Making ---- */

static enum vvm_outcome dict_empty(struct vvm_call *call)
{
    return vvm_return(call, vvm_dict_new(VVM_DICT, 0));
}

/* Dict(pairs), and pairs.toDict(). */
static enum vvm_outcome dict_make(struct vvm_call *call)
{
    if (!vvm_is_unset(call->slots[1])) /* the pairs */
        return vvm_fill_table(call);
    if (vvm_is_unset(call->args[0]))
        return dict_empty(call);
    if (vvm_is_plain(call->args[0], VVM_DICT))
        return vvm_done(call, vvm_retain(call->args[0]));
    vvm_value items;
    if (!vvm_want_items(call, 0, &items))
        return VVM_THROW;
    call->slots[1] = items;
    call->slots[0] = vvm_dict_new(VVM_DICT, vvm_list_length(items));
    return vvm_is_unset(call->slots[0]) ? vvm_throw_memory(call) : vvm_fill_table(call);
}

#define THIS 1
#define KEY 2
#define VALUE 4

static const struct vvm_builtin methods[] = {
    VVM_ROW_P("size() -> Number", dict_size, "How many keys it has."),
    VVM_ROW_P("isEmpty() -> Bool", dict_is_empty, "Without keys?"),
    VVM_ROW_F("get(k: K) -> Option<V>", dict_get, 0, 1, 1, 0, "The value of a key, or None."),
    VVM_ROW_F("getOr(k: K, default: V) -> V", dict_get_or, 0, 2, 2, 0, "The value of a key, or the default."),
    VVM_ROW_F("has(k: K) -> Bool", dict_has, 0, 1, 1, 0, "Is the key there?"),
    VVM_ROW_F("contains(k: K) -> Bool", dict_has, 0, 1, 1, 0, "The same as has."),
    VVM_ROW_F("containsKey(k: K) -> Bool", dict_has, 0, 1, 1, 0, "The same as has."),
    VVM_ROW_FG("set(k: K, v: V) -> Dict<K, V>", dict_set, THIS | KEY | VALUE, 2,
              "With this value for the key, which keeps its place if it is there."),
    VVM_ROW_F("remove(k: K) -> Dict<K, V>", dict_remove, THIS, 1, 1, 0, "Without the key, if it is there."),
    VVM_ROW_F("update(k: K, default: V, f: (V) -> V) -> Dict<K, V>", dict_update, THIS | KEY | VALUE, 3, 3, 1,
              "With f(old value), or f(default) if the key is new."),
    VVM_ROW_F("keys() -> List<K>", dict_keys, 0, 0, 0, 1, "The keys in order of insertion."),
    VVM_ROW_F("values() -> List<V>", dict_values, 0, 0, 0, 1, "The values in order of insertion of their keys."),
    VVM_ROW_F("entries() -> List<(K, V)>", dict_entries, 0, 0, 0, 1, "The pairs in order of insertion."),
    VVM_ROW_F("toList() -> List<(K, V)>", dict_entries, 0, 0, 0, 1, "The same as entries."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_F("Dict(pairs: List<(K, V)> = []) -> Dict<K, V>", dict_make, 0, 0, 1, 2,
              "A Dict of these pairs; the last of a key wins."),
    VVM_ROW_M("empty() -> Dict", dict_empty, 0, 0, "A Dict without keys."),
};

static const struct vvm_builtin list_methods[] = {
    VVM_ROW_F("toDict() -> Dict<K, V>", dict_make, 0, 0, 0, 2, "A Dict of its pairs; the last of a key wins."),
};

const struct vvm_builtin_group vvm_dict_methods = {VVM_T_DICT, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_dict_statics = {VVM_T_DICT, true, VVM_ROWS(statics)};
const struct vvm_builtin_group vvm_dict_of_list = {VVM_T_LIST, false, VVM_ROWS(list_methods)};
