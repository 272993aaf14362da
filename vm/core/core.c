#include "vm/core/core.h"

#include "vm/value/hooks.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- Answers ---- */

enum vvm_outcome vvm_done_error(struct vvm_call *call, enum vvm_type_id type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vvm_value error = vvm_error_newv(call->vm, call, type, format, args);
    va_end(args);
    return vvm_return(call, vvm_err(error));
}

enum vvm_outcome vvm_done_built(struct vvm_call *call, struct vvm_text_builder *text)
{
    bool too_long = text->too_long;
    vvm_value string = vvm_text_finish(text);
    return too_long ? vvm_throw_too_long(call) : vvm_return(call, string);
}

#define SHOWN_MAX 60u /* bytes of a text in a message */

/* Where the beginning of a text that is shown ends: between code points. */
static size_t shown_length(struct vvm_bytes text)
{
    size_t end = SHOWN_MAX;
    if (text.length <= end)
        return text.length;
    while (end > 0 && ((unsigned char)text.data[end] & 0xc0) == 0x80)
        end--;
    return end;
}

static void add_shown(const struct vvm_call *call, vvm_value v, struct vvm_text_builder *out)
{
    size_t before = out->length, length;
    bool whole;
    if (vvm_is_string(v)) {
        struct vvm_bytes text = vvm_string_bytes(&v);
        length = shown_length(text);
        whole = length == text.length;
        vvm_text_quoted(text.data, length, out);
    } else {
        vvm_text_short(call, v, out);
        length = shown_length((struct vvm_bytes){out->data + before, out->length - before});
        whole = length == out->length - before;
        out->length = before + length;
    }
    vvm_text_add_c(out, whole ? "" : "…");
}

enum vvm_outcome vvm_done_not_a(struct vvm_call *call, const char *what, vvm_value v)
{
    struct vvm_text_builder message;
    vvm_text_init(&message);
    vvm_text_add_format(&message, "not a %s: ", what);
    add_shown(call, v, &message);
    struct vvm_type *type = call->vm->known[VVM_T_PARSE_ERROR];
    return vvm_done(call, vvm_err(vvm_error_make(call->vm, call->fiber, type, vvm_text_finish(&message))));
}

static enum vvm_outcome absent(struct vvm_call *call)
{
    return vvm_done_void(call);
}

static const struct vvm_builtin slow_rows[] = {
    VVM_ROW_M("__absent()", absent, 0, 0, "The slow mark; also stands for an argument that was not given."),
};

const struct vvm_builtin_group vvm_core_mark = {VVM_TYPE_NO_ID, false, VVM_ROWS(slow_rows)};

vvm_value vvm_slow_mark(void)
{
    return (vvm_value){.tag = VVM_BUILTIN, .object = (void *)(uintptr_t)slow_rows};
}

bool vvm_is_slow_mark(vvm_value v)
{
    return v.tag == VVM_BUILTIN && v.object == slow_rows;
}

/* ---- Arguments ---- */

bool vvm_optional_number(struct vvm_call *call, uint32_t index, int64_t fallback, int64_t *out)
{
    *out = fallback;
    return !vvm_has_argument(call, index) || vvm_want_number(call, index, out);
}

bool vvm_want_count(struct vvm_call *call, uint32_t index, size_t *out)
{
    int64_t n;
    if (!vvm_want_number(call, index, &n))
        return false;
    if (n < 0) {
        vvm_throw(call, VVM_T_VALUE_ERROR, "%.*s() does not take the negative number %lld",
                  (int)strcspn(call->builtin->signature, "("), call->builtin->signature, (long long)n);
        return false;
    }
    *out = (size_t)n;
    return true;
}

vvm_value vvm_range_items(const struct vvm_range *range, uint64_t count)
{
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_NUMBER);
    for (uint64_t i = 0; i < count && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_number(vvm_range_at(range, i)));
    return list;
}

static vvm_value set_items(vvm_value set)
{
    const struct vvm_dict *table = set.object;
    vvm_value list = vvm_list_new(table->size, VVM_ELEMENTS_VALUE);
    uint64_t cursor = 0;
    size_t entry;
    while (!vvm_is_unset(list) && vvm_dict_next(set, &cursor, &entry))
        list = vvm_list_append_fast(list, vvm_retain(table->entries[entry].key));
    return list;
}

static vvm_value tuple_items(const struct vvm_tuple *tuple)
{
    for (uint64_t i = 0; i < tuple->length; i++)
        vvm_retain(tuple->items[i]);
    return vvm_list_from(tuple->items, tuple->length);
}

vvm_value vvm_items_of(vvm_value v, bool *fits)
{
    *fits = true;
    if (vvm_is_plain(v, VVM_LIST))
        return vvm_retain(v);
    if (vvm_is_plain(v, VVM_RANGE))
        return vvm_range_items(v.object, ((struct vvm_range *)v.object)->length);
    if (vvm_is_plain(v, VVM_SET))
        return set_items(v);
    if (vvm_is_plain(v, VVM_TUPLE))
        return tuple_items(v.object);
    *fits = false;
    return vvm_unset();
}

