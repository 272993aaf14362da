/* The writer: values become a text, container by container, without recursion.
 *
 * Note LOOP. Only instances with `state` can lead to themselves. From then on the path repeats itself, and it is enough
 * to compare each container with one that stands above it: the one at the largest power of two that is
 * less deep. Once that power is not below the length of the loop, the container so much deeper is the same one. No
 * marks, so no other task ever sees any. */
#include "vm/core/json.h"

#include "runtime/base/alloc.h"

#include <math.h>
#include <stdio.h>

enum shape {
    ITEMS,   /* list, tuple */
    MEMBERS, /* set */
    STEPS,   /* range */
    ENTRIES, /* dict */
    FIELDS,  /* struct, instance, payload with names */
    PAYLOAD, /* payload without names, if there are several values */
    VARIANT, /* {name: payload} */
    LAYER    /* {"Ok": value}, {"Err": value} */
};

struct vvm_json_level {
    vvm_value v;    /* retained: other tasks run between two steps */
    uint64_t index; /* of the next element; a dict's or set's cursor */
    enum shape shape;
    bool begun;     /* an element has been written */
};

static enum vvm_json_step emit(struct vvm_json_writer *w, vvm_value v);

static enum vvm_json_step wrong(struct vvm_json_writer *w, vvm_value culprit, const char *complaint)
{
    w->culprit = culprit;
    w->complaint = complaint;
    return VVM_JSON_WRONG;
}

/* ---- Text ---- */

static inline void put(struct vvm_json_writer *w, const char *text, size_t length)
{
    struct vvm_text_builder *out = &w->out;
    if (out->capacity - out->length < length && !vvm_text_reserve(out, length))
        return;
    memcpy(out->data + out->length, text, length);
    out->length += length;
}

static inline void put_char(struct vvm_json_writer *w, char c) { put(w, &c, 1); }

static void put_number(struct vvm_json_writer *w, int64_t n)
{
    char digits[VVM_DIGITS_MAX];
    size_t at = vvm_write_digits(n, digits);
    put(w, digits + at, sizeof digits - at);
}

static void put_escape(struct vvm_json_writer *w, unsigned char c)
{
    static const char letters[] = "\b\t\n\f\r\"\\", names[] = "btnfr\"\\";
    const char *letter = c != 0 ? strchr(letters, c) : NULL;
    char text[8];
    if (letter != NULL)
        put(w, (char[]){'\\', names[letter - letters]}, 2);
    else
        put(w, text, (size_t)snprintf(text, sizeof text, "\\u%04x", c));
}

#define EVERY(byte) (0x0101010101010101u * (byte))

/* Does any of eight bytes need an escape? */
static inline bool any_escape(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t quote = word ^ EVERY('"'), backslash = word ^ EVERY('\\');
    return ((((quote - EVERY(1)) & ~quote) | ((backslash - EVERY(1)) & ~backslash) | ((word - EVERY(0x20)) & ~word)) &
            EVERY(0x80u)) != 0;
}

static inline bool needs_escape(char c) { return (unsigned char)c < 0x20 || c == '"' || c == '\\'; }

static void put_string(struct vvm_json_writer *w, struct vvm_bytes text)
{
    put_char(w, '"');
    size_t start = 0, i = 0;
    while (i < text.length) {
        if (text.length - i >= 8 && !any_escape(text.data + i)) {
            i += 8;
        } else if (!needs_escape(text.data[i])) {
            i++;
        } else {
            put(w, text.data + start, i - start);
            put_escape(w, (unsigned char)text.data[i++]);
            start = i;
        }
    }
    put(w, text.data + start, text.length - start);
    put_char(w, '"');
}

static void put_symbol(struct vvm_json_writer *w, vvm_symbol symbol)
{
    const char *name = vvm_symbols_text(w->call->vm->symbols, symbol);
    put_string(w, (struct vvm_bytes){name, strlen(name)});
}

static void new_line(struct vvm_json_writer *w)
{
    if (w->indent == 0)
        return;
    size_t blanks = (size_t)w->indent * w->depth;
    put_char(w, '\n');
    if (vvm_text_reserve(&w->out, blanks)) {
        memset(w->out.data + w->out.length, ' ', blanks);
        w->out.length += blanks;
    }
}

