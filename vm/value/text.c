#include "vm/value/hooks.h"
#include "vm/value/walk.h"

#include <stdio.h>

/* Text form (6.5) without C recursion. An open container or long text is a frame; a frame over an unset value only
 * closes a layer's parenthesis. An instance that may lead to itself carries VISITING while its frame is open, but not
 * between two portions, when the collector may come by. */
#define VISITING VVM_FLAG_COLLECTOR

struct writer {
    struct vvm_walk *walk;
    struct vvm_text_builder *out;
};

/* ---- Leaves ---- */

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\r': return "\\r";
    case '\0': return "\\0";
    case '\b': return "\\b";
    case '\f': return "\\f";
    default: return NULL;
    }
}

static bool needs_escape(const char *text, size_t i, size_t length)
{
    unsigned char c = (unsigned char)text[i];
    return c < 0x20 || c == 0x7f || c == '"' || c == '\\' || (c == '$' && i + 1 < length && text[i + 1] == '{');
}

static void add_escaped(unsigned char c, struct vvm_text_builder *out)
{
    const char *escape = escape_of(c);
    if (escape != NULL)
        vvm_text_add_c(out, escape);
    else if (c == '$')
        vvm_text_add_c(out, "\\$");
    else
        vvm_text_add_format(out, "\\x%02x", c);
}

/* Bytes [start, end) of the text, as they stand between quotes. */
static void add_inside_quotes(struct vvm_bytes text, size_t start, size_t end, struct vvm_text_builder *out)
{
    for (size_t i = start; i < end; i++) {
        if (!needs_escape(text.data, i, text.length))
            continue;
        vvm_text_add(out, text.data + start, i - start);
        add_escaped((unsigned char)text.data[i], out);
        start = i + 1;
    }
    vvm_text_add(out, text.data + start, end - start);
}

void vvm_text_quoted(const char *text, size_t length, struct vvm_text_builder *out)
{
    vvm_text_add(out, "\"", 1);
    add_inside_quotes((struct vvm_bytes){text, length}, 0, length, out);
    vvm_text_add(out, "\"", 1);
}

size_t vvm_write_digits(int64_t n, char digits[VVM_DIGITS_MAX])
{
    size_t at = VVM_DIGITS_MAX;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        digits[--at] = '-';
    return at;
}

void vvm_text_add_number(struct vvm_text_builder *out, int64_t n)
{
    char digits[VVM_DIGITS_MAX];
    size_t at = vvm_write_digits(n, digits);
    vvm_text_add(out, digits + at, VVM_DIGITS_MAX - at);
}

vvm_value vvm_string_of_number(int64_t n)
{
    char digits[VVM_DIGITS_MAX];
    size_t at = vvm_write_digits(n, digits);
    return vvm_string_new(digits + at, VVM_DIGITS_MAX - at);
}

