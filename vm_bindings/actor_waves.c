/* In which order actors are stopped: in waves, all of one wave at a time.
 *
 * A wave is those whose living children are all in earlier ones, so children stop before their parents, and as many as
 * may at a time. Made at once from the list of the living, by their numbers: a child's is higher than its parent's.
 * Cost: a sort, 32 bytes for each actor while it is made. */
#include "runtime/base/atomic.h"
#include "vm_bindings/actor.h"

#include <stdlib.h>

struct entry {
    struct vvm_handle *ref; /* counted */
    uint64_t id, parent;
    uint32_t height;        /* waves before its own */
};

struct entries { struct entry *items; size_t count; };

static bool is_wanted(const struct vvm_actor *actor, vvm_value self)
{
    uint32_t flags = vrt_atomic_load_relaxed(&actor->flags); /* noted by the one that asks */
    return !(flags & VVM_ACTOR_STUCK) && (vvm_is_void(self) || vvm_actor_of(self) != actor);
}

static bool collect(struct vvm_actors *actors, vvm_value self, struct entries *out)
{
    size_t count = 0;
    vrt_lock_take(&actors->lock);
    for (struct vvm_actor *actor = actors->newest; actor != NULL; actor = actor->older)
        count++;
    out->items = count != 0 ? calloc(count, sizeof *out->items) : NULL;
    out->count = 0;
    bool fine = count == 0 || out->items != NULL;
    for (struct vvm_actor *actor = actors->newest; fine && actor != NULL; actor = actor->older)
        if (is_wanted(actor, self)) {
            vvm_object_retain(&actor->ref->header);
            out->items[out->count++] = (struct entry){actor->ref, actor->id, actor->parent, 0};
        }
    vrt_lock_give(&actors->lock);
    return fine;
}

/* Those made last first. */
static int by_number(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return (a->id < b->id) - (a->id > b->id);
}

static int with_number(const void *id, const void *item)
{
    const struct entry *entry = item;
    uint64_t wanted = *(const uint64_t *)id;
    return (wanted < entry->id) - (wanted > entry->id);
}

/* Children come first, so a height is final when it is passed on. Gives the number of waves. */
static uint32_t set_heights(struct entries *entries)
{
    uint32_t waves = 0;
    if (entries->count == 0)
        return 0;
    qsort(entries->items, entries->count, sizeof *entries->items, by_number);
    for (struct entry *child = entries->items; child != entries->items + entries->count; child++) {
        struct entry *parent = child->parent == 0 ? NULL : bsearch(&child->parent, entries->items, entries->count,
                                                                   sizeof *entries->items, with_number);
        if (parent != NULL && parent->height <= child->height)
            parent->height = child->height + 1;
        if (waves <= child->height)
            waves = child->height + 1;
    }
    return waves;
}

static int by_height(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return a->height != b->height ? (a->height > b->height) - (a->height < b->height) : by_number(left, right);
}

/* The wave that begins at *next, as a List; moves *next behind it. */
static vvm_value take_wave(struct entries *entries, size_t *next)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    uint32_t height = entries->items[*next].height;
    for (; *next < entries->count && entries->items[*next].height == height; ++*next) {
        vvm_value ref = vvm_of_object(VVM_HANDLE, entries->items[*next].ref);
        if (vvm_is_unset(list))
            vvm_release(ref);
        else
            list = vvm_list_append(list, ref);
    }
    return list;
}

static vvm_value make_waves(struct entries *entries)
{
    vvm_value waves = vvm_list_new(set_heights(entries), VVM_ELEMENTS_VALUE);
    if (entries->count != 0)
        qsort(entries->items, entries->count, sizeof *entries->items, by_height);
    for (size_t next = 0; next < entries->count;) {
        vvm_value wave = take_wave(entries, &next);
        if (!vvm_is_unset(waves) && !vvm_is_unset(wave)) {
            waves = vvm_list_append(waves, wave);
        } else {
            vvm_release(wave);
            vvm_release(waves);
            waves = vvm_unset();
        }
    }
    return waves;
}

/* __actorWaves() -> List<List<ActorRef>>: the living actors but the running one and those that do not stop. */
static enum vvm_outcome actor_waves(struct vvm_call *call)
{
    struct entries entries;
    if (!collect(&call->vm->actors, vbn_running_actor(call), &entries))
        return vvm_throw_memory(call);
    vvm_value waves = make_waves(&entries);
    free(entries.items);
    return vvm_return(call, waves);
}

static const struct vvm_builtin functions[] = {
    VBN_ROW("__actorWaves() -> List<Any>", actor_waves, 0, 0,
            "The living actors, in the order in which they are to stop."),
};
const struct vvm_builtin_group vbn_actor_wave_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
