/* Number: language.md 8.2. */
#include "vm/core/core.h"

#include <stdio.h>

static int64_t this_number(const struct vvm_call *call)
{
    return call->args[0].number;
}

/* ---- Texts ---- */

bool vvm_read_number(struct vvm_bytes text, int radix, int64_t *out)
{
    size_t i = text.length > 0 && (text.data[0] == '-' || text.data[0] == '+');
    bool negative = i > 0 && text.data[0] == '-';
    if (i == text.length)
        return false;
    int64_t value = 0; /* negative all along, so that -2^63 fits */
    for (; i < text.length; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : 99;
        if (digit >= radix || __builtin_mul_overflow(value, radix, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

static bool want_radix(struct vvm_call *call, uint32_t index, int *radix)
{
    int64_t n;
    if (!vvm_optional_number(call, index, 10, &n))
        return false;
    if (n < 2 || n > 36)
        vvm_throw(call, VVM_T_VALUE_ERROR, "radix must be from 2 to 36, not %lld", (long long)n);
    *radix = (int)n;
    return n >= 2 && n <= 36;
}

static enum vvm_outcome number_to_string(struct vvm_call *call)
{
    int radix;
    if (!want_radix(call, 1, &radix))
        return VVM_THROW;
    char text[72], *at = text + sizeof text;
    int64_t n = this_number(call);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % (unsigned)radix];
        rest /= (unsigned)radix;
    } while (rest > 0);
    if (n < 0)
        *--at = '-';
    return vvm_done_text(call, at, (size_t)(text + sizeof text - at));
}

static enum vvm_outcome number_to_fixed(struct vvm_call *call)
{
    int64_t digits;
    if (!vvm_want_number(call, 1, &digits))
        return VVM_THROW;
    if (digits < 0 || digits > 100)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "toFixed() takes 0 to 100 digits, not %lld", (long long)digits);
    char text[160];
    int length = snprintf(text, sizeof text, "%lld%s%0*d", (long long)this_number(call), digits > 0 ? "." : "",
                          (int)digits, 0);
    return vvm_done_text(call, text, (size_t)(digits > 0 ? length : length - 1));
}

static enum vvm_outcome number_to_char(struct vvm_call *call)
{
    int64_t n = this_number(call);
    if (n < 0 || n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
        return vvm_throw(call, VVM_T_VALUE_ERROR, "%lld is no Unicode code point", (long long)n);
    return vvm_done(call, vvm_string_of_code_point((uint32_t)n));
}

static enum vvm_outcome number_parse(struct vvm_call *call)
{
    struct vvm_bytes text;
    int radix;
    if (!vvm_want_string(call, 0, &text) || !want_radix(call, 1, &radix))
        return VVM_THROW;
    int64_t value;
    if (vvm_read_number(text, radix, &value))
        return vvm_done_ok(call, vvm_number(value));
    return vvm_done_not_a(call, "Number", call->args[0]);
}

/* ---- Conversions and signs ---- */

static enum vvm_outcome number_to_float(struct vvm_call *call)
{
    return vvm_done_float(call, (double)this_number(call));
}
static enum vvm_outcome number_self(struct vvm_call *call) { return vvm_done(call, call->args[0]); }

static enum vvm_outcome number_abs(struct vvm_call *call)
{
    int64_t n = this_number(call);
    return n == INT64_MIN ? vvm_throw_overflow(call, "abs()") : vvm_done_number(call, n < 0 ? -n : n);
}

static enum vvm_outcome number_sign(struct vvm_call *call)
{
    int64_t n = this_number(call);
    return vvm_done_number(call, (n > 0) - (n < 0));
}

static enum vvm_outcome number_is_even(struct vvm_call *call)
{
    return vvm_done_bool(call, (this_number(call) & 1) == 0);
}
static enum vvm_outcome number_is_odd(struct vvm_call *call)
{
    return vvm_done_bool(call, (this_number(call) & 1) != 0);
}

/* ---- Arithmetic ---- */

bool vvm_power(int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;
    while (exponent > 0) {
        if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
            return false;
        exponent >>= 1;
        if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
            return false;
    }
    *out = result;
    return true;
}

static enum vvm_outcome number_pow(struct vvm_call *call)
{
    int64_t n, result;
    if (!vvm_want_number(call, 1, &n))
        return VVM_THROW;
    if (n < 0)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "a Number has no negative power: %lld", (long long)n);
    return vvm_power(this_number(call), n, &result) ? vvm_done_number(call, result) : vvm_throw_overflow(call, "pow()");
}

static bool divisor_fits(struct vvm_call *call, int64_t divisor, const char *what)
{
    if (divisor == 0)
        vvm_throw(call, VVM_T_DIVISION_BY_ZERO_ERROR, "%s by zero", what);
    else if (divisor == -1 && this_number(call) == INT64_MIN)
        vvm_throw_overflow(call, what);
    else
        return true;
    return false;
}

static enum vvm_outcome number_floor_div(struct vvm_call *call)
{
    int64_t o, n = this_number(call);
    if (!vvm_want_number(call, 1, &o) || !divisor_fits(call, o, "floorDiv()"))
        return VVM_THROW;
    int64_t quotient = n / o;
    return vvm_done_number(call, quotient - (n % o != 0 && (n < 0) != (o < 0)));
}

static enum vvm_outcome number_floor_mod(struct vvm_call *call)
{
    int64_t o, n = this_number(call);
    if (!vvm_want_number(call, 1, &o))
        return VVM_THROW;
    if (o == -1)
        return vvm_done_number(call, 0);
    if (!divisor_fits(call, o, "floorMod()"))
        return VVM_THROW;
    int64_t rest = n % o;
    return vvm_done_number(call, rest != 0 && (rest < 0) != (o < 0) ? rest + o : rest);
}

bool vvm_gcd(int64_t a, int64_t b, int64_t *out)
{
    uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    while (y != 0) {
        uint64_t rest = x % y;
        x = y;
        y = rest;
    }
    *out = (int64_t)x;
    return x <= INT64_MAX;
}

static enum vvm_outcome number_gcd(struct vvm_call *call)
{
    int64_t o, result;
    if (!vvm_want_number(call, 1, &o))
        return VVM_THROW;
    return vvm_gcd(this_number(call), o, &result) ? vvm_done_number(call, result) : vvm_throw_overflow(call, "gcd()");
}

/* The smaller (sign -1) or larger of this and an argument; as a Float if one of them is. */
static enum vvm_outcome pick(struct vvm_call *call, int sign)
{
    int64_t o = 0, n = this_number(call);
    double real;
    bool exact;
    if (!vvm_want_numeric(call, 1, &o, &real, &exact))
        return VVM_THROW;
    if (exact)
        return vvm_done_number(call, (sign < 0) == (o < n) ? o : n);
    if (real != real)
        return vvm_done_float(call, real);
    return vvm_done_float(call, (sign < 0) == (real < (double)n) ? real : (double)n);
}

static enum vvm_outcome number_min(struct vvm_call *call) { return pick(call, -1); }
static enum vvm_outcome number_max(struct vvm_call *call) { return pick(call, 1); }

static enum vvm_outcome number_clamp(struct vvm_call *call)
{
    int64_t low, high, n = this_number(call);
    if (!vvm_want_number(call, 1, &low) || !vvm_want_number(call, 2, &high))
        return VVM_THROW;
    if (low > high)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "clamp() needs lo <= hi, got %lld and %lld", (long long)low,
                         (long long)high);
    return vvm_done_number(call, n < low ? low : n > high ? high : n);
}

