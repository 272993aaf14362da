/* A List whose elements come from several threads, each in its own places.
 *
 * The first stretch that arrives says how the elements are packed; stretches of that kind are copied to their places,
 * others go to a second buffer for values of any kind, with a note of where they are. If there is only one of them in
 * the end it becomes the List's, without another copy. Elements are the List's once they are stored; who finishes or
 * drops it has acquired what all others have stored. */
#ifndef VVM_PLACES_H
#define VVM_PLACES_H

#include "runtime/os/park.h"
#include "vm/value/object.h"

struct vvm_buffer;
struct vvm_stretch { uint64_t start, end; };

struct vvm_places {
    uint64_t length;                   /* set once */
    struct vvm_buffer *_Atomic packed; /* of one scalar kind; NULL: none came first. Made: release; used: acquire */
    struct vvm_buffer *_Atomic values; /* likewise */
    struct vrt_lock lock;              /* guards the making of the two, and: */
    struct vvm_stretch *stretches;     /* what is stored in `values`; malloc'd */
    size_t stretch_count, stretch_capacity;
    /* once all are stored */
    uint64_t closed;                   /* up to here `values` has all elements */
    size_t next_stretch;
};

void vvm_places_init(struct vvm_places *places, uint64_t length);

/* Moves all elements of a List of the caller's own to the places from `at` on; the List is empty then. Heap values have
 * passed vvm_share. False: no memory; nothing happened. Thread: any; each place is stored once. */
bool vvm_places_store_any(struct vvm_places *places, uint64_t at, vvm_value list);

/* Where there are two buffers, brings up to `most` elements into one; false: there is nothing left to do. All places
 * are stored. */
bool vvm_places_close(struct vvm_places *places, uint64_t most);

/* The List; the places are empty then. Everything is stored and closed. Unset: no memory; nothing happened. */
vvm_value vvm_places_finish(struct vvm_places *places);

/* Releases what has been stored. */
void vvm_places_drop(struct vvm_places *places);

#endif
