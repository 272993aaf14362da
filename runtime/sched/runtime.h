/* The runtime: all state of one scheduler, in one struct handed down.
 *
 * Several may live in one process. Creating one allocates its struct only; worker threads start at
 * the first spawn. Destroying one stops the workers at the end of their present turns, joins all
 * threads, drops the isolates that are left (their destroy, nothing else of them runs), and frees
 * everything: no thread, descriptor or byte stays behind. */
#ifndef VRT_SCHED_RUNTIME_H
#define VRT_SCHED_RUNTIME_H

#include <vela/value.h>

#include "runtime/base/alloc.h"
#include "runtime/queue/injector.h"
#include "runtime/sched/starts.h"
#include "runtime/sched/blocking.h"
#include "runtime/sched/idle.h"
#include "runtime/sched/pause.h"
#include "runtime/sched/pool.h"
#include "runtime/sched/thread.h"
#include "runtime/sync/waiter.h"

struct vela_runtime;
struct vrt_waiter_slab;

/* A task that holds its thread for longer than this between two safepoints is counted. */
#define VRT_LONG_TURN_NS 1000000u

struct vrt_runtime_config {
    uint32_t workers;                        /* 0: VELA_WORKERS, else the processors we may use */
    uint64_t seed;                           /* 0: VELA_SEED, else entropy */
    const struct vela_value_ops *value_ops;  /* NULL: values are plain words */
    void *user;                              /* the layer above's; runtime->user */
    /* Called once each time nothing can happen any more: all threads idle, no queue, letter or timer,
     * external 0. All isolates stand still, so it may look at them; it may post and wake. Any worker
     * thread (or the thread whose vrt_external_down was the last event). May be NULL. */
    void (*on_quiescent)(struct vela_runtime *runtime, void *user);
    /* Called now and then by a worker thread between two turns: before it goes to sleep while something may still
     * happen, and about once in 1024 turns; only after `lull_due_ns`, which it sets anew, and by one thread at a time.
     * May be NULL. */
    void (*on_lull)(struct vela_runtime *runtime, void *user);
    /* Called by vrt_runtime_destroy when no thread runs any more and all isolates are dropped: the last moment at which
     * promises and channels may be released. May be NULL. */
    void (*on_end)(struct vela_runtime *runtime, void *user);
    /* Called after a turn of more than VRT_LONG_TURN_NS, on its thread; the isolate may have ended, but is there. May
     * be NULL. */
    void (*on_long_turn)(struct vrt_isolate *isolate, uint64_t took_ns, void *user);
    /* Called on each worker (and adopted) thread before its first turn and after its last. May be NULL. */
    void (*on_thread_start)(struct vrt_thread *thread, void *user);
    void (*on_thread_end)(struct vrt_thread *thread, void *user);
};

/* Slabs of wait records; a free list under a lock, with the type kept until destroy. */
struct vrt_waiter_depot {
    struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_waiter *free;
    struct vrt_waiter_slab *slabs;
};

struct vela_runtime {
    /* set once */
    struct vrt_runtime_config config;
    struct vela_value_ops value_ops;
    void *user;
    uint32_t worker_count; /* at most */
    uint32_t cpu_count;
    uint64_t seed;
    uint64_t started_ns; /* when it was created */
    struct vrt_thread **threads; /* worker_count places; filled up to thread_count */
    struct vrt_pool *global_pool;
    /* shared: number of filled places of `threads`; a release store publishes the new thread */
    _Alignas(VRT_CACHE_LINE) _Atomic uint32_t thread_count;
    struct vrt_lock thread_lock; /* guards starting threads */
    /* seq_cst: set once by destroy, read by workers after each turn and before sleeping */
    _Atomic uint32_t stopping;
    /* relaxed: set once by vrt_runtime_close_any; who starts an isolate meanwhile was just in time */
    _Atomic uint32_t closed;
    struct vrt_pause pause;
    /* reasons from outside why something may still happen; acq_rel; see vrt_external_up */
    _Alignas(VRT_CACHE_LINE) _Atomic int64_t external;
    /* when on_lull may be called next; VRT_NEVER while it is called. relaxed: the swap to VRT_NEVER chooses one thread,
     * and on_lull pauses all others */
    _Atomic uint64_t lull_due_ns;
    _Atomic uint64_t lull_turns; /* turns taken before the last call; relaxed: only compared */
    _Atomic uint32_t root_children; /* relaxed: only has to give each caller its own number */
    struct vrt_idle idle;
    struct vrt_injector injector;
    struct vrt_starts starts;
    struct vrt_isolate_list foreign_isolates; /* started by foreign threads */
    struct vrt_waiter_depot waiters;
    struct vrt_blocking blocking;
};

