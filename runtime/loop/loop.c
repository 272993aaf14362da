/* The loop's life: its libuv handles, its thread, its end. */
#include "runtime/loop/loop_state.h"

#include <stdlib.h>

#include "runtime/sched/runtime.h"

/* --- between two polls ------------------------------------------------------------------------- */

void vrt_loop_update_reference(struct vrt_loop *loop)
{
    /* acquire: pairs with expect and settle, bind and bond_destroy */
    bool keep = loop->own || vrt_atomic_load_acquire(&loop->expected) > 0 ||
                vrt_atomic_load_acquire(&loop->bound) > 0;
    if (keep) {
        uv_ref((uv_handle_t *)&loop->async);
    } else {
        uv_unref((uv_handle_t *)&loop->async);
    }
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being active is all: the poll does not block */
}

/* An async that arrives has done its work by ending the poll. */
static void on_async(uv_async_t *async)
{
    (void)async;
}

/* Before the poll: does what there is, then announces the sleep. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct vrt_loop *loop = prepare->data;
    bool more;
    do {
        more = vrt_loop_turn(loop);
    } while (!more && !vrt_loop_announce_sleep(loop));
    if (more) {
        uv_idle_start(&loop->idle, on_idle);
    } else {
        uv_idle_stop(&loop->idle);
    }
    vrt_loop_update_reference(loop);
}

/* After the poll. */
static void on_check(uv_check_t *check)
{
    struct vrt_loop *loop = check->data;
    vrt_loop_wake_up(loop);
    vrt_loop_turn(loop);
    vrt_loop_update_reference(loop);
}

/* --- handles ----------------------------------------------------------------------------------- */

/* Starts our four handles; only the async one may fail. */
static bool open_handles(struct vrt_loop *loop)
{
    if (uv_async_init(loop->uv, &loop->async, on_async) != 0) {
        return false;
    }
    uv_prepare_init(loop->uv, &loop->prepare);
    uv_check_init(loop->uv, &loop->check);
    uv_idle_init(loop->uv, &loop->idle);
    loop->async.data = loop->prepare.data = loop->check.data = loop->idle.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->check);
    uv_unref((uv_handle_t *)&loop->idle);
    loop->handles = 4;
    vrt_loop_update_reference(loop);
    return true;
}

/* The last of our handles has closed: an embedder's loop needs the struct no more. */
static void on_close(uv_handle_t *handle)
{
    struct vrt_loop *loop = handle->data;
    if (--loop->handles == 0 && !loop->own) {
        vrt_loop_release_any(loop);
    }
}

static void close_handles(struct vrt_loop *loop)
{
    uv_close((uv_handle_t *)&loop->async, on_close);
    uv_close((uv_handle_t *)&loop->prepare, on_close);
    uv_close((uv_handle_t *)&loop->check, on_close);
    uv_close((uv_handle_t *)&loop->idle, on_close);
}

/* --- the own thread ---------------------------------------------------------------------------- */

/* The stage the starter waits for. */
static void reach_stage(struct vrt_loop *loop, enum vrt_loop_stage stage)
{
    vrt_atomic_store_release(&loop->stage, stage); /* publishes `thread` to whoever sees the stage */
    vrt_park_wake(&loop->stage, 1);
}

static void loop_main(void *argument)
{
    struct vrt_loop *loop = argument;
    loop->thread = vrt_thread_adopt(loop->runtime);
    if (loop->thread == NULL) {
        reach_stage(loop, VRT_LOOP_FAILED);
        return;
    }
    reach_stage(loop, VRT_LOOP_RUNS);
    while (!loop->stopping) {
        uv_run(loop->uv, UV_RUN_DEFAULT);
    }
    vrt_thread_disown(loop->thread);
}

/* Starts the thread and waits until it runs or has failed. Lock held. */
static void start_thread_locked(struct vrt_loop *loop)
{
    vrt_atomic_store_relaxed(&loop->stage, VRT_LOOP_STARTING); /* the thread does not exist yet */
    if (vrt_os_thread_start(&loop->os, "vela-loop", loop_main, loop) != VRT_OK) {
        vrt_atomic_store_relaxed(&loop->stage, VRT_LOOP_NONE);
        return;
    }
    while (vrt_atomic_load_acquire(&loop->stage) == VRT_LOOP_STARTING) { /* pairs with reach_stage */
        vrt_park_wait(&loop->stage, VRT_LOOP_STARTING, VRT_NEVER);
    }
    if (vrt_atomic_load_relaxed(&loop->stage) == VRT_LOOP_FAILED) { /* seen above */
        vrt_os_thread_join(&loop->os);
        vrt_atomic_store_relaxed(&loop->stage, VRT_LOOP_NONE); /* the next use tries again */
    }
}

