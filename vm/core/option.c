/* Option and Result without functions: language.md 8.10. */
#include "vm/core/core.h"

static bool is_good(vvm_value v)
{
    return vvm_layer(v) == VVM_LAYER_SOME || vvm_layer(v) == VVM_LAYER_OK;
}

static vvm_value content(const struct vvm_call *call)
{
    return vvm_retain(vvm_peek(call->args[0]));
}

static enum vvm_outcome is_good_answer(struct vvm_call *call) { return vvm_done_bool(call, is_good(call->args[0])); }
static enum vvm_outcome is_bad_answer(struct vvm_call *call) { return vvm_done_bool(call, !is_good(call->args[0])); }

/* ---- Unwrapping ---- */

/* UnwrapError: `before`, then the text of what was unwrapped. */
static enum vvm_outcome refuse(struct vvm_call *call, vvm_value v, const char *before)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_text_add_c(&text, before);
    vvm_text_short(call, v, &text);
    return vvm_throw_message(call, VVM_T_UNWRAP_ERROR, vvm_text_finish(&text));
}

static enum vvm_outcome layer_unwrap(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    if (is_good(v))
        return vvm_done(call, vvm_peel(vvm_take(&call->args[0])));
    if (!vvm_is_none(v) && vvm_is_error(vvm_peek(v)))
        return vvm_throw_value(call, content(call));
    return refuse(call, v, "unwrap of ");
}

/* The message alone for None; for an Err with what is in it. */
static enum vvm_outcome layer_expect(struct vvm_call *call)
{
    struct vvm_bytes message;
    if (!vvm_want_string(call, 1, &message))
        return VVM_THROW;
    if (is_good(call->args[0]))
        return vvm_done(call, content(call));
    if (vvm_is_none(call->args[0]))
        return vvm_throw_message(call, VVM_T_UNWRAP_ERROR, vvm_retain(call->args[1]));
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_text_add(&text, message.data, message.length);
    vvm_text_add_c(&text, ": ");
    vvm_text_short(call, call->args[0], &text);
    return vvm_throw_message(call, VVM_T_UNWRAP_ERROR, vvm_text_finish(&text));
}

static enum vvm_outcome layer_unwrap_or(struct vvm_call *call)
{
    return vvm_done(call, is_good(call->args[0]) ? content(call) : vvm_retain(call->args[1]));
}

static enum vvm_outcome layer_to_list(struct vvm_call *call)
{
    vvm_value inner = vvm_unset();
    if (is_good(call->args[0]))
        inner = content(call);
    return vvm_return(call, vvm_list_from(&inner, is_good(call->args[0])));
}

/* ---- Option ---- */

static bool want_option(struct vvm_call *call, uint32_t index)
{
    enum vvm_layer layer = vvm_layer(call->args[index]);
    if (layer == VVM_LAYER_SOME || layer == VVM_LAYER_NONE)
        return true;
    vvm_throw(call, VVM_T_TYPE_ERROR, "%.*s(): `o` must be an Option, got %s",
              (int)strcspn(call->builtin->signature, "("), call->builtin->signature,
              vvm_kind_name(call, call->args[index]));
    return false;
}

static enum vvm_outcome option_or(struct vvm_call *call)
{
    return want_option(call, 1) ? vvm_done(call, vvm_retain(call->args[is_good(call->args[0]) ? 0 : 1])) : VVM_THROW;
}

static enum vvm_outcome option_and(struct vvm_call *call)
{
    return want_option(call, 1) ? vvm_done(call, vvm_retain(call->args[is_good(call->args[0]) ? 1 : 0])) : VVM_THROW;
}

static enum vvm_outcome option_zip(struct vvm_call *call)
{
    if (!want_option(call, 1))
        return VVM_THROW;
    if (!is_good(call->args[0]) || !is_good(call->args[1]))
        return vvm_done_none(call);
    vvm_value both[] = {content(call), vvm_retain(vvm_peek(call->args[1]))};
    return vvm_done_some(call, vvm_tuple_from(both, 2));
}

static enum vvm_outcome option_ok_or(struct vvm_call *call)
{
    return is_good(call->args[0]) ? vvm_done_ok(call, content(call))
                                  : vvm_return(call, vvm_err(vvm_retain(call->args[1])));
}

/* ---- Result ---- */

static enum vvm_outcome result_unwrap_err(struct vvm_call *call)
{
    if (!is_good(call->args[0]))
        return vvm_done(call, content(call));
    return refuse(call, call->args[0], "unwrapErr of ");
}

static enum vvm_outcome result_ok(struct vvm_call *call)
{
    return is_good(call->args[0]) ? vvm_done_some(call, content(call)) : vvm_done_none(call);
}

static enum vvm_outcome result_err(struct vvm_call *call)
{
    return is_good(call->args[0]) ? vvm_done_none(call) : vvm_done_some(call, content(call));
}

/* ---- Constructors as functions ---- */

static enum vvm_outcome make_some(struct vvm_call *call) { return vvm_done_some(call, vvm_retain(call->args[0])); }
static enum vvm_outcome make_none(struct vvm_call *call) { return vvm_done_none(call); }

static enum vvm_outcome make_ok(struct vvm_call *call)
{
    return vvm_done_ok(call, vvm_is_unset(call->args[0]) ? vvm_void() : vvm_retain(call->args[0]));
}

static enum vvm_outcome make_err(struct vvm_call *call) { return vvm_return(call, vvm_err(vvm_retain(call->args[0]))); }

