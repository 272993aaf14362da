/* Named and spread arguments: putting them where the callee has its parameters. */
#include "vm/core/core.h"
#include "vm/exec/signature.h"
#include "vm/exec/step.h"

#include <stdlib.h>
#include <string.h>

/* What a callee's parameters are called. */
struct target {
    const struct vvm_function *function;
    const struct vvm_builtin *row;
    const char *what;   /* the name of its type, where it has no parameters because it cannot be called */
    uint32_t hidden;    /* receivers among the arguments or to be inserted that have no name */
};

enum { OPTION_MARK, OPTION_NAME, OPTION_VALUE, OPTION_PARTS };

struct arranged {
    vvm_value *values;  /* by parameter; unset: not given */
    uint32_t count, capacity;
};

static struct target target_of(struct vvm_machine *m, vvm_value callee, bool method, bool bound);

static struct target target_of_type(struct vvm_machine *m, const struct vvm_type *type)
{
    if (vvm_is_unset(type->constructor))
        return (struct target){.what = vvm_type_name(type)};
    return target_of(m, type->constructor, false, false);
}

static struct target target_of(struct vvm_machine *m, vvm_value callee, bool method, bool bound)
{
    switch ((uint32_t)(callee.tag & 0xffff)) {
    case VVM_FUNCTION: return (struct target){.function = callee.object, .hidden = bound};
    case VVM_CLOSURE: return (struct target){.function = vvm_function_at(m->vm, vvm_tag_id(callee)), .hidden = bound};
    case VVM_BUILTIN: return (struct target){.row = callee.object, .hidden = bound || !method ? 0 : 1};
    case VVM_BOUND: return target_of(m, ((struct vvm_bound *)callee.object)->method, false, true);
    case VVM_TYPE: return target_of_type(m, callee.object);
    default: return (struct target){.what = vvm_name_of_type(m, callee)};
    }
}

/* Parameters of the core library have both spellings (language.md 8), those of programs the one they were given. */
static bool is_called(struct vvm_machine *m, const struct vvm_function *function, vvm_symbol parameter, vvm_symbol name)
{
    const struct vvm_symbols *symbols = m->vm->symbols;
    if (parameter == name || parameter == VVM_NO_SYMBOL || !(function->flags & VVM_FUNCTION_CORE))
        return parameter == name;
    return vvm_same_spelling(vvm_symbols_text(symbols, parameter), vvm_symbols_length(symbols, parameter),
                             vvm_symbols_text(symbols, name), vvm_symbols_length(symbols, name));
}

static bool find_in_function(struct vvm_machine *m, const struct target *target, vvm_symbol name, uint32_t *index)
{
    const struct vvm_function *function = target->function;
    for (uint32_t i = target->hidden; i < function->parameter_count; i++)
        if (is_called(m, function, function->parameters[i].name, name) && !function->parameters[i].is_rest) {
            *index = i - target->hidden;
            return true;
        }
    return false;
}

static bool find_in_builtin(struct vvm_machine *m, const struct target *target, vvm_symbol name, uint32_t *index)
{
    const char *text = vvm_symbols_text(m->vm->symbols, name);
    size_t length = vvm_symbols_length(m->vm->symbols, name);
    for (uint32_t i = 0;; i++) {
        bool rest;
        struct vvm_words parameter = vvm_signature_parameter(target->row->signature, i, &rest);
        if (parameter.length == 0)
            return false;
        if (!rest && vvm_same_spelling(text, length, parameter.text, parameter.length)) {
            *index = i + target->hidden;
            return true;
        }
    }
}

static bool find_parameter(struct vvm_machine *m, const struct target *target, vvm_symbol name, uint32_t *index)
{
    if (target->function != NULL)
        return find_in_function(m, target, name, index);
    return target->row != NULL && find_in_builtin(m, target, name, index);
}

static bool fail_named(struct vvm_machine *m, const struct target *target, const char *what, vvm_symbol name)
{
    int length = 0;
    const char *callee = "it";
    if (target->function != NULL) {
        callee = target->function->name;
        length = (int)strlen(callee);
    } else if (target->row != NULL) {
        callee = vvm_builtin_name(target->row, &length);
    }
    vvm_fail(m, VVM_T_ARITY_ERROR, "%.*s(): %s `%s`", length, callee, what, vvm_symbols_text(m->vm->symbols, name));
    return false;
}

static bool make_room(struct arranged *out, uint32_t count)
{
    if (count <= out->capacity)
        return true;
    uint32_t capacity = count * 2;
    vvm_value *values = realloc(out->values, capacity * sizeof *values);
    if (values == NULL)
        return false;
    for (uint32_t i = out->capacity; i < capacity; i++)
        values[i] = vvm_unset();
    out->values = values;
    out->capacity = capacity;
    return true;
}

