/* Entry functions that call any value: a worker or task may be given a bound method or a built-in.
 *
 * The n-th one has the callee and n arguments as parameters, all owned and moved into a call window. */
#include "vm/compile/opcodes.h"
#include "vm/exec/tables.h"

#include <stdlib.h>

static uint32_t abc(enum vvm_opcode op, uint32_t a, uint32_t b)
{
    return (uint32_t)op | a << 8 | b << 16;
}

static bool make(struct vvm_vm *vm, struct vvm_function *function, uint32_t arguments)
{
    uint32_t window = arguments + 1, at = 0;
    uint32_t *code = calloc(arguments + 5, sizeof *code);
    if (code == NULL)
        return false;
    code[at++] = abc(VVM_OPC_MOVE, window, 0);
    for (uint32_t i = 0; i < arguments; i++)
        code[at++] = abc(VVM_OPC_MOVE, window + VVM_FRAME_HEADER + i, i + 1);
    code[at++] = abc(VVM_OPC_CALL, arguments, 0) | window << 16;
    code[at++] = 0xffff0000u;
    code[at++] = 0;
    code[at++] = abc(VVM_OPC_RETURN, 0, 0);
    *function = (struct vvm_function){.name = "<task>", .flags = VVM_FUNCTION_CORE, .code = code, .code_count = at,
                                      .register_count = window + VVM_FRAME_HEADER + arguments,
                                      .parameter_count = arguments + 1, .required_count = arguments + 1};
    return vvm_vm_add_function(vm, function);
}

bool vvm_trampolines_create(struct vvm_vm *vm)
{
    vm->trampolines = calloc(VVM_TRAMPOLINES, sizeof *vm->trampolines);
    bool fine = vm->trampolines != NULL;
    for (uint32_t i = 0; fine && i < VVM_TRAMPOLINES; i++)
        fine = make(vm, &vm->trampolines[i], i);
    return fine;
}

void vvm_trampolines_destroy(struct vvm_vm *vm)
{
    for (uint32_t i = 0; vm->trampolines != NULL && i < VVM_TRAMPOLINES; i++)
        free((void *)(uintptr_t)vm->trampolines[i].code);
    free(vm->trampolines);
}
