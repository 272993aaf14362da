/* Intrinsics: the entries of Dicts and Sets by number, for keys whose class defines equality and hash. */
#include "vm/core/keyed.h"

static bool is_table(vvm_value v)
{
    return vvm_is_plain(v, VVM_DICT) || vvm_is_plain(v, VVM_SET);
}

/* True unless vvm_hash of the key needs a class. */
static bool has_plain_hash(vvm_value key)
{
    uint64_t ignored;
    return vvm_hash_quick(key, &ignored) || vvm_hash(key, &ignored) != VVM_NEEDS_CALL;
}

static enum vvm_outcome find_entry(struct vvm_call *call)
{
    int64_t hash;
    size_t entry;
    if (!is_table(call->args[0]))
        return vvm_want_kind(call, 0, VVM_DICT) ? VVM_DONE : VVM_THROW;
    if (!vvm_want_number(call, 2, &hash))
        return VVM_THROW;
    if (!has_plain_hash(call->args[1]))
        return vvm_done_slow(call);
    bool found = vvm_dict_find(call->args[0], call->args[1], (uint64_t)hash, &entry);
    return vvm_done_number(call, found ? (int64_t)entry : -1);
}

/* The next entry with this hash, with the cursor to go on from: cursor << 32 | entry. */
static enum vvm_outcome probe(struct vvm_call *call)
{
    size_t cursor = (size_t)call->args[2].number, entry;
    if (!vvm_dict_probe(call->args[0], (uint64_t)call->args[1].number, &cursor, &entry))
        return vvm_done_number(call, -1);
    return vvm_done_number(call, (int64_t)(cursor << 32 | entry));
}

static const struct vvm_dict_entry *entry_at(const struct vvm_call *call)
{
    return &((struct vvm_dict *)call->args[0].object)->entries[call->args[1].number];
}

static enum vvm_outcome key_at(struct vvm_call *call)
{
    return vvm_done(call, vvm_retain(entry_at(call)->key));
}

static enum vvm_outcome value_at(struct vvm_call *call)
{
    return vvm_done(call, vvm_retain(entry_at(call)->value));
}

enum { TABLE, KEY, HASH, ENTRY, VALUE };

/* Replaces the value of an entry, or adds one where there is none (-1). */
static enum vvm_outcome put_entry(struct vvm_call *call)
{
    int64_t entry = call->args[ENTRY].number;
    bool set = vvm_is_plain(call->args[TABLE], VVM_SET);
    if (set && entry >= 0)
        return vvm_done(call, vvm_take(&call->args[TABLE]));
    vvm_value table = vvm_take(&call->args[TABLE]), value = set ? vvm_unset() : vvm_take(&call->args[VALUE]);
    if (entry >= 0)
        return vvm_return(call, vvm_dict_replace_at(table, (size_t)entry, value));
    return vvm_return(call,
                      vvm_dict_insert_new(table, vvm_take(&call->args[KEY]), (uint64_t)call->args[HASH].number, value));
}

/* The List of a group with one more element: it leaves the Dict while it grows, so that it may grow in place. */
static enum vvm_outcome group(struct vvm_call *call)
{
    vvm_value dict = vvm_take(&call->args[TABLE]), item = vvm_take(&call->args[VALUE]);
    int64_t entry = call->args[ENTRY].number;
    if (entry < 0) {
        vvm_value list = vvm_list_from(&item, 1);
        if (vvm_is_unset(list)) {
            vvm_release(dict);
            return vvm_throw_memory(call);
        }
        return vvm_return(
            call, vvm_dict_insert_new(dict, vvm_take(&call->args[KEY]), (uint64_t)call->args[HASH].number, list));
    }
    struct vvm_dict *table = dict.object;
    vvm_value list = vvm_retain(table->entries[entry].value);
    if (vvm_is_unique(&table->header)) {
        vvm_release(list);
        table->entries[entry].value = vvm_void();
    }
    list = vvm_list_append(list, item);
    if (!vvm_is_unset(list))
        return vvm_return(call, vvm_dict_replace_at(dict, (size_t)entry, list));
    vvm_release(dict);
    return vvm_throw_memory(call);
}

