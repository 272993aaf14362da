#include "runtime/sched/starts.h"

void vrt_starts_init(struct vrt_starts *starts)
{
    for (uint32_t priority = 0; priority < VRT_PRIORITIES; priority++) {
        vrt_injector_init(&starts->waiting[priority]);
    }
}

void vrt_starts_push_any(struct vrt_starts *starts, struct vrt_isolate *isolate)
{
    vrt_injector_push_any(&starts->waiting[isolate->priority % VRT_PRIORITIES], isolate);
}

bool vrt_starts_has_any(struct vrt_starts *starts)
{
    return vrt_starts_has_early_any(starts) || vrt_injector_length_any(&starts->waiting[VRT_PRIORITY_LOW]) != 0;
}

static struct vrt_isolate *take(struct vrt_starts *starts, enum vrt_priority priority)
{
    struct vrt_isolate *isolate = NULL;
    if (vrt_injector_length_any(&starts->waiting[priority]) != 0) {
        vrt_injector_take_any(&starts->waiting[priority], &isolate, 1);
    }
    return isolate;
}

struct vrt_isolate *vrt_starts_take_early_any(struct vrt_starts *starts, bool lower_first)
{
    struct vrt_isolate *isolate = take(starts, lower_first ? VRT_PRIORITY_HIGH : VRT_PRIORITY_CRITICAL);
    return isolate != NULL ? isolate : take(starts, lower_first ? VRT_PRIORITY_CRITICAL : VRT_PRIORITY_HIGH);
}

struct vrt_isolate *vrt_starts_take_late_any(struct vrt_starts *starts)
{
    return take(starts, VRT_PRIORITY_LOW);
}
