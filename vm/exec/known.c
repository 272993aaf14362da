/* The types C code knows, the error classes with their fields among them (language.md 10). */
#include "vm/exec/error.h"
#include "vm/exec/prelude.h"
#include "vm/exec/step.h"
#include "vm/exec/tables.h"

#include <stdlib.h>
#include <string.h>

const uint8_t vvm_kind_types[256] = {
    [VVM_VOID] = VVM_T_VOID,         [VVM_BOOL] = VVM_T_BOOL,         [VVM_NUMBER] = VVM_T_NUMBER,
    [VVM_FLOAT] = VVM_T_FLOAT,       [VVM_TEXT] = VVM_T_STRING,       [VVM_DURATION] = VVM_T_DURATION,
    [VVM_FUNCTION] = VVM_T_FUNCTION, [VVM_BUILTIN] = VVM_T_FUNCTION,  [VVM_CLOSURE] = VVM_T_FUNCTION,
    [VVM_BOUND] = VVM_T_FUNCTION,    [VVM_STRING] = VVM_T_STRING,     [VVM_LIST] = VVM_T_LIST,
    [VVM_DICT] = VVM_T_DICT,         [VVM_SET] = VVM_T_SET,           [VVM_TUPLE] = VVM_T_TUPLE,
    [VVM_RANGE] = VVM_T_RANGE,
};

/* Class, parent: E(child, parent). Parents come first. */
#define ERROR_CLASSES(E) \
    E(ERROR, NO) E(RUNTIME_ERROR, ERROR) E(TYPE_ERROR, RUNTIME_ERROR) E(ARITY_ERROR, TYPE_ERROR) \
    E(VALUE_ERROR, RUNTIME_ERROR) E(ARITHMETIC_ERROR, RUNTIME_ERROR) E(OVERFLOW_ERROR, ARITHMETIC_ERROR) \
    E(DIVISION_BY_ZERO_ERROR, ARITHMETIC_ERROR) E(INDEX_ERROR, RUNTIME_ERROR) E(KEY_ERROR, RUNTIME_ERROR) \
    E(ATTRIBUTE_ERROR, RUNTIME_ERROR) E(ACCESS_ERROR, ATTRIBUTE_ERROR) E(IMMUTABLE_ERROR, RUNTIME_ERROR) \
    E(UNINITIALIZED_ERROR, RUNTIME_ERROR) E(MATCH_ERROR, RUNTIME_ERROR) E(UNWRAP_ERROR, RUNTIME_ERROR) \
    E(PANIC_ERROR, RUNTIME_ERROR) E(STACK_OVERFLOW_ERROR, RUNTIME_ERROR) E(OUT_OF_MEMORY_ERROR, RUNTIME_ERROR) \
    E(MEMORY_LIMIT_ERROR, OUT_OF_MEMORY_ERROR) E(DEADLOCK_ERROR, RUNTIME_ERROR) \
    E(WORKER_POOL_ERROR, RUNTIME_ERROR) E(ISOLATION_ERROR, RUNTIME_ERROR) E(NOT_SENDABLE_ERROR, ISOLATION_ERROR) \
    E(ASSERTION_ERROR, ERROR) E(PARSE_ERROR, ERROR) E(TIMEOUT_ERROR, ERROR) E(CANCELLATION_ERROR, ERROR) \
    E(AGGREGATE_ERROR, ERROR) E(IO_ERROR, ERROR) E(NETWORK_ERROR, ERROR) E(CHANNEL_ERROR, ERROR) \
    E(CHANNEL_CLOSED_ERROR, CHANNEL_ERROR) E(CHANNEL_FULL_ERROR, CHANNEL_ERROR) E(CHANNEL_EMPTY_ERROR, CHANNEL_ERROR) \
    E(ACTOR_ERROR, ERROR) E(ACTOR_STOPPED_ERROR, ACTOR_ERROR) E(MAILBOX_FULL_ERROR, ACTOR_ERROR) \
    E(UNKNOWN_MESSAGE_ERROR, ACTOR_ERROR)

static const char *const type_names[VVM_TYPE_FIRST_FREE] = {
#define VVM_X(id, name) [VVM_T_##id] = name,
    VVM_KNOWN_TYPES(VVM_X)
#undef VVM_X
};

static vvm_symbol intern(struct vvm_vm *vm, const char *text)
{
    return vvm_symbols_intern(vm->symbols, text, strlen(text));
}

static bool is_namespace(enum vvm_type_id id)
{
    return id == VVM_T_MATH || id == VVM_T_TIME || id == VVM_T_DATE || id == VVM_T_FILE || id == VVM_T_ENV ||
           id == VVM_T_JSON || id == VVM_T_WORKER || id == VVM_T_TASK;
}

