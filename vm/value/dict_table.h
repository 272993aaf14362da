/* Private to vm/value: the blocks behind Dicts and Sets, and how a large table is renewed.
 *
 * A table has its entries and its index in one block; a large one has two, so that its entries stay where they are when
 * it grows. To move a large table in one piece would hold its thread for milliseconds, so before it is full its renewal
 * is made beside it, some of it with every few insertions; look-ups know nothing of it. */
#ifndef VVM_DICT_TABLE_H
#define VVM_DICT_TABLE_H

#include "vm/value/layout.h"

/* Note RENEWAL. What is done, in this order; at the end the index is the table's, and its capacity changes:
 *
 *   1. the index to come is zeroed, which also makes its pages;
 *   2. where there are holes the entries close up: [0, closed) has none, [closed, seen) is empty, the rest is as it
 *      was. The present index follows, so that all entries are found at any time. The slot of a removed entry may then
 *      lead to another one, whose hash it does not have, or has by right, or to an empty one beyond the last;
 *   3. the entries are put into the index to come, in order; what is appended meanwhile is met at the end.
 *
 * A removed entry's slot stays in either index, as ever. A renewal takes fewer insertions than the table has room for
 * when it begins; where it does not (the table was copied nearly full, there was no memory), the rest is done at
 * once. */
struct vvm_dict_renewal {
    uint32_t *index;
    uint32_t slots;     /* of it */
    uint32_t capacity;  /* of the table it will be */
    uint32_t zeroed;    /* slots */
    uint32_t seen, closed;
    uint32_t indexed;
    bool closes;        /* there were holes */
};

#define VVM_DICT_CAPACITY_MAX ((uint64_t)1 << 30)

/* Smallest capacity (a power of two) for `size` entries; 0 if there is none. */
uint32_t vvm_dict_capacity_for(uint64_t size);

/* Gives `table` empty blocks for `capacity` entries, and forgets those it has. False: no memory, nothing has
 * changed. */
bool vvm_dict_table_alloc(struct vvm_dict *table, uint32_t capacity);
/* Frees the blocks, not what the entries hold. A renewal goes, too. */
void vvm_dict_table_free(struct vvm_dict *table);

/* Appends an entry to a table with room for it. */
void vvm_dict_table_add(struct vvm_dict *table, struct vvm_dict_entry entry);

/* Moves an own table to another capacity, without holes, in one piece. False: no memory, nothing has changed. */
bool vvm_dict_rebuild(struct vvm_dict *dict, uint32_t capacity);
/* Room for one more entry in a full own table, in one piece, or what is left of it. False: no memory. */
bool vvm_dict_make_room(struct vvm_dict *dict);

/* Begins a renewal of a large table, unless one is under way. Without memory nothing happens. */
void vvm_dict_renew(struct vvm_dict *dict, uint32_t capacity);
/* What is done of it with each VVM_DICT_STEP insertions or removals; begins it when the table is nearly full. */
void vvm_dict_renewal_step(struct vvm_dict *dict);
void vvm_dict_drop_renewal(struct vvm_dict *dict);

#ifdef VELA_TINY
#define VVM_DICT_STEP 4u
#else
#define VVM_DICT_STEP 64u /* a power of two */
#endif

#endif
