/* What the loops of the core library do when the callback's result will not do. */
#include "vm/exec/step.h"

/* AGAIN: what the callback gave is no Bool; unset: there was no memory to take it in. */
enum vvm_step vvm_step_again(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value result = vvm_registers(m)[vvm_a(at)];
    if (vvm_is_unset(result))
        return vvm_fail_memory(m);
    vvm_fail(m, VVM_T_TYPE_ERROR, "a condition must be a Bool, got %s", vvm_name_of_type(m, result));
    vvm_release(result);
    return VVM_STEP_THROW;
}
