#include "vm/value/walk.h"

/* Hash of whole values (6.3, 6.4): what is equal hashes equal. Numbers and Floats of one value share
 * a hash; Dicts and Sets add up their entries, so that order does not matter. */

static uint64_t load_tail(const char *text, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, text, length);
    return word;
}

/* Goes on from `h`; a length that is no multiple of 8 ends the text. */
static uint64_t hash_words(uint64_t h, const char *text, size_t length)
{
    uint64_t word;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, sizeof word);
        h = vvm_hash_word(h ^ word);
    }
    return length > 0 ? h ^ load_tail(text, length) : h;
}

uint64_t vvm_hash_bytes(const char *text, size_t length)
{
    return vvm_hash_word(hash_words(length, text, length));
}

/* relaxed, here and below: whoever else computes it writes the same */
static uint64_t cached_hash(const struct vvm_string *string)
{
    return atomic_load_explicit(&string->hash, memory_order_relaxed);
}

static uint64_t cache_hash(const struct vvm_string *borrowed, uint64_t full)
{
    struct vvm_string *string = (struct vvm_string *)borrowed; /* only the cached hash is written */
    uint64_t h = (uint32_t)(full ^ full >> 32);
    h += h == 0;
    atomic_store_explicit(&string->hash, (uint32_t)h, memory_order_relaxed);
    return h;
}

uint64_t vvm_hash_long_string(const struct vvm_string *string)
{
    uint64_t h = cached_hash(string);
    return vvm_hash_word(h != 0 ? h : cache_hash(string, vvm_hash_bytes(string->text, string->byte_length)));
}

static enum vvm_truth hash_float(double d, uint64_t *hash)
{
    if (d != d)
        return VVM_BAD;
    if (d >= -0x1p63 && d < 0x1p63 && (double)(int64_t)d == d) {
        *hash = vvm_hash_number((int64_t)d);
        return VVM_TRUE;
    }
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    *hash = vvm_hash_word(bits ^ 0x5bd1e995);
    return VVM_TRUE;
}

static uint64_t hash_range(const struct vvm_range *range)
{
    uint64_t h = vvm_hash_word(range->length + 0x72616e67);
    if (range->length > 0)
        h = vvm_hash_word(h ^ (uint64_t)range->start);
    return range->length > 1 ? vvm_hash_word(h ^ (uint64_t)range->step) : h;
}

static uint64_t hash_address(const void *address)
{
    return vvm_hash_word((uint64_t)(uintptr_t)address >> 4);
}

/* Whether a record may be a key, and who hashes it: TRUE = by its fields. */
static enum vvm_truth record_rule(vvm_value v)
{
    const struct vvm_type *type = vvm_own_type(v);
    if (type->user_equals != type->user_hash)
        return VVM_BAD;
    if (type->user_hash)
        return VVM_NEEDS_CALL;
    if (vvm_kind(v) == VVM_INSTANCE && vvm_has_identity(v.object))
        return VVM_BAD;
    return VVM_TRUE;
}

static uint64_t variant_seed(vvm_value v)
{
    return hash_address(vvm_own_type(v)) + vvm_tag_id(v);
}

/* Start of the hash of a container: what is equal has equal seeds. */
static uint64_t seed(vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_STRUCT:
    case VVM_INSTANCE: return hash_address(vvm_own_type(v));
    case VVM_ENUM: return variant_seed(v);
    case VVM_DICT:
    case VVM_SET: return (uint64_t)vvm_kind(v) * VVM_HASH_FACTOR + ((struct vvm_dict *)v.object)->size;
    default: return (uint64_t)vvm_kind(v) * VVM_HASH_FACTOR + vvm_part_count(v);
    }
}

enum { LEAF, OPENED };

static enum vvm_truth open_container(struct vvm_walk *walk, vvm_value v, uint64_t layer, int *found)
{
    struct vvm_walk_frame *frame = vvm_walk_push(walk, v, vvm_unset());
    if (frame == NULL)
        return VVM_NO_MEMORY;
    frame->extra = vvm_hash_word(seed(v) ^ layer);
    *found = OPENED;
    return VVM_TRUE;
}

