/* The pause: all worker threads stand between two turns, so that somebody may look into every isolate.
 *
 * A thread that takes turns looks before each one whether a pause is wanted (one relaxed load) and, if so, says that it
 * stands and waits for the end. A sleeping thread stands already: whoever wakes it takes the idle lock after the
 * pauser, so it sees the pause before its next turn. A turn lasts one budget, so this takes some 40 microseconds; a
 * thread inside native code that takes longer is not waited for beyond the deadline, and the pauser is told.
 *
 *   none --begin (pauser)--> wanted --each thread: end of its turn--> all stand --end (pauser)--> none
 *
 * A pause has a number, so that a thread still on its way out of one is not taken for one that stands in the next. Only
 * isolates are at rest: timers, blocking jobs and foreign threads may post letters meanwhile.
 * Cost: nothing but that load while there is none. */
#ifndef VRT_SCHED_PAUSE_H
#define VRT_SCHED_PAUSE_H

#include "runtime/os/park.h"

struct vela_runtime;
struct vrt_thread;

struct vrt_pause {
    /* number of the pause that is wanted, 0: none. Pauser: seq_cst, release; threads: relaxed as a hint, then
     * acquire */
    _Atomic uint32_t wanted;
    /* bumped (release) whenever somebody may have come to stand; the pauser sleeps on it (acquire) */
    _Atomic uint32_t arrivals;
    /* bound isolates that take a turn; seq_cst on both sides: the thread that begins one sees the pause, or the pauser
     * sees it */
    _Atomic uint32_t bound;
    struct vrt_lock lock; /* held for a whole pause */
    uint32_t last, begun; /* guarded by lock; `arrivals` when it began */
};

/* Begins a pause and waits until all threads stand, at most until `deadline_ns`. True: all stand; false: some do not,
 * but those that come to the end of their turn will. Either way the caller calls vrt_pause_end soon.
 * Thread: any that takes no turn just now. Blocks, also for another pause's end. */
bool vrt_pause_begin(struct vela_runtime *runtime, uint64_t deadline_ns);

/* The same for a worker thread between two turns: does nothing and gives false if there is another pause. */
bool vrt_pause_try_begin(struct vela_runtime *runtime, uint64_t deadline_ns, bool *all);

void vrt_pause_end(struct vela_runtime *runtime);

/* Does the pause keep anybody from what there is to do: did a thread come to stand, is an isolate ready, or a timer of
 * the calling thread due? Thread: the pauser, a worker. */
bool vrt_pause_disturbs(struct vela_runtime *runtime);

/* Keeps pauses away for a while: for who changes, outside of any turn, what a pauser reads. Waits for the end of one.
 * Short. */
void vrt_pause_forbid(struct vela_runtime *runtime);
void vrt_pause_allow(struct vela_runtime *runtime);

/* Stands until no pause is wanted. The thread's own, between two turns. */
void vrt_pause_stand(struct vrt_thread *thread);

/* Around the turn of a bound isolate, whose thread no pauser knows. */
void vrt_pause_enter_bound(struct vela_runtime *runtime);
void vrt_pause_leave_bound(struct vela_runtime *runtime);

#endif