/* 1.5s, 20ms, 7us, 3ns: the largest unit that is not above the duration. */
static void add_duration(int64_t ns, struct vvm_text_builder *out)
{
    static const struct { uint64_t ns; const char *name; } units[] = {
        {1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    uint64_t rest = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    size_t unit = 0;
    while (rest != 0 && rest < units[unit].ns)
        unit++;
    uint64_t fraction = rest % units[unit].ns;
    vvm_text_add_format(out, "%s%llu", ns < 0 ? "-" : "", (unsigned long long)(rest / units[unit].ns));
    if (fraction != 0) {
        char digits[24];
        int length = snprintf(digits, sizeof digits, ".%0*llu", unit == 0 ? 9 : unit == 1 ? 6 : 3,
                              (unsigned long long)fraction);
        while (digits[length - 1] == '0')
            length--;
        vvm_text_add(out, digits, (size_t)length);
    }
    vvm_text_add_c(out, units[unit].name);
}

static void add_range(const struct vvm_range *range, struct vvm_text_builder *out)
{
    vvm_text_add_number(out, range->start);
    vvm_text_add_c(out, range->inclusive ? "..=" : "..");
    vvm_text_add_number(out, range->end);
    if (range->step != 1)
        vvm_text_add_format(out, " step %lld", (long long)range->step);
}

static void add_function_name(const char *name, struct vvm_text_builder *out)
{
    vvm_text_add_format(out, "<fn %s>", name != NULL ? name : "<lambda>");
}

/* The first field of vvm_function is its name, that of vvm_builtin its signature: `print(...values) -> void`. */
static void add_function(vvm_value v, struct vvm_text_builder *out)
{
    if (vvm_kind(v) == VVM_BOUND)
        v = ((struct vvm_bound *)v.object)->method;
    if (vvm_kind(v) == VVM_CLOSURE) {
        add_function_name(vvm_function_name != NULL ? vvm_function_name(vvm_tag_id(v)) : NULL, out);
        return;
    }
    const char *name = *(const char *const *)v.object;
    if (vvm_kind(v) == VVM_FUNCTION)
        add_function_name(name, out);
    else
        vvm_text_add_format(out, "<fn %.*s>", (int)strcspn(name, "(<"), name);
}

static void add_handle(const struct vvm_handle *handle, struct vvm_text_builder *out)
{
    if (handle->ops->text != NULL)
        handle->ops->text(handle, out);
    else
        vvm_text_add_format(out, "<%s>", vvm_type_name(handle->type));
}

static void add_symbol(vvm_symbol symbol, struct vvm_text_builder *out)
{
    if (vvm_symbol_name != NULL)
        vvm_text_add_c(out, vvm_symbol_name(symbol));
    else
        vvm_text_add_format(out, "#%u", symbol);
}

static void add_variant(vvm_value v, struct vvm_text_builder *out)
{
    const struct vvm_type *type = vvm_own_type(v);
    vvm_text_add_format(out, "%s.", vvm_type_name(type));
    add_symbol(type->variants[vvm_tag_id(v)].name, out);
}

/* ---- Containers ---- */

static const char *const layer_names[] = {"", "Some(", "None", "Ok(", "Err("};

static enum vvm_truth emit(struct writer *w, vvm_value v, bool quoted);

static enum vvm_truth open_frame(struct writer *w, vvm_value v)
{
    return vvm_walk_push(w->walk, v, vvm_unset()) != NULL ? VVM_TRUE : VVM_NO_MEMORY;
}

static enum vvm_truth open_with(struct writer *w, vvm_value v, const char *bracket)
{
    vvm_text_add_c(w->out, bracket);
    return open_frame(w, v);
}

static bool may_lead_to_itself(const struct vvm_object *object)
{
    return vvm_count_of(object) > 0 && (vvm_flags_of(object) & (VVM_FLAG_MAY_CYCLE | VVM_FLAG_UNFINISHED)) != 0;
}

static enum vvm_truth emit_instance(struct writer *w, vvm_value v)
{
    struct vvm_object *object = v.object;
    vvm_text_add_c(w->out, vvm_type_name(vvm_own_type(v)));
    if (may_lead_to_itself(object)) {
        if (vvm_flags_of(object) & VISITING) {
            vvm_text_add_c(w->out, "(…)");
            return VVM_TRUE;
        }
        vvm_flags_add(object, VISITING);
    }
    enum vvm_truth truth = open_with(w, v, "(");
    if (truth != VVM_TRUE && may_lead_to_itself(object))
        vvm_flags_remove(object, VISITING);
    return truth;
}

/* `ClassName: message`; field 0 of every error is its message. */
static enum vvm_truth emit_error(struct writer *w, vvm_value v)
{
    const struct vvm_record *record = v.object;
    vvm_text_add_format(w->out, "%s: ", vvm_type_name(record->type));
    if (record->type->field_count == 0 || !vvm_is_string(record->fields[0]))
        return VVM_TRUE;
    vvm_text_add_value(w->out, record->fields[0]);
    return VVM_TRUE;
}

static enum vvm_truth emit_record(struct writer *w, vvm_value v)
{
    const struct vvm_type *type = vvm_own_type(v);
    if (type->user_text)
        return VVM_NEEDS_CALL;
    switch (vvm_kind(v)) {
    case VVM_VARIANT: add_variant(v, w->out); return VVM_TRUE;
    case VVM_ENUM: add_variant(v, w->out); return open_with(w, v, "(");
    case VVM_STRUCT: vvm_text_add_c(w->out, vvm_type_name(type)); return open_with(w, v, "(");
    default: return type->is_error ? emit_error(w, v) : emit_instance(w, v);
    }
}

static enum vvm_truth emit_object(struct writer *w, vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_LIST: return open_with(w, v, "[");
    case VVM_TUPLE: return open_with(w, v, "(");
    case VVM_DICT: return open_with(w, v, "{");
    case VVM_SET: return open_with(w, v, vvm_dict_size(v) == 0 ? "Set(" : "{");
    case VVM_RANGE: add_range(v.object, w->out); return VVM_TRUE;
    case VVM_HANDLE: add_handle(v.object, w->out); return VVM_TRUE;
    case VVM_CELL: return emit(w, ((struct vvm_cell *)v.object)->value, true);
    case VVM_VARIANT:
    case VVM_STRUCT:
    case VVM_ENUM:
    case VVM_INSTANCE: return emit_record(w, v);
    default: add_function(v, w->out); return VVM_TRUE;
    }
}

/* A long text is a frame over its bytes. */
static enum vvm_truth emit_string(struct writer *w, vvm_value v, bool quoted)
{
    struct vvm_bytes text = vvm_string_bytes(&v);
    if (text.length > VVM_BYTES_AT_ONCE) {
        vvm_text_add_c(w->out, quoted ? "\"" : "");
        enum vvm_truth truth = open_frame(w, v);
        if (truth == VVM_TRUE)
            vvm_walk_top(w->walk)->state = quoted;
        return truth;
    }
    w->walk->left -= (int64_t)(text.length / VVM_WALK_BYTES);
    if (quoted)
        vvm_text_quoted(text.data, text.length, w->out);
    else
        vvm_text_add(w->out, text.data, text.length);
    return VVM_TRUE;
}

static enum vvm_truth emit_plain(struct writer *w, vvm_value v, bool quoted)
{
    switch (vvm_kind(v)) {
    case VVM_VOID: vvm_text_add_c(w->out, "()"); return VVM_TRUE;
    case VVM_BOOL: vvm_text_add_c(w->out, v.number ? "true" : "false"); return VVM_TRUE;
    case VVM_NUMBER: vvm_text_add_number(w->out, v.number); return VVM_TRUE;
    case VVM_FLOAT: vvm_text_float(v.real, w->out); return VVM_TRUE;
    case VVM_DURATION: add_duration(v.number, w->out); return VVM_TRUE;
    case VVM_TYPE: vvm_text_add_c(w->out, vvm_type_name(v.object)); return VVM_TRUE;
    case VVM_UNSET: vvm_text_add_c(w->out, "<unset>"); return VVM_TRUE;
    case VVM_SYMBOL: add_symbol((vvm_symbol)v.number, w->out); return VVM_TRUE;
    case VVM_TEXT:
    case VVM_STRING: return emit_string(w, v, quoted);
    default: return emit_object(w, v);
    }
}

/* Writes a leaf, or opens a container's frame. */
static enum vvm_truth emit(struct writer *w, vvm_value v, bool quoted)
{
    while (vvm_layer(v) != VVM_LAYER_PLAIN) {
        vvm_text_add_c(w->out, layer_names[vvm_layer(v)]);
        if (vvm_is_none(v))
            return VVM_TRUE;
        if (open_frame(w, vvm_unset()) != VVM_TRUE)
            return VVM_NO_MEMORY;
        v = vvm_peek(v);
        quoted = true;
    }
    return emit_plain(w, v, quoted);
}

static enum vvm_truth close_frame(struct writer *w, const char *bracket)
{
    struct vvm_walk_frame *frame = vvm_walk_top(w->walk);
    if (vvm_kind(frame->a) == VVM_INSTANCE && may_lead_to_itself(frame->a.object))
        vvm_flags_remove(frame->a.object, VISITING);
    vvm_text_add_c(w->out, bracket);
    w->walk->depth--;
    return VVM_TRUE;
}

static void separate(struct writer *w, bool first)
{
    if (!first)
        vvm_text_add(w->out, ", ", 2);
}

static enum vvm_truth step_table(struct writer *w, struct vvm_walk_frame *frame)
{
    enum { KEY_NEXT, FIRST_DONE, VALUE_NEXT };
    const struct vvm_dict *dict = frame->a.object;
    bool is_set = vvm_kind(frame->a) == VVM_SET;
    size_t entry;
    if (frame->state == VALUE_NEXT) {
        vvm_text_add(w->out, ": ", 2);
        frame->state = FIRST_DONE;
        return emit(w, dict->entries[frame->index - 1].value, true);
    }
    if (!vvm_dict_next(frame->a, &frame->index, &entry))
        return close_frame(w, is_set && dict->size == 0 ? ")" : "}");
    separate(w, frame->state == KEY_NEXT);
    frame->state = is_set ? FIRST_DONE : VALUE_NEXT;
    return emit(w, dict->entries[entry].key, true);
}

static void add_field_name(struct writer *w, const struct vvm_walk_frame *frame, size_t i)
{
    if (vvm_kind(frame->a) != VVM_STRUCT && vvm_kind(frame->a) != VVM_INSTANCE)
        return;
    add_symbol(vvm_own_type(frame->a)->fields[i].name, w->out);
    vvm_text_add(w->out, ": ", 2);
}

static enum vvm_truth step_row(struct writer *w, struct vvm_walk_frame *frame)
{
    size_t i = frame->index++, count = vvm_part_count(frame->a);
    if (i == count) {
        bool tuple = vvm_kind(frame->a) == VVM_TUPLE;
        return close_frame(w, vvm_kind(frame->a) == VVM_LIST ? "]" : tuple && count == 1 ? ",)" : ")");
    }
    separate(w, i == 0);
    add_field_name(w, frame, i);
    return emit(w, vvm_part(frame->a, i), true);
}

static enum vvm_truth step_string(struct writer *w, struct vvm_walk_frame *frame)
{
    struct vvm_bytes text = vvm_string_bytes(&frame->a);
    size_t start = frame->index,
           end = text.length - start > VVM_BYTES_AT_ONCE ? start + VVM_BYTES_AT_ONCE : text.length;
    frame->index = end;
    w->walk->left -= (int64_t)((end - start) / VVM_WALK_BYTES);
    if (frame->state)
        add_inside_quotes(text, start, end, w->out);
    else
        vvm_text_add(w->out, text.data + start, end - start);
    return end == text.length ? close_frame(w, frame->state ? "\"" : "") : VVM_TRUE;
}

static enum vvm_truth step(struct writer *w)
{
    struct vvm_walk_frame *frame = vvm_walk_top(w->walk);
    switch (vvm_kind(frame->a)) {
    case VVM_UNSET: return close_frame(w, ")");
    case VVM_STRING: return step_string(w, frame);
    case VVM_DICT:
    case VVM_SET: return step_table(w, frame);
    default: return step_row(w, frame);
    }
}

static void mark_open(struct vvm_walk *walk, bool visiting)
{
    for (uint32_t i = 0; i < walk->depth; i++) {
        vvm_value v = walk->frames[i].a;
        if (vvm_kind(v) == VVM_INSTANCE && may_lead_to_itself(v.object))
            (visiting ? vvm_flags_add : vvm_flags_remove)(v.object, VISITING);
    }
}

enum vvm_truth vvm_text_on(struct vvm_walk *walk, vvm_value v, bool quoted, struct vvm_text_builder *out)
{
    struct writer w = {.walk = walk, .out = out};
    walk->left = VVM_WALK_PARTS;
    mark_open(walk, true);
    enum vvm_truth truth = walk->truth == VVM_MORE ? emit(&w, v, quoted) : VVM_TRUE;
    walk->truth = VVM_TRUE; /* it has begun */
    while (truth == VVM_TRUE && walk->depth > 0 && !out->failed)
        truth = walk->left-- > 0 ? step(&w) : VVM_MORE;
    mark_open(walk, false);
    return truth != VVM_NEEDS_CALL && out->failed ? VVM_NO_MEMORY : truth;
}

enum vvm_truth vvm_text_once(vvm_value v, bool quoted, struct vvm_text_builder *out)
{
    struct vvm_walk walk;
    vvm_walk_init(&walk);
    enum vvm_truth truth = vvm_text_on(&walk, v, quoted, out);
    if (walk.left != VVM_WALK_PARTS)
        vvm_walk_note(&walk);
    vvm_walk_drop(&walk);
    return truth;
}

enum vvm_truth vvm_text(vvm_value v, bool quoted, struct vvm_text_builder *out)
{
    enum vvm_truth truth = vvm_text_once(v, quoted, out);
    return truth == VVM_MORE ? VVM_NEEDS_CALL : truth;
}

enum vvm_truth vvm_text_whole(vvm_value v, bool quoted, struct vvm_text_builder *out)
{
    struct vvm_walk walk;
    enum vvm_truth truth;
    vvm_walk_init(&walk);
    do
        truth = vvm_text_on(&walk, v, quoted, out);
    while (truth == VVM_MORE);
    vvm_walk_drop(&walk);
    return truth;
}
