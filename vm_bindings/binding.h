/* What the files of the bindings share: the tables of their classes, answers, and arguments of usual shapes.
 *
 * A binding is a class of Vela over something of the runtime: a handle holds a reference to it and gives it
 * back when its last count goes, on whichever thread that is. Each class has a file; all tables are listed in
 * groups.c. Nothing here has state of its own. */
#ifndef VBN_BINDING_H
#define VBN_BINDING_H

#include "vm/core/builtin.h"
#include "vm/exec/isolate.h"
#include "vm/value/type.h"

/* A table of rows as a group: type VVM_TYPE_NO_ID is the prelude. */
#define VBN_GROUP(id, of_type, table) \
    {.type = (id), .statics = (of_type), .rows = (table), .count = sizeof(table) / sizeof *(table)}
/* Rows: a method or function with `least` to `most` arguments; P: may be written without (). */
#define VBN_ROW(text, native, least, most, about) \
    {.signature = (text), .function = (native), .min = (least), .max = (most), .doc = (about)}
#define VBN_ROW_C(text, native, eaten, least, most, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (least), .max = (most), .doc = (about)}
/* The same with a short way. */
#define VBN_ROW_Q(text, native, short_way, eaten, least, most, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (least), .max = (most), \
     .quick = (short_way), .doc = (about)}
#define VBN_ROW_P(text, native, about) \
    {.signature = (text), .function = (native), .flags = VVM_BUILTIN_PROPERTY, .doc = (about)}

extern const struct vvm_builtin_group vbn_worker_statics, vbn_worker_functions, vbn_pool_statics, vbn_pool_methods,
    vbn_division_functions, vbn_promise_statics, vbn_promise_methods, vbn_future_statics, vbn_future_methods,
    vbn_future_methods_of_promise, vbn_future_functions, vbn_gate_functions, vbn_channel_statics, vbn_channel_methods,
    vbn_channel_functions, vbn_sender_methods, vbn_receiver_methods, vbn_time_statics, vbn_time_functions,
    vbn_atomic_statics, vbn_atomic_methods, vbn_select_functions, vbn_task_statics, vbn_task_functions,
    vbn_actor_functions, vbn_actor_methods, vbn_actor_message_functions, vbn_actor_wave_functions, vbn_test_functions;

/* ---- Answers ---- */
static inline enum vvm_outcome vbn_done(struct vvm_call *call, vvm_value owned)
{
    call->result = owned;
    return VVM_DONE;
}
static inline enum vvm_outcome vbn_done_void(struct vvm_call *call) { return vbn_done(call, vvm_void()); }
static inline enum vvm_outcome vbn_done_bool(struct vvm_call *call, bool b) { return vbn_done(call, vvm_bool(b)); }
static inline enum vvm_outcome vbn_done_number(struct vvm_call *call, int64_t n)
{
    return vbn_done(call, vvm_number(n));
}
static inline enum vvm_outcome vbn_done_none(struct vvm_call *call) { return vbn_done(call, vvm_none()); }

/* ---- Arguments and values ---- */

/* `x: Number? = None`: *given tells whether there is one. False = thrown. */
bool vbn_optional_number(struct vvm_call *call, uint32_t index, bool *given, int64_t *out);

/* The hidden argument `__test`, the number of an element type, as what a handle's aux keeps of it: the
 * address of the type's test, which lives as long as the VM; 0 = any value. False = thrown. */
bool vbn_element_test(struct vvm_call *call, uint32_t index, uint64_t *test);

/* Fits an owned value to an element type: a Number becomes a Float where that is wanted. False = TypeError
 * is thrown and the value released. `what`: "Channel" or "Promise", for the message. */
bool vbn_fit_element_slow(struct vvm_call *call, const struct vvm_type_test *test, const char *what, vvm_value *value);
static inline bool vbn_fit_element(struct vvm_call *call, uint64_t aux, const char *what, vvm_value *value)
{
    const struct vvm_type_test *test = (const struct vvm_type_test *)(uintptr_t)aux;
    return test == NULL || (test->kind == VVM_TEST_NUMBER && vvm_is_number(*value)) ||
           vbn_fit_element_slow(call, test, what, value);
}

/* Checks an owned value for crossing and marks it. False = NotSendableError is thrown and the value
 * released. */
bool vbn_make_sendable_slow(struct vvm_call *call, vvm_value value, const char *root_name);
static inline bool vbn_make_sendable(struct vvm_call *call, vvm_value value, const char *root_name)
{
    return !vvm_is_heap(value) || vbn_make_sendable_slow(call, value, root_name);
}

/* The variant of SendError as the inside of an Err. */
enum vbn_send_error { VBN_CHANNEL_FULL, VBN_CHANNEL_CLOSED, VBN_MAILBOX_FULL, VBN_ACTOR_STOPPED };
vvm_value vbn_send_error(struct vvm_vm *vm, enum vbn_send_error variant);

#endif
