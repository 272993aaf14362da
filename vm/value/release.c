#include "vm/value/dict_table.h"

#include <string.h>

/* Note DEAD. A dead object is held by nobody, so its header has room for the work list: the word
 * {count, kind, flags, extra} becomes {kind: 5 bits, link: 44 bits, extra: 15 bits}. Blocks are aligned to 16
 * and user addresses have at most 48 bits, so 44 bits of address are enough; `extra` stays readable (element
 * kind, payload count). May-cycle objects use no extra; theirs says whether the collector's buffer refers to them. */
struct dead {
    uint64_t word;
} __attribute__((may_alias));

#define LINK_BITS 44
#define KIND_BITS 5
#define LINK_MASK (((uint64_t)1 << LINK_BITS) - 1)
#define DEAD_BUFFERED 0x4000u

_Static_assert(VVM_KIND_END - VVM_HEAP <= 1 << KIND_BITS, "kinds of objects fit a dead header");

/* Note REST. Where a thread defers, a release stops after a portion, and what is left stays on the thread's list. What
 * dies meanwhile lies on top of it and is released first, so a small value goes at once although a huge one is on its
 * way. */
struct releasing {
    /* of the vvm_free_object that is running: a handle's destroy that releases values adds to it, so chains through
     * handles are freed without recursion, too */
    struct vvm_object **list;
    struct vvm_object *rest;
    bool defers;
};
static _Thread_local struct releasing releasing __attribute__((tls_model("initial-exec")));

static void list_push(struct vvm_object **list, struct vvm_object *object)
{
    bool buffered = (vvm_flags_of(object) & VVM_FLAG_BUFFERED) != 0;
    uint64_t extra = buffered ? DEAD_BUFFERED : object->extra;
    uint64_t link = (uint64_t)(uintptr_t)*list >> 4;
    VRT_ASSERT(link <= LINK_MASK && extra < 1 << 15);
    uint64_t word = (uint64_t)(object->kind - VVM_HEAP) | link << KIND_BITS | extra << (KIND_BITS + LINK_BITS);
    ((struct dead *)object)->word = word;
    *list = object;
}

/* Takes the first object off and restores its header: count 0, and flag BUFFERED where it had it. */
static struct vvm_object *list_pop(struct vvm_object **list)
{
    struct vvm_object *object = *list;
    uint64_t word = ((struct dead *)object)->word;
    uint64_t extra = word >> (KIND_BITS + LINK_BITS);
    *list = (struct vvm_object *)(uintptr_t)((word >> KIND_BITS & LINK_MASK) << 4);
    vvm_object_init(object, VVM_HEAP + (word & ((1 << KIND_BITS) - 1)));
    vvm_count_set(object, 0);
    if (extra == DEAD_BUFFERED)
        vvm_flags_add(object, VVM_FLAG_BUFFERED);
    else
        object->extra = (uint16_t)extra;
    return object;
}

void vvm_object_dispose(struct vvm_object *object)
{
    if (object->kind == VVM_DICT || object->kind == VVM_SET) {
        vvm_dict_table_free((struct vvm_dict *)object);
    } else if (object->kind == VVM_HANDLE) {
        struct vvm_handle *handle = (struct vvm_handle *)object;
        if (handle->ops->destroy != NULL)
            handle->ops->destroy(handle);
    }
    vrt_free(object, vvm_object_size(object));
}

/* One count of a shared object less; true if it was the last one. acq_rel: the release half publishes this
 * holder's reads and writes to whoever frees or un-shares the object, the acquire half receives the others'. */
static bool drop_shared(struct vvm_object *object, int32_t count)
{
    if (count <= -VVM_COUNT_SATURATED)
        return false;
    if (atomic_fetch_add_explicit(&object->count, 1, memory_order_acq_rel) != -1)
        return false;
    if (vrt_account_current() != NULL)
        vrt_account_add(vvm_object_bytes(object)); /* freeing it gives back what nobody here was charged for */
    return true;
}

void vvm_unshare(struct vvm_object *object)
{
    atomic_store_explicit(&object->count, 1, memory_order_relaxed);
    if (vrt_account_current() != NULL)
        vrt_account_add(vvm_object_bytes(object));
}

/* Takes one count off; true if the object is dead. */
static inline bool drop(struct vvm_object *object)
{
    int32_t count = vvm_count_of(object);
    if (count == 1)
        return true;
    if (count < 0)
        return drop_shared(object, count);
    if (count == 0)
        return false;
    vvm_count_set(object, count - 1);
    if (vvm_flags_of(object) & VVM_FLAG_MAY_CYCLE)
        vvm_possible_root(object);
    return false;
}

