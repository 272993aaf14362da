#include "vm/value/dict_table.h"

#include <string.h>

/* Dicts and sets. Entries stand in order of insertion; a removed one stays as a hole (key unset) until the table is
 * rebuilt. Up to VVM_DICT_FLAT_MAX entries are searched in a row; above that an index of twice the capacity says where
 * an entry with a given hash may be. Index slots never become free again between two rebuilds, and each
 * insertion takes at most one, so at least half of them are free and every probe ends. */
#define SHRINK_MIN 16u /* entries below which removals never rebuild */

static struct vvm_dict *dict_new(enum vvm_kind kind)
{
    struct vvm_dict *dict = vvm_object_new(kind, sizeof *dict);
    if (dict == NULL)
        return NULL;
    dict->size = dict->used = dict->capacity = dict->index_mask = 0;
    dict->entries = NULL;
    dict->index = NULL;
    dict->renewal = NULL;
    return dict;
}

vvm_value vvm_dict_new(enum vvm_kind kind, size_t capacity)
{
    struct vvm_dict *dict = dict_new(kind);
    if (dict == NULL)
        return vvm_unset();
    uint32_t whole = vvm_dict_capacity_for(capacity), first = whole < VVM_DICT_LARGE ? whole : VVM_DICT_LARGE;
    if (capacity > 0 && (whole == 0 || !vvm_dict_table_alloc(dict, first))) {
        vrt_free(dict, sizeof *dict);
        return vvm_unset();
    }
    if (whole > first)
        vvm_dict_renew(dict, whole);
    return vvm_of_object(kind, dict);
}

size_t vvm_dict_size(vvm_value borrowed)
{
    return ((struct vvm_dict *)borrowed.object)->size;
}

/* ---- Looking up ---- */

static inline bool probe(const struct vvm_dict *dict, uint64_t hash, size_t *cursor, size_t *entry)
{
    if (dict->index == NULL) {
        for (; *cursor < dict->used; ++*cursor) {
            const struct vvm_dict_entry *e = &dict->entries[*cursor];
            if (e->hash == hash && !vvm_is_unset(e->key)) {
                *entry = (*cursor)++;
                return true;
            }
        }
        return false;
    }
    struct vvm_dict_way way = vvm_dict_way(dict, hash);
    for (;;) {
        uint32_t slot = dict->index[vvm_dict_way_at(&way, *cursor)];
        if (slot == 0)
            return false;
        ++*cursor;
        if ((slot & ~way.mask) != way.tag)
            continue;
        const struct vvm_dict_entry *e = &dict->entries[(slot & way.mask) - 1];
        if (e->hash == hash && !vvm_is_unset(e->key)) {
            *entry = (slot & way.mask) - 1;
            return true;
        }
    }
}

bool vvm_dict_probe(vvm_value borrowed, uint64_t hash, size_t *cursor, size_t *entry)
{
    return probe(borrowed.object, hash, cursor, entry);
}

/* Keys are no NaN, so one value is equal to itself. */
static inline enum vvm_truth same_key(vvm_value a, vvm_value b)
{
    if (a.tag == b.tag && a.bits == b.bits)
        return VVM_TRUE;
    if (!vvm_is_heap(a) && a.tag == b.tag)
        return vvm_kind(a) == VVM_FLOAT && a.real == b.real ? VVM_TRUE : VVM_FALSE;
    return vvm_equal(a, b);
}

static enum vvm_truth find(vvm_value v, vvm_value key, uint64_t hash, size_t *entry)
{
    const struct vvm_dict *dict = v.object;
    size_t cursor = 0;
    while (probe(dict, hash, &cursor, entry)) {
        enum vvm_truth truth = same_key(dict->entries[*entry].key, key);
        if (truth == VVM_TRUE || truth == VVM_NO_MEMORY)
            return truth;
    }
    return VVM_FALSE;
}

bool vvm_dict_find(vvm_value borrowed, vvm_value borrowed_key, uint64_t hash, size_t *entry)
{
    return find(borrowed, borrowed_key, hash, entry) == VVM_TRUE;
}

/* ---- Copying, and making one's own ---- */

/* Adds the live entries of `from`, without touching counts. */
static void table_fill(struct vvm_dict *table, const struct vvm_dict *from)
{
    for (uint32_t i = 0; i < from->used; i++) {
        if (!vvm_is_unset(from->entries[i].key))
            vvm_dict_table_add(table, from->entries[i]);
    }
}

static void table_retain(const struct vvm_dict *table)
{
    for (uint32_t i = 0; i < table->used; i++) {
        vvm_retain(table->entries[i].key);
        vvm_retain(table->entries[i].value);
    }
}

/* A copy that is the caller's own: without holes and with room for `more` entries. */
static struct vvm_dict *copy_compact(const struct vvm_dict *dict, uint32_t more)
{
    struct vvm_dict *copy = dict_new(dict->header.kind);
    uint32_t capacity = vvm_dict_capacity_for((uint64_t)dict->size + more);
    if (copy == NULL)
        return NULL;
    if (capacity == 0 || !vvm_dict_table_alloc(copy, capacity)) {
        vrt_free(copy, sizeof *copy);
        return NULL;
    }
    table_fill(copy, dict);
    table_retain(copy);
    return copy;
}

/* How many entries a slot of the index may lead to: those that closed up left empty ones behind. */
static uint32_t reach_of(const struct vvm_dict *dict)
{
    const struct vvm_dict_renewal *renewal = dict->renewal;
    return renewal != NULL && renewal->seen > dict->used ? renewal->seen : dict->used;
}

