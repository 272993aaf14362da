/*
 * Symbols: every name of a program as a small dense number.
 *
 * A table belongs to one runtime and lives as long as it; symbols are never removed. Ids are dense from 1
 * (0 = no symbol), so tables indexed by symbol are plain arrays. Interning takes a lock and is rare (parsing,
 * loading); reading the text of an id is two loads, from any thread, without a lock: entries lie in chunks
 * that never move, and an id reaches another thread only after its entry is written (Note PUBLISH in symbol.c).
 */
#ifndef VELA_VM_VALUE_SYMBOL_H
#define VELA_VM_VALUE_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t vvm_symbol;

#define VVM_NO_SYMBOL ((vvm_symbol)0)

struct vvm_symbols;

/* Makes an empty table. Owns: the caller destroys it. Thread: any. Blocks: no. Errors: NULL without memory. */
struct vvm_symbols *vvm_symbols_create(void);

/* Frees the table and all texts; NULL is allowed. Thread: the last user. */
void vvm_symbols_destroy(struct vvm_symbols *symbols);

/* The id of a text (copied; may contain any bytes), the same for equal texts.
   Thread: any. Blocks: shortly (lock). Errors: 0 without memory. */
vvm_symbol vvm_symbols_intern(struct vvm_symbols *symbols, const char *text, size_t length);

/* The id of a text that is already known, else 0. Thread: any. Blocks: shortly (lock). */
vvm_symbol vvm_symbols_find(struct vvm_symbols *symbols, const char *text, size_t length);

/* The text of an id, NUL-terminated, borrowed for the life of the table; "" for 0 and unknown ids.
   Thread: any. Blocks: no. */
const char *vvm_symbols_text(const struct vvm_symbols *symbols, vvm_symbol symbol);

/* The length of the text in bytes; 0 for 0 and unknown ids. Thread: any. Blocks: no. */
size_t vvm_symbols_length(const struct vvm_symbols *symbols, vvm_symbol symbol);

/* How many ids exist: valid ids are 1 .. count. Thread: any. Blocks: no. */
uint32_t vvm_symbols_count(const struct vvm_symbols *symbols);

/* A digest of all texts in the order of their ids, never 0: equal tables have equal ones. Thread: any. Blocks: no. */
uint64_t vvm_symbols_digest(const struct vvm_symbols *symbols);

#endif
