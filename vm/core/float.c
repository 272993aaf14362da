/* Float: language.md 8.3. */
#include "vm/core/core.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double this_float(const struct vvm_call *call)
{
    return call->args[0].real;
}

/* ---- Texts ---- */

static size_t skip_digits(struct vvm_bytes text, size_t i)
{
    while (i < text.length && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    return i;
}

static bool is_word(struct vvm_bytes text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.data, word, text.length) == 0;
}

/* Sign, digits, then perhaps a point with digits and an exponent. */
static bool has_float_form(struct vvm_bytes text)
{
    size_t i = text.length > 0 && (text.data[0] == '-' || text.data[0] == '+'), start = i;
    i = skip_digits(text, i);
    if (i == start)
        return false;
    if (i < text.length && text.data[i] == '.') {
        start = ++i;
        i = skip_digits(text, i);
        if (i == start)
            return false;
    }
    if (i < text.length && (text.data[i] | 32) == 'e') {
        i++;
        i += i < text.length && (text.data[i] == '-' || text.data[i] == '+');
        start = i;
        i = skip_digits(text, i);
        if (i == start)
            return false;
    }
    return i == text.length;
}

static bool parse_word(struct vvm_bytes text, double *out)
{
    if (is_word(text, "NaN"))
        *out = NAN;
    else if (is_word(text, "Infinity"))
        *out = INFINITY;
    else if (is_word(text, "-Infinity"))
        *out = -INFINITY;
    else
        return false;
    return true;
}

/* What is at most 15 digits and a power of ten that a double holds exactly is rounded once, so it is exact: no need
 * for strtod. The text has the form of a Float. */
static bool short_float(struct vvm_bytes text, double *out)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int64_t digits = 0;
    size_t decimals = 0, start = text.data[0] == '-' || text.data[0] == '+', point = SIZE_MAX;
    if (text.length - start > 16)
        return false;
    for (size_t i = start; i < text.length; i++) {
        if (text.data[i] == '.')
            point = i;
        else if ((text.data[i] | 32) == 'e')
            return false;
        else
            digits = digits * 10 + (text.data[i] - '0');
    }
    if (point != SIZE_MAX)
        decimals = text.length - point - 1;
    if (digits > 999999999999999)
        return false;
    double value = (double)digits / powers[decimals];
    *out = text.data[0] == '-' ? -value : value;
    return true;
}

bool vvm_float_of_text(struct vvm_bytes text, double *out)
{
    if (!has_float_form(text))
        return parse_word(text, out);
    if (short_float(text, out))
        return true;
    char near[64], *copy = text.length < sizeof near ? near : vvm_scratch(text.length + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    *out = strtod(copy, NULL);
    if (copy != near)
        vvm_scratch_free(copy, text.length + 1);
    return true;
}

static enum vvm_outcome float_parse(struct vvm_call *call)
{
    struct vvm_bytes text;
    double value;
    if (!vvm_want_string(call, 0, &text))
        return VVM_THROW;
    if (vvm_float_of_text(text, &value))
        return vvm_done_ok(call, vvm_float(value));
    return vvm_done_not_a(call, "Float", call->args[0]);
}

static enum vvm_outcome float_to_string(struct vvm_call *call)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_text_float(this_float(call), &text);
    return vvm_return(call, vvm_text_finish(&text));
}

/* glibc prints the nearest decimal to the exact value, ties to even. */
static enum vvm_outcome float_to_fixed(struct vvm_call *call)
{
    int64_t digits;
    if (!vvm_want_number(call, 1, &digits))
        return VVM_THROW;
    if (digits < 0 || digits > 100)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "toFixed() takes 0 to 100 digits, not %lld", (long long)digits);
    if (!isfinite(this_float(call)))
        return float_to_string(call);
    char text[512];
    int length = snprintf(text, sizeof text, "%.*f", (int)digits, this_float(call));
    return vvm_done_text(call, text, (size_t)length);
}

/* ---- Whole numbers ---- */

enum vvm_outcome vvm_done_whole(struct vvm_call *call, double d)
{
    if (d >= -0x1p63 && d < 0x1p63)
        return vvm_done_number(call, (int64_t)d);
    struct vvm_text_builder text;
    vvm_text_init(&text);
    vvm_text_float(d, &text);
    vvm_text_add(&text, "", 1);
    enum vvm_outcome outcome =
        vvm_throw(call, VVM_T_OVERFLOW_ERROR, "%s does not fit into a Number", text.failed ? "it" : text.data);
    vvm_text_drop(&text);
    return outcome;
}

