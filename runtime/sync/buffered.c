/* A look at the messages that a channel holds, which leaves them where they are. */
#include "runtime/sync/channel_state.h"

struct walk { void (*visit)(struct vela_value value, void *argument); void *argument; };

/* From the message at `left` before the end of its first segment. */
static void walk_chain(const struct vrt_segment *segment, uint64_t left, uint64_t count, const struct walk *walk)
{
    for (; segment != NULL && count != 0; segment = segment->next, left = segment != NULL ? segment->capacity : 0) {
        for (; left != 0 && count != 0; left--, count--) {
            walk->visit(segment->values[segment->capacity - left], walk->argument);
        }
    }
}

void vrt_channel_each_any(struct vrt_channel *channel, void (*visit)(struct vela_value value, void *argument),
                          void *argument)
{
    struct walk walk = {visit, argument};
    vrt_channel_lock_both(channel);
    walk_chain(channel->out.head, channel->out.left, channel->out.count, &walk);
    walk_chain(channel->in.head, channel->in.head != NULL ? channel->in.head->capacity : 0,
               vrt_atomic_load_relaxed(&channel->in.count), &walk); /* under the lock */
    vrt_channel_unlock_both(channel);
}
