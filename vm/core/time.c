/* Time and Date: language.md 8.12; what waits is in vm_bindings. */
#include "vm/core/core.h"

#include "runtime/base/choice.h"

#include <time.h>

static enum vvm_outcome time_now(struct vvm_call *call)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return vvm_done_number(call, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static enum vvm_outcome time_now_nanos(struct vvm_call *call) { return vvm_done_number(call, (int64_t)vrt_now()); }

static enum vvm_outcome date_to_iso(struct vvm_call *call)
{
    int64_t ms;
    if (!vvm_want_number(call, 0, &ms))
        return VVM_THROW;
    int64_t rest = ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000;
    time_t seconds = ms / 1000 - (ms % 1000 < 0);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "%lld ms is no date", (long long)ms);
    long long year = (long long)parts.tm_year + 1900;
    const char *format = year >= 0 && year <= 9999 ? "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ"
                                                   : "%+07lld-%02d-%02dT%02d:%02d:%02d.%03dZ"; /* ISO 8601, expanded */
    return vvm_return(call, vvm_string_format(format, year, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                              parts.tm_min, parts.tm_sec, (int)rest));
}

static const struct vvm_builtin time_rows[] = {
    VVM_ROW_M("now() -> Number", time_now, 0, 0,
              "Milliseconds since 1970-01-01T00:00Z by the system's clock, which may be set back."),
    VVM_ROW_M("nowNanos() -> Number", time_now_nanos, 0, 0,
              "Nanoseconds of a clock that never goes back, for differences only."),
};

static const struct vvm_builtin date_rows[] = {
    VVM_ROW_M("now() -> Number", time_now, 0, 0, "The same as Time.now."),
    VVM_ROW_M("toISO(ms: Number) -> String", date_to_iso, 1, 1,
              "A time in milliseconds since 1970 in UTC, as ISO 8601 writes it: `2024-01-31T12:00:00.000Z`; with a "
              "sign and six digits of the year outside of 0 to 9999."),
};

const struct vvm_builtin_group vvm_time_statics = {VVM_T_TIME, true, VVM_ROWS(time_rows)};
const struct vvm_builtin_group vvm_date_statics = {VVM_T_DATE, true, VVM_ROWS(date_rows)};