bool vvm_want_items(struct vvm_call *call, uint32_t index, vvm_value *owned_list)
{
    bool fits;
    *owned_list = vvm_items_of(call->args[index], &fits);
    if (!fits)
        return vvm_want_kind(call, index, VVM_LIST);
    if (vvm_is_unset(*owned_list))
        vvm_throw_memory(call);
    return !vvm_is_unset(*owned_list);
}

bool vvm_want_numeric(struct vvm_call *call, uint32_t index, int64_t *number, double *real, bool *exact)
{
    *exact = !vvm_is_float(call->args[index]);
    if (!*exact) {
        *real = call->args[index].real;
        return true;
    }
    if (!vvm_want_number(call, index, number))
        return false;
    *real = (double)*number;
    return true;
}

/* ---- Errors ---- */

const char *vvm_kind_name(const struct vvm_call *call, vvm_value v)
{
    const struct vvm_type *type = vvm_type_of(call->vm->known, v);
    return vvm_symbols_text(call->vm->symbols, type->name);
}

void vvm_text_short(const struct vvm_call *call, vvm_value v, struct vvm_text_builder *out)
{
    size_t before = out->length;
    if (vvm_text(v, true, out) == VVM_TRUE)
        return;
    out->length = before;
    vvm_text_add_c(out, vvm_kind_name(call, v));
}

enum vvm_outcome vvm_throw_index(struct vvm_call *call, int64_t index, uint64_t length, const char *what)
{
    return vvm_throw(call, VVM_T_INDEX_ERROR, "index %lld is out of bounds for a %s of length %llu", (long long)index,
                     what, (unsigned long long)length);
}

enum vvm_outcome vvm_throw_too_long(struct vvm_call *call)
{
    return vvm_throw(call, VVM_T_VALUE_ERROR, VVM_TOO_LONG_TEXT, VVM_STRING_BYTES_MAX);
}

enum vvm_outcome vvm_throw_message(struct vvm_call *call, enum vvm_type_id type, vvm_value owned_message)
{
    return vvm_throw_value(call, vvm_error_make(call->vm, call->fiber, call->vm->known[type], owned_message));
}

enum vvm_outcome vvm_throw_overflow(struct vvm_call *call, const char *what)
{
    return vvm_throw(call, VVM_T_OVERFLOW_ERROR, "the result of %s does not fit into a Number", what);
}

enum vvm_outcome vvm_throw_not_key(struct vvm_call *call, vvm_value key)
{
    if (vvm_is_float(key) && key.real != key.real)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "NaN cannot be a key");
    return vvm_throw(call, VVM_T_TYPE_ERROR, "%s cannot be a key: its equality can change or has no matching hash",
                     vvm_kind_name(call, key));
}

enum vvm_outcome vvm_throw_unordered(struct vvm_call *call, vvm_value a, vvm_value b)
{
    return vvm_throw(call, VVM_T_TYPE_ERROR, "%s and %s have no order", vvm_kind_name(call, a), vvm_kind_name(call, b));
}

/* ---- Calls ---- */

enum vvm_outcome vvm_call_core(struct vvm_call *call, enum vvm_core_function which, uint32_t count, uint32_t stage)
{
    struct vvm_function *function = call->vm->core[which];
    if (function == NULL) {
        for (uint32_t i = 0; i < count; i++)
            vvm_release(vvm_take(&call->callee_args[i]));
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "the core library is not loaded");
    }
    call->callee = (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function};
    call->callee_count = count;
    call->stage = stage;
    return VVM_CALL;
}

enum vvm_outcome vvm_call_generated(struct vvm_call *call, uint32_t index, uint32_t stage)
{
    call->callee_args[0] = vvm_retain(call->args[index]);
    return vvm_call_core(call, VVM_CORE_GENERATED, 1, stage);
}

bool vvm_is_callable(vvm_value v)
{
    return vvm_is_plain(v, VVM_FUNCTION) || vvm_is_plain(v, VVM_CLOSURE) || vvm_is_plain(v, VVM_BOUND) ||
           vvm_is_plain(v, VVM_BUILTIN) || vvm_is_plain(v, VVM_TYPE);
}

static int function_arity(const struct vvm_function *function)
{
    return function->flags & VVM_FUNCTION_REST ? -1 : (int)function->required_count;
}

int vvm_arity(const struct vvm_vm *vm, vvm_value callable)
{
    switch (vvm_kind(callable)) {
    case VVM_FUNCTION: return function_arity(callable.object);
    case VVM_CLOSURE: return function_arity(vvm_function_at(vm, vvm_tag_id(callable)));
    case VVM_BUILTIN: {
        const struct vvm_builtin *row = callable.object;
        return row->max == VVM_REST ? -1 : row->min;
    }
    case VVM_BOUND: {
        vvm_value method = ((struct vvm_bound *)callable.object)->method;
        int arity = vvm_arity(vm, method);
        return vvm_kind(method) == VVM_BUILTIN || arity <= 0 ? arity : arity - 1;
    }
    case VVM_TYPE: {
        vvm_value constructor = ((struct vvm_type *)callable.object)->constructor;
        return vvm_kind(constructor) == VVM_FUNCTION || vvm_kind(constructor) == VVM_BUILTIN
                   ? vvm_arity(vm, constructor)
                   : -1;
    }
    default: return -1;
    }
}