/* ---- What a level holds ---- */

static const struct vvm_record *record_of(vvm_value v) { return v.object; }

static const struct vvm_field *field_of(vvm_value v, size_t i)
{
    const struct vvm_type *type = record_of(v)->type;
    return vvm_kind(v) == VVM_ENUM ? &type->variants[vvm_tag_id(v)].fields[i] : &type->fields[i];
}

static size_t field_count(vvm_value v)
{
    return vvm_kind(v) == VVM_ENUM ? record_of(v)->header.extra : record_of(v)->type->field_count;
}

static bool has_names(vvm_value v)
{
    const struct vvm_variant *variant = &record_of(v)->type->variants[vvm_tag_id(v)];
    return variant->fields != NULL && variant->field_count > 0 && variant->fields[0].name != VVM_NO_SYMBOL;
}

/* Fields whose names begin with `__` are the runtime's. */
static bool is_hidden(const struct vvm_json_writer *w, vvm_value v, size_t i)
{
    return strncmp(vvm_symbols_text(w->call->vm->symbols, field_of(v, i)->name), "__", 2) == 0;
}

static bool is_object(enum shape shape)
{
    return shape == ENTRIES || shape == FIELDS || shape == VARIANT || shape == LAYER;
}

static uint64_t element_count(const struct vvm_json_level *level)
{
    switch (level->shape) {
    case ITEMS:
        return vvm_kind(level->v) == VVM_LIST ? vvm_list_length(level->v)
                                              : ((struct vvm_tuple *)level->v.object)->length;
    case STEPS: return ((struct vvm_range *)level->v.object)->length;
    case FIELDS:
    case PAYLOAD: return field_count(level->v);
    default: return 1;
    }
}

static vvm_value item_at(vvm_value v, uint64_t i)
{
    return vvm_kind(v) == VVM_LIST ? vvm_list_get_fast(v.object, i) : ((struct vvm_tuple *)v.object)->items[i];
}

/* ---- Levels ---- */

static bool grow(struct vvm_json_writer *w)
{
    uint32_t capacity = w->capacity * 2 + 8;
    struct vvm_json_level *levels = NULL;
    if (w->capacity < UINT32_MAX / 4)
        levels = vrt_realloc(w->levels, w->capacity * sizeof *levels, capacity * sizeof *levels);
    if (levels == NULL)
        return false;
    w->levels = levels;
    w->capacity = capacity;
    return true;
}

/* Is the innermost level one that stands above it, too? (Note LOOP) */
static bool leads_to_itself(const struct vvm_json_writer *w)
{
    const struct vvm_json_level *top = &w->levels[w->depth - 1];
    if (w->depth < 2)
        return false;
    const struct vvm_json_level *above = &w->levels[(1u << (31 - __builtin_clz(w->depth - 1))) - 1];
    return above->v.object == top->v.object && above->shape == top->shape;
}

static enum vvm_json_step open_level(struct vvm_json_writer *w, vvm_value v, enum shape shape)
{
    if (w->depth == w->capacity && !grow(w))
        return VVM_JSON_NO_MEMORY;
    w->levels[w->depth++] = (struct vvm_json_level){.v = vvm_retain(v), .shape = shape};
    if (leads_to_itself(w))
        return wrong(w, v, "leads to itself");
    put_char(w, is_object(shape) ? '{' : '[');
    return VVM_JSON_DONE;
}

static enum vvm_json_step close_level(struct vvm_json_writer *w)
{
    struct vvm_json_level *top = &w->levels[--w->depth];
    if (top->begun)
        new_line(w);
    put_char(w, is_object(top->shape) ? '}' : ']');
    vvm_release(top->v);
    return VVM_JSON_DONE;
}

static void begin_element(struct vvm_json_writer *w, struct vvm_json_level *level)
{
    if (level->begun)
        put_char(w, ',');
    level->begun = true;
    new_line(w);
}

static void end_key(struct vvm_json_writer *w)
{
    put(w, ": ", w->indent > 0 ? 2 : 1);
}

