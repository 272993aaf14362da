/* Private to vm/value: making, measuring and walking the counted objects.
 *
 * Every object is one block of the allocator whose size follows from its kind and fields (a dict
 * has a second block). `vvm_children` shows the values an object owns as one strided array, so that
 * release, sharing and the cycle collector need no knowledge of kinds; `vvm_part` shows the elements a
 * program sees, for equality, order, hash and text. */
#ifndef VVM_LAYOUT_H
#define VVM_LAYOUT_H

#include "runtime/base/account.h"
#include "runtime/base/assert.h"
#include "vm/value/object.h"
#include "vm/value/type.h"

#ifdef VELA_TINY
#define VVM_FIRST_CAPACITY 2u
#define VVM_DICT_FLAT_MAX 2u
#define VVM_DICT_LARGE 64u
#else
#define VVM_FIRST_CAPACITY 4u
#define VVM_DICT_FLAT_MAX 8u   /* entries of a table without an index */
#define VVM_DICT_LARGE 16384u  /* capacity from which a table is renewed in steps: dict_table.h */
#endif

static inline int32_t vvm_count_of(const struct vvm_object *object)
{
    /* relaxed: a positive count is this isolate's own; the sign of another only ever answers "shared" */
    return atomic_load_explicit(&object->count, memory_order_relaxed);
}

static inline void vvm_count_set(struct vvm_object *object, int32_t count)
{
    /* relaxed: exclusive object; a send publishes it with everything else */
    atomic_store_explicit(&object->count, count, memory_order_relaxed);
}

static inline uint8_t vvm_flags_of(const struct vvm_object *object)
{
    return atomic_load_explicit(&object->flags, memory_order_relaxed); /* constant while shared */
}

/* Only the holder of an exclusive object changes its flags, so load and store need not be one step; relaxed: what
 * publishes the object later publishes them. */
static inline void vvm_flags_add(struct vvm_object *object, uint8_t flags)
{
    atomic_store_explicit(&object->flags, vvm_flags_of(object) | flags, memory_order_relaxed);
}

static inline void vvm_flags_remove(struct vvm_object *object, uint8_t flags)
{
    atomic_store_explicit(&object->flags, vvm_flags_of(object) & (uint8_t)~flags, memory_order_relaxed); /* as above */
}

static inline void vvm_object_init(struct vvm_object *object, enum vvm_kind kind)
{
    atomic_init(&object->count, 1);
    object->kind = (uint8_t)kind;
    atomic_init(&object->flags, 0);
    object->extra = 0;
}

/* A block of `size` bytes with its header set: count 1, no flags. NULL without memory. */
static inline void *vvm_object_new(enum vvm_kind kind, size_t size)
{
    struct vvm_object *object = vrt_alloc(size);
    if (object != NULL)
        vvm_object_init(object, kind);
    return object;
}

static inline void vvm_retain_all(const vvm_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vvm_retain(values[i]);
}

static inline void vvm_release_all(const vvm_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vvm_release(values[i]);
}

static inline size_t vvm_record_count(const struct vvm_record *record)
{
    return record->header.kind == VVM_ENUM ? record->header.extra : record->type->field_count;
}

/* With the slots that no text, comparison or pattern sees. */
static inline size_t vvm_record_slots(const struct vvm_record *record)
{
    return vvm_record_count(record) + (record->header.kind == VVM_ENUM ? 0 : record->type->hidden_count);
}

/* ---- Sizes ---- */

static inline size_t vvm_element_size(enum vvm_elements elements)
{
    return elements == VVM_ELEMENTS_VALUE ? 16 : elements == VVM_ELEMENTS_BOOL ? 1 : 8;
}

static inline size_t vvm_dict_index_count(const struct vvm_dict *dict)
{
    return dict->index == NULL ? 0 : (size_t)dict->index_mask + 1;
}

/* Where a hash is looked for in an index: first where its own bits say, then in steps that a mix of it gives, which are
 * odd, so that every slot is met once. `tag`: more bits of the mix, which stand in the slot above the entry's number,
 * so that most other entries need no look. */
