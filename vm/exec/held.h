/* Private to vm/exec: who holds what others wait for. Built while all isolates stand still, for a report, and dropped after it.
 *
 * A graph over tasks, the objects their frames own, module variables, ends of channels and promises. Its edges point from what
 * waits, or is held, to what it waits for, or is held by:
 *
 *   task --waits for--> senders of a channel --> each handle of one --held by--> object --> ... --> task, or module variable
 *   message in a channel --held by--> its receivers;   promise of a gate (Future.all and its kin) --waits for--> what is watched
 *
 * So who can wake a task is what can be reached from it. Three questions are answered: who holds the ends of a channel, do tasks wait for
 * each other in a circle, and which tasks can nobody ever wake (stuck.c, Note STUCK)? Cost: some 60 bytes and 100 ns an object. */
#ifndef VVM_HELD_H
#define VVM_HELD_H

#include "vm/exec/waits.h"

struct vvm_held;
struct vrt_channel;

/* NULL: the limit, or no memory. `waits` and `limit` must outlive it. */
struct vvm_held *vvm_held_create(struct vvm_vm *vm, const struct vvm_waits *waits, struct vvm_look_limit *limit);
void vvm_held_destroy(struct vvm_held *held);

/* Objects, tasks and ends in it. */
uint32_t vvm_held_size(const struct vvm_held *held);

/* "main, worker "b", worker "c" and 3 others": who holds the senders (else the receivers) of a channel. Adds nothing if nobody is known. */
void vvm_held_add_holders(struct vvm_held *held, const struct vrt_channel *channel, bool senders, struct vvm_text_builder *out);

/* "worker "a" waits for worker "b" waits to receive from worker "a"". False: there is no circle.
 * `only`: of these items, all for NULL. */
bool vvm_held_add_circle(struct vvm_held *held, const bool *only, struct vvm_text_builder *out);

/* stuck[i]: item i can never be woken, whatever the other tasks do; cancelling apart. False: nothing is known (the limit, or no memory). */
bool vvm_held_find_stuck(struct vvm_held *held, bool *stuck);

#endif
