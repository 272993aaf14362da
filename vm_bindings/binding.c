#include "vm_bindings/binding.h"

#include "vm/exec/vm.h"

#include <string.h>

bool vbn_optional_number(struct vvm_call *call, uint32_t index, bool *given, int64_t *out)
{
    *given = vvm_has_argument(call, index);
    return !*given || vvm_want_number(call, index, out);
}

bool vbn_element_test(struct vvm_call *call, uint32_t index, uint64_t *test)
{
    *test = 0;
    if (!vvm_has_argument(call, index))
        return true;
    vvm_value given = call->args[index];
    uint64_t number = vvm_is_number(given) ? (uint64_t)given.number - (uint64_t)VVM_TEST_ARGUMENT : UINT64_MAX;
    if (number >= vvm_table_count(&call->vm->tests)) {
        vvm_throw(call, VVM_T_ARITY_ERROR, "%.*s() takes %u argument%s, got %u",
                  (int)strcspn(call->builtin->signature, "("), call->builtin->signature, index, index == 1 ? "" : "s",
                  index + 1);
        return false;
    }
    *test = (uintptr_t)*(struct vvm_type_test **)vvm_table_at(&call->vm->tests, (uint32_t)number);
    return true;
}

static enum vvm_outcome wrong_element(struct vvm_call *call, const struct vvm_type_test *test, const char *what,
                                      vvm_value value)
{
    const char *got = vvm_symbols_text(call->vm->symbols, vvm_type_of(call->vm->known, value)->name);
    return vvm_throw(call, VVM_T_TYPE_ERROR, "%s<%s> does not take a %s", what, test->text, got);
}

bool vbn_fit_element_slow(struct vvm_call *call, const struct vvm_type_test *test, const char *what, vvm_value *value)
{
    if (test->kind == VVM_TEST_FLOAT && vvm_is_number(*value))
        *value = vvm_float((double)value->number);
    if (vvm_test_passes(test, *value))
        return true;
    wrong_element(call, test, what, *value);
    vvm_release(*value);
    return false;
}

static void not_sendable(struct vvm_call *call, const struct vvm_text_builder *path)
{
    if (path->failed)
        vvm_throw_memory(call);
    else
        vvm_throw(call, VVM_T_NOT_SENDABLE_ERROR, "%.*s", (int)path->length, path->length != 0 ? path->data : "");
}

bool vbn_make_sendable_slow(struct vvm_call *call, vvm_value value, const char *root_name)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    bool sendable = vvm_share(value, root_name, &path);
    if (!sendable) {
        not_sendable(call, &path);
        vvm_release(value);
    }
    vvm_text_drop(&path);
    return sendable;
}

vvm_value vbn_send_error(struct vvm_vm *vm, enum vbn_send_error variant)
{
    vvm_value error = {.tag = VVM_TAG_ID(VVM_VARIANT, variant), .object = vm->known[VVM_T_SEND_ERROR]};
    return vvm_err(error);
}
