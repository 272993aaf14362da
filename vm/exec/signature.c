#include "vm/exec/signature.h"

#include <ctype.h>
#include <string.h>

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

struct vvm_words vvm_signature_name(const char *signature)
{
    size_t length = 0;
    while (is_name(signature[length]))
        length++;
    return (struct vvm_words){signature, length};
}

/* Behind the text literal that starts at `p`. */
static const char *skip_text(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++)
        if (*p == '\\' && p[1] != '\0')
            p++;
    return *p == '"' ? p + 1 : p;
}

/* Behind the comma that ends the parameter at `p`, or at the closing parenthesis. */
static const char *skip_parameter(const char *p)
{
    int depth = 0;
    while (*p != '\0') {
        if (*p == '"') {
            p = skip_text(p);
            continue;
        }
        if (strchr("([{<", *p) != NULL)
            depth++;
        else if (*p == '>' && p[-1] != '=' && p[-1] != '-')
            depth--;
        else if (strchr(")]}", *p) != NULL && depth-- == 0)
            return p;
        else if (*p == ',' && depth == 0)
            return p + 1;
        p++;
    }
    return p;
}

struct vvm_words vvm_signature_parameter(const char *signature, uint32_t index, bool *rest)
{
    const char *p = strchr(signature, '(');
    *rest = false;
    for (uint32_t i = 0; p != NULL; i++) {
        p += i == 0;
        while (*p == ' ')
            p++;
        if (*p == ')' || *p == '\0')
            break;
        *rest = strncmp(p, "...", 3) == 0;
        p += *rest ? 3 : 0;
        if (i == index)
            return vvm_signature_name(p);
        p = skip_parameter(p);
    }
    return (struct vvm_words){"", 0};
}

bool vvm_same_spelling(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t i = 0, j = 0;
    while (i < a_length && j < b_length) {
        bool a_break = a[i] == '_' && i > 0 && i + 1 < a_length, b_break = b[j] == '_' && j > 0 && j + 1 < b_length;
        i += a_break;
        j += b_break;
        char x = a_break ? (char)toupper((unsigned char)a[i]) : a[i];
        char y = b_break ? (char)toupper((unsigned char)b[j]) : b[j];
        if (x != y)
            return false;
        i++;
        j++;
    }
    return i == a_length && j == b_length;
}

static bool to_camel(struct vvm_words name, char *out)
{
    bool changed = false;
    for (size_t i = 0; i < name.length; i++) {
        if (name.text[i] == '_' && i > 0 && i + 1 < name.length && name.text[i - 1] != '_' && name.text[i + 1] != '_') {
            changed = true;
            *out++ = (char)toupper((unsigned char)name.text[++i]);
        } else {
            *out++ = name.text[i];
        }
    }
    *out = '\0';
    return changed;
}

/* `NaN` is one word: a capital at the very end begins none. */
static bool to_snake(struct vvm_words name, char *out)
{
    bool changed = false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.text[i];
        bool upper = isupper((unsigned char)c);
        if (upper && i > 0 && i + 1 < name.length && islower((unsigned char)name.text[i - 1]) &&
            islower((unsigned char)name.text[0])) {
            changed = true;
            *out++ = '_';
        }
        *out++ = upper && changed ? (char)tolower((unsigned char)c) : c;
    }
    *out = '\0';
    return changed;
}

bool vvm_other_spelling(struct vvm_words name, char *out)
{
    if (name.length >= 2 && name.text[0] == '_' && name.text[1] == '_')
        return false;
    return memchr(name.text, '_', name.length) != NULL ? to_camel(name, out) : to_snake(name, out);
}
