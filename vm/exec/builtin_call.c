/* What built-ins call to look at their arguments and to give results and errors (vm/core/builtin.h). */
#include "vm/exec/signature.h"
#include "vm/exec/step.h"

#include <math.h>
#include <stdarg.h>

enum vvm_outcome vvm_throw(struct vvm_call *call, enum vvm_type_id error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->result = vvm_error_newv(call->vm, call, error, format, args);
    va_end(args);
    return VVM_THROW;
}

enum vvm_outcome vvm_throw_value(struct vvm_call *call, vvm_value owned_error)
{
    call->result = owned_error;
    return VVM_THROW;
}

enum vvm_outcome vvm_throw_memory(struct vvm_call *call)
{
    return vvm_throw_value(call, call->vm->memory_error);
}

enum vvm_outcome vvm_return(struct vvm_call *call, vvm_value owned)
{
    if (VVM_UNLIKELY(vvm_is_unset(owned)))
        return vvm_throw_memory(call);
    call->result = owned;
    return VVM_DONE;
}

/* ---- Arguments ---- */

static bool wrong(struct vvm_call *call, uint32_t index, const char *wanted)
{
    int length;
    bool rest;
    const char *name = vvm_builtin_name(call->builtin, &length);
    vvm_value v = call->args[index];
    bool intrinsic = length > 2 && name[0] == '_' && name[1] == '_'; /* a name that programs do not know */
    const char *got = vvm_is_unset(v) ? "nothing"
                                      : vvm_symbols_text(call->vm->symbols, vvm_type_of(call->vm->known, v)->name);
    uint32_t hidden = call->is_method;
    struct vvm_words parameter = {"", 0};
    if (index >= hidden)
        parameter = vvm_signature_parameter(call->builtin->signature, index - hidden, &rest);
    if (intrinsic)
        vvm_throw(call, VVM_T_TYPE_ERROR, "wanted a %s, got %s", wanted, got);
    else if (parameter.length != 0)
        vvm_throw(call, VVM_T_TYPE_ERROR, "%.*s(): `%.*s` must be a %s, got %s", length, name, (int)parameter.length,
                  parameter.text, wanted, got);
    else
        vvm_throw(call, VVM_T_TYPE_ERROR, "%.*s(): wants a %s, got %s", length, name, wanted, got);
    return false;
}

bool vvm_want_number(struct vvm_call *call, uint32_t index, int64_t *out)
{
    if (!vvm_is_number(call->args[index]))
        return wrong(call, index, "Number");
    *out = call->args[index].number;
    return true;
}

bool vvm_want_float(struct vvm_call *call, uint32_t index, double *out)
{
    vvm_value v = call->args[index];
    if (!vvm_is_number(v) && !vvm_is_float(v))
        return wrong(call, index, "Float");
    *out = vvm_is_float(v) ? v.real : (double)v.number;
    return true;
}

bool vvm_want_bool(struct vvm_call *call, uint32_t index, bool *out)
{
    if (!vvm_is_bool(call->args[index]))
        return wrong(call, index, "Bool");
    *out = call->args[index].number != 0;
    return true;
}

bool vvm_want_string(struct vvm_call *call, uint32_t index, struct vvm_bytes *out)
{
    if (!vvm_is_string(call->args[index]))
        return wrong(call, index, "String");
    *out = vvm_string_bytes(&call->args[index]);
    return true;
}

static const char *kind_name(struct vvm_call *call, enum vvm_kind kind)
{
    return vvm_symbols_text(call->vm->symbols, call->vm->known[vvm_kind_types[kind]]->name);
}

bool vvm_want_kind(struct vvm_call *call, uint32_t index, enum vvm_kind kind)
{
    return vvm_is_plain(call->args[index], kind) || wrong(call, index, kind_name(call, kind));
}

static bool time_of(struct vvm_call *call, double nanoseconds, int64_t *out)
{
    if (isnan(nanoseconds) || nanoseconds < 0) {
        vvm_throw(call, VVM_T_VALUE_ERROR, isnan(nanoseconds) ? "a time cannot be NaN" : "a time cannot be negative");
        return false;
    }
    *out = nanoseconds >= 9.2e18 ? INT64_MAX : (int64_t)ceil(nanoseconds); /* no wait ends before its time */
    return true;
}

/* By type (language.md 8.1): Float seconds, Number milliseconds, Duration. */
bool vvm_want_time(struct vvm_call *call, uint32_t index, int64_t *nanoseconds)
{
    vvm_value v = call->args[index];
    if (vvm_is_number(v)) {
        if (v.number >= 0 && v.number < INT64_MAX / 1000000) {
            *nanoseconds = v.number * 1000000;
            return true;
        }
        return time_of(call, (double)v.number * 1e6, nanoseconds);
    }
    if (vvm_is_float(v))
        return time_of(call, v.real * 1e9, nanoseconds);
    if (!vvm_is_plain(v, VVM_DURATION))
        return wrong(call, index, "Duration, Number of milliseconds or Float of seconds");
    if (v.number < 0)
        return time_of(call, -1, nanoseconds);
    *nanoseconds = v.number;
    return true;
}

bool vvm_want_function(struct vvm_call *call, uint32_t index)
{
    switch ((uint32_t)(call->args[index].tag & 0xffff)) {
    case VVM_FUNCTION:
    case VVM_CLOSURE:
    case VVM_BOUND:
    case VVM_BUILTIN:
    case VVM_TYPE: return true;
    default: return wrong(call, index, "Function");
    }
}

bool vvm_has_argument(struct vvm_call *call, uint32_t index)
{
    vvm_value v = call->args[index];
    if (vvm_is_unset(v) || vvm_is_none(v))
        return false;
    if (vvm_layer(v) != VVM_LAYER_SOME)
        return true;
    if (call->owned >> index & 1 && index < VVM_MASK_BITS)
        call->args[index] = vvm_peel(v);
    else
        call->args[index] = vvm_peek(v);
    return true;
}