/* Creates a runtime. `config` NULL: all defaults. Owns: the caller, until vrt_runtime_destroy.
 * Thread: any. Errors: NULL when memory is out. */
struct vela_runtime *vrt_runtime_create(const struct vrt_runtime_config *config);

/* Ends it, see above. No isolate of it may run on the calling thread; adopted threads have been
 * disowned; nobody uses the runtime, its channels or promises after. Blocks. */
void vrt_runtime_destroy(struct vela_runtime *runtime);

/* From here on no isolate is started (VRT_SHUT_DOWN), and vrt_runtime_wait_over waits no longer. Any thread; once is
 * enough. */
void vrt_runtime_close_any(struct vela_runtime *runtime);

/* Stops the calling native thread until nothing can happen any more (true) or the runtime is closed. Thread: foreign.
 * Blocks. */
bool vrt_runtime_wait_over(struct vela_runtime *runtime);

/* Is it being destroyed? Then no isolate starts any more, and each that runs is in its last turn. Any thread. */
static inline bool vrt_runtime_is_stopping(struct vela_runtime *runtime)
{
    return vrt_atomic_load_seq_cst(&runtime->stopping) != 0; /* pairs with stop_threads */
}

/* Something outside the isolates can still make news: a pending loop handle, a C-held promise or
 * sender, a blocking job, a bound isolate that is ready. While the count is above 0 there is no
 * deadlock. Thread: any. `down` to 0 may call on_quiescent. */
void vrt_external_up(struct vela_runtime *runtime);
void vrt_external_down(struct vela_runtime *runtime);

/* Stops the calling native thread until nothing can happen any more, or `deadline_ns`. True if quiescent.
 * The caller itself makes no work meanwhile. Thread: foreign. Blocks. */
bool vrt_runtime_wait_quiescent(struct vela_runtime *runtime, uint64_t deadline_ns);

/* Calls `visit` for each isolate that has not ended, until it says false: then it is false, too. Exact in on_quiescent;
 * otherwise a snapshot, in which `visit` may only look at what is set once. Blocks: list locks; `visit` must not spawn
 * or end. */
bool vrt_runtime_each_isolate(struct vela_runtime *runtime,
                              bool (*visit)(struct vrt_isolate *isolate, void *argument), void *argument);

/* Sum of a counter over all threads. Any thread. */
uint64_t vrt_runtime_counter(struct vela_runtime *runtime, enum vrt_counter counter);

/* Makes sure that at least one worker runs. Any thread. Errors: VRT_NO_THREAD, VRT_NO_MEMORY, VRT_SHUT_DOWN. */
enum vrt_status vrt_runtime_start(struct vela_runtime *runtime);

/* Starts one more worker if the number allows. Any thread. */
void vrt_runtime_grow(struct vela_runtime *runtime);

/* Gives back one count of a value, outside of all locks. */
static inline void vrt_value_release(struct vela_runtime *runtime, vela_value value)
{
    if (vela_value_is_counted(value) && runtime->value_ops.release != NULL) {
        runtime->value_ops.release(value);
    }
}

#endif