static enum vvm_outcome float_to_number(struct vvm_call *call) { return vvm_done_whole(call, trunc(this_float(call))); }
static enum vvm_outcome float_floor(struct vvm_call *call) { return vvm_done_whole(call, floor(this_float(call))); }
static enum vvm_outcome float_ceil(struct vvm_call *call) { return vvm_done_whole(call, ceil(this_float(call))); }
static enum vvm_outcome float_round(struct vvm_call *call) { return vvm_done_whole(call, round(this_float(call))); }
static enum vvm_outcome float_trunc(struct vvm_call *call) { return vvm_done_float(call, trunc(this_float(call))); }
static enum vvm_outcome float_abs(struct vvm_call *call) { return vvm_done_float(call, fabs(this_float(call))); }
static enum vvm_outcome float_sqrt(struct vvm_call *call) { return vvm_done_float(call, sqrt(this_float(call))); }
static enum vvm_outcome float_self(struct vvm_call *call) { return vvm_done(call, call->args[0]); }

static enum vvm_outcome float_fract(struct vvm_call *call)
{
    double d = this_float(call);
    return vvm_done_float(call, isinf(d) ? 0.0 : d - trunc(d));
}

static enum vvm_outcome float_sign(struct vvm_call *call)
{
    double d = this_float(call);
    return vvm_done_float(call, d > 0 ? 1.0 : d < 0 ? -1.0 : d);
}

/* ---- With others ---- */

static enum vvm_outcome float_pow(struct vvm_call *call)
{
    double x;
    return vvm_want_float(call, 1, &x) ? vvm_done_float(call, pow(this_float(call), x)) : VVM_THROW;
}

static enum vvm_outcome float_min(struct vvm_call *call)
{
    double o, d = this_float(call);
    if (!vvm_want_float(call, 1, &o))
        return VVM_THROW;
    return vvm_done_float(call, d != d || o != o ? NAN : o < d ? o : d);
}

static enum vvm_outcome float_max(struct vvm_call *call)
{
    double o, d = this_float(call);
    if (!vvm_want_float(call, 1, &o))
        return VVM_THROW;
    return vvm_done_float(call, d != d || o != o ? NAN : o > d ? o : d);
}

static enum vvm_outcome float_clamp(struct vvm_call *call)
{
    double low, high, d = this_float(call);
    if (!vvm_want_float(call, 1, &low) || !vvm_want_float(call, 2, &high))
        return VVM_THROW;
    if (!(low <= high))
        return vvm_throw(call, VVM_T_VALUE_ERROR, "clamp() needs lo <= hi");
    return vvm_done_float(call, d < low ? low : d > high ? high : d);
}

static enum vvm_outcome float_is_nan(struct vvm_call *call) { return vvm_done_bool(call, isnan(this_float(call))); }
static enum vvm_outcome float_is_infinite(struct vvm_call *call)
{
    return vvm_done_bool(call, isinf(this_float(call)));
}
static enum vvm_outcome float_is_finite(struct vvm_call *call)
{
    return vvm_done_bool(call, isfinite(this_float(call)));
}

static enum vvm_outcome float_is_integer(struct vvm_call *call)
{
    double d = this_float(call);
    return vvm_done_bool(call, isfinite(d) && d == trunc(d));
}

/* ---- Bits and constants ---- */

static enum vvm_outcome float_to_bits(struct vvm_call *call) { return vvm_done_number(call, call->args[0].number); }

static enum vvm_outcome float_from_bits(struct vvm_call *call)
{
    int64_t bits;
    if (!vvm_want_number(call, 0, &bits))
        return VVM_THROW;
    vvm_value v = vvm_float(0);
    v.number = bits;
    return vvm_done(call, v);
}

