#include "vm/value/string_block.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* `data` is the text of a vvm_string whose header comes before it. */
static struct vvm_string *block_of(const struct vvm_text_builder *b)
{
    return (struct vvm_string *)(void *)(b->data - offsetof(struct vvm_string, text));
}

void vvm_text_init(struct vvm_text_builder *b)
{
    *b = (struct vvm_text_builder){.data = NULL};
}

void vvm_text_drop(struct vvm_text_builder *b)
{
    if (b->data != NULL)
        vrt_free(block_of(b), sizeof(struct vvm_string) + b->capacity);
    vvm_text_init(b);
}

bool vvm_text_reserve(struct vvm_text_builder *b, size_t more)
{
    if (b->capacity - b->length >= more)
        return !b->failed;
    struct vvm_string *block = NULL;
    size_t total = b->length + more;
    b->too_long |= more > VVM_STRING_BYTES_MAX || total > VVM_STRING_BYTES_MAX;
    if (!b->too_long && !b->failed)
        block = b->data == NULL ? vvm_string_block(total) : vvm_string_resize(block_of(b), vvm_string_grown(total));
    if (block == NULL) {
        b->failed = true;
        return false;
    }
    b->data = block->text;
    b->capacity = block->capacity;
    return true;
}

void vvm_text_add(struct vvm_text_builder *b, const char *text, size_t length)
{
    if (length == 0 || !vvm_text_reserve(b, length))
        return;
    memcpy(b->data + b->length, text, length);
    b->length += length;
}

/* Doubles what it has written, so that short texts cost no call each. */
void vvm_text_add_repeated(struct vvm_text_builder *b, const char *text, size_t length, uint64_t times)
{
    size_t total;
    if (__builtin_mul_overflow(length, times, &total))
        total = SIZE_MAX - b->length;
    if (total == 0 || !vvm_text_reserve(b, total))
        return;
    char *out = b->data + b->length;
    memcpy(out, text, length);
    for (size_t done = length; done < total;) {
        size_t part = done < total - done ? done : total - done;
        memcpy(out + done, out, part);
        done += part;
    }
    b->length += total;
}

void vvm_text_add_c(struct vvm_text_builder *b, const char *text)
{
    vvm_text_add(b, text, strlen(text));
}

void vvm_text_add_formatv(struct vvm_text_builder *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    char small[128];
    int length = vsnprintf(small, sizeof small, format, arguments);
    if (length < 0)
        b->failed = true;
    else if ((size_t)length < sizeof small)
        vvm_text_add(b, small, (size_t)length);
    else if (vvm_text_reserve(b, (size_t)length + 1)) {
        vsnprintf(b->data + b->length, (size_t)length + 1, format, again);
        b->length += (size_t)length;
    }
    va_end(again);
}

void vvm_text_add_format(struct vvm_text_builder *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vvm_text_add_formatv(b, format, arguments);
    va_end(arguments);
}

void vvm_text_add_value(struct vvm_text_builder *b, vvm_value string)
{
    struct vvm_bytes bytes = vvm_string_bytes(&string);
    vvm_text_add(b, bytes.data, bytes.length);
}

void vvm_text_take(struct vvm_text_builder *b, vvm_value owned_string)
{
    struct vvm_string *string = owned_string.object;
    if (vvm_kind(owned_string) != VVM_STRING || !vvm_is_unique(&string->header)) {
        vvm_text_add_value(b, owned_string);
        vvm_release(owned_string);
        return;
    }
    b->data = string->text;
    b->length = string->byte_length;
    b->capacity = string->capacity;
}

/* Gives unused room back when it is more than a quarter; keeps it when even that needs memory. */
static struct vvm_string *trimmed(struct vvm_string *string, size_t length)
{
    if (string->capacity - length <= length / 4 + 16)
        return string;
    struct vvm_string *smaller = vvm_string_resize(string, length);
    return smaller != NULL ? smaller : string;
}

static vvm_value finish_long(struct vvm_text_builder *b)
{
    struct vvm_string *string = trimmed(block_of(b), b->length);
    vvm_object_init(&string->header, VVM_STRING);
    atomic_init(&string->hash, 0);
    string->byte_length = (uint32_t)b->length;
    string->length = (uint32_t)vvm_utf8_count(string->text, b->length);
    return vvm_of_object(VVM_STRING, string);
}

vvm_value vvm_text_finish(struct vvm_text_builder *b)
{
    vvm_value result = vvm_unset();
    if (!b->failed && b->length > VVM_TEXT_MAX) {
        result = finish_long(b);
        b->data = NULL;
    } else if (!b->failed) {
        result = vvm_string_new(b->data, b->length);
    }
    vvm_text_drop(b);
    return result;
}

vvm_value vvm_string_format(const char *format, ...)
{
    struct vvm_text_builder b;
    vvm_text_init(&b);
    va_list arguments;
    va_start(arguments, format);
    vvm_text_add_formatv(&b, format, arguments);
    va_end(arguments);
    return vvm_text_finish(&b);
}