static bool make_type(struct vvm_vm *vm, enum vvm_type_id id)
{
    struct vvm_type *type = calloc(1, sizeof *type);
    if (type == NULL)
        return false;
    type->id = id;
    type->kind = is_namespace(id) ? VVM_TYPE_NAMESPACE : VVM_TYPE_BUILTIN;
    type->name = intern(vm, type_names[id]);
    type->constructor = type->maker = type->arguments = type->initializer = type->field_initializer = vvm_unset();
    vm->known[id] = type;
    uint32_t index;
    if (type->name == VVM_NO_SYMBOL || !vvm_table_add(&vm->types, &type, &index))
        return false;
    return id == VVM_T_VOID || id == VVM_T_ANY ||
           vvm_prelude_put(vm, type->name, vvm_of_object(VVM_TYPE, type));
}

/* ---- Error classes ---- */

/* Message and cause from args[first] on. */
static void set_fields(struct vvm_call *call, struct vvm_record *record, uint32_t first)
{
    vvm_value message = vvm_is_unset(call->args[first]) ? vvm_string_from_c("") : vvm_take(&call->args[first]);
    vvm_value cause = vvm_is_unset(call->args[first + 1]) ? vvm_none() : vvm_take(&call->args[first + 1]);
    if (vvm_layer(cause) != VVM_LAYER_SOME && !vvm_is_none(cause))
        cause = vvm_some(cause);
    vvm_value *fields = record->fields;
    vvm_release(fields[VVM_ERROR_MESSAGE]);
    vvm_release(fields[VVM_ERROR_CAUSE]);
    fields[VVM_ERROR_MESSAGE] = message;
    fields[VVM_ERROR_CAUSE] = cause;
}

/* How many fields of its own a class takes as arguments: CancellationError's last four are the runtime's
 * (vm/exec/cancel_error.c). */
static uint32_t own_count(const struct vvm_type *type)
{
    return type->field_count - VVM_ERROR_FIELDS - (type->id == VVM_T_CANCELLATION_ERROR ? 4 : 0);
}

/* What a class adds to the common fields: texts, but for AggregateError's `errors`. */
static bool want_own(struct vvm_call *call, const struct vvm_type *type, uint32_t first)
{
    enum vvm_kind list = type->id == VVM_T_AGGREGATE_ERROR ? VVM_LIST : VVM_TEXT;
    struct vvm_bytes text;
    for (uint32_t i = 0; i < own_count(type); i++) {
        uint32_t at = first + 2 + i;
        if (vvm_is_unset(call->args[at]))
            continue;
        if (list == VVM_LIST ? !vvm_want_kind(call, at, list) : !vvm_want_string(call, at, &text))
            return false;
    }
    return true;
}

static void set_own(struct vvm_call *call, const struct vvm_type *type, struct vvm_record *record, uint32_t first)
{
    for (uint32_t i = VVM_ERROR_FIELDS; i < VVM_ERROR_FIELDS + own_count(type); i++) {
        vvm_value *argument = &call->args[first + 2 + i - VVM_ERROR_FIELDS];
        if (vvm_is_unset(*argument))
            continue;
        vvm_release(record->fields[i]);
        record->fields[i] = vvm_take(argument);
    }
}

static enum vvm_outcome error_construct(struct vvm_call *call)
{
    struct vvm_bytes text;
    if (!vvm_want_string(call, 0, &text) || !want_own(call, call->type, 0))
        return VVM_THROW;
    vvm_value error = vvm_error_make(call->vm, call->fiber, call->type, vvm_string_from_c(""));
    if (!vvm_is_unset(call->vm->memory_error) && error.object == call->vm->memory_error.object)
        return vvm_throw_memory(call);
    set_fields(call, error.object, 0);
    set_own(call, call->type, error.object, 0);
    return vvm_return(call, error);
}

/* super(message, cause, ...) of a class that extends an error class: argument 0 is `this`. */
static enum vvm_outcome error_initialize(struct vvm_call *call)
{
    struct vvm_bytes text;
    struct vvm_record *record = call->args[0].object;
    const struct vvm_type *known = vvm_error_known(record->type);
    if ((!vvm_is_unset(call->args[1]) && !vvm_want_string(call, 1, &text)) || !want_own(call, known, 1))
        return VVM_THROW;
    set_fields(call, record, 1);
    set_own(call, known, record, 1);
    return vvm_return(call, vvm_void());
}

static enum vvm_outcome error_stack_trace(struct vvm_call *call)
{
    return vvm_return(call, vvm_error_trace_lines(call->vm, call->args[0]));
}

