/* ActorRef: making, starting, looking at and ending actors. Messages: actor_message.c. */
#include "vm_bindings/actor.h"

#include "runtime/base/account.h"
#include "runtime/sched/pool.h"
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm_bindings/channel.h"
#include "vm_bindings/pool.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY "dead" /* name of what stands for the sender that a message has not */

/* ---- The handle ---- */

static void actor_destroy(struct vvm_handle *handle)
{
    struct vvm_actor *actor = handle->native;
    vvm_release(actor->name);
    if (actor->control != NULL)
        vvm_object_release(actor->control);
    if (actor->sending != NULL)
        vrt_sender_release_any(actor->sending);
    if (actor->receiving != NULL)
        vrt_receiver_release_any(actor->receiving);
    vvm_release(actor->failure);
    vrt_free_common(actor, sizeof *actor);
}

static void actor_text(const struct vvm_handle *handle, struct vvm_text_builder *out)
{
    const struct vvm_actor *actor = handle->native;
    vvm_value name = vbn_actor_name(actor);
    vvm_text_add_c(out, "<actor ");
    if (!vvm_is_unset(name))
        vvm_text(name, false, out);
    vvm_release(name);
    vvm_text_add_c(out, ">");
}

static const struct vvm_type *actor_type(const struct vvm_handle *handle)
{
    return ((const struct vvm_actor *)handle->native)->type;
}

static const struct vvm_handle_ops actor_ops = {
    .destroy = actor_destroy, .text = actor_text, .sendable = true, .of = actor_type};

struct vvm_actor *vbn_want_actor(struct vvm_call *call, uint32_t index)
{
    vvm_value v = call->args[index];
    if (vvm_is_plain(v, VVM_HANDLE) && ((struct vvm_handle *)v.object)->ops == &actor_ops)
        return vvm_actor_of(v);
    vvm_throw(call, VVM_T_TYPE_ERROR, "wanted an ActorRef, got %s", vvm_type_name(vvm_type_of(call->vm->known, v)));
    return NULL;
}

vvm_value vbn_running_actor(const struct vvm_call *call)
{
    const struct vvm_actor *actor = call->isolate->more != NULL ? call->isolate->more->actor : NULL;
    return actor != NULL ? vvm_of_object(VVM_HANDLE, actor->ref) : vvm_void();
}

vvm_value vbn_actor_name(const struct vvm_actor *actor)
{
    if (actor->type == NULL)
        return vvm_string_from_c(NOBODY);
    if (!vvm_is_void(actor->name))
        return vvm_retain(actor->name);
    return vvm_string_format("%s-%llu", vvm_actor_kind(actor), (unsigned long long)actor->id);
}

/* ---- Making ---- */

/* An actor without a mailbox has ended: what stands for the sender of a message that no actor sent. */
static vvm_value new_ref(struct vvm_call *call)
{
    struct vvm_actor *actor = vrt_alloc_common(sizeof *actor);
    if (actor == NULL)
        return vvm_unset();
    *actor = (struct vvm_actor){.name = vvm_void(), .failure = vvm_none(), .failed = vvm_none(),
                                .state = VVM_ACTOR_STOPPED, .ended = true};
    vvm_value ref = vvm_handle_new(call->vm->known[VVM_T_ACTOR_REF], &actor_ops, actor);
    if (vvm_is_unset(ref))
        vrt_free_common(actor, sizeof *actor);
    else
        actor->ref = ref.object;
    return ref;
}

enum { TYPE, NAME, CONTROL, OVERFLOW, CAPACITY };

static bool share_parts(struct vvm_call *call, struct vvm_actor *actor, vvm_value ref)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    bool fine = vvm_share_for_many(actor->name, "name", &path) &&
                vvm_share_for_many(call->args[CONTROL], "control", &path) && vvm_share_for_many(ref, "ref", &path);
    vvm_text_drop(&path);
    if (!fine)
        vvm_throw_memory(call);
    return fine;
}