struct vvm_dict_way { uint32_t start, step, tag, mask; };
static inline struct vvm_dict_way vvm_dict_way_in(uint32_t mask, uint64_t hash)
{
    uint64_t mix = vvm_hash_word(hash);
    return (struct vvm_dict_way){(uint32_t)hash, (uint32_t)mix | 1, (uint32_t)(mix >> 32) & ~mask, mask};
}
static inline struct vvm_dict_way vvm_dict_way(const struct vvm_dict *dict, uint64_t hash)
{
    return vvm_dict_way_in(dict->index_mask, hash);
}
static inline uint32_t vvm_dict_way_at(const struct vvm_dict_way *way, size_t n)
{
    return (way->start + (uint32_t)n * way->step) & way->mask;
}

static inline bool vvm_dict_is_large(const struct vvm_dict *dict)
{
    return dict->capacity >= VVM_DICT_LARGE;
}

/* What the blocks of a table take from the allocator. */
size_t vvm_dict_table_bytes(const struct vvm_dict *table);

/* Bytes of the block that starts with this header. */
static inline size_t vvm_object_size(const struct vvm_object *object)
{
    switch ((enum vvm_kind)object->kind) {
    case VVM_STRING: return sizeof(struct vvm_string) + ((const struct vvm_string *)object)->capacity;
    case VVM_LIST: return sizeof(struct vvm_list);
    case VVM_BUFFER:
        return sizeof(struct vvm_buffer) +
               ((const struct vvm_buffer *)object)->capacity * vvm_element_size(object->extra);
    case VVM_DICT:
    case VVM_SET: return sizeof(struct vvm_dict);
    case VVM_TUPLE: return sizeof(struct vvm_tuple) + ((const struct vvm_tuple *)object)->length * 16;
    case VVM_RANGE: return sizeof(struct vvm_range);
    case VVM_BOX: return sizeof(struct vvm_box);
    case VVM_CELL: return sizeof(struct vvm_cell);
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE:
        return sizeof(struct vvm_record) + vvm_record_slots((const struct vvm_record *)object) * 16;
    case VVM_CLOSURE:
    case VVM_ENV: return sizeof(struct vvm_env) + ((const struct vvm_env *)object)->count * 16;
    case VVM_BOUND: return sizeof(struct vvm_bound);
    case VVM_HANDLE: return sizeof(struct vvm_handle);
    default: break;
    }
    VRT_ASSERT_ALWAYS(!"an object of a kind that has none");
    return 0;
}

/* What its blocks take from the allocator. */
static inline int64_t vvm_object_bytes(const struct vvm_object *object)
{
    size_t bytes = vrt_alloc_good_size(vvm_object_size(object));
    if (object->kind == VVM_DICT || object->kind == VVM_SET)
        bytes += vvm_dict_table_bytes((const struct vvm_dict *)object);
    return (int64_t)bytes;
}

/* ---- What an object owns ---- */

/* `count` values: in groups of one (or two for dict entries), a group every `stride` bytes. A list's
 * one child is its buffer, which stands in no vvm_value: vvm_children_at gives it from `own`. */
struct vvm_children {
    char *base;
    size_t count;
    uint32_t stride;
    uint32_t shift;
    vvm_value own;
};

static inline struct vvm_children vvm_children_row(vvm_value *values, size_t count)
{
    return (struct vvm_children){.base = (char *)values, .count = count, .stride = 16};
}

