#include "vm/exec/error.h"

#include "vm/exec/step.h"

#include <string.h>
#include <stdlib.h>

bool vvm_is_error(vvm_value v)
{
    return vvm_is_plain(v, VVM_INSTANCE) && ((struct vvm_record *)v.object)->type->is_error;
}

bool vvm_error_is(struct vvm_vm *vm, vvm_value v, enum vvm_type_id type)
{
    return vvm_is_plain(v, VVM_INSTANCE) && vvm_type_extends(((struct vvm_record *)v.object)->type, vm->known[type]);
}

const struct vvm_type *vvm_error_known(const struct vvm_type *type)
{
    while (type->id >= VVM_TYPE_FIRST_FREE)
        type = type->parent;
    return type;
}

/* What a field of its class holds unless something else is given. */
static vvm_value own_default(const struct vvm_vm *vm, enum vvm_type_id id, uint32_t own)
{
    if (id == VVM_T_AGGREGATE_ERROR)
        return vm->empty_list;
    if (id == VVM_T_CANCELLATION_ERROR)
        return own == VVM_CANCELLATION_TIME ? vvm_float(0.0) : vvm_string_from_c(own == 0 ? "cancelled" : "");
    return vvm_string_from_c(own == 0 ? "Other" : "");
}

/* The fields every error has, and those of its class. */
static void fill(struct vvm_vm *vm, struct vvm_fiber *fiber, struct vvm_record *record, vvm_value message)
{
    vvm_value trace = vvm_trace_capture(vm, fiber);
    record->fields[VVM_ERROR_MESSAGE] = message;
    record->fields[VVM_ERROR_CAUSE] = vvm_none();
    record->fields[VVM_ERROR_SUPPRESSED] = vm->empty_list;
    record->fields[VVM_ERROR_TRACE] = vvm_is_unset(trace) ? vvm_void() : trace;
    const struct vvm_type *known = vvm_error_known(record->type);
    for (uint32_t i = VVM_ERROR_FIELDS; i < known->field_count; i++)
        record->fields[i] = own_default(vm, known->id, i - VVM_ERROR_FIELDS);
}

void vvm_error_prepare(struct vvm_vm *vm, struct vvm_fiber *fiber, struct vvm_record *record)
{
    fill(vm, fiber, record, vvm_string_from_c(""));
}

static void finish(vvm_value error)
{
    struct vvm_object *object = error.object;
    uint8_t flags = atomic_load_explicit(&object->flags, memory_order_relaxed); /* exclusive */
    atomic_store_explicit(&object->flags, flags & (uint8_t)~VVM_FLAG_UNFINISHED, memory_order_relaxed);
}

vvm_value vvm_error_make(struct vvm_vm *vm, struct vvm_fiber *fiber, struct vvm_type *type, vvm_value owned_message)
{
    vvm_value error = vvm_is_unset(owned_message) ? owned_message : vvm_instance_new(type);
    if (vvm_is_unset(error)) {
        vvm_release(owned_message);
        return vm->memory_error;
    }
    fill(vm, fiber, error.object, owned_message);
    finish(error);
    return error;
}

vvm_value vvm_error_newv(struct vvm_vm *vm, struct vvm_call *call, enum vvm_type_id type, const char *format,
                         va_list args)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_text_add_formatv(&text, format, args);
    return vvm_error_make(vm, call != NULL ? call->fiber : NULL, vm->known[type], vvm_text_finish(&text));
}

vvm_value vvm_error_new(struct vvm_vm *vm, struct vvm_call *call, enum vvm_type_id type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vvm_value error = vvm_error_newv(vm, call, type, format, args);
    va_end(args);
    return error;
}

vvm_value vvm_error_from_thrown(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value v)
{
    if (!vvm_is_string(v))
        return v;
    return vvm_error_make(vm, fiber, vm->known[VVM_T_ERROR], v);
}

/* An error that may be changed; consumes the other one. */
static vvm_value own_copy(vvm_value error)
{
    struct vvm_record *record = error.object;
    vvm_value copy = vvm_instance_new(record->type);
    if (vvm_is_unset(copy))
        return error;
    for (uint32_t i = 0; i < record->type->field_count + record->type->hidden_count; i++)
        ((struct vvm_record *)copy.object)->fields[i] = vvm_retain(record->fields[i]);
    finish(copy);
    vvm_release(error);
    return copy;
}

