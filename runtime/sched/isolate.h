/* The isolate, as the scheduler sees it: something that takes turns.
 *
 * The layer above embeds this struct first in its own (the VM's isolate, a vrt_task) and gives
 * a table of operations. At most one thread runs an isolate at a time, and only that thread
 * touches what is inside it. Everybody else may do two things: post a letter to its inbox, and
 * make it ready.
 *
 * State and inbox are one word: the newest letter's address with the state in the low bits. So
 * 'post and make ready' is one atomic step, after which the poster does not touch the isolate
 * again, and the isolate may end and be freed at once.
 *
 *                    post/wake (any thread; it enqueues)
 *        IDLE --------------------------------------> QUEUED <--------------+
 *         ^                                              |                  |
 *         | turn IDLE and no news                        | a thread pops it |  turn YIELD, or
 *         | (runner, CAS)                                v (runner)         |  turn IDLE with news
 *         +------------------------------------------ RUNNING --------------+  (runner; enqueues)
 *                                                        |  ^               |
 *                                   post/wake (any thread)  | take_inbox    |
 *                                                        v  | (runner)      |
 *                                                RUNNING_NOTIFIED ----------+
 *   RUNNING* --turn END--> unlinked from the dump list, destroyed (runner)
 * What is inside an isolate that is not RUNNING may be read while the threads stand (pause.h), its list's lock held.
 *
 * All transitions are acq_rel read-modify-writes of `word`; whoever moves IDLE -> QUEUED
 * enqueues. Cost: 112 bytes; a post is one CAS; a turn costs two read-modify-writes. */
#ifndef VRT_SCHED_ISOLATE_H
#define VRT_SCHED_ISOLATE_H

#include "runtime/base/atomic.h"
#include "runtime/base/status.h"
#include "runtime/queue/mailbox.h"

#include <stddef.h>

struct vela_runtime;
struct vrt_account;
struct vrt_pool;
struct vrt_thread;
struct vrt_isolate;

enum vrt_turn {
    VRT_TURN_IDLE,  /* nothing ready: idle until the next post or wake */
    VRT_TURN_YIELD, /* still ready: to the back of the queue */
    VRT_TURN_END    /* finished: unlinked, then destroyed */
};

struct vrt_isolate_ops {
    /* Takes a turn on `thread`. */
    enum vrt_turn (*run)(struct vrt_isolate *isolate, struct vrt_thread *thread);
    /* Frees the isolate's memory; after VRT_TURN_END, or when the runtime is destroyed with the
     * isolate still parked or queued (dropped without running anything of it; `thread` NULL then). */
    void (*destroy)(struct vrt_isolate *isolate, struct vrt_thread *thread);
};

enum vrt_priority {
    VRT_PRIORITY_LOW,
    VRT_PRIORITY_NORMAL,
    VRT_PRIORITY_HIGH,
    VRT_PRIORITY_CRITICAL,
    VRT_PRIORITIES
};

/* Bits of the state inside `word`. */
enum {
    VRT_ISOLATE_READY = 1, /* QUEUED, or with RUNNING: NOTIFIED */
    VRT_ISOLATE_RUNNING = 2,
    VRT_ISOLATE_STATE = 7
};

/* An isolate that runs on one thread which is no worker (an event loop's). */
struct vrt_binding {
    /* Called by whoever makes the isolate ready; must make that thread call vrt_isolate_run_bound
     * soon. Any thread; must not wait. */
    void (*wake)(void *argument, struct vrt_isolate *isolate);
    void *argument;
};

struct vrt_isolate {
    /* set once, by init and bind */
    const struct vrt_isolate_ops *ops;
    struct vela_runtime *runtime;
    struct vrt_pool *pool;             /* NULL: counts in none (main) */
    const struct vrt_binding *binding; /* NULL: any worker thread */
    uint64_t id;
    struct vrt_thread *home;           /* whose dump list it is on; NULL: the runtime's */
    /* shared */
    _Atomic uintptr_t word; /* newest letter | state; see the drawing */
    /* the runner's, or the creator's before the start */
    uint8_t priority;
    /* how its pool counts it (pool.c). acq_rel where it leaves NOT_STARTED: by its runner, or by who calls it off */
    _Atomic uint8_t started;
    uint8_t holding;   /* holds one of its pool's running slots */
    uint8_t user_flag; /* free for the layer above */
    /* whoever holds it queued: the link of injector and pool lists */
    struct vrt_isolate *next;
    /* guarded by the home list's lock */
    struct vrt_isolate *list_next;
    struct vrt_isolate *list_prev;
    /* owner only */
    struct vrt_account *account; /* what its turns allocate is charged to; NULL: it has no limit. The layer above's */
    uint32_t children; /* spawned so far: names the next child */
    uint32_t pool_age; /* guarded by the pool's lock */
};