static enum vvm_json_step write_entry(struct vvm_json_writer *w, struct vvm_json_level *level)
{
    size_t entry;
    if (!vvm_dict_next(level->v, &level->index, &entry))
        return close_level(w);
    const struct vvm_dict_entry *e = &((struct vvm_dict *)level->v.object)->entries[entry];
    begin_element(w, level);
    if (level->shape == MEMBERS)
        return emit(w, e->key);
    if (!vvm_is_string(e->key))
        return wrong(w, e->key, "is no key of a JSON object, only a String is");
    put_string(w, vvm_string_bytes(&e->key));
    end_key(w);
    return emit(w, e->value);
}

static enum vvm_json_step write_field(struct vvm_json_writer *w, struct vvm_json_level *level, size_t i)
{
    vvm_value field = record_of(level->v)->fields[i];
    if (is_hidden(w, level->v, i))
        return VVM_JSON_DONE;
    begin_element(w, level);
    put_symbol(w, field_of(level->v, i)->name);
    end_key(w);
    return vvm_is_unset(field) ? wrong(w, field, "has no value yet") : emit(w, field);
}

static enum vvm_json_step write_variant(struct vvm_json_writer *w, struct vvm_json_level *level)
{
    vvm_value v = level->v;
    begin_element(w, level);
    put_symbol(w, record_of(v)->type->variants[vvm_tag_id(v)].name);
    end_key(w);
    if (has_names(v))
        return open_level(w, v, FIELDS);
    return field_count(v) == 1 ? emit(w, record_of(v)->fields[0]) : open_level(w, v, PAYLOAD);
}

static enum vvm_json_step write_layer(struct vvm_json_writer *w, struct vvm_json_level *level)
{
    bool ok = vvm_layer(level->v) == VVM_LAYER_OK;
    begin_element(w, level);
    put_string(w, (struct vvm_bytes){ok ? "Ok" : "Err", ok ? 2 : 3});
    end_key(w);
    return emit(w, vvm_peek(level->v));
}

/* The next element of the innermost level, or its end. */
static enum vvm_json_step write_next(struct vvm_json_writer *w)
{
    struct vvm_json_level *level = &w->levels[w->depth - 1];
    if (level->shape == ENTRIES || level->shape == MEMBERS)
        return write_entry(w, level);
    uint64_t i = level->index;
    if (i == element_count(level))
        return close_level(w);
    level->index++;
    switch (level->shape) {
    case FIELDS: return write_field(w, level, i);
    case VARIANT: return write_variant(w, level);
    case LAYER: return write_layer(w, level);
    default: break;
    }
    begin_element(w, level);
    if (level->shape == STEPS)
        return emit(w, vvm_number(vvm_range_at(level->v.object, i)));
    return emit(w, level->shape == PAYLOAD ? record_of(level->v)->fields[i] : item_at(level->v, i));
}

/* ---- Values ---- */

static enum vvm_json_step emit_float(struct vvm_json_writer *w, vvm_value v, double d)
{
    if (!isfinite(d))
        return wrong(w, v, "has no JSON form");
    vvm_text_float(d, &w->out);
    return VVM_JSON_DONE;
}

static enum vvm_json_step emit_word(struct vvm_json_writer *w, const char *word)
{
    put(w, word, strlen(word));
    return VVM_JSON_DONE;
}

static enum vvm_json_step emit_object(struct vvm_json_writer *w, vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_LIST:
    case VVM_TUPLE: return open_level(w, v, ITEMS);
    case VVM_SET: return open_level(w, v, MEMBERS);
    case VVM_RANGE: return open_level(w, v, STEPS);
    case VVM_DICT: return open_level(w, v, ENTRIES);
    case VVM_STRUCT:
    case VVM_INSTANCE: return open_level(w, v, FIELDS);
    case VVM_ENUM: return open_level(w, v, VARIANT);
    default: return wrong(w, v, "has no JSON form");
    }
}

