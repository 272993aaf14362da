/* The module system:test and its host: reports, tasks that may be cancelled, tests of types that are values. */
#include "vm_bindings/test.h"

#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm_bindings/binding.h"

#include <string.h>

#define FIELDS_MAX 8

static enum vvm_outcome no_host(struct vvm_call *call)
{
    return vvm_throw(call, VVM_T_RUNTIME_ERROR, "nobody runs tests here");
}

static enum vvm_outcome wants(struct vvm_call *call)
{
    struct vvm_test_host *host = call->vm->test_host;
    struct vvm_bytes name;
    if (host == NULL)
        return no_host(call);
    if (!vvm_want_string(call, 0, &name))
        return VVM_THROW;
    return vbn_done_bool(call, host->wants(host, name));
}

static enum vvm_outcome tell(struct vvm_call *call)
{
    struct vvm_test_host *host = call->vm->test_host;
    struct vvm_bytes fields[FIELDS_MAX];
    vvm_value texts[FIELDS_MAX];
    size_t count = 0;
    if (host == NULL)
        return no_host(call);
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    for (; count < FIELDS_MAX && count < vvm_list_length(call->args[0]); count++) {
        texts[count] = vvm_list_get(call->args[0], count); /* short texts lie in the value itself */
        fields[count] = vvm_string_bytes(&texts[count]);
    }
    host->tell(host, fields, count);
    return vbn_done_void(call);
}

static enum vvm_outcome watch(struct vvm_call *call)
{
    struct vvm_test_host *host = call->vm->test_host;
    if (host == NULL)
        return no_host(call);
    call->vm->running_test = vvm_promise_of(call->args[0]);
    host->watch(host, vvm_promise_of(call->args[0]));
    return vbn_done_void(call);
}

static enum vvm_outcome failures(struct vvm_call *call)
{
    return vbn_done_number(call, atomic_load_explicit(&call->vm->failures, memory_order_relaxed)); /* only counted */
}

static const char *type_name(struct vvm_call *call, vvm_value value)
{
    return vvm_type_name(vvm_type_of(call->vm->known, value));
}

static enum vvm_outcome is_of(struct vvm_call *call)
{
    if (!vvm_is_plain(call->args[1], VVM_TYPE))
        return vvm_throw(call, VVM_T_TYPE_ERROR, "wanted a type, got %s", type_name(call, call->args[1]));
    struct vvm_type *type = call->args[1].object;
    bool structural = type->kind == VVM_TYPE_INTERFACE;
    struct vvm_type_test test = {.kind = structural ? VVM_TEST_INTERFACE : VVM_TEST_NOMINAL, .type = type};
    return vbn_done_bool(call, vvm_test_passes(&test, call->args[0]));
}

static enum vvm_outcome is_named(struct vvm_call *call)
{
    struct vvm_bytes name;
    bool found = false;
    if (!vvm_want_string(call, 1, &name))
        return VVM_THROW;
    const struct vvm_type *type = vvm_type_of(call->vm->known, call->args[0]);
    for (; type != NULL && !found; type = type->parent) {
        const char *own = vvm_type_name(type);
        found = strlen(own) == name.length && memcmp(own, name.data, name.length) == 0;
    }
    return vbn_done_bool(call, found);
}

static const struct vvm_builtin functions[] = {
    VBN_ROW("__testWants(name: String) -> Bool", wants, 1, 1, "Is the test to be run?"),
    VBN_ROW("__testTell(event: List<String>) -> void", tell, 1, 1, "Reports to the host."),
    VBN_ROW("__testWatch(task: Any) -> void", watch, 1, 1, "The host may cancel the task of this Future; void: none."),
    VBN_ROW("__unobserved() -> Number", failures, 0, 0, "Errors nobody observed so far."),
    VBN_ROW("__isOf(value: Any, type: Any) -> Bool", is_of, 2, 2, "The test `is`, for a type that is a value."),
    VBN_ROW("__isNamed(value: Any, name: String) -> Bool", is_named, 2, 2, "Has its type, or one above it, that name?"),
};
const struct vvm_builtin_group vbn_test_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
