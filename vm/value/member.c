#include "vm/value/layout.h"

#define FIRST_SLOTS 8u

/* Open addressing, at most three quarters full; symbols are dense, so they spread by a multiplication. */
static uint32_t place_of(vvm_symbol name, uint32_t mask)
{
    return (uint32_t)(name * 0x9e3779b1u >> 7) & mask;
}

static struct vvm_member *slot_of(const struct vvm_members *members, vvm_symbol name)
{
    uint32_t at = place_of(name, members->mask);
    while (members->slots[at].kind != VVM_MEMBER_NONE && members->slots[at].name != name)
        at = (at + 1) & members->mask;
    return &members->slots[at];
}

struct vvm_member *vvm_members_find(const struct vvm_members *members, vvm_symbol name)
{
    if (members->count == 0)
        return NULL;
    struct vvm_member *slot = slot_of(members, name);
    return slot->kind != VVM_MEMBER_NONE ? slot : NULL;
}

static bool grow(struct vvm_members *members)
{
    uint32_t slots = members->slots == NULL ? FIRST_SLOTS : (members->mask + 1) * 2;
    struct vvm_members bigger = {.mask = slots - 1, .slots = vrt_alloc_zeroed(slots * sizeof(struct vvm_member))};
    if (bigger.slots == NULL)
        return false;
    for (uint32_t i = 0; members->slots != NULL && i <= members->mask; i++) {
        if (members->slots[i].kind != VVM_MEMBER_NONE)
            *slot_of(&bigger, members->slots[i].name) = members->slots[i];
    }
    bigger.count = members->count;
    vvm_members_drop(members);
    *members = bigger;
    return true;
}

bool vvm_members_put(struct vvm_members *members, struct vvm_member member)
{
    bool full = members->slots == NULL || (members->count + 1) * 4 > (members->mask + 1) * 3;
    if (full && !grow(members))
        return false;
    struct vvm_member *slot = slot_of(members, member.name);
    members->count += slot->kind == VVM_MEMBER_NONE;
    *slot = member;
    return true;
}

void vvm_members_drop(struct vvm_members *members)
{
    if (members->slots != NULL)
        vrt_free(members->slots, ((size_t)members->mask + 1) * sizeof *members->slots);
    *members = (struct vvm_members){.slots = NULL};
}
