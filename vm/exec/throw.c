#include "vm/exec/step.h"

#include <stdarg.h>

enum vvm_step vvm_fail(struct vvm_machine *m, enum vvm_type_id type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    m->error = vvm_error_newv(m->vm, &m->call, type, format, args);
    va_end(args);
    return VVM_STEP_THROW;
}

enum vvm_step vvm_fail_value(struct vvm_machine *m, vvm_value owned)
{
    m->error = owned;
    return VVM_STEP_THROW;
}

enum vvm_step vvm_fail_memory(struct vvm_machine *m)
{
    return vvm_fail_value(m, m->vm->memory_error);
}

enum vvm_step vvm_fail_too_long(struct vvm_machine *m)
{
    return vvm_fail(m, VVM_T_VALUE_ERROR, VVM_TOO_LONG_TEXT, VVM_STRING_BYTES_MAX);
}

enum vvm_step vvm_store_text(struct vvm_machine *m, uint32_t dst, struct vvm_text_builder *text)
{
    bool too_long = text->too_long;
    vvm_value string = vvm_text_finish(text);
    return too_long ? vvm_fail_too_long(m) : vvm_store(m, dst, string);
}

const char *vvm_name_of_type(struct vvm_machine *m, vvm_value v)
{
    struct vvm_type *type = vvm_type_of(m->vm->known, v);
    return vvm_symbols_text(m->vm->symbols, type->name);
}

const char *vvm_name_for_test(struct vvm_machine *m, const struct vvm_type_test *test, vvm_value v)
{
    const struct vvm_handle *handle = vvm_is_plain(v, VVM_HANDLE) ? v.object : NULL;
    const struct vvm_type *of = handle != NULL && handle->ops->of != NULL ? handle->ops->of(handle) : NULL;
    return test->kind == VVM_TEST_ACTOR && of != NULL ? vvm_type_name(of) : vvm_name_of_type(m, v);
}

enum vvm_step vvm_step_throw(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value thrown = vvm_registers(m)[vvm_a(at)];
    return vvm_fail_value(m, vvm_error_from_thrown(m->vm, m->fiber, thrown));
}
