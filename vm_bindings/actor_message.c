/* Messages of actors: sending them, and finding the method that takes one. */
#include "vm_bindings/actor.h"

#include "runtime/base/limits.h"
#include "vm/core/core.h"
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm/exec/prelude.h"
#include "vm_bindings/channel.h"

#include <string.h>

/* ---- Sending ---- */

enum { ENVELOPE_MESSAGE, ENVELOPE_REPLY, ENVELOPE_SENDER, ENVELOPE_PARTS };

/* A message that was dropped; its ask fails. */
static void refuse(struct vvm_call *call, vvm_value envelope)
{
    if (vvm_is_plain(envelope, VVM_TUPLE)) {
        struct vrt_promise *promise = vvm_promise_of(((struct vvm_tuple *)envelope.object)->items[ENVELOPE_REPLY]);
        struct vvm_text_builder path;
        vvm_text_init(&path);
        if (promise != NULL)
            vvm_promise_settle(call, promise,
                               vvm_error_new(call->vm, call, VVM_T_MAILBOX_FULL_ERROR, "dropped by a full mailbox"),
                               true, &path);
        vvm_text_drop(&path);
    }
    vvm_release(envelope);
}

/* There was no room. Consumes the envelope. */
static enum vrt_channel_status send_full(struct vvm_call *call, struct vvm_actor *actor, vvm_value envelope)
{
    vvm_value oldest;
    enum vrt_channel_status status = VRT_CHANNEL_FULL;
    while (status == VRT_CHANNEL_FULL && actor->overflow == VVM_OVERFLOW_DROP_OLDEST) {
        if (vrt_receiver_receive(actor->receiving, &oldest, NULL, 0) == VRT_CHANNEL_OK) {
            vvm_arrive(oldest);
            refuse(call, oldest);
        }
        status = vrt_sender_send(actor->sending, envelope, NULL, 0);
    }
    if (status == VRT_CHANNEL_OK)
        return status;
    if (actor->overflow != VVM_OVERFLOW_DROP_NEWEST) {
        vvm_release(envelope);
        return status;
    }
    refuse(call, envelope);
    return VRT_CHANNEL_OK;
}

static enum vvm_outcome post(struct vvm_call *call, struct vvm_actor *actor, vvm_value envelope)
{
    enum vrt_channel_status status = VRT_CHANNEL_CLOSED;
    if (actor->sending != NULL)
        status = vrt_sender_send(actor->sending, envelope, NULL, 0);
    if (status == VRT_CHANNEL_FULL)
        status = send_full(call, actor, envelope);
    else if (status != VRT_CHANNEL_OK)
        vvm_release(envelope);
    switch (status) {
    case VRT_CHANNEL_OK: return vbn_done(call, vvm_ok(vvm_void()));
    case VRT_CHANNEL_FULL: return vbn_done(call, vbn_send_error(call->vm, VBN_MAILBOX_FULL));
    case VRT_CHANNEL_NO_MEMORY: return vvm_throw_memory(call);
    default: return vbn_done(call, vbn_send_error(call->vm, VBN_ACTOR_STOPPED));
    }
}

static enum vvm_outcome send_with(struct vvm_call *call, vvm_value reply)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    vvm_value parts[ENVELOPE_PARTS] = {vvm_take(&call->args[1]), reply, vvm_retain(vbn_running_actor(call))};
    if (actor == NULL || !vbn_make_sendable(call, parts[ENVELOPE_MESSAGE], "message")) {
        if (actor == NULL)
            vvm_release(parts[ENVELOPE_MESSAGE]);
        vvm_release(parts[ENVELOPE_REPLY]);
        vvm_release(parts[ENVELOPE_SENDER]);
        return VVM_THROW;
    }
    vvm_value envelope = vvm_tuple_from(parts, ENVELOPE_PARTS);
    if (vvm_is_unset(envelope))
        return vvm_throw_memory(call);
    return vbn_make_sendable(call, envelope, "message") ? post(call, actor, envelope) : VVM_THROW;
}

static enum vvm_outcome ref_send(struct vvm_call *call)
{
    if (call->count > 2)
        return vvm_throw(call, VVM_T_RUNTIME_ERROR, "E199: `send` to a handler by its name is not in this release");
    return send_with(call, vvm_void());
}

static enum vvm_outcome send_ask(struct vvm_call *call)
{
    return send_with(call, vvm_take(&call->args[2]));
}

/* __actorWake(ref): it looks at what was noted. A full mailbox has woken it already. */
static enum vvm_outcome wake(struct vvm_call *call)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    if (actor->sending != NULL)
        vrt_sender_send(actor->sending, vvm_void(), NULL, 0);
    return vbn_done_void(call);
}

/* __actorReceive(ref) -> Option<Any>: the running actor's next envelope; waits for it. None: it is to stop, or its
 * mailbox is closed and empty. */
static enum vvm_outcome receive(struct vvm_call *call)
{
    if (vvm_actor_is_told(vvm_actor_of(call->args[0])))
        return vbn_done_none(call);
    return vbn_receive(call, vvm_actor_of(call->args[0])->receiving);
}