/* ---- Wrapping and bits: one argument, computed without a sign ---- */

#define NUMBER_BINARY(name, expression) \
    static enum vvm_outcome name(struct vvm_call *call) \
    { \
        int64_t o; \
        if (!vvm_want_number(call, 1, &o)) \
            return VVM_THROW; \
        uint64_t a = (uint64_t)this_number(call), b = (uint64_t)o; \
        return vvm_done_number(call, (int64_t)(expression)); \
    }

NUMBER_BINARY(number_wrapping_add, a + b)
NUMBER_BINARY(number_wrapping_sub, a - b)
NUMBER_BINARY(number_wrapping_mul, a *b)
NUMBER_BINARY(number_and, a &b)
NUMBER_BINARY(number_or, a | b)
NUMBER_BINARY(number_xor, a ^ b)

static bool want_shift(struct vvm_call *call, int64_t *n)
{
    if (!vvm_want_number(call, 1, n))
        return false;
    if (*n < 0 || *n > 63)
        vvm_throw(call, VVM_T_VALUE_ERROR, "a shift count is from 0 to 63, not %lld", (long long)*n);
    return *n >= 0 && *n <= 63;
}

static enum vvm_outcome number_shift_left(struct vvm_call *call)
{
    int64_t n;
    return want_shift(call, &n) ? vvm_done_number(call, (int64_t)((uint64_t)this_number(call) << n)) : VVM_THROW;
}

