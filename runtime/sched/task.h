/* Plain C tasks: an isolate whose turns are steps of a C state machine.
 *
 * For tests, benchmarks and embedders: it lets channels and promises be used without the VM. The
 * step function is called with what was delivered since the last step and says how to go on. */
#ifndef VRT_SCHED_TASK_H
#define VRT_SCHED_TASK_H

#include "runtime/sched/runtime.h"
#include "runtime/sync/waiter.h"

struct vrt_task;

/* One step. `delivered`: the posts since the last one, oldest first (the chain is the step's now),
 * NULL if there are none. VRT_TURN_IDLE: wait for the next post; all open waits stay armed. */
typedef enum vrt_turn (*vrt_task_step)(struct vrt_task *task, void *state, struct vrt_post *delivered);

struct vrt_task {
    struct vrt_isolate isolate; /* first */
    vrt_task_step step;
    void *state;
    void (*drop)(void *state);  /* called once at the end, or when dropped unfinished; may be NULL */
    struct vrt_waiter *waiter;  /* a wait record of its own, for step's use */
};

struct vrt_task_config {
    vrt_task_step step;
    void *state;
    void (*drop)(void *state);
    struct vrt_pool *pool;             /* NULL: the runtime's global pool */
    const struct vrt_binding *binding; /* NULL: any worker */
    enum vrt_priority priority;
    bool outside_pool;                 /* counts in no pool, as a main program does */
};

/* Creates a task and starts it. Owns: `state` until `drop`. Thread: any; the task may have ended
 * when this returns. Errors: VRT_NO_MEMORY, VRT_NO_THREAD, VRT_SHUT_DOWN; then `drop` is not called. */
enum vrt_status vrt_task_spawn(struct vela_runtime *runtime, vrt_task_step step, void *state);
enum vrt_status vrt_task_spawn_with(struct vela_runtime *runtime, const struct vrt_task_config *config);

/* The same, but not started: returns the task so that it can be posted to later; vrt_isolate_start_any
 * starts it. */
struct vrt_task *vrt_task_create(struct vela_runtime *runtime, const struct vrt_task_config *config);

#endif
