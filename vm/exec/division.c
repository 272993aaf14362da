#include "vm/exec/division.h"

#include "runtime/base/account.h"
#include "runtime/base/choice.h"
#include "vm/compile/loop.h"
#include "vm/exec/step.h"

#include <stdlib.h>

/* ---- Life ---- */

static size_t division_size(uint32_t lanes)
{
    return sizeof(struct vvm_division) + lanes * sizeof(struct vvm_lane);
}

static uint64_t units_of(const struct vvm_division *division, uint64_t elements)
{
    return (elements + (((uint64_t)1 << division->shift) - 1)) >> division->shift;
}

static void share_out(struct vvm_division *division)
{
    uint64_t units = units_of(division, division->length);
    for (uint32_t i = 0; i < division->count; i++) {
        struct vvm_lane *lane = &division->lanes[i];
        *lane = (struct vvm_lane){.division = division};
        uint64_t first = units * i / division->count, end = units * (i + 1) / division->count;
        vrt_range_fill(&lane->range, (uint32_t)first, (uint32_t)end);
    }
}

static void describe_data(struct vvm_division *division, vvm_value data)
{
    if (vvm_is_plain(data, VVM_RANGE)) {
        const struct vvm_range *range = data.object;
        division->length = range->length;
        division->start = range->start;
        division->step = range->step;
    } else {
        division->length = vvm_list_length(data);
    }
    while (units_of(division, division->length) > VVM_UNITS_MAX)
        division->shift++;
}

struct vvm_division *vvm_division_create(struct vela_runtime *runtime, vvm_value data, uint32_t lanes)
{
    struct vvm_division *division = vrt_alloc_common(division_size(lanes));
    if (division == NULL)
        return NULL;
    *division = (struct vvm_division){.runtime = runtime, .count = lanes};
    describe_data(division, data);
    vrt_atomic_store_relaxed(&division->references, 1); /* nobody else knows it yet; likewise below */
    vrt_atomic_store_relaxed(&division->left, division->length);
    vrt_lock_init(&division->lock);
    vvm_places_init(&division->places, division->length);
    share_out(division);
    return division;
}

struct vvm_division *vvm_division_retain_any(struct vvm_division *division)
{
    vrt_atomic_add_relaxed(&division->references, 1); /* the caller holds one */
    return division;
}

void vvm_division_release_any(struct vvm_division *division)
{
    if (vrt_atomic_sub_acq_rel(&division->references, 1) != 1) /* the last one sees what the others did */
        return;
    struct vrt_account *account = vrt_account_switch(NULL); /* the results are nobody's yet */
    if (division->news != NULL)
        vrt_promise_release_producer_any(division->news);
    for (size_t i = 0; i < division->run_count; i++)
        vvm_release(division->runs[i].value);
    free(division->runs);
    vvm_places_drop(&division->places);
    vrt_free(division, division_size(division->count));
    vrt_account_switch(account);
}

struct vvm_lane *vvm_division_join(struct vvm_division *division)
{
    uint32_t index = vrt_atomic_add_relaxed(&division->joined, 1); /* only the number counts */
    VRT_ASSERT_ALWAYS(index < division->count);
    return &division->lanes[index];
}

/* ---- Chunks and runs ---- */

static bool take_chunk(struct vvm_lane *lane, uint64_t elements)
{
    const struct vvm_division *division = lane->division;
    uint64_t units = elements >> division->shift;
    uint32_t most = units == 0 ? 1 : units < UINT32_MAX ? (uint32_t)units : UINT32_MAX, first;
    uint32_t count = vrt_range_take(&lane->range, most, &first);
    if (count == 0)
        return false;
    lane->first = (uint64_t)first << division->shift;
    lane->end = ((uint64_t)first + count) << division->shift;
    if (lane->end > division->length)
        lane->end = division->length;
    return true;
}

static struct vvm_lane *longest(struct vvm_division *division)
{
    struct vvm_lane *best = NULL;
    uint32_t most = 0;
    for (uint32_t i = 0; i < division->count; i++) {
        uint32_t length = vrt_range_length_any(&division->lanes[i].range);
        if (length > most) {
            most = length;
            best = &division->lanes[i];
        }
    }
    return best;
}

