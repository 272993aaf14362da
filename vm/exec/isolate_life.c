/* Isolates: how they are made and how they end; workers. */
#include "vm/exec/isolate.h"

#include "runtime/base/account.h"
#include "runtime/sync/channel.h"
#include "vm/exec/actors.h"
#include "vm/exec/cancel.h"
#include "vm/exec/future.h"
#include "vm/exec/late.h"
#include "vm/exec/step.h"

#include <stdlib.h>
#include <string.h>

/* ---- Life ---- */

/* Why the worker was to end; 0: nobody asked. One that ends at its deadline or later was late, whether or not its alarm
 * has gone off: that of a group's member, which has the same deadline, may be the first, and stands perhaps with
 * another thread. */
static uint32_t end_reason(const struct vvm_isolate *isolate)
{
    struct vvm_isolate_more *more = isolate->more;
    struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    if (rare != NULL)
        vvm_alarm_stop(&rare->alarm);
    uint32_t reason = vrt_promise_disown(more->promise);
    bool late = reason == 0 && rare != NULL && rare->deadline_ns != VRT_NEVER && vrt_now() >= rare->deadline_ns;
    return late ? rare->late_reason : reason;
}

/* A worker's result is settled when it no longer counts as active. */
static void settle(struct vvm_isolate *isolate, bool ended)
{
    struct vvm_isolate_more *more = isolate->more;
    if (more->promise == NULL)
        return;
    uint32_t reason = end_reason(isolate);
    struct vvm_ending ending = {more->threw ? VRT_PROMISE_REJECTED : VRT_PROMISE_RESOLVED, more->result};
    if (ended && isolate->flags & VVM_ISOLATE_ENDED) {
        ending = vvm_cancel_ending(isolate, NULL, reason, ending);
        vvm_promise_settle_result(vvm_isolate_vm(isolate), more->promise, ending.value, ending.state);
    } else {
        vvm_release(more->result);
    }
    vrt_promise_release_producer_any(more->promise);
}

static void destroy_cycles(struct vvm_isolate *isolate)
{
    if (isolate->cycles == NULL)
        return;
    vvm_cycles_destroy(isolate->cycles);
    isolate->cycles = NULL;
    vvm_cycles_enter(NULL);
}

static void drop_letter(struct vvm_letter *letter)
{
    if (letter->post.kind == VVM_LETTER_START) {
        vvm_release(letter->callee);
        vvm_release_arguments(letter->args, letter->count, 0xffff);
        vrt_promise_release_producer_any(letter->promise);
    } else {
        free(letter->text);
    }
    free(letter);
}

/* Letters that came too late: takes and drops them. */
static void drop_letters(struct vvm_isolate *isolate)
{
    /* acq_rel: pairs with the posts */
    uintptr_t word = vrt_atomic_and_acq_rel(&isolate->base.word, (uintptr_t)VRT_ISOLATE_STATE);
    struct vrt_post *post = (struct vrt_post *)(word & ~(uintptr_t)VRT_ISOLATE_STATE), *next;
    for (; post != NULL; post = next) {
        next = post->next;
        if (post->kind == VVM_LETTER_CANCEL || post->kind == VVM_LETTER_UNSHIELD || post->kind == VVM_LETTER_GIVE_UP)
            vvm_cancel_drop_letter((struct vrt_cancel_letter *)(void *)post);
        else if (post->kind != VRT_POST_WAITER)
            drop_letter((struct vvm_letter *)(void *)post);
    }
}

void vvm_isolate_discard(struct vvm_isolate *isolate)
{
    drop_letters(isolate);
    vrt_free(isolate, sizeof *isolate);
}

/* Messages that it leaves in its mailbox may hold the actor itself, as who sent them. */
static void drop_mailbox(struct vvm_actor *actor)
{
    vvm_value message;
    vrt_receiver_close_any(actor->receiving);
    while (vrt_receiver_receive(actor->receiving, &message, NULL, 0) == VRT_CHANNEL_OK)
        vvm_release(message);
}

