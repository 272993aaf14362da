/* The wake-up bridge: letters to the loop, and turns of the isolates bound to it. */
#include "runtime/loop/loop_state.h"

#include <stdlib.h>

#include "runtime/sched/runtime.h"

#define TURNS_NS 1000000u /* bound isolates run for so long between two polls */

/* --- who may post ------------------------------------------------------------------------------ */

bool vrt_loop_enter_any(struct vrt_loop *loop)
{
    /* acq_rel: in one order with the closer's `or` on the same word */
    return !(vrt_atomic_add_acq_rel(&loop->inside, 1) & VRT_LOOP_CLOSED);
}

void vrt_loop_leave_any(struct vrt_loop *loop)
{
    /* acq_rel: publishes the post to the closer. After it the loop may be gone; the wake only needs an address */
    if (vrt_atomic_sub_acq_rel(&loop->inside, 1) == (VRT_LOOP_CLOSED | 1)) {
        vrt_park_wake(&loop->inside, 1);
    }
}

static void refuse_posts(struct vrt_loop *loop)
{
    /* acq_rel: in one order with enter and leave; acquires what those who have left posted */
    uint32_t seen = vrt_atomic_or_acq_rel(&loop->inside, VRT_LOOP_CLOSED) | VRT_LOOP_CLOSED;
    while (seen != VRT_LOOP_CLOSED) {
        vrt_park_wait(&loop->inside, seen, VRT_NEVER);
        seen = vrt_atomic_load_acquire(&loop->inside); /* pairs with vrt_loop_leave_any */
    }
}

void vrt_loop_release_any(struct vrt_loop *loop)
{
    if (vrt_atomic_sub_acq_rel(&loop->references, 1) == 1) { /* the last one sees what the others did */
        free(loop);
    }
}

/* --- posting ----------------------------------------------------------------------------------- */

/* Note BRIDGE, the poster's side: push first, then take the flag. The poster is inside. */
static void post_letter(struct vrt_loop *loop, struct vrt_post *post)
{
    vrt_external_up(loop->runtime);
    vrt_mailbox_push_any(&loop->mailbox, post);
    /* seq_cst exchange against the one in vrt_loop_announce_sleep: the earlier one is seen by the later */
    if (vrt_atomic_exchange_seq_cst(&loop->asleep, 0)) {
        vrt_atomic_add_relaxed(&loop->wakeups, 1); /* statistics */
        uv_async_send(&loop->async);
    }
}

enum vrt_status vrt_loop_post_any(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    enum vrt_status status = vrt_loop_enter_any(loop) ? vrt_loop_start(loop) : VRT_SHUT_DOWN;
    if (status == VRT_OK) {
        post_letter(loop, &job->post);
    }
    vrt_loop_leave_any(loop);
    return status;
}

bool vrt_loop_announce_sleep(struct vrt_loop *loop)
{
    vrt_atomic_exchange_seq_cst(&loop->asleep, 1); /* pairs with post_letter */
    if (vrt_mailbox_is_empty_any(&loop->mailbox)) {
        return true;
    }
    /* a letter came: stay awake, unless its poster took the flag and a wake-up is on its way */
    return !vrt_atomic_exchange_seq_cst(&loop->asleep, 0);
}

void vrt_loop_wake_up(struct vrt_loop *loop)
{
    vrt_atomic_exchange_seq_cst(&loop->asleep, 0); /* from here on posts need no wake-up */
}

/* --- what the loop does between two polls ------------------------------------------------------ */

static void run_letters(struct vrt_loop *loop)
{
    struct vrt_post *next;
    for (struct vrt_post *post = vrt_mailbox_take(&loop->mailbox); post != NULL; post = next) {
        struct vrt_loop_job *job = (struct vrt_loop_job *)(void *)post;
        next = post->next; /* the job is its poster's again once it runs */
        job->run(loop, job);
        vrt_external_down(loop->runtime);
    }
}

static void ready_append(struct vrt_loop *loop, struct vrt_loop_bond *bond)
{
    bond->next = NULL;
    if (loop->ready == NULL) {
        loop->ready = bond;
    } else {
        loop->ready_tail->next = bond;
    }
    loop->ready_tail = bond;
}

/* One turn of the first ready isolate. */
static void run_ready(struct vrt_loop *loop)
{
    struct vrt_loop_bond *bond = loop->ready;
    loop->ready = bond->next;
    if (vrt_isolate_run_bound(bond->isolate)) { /* if not, it idles, or is gone and the bond with it */
        ready_append(loop, bond);
    }
}

bool vrt_loop_turn(struct vrt_loop *loop)
{
    run_letters(loop);
    if (loop->ready == NULL) {
        return false;
    }
    uint64_t end_ns = vrt_now() + TURNS_NS;
    do {
        run_ready(loop);
        run_letters(loop);
    } while (loop->ready != NULL && vrt_now() < end_ns);
    return loop->ready != NULL;
}

