#include "vm/value/layout.h"

#include <string.h>

/* A closure can close a cycle only through a cell or through what may be in a cycle itself. */
static bool may_cycle(const vvm_value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (vvm_is_heap(slots[i]) && (vvm_flags_of(slots[i].object) & VVM_FLAG_MAY_CYCLE))
            return true;
    }
    return false;
}

struct vvm_env *vvm_env_new(const vvm_value *owned, size_t count)
{
    struct vvm_env *env = NULL;
    if (count < UINT32_MAX)
        env = vvm_object_new(VVM_ENV, sizeof *env + count * sizeof *owned);
    if (env == NULL) {
        vvm_release_all(owned, count);
        return NULL;
    }
    env->count = (uint32_t)count;
    env->unused = 0;
    memcpy(env->slots, owned, count * sizeof *owned);
    if (may_cycle(owned, count))
        vvm_flags_add(&env->header, VVM_FLAG_MAY_CYCLE);
    return env;
}
