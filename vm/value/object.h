/* The counted objects: their layouts, and the operations the interpreter and the built-in
 * methods use on them.
 *
 * Ownership words used below: `owned` arguments are consumed (also when the call fails),
 * `borrowed` ones are not touched. Results are owned by the caller. A failed allocation gives
 * an unset value (vvm_is_unset); the caller then throws OutOfMemoryError. Operations that
 * "change" a value consume it and change it in place when it is unique. */
#ifndef VVM_OBJECT_H
#define VVM_OBJECT_H

#include "runtime/base/account.h"
#include "vm/value/symbol.h"
#include "vm/value/value.h"

#include <stdarg.h>

struct vvm_type;
struct vvm_function;

/* ---- Strings: UTF-8, up to 8 bytes inline (VVM_TEXT), else vvm_string ---- */
#define VVM_STRING_BYTES_MAX ((size_t)INT32_MAX - 63) /* just below 2 GiB */
/* Bytes that are copied, counted or compared at one go; a longer text is cut into portions. */
#ifdef VELA_TINY
#define VVM_BYTES_AT_ONCE ((size_t)256)
#else
#define VVM_BYTES_AT_ONCE ((size_t)256 * 1024)
#endif

struct vvm_string {
    struct vvm_object header;
    uint32_t byte_length;       /* at most VVM_STRING_BYTES_MAX; a longer result is an unset value */
    uint32_t length;            /* in code points; == byte_length means ASCII */
    _Atomic uint32_t hash;      /* 0 = not computed; relaxed: every writer writes the same */
    uint32_t capacity;          /* bytes allocated for text; room for appending in place */
    char text[];
};

/* Bytes and length of any string value; for VVM_TEXT the pointer points into *v. */
struct vvm_bytes { const char *data; size_t length; };
static inline struct vvm_bytes vvm_string_bytes(const vvm_value *v)
{
    if (vvm_kind(*v) == VVM_TEXT)
        return (struct vvm_bytes){v->text, v->tag >> 16 & 0xff};
    const struct vvm_string *s = v->object;
    return (struct vvm_bytes){s->text, s->byte_length};
}
static inline bool vvm_is_string(vvm_value v)
{
    return vvm_is_plain(v, VVM_TEXT) || vvm_is_plain(v, VVM_STRING);
}

/* Is it compared and hashed in portions? */
static inline bool vvm_is_long_text(vvm_value v)
{
    return v.tag == VVM_STRING && ((const struct vvm_string *)v.object)->byte_length > VVM_BYTES_AT_ONCE;
}

vvm_value vvm_string_new(const char *text, size_t length);          /* valid UTF-8 */
vvm_value vvm_string_with_room(size_t bytes);                        /* without text, to be appended to */
vvm_value vvm_string_from_c(const char *text);
vvm_value vvm_string_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
vvm_value vvm_string_concat(vvm_value owned_a, vvm_value borrowed_b); /* in place when a is unique and has room */
/* Puts text behind that of a string of the caller's own that has room for it. */
void vvm_string_append(vvm_value string, struct vvm_bytes tail);
static inline bool vvm_string_has_room(vvm_value string, size_t more)
{
    const struct vvm_string *s = string.object;
    return vvm_kind(string) == VVM_STRING && s->capacity - s->byte_length >= more;
}
/* Would a + b copy more than is done at one go? `own`: nobody else will hold a. */
static inline bool vvm_string_joins_slowly(vvm_value a, vvm_value b, bool own)
{
    size_t more = vvm_string_bytes(&b).length, before = vvm_string_bytes(&a).length;
    if (before + more <= VVM_BYTES_AT_ONCE || before == 0 || more == 0)
        return false;
    return more > VVM_BYTES_AT_ONCE || !own || !vvm_string_has_room(a, more);
}
/* For `s = s + t` where s is a cell, a field or the like: *x, one of two counts of a string whose other one is
 * *place's, becomes the only one, with room for `more` bytes, and *place is void until it is overwritten. Without
 * memory, or with other holders, nothing changes. */
void vvm_string_take_from(vvm_value *place, vvm_value *x, size_t more);
vvm_value vvm_string_of_number(int64_t n);                          /* its decimal digits */

/* Writes a number's decimal digits to the end of the room; returns where they begin. */
#define VVM_DIGITS_MAX 24u
size_t vvm_write_digits(int64_t n, char digits[VVM_DIGITS_MAX]);

