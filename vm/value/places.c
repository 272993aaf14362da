#include "vm/value/places.h"

#include "vm/value/buffer.h"

#include <stdlib.h>
#include <string.h>

void vvm_places_init(struct vvm_places *places, uint64_t length)
{
    *places = (struct vvm_places){.length = length};
}

/* ---- Storing ---- */

/* One of the two, made unless another thread has. NULL: no memory. */
static struct vvm_buffer *need_locked(struct vvm_places *places, struct vvm_buffer *_Atomic *made,
                                      enum vvm_elements elements)
{
    struct vvm_buffer *buffer = vrt_atomic_load_relaxed(made); /* under the lock */
    if (buffer == NULL) {
        buffer = vvm_buffer_new(elements, places->length);
        vrt_atomic_store_release(made, buffer); /* pairs with the acquires in packed_for: publishes the header */
    }
    return buffer;
}

/* The packed buffer for elements of a kind; NULL: there is none for it, or no memory. */
static struct vvm_buffer *packed_for(struct vvm_places *places, enum vvm_elements elements)
{
    struct vvm_buffer *packed = vrt_atomic_load_acquire(&places->packed); /* both pair with need_locked */
    if (elements == VVM_ELEMENTS_VALUE)
        return NULL;
    if (packed == NULL && vrt_atomic_load_acquire(&places->values) == NULL) {
        vrt_lock_take(&places->lock);
        packed = need_locked(places, &places->packed, elements);
        vrt_lock_give(&places->lock);
    }
    return packed != NULL && packed->header.extra == elements ? packed : NULL;
}

static bool note_locked(struct vvm_places *places, struct vvm_stretch stretch)
{
    struct vvm_stretch *last = places->stretch_count > 0 ? &places->stretches[places->stretch_count - 1] : NULL;
    if (last != NULL && last->end == stretch.start) {
        last->end = stretch.end;
        return true;
    }
    if (places->stretch_count == places->stretch_capacity) {
        size_t capacity = places->stretch_capacity * 2 + 16;
        struct vvm_stretch *grown = realloc(places->stretches, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        places->stretches = grown;
        places->stretch_capacity = capacity;
    }
    places->stretches[places->stretch_count++] = stretch;
    return true;
}

static struct vvm_buffer *values_for(struct vvm_places *places, uint64_t at, uint64_t count)
{
    vrt_lock_take(&places->lock);
    struct vvm_buffer *values = need_locked(places, &places->values, VVM_ELEMENTS_VALUE);
    bool fine = values != NULL && note_locked(places, (struct vvm_stretch){at, at + count});
    vrt_lock_give(&places->lock);
    return fine ? values : NULL;
}

bool vvm_places_store_any(struct vvm_places *places, uint64_t at, vvm_value v)
{
    struct vvm_list *list = v.object;
    if (list->length == 0)
        return true;
    VRT_ASSERT(vvm_list_is_own(list) && at + list->length <= places->length);
    struct vvm_buffer *packed = packed_for(places, list->header.extra);
    struct vvm_buffer *values = packed == NULL ? values_for(places, at, list->length) : NULL;
    if (packed == NULL && values == NULL)
        return false;
    if (packed != NULL)
        vvm_buffer_copy(packed, at, list->buffer, list->offset, list->length);
    for (uint64_t i = 0; i < list->length && values != NULL; i++)
        values->values[at + i] = vvm_list_get_fast(list, i);
    list->buffer->used = list->offset = list->length = 0;
    return true;
}

/* ---- The end: everything the others did has been acquired, so all loads are relaxed ---- */

static int by_start(const void *a, const void *b)
{
    uint64_t x = ((const struct vvm_stretch *)a)->start, y = ((const struct vvm_stretch *)b)->start;
    return (x > y) - (x < y);
}

/* Where the next stretch begins; what is between two is in the packed buffer. */
static uint64_t next_start(const struct vvm_places *places)
{
    bool is_last = places->next_stretch == places->stretch_count;
    return is_last ? places->length : places->stretches[places->next_stretch].start;
}

bool vvm_places_close(struct vvm_places *places, uint64_t most)
{
    const struct vvm_buffer *packed = vrt_atomic_load_relaxed(&places->packed);
    struct vvm_buffer *values = vrt_atomic_load_relaxed(&places->values);
    if (packed == NULL || values == NULL || places->closed == places->length)
        return false;
    if (places->closed == 0 && places->next_stretch == 0)
        qsort(places->stretches, places->stretch_count, sizeof *places->stretches, by_start);
    uint64_t end = next_start(places), stop = end - places->closed > most ? places->closed + most : end;
    for (; places->closed < stop; places->closed++)
        values->values[places->closed] = vvm_buffer_load(packed, places->closed);
    if (stop == end && places->next_stretch < places->stretch_count)
        places->closed = places->stretches[places->next_stretch++].end;
    return true;
}

static void forget(struct vvm_places *places)
{
    free(places->stretches);
    vvm_places_init(places, places->length);
}

vvm_value vvm_places_finish(struct vvm_places *places)
{
    struct vvm_buffer *packed = vrt_atomic_load_relaxed(&places->packed);
    struct vvm_buffer *values = vrt_atomic_load_relaxed(&places->values);
    vvm_value list = vvm_list_over(values != NULL ? values : packed, places->length);
    if (vvm_is_unset(list))
        return list;
    if (values != NULL && packed != NULL)
        vvm_object_release(&packed->header);
    forget(places);
    return list;
}

void vvm_places_drop(struct vvm_places *places)
{
    struct vvm_buffer *packed = vrt_atomic_load_relaxed(&places->packed);
    struct vvm_buffer *values = vrt_atomic_load_relaxed(&places->values);
    for (size_t i = 0; i < places->stretch_count; i++)
        vvm_buffer_release(values, places->stretches[i].start, places->stretches[i].end);
    if (packed != NULL)
        vvm_object_release(&packed->header);
    if (values != NULL) /* none of its elements are in use */
        vvm_object_release(&values->header);
    forget(places);
}