/* One that has not told of its end itself: the runtime is being destroyed. */
static void drop_actor(struct vvm_vm *vm, struct vvm_actor *actor)
{
    uint32_t count = 0;
    drop_mailbox(actor);
    vvm_value *watchers = vvm_actors_end(&vm->actors, actor, vvm_none(), &count);
    for (uint32_t i = 0; i < count; i++)
        vvm_release(watchers[i]);
    free(watchers);
    vvm_actor_leave(actor);
    vvm_object_release(&actor->ref->header);
}

static size_t more_size(uint32_t site_count)
{
    return sizeof(struct vvm_isolate_more) + site_count * sizeof(uint64_t);
}

static void rare_free(struct vvm_isolate_rare *rare)
{
    if (rare->random != NULL)
        vrt_free(rare->random, VVM_RANDOM_WORDS * sizeof *rare->random);
    free(rare->name);
    vrt_free(rare, sizeof *rare);
}

static void more_free(struct vvm_isolate_more *more)
{
    struct vvm_isolate_rare *rare = vrt_atomic_load_relaxed(&more->rare); /* nobody else knows it any more */
    if (rare != NULL)
        rare_free(rare);
    vrt_free(more, more_size(more->site_count));
}

static void isolate_destroy(struct vrt_isolate *base, struct vrt_thread *thread)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_vm *vm = vvm_isolate_vm(isolate);
    vvm_isolate_enter(isolate);
    drop_letters(isolate);
    vvm_isolate_drop_fibers(isolate);
    if (isolate->more != NULL) {
        settle(isolate, thread != NULL);
        drop_letters(isolate); /* requests that came while it ended: with its promise disowned none can come any more */
        vvm_late_drop(isolate);
        struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
        if (rare != NULL)
            vvm_release_rest(rare->unreleased);
        if (isolate->more->actor != NULL)
            drop_actor(vm, isolate->more->actor);
        more_free(isolate->more);
    }
    destroy_cycles(isolate);
    if (base->account != NULL)
        vrt_free(base->account, sizeof *base->account);
    if (vm->main == isolate)
        vm->main = NULL;
    vrt_free(isolate, sizeof *isolate);
}

static const struct vrt_isolate_ops isolate_ops = {vvm_isolate_run, isolate_destroy};

struct vvm_isolate *vvm_isolate_create(struct vvm_vm *vm, struct vvm_isolate *parent, struct vrt_pool *pool)
{
    struct vvm_isolate *isolate = vrt_alloc(sizeof *isolate);
    if (isolate == NULL)
        return NULL;
    memset(isolate, 0, sizeof *isolate);
    uint64_t id = vrt_isolate_child_id(vm->runtime, parent != NULL ? &parent->base : NULL);
    vrt_isolate_init(&isolate->base, &isolate_ops, vm->runtime, pool, id);
    isolate->first.list_next = isolate->first.list_prev = &isolate->first;
    return isolate;
}

bool vvm_isolate_need_cycles(struct vvm_isolate *isolate)
{
    if (isolate->cycles != NULL)
        return true;
    isolate->cycles = vvm_cycles_create();
    vvm_cycles_enter(isolate->cycles);
    return isolate->cycles != NULL;
}

const char *vvm_isolate_name(const struct vvm_isolate *isolate, char scratch[VVM_NAME_SCRATCH])
{
    const struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    if (isolate->more != NULL && isolate->more->actor != NULL)
        return vvm_actor_name(isolate->more->actor, scratch);
    return rare != NULL ? rare->name : NULL;
}

void vvm_isolate_add_text(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    char scratch[VVM_NAME_SCRATCH];
    const char *name = vvm_isolate_name(isolate, scratch);
    vvm_text_add_c(out, name != NULL ? "worker \"" : "worker ");
    if (name == NULL) {
        vvm_text_add_number(out, (int64_t)vvm_isolate_number(isolate));
    } else {
        vvm_text_add_c(out, name);
        vvm_text_add_c(out, "\"");
    }
}

/* ---- Workers ---- */

