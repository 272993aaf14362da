#include "vm/value/layout.h"

static vvm_value range_make(struct vvm_range fields)
{
    struct vvm_range *range = vvm_object_new(VVM_RANGE, sizeof *range);
    if (range == NULL)
        return vvm_unset();
    range->start = fields.start;
    range->end = fields.end;
    range->step = fields.step;
    range->length = fields.length;
    range->inclusive = fields.inclusive;
    return vvm_of_object(VVM_RANGE, range);
}

/* The whole range of 64 bits has 2^64 elements: its length stays at 2^64 - 1, which no program reaches. */
vvm_value vvm_range_new(int64_t start, int64_t end, bool inclusive)
{
    uint64_t length = 0;
    if (start < end || (inclusive && start == end))
        length = (uint64_t)end - (uint64_t)start + (inclusive ? 1 : 0);
    if (length == 0 && start < end)
        length = UINT64_MAX;
    return range_make((struct vvm_range){
        .start = start, .end = end, .step = 1, .length = length, .inclusive = inclusive});
}

/* `end` of a stepped range is its last element, or its start when it is empty. */
vvm_value vvm_range_stepped(int64_t start, int64_t step, uint64_t length)
{
    struct vvm_range fields = {.start = start, .end = start, .step = step, .length = length, .inclusive = length > 0};
    if (length > 0)
        fields.end = vvm_range_at(&fields, length - 1);
    return range_make(fields);
}
