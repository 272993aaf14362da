/* The prelude's functions (language.md 8.1): assertions, the end of the program, names of types. */
#include "vm/core/output.h"

/* ---- Assertions and the end ---- */

static enum vvm_outcome assert_true(struct vvm_call *call)
{
    bool truth;
    struct vvm_bytes ignored;
    bool given = vvm_has_argument(call, 1);
    if (!vvm_want_bool(call, 0, &truth) || (given && !vvm_want_string(call, 1, &ignored)))
        return VVM_THROW;
    if (truth)
        return vvm_done_void(call);
    vvm_value message = given ? vvm_retain(call->args[1]) : vvm_string_from_c("assertion failed");
    return vvm_throw_message(call, VVM_T_ASSERTION_ERROR, message);
}

static enum vvm_outcome panic(struct vvm_call *call)
{
    struct vvm_bytes text;
    if (!vvm_want_string(call, 0, &text))
        return VVM_THROW;
    return vvm_throw_message(call, VVM_T_PANIC_ERROR, vvm_retain(call->args[0]));
}

static enum vvm_outcome end_process(struct vvm_call *call)
{
    int64_t status;
    if (!vvm_optional_number(call, 0, 0, &status))
        return VVM_THROW;
    vvm_exit_process((int)(status & 0xff));
}

/* ---- Names ---- */

static enum vvm_outcome type_name(struct vvm_call *call)
{
    const char *name = vvm_kind_name(call, call->args[0]);
    return vvm_done_text(call, name, strlen(name));
}

#define PRINT_ROW(text, native, about) \
    {.signature = (text), .function = (native), .max = VVM_REST, .flags = VVM_BUILTIN_FRAME, .slots = 3, .doc = (about)}
static const struct vvm_builtin rows[] = {
    PRINT_ROW("print(...values: Any) -> void", vvm_print,
              "Writes the texts of the values, one space between them, and a line end to standard output: one write, "
              "also where several isolates print."),
    PRINT_ROW("println(...values: Any) -> void", vvm_print, "The same as print."),
    PRINT_ROW("eprint(...values: Any) -> void", vvm_eprint, "The same as print, to standard error."),
    VVM_ROW_E("assert(cond: Bool, message: String = \"assertion failed\") -> void", assert_true, 1, 2,
              "Throws AssertionError with the message unless the condition is true."),
    VVM_ROW_E("panic(message: String) -> never", panic, 1, 1, "Throws PanicError with the message."),
    VVM_ROW_E("exit(status: Number = 0) -> never", end_process, 0, 1,
              "Ends the program at once, with this status modulo 256; no `finally` block runs."),
    VVM_ROW_M("typeOf(v: Any) -> String", type_name, 1, 1,
              "The name of a value's type: `Number`, `List`, the name of its class."),
};

const struct vvm_builtin_group vvm_prelude_functions = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
