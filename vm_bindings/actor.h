/* ActorRef: a handle over an actor's record (vm/exec/actors.h), and what stdlib/actor.vela is made of.
 *
 * A mailbox is a channel of envelopes (message, reply, sender): `reply` is the Promise of an ask or void, `sender` an
 * ActorRef or void. A void instead of an envelope only wakes the actor, after something was noted in its record. */
#ifndef VBN_ACTOR_H
#define VBN_ACTOR_H

#include "vm_bindings/binding.h"

/* The record behind argument `index`; NULL = TypeError is thrown. */
struct vvm_actor *vbn_want_actor(struct vvm_call *call, uint32_t index);

/* The ref of the actor that runs; void: none does. Borrowed. */
vvm_value vbn_running_actor(const struct vvm_call *call);

/* The name given, or TYPE-NUMBER; unset: no memory. Owned. */
vvm_value vbn_actor_name(const struct vvm_actor *actor);

#endif
