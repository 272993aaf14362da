/* Stream: what it pulls its elements with, and the Future of its last pull (stdlib/stream.vela). */
#include "runtime/base/alloc.h"
#include "vm/core/core.h"
#include "vm/exec/isolate.h"

enum { PULL, LAST, STREAM_VALUES };

static void stream_destroy(struct vvm_handle *handle)
{
    vrt_free(handle->native, STREAM_VALUES * sizeof(vvm_value));
}

static vvm_value *stream_owned(struct vvm_handle *handle, size_t *count)
{
    *count = STREAM_VALUES;
    return handle->native;
}

static const struct vvm_handle_ops stream_ops = {.destroy = stream_destroy, .owned = stream_owned};

static enum vvm_outcome stream_make(struct vvm_call *call)
{
    vvm_value *values = vvm_isolate_need_cycles(call->isolate) ? vrt_alloc(STREAM_VALUES * sizeof *values) : NULL;
    if (values == NULL)
        return vvm_throw_memory(call);
    vvm_value stream = vvm_handle_new(call->vm->known[VVM_T_STREAM], &stream_ops, values);
    if (vvm_is_unset(stream)) {
        vrt_free(values, STREAM_VALUES * sizeof *values);
        return vvm_throw_memory(call);
    }
    values[PULL] = vvm_take(&call->args[0]);
    values[LAST] = vvm_take(&call->args[1]);
    return vvm_done(call, stream);
}

static vvm_value *values_of(const struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

static enum vvm_outcome stream_pull(struct vvm_call *call) { return vvm_done(call, vvm_retain(values_of(call)[PULL])); }
static enum vvm_outcome stream_last(struct vvm_call *call) { return vvm_done(call, vvm_retain(values_of(call)[LAST])); }

static enum vvm_outcome stream_set_last(struct vvm_call *call)
{
    vvm_value *values = values_of(call), before = values[LAST];
    values[LAST] = vvm_take(&call->args[1]);
    vvm_release(before);
    return vvm_done_void(call);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_C("__stream(pull: Function, last: Future) -> Stream<T>", stream_make, 3, 2, 2, "A Stream."),
    VVM_ROW_M("__pullOf(stream: Stream<T>) -> Function", stream_pull, 1, 1, "What gives its next element."),
    VVM_ROW_M("__lastOf(stream: Stream<T>) -> Future", stream_last, 1, 1, "Its last pull."),
    VVM_ROW_C("__setLast(stream: Stream<T>, last: Future) -> void", stream_set_last, 2, 2, 2, "Notes its last pull."),
};

const struct vvm_builtin_group vvm_stream_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
