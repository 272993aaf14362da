/* Values and the counts of the objects behind them.
 *
 * The tag word (mechanics: "Tag word"):
 *   byte 0       kind; bit 7 set = the payload points to a counted object
 *   byte 1       one layer of Option/Result (vvm_layer); deeper layers are boxed (VVM_BOX)
 *   byte 2       length in bytes of a short string held in the payload (0..8)
 *   bits 32-63   variant index (VVM_VARIANT, VVM_ENUM), function id (VVM_FUNCTION, VVM_CLOSURE)
 *
 * So `None` is {kind VOID, layer NONE}, `Ok(())` is {VOID, OK}, `Some(3)` is {NUMBER, SOME} 3,
 * and none of them allocates. A layered heap value, `Some("a long text")`, is the same object
 * with another tag: wrapping and peeling a layer never touches the count.
 *
 * Unused tag bits and unused payload bytes are zero, so two inline values of one kind are
 * identical exactly when tag and payload are. Void, None and type-less kinds have payload 0.
 *
 * Counts (mechanics: "Values and counts"): > 0 belongs to one isolate and is changed with
 * relaxed loads and stores; < 0 is shared and changed by atomic read-modify-writes; 0 is
 * immortal. */
#ifndef VVM_VALUE_H
#define VVM_VALUE_H

#include <vela/value.h>

#include <stdatomic.h>

typedef vela_value vvm_value;

enum vvm_kind {
    VVM_VOID = 0,   /* () and the payload of None */
    VVM_BOOL,       /* number: 0 or 1 */
    VVM_NUMBER,     /* number */
    VVM_FLOAT,      /* real */
    VVM_TEXT,       /* short string, up to 8 bytes in text, length in byte 2 */
    VVM_DURATION,   /* number: nanoseconds */
    VVM_VARIANT,    /* enum variant without payload; object = vvm_type (immortal), bits 32-63 = variant */
    VVM_TYPE,       /* object = vvm_type (immortal): class, struct, enum, built-in type, namespace */
    VVM_FUNCTION,   /* function without captures; object = vvm_function (immortal), bits 32-63 = its id */
    VVM_BUILTIN,    /* object = const vvm_builtin (static): a built-in function as a value */
    VVM_UNSET,      /* never seen by programs: a variable or field that has no value yet */
    VVM_SYMBOL,     /* never seen by programs: number = vvm_symbol */

    VVM_HEAP = 0x80,
    VVM_STRING = 0x80, /* vvm_string, longer than 8 bytes */
    VVM_LIST,          /* vvm_list over a vvm_buffer */
    VVM_DICT,
    VVM_SET,
    VVM_TUPLE,
    VVM_RANGE,
    VVM_BOX,      /* an Option/Result inside an Option/Result: vvm_box holds the inner, layered value */
    VVM_STRUCT,   /* vvm_record: immutable fields of a struct value */
    VVM_ENUM,     /* vvm_record: payload of an enum variant; bits 32-63 = variant */
    VVM_INSTANCE, /* vvm_record: instance of a class (Error instances too) */
    VVM_CLOSURE,  /* object = vvm_env, bits 32-63 = function id */
    VVM_BOUND,    /* vvm_bound: receiver and method */
    VVM_CELL,     /* vvm_cell: a captured `state` variable; never a program-visible value */
    VVM_HANDLE,   /* vvm_handle: Future, Promise, Sender, Receiver, Channel, WorkerPool, ... */
    VVM_BUFFER,   /* vvm_buffer: elements of lists; never a program-visible value */
    VVM_ENV,      /* vvm_env as such; only inside closures */
    VVM_KIND_END
};

enum vvm_layer { VVM_LAYER_PLAIN = 0, VVM_LAYER_SOME, VVM_LAYER_NONE, VVM_LAYER_OK, VVM_LAYER_ERR };

#define VVM_TAG(kind, layer) ((uint64_t)(kind) | (uint64_t)(layer) << 8)
#define VVM_TAG_ID(kind, id) ((uint64_t)(kind) | (uint64_t)(uint32_t)(id) << 32)

