/* Json: language.md 8.11. A large document is read and written in steps; after each the task goes to the back of the
 * queue, and the work stands in a handle, so that it goes when the task does. */
#include "vm/core/json.h"

#include "runtime/base/alloc.h"
#include "vm/exec/cancel.h"
#include "vm/exec/fiber.h"

#define INDENT_MAX 100

/* ---- Steps ---- */

/* Puts work behind a handle in slot 0. False: no memory. */
static bool keep(struct vvm_call *call, const struct vvm_handle_ops *ops, const void *work, size_t size)
{
    void *native = vrt_alloc(size);
    vvm_value handle = native == NULL ? vvm_unset() : vvm_handle_new(call->vm->known[VVM_T_JSON], ops, native);
    if (vvm_is_unset(handle)) {
        if (native != NULL)
            vrt_free(native, size);
        return false;
    }
    memcpy(native, work, size);
    call->slots[0] = handle;
    return true;
}

static void *kept(const struct vvm_call *call)
{
    return ((struct vvm_handle *)call->slots[0].object)->native;
}

/* ---- parse ---- */

static void destroy_reader(struct vvm_handle *handle)
{
    vvm_json_reader_deinit(handle->native);
    vrt_free(handle->native, sizeof(struct vvm_json_reader));
}

static const struct vvm_handle_ops reader_ops = {.destroy = destroy_reader};

static enum vvm_outcome read_done(struct vvm_call *call, struct vvm_json_reader *reader, enum vvm_json_step step)
{
    size_t line, column;
    if (step == VVM_JSON_DONE)
        return vvm_done_ok(call, vvm_json_reader_take(reader));
    if (step == VVM_JSON_NO_MEMORY)
        return vvm_throw_memory(call);
    vvm_json_place(reader, &line, &column);
    return vvm_done_error(call, VVM_T_PARSE_ERROR, "%s (line %zu, column %zu)", reader->complaint, line, column);
}

static enum vvm_outcome read_on(struct vvm_call *call)
{
    struct vvm_json_reader *reader = kept(call);
    if (vvm_fiber_is_interrupted(call->fiber))
        return vvm_done_void(call);
    enum vvm_json_step step = vvm_json_read(reader);
    return step == VVM_JSON_MORE ? vvm_fiber_yield(call, read_on) : read_done(call, reader, step);
}

static enum vvm_outcome json_parse(struct vvm_call *call)
{
    struct vvm_bytes text;
    struct vvm_json_reader reader;
    if (!vvm_want_string(call, 0, &text))
        return VVM_THROW;
    vvm_json_reader_init(&reader, text);
    enum vvm_json_step step = vvm_json_read(&reader);
    while (step == VVM_JSON_MORE && call->fiber == NULL)
        step = vvm_json_read(&reader);
    if (step == VVM_JSON_MORE && keep(call, &reader_ops, &reader, sizeof reader))
        return vvm_fiber_yield(call, read_on);
    enum vvm_outcome outcome = read_done(call, &reader, step == VVM_JSON_MORE ? VVM_JSON_NO_MEMORY : step);
    vvm_json_reader_deinit(&reader);
    return outcome;
}

/* ---- stringify ---- */

static void destroy_writer(struct vvm_handle *handle)
{
    vvm_json_writer_deinit(handle->native);
    vrt_free(handle->native, sizeof(struct vvm_json_writer));
}

static const struct vvm_handle_ops writer_ops = {.destroy = destroy_writer};

static enum vvm_outcome refuse(struct vvm_call *call, const struct vvm_json_writer *writer)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vvm_json_path(writer, &path);
    vvm_value culprit = writer->culprit;
    const char *what = vvm_is_unset(culprit)   ? "a field"
                       : vvm_is_float(culprit) ? (culprit.real != culprit.real ? "NaN" : "Infinity")
                                               : vvm_kind_name(call, culprit);
    enum vvm_outcome outcome = path.failed ? vvm_throw_memory(call)
                                           : vvm_throw(call, VVM_T_VALUE_ERROR, "%s %s (at %.*s)", what,
                                                       writer->complaint, (int)path.length, path.data);
    vvm_text_drop(&path);
    return outcome;
}