/* A frame over its bytes. */
static enum vvm_truth open_text(struct vvm_walk *walk, vvm_value v, uint64_t layer, int *found)
{
    struct vvm_walk_frame *frame = vvm_walk_push(walk, v, vvm_unset());
    if (frame == NULL)
        return VVM_NO_MEMORY;
    frame->extra = ((struct vvm_string *)v.object)->byte_length;
    frame->state = (uint32_t)layer;
    *found = OPENED;
    return VVM_TRUE;
}

static enum vvm_truth hash_plain(struct vvm_walk *walk, vvm_value v, uint64_t layer, uint64_t *hash, int *found)
{
    enum vvm_truth rule;
    switch (vvm_kind(v)) {
    case VVM_NUMBER: *hash = vvm_hash_number(v.number); return VVM_TRUE;
    case VVM_FLOAT: return hash_float(v.real, hash);
    case VVM_TEXT: *hash = vvm_hash_text(v); return VVM_TRUE;
    case VVM_STRING:
        if (vvm_is_long_text(v))
            return open_text(walk, v, layer, found);
        *hash = vvm_hash_long_string(v.object);
        return VVM_TRUE;
    case VVM_VOID:
    case VVM_BOOL:
    case VVM_DURATION: *hash = vvm_hash_word(v.bits + (v.tag + 1) * 0x9e3779b97f4a7c15); return VVM_TRUE;
    case VVM_TYPE: *hash = hash_address(v.object); return VVM_TRUE;
    case VVM_RANGE: *hash = hash_range(v.object); return VVM_TRUE;
    case VVM_HANDLE: *hash = hash_address(vvm_handle_identity(v.object)); return VVM_TRUE;
    case VVM_VARIANT:
        rule = record_rule(v);
        *hash = vvm_hash_word(variant_seed(v));
        return rule;
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE:
        rule = record_rule(v);
        return rule == VVM_TRUE ? open_container(walk, v, layer, found) : rule;
    case VVM_LIST:
    case VVM_TUPLE:
    case VVM_BOX:
    case VVM_DICT:
    case VVM_SET: return open_container(walk, v, layer, found);
    default: return VVM_BAD;
    }
}

static enum vvm_truth hash_or_open(struct vvm_walk *walk, vvm_value v, uint64_t *hash, int *found)
{
    uint64_t layer = (uint64_t)vvm_layer(v) << 8;
    v.tag &= ~(uint64_t)0xff00;
    *found = LEAF;
    enum vvm_truth truth = hash_plain(walk, v, layer, hash, found);
    if (layer != 0 && *found == LEAF)
        *hash = vvm_hash_word(*hash ^ layer);
    return truth;
}

/* Takes the hash of the element that was asked for last into its container. */
static void fold(struct vvm_walk_frame *frame, uint64_t hash)
{
    if (vvm_kind(frame->a) == VVM_DICT) {
        const struct vvm_dict *dict = frame->a.object;
        frame->extra += vvm_hash_word(dict->entries[frame->index - 1].hash * 3 ^ hash);
    } else {
        frame->extra = vvm_hash_word(frame->extra ^ hash);
    }
}

/* Packed elements and the members of sets need no frame each. */
static bool fold_flat(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_dict *set = frame->a.object;
    for (; frame->index < set->used && walk->left > 0; frame->index++, walk->left--) {
        const struct vvm_dict_entry *entry = &set->entries[frame->index];
        if (!vvm_is_unset(entry->key))
            frame->extra += vvm_hash_word(entry->hash);
    }
    return frame->index == set->used;
}

/* A portion of a long text. It ends this one of the walk: a value with one in it is none that is hashed, or compared,
 * quickly. */
static bool fold_text(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_string *string = frame->a.object;
    size_t start = frame->index, left = string->byte_length - start;
    if (left == 0)
        return true;
    if (cached_hash(string) != 0)
        frame->index = string->byte_length;
    else
        frame->index += left < VVM_BYTES_AT_ONCE ? left : VVM_BYTES_AT_ONCE;
    if (cached_hash(string) == 0)
        frame->extra = hash_words(frame->extra, string->text + start, frame->index - start);
    walk->left = 0;
    return false;
}

