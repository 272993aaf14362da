/* The isolate: a heap of its own and the fibers that live in it.
 *
 * There is one for the main program and one per worker. It embeds the scheduler's isolate first, so a
 * pointer to one is a pointer to the other, and its first fiber. Taking a turn it delivers its inbox
 * (wait records make their fibers ready), then runs fibers, first come first served, until none is ready
 * or the budget is used up; a fiber whose budget ends stays current.
 *
 * Life: a worker ends when its entry fiber has ended, and the Future it may have returned is settled; tasks left over
 * are cancelled then, and run their `finally`; its result is settled last, when the isolate no longer counts as active.
 * The main isolate lives as long as its VM. Cost: 224 bytes, plus its stack. */
#ifndef VVM_ISOLATE_H
#define VVM_ISOLATE_H

#include "runtime/sched/isolate.h"
#include "runtime/sched/runtime.h"
#include "runtime/sync/promise.h"
#include "vm/exec/fiber.h"

#define VVM_RANDOM_WORDS 4
#define VVM_SPAWN_CHAIN 8 /* spawn sites an error remembers */

struct vvm_late;
struct vvm_actor;
struct vvm_lane;

/* Cancels the task of a promise at a deadline (vm/exec/cancel.h). */
struct vvm_alarm {
    struct vrt_waiter *record; /* NULL: none */
    uint64_t ticket;
};

/* What few workers need. */
struct vvm_isolate_rare {
    char *name;             /* NULL: none; malloc'd */
    int64_t timeout_ns;     /* as it was given; INT64_MAX: none */
    uint64_t deadline_ns;   /* VRT_NEVER: none */
    uint8_t late_reason;    /* enum vvm_reason of the request that its deadline makes */
    struct vvm_alarm alarm; /* cancels it at the deadline */
    struct vvm_late *late;  /* its cancelled tasks that have not ended: late.h; NULL: none */
    struct vvm_object *unreleased; /* huge values that died, as far as they are not released: vvm_release_defer */
    struct vvm_lane *lane;  /* DIVIDES: whose elements its first task works at, in the loop whose registers stand at */
    uint32_t loop_at;       /* ... in its stack; 0: outside of the loop */
    uint64_t *random;       /* state of the generator of vm/core/random.c, VVM_RANDOM_WORDS; NULL until first used */
};

/* What main does not need, or only errors: allocated beside it. */
struct vvm_isolate_more {
    struct vrt_promise *promise; /* of a worker: what its result settles; producer reference */
    vvm_value result;       /* of a worker that has ended */
    _Atomic uint64_t started_ns; /* of a worker; 0: not started. Its runner's; others read it relaxed, as a statistic */
    /* NULL until needed; set before the start, or by its runner: the release publishes it to others' acquire, who look
     * for a name */
    struct vvm_isolate_rare *_Atomic rare;
    struct vvm_actor *actor;/* of an actor: a count of its ref; NULL: it is none */
    bool threw;
    uint32_t site_count;
    uint64_t sites[];       /* newest first: function id << 32 | word; at most VVM_SPAWN_CHAIN */
};

struct vvm_isolate {
    struct vrt_isolate base;
    struct vvm_fiber *ready_last;   /* circular queue: its `next` is the first; NULL = empty */
    struct vvm_fiber *current;      /* goes on at the next turn, or NULL */
    struct vvm_cycles *cycles;      /* NULL until something may form a cycle */
    struct vvm_isolate_more *more;
    uint32_t fiber_count;           /* fibers made so far */
    uint32_t flags;                 /* VVM_ISOLATE_* */
    struct vvm_fiber first;         /* head of the list of all fibers */
};
enum { VVM_ISOLATE_MAIN = 1, VVM_ISOLATE_ENDED = 2, VVM_ISOLATE_FIRST_USED = 4,
       VVM_ISOLATE_TELLS = 8 /* since its last turn a task has been cancelled */,
       VVM_ISOLATE_DIVIDES = 16 /* it works for a parallel operation: division.h */ };
_Static_assert(sizeof(struct vvm_isolate) <= 224, "an isolate stays small");

static inline struct vvm_vm *vvm_isolate_vm(const struct vvm_isolate *isolate)
{
    return isolate->base.runtime->user;
}
static inline bool vvm_isolate_is_main(const struct vvm_isolate *isolate)
{
    return (isolate->flags & VVM_ISOLATE_MAIN) != 0;
}

/* What Worker.spawn needs. */
struct vvm_spawn {
    vvm_value function;          /* owned; has passed vvm_share */
    struct vrt_promise *promise; /* the caller's producer reference goes over; settled with the shared result */
    const char *name;            /* copied; NULL = none */
    struct vrt_pool *pool;       /* NULL = the global pool */
    enum vrt_priority priority;
    bool has_timeout;
    int64_t timeout_ns;          /* from the spawn; INT64_MAX: no limit */
    int64_t memory_limit;        /* bytes, then the function is shared, not moved; 0: none */
    struct vvm_actor *actor;     /* borrowed; NULL: it is none */
    bool inherits_deadline;      /* the parent's deadline binds it, too: a member of a group */
};

