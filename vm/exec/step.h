/* Private to vm/exec: the slow halves of the instructions, and what they share.
 *
 * A step is called with the machine's state saved: the running frame is on top of the fiber's stack and its pc
 * points behind the instruction; `at` points to the instruction. It answers GO (go on with whatever frame is on top
 * now), THROW (machine->error is set), PARK or ENDED (of the fiber; the loop looks for its starter). A step that throws
 * has released the operands its instruction consumes. */
#ifndef VVM_STEP_H
#define VVM_STEP_H

#include "vm/exec/error.h"
#include "vm/exec/interpreter.h"

#define VVM_LIKELY(x) __builtin_expect(!!(x), 1)
#define VVM_UNLIKELY(x) __builtin_expect(!!(x), 0)

enum vvm_step { VVM_STEP_GO, VVM_STEP_THROW, VVM_STEP_PARK, VVM_STEP_ENDED };

static inline uint32_t vvm_a(const uint32_t *at) { return *at >> 8 & 0xff; }
static inline uint32_t vvm_b(const uint32_t *at) { return *at >> 16 & 0xff; }
static inline uint32_t vvm_c(const uint32_t *at) { return *at >> 24; }
static inline uint32_t vvm_bx(const uint32_t *at) { return *at >> 16; }
static inline vvm_value *vvm_registers(const struct vvm_machine *m) { return vvm_fiber_registers(m->fiber); }
static inline struct vvm_frame *vvm_top(const struct vvm_machine *m) { return vvm_fiber_frame(m->fiber); }

/* Copies a register by halves, as most of them have just been written: a load of 16 bytes would wait for both
 * stores. */
static inline void vvm_copy_value(vvm_value *to, const vvm_value *from)
{
    uint64_t tag = from->tag, bits = from->bits;
    __asm__("" : "+r"(tag)); /* nor do loops put the halves together */
    to->tag = tag;
    to->bits = bits;
}