static uint32_t spawn_sites(struct vvm_call *parent, uint64_t *sites)
{
    uint32_t count = 0;
    if (parent == NULL)
        return 0;
    const struct vvm_isolate_more *before = parent->isolate->more;
    vvm_trace_site(parent->fiber, sites, &count);
    for (uint32_t i = 0; before != NULL && i < before->site_count && count < VVM_SPAWN_CHAIN; i++)
        sites[count++] = before->sites[i];
    return count;
}

/* As large as its spawn sites need: every worker has one. */
static struct vvm_isolate_more *more_new(const uint64_t *sites, uint32_t count)
{
    struct vvm_isolate_more *more = vrt_alloc(more_size(count));
    if (more == NULL)
        return NULL;
    *more = (struct vvm_isolate_more){.result = vvm_void(), .site_count = count};
    for (uint32_t i = 0; i < count; i++)
        more->sites[i] = sites[i];
    return more;
}

struct vvm_isolate_more *vvm_isolate_need_more(struct vvm_isolate *isolate)
{
    if (isolate->more == NULL)
        isolate->more = more_new(NULL, 0);
    return isolate->more;
}

struct vvm_isolate_rare *vvm_isolate_need_rare(struct vvm_isolate *isolate)
{
    struct vvm_isolate_more *more = vvm_isolate_need_more(isolate);
    struct vvm_isolate_rare *rare = more != NULL ? vvm_isolate_rare(isolate) : NULL;
    if (more == NULL || rare != NULL)
        return rare;
    rare = vrt_alloc(sizeof *rare);
    if (rare == NULL)
        return NULL;
    *rare = (struct vvm_isolate_rare){.timeout_ns = INT64_MAX, .deadline_ns = VRT_NEVER};
    vrt_atomic_store_release(&more->rare, rare); /* pairs with the acquire in vvm_isolate_rare */
    return rare;
}

static bool start_alarm(struct vvm_isolate *isolate, const struct vvm_spawn *spawn, int64_t timeout_ns,
                        uint64_t deadline_ns, enum vvm_reason reason)
{
    struct vvm_isolate_rare *rare = vvm_isolate_need_rare(isolate);
    if (rare == NULL)
        return false;
    rare->timeout_ns = timeout_ns;
    rare->deadline_ns = deadline_ns;
    rare->late_reason = (uint8_t)reason;
    return vvm_alarm_start(&rare->alarm, vvm_isolate_vm(isolate), spawn->promise, reason, deadline_ns);
}

/* The least of its own deadline and its parent's, if it belongs to the parent's group. */
static bool set_deadline(struct vvm_isolate *isolate, struct vvm_call *parent, const struct vvm_spawn *spawn)
{
    const struct vvm_isolate_rare *above =
        parent != NULL && spawn->inherits_deadline ? vvm_isolate_rare(parent->isolate) : NULL;
    int64_t timeout_ns = spawn->has_timeout ? spawn->timeout_ns : INT64_MAX;
    uint64_t deadline_ns = timeout_ns != INT64_MAX ? vrt_deadline_after(vrt_now(), (uint64_t)timeout_ns) : VRT_NEVER;
    /* the parent tells of it */
    if (above != NULL && above->timeout_ns != INT64_MAX && above->deadline_ns < deadline_ns)
        return start_alarm(isolate, spawn, above->timeout_ns, above->deadline_ns, VVM_REASON_TIMEOUT);
    return deadline_ns == VRT_NEVER || start_alarm(isolate, spawn, timeout_ns, deadline_ns, VVM_REASON_DEADLINE);
}

static bool set_name(struct vvm_isolate *isolate, const char *name)
{
    struct vvm_isolate_rare *rare = vvm_isolate_need_rare(isolate);
    return rare != NULL && (rare->name = strdup(name)) != NULL;
}

static bool limit_memory(struct vvm_isolate *isolate, int64_t limit)
{
    struct vrt_account *account = vrt_alloc(sizeof *account);
    if (account != NULL)
        vrt_account_init(account, limit);
    isolate->base.account = account;
    return account != NULL;
}