/* A copy in which every entry keeps its number. */
static struct vvm_dict *copy_exact(const struct vvm_dict *dict)
{
    struct vvm_dict *copy = dict_new(dict->header.kind);
    if (copy == NULL)
        return NULL;
    if (!vvm_dict_table_alloc(copy, dict->capacity)) {
        vrt_free(copy, sizeof *copy);
        return NULL;
    }
    memcpy(copy->entries, dict->entries, reach_of(dict) * sizeof *dict->entries);
    if (copy->index != NULL)
        memcpy(copy->index, dict->index, vvm_dict_index_count(dict) * sizeof *dict->index);
    copy->size = dict->size;
    copy->used = dict->used;
    table_retain(copy);
    return copy;
}

/* The dict, changeable, with entry numbers kept. NULL: no memory, released. */
static struct vvm_dict *own_exact(vvm_value owned)
{
    struct vvm_dict *dict = owned.object;
    if (vvm_is_unique(&dict->header))
        return dict;
    struct vvm_dict *copy = copy_exact(dict);
    vvm_object_release(&dict->header);
    return copy;
}

/* Room for one more entry in an own dict. */
static inline bool has_room(struct vvm_dict *dict)
{
    if (VRT_UNLIKELY((dict->used & (VVM_DICT_STEP - 1)) == VVM_DICT_STEP - 1))
        vvm_dict_renewal_step(dict);
    return dict->used < dict->capacity || vvm_dict_make_room(dict);
}

/* The dict, changeable, with room for one more entry. NULL: no memory, released. */
static struct vvm_dict *own_with_room(vvm_value owned)
{
    struct vvm_dict *dict = owned.object, *result = dict;
    if (!vvm_is_unique(&dict->header))
        result = copy_compact(dict, 1);
    else if (has_room(dict))
        return dict;
    else
        result = NULL;
    vvm_object_release(&dict->header);
    return result;
}

bool vvm_dict_reserve(struct vvm_dict *dict)
{
    return dict->used < dict->capacity || vvm_dict_make_room(dict);
}

/* ---- Changing ---- */

static vvm_value fail(vvm_value owned, vvm_value key, vvm_value value)
{
    vvm_release(owned);
    vvm_release(key);
    vvm_release(value);
    return vvm_unset();
}

vvm_value vvm_dict_insert_new(vvm_value owned, vvm_value owned_key, uint64_t hash, vvm_value owned_value)
{
    struct vvm_dict *dict = own_with_room(owned);
    if (dict == NULL)
        return fail(vvm_unset(), owned_key, owned_value);
    vvm_dict_table_add(dict, (struct vvm_dict_entry){.key = owned_key, .value = owned_value, .hash = hash});
    return vvm_of_object(dict->header.kind, dict);
}

vvm_value vvm_dict_replace_at(vvm_value owned, size_t entry, vvm_value owned_value)
{
    struct vvm_dict *dict = own_exact(owned);
    if (dict == NULL)
        return fail(vvm_unset(), vvm_unset(), owned_value);
    vvm_value old = dict->entries[entry].value;
    dict->entries[entry].value = owned_value;
    vvm_release(old);
    return vvm_of_object(dict->header.kind, dict);
}

vvm_value vvm_dict_set(vvm_value owned, vvm_value owned_key, uint64_t hash, vvm_value owned_value)
{
    size_t entry;
    switch (find(owned, owned_key, hash, &entry)) {
    case VVM_FALSE: return vvm_dict_insert_new(owned, owned_key, hash, owned_value);
    case VVM_TRUE: break;
    default: return fail(owned, owned_key, owned_value);
    }
    vvm_release(owned_key);
    if (vvm_kind(owned) == VVM_SET) {
        vvm_release(owned_value);
        return owned;
    }
    return vvm_dict_replace_at(owned, entry, owned_value);
}

static void clear(struct vvm_dict *dict)
{
    if (vvm_dict_is_large(dict)) {
        vvm_dict_table_free(dict);
        dict->entries = NULL;
        dict->index = NULL;
        dict->capacity = dict->index_mask = 0;
    } else if (dict->index != NULL) {
        memset(dict->index, 0, vvm_dict_index_count(dict) * sizeof *dict->index);
    }
    dict->used = 0;
}

static void tidy_large(struct vvm_dict *dict)
{
    if (dict->size < dict->capacity / 8)
        vvm_dict_renew(dict, vvm_dict_capacity_for((uint64_t)dict->size * 2));
    else if (dict->size < dict->used / 4)
        vvm_dict_renew(dict, dict->capacity);
    if ((dict->size & (VVM_DICT_STEP - 1)) == 0)
        vvm_dict_renewal_step(dict);
}

/* Forgets the holes when they are most of the table; without memory they stay. */
static void tidy(struct vvm_dict *dict)
{
    if (dict->size == 0)
        clear(dict);
    if (vvm_dict_is_large(dict))
        tidy_large(dict);
    else if (dict->capacity > SHRINK_MIN && dict->size < dict->capacity / 8)
        vvm_dict_rebuild(dict, vvm_dict_capacity_for((uint64_t)dict->size * 2));
    else if (dict->used > SHRINK_MIN && dict->size < dict->used / 4)
        vvm_dict_rebuild(dict, dict->capacity);
}

vvm_value vvm_dict_remove_at(vvm_value owned, size_t entry)
{
    struct vvm_dict *dict = own_exact(owned);
    if (dict == NULL)
        return vvm_unset();
    struct vvm_dict_entry old = dict->entries[entry];
    dict->entries[entry].key = vvm_unset();
    dict->entries[entry].value = vvm_unset();
    dict->size--;
    tidy(dict);
    vvm_release(old.key);
    vvm_release(old.value);
    return vvm_of_object(dict->header.kind, dict);
}