static enum vvm_outcome error_name(struct vvm_call *call)
{
    struct vvm_type *type = ((struct vvm_record *)call->args[0].object)->type;
    return vvm_return(call, vvm_string_from_c(vvm_symbols_text(call->vm->symbols, type->name)));
}

static const struct vvm_builtin error_rows[] = {
    {.signature = "stackTrace() -> List<String>", .function = error_stack_trace, .flags = VVM_BUILTIN_PROPERTY,
     .doc = "Where the error was made: one line for each call."},
    {.signature = "name() -> String", .function = error_name, .flags = VVM_BUILTIN_PROPERTY,
     .doc = "The name of the error's class."},
};
static const struct vvm_builtin_group error_group = {VVM_T_ERROR, false, error_rows, 2};
/* How a class is made, by T(...) and by super(...) of its sub-classes. */
#define CONSTRUCT(name, own, most, about) \
    {.signature = name "(message: String, cause: Any? = None" own ")", .function = error_construct, \
     .consumes = 0xf, .min = 1, .max = (most), .doc = (about)}
#define INITIALIZE(own, most) \
    {.signature = "super(error: Error, message: String = \"\", cause: Any? = None" own ")", .consumes = 0x1e, \
     .min = 1, .max = (most) + 1, .function = error_initialize, \
     .doc = "What super(...) of a class that extends an error class does."}
#define IO_OWN ", kind: String = \"Other\", path: String = \"\""
#define NETWORK_OWN ", kind: String = \"Other\""
#define MANY_OWN ", errors: List<Any> = []"
#define CANCEL_OWN ", reason: String = \"cancelled\""

static const struct error_shape {
    enum vvm_type_id id;
    const char *fields[6]; /* its own, after the common ones; then NULL */
    struct vvm_builtin construct, initialize;
} shapes[] = {
    {VVM_T_IO_ERROR,
     {"kind", "path"},
     CONSTRUCT("IOError", IO_OWN, 4,
               "Makes an error of files and the like: `.kind` is one of \"FileNotFound\", \"PermissionDenied\", "
               "\"AlreadyExists\", \"NotADirectory\", \"IsADirectory\", \"DirectoryNotEmpty\", \"DiskFull\", "
               "\"UnexpectedEof\", \"Other\"; `.path` is the file's."),
     INITIALIZE(IO_OWN, 4)},
    {VVM_T_NETWORK_ERROR,
     {"kind"},
     CONSTRUCT("NetworkError", NETWORK_OWN, 3, "Makes an error of the network; `.kind` names the case."),
     INITIALIZE(NETWORK_OWN, 3)},
    {VVM_T_AGGREGATE_ERROR,
     {"errors"},
     CONSTRUCT("AggregateError", MANY_OWN, 3, "Makes an error that stands for several, its `.errors`."),
     INITIALIZE(MANY_OWN, 3)},
    {VVM_T_CANCELLATION_ERROR,
     {"reason", "by", "place", "time", "__own"},
     CONSTRUCT("CancellationError", CANCEL_OWN, 3,
               "Makes the error that ends a task; `.reason` says why: \"cancelled\", \"timeout\", \"sibling failed\", "
               "\"shutdown\". Of one that a request made, `.by` names who asked (\"main\", \"worker \"NAME\"\", \"the "
               "deadline of ...\", \"the group of ...\", \"Ctrl-C\"), `.place` the line of the `cancel()` or where the "
               "deadline was set, `.time` is when, in seconds since the start of the program; else they are empty and "
               "0."),
     INITIALIZE(CANCEL_OWN, 3)},
    {VVM_T_ERROR,
     {NULL},
     CONSTRUCT("Error", "", 2,
               "Makes an error of the class that is called. `cause` is what led to it; the trace is that of the call."),
     INITIALIZE("", 2)},
};

/* Error's own shape is also that of every class not listed. */
static const struct error_shape *shape_of(enum vvm_type_id id)
{
    const struct error_shape *shape = shapes;
    while (shape->id != id && shape->id != VVM_T_ERROR)
        shape++;
    return shape;
}

/* E.values() */
static enum vvm_outcome type_values(struct vvm_call *call)
{
    struct vvm_type *type = call->args[0].object;
    vvm_value list = vvm_list_new(type->variant_count, VVM_ELEMENTS_VALUE);
    bool plain = type->kind == VVM_TYPE_ENUM;
    for (uint32_t i = 0; i < type->variant_count; i++)
        plain = plain && type->variants[i].field_count == 0;
    if (!plain) {
        vvm_release(list);
        return vvm_throw(call, VVM_T_ATTRIBUTE_ERROR, "%s has no member `values`", vvm_type_name(type));
    }
    for (uint32_t i = 0; i < type->variant_count && !vvm_is_unset(list); i++)
        list = vvm_list_append(list, (vvm_value){.tag = VVM_TAG_ID(VVM_VARIANT, i), .object = type});
    return vvm_return(call, list);
}

