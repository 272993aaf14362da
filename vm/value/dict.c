#include "vm/value/layout.h"

#include <string.h>

/* Dicts and sets. Entries stand in order of insertion; a removed one stays as a hole (key unset) until the table is
 * rebuilt. Up to FLAT_MAX entries are searched in a row; above that an index of twice the capacity says where
 * an entry with a given hash may be. Index slots never become free again between two rebuilds, and each
 * insertion takes at most one, so at least half of them are free and every probe ends. */
#ifdef VELA_TINY
#define FLAT_MAX 2u
#else
#define FLAT_MAX 8u
#endif
#define CAPACITY_MAX ((uint64_t)1 << 30)
#define SHRINK_MIN 16u /* entries below which removals never rebuild */

/* Smallest capacity (a power of two) for `size` entries; 0 if there is none. */
static uint32_t capacity_for(uint64_t size)
{
    if (size > CAPACITY_MAX)
        return 0;
    uint32_t capacity = VVM_FIRST_CAPACITY;
    while (capacity < size)
        capacity *= 2;
    return capacity;
}

/* Gives `table` an empty block of `capacity` entries. */
static bool table_alloc(struct vvm_dict *table, uint32_t capacity)
{
    size_t index_count = capacity > FLAT_MAX ? (size_t)capacity * 2 : 0;
    char *block = vrt_alloc(capacity * sizeof(struct vvm_dict_entry) + index_count * sizeof(uint32_t));
    if (block == NULL)
        return false;
    table->entries = (struct vvm_dict_entry *)(void *)block;
    table->index = index_count > 0 ? (uint32_t *)(void *)(table->entries + capacity) : NULL;
    table->index_mask = index_count > 0 ? (uint32_t)index_count - 1 : 0;
    table->capacity = capacity;
    table->size = table->used = 0;
    if (index_count > 0)
        memset(table->index, 0, index_count * sizeof(uint32_t));
    return true;
}

static struct vvm_dict *dict_new(enum vvm_kind kind)
{
    struct vvm_dict *dict = vvm_object_new(kind, sizeof *dict);
    if (dict == NULL)
        return NULL;
    dict->size = dict->used = dict->capacity = dict->index_mask = 0;
    dict->entries = NULL;
    dict->index = NULL;
    return dict;
}

vvm_value vvm_dict_new(enum vvm_kind kind, size_t capacity)
{
    struct vvm_dict *dict = dict_new(kind);
    if (dict == NULL)
        return vvm_unset();
    if (capacity > 0 && (capacity_for(capacity) == 0 || !table_alloc(dict, capacity_for(capacity)))) {
        vrt_free(dict, sizeof *dict);
        return vvm_unset();
    }
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

/* ---- Rebuilding and copying ---- */

static void index_entry(struct vvm_dict *table, uint64_t hash, uint32_t entry)
{
    if (table->index == NULL)
        return;
    struct vvm_dict_way way = vvm_dict_way(table, hash);
    size_t n = 0;
    while (table->index[vvm_dict_way_at(&way, n)] != 0)
        n++;
    table->index[vvm_dict_way_at(&way, n)] = (entry + 1) | way.tag;
}

static void table_add(struct vvm_dict *table, struct vvm_dict_entry entry)
{
    table->entries[table->used] = entry;
    index_entry(table, entry.hash, table->used);
    table->used++;
    table->size++;
}

/* Adds the live entries of `from`, without touching counts. */
static void table_fill(struct vvm_dict *table, const struct vvm_dict *from)
{
    for (uint32_t i = 0; i < from->used; i++) {
        if (!vvm_is_unset(from->entries[i].key))
            table_add(table, from->entries[i]);
    }
}

static void table_retain(const struct vvm_dict *table)
{
    for (uint32_t i = 0; i < table->used; i++) {
        vvm_retain(table->entries[i].key);
        vvm_retain(table->entries[i].value);
    }
}

static void table_free(const struct vvm_dict *table)
{
    if (table->entries != NULL)
        vrt_free(table->entries, vvm_dict_block_size(table));
}

/* Moves an own dict's entries to a block of another capacity (or the same, without holes). */
static bool rebuild(struct vvm_dict *dict, uint32_t capacity)
{
    struct vvm_dict old = *dict;
    if (capacity == 0 || !table_alloc(dict, capacity))
        return false;
    table_fill(dict, &old);
    table_free(&old);
    return true;
}

/* A copy that is the caller's own: without holes and with room for `more` entries. */
static struct vvm_dict *copy_compact(const struct vvm_dict *dict, uint32_t more)
{
    struct vvm_dict *copy = dict_new(dict->header.kind);
    uint32_t capacity = capacity_for((uint64_t)dict->size + more);
    if (copy == NULL)
        return NULL;
    if (capacity == 0 || !table_alloc(copy, capacity)) {
        vrt_free(copy, sizeof *copy);
        return NULL;
    }
    table_fill(copy, dict);
    table_retain(copy);
    return copy;
}

/* A copy in which every entry keeps its number. */
static struct vvm_dict *copy_exact(const struct vvm_dict *dict)
{
    struct vvm_dict *copy = dict_new(dict->header.kind);
    if (copy == NULL)
        return NULL;
    if (!table_alloc(copy, dict->capacity)) {
        vrt_free(copy, sizeof *copy);
        return NULL;
    }
    memcpy(copy->entries, dict->entries, dict->used * sizeof *dict->entries);
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

/* Capacity of a full own dict after one more insertion: the same if a quarter of it is holes. */
static uint32_t next_capacity(const struct vvm_dict *dict)
{
    if (dict->capacity > 0 && dict->size < dict->capacity - dict->capacity / 4)
        return dict->capacity;
    return capacity_for((uint64_t)dict->capacity + 1);
}

/* The dict, changeable, with room for one more entry. NULL: no memory, released. */
static struct vvm_dict *own_with_room(vvm_value owned)
{
    struct vvm_dict *dict = owned.object, *result = dict;
    if (!vvm_is_unique(&dict->header))
        result = copy_compact(dict, 1);
    else if (dict->used < dict->capacity || rebuild(dict, next_capacity(dict)))
        return dict;
    else
        result = NULL;
    vvm_object_release(&dict->header);
    return result;
}

bool vvm_dict_reserve(struct vvm_dict *dict)
{
    return dict->used < dict->capacity || rebuild(dict, next_capacity(dict));
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
    table_add(dict, (struct vvm_dict_entry){.key = owned_key, .value = owned_value, .hash = hash});
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

/* Forgets the holes when they are most of the table; without memory they stay. */
static void tidy(struct vvm_dict *dict)
{
    if (dict->size == 0) {
        dict->used = 0;
        if (dict->index != NULL)
            memset(dict->index, 0, vvm_dict_index_count(dict) * sizeof *dict->index);
    }
    if (dict->capacity > SHRINK_MIN && dict->size < dict->capacity / 8)
        rebuild(dict, capacity_for((uint64_t)dict->size * 2));
    else if (dict->used > SHRINK_MIN && dict->size < dict->used / 4)
        rebuild(dict, dict->capacity);
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
