/* Duration: nanoseconds (language.md 8.12). */
#include "vm/core/core.h"

#include <math.h>

/* `amount` units of `unit` nanoseconds each; a Number exactly. */
static enum vvm_outcome of_units(struct vvm_call *call, int64_t unit)
{
    int64_t n = 0, total;
    double x;
    bool exact;
    if (!vvm_want_numeric(call, 0, &n, &x, &exact))
        return VVM_THROW;
    if (exact)
        return __builtin_mul_overflow(n, unit, &total)
                   ? vvm_throw(call, VVM_T_OVERFLOW_ERROR, "the Duration is too long")
                   : vvm_done(call, vvm_duration(total));
    double nanoseconds = round(x * (double)unit);
    if (isnan(nanoseconds))
        return vvm_throw(call, VVM_T_VALUE_ERROR, "NaN is no Duration");
    if (!(nanoseconds >= -0x1p63 && nanoseconds < 0x1p63))
        return vvm_throw(call, VVM_T_OVERFLOW_ERROR, "the Duration is too long");
    return vvm_done(call, vvm_duration((int64_t)nanoseconds));
}

static enum vvm_outcome of_nanos(struct vvm_call *call) { return of_units(call, 1); }
static enum vvm_outcome of_micros(struct vvm_call *call) { return of_units(call, 1000); }
static enum vvm_outcome of_millis(struct vvm_call *call) { return of_units(call, 1000000); }
static enum vvm_outcome of_seconds(struct vvm_call *call) { return of_units(call, 1000000000); }
static enum vvm_outcome of_minutes(struct vvm_call *call) { return of_units(call, 60 * (int64_t)1000000000); }
static enum vvm_outcome of_hours(struct vvm_call *call) { return of_units(call, 3600 * (int64_t)1000000000); }

static enum vvm_outcome to_nanos(struct vvm_call *call) { return vvm_done_number(call, call->args[0].number); }
static enum vvm_outcome to_millis(struct vvm_call *call)
{
    return vvm_done_number(call, call->args[0].number / 1000000);
}
static enum vvm_outcome to_seconds(struct vvm_call *call)
{
    return vvm_done_float(call, (double)call->args[0].number / 1e9);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("toNanos() -> Number", to_nanos, 0, 0, "In nanoseconds."),
    VVM_ROW_M("toMillis() -> Number", to_millis, 0, 0, "In whole milliseconds, truncated toward zero."),
    VVM_ROW_M("toSeconds() -> Float", to_seconds, 0, 0, "In seconds, with their fraction."),
};

#define OF(name, parameter, function, about) \
    VVM_ROW_M(name "(" parameter ": Number | Float) -> Duration", function, 1, 1, about)

static const struct vvm_builtin statics[] = {
    OF("nanos", "n", of_nanos,
       "n nanoseconds; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for "
       "NaN."),
    OF("micros", "n", of_micros,
       "n microseconds; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for "
       "NaN."),
    OF("millis", "n", of_millis,
       "n milliseconds; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for "
       "NaN."),
    OF("seconds", "x", of_seconds,
       "x seconds; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for NaN."),
    OF("minutes", "x", of_minutes,
       "x minutes; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for NaN."),
    OF("hours", "x", of_hours,
       "x hours; a Float is rounded to nanoseconds. OverflowError beyond 2^63 ns (292 years), ValueError for NaN."),
    OF("ofNanos", "n", of_nanos, "The same as nanos."),
    OF("ofMicros", "n", of_micros, "The same as micros."),
    OF("ofMillis", "n", of_millis, "The same as millis."),
    OF("ofSeconds", "x", of_seconds, "The same as seconds."),
    OF("ofMinutes", "x", of_minutes, "The same as minutes."),
    OF("ofHours", "x", of_hours, "The same as hours."),
    OF("nanoseconds", "n", of_nanos, "The same as nanos."),
    OF("microseconds", "n", of_micros, "The same as micros."),
    OF("milliseconds", "n", of_millis, "The same as millis."),
};

const struct vvm_builtin_group vvm_duration_methods = {VVM_T_DURATION, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_duration_statics = {VVM_T_DURATION, true, VVM_ROWS(statics)};
