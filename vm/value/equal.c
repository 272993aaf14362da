#include "vm/value/exact.h"
#include "vm/value/walk.h"

/* Structural equality (6.3) without C recursion. Each open pair of containers is a frame. A difference
 * ends the walk, except while a key of one dict is compared with a candidate of the other: then the walk goes
 * back to that dict's frame, which tries its next candidate. */
enum { SEEK = 0, KEY, VALUE }; /* state of a dict frame: next entry, candidate's key under way, its value */

static enum vvm_truth truth_of(bool equal)
{
    return equal ? VVM_TRUE : VVM_FALSE;
}

static enum vvm_truth open_pair(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    return vvm_walk_push(walk, a, b) != NULL ? VVM_TRUE : VVM_NO_MEMORY;
}

static bool strings_equal(const struct vvm_string *a, const struct vvm_string *b)
{
    return a == b || (a->byte_length == b->byte_length && memcmp(a->text, b->text, a->byte_length) == 0);
}

/* A long text is a frame over its bytes. */
static enum vvm_truth texts_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    const struct vvm_string *left = a.object, *right = b.object;
    if (left == right || left->byte_length != right->byte_length || left->byte_length <= VVM_BYTES_AT_ONCE)
        return truth_of(strings_equal(left, right));
    return open_pair(walk, a, b);
}

static enum vvm_truth step_text(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_string *a = frame->a.object, *b = frame->b.object;
    size_t start = frame->index, left = a->byte_length - start,
           count = left < VVM_BYTES_AT_ONCE ? left : VVM_BYTES_AT_ONCE;
    frame->index += count;
    walk->left -= (int64_t)(count / VVM_WALK_BYTES);
    walk->depth -= count == left;
    return truth_of(memcmp(a->text + start, b->text + start, count) == 0);
}

static bool ranges_equal(const struct vvm_range *a, const struct vvm_range *b)
{
    return a->length == b->length && (a->length == 0 || a->start == b->start) &&
           (a->length <= 1 || a->step == b->step);
}

static bool bounds_equal(const struct vvm_bound *a, const struct vvm_bound *b)
{
    return a->receiver.tag == b->receiver.tag && a->receiver.bits == b->receiver.bits &&
           a->method.tag == b->method.tag && a->method.bits == b->method.bits;
}

static bool packed_equal(const struct vvm_list *a, const struct vvm_list *b, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        if (a->header.extra == VVM_ELEMENTS_FLOAT) {
            if (a->buffer->reals[a->offset + i] != b->buffer->reals[b->offset + i])
                return false;
        } else if (vvm_list_get_fast(a, i).bits != vvm_list_get_fast(b, i).bits) {
            return false;
        }
    }
    return true;
}

static bool are_packed_alike(const struct vvm_list *a, const struct vvm_list *b)
{
    return a->header.extra != VVM_ELEMENTS_VALUE && a->header.extra == b->header.extra;
}

static enum vvm_truth lists_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    const struct vvm_list *left = a.object, *right = b.object;
    if (left->length != right->length)
        return VVM_FALSE;
    if (left->length == 0)
        return VVM_TRUE;
    if (are_packed_alike(left, right) && left->length <= VVM_WALK_STRETCH)
        return truth_of(packed_equal(left, right, 0, left->length));
    return open_pair(walk, a, b);
}

static enum vvm_truth records_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    const struct vvm_record *left = a.object, *right = b.object;
    if (left->type != right->type || vvm_tag_id(a) != vvm_tag_id(b))
        return VVM_FALSE;
    if (vvm_kind(a) == VVM_INSTANCE) {
        if (left == right)
            return VVM_TRUE;
        if (vvm_has_identity(left) || vvm_has_identity(right))
            return VVM_FALSE;
    }
    return open_pair(walk, a, b);
}

static enum vvm_truth dicts_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    if (((struct vvm_dict *)a.object)->size != ((struct vvm_dict *)b.object)->size)
        return VVM_FALSE;
    return open_pair(walk, a, b);
}

static enum vvm_truth tuples_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    return vvm_part_count(a) != vvm_part_count(b) ? VVM_FALSE : open_pair(walk, a, b);
}

static enum vvm_truth kinds_differ(vvm_value a, vvm_value b)
{
    if (vvm_kind(a) == VVM_NUMBER && vvm_kind(b) == VVM_FLOAT)
        return truth_of(vvm_exact_equal(a.number, b.real));
    if (vvm_kind(a) == VVM_FLOAT && vvm_kind(b) == VVM_NUMBER)
        return truth_of(vvm_exact_equal(b.number, a.real));
    return VVM_FALSE;
}

static enum vvm_truth objects_equal(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    switch (vvm_kind(a)) {
    case VVM_STRING: return texts_equal(walk, a, b);
    case VVM_LIST: return lists_equal(walk, a, b);
    case VVM_DICT:
    case VVM_SET: return dicts_equal(walk, a, b);
    case VVM_TUPLE: return tuples_equal(walk, a, b);
    case VVM_RANGE: return truth_of(ranges_equal(a.object, b.object));
    case VVM_BOX: return open_pair(walk, a, b);
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE: return records_equal(walk, a, b);
    case VVM_BOUND: return truth_of(bounds_equal(a.object, b.object));
    case VVM_HANDLE: return truth_of(vvm_handle_identity(a.object) == vvm_handle_identity(b.object));
    default: return truth_of(a.tag == b.tag && a.object == b.object);
    }
}