/* Nobody else has it yet. */
static bool fill(struct vvm_call *call, struct vvm_actor *actor, uint64_t capacity)
{
    struct vbn_channel mailbox;
    vvm_value parent = vbn_running_actor(call);
    if (!vbn_channel_make(call, capacity, true, &mailbox))
        return false;
    actor->sending = mailbox.sender;
    actor->receiving = mailbox.receiver;
    actor->type = call->args[TYPE].object;
    actor->name = vvm_retain(call->args[NAME]);
    actor->control = vvm_is_void(call->args[CONTROL]) ? NULL : vvm_retain(call->args[CONTROL]).object;
    actor->parent = vvm_is_void(parent) ? 0 : vvm_actor_of(parent)->id;
    actor->ended = false;
    vrt_atomic_store_relaxed(&actor->state, VVM_ACTOR_CREATED); /* as above */
    actor->id = vvm_actors_number(&call->vm->actors);
    return true;
}

/* __actorNew(type, name, control, overflow, capacity) -> ActorRef: listed, not running yet. */
static enum vvm_outcome actor_new(struct vvm_call *call)
{
    int64_t overflow;
    uint64_t capacity;
    if (!vvm_want_number(call, OVERFLOW, &overflow) || !vbn_want_capacity(call, CAPACITY, &capacity))
        return VVM_THROW;
    vvm_value ref = new_ref(call);
    if (vvm_is_unset(ref))
        return vvm_throw_memory(call);
    struct vvm_actor *actor = vvm_actor_of(ref);
    actor->overflow = (uint8_t)overflow;
    if (!fill(call, actor, capacity) || !share_parts(call, actor, ref)) {
        vvm_release(ref);
        return VVM_THROW;
    }
    vvm_actors_add(&call->vm->actors, actor);
    return vbn_done(call, ref);
}

static bool may_cross(struct vvm_call *call, vvm_value v, const char *name)
{
    if (!vbn_make_sendable(call, vvm_retain(v), name))
        return false;
    vvm_release(v);
    return true;
}

/* __actorCheck(type, make, args): NotSendableError if what makes an instance may not cross. */
static enum vvm_outcome actor_check(struct vvm_call *call)
{
    const struct vvm_type *type = call->args[0].object;
    bool fine = may_cross(call, call->args[1], vvm_type_name(type)) && may_cross(call, call->args[2], "args");
    return fine ? vbn_done_void(call) : VVM_THROW;
}

static enum vvm_outcome not_started(struct vvm_call *call, struct vvm_actor *actor, enum vrt_status status)
{
    uint32_t count; /* nobody has had the ref, so nobody watches */
    free(vvm_actors_end(&call->vm->actors, actor, vvm_none(), &count));
    return vbn_worker_refused(call, status);
}

/* __actorStart(ref, func): the isolate that calls func. Nobody holds its Future: a failure is reported. */
static enum vvm_outcome actor_start(struct vvm_call *call)
{
    struct vvm_actor *actor = vvm_actor_of(call->args[0]);
    struct vvm_spawn spawn = {.priority = VRT_PRIORITY_NORMAL, .actor = actor, .function = vvm_take(&call->args[1])};
    if (!vbn_make_sendable(call, spawn.function, "actor")) {
        uint32_t count;
        free(vvm_actors_end(&call->vm->actors, actor, vvm_none(), &count));
        return VVM_THROW;
    }
    uint64_t site = 0;
    uint32_t count = 0;
    vvm_trace_site(call->fiber, &site, &count);
    spawn.pool = vvm_actors_pool(&call->vm->actors, call->vm->runtime);
    spawn.promise = spawn.pool != NULL ? vrt_promise_create(call->vm->runtime, site) : NULL;
    if (spawn.promise == NULL) {
        vvm_release(spawn.function);
        return not_started(call, actor, VRT_NO_MEMORY);
    }
    enum vrt_status status = vvm_isolate_spawn(call->vm, call, &spawn);
    return status == VRT_OK ? vbn_done_void(call) : not_started(call, actor, status);
}

/* ---- Looking at it ---- */

static vvm_value kept(struct vvm_object *object)
{
    return object != NULL ? vvm_retain(vvm_of_object(object->kind, object)) : vvm_void();
}

enum { PART_CONTROL, PART_NAME, PART_ID, PART_STATE, PART_TYPE, PART_FAILURE };

