/* The event loop: libuv on one thread, and the bridge that wakes it.
 *
 * Either the loop has its own thread (started at its first use, named vela-loop), or it lives on a
 * uv_loop_t of the embedder's, which he runs on his thread. Only that thread touches libuv; everybody
 * else posts a job to the loop's mailbox. Isolates may be bound to the loop: they take their turns on
 * its thread, between two polls.
 *
 * Note BRIDGE. The loop announces its sleep (asleep = 1) before it polls and looks at the mailbox
 * once more; a poster pushes first, then takes the flag. Both sides use seq_cst read-modify-writes,
 * so either the loop sees the letter or the poster sees the flag; exactly the poster that takes the
 * flag calls uv_async_send. Many posts that arrive together cost one wake-up, and a post to a loop
 * that is awake costs none. Modelled in tests/models/bridge.pml.
 *
 * Cost: a post is one compare-and-swap and one exchange; a wake-up some 2 us for the waker. */
#ifndef VRT_LOOP_LOOP_H
#define VRT_LOOP_LOOP_H

#include "runtime/base/status.h"
#include "runtime/queue/mailbox.h"

#include <stdint.h>

struct uv_loop_s;
struct vela_runtime;
struct vrt_isolate;
struct vrt_loop;
struct vrt_loop_bond;
struct vrt_loop_job;

/* Runs on the loop's thread; may use its libuv loop. */
typedef void (*vrt_loop_fn)(struct vrt_loop *loop, struct vrt_loop_job *job);

/* Something to do on the loop's thread; embedded in the poster's struct, his again once `run` is called. */
struct vrt_loop_job {
    struct vrt_post post; /* first */
    vrt_loop_fn run;
};

/* Makes a loop. Its own thread starts with the first job or bound isolate.
 * Owns: the caller, until vrt_loop_destroy. Errors: NULL when memory or descriptors are out. */
struct vrt_loop *vrt_loop_create(struct vela_runtime *runtime);

/* Makes a loop on the embedder's uv loop; the calling thread is its thread from now on, and runs it.
 * The loop keeps uv_run going while something is expected (vrt_loop_expect_any) or a bound isolate
 * lives; jobs posted else are run when uv_run is going for the embedder's own reasons. Owns: `uv` stays the embedder's,
 * who closes it after vrt_loop_destroy. Errors: as above. */
struct vrt_loop *vrt_loop_create_on(struct vela_runtime *runtime, struct uv_loop_s *uv);

/* Ends it: jobs posted so far are run, the thread is joined; an embedder's uv loop is left without our
 * handles. Bound isolates have ended or are dropped with the runtime. Thread: the embedder's thread
 * for vrt_loop_create_on, any other than the loop's for vrt_loop_create. Blocks. */
void vrt_loop_destroy(struct vrt_loop *loop);

/* Has `job->run` called on the loop's thread, jobs of one poster in order. Never waits, but for the
 * start of the thread at the first use. Thread: any. Errors: VRT_NO_THREAD; then nothing will run. */
enum vrt_status vrt_loop_post_any(struct vrt_loop *loop, struct vrt_loop_job *job);

/* Something of the loop is pending (a socket, a file, a C-held promise): there is no deadlock, and an
 * embedder's uv_run goes on. `settle` for each `expect`. Thread: any. */
void vrt_loop_expect_any(struct vrt_loop *loop);
void vrt_loop_settle_any(struct vrt_loop *loop);

/* Ties an isolate, not yet started, to the loop's thread. Owns: the bond is the caller's, until the
 * isolate has ended; then vrt_loop_bond_destroy (from the isolate's destroy). Thread: any. Errors: NULL when memory is
 * out. */
struct vrt_loop_bond *vrt_loop_bind(struct vrt_loop *loop, struct vrt_isolate *isolate);
void vrt_loop_bond_destroy(struct vrt_loop_bond *bond);

/* The libuv loop, for jobs. Thread: the loop's. */
struct uv_loop_s *vrt_loop_uv(struct vrt_loop *loop);

/* Wake-ups sent so far: many letters, few wake-ups. Any thread. */
uint64_t vrt_loop_wakeups_any(struct vrt_loop *loop);

#endif
