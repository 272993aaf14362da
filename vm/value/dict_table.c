#include "vm/value/dict_table.h"

#include <string.h>

#define ENTRY sizeof(struct vvm_dict_entry)
#define SLOT sizeof(uint32_t)
/* Of a renewal, with each step: */
#define ZEROED_AT_ONCE (32u * VVM_DICT_STEP) /* slots */
#define MOVED_AT_ONCE (16u * VVM_DICT_STEP)  /* entries */
#define PARTS_OF_STEP (64u * VVM_DICT_STEP)  /* what either is worth, in parts of a walk: an eighth of a turn */
#define TIMES_MOST 8u                        /* so many times that, where the room gets short */

uint32_t vvm_dict_capacity_for(uint64_t size)
{
    if (size > VVM_DICT_CAPACITY_MAX)
        return 0;
    uint32_t capacity = VVM_FIRST_CAPACITY;
    while (capacity < size)
        capacity *= 2;
    return capacity;
}

/* ---- Blocks ---- */

static uint32_t slots_for(uint32_t capacity)
{
    return capacity > VVM_DICT_FLAT_MAX ? capacity * 2 : 0;
}

static void set_index(struct vvm_dict *table, uint32_t *index, uint32_t slots)
{
    table->index = slots > 0 ? index : NULL;
    table->index_mask = slots > 0 ? slots - 1 : 0;
}

static bool alloc_one_block(struct vvm_dict *table, uint32_t capacity, uint32_t slots)
{
    struct vvm_dict_entry *entries = vrt_alloc(capacity * ENTRY + slots * SLOT);
    if (entries == NULL)
        return false;
    table->entries = entries;
    set_index(table, (uint32_t *)(void *)(entries + capacity), slots);
    return true;
}

static bool alloc_two_blocks(struct vvm_dict *table, uint32_t capacity, uint32_t slots)
{
    struct vvm_dict_entry *entries = vrt_alloc(capacity * ENTRY);
    uint32_t *index = entries != NULL ? vrt_alloc(slots * SLOT) : NULL;
    if (index == NULL) {
        if (entries != NULL)
            vrt_free(entries, capacity * ENTRY);
        return false;
    }
    table->entries = entries;
    set_index(table, index, slots);
    return true;
}

bool vvm_dict_table_alloc(struct vvm_dict *table, uint32_t capacity)
{
    uint32_t slots = slots_for(capacity);
    bool large = capacity >= VVM_DICT_LARGE;
    if (!(large ? alloc_two_blocks : alloc_one_block)(table, capacity, slots))
        return false;
    table->capacity = capacity;
    table->size = table->used = 0;
    table->renewal = NULL;
    if (slots > 0)
        memset(table->index, 0, slots * SLOT);
    return true;
}

static void free_blocks(const struct vvm_dict *table)
{
    size_t entries = table->capacity * ENTRY, index = vvm_dict_index_count(table) * SLOT;
    if (vvm_dict_is_large(table)) {
        vrt_free(table->entries, entries);
        vrt_free(table->index, index);
    } else if (table->entries != NULL) {
        vrt_free(table->entries, entries + index);
    }
}

void vvm_dict_table_free(struct vvm_dict *table)
{
    vvm_dict_drop_renewal(table);
    free_blocks(table);
}

size_t vvm_dict_table_bytes(const struct vvm_dict *table)
{
    size_t entries = table->capacity * ENTRY, index = vvm_dict_index_count(table) * SLOT;
    if (!vvm_dict_is_large(table))
        return vrt_alloc_good_size(entries + index);
    size_t renewal = table->renewal == NULL ? 0
                                            : vrt_alloc_good_size(sizeof *table->renewal) +
                                                  vrt_alloc_good_size(table->renewal->slots * SLOT);
    return vrt_alloc_good_size(entries) + vrt_alloc_good_size(index) + renewal;
}

/* ---- Entries and slots ---- */

static void add_slot(uint32_t *index, uint32_t mask, uint64_t hash, uint32_t entry)
{
    struct vvm_dict_way way = vvm_dict_way_in(mask, hash);
    size_t n = 0;
    while (index[vvm_dict_way_at(&way, n)] != 0)
        n++;
    index[vvm_dict_way_at(&way, n)] = (entry + 1) | way.tag;
}