size_t vvm_string_length(vvm_value v);                              /* code points; O(1) */
vvm_value vvm_string_slice(vvm_value borrowed, size_t start, size_t end); /* code points, clamped by the caller */
vvm_value vvm_string_of_code_point(uint32_t code_point);             /* one Char; never allocates */
size_t vvm_utf8_offset(const char *text, size_t length, size_t index); /* byte where code point `index` begins */
bool vvm_utf8_valid(const char *text, size_t length);
size_t vvm_utf8_count(const char *text, size_t length);
/* Bytes of the sequence that begins with this byte. */
static inline size_t vvm_utf8_length(char lead)
{
    unsigned char c = (unsigned char)lead;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
size_t vvm_utf8_decode(const char *text, uint32_t *code_point);     /* bytes taken */
size_t vvm_utf8_encode(uint32_t code_point, char out[4]);

/* A growing text: for text forms, joins, interpolation. */
struct vvm_text_builder {
    char *data;
    size_t length, capacity;
    bool failed, too_long; /* failed; at the limit of strings */
};
void vvm_text_init(struct vvm_text_builder *b);
void vvm_text_add(struct vvm_text_builder *b, const char *text, size_t length);
void vvm_text_add_repeated(struct vvm_text_builder *b, const char *text, size_t length, uint64_t times);
void vvm_text_add_c(struct vvm_text_builder *b, const char *text);
void vvm_text_add_format(struct vvm_text_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void vvm_text_add_formatv(struct vvm_text_builder *b, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void vvm_text_add_number(struct vvm_text_builder *b, int64_t n); /* its decimal digits */
void vvm_text_add_value(struct vvm_text_builder *b, vvm_value borrowed_string); /* the string as it is */
bool vvm_text_reserve(struct vvm_text_builder *b, size_t more);     /* room for `more` bytes at data + length */
/* The builder, which is empty, begins with this string's text; the block of one that nobody else holds becomes its
 * own. */
void vvm_text_take(struct vvm_text_builder *b, vvm_value owned_string);
vvm_value vvm_text_finish(struct vvm_text_builder *b);              /* string; frees the builder; unset if it failed */
void vvm_text_drop(struct vvm_text_builder *b);

/* ---- Lists: a window (offset, length) on a buffer of one element kind ---- */
enum vvm_elements { VVM_ELEMENTS_VALUE = 0, VVM_ELEMENTS_NUMBER, VVM_ELEMENTS_FLOAT, VVM_ELEMENTS_BOOL };

struct vvm_buffer {
    struct vvm_object header; /* extra = enum vvm_elements */
    uint64_t capacity;        /* in elements */
    uint64_t used;            /* elements initialised, from 0; only its unique holder changes it */
    union { vvm_value values[0]; int64_t numbers[0]; double reals[0]; uint8_t bools[0]; };
};
struct vvm_list {
    struct vvm_object header; /* extra = enum vvm_elements of the buffer */
    struct vvm_buffer *buffer; /* NULL when empty */
    uint64_t offset, length;
};

vvm_value vvm_list_new(size_t capacity, enum vvm_elements hint);    /* empty; first append decides the element kind */
vvm_value vvm_list_from(const vvm_value *owned, size_t count);      /* packs when all are of one packed kind */
size_t vvm_list_length(vvm_value list);
vvm_value vvm_list_get(vvm_value borrowed_list, size_t index);      /* element, BORROWED from the list */
vvm_value vvm_list_append(vvm_value owned_list, vvm_value owned_item);
vvm_value vvm_list_set(vvm_value owned_list, size_t index, vvm_value owned_item);
/* Room for `wanted` elements in place, one of them of the kind `item`, for whoever will hold the list alone. False: it
 * would have to be copied, or memory is out. */
bool vvm_list_reserve(struct vvm_list *list, uint64_t wanted, enum vvm_elements item);
vvm_value vvm_list_insert(vvm_value owned_list, size_t index, vvm_value owned_item);
vvm_value vvm_list_remove(vvm_value owned_list, size_t index);      /* without that element */
/* shares the buffer or copies: mechanics "Lists" */
vvm_value vvm_list_slice(vvm_value owned_list, size_t start, size_t end);
vvm_value vvm_list_concat(vvm_value owned_a, vvm_value owned_b);
/* a with the elements [start, start + count) of b behind its own; consumes a. */
vvm_value vvm_list_add_part(vvm_value owned_a, vvm_value b, size_t start, size_t count);
/* Swaps `count` elements from index `low` on with those as far from the end; of a list of one's own. */
void vvm_list_swap_ends(vvm_value list, size_t low, size_t count);
/* A hole is a place in a list of one's own that holds no count. Added at its end, where there is room; made by taking
 * an element out (owned); moved by moving the elements in between; filled with an item of the list's kind. */
void vvm_list_add_hole(vvm_value list);
vvm_value vvm_list_take_out(vvm_value list, size_t index);
void vvm_list_move_hole(vvm_value list, size_t hole, size_t to);
void vvm_list_fill_hole(vvm_value list, size_t hole, vvm_value owned_item);
/* Does slicing so many elements out of a list that others hold copy them? */
bool vvm_list_slice_copies(vvm_value list, size_t count);
vvm_value vvm_list_reverse(vvm_value owned_list);

static inline vvm_value vvm_list_get_fast(const struct vvm_list *list, size_t index)
{
    size_t at = list->offset + index;
    switch ((enum vvm_elements)list->header.extra) {
    case VVM_ELEMENTS_NUMBER: return vvm_number(list->buffer->numbers[at]);
    case VVM_ELEMENTS_FLOAT: return vvm_float(list->buffer->reals[at]);
    case VVM_ELEMENTS_BOOL: return vvm_bool(list->buffer->bools[at]);
    default: return list->buffer->values[at];
    }
}

static inline enum vvm_elements vvm_elements_of(vvm_value v)
{
    return v.tag == VVM_NUMBER  ? VVM_ELEMENTS_NUMBER
           : v.tag == VVM_FLOAT ? VVM_ELEMENTS_FLOAT
           : v.tag == VVM_BOOL  ? VVM_ELEMENTS_BOOL
                                : VVM_ELEMENTS_VALUE;
}

/* True if the list and its buffer belong to the caller's one count alone (exclusive, not shared). */
static inline bool vvm_list_is_own(const struct vvm_list *list)
{
    /* relaxed: a positive count is changed by its isolate only */
    return atomic_load_explicit(&list->header.count, memory_order_relaxed) == 1 && list->buffer != NULL &&
           atomic_load_explicit(&list->buffer->header.count, memory_order_relaxed) == 1;
}

/* vvm_list_append with the usual case inline: an own list with room whose element kind fits. */
static inline vvm_value vvm_list_append_fast(vvm_value owned_list, vvm_value owned_item)
{
    struct vvm_list *list = (struct vvm_list *)owned_list.object;
    if (!vvm_list_is_own(list))
        return vvm_list_append(owned_list, owned_item);
    struct vvm_buffer *buffer = list->buffer;
    uint64_t at = list->offset + list->length;
    bool fits = buffer->header.extra == vvm_elements_of(owned_item) ||
                (buffer->header.extra == VVM_ELEMENTS_VALUE && list->length > 0);
    if (at != buffer->used || at >= buffer->capacity || !fits)
        return vvm_list_append(owned_list, owned_item);
    switch ((enum vvm_elements)buffer->header.extra) {
    case VVM_ELEMENTS_NUMBER: buffer->numbers[at] = owned_item.number; break;
    case VVM_ELEMENTS_FLOAT: buffer->reals[at] = owned_item.real; break;
    case VVM_ELEMENTS_BOOL: buffer->bools[at] = (uint8_t)owned_item.number; break;
    default: buffer->values[at] = owned_item; break;
    }
    buffer->used = at + 1;
    list->length++;
    return owned_list;
}

/* ---- Tuples, ranges, boxes, cells, environments, bound methods ---- */
struct vvm_tuple { struct vvm_object header; uint64_t length; vvm_value items[]; };
vvm_value vvm_tuple_from(const vvm_value *owned, size_t count);

struct vvm_range { struct vvm_object header; int64_t start, end, step; uint64_t length; bool inclusive; };
vvm_value vvm_range_new(int64_t start, int64_t end, bool inclusive);            /* step 1 */
vvm_value vvm_range_stepped(int64_t start, int64_t step, uint64_t length);      /* results of step() and reverse() */
static inline int64_t vvm_range_at(const struct vvm_range *r, uint64_t i)
{
    return (int64_t)((uint64_t)r->start + i * (uint64_t)r->step);
}

struct vvm_box { struct vvm_object header; vvm_value inner; };
struct vvm_cell { struct vvm_object header; vvm_value value; };
struct vvm_env { struct vvm_object header; uint32_t count; uint32_t unused; vvm_value slots[]; };
struct vvm_bound { struct vvm_object header; vvm_value receiver; vvm_value method; /* FUNCTION, CLOSURE or BUILTIN */ };
vvm_value vvm_cell_new(vvm_value owned);
struct vvm_env *vvm_env_new(const vvm_value *owned, size_t count);  /* may-cycle if a slot may; NULL = out of memory */
vvm_value vvm_bound_new(vvm_value owned_receiver, vvm_value owned_method);

/* ---- Records: struct values, enum payloads, instances ---- */
struct vvm_record { struct vvm_object header; struct vvm_type *type; vvm_value fields[]; };
/* Field count = type->field_count (STRUCT, INSTANCE) or the variant's payload count (ENUM, in header.extra). */
vvm_value vvm_struct_from(struct vvm_type *type, const vvm_value *owned);
vvm_value vvm_enum_from(struct vvm_type *type, uint32_t variant, const vvm_value *owned, size_t count);
vvm_value vvm_instance_new(struct vvm_type *type);                  /* all fields unset, flag UNFINISHED */
/* The constructor has returned and the caller holds one count: sendable from now on, unless something else
 * refers to the instance (5.5): then it counts as one with `state` fields. */
void vvm_instance_finish(vvm_value borrowed);

/* ---- Dicts and sets: flat, insertion-ordered (index table + entry array, as in CPython) ---- */
struct vvm_dict_entry { vvm_value key, value; uint64_t hash; };     /* sets: value unset; removed: key unset */
struct vvm_dict {
    struct vvm_object header;   /* kind VVM_DICT or VVM_SET */
    uint32_t size;              /* live entries */
    uint32_t used;              /* entries incl. removed */
    uint32_t capacity;          /* of entries */
    uint32_t index_mask;
    struct vvm_dict_entry *entries;
    uint32_t *index;            /* open addressing; 0 = free, else in the bits of index_mask entry + 1, above them
                                   bits of its hash; with the entries in one block, or in one of its own */
    struct vvm_dict_renewal *renewal; /* of a large table that is nearly full, or NULL */
};
/* Keys whose class has user `equals`/`hashCode` are resolved by the caller: it passes the hash and, for
 * such keys, does the comparisons itself with the probe functions. The plain functions handle all keys
 * with built-in equality and hash. */
/* An empty table; a large one gets its room later, from vvm_dict_prepare or as it is filled. */
vvm_value vvm_dict_new(enum vvm_kind kind, size_t capacity);
/* Gives an empty table of one's own some of the room it was asked for; false: all of it is there, or cannot be had
 * now. */
bool vvm_dict_prepare(vvm_value owned);
size_t vvm_dict_size(vvm_value borrowed);
/* The live entries in order: *cursor starts at 0; false = no more. An entry's number is good until the dict changes. */
static inline bool vvm_dict_next(vvm_value borrowed, uint64_t *cursor, size_t *entry)
{
    const struct vvm_dict *dict = borrowed.object;
    while (*cursor < dict->used) {
        *entry = (*cursor)++;
        if (!vvm_is_unset(dict->entries[*entry].key))
            return true;
    }
    return false;
}
bool vvm_dict_find(vvm_value borrowed, vvm_value borrowed_key, uint64_t hash, size_t *entry);
vvm_value vvm_dict_set(vvm_value owned, vvm_value owned_key, uint64_t hash, vvm_value owned_value);
vvm_value vvm_dict_replace_at(vvm_value owned, size_t entry, vvm_value owned_value);
vvm_value vvm_dict_remove_at(vvm_value owned, size_t entry);
/* Candidates with this hash for user-defined equality: *cursor starts at 0; false = no more. */
bool vvm_dict_probe(vvm_value borrowed, uint64_t hash, size_t *cursor, size_t *entry);
/* Room for one more entry in place, for whoever will hold the table alone. False: memory is out. */
bool vvm_dict_reserve(struct vvm_dict *dict);
vvm_value vvm_dict_insert_new(vvm_value owned, vvm_value owned_key, uint64_t hash, vvm_value owned_value);

/* ---- Handles: native objects behind a Vela class ---- */
struct vvm_handle {
    struct vvm_object header;
    struct vvm_type *type;      /* for method look-up, `is`, and the name in texts */
    const struct vvm_handle_ops *ops;
    void *native;
    uint64_t aux;
};
/* What whoever holds a handle can do for those who wait: send to and receive from a channel, settle a promise.
 * Borrowed. */
struct vrt_sender;
struct vrt_receiver;
struct vrt_promise;
struct vrt_pool;
/* A gate: `opened` is settled by it alone, once all (else: one, at the least) of those it watches are settled. */
struct vvm_gate_ends {
    struct vrt_promise *opened;
    uint32_t count;
    bool needs_all;
    struct vrt_promise *(*watched)(const struct vvm_handle *handle, uint32_t index); /* NULL: settled; threads stand */
};
struct vvm_ends {
    struct vrt_sender *sender;
    struct vrt_receiver *receiver;
    struct vrt_promise *promise;
    const struct vrt_pool *pool; /* whose workers it can cancel */
    struct vvm_gate_ends gate;
};
struct vvm_handle_ops {
    /* last count gone; may run on any thread; must not block */
    void (*destroy)(struct vvm_handle *handle);
    void (*text)(const struct vvm_handle *handle, struct vvm_text_builder *out); /* NULL: <Type> */
    const void *(*identity)(const struct vvm_handle *handle);                    /* NULL: the object itself */
    /* for reports (vm/exec/held.h); NULL: nothing */
    void (*ends)(const struct vvm_handle *handle, struct vvm_ends *out);
    bool sendable;
    /* vvm_share marks it for the first time, on its isolate's thread; may be NULL */
    void (*crossing)(struct vvm_handle *handle);
    /* values it holds counts of, for release and the cycle collector, which may unset them; NULL: none, and it is in no
     * cycle */
    vvm_value *(*owned)(struct vvm_handle *handle, size_t *count);
    /* of a reference: the type of what it refers to; NULL: it is none */
    const struct vvm_type *(*of)(const struct vvm_handle *handle);
    /* the next of the values it gives one by one, if there is one at once; never waits; NULL: it gives none */
    bool (*take)(struct vvm_handle *handle, vvm_value *owned);
};
vvm_value vvm_handle_new(struct vvm_type *type, const struct vvm_handle_ops *ops, void *native);

/* ---- Hashes without a walk: what a fast path of a dict look-up needs ---- */
#define VVM_HASH_FACTOR 0x9e3779b97f4a7c15u
static inline uint64_t vvm_hash_word(uint64_t word)
{
    __uint128_t product = (__uint128_t)(word ^ 0x2545f4914f6cdd1du) * VVM_HASH_FACTOR;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
/* Neighbours hash to neighbours: what is counted up lies close together in a Dict's index. */
static inline uint64_t vvm_hash_number(int64_t number) { return (uint64_t)number; }
static inline uint64_t vvm_hash_text(vvm_value text) { return vvm_hash_word(text.bits ^ text.tag << 40); }
uint64_t vvm_hash_bytes(const char *text, size_t length);
uint64_t vvm_hash_long_string(const struct vvm_string *string);     /* cached in the string */
/* Number, and String that is not long; false: ask vvm_hash. */
static inline bool vvm_hash_quick(vvm_value v, uint64_t *hash)
{
    if (v.tag == VVM_NUMBER)
        *hash = vvm_hash_number(v.number);
    else if ((v.tag & 0xffff) == VVM_TEXT)
        *hash = vvm_hash_text(v);
    else if (v.tag == VVM_STRING && !vvm_is_long_text(v))
        *hash = vvm_hash_long_string((const struct vvm_string *)v.object);
    else
        return false;
    return true;
}

/* ---- Whole-value operations (all iterative, no C recursion on nested values) ---- */
enum vvm_truth { VVM_FALSE = 0, VVM_TRUE = 1,
                 VVM_NEEDS_CALL = 2 /* a class defines it, or it takes long: the core library goes the slow way */,
                 VVM_BAD = 3 /* no order (6.4), not hashable (6.3), NaN key */, VVM_NO_MEMORY = 4,
                 VVM_MORE = 5 /* only of walks in portions */ };
/* Equality, order and hash look at some thousand parts of a value at most; longer walks are taken in portions, below.
 * Two Strings are compared at one go, whoever minds asks vvm_is_long_text first; the hash of a value with a long one
 * needs a call. */
enum vvm_truth vvm_equal(vvm_value a, vvm_value b);                 /* 6.3 */
/* 6.4: TRUE = ordered, *order <0 0 >0; FALSE = a NaN decides: every one of < <= > >= is false. */
enum vvm_truth vvm_compare(vvm_value a, vvm_value b, int *order);
/* The same for sorting: a NaN comes after everything else, so this never gives FALSE. */
enum vvm_truth vvm_compare_sorting(vvm_value a, vvm_value b, int *order);
int vvm_compare_bytes(struct vvm_bytes a, struct vvm_bytes b);      /* by code point */
enum vvm_truth vvm_hash(vvm_value v, uint64_t *hash);               /* 6.3, 6.4: equal values hash equal */

/* The same for values of any size, in portions: MORE means that the walk is to be called again, with the same values,
 * which must not have changed. Owns: a walk is freed by vvm_walk_free, wherever it stands. Errors: NULL without
 * memory. */
struct vvm_walk *vvm_walk_new(void);
void vvm_walk_free(struct vvm_walk *walk);
enum vvm_truth vvm_equal_on(struct vvm_walk *walk, vvm_value a, vvm_value b);
enum vvm_truth vvm_compare_on(struct vvm_walk *walk, vvm_value a, vvm_value b, bool sorting, int *order);
enum vvm_truth vvm_hash_on(struct vvm_walk *walk, vvm_value v, uint64_t *hash);
/* The hash at one go, however long it takes. */
enum vvm_truth vvm_hash_whole(vvm_value v, uint64_t *hash);
/* How many parts this thread's walks have looked at since the last call, and large tables have moved; 64 bytes of a
 * large block that was made are one, too. */
uint32_t vvm_walked(void);

/* Text form (6.5). quoted: strings quoted and escaped. NEEDS_CALL when a class overrides toString
 * somewhere inside, or the text is long: the caller then goes the slow way in Vela, and what `out` has is of no use. */
enum vvm_truth vvm_text(vvm_value v, bool quoted, struct vvm_text_builder *out);
/* One portion of it, a whole text or none: MORE if it is longer. */
enum vvm_truth vvm_text_once(vvm_value v, bool quoted, struct vvm_text_builder *out);
/* In portions, as vvm_equal_on: each call adds one to `out`, which may be another one each time. */
enum vvm_truth vvm_text_on(struct vvm_walk *walk, vvm_value v, bool quoted, struct vvm_text_builder *out);
/* At one go, however long it takes. */
enum vvm_truth vvm_text_whole(vvm_value v, bool quoted, struct vvm_text_builder *out);
void vvm_text_float(double d, struct vvm_text_builder *out);        /* shortest that reads back */
void vvm_text_quoted(const char *text, size_t length, struct vvm_text_builder *out);

/* Sending (mechanics "Sending", language.md 7): checks and marks in one iterative walk. On success the
 * caller's count of `*v` may cross to another isolate: a small exclusive graph is moved, else the graph is
 * marked shared. False: *path gets a text such as `arg.items[3].cache: state field`,
 * or there was no memory (path->failed). Handles on the way are told (ops->crossing). */
bool vvm_share(vvm_value v, const char *root_name, struct vvm_text_builder *path);
/* The same for a value that many isolates will take counts of, as a promise's: its graph is always marked, never
 * moved. */
bool vvm_share_for_many(vvm_value v, const char *root_name, struct vvm_text_builder *path);
/* A value that came from another isolate: what was moved is charged to this one, if it has a limit. False: that is more
 * than it may have; charged all the same, as the value is there. Thread: its runner. */
bool vvm_arrive_slow(vvm_value v);
static inline bool vvm_arrive(vvm_value v)
{
    return VRT_LIKELY(vrt_account_current() == NULL) || !vvm_is_heap(v) || vvm_arrive_slow(v);
}
/* vvm_make_immortal checks as vvm_share does (the path begins below the value), marks what the isolate has to itself
 * immortal (count 0) and lists it for destroy. Handles, and what is shared already, keep their counts: a root of
 * that kind keeps the caller's count in the list. On success the list owns the caller's count, else the caller does. */
struct vvm_immortals;
bool vvm_make_immortal(vvm_value v, struct vvm_immortals *list, struct vvm_text_builder *path);
struct vvm_immortals *vvm_immortals_create(void);
void vvm_immortals_destroy(struct vvm_immortals *list);             /* frees the objects */

/* Cycle collector of one isolate (trial deletion, Bacon & Rajan 2001). The thread that runs an isolate
 * makes its collector current; vvm_possible_root records into the current one. */
struct vvm_cycles;
struct vvm_cycles *vvm_cycles_create(void);
void vvm_cycles_destroy(struct vvm_cycles *cycles);                 /* collects everything first */
void vvm_cycles_enter(struct vvm_cycles *cycles);                   /* current on this thread; NULL = none */
bool vvm_cycles_due(const struct vvm_cycles *cycles);
void vvm_cycles_collect(struct vvm_cycles *cycles, size_t budget);  /* one slice */

#endif