static inline struct vvm_children vvm_children_of(struct vvm_object *object)
{
    switch ((enum vvm_kind)object->kind) {
    case VVM_LIST: {
        struct vvm_buffer *buffer = ((struct vvm_list *)object)->buffer;
        return (struct vvm_children){.count = buffer != NULL, .own = vvm_of_object(VVM_BUFFER, buffer)};
    }
    case VVM_BUFFER: {
        struct vvm_buffer *buffer = (struct vvm_buffer *)object;
        return vvm_children_row(buffer->values, object->extra == VVM_ELEMENTS_VALUE ? buffer->used : 0);
    }
    case VVM_DICT:
    case VVM_SET: {
        struct vvm_dict *dict = (struct vvm_dict *)object;
        return (struct vvm_children){.base = (char *)dict->entries, .count = (size_t)dict->used * 2,
                                     .stride = sizeof(struct vvm_dict_entry), .shift = 1};
    }
    case VVM_TUPLE: return vvm_children_row(((struct vvm_tuple *)object)->items, ((struct vvm_tuple *)object)->length);
    case VVM_BOX: return vvm_children_row(&((struct vvm_box *)object)->inner, 1);
    case VVM_CELL: return vvm_children_row(&((struct vvm_cell *)object)->value, 1);
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE: {
        struct vvm_record *record = (struct vvm_record *)object;
        return vvm_children_row(record->fields, vvm_record_slots(record));
    }
    case VVM_CLOSURE:
    case VVM_ENV: return vvm_children_row(((struct vvm_env *)object)->slots, ((struct vvm_env *)object)->count);
    case VVM_BOUND: return vvm_children_row(&((struct vvm_bound *)object)->receiver, 2);
    case VVM_HANDLE: {
        struct vvm_handle *handle = (struct vvm_handle *)object;
        size_t count = 0;
        vvm_value *values = handle->ops->owned != NULL ? handle->ops->owned(handle, &count) : NULL;
        return vvm_children_row(values, count);
    }
    default: return (struct vvm_children){.count = 0};
    }
}

static inline vvm_value *vvm_children_slot(const struct vvm_children *children, size_t i)
{
    if (children->base == NULL)
        return (vvm_value *)&children->own;
    size_t group = i >> children->shift, rest = i & children->shift;
    return (vvm_value *)(children->base + group * children->stride) + rest;
}

static inline vvm_value vvm_children_at(const struct vvm_children *children, size_t i)
{
    return *vvm_children_slot(children, i);
}

/* ---- What a program sees as elements: lists, tuples, records, boxes ---- */

static inline size_t vvm_part_count(vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_LIST: return ((struct vvm_list *)v.object)->length;
    case VVM_TUPLE: return ((struct vvm_tuple *)v.object)->length;
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE: return vvm_record_count(v.object);
    case VVM_BOX: return 1;
    default: return 0;
    }
}

static inline vvm_value vvm_part(vvm_value v, size_t i)
{
    switch (vvm_kind(v)) {
    case VVM_LIST: return vvm_list_get_fast(v.object, i);
    case VVM_TUPLE: return ((struct vvm_tuple *)v.object)->items[i];
    case VVM_BOX: return ((struct vvm_box *)v.object)->inner;
    default: return ((struct vvm_record *)v.object)->fields[i];
    }
}

/* The nominal type of a record, variant or handle; NULL for everything else. */
static inline struct vvm_type *vvm_own_type(vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE: return ((struct vvm_record *)v.object)->type;
    case VVM_HANDLE: return ((struct vvm_handle *)v.object)->type;
    case VVM_VARIANT: return v.object;
    default: return NULL;
    }
}

/* An instance that is itself and nothing else: `state` fields, or `this` escaped from its constructor. */
static inline bool vvm_has_identity(const struct vvm_record *record)
{
    return record->type->has_state ||
           (vvm_flags_of(&record->header) & (VVM_FLAG_ESCAPED | VVM_FLAG_UNFINISHED)) != 0;
}

/* What a handle stands for: two handles may be one thing. */
static inline const void *vvm_handle_identity(const struct vvm_handle *handle)
{
    return handle->ops->identity != NULL ? handle->ops->identity(handle) : handle;
}

/* Entry that the last vvm_dict_probe with this cursor found. */
static inline size_t vvm_dict_probed(vvm_value v, uint64_t hash, size_t cursor)
{
    const struct vvm_dict *dict = v.object;
    if (dict->index == NULL)
        return cursor - 1;
    struct vvm_dict_way way = vvm_dict_way(dict, hash);
    return (dict->index[vvm_dict_way_at(&way, cursor - 1)] & way.mask) - 1;
}

/* Frees the blocks of a dead object whose children are released already. */
void vvm_object_dispose(struct vvm_object *object);

#endif
