#include "vm_bindings/enums.h"

#include "vm/compile/code_arena.h"
#include "vm/value/type.h"

#include <string.h>

static bool make_enum(struct vvm_vm *vm, enum vvm_type_id id, const char *const *names, uint32_t count)
{
    struct vvm_type *type = vm->known[id];
    struct vvm_variant *variants = vvm_code_alloc(vm, count * sizeof *variants);
    if (variants == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        variants[i] = (struct vvm_variant){.constructor = vvm_unset(), .literal = vvm_number(i)};
        variants[i].name = vvm_symbols_intern(vm->symbols, names[i], strlen(names[i]));
        if (variants[i].name == VVM_NO_SYMBOL)
            return false;
    }
    type->kind = VVM_TYPE_ENUM;
    type->variants = variants;
    type->variant_count = count;
    return true;
}

bool vbn_enums_install(struct vvm_vm *vm)
{
    /* in the order of enum vbn_send_error and enum vrt_priority */
    static const char *const send_errors[] = {"ChannelFull", "ChannelClosed", "MailboxFull", "ActorStopped"};
    static const char *const priorities[] = {"Low", "Normal", "High", "Critical"};
    return make_enum(vm, VVM_T_SEND_ERROR, send_errors, 4) && make_enum(vm, VVM_T_PRIORITY, priorities, 4);
}