/* __actorTake(ref) -> Option<Any>: an envelope, if there is one. */
static enum vvm_outcome take_envelope(struct vvm_call *call)
{
    vvm_value value;
    if (!vrt_receiver_take(vvm_actor_of(call->args[0])->receiving, &value))
        return vbn_done_none(call);
    if (vvm_arrive(value))
        return vvm_return(call, vvm_some(value));
    vvm_release(value);
    return vvm_throw_memory(call);
}

/* __actorClose(ref): nothing more is taken. */
static enum vvm_outcome close_mailbox(struct vvm_call *call)
{
    vrt_receiver_close_any(vvm_actor_of(call->args[0])->receiving);
    return vbn_done_void(call);
}

/* __actorWaiting(ref) -> Number: messages in its mailbox. */
static enum vvm_outcome waiting(struct vvm_call *call)
{
    struct vvm_actor *actor = vbn_want_actor(call, 0);
    if (actor == NULL)
        return VVM_THROW;
    return vbn_done_number(call, actor->sending != NULL ? (int64_t)vrt_channel_length_any(actor->sending->channel) : 0);
}

/* ---- What a message is called, and what comes with it ---- */

struct letter { const char *name; size_t length; vvm_value args; /* owned List; unset: no memory */ };

static vvm_value list_of(const vvm_value *values, size_t count)
{
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < count && !vvm_is_unset(list); i++)
        list = vvm_list_append(list, vvm_retain(values[i]));
    return list;
}

static void name_letter(struct vvm_call *call, vvm_symbol name, struct letter *letter)
{
    letter->name = vvm_symbols_text(call->vm->symbols, name);
    letter->length = vvm_symbols_length(call->vm->symbols, name);
}

static bool is_message(struct vvm_call *call, const struct vvm_type *type)
{
    vvm_value message;
    return strcmp(vvm_type_name(type), "Message") == 0 && type->field_count == 2 &&
           vvm_prelude_find(call->vm, type->name, &message) && message.object == type;
}

/* False: it has no name. */
static bool read_letter(struct vvm_call *call, const vvm_value *message, struct letter *letter)
{
    struct vvm_record *record = message->object;
    switch ((uint32_t)(message->tag & 0xffff)) {
    case VVM_VARIANT:
        name_letter(call, ((struct vvm_type *)message->object)->variants[vvm_tag_id(*message)].name, letter);
        letter->args = list_of(NULL, 0);
        return true;
    case VVM_ENUM:
        name_letter(call, record->type->variants[vvm_tag_id(*message)].name, letter);
        letter->args = list_of(record->fields, record->header.extra);
        return true;
    case VVM_STRUCT:
        if (is_message(call, record->type)) {
            struct vvm_bytes name = vvm_string_bytes(&record->fields[0]);
            *letter = (struct letter){name.data, name.length, vvm_retain(record->fields[1])};
            return true;
        } /* fall through */
    case VVM_INSTANCE:
        name_letter(call, record->type->name, letter);
        letter->args = list_of(record->fields, record->type->field_count);
        return true;
    default: return false;
    }
}

/* ---- The method for it ---- */

/* The first letter of a handler may be lower-cased. */
static bool is_called(const struct vvm_call *call, vvm_symbol name, const struct letter *letter, bool lower)
{
    const char *text = vvm_symbols_text(call->vm->symbols, name);
    if (vvm_symbols_length(call->vm->symbols, name) != letter->length || letter->length == 0)
        return false;
    char first = letter->name[0];
    if (lower && first >= 'A' && first <= 'Z')
        first = (char)(first - 'A' + 'a');
    return text[0] == first && memcmp(text + 1, letter->name + 1, letter->length - 1) == 0;
}

/* The actor's own: not hidden, and not what every actor has. */
static bool is_handler(const struct vvm_type *type, const struct vvm_member *member)
{
    const struct vvm_type *base = type;
    if (member->kind != VVM_MEMBER_METHOD || member->flags & (VVM_MEMBER_HIDDEN | VVM_MEMBER_ABSTRACT))
        return false;
    while (base->parent != NULL)
        base = base->parent;
    const struct vvm_member *common = base != type ? vvm_members_find(&base->members, member->name) : NULL;
    return common == NULL || common->value.object != member->value.object;
}

static const struct vvm_member *find_handler(const struct vvm_call *call, const struct vvm_type *type,
                                             const struct letter *letter)
{
    for (int lower = 0; lower < 2; lower++)
        for (uint32_t i = 0; type->members.slots != NULL && i <= type->members.mask; i++) {
            const struct vvm_member *member = &type->members.slots[i];
            if (member->kind != VVM_MEMBER_NONE && is_called(call, member->name, letter, lower) &&
                is_handler(type, member))
                return member;
        }
    return NULL;
}

/* (bound method, arguments) as an Option. Consumes args. */
static enum vvm_outcome found(struct vvm_call *call, vvm_value instance, vvm_value method, vvm_value args)
{
    vvm_value pair[2] = {vvm_bound_new(vvm_retain(instance), vvm_retain(method)), args};
    if (vvm_is_unset(pair[0]) || vvm_is_unset(pair[1])) {
        vvm_release(pair[0]);
        vvm_release(pair[1]);
        return vvm_throw_memory(call);
    }
    vvm_value tuple = vvm_tuple_from(pair, 2);
    return vvm_return(call, vvm_is_unset(tuple) ? tuple : vvm_some(tuple));
}

