/* Idle: who searches, who sleeps, who must be woken. The only place where a wake-up can be lost.
 *
 * Note WAKE. One word counts searching and sleeping threads; both sides change it by seq_cst
 * read-modify-writes, so all changes have one order.
 *   Producer: (1) publishes work (queue, injector, timer array); (2) RMW of the word: if nobody
 *             searches and somebody sleeps, wakes one sleeper (who wakes as a searcher).
 *   Sleeper:  (1) RMW of the word: I sleep, I no longer search; (2) looks at all queues again;
 *             finding work it undoes (1) and goes on.
 * If the producer's RMW comes first, the sleeper's RMW acquires it and (2) sees the work. If the
 * sleeper's comes first, the producer sees a sleeper. If the producer saw a searcher instead, that
 * thread will do its own RMW later, and look again. A searcher that finds work and was the last one
 * acts as a producer itself, since what it saw may be more than it takes.
 *
 * The thread that goes to sleep last looks, under the lock, whether anything can still happen; if
 * not, the runtime is quiescent. */
#ifndef VRT_SCHED_IDLE_H
#define VRT_SCHED_IDLE_H

#include "runtime/base/limits.h"
#include "runtime/os/park.h"

struct vela_runtime;
struct vrt_thread;

struct vrt_idle {
    /* searching << 32 | sleeping; see Note WAKE */
    _Alignas(VRT_CACHE_LINE) _Atomic uint64_t word;
    _Alignas(VRT_CACHE_LINE) struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_thread *sleepers; /* newest first: its caches are warmest */
    /* 1 once this quiescence has been reported; the next thread that finds work clears it (relaxed: both
     * sides are ordered by the lock or by the idle word) */
    _Atomic uint32_t reported;
    /* bumped (release) when a quiescence is announced; native threads sleep on it (acquire) in
     * vrt_runtime_wait_quiescent */
    _Atomic uint32_t quiescent_count;
};

void vrt_idle_init(struct vrt_idle *idle);

/* Producer's step (2): new work was published. Any thread; never waits but for the idle lock. */
void vrt_idle_notify_any(struct vela_runtime *runtime);

/* The same, but wakes `thread` and no other (it got a timer). */
void vrt_idle_wake_thread_any(struct vela_runtime *runtime, struct vrt_thread *thread);

/* The thread begins to look for work elsewhere. Owner. */
void vrt_idle_begin_search(struct vrt_thread *thread);

/* May a searching thread spin before it sleeps? At most (cores - running + 1) / 2 may, none on one
 * core. Owner. */
bool vrt_idle_may_spin(struct vela_runtime *runtime);

/* A searching thread found work. Owner. */
void vrt_idle_end_search(struct vrt_thread *thread);

/* A searching thread goes to sleep until woken or until `deadline_ns`. Returns as a searching thread.
 * Blocks. Owner. */
void vrt_idle_sleep(struct vrt_thread *thread, uint64_t deadline_ns);

/* Wakes all threads for the end of the runtime. */
void vrt_idle_wake_all(struct vela_runtime *runtime);

/* Something is going to run: the next quiescence is a new one. Any thread. */
void vrt_idle_expect_news_any(struct vela_runtime *runtime);

/* Looks for quiescence from outside, after `external` went down to 0. Any thread. */
void vrt_idle_check_any(struct vela_runtime *runtime);

/* True if nothing can happen: all threads asleep, nothing queued, no live timer, external 0. Any thread. */
bool vrt_idle_is_quiescent_any(struct vela_runtime *runtime);

#endif