/* Sets and texts have no parts to go into. False: the portion is over. */
static bool fold_whole(struct vvm_walk *walk)
{
    struct vvm_walk_frame *frame = vvm_walk_top(walk);
    if (vvm_kind(frame->a) == VVM_STRING)
        return fold_text(walk, frame);
    return vvm_kind(frame->a) != VVM_SET || fold_flat(walk, frame);
}

static uint64_t finished(const struct vvm_walk_frame *frame)
{
    if (vvm_kind(frame->a) != VVM_STRING)
        return vvm_hash_word(frame->extra);
    const struct vvm_string *string = frame->a.object;
    uint64_t h = cached_hash(string) != 0 ? cached_hash(string) : cache_hash(string, vvm_hash_word(frame->extra));
    return frame->state != 0 ? vvm_hash_word(vvm_hash_word(h) ^ frame->state) : vvm_hash_word(h);
}

/* The next value to hash in the top frame; false: it is complete. */
static bool next_part(struct vvm_walk_frame *frame, vvm_value *part)
{
    size_t entry;
    switch (vvm_kind(frame->a)) {
    case VVM_SET:
    case VVM_STRING: return false;
    case VVM_DICT:
        if (!vvm_dict_next(frame->a, &frame->index, &entry))
            return false;
        *part = ((struct vvm_dict *)frame->a.object)->entries[entry].value;
        return true;
    default:
        if (frame->index == vvm_part_count(frame->a))
            return false;
        *part = vvm_part(frame->a, frame->index++);
        return true;
    }
}

/* The parts of the top frame and of those that open inside. */
static enum vvm_truth hash_parts(struct vvm_walk *walk, uint64_t *hash)
{
    vvm_value part;
    int found;
    if (!fold_whole(walk))
        return VVM_MORE;
    while (next_part(vvm_walk_top(walk), &part)) {
        enum vvm_truth truth = hash_or_open(walk, part, hash, &found);
        if (truth != VVM_TRUE)
            return truth;
        if (found == LEAF)
            fold(vvm_walk_top(walk), *hash);
        if (--walk->left <= 0)
            return VVM_MORE;
        if (found == OPENED && !fold_whole(walk))
            return VVM_MORE;
    }
    return VVM_TRUE;
}

/* Goes on from a finished element's hash until all containers are closed, or the portion is over. */
static enum vvm_truth advance(struct vvm_walk *walk, uint64_t *hash)
{
    while (walk->depth > 0) {
        enum vvm_truth truth = hash_parts(walk, hash);
        if (truth != VVM_TRUE)
            return truth;
        *hash = finished(vvm_walk_top(walk));
        if (--walk->depth > 0)
            fold(vvm_walk_top(walk), *hash);
    }
    return VVM_TRUE;
}

enum vvm_truth vvm_hash_on(struct vvm_walk *walk, vvm_value v, uint64_t *hash)
{
    enum vvm_truth truth = VVM_TRUE;
    int found = OPENED;
    walk->left = VVM_WALK_PARTS;
    if (walk->truth == VVM_MORE)
        truth = hash_or_open(walk, v, hash, &found);
    walk->truth = VVM_TRUE; /* it has begun */
    return truth == VVM_TRUE && found == OPENED ? advance(walk, hash) : truth;
}

enum vvm_truth vvm_hash(vvm_value v, uint64_t *hash)
{
    if (vvm_hash_quick(v, hash))
        return VVM_TRUE;
    struct vvm_walk walk;
    vvm_walk_init(&walk);
    enum vvm_truth truth = vvm_hash_on(&walk, v, hash);
    vvm_walk_note(&walk);
    vvm_walk_drop(&walk);
    return truth == VVM_MORE ? VVM_NEEDS_CALL : truth;
}

enum vvm_truth vvm_hash_whole(vvm_value v, uint64_t *hash)
{
    struct vvm_walk walk;
    enum vvm_truth truth;
    vvm_walk_init(&walk);
    do {
        truth = vvm_hash_on(&walk, v, hash);
        vvm_walk_note(&walk);
    } while (truth == VVM_MORE);
    vvm_walk_drop(&walk);
    return truth;
}