static enum vvm_outcome float_largest(struct vvm_call *call) { return vvm_done_float(call, DBL_MAX); }
static enum vvm_outcome float_smallest(struct vvm_call *call) { return vvm_done_float(call, -DBL_MAX); }
static enum vvm_outcome float_epsilon(struct vvm_call *call) { return vvm_done_float(call, DBL_EPSILON); }
static enum vvm_outcome float_nan(struct vvm_call *call) { return vvm_done_float(call, NAN); }
static enum vvm_outcome float_infinity(struct vvm_call *call) { return vvm_done_float(call, INFINITY); }

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("toString() -> String", float_to_string, 0, 0,
              "The shortest decimal that reads back equal, always with `.` or `e`: `3.0`, `1.5e-7`, `NaN`, "
              "`-Infinity`."),
    VVM_ROW_M("toNumber() -> Number", float_to_number, 0, 0,
              "Truncated toward zero. OverflowError for NaN, infinities and what does not fit."),
    VVM_ROW_M("toInt() -> Number", float_to_number, 0, 0, "The same as toNumber."),
    VVM_ROW_M("toFloat() -> Float", float_self, 0, 0, "Itself."),
    VVM_ROW_M("floor() -> Number", float_floor, 0, 0,
              "Rounded down. OverflowError for NaN, infinities and what does not fit."),
    VVM_ROW_M("ceil() -> Number", float_ceil, 0, 0,
              "Rounded up. OverflowError for NaN, infinities and what does not fit."),
    VVM_ROW_M("round() -> Number", float_round, 0, 0,
              "The nearest Number, a half away from zero. OverflowError for NaN, infinities and what does not fit."),
    VVM_ROW_M("trunc() -> Float", float_trunc, 0, 0, "Without its fraction, as a Float."),
    VVM_ROW_M("fract() -> Float", float_fract, 0, 0, "Its fraction, with its sign; 0.0 for infinities."),
    VVM_ROW_M("abs() -> Float", float_abs, 0, 0, "Without its sign."),
    VVM_ROW_M("sqrt() -> Float", float_sqrt, 0, 0, "The square root; NaN for a negative one."),
    VVM_ROW_M("sign() -> Float", float_sign, 0, 0, "-1.0 or 1.0, or itself if it is a zero or NaN."),
    VVM_ROW_M("pow(x: Float) -> Float", float_pow, 1, 1, "This to the power x, the same as `**`."),
    VVM_ROW_M("min(o: Float) -> Float", float_min, 1, 1, "The smaller of the two; NaN if one is."),
    VVM_ROW_M("max(o: Float) -> Float", float_max, 1, 1, "The larger of the two; NaN if one is."),
    VVM_ROW_M("clamp(lo: Float, hi: Float) -> Float", float_clamp, 2, 2,
              "The nearest Float from lo to hi; NaN stays NaN. ValueError unless lo <= hi."),
    VVM_ROW_M("isNaN() -> Bool", float_is_nan, 0, 0, "Is it not a number, the result of 0.0 / 0.0?"),
    VVM_ROW_M("isInfinite() -> Bool", float_is_infinite, 0, 0, "Infinity or -Infinity?"),
    VVM_ROW_M("isFinite() -> Bool", float_is_finite, 0, 0, "Neither infinite nor NaN?"),
    VVM_ROW_M("isInteger() -> Bool", float_is_integer, 0, 0, "Finite and without a fraction?"),
    VVM_ROW_M("toFixed(digits: Number) -> String", float_to_fixed, 1, 1,
              "The decimal with that many digits after the point that is nearest to its exact value, ties to even. "
              "ValueError unless digits is 0 to 100."),
    VVM_ROW_M("toBits() -> Number", float_to_bits, 0, 0, "The 64 bits of its IEEE 754 form as a Number."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_M("parse(s: String) -> Result<Float, ParseError>", float_parse, 1, 1,
              "The Float nearest to the decimal that a text shows: a sign or none, digits, perhaps a point with "
              "digits, perhaps an exponent; or `NaN`, `Infinity`, `-Infinity`. Err for every other form."),
    VVM_ROW_M("fromBits(n: Number) -> Float", float_from_bits, 1, 1,
              "The Float whose IEEE 754 form has these 64 bits."),
    VVM_ROW_P("MAX -> Float", float_largest, "The largest finite Float, about 1.8e308."),
    VVM_ROW_P("MIN -> Float", float_smallest, "The least finite Float, -MAX."),
    VVM_ROW_P("EPSILON -> Float", float_epsilon, "The distance from 1.0 to the next Float, 2^-52."),
    VVM_ROW_P("NaN -> Float", float_nan, "Not a number; differs from every value, itself too."),
    VVM_ROW_P("Infinity -> Float", float_infinity, "Positive infinity."),
};

const struct vvm_builtin_group vvm_float_methods = {VVM_T_FLOAT, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_float_statics = {VVM_T_FLOAT, true, VVM_ROWS(statics)};
