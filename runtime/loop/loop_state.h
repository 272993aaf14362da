/* Inside the loop: its struct, shared by loop.c (life and libuv handles) and bridge.c (letters, bound
 * isolates). For runtime/loop only; the one header that includes uv.h. */
#ifndef VRT_LOOP_LOOP_STATE_H
#define VRT_LOOP_LOOP_STATE_H

#include <uv.h>

#include "runtime/loop/loop.h"
#include "runtime/os/park.h"
#include "runtime/os/thread.h"
#include "runtime/sched/isolate.h"

/* How far the loop's own thread is: only vrt_loop_start moves it away from NONE, under the lock. */
enum vrt_loop_stage { VRT_LOOP_NONE, VRT_LOOP_STARTING, VRT_LOOP_RUNS, VRT_LOOP_FAILED };

/* An isolate tied to the loop. Its letter is in the mailbox, or it is on the ready list, or neither. */
struct vrt_loop_bond {
    struct vrt_loop_job job; /* first; posted by the isolate's wake: IDLE -> QUEUED happens once */
    /* set once */
    struct vrt_binding binding;
    struct vrt_isolate *isolate;
    struct vrt_loop *loop; /* one reference */
    /* the loop's thread only */
    struct vrt_loop_bond *next;
};

/* In `inside`: the loop is destroyed, nothing more is posted. The bits below count those who are posting. */
#define VRT_LOOP_CLOSED ((uint32_t)1 << 31)

struct vrt_loop {
    /* set once */
    struct vela_runtime *runtime;
    uv_loop_t *uv;
    bool own; /* `uv` is own_uv and runs on our thread */
    /* the loop's thread only (before the start: the creator's) */
    struct vrt_thread *thread; /* as the scheduler knows it */
    uv_loop_t own_uv;
    uv_async_t async;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uint32_t handles; /* of the four above, not yet closed */
    bool stopping;
    struct vrt_loop_bond *ready;
    struct vrt_loop_bond *ready_tail;
    /* guarded by lock; the stage is also slept on */
    struct vrt_lock lock;
    _Atomic uint32_t stage;
    struct vrt_os_thread os;
    struct vrt_loop_job stop;
    struct vrt_loop_job refresh;
    _Atomic uint32_t refresh_posted; /* acq_rel: `refresh` is in the mailbox */
    /* shared: who is between vrt_loop_enter_any and vrt_loop_leave_any, and VRT_LOOP_CLOSED; acq_rel: the closer
     * acquires what those who left have posted */
    _Alignas(VRT_CACHE_LINE) _Atomic uint32_t inside;
    _Atomic uint32_t references; /* the open loop's, and one for each bond: the memory stays; acq_rel, the last frees */
    struct vrt_mailbox mailbox;
    _Atomic uint32_t asleep;  /* seq_cst exchanges on both sides, Note BRIDGE */
    _Atomic int64_t expected; /* acq_rel; above 0 an embedder's uv_run goes on */
    _Atomic uint32_t bound;   /* acq_rel; isolates bound and alive: as `expected`, but a deadlock may be */
    _Atomic uint64_t wakeups; /* relaxed: a statistic */
};

/* Runs all letters, then ready isolates for up to 1 ms; returns true if there is more at once. */
bool vrt_loop_turn(struct vrt_loop *loop);

/* Note BRIDGE, the loop's side: true if the poll may block, false if there are letters. */
bool vrt_loop_announce_sleep(struct vrt_loop *loop);

/* The poll is over. */
void vrt_loop_wake_up(struct vrt_loop *loop);

/* Keeps the loop from being closed until vrt_loop_leave_any. False: it is closed; leave all the same.
 * Any thread that knows that the struct lives. */
bool vrt_loop_enter_any(struct vrt_loop *loop);
void vrt_loop_leave_any(struct vrt_loop *loop);

/* Refuses all further posts, waits for those under way, and drops what nobody will run. The loop does not run. */
void vrt_loop_close_mailbox(struct vrt_loop *loop);

/* Gives one reference back. Any thread. */
void vrt_loop_release_any(struct vrt_loop *loop);

/* Starts the own thread if it does not run. Any thread. */
enum vrt_status vrt_loop_start(struct vrt_loop *loop);

/* Lets uv_run go on, or not, as `expected` says. The loop's thread. */
void vrt_loop_update_reference(struct vrt_loop *loop);

#endif
