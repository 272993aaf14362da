#include "vm/value/symbol.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/atomic.h"

/*
 * Note PUBLISH. An entry is written under the lock, then `count` is stored with release. A reader that got an id
 * from this table's own answers or by any synchronised way has that store before it; readers that guess an id
 * load `count` with acquire, see it cover the id only after the entry and its chunk pointer are written, and
 * answer "" otherwise. Chunks double in size and never move, so a borrowed text stays valid.
 */

#define FIRST_CHUNK_BITS 8u
#define FIRST_CHUNK (1u << FIRST_CHUNK_BITS)
#define CHUNK_COUNT (32u - FIRST_CHUNK_BITS)
#define TEXT_BLOCK ((size_t)16 * 1024)
#define FIRST_SLOTS 1024u

struct entry {
    const char *text;
    uint32_t length;
    uint32_t hash;
};

struct text_block {
    struct text_block *next;
    char bytes[];
};

struct vvm_symbols {
    /* written under the lock, read by all */
    _Atomic uint32_t count;                    /* release: publishes entry and chunk (Note PUBLISH) */
    _Atomic(struct entry *) chunks[CHUNK_COUNT]; /* relaxed: ordered by `count` */
    /* guarded by lock */
    pthread_mutex_t lock;
    uint32_t *slots; /* open addressing, id or 0 */
    uint32_t slot_count;
    struct text_block *blocks;
    char *next_text;
    size_t text_left;
};

static uint32_t hash_bytes(const char *text, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

/* Chunk k holds ids [FIRST_CHUNK * (2^k - 1), FIRST_CHUNK * (2^(k+1) - 1)), counted from 0. */
static uint32_t chunk_of(uint32_t index) {
    return 31u - (uint32_t)__builtin_clz(index + FIRST_CHUNK) - FIRST_CHUNK_BITS;
}

static uint32_t chunk_start(uint32_t chunk) {
    return (FIRST_CHUNK << chunk) - FIRST_CHUNK;
}

static struct entry *entry_at(const struct vvm_symbols *symbols, vvm_symbol symbol) {
    uint32_t index = symbol - 1;
    uint32_t chunk = chunk_of(index);
    /* relaxed: the id's validity was established through `count` */
    struct entry *entries = vrt_atomic_load_relaxed(&symbols->chunks[chunk]);
    return &entries[index - chunk_start(chunk)];
}

struct vvm_symbols *vvm_symbols_create(void) {
    struct vvm_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    symbols->slots = calloc(FIRST_SLOTS, sizeof *symbols->slots);
    if (!symbols->slots || pthread_mutex_init(&symbols->lock, NULL) != 0) {
        free(symbols->slots);
        free(symbols);
        return NULL;
    }
    symbols->slot_count = FIRST_SLOTS;
    return symbols;
}

void vvm_symbols_destroy(struct vvm_symbols *symbols) {
    if (!symbols)
        return;
    for (uint32_t i = 0; i < CHUNK_COUNT; i++) /* relaxed: the last user is alone */
        free(vrt_atomic_load_relaxed(&symbols->chunks[i]));
    while (symbols->blocks) {
        struct text_block *block = symbols->blocks;
        symbols->blocks = block->next;
        free(block);
    }
    pthread_mutex_destroy(&symbols->lock);
    free(symbols->slots);
    free(symbols);
}

static bool entry_equals(const struct entry *entry, uint32_t hash, const char *text, size_t length) {
    return entry->hash == hash && entry->length == length && memcmp(entry->text, text, length) == 0;
}

/* The slot that holds the text, or the empty one where it belongs. */
static uint32_t *slot_find_locked(const struct vvm_symbols *symbols, uint32_t hash, const char *text, size_t length) {
    uint32_t mask = symbols->slot_count - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &symbols->slots[i];
        if (*slot == 0 || entry_equals(entry_at(symbols, *slot), hash, text, length))
            return slot;
    }
}

static bool slots_grow_locked(struct vvm_symbols *symbols, uint32_t count) {
    uint32_t slot_count = symbols->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    for (vvm_symbol id = 1; id <= count; id++) {
        uint32_t i = entry_at(symbols, id)->hash & (slot_count - 1);
        while (slots[i])
            i = (i + 1) & (slot_count - 1);
        slots[i] = id;
    }
    free(symbols->slots);
    symbols->slots = slots;
    symbols->slot_count = slot_count;
    return true;
}

