/* Actors: what is known of each, and the list of those that live.
 *
 * An actor is a worker isolate of a pool of its own; its code is stdlib/actor.vela. An ActorRef is a handle over its
 * record; all refs of one actor are one object, so a ref costs a count. The record lives as long as a ref; while the
 * actor lives the list holds one, so dropping refs stops nothing. What other isolates wait for (monitors) is kept here
 * until the actor ends.
 *
 *   Created --> Starting --> Running --> Stopping --> Stopped        set by the actor's own isolate, read by any
 *                               |  ^
 *                               v  |
 *             Failed, Suspended, Restarting (while its supervisor decides, waits, restarts it)
 *
 * Cost: 224 bytes with its ref, besides mailbox and isolate; looking for a name goes through the list. */
#ifndef VVM_ACTORS_H
#define VVM_ACTORS_H

#include "runtime/os/park.h"
#include "vm/value/object.h"

struct vvm_vm;
struct vrt_pool;
struct vrt_sender;
struct vrt_receiver;

/* In the order of enum ActorState in stdlib/actor.vela. */
enum vvm_actor_state {
    VVM_ACTOR_CREATED,
    VVM_ACTOR_STARTING,
    VVM_ACTOR_RUNNING,
    VVM_ACTOR_SUSPENDED,
    VVM_ACTOR_STOPPING,
    VVM_ACTOR_STOPPED,
    VVM_ACTOR_RESTARTING,
    VVM_ACTOR_FAILED
};
/* What a full mailbox does: in the order of enum Overflow in stdlib/actor.vela. */
enum vvm_overflow { VVM_OVERFLOW_REJECT, VVM_OVERFLOW_DROP_OLDEST, VVM_OVERFLOW_DROP_NEWEST };
enum { VVM_ACTOR_STOP = 1 /* it is to stop */, VVM_ACTOR_STUCK = 2 /* the program's end does not wait for it */,
       VVM_ACTOR_TOLD = 4 /* ... and it was reported */ };

struct vvm_actor {
    /* set once; values shared */
    struct vvm_type *type;
    struct vvm_handle *ref;     /* the one handle; the list holds a count of it */
    uint64_t id, parent;        /* of the actor that spawned it; 0: none did */
    vvm_value name;             /* void: TYPE-NUMBER */
    struct vvm_object *control; /* (Channel of orders, its supervisor's ref); NULL: nobody supervises it */
    struct vrt_sender *sending; /* the ends of its mailbox; NULL: it never lived */
    struct vrt_receiver *receiving;
    uint8_t overflow;           /* enum vvm_overflow */
    /* guarded by the list's lock */
    bool listed, ended;
    uint32_t watcher_count;
    /* its isolate's alone: begun so far */
    uint32_t message_count;
    /* shared */
    _Atomic uint32_t state;     /* relaxed: its owner tells, others only look */
    _Atomic uint32_t flags;     /* seq_cst, before and after the mailbox is looked at: the wake-up is not lost */
    /* guarded by the list's lock */
    vvm_value *watchers;        /* Promises of monitor(); malloc'd */
    vvm_value failure;          /* None, or Some(error) it ended with */
    struct vvm_actor *older, *newer;
    /* its isolate's alone */
    struct vvm_object *instance;/* NULL: not made yet */
    struct vvm_object *args;    /* the List it is made with; NULL: none */
    struct vvm_handle *sender;  /* the ref that sent the message begun last; NULL: no actor did */
    vvm_value failed;           /* Some(error) of an async handler until the loop has seen it, else None */
};
_Static_assert(sizeof(struct vvm_actor) <= 176, "there may be many actors");

struct vvm_actors {
    struct vrt_lock lock;
    struct vvm_actor *newest, *oldest;
    struct vrt_pool *pool;      /* made with the first actor */
    _Atomic uint64_t last_id;   /* relaxed: only counted */
    _Atomic uint64_t live, dead_letters; /* relaxed: read at rest, or as a statistic */
};

static inline struct vvm_actor *vvm_actor_of(vvm_value ref) { return ((struct vvm_handle *)ref.object)->native; }

/* The TYPE of TYPE-NUMBER: the library's own types have names with two underscores. */
const char *vvm_actor_kind(const struct vvm_actor *actor);

/* The name given, or TYPE-NUMBER, cut to VVM_NAME_SCRATCH bytes: for reports. */
const char *vvm_actor_name(const struct vvm_actor *actor, char *scratch);

/* Is that its whole name? */
bool vvm_actor_is_called(const struct vvm_actor *actor, struct vvm_bytes name);

/* Drops what is its isolate's alone. Thread: its runner. */
void vvm_actor_leave(struct vvm_actor *actor);

/* Is it to stop? Asked before it waits for a message. Thread: its runner. */
static inline bool vvm_actor_is_told(struct vvm_actor *actor)
{
    return (vrt_atomic_load_seq_cst(&actor->flags) & VVM_ACTOR_STOP) != 0; /* pairs with __actorFlag, which wakes it
                                                                              afterwards */
}

/* The next actor's number, from 1. Thread: any. */
uint64_t vvm_actors_number(struct vvm_actors *actors);

/* The pool of all actors; NULL = no memory. Thread: any. */
struct vela_runtime;
struct vrt_pool *vvm_actors_pool(struct vvm_actors *actors, struct vela_runtime *runtime);

/* Lists it: the list takes a count of its ref. Thread: any. */
void vvm_actors_add(struct vvm_actors *actors, struct vvm_actor *actor);

/* It has ended, with None or Some(error) (consumed): taken off the list, told once. The Promises that wait for that are
 * the caller's, malloc'd. Thread: any. */
vvm_value *vvm_actors_end(struct vvm_actors *actors, struct vvm_actor *actor, vvm_value failure, uint32_t *count);

/* A Promise (consumed if true) to be settled at its end. False: it has ended. Thread: any. */
bool vvm_actors_watch(struct vvm_actors *actors, struct vvm_actor *actor, vvm_value promise, bool *no_memory);

/* Drops what still stands in the list. Thread: the last user. */
void vvm_actors_deinit(struct vvm_actors *actors);

#endif