static enum vvm_outcome number_shift_right(struct vvm_call *call)
{
    int64_t n;
    return want_shift(call, &n) ? vvm_done_number(call, this_number(call) >> n) : VVM_THROW;
}

static enum vvm_outcome number_bit_count(struct vvm_call *call)
{
    return vvm_done_number(call, __builtin_popcountll((uint64_t)this_number(call)));
}

static enum vvm_outcome number_leading_zeros(struct vvm_call *call)
{
    uint64_t n = (uint64_t)this_number(call);
    return vvm_done_number(call, n == 0 ? 64 : __builtin_clzll(n));
}

static enum vvm_outcome number_trailing_zeros(struct vvm_call *call)
{
    uint64_t n = (uint64_t)this_number(call);
    return vvm_done_number(call, n == 0 ? 64 : __builtin_ctzll(n));
}

static enum vvm_outcome number_largest(struct vvm_call *call) { return vvm_done_number(call, INT64_MAX); }
static enum vvm_outcome number_smallest(struct vvm_call *call) { return vvm_done_number(call, INT64_MIN); }

static const struct vvm_builtin methods[] = {
    VVM_ROW_M("toString(radix: Number = 10) -> String", number_to_string, 0, 1,
              "Its digits in a radix from 2 to 36, with small letters and no prefix. ValueError for another radix."),
    VVM_ROW_M("toFloat() -> Float", number_to_float, 0, 0, "The nearest Float; exact up to 2^53."),
    VVM_ROW_M("toNumber() -> Number", number_self, 0, 0, "Itself."),
    VVM_ROW_M("abs() -> Number", number_abs, 0, 0, "Without its sign. OverflowError for -2^63."),
    VVM_ROW_M("sign() -> Number", number_sign, 0, 0, "-1, 0 or 1."),
    VVM_ROW_M("pow(n: Number) -> Number", number_pow, 1, 1,
              "This to the power n, the same as `**`. ValueError if n is negative, OverflowError if the result "
              "does not fit."),
    VVM_ROW_M("min(o: Number | Float) -> Number | Float", number_min, 1, 1,
              "The smaller of the two; a Float if o is one."),
    VVM_ROW_M("max(o: Number | Float) -> Number | Float", number_max, 1, 1,
              "The larger of the two; a Float if o is one."),
    VVM_ROW_M("clamp(lo: Number, hi: Number) -> Number", number_clamp, 2, 2,
              "The nearest Number from lo to hi, both included. ValueError if lo > hi."),
    VVM_ROW_M("floorDiv(o: Number) -> Number", number_floor_div, 1, 1,
              "The quotient rounded down (`/` truncates toward zero). DivisionByZeroError; OverflowError for -2^63 "
              "by -1."),
    VVM_ROW_M("floorMod(o: Number) -> Number", number_floor_mod, 1, 1,
              "What floorDiv leaves over: it has the sign of o (`%` has that of this). DivisionByZeroError."),
    VVM_ROW_M("gcd(o: Number) -> Number", number_gcd, 1, 1,
              "The greatest common divisor, never negative; 0 for two zeros. OverflowError if it is 2^63."),
    VVM_ROW_M("isEven() -> Bool", number_is_even, 0, 0, "Divisible by 2?"),
    VVM_ROW_M("isOdd() -> Bool", number_is_odd, 0, 0, "Not divisible by 2?"),
    VVM_ROW_M("wrappingAdd(o: Number) -> Number", number_wrapping_add, 1, 1,
              "The sum modulo 2^64, as a signed Number."),
    VVM_ROW_M("wrappingSub(o: Number) -> Number", number_wrapping_sub, 1, 1,
              "The difference modulo 2^64, as a signed Number."),
    VVM_ROW_M("wrappingMul(o: Number) -> Number", number_wrapping_mul, 1, 1,
              "The product modulo 2^64, as a signed Number."),
    VVM_ROW_M("bitCount() -> Number", number_bit_count, 0, 0, "How many of its 64 bits are 1."),
    VVM_ROW_M("leadingZeros() -> Number", number_leading_zeros, 0, 0,
              "How many of its 64 bits are 0 before the highest 1; 64 for 0."),
    VVM_ROW_M("trailingZeros() -> Number", number_trailing_zeros, 0, 0,
              "How many of its 64 bits are 0 after the lowest 1; 64 for 0."),
    VVM_ROW_M("bitwiseAnd(o: Number) -> Number", number_and, 1, 1, "The bits that both have, the same as `&`."),
    VVM_ROW_M("bitwiseOr(o: Number) -> Number", number_or, 1, 1, "The bits that one of them has, the same as `|`."),
    VVM_ROW_M("bitwiseXor(o: Number) -> Number", number_xor, 1, 1,
              "The bits that exactly one of them has, the same as `^`."),
    VVM_ROW_M("shiftLeft(n: Number) -> Number", number_shift_left, 1, 1,
              "The bits n places up, those beyond the 64th dropped, the same as `<<`. ValueError unless n is 0 to "
              "63."),
    VVM_ROW_M("shiftRight(n: Number) -> Number", number_shift_right, 1, 1,
              "The bits n places down with the sign kept, the same as `>>`. ValueError unless n is 0 to 63."),
    VVM_ROW_M("floor() -> Number", number_self, 0, 0, "Itself."),
    VVM_ROW_M("ceil() -> Number", number_self, 0, 0, "Itself."),
    VVM_ROW_M("round() -> Number", number_self, 0, 0, "Itself."),
    VVM_ROW_M("toFixed(digits: Number) -> String", number_to_fixed, 1, 1,
              "Its text with that many zeros after the point. ValueError unless digits is 0 to 100."),
    VVM_ROW_M("toChar() -> Char", number_to_char, 0, 0,
              "The Char with this code point. ValueError if there is none: above 0x10FFFF, negative, or a "
              "surrogate."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_M("parse(s: String, radix: Number = 10) -> Result<Number, ParseError>", number_parse, 1, 2,
              "The Number that a text shows: a sign or none, then digits of the radix and nothing else. Err if it "
              "has another form or does not fit; ValueError unless radix is 2 to 36."),
    VVM_ROW_P("MAX -> Number", number_largest, "The largest Number, 2^63 - 1."),
    VVM_ROW_P("MIN -> Number", number_smallest, "The least Number, -2^63."),
};

const struct vvm_builtin_group vvm_number_methods = {VVM_T_NUMBER, false, VVM_ROWS(methods)};
const struct vvm_builtin_group vvm_number_statics = {VVM_T_NUMBER, true, VVM_ROWS(statics)};
