/* Properties and case of code points: Unicode's tables as utf8proc has them, ASCII without them. */
#include "vm/core/core.h"

#include <utf8proc.h>

bool vvm_char_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

static utf8proc_category_t category_of(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c);
}

bool vvm_char_is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    utf8proc_category_t category = category_of(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool vvm_char_is_digit(uint32_t c)
{
    return c < 0x80 ? c >= '0' && c <= '9' : category_of(c) == UTF8PROC_CATEGORY_ND;
}

bool vvm_char_is_upper(uint32_t c)
{
    return c < 0x80 ? c >= 'A' && c <= 'Z' : category_of(c) == UTF8PROC_CATEGORY_LU;
}

bool vvm_char_is_lower(uint32_t c)
{
    return c < 0x80 ? c >= 'a' && c <= 'z' : category_of(c) == UTF8PROC_CATEGORY_LL;
}

uint32_t vvm_char_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    if (c == 0xdf) /* sharp s has no simple mapping; the table gives the capital one */
        return c;
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
}

uint32_t vvm_char_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}