/* ---- throw.c ---- */
enum vvm_step vvm_fail(struct vvm_machine *m, enum vvm_type_id type, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
enum vvm_step vvm_fail_value(struct vvm_machine *m, vvm_value owned);
enum vvm_step vvm_fail_memory(struct vvm_machine *m) __attribute__((cold));
const char *vvm_name_of_type(struct vvm_machine *m, vvm_value v);
/* The same beside what a test wants: of an ActorRef the actor's type, where the test asks for one. */
const char *vvm_name_for_test(struct vvm_machine *m, const struct vvm_type_test *test, vvm_value v);
/* Stores a result that may be unset for out of memory. */
/* The cell, module variable or `state` field that the instructions from `next` on overwrite with the String, List, Dict
 * or Set in `reg`; nothing in between reads it or can throw. NULL: none. */
vvm_value *vvm_overwritten(struct vvm_machine *m, const uint32_t *next, uint32_t reg, enum vvm_kind kind);
/* A collection of count 2 is about to be changed by append, set or add (a List's index and element, a Dict's or Set's
 * key and value in args). If the other count is that of a place which is then overwritten, and the change cannot fail,
 * the place is void until then and the collection changes in place. Else nothing happens. */
void vvm_leave_place(struct vvm_machine *m, const uint32_t *next, uint32_t reg, const vvm_value *args, uint32_t count);
/* The same for x + y of Lists; x is owned. */
void vvm_leave_place_to_join(struct vvm_machine *m, const uint32_t *next, uint32_t reg, vvm_value x, vvm_value y);

/* The text of a builder into a register; ValueError if it is longer than a String can be. */
enum vvm_step vvm_store_text(struct vvm_machine *m, uint32_t dst, struct vvm_text_builder *text);
enum vvm_step vvm_fail_too_long(struct vvm_machine *m);
static inline enum vvm_step vvm_store(struct vvm_machine *m, uint32_t dst, vvm_value v)
{
    if (VVM_UNLIKELY(vvm_is_unset(v)))
        return vvm_fail_memory(m);
    vvm_registers(m)[dst] = v;
    return VVM_STEP_GO;
}

/* ---- unwind.c ---- */
/* Finds the handler for machine->error, releasing what the frames on the way own. GO: a frame goes on; ENDED: none
 * did. */
enum vvm_step vvm_unwind(struct vvm_machine *m);
/* Releases everything the top frame owns but its callee's result, and pops it. */
void vvm_frame_drop(struct vvm_machine *m);
/* The same without popping it. */
void vvm_frame_release(struct vvm_machine *m);
/* What a frame that does not run owns, copied to `out`; at most its size and one. Returns how many. */
size_t vvm_frame_values(const struct vvm_frame *frame, const vvm_value *registers, vvm_value *out);
/* Slots of its registers. */
size_t vvm_frame_size(const struct vvm_frame *frame);
static inline bool vvm_frame_is_generator(const struct vvm_frame *frame)
{
    return (frame->flags & (VVM_FRAME_NATIVE | VVM_FRAME_GENERATOR)) == VVM_FRAME_GENERATOR;
}
/* The top frame has returned or thrown through: only parameters and callee are left to release. */
void vvm_frame_finish(struct vvm_machine *m);

/* ---- invoke.c: calling any value ---- */
struct vvm_invoke {
    vvm_value callee;     /* owned iff owns_callee */
    uint32_t window;      /* register of the header; arguments from window + 3 */
    uint32_t count;
    uint32_t given;       /* bit i: argument i owned; from VVM_MASK_BITS on all are */
    uint16_t dst;
    uint16_t flags;       /* VVM_FRAME_* of the new frame: action */
    bool owns_callee;
    bool tail;            /* the running frame is left */
    bool adapt;           /* language.md 5.4: callbacks */
    bool method;          /* a built-in's argument 0 is the receiver */
    bool take_over;       /* ACALL: an async function continues in this fiber */
    struct vvm_type *type; /* constructor of this type */
};
enum vvm_step vvm_invoke(struct vvm_machine *m, struct vvm_invoke *call);
enum vvm_step vvm_invoke_function(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function);
/* Pushes the function's frame; its registers are there and its parameters bound. */
enum vvm_step vvm_enter(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function);
enum vvm_step vvm_invoke_builtin(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row);
/* Calls with arguments that stand nowhere yet: they are put above the frame. `owned`: all of them are given. */
enum vvm_step vvm_invoke_with(struct vvm_machine *m, vvm_value callee, bool owns_callee, const vvm_value *args,
                              uint32_t count, bool owned, bool method, uint16_t dst, uint16_t flags);
enum vvm_step vvm_invoke_core(struct vvm_machine *m, enum vvm_core_function which, const vvm_value *borrowed,
                              uint32_t count, uint16_t dst, uint16_t flags);
/* unite.c: the same with arguments that are the callee's from now on, also when this fails. */
enum vvm_step vvm_invoke_core_owned(struct vvm_machine *m, enum vvm_core_function which, const vvm_value *owned,
                                    uint32_t count, uint32_t dst);
/* A Dict or Set with the entries of another one, a Set without its members; into register `dst`. */
enum vvm_step vvm_unite(struct vvm_machine *m, uint32_t dst, vvm_value owned_table, vvm_value other);
enum vvm_step vvm_subtract(struct vvm_machine *m, uint32_t dst, vvm_value owned_set, vvm_value other);
void vvm_release_arguments(vvm_value *args, uint32_t count, uint32_t given);
/* Makes sure that `slots` registers fit above the running frame's registers. */
bool vvm_reserve(struct vvm_machine *m, size_t slots);
enum vvm_step vvm_stack_overflow(struct vvm_machine *m);

/* ---- arguments.c ---- */
/* Checks the count, fills defaults with unset, collects the rest. On false the arguments are released. */
bool vvm_bind(struct vvm_machine *m, const struct vvm_function *function, vvm_value *args, uint32_t count,
              uint32_t *given);
bool vvm_bind_builtin(struct vvm_machine *m, const struct vvm_builtin *row, vvm_value *args, uint32_t count,
                      uint32_t *given, bool method);
void vvm_adapt(struct vvm_machine *m, struct vvm_invoke *call);
const char *vvm_builtin_name(const struct vvm_builtin *row, int *length);

/* named.c: puts named and spread arguments into the callee's order; the shape's first `skipped` arguments are gone
 * (a receiver that was dropped). On false call's arguments are still there, with an error. */
bool vvm_arrange(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_shape *shape, uint32_t skipped);

/* ---- leave.c: results ---- */
/* The top frame returns an owned value. */
enum vvm_step vvm_leave(struct vvm_machine *m, vvm_value value);
enum vvm_step vvm_leave_checked(struct vvm_machine *m, vvm_value value);
/* The frame below got a result with the given action. */
enum vvm_step vvm_deliver(struct vvm_machine *m, uint16_t dst, uint16_t flags, vvm_value value);
/* Stores or branches on the truth an instruction found. */
enum vvm_step vvm_decide(struct vvm_machine *m, uint16_t dst, uint16_t flags, bool truth);

/* ---- native.c: frames of built-ins ---- */
/* Takes what a built-in charges from the turn. */
void vvm_pay(struct vvm_machine *m);
static inline void vvm_pay_elements(struct vvm_machine *m, size_t elements)
{
    int32_t reductions = (int32_t)(elements / VVM_ELEMENTS_PER_REDUCTION);
    m->budget = m->budget > reductions ? m->budget - reductions : 0;
}
/* The same for so many bytes of text that an instruction has copied: a reduction each. */
#define VVM_PAID_BYTES (VVM_BYTES_PER_ELEMENT * VVM_ELEMENTS_PER_REDUCTION)
static inline void vvm_pay_bytes(struct vvm_machine *m, size_t bytes)
{
    int32_t reductions = (int32_t)(bytes / VVM_PAID_BYTES);
    m->budget = m->budget > reductions ? m->budget - reductions : 0;
}
/* The same for the parts that comparisons and hashes have looked at since. */
void vvm_pay_walks(struct vvm_machine *m);
enum vvm_step vvm_native_step(struct vvm_machine *m);
/* What follows a leaf built-in called in the loop that did not simply succeed. */
enum vvm_step vvm_builtin_finish(struct vvm_machine *m, const struct vvm_builtin *row, uint32_t window, uint32_t count,
                                 enum vvm_outcome outcome, uint16_t dst, bool method, bool tail);
enum vvm_step vvm_native_push(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row);
/* The same for a built-in that was called as a leaf (arguments and slots stand already) and answered PARK or CALL. */
enum vvm_step vvm_native_continue(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row,
                                  enum vvm_outcome outcome);
/* The wait of the frame on top is over and nobody wants what came of it: unlinks it. */
void vvm_native_abandon(struct vvm_machine *m);
size_t vvm_native_size(const struct vvm_frame *frame);

/* ---- tasks.c: fibers that start and end ---- */
enum vvm_step vvm_async_start(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function);
enum vvm_step vvm_fiber_end(struct vvm_machine *m, vvm_value value, bool threw);

/* A fiber that has been cancelled is about to wait, its record armed and registered: it will get the error instead.
 * False: the wait has been decided already, its result is on the way. */
bool vvm_fiber_interrupt(struct vvm_machine *m, struct vvm_fiber *fiber, vvm_value error);
/* The running fiber waits from now on: the time is noted in its wait record, for reports. */
void vvm_fiber_note_wait(struct vvm_machine *m);
/* Awaits an owned Future in a native frame above the running one; the result as `flags` say. */
enum vvm_step vvm_await_push(struct vvm_machine *m, vvm_value owned, uint16_t dst, uint16_t flags);

/* ---- member.c ---- */
struct vvm_found { struct vvm_type *type; struct vvm_member *member; bool of_type; /* static: no receiver */ };
enum vvm_step vvm_get_static(struct vvm_machine *m, const struct vvm_found *found, uint32_t dst);
bool vvm_find_member(struct vvm_machine *m, vvm_value v, vvm_symbol name, struct vvm_found *found);
/* The value of a member that is no method: a static, a variant, a field, a Dict's key; retained. False: there is
 * none. */
bool vvm_member_value(struct vvm_machine *m, vvm_value v, vvm_symbol name, vvm_value *value);
vvm_value vvm_find_method(struct vvm_machine *m, vvm_value v, enum vvm_name name); /* unset: none by a user class */
/* A module variable, from code that has found it by name: the value, owned; false: thrown. Setting one that is `state`
 * consumes the value. */
bool vvm_global_get(struct vvm_machine *m, uint32_t index, vvm_value *value);
enum vvm_step vvm_global_set(struct vvm_machine *m, uint32_t index, vvm_value value);
bool vvm_check_field(struct vvm_machine *m, const struct vvm_type *type, const struct vvm_field *field,
                     vvm_value *value);
enum vvm_step vvm_bad_key(struct vvm_machine *m, vvm_value key);
/* The Dict in register `dst` gets an entry; consumes key and value. */
enum vvm_step vvm_dict_put(struct vvm_machine *m, uint32_t dst, vvm_value key, vvm_value value);

/* The tests that a look at the tag and the type decides; false: ask vvm_test_passes. */
static inline bool vvm_passes_at_once(const struct vvm_type_test *test, vvm_value v)
{
    /* kind of the values that pass + 1 */
    static const uint8_t kinds[VVM_TEST_ACTOR + 1] = {
        [VVM_TEST_VOID] = VVM_VOID + 1,   [VVM_TEST_NUMBER] = VVM_NUMBER + 1, [VVM_TEST_FLOAT] = VVM_FLOAT + 1,
        [VVM_TEST_BOOL] = VVM_BOOL + 1,   [VVM_TEST_STRING] = VVM_TEXT + 1,   [VVM_TEST_LIST] = VVM_LIST + 1,
        [VVM_TEST_DICT] = VVM_DICT + 1,   [VVM_TEST_SET] = VVM_SET + 1,       [VVM_TEST_RANGE] = VVM_RANGE + 1,
        [VVM_TEST_DURATION] = VVM_DURATION + 1,
    };
    uint32_t kind = (uint32_t)(v.tag & 0xffff);
    if (VVM_LIKELY(kinds[test->kind] == kind + 1))
        return true;
    if (test->kind == VVM_TEST_NOMINAL)
        return (kind == VVM_INSTANCE || kind == VVM_STRUCT || kind == VVM_ENUM) &&
               ((const struct vvm_record *)v.object)->type == test->type;
    if (test->kind == VVM_TEST_FUNCTION)
        return kind == VVM_CLOSURE || kind == VVM_FUNCTION;
    return (test->kind == VVM_TEST_STRING && kind == VVM_STRING) || test->kind == VVM_TEST_ANY;
}

/* ---- the instructions' slow halves: one per group, by opcode ---- */
typedef enum vvm_step vvm_step_function(struct vvm_machine *m, const uint32_t *at);
vvm_step_function vvm_step_call, vvm_step_callf, vvm_step_callm, vvm_step_calls, vvm_step_named, vvm_step_again,
    vvm_step_more;
vvm_step_function vvm_step_arith, vvm_step_bits, vvm_step_negate, vvm_step_equal, vvm_step_order;
vvm_step_function vvm_step_getfield, vvm_step_setfield, vvm_step_rset, vvm_step_tupget, vvm_step_index, vvm_step_lset;
vvm_step_function vvm_step_make, vvm_step_closure, vvm_step_new, vvm_step_text, vvm_step_variable;
vvm_step_function vvm_step_wrap, vvm_step_pattern, vvm_step_match_fail, vvm_step_check, vvm_step_test;
vvm_step_function vvm_step_await, vvm_step_throw, vvm_step_not_bool, vvm_step_bad;
vvm_step_function vvm_step_generate, vvm_step_iterate, vvm_step_yield, vvm_step_delegate;

/* enum vvm_type_id by enum vvm_kind, for values without layer (known.c). */
extern const uint8_t vvm_kind_types[256];

/* Member with its site's cache: the type of a value as fast paths see it; NULL: look it up slowly. */
static inline struct vvm_type *vvm_quick_type(const struct vvm_vm *vm, vvm_value v)
{
    uint32_t kind = (uint32_t)(v.tag & 0xff);
    if (VVM_LIKELY((v.tag & 0xff00) == 0)) {
        if (kind == VVM_INSTANCE || kind == VVM_STRUCT || kind == VVM_ENUM)
            return ((struct vvm_record *)v.object)->type;
        if (kind == VVM_HANDLE)
            return ((struct vvm_handle *)v.object)->type;
        return vm->known[vvm_kind_types[kind]];
    }
    return NULL;
}

/* Symbols of member sites: the cache word. */
#define VVM_SITE_SLOW 0x80000000u /* GETFIELD: the low half is no field slot */
static inline struct vvm_site *vvm_site_at(const struct vvm_vm *vm, uint32_t index) 
{
    return vvm_table_item(&vm->sites, index, sizeof(struct vvm_site));
}
void vvm_site_remember(struct vvm_site *site, uint32_t type_id, uint32_t low);

#endif
