/* Which tasks can never go on, whatever others do.
 *
 * Note STUCK. A task is stuck if it waits, without a deadline, and everything that could end its wait is held by stuck
 * tasks alone. The search assumes that and takes back what it cannot prove: live is a task that runs, is ready, sleeps,
 * waits with a timer or for the outside, has a deadline or a request to cancel it; a module variable; an object with
 * more references than were found in stuck tasks' frames and in objects held by them alone (somebody else has one: a
 * running task, C code); an end or a promise, also that of a task's result, of which not every handle was found.
 * What waits for something live, or is held by it, is live, and so is a promise whose Future, or a task whose Future or
 * pool, is held by it: it may be cancelled. A gate that needs all it watches is live only when all of them are.
 * Counts prove it because every reference is counted and none is found twice: the frames' tables are those that
 * unwinding releases by, an object's children those that its release goes over, and a message is in one buffer.
 * Whatever is not looked into (values of settled promises, letters, what a parked sender offers, C structures) makes a
 * count too large, never too small. A pool's holders are not counted: where one was not found, it proves nothing. All
 * threads of the runtime stand; one of an embedder can only give back what it holds, which was counted for it. For a
 * receive both ends of the channel are asked for: a sender sends or is dropped, a receiver closes. */
#include "vm/exec/held_graph.h"

#include "runtime/sync/channel.h"
#include "vm/value/layout.h"

/* May something that is not in the graph end the wait? */
static bool task_is_free(const struct vvm_wait *wait)
{
    const struct vvm_fiber *fiber = wait->fiber;
    struct vrt_waiter *waiter = fiber->waiter;
    const struct vvm_isolate_rare *rare = vvm_isolate_rare(wait->isolate);
    if (fiber->state != VVM_FIBER_PARKED || waiter == NULL || vrt_isolate_is_ready(&wait->isolate->base) ||
        fiber->flags & (VVM_FIBER_CANCELLED | VVM_FIBER_SHIELDED | VVM_FIBER_INTERRUPTED))
        return true;
    if (waiter->timer_thread != NULL || !vrt_waiter_is_open_any(waiter, vrt_waiter_ticket(waiter)) ||
        (rare != NULL && rare->alarm.record != NULL))
        return true;
    if (wait->settles != NULL && vrt_promise_has_alarm_any(wait->settles))
        return true;
    return waiter->where != VRT_WHERE_RECEIVE && waiter->where != VRT_WHERE_SEND && waiter->where != VRT_WHERE_SELECT &&
           waiter->where != VRT_WHERE_PROMISE;
}

/* Not all who could cancel it were found. Main is cancelled by nobody but its end, and an actor is stopped by a
 * message. */
static bool future_is_free(const struct vvm_vm *vm, const struct vvm_held_node *node, const struct vvm_wait *wait)
{
    bool own = (wait->fiber->flags & VVM_FIBER_WORKER) != 0; /* a worker holds its promise beside all Futures */
    bool is_actor = own && wait->isolate->more->actor != NULL, is_test = wait->settles == vm->running_test;
    if (wait->settles == NULL || wait->fiber->flags & VVM_FIBER_MAIN || is_actor)
        return false;
    return node->holders + own + is_test != vrt_atomic_load_relaxed(&wait->settles->holders); /* all stand */
}

/* Not all who could send, receive or settle were found. */
static bool end_is_free(const struct vvm_held_node *node)
{
    struct vrt_channel_facts facts;
    if (node->kind == PROMISE) {
        const struct vrt_promise *promise = node->thing;
        return node->found != vrt_atomic_load_relaxed(&promise->producers) || /* everything stands; likewise below */
               node->holders != vrt_atomic_load_relaxed(&promise->holders) ||
               vrt_promise_is_owned((struct vrt_promise *)(uintptr_t)promise);
    }
    vrt_channel_facts_any((struct vrt_channel *)(uintptr_t)node->thing, &facts);
    return node->shared || node->found != (node->kind == SENDERS ? facts.senders : facts.receivers);
}

static bool is_free(const struct vvm_held *held, uint32_t i)
{
    const struct vvm_held_node *node = &held->nodes[i];
    uint32_t references = held->rows.first[i + 1] - held->rows.first[i];
    int32_t count;
    switch ((enum vvm_held_kind)node->kind) {
    case TASK: return task_is_free(&held->waits->items[i]) || future_is_free(held->vm, node, &held->waits->items[i]);
    case GLOBAL: return true;
    case POOL: return false;
    case OBJECT:
        count = vvm_count_of(node->thing);
        return count == 0 || (uint32_t)(count > 0 ? count : -count) != references;
    default: return end_is_free(node);
    }
}

static void set_free(bool *live, uint32_t *list, uint32_t *count, uint32_t node)
{
    if (!live[node]) {
        live[node] = true;
        list[(*count)++] = node;
    }
}

bool vvm_held_find_stuck(struct vvm_held *held, bool *stuck)
{
    struct vvm_held_rows reversed;
    size_t most = (size_t)held->count + 1;
    bool *live = vrt_alloc_zeroed(most * sizeof *live);
    uint32_t *list = vrt_alloc(most * sizeof *list), count = 0;
    bool fine = vvm_held_make_rows(held, true, &reversed) && live != NULL && list != NULL;
    for (uint32_t i = 0; fine && i < held->count; i++) {
        if (is_free(held, i))
            set_free(live, list, &count, i);
        fine = vvm_held_goes_on(held);
    }
    for (uint32_t i = 0; fine && i < count; i++)
        for (uint32_t k = reversed.first[list[i]]; fine && k < reversed.first[list[i] + 1]; k++) {
            if (held->nodes[reversed.items[k]].needed-- == 1)
                set_free(live, list, &count, reversed.items[k]);
            fine = vvm_held_goes_on(held);
        }
    for (size_t i = 0; fine && i < held->waits->count; i++)
        stuck[i] = !live[i];
    vvm_held_drop_rows(&reversed);
    vvm_held_give(live, most * sizeof *live);
    vvm_held_give(list, most * sizeof *list);
    return fine;
}
