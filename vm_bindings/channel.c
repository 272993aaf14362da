#include "vm_bindings/channel.h"

#include "runtime/base/account.h"
#include "vm/exec/error.h"
#include "vm_bindings/binding.h"

static void channel_destroy(struct vvm_handle *handle)
{
    struct vbn_channel *channel = handle->native;
    vrt_sender_release_any(channel->sender);
    vrt_receiver_release_any(channel->receiver);
    vrt_free_common(channel, sizeof *channel);
}

static const void *channel_identity(const struct vvm_handle *handle)
{
    return ((struct vbn_channel *)handle->native)->receiver->channel;
}

static void channel_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    const struct vbn_channel *channel = handle->native;
    out->sender = channel->sender;
    out->receiver = channel->receiver;
}

const struct vvm_handle_ops vbn_channel_ops = {.destroy = channel_destroy,
                                               .identity = channel_identity,
                                               .take = vbn_receiver_take,
                                               .ends = channel_ends,
                                               .sendable = true};

/* ---- Making ---- */

/* The serial orders channels when several are locked; it derives from the isolate and what it made before. */
bool vbn_channel_make(struct vvm_call *call, uint64_t capacity, bool compact, struct vbn_channel *ends)
{
    struct vela_runtime *runtime = call->vm->runtime;
    struct vrt_channel_config config = {.capacity = capacity, .compact = compact};
    uint32_t count = 0;
    vvm_trace_site(call->fiber, &config.site, &count);
    config.serial = vrt_isolate_child_id(runtime, &call->isolate->base);
    if (vrt_channel_create(runtime, &config, &ends->sender, &ends->receiver) == VRT_CHANNEL_OK)
        return true;
    vvm_throw_memory(call);
    return false;
}

bool vbn_want_capacity(struct vvm_call *call, uint32_t index, uint64_t *capacity)
{
    bool given;
    int64_t number;
    *capacity = VRT_CHANNEL_UNBOUNDED;
    if (!vbn_optional_number(call, index, &given, &number))
        return false;
    if (!given)
        return true;
    *capacity = (uint64_t)number;
    if (number < 0)
        vvm_throw(call, VVM_T_VALUE_ERROR, "the capacity of a channel cannot be negative: %lld", (long long)number);
    return number >= 0;
}

/* (Sender, Receiver) */
static enum vvm_outcome make_pair(struct vvm_call *call, uint64_t capacity, uint64_t test)
{
    struct vbn_channel ends;
    if (!vbn_channel_make(call, capacity, false, &ends))
        return VVM_THROW;
    vvm_value pair[2] = {vbn_sender_new(call->vm, ends.sender, test), vbn_receiver_new(call->vm, ends.receiver, test)};
    if (vvm_is_unset(pair[0]) || vvm_is_unset(pair[1])) {
        vvm_release(pair[0]);
        vvm_release(pair[1]);
        return vvm_throw_memory(call);
    }
    return vvm_return(call, vvm_tuple_from(pair, 2));
}

static enum vvm_outcome channel_new(struct vvm_call *call)
{
    uint64_t capacity, test;
    if (!vbn_want_capacity(call, 0, &capacity) || !vbn_element_test(call, 1, &test))
        return VVM_THROW;
    return make_pair(call, capacity, test);
}

static enum vvm_outcome channel_unbounded(struct vvm_call *call)
{
    uint64_t test;
    if (!vbn_element_test(call, 0, &test))
        return VVM_THROW;
    return make_pair(call, VRT_CHANNEL_UNBOUNDED, test);
}

/* One handle for both ends. */
static enum vvm_outcome channel_construct(struct vvm_call *call)
{
    uint64_t capacity, test;
    struct vbn_channel ends;
    if (!vbn_want_capacity(call, 0, &capacity) || !vbn_element_test(call, 1, &test) ||
        !vbn_channel_make(call, capacity, false, &ends))
        return VVM_THROW;
    struct vbn_channel *channel = vrt_alloc_common(sizeof *channel);
    vvm_value handle = channel == NULL ? vvm_unset()
                                       : vvm_handle_new(call->vm->known[VVM_T_CHANNEL], &vbn_channel_ops, channel);
    if (vvm_is_unset(handle)) {
        if (channel != NULL)
            vrt_free_common(channel, sizeof *channel);
        vrt_sender_release_any(ends.sender);
        vrt_receiver_release_any(ends.receiver);
        return vvm_throw_memory(call);
    }
    *channel = ends;
    ((struct vvm_handle *)handle.object)->aux = test;
    return vbn_done(call, handle);
}

/* ---- The ends of a Channel ---- */

static enum vvm_outcome channel_sender(struct vvm_call *call)
{
    struct vvm_handle *handle = call->args[0].object;
    struct vrt_sender *sender = vbn_sender_of(call->args[0]);
    vrt_sender_retain_any(sender);
    return vvm_return(call, vbn_sender_new(call->vm, sender, handle->aux));
}

static enum vvm_outcome channel_receiver(struct vvm_call *call)
{
    struct vvm_handle *handle = call->args[0].object;
    struct vrt_receiver *receiver = vbn_receiver_of(call->args[0]);
    vrt_receiver_retain_any(receiver);
    return vvm_return(call, vbn_receiver_new(call->vm, receiver, handle->aux));
}

