/* What the two halves of the verifier share: the form of the code (verify.c) and who owns what (verify_ownership.c). */
#ifndef VVM_VERIFY_H
#define VVM_VERIFY_H

#include "vm/compile/ir.h"
#include "vm/value/type.h"

struct verifier {
    const struct vvm_function *f;
    bool *starts;             /* word -> an instruction starts there */
    uint8_t **at;             /* word -> states when it is reached by a jump, or NULL */
    uint8_t *now;
    uint16_t alias[256];      /* low register -> far register whose value LOADW brought, + 1 */
    bool alive;               /* the word is reached from the one before */
    const char *wrong;
    bool out_of_memory;
};

struct decoded {
    uint32_t pc, next, a, b, c, bx, target;
    uint8_t op;
    const struct vvm_opcode_info *info;
};

struct decoded decode(const struct vvm_function *f, uint32_t pc);
bool has_target(const struct vvm_opcode_info *info);

/* Sets v->wrong to what is wrong, or v->out_of_memory. spare: room for the states of one instruction. */
void verify_paths(struct verifier *v, uint8_t *spare);

#endif