/* A leaf, or a new level. */
static enum vvm_json_step emit(struct vvm_json_writer *w, vvm_value v)
{
    while (vvm_layer(v) == VVM_LAYER_SOME)
        v = vvm_peek(v);
    if (vvm_is_none(v))
        return emit_word(w, "null");
    if (vvm_layer(v) != VVM_LAYER_PLAIN)
        return open_level(w, v, LAYER);
    switch (vvm_kind(v)) {
    case VVM_VOID: return emit_word(w, "null");
    case VVM_BOOL: return emit_word(w, v.number ? "true" : "false");
    case VVM_NUMBER: put_number(w, v.number); return VVM_JSON_DONE;
    case VVM_FLOAT: return emit_float(w, v, v.real);
    case VVM_DURATION: return emit_float(w, v, (double)v.number / 1e9);
    case VVM_TEXT:
    case VVM_STRING: put_string(w, vvm_string_bytes(&v)); return VVM_JSON_DONE;
    case VVM_VARIANT: put_symbol(w, ((struct vvm_type *)v.object)->variants[vvm_tag_id(v)].name); return VVM_JSON_DONE;
    default: return emit_object(w, v);
    }
}

/* ---- The writer ---- */

void vvm_json_writer_init(struct vvm_json_writer *w, const struct vvm_call *call, vvm_value v, uint32_t indent)
{
    *w = (struct vvm_json_writer){.call = call, .indent = indent, .root = vvm_retain(v), .culprit = vvm_unset()};
    vvm_text_init(&w->out);
}

void vvm_json_writer_deinit(struct vvm_json_writer *w)
{
    for (uint32_t i = 0; i < w->depth; i++)
        vvm_release(w->levels[i].v);
    if (w->levels != NULL)
        vrt_free(w->levels, w->capacity * sizeof *w->levels);
    vvm_release(w->root);
    vvm_text_drop(&w->out);
}

enum vvm_json_step vvm_json_write(struct vvm_json_writer *w)
{
    size_t pause = w->out.length + VVM_JSON_QUANTUM;
    enum vvm_json_step step = w->begun ? VVM_JSON_DONE : emit(w, w->root);
    w->begun = true;
    while (step == VVM_JSON_DONE && w->depth > 0 && !w->out.failed) {
        if (w->out.length >= pause)
            return VVM_JSON_MORE;
        step = write_next(w);
    }
    return w->out.failed ? VVM_JSON_NO_MEMORY : step;
}

/* ---- Paths ---- */

static void add_key(struct vvm_text_builder *out, vvm_value key)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    if (vvm_text(key, true, &text) == VVM_TRUE)
        vvm_text_add_format(out, "[%.*s]", (int)(text.length < 60 ? text.length : 60), text.data);
    vvm_text_drop(&text);
}

static void add_place(const struct vvm_json_writer *w, const struct vvm_json_level *level, struct vvm_text_builder *out)
{
    const struct vvm_symbols *symbols = w->call->vm->symbols;
    uint64_t i = level->index - 1;
    switch (level->shape) {
    case ENTRIES: add_key(out, ((struct vvm_dict *)level->v.object)->entries[i].key); break;
    case MEMBERS: vvm_text_add_c(out, "{}"); break;
    case FIELDS: vvm_text_add_format(out, ".%s", vvm_symbols_text(symbols, field_of(level->v, i)->name)); break;
    case VARIANT:
        vvm_text_add_format(out, ".%s",
                            vvm_symbols_text(symbols, record_of(level->v)->type->variants[vvm_tag_id(level->v)].name));
        break;
    case LAYER: vvm_text_add_c(out, vvm_layer(level->v) == VVM_LAYER_OK ? ".Ok" : ".Err"); break;
    default: vvm_text_add_format(out, "[%llu]", (unsigned long long)i); break;
    }
}

#define PATH_PARTS 20u /* of a longer path the beginning is enough */

void vvm_json_path(const struct vvm_json_writer *w, struct vvm_text_builder *out)
{
    vvm_text_add_c(out, "$");
    for (uint32_t i = 0; i < w->depth && i < PATH_PARTS; i++)
        if (w->levels[i].index > 0)
            add_place(w, &w->levels[i], out);
    vvm_text_add_c(out, w->depth > PATH_PARTS ? "…" : "");
}