/* Into the lane's own range, which is empty. */
static bool steal(struct vvm_lane *lane)
{
    struct vvm_lane *from;
    uint32_t first, end;
    while ((from = longest(lane->division)) != NULL)
        if (vrt_range_steal_any(&from->range, &first, &end)) {
            vrt_range_fill(&lane->range, first, end);
            return true;
        }
    return false;
}

/* From here on the turn's end is told of; `loop_at` 0: outside of the loop. */
static void work_at(struct vvm_isolate *isolate, struct vvm_lane *lane, uint32_t loop_at)
{
    struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    rare->lane = lane;
    rare->loop_at = loop_at;
    isolate->flags |= VVM_ISOLATE_DIVIDES;
}

bool vvm_lane_begin_run(struct vvm_lane *lane, struct vvm_isolate *isolate)
{
    while (!take_chunk(lane, 1)) /* a stolen range may be stolen before it is begun */
        if (!steal(lane))
            return false;
    lane->run = lane->first;
    lane->began_ns = vrt_now();
    work_at(isolate, lane, 0);
    return true;
}

int64_t vvm_lane_number(const struct vvm_lane *lane, uint64_t index)
{
    const struct vvm_division *division = lane->division;
    return (int64_t)((uint64_t)division->start + index * (uint64_t)division->step); /* as vvm_range_at */
}

/* A chunk has been done: how large may the next one be? At most twice as large, since elements differ. */
static void measure(struct vvm_lane *lane)
{
    uint64_t count = lane->end - lane->first, now = vrt_now(), took = now - lane->began_ns;
    uint64_t fitting = count * VVM_CHUNK_NS / (took + 1);
    lane->wanted = fitting < count * 2 ? fitting : count * 2;
    lane->began_ns = now;
}

/* ---- Who has nothing to do ---- */

bool vvm_division_is_done(const struct vvm_division *division)
{
    return vrt_atomic_load_acquire(&division->left) == 0; /* pairs with `delivered` in division_results.c */
}

void vvm_division_tell_news(struct vvm_division *division)
{
    vrt_lock_take(&division->lock);
    struct vrt_promise *news = division->news;
    division->news = NULL;
    vrt_lock_give(&division->lock);
    if (news == NULL)
        return;
    vrt_promise_resolve_any(news, vvm_void());
    vrt_promise_release_producer_any(news);
}

/* Under the lock, dry already. */
static bool must_look_again(struct vvm_division *division)
{
    return longest(division) != NULL || vvm_division_is_done(division);
}

bool vvm_division_dry(struct vvm_division *division, struct vrt_promise **news)
{
    *news = NULL;
    vrt_lock_take(&division->lock);
    vrt_atomic_add_seq_cst(&division->dry, 1); /* Note DRY: pairs with the load in vvm_division_end_turn */
    bool again = must_look_again(division), fine = true;
    if (!again && division->news == NULL)
        fine = (division->news = vrt_promise_create(division->runtime, 0)) != NULL;
    if (!again && fine)
        vrt_promise_retain_any(*news = division->news);
    vrt_lock_give(&division->lock);
    if (*news == NULL)
        vrt_atomic_sub_acq_rel(&division->dry, 1);
    return fine;
}

void vvm_division_wet(struct vvm_division *division, struct vrt_promise *news)
{
    vrt_atomic_sub_acq_rel(&division->dry, 1); /* one too many only makes others tell in vain */
    vrt_promise_release_any(news);
}

/* ---- The loop ---- */

/* The index of the element that the loop is at. */
static uint64_t index_at(const struct vvm_lane *lane, const vvm_value *R)
{
    return lane->division->step != 0 ? lane->end - (uint64_t)R[2].number : (uint64_t)R[1].number;
}

/* Tells the loop, which is at element `index`, of all that follow it in the chunk. */
static void tell_loop(const struct vvm_lane *lane, vvm_value *R, uint64_t index)
{
    if (lane->division->step != 0) {
        R[0] = vvm_number(vvm_lane_number(lane, index));
        R[2] = vvm_number((int64_t)(lane->end - index));
    } else {
        R[2] = vvm_number((int64_t)lane->end);
    }
}

