#include "vm/value/exact.h"
#include "vm/value/walk.h"

/* Order (6.4) without C recursion: the first pair of elements that differs decides, then the lengths. */
enum mode { OPERATOR, SORTING };

static int sign_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static enum vvm_truth order_nan(bool left, bool right, enum mode mode, int *order)
{
    *order = mode == SORTING ? (int)left - (int)right : 0;
    return mode == SORTING ? VVM_TRUE : VVM_FALSE;
}

static enum vvm_truth order_numbers(vvm_value a, vvm_value b, enum mode mode, int *order)
{
    bool left_float = vvm_kind(a) == VVM_FLOAT, right_float = vvm_kind(b) == VVM_FLOAT;
    bool left_nan = left_float && a.real != a.real, right_nan = right_float && b.real != b.real;
    if (left_nan || right_nan)
        return order_nan(left_nan, right_nan, mode, order);
    if (left_float && right_float)
        *order = (a.real > b.real) - (a.real < b.real);
    else if (left_float)
        *order = -vvm_exact_order(b.number, a.real);
    else if (right_float)
        *order = vvm_exact_order(a.number, b.real);
    else
        *order = sign_of(a.number, b.number);
    return VVM_TRUE;
}

/* UTF-8 sorts by code point as bytes do. */
int vvm_compare_bytes(struct vvm_bytes a, struct vvm_bytes b)
{
    size_t least = a.length < b.length ? a.length : b.length;
    int order = least > 0 ? memcmp(a.data, b.data, least) : 0;
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static enum vvm_truth open_pair(struct vvm_walk *walk, vvm_value a, vvm_value b, int *order)
{
    *order = 0;
    return vvm_walk_push(walk, a, b) != NULL ? VVM_TRUE : VVM_NO_MEMORY;
}

/* Variants of one enum: the ordinal, then the payload. */
static enum vvm_truth order_variants(struct vvm_walk *walk, vvm_value a, vvm_value b, int *order)
{
    *order = sign_of(vvm_tag_id(a), vvm_tag_id(b));
    if (*order != 0 || vvm_kind(a) != VVM_ENUM || vvm_kind(b) != VVM_ENUM)
        return VVM_TRUE;
    return open_pair(walk, a, b, order);
}

static bool is_numeric(vvm_value v)
{
    return vvm_kind(v) == VVM_NUMBER || vvm_kind(v) == VVM_FLOAT;
}

static bool is_variant(vvm_value v)
{
    return vvm_kind(v) == VVM_VARIANT || vvm_kind(v) == VVM_ENUM;
}

static enum vvm_truth pair(struct vvm_walk *walk, vvm_value a, vvm_value b, enum mode mode, int *order)
{
    const struct vvm_type *type = vvm_own_type(a);
    if (vvm_layer(a) != VVM_LAYER_PLAIN || vvm_layer(b) != VVM_LAYER_PLAIN)
        return VVM_BAD;
    if (is_numeric(a) && is_numeric(b))
        return order_numbers(a, b, mode, order);
    if (vvm_is_long_text(a) && vvm_is_long_text(b))
        return open_pair(walk, a, b, order);
    if (vvm_is_string(a) && vvm_is_string(b)) {
        *order = vvm_compare_bytes(vvm_string_bytes(&a), vvm_string_bytes(&b));
        return VVM_TRUE;
    }
    if (type != NULL && type->user_compare)
        return VVM_NEEDS_CALL;
    if (is_variant(a) && is_variant(b))
        return type == vvm_own_type(b) ? order_variants(walk, a, b, order) : VVM_BAD;
    if (vvm_kind(a) != vvm_kind(b))
        return VVM_BAD;
    switch (vvm_kind(a)) {
    case VVM_BOOL:
    case VVM_DURATION: *order = sign_of(a.number, b.number); return VVM_TRUE;
    case VVM_LIST:
    case VVM_TUPLE: return open_pair(walk, a, b, order);
    default: return VVM_BAD;
    }
}

static enum vvm_truth step_text(struct vvm_walk *walk, struct vvm_walk_frame *frame, int *order)
{
    struct vvm_bytes a = vvm_string_bytes(&frame->a), b = vvm_string_bytes(&frame->b);
    size_t start = frame->index, least = a.length < b.length ? a.length : b.length, left = least - start;
    size_t count = left < VVM_BYTES_AT_ONCE ? left : VVM_BYTES_AT_ONCE;
    frame->index += count;
    walk->left -= (int64_t)(count / VVM_WALK_BYTES);
    *order = memcmp(a.data + start, b.data + start, count);
    if (*order != 0 || count < left)
        return VVM_TRUE;
    *order = (a.length > b.length) - (a.length < b.length);
    walk->depth--;
    return VVM_TRUE;
}

static enum vvm_truth step(struct vvm_walk *walk, enum mode mode, int *order)
{
    struct vvm_walk_frame *frame = vvm_walk_top(walk);
    if (vvm_kind(frame->a) == VVM_STRING)
        return step_text(walk, frame, order);
    size_t i = frame->index++, left = vvm_part_count(frame->a), right = vvm_part_count(frame->b);
    if (i < left && i < right)
        return pair(walk, vvm_part(frame->a, i), vvm_part(frame->b, i), mode, order);
    *order = (left > right) - (left < right);
    walk->depth--;
    return VVM_TRUE;
}

/* As long as the portion lasts. All parts before the present one are equal. */
static enum vvm_truth go_on(struct vvm_walk *walk, enum vvm_truth truth, enum mode mode, int *order)
{
    while (truth == VVM_TRUE && *order == 0 && walk->depth > 0) {
        if (walk->left-- <= 0) {
            walk->truth = truth;
            return VVM_MORE;
        }
        truth = step(walk, mode, order);
    }
    return truth;
}

enum vvm_truth vvm_compare_on(struct vvm_walk *walk, vvm_value a, vvm_value b, bool sorting, int *order)
{
    enum mode mode = sorting ? SORTING : OPERATOR;
    *order = 0;
    walk->left = VVM_WALK_PARTS;
    return go_on(walk, walk->truth == VVM_MORE ? pair(walk, a, b, mode, order) : walk->truth, mode, order);
}

static enum vvm_truth compare(vvm_value a, vvm_value b, enum mode mode, int *order)
{
    struct vvm_walk walk;
    if (vvm_is_long_text(a) && vvm_is_long_text(b)) {
        *order = vvm_compare_bytes(vvm_string_bytes(&a), vvm_string_bytes(&b));
        return VVM_TRUE;
    }
    vvm_walk_init(&walk);
    *order = 0;
    enum vvm_truth truth = pair(&walk, a, b, mode, order);
    if (walk.depth > 0) {
        truth = go_on(&walk, truth, mode, order);
        vvm_walk_note(&walk);
        vvm_walk_drop(&walk);
    }
    return truth == VVM_MORE ? VVM_NEEDS_CALL : truth;
}

enum vvm_truth vvm_compare(vvm_value a, vvm_value b, int *order)
{
    if (vvm_is_number(a) && vvm_is_number(b)) {
        *order = sign_of(a.number, b.number);
        return VVM_TRUE;
    }
    return compare(a, b, OPERATOR, order);
}

enum vvm_truth vvm_compare_sorting(vvm_value a, vvm_value b, int *order)
{
    if (vvm_is_number(a) && vvm_is_number(b)) {
        *order = sign_of(a.number, b.number);
        return VVM_TRUE;
    }
    return compare(a, b, SORTING, order);
}
