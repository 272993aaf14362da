/* A division: the work of a parallel operation on a List or a Range, divided among lanes.
 *
 * Each lane has a range of the elements' indices, a worker of the pool that joins it takes chunks off the low end, and
 * the elements are read where they lie; those of a Range are computed from their indices. What a chunk cost says how
 * large the next one may be, so that it takes about VVM_CHUNK_NS. Chunks that follow one another are a *run*; a lane
 * whose range is empty begins another run with the upper half of the longest range there is.
 *
 * Of its chunk a worker keeps only the element it is at when its turn ends, because it waits or has used up its
 * budget: the rest goes back to its range, for others to steal. So no element waits for another one longer than a
 * turn while a worker has nothing to do. Who has nothing to do waits for `news`: a range may have something again, or
 * everything is done.
 *
 * Note DRY. Nobody sleeps over work. Who finds nothing adds itself to `dry`, then looks at all ranges once more; who
 * has something in its range at the end of a turn looks at `dry` after it has put it there. Both in one order
 * (seq_cst), so one of them sees the other. A range on its way from one lane to another is in neither; its thief's
 * next turn end comes later. That everything is done is seen by whoever delivers the last result and then takes the
 * lock, or by who takes it later and looks at `left`.
 *
 * Results of a map are delivered chunk by chunk to their places (vm/value/places.h), those of a reduction run by run.
 * Once `left` is 0 no callback runs any more. Held by its handle and by those of its lanes; the last one frees it. */
#ifndef VVM_DIVISION_H
#define VVM_DIVISION_H

#include "runtime/queue/range.h"
#include "vm/exec/isolate.h"
#include "vm/value/places.h"

#ifdef VELA_TINY
#define VVM_UNITS_MAX 4095u
#else
#define VVM_UNITS_MAX UINT32_MAX
#endif
#define VVM_CHUNK_NS 20000u

struct vvm_lane {
    struct vrt_range range;  /* shared: units of elements that nobody has begun */
    struct vvm_division *division; /* set once */
    /* its worker's only */
    uint64_t run;            /* first element of the run */
    uint64_t first, end;     /* the chunk */
    uint64_t began_ns;       /* when its first element was begun */
    uint64_t wanted;         /* elements of the next one */
    char apart[72];          /* no two ranges on one line of the cache */
};
_Static_assert(sizeof(struct vvm_lane) == 128, "two lines of the cache");

/* What a run of a reduction came to. */
struct vvm_run_sum { uint64_t first; vvm_value value; };

struct vvm_division {
    /* set once */
    struct vela_runtime *runtime;
    uint64_t length;
    int64_t start, step;           /* element i of a Range is start + i * step; step 0: it is a List */
    uint32_t count;                /* lanes */
    uint32_t shift;                /* a unit of the ranges is 1 << shift elements */
    /* shared */
    _Atomic uint32_t references;   /* the last release (acq_rel) frees */
    _Atomic uint32_t joined;       /* relaxed: gives each worker a lane of its own */
    _Atomic uint32_t dry;          /* workers that found nothing: Note DRY */
    _Atomic uint64_t left;         /* elements not delivered; acq_rel: who sees 0 has acquired all results */
    struct vrt_lock lock;          /* guards the next ones */
    struct vrt_promise *news;      /* producer reference; NULL: nobody waits */
    struct vvm_run_sum *runs;          /* delivered; malloc'd */
    size_t run_count, run_capacity;
    struct vvm_places places;
    struct vvm_lane lanes[];
};

/* Of a List or a Range that has elements. NULL: no memory. Owns: the caller has one reference, and keeps the data. */
struct vvm_division *vvm_division_create(struct vela_runtime *runtime, vvm_value data, uint32_t lanes);
struct vvm_division *vvm_division_retain_any(struct vvm_division *division);
void vvm_division_release_any(struct vvm_division *division);

/* The next lane that nobody has; for the worker that calls. At most `count` times. */
struct vvm_lane *vvm_division_join(struct vvm_division *division);

/* Begins a run, with one unit as its chunk. False: all ranges are empty. Thread: its worker's, whose first task it
 * is. */
bool vvm_lane_begin_run(struct vvm_lane *lane, struct vvm_isolate *isolate);

/* Element `index` of the Range that is divided. */
int64_t vvm_lane_number(const struct vvm_lane *lane, uint64_t index);

/* Nothing was found: what to wait for, a holder's reference in *news, until vvm_division_wet; NULL: look again, or
 * all is done. False: no memory. */
bool vvm_division_dry(struct vvm_division *division, struct vrt_promise **news);
void vvm_division_wet(struct vvm_division *division, struct vrt_promise *news);

/* Is everything done? */
bool vvm_division_is_done(const struct vvm_division *division);

/* The value of a reduction's run, which ends with the chunk; owned, fit to cross. False: no memory; it is released. */
bool vvm_lane_deliver_run(struct vvm_lane *lane, vvm_value value);

/* The values of the runs, in the order of the elements, as a List. Unset: no memory. */
vvm_value vvm_division_runs(struct vvm_division *division);

/* A handle on a lane, with a reference of its own; bound to its isolate. Unset: no memory. */
vvm_value vvm_lane_handle(struct vvm_vm *vm, struct vvm_isolate *isolate, struct vvm_lane *lane);
static inline struct vvm_lane *vvm_lane_of(vvm_value handle) { return ((struct vvm_handle *)handle.object)->native; }

/* ---- For vm/exec ---- */

/* Those who found nothing look again. Thread: any. */
void vvm_division_tell_news(struct vvm_division *division);

/* The results of the lane's chunk, a List of the loop's own; it is empty then. False: thrown. */
struct vvm_machine;
bool vvm_lane_deliver_chunk(struct vvm_machine *m, struct vvm_lane *lane, vvm_value results);

/* The turn of an isolate with VVM_ISOLATE_DIVIDES ends: puts back what it has not begun. */
void vvm_division_end_turn(struct vvm_isolate *isolate);

#endif
