/* The other spelling of the core library's own names: camelCase and snake_case (language.md 8). */
#include "vm/compile/compiler.h"
#include "vm/exec/signature.h"

#include <string.h>

#define NAME_MAX_BYTES 60

/* 0 if there is no other one. */
vvm_symbol other_spelling(struct compiler *c, vvm_symbol name)
{
    const char *text = symbol_text(c, name);
    struct vvm_words words = {text, strlen(text)};
    char buffer[2 * NAME_MAX_BYTES + 1];
    return words.length <= NAME_MAX_BYTES && vvm_other_spelling(words, buffer) ? symbol_of(c, buffer) : 0;
}

void core_alias(struct compiler *c, struct vvm_members *members, struct vvm_function_node *f, vvm_value value, int kind)
{
    vvm_symbol other = other_spelling(c, f->name);
    if (other && !vvm_members_put(members, (struct vvm_member){.name = other, .kind = (uint16_t)kind, .value = value}))
        longjmp(c->out_of_memory, 1);
}