/* __actorPart(ref, part) */
static enum vvm_outcome actor_part(struct vvm_call *call)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    switch (call->args[1].number) {
    case PART_CONTROL: return vbn_done(call, kept(actor->control));
    case PART_NAME: return vvm_return(call, vbn_actor_name(actor));
    case PART_ID: return vbn_done_number(call, (int64_t)actor->id);
    case PART_STATE: return vbn_done_number(call, vrt_atomic_load_relaxed(&actor->state)); /* a look */
    case PART_TYPE: return vbn_done(call, actor->type == NULL ? vvm_void() : vvm_of_object(VVM_TYPE, actor->type));
    default: return vbn_done(call, vvm_retain(actor->failure));
    }
}

/* The actor that the value stands for: a type or, of one that captures variables, the closure that makes actors. */
static const struct vvm_type *actor_type_of(const struct vvm_call *call, vvm_value v)
{
    if (vvm_is_plain(v, VVM_TYPE))
        return ((struct vvm_type *)v.object)->kind == VVM_TYPE_ACTOR ? v.object : NULL;
    uint32_t actor = vvm_is_plain(v, VVM_CLOSURE) ? vvm_function_at(call->vm, vvm_tag_id(v))->actor : 0;
    return actor != 0 ? vvm_type_at(call->vm, actor - 1) : NULL;
}

/* __isActorType(x) -> Bool */
static enum vvm_outcome actor_is_type(struct vvm_call *call)
{
    return vbn_done_bool(call, actor_type_of(call, call->args[0]) != NULL);
}

/* __actorMaker(type): the function that makes an instance, without what it captures. */
static enum vvm_outcome actor_maker(struct vvm_call *call)
{
    return vbn_done(call, ((const struct vvm_type *)call->args[0].object)->maker);
}

static vvm_value arguments_function(const struct vvm_type *type, vvm_value v)
{
    const struct vvm_function *function = type->arguments.object;
    if (vvm_is_plain(v, VVM_TYPE))
        return type->arguments;
    return vvm_retain((vvm_value){.tag = VVM_TAG_ID(VVM_CLOSURE, function->id), .object = v.object});
}

/* __actorArguments(type): the function that puts the arguments of an actor in order. TypeError if it is no actor's
 * type. */
static enum vvm_outcome actor_arguments(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    const struct vvm_type *type = actor_type_of(call, v);
    if (type != NULL)
        return vbn_done(call, arguments_function(type, v));
    return vvm_throw(call, VVM_T_TYPE_ERROR, "wanted an actor's type, got %s",
                     vvm_type_name(vvm_type_of(call->vm->known, v)));
}

/* __actorTakes(type, name) -> Bool: does its constructor have that parameter? */
static enum vvm_outcome actor_takes(struct vvm_call *call)
{
    const struct vvm_function *function = actor_type_of(call, call->args[0])->arguments.object;
    struct vvm_bytes text = vvm_string_bytes(&call->args[1]);
    vvm_symbol name = vvm_symbols_find(call->vm->symbols, text.data, text.length);
    for (uint32_t i = 0; i < function->parameter_count; i++)
        if (function->parameters[i].name == name && !function->parameters[i].is_rest)
            return vbn_done_bool(call, true);
    return vbn_done_bool(call, false);
}

/* __actorFind(name) -> Option<ActorRef> */
static enum vvm_outcome actor_find(struct vvm_call *call)
{
    struct vvm_bytes name;
    struct vvm_actors *actors = &call->vm->actors;
    vvm_value found = vvm_none();
    if (!vvm_want_string(call, 0, &name))
        return VVM_THROW;
    vrt_lock_take(&actors->lock);
    for (struct vvm_actor *actor = actors->oldest; actor != NULL; actor = actor->newer) {
        if (!vvm_actor_is_called(actor, name))
            continue;
        found = vvm_some(vvm_retain(vvm_of_object(VVM_HANDLE, actor->ref)));
        break;
    }
    vrt_lock_give(&actors->lock);
    return vbn_done(call, found);
}

