#include "vm/value/object.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080u

static uint64_t load_word(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* Bytes of the sequence that begins here if it is valid (shortest form, no surrogate, at most U+10FFFF), else 0. */
static size_t sequence_length(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

bool vvm_utf8_valid(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length) {
        if (length - i >= 8 && (load_word(text + i) & HIGH_BITS) == 0) {
            i += 8;
            continue;
        }
        size_t taken = sequence_length((const unsigned char *)text + i, length - i);
        if (taken == 0)
            return false;
        i += taken;
    }
    return true;
}

/* How many of these eight bytes are continuation bytes (10xxxxxx). */
static size_t continuations(uint64_t word)
{
    return (word & HIGH_BITS) == 0 ? 0 : (size_t)__builtin_popcountll(word & ~(word << 1) & HIGH_BITS);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Code points = bytes that are no continuation byte, eight at a time. */
size_t vvm_utf8_count(const char *text, size_t length)
{
    size_t count = length, i = 0;
    for (; length - i >= 8; i += 8)
        count -= continuations(load_word(text + i));
    for (; i < length; i++)
        count -= is_continuation(text[i]);
    return count;
}

size_t vvm_utf8_decode(const char *text, uint32_t *code_point)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) {
        *code_point = s[0];
        return 1;
    }
    if (s[0] < 0xe0) {
        *code_point = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        return 2;
    }
    if (s[0] < 0xf0) {
        *code_point = (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
        return 3;
    }
    *code_point = (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
                  (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
    return 4;
}

size_t vvm_utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[length] | code_point);
    return length;
}

/* The end of the code point that byte `i` stands in or before. */
static size_t code_point_end(const char *text, size_t length, size_t i)
{
    while (i < length && is_continuation(text[i]))
        i++;
    return i;
}

size_t vvm_utf8_offset(const char *text, size_t length, size_t index)
{
    size_t i = 0;
    for (; length - i >= 8; i += 8) {
        size_t begin_here = 8 - continuations(load_word(text + i));
        if (begin_here > index)
            break;
        index -= begin_here;
    }
    i = code_point_end(text, length, i);
    for (; index > 0 && i < length; index--)
        i = code_point_end(text, length, i + 1);
    return i;
}
