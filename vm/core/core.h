/* Private to vm/core: what the files of built-ins share.
 *
 * Answers (`vvm_done_*`), arguments of the usual shapes, and the texts of the usual errors. All of it runs inside a
 * built-in's call; nothing here outlives it or costs more than the value it makes. */
#ifndef VVM_CORE_H
#define VVM_CORE_H

#include "vm/core/builtin.h"
#include "vm/exec/error.h"

#include <string.h>

#define VVM_ROWS(array) (array), sizeof(array) / sizeof *(array)

/* Rows: M a pure method or function with n (to m) arguments; C likewise, with consumed arguments; P a property;
 * E one that is called for its effect. */
#define VVM_ROW_M(text, native, least, most, about) \
    {.signature = (text), .function = (native), .min = (least), .max = (most), .flags = VVM_BUILTIN_PURE, \
     .doc = (about)}
#define VVM_ROW_C(text, native, eaten, least, most, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (least), .max = (most), \
     .flags = VVM_BUILTIN_PURE, .doc = (about)}
#define VVM_ROW_P(text, native, about) \
    {.signature = (text), .function = (native), .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_PROPERTY, .doc = (about)}
#define VVM_ROW_E(text, native, least, most, about) \
    {.signature = (text), .function = (native), .min = (least), .max = (most), .doc = (about)}
/* A frame that may call back. */
#define VVM_ROW_F(text, native, eaten, least, most, own_slots, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (least), .max = (most), \
     .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_FRAME, .slots = (own_slots), .doc = (about)}
/* As C and F, for append, set and add of collections. */
#define VVM_ROW_G(text, native, eaten, arguments, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (arguments), .max = (arguments), \
     .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_GROWS, .doc = (about)}
#define VVM_ROW_FG(text, native, eaten, arguments, about) \
    {.signature = (text), .function = (native), .consumes = (eaten), .min = (arguments), .max = (arguments), \
     .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_FRAME | VVM_BUILTIN_GROWS, .doc = (about)}
#define VVM_REST 255

