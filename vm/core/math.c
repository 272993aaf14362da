/* Math: language.md 8.11. Functions take Numbers and Floats; those of whole numbers give what the methods give. */
#include "vm/core/core.h"

#include <math.h>

#define MATH_FLOAT(name, function) \
    static enum vvm_outcome name(struct vvm_call *call) \
    { \
        double x; \
        return vvm_want_float(call, 0, &x) ? vvm_done_float(call, function(x)) : VVM_THROW; \
    }

MATH_FLOAT(math_sqrt, sqrt)
/* libm's may be off by one in the last place; a step of Newton's method makes cubes exact. */
static double cube_root(double x)
{
    double y = cbrt(x), square = y * y;
    return y == 0 || !isfinite(y) || square < 0x1p-900 ? y : y - fma(square, y, -x) / (3 * square);
}
MATH_FLOAT(math_cbrt, cube_root)
MATH_FLOAT(math_exp, exp)
MATH_FLOAT(math_log, log)
MATH_FLOAT(math_log2, log2)
MATH_FLOAT(math_log10, log10)
MATH_FLOAT(math_sin, sin)
MATH_FLOAT(math_cos, cos)
MATH_FLOAT(math_tan, tan)
MATH_FLOAT(math_asin, asin)
MATH_FLOAT(math_acos, acos)
MATH_FLOAT(math_atan, atan)
MATH_FLOAT(math_sinh, sinh)
MATH_FLOAT(math_cosh, cosh)
MATH_FLOAT(math_tanh, tanh)

/* A Number stays what it is, a Float is rounded to a Number. */
#define MATH_WHOLE(name, function) \
    static enum vvm_outcome name(struct vvm_call *call) \
    { \
        int64_t n = 0; \
        double x; \
        bool exact; \
        if (!vvm_want_numeric(call, 0, &n, &x, &exact)) \
            return VVM_THROW; \
        return exact ? vvm_done_number(call, n) : vvm_done_whole(call, function(x)); \
    }

MATH_WHOLE(math_floor, floor)
MATH_WHOLE(math_ceil, ceil)
MATH_WHOLE(math_round, round)

#define MATH_TWO(name, function) \
    static enum vvm_outcome name(struct vvm_call *call) \
    { \
        double x, y; \
        if (!vvm_want_float(call, 0, &x) || !vvm_want_float(call, 1, &y)) \
            return VVM_THROW; \
        return vvm_done_float(call, function(x, y)); \
    }

MATH_TWO(math_atan2, atan2)
MATH_TWO(math_hypot, hypot)

/* ---- Numbers stay Numbers ---- */

static enum vvm_outcome math_abs(struct vvm_call *call)
{
    int64_t n = 0;
    double x;
    bool exact;
    if (!vvm_want_numeric(call, 0, &n, &x, &exact))
        return VVM_THROW;
    if (!exact)
        return vvm_done_float(call, fabs(x));
    return n == INT64_MIN ? vvm_throw_overflow(call, "abs()") : vvm_done_number(call, n < 0 ? -n : n);
}

static enum vvm_outcome math_sign(struct vvm_call *call)
{
    int64_t n = 0;
    double x;
    bool exact;
    if (!vvm_want_numeric(call, 0, &n, &x, &exact))
        return VVM_THROW;
    return exact ? vvm_done_number(call, (n > 0) - (n < 0)) : vvm_done_float(call, x > 0 ? 1.0 : x < 0 ? -1.0 : x);
}

static enum vvm_outcome math_trunc(struct vvm_call *call)
{
    int64_t n = 0;
    double x;
    bool exact;
    if (!vvm_want_numeric(call, 0, &n, &x, &exact))
        return VVM_THROW;
    return exact ? vvm_done_number(call, n) : vvm_done_float(call, trunc(x));
}

static enum vvm_outcome pick(struct vvm_call *call, bool least)
{
    int64_t a = 0, b = 0;
    double x, y;
    bool a_exact, b_exact;
    if (!vvm_want_numeric(call, 0, &a, &x, &a_exact) || !vvm_want_numeric(call, 1, &b, &y, &b_exact))
        return VVM_THROW;
    if (a_exact && b_exact)
        return vvm_done_number(call, (a < b) == least ? a : b);
    if (x != x || y != y)
        return vvm_done_float(call, NAN);
    return vvm_done_float(call, (x < y) == least ? x : y);
}

static enum vvm_outcome math_min(struct vvm_call *call) { return pick(call, true); }
static enum vvm_outcome math_max(struct vvm_call *call) { return pick(call, false); }

static enum vvm_outcome math_pow(struct vvm_call *call)
{
    int64_t a = 0, b = 0, result;
    double x, y;
    bool a_exact, b_exact;
    if (!vvm_want_numeric(call, 0, &a, &x, &a_exact) || !vvm_want_numeric(call, 1, &b, &y, &b_exact))
        return VVM_THROW;
    if (!a_exact || !b_exact)
        return vvm_done_float(call, pow(x, y));
    if (b < 0)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "a Number has no negative power: %lld", (long long)b);
    return vvm_power(a, b, &result) ? vvm_done_number(call, result) : vvm_throw_overflow(call, "pow()");
}