static bool put(struct vvm_machine *m, struct arranged *out, uint32_t index, vvm_value borrowed)
{
    if (index >= UINT16_MAX) {
        vvm_fail(m, VVM_T_ARITY_ERROR, "a call has at most %u arguments, spread ones included", UINT16_MAX);
        return false;
    }
    if (!make_room(out, index + 1)) {
        vvm_fail_memory(m);
        return false;
    }
    out->values[index] = vvm_retain(borrowed);
    if (out->count <= index)
        out->count = index + 1;
    return true;
}

static bool put_named(struct vvm_machine *m, const struct target *target, struct arranged *out, vvm_symbol name,
                      vvm_value v);

/* (mark, name, value), as put_option makes it, is an argument by name again. */
static bool put_item(struct vvm_machine *m, const struct target *target, struct arranged *out, vvm_value item)
{
    const struct vvm_tuple *option = item.object;
    if (!vvm_is_plain(item, VVM_TUPLE) || option->length != OPTION_PARTS ||
        !vvm_is_slow_mark(option->items[OPTION_MARK]))
        return put(m, out, out->count, item);
    struct vvm_bytes name = vvm_string_bytes(&option->items[OPTION_NAME]);
    return put_named(m, target, out, vvm_symbols_find(m->vm->symbols, name.data, name.length),
                     option->items[OPTION_VALUE]);
}

static bool put_spread(struct vvm_machine *m, const struct target *target, struct arranged *out, vvm_value v)
{
    if (vvm_is_plain(v, VVM_LIST)) {
        const struct vvm_list *list = v.object;
        for (uint64_t i = 0; i < list->length; i++)
            if (!put_item(m, target, out, vvm_list_get_fast(list, i)))
                return false;
        return true;
    }
    if (vvm_is_plain(v, VVM_TUPLE)) {
        const struct vvm_tuple *tuple = v.object;
        for (uint64_t i = 0; i < tuple->length; i++)
            if (!put(m, out, out->count, tuple->items[i]))
                return false;
        return true;
    }
    vvm_fail(m, VVM_T_TYPE_ERROR, "... wants a List or Tuple, got %s", vvm_name_of_type(m, v));
    return false;
}

/* A function of the core library with a rest parameter finds what it has no parameter for at the end of the rest, as
 * (mark, name, value): so options may follow any number of arguments. */
static bool takes_options(const struct target *target)
{
    const uint32_t both = VVM_FUNCTION_CORE | VVM_FUNCTION_REST;
    return target->function != NULL && (target->function->flags & both) == both;
}

static bool put_option(struct vvm_machine *m, struct arranged *out, vvm_symbol name, vvm_value v)
{
    const char *text = vvm_symbols_text(m->vm->symbols, name);
    vvm_value parts[OPTION_PARTS] = {vvm_slow_mark(), vvm_string_from_c(text), vvm_retain(v)}, option = vvm_unset();
    if (vvm_is_unset(parts[OPTION_NAME]))
        vvm_release(v);
    else
        option = vvm_tuple_from(parts, OPTION_PARTS);
    if (vvm_is_unset(option)) {
        vvm_fail_memory(m);
        return false;
    }
    bool fine = put(m, out, out->count, option);
    vvm_release(option);
    return fine;
}

static bool put_named(struct vvm_machine *m, const struct target *target, struct arranged *out, vvm_symbol name,
                      vvm_value v)
{
    uint32_t index = 0;
    if (target->function == NULL && target->row == NULL) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "%s cannot be called", target->what);
        return false;
    }
    if (!find_parameter(m, target, name, &index))
        return takes_options(target) ? put_option(m, out, name, v) : fail_named(m, target, "unknown argument", name);
    if (index < out->count && !vvm_is_unset(out->values[index]))
        return fail_named(m, target, "argument given twice:", name);
    return put(m, out, index, v);
}

static bool arrange_all(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_shape *shape, uint32_t skipped,
                        struct arranged *out)
{
    struct target target = target_of(m, call->callee, call->method, false);
    const vvm_value *args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
    for (uint32_t i = 0; i < call->count; i++) {
        const struct vvm_shape_argument *argument = &shape->arguments[i + skipped];
        bool fine = argument->spread                ? put_spread(m, &target, out, args[i])
                    : argument->name != VVM_NO_SYMBOL ? put_named(m, &target, out, argument->name, args[i])
                                                      : put(m, out, out->count, args[i]);
        if (!fine)
            return false;
    }
    return true;
}

bool vvm_arrange(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_shape *shape, uint32_t skipped)
{
    struct arranged out = {0};
    bool fine = arrange_all(m, call, shape, skipped, &out);
    if (fine && !vvm_reserve(m, call->window + VVM_FRAME_HEADER + out.count)) {
        vvm_stack_overflow(m);
        fine = false;
    }
    if (fine) {
        vvm_value *args = vvm_registers(m) + call->window + VVM_FRAME_HEADER;
        vvm_release_arguments(args, call->count, call->given);
        if (out.count != 0)
            memcpy(args, out.values, out.count * sizeof *args);
        call->count = out.count;
        call->given = 0xffff;
    } else {
        for (uint32_t i = 0; i < out.count; i++)
            vvm_release(out.values[i]);
    }
    free(out.values);
    return fine;
}