static inline enum vvm_kind vvm_kind(vvm_value v) { return (enum vvm_kind)(v.tag & 0xff); }
static inline enum vvm_layer vvm_layer(vvm_value v) { return (enum vvm_layer)(v.tag >> 8 & 0xff); }
static inline uint32_t vvm_tag_id(vvm_value v) { return (uint32_t)(v.tag >> 32); }
static inline bool vvm_is_heap(vvm_value v) { return (v.tag & VELA_VALUE_HEAP_BIT) != 0; }

/* Kind without any Option/Result layer: the test for "is a plain Number" is one compare. */
static inline bool vvm_is_plain(vvm_value v, enum vvm_kind kind) { return (v.tag & 0xffff) == (uint64_t)kind; }
static inline bool vvm_is_number(vvm_value v) { return v.tag == VVM_NUMBER; }
static inline bool vvm_is_float(vvm_value v) { return v.tag == VVM_FLOAT; }
static inline bool vvm_is_bool(vvm_value v) { return v.tag == VVM_BOOL; }
static inline bool vvm_is_void(vvm_value v) { return v.tag == VVM_VOID; }
static inline bool vvm_is_unset(vvm_value v) { return v.tag == VVM_UNSET; }
static inline bool vvm_is_none(vvm_value v) { return vvm_layer(v) == VVM_LAYER_NONE; }

static inline vvm_value vvm_void(void) { return (vvm_value){.tag = VVM_VOID}; }
static inline vvm_value vvm_unset(void) { return (vvm_value){.tag = VVM_UNSET}; }
static inline vvm_value vvm_bool(bool b) { return (vvm_value){.tag = VVM_BOOL, .number = b}; }
static inline vvm_value vvm_number(int64_t n) { return (vvm_value){.tag = VVM_NUMBER, .number = n}; }
static inline vvm_value vvm_float(double d) { return (vvm_value){.tag = VVM_FLOAT, .real = d}; }
static inline vvm_value vvm_duration(int64_t ns) { return (vvm_value){.tag = VVM_DURATION, .number = ns}; }
static inline vvm_value vvm_none(void) { return (vvm_value){.tag = VVM_TAG(VVM_VOID, VVM_LAYER_NONE)}; }
static inline vvm_value vvm_of_object(enum vvm_kind kind, void *object)
{
    return (vvm_value){.tag = kind, .object = object};
}

/* Header of every counted object. Its size comes from kind, type, length or capacity. */
struct vvm_object {
    _Atomic int32_t count; /* see above; every access is at least a relaxed atomic */
    uint8_t kind;          /* enum vvm_kind */
    _Atomic uint8_t flags; /* VVM_FLAG_*; changed by the holder of an exclusive object only */
    uint16_t extra;        /* free for the kind (element kind of buffers, layer of boxes ...) */
};

enum {
    VVM_FLAG_MAY_CYCLE = 1,   /* instances with `state` fields, cells, closures over cells */
    VVM_FLAG_BUFFERED = 2,    /* stands in its isolate's buffer of possible cycle roots */
    VVM_FLAG_UNFINISHED = 4,  /* instance whose constructor has not returned: not sendable */
    VVM_FLAG_ESCAPED = 8,     /* something else referred to it when its constructor ended */
    VVM_FLAG_SENDABLE = 16,   /* found sendable before (only meaningful on shared objects) */
    VVM_FLAG_COLLECTOR = 32,  /* free for the cycle collector's colours */
    VVM_FLAG_COLLECTOR2 = 64
};

#define VVM_COUNT_SATURATED (1 << 30) /* at this many counts an object becomes immortal */

void vvm_free_object(struct vvm_object *object);       /* count reached zero: frees it, iteratively; release.c */

/* From here on a release on this thread stops after so many objects and elements; `rest` is what has been left before.
 * end_defer: releases go to their end again; gives what is left, NULL if nothing is. In between, `some` releases a
 * portion of it; false: nothing was left. The cycle collector must not run while something is left. */
#ifdef VELA_TINY
#define VVM_RELEASE_PORTION 16u
#else
#define VVM_RELEASE_PORTION 2048u
#endif
void vvm_release_defer(struct vvm_object *rest);
struct vvm_object *vvm_release_end_defer(void);
bool vvm_release_some(void);
/* All that was left. Consumes it. */
void vvm_release_rest(struct vvm_object *rest);

