/* The compiler's common ground: memory, notes, errors, names. */
#include "vm/compile/compiler.h"

#include "vm/compile/code_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *compile_alloc(struct compiler *c, size_t size)
{
    void *memory = vvm_arena_alloc(c->arena, size);
    if (!memory)
        longjmp(c->out_of_memory, 1);
    return memory;
}

void *code_alloc(struct compiler *c, size_t size)
{
    void *memory = vvm_code_alloc(c->vm, size);
    if (!memory)
        longjmp(c->out_of_memory, 1);
    return memory;
}

const char *code_format(struct compiler *c, const char *format, ...)
{
    char buffer[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof buffer)
        length = sizeof buffer - 1;
    char *text = code_alloc(c, (size_t)length + 1);
    memcpy(text, buffer, (size_t)length);
    return text;
}

void compile_error(struct compiler *c, const char *code, uint32_t offset, uint32_t length, const char *hint,
                   const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    vvm_diagnostics_add(c->diagnostics, VVM_ERROR, code, c->source, offset, length, hint, "%s", message);
}

void unsupported(struct compiler *c, uint32_t offset, uint32_t length, const char *what)
{
    compile_error(c, "E199", offset, length, NULL, "%s is not in this release", what);
}

const char *symbol_text(struct compiler *c, vvm_symbol symbol)
{
    return vvm_symbols_text(c->vm->symbols, symbol);
}

vvm_symbol symbol_of(struct compiler *c, const char *text)
{
    vvm_symbol symbol = vvm_symbols_intern(c->vm->symbols, text, strlen(text));
    if (!symbol)
        longjmp(c->out_of_memory, 1);
    return symbol;
}

/* ---- Notes: a hash map from parts of the tree to what was found out about them ---- */

static size_t note_place(const struct note_map *map, const void *key)
{
    size_t mask = map->capacity - 1;
    size_t at = (size_t)(((uintptr_t)key >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & mask;
    while (map->keys[at] && map->keys[at] != key)
        at = (at + 1) & mask;
    return at;
}

static void notes_grow(struct compiler *c)
{
    struct note_map old = *c->notes, *notes = c->notes;
    notes->capacity = old.capacity ? old.capacity * 2 : 256;
    notes->keys = compile_alloc(c, notes->capacity * sizeof *notes->keys);
    notes->values = compile_alloc(c, notes->capacity * sizeof *notes->values);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (!old.keys[i])
            continue;
        size_t at = note_place(notes, old.keys[i]);
        notes->keys[at] = old.keys[i];
        notes->values[at] = old.values[i];
    }
}

void note_set(struct compiler *c, const void *key, void *value)
{
    struct note_map *notes = c->notes;
    if ((notes->count + 1) * 2 > notes->capacity)
        notes_grow(c);
    size_t at = note_place(notes, key);
    if (!notes->keys[at]) {
        notes->keys[at] = key;
        notes->count++;
    }
    notes->values[at] = value;
}

void *note_get(struct compiler *c, const void *key)
{
    if (!c->notes->capacity)
        return NULL;
    size_t at = note_place(c->notes, key);
    return c->notes->keys[at] ? c->notes->values[at] : NULL;
}
