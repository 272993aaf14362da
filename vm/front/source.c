#include "vm/front/source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void skip_byte_order_mark(const char **bytes, size_t *length) {
    if (*length >= 3 && memcmp(*bytes, "\xEF\xBB\xBF", 3) == 0) {
        *bytes += 3;
        *length -= 3;
    }
}

static uint32_t count_lines(const char *bytes, size_t length) {
    uint32_t lines = 1;
    for (const char *p = bytes; (p = memchr(p, '\n', length - (size_t)(p - bytes))) != NULL; p++)
        lines++;
    return lines;
}

static bool index_lines(struct vvm_source *source) {
    source->line_count = count_lines(source->bytes, source->length);
    source->line_starts = malloc(source->line_count * sizeof *source->line_starts);
    if (!source->line_starts)
        return false;
    source->line_starts[0] = 0;
    const char *p = source->bytes;
    for (uint32_t line = 1; line < source->line_count; line++) {
        p = (const char *)memchr(p, '\n', source->length - (size_t)(p - source->bytes)) + 1;
        source->line_starts[line] = (uint32_t)(p - source->bytes);
    }
    return true;
}

static bool copy_text(struct vvm_source *source, const char *name, const char *bytes, size_t length) {
    source->name = strdup(name);
    source->bytes = malloc(length + 1);
    if (!source->name || !source->bytes)
        return false;
    if (length)
        memcpy(source->bytes, bytes, length);
    source->bytes[length] = '\0';
    source->length = (uint32_t)length;
    return true;
}

struct vvm_source *vvm_source_create(const char *name, const char *bytes, size_t length) {
    if (length > VVM_SOURCE_MAX)
        return NULL;
    skip_byte_order_mark(&bytes, &length);
    struct vvm_source *source = calloc(1, sizeof *source);
    if (source && copy_text(source, name, bytes, length) && index_lines(source))
        return source;
    vvm_source_destroy(source);
    return NULL;
}

void vvm_source_destroy(struct vvm_source *source) {
    if (!source)
        return;
    free(source->name);
    free(source->bytes);
    free(source->line_starts);
    free(source);
}

/* Index of the last line that starts at or before the offset. */
static uint32_t line_index(const struct vvm_source *source, uint32_t offset) {
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct vvm_position vvm_source_position(const struct vvm_source *source, uint32_t offset) {
    if (offset > source->length)
        offset = source->length;
    uint32_t line = line_index(source, offset);
    uint32_t column = 1;
    for (uint32_t i = source->line_starts[line]; i < offset; i++)
        column += ((unsigned char)source->bytes[i] & 0xC0) != 0x80;
    return (struct vvm_position){line + 1, column};
}

const char *vvm_source_line(const struct vvm_source *source, uint32_t line, uint32_t *length) {
    *length = 0;
    if (line < 1 || line > source->line_count)
        return "";
    uint32_t start = source->line_starts[line - 1];
    uint32_t end = line < source->line_count ? source->line_starts[line] - 1 : source->length;
    if (end > start && source->bytes[end - 1] == '\r')
        end--;
    *length = end - start;
    return source->bytes + start;
}

/* Length of the valid sequence at p (n bytes left), or 0: no overlong forms, surrogates or values above U+10FFFF. */
static uint32_t sequence_length(const unsigned char *p, uint32_t n) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size <= 1 || size > n)
        return size > n ? 0 : size;
    uint32_t value = p[0] & (0xFFu >> (size + 1));
    for (uint32_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    bool valid = value >= least[size] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return valid ? size : 0;
}

uint32_t vvm_source_invalid_utf8(const struct vvm_source *source) {
    const unsigned char *bytes = (const unsigned char *)source->bytes;
    for (uint32_t i = 0; i < source->length;) {
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        uint32_t size = sequence_length(bytes + i, source->length - i);
        if (size == 0)
            return i;
        i += size;
    }
    return UINT32_MAX;
}
