#include "vm/exec/actors.h"

#include "runtime/sched/pool.h"

#include "vm/exec/isolate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Its name ---- */

const char *vvm_actor_kind(const struct vvm_actor *actor)
{
    const char *type = vvm_type_name(actor->type);
    return type + strspn(type, "_");
}

const char *vvm_actor_name(const struct vvm_actor *actor, char *scratch)
{
    struct vvm_bytes given = {0};
    if (!vvm_is_void(actor->name))
        given = vvm_string_bytes(&actor->name);
    if (given.data != NULL)
        snprintf(scratch, VVM_NAME_SCRATCH, "%.*s", (int)given.length, given.data);
    else
        snprintf(scratch, VVM_NAME_SCRATCH, "%s-%llu", vvm_actor_kind(actor), (unsigned long long)actor->id);
    return scratch;
}

bool vvm_actor_is_called(const struct vvm_actor *actor, struct vvm_bytes name)
{
    if (!vvm_is_void(actor->name)) {
        struct vvm_bytes given = vvm_string_bytes(&actor->name);
        return given.length == name.length && memcmp(given.data, name.data, name.length) == 0;
    }
    const char *type = vvm_actor_kind(actor);
    size_t length = strlen(type);
    char number[24];
    int digits = snprintf(number, sizeof number, "-%llu", (unsigned long long)actor->id);
    return name.length == length + (size_t)digits && memcmp(name.data, type, length) == 0 &&
           memcmp(name.data + length, number, (size_t)digits) == 0;
}

/* ---- Its isolate's part ---- */

static void drop_object(struct vvm_object *object)
{
    if (object != NULL)
        vvm_object_release(object);
}

void vvm_actor_leave(struct vvm_actor *actor)
{
    drop_object(actor->instance);
    drop_object(actor->args);
    drop_object((struct vvm_object *)actor->sender);
    vvm_release(actor->failed);
    actor->instance = actor->args = NULL;
    actor->sender = NULL;
    actor->failed = vvm_none();
}

/* ---- The list ---- */

uint64_t vvm_actors_number(struct vvm_actors *actors)
{
    return vrt_atomic_add_relaxed(&actors->last_id, 1) + 1; /* only counted */
}

struct vrt_pool *vvm_actors_pool(struct vvm_actors *actors, struct vela_runtime *runtime)
{
    vrt_lock_take(&actors->lock);
    if (actors->pool == NULL)
        actors->pool = vrt_pool_create(runtime, 0);
    struct vrt_pool *pool = actors->pool;
    vrt_lock_give(&actors->lock);
    return pool;
}

void vvm_actors_add(struct vvm_actors *actors, struct vvm_actor *actor)
{
    vvm_object_retain(&actor->ref->header);
    vrt_lock_take(&actors->lock);
    actor->listed = true;
    actor->older = actors->newest;
    if (actors->newest != NULL)
        actors->newest->newer = actor;
    else
        actors->oldest = actor;
    actors->newest = actor;
    vrt_lock_give(&actors->lock);
    vrt_atomic_add_relaxed(&actors->live, 1); /* counted only */
}

static void unlist_locked(struct vvm_actors *actors, struct vvm_actor *actor)
{
    if (actor->newer != NULL)
        actor->newer->older = actor->older;
    else
        actors->newest = actor->older;
    if (actor->older != NULL)
        actor->older->newer = actor->newer;
    else
        actors->oldest = actor->newer;
    actor->older = actor->newer = NULL;
    actor->listed = false;
}

vvm_value *vvm_actors_end(struct vvm_actors *actors, struct vvm_actor *actor, vvm_value failure, uint32_t *count)
{
    vrt_lock_take(&actors->lock);
    bool listed = actor->listed;
    vvm_value *watchers = actor->watchers;
    *count = actor->watcher_count;
    actor->watchers = NULL;
    actor->watcher_count = 0;
    if (listed) {
        unlist_locked(actors, actor);
        actor->failure = failure;
    }
    actor->ended = true;
    vrt_lock_give(&actors->lock);
    vrt_atomic_store_relaxed(&actor->state, VVM_ACTOR_STOPPED); /* for those who look */
    if (!listed) {
        vvm_release(failure);
        return watchers;
    }
    vrt_atomic_sub_relaxed(&actors->live, 1); /* counted only */
    vvm_object_release(&actor->ref->header);
    return watchers;
}

bool vvm_actors_watch(struct vvm_actors *actors, struct vvm_actor *actor, vvm_value promise, bool *no_memory)
{
    vrt_lock_take(&actors->lock);
    bool waits = !actor->ended;
    vvm_value *watchers = waits ? realloc(actor->watchers, (actor->watcher_count + 1) * sizeof *watchers) : NULL;
    *no_memory = waits && watchers == NULL;
    if (watchers != NULL) {
        watchers[actor->watcher_count++] = promise;
        actor->watchers = watchers;
    }
    vrt_lock_give(&actors->lock);
    return watchers != NULL;
}

void vvm_actors_deinit(struct vvm_actors *actors)
{
    while (actors->newest != NULL) {
        uint32_t count;
        vvm_value *watchers = vvm_actors_end(actors, actors->newest, vvm_none(), &count);
        for (uint32_t i = 0; i < count; i++)
            vvm_release(watchers[i]);
        free(watchers);
    }
    if (actors->pool != NULL)
        vrt_pool_release(actors->pool);
    actors->pool = NULL;
}
