/* Receiver<T>: the end that values come out at. forEach, reduce and collect are written in Vela:
 * stdlib/concurrency.vela. */
#include "runtime/base/choice.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/channel.h"
#include "vm_bindings/wait.h"

static void receiver_destroy(struct vvm_handle *handle)
{
    vrt_receiver_release_any(handle->native);
}

static const void *receiver_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

bool vbn_receiver_take(struct vvm_handle *handle, vvm_value *owned)
{
    return vrt_account_current() == NULL && /* else what arrives is charged, on the long way */
           vrt_receiver_take(vbn_receiver_of(vvm_of_object(VVM_HANDLE, handle)), owned);
}

static void receiver_ends(const struct vvm_handle *handle, struct vvm_ends *out)
{
    out->receiver = handle->native;
}

const struct vvm_handle_ops vbn_receiver_ops = {.destroy = receiver_destroy, .identity = receiver_identity,
                                                .ends = receiver_ends, .take = vbn_receiver_take, .sendable = true};

vvm_value vbn_receiver_new(struct vvm_vm *vm, struct vrt_receiver *receiver, uint64_t test)
{
    vvm_value handle = vvm_handle_new(vm->known[VVM_T_RECEIVER], &vbn_receiver_ops, receiver);
    if (vvm_is_unset(handle))
        vrt_receiver_release_any(receiver);
    else
        ((struct vvm_handle *)handle.object)->aux = test;
    return handle;
}

struct vrt_receiver *vbn_receiver_of(vvm_value v)
{
    struct vvm_handle *handle = v.object;
    return handle->ops == &vbn_channel_ops ? ((struct vbn_channel *)handle->native)->receiver : handle->native;
}

/* ---- Receiving ---- */

static inline enum vvm_outcome received(struct vvm_call *call, enum vrt_channel_status status, vvm_value value)
{
    if (status != VRT_CHANNEL_OK)
        return vbn_done_none(call);
    if (vvm_arrive(value))
        return vvm_return(call, vvm_some(value));
    vvm_release(value);
    return vvm_throw_memory(call);
}

static enum vvm_outcome receive_resumed(struct vvm_call *call)
{
    vvm_value value = vvm_void();
    enum vrt_channel_status status = vrt_receiver_finish(call->fiber->waiter, &value);
    return received(call, status, value);
}

static enum vvm_outcome receive_resumed_until(struct vvm_call *call)
{
    vbn_wait_ended(call);
    return receive_resumed(call);
}

/* The task waits for a value if the channel is empty, at most until the deadline. */
static __attribute__((noinline)) enum vvm_outcome receive_slow(struct vvm_call *call, struct vrt_receiver *receiver,
                                                               uint64_t deadline_ns)
{
    struct vbn_wait wait;
    vvm_value value;
    if (!vbn_wait_arm(call, &wait))
        return VVM_THROW;
    enum vrt_channel_status status = vrt_receiver_receive(receiver, &value, wait.waiter, wait.ticket);
    if (status != VRT_CHANNEL_PARKED) {
        vbn_wait_cancel(&wait);
        return received(call, status, value);
    }
    if (deadline_ns == VRT_NEVER)
        return vbn_wait_park(call, receive_resumed);
    return vbn_wait_park_until(call, &wait, deadline_ns, receive_resumed_until);
}

enum vvm_outcome vbn_receive(struct vvm_call *call, struct vrt_receiver *receiver)
{
    vvm_value value;
    if (vrt_receiver_take(receiver, &value))
        return received(call, VRT_CHANNEL_OK, value);
    return receive_slow(call, receiver, VRT_NEVER);
}

/* The short way has been tried already. */
enum vvm_outcome vbn_receiver_receive(struct vvm_call *call)
{
    return receive_slow(call, vbn_receiver_of(call->args[0]), VRT_NEVER);
}

bool vbn_receiver_receive_quick(vvm_value *args, uint32_t owned, vvm_value *result)
{
    vvm_value value;
    if (vrt_account_current() != NULL || !vrt_receiver_take(vbn_receiver_of(args[0]), &value))
        return false;
    if (owned & 1)
        vvm_release(args[0]);
    *result = vvm_some(value);
    return true;
}

enum vvm_outcome vbn_receiver_try_receive(struct vvm_call *call)
{
    vvm_value value;
    return received(call, vrt_receiver_receive(vbn_receiver_of(call->args[0]), &value, NULL, 0), value);
}

enum vvm_outcome vbn_receiver_receive_timeout(struct vvm_call *call)
{
    vvm_value value;
    int64_t nanoseconds;
    if (!vvm_want_time(call, 1, &nanoseconds))
        return VVM_THROW;
    struct vrt_receiver *receiver = vbn_receiver_of(call->args[0]);
    enum vrt_channel_status status = vrt_receiver_receive(receiver, &value, NULL, 0);
    if (status != VRT_CHANNEL_EMPTY || nanoseconds == 0)
        return received(call, status, value);
    return receive_slow(call, receiver, vbn_deadline(nanoseconds));
}

enum vvm_outcome vbn_receiver_close(struct vvm_call *call)
{
    vrt_receiver_close_any(vbn_receiver_of(call->args[0]));
    return vbn_done_void(call);
}

static enum vvm_outcome receiver_clone(struct vvm_call *call)
{
    struct vvm_handle *handle = call->args[0].object;
    struct vrt_receiver *clone = vrt_receiver_clone_any(handle->native);
    if (clone == NULL)
        return vvm_throw_memory(call);
    return vvm_return(call, vbn_receiver_new(call->vm, clone, handle->aux));
}

static const struct vvm_builtin methods[] = {
    VBN_ROW_Q("receive() -> Option<T>", vbn_receiver_receive, vbn_receiver_receive_quick, 0, 0, 0,
              "Takes a value; waits while the channel is empty. None once it is closed and drained."),
    VBN_ROW_Q("recv() -> Option<T>", vbn_receiver_receive, vbn_receiver_receive_quick, 0, 0, 0,
              "The same as `receive`."),
    VBN_ROW("try_receive() -> Option<T>", vbn_receiver_try_receive, 0, 0,
            "Takes a value without waiting. None if there is none."),
    VBN_ROW("receive_timeout(timeout: Time) -> Option<T>", vbn_receiver_receive_timeout, 1, 1,
            "Takes a value; waits at most so long. None at the deadline, or once the channel is closed and drained."),
    VBN_ROW("clone() -> Receiver<T>", receiver_clone, 0, 0, "A further handle of the same channel."),
    VBN_ROW("close() -> void", vbn_receiver_close, 0, 0, "Closes the channel for all senders."),
    VBN_ROW("is_closed() -> Bool", vbn_channel_is_closed, 0, 0, "Is it closed? Values may still be buffered."),
    VBN_ROW_P("len() -> Number", vbn_channel_length, "How many values are buffered."),
    VBN_ROW_P("length() -> Number", vbn_channel_length, "The same as `len`."),
    VBN_ROW_P("is_empty() -> Bool", vbn_channel_is_empty, "Is no value buffered?"),
    VBN_ROW("capacity() -> Option<Number>", vbn_channel_capacity, 0, 0, "How many values it holds; None: any number."),
};
const struct vvm_builtin_group vbn_receiver_methods = VBN_GROUP(VVM_T_RECEIVER, false, methods);