vvm_value vvm_error_suppress(vvm_value error, vvm_value suppressed)
{
    if (vvm_is_error(error) && !vvm_is_unique(error.object))
        error = own_copy(error);
    if (!vvm_is_error(error) || !vvm_is_unique(error.object)) {
        vvm_release(suppressed);
        return error;
    }
    vvm_value *list = &((struct vvm_record *)error.object)->fields[VVM_ERROR_SUPPRESSED];
    vvm_value longer = vvm_list_append(*list, suppressed);
    *list = vvm_is_unset(longer) ? vvm_void() : longer;
    return error;
}

/* ---- Text ---- */

static void add_head(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out)
{
    if (!vvm_is_error(error)) {
        if (vvm_text_whole(error, false, out) != VVM_TRUE)
            vvm_text_add_c(out, vvm_symbols_text(vm->symbols, vvm_type_of(vm->known, error)->name));
        return;
    }
    struct vvm_record *record = error.object;
    vvm_value message = record->fields[VVM_ERROR_MESSAGE];
    vvm_text_add_c(out, vvm_symbols_text(vm->symbols, record->type->name));
    vvm_text_add_c(out, ": ");
    if (!vvm_is_unset(message) && vvm_text_whole(message, false, out) != VVM_TRUE)
        vvm_text_add_c(out, "?");
}

static void add_trace(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out)
{
    vvm_value lines = vvm_error_trace_lines(vm, error);
    for (size_t i = 0; vvm_is_plain(lines, VVM_LIST) && i < vvm_list_length(lines); i++) {
        vvm_value line = vvm_list_get(lines, i);
        struct vvm_bytes bytes = vvm_string_bytes(&line);
        vvm_text_add_c(out, "  ");
        vvm_text_add(out, bytes.data, bytes.length);
        vvm_text_add_c(out, "\n");
    }
    vvm_release(lines);
}

/* "  asked for by main in f (file.vela:3:5), 0.120s after the start" */
static void add_request(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out)
{
    if (!vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR))
        return;
    const vvm_value *fields = ((struct vvm_record *)error.object)->fields + VVM_ERROR_FIELDS;
    vvm_value by = fields[VVM_CANCELLATION_BY], place = fields[VVM_CANCELLATION_PLACE],
              time = fields[VVM_CANCELLATION_TIME];
    if (!vvm_is_string(by) || !vvm_is_string(place) || vvm_string_bytes(&by).length == 0)
        return;
    vvm_text_add_c(out, "  asked for by ");
    vvm_text_add_value(out, by);
    vvm_text_add_c(out, vvm_string_bytes(&place).length != 0 ? " in " : "");
    vvm_text_add_value(out, place);
    if (vvm_is_plain(time, VVM_FLOAT))
        vvm_text_add_format(out, ", %.3fs after the start", time.real);
    vvm_text_add_c(out, "\n");
}

static void add_error(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out)
{
    add_head(vm, error, out);
    vvm_text_add_c(out, "\n");
    add_request(vm, error, out);
    if (vvm_is_error(error))
        add_trace(vm, error, out);
}

/* Causes one after another, at most as many as anybody reads. */
void vvm_error_text(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out)
{
    vvm_vm_enter(vm);
    add_error(vm, error, out);
    for (int depth = 0; depth < 16 && vvm_is_error(error); depth++) {
        struct vvm_record *record = error.object;
        vvm_value suppressed = record->fields[VVM_ERROR_SUPPRESSED], cause = record->fields[VVM_ERROR_CAUSE];
        for (size_t i = 0; vvm_is_plain(suppressed, VVM_LIST) && i < vvm_list_length(suppressed) && i < 16; i++) {
            vvm_text_add_c(out, "suppressed: ");
            add_error(vm, vvm_list_get(suppressed, i), out);
        }
        if (vvm_layer(cause) != VVM_LAYER_SOME)
            break;
        error = vvm_peek(cause);
        vvm_text_add_c(out, "caused by ");
        add_error(vm, error, out);
    }
}

void vvm_error_print_uncaught(struct vvm_vm *vm, FILE *file, vvm_value error)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "uncaught ");
    vvm_error_text(vm, error, &out);
    if (out.length != 0) {
        fwrite(out.data, 1, out.length, file);
        fflush(file);
    }
    vvm_text_drop(&out);
}
