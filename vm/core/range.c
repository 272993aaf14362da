/* Range: language.md 8.9; what builds no list. */
#include "vm/core/gather.h"

static const struct vvm_range *this_range(const struct vvm_call *call)
{
    return call->args[0].object;
}

static enum vvm_outcome range_start(struct vvm_call *call) { return vvm_done_number(call, this_range(call)->start); }
static enum vvm_outcome range_end(struct vvm_call *call) { return vvm_done_number(call, this_range(call)->end); }
static enum vvm_outcome range_is_empty(struct vvm_call *call)
{
    return vvm_done_bool(call, this_range(call)->length == 0);
}

static enum vvm_outcome range_length(struct vvm_call *call)
{
    uint64_t length = this_range(call)->length;
    return length > INT64_MAX ? vvm_throw_overflow(call, "length") : vvm_done_number(call, (int64_t)length);
}

static enum vvm_outcome range_contains(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    vvm_value v = call->args[1];
    if (vvm_is_float(v) && v.real >= -0x1p63 && v.real < 0x1p63 && (double)(int64_t)v.real == v.real)
        v = vvm_number((int64_t)v.real);
    if (!vvm_is_number(v) || range->length == 0)
        return vvm_done_bool(call, false);
    __int128 distance = (__int128)v.number - range->start;
    return vvm_done_bool(call, distance % range->step == 0 && distance / range->step >= 0 &&
                                   (unsigned __int128)(distance / range->step) < range->length);
}

static enum vvm_outcome range_step(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    int64_t n, step;
    if (!vvm_want_number(call, 1, &n))
        return VVM_THROW;
    if (n == 0)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "step() needs a Number other than 0");
    if (n == INT64_MIN || __builtin_mul_overflow(range->step, n < 0 ? -n : n, &step))
        step = INT64_MAX; /* beyond every range: the first element alone */
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    uint64_t length = range->length == 0 ? 0 : (range->length - 1) / size + 1;
    vvm_value forth = vvm_range_stepped(range->start, step, length);
    if (n > 0 || vvm_is_unset(forth) || length == 0)
        return vvm_return(call, forth);
    int64_t last = vvm_range_at(forth.object, length - 1);
    vvm_release(forth);
    return vvm_return(call, vvm_range_stepped(last, -step, length));
}

static enum vvm_outcome range_reverse(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    if (range->length == 0)
        return vvm_done(call, vvm_retain(call->args[0]));
    return vvm_return(call, vvm_range_stepped(vvm_range_at(range, range->length - 1), -range->step, range->length));
}

static bool add_number(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, vvm_number(vvm_range_at(this_range(call), i)));
}

static enum vvm_outcome range_to_list(struct vvm_call *call)
{
    return vvm_gather(call, this_range(call)->length, VVM_ELEMENTS_NUMBER, add_number);
}

/* ---- Elements ---- */

static enum vvm_outcome range_get(struct vvm_call *call)
{
    int64_t i;
    if (!vvm_want_number(call, 1, &i))
        return VVM_THROW;
    if (i < 0 || (uint64_t)i >= this_range(call)->length)
        return vvm_done_none(call);
    return vvm_done_some(call, vvm_number(vvm_range_at(this_range(call), (uint64_t)i)));
}

static enum vvm_outcome range_first(struct vvm_call *call)
{
    return this_range(call)->length == 0 ? vvm_done_none(call)
                                         : vvm_done_some(call, vvm_number(this_range(call)->start));
}

static enum vvm_outcome range_last(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    return range->length == 0 ? vvm_done_none(call)
                              : vvm_done_some(call, vvm_number(vvm_range_at(range, range->length - 1)));
}

static enum vvm_outcome extreme(struct vvm_call *call, bool least)
{
    return (this_range(call)->step > 0) == least ? range_first(call) : range_last(call);
}

static enum vvm_outcome range_min(struct vvm_call *call) { return extreme(call, true); }
static enum vvm_outcome range_max(struct vvm_call *call) { return extreme(call, false); }

static enum vvm_outcome range_take(struct vvm_call *call)
{
    size_t n;
    uint64_t length = this_range(call)->length;
    if (!vvm_want_count(call, 1, &n))
        return VVM_THROW;
    return vvm_gather(call, n < length ? n : length, VVM_ELEMENTS_NUMBER, add_number);
}

/* n / 2 * (first + last), the even one of the factors halved. */
static enum vvm_outcome range_sum(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    if (range->length == 0)
        return vvm_done_number(call, 0);
    __int128 count = range->length, ends = (__int128)range->start + vvm_range_at(range, range->length - 1), sum;
    bool even = count % 2 == 0; /* else the ends have an even sum */
    bool fits = !__builtin_mul_overflow(even ? count / 2 : count, even ? ends : ends / 2, &sum);
    if (!fits || sum > INT64_MAX || sum < INT64_MIN)
        return vvm_throw_overflow(call, "sum()");
    return vvm_done_number(call, (int64_t)sum);
}

static enum vvm_outcome range_own_step(struct vvm_call *call) { return vvm_done_number(call, this_range(call)->step); }

static enum vvm_outcome range_average(struct vvm_call *call)
{
    const struct vvm_range *range = this_range(call);
    if (range->length == 0)
        return vvm_done_none(call);
    __int128 ends = (__int128)range->start + vvm_range_at(range, range->length - 1);
    return vvm_done_some(call, vvm_float((double)ends / 2.0));
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("__step() -> Number", range_own_step, 0, 0,
              "What separates its Numbers; for the Vela part of the library."),
    VVM_ROW_P("start() -> Number", range_start, "The first Number."),
    VVM_ROW_P("end() -> Number", range_end, "Its end, as written."),
    VVM_ROW_P("length() -> Number", range_length, "How many Numbers it has."),
    VVM_ROW_P("size() -> Number", range_length, "The same as length."),
    VVM_ROW_P("isEmpty() -> Bool", range_is_empty, "Without Numbers?"),
    VVM_ROW_M("contains(n: Number) -> Bool", range_contains, 1, 1, "Is n one of its Numbers?"),
    VVM_ROW_M("step(n: Number) -> Range", range_step, 1, 1, "Every n-th Number; from the end for a negative n."),
    VVM_ROW_M("reverse() -> Range", range_reverse, 0, 0, "From last to first."),
    VVM_ROW_F("toList() -> List<Number>", range_to_list, 0, 0, 0, 1, "Its Numbers as a List."),
    VVM_ROW_M("get(i: Number) -> Option<Number>", range_get, 1, 1, "The Number at an index, or None."),
    VVM_ROW_M("at(i: Number) -> Option<Number>", range_get, 1, 1, "The same as get."),
    VVM_ROW_M("first() -> Option<Number>", range_first, 0, 0, "The first Number."),
    VVM_ROW_M("last() -> Option<Number>", range_last, 0, 0, "The last Number."),
    VVM_ROW_M("min() -> Option<Number>", range_min, 0, 0, "The least Number."),
    VVM_ROW_M("max() -> Option<Number>", range_max, 0, 0, "The largest Number."),
    VVM_ROW_F("take(n: Number) -> List<Number>", range_take, 0, 1, 1, 1, "The first n Numbers."),
    VVM_ROW_M("sum() -> Number", range_sum, 0, 0, "The sum; OverflowError."),
    VVM_ROW_M("average() -> Option<Float>", range_average, 0, 0, "The mean, or None if it is empty."),
};

const struct vvm_builtin_group vvm_range_methods = {VVM_T_RANGE, false, VVM_ROWS(methods)};
