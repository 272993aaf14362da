/* Sender<T>: the end that values go in at. */
#include "runtime/base/choice.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/channel.h"
#include "vm_bindings/wait.h"

static void sender_destroy(struct vvm_handle *handle)
{
    vrt_sender_release_any(handle->native);
}

static const void *sender_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

static void sender_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    out->sender = handle->native;
}

const struct vvm_handle_ops vbn_sender_ops = {
    .destroy = sender_destroy, .identity = sender_identity, .ends = sender_ends, .sendable = true};

vvm_value vbn_sender_new(struct vvm_vm *vm, struct vrt_sender *sender, uint64_t test)
{
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_SENDER], &vbn_sender_ops, sender);
    if (vvm_is_unset(handle))
        vrt_sender_release_any(sender);
    else
        ((struct vvm_handle *)handle.object)->aux = test;
    return handle;
}

struct vrt_sender *vbn_sender_of(vvm_value v)
{
    struct vvm_handle *handle = v.object;
    return handle->ops == &vbn_channel_ops ? ((struct vbn_channel *)handle->native)->sender : handle->native;
}

/* ---- Sending ---- */

/* What a send answers; a value that was not sent is dropped. */
static enum vvm_outcome sent(struct vvm_call *call, enum vrt_channel_status status, vvm_value value)
{
    if (status == VRT_CHANNEL_OK)
        return vbn_done(call, vvm_ok(vvm_void()));
    vvm_release(value);
    switch (status) {
    case VRT_CHANNEL_FULL:
    case VRT_CHANNEL_TIMEOUT: return vbn_done(call, vbn_send_error(call->vm, VBN_CHANNEL_FULL));
    case VRT_CHANNEL_NO_MEMORY: return vvm_throw_memory(call);
    default: return vbn_done(call, vbn_send_error(call->vm, VBN_CHANNEL_CLOSED));
    }
}

static enum vvm_outcome send_resumed(struct vvm_call *call)
{
    vvm_value value = vvm_void();
    enum vrt_channel_status status = vrt_sender_finish(call->fiber->waiter, &value);
    return sent(call, status, value);
}

static enum vvm_outcome send_resumed_until(struct vvm_call *call)
{
    vbn_wait_ended(call);
    return send_resumed(call);
}

/* There was no room: the task waits for it, at most until the deadline. */
static __attribute__((noinline)) enum vvm_outcome send_slow(struct vvm_call *call, struct vrt_sender *sender,
                                                            vvm_value value, uint64_t deadline_ns)
{
    struct vbn_wait wait;
    if (!vbn_wait_arm(call, &wait)) {
        vvm_release(value);
        return VVM_THROW;
    }
    enum vrt_channel_status status = vrt_sender_send(sender, value, wait.waiter, wait.ticket);
    if (status == VRT_CHANNEL_PARKED && deadline_ns == VRT_NEVER)
        return vbn_wait_park(call, send_resumed);
    if (status == VRT_CHANNEL_PARKED)
        return vbn_wait_park_until(call, &wait, deadline_ns, send_resumed_until);
    vbn_wait_cancel(&wait);
    return sent(call, status, value);
}

/* The value of argument 1, of the right type and fit to cross. False = thrown. */
static bool take_message(struct vvm_call *call, vvm_value *value)
{
    struct vvm_handle *handle = call->args[0].object;
    *value = vvm_take(&call->args[1]);
    return vbn_fit_element(call, handle->aux, "Channel", value) && vbn_make_sendable(call, *value, "value");
}

enum vvm_outcome vbn_sender_send(struct vvm_call *call)
{
    vvm_value value;
    if (!take_message(call, &value))
        return VVM_THROW;
    struct vrt_sender *sender = vbn_sender_of(call->args[0]);
    enum vrt_channel_status status = vrt_sender_send(sender, value, NULL, 0);
    if (status == VRT_CHANNEL_FULL)
        return send_slow(call, sender, value, VRT_NEVER);
    return sent(call, status, value);
}

bool vbn_sender_send_quick(vvm_value *args, uint32_t owned, vvm_value *result)
{
    const struct vvm_handle *handle = args[0].object;
    const struct vvm_type_test *test = (const struct vvm_type_test *)(uintptr_t)handle->aux;
    vvm_value value = args[1];
    if (vvm_is_heap(value) || (test != NULL && (test->kind != VVM_TEST_NUMBER || !vvm_is_number(value))))
        return false;
    if (vrt_sender_send(vbn_sender_of(args[0]), value, NULL, 0) != VRT_CHANNEL_OK)
        return false;
    if (owned & 1)
        vvm_release(args[0]);
    *result = vvm_ok(vvm_void());
    return true;
}

enum vvm_outcome vbn_sender_send_timeout(struct vvm_call *call)
{
    vvm_value value;
    int64_t nanoseconds;
    if (!vvm_want_time(call, 2, &nanoseconds) || !take_message(call, &value))
        return VVM_THROW;
    struct vrt_sender *sender = vbn_sender_of(call->args[0]);
    enum vrt_channel_status status = vrt_sender_send(sender, value, NULL, 0);
    if (status == VRT_CHANNEL_FULL && nanoseconds != 0)
        return send_slow(call, sender, value, vbn_deadline(nanoseconds));
    return sent(call, status, value);
}

enum vvm_outcome vbn_sender_try_send(struct vvm_call *call)
{
    vvm_value value;
    if (!take_message(call, &value))
        return VVM_THROW;
    return sent(call, vrt_sender_send(vbn_sender_of(call->args[0]), value, NULL, 0), value);
}

/* ---- The rest ---- */

static enum vvm_outcome sender_clone(struct vvm_call *call)
{
    struct vvm_handle *handle = call->args[0].object;
    struct vrt_sender *clone = vrt_sender_clone_any(handle->native);
    if (clone == NULL)
        return vvm_throw_memory(call);
    return vvm_return(call, vbn_sender_new(call->vm, clone, handle->aux));
}

static enum vvm_outcome sender_close(struct vvm_call *call)
{
    vrt_sender_close_any(vbn_sender_of(call->args[0]));
    return vbn_done_void(call);
}

static const struct vvm_builtin methods[] = {
    VBN_ROW_Q("send(v: T) -> Result<void, SendError>", vbn_sender_send, vbn_sender_send_quick, 2, 1, 1,
              "Sends a value; waits while the channel is full. `Err(ChannelClosed)` if it is closed."),
    VBN_ROW_C("try_send(v: T) -> Result<void, SendError>", vbn_sender_try_send, 2, 1, 1,
              "Sends a value without waiting: `Err(ChannelFull)` if there is no room."),
    VBN_ROW_C("send_timeout(v: T, timeout: Time) -> Result<void, SendError>", vbn_sender_send_timeout, 2, 2, 2,
              "As `send`, but waits at most so long: Err(ChannelFull) at the deadline."),
    VBN_ROW("clone() -> Sender<T>", sender_clone, 0, 0, "A further handle, which is closed on its own."),
    VBN_ROW("close() -> void", sender_close, 0, 0, "Closes this handle; the channel closes with its last Sender."),
    VBN_ROW("is_closed() -> Bool", vbn_channel_is_closed, 0, 0, "Is this handle or the channel closed?"),
    VBN_ROW("capacity() -> Option<Number>", vbn_channel_capacity, 0, 0, "How many values it holds; None: any number."),
};
const struct vvm_builtin_group vbn_sender_methods = VBN_GROUP(VVM_T_SENDER, false, methods);