/* --- what is expected -------------------------------------------------------------------------- */

/* `expected` or `bound` passed between 0 and 1 on another thread. */
static void refresh(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    (void)job;
    vrt_atomic_exchange_acq_rel(&loop->refresh_posted, 0); /* before the look: a later change posts again */
    vrt_loop_update_reference(loop);
}

/* Lets the loop's thread look at `expected` and `bound`. The caller is inside. */
static void request_refresh(struct vrt_loop *loop)
{
    if (loop->own) {
        return; /* it goes on anyway */
    }
    if (loop->thread == vrt_thread_current()) {
        vrt_loop_update_reference(loop);
    } else if (!vrt_atomic_exchange_acq_rel(&loop->refresh_posted, 1)) { /* pairs with refresh: the job is ours to
                                                                            post */
        loop->refresh.run = refresh;
        post_letter(loop, &loop->refresh.post);
    }
}

static void change_expected(struct vrt_loop *loop, int64_t by)
{
    bool open = vrt_loop_enter_any(loop);
    int64_t before = vrt_atomic_add_acq_rel(&loop->expected, by); /* the loop's thread reads it after the letter */
    if (open && (before == 0 || before + by == 0)) {
        request_refresh(loop);
    }
    vrt_loop_leave_any(loop);
}

void vrt_loop_expect_any(struct vrt_loop *loop)
{
    vrt_external_up(loop->runtime);
    change_expected(loop, 1);
}

void vrt_loop_settle_any(struct vrt_loop *loop)
{
    struct vela_runtime *runtime = loop->runtime; /* with the last one settled the loop may be destroyed */
    change_expected(loop, -1);
    vrt_external_down(runtime);
}

/* --- bound isolates ---------------------------------------------------------------------------- */

/* The bond's letter arrived: the isolate is QUEUED, and counts as `external` until it idles. */
static void bond_ready(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    ready_append(loop, (struct vrt_loop_bond *)(void *)job);
}

/* Called by whoever makes the isolate ready: IDLE -> QUEUED, so isolate and bond live until the letter is there. A loop
 * that is closed never runs it, and what never runs is nothing to wait for. */
static void bond_wake(void *argument, struct vrt_isolate *isolate)
{
    struct vrt_loop_bond *bond = argument;
    struct vrt_loop *loop = bond->loop;
    struct vela_runtime *runtime = isolate->runtime;
    bool open = vrt_loop_enter_any(loop);
    if (open) {
        post_letter(loop, &bond->job.post);
    }
    vrt_loop_leave_any(loop);
    if (!open) {
        vrt_external_down(runtime);
    }
}

static void change_bound(struct vrt_loop *loop, uint32_t by)
{
    bool open = vrt_loop_enter_any(loop);
    uint32_t before = vrt_atomic_add_acq_rel(&loop->bound, by); /* the loop's thread reads it after the letter */
    if (open && (before == 0 || before + by == 0)) {
        request_refresh(loop);
    }
    vrt_loop_leave_any(loop);
}

struct vrt_loop_bond *vrt_loop_bind(struct vrt_loop *loop, struct vrt_isolate *isolate)
{
    struct vrt_loop_bond *bond = vrt_loop_start(loop) == VRT_OK ? vrt_alloc_zeroed(sizeof *bond) : NULL;
    if (bond == NULL) {
        return NULL;
    }
    bond->job.run = bond_ready;
    bond->binding = (struct vrt_binding){bond_wake, bond};
    bond->loop = loop;
    bond->isolate = isolate;
    vrt_atomic_add_relaxed(&loop->references, 1); /* the caller's open loop has one */
    vrt_isolate_bind(isolate, &bond->binding);
    change_bound(loop, 1);
    return bond;
}

void vrt_loop_bond_destroy(struct vrt_loop_bond *bond)
{
    change_bound(bond->loop, UINT32_MAX);
    vrt_loop_release_any(bond->loop);
    vrt_free(bond, sizeof *bond);
}

/* --- the end ----------------------------------------------------------------------------------- */

/* Of a bond's letter two things count as `external`: the letter, and the isolate that is ready. */
static void drop_letters(struct vrt_loop *loop)
{
    struct vrt_post *next;
    for (struct vrt_post *post = vrt_mailbox_take(&loop->mailbox); post != NULL; post = next) {
        struct vrt_loop_job *job = (struct vrt_loop_job *)(void *)post;
        next = post->next;
        if (job->run == bond_ready) {
            vrt_external_down(loop->runtime);
        }
        vrt_external_down(loop->runtime);
    }
}

void vrt_loop_close_mailbox(struct vrt_loop *loop)
{
    refuse_posts(loop);
    drop_letters(loop);
    for (; loop->ready != NULL; loop->ready = loop->ready->next) {
        vrt_external_down(loop->runtime);
    }
}
