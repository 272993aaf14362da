/* The loops of the core library: what is not done within the interpreter. */
#include "vm/exec/future.h"
#include "vm/exec/loop_round.h"

/* AGAIN could not take in what the callback gave. What a Future gives it takes in as if the callback had given it. */
enum vvm_step vvm_step_again(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value result = vvm_registers(m)[vvm_a(at)];
    if (vvm_is_unset(result))
        return vvm_fail_memory(m);
    if (vvm_loop_awaits(vvm_b(at), result)) {
        vvm_top(m)->pc = at;
        return vvm_await_push(m, result, (uint16_t)vvm_a(at), 0);
    }
    vvm_fail(m, VVM_T_TYPE_ERROR, "a condition must be a Bool, got %s", vvm_name_of_type(m, result));
    vvm_release(result);
    return VVM_STEP_THROW;
}

bool vvm_loop_append(vvm_value *R, vvm_value owned)
{
    struct vvm_frame *frame = vvm_frame_of(R);
    vvm_value list = R[VVM_LOOP_ACCUMULATOR];
    if (VVM_UNLIKELY(!(frame->state & VVM_GIVEN_BIT(VVM_LOOP_ACCUMULATOR))))
        vvm_retain(list);
    list = vvm_list_append_fast(list, owned);
    frame->state |= VVM_GIVEN_BIT(VVM_LOOP_ACCUMULATOR);
    R[VVM_LOOP_ACCUMULATOR] = vvm_is_unset(list) ? vvm_void() : list;
    return !vvm_is_unset(list);
}

vvm_value vvm_loop_append_result(vvm_value *R, uint32_t kind, vvm_value result)
{
    if (vvm_loop_awaits(kind, result))
        return result;
    return vvm_loop_append(R, result) ? vvm_void() : vvm_unset();
}
