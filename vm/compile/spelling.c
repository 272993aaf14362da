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

/* ---- Near misses ---- */

#define DISTANCE_NAME_MAX 64

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions and exchanges of one byte that lead from one name to the other; UINT32_MAX for long names. */
uint32_t spelling_distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    uint32_t row[DISTANCE_NAME_MAX + 1];
    if (rows > DISTANCE_NAME_MAX || columns > DISTANCE_NAME_MAX)
        return UINT32_MAX;
    for (size_t i = 0; i <= columns; i++)
        row[i] = (uint32_t)i;
    for (size_t r = 1; r <= rows; r++) {
        uint32_t diagonal = row[0];
        row[0] = (uint32_t)r;
        for (size_t i = 1; i <= columns; i++) {
            uint32_t above = row[i];
            row[i] = least(above + 1, row[i - 1] + 1, diagonal + (a[r - 1] != b[i - 1]));
            diagonal = above;
        }
    }
    return row[columns];
}

uint32_t spelling_tolerance(const char *name) { return strlen(name) < 3 ? 0 : strlen(name) < 6 ? 1 : 2; }
