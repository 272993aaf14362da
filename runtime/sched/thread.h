/* A thread that runs isolates: a worker of the runtime, or an adopted one (an event loop's).
 *
 * A worker looks for work in this order: what is to start with a high priority (starts.h), the next
 * slot (the task just woken, a bounded number of times in a row), its ring, the injector (first, every
 * 61st turn), other threads' rings and next slots, what is to start with a low priority; then it spins a little if that
 * may pay, and sleeps until woken or until its earliest timer. Workers start when there is work for one more, up to the
 * runtime's number, and live until the runtime is destroyed. An adopted thread has no queue: what it makes ready goes
 * to the injector. */
#ifndef VRT_SCHED_THREAD_H
#define VRT_SCHED_THREAD_H

#include "runtime/os/thread.h"
#include "runtime/queue/run_queue.h"
#include "runtime/sched/isolate.h"
#include "runtime/sched/timer.h"

enum vrt_thread_kind { VRT_THREAD_WORKER, VRT_THREAD_ADOPTED };

/* Counters of one thread. Written by the owner (relaxed), summed by readers. */
enum vrt_counter {
    VRT_COUNT_TURNS,
    VRT_COUNT_LONG_TURNS, /* of more than a millisecond */
    VRT_COUNT_ENDED,      /* isolates that ended here */
    VRT_COUNT_STARTED,    /* isolates started from here */
    VRT_COUNT_SLEEPS,     /* times the thread went to sleep */
    VRT_COUNT_TIMERS,     /* timers that decided a wait */
    VRT_COUNTERS
};

/* Isolates created on one thread; any thread may unlink. */
struct vrt_isolate_list {
    struct vrt_lock lock;
    /* guarded by lock */
    struct vrt_isolate *head;
};

struct vrt_thread {
    /* set once */
    struct vela_runtime *runtime;
    uint32_t index; /* of a worker; adopted: UINT32_MAX */
    enum vrt_thread_kind kind;
    struct vrt_os_thread os;
    /* owner only */
    void *user; /* of the layer above, by its on_thread_start */
    struct vrt_isolate *current;
    uint32_t tick;        /* turns, for the look at the injector */
    uint32_t next_streak; /* turns in a row from the next slot */
    uint32_t early_streak; /* isolates of high priority started in a row */
    uint64_t spin_ns;     /* adaptive */
    uint64_t seen_ns;     /* the time as of one of the last 16 turns, or of waking up: exact enough for reports */
    bool searching;       /* counted as searching in the idle word */
    uint64_t began_ns, began_ticks; /* when it did; together they tell how long a tick is */
    struct vrt_timers timers;
    _Atomic uint64_t counters[VRT_COUNTERS];
    /* shared: the task just woken. The owner stores (exchange, acq_rel) and anyone takes by
     * exchange or CAS (acq_rel), which publishes the whole isolate */
    _Alignas(VRT_CACHE_LINE) _Atomic(struct vrt_isolate *) next_slot;
    /* shared: 0 awake, 1 asleep; the waker stores 0 (release), the sleeper acquires */
    _Atomic uint32_t park;
    /* shared: number of the pause it stands in. Owner: release; the pauser acquires */
    _Atomic uint32_t stands;
    /* guarded by the idle lock */
    struct vrt_thread *sleeper_next;
    bool asleep;
    /* any thread */
    _Alignas(VRT_CACHE_LINE) struct vrt_isolate_list isolates;
    struct vrt_run_queue queue;
};

extern _Thread_local struct vrt_thread *vrt_thread_self __attribute__((tls_model("initial-exec")));

/* The calling thread as the scheduler knows it; NULL on a foreign thread. */
static inline struct vrt_thread *vrt_thread_current(void)
{
    return vrt_thread_self;
}

/* Makes the calling foreign thread one that can run bound isolates. Undone by vrt_thread_disown on
 * the same thread before it ends or the runtime is destroyed. Errors: NULL when memory is out. */
struct vrt_thread *vrt_thread_adopt(struct vela_runtime *runtime);
void vrt_thread_disown(struct vrt_thread *thread);

/* To be called at each budget expiry: fires the timers that are due and lets an idle thread take
 * what waits in the next slot. Owner. Cost: some 30 ns. */
void vrt_thread_poll(struct vrt_thread *thread);

/* To be called before native code that may take long: what is queued here is offered to others. */
void vrt_thread_share(struct vrt_thread *thread);

/* Makes a QUEUED isolate run: next slot (`woken`), ring or injector, or its binding's wake. Called by
 * whoever moved it to QUEUED. Any thread. */
void vrt_thread_enqueue_any(struct vrt_isolate *isolate, bool woken);

/* The same for an isolate that has not had a turn: one of another priority than normal waits among its like
 * (starts.h). */
void vrt_thread_enqueue_start_any(struct vrt_isolate *isolate);

/* For the scheduler: fires the due timers, and takes in those handed over. Owner. */
void vrt_thread_fire_timers(struct vrt_thread *thread);

/* For the scheduler: puts an isolate at the back of the ring, or of the injector if that is full. Owner. */
void vrt_thread_push(struct vrt_thread *thread, struct vrt_isolate *isolate);

/* For the scheduler: an isolate that is still ready goes to the back. Owner. */
void vrt_thread_requeue(struct vrt_thread *thread, struct vrt_isolate *isolate);

/* For the scheduler: takes what is in the next slot, or NULL. Owner. */
struct vrt_isolate *vrt_thread_take_next(struct vrt_thread *thread);

/* Adds to one of the calling thread's counters. Owner. */
static inline void vrt_thread_count(struct vrt_thread *thread, enum vrt_counter counter, uint64_t by)
{
    /* relaxed load and store: only the owner writes, readers only sum */
    uint64_t value = vrt_atomic_load_relaxed(&thread->counters[counter]);
    vrt_atomic_store_relaxed(&thread->counters[counter], value + by);
}

/* For the runtime: makes worker `index` and starts it; ends when the runtime says so. */
enum vrt_status vrt_thread_start_worker(struct vela_runtime *runtime, uint32_t index);
void vrt_thread_destroy(struct vrt_thread *thread);

#endif