/* ---- Answers ---- */
static inline enum vvm_outcome vvm_done(struct vvm_call *call, vvm_value owned)
{
    call->result = owned;
    return VVM_DONE;
}
/* Have walks, or tables that move, done as much as a turn is worth? Then a portion ends early. */
static inline bool vvm_owes_a_turn(void)
{
    return vrt_thread_cache.work >= VVM_PORTION * 4;
}
static inline enum vvm_outcome vvm_done_number(struct vvm_call *call, int64_t n)
{
    return vvm_done(call, vvm_number(n));
}
static inline enum vvm_outcome vvm_done_float(struct vvm_call *call, double d) { return vvm_done(call, vvm_float(d)); }
static inline enum vvm_outcome vvm_done_bool(struct vvm_call *call, bool b) { return vvm_done(call, vvm_bool(b)); }
static inline enum vvm_outcome vvm_done_void(struct vvm_call *call) { return vvm_done(call, vvm_void()); }
static inline enum vvm_outcome vvm_done_none(struct vvm_call *call) { return vvm_done(call, vvm_none()); }
static inline enum vvm_outcome vvm_done_some(struct vvm_call *call, vvm_value owned)
{
    return vvm_return(call, vvm_is_unset(owned) ? owned : vvm_some(owned));
}
static inline enum vvm_outcome vvm_done_ok(struct vvm_call *call, vvm_value owned)
{
    return vvm_return(call, vvm_is_unset(owned) ? owned : vvm_ok(owned));
}
static inline enum vvm_outcome vvm_done_text(struct vvm_call *call, const char *text, size_t length)
{
    return vvm_return(call, vvm_string_new(text, length));
}
/* Some(index), or None for a negative one. */
static inline enum vvm_outcome vvm_done_place(struct vvm_call *call, int64_t index)
{
    return index < 0 ? vvm_done_none(call) : vvm_done(call, vvm_some(vvm_number(index)));
}
/* The text of a builder; ValueError if it is longer than a String can be. */
enum vvm_outcome vvm_done_built(struct vvm_call *call, struct vvm_text_builder *text);
/* Err(error of a known class). */
enum vvm_outcome vvm_done_error(struct vvm_call *call, enum vvm_type_id type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "There is a class that defines it: go the slow way": what intrinsics answer to the core library, which asks
 * `__slow(x)`; also the default of parameters whose absence must be told from every value. */
vvm_value vvm_slow_mark(void);
bool vvm_is_slow_mark(vvm_value v);
static inline enum vvm_outcome vvm_done_slow(struct vvm_call *call) { return vvm_done(call, vvm_slow_mark()); }

/* Has another built-in called with the first `count` of call->callee_args (owned), which has the slots for what takes
 * long. */
static inline enum vvm_outcome vvm_hand_over(struct vvm_call *call, const struct vvm_builtin *row, uint32_t count,
                                             uint32_t stage)
{
    call->callee = vvm_builtin_value(row);
    call->callee_count = count;
    call->stage = stage;
    return VVM_CALL;
}

/* ---- Arguments: false = thrown ---- */
/* `n: Number = fallback`. */
bool vvm_optional_number(struct vvm_call *call, uint32_t index, int64_t fallback, int64_t *out);
/* A Number that must not be negative. */
bool vvm_want_count(struct vvm_call *call, uint32_t index, size_t *out);
/* List, Set, Range or Tuple as an owned List. */
bool vvm_want_items(struct vvm_call *call, uint32_t index, vvm_value *owned_list);
/* Number or Float; *exact: it was a Number. */
bool vvm_want_numeric(struct vvm_call *call, uint32_t index, int64_t *number, double *real, bool *exact);

/* Does making a List of these items take long? Then vvm_items_row does it, of its one argument. */
bool vvm_items_take_long(vvm_value v);
extern const struct vvm_builtin vvm_items_row;
static inline enum vvm_outcome vvm_ask_items(struct vvm_call *call, uint32_t index, uint32_t stage)
{
    call->callee_args[0] = vvm_retain(call->args[index]);
    return vvm_hand_over(call, &vvm_items_row, 1, stage);
}

/* The same without a call: unset without memory; `*fits` false if `v` is no such collection. */
vvm_value vvm_items_of(vvm_value borrowed, bool *fits);
vvm_value vvm_range_items(const struct vvm_range *range, uint64_t count);

/* ---- Errors with their usual texts ---- */
enum vvm_outcome vvm_throw_index(struct vvm_call *call, int64_t index, uint64_t length, const char *what);
enum vvm_outcome vvm_throw_too_long(struct vvm_call *call);
/* An error whose message is a text of the program, whatever is in it; Owns: consumes the message. */
enum vvm_outcome vvm_throw_message(struct vvm_call *call, enum vvm_type_id type, vvm_value owned_message);
/* Err(ParseError): `not a Number: "1x"`, with as much of the value's text as fits a line. */
enum vvm_outcome vvm_done_not_a(struct vvm_call *call, const char *what, vvm_value v);
enum vvm_outcome vvm_throw_overflow(struct vvm_call *call, const char *what);
enum vvm_outcome vvm_throw_not_key(struct vvm_call *call, vvm_value key);
enum vvm_outcome vvm_throw_unordered(struct vvm_call *call, vvm_value a, vvm_value b);
const char *vvm_kind_name(const struct vvm_call *call, vvm_value v);
/* Text form as it would be printed, or the type's name where a class would have to be asked. */
void vvm_text_short(const struct vvm_call *call, vvm_value v, struct vvm_text_builder *out);

/* ---- Calls of the core library's helpers (frames only) ---- */
/* Has the helper called with the first `count` of call->callee_args (owned); the built-in goes on at `stage`. */
enum vvm_outcome vvm_call_core(struct vvm_call *call, enum vvm_core_function which, uint32_t count, uint32_t stage);
/* Has the Generator in args[index] drained into a List. */
enum vvm_outcome vvm_call_generated(struct vvm_call *call, uint32_t index, uint32_t stage);
/* What the helper gave. */
static inline vvm_value vvm_take_resumed(struct vvm_call *call) { return vvm_take(&call->resumed); }

/* Parameters without default, -1 if it has a rest parameter or cannot be told. */
int vvm_arity(const struct vvm_vm *vm, vvm_value callable);
bool vvm_is_callable(vvm_value v);

/* ---- Walks over whole values (whole_value.c) ---- */
vvm_value vvm_walk_handle(struct vvm_call *call); /* a handle that owns a new walk; unset without memory */
struct vvm_walk *vvm_walk_of(vvm_value handle);

/* ---- Memory that a built-in needs while it works: its isolate is charged for it; NULL may be given back, too ---- */
static inline void *vvm_scratch(size_t size) { return vrt_alloc(size); }
static inline void vvm_scratch_free(void *memory, size_t size)
{
    if (memory != NULL)
        vrt_free(memory, size);
}

/* ---- Parts of whole values (intrinsics.c, value_text.c) ---- */
const struct vvm_type *vvm_record_type(vvm_value v); /* of a struct, enum value or instance; else NULL */
size_t vvm_parts_of(vvm_value v);                    /* content of a layer, elements, items, fields, entries; else 0 */
vvm_value vvm_part_at(vvm_value v, size_t i);        /* borrowed; not of Dicts and Sets */

/* ---- Numbers and texts (number.c, float.c) ---- */
bool vvm_read_number(struct vvm_bytes text, int radix, int64_t *out);
bool vvm_float_of_text(struct vvm_bytes text, double *out);
/* floor, ceil ... of a Float as a Number: OverflowError if it does not fit. */
enum vvm_outcome vvm_done_whole(struct vvm_call *call, double d);
bool vvm_power(int64_t base, int64_t exponent, int64_t *out); /* false: overflow */
bool vvm_gcd(int64_t a, int64_t b, int64_t *out);             /* false: overflow */

/* ---- Characters (char.c) ---- */
bool vvm_char_is_space(uint32_t c); /* Unicode White_Space */
bool vvm_char_is_letter(uint32_t c);
bool vvm_char_is_digit(uint32_t c);
bool vvm_char_is_upper(uint32_t c);
bool vvm_char_is_lower(uint32_t c);
uint32_t vvm_char_upper(uint32_t c);
uint32_t vvm_char_lower(uint32_t c);

/* ---- Output and process (output.c) ---- */
_Noreturn void vvm_exit_process(int status);

#endif
