/* The reader: a text becomes values, container by container, without recursion. */
#include "vm/core/json.h"

#include "runtime/base/alloc.h"

struct vvm_json_open {
    vvm_value made; /* what has been folded so far; unset: nothing yet */
    size_t base;    /* its first value in reader->values */
    bool object;
};

enum {
    WANT_VALUE, WANT_FIRST /* value or ] */, WANT_FIRST_KEY /* key or } */, WANT_KEY, WANT_NEXT /* comma or end */,
    WANT_NOTHING
};

void vvm_json_reader_init(struct vvm_json_reader *reader, struct vvm_bytes text)
{
    *reader = (struct vvm_json_reader){.start = text.data, .at = text.data, .end = text.data + text.length,
                                       .state = WANT_VALUE};
    vvm_text_init(&reader->text);
    for (size_t i = 0; i < VVM_JSON_KEYS; i++)
        reader->keys[i] = vvm_unset();
}

void vvm_json_reader_deinit(struct vvm_json_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        vvm_release(reader->values[i]);
    for (uint32_t i = 0; i < reader->depth; i++)
        vvm_release(reader->open[i].made);
    for (size_t i = 0; i < VVM_JSON_KEYS; i++)
        vvm_release(reader->keys[i]);
    if (reader->values != NULL)
        vrt_free(reader->values, reader->capacity * sizeof *reader->values);
    if (reader->open != NULL)
        vrt_free(reader->open, reader->open_capacity * sizeof *reader->open);
    vvm_text_drop(&reader->text);
}

vvm_value vvm_json_reader_take(struct vvm_json_reader *reader)
{
    reader->count = 0;
    return reader->values[0];
}

void vvm_json_place(const struct vvm_json_reader *reader, size_t *line, size_t *column)
{
    const char *begin = reader->start;
    *line = 1;
    for (const char *p; (p = memchr(begin, '\n', (size_t)(reader->at - begin))) != NULL; begin = p + 1)
        ++*line;
    *column = vvm_utf8_count(begin, (size_t)(reader->at - begin)) + 1;
}

/* ---- Containers ---- */

static bool grow_values(struct vvm_json_reader *reader)
{
    size_t capacity = reader->capacity * 2 + 16;
    vvm_value *values = vrt_realloc(reader->values, reader->capacity * sizeof *values, capacity * sizeof *values);
    if (values == NULL)
        return false;
    reader->values = values;
    reader->capacity = capacity;
    return true;
}

static bool grow_open(struct vvm_json_reader *reader)
{
    uint32_t capacity = reader->open_capacity * 2 + 8;
    struct vvm_json_open *open =
        vrt_realloc(reader->open, reader->open_capacity * sizeof *open, capacity * sizeof *open);
    if (open == NULL)
        return false;
    reader->open = open;
    reader->open_capacity = capacity;
    return true;
}

static inline enum vvm_json_step push(struct vvm_json_reader *reader, vvm_value owned)
{
    if (reader->count == reader->capacity && !grow_values(reader)) {
        vvm_release(owned);
        return VVM_JSON_NO_MEMORY;
    }
    reader->values[reader->count++] = owned;
    return VVM_JSON_DONE;
}

/* Puts a value where it belongs. */
static inline enum vvm_json_step put(struct vvm_json_reader *reader, vvm_value owned)
{
    reader->state = reader->depth > 0 ? WANT_NEXT : WANT_NOTHING;
    return push(reader, owned);
}

static vvm_value fold_list(vvm_value list, const vvm_value *values, size_t count)
{
    if (vvm_is_unset(list))
        return vvm_list_from(values, count);
    for (size_t i = 0; i < count; i++) {
        if (vvm_is_unset(list))
            vvm_release(values[i]);
        else
            list = vvm_list_append_fast(list, values[i]);
    }
    return list;
}

/* Of equal keys the last one's value stays, in the first one's place. */
static vvm_value fold_dict(vvm_value dict, const vvm_value *values, size_t count)
{
    if (vvm_is_unset(dict))
        dict = vvm_dict_new(VVM_DICT, count / 2);
    for (size_t i = 0; i < count; i += 2) {
        uint64_t hash = 0;
        if (!vvm_hash_quick(values[i], &hash))
            vvm_hash_whole(values[i], &hash);
        if (!vvm_is_unset(dict)) {
            dict = vvm_dict_set(dict, values[i], hash, values[i + 1]);
        } else {
            vvm_release(values[i]);
            vvm_release(values[i + 1]);
        }
    }
    return dict;
}

/* Puts the waiting values of the innermost container into it. */
static enum vvm_json_step fold(struct vvm_json_reader *reader)
{
    struct vvm_json_open *open = &reader->open[reader->depth - 1];
    const vvm_value *values = reader->values + open->base;
    size_t count = reader->count - open->base;
    reader->count = open->base;
    open->made = open->object ? fold_dict(open->made, values, count) : fold_list(open->made, values, count);
    return vvm_is_unset(open->made) ? VVM_JSON_NO_MEMORY : VVM_JSON_DONE;
}