/* __actorsOf(parent) -> List: the living children of the actor with that number, newest first. */
static enum vvm_outcome actors_of(struct vvm_call *call)
{
    int64_t parent;
    struct vvm_actors *actors = &call->vm->actors;
    if (!vvm_want_number(call, 0, &parent))
        return VVM_THROW;
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    vrt_lock_take(&actors->lock);
    for (struct vvm_actor *actor = actors->newest; actor != NULL && !vvm_is_unset(list); actor = actor->older)
        if (actor->parent == (uint64_t)parent)
            list = vvm_list_append(list, vvm_retain(vvm_of_object(VVM_HANDLE, actor->ref)));
    vrt_lock_give(&actors->lock);
    return vvm_return(call, list);
}

/* ---- Its course ---- */

/* __actorBe(ref, state) */
static enum vvm_outcome actor_be(struct vvm_call *call)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    vrt_atomic_store_relaxed(&actor->state, (uint32_t)call->args[1].number); /* others only look */
    return vbn_done_void(call);
}

/* __actorFlag(ref, flags) -> Bool: sets them; were they set? */
static enum vvm_outcome actor_flag(struct vvm_call *call)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    uint32_t flags = (uint32_t)call->args[1].number;
    /* pairs with vvm_actor_is_told */
    return vbn_done_bool(call, (vrt_atomic_or_seq_cst(&actor->flags, flags) & flags) == flags);
}

/* __actorIsTold(ref) -> Bool: is it to stop? Asked before it waits for a message. */
static enum vvm_outcome actor_is_told(struct vvm_call *call)
{
    struct vvm_actor *actor = vvm_actor_of(call->args[0]);
    return vbn_done_bool(call, vvm_actor_is_told(actor));
}

enum { OWN_INSTANCE, OWN_ARGS, OWN_FAILED };

/* __actorOwn(part): what the running actor keeps; void: nothing yet. */
static enum vvm_outcome actor_own(struct vvm_call *call)
{
    const struct vvm_actor *actor = call->isolate->more->actor;
    switch (call->args[0].number) {
    case OWN_INSTANCE: return vbn_done(call, kept(actor->instance));
    case OWN_ARGS: return vbn_done(call, kept(actor->args));
    default: return vbn_done(call, vvm_retain(actor->failed));
    }
}

static void keep(struct vvm_object **place, vvm_value value)
{
    struct vvm_object *before = *place;
    *place = value.object;
    if (before != NULL)
        vvm_object_release(before);
}

/* __actorKeep(part, value): an instance, a List that is not empty, an Option. */
static enum vvm_outcome actor_keep(struct vvm_call *call)
{
    struct vvm_actor *actor = call->isolate->more->actor;
    vvm_value value = vvm_take(&call->args[1]), before;
    switch (call->args[0].number) {
    case OWN_INSTANCE: keep(&actor->instance, value); break;
    case OWN_ARGS: keep(&actor->args, value); break;
    default:
        before = actor->failed;
        actor->failed = value;
        vvm_release(before);
        break;
    }
    return vbn_done_void(call);
}

/* An error that other isolates may have: one that may not cross becomes its text. */
static vvm_value crossing(struct vvm_call *call, vvm_value failure)
{
    struct vvm_text_builder path;
    if (vvm_is_none(failure))
        return failure;
    vvm_text_init(&path);
    bool fine = vvm_share_for_many(failure, "error", &path);
    vvm_text_drop(&path);
    if (fine)
        return failure;
    vvm_release(failure);
    vvm_value error = vvm_error_new(call->vm, call, VVM_T_RUNTIME_ERROR, "an error that may not leave its actor");
    vvm_share_for_many(error, "error", &(struct vvm_text_builder){0});
    return vvm_some(error);
}

/* __actorEnd(ref, failure) -> List<Promise>: who waits for that. */
static enum vvm_outcome actor_end(struct vvm_call *call)
{
    uint32_t count;
    vvm_value failure = crossing(call, vvm_take(&call->args[1]));
    vvm_value *watchers = vvm_actors_end(&call->vm->actors, vvm_actor_of(call->args[0]), failure, &count);
    vvm_value list = vvm_list_from(watchers, count);
    free(watchers);
    return vvm_return(call, list);
}