/* `e?` at module level: the content, or UnwrapError. */
static enum vvm_outcome unwrap_top(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    if (vvm_layer(v) == VVM_LAYER_PLAIN)
        return vvm_throw(call, VVM_T_TYPE_ERROR, "`?` needs an Option or a Result, got a %s", vvm_kind_name(call, v));
    return is_good(v) ? vvm_done(call, content(call)) : refuse(call, v, "`?` at module level: ");
}

/* The value of `a?.b` from a and b: one layer, a's or b's own. */
static enum vvm_outcome rewrap(struct vvm_call *call)
{
    vvm_value inner = vvm_retain(call->args[1]);
    if (vvm_layer(inner) != VVM_LAYER_PLAIN)
        return vvm_done(call, inner);
    return vvm_layer(call->args[0]) == VVM_LAYER_OK ? vvm_done_ok(call, inner) : vvm_done_some(call, inner);
}

static const struct vvm_builtin option_rows[] = {
    VVM_ROW_M("isSome() -> Bool", is_good_answer, 0, 0, "Is there a value?"),
    VVM_ROW_M("isNone() -> Bool", is_bad_answer, 0, 0, "Is there no value?"),
    VVM_ROW_M("or(o: Option<T>) -> Option<T>", option_or, 1, 1,
              "This if it is Some, else o. TypeError if o is no Option."),
    VVM_ROW_M("and(o: Option<U>) -> Option<U>", option_and, 1, 1,
              "None if this is None, else o. TypeError if o is no Option."),
    VVM_ROW_M("zip(o: Option<U>) -> Option<(T, U)>", option_zip, 1, 1,
              "Some of both values as a Tuple if both have one, else None. TypeError if o is no Option."),
    VVM_ROW_M("okOr(e: E) -> Result<T, E>", option_ok_or, 1, 1, "Ok of the value, or Err(e) if there is none."),
};

static const struct vvm_builtin result_rows[] = {
    VVM_ROW_M("isOk() -> Bool", is_good_answer, 0, 0, "Is it Ok?"),
    VVM_ROW_M("isErr() -> Bool", is_bad_answer, 0, 0, "Is it Err?"),
    VVM_ROW_E("unwrapErr() -> E", result_unwrap_err, 0, 0, "The value of Err. UnwrapError if it is Ok."),
    VVM_ROW_M("ok() -> Option<T>", result_ok, 0, 0, "Some of the value of Ok, None for Err."),
    VVM_ROW_M("err() -> Option<E>", result_err, 0, 0, "Some of the value of Err, None for Ok."),
};

static const struct vvm_builtin shared_rows[] = {
    {.signature = "unwrap() -> T", .function = layer_unwrap, .consumes = 1,
     .doc = "The value of Some or Ok, the same as `e!`. Throws the value of Err if it is an Error, else UnwrapError."},
    VVM_ROW_E("expect(msg: String) -> T", layer_expect, 1, 1,
              "The value of Some or Ok. UnwrapError with this message, and the text of an Err, if there is none."),
    VVM_ROW_M("unwrapOr(v: T) -> T", layer_unwrap_or, 1, 1, "The value of Some or Ok, else v."),
    VVM_ROW_M("toList() -> List<T>", layer_to_list, 0, 0, "A List of the value, or an empty one."),
};

static const struct vvm_builtin option_statics[] = {
    VVM_ROW_M("Some(v: T) -> Option<T>", make_some, 1, 1, "The same as Some(v)."),
    VVM_ROW_P("None -> Option<T>", make_none, "The same as None."),
};

static const struct vvm_builtin result_statics[] = {
    VVM_ROW_M("Ok(v: T = ()) -> Result<T, E>", make_ok, 0, 1, "The same as Ok(v)."),
    VVM_ROW_M("Err(e: E) -> Result<T, E>", make_err, 1, 1, "The same as Err(e)."),
    VVM_ROW_M("ok(v: T = ()) -> Result<T, E>", make_ok, 0, 1, "The same as Ok(v)."),
    VVM_ROW_M("err(e: E) -> Result<T, E>", make_err, 1, 1, "The same as Err(e)."),
};

static const struct vvm_builtin intrinsics[] = {
    VVM_ROW_M("__some(v: Any)", make_some, 1, 1, "Some as a function value."),
    VVM_ROW_M("__ok(v: Any = ())", make_ok, 0, 1, "Ok as a function value."),
    VVM_ROW_M("__err(e: Any)", make_err, 1, 1, "Err as a function value."),
    VVM_ROW_E("__unwrap_top(v: Any)", unwrap_top, 1, 1, "`?` at module level."),
    VVM_ROW_M("__rewrap(a: Any, b: Any)", rewrap, 2, 2, "The value of `a?.b`."),
};

const struct vvm_builtin_group vvm_option_methods = {VVM_T_OPTION, false, VVM_ROWS(option_rows)};
const struct vvm_builtin_group vvm_option_shared = {VVM_T_OPTION, false, VVM_ROWS(shared_rows)};
const struct vvm_builtin_group vvm_option_statics = {VVM_T_OPTION, true, VVM_ROWS(option_statics)};
const struct vvm_builtin_group vvm_result_methods = {VVM_T_RESULT, false, VVM_ROWS(result_rows)};
const struct vvm_builtin_group vvm_result_shared = {VVM_T_RESULT, false, VVM_ROWS(shared_rows)};
const struct vvm_builtin_group vvm_result_statics = {VVM_T_RESULT, true, VVM_ROWS(result_statics)};
const struct vvm_builtin_group vvm_option_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(intrinsics)};
