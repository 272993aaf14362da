#include "vm/exec/memory.h"

vvm_value vvm_memory_limit_error(struct vvm_machine *m)
{
    const struct vrt_account *account = vrt_account_current();
    long long used = account->found, limit = account->limit, wanted = account->wanted;
    struct vvm_text_builder name;
    vrt_account_lift();
    vvm_text_init(&name);
    vvm_isolate_add_text(m->isolate, &name);
    vvm_value error = vvm_error_new(m->vm, &m->call, VVM_T_MEMORY_LIMIT_ERROR,
                                    "%.*s is over its memory limit of %lld bytes: %lld in use, %lld more wanted",
                                    (int)name.length, name.length != 0 ? name.data : "", limit, used, wanted);
    vvm_text_drop(&name);
    vrt_account_open_reserve();
    return error;
}