/* The first live entry from this number on, or -1. */
static enum vvm_outcome next_entry(struct vvm_call *call)
{
    uint64_t cursor = (uint64_t)call->args[1].number;
    size_t entry;
    return vvm_done_number(call, vvm_dict_next(call->args[0], &cursor, &entry) ? (int64_t)entry : -1);
}

/* A Dict with one more key: that of an entry of another one. */
static enum vvm_outcome copy_entry(struct vvm_call *call)
{
    const struct vvm_dict *from = call->args[1].object;
    const struct vvm_dict_entry *entry = &from->entries[call->args[2].number];
    vvm_value dict = vvm_take(&call->args[0]), value = vvm_take(&call->args[3]);
    return vvm_return(call, vvm_dict_insert_new(dict, vvm_retain(entry->key), entry->hash, value));
}

/* ---- A copy that is one's own, in portions ---- */

enum { COPY, COPIED, COPY_SLOTS };

static bool add_copy(struct vvm_call *call, const struct vvm_dict_entry *entry)
{
    if (vvm_is_unset(entry->key))
        return true;
    vvm_value key = vvm_retain(entry->key), value = vvm_retain(entry->value);
    call->slots[COPY] = vvm_dict_insert_new(vvm_take(&call->slots[COPY]), key, entry->hash, value);
    return !vvm_is_unset(call->slots[COPY]);
}

static bool begin_copy(struct vvm_call *call)
{
    const struct vvm_dict *table = call->args[0].object;
    call->slots[COPY] = vvm_dict_new((enum vvm_kind)table->header.kind, (size_t)table->size + 1);
    call->slots[COPIED] = vvm_number(0);
    return !vvm_is_unset(call->slots[COPY]);
}

/* slots: the copy so far, and how many entries were looked at. */
static enum vvm_outcome copied(struct vvm_call *call)
{
    const struct vvm_dict *table = call->args[0].object;
    if (vvm_is_unset(call->slots[COPY]) && !begin_copy(call))
        return vvm_throw_memory(call);
    if (vvm_dict_prepare(call->slots[COPY]))
        return vvm_again(call, 0);
    size_t i = (size_t)call->slots[COPIED].number, end = i + VVM_PORTION_OF_VALUES / 2;
    for (; i < table->used && i < end && !vvm_owes_a_turn(); i++)
        if (!add_copy(call, &table->entries[i]))
            return vvm_throw_memory(call);
    call->slots[COPIED] = vvm_number((int64_t)i);
    return i < table->used ? vvm_again(call, 0) : vvm_done(call, vvm_take(&call->slots[COPY]));
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__findEntry(d: Any, k: Any, hash: Number) -> Any", find_entry, 3, 3, "The key's entry, or -1."),
    VVM_ROW_M("__probe(d: Any, hash: Number, cursor: Number) -> Number", probe, 3, 3,
              "The next entry with this hash, or -1."),
    VVM_ROW_M("__keyAt(d: Any, entry: Number) -> Any", key_at, 2, 2, "The key of an entry."),
    VVM_ROW_M("__valueAt(d: Any, entry: Number) -> Any", value_at, 2, 2, "The value of an entry."),
    VVM_ROW_C("__putEntry(d: Any, k: Any, hash: Number, entry: Number, v: Any) -> Any", put_entry,
              1 << TABLE | 1 << KEY | 1 << VALUE, 5, 5, "With the value in this entry, or in a new one."),
    VVM_ROW_C("__group(d: Any, k: Any, hash: Number, entry: Number, x: Any) -> Any", group,
              1 << TABLE | 1 << KEY | 1 << VALUE, 5, 5, "With x added to the List in this entry, or in a new one."),
    VVM_ROW_M("__nextEntry(d: Any, entry: Number) -> Number", next_entry, 2, 2, "The next entry from here, or -1."),
    VVM_ROW_F("__copied(d: Any) -> Any", copied, 0, 1, 1, COPY_SLOTS, "The same entries, held by nobody else."),
    VVM_ROW_C("__copyEntry(d: Any, from: Any, entry: Number, v: Any) -> Any", copy_entry, 9, 4, 4,
              "With v under the key of an entry of another Dict."),
};

const struct vvm_builtin_group vvm_entry_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
