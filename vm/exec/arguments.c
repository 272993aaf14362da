/* Fitting arguments to parameters: counts, defaults, rest, and the adaptation of callbacks. */
#include "vm/exec/signature.h"
#include "vm/exec/step.h"

#include <string.h>

static bool too_many(struct vvm_machine *m, const struct vvm_function *function, uint32_t count)
{
    uint32_t hidden = function->flags & VVM_FUNCTION_METHOD ? 1 : 0;
    uint32_t takes = function->parameter_count - hidden;
    vvm_fail(m, VVM_T_ARITY_ERROR, "%s() takes %u argument%s, got %u", function->name, takes, takes == 1 ? "" : "s",
             count - hidden);
    return false;
}

static bool missing(struct vvm_machine *m, const struct vvm_function *function, uint32_t parameter)
{
    vvm_symbol name = function->parameters[parameter].name;
    if (name == VVM_NO_SYMBOL)
        vvm_fail(m, VVM_T_ARITY_ERROR, "%s(): missing argument %u", function->name, parameter + 1);
    else
        vvm_fail(m, VVM_T_ARITY_ERROR, "%s(): missing argument `%s`", function->name,
                 vvm_symbols_text(m->vm->symbols, name));
    return false;
}

/* The arguments from `first` on become a List in args[first]. */
static bool collect_rest(struct vvm_machine *m, vvm_value *args, uint32_t first, uint32_t count, uint32_t *given)
{
    for (uint32_t i = first; i < count && i < VVM_MASK_BITS; i++)
        if (!(*given >> i & 1))
            vvm_retain(args[i]);
    vvm_value list = vvm_list_from(args + first, count > first ? count - first : 0);
    if (first < VVM_MASK_BITS)
        *given = (*given & ((1u << first) - 1)) | 1u << first;
    args[first] = list;
    if (!vvm_is_unset(list))
        return true;
    vvm_fail_memory(m);
    return false;
}

/* Parameters given by name leave holes that are unset: those without default are missing. */
static bool check_given(struct vvm_machine *m, const struct vvm_function *function, const vvm_value *args,
                        uint32_t upto)
{
    for (uint32_t i = 0; i < upto; i++)
        if (VVM_UNLIKELY(vvm_is_unset(args[i])) && !function->parameters[i].has_default)
            return missing(m, function, i);
    return true;
}

bool vvm_bind(struct vvm_machine *m, const struct vvm_function *function, vvm_value *args, uint32_t count,
              uint32_t *given)
{
    bool rest = (function->flags & VVM_FUNCTION_REST) != 0;
    uint32_t places = function->parameter_count - rest;
    uint32_t filled = count;
    bool fits = rest || count <= places ? true : too_many(m, function, count);
    for (; fits && filled < places; filled++)
        args[filled] = vvm_unset();
    if (fits && function->parameters != NULL)
        fits = check_given(m, function, args, places);
    if (!fits) {
        vvm_release_arguments(args, count, *given);
        return false;
    }
    if (rest && !collect_rest(m, args, places, count, given)) {
        vvm_release_arguments(args, places, *given);
        return false;
    }
    uint32_t known = function->parameter_count < VVM_MASK_BITS ? function->parameter_count : VVM_MASK_BITS;
    *given &= (1u << known) - 1;
    return true;
}

/* ---- Built-ins ---- */

const char *vvm_builtin_name(const struct vvm_builtin *row, int *length)
{
    struct vvm_words name = vvm_signature_name(row->signature);
    *length = (int)name.length;
    return name.text;
}

static void builtin_arity(struct vvm_machine *m, const struct vvm_builtin *row, uint32_t count)
{
    int length;
    bool rest;
    const char *name = vvm_builtin_name(row, &length);
    if (count < row->min) {
        struct vvm_words parameter = vvm_signature_parameter(row->signature, count, &rest);
        vvm_fail(m, VVM_T_ARITY_ERROR, "%.*s(): missing argument `%.*s`", length, name, (int)parameter.length,
                 parameter.text);
    } else {
        vvm_fail(m, VVM_T_ARITY_ERROR, "%.*s() takes %u argument%s, got %u", length, name, row->max,
                 row->max == 1 ? "" : "s", count);
    }
}

bool vvm_bind_builtin(struct vvm_machine *m, const struct vvm_builtin *row, vvm_value *args, uint32_t count,
                      uint32_t *given, bool method)
{
    uint32_t own = count - method;
    bool fits = own >= row->min && (row->max == 255 || own <= row->max);
    for (uint32_t i = method; fits && i < row->min + (uint32_t)method; i++)
        fits = !vvm_is_unset(args[i]);
    if (!fits) {
        builtin_arity(m, row, own);
        vvm_release_arguments(args, count, *given);
        return false;
    }
    uint32_t room = row->max == 255 ? count : row->max + (uint32_t)method;
    for (uint32_t i = count; i < room; i++)
        args[i] = vvm_unset();
    for (uint32_t i = 0; i < count && i < VVM_MASK_BITS; i++)
        if (row->consumes >> i & 1 && !(*given >> i & 1)) {
            vvm_retain(args[i]);
            *given |= 1u << i;
        }
    return true;
}

/* ---- Callbacks (language.md 5.4) ---- */

struct limits { uint32_t required, most; bool rest; };

static struct limits limits_of_function(const struct vvm_function *function, bool bound)
{
    uint32_t hidden = bound && function->flags & VVM_FUNCTION_METHOD ? 1 : 0;
    return (struct limits){function->required_count - hidden, function->parameter_count - hidden,
                           (function->flags & VVM_FUNCTION_REST) != 0};
}

static struct limits limits_of(struct vvm_machine *m, vvm_value callee, bool bound)
{
    switch ((uint32_t)(callee.tag & 0xffff)) {
    case VVM_FUNCTION: return limits_of_function(callee.object, bound);
    case VVM_CLOSURE: return limits_of_function(vvm_function_at(m->vm, vvm_tag_id(callee)), bound);
    case VVM_BUILTIN: {
        const struct vvm_builtin *row = callee.object;
        return (struct limits){row->min, row->max, row->max == 255};
    }
    case VVM_BOUND: return limits_of(m, ((struct vvm_bound *)callee.object)->method, true);
    case VVM_TYPE: return limits_of(m, ((struct vvm_type *)callee.object)->constructor, false);
    default: return (struct limits){0, 0, true};
    }
}

/* The one argument, a tuple, becomes its items. */
static bool spread_tuple(struct vvm_machine *m, struct vvm_invoke *call, uint32_t required)
{
    vvm_value *args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
    vvm_value tuple = args[0];
    if (!vvm_is_plain(tuple, VVM_TUPLE) || ((struct vvm_tuple *)tuple.object)->length != required)
        return false;
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + required))
        return false;
    args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
    for (uint32_t i = 0; i < required; i++)
        args[i] = vvm_retain(((struct vvm_tuple *)tuple.object)->items[i]);
    if (call->given & 1)
        vvm_release(tuple);
    call->count = required;
    call->given = 0xffff;
    return true;
}

void vvm_adapt(struct vvm_machine *m, struct vvm_invoke *call)
{
    struct limits limits = limits_of(m, call->callee, false);
    if (limits.rest)
        return;
    if (call->count == 1 && limits.required >= 2 && spread_tuple(m, call, limits.required))
        return;
    if (call->count > limits.most) {
        vvm_value *args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
        for (uint32_t i = limits.most; i < call->count; i++)
            if (i >= VVM_MASK_BITS || call->given >> i & 1)
                vvm_release(args[i]);
        call->count = limits.most;
    }
}