void vvm_possible_root(struct vvm_object *object);     /* may-cycle object was decremented to non-zero; cycle.c */
void vvm_retain_slow(struct vvm_object *object, int32_t count); /* shared or saturating */

static inline void vvm_object_retain(struct vvm_object *object)
{
    /* relaxed: a positive count is its isolate's alone; of others only the sign is used, and it came with the object */
    int32_t count = atomic_load_explicit(&object->count, memory_order_relaxed);
    if (count > 0 && count < VVM_COUNT_SATURATED)
        atomic_store_explicit(&object->count, count + 1, memory_order_relaxed);
    else if (count != 0)
        vvm_retain_slow(object, count);
}

void vvm_release_slow(struct vvm_object *object, int32_t count); /* last count, shared, or may-cycle */

static inline void vvm_object_release(struct vvm_object *object)
{
    /* relaxed: as in retain; flags are constant while an object is shared */
    int32_t count = atomic_load_explicit(&object->count, memory_order_relaxed);
    if (count > 1 && !(atomic_load_explicit(&object->flags, memory_order_relaxed) & VVM_FLAG_MAY_CYCLE))
        atomic_store_explicit(&object->count, count - 1, memory_order_relaxed);
    else if (count != 0)
        vvm_release_slow(object, count);
}

static inline vvm_value vvm_retain(vvm_value v)
{
    if (vvm_is_heap(v))
        vvm_object_retain(v.object);
    return v;
}

static inline void vvm_release(vvm_value v)
{
    if (vvm_is_heap(v))
        vvm_object_release(v.object);
}

/* Held by two counts of this isolate. */
static inline bool vvm_is_held_twice(const struct vvm_object *object)
{
    /* relaxed: a positive count is this isolate's own; the sign of another only ever answers "shared" */
    return atomic_load_explicit(&object->count, memory_order_relaxed) == 2;
}

/* A shared object is its one holder's own again, and charged to it. */
void vvm_unshare(struct vvm_object *object) __attribute__((cold));

/* True if the caller, who owns one count, is the only holder and may change the object in
 * place. A shared object whose count is -1 (acquire: pairs with the last release of the other
 * holders) is un-shared by this call; its children stay shared. */
static inline bool vvm_is_unique(struct vvm_object *object)
{
    int32_t count = atomic_load_explicit(&object->count, memory_order_relaxed);
    if (count == 1)
        return true;
    if (count == -1 && atomic_load_explicit(&object->count, memory_order_acquire) == -1) {
        vvm_unshare(object); /* nobody else knows it any more */
        return true;
    }
    return false;
}

/* Option and Result layers. Wrapping consumes `v` and can allocate only when v has a layer
 * already (then it is boxed; on out-of-memory the result is unset and v released).
 * vvm_peel takes the outer layer off without touching counts: it consumes a layered v and
 * gives its content (for a box: the inner layered value, retained; the box released). */
vvm_value vvm_wrap_boxed(vvm_value v, enum vvm_layer layer);
vvm_value vvm_peel_boxed(vvm_value v);

static inline vvm_value vvm_wrap(vvm_value v, enum vvm_layer layer)
{
    if (vvm_layer(v) != VVM_LAYER_PLAIN)
        return vvm_wrap_boxed(v, layer);
    v.tag |= (uint64_t)layer << 8;
    return v;
}

static inline vvm_value vvm_some(vvm_value v) { return vvm_wrap(v, VVM_LAYER_SOME); }
static inline vvm_value vvm_ok(vvm_value v) { return vvm_wrap(v, VVM_LAYER_OK); }
static inline vvm_value vvm_err(vvm_value v) { return vvm_wrap(v, VVM_LAYER_ERR); }

static inline vvm_value vvm_peel(vvm_value v)
{
    v.tag &= ~(uint64_t)0xff00;
    return vvm_kind(v) == VVM_BOX ? vvm_peel_boxed(v) : v;
}

/* The content of a layered value, borrowed from it. */
vvm_value vvm_peek_boxed(vvm_value v);
static inline vvm_value vvm_peek(vvm_value v)
{
    v.tag &= ~(uint64_t)0xff00;
    return vvm_kind(v) == VVM_BOX ? vvm_peek_boxed(v) : v;
}

#endif