static enum vvm_outcome write_done(struct vvm_call *call, struct vvm_json_writer *writer, enum vvm_json_step step)
{
    if (step == VVM_JSON_WRONG)
        return refuse(call, writer);
    return step == VVM_JSON_DONE ? vvm_return(call, vvm_text_finish(&writer->out)) : vvm_throw_memory(call);
}

static enum vvm_outcome write_on(struct vvm_call *call)
{
    struct vvm_json_writer *writer = kept(call);
    if (vvm_fiber_is_interrupted(call->fiber))
        return vvm_done_void(call);
    writer->call = call;
    enum vvm_json_step step = vvm_json_write(writer);
    return step == VVM_JSON_MORE ? vvm_fiber_yield(call, write_on) : write_done(call, writer, step);
}

static enum vvm_outcome json_stringify(struct vvm_call *call)
{
    int64_t indent;
    struct vvm_json_writer writer;
    if (!vvm_optional_number(call, 1, 0, &indent))
        return VVM_THROW;
    if (indent < 0 || indent > INDENT_MAX)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "stringify(): `indent` is 0 to %d, not %lld", INDENT_MAX,
                         (long long)indent);
    vvm_json_writer_init(&writer, call, call->args[0], (uint32_t)indent);
    enum vvm_json_step step = vvm_json_write(&writer);
    while (step == VVM_JSON_MORE && call->fiber == NULL)
        step = vvm_json_write(&writer);
    if (step == VVM_JSON_MORE && keep(call, &writer_ops, &writer, sizeof writer))
        return vvm_fiber_yield(call, write_on);
    enum vvm_outcome outcome = write_done(call, &writer, step == VVM_JSON_MORE ? VVM_JSON_NO_MEMORY : step);
    vvm_json_writer_deinit(&writer);
    return outcome;
}

/* ---- Rows ---- */

#define JSON_ROW(text, native, most, about) \
    {.signature = text, .function = native, .min = 1, .max = most, .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_FRAME, \
     .slots = 1, .doc = about}

static const struct vvm_builtin statics[] = {
    JSON_ROW("parse(s: String) -> Result<Any, ParseError>", json_parse, 1,
             "The value of a JSON text (RFC 8259): an object is a Dict, an array a List, null None; a number is a "
             "Number if it has neither point nor exponent and fits, else a Float. Of equal keys the last one's value "
             "stays. Err with a ParseError that names line and column if the text is no JSON, has a number too large "
             "for a Float, or more than 1000 arrays and objects within one another. Other tasks go on while a large "
             "text is read."),
    JSON_ROW("decode(s: String) -> Result<Any, ParseError>", json_parse, 1, "The same as `parse`."),
    JSON_ROW("stringify(v: Any, indent: Number = 0) -> String", json_stringify, 2,
             "The JSON text of a value. Dicts with String keys, structs and instances are objects; Lists, Tuples, Sets "
             "and Ranges are arrays; None and () are null, Some(v) is v, Ok(v) and Err(e) are {\"Ok\": v} and "
             "{\"Err\": e}; an enum's value is its name, or {name: payload}: an object if the payload has names, an "
             "array if it has several values without; a Duration is a Float of seconds. With an `indent` of 1 to 100 "
             "each element stands on a line of its own, so many blanks deeper than what it is in. ValueError, which "
             "names the place, for functions, handles, NaN, Infinity, keys that are no Strings, and a value that leads "
             "to itself. Other tasks go on while a large text is made."),
    JSON_ROW("encode(v: Any, indent: Number = 0) -> String", json_stringify, 2, "The same as `stringify`."),
};

const struct vvm_builtin_group vvm_json_statics = {VVM_T_JSON, true, VVM_ROWS(statics)};