_Static_assert(sizeof(struct vrt_isolate) <= 128, "an isolate stays small");

/* Prepares an isolate in the caller's memory: id, state, not on any list yet. It counts as QUEUED, so that a letter
 * that is quicker than the start (from a timer that another thread finds over) waits for it. `pool` NULL: counted in
 * none. `id` from vrt_isolate_child_id. Owns: the memory is the caller's until start, then the scheduler's until
 * ops->destroy. */
void vrt_isolate_init(struct vrt_isolate *isolate, const struct vrt_isolate_ops *ops,
                      struct vela_runtime *runtime, struct vrt_pool *pool, uint64_t id);

/* The id of the parent's next child: a mix of the parent's id and its number, never 0.
 * `parent` NULL: the runtime's own next child (any thread). Thread: the parent's runner. */
uint64_t vrt_isolate_child_id(struct vela_runtime *runtime, struct vrt_isolate *parent);

/* Ties the isolate to the thread that will call vrt_isolate_run_bound; before start.
 * Owns: `binding` stays the caller's and must live as long as the isolate. */
void vrt_isolate_bind(struct vrt_isolate *isolate, const struct vrt_binding *binding);

/* Puts a new isolate on the lists and makes it ready. It may run, end and be freed before this
 * returns. Thread: any. Errors: VRT_NO_THREAD, VRT_SHUT_DOWN (the runtime, or the pool): nothing happened, still the
 * caller's. */
enum vrt_status vrt_isolate_start_any(struct vrt_isolate *isolate);

/* Posts a letter and makes the isolate ready. The caller knows that the isolate lives (an open
 * wait record, a reference of the layer above); afterwards he does not touch it. Never waits. */
void vrt_isolate_post_any(struct vrt_isolate *isolate, struct vrt_post *post);

/* Makes the isolate ready without a letter. As above. */
void vrt_isolate_wake_any(struct vrt_isolate *isolate);

/* Takes all letters, oldest first, and forgets notifications so far. Runner only. */
struct vrt_post *vrt_isolate_take_inbox(struct vrt_isolate *isolate);

/* True if a letter or a wake came since the last take. Runner only; cheap. */
static inline bool vrt_isolate_has_news(struct vrt_isolate *isolate)
{
    return vrt_atomic_load_relaxed(&isolate->word) != VRT_ISOLATE_RUNNING; /* a hint; take acquires */
}

/* Says that it is not to begin: a member of a pool that has had no turn no longer counts as waiting for one. True: this
 * call said so first, and its first turn has yet to come; the caller has posted what keeps it from beginning then.
 * False: it has begun, or may have. Any thread that knows that the isolate lives; never waits. */
bool vrt_isolate_call_off_any(struct vrt_isolate *isolate);

/* Runs one turn of a bound isolate that is QUEUED, on the calling thread, which must be adopted
 * (vrt_thread_adopt). Returns true if it is ready again (call again), false if it idles or ended. */
bool vrt_isolate_run_bound(struct vrt_isolate *isolate);

/* Does a turn of it go on? False, while a pause is wanted (pause.h): what is inside it may be read until the pause
 * ends.
 * Thread: the pauser; the isolate's list is locked. */
static inline bool vrt_isolate_is_running_any(struct vrt_isolate *isolate)
{
    /* seq_cst: pairs with begin_turn, whose runner sees the pause if this does not see it run; acquires the turns
     * before */
    return (vrt_atomic_load_seq_cst(&isolate->word) & VRT_ISOLATE_RUNNING) != 0;
}

/* True once a post or wake made a bound isolate ready; its thread only. */
static inline bool vrt_isolate_is_ready(struct vrt_isolate *isolate)
{
    return (vrt_atomic_load_acquire(&isolate->word) & VRT_ISOLATE_READY) != 0; /* pairs with the posts and wakes */
}

/* For the scheduler: runs one turn of a QUEUED isolate and does what its end asks for. Worker only. */
void vrt_isolate_run(struct vrt_thread *thread, struct vrt_isolate *isolate);

/* For the scheduler: takes an isolate off all lists and destroys it; `thread` NULL: at the runtime's end. */
void vrt_isolate_drop(struct vrt_isolate *isolate, struct vrt_thread *thread);

#endif
