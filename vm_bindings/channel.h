/* Channel<T>, Sender<T>, Receiver<T>: handles over the two ends of one of the runtime's channels.
 *
 * A Sender holds a reference to a sender, a Receiver to a receiver, a Channel to one of each; the channel
 * closes when the last sender's last handle goes. A handle's aux is its element test (vbn_element_test). */
#ifndef VBN_CHANNEL_H
#define VBN_CHANNEL_H

#include "runtime/sync/channel.h"
#include "vm/core/builtin.h"

/* What a Channel handle holds. */
struct vbn_channel {
    struct vrt_sender *sender;
    struct vrt_receiver *receiver;
};

/* The end that a Sender (Receiver) or a Channel value has. Borrowed. */
struct vrt_sender *vbn_sender_of(vvm_value v);
struct vrt_receiver *vbn_receiver_of(vvm_value v);

/* A channel made for the running task, with one reference to each end, which are the caller's. False: MemoryError is
 * thrown. */
bool vbn_channel_make(struct vvm_call *call, uint64_t capacity, bool compact, struct vbn_channel *ends);

/* An optional argument; without one VRT_CHANNEL_UNBOUNDED. False: an error is thrown. */
bool vbn_want_capacity(struct vvm_call *call, uint32_t index, uint64_t *capacity);

/* Handles over a reference that is consumed, also on failure. Unset = out of memory. */
vvm_value vbn_sender_new(struct vvm_vm *vm, struct vrt_sender *sender, uint64_t test);
vvm_value vbn_receiver_new(struct vvm_vm *vm, struct vrt_receiver *receiver, uint64_t test);

/* Methods that a Channel has in common with its ends; argument 0 is any of them. */
enum vvm_outcome vbn_sender_send(struct vvm_call *call);
bool vbn_sender_send_quick(vvm_value *args, uint32_t owned, vvm_value *result);
enum vvm_outcome vbn_sender_try_send(struct vvm_call *call);
enum vvm_outcome vbn_sender_send_timeout(struct vvm_call *call);
enum vvm_outcome vbn_receiver_receive(struct vvm_call *call);
enum vvm_outcome vbn_receive(struct vvm_call *call, struct vrt_receiver *receiver);
bool vbn_receiver_receive_quick(vvm_value *args, uint32_t owned, vvm_value *result);
enum vvm_outcome vbn_receiver_try_receive(struct vvm_call *call);
enum vvm_outcome vbn_receiver_receive_timeout(struct vvm_call *call);
enum vvm_outcome vbn_receiver_close(struct vvm_call *call);
enum vvm_outcome vbn_channel_is_closed(struct vvm_call *call);
enum vvm_outcome vbn_channel_length(struct vvm_call *call);
enum vvm_outcome vbn_channel_is_empty(struct vvm_call *call);
enum vvm_outcome vbn_channel_capacity(struct vvm_call *call);

/* The `take` of their ops: a receive that does not wait. */
bool vbn_receiver_take(struct vvm_handle *handle, vvm_value *owned);

extern const struct vvm_handle_ops vbn_channel_ops, vbn_sender_ops, vbn_receiver_ops;

#endif