static inline bool is_leaf(const struct vvm_object *object)
{
    return object->kind == VVM_STRING || object->kind == VVM_RANGE ||
           (object->kind == VVM_BUFFER && object->extra != VVM_ELEMENTS_VALUE);
}

/* Leaves a dead object its first `count` children; false: it must go as a whole. */
static bool shorten(struct vvm_object *object, size_t count)
{
    if (object->kind == VVM_BUFFER)
        ((struct vvm_buffer *)object)->used = count;
    else if (object->kind == VVM_DICT || object->kind == VVM_SET)
        ((struct vvm_dict *)object)->used = (uint32_t)(count / 2);
    else
        return false;
    return true;
}

/* Releases at most *left children, or a few more, and counts them off. False: the object is on the list again, with the
 * others, below those that died. */
static bool release_children(struct vvm_object **list, struct vvm_object *object, size_t *left)
{
    struct vvm_children children = vvm_children_of(object);
    size_t first = children.count > *left ? (children.count - *left) & ~(size_t)1 : 0;
    if (VRT_UNLIKELY(first != 0) && shorten(object, first))
        list_push(list, object);
    else
        first = 0;
    *left -= children.count < *left ? children.count : *left;
    for (size_t i = first; i < children.count; i++) {
        vvm_value child = vvm_children_at(&children, i);
        if (!vvm_is_heap(child) || !drop(child.object))
            continue;
        if (is_leaf(child.object))
            vrt_free(child.object, vvm_object_size(child.object));
        else
            list_push(list, child.object);
    }
    return first == 0;
}

/* Down to the object `end`, or until `parts` objects and children are released. A dead object the collector's buffer
 * refers to keeps its memory (flag BUFFERED, count 0) until the collector comes by; its children are gone. */
static void run_list(struct vvm_object **list, const struct vvm_object *end, size_t parts)
{
    releasing.list = list;
    while (*list != end && parts != 0) {
        struct vvm_object *object = list_pop(list);
        parts--;
        if (release_children(list, object, &parts) && !(vvm_flags_of(object) & VVM_FLAG_BUFFERED))
            vvm_object_dispose(object);
    }
    releasing.list = NULL;
}

void vvm_free_object(struct vvm_object *object)
{
    if (is_leaf(object)) {
        vrt_free(object, vvm_object_size(object));
    } else if (releasing.list != NULL) {
        list_push(releasing.list, object);
    } else if (releasing.defers) {
        struct vvm_object *rest = releasing.rest;
        list_push(&releasing.rest, object);
        run_list(&releasing.rest, rest, VVM_RELEASE_PORTION);
    } else {
        struct vvm_object *list = NULL;
        list_push(&list, object);
        run_list(&list, NULL, SIZE_MAX);
    }
}

void vvm_release_defer(struct vvm_object *rest)
{
    VRT_ASSERT(releasing.rest == NULL);
    releasing.rest = rest;
    releasing.defers = true;
}

struct vvm_object *vvm_release_end_defer(void)
{
    struct vvm_object *rest = releasing.rest;
    releasing.rest = NULL;
    releasing.defers = false;
    return rest;
}

bool vvm_release_some(void)
{
    if (releasing.rest == NULL)
        return false;
    run_list(&releasing.rest, NULL, VVM_RELEASE_PORTION);
    return true;
}

void vvm_release_rest(struct vvm_object *rest)
{
    run_list(&rest, NULL, SIZE_MAX);
}

void vvm_release_slow(struct vvm_object *object, int32_t count)
{
    (void)count;
    if (drop(object))
        vvm_free_object(object);
}

/* Saturation. An exclusive object that reaches 2^30 counts becomes immortal. A shared one may not be set to 0,
 * because others are changing its count: below -2^30 releases are skipped, below -1.5 * 2^30 retains too, so
 * it never comes back however many threads are between a load and their add. */
void vvm_retain_slow(struct vvm_object *object, int32_t count)
{
    if (count >= VVM_COUNT_SATURATED)
        vvm_count_set(object, 0);
    else if (count < 0 && count > -VVM_COUNT_SATURATED / 2 * 3)
        /* relaxed: the caller holds a count already, so the object cannot go meanwhile */
        atomic_fetch_sub_explicit(&object->count, 1, memory_order_relaxed);
}
