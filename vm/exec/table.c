#include "runtime/base/alloc.h"
#include "vm/exec/tables.h"

#include <string.h>

static size_t chunk_bytes(const struct vvm_table *table, int chunk)
{
    return ((size_t)VVM_TABLE_FIRST << chunk) * table->item_size;
}

void vvm_table_init(struct vvm_table *table, size_t item_size)
{
    memset(table, 0, sizeof *table);
    table->item_size = (uint32_t)item_size;
}

void vvm_table_deinit(struct vvm_table *table)
{
    for (int i = 0; i < 24; i++) {
        void *chunk = atomic_load_explicit(&table->chunks[i], memory_order_relaxed); /* the last user */
        if (chunk != NULL)
            vrt_free(chunk, chunk_bytes(table, i));
    }
}

bool vvm_table_add(struct vvm_table *table, const void *item, uint32_t *index)
{
    uint32_t at = vvm_table_count(table);
    int chunk = 31 - __builtin_clz(at / VVM_TABLE_FIRST + 1);
    if (chunk >= 24)
        return false;
    if (atomic_load_explicit(&table->chunks[chunk], memory_order_relaxed) == NULL) { /* one loading thread */
        void *memory = vrt_alloc_zeroed(chunk_bytes(table, chunk));
        if (memory == NULL)
            return false;
        atomic_store_explicit(&table->chunks[chunk], memory, memory_order_relaxed); /* an index is published later */
    }
    memcpy(vvm_table_item(table, at, table->item_size), item, table->item_size);
    atomic_store_explicit(&table->count, at + 1, memory_order_relaxed); /* likewise */
    *index = at;
    return true;
}