static bool prepare_worker(struct vvm_isolate *isolate, struct vvm_call *parent, const struct vvm_spawn *spawn)
{
    uint64_t sites[VVM_SPAWN_CHAIN];
    uint32_t count = spawn_sites(parent, sites);
    struct vvm_isolate_more *more = isolate->more = more_new(sites, count);
    if (more == NULL)
        return false;
    more->promise = spawn->promise;
    if (spawn->actor != NULL)
        vvm_object_retain(&spawn->actor->ref->header);
    more->actor = spawn->actor;
    if (spawn->name != NULL && !set_name(isolate, spawn->name))
        return false;
    if (spawn->memory_limit != 0 && !limit_memory(isolate, spawn->memory_limit))
        return false;
    vrt_promise_own(spawn->promise, &isolate->base);
    return set_deadline(isolate, parent, spawn);
}

/* A function that cannot be entered (too many parameters): the worker exists and fails at once. */
static void fail_at_once(struct vvm_isolate *isolate, vvm_value error)
{
    isolate->more->result = error;
    isolate->more->threw = true;
    isolate->flags |= VVM_ISOLATE_ENDED;
}

static enum vrt_status refuse(struct vvm_isolate *isolate, const struct vvm_spawn *spawn, bool function_taken)
{
    if (!function_taken)
        vvm_release(spawn->function);
    if (isolate != NULL) {
        vvm_isolate_drop_fibers(isolate);
        if (isolate->more != NULL) {
            struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
            if (rare != NULL)
                vvm_alarm_stop(&rare->alarm);
            vrt_promise_disown(spawn->promise);
            drop_letters(isolate);
            vvm_release(isolate->more->result);
            if (isolate->more->actor != NULL)
                vvm_object_release(&isolate->more->actor->ref->header);
            more_free(isolate->more);
        }
        if (isolate->base.account != NULL)
            vrt_free(isolate->base.account, sizeof *isolate->base.account);
        vrt_free(isolate, sizeof *isolate);
    }
    vrt_promise_release_producer_any(spawn->promise);
    return VRT_NO_MEMORY;
}

static void enter_function(struct vvm_vm *vm, struct vvm_isolate *isolate, vvm_value function)
{
    struct vvm_fiber *fiber = vvm_isolate_add_fiber(isolate);
    vvm_value error;
    if (vvm_fiber_init(vm, fiber, function, NULL, 0, &error)) {
        fiber->flags |= VVM_FIBER_WORKER | VVM_FIBER_FRESH;
        vvm_isolate_make_ready(isolate, fiber);
    } else {
        vvm_share_for_many(error, "error", &(struct vvm_text_builder){0});
        vvm_isolate_remove_fiber(isolate, fiber);
        fail_at_once(isolate, error);
    }
}

static enum vrt_status spawn_worker(struct vvm_vm *vm, struct vvm_call *parent, const struct vvm_spawn *spawn)
{
    struct vrt_pool *pool = spawn->pool != NULL ? spawn->pool : vm->runtime->global_pool;
    struct vvm_isolate *isolate = vvm_isolate_create(vm, parent != NULL ? parent->isolate : NULL, pool);
    if (isolate == NULL || !prepare_worker(isolate, parent, spawn))
        return refuse(isolate, spawn, false);
    isolate->base.priority = (uint8_t)spawn->priority;
    vrt_account_switch(isolate->base.account);
    enter_function(vm, isolate, spawn->function);
    vrt_account_switch(NULL);
    enum vrt_status status = vrt_isolate_start_any(&isolate->base);
    if (status != VRT_OK)
        refuse(isolate, spawn, true);
    return status;
}

/* What makes up the child is charged to the child, or to nobody. */
enum vrt_status vvm_isolate_spawn(struct vvm_vm *vm, struct vvm_call *parent, const struct vvm_spawn *spawn)
{
    struct vrt_account *account = vrt_account_switch(NULL);
    enum vrt_status status = spawn_worker(vm, parent, spawn);
    vrt_account_switch(account);
    return status;
}
