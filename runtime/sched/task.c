#include "runtime/sched/task.h"

static enum vrt_turn task_run(struct vrt_isolate *isolate, struct vrt_thread *thread)
{
    struct vrt_task *task = (struct vrt_task *)(void *)isolate;
    (void)thread;
    return task->step(task, task->state, vrt_isolate_take_inbox(isolate));
}

static void task_free(struct vrt_task *task)
{
    if (task->waiter != NULL) {
        vrt_waiter_destroy(task->isolate.runtime, task->waiter);
    }
    vrt_free(task, sizeof *task);
}

static void task_destroy(struct vrt_isolate *isolate, struct vrt_thread *thread)
{
    struct vrt_task *task = (struct vrt_task *)(void *)isolate;
    (void)thread;
    if (task->drop != NULL) {
        task->drop(task->state);
    }
    task_free(task);
}

static const struct vrt_isolate_ops task_ops = {task_run, task_destroy};

static struct vrt_pool *pool_of(struct vela_runtime *runtime, const struct vrt_task_config *config)
{
    if (config->outside_pool) {
        return NULL;
    }
    return config->pool != NULL ? config->pool : runtime->global_pool;
}

struct vrt_task *vrt_task_create(struct vela_runtime *runtime, const struct vrt_task_config *config)
{
    struct vrt_task *task = vrt_alloc_zeroed(sizeof *task);
    if (task == NULL) {
        return NULL;
    }
    struct vrt_thread *self = vrt_thread_current();
    struct vrt_isolate *parent = self != NULL && self->runtime == runtime ? self->current : NULL;
    vrt_isolate_init(&task->isolate, &task_ops, runtime, pool_of(runtime, config),
                     vrt_isolate_child_id(runtime, parent));
    vrt_isolate_bind(&task->isolate, config->binding);
    task->isolate.priority = (uint8_t)config->priority;
    task->step = config->step;
    task->state = config->state;
    task->drop = config->drop;
    task->waiter = vrt_waiter_create_fiber(runtime, &task->isolate, task);
    if (task->waiter == NULL) {
        task_free(task);
        return NULL;
    }
    return task;
}

enum vrt_status vrt_task_spawn_with(struct vela_runtime *runtime, const struct vrt_task_config *config)
{
    struct vrt_task *task = vrt_task_create(runtime, config);
    if (task == NULL) {
        return VRT_NO_MEMORY;
    }
    enum vrt_status status = vrt_isolate_start_any(&task->isolate);
    if (status != VRT_OK) {
        task_free(task);
    }
    return status;
}

enum vrt_status vrt_task_spawn(struct vela_runtime *runtime, vrt_task_step step, void *state)
{
    struct vrt_task_config config = {.step = step, .state = state, .priority = VRT_PRIORITY_NORMAL};
    return vrt_task_spawn_with(runtime, &config);
}
