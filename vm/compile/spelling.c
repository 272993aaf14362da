/* The two spellings of built-in names: camelCase and snake_case (language.md 8). */
#include "vm/compile/compiler.h"

#include <ctype.h>
#include <string.h>

static size_t to_snake(const char *name, char *out)
{
    size_t length = 0;
    for (const char *p = name; *p; p++) {
        if (isupper((unsigned char)*p) && p != name)
            out[length++] = '_';
        out[length++] = p == name ? *p : (char)tolower((unsigned char)*p);
    }
    return length;
}

static size_t to_camel(const char *name, char *out)
{
    size_t length = 0;
    for (const char *p = name; *p; p++) {
        if (*p == '_' && p != name && p[1])
            out[length++] = (char)toupper((unsigned char)*++p);
        else
            out[length++] = *p;
    }
    return length;
}

/* 0 if there is no other one. */
vvm_symbol other_spelling(struct compiler *c, vvm_symbol name)
{
    const char *text = symbol_text(c, name);
    char buffer[160];
    size_t length = strlen(text);
    if (length > 60 || !islower((unsigned char)text[0]))
        return 0;
    length = strchr(text, '_') ? to_camel(text, buffer) : to_snake(text, buffer);
    buffer[length] = 0;
    return strcmp(buffer, text) == 0 ? 0 : symbol_of(c, buffer);
}

void core_alias(struct compiler *c, struct vvm_members *members, struct vvm_function_node *f, vvm_value value, int kind)
{
    vvm_symbol other = other_spelling(c, f->name);
    if (other && !vvm_members_put(members, (struct vvm_member){.name = other, .kind = (uint16_t)kind, .value = value}))
        longjmp(c->out_of_memory, 1);
}
