/* Results: what happens between a RETURN and the caller's next instruction. */
#include "vm/exec/generator.h"
#include "vm/exec/step.h"

enum vvm_step vvm_decide(struct vvm_machine *m, uint16_t dst, uint16_t flags, bool truth)
{
    struct vvm_frame *frame = vvm_top(m);
    if (!(flags & VVM_FRAME_BRANCH))
        vvm_registers(m)[dst] = vvm_bool(truth);
    else if (truth == ((flags & VVM_FRAME_SENSE) != 0))
        frame->pc += (int32_t)frame->pc[-1];
    return VVM_STEP_GO;
}

static enum vvm_step decide_bool(struct vvm_machine *m, uint16_t dst, uint16_t flags, vvm_value value)
{
    if (!vvm_is_bool(value)) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "a comparison must give a Bool, got %s", vvm_name_of_type(m, value));
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    return vvm_decide(m, dst, flags, (value.number != 0) != ((flags & VVM_FRAME_NEGATE) != 0));
}

static enum vvm_step decide_order(struct vvm_machine *m, uint16_t dst, uint16_t flags, enum vvm_action action,
                                  vvm_value value)
{
    if (!vvm_is_number(value)) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "compareTo must give a Number, got %s", vvm_name_of_type(m, value));
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    int64_t order = value.number;
    bool truth = action == VVM_ACTION_LT   ? order < 0
                 : action == VVM_ACTION_LE ? order <= 0
                 : action == VVM_ACTION_GT ? order > 0
                                           : order >= 0;
    return vvm_decide(m, dst, flags, truth);
}

static enum vvm_step store_string(struct vvm_machine *m, uint16_t dst, vvm_value value)
{
    if (!vvm_is_string(value)) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "toString must give a String, got %s", vvm_name_of_type(m, value));
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    vvm_registers(m)[dst] = value;
    return VVM_STEP_GO;
}

enum vvm_step vvm_deliver(struct vvm_machine *m, uint16_t dst, uint16_t flags, vvm_value value)
{
    if (vvm_top(m)->flags & VVM_FRAME_NATIVE) {
        m->resumed = value;
        return VVM_STEP_GO;
    }
    enum vvm_action action = (flags & VVM_FRAME_ACTION) >> VVM_FRAME_ACTION_SHIFT;
    switch (action) {
    case VVM_ACTION_BOOL: return decide_bool(m, dst, flags, value);
    case VVM_ACTION_LT:
    case VVM_ACTION_LE:
    case VVM_ACTION_GT:
    case VVM_ACTION_GE: return decide_order(m, dst, flags, action, value);
    case VVM_ACTION_STRING: return store_string(m, dst, value);
    case VVM_ACTION_DROP: vvm_release(value); return VVM_STEP_GO;
    case VVM_ACTION_RETURN: return vvm_leave_checked(m, value);
    default: vvm_registers(m)[dst] = value; return VVM_STEP_GO;
    }
}

/* `-> void`, `-> Float` and `-> never` of functions that ended in a tail call. */
static bool convert(struct vvm_machine *m, const struct vvm_frame *frame, vvm_value *value)
{
    if (frame->flags & VVM_FRAME_NEVER) {
        vvm_release(*value);
        vvm_fail(m, VVM_T_TYPE_ERROR, "a function declared `-> never` returned");
        return false;
    }
    if (frame->flags & VVM_FRAME_VOID) {
        vvm_release(*value);
        *value = vvm_void();
    } else if (frame->flags & VVM_FRAME_FLOAT && vvm_is_number(*value)) {
        *value = vvm_float((double)value->number);
    }
    return true;
}

/* The declared result of a function whose tail call met a built-in, which does not answer for it. */
enum vvm_step vvm_leave_checked(struct vvm_machine *m, vvm_value value)
{
    const struct vvm_function *function = vvm_top(m)->function;
    if (function->result_check != 0) {
        const struct vvm_check *check = &function->checks[function->result_check - 1];
        bool widens = vvm_is_number(value) && check->test->kind == VVM_TEST_FLOAT;
        if (!widens && !vvm_test_passes(check->test, value)) {
            vvm_fail(m, VVM_T_TYPE_ERROR, "%s must be %s, got %s", check->what, check->test->text,
                     vvm_name_for_test(m, check->test, value));
            vvm_release(value);
            return VVM_STEP_THROW;
        }
    }
    return vvm_leave(m, value);
}

enum vvm_step vvm_leave(struct vvm_machine *m, vvm_value value)
{
    struct vvm_frame *frame = vvm_top(m);
    if (frame->flags & VVM_FRAME_GENERATOR)
        return vvm_generator_return(m, value);
    if (frame->flags & VVM_FRAME_RESULT && !convert(m, frame, &value))
        return VVM_STEP_THROW;
    if (frame->flags & VVM_FRAME_ENTRY)
        return vvm_fiber_end(m, value, false);
    uint16_t dst = frame->dst, flags = frame->flags;
    vvm_release_arguments(vvm_registers(m), VVM_MASK_BITS, frame->given);
    if (flags & VVM_FRAME_OWNS_CALLEE)
        vvm_release(frame->callee);
    m->fiber->top -= frame->back;
    return vvm_deliver(m, dst, flags, value);
}
