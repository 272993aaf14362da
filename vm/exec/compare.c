/* Equality and order of values the loop does not compare itself. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

/* What the instruction wants done with the truth. */
struct comparison {
    vvm_value x, y;
    uint16_t dst, flags;
};

static struct comparison decode(struct vvm_machine *m, const uint32_t *at)
{
    enum vvm_opcode op = *at & 0xff;
    vvm_value *R = vvm_registers(m);
    bool jumps = op >= VVM_OPC_JEQ && op <= VVM_OPC_JGEI, immediate = op >= VVM_OPC_JEQI && op <= VVM_OPC_JGEI;
    struct comparison c = {.x = R[vvm_b(at)], .dst = (uint16_t)vvm_a(at)};
    c.y = immediate ? vvm_number((int8_t)vvm_c(at)) : R[vvm_c(at)];
    if (jumps)
        c.flags = VVM_FRAME_BRANCH | (vvm_a(at) ? VVM_FRAME_SENSE : 0);
    if (op == VVM_OPC_NE || op == VVM_OPC_NE_K)
        c.flags |= VVM_FRAME_NEGATE;
    return c;
}

static bool is_user_equal(vvm_value v)
{
    uint32_t kind = (uint32_t)(v.tag & 0xffff);
    if (kind == VVM_INSTANCE || kind == VVM_STRUCT || kind == VVM_ENUM)
        return ((struct vvm_record *)v.object)->type->user_equals;
    return kind == VVM_VARIANT && ((struct vvm_type *)v.object)->user_equals;
}

static enum vvm_step call_equals(struct vvm_machine *m, const struct comparison *c)
{
    vvm_value method = vvm_find_method(m, c->x, VVM_NAME_EQ);
    if (vvm_is_unset(method))
        method = vvm_find_method(m, c->x, VVM_NAME_EQUALS);
    vvm_value args[] = {c->x, c->y};
    uint16_t flags = c->flags | VVM_ACTION_BOOL << VVM_FRAME_ACTION_SHIFT;
    return vvm_invoke_with(m, method, false, args, 2, false, true, c->dst, flags);
}

enum vvm_step vvm_step_equal(struct vvm_machine *m, const uint32_t *at)
{
    struct comparison c = decode(m, at);
    if (is_user_equal(c.x))
        return call_equals(m, &c);
    bool long_texts = vvm_is_long_text(c.x) && vvm_is_long_text(c.y);
    enum vvm_truth truth = long_texts ? VVM_NEEDS_CALL : vvm_equal(c.x, c.y);
    vvm_pay_walks(m);
    if (truth == VVM_NEEDS_CALL) {
        vvm_value args[] = {c.x, c.y};
        return vvm_invoke_core(m, VVM_CORE_EQUALS, args, 2, c.dst,
                               c.flags | VVM_ACTION_BOOL << VVM_FRAME_ACTION_SHIFT);
    }
    if (truth == VVM_NO_MEMORY)
        return vvm_fail_memory(m);
    return vvm_decide(m, c.dst, c.flags, (truth == VVM_TRUE) != ((c.flags & VVM_FRAME_NEGATE) != 0));
}

/* ---- Order ---- */

static enum vvm_action order_of(enum vvm_opcode op)
{
    switch (op) {
    case VVM_OPC_LT:
    case VVM_OPC_LT_K:
    case VVM_OPC_JLT:
    case VVM_OPC_JLTI: return VVM_ACTION_LT;
    case VVM_OPC_LE:
    case VVM_OPC_LE_K:
    case VVM_OPC_JLE:
    case VVM_OPC_JLEI: return VVM_ACTION_LE;
    case VVM_OPC_GT:
    case VVM_OPC_GT_K:
    case VVM_OPC_JGT:
    case VVM_OPC_JGTI: return VVM_ACTION_GT;
    default: return VVM_ACTION_GE;
    }
}

static bool holds(enum vvm_action action, int order)
{
    return action == VVM_ACTION_LT   ? order < 0
           : action == VVM_ACTION_LE ? order <= 0
           : action == VVM_ACTION_GT ? order > 0
                                     : order >= 0;
}

/* `operator <` alone gives all four: a > b is b < a, a <= b is not (b < a). */
static enum vvm_step call_less(struct vvm_machine *m, const struct comparison *c, enum vvm_action action,
                               vvm_value method)
{
    bool swap = action == VVM_ACTION_GT || action == VVM_ACTION_LE;
    bool negate = action == VVM_ACTION_LE || action == VVM_ACTION_GE;
    vvm_value args[] = {swap ? c->y : c->x, swap ? c->x : c->y};
    uint16_t flags = c->flags | (negate ? VVM_FRAME_NEGATE : 0) | VVM_ACTION_BOOL << VVM_FRAME_ACTION_SHIFT;
    return vvm_invoke_with(m, method, false, args, 2, false, true, c->dst, flags);
}

static enum vvm_step call_user_order(struct vvm_machine *m, const struct comparison *c, enum vvm_action action)
{
    bool swap = action == VVM_ACTION_GT || action == VVM_ACTION_LE;
    vvm_value method = vvm_find_method(m, swap ? c->y : c->x, VVM_NAME_LT);
    if (!vvm_is_unset(method))
        return call_less(m, c, action, method);
    vvm_value args[] = {c->x, c->y};
    uint16_t flags = (uint16_t)(c->flags | (uint16_t)(action << VVM_FRAME_ACTION_SHIFT));
    method = vvm_find_method(m, c->x, VVM_NAME_COMPARE_TO);
    if (!vvm_is_unset(method))
        return vvm_invoke_with(m, method, false, args, 2, false, true, c->dst, flags);
    return vvm_invoke_core(m, VVM_CORE_COMPARE, args, 2, c->dst, flags);
}

/* NaN has no order: every comparison with it is false. */
static bool is_nan(vvm_value v)
{
    return vvm_is_float(v) && v.real != v.real;
}

static bool is_numeric(vvm_value v)
{
    return vvm_is_float(v) || vvm_is_number(v);
}

enum vvm_step vvm_step_order(struct vvm_machine *m, const uint32_t *at)
{
    struct comparison c = decode(m, at);
    enum vvm_action action = order_of(*at & 0xff);
    int order = 0;
    if (is_numeric(c.x) && is_numeric(c.y) && (is_nan(c.x) || is_nan(c.y)))
        return vvm_decide(m, c.dst, c.flags, false);
    bool long_texts = vvm_is_long_text(c.x) && vvm_is_long_text(c.y);
    enum vvm_truth truth = long_texts ? VVM_NEEDS_CALL : vvm_compare(c.x, c.y, &order);
    vvm_pay_walks(m);
    switch (truth) {
    case VVM_TRUE: return vvm_decide(m, c.dst, c.flags, holds(action, order));
    case VVM_NEEDS_CALL: return call_user_order(m, &c, action);
    case VVM_NO_MEMORY: return vvm_fail_memory(m);
    default:
        return vvm_fail(m, VVM_T_TYPE_ERROR, "%s and %s have no order", vvm_name_of_type(m, c.x),
                        vvm_name_of_type(m, c.y));
    }
}