enum vrt_status vrt_loop_start(struct vrt_loop *loop)
{
    if (vrt_atomic_load_acquire(&loop->stage) == VRT_LOOP_RUNS) { /* pairs with reach_stage */
        return VRT_OK;
    }
    vrt_lock_take(&loop->lock);
    if (vrt_atomic_load_relaxed(&loop->stage) == VRT_LOOP_NONE) { /* changed under the lock */
        start_thread_locked(loop);
    }
    bool runs = vrt_atomic_load_relaxed(&loop->stage) == VRT_LOOP_RUNS; /* as above */
    vrt_lock_give(&loop->lock);
    return runs ? VRT_OK : VRT_NO_THREAD;
}

static void stop_now(struct vrt_loop *loop, struct vrt_loop_job *job)
{
    (void)job;
    loop->stopping = true;
    uv_stop(loop->uv);
}

/* Ends the own thread, if there is one, after what was posted so far. */
static void stop_thread(struct vrt_loop *loop)
{
    if (vrt_atomic_load_acquire(&loop->stage) == VRT_LOOP_RUNS) { /* pairs with reach_stage */
        loop->stop.run = stop_now;
        vrt_loop_post_any(loop, &loop->stop);
        vrt_os_thread_join(&loop->os);
    }
}

/* --- life -------------------------------------------------------------------------------------- */

/* The struct is not from vrt_alloc: an embedder's loop may need it after the runtime's end. */
static struct vrt_loop *loop_alloc(struct vela_runtime *runtime)
{
    size_t size = (sizeof(struct vrt_loop) + VRT_CACHE_LINE - 1) & ~(size_t)(VRT_CACHE_LINE - 1);
    struct vrt_loop *loop = aligned_alloc(VRT_CACHE_LINE, size);
    if (loop != NULL) {
        *loop = (struct vrt_loop){.runtime = runtime, .references = 1};
    }
    return loop;
}

struct vrt_loop *vrt_loop_create(struct vela_runtime *runtime)
{
    struct vrt_loop *loop = loop_alloc(runtime);
    if (loop == NULL) {
        return NULL;
    }
    loop->own = true;
    loop->uv = &loop->own_uv;
    if (uv_loop_init(loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    if (!open_handles(loop)) {
        uv_loop_close(loop->uv);
        free(loop);
        return NULL;
    }
    return loop;
}

struct vrt_loop *vrt_loop_create_on(struct vela_runtime *runtime, struct uv_loop_s *uv)
{
    struct vrt_loop *loop = loop_alloc(runtime);
    if (loop == NULL) {
        return NULL;
    }
    loop->uv = uv;
    loop->thread = vrt_thread_adopt(runtime);
    if (loop->thread == NULL || !open_handles(loop)) {
        if (loop->thread != NULL) {
            vrt_thread_disown(loop->thread);
        }
        free(loop);
        return NULL;
    }
    vrt_atomic_store_release(&loop->stage, VRT_LOOP_RUNS); /* the embedder's thread is the loop's */
    return loop;
}

void vrt_loop_destroy(struct vrt_loop *loop)
{
    if (!loop->own) {
        vrt_loop_turn(loop);
        vrt_loop_close_mailbox(loop);
        vrt_thread_disown(loop->thread);
        close_handles(loop);
        return;
    }
    stop_thread(loop);
    vrt_loop_close_mailbox(loop);
    close_handles(loop);
    uv_run(loop->uv, UV_RUN_DEFAULT);
    int status = uv_loop_close(loop->uv);
    VRT_ASSERT_ALWAYS(status == 0); /* a handle that somebody left open */
    vrt_loop_release_any(loop);
}

struct uv_loop_s *vrt_loop_uv(struct vrt_loop *loop)
{
    return loop->uv;
}

uint64_t vrt_loop_wakeups_any(struct vrt_loop *loop)
{
    return vrt_atomic_load_relaxed(&loop->wakeups); /* statistics */
}