/* __actorHandler(instance, message) -> Option<(Function, List)>: the handler of its name, else `receive`. */
static enum vvm_outcome actor_handler(struct vvm_call *call)
{
    struct letter letter;
    vvm_value instance = call->args[0];
    const struct vvm_type *type = ((struct vvm_record *)instance.object)->type;
    if (read_letter(call, &call->args[1], &letter)) {
        const struct vvm_member *member = find_handler(call, type, &letter);
        if (member != NULL)
            return found(call, instance, member->value, letter.args);
        vvm_release(letter.args);
    }
    letter = (struct letter){"receive", strlen("receive"), vvm_unset()};
    const struct vvm_member *member = find_handler(call, type, &letter);
    if (member != NULL)
        return found(call, instance, member->value, list_of(&call->args[1], 1));
    vrt_atomic_add_relaxed(&call->vm->actors.dead_letters, 1); /* a statistic */
    return vbn_done_none(call);
}

/* __actorHook(instance, name) -> Option<Function>: its method of that name. */
static enum vvm_outcome actor_hook(struct vvm_call *call)
{
    struct vvm_bytes text;
    vvm_value instance = call->args[0];
    const struct vvm_type *type = ((struct vvm_record *)instance.object)->type;
    if (!vvm_want_string(call, 1, &text))
        return VVM_THROW;
    vvm_symbol symbol = vvm_symbols_find(call->vm->symbols, text.data, text.length);
    const struct vvm_member *member = symbol != VVM_NO_SYMBOL ? vvm_members_find(&type->members, symbol) : NULL;
    if (member == NULL || member->kind != VVM_MEMBER_METHOD)
        return vbn_done_none(call);
    vvm_value bound = vvm_bound_new(vvm_retain(instance), vvm_retain(member->value));
    return vvm_return(call, vvm_is_unset(bound) ? bound : vvm_some(bound));
}

#define MESSAGES_PER_TURN 10u

/* __actorBegin(sender): a message begins. After some of them the actor goes to the back of the queue. */
static enum vvm_outcome actor_begin(struct vvm_call *call)
{
    struct vvm_actor *actor = call->isolate->more->actor;
    struct vvm_handle *before = actor->sender;
    vvm_value sender = vvm_take(&call->args[0]);
    actor->sender = vvm_is_void(sender) ? NULL : sender.object;
    if (before != NULL)
        vvm_object_release(&before->header);
    call->result = vvm_void();
    if (++actor->message_count % MESSAGES_PER_TURN != 0)
        return VVM_DONE;
    call->charge = (int32_t)VRT_BUDGET;
    return VVM_LONG;
}

static const struct vvm_builtin methods[] = {
    VBN_ROW_C("send(m: Any, ...args: Any) -> Result<void, SendError>", ref_send, 2, 1, VVM_REST,
              "Puts a message into the actor's mailbox, without waiting: `Err(MailboxFull)` or `Err(ActorStopped)` if "
              "it was not taken. `ref ! m` is the same. A handler's name with arguments, `send(\"Add\", 1)`, is not in "
              "this release."),
    VBN_ROW_C("tell(m: Any, ...args: Any) -> Result<void, SendError>", ref_send, 2, 1, VVM_REST, "The same as `send`."),
    VBN_ROW_C("try_send(m: Any, ...args: Any) -> Result<void, SendError>", ref_send, 2, 1, VVM_REST,
              "The same as `send`."),
};
const struct vvm_builtin_group vbn_actor_methods = VBN_GROUP(VVM_T_ACTOR_REF, false, methods);

static const struct vvm_builtin functions[] = {
    VBN_ROW_C("__actorAsk(ref: ActorRef, message: Any, reply: Any) -> Any", send_ask, 6, 3, 3, "Sends with a Promise."),
    VBN_ROW("__actorWake(ref: ActorRef) -> void", wake, 1, 1, "Makes it look at its record."),
    VBN_ROW("__actorReceive(ref: ActorRef) -> Option<Any>", receive, 1, 1, "The next envelope."),
    VBN_ROW("__actorTake(ref: ActorRef) -> Option<Any>", take_envelope, 1, 1, "An envelope, if there is one."),
    VBN_ROW("__actorClose(ref: ActorRef) -> void", close_mailbox, 1, 1, "Closes its mailbox."),
    VBN_ROW("__actorWaiting(ref: ActorRef) -> Number", waiting, 1, 1, "How many messages wait."),
    VBN_ROW("__actorHandler(instance: Any, message: Any) -> Any", actor_handler, 2, 2, "What takes a message."),
    VBN_ROW("__actorHook(instance: Any, name: String) -> Any", actor_hook, 2, 2, "A method, if there is one."),
    VBN_ROW_C("__actorBegin(sender: Any) -> void", actor_begin, 1, 1, 1, "A message begins."),
};
const struct vvm_builtin_group vbn_actor_message_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
