/* The linear form of one function between code generation and bytecode.
 *
 * Code generation emits `vvm_ir` instructions with registers as plain numbers (parameters first:
 * registers 0 .. parameter_count-1) and labels for jumps; all jumps go forward. It need not care who owns
 * what: it emits MOVE for every transfer, ARG for arguments held in variables, RETURN for returns, and leaves to
 * `vvm_ir_finish` (flow.c, ownership.c) to find last uses, to choose COPY/TAKE/LEND/GIVE, borrowing twins and _K
 * twins, to insert DROPs (after last uses, on the edges of branches, for results never read), the call
 * masks, and then to encode and to emit the tables for unwinding. */
#ifndef VVM_IR_H
#define VVM_IR_H

#include "vm/compile/opcodes.h"
#include "vm/exec/function.h"

struct vvm_ir {
    uint8_t op;
    int32_t a, b, c;     /* registers, immediates; for CALL: a = dst, b = window, c = argument count */
    uint32_t w;          /* descriptor word W / W2: function id, site, test, type id, count */
    uint32_t label;      /* jump target, TRY handler, LABEL's own number */
    uint32_t position;   /* source offset for errors and traces */
};

struct vvm_ir_function {
    struct vvm_ir *code;
    uint32_t count, capacity;
    uint32_t label_count;
    uint32_t parameter_count;   /* registers 0.. are the parameters, ownership decided at run time by the frame's mask;
                                   those from index VVM_MASK_BITS on are always given */
    uint32_t register_count;    /* highest register used + 1 */
    bool count_borrows;         /* the test build: no borrowing twins, no LEND */
};

/* Label numbers come from vvm_ir_function.label_count++. Every label is placed once by a LABEL instruction. */

/* Finishes the function: fills code, tables and frame size of `function` (its other fields are set by the
 * caller). Registers above 255 are legalised through scratch registers. The tables live in the VM's code arena. Errors:
 * false when memory runs out or the function is too large (more than 2^16 registers or 2^24 words: *too_large). Owns
 * nothing of `ir`. */
struct vvm_vm;
bool vvm_ir_finish(struct vvm_ir_function *ir, struct vvm_vm *vm, struct vvm_function *function, bool *too_large);

/* Checks finished bytecode: opcodes, registers within the frame, jump targets at instruction starts, constants,
 * tables sorted and complete, owned sets consistent on every path. NULL = fine, else a static text. */
const char *vvm_verify(const struct vvm_function *function);

/* Writes the instructions in readable form, one per line with source lines. */
struct vvm_text_builder;
struct vvm_symbols;
void vvm_disassemble(const struct vvm_function *function, struct vvm_text_builder *out);

#endif
