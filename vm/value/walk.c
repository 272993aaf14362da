#include "vm/value/walk.h"

uint32_t vvm_walked(void)
{
    uint32_t parts = vrt_thread_cache.work;
    vrt_thread_cache.work = 0;
    return parts;
}

struct vvm_walk *vvm_walk_new(void)
{
    struct vvm_walk *walk = vrt_alloc(sizeof *walk);
    if (walk != NULL)
        vvm_walk_init(walk);
    return walk;
}

void vvm_walk_free(struct vvm_walk *walk)
{
    vvm_walk_drop(walk);
    vrt_free(walk, sizeof *walk);
}