static enum vvm_json_step open_container(struct vvm_json_reader *reader, bool object)
{
    if (reader->depth == VVM_JSON_DEPTH)
        return vvm_json_wrong(reader, reader->at, "more than 1000 arrays and objects within one another");
    if (reader->depth == reader->open_capacity && !grow_open(reader))
        return VVM_JSON_NO_MEMORY;
    reader->open[reader->depth++] = (struct vvm_json_open){vvm_unset(), reader->count, object};
    reader->state = object ? WANT_FIRST_KEY : WANT_FIRST;
    reader->at++;
    return VVM_JSON_DONE;
}

static enum vvm_json_step close_container(struct vvm_json_reader *reader)
{
    struct vvm_json_open *open = &reader->open[reader->depth - 1];
    reader->at++;
    if ((vvm_is_unset(open->made) || reader->count > open->base) && fold(reader) != VVM_JSON_DONE)
        return VVM_JSON_NO_MEMORY;
    vvm_value made = vvm_take(&open->made);
    reader->depth--;
    return put(reader, made);
}

/* ---- What may come ---- */

static inline void skip_space(struct vvm_json_reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->at = at;
}

static enum vvm_json_step read_word(struct vvm_json_reader *reader, const char *word, vvm_value v)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return vvm_json_wrong(reader, reader->at, "expected a value");
    reader->at += length;
    return put(reader, v);
}

static enum vvm_json_step read_value(struct vvm_json_reader *reader)
{
    vvm_value v;
    enum vvm_json_step step;
    switch (*reader->at) {
    case '"': step = vvm_json_string(reader, &v); break;
    case '{': return open_container(reader, true);
    case '[': return open_container(reader, false);
    case 't': return read_word(reader, "true", vvm_bool(true));
    case 'f': return read_word(reader, "false", vvm_bool(false));
    case 'n': return read_word(reader, "null", vvm_none());
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        step = vvm_json_number(reader, &v);
        break;
    default: return vvm_json_wrong(reader, reader->at, "expected a value");
    }
    return step == VVM_JSON_DONE ? put(reader, v) : step;
}

static enum vvm_json_step read_key(struct vvm_json_reader *reader)
{
    vvm_value key;
    if (*reader->at != '"')
        return vvm_json_wrong(reader, reader->at, "expected a key in quotes");
    enum vvm_json_step step = vvm_json_key(reader, &key);
    if (step == VVM_JSON_DONE)
        step = push(reader, key);
    if (step != VVM_JSON_DONE)
        return step;
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != ':')
        return vvm_json_wrong(reader, reader->at, "expected `:` after a key");
    reader->at++;
    reader->state = WANT_VALUE;
    return VVM_JSON_DONE;
}

static enum vvm_json_step read_next(struct vvm_json_reader *reader)
{
    const struct vvm_json_open *open = &reader->open[reader->depth - 1];
    if (*reader->at == (open->object ? '}' : ']'))
        return close_container(reader);
    if (*reader->at != ',')
        return vvm_json_wrong(reader, reader->at, open->object ? "expected `,` or `}`" : "expected `,` or `]`");
    reader->at++;
    reader->state = open->object ? WANT_KEY : WANT_VALUE;
    return reader->count - open->base >= VVM_JSON_FOLD ? fold(reader) : VVM_JSON_DONE;
}

static enum vvm_json_step read_token(struct vvm_json_reader *reader)
{
    switch (reader->state) {
    case WANT_FIRST: return *reader->at == ']' ? close_container(reader) : read_value(reader);
    case WANT_FIRST_KEY: return *reader->at == '}' ? close_container(reader) : read_key(reader);
    case WANT_KEY: return read_key(reader);
    case WANT_NEXT: return read_next(reader);
    case WANT_NOTHING: return vvm_json_wrong(reader, reader->at, "expected nothing after the value");
    default: return read_value(reader);
    }
}

enum vvm_json_step vvm_json_read(struct vvm_json_reader *reader)
{
    const char *pause = reader->end - reader->at > VVM_JSON_QUANTUM ? reader->at + VVM_JSON_QUANTUM : NULL;
    for (;;) {
        skip_space(reader);
        if (reader->at == reader->end)
            return reader->state == WANT_NOTHING ? VVM_JSON_DONE
                                                 : vvm_json_wrong(reader, reader->at, "the text ends too early");
        enum vvm_json_step step = read_token(reader);
        if (step != VVM_JSON_DONE)
            return step;
        if (pause != NULL && reader->at >= pause)
            return VVM_JSON_MORE;
    }
}