static enum vvm_outcome math_gcd(struct vvm_call *call)
{
    int64_t a, b, result;
    if (!vvm_want_number(call, 0, &a) || !vvm_want_number(call, 1, &b))
        return VVM_THROW;
    return vvm_gcd(a, b, &result) ? vvm_done_number(call, result) : vvm_throw_overflow(call, "gcd()");
}

static enum vvm_outcome math_pi(struct vvm_call *call) { return vvm_done_float(call, M_PI); }
static enum vvm_outcome math_e(struct vvm_call *call) { return vvm_done_float(call, M_E); }

#define MATH_ROW(name, about) VVM_ROW_M(#name "(x: Float) -> Float", math_##name, 1, 1, about)

static const struct vvm_builtin statics[] = {
    VVM_ROW_P("PI -> Float", math_pi, "The ratio of a circle's circumference to its diameter."),
    VVM_ROW_P("E -> Float", math_e, "The base of the natural logarithm."),
    VVM_ROW_M("abs(x: Number | Float) -> Number | Float", math_abs, 1, 1,
              "x without its sign, a Number or a Float as x is. OverflowError for -2^63."),
    VVM_ROW_M("sign(x: Number | Float) -> Number | Float", math_sign, 1, 1,
              "-1, 0 or 1 of a Number; -1.0, 1.0, a zero or NaN of a Float."),
    VVM_ROW_M("min(a: Number | Float, b: Number | Float) -> Number | Float", math_min, 2, 2,
              "The smaller of the two: a Number if both are, else a Float; NaN if one is."),
    VVM_ROW_M("max(a: Number | Float, b: Number | Float) -> Number | Float", math_max, 2, 2,
              "The larger of the two: a Number if both are, else a Float; NaN if one is."),
    VVM_ROW_M("pow(a: Number | Float, b: Number | Float) -> Number | Float", math_pow, 2, 2,
              "a to the power b: of two Numbers a Number, with OverflowError and, for a negative b, ValueError; "
              "else a Float."),
    VVM_ROW_M("gcd(a: Number, b: Number) -> Number", math_gcd, 2, 2,
              "The greatest common divisor, never negative. OverflowError if it is 2^63."),
    VVM_ROW_M("floor(x: Number | Float) -> Number", math_floor, 1, 1,
              "x rounded down. OverflowError if it does not fit into a Number."),
    VVM_ROW_M("ceil(x: Number | Float) -> Number", math_ceil, 1, 1,
              "x rounded up. OverflowError if it does not fit into a Number."),
    VVM_ROW_M("round(x: Number | Float) -> Number", math_round, 1, 1,
              "The Number nearest to x, a half away from zero. OverflowError if it does not fit into a Number."),
    VVM_ROW_M("trunc(x: Number | Float) -> Number | Float", math_trunc, 1, 1,
              "x without its fraction, a Number or a Float as x is."),
    VVM_ROW_M("atan2(y: Float, x: Float) -> Float", math_atan2, 2, 2,
              "The angle of the point (x, y) in radians, from -PI to PI."),
    VVM_ROW_M("hypot(x: Float, y: Float) -> Float", math_hypot, 2, 2,
              "The length of the vector (x, y), without overflow on the way."),
    MATH_ROW(sqrt, "The square root of x; NaN for a negative one."),
    MATH_ROW(cbrt, "The cube root of x, also of a negative one."),
    MATH_ROW(exp, "e to the power x."),
    MATH_ROW(log, "The natural logarithm of x; -Infinity for 0, NaN for a negative x."),
    MATH_ROW(log2, "The logarithm of x to base 2; -Infinity for 0, NaN for a negative x."),
    MATH_ROW(log10, "The logarithm of x to base 10; -Infinity for 0, NaN for a negative x."),
    MATH_ROW(sin, "The sine of an angle in radians."),
    MATH_ROW(cos, "The cosine of an angle in radians."),
    MATH_ROW(tan, "The tangent of an angle in radians."),
    MATH_ROW(asin, "The angle in radians whose sine is x; NaN unless -1 <= x <= 1."),
    MATH_ROW(acos, "The angle in radians whose cosine is x; NaN unless -1 <= x <= 1."),
    MATH_ROW(atan, "The angle in radians whose tangent is x."),
    MATH_ROW(sinh, "The hyperbolic sine of x."),
    MATH_ROW(cosh, "The hyperbolic cosine of x."),
    MATH_ROW(tanh, "The hyperbolic tangent of x."),
};

const struct vvm_builtin_group vvm_math_statics = {VVM_T_MATH, true, VVM_ROWS(statics)};