static bool text_block_add_locked(struct vvm_symbols *symbols, size_t size) {
    size_t room = size > TEXT_BLOCK ? size : TEXT_BLOCK;
    struct text_block *block = malloc(sizeof *block + room);
    if (!block)
        return false;
    block->next = symbols->blocks;
    symbols->blocks = block;
    symbols->next_text = block->bytes;
    symbols->text_left = room;
    return true;
}

static const char *text_copy_locked(struct vvm_symbols *symbols, const char *text, size_t length) {
    if (symbols->text_left < length + 1 && !text_block_add_locked(symbols, length + 1))
        return NULL;
    char *copy = symbols->next_text;
    memcpy(copy, text, length);
    copy[length] = '\0';
    symbols->next_text += length + 1;
    symbols->text_left -= length + 1;
    return copy;
}

static bool chunk_ensure_locked(struct vvm_symbols *symbols, uint32_t index) {
    uint32_t chunk = chunk_of(index);
    if (chunk >= CHUNK_COUNT)
        return false;
    if (vrt_atomic_load_relaxed(&symbols->chunks[chunk])) /* relaxed: under the lock */
        return true;
    struct entry *entries = calloc((size_t)FIRST_CHUNK << chunk, sizeof *entries);
    /* relaxed: published by the release store of `count` */
    vrt_atomic_store_relaxed(&symbols->chunks[chunk], entries);
    return entries != NULL;
}

static vvm_symbol intern_new_locked(struct vvm_symbols *symbols, uint32_t hash, const char *text, size_t length) {
    uint32_t count = vrt_atomic_load_relaxed(&symbols->count); /* relaxed: under the lock */
    if ((uint64_t)(count + 1) * 4 > (uint64_t)symbols->slot_count * 3 && !slots_grow_locked(symbols, count))
        return VVM_NO_SYMBOL;
    const char *copy = chunk_ensure_locked(symbols, count) ? text_copy_locked(symbols, text, length) : NULL;
    if (!copy)
        return VVM_NO_SYMBOL;
    uint32_t *slot = slot_find_locked(symbols, hash, text, length);
    *entry_at(symbols, count + 1) = (struct entry){copy, (uint32_t)length, hash};
    *slot = count + 1;
    /* release: pairs with the acquire in is_known; publishes the entry and its chunk */
    vrt_atomic_store_release(&symbols->count, count + 1);
    return count + 1;
}

vvm_symbol vvm_symbols_intern(struct vvm_symbols *symbols, const char *text, size_t length) {
    if (length >= UINT32_MAX)
        return VVM_NO_SYMBOL;
    uint32_t hash = hash_bytes(text, length);
    pthread_mutex_lock(&symbols->lock);
    vvm_symbol id = *slot_find_locked(symbols, hash, text, length);
    if (id == VVM_NO_SYMBOL)
        id = intern_new_locked(symbols, hash, text, length);
    pthread_mutex_unlock(&symbols->lock);
    return id;
}

vvm_symbol vvm_symbols_find(struct vvm_symbols *symbols, const char *text, size_t length) {
    uint32_t hash = hash_bytes(text, length);
    pthread_mutex_lock(&symbols->lock);
    vvm_symbol id = *slot_find_locked(symbols, hash, text, length);
    pthread_mutex_unlock(&symbols->lock);
    return id;
}

static bool is_known(const struct vvm_symbols *symbols, vvm_symbol symbol) {
    return symbol != VVM_NO_SYMBOL && symbol <= vvm_symbols_count(symbols);
}

const char *vvm_symbols_text(const struct vvm_symbols *symbols, vvm_symbol symbol) {
    return is_known(symbols, symbol) ? entry_at(symbols, symbol)->text : "";
}

size_t vvm_symbols_length(const struct vvm_symbols *symbols, vvm_symbol symbol) {
    return is_known(symbols, symbol) ? entry_at(symbols, symbol)->length : 0;
}

uint32_t vvm_symbols_count(const struct vvm_symbols *symbols) {
    /* acquire: pairs with the release in intern_new_locked; the entries up to it are complete */
    return vrt_atomic_load_acquire(&symbols->count);
}

uint64_t vvm_symbols_digest(const struct vvm_symbols *symbols) {
    uint64_t digest = 14695981039346656037u;
    uint32_t count = vvm_symbols_count(symbols);
    for (vvm_symbol id = 1; id <= count; id++) {
        const struct entry *entry = entry_at(symbols, id);
        digest = (digest ^ ((uint64_t)entry->length << 32 | entry->hash)) * 1099511628211u;
    }
    return digest | 1;
}
