#include "vm/value/string_block.h"

#include <string.h>

static vvm_value text_value(const char *text, size_t length)
{
    vvm_value v = {.tag = VVM_TEXT | (uint64_t)length << 16};
    v.bits = 0;
    if (length > 0)
        memcpy(v.text, text, length);
    return v;
}

struct vvm_string *vvm_string_block(size_t length)
{
    size_t capacity;
    if (!vvm_string_capacity(length, &capacity))
        return NULL;
    struct vvm_string *string = vvm_object_new(VVM_STRING, sizeof *string + capacity);
    if (string == NULL)
        return NULL;
    string->capacity = (uint32_t)capacity;
    atomic_init(&string->hash, 0);
    return string;
}

struct vvm_string *vvm_string_resize(struct vvm_string *string, size_t length)
{
    size_t capacity;
    if (!vvm_string_capacity(length, &capacity))
        return NULL;
    struct vvm_string *moved = vrt_realloc(string, sizeof *string + string->capacity, sizeof *string + capacity);
    if (moved != NULL)
        moved->capacity = (uint32_t)capacity;
    return moved;
}

vvm_value vvm_string_new(const char *text, size_t length)
{
    if (length <= VVM_TEXT_MAX)
        return text_value(text, length);
    struct vvm_string *string = vvm_string_block(length);
    if (string == NULL)
        return vvm_unset();
    memcpy(string->text, text, length);
    string->byte_length = (uint32_t)length;
    string->length = (uint32_t)vvm_utf8_count(text, length);
    return vvm_of_object(VVM_STRING, string);
}

vvm_value vvm_string_with_room(size_t bytes)
{
    struct vvm_string *string = vvm_string_block(bytes);
    if (string == NULL)
        return vvm_unset();
    string->byte_length = string->length = 0;
    return vvm_of_object(VVM_STRING, string);
}

vvm_value vvm_string_from_c(const char *text)
{
    return vvm_string_new(text, strlen(text));
}

size_t vvm_string_length(vvm_value v)
{
    if (vvm_kind(v) == VVM_STRING)
        return ((struct vvm_string *)v.object)->length;
    struct vvm_bytes bytes = vvm_string_bytes(&v);
    return vvm_utf8_count(bytes.data, bytes.length);
}

/* ---- Concatenation ---- */

static vvm_value append_to(struct vvm_string *string, struct vvm_bytes tail, size_t tail_length)
{
    memcpy(string->text + string->byte_length, tail.data, tail.length);
    string->byte_length += (uint32_t)tail.length;
    string->length += (uint32_t)tail_length;
    atomic_store_explicit(&string->hash, 0, memory_order_relaxed); /* exclusive: nobody reads it now */
    return vvm_of_object(VVM_STRING, string);
}

void vvm_string_append(vvm_value string, struct vvm_bytes tail)
{
    append_to(string.object, tail, vvm_utf8_count(tail.data, tail.length));
}

static struct vvm_string *grown(struct vvm_string *a, size_t total)
{
    size_t least = (size_t)a->byte_length + a->byte_length / 16;
    struct vvm_string *moved = vvm_string_resize(a, vvm_string_grown(total));
    if (moved != NULL)
        return moved; /* else memory is short; in steps all the same */
    return vvm_string_resize(a, least > total && least <= VVM_STRING_BYTES_MAX ? least : total);
}

void vvm_string_take_from(vvm_value *place, vvm_value *x, size_t more)
{
    struct vvm_string *string = x->object;
    if (place->tag != VVM_STRING || place->object != string || vvm_count_of(&string->header) != 2)
        return;
    if (string->capacity - string->byte_length < more)
        string = grown(string, (size_t)string->byte_length + more);
    if (string == NULL)
        return;
    vvm_count_set(&string->header, 1);
    *place = vvm_void();
    x->object = string;
}

/* `a` is this caller's alone: grows it geometrically, so that a loop of appends is linear. */
static vvm_value append_growing(struct vvm_string *a, struct vvm_bytes tail, size_t tail_length)
{
    struct vvm_string *moved = grown(a, (size_t)a->byte_length + tail.length);
    if (moved == NULL) {
        vvm_object_release(&a->header);
        return vvm_unset();
    }
    return append_to(moved, tail, tail_length);
}

static vvm_value concat_copy(vvm_value a, struct vvm_bytes tail, size_t tail_length)
{
    struct vvm_bytes head = vvm_string_bytes(&a);
    struct vvm_string *string = vvm_string_block(head.length + tail.length);
    if (string == NULL) {
        vvm_release(a);
        return vvm_unset();
    }
    memcpy(string->text, head.data, head.length);
    string->byte_length = (uint32_t)head.length;
    string->length = (uint32_t)vvm_string_length(a);
    vvm_release(a);
    return append_to(string, tail, tail_length);
}

static vvm_value concat_short(vvm_value a, struct vvm_bytes tail)
{
    char both[2 * VVM_TEXT_MAX];
    struct vvm_bytes head = vvm_string_bytes(&a);
    memcpy(both, head.data, head.length);
    memcpy(both + head.length, tail.data, tail.length);
    return text_value(both, head.length + tail.length);
}

vvm_value vvm_string_concat(vvm_value owned_a, vvm_value borrowed_b)
{
    struct vvm_bytes tail = vvm_string_bytes(&borrowed_b);
    if (tail.length == 0)
        return owned_a;
    if (vvm_kind(owned_a) == VVM_TEXT) {
        size_t head = owned_a.tag >> 16 & 0xff;
        if (head == 0)
            return vvm_retain(borrowed_b);
        if (head + tail.length <= VVM_TEXT_MAX)
            return concat_short(owned_a, tail);
        return concat_copy(owned_a, tail, vvm_string_length(borrowed_b));
    }
    struct vvm_string *a = owned_a.object;
    size_t tail_length = vvm_string_length(borrowed_b);
    if ((void *)a == borrowed_b.object || !vvm_is_unique(&a->header))
        return concat_copy(owned_a, tail, tail_length);
    if (a->capacity - a->byte_length >= tail.length)
        return append_to(a, tail, tail_length);
    return append_growing(a, tail, tail_length);
}

/* ---- Parts ---- */

vvm_value vvm_string_slice(vvm_value borrowed, size_t start, size_t end)
{
    struct vvm_bytes bytes = vvm_string_bytes(&borrowed);
    size_t length = vvm_string_length(borrowed);
    if (start == 0 && end == length)
        return vvm_retain(borrowed);
    if (length == bytes.length)
        return vvm_string_new(bytes.data + start, end - start);
    size_t from = vvm_utf8_offset(bytes.data, bytes.length, start);
    size_t taken = vvm_utf8_offset(bytes.data + from, bytes.length - from, end - start);
    return vvm_string_new(bytes.data + from, taken);
}

vvm_value vvm_string_of_code_point(uint32_t code_point)
{
    char text[4];
    return text_value(text, vvm_utf8_encode(code_point, text));
}