void vvm_dict_table_add(struct vvm_dict *table, struct vvm_dict_entry entry)
{
    table->entries[table->used] = entry;
    if (table->index != NULL)
        add_slot(table->index, table->index_mask, entry.hash, table->used);
    table->used++;
    table->size++;
}

/* The entry `from` is now number `to`. */
static void renumber(struct vvm_dict *table, uint64_t hash, uint32_t from, uint32_t to)
{
    struct vvm_dict_way way = vvm_dict_way_in(table->index_mask, hash);
    size_t n = 0;
    while (table->index[vvm_dict_way_at(&way, n)] != ((from + 1) | way.tag))
        n++;
    table->index[vvm_dict_way_at(&way, n)] = (to + 1) | way.tag;
}

/* ---- Renewal (Note RENEWAL) ---- */

void vvm_dict_drop_renewal(struct vvm_dict *dict)
{
    struct vvm_dict_renewal *renewal = dict->renewal;
    if (renewal == NULL)
        return;
    vrt_free(renewal->index, renewal->slots * SLOT);
    vrt_free(renewal, sizeof *renewal);
    dict->renewal = NULL;
}

void vvm_dict_renew(struct vvm_dict *dict, uint32_t capacity)
{
    if (dict->renewal != NULL || capacity == 0)
        return;
    uint32_t slots = slots_for(capacity);
    struct vvm_dict_renewal *renewal = vrt_alloc(sizeof *renewal);
    uint32_t *index = renewal != NULL ? vrt_alloc(slots * SLOT) : NULL;
    if (index == NULL) {
        if (renewal != NULL)
            vrt_free(renewal, sizeof *renewal);
        return;
    }
    *renewal = (struct vvm_dict_renewal){.index = index, .slots = slots, .capacity = capacity,
                                          .closes = dict->size < dict->used};
    dict->renewal = renewal;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static void zero_some(struct vvm_dict_renewal *r)
{
    uint32_t count = least(ZEROED_AT_ONCE, r->slots - r->zeroed);
    memset(r->index + r->zeroed, 0, count * SLOT);
    r->zeroed += count;
}

static void close_some(struct vvm_dict *dict, struct vvm_dict_renewal *r)
{
    struct vvm_dict_entry *entries = dict->entries;
    for (uint32_t end = r->seen + least(MOVED_AT_ONCE, dict->used - r->seen); r->seen < end; r->seen++) {
        struct vvm_dict_entry *entry = &entries[r->seen];
        if (vvm_is_unset(entry->key))
            continue;
        if (r->closed < r->seen) {
            renumber(dict, entry->hash, r->seen, r->closed);
            entries[r->closed] = *entry;
            entry->key = entry->value = vvm_unset();
        }
        r->closed++;
    }
    if (r->seen == dict->used) {
        dict->used = r->closed;
        r->closes = false;
    }
}

static void index_some(const struct vvm_dict *dict, struct vvm_dict_renewal *r)
{
    for (uint32_t end = r->indexed + least(MOVED_AT_ONCE, dict->used - r->indexed); r->indexed < end; r->indexed++)
        if (!vvm_is_unset(dict->entries[r->indexed].key))
            add_slot(r->index, r->slots - 1, dict->entries[r->indexed].hash, r->indexed);
}

/* The table is the new one. False: no memory, it stays as it is. */
static bool take_over(struct vvm_dict *dict, struct vvm_dict_renewal *r)
{
    bool large = r->capacity >= VVM_DICT_LARGE;
    if (!large) /* a small one has one block */
        return vvm_dict_rebuild(dict, r->capacity);
    struct vvm_dict_entry *entries = dict->entries;
    if (r->capacity != dict->capacity)
        entries = vrt_realloc(entries, dict->capacity * ENTRY, r->capacity * ENTRY);
    if (entries == NULL)
        return false;
    vrt_free(dict->index, vvm_dict_index_count(dict) * SLOT);
    dict->entries = entries;
    dict->capacity = r->capacity;
    set_index(dict, r->index, r->slots);
    dict->renewal = NULL;
    vrt_free(r, sizeof *r);
    return true;
}

enum progress { UNDER_WAY, OVER, FAILED };

/* OVER: the table is renewed, or there is no renewal any more. */
static enum progress go_on(struct vvm_dict *dict)
{
    struct vvm_dict_renewal *r = dict->renewal;
    vrt_thread_cache.work += PARTS_OF_STEP;
    if (r->zeroed < r->slots) {
        zero_some(r);
    } else if (r->closes) {
        close_some(dict, r);
    } else if (dict->used > r->capacity) { /* it was to shrink, and has grown meanwhile */
        vvm_dict_drop_renewal(dict);
        return OVER;
    } else {
        index_some(dict, r);
        if (r->indexed == dict->used)
            return take_over(dict, r) ? OVER : FAILED;
    }
    return UNDER_WAY;
}

/* How many times go_on has to be called yet. */
static uint32_t work_left(const struct vvm_dict *dict)
{
    const struct vvm_dict_renewal *r = dict->renewal;
    uint32_t entries = (r->closes ? dict->used - r->seen : 0) + dict->used - r->indexed;
    return (r->slots - r->zeroed) / ZEROED_AT_ONCE + entries / MOVED_AT_ONCE + 2;
}

/* A table with many holes keeps its capacity. */
static uint32_t capacity_to_come(const struct vvm_dict *dict)
{
    bool holes = dict->size < dict->capacity / 8 * 5;
    return holes ? dict->capacity : vvm_dict_capacity_for((uint64_t)dict->capacity + 1);
}

/* While the index is zeroed an eighth of the table's room is used up, while it is filled a sixteenth, and as much while
 * holes are closed. */
static bool is_due(const struct vvm_dict *dict)
{
    uint32_t holes = dict->used - dict->size, unit = dict->capacity / 32;
    return dict->capacity - dict->used <= (holes != 0 ? 9 : 7) * unit;
}

void vvm_dict_renewal_step(struct vvm_dict *dict)
{
    if (!vvm_dict_is_large(dict))
        return;
    if (dict->renewal == NULL && is_due(dict))
        vvm_dict_renew(dict, capacity_to_come(dict));
    if (dict->renewal == NULL)
        return;
    uint32_t times = work_left(dict) / ((dict->capacity - dict->used) / VVM_DICT_STEP + 1) + 1;
    for (times = least(times, TIMES_MOST); times > 0 && go_on(dict) == UNDER_WAY; times--) {
    }
}

bool vvm_dict_prepare(vvm_value owned)
{
    struct vvm_dict *dict = owned.object;
    if (dict->renewal == NULL || !vvm_is_unique(&dict->header))
        return false;
    for (uint32_t times = TIMES_MOST; times > 0 && go_on(dict) == UNDER_WAY; times--) {
    }
    return dict->renewal != NULL;
}

/* ---- At once ---- */

static bool finish(struct vvm_dict *dict)
{
    enum progress progress;
    while ((progress = go_on(dict)) == UNDER_WAY) {
    }
    return progress == OVER;
}

/* Capacity of a full small table after one more insertion: the same if a quarter of it is holes. */
static uint32_t next_capacity(const struct vvm_dict *dict)
{
    if (dict->capacity > 0 && dict->size < dict->capacity - dict->capacity / 4)
        return dict->capacity;
    return vvm_dict_capacity_for((uint64_t)dict->capacity + 1);
}

bool vvm_dict_make_room(struct vvm_dict *dict)
{
    if (!vvm_dict_is_large(dict))
        return vvm_dict_rebuild(dict, next_capacity(dict));
    while (dict->used == dict->capacity) {
        vvm_dict_renew(dict, capacity_to_come(dict));
        if (dict->renewal == NULL || !finish(dict))
            return false;
    }
    return true;
}

bool vvm_dict_rebuild(struct vvm_dict *dict, uint32_t capacity)
{
    struct vvm_dict old = *dict;
    if (capacity == 0 || !vvm_dict_table_alloc(dict, capacity))
        return false;
    for (uint32_t i = 0; i < old.used; i++) {
        if (!vvm_is_unset(old.entries[i].key))
            vvm_dict_table_add(dict, old.entries[i]);
    }
    vvm_dict_table_free(&old);
    return true;
}