/* __actorWatch(ref, promise) -> Bool: false if it has ended. */
static enum vvm_outcome actor_watch(struct vvm_call *call)
{
    bool no_memory;
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    vvm_value promise = vvm_take(&call->args[1]);
    if (!vbn_make_sendable(call, promise, "promise"))
        return VVM_THROW;
    if (vvm_actors_watch(&call->vm->actors, actor, promise, &no_memory))
        return vbn_done_bool(call, true);
    vvm_release(promise);
    return no_memory ? vvm_throw_memory(call) : vbn_done_bool(call, false);
}

/* __actorSelf() -> ActorRef | void, __actorSender() -> ActorRef: one that has ended, if no actor sent the message. */
static enum vvm_outcome actor_self(struct vvm_call *call)
{
    return vbn_done(call, vvm_retain(vbn_running_actor(call)));
}

static enum vvm_outcome actor_sender(struct vvm_call *call)
{
    vvm_value sender = vvm_isolate_sender(call->isolate, call->fiber);
    return vvm_return(call, vvm_is_void(sender) ? new_ref(call) : vvm_retain(sender));
}

static enum vvm_outcome dead_letters(struct vvm_call *call)
{
    return vbn_done_number(call, (int64_t)vrt_atomic_load_relaxed(&call->vm->actors.dead_letters)); /* a statistic */
}

static const struct vvm_builtin functions[] = {
    VBN_ROW("__actorNew(type: Any, name: Any, control: Any, overflow: Number, capacity: Number? = None) -> ActorRef",
            actor_new, 4, 5, "Makes an actor's ref."),
    VBN_ROW("__actorCheck(type: Any, make: Function, args: List) -> void", actor_check, 3, 3, "May they cross?"),
    VBN_ROW_C("__actorStart(ref: ActorRef, func: Function) -> void", actor_start, 2, 2, 2,
              "Starts the actor's isolate."),
    VBN_ROW("__actorPart(ref: ActorRef, part: Number) -> Any", actor_part, 2, 2, "Part of its record."),
    VBN_ROW("__isActorType(x: Any) -> Bool", actor_is_type, 1, 1, "Is it the type of an actor?"),
    VBN_ROW("__actorMaker(type: Any) -> Function", actor_maker, 1, 1, "Makes instances."),
    VBN_ROW("__actorArguments(type: Any) -> Function", actor_arguments, 1, 1, "Puts its arguments in order."),
    VBN_ROW("__actorTakes(type: Any, name: String) -> Bool", actor_takes, 2, 2,
            "Does its constructor have the parameter?"),
    VBN_ROW("__actorFind(name: String) -> Option<ActorRef>", actor_find, 1, 1, "A living actor by its name."),
    VBN_ROW("__actorsOf(parent: Number) -> List<ActorRef>", actors_of, 1, 1, "Living children."),
    VBN_ROW("__actorBe(ref: ActorRef, state: Number) -> void", actor_be, 2, 2, "Sets its state."),
    VBN_ROW("__actorFlag(ref: ActorRef, flags: Number) -> Bool", actor_flag, 2, 2, "Notes that it is to do something."),
    VBN_ROW("__actorOwn(part: Number) -> Any", actor_own, 1, 1, "What the running actor keeps."),
    VBN_ROW_C("__actorKeep(part: Number, value: Any) -> void", actor_keep, 2, 2, 2, "Keeps that."),
    VBN_ROW("__actorIsTold(ref: ActorRef) -> Bool", actor_is_told, 1, 1, "Is it to stop?"),
    VBN_ROW_C("__actorEnd(ref: ActorRef, failure: Option<Error>) -> List<Any>", actor_end, 2, 2, 2, "It has ended."),
    VBN_ROW_C("__actorWatch(ref: ActorRef, promise: Any) -> Bool", actor_watch, 2, 2, 2, "Waits for its end."),
    VBN_ROW("__actorSelf() -> Any", actor_self, 0, 0, "The running actor."),
    VBN_ROW("__actorSender() -> ActorRef", actor_sender, 0, 0, "Who sent the message."),
    VBN_ROW("__deadLetters() -> Number", dead_letters, 0, 0, "Messages without a handler."),
};
const struct vvm_builtin_group vbn_actor_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
