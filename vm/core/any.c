/* What every value has: toString, equals, hashCode (language.md 5.5). A class of the program is asked through the
 * core library's slow paths. */
#include "vm/core/core.h"

static enum vvm_outcome any_to_string(struct vvm_call *call)
{
    if (call->stage == 1)
        return vvm_done(call, vvm_take_resumed(call));
    struct vvm_text_builder text;
    vvm_text_init(&text);
    enum vvm_truth truth = vvm_text(call->args[0], false, &text);
    if (truth != VVM_NEEDS_CALL)
        return vvm_done_built(call, &text);
    vvm_text_drop(&text);
    call->callee_args[0] = vvm_retain(call->args[0]);
    return vvm_call_core(call, VVM_CORE_TEXT, 1, 1);
}

static enum vvm_outcome any_equals(struct vvm_call *call)
{
    if (call->stage == 1)
        return vvm_done(call, vvm_take_resumed(call));
    bool slow = vvm_is_long_text(call->args[0]) && vvm_is_long_text(call->args[1]);
    switch (slow ? VVM_NEEDS_CALL : vvm_equal(call->args[0], call->args[1])) {
    case VVM_TRUE: return vvm_done_bool(call, true);
    case VVM_FALSE: return vvm_done_bool(call, false);
    case VVM_NEEDS_CALL: break;
    default: return vvm_throw_memory(call);
    }
    call->callee_args[0] = vvm_retain(call->args[0]);
    call->callee_args[1] = vvm_retain(call->args[1]);
    return vvm_call_core(call, VVM_CORE_EQUALS, 2, 1);
}

/* What is no key has a hash all the same: that of its identity. */
static enum vvm_outcome any_hash_code(struct vvm_call *call)
{
    uint64_t hash;
    if (call->stage == 1)
        return vvm_done(call, vvm_take_resumed(call));
    switch (vvm_hash(call->args[0], &hash)) {
    case VVM_TRUE: return vvm_done_number(call, (int64_t)hash);
    case VVM_BAD: return vvm_done_number(call, (int64_t)vvm_hash_word(call->args[0].bits));
    case VVM_NEEDS_CALL: break;
    default: return vvm_throw_memory(call);
    }
    call->callee_args[0] = vvm_retain(call->args[0]);
    call->callee_args[1] = vvm_bool(true);
    return vvm_call_core(call, VVM_CORE_HASH, 2, 1);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("toString() -> String", any_to_string, 0, 0, 0, 0,
              "Its text, as print shows it; a class may define its own."),
    VVM_ROW_F("equals(o: Any) -> Bool", any_equals, 0, 1, 1, 0,
              "The same as `==`; a class may define its own, together with hashCode."),
    VVM_ROW_F("hashCode() -> Number", any_hash_code, 0, 0, 0, 0,
              "A Number that equal values share, the same within one run only."),
};

const struct vvm_builtin_group vvm_any_methods = {VVM_T_ANY, false, VVM_ROWS(methods)};