enum after { FAILED, GOES_ON, PAUSES, ENDS };

/* All elements that the loop was told of are done; `index` is behind them. */
static enum after more(struct vvm_machine *m, struct vvm_lane *lane, uint32_t kind, uint64_t index)
{
    vvm_value results = vvm_registers(m)[VVM_LOOP_ACCUMULATOR];
    if (index < lane->end) /* the first chunk of its run, of a List */
        return GOES_ON;
    if (kind & VVM_LOOP_BY_CHUNKS && vvm_list_length(results) > 0)
        return PAUSES;
    if (VVM_LOOP_OF(kind) == VVM_LOOP_MAP && !(kind & VVM_LOOP_BY_CHUNKS) && !vvm_lane_deliver_chunk(m, lane, results))
        return FAILED;
    measure(lane);
    return take_chunk(lane, lane->wanted) ? GOES_ON : ENDS;
}

/* LOOP over a lane, at the end of what it was told of; it goes on at itself, or behind AGAIN. */
enum vvm_step vvm_step_more(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value *R = vvm_registers(m);
    struct vvm_lane *lane = vvm_lane_of(R[VVM_LOOP_LANE]);
    uint64_t index = index_at(lane, R);
    enum after after = more(m, lane, at[2], index);
    if (after == FAILED)
        return VVM_STEP_THROW;
    if (after == ENDS)
        m->isolate->flags &= ~(uint32_t)VVM_ISOLATE_DIVIDES;
    else
        work_at(m->isolate, lane, after == GOES_ON ? (uint32_t)(R - m->fiber->stack) : 0);
    tell_loop(lane, R, index);
    vvm_top(m)->pc = after == GOES_ON ? at : at + 4;
    return VVM_STEP_GO;
}

/* The loop's frame is where it was; else it was left by an error, and the task ends. */
static bool is_in_loop(const struct vvm_isolate *isolate, uint32_t loop_at)
{
    return loop_at != 0 && isolate->first.top >= loop_at;
}

static void put_back(struct vvm_lane *lane, vvm_value *R)
{
    uint64_t index = index_at(lane, R), unit = units_of(lane->division, index + 1);
    uint64_t first = unit << lane->division->shift;
    if (first >= lane->end)
        return;
    vrt_range_put_back(&lane->range, (uint32_t)unit);
    lane->end = first;
    tell_loop(lane, R, index);
}

void vvm_division_end_turn(struct vvm_isolate *isolate)
{
    struct vvm_isolate_rare *rare = vvm_isolate_rare(isolate);
    struct vvm_lane *lane = rare->lane;
    if (isolate->flags & VVM_ISOLATE_ENDED || isolate->first.flags & VVM_FIBER_TEXT) {
        /* an error ended it: the lane may be gone */
        isolate->flags &= ~(uint32_t)VVM_ISOLATE_DIVIDES;
        return;
    }
    if (is_in_loop(isolate, rare->loop_at))
        put_back(lane, isolate->first.stack + rare->loop_at);
    /* Note DRY: pairs with the addition in vvm_division_dry */
    if (vrt_atomic_load_seq_cst(&lane->division->dry) != 0 && vrt_range_length_any(&lane->range) != 0)
        vvm_division_tell_news(lane->division);
}

/* ---- The handle of a lane ---- */

static void lane_destroy(struct vvm_handle *handle)
{
    struct vvm_lane *lane = handle->native;
    vvm_division_release_any(lane->division);
}

static const struct vvm_handle_ops lane_ops = {.destroy = lane_destroy, .sendable = false};

vvm_value vvm_lane_handle(struct vvm_vm *vm, struct vvm_isolate *isolate, struct vvm_lane *lane)
{
    vvm_value handle = vvm_unset();
    if (vvm_isolate_need_rare(isolate) != NULL)
        handle = vvm_handle_new(vm->known[VVM_T_WORKER_POOL], &lane_ops, lane);
    if (!vvm_is_unset(handle))
        vvm_division_retain_any(lane->division);
    return handle;
}
