/* The intrinsics of parallel operations (stdlib/pool.vela) over vm/exec/division.h. */
#include "runtime/base/account.h"
#include "vm/exec/division.h"
#include "vm/value/buffer.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/wait.h"

static void division_destroy(struct vvm_handle *handle)
{
    vvm_division_release_any(handle->native);
}

static const struct vvm_handle_ops division_ops = {.destroy = division_destroy, .sendable = true};

static struct vvm_division *division_of(struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

/* __division(data, lanes, maps): where it maps, the results must find their places in a List. */
static enum vvm_outcome division_make(struct vvm_call *call)
{
    int64_t lanes;
    if (!vvm_want_number(call, 1, &lanes))
        return VVM_THROW;
    struct vvm_division *division = vvm_division_create(call->vm->runtime, call->args[0], (uint32_t)lanes);
    if (division != NULL && call->args[2].number && division->length > VVM_LIST_LENGTH_MAX) {
        vvm_division_release_any(division);
        division = NULL;
    }
    if (division == NULL)
        return vvm_throw_memory(call);
    vvm_value handle = vvm_handle_new(call->vm->known[VVM_T_WORKER_POOL], &division_ops, division);
    if (vvm_is_unset(handle))
        vvm_division_release_any(division);
    return vvm_return(call, handle);
}

/* __lane(division): of the worker that calls, once. */
static enum vvm_outcome lane_make(struct vvm_call *call)
{
    return vvm_return(call, vvm_lane_handle(call->vm, call->isolate, vvm_division_join(division_of(call))));
}

static enum vvm_outcome next_run(struct vvm_call *call);

/* Something may have been put back, or everything is done. */
static enum vvm_outcome news_came(struct vvm_call *call)
{
    struct vrt_waiter *waiter = call->fiber->waiter;
    struct vrt_promise *news = (struct vrt_promise *)(uintptr_t)waiter->where_object;
    vrt_promise_forget(news, waiter);
    vvm_division_wet(vvm_lane_of(call->args[0])->division, news);
    return vvm_fiber_is_interrupted(call->fiber) ? vbn_done_void(call) : next_run(call);
}

static enum vvm_outcome wait_for(struct vvm_call *call, struct vrt_promise *news)
{
    enum vvm_outcome outcome = vbn_wait_promise(call, news, news_came);
    if (outcome != VVM_PARK)
        vvm_division_wet(vvm_lane_of(call->args[0])->division, news);
    return outcome;
}

/* __nextRun(lane) -> Number: the first element of the next run; -1: everything is done. */
static enum vvm_outcome next_run(struct vvm_call *call)
{
    struct vvm_lane *lane = vvm_lane_of(call->args[0]);
    enum vvm_outcome outcome = VVM_DONE;
    while (outcome == VVM_DONE) {
        struct vrt_promise *news;
        if (vvm_lane_begin_run(lane, call->isolate))
            return vbn_done_number(call, (int64_t)lane->first);
        if (vvm_division_is_done(lane->division))
            return vbn_done_number(call, -1);
        if (!vvm_division_dry(lane->division, &news))
            return vvm_throw_memory(call);
        if (news != NULL)
            outcome = wait_for(call, news);
    }
    return outcome;
}

/* __numberAt(lane, index) -> Number: an element of the Range that is divided, or the Number behind the last one. */
static enum vvm_outcome number_at(struct vvm_call *call)
{
    return vbn_done_number(call, vvm_lane_number(vvm_lane_of(call->args[0]), (uint64_t)call->args[1].number));
}

/* __inChunk(lane, index) -> Number: how many elements of its chunk are left from there on. */
static enum vvm_outcome in_chunk(struct vvm_call *call)
{
    return vbn_done_number(call, (int64_t)vvm_lane_of(call->args[0])->end - call->args[1].number);
}

/* __deliver(lane, value): of a reduction's run, which is over. */
static enum vvm_outcome deliver(struct vvm_call *call)
{
    vvm_value value = vvm_take(&call->args[1]);
    if (!vbn_make_sendable(call, value, "result"))
        return VVM_THROW;
    return vvm_lane_deliver_run(vvm_lane_of(call->args[0]), value) ? vbn_done_void(call) : vvm_throw_memory(call);
}

/* What others have made, and nobody was charged for, is the caller's from here on. Unset: no memory. */
static enum vvm_outcome arrived(struct vvm_call *call, vvm_value list)
{
    if (vvm_is_unset(list) || vvm_arrive(list))
        return vvm_return(call, list);
    vvm_release(list);
    return vvm_throw_memory(call);
}

/* __runs(division) -> List: the values of a reduction's runs, in order. */
static enum vvm_outcome runs(struct vvm_call *call)
{
    struct vrt_account *account = vrt_account_switch(NULL);
    vvm_value list = vvm_division_runs(division_of(call));
    vrt_account_switch(account);
    return arrived(call, list);
}

/* __places(division) -> List: the results of a map, in portions where they have to be put in shape. */
static enum vvm_outcome places(struct vvm_call *call)
{
    struct vvm_places *places = &division_of(call)->places;
    if (vvm_places_close(places, VVM_PORTION_OF_VALUES))
        return vvm_again(call, 1);
    struct vrt_account *account = vrt_account_switch(NULL);
    vvm_value list = vvm_places_finish(places);
    vrt_account_switch(account);
    return arrived(call, list);
}

static const struct vvm_builtin rows[] = {
    VBN_ROW("__division(data: Any, lanes: Number, maps: Bool) -> Any", division_make, 3, 3,
            "Divides the elements of a List or a Range."),
    VBN_ROW("__lane(division: Any) -> Any", lane_make, 1, 1, "A lane of a division for the worker that calls."),
    VBN_ROW("__nextRun(lane: Any) -> Number", next_run, 1, 1, "Begins a run: its first element; -1: all is done."),
    VBN_ROW("__numberAt(lane: Any, index: Number) -> Number", number_at, 2, 2, "An element of the Range."),
    VBN_ROW("__inChunk(lane: Any, index: Number) -> Number", in_chunk, 2, 2, "What is left of its chunk there."),
    VBN_ROW_C("__deliver(lane: Any, value: Any) -> void", deliver, 1 << 1, 2, 2, "What a run of a reduction came to."),
    VBN_ROW("__runs(division: Any) -> List", runs, 1, 1, "What the runs came to, in order."),
    {.signature = "__places(division: Any) -> List", .function = places, .min = 1, .max = 1, .flags = VVM_BUILTIN_FRAME,
     .doc = "The results of a map."},
};
const struct vvm_builtin_group vbn_division_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, rows);
