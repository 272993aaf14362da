/* vvm_ir_finish: from the linear form to bytecode, step by step. */
#include "vm/compile/flow.h"

#include <stdlib.h>
#include <string.h>

/* The steps want a first instruction that does nothing, so that 'live after it' is 'live at entry'. */
static bool with_entry(const struct vvm_ir_function *ir, struct vvm_ir_function *out)
{
    *out = *ir;
    out->code = malloc(((size_t)ir->count + 1) * sizeof *out->code);
    if (!out->code)
        return false;
    out->code[0] = (struct vvm_ir){.op = VVM_OPC_NOP, .label = NO_LABEL};
    if (ir->count)
        memcpy(out->code + 1, ir->code, ir->count * sizeof *out->code);
    out->count++;
    return true;
}

bool vvm_ir_finish(struct vvm_ir_function *ir, struct vvm_vm *vm, struct vvm_function *function, bool *too_large)
{
    struct vvm_ir_function whole;
    struct placement placed = {0};
    struct flow flow;
    *too_large = false;
    if (!with_entry(ir, &whole))
        return false;
    bool made = flow_analyse(&flow, &whole, function, too_large) && flow_place(&flow, &placed)
                && flow_encode(&flow, &placed, vm, too_large);
    flow_free(&flow);
    free(placed.code);
    free(placed.sets);
    free(whole.code);
    return made;
}
