/* Intrinsics: equality, order and hash of values of any size. A short walk is done at once; a long one stands behind a
 * handle in the frame's slot, so that it goes when the task does, and goes on by a portion at each step. */
#include "vm/core/core.h"

enum { WALK, SLOTS };
enum { BEGIN, GO_ON };

static void destroy_walk(struct vvm_handle *handle)
{
    vvm_walk_free(handle->native);
}

static const struct vvm_handle_ops walk_ops = {.destroy = destroy_walk};

vvm_value vvm_walk_handle(struct vvm_call *call)
{
    struct vvm_walk *walk = vvm_walk_new();
    vvm_value handle = walk == NULL ? vvm_unset() : vvm_handle_new(call->vm->known[VVM_T_ANY], &walk_ops, walk);
    if (vvm_is_unset(handle) && walk != NULL)
        vvm_walk_free(walk);
    return handle;
}

struct vvm_walk *vvm_walk_of(vvm_value handle)
{
    return ((struct vvm_handle *)handle.object)->native;
}

/* The walk in the frame's slot; NULL without memory. */
static struct vvm_walk *walk_of(struct vvm_call *call)
{
    if (call->stage == BEGIN)
        call->slots[WALK] = vvm_walk_handle(call);
    return vvm_is_unset(call->slots[WALK]) ? NULL : vvm_walk_of(call->slots[WALK]);
}

/* What a walk that is not over, or of no use here, ends in. */
static enum vvm_outcome unfinished(struct vvm_call *call, enum vvm_truth truth)
{
    switch (truth) {
    case VVM_MORE: return vvm_again(call, GO_ON);
    case VVM_NEEDS_CALL: return vvm_done_slow(call);
    default: return vvm_throw_memory(call);
    }
}

static bool are_long_texts(const struct vvm_call *call)
{
    return vvm_is_long_text(call->args[0]) && vvm_is_long_text(call->args[1]);
}

static enum vvm_outcome equal(struct vvm_call *call)
{
    bool at_once = call->stage == BEGIN && !are_long_texts(call);
    enum vvm_truth truth = at_once ? vvm_equal(call->args[0], call->args[1]) : VVM_NEEDS_CALL;
    if (truth == VVM_NEEDS_CALL) {
        struct vvm_walk *walk = walk_of(call);
        truth = walk != NULL ? vvm_equal_on(walk, call->args[0], call->args[1]) : VVM_NO_MEMORY;
    }
    if (truth == VVM_TRUE || truth == VVM_FALSE)
        return vvm_done_bool(call, truth == VVM_TRUE);
    return unfinished(call, truth);
}

static enum vvm_outcome order_by(struct vvm_call *call, bool sorting)
{
    int sign = 0;
    enum vvm_truth truth = VVM_NEEDS_CALL;
    if (call->stage == BEGIN && !are_long_texts(call))
        truth = sorting ? vvm_compare_sorting(call->args[0], call->args[1], &sign)
                        : vvm_compare(call->args[0], call->args[1], &sign);
    if (truth == VVM_NEEDS_CALL) {
        struct vvm_walk *walk = walk_of(call);
        truth = walk != NULL ? vvm_compare_on(walk, call->args[0], call->args[1], sorting, &sign) : VVM_NO_MEMORY;
    }
    if (truth == VVM_FALSE) /* a NaN */
        return vvm_done_number(call, 0);
    if (truth == VVM_TRUE)
        return vvm_done_number(call, (sign > 0) - (sign < 0));
    if (truth == VVM_BAD)
        return vvm_throw_unordered(call, call->args[0], call->args[1]);
    return unfinished(call, truth);
}

static enum vvm_outcome order(struct vvm_call *call) { return order_by(call, false); }
static enum vvm_outcome order_sorting(struct vvm_call *call) { return order_by(call, true); }

static enum vvm_outcome hash_of(struct vvm_call *call, bool always)
{
    uint64_t hash = 0;
    enum vvm_truth truth = call->stage == BEGIN ? vvm_hash(call->args[0], &hash) : VVM_NEEDS_CALL;
    if (truth == VVM_NEEDS_CALL) {
        struct vvm_walk *walk = walk_of(call);
        truth = walk != NULL ? vvm_hash_on(walk, call->args[0], &hash) : VVM_NO_MEMORY;
    }
    if (truth == VVM_TRUE)
        return vvm_done_number(call, (int64_t)hash);
    if (truth == VVM_BAD && always) /* what is no key has a hash all the same: that of its identity */
        return vvm_done_number(call, (int64_t)vvm_hash_word(call->args[0].bits));
    return truth == VVM_BAD ? vvm_throw_not_key(call, call->args[0]) : unfinished(call, truth);
}

static enum vvm_outcome hash_quick(struct vvm_call *call)
{
    return hash_of(call, vvm_is_bool(call->args[1]) && call->args[1].number != 0);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_F("__equal(a: Any, b: Any) -> Any", equal, 0, 2, 2, SLOTS, "Are they equal?"),
    VVM_ROW_F("__order(a: Any, b: Any) -> Any", order, 0, 2, 2, SLOTS, "-1, 0 or 1; 0 where a NaN decides."),
    VVM_ROW_F("__orderSorting(a: Any, b: Any) -> Any", order_sorting, 0, 2, 2, SLOTS, "-1, 0 or 1; a NaN comes last."),
    VVM_ROW_F("__hashQuick(v: Any, always: Bool = false) -> Any", hash_quick, 0, 1, 2, SLOTS,
              "The hash of a key, or of any value: that of its identity where it can be no key."),
};

const struct vvm_builtin_group vvm_whole_value_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