/* ---- What both ends can tell ---- */

static struct vrt_channel *channel_of(vvm_value v)
{
    struct vvm_handle *handle = v.object;
    if (handle->ops == &vbn_sender_ops)
        return ((struct vrt_sender *)handle->native)->channel;
    return vbn_receiver_of(v)->channel;
}

enum vvm_outcome vbn_channel_is_closed(struct vvm_call *call)
{
    struct vvm_handle *handle = call->args[0].object;
    if (handle->ops == &vbn_sender_ops)
        return vbn_done_bool(call, vrt_sender_is_closed_any(handle->native));
    return vbn_done_bool(call, vrt_channel_is_closed_any(channel_of(call->args[0])));
}

enum vvm_outcome vbn_channel_length(struct vvm_call *call)
{
    return vbn_done_number(call, (int64_t)vrt_channel_length_any(channel_of(call->args[0])));
}

enum vvm_outcome vbn_channel_is_empty(struct vvm_call *call)
{
    return vbn_done_bool(call, vrt_channel_length_any(channel_of(call->args[0])) == 0);
}

enum vvm_outcome vbn_channel_capacity(struct vvm_call *call)
{
    uint64_t capacity = vrt_channel_capacity_any(channel_of(call->args[0]));
    if (capacity == VRT_CHANNEL_UNBOUNDED)
        return vbn_done_none(call);
    return vbn_done(call, vvm_some(vvm_number((int64_t)capacity)));
}

/* ---- Tables ---- */

static const struct vvm_builtin statics[] = {
    VBN_ROW("Channel(capacity: Number? = None, __test: Number? = None) -> Channel<T>", channel_construct, 0, 2,
            "Makes a channel as one handle with the methods of both ends."),
    VBN_ROW("new(capacity: Number? = None, __test: Number? = None) -> (Sender<T>, Receiver<T>)", channel_new, 0, 2,
            "Makes a channel: unbounded without a capacity, a rendezvous with capacity 0."),
    VBN_ROW("create(capacity: Number? = None, __test: Number? = None) -> (Sender<T>, Receiver<T>)", channel_new, 0, 2,
            "The same as `new`."),
    VBN_ROW("bounded(n: Number, __test: Number? = None) -> (Sender<T>, Receiver<T>)", channel_new, 1, 2,
            "Makes a channel that holds at most so many values."),
    VBN_ROW("unbounded(__test: Number? = None) -> (Sender<T>, Receiver<T>)", channel_unbounded, 0, 1,
            "Makes a channel whose sends never wait."),
};
const struct vvm_builtin_group vbn_channel_statics = VBN_GROUP(VVM_T_CHANNEL, true, statics);

static const struct vvm_builtin methods[] = {
    VBN_ROW_P("sender() -> Sender<T>", channel_sender, "Its sending end."),
    VBN_ROW_P("receiver() -> Receiver<T>", channel_receiver, "Its receiving end."),
    VBN_ROW_Q("send(v: T) -> Result<void, SendError>", vbn_sender_send, vbn_sender_send_quick, 2, 1, 1,
              "As `send` of a Sender."),
    VBN_ROW_C("try_send(v: T) -> Result<void, SendError>", vbn_sender_try_send, 2, 1, 1, "As `try_send` of a Sender."),
    VBN_ROW_C("send_timeout(v: T, timeout: Time) -> Result<void, SendError>", vbn_sender_send_timeout, 2, 2, 2,
              "As `send_timeout` of a Sender."),
    VBN_ROW_Q("receive() -> Option<T>", vbn_receiver_receive, vbn_receiver_receive_quick, 0, 0, 0,
              "As `receive` of a Receiver."),
    VBN_ROW_Q("recv() -> Option<T>", vbn_receiver_receive, vbn_receiver_receive_quick, 0, 0, 0,
              "The same as `receive`."),
    VBN_ROW("try_receive() -> Option<T>", vbn_receiver_try_receive, 0, 0, "As `try_receive` of a Receiver."),
    VBN_ROW("receive_timeout(timeout: Time) -> Option<T>", vbn_receiver_receive_timeout, 1, 1,
            "As `receive_timeout` of a Receiver."),
    VBN_ROW("close() -> void", vbn_receiver_close, 0, 0, "Closes the channel for all senders."),
    VBN_ROW("is_closed() -> Bool", vbn_channel_is_closed, 0, 0, "Is it closed? Values may still be buffered."),
    VBN_ROW_P("len() -> Number", vbn_channel_length, "How many values are buffered."),
    VBN_ROW_P("length() -> Number", vbn_channel_length, "The same as `len`."),
    VBN_ROW_P("is_empty() -> Bool", vbn_channel_is_empty, "Is no value buffered?"),
    VBN_ROW("capacity() -> Option<Number>", vbn_channel_capacity, 0, 0, "How many values it holds; None: any number."),
};
const struct vvm_builtin_group vbn_channel_methods = VBN_GROUP(VVM_T_CHANNEL, false, methods);

static const struct vvm_builtin functions[] = {
    VBN_ROW("channel(capacity: Number? = None, __test: Number? = None) -> (Sender<T>, Receiver<T>)", channel_new, 0, 2,
            "The same as `Channel.new`."),
};
const struct vvm_builtin_group vbn_channel_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