/* Starts a worker that calls the function without arguments. Consumes function and promise reference, also on
 * failure (the promise is then not settled). Thread: the parent's runner; `parent` may be NULL (foreign thread). */
enum vrt_status vvm_isolate_spawn(struct vvm_vm *vm, struct vvm_call *parent, const struct vvm_spawn *spawn);

#define VVM_MEMORY_LIMIT_MIN 65536 /* the least memory_limit: an isolate, its first stack and an error fit well */

/* worker "NAME", or worker NUMBER. */
void vvm_isolate_add_text(const struct vvm_isolate *isolate, struct vvm_text_builder *out);

/* The name given, or that of the actor, else NULL; and its number, which every isolate but main has (Worker.id()). */
#define VVM_NAME_SCRATCH 160
const char *vvm_isolate_name(const struct vvm_isolate *isolate, char scratch[VVM_NAME_SCRATCH]);
static inline uint64_t vvm_isolate_number(const struct vvm_isolate *isolate)
{
    return isolate->base.id >> 1 | 1;
}

/* Of an actor: who sent the message that a fiber works for (NULL: that begun last); void: no actor did. Borrowed. */
vvm_value vvm_isolate_sender(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber);

/* Calls a function as a new task of this isolate, as an async call does: it is made ready, not run at once.
 * Consumes callee and arguments, and `future` (a Future handle's count; may be NULL). Thread: the isolate's runner. */
bool vvm_isolate_start_fiber(struct vvm_isolate *isolate, vvm_value callee, const vvm_value *args, uint32_t count,
                             struct vvm_handle *future);

/* What is beside it, made if it is not there; NULL = no memory. Thread: the isolate's runner. */
struct vvm_isolate_more *vvm_isolate_need_more(struct vvm_isolate *isolate);
struct vvm_isolate_rare *vvm_isolate_need_rare(struct vvm_isolate *isolate);

/* NULL: there is none. */
static inline struct vvm_isolate_rare *vvm_isolate_rare(const struct vvm_isolate *isolate)
{
    /* acquire: pairs with the release in vvm_isolate_need_rare, for who is not its runner */
    return isolate->more != NULL ? vrt_atomic_load_acquire(&isolate->more->rare) : NULL;
}
static inline struct vvm_late *vvm_isolate_late(const struct vvm_isolate *isolate)
{
    struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    return rare != NULL ? rare->late : NULL;
}

/* ---- For vm/exec ---- */
void vvm_isolate_enter(struct vvm_isolate *isolate);       /* its VM and collector are the thread's from here on */
void vvm_isolate_drop_fibers(struct vvm_isolate *isolate); /* with all they hold; entered already */
enum vrt_turn vvm_isolate_run(struct vrt_isolate *base, struct vrt_thread *thread); /* a turn: vrt_isolate_ops.run */
struct vvm_isolate *vvm_isolate_create(struct vvm_vm *vm, struct vvm_isolate *parent, struct vrt_pool *pool);
void vvm_isolate_discard(struct vvm_isolate *isolate); /* one that was never started, with the letters it has got */
struct vvm_machine;
/* Cancels every task but the running one: it gets CancellationError where it waits, or at its next wait or budget's
 * end. */
void vvm_isolate_cancel_fibers(struct vvm_machine *m);
struct vvm_fiber *vvm_isolate_add_fiber(struct vvm_isolate *isolate); /* listed, not initialised; NULL = no memory */
void vvm_isolate_remove_fiber(struct vvm_isolate *isolate, struct vvm_fiber *fiber); /* frees it */
void vvm_isolate_make_ready(struct vvm_isolate *isolate, struct vvm_fiber *fiber);
bool vvm_isolate_need_cycles(struct vvm_isolate *isolate); /* makes the collector; current already */

/* Site of a promise of vvm_vm_run whose error may only be touched when all isolates are at rest. */
#define VVM_PROMISE_AT_REST 1u

/* Letters of the VM to an isolate's inbox. */
enum vvm_letter_kind { VVM_LETTER_START = VRT_POST_USER, VVM_LETTER_DEADLOCK, VVM_LETTER_CANCEL,
                       VVM_LETTER_UNSHIELD, VVM_LETTER_GIVE_UP /* these three are vrt_cancel_letters */,
                       VVM_LETTER_SHUTDOWN /* to main: see shutdown.h */ };
struct vvm_letter {
    struct vrt_post post;
    vvm_value callee;            /* START; owned */
    vvm_value args[4];
    uint32_t count;              /* START: arguments; SHUTDOWN: 0: the programs, 1: every task; DEADLOCK: 1: only those
                                    that are stuck */
    struct vrt_promise *promise; /* START: producer reference */
    char *text;                  /* DEADLOCK: malloc'd report */
};

#endif