static const struct vvm_builtin type_rows[] = {
    {.signature = "values() -> List", .function = type_values,
     .doc = "The values of an enum whose variants have no payload, in order."},
};
static const struct vvm_builtin_group type_group = {VVM_T_TYPE, false, type_rows, 1};

static vvm_value builtin_value(const struct vvm_builtin *row)
{
    return vvm_of_object(VVM_BUILTIN, (void *)(uintptr_t)row);
}

static bool add_field(struct vvm_vm *vm, struct vvm_type *type, uint32_t slot, const char *name)
{
    type->fields[slot] = (struct vvm_field){.name = intern(vm, name), .has_default = true};
    struct vvm_member member = {.name = type->fields[slot].name, .kind = VVM_MEMBER_FIELD, .slot = slot};
    return member.name != VVM_NO_SYMBOL && vvm_members_put(&type->members, member);
}

static bool copy_members(struct vvm_type *type, const struct vvm_type *parent)
{
    for (uint32_t i = 0; parent->members.slots != NULL && i <= parent->members.mask; i++)
        if (parent->members.slots[i].name != VVM_NO_SYMBOL &&
            !vvm_members_put(&type->members, parent->members.slots[i]))
            return false;
    return true;
}

static bool make_error(struct vvm_vm *vm, enum vvm_type_id id, enum vvm_type_id parent)
{
    static const char *const names[] = {"message", "cause", "suppressed", "__trace"};
    struct vvm_type *type = vm->known[id];
    const struct error_shape *shape = shape_of(id);
    type->kind = VVM_TYPE_CLASS;
    type->is_error = true;
    type->parent = parent == VVM_TYPE_NO_ID ? NULL : vm->known[parent];
    type->field_count = VVM_ERROR_FIELDS;
    while (shape->fields[type->field_count - VVM_ERROR_FIELDS] != NULL)
        type->field_count++;
    type->fields = calloc(type->field_count, sizeof *type->fields);
    bool fine = type->fields != NULL;
    for (uint32_t i = 0; fine && i < VVM_ERROR_FIELDS; i++)
        fine = add_field(vm, type, i, names[i]);
    for (uint32_t i = VVM_ERROR_FIELDS; fine && i < type->field_count; i++)
        fine = add_field(vm, type, i, shape->fields[i - VVM_ERROR_FIELDS]);
    type->constructor = builtin_value(&shape->construct);
    type->initializer = builtin_value(&shape->initialize);
    return fine;
}

#define VVM_T_NO VVM_TYPE_NO_ID
static const struct { enum vvm_type_id id, parent; } error_classes[] = {
#define E(child, up) {VVM_T_##child, VVM_T_##up},
    ERROR_CLASSES(E)
#undef E
};

/* Methods of an error class are found below it, too: each class has its own table. */
static bool inherit(struct vvm_vm *vm, size_t upto)
{
    for (size_t i = 1; i < upto; i++)
        if (!copy_members(vm->known[error_classes[i].id], vm->known[error_classes[i].parent]))
            return false;
    return true;
}

bool vvm_known_create(struct vvm_vm *vm)
{
    struct vvm_type *nobody = NULL;
    uint32_t index;
    bool fine = vvm_table_add(&vm->types, &nobody, &index);
    for (int id = 1; fine && id < VVM_TYPE_FIRST_FREE; id++)
        fine = make_type(vm, (enum vvm_type_id)id);
    size_t count = sizeof error_classes / sizeof *error_classes;
    for (size_t i = 0; fine && i < count; i++)
        fine = make_error(vm, error_classes[i].id, error_classes[i].parent);
    return fine && vvm_registry_add(vm, &error_group) && vvm_registry_add(vm, &type_group);
}

bool vvm_known_inherit(struct vvm_vm *vm)
{
    return inherit(vm, sizeof error_classes / sizeof *error_classes);
}

void vvm_known_destroy(struct vvm_vm *vm)
{
    for (int id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        struct vvm_type *type = vm->known[id];
        if (type == NULL)
            continue;
        vvm_members_drop(&type->members);
        vvm_members_drop(&type->setters);
        vvm_members_drop(&type->statics);
        vvm_members_drop(&type->static_setters);
        free(type->fields);
        free(type);
        vm->known[id] = NULL;
    }
}
