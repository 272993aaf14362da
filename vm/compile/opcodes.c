/* The table of opcodes.h as data. */
#include "vm/compile/opcodes.h"

const struct vvm_opcode_info vvm_opcode_info[VVM_OPCODE_COUNT] = {
#define VVM_X(name, format, a, b, c, flags) [VVM_OPC_##name] = {#name, VVM_FORMAT_##format, a, b, c, flags},
    VVM_OPCODES(VVM_X)
#undef VVM_X
};
