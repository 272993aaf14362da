/* What the workers of a parallel operation deliver. */
#include "vm/exec/division.h"
#include "vm/exec/step.h"

#include <stdlib.h>

static void delivered(struct vvm_division *division, uint64_t count)
{
    /* acq_rel: the last one tells of the others' results, too */
    if (vrt_atomic_sub_acq_rel(&division->left, count) == count)
        vvm_division_tell_news(division);
}

static bool add_run_locked(struct vvm_division *division, struct vvm_run_sum run)
{
    if (division->run_count == division->run_capacity) {
        size_t capacity = division->run_capacity * 2 + division->count;
        struct vvm_run_sum *grown = realloc(division->runs, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        division->runs = grown;
        division->run_capacity = capacity;
    }
    division->runs[division->run_count++] = run;
    return true;
}

bool vvm_lane_deliver_run(struct vvm_lane *lane, vvm_value value)
{
    struct vvm_division *division = lane->division;
    vrt_lock_take(&division->lock);
    bool fine = add_run_locked(division, (struct vvm_run_sum){lane->run, value});
    vrt_lock_give(&division->lock);
    if (fine)
        delivered(division, lane->end - lane->run);
    else
        vvm_release(value);
    return fine;
}

static int by_first(const void *a, const void *b)
{
    uint64_t x = ((const struct vvm_run_sum *)a)->first, y = ((const struct vvm_run_sum *)b)->first;
    return (x > y) - (x < y);
}

vvm_value vvm_division_runs(struct vvm_division *division)
{
    vvm_value list = vvm_list_new(division->run_count, VVM_ELEMENTS_VALUE);
    qsort(division->runs, division->run_count, sizeof *division->runs, by_first);
    for (size_t i = 0; i < division->run_count && !vvm_is_unset(list); i++) {
        list = vvm_list_append(list, division->runs[i].value);
        division->runs[i].value = vvm_void();
    }
    return list;
}

/* What is to cross. False: it throws. */
static bool make_sendable(struct vvm_machine *m, const struct vvm_list *list)
{
    struct vvm_text_builder path;
    bool fine = true;
    vvm_text_init(&path);
    for (uint64_t i = 0; i < list->length && fine && list->header.extra == VVM_ELEMENTS_VALUE; i++)
        fine = vvm_share(vvm_list_get_fast(list, i), "result", &path);
    if (!fine && path.failed)
        vvm_fail_memory(m);
    else if (!fine)
        vvm_fail(m, VVM_T_NOT_SENDABLE_ERROR, "%.*s", (int)path.length, path.length != 0 ? path.data : "");
    vvm_text_drop(&path);
    return fine;
}

bool vvm_lane_deliver_chunk(struct vvm_machine *m, struct vvm_lane *lane, vvm_value results)
{
    if (!make_sendable(m, results.object))
        return false;
    if (!vvm_places_store_any(&lane->division->places, lane->first, results)) {
        vvm_fail_memory(m);
        return false;
    }
    delivered(lane->division, lane->end - lane->first);
    return true;
}