/* TRUE: equal as far as seen; containers are left on the walk. */
static enum vvm_truth pair(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    if (vvm_layer(a) != vvm_layer(b))
        return VVM_FALSE;
    a.tag &= ~(uint64_t)0xff00;
    b.tag &= ~(uint64_t)0xff00;
    const struct vvm_type *type = vvm_own_type(a);
    if (type != NULL && type->user_equals)
        return VVM_NEEDS_CALL;
    if (vvm_kind(a) != vvm_kind(b))
        return kinds_differ(a, b);
    if (vvm_is_heap(a))
        return objects_equal(walk, a, b);
    if (vvm_kind(a) == VVM_FLOAT)
        return truth_of(a.real == b.real);
    return truth_of(a.tag == b.tag && a.bits == b.bits);
}

/* The next entry of b whose hash is that of the entry of a under way. */
static enum vvm_truth try_candidate(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_dict *a = frame->a.object, *b = frame->b.object;
    const struct vvm_dict_entry *entry = &a->entries[frame->index - 1];
    size_t cursor = frame->extra, found;
    frame->state = SEEK;
    if (!vvm_dict_probe(frame->b, entry->hash, &cursor, &found))
        return VVM_FALSE;
    frame->extra = cursor;
    frame->state = KEY;
    return pair(walk, entry->key, b->entries[found].key);
}

/* Place of the candidate that the last vvm_dict_probe gave, from its cursor. */
static enum vvm_truth compare_values(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_dict *a = frame->a.object, *b = frame->b.object;
    size_t found = vvm_dict_probed(frame->b, a->entries[frame->index - 1].hash, frame->extra);
    frame->state = SEEK;
    if (vvm_kind(frame->a) == VVM_SET)
        return VVM_TRUE;
    return pair(walk, a->entries[frame->index - 1].value, b->entries[found].value);
}

static enum vvm_truth step_dict(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    size_t entry;
    if (frame->state == KEY)
        return compare_values(walk, frame);
    if (!vvm_dict_next(frame->a, &frame->index, &entry)) {
        walk->depth--;
        return VVM_TRUE;
    }
    frame->extra = 0;
    return try_candidate(walk, frame);
}

static enum vvm_truth step_row(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    if (frame->index == vvm_part_count(frame->a)) {
        walk->depth--;
        return VVM_TRUE;
    }
    size_t i = frame->index++;
    return pair(walk, vvm_part(frame->a, i), vvm_part(frame->b, i));
}

static enum vvm_truth step_packed(struct vvm_walk *walk, struct vvm_walk_frame *frame)
{
    const struct vvm_list *a = frame->a.object, *b = frame->b.object;
    size_t start = frame->index, end = a->length - start > VVM_WALK_STRETCH ? start + VVM_WALK_STRETCH : a->length;
    frame->index = end;
    walk->left -= VVM_WALK_STRETCH / 16;
    if (!packed_equal(a, b, start, end))
        return VVM_FALSE;
    walk->depth -= end == a->length;
    return VVM_TRUE;
}

static enum vvm_truth step(struct vvm_walk *walk)
{
    struct vvm_walk_frame *frame = vvm_walk_top(walk);
    enum vvm_kind kind = vvm_kind(frame->a);
    if (kind == VVM_DICT || kind == VVM_SET)
        return step_dict(walk, frame);
    if (kind == VVM_STRING)
        return step_text(walk, frame);
    if (kind == VVM_LIST && are_packed_alike(frame->a.object, frame->b.object))
        return step_packed(walk, frame);
    return step_row(walk, frame);
}

/* After a difference: the innermost dict that is comparing keys goes on with its next candidate. */
static enum vvm_truth back(struct vvm_walk *walk)
{
    while (walk->depth > 0) {
        struct vvm_walk_frame *frame = vvm_walk_top(walk);
        enum vvm_kind kind = vvm_kind(frame->a);
        if ((kind == VVM_DICT || kind == VVM_SET) && frame->state == KEY)
            return try_candidate(walk, frame);
        walk->depth--;
    }
    return VVM_FALSE;
}

/* As long as the portion lasts. */
static enum vvm_truth go_on(struct vvm_walk *walk, enum vvm_truth truth)
{
    while (walk->depth > 0 && (truth == VVM_TRUE || truth == VVM_FALSE)) {
        if (walk->left-- <= 0) {
            walk->truth = truth;
            return VVM_MORE;
        }
        truth = truth == VVM_TRUE ? step(walk) : back(walk);
    }
    return truth;
}

enum vvm_truth vvm_equal_on(struct vvm_walk *walk, vvm_value a, vvm_value b)
{
    walk->left = VVM_WALK_PARTS;
    return go_on(walk, walk->truth == VVM_MORE ? pair(walk, a, b) : walk->truth);
}

static enum vvm_truth equal_nested(vvm_value a, vvm_value b)
{
    struct vvm_walk walk;
    vvm_walk_init(&walk);
    enum vvm_truth truth = pair(&walk, a, b);
    if (walk.depth > 0) {
        truth = go_on(&walk, truth);
        vvm_walk_note(&walk);
        vvm_walk_drop(&walk);
    }
    return truth == VVM_MORE ? VVM_NEEDS_CALL : truth;
}

enum vvm_truth vvm_equal(vvm_value a, vvm_value b)
{
    if (a.tag == b.tag && !vvm_is_heap(a) && vvm_kind(a) != VVM_FLOAT && vvm_kind(a) != VVM_VARIANT)
        return truth_of(a.bits == b.bits);
    if (a.tag == VVM_STRING && b.tag == VVM_STRING)
        return truth_of(strings_equal(a.object, b.object));
    return equal_nested(a, b);
}
