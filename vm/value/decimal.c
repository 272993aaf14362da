#include "vm/value/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef unsigned __int128 wide;

static const uint64_t fives[VVM_DECIMAL_PLACES + 1] = {
    1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u, 244140625u, 1220703125u,
    6103515625u, 30517578125u, 152587890625u, 762939453125u, 3814697265625u, 19073486328125u, 95367431640625u,
    476837158203125u, 2384185791015625u, 11920928955078125u, 59604644775390625u, 298023223876953125u,
    1490116119384765625u, 7450580596923828125u,
};

/* bits / 2^dropped, 0 < dropped < 128; `rest`: it is a little more than that. */
static uint64_t rounded(wide bits, int dropped, bool rest)
{
    wide half = (wide)1 << (dropped - 1), tail = bits & ((half << 1) - 1);
    uint64_t kept = (uint64_t)(bits >> dropped);
    return kept + (tail > half || (tail == half && (rest || (kept & 1))));
}

static int bit_length(wide bits)
{
    uint64_t high = (uint64_t)(bits >> 64);
    return high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)bits);
}

/* bits * 2^scale; only more than 53 bits come with a rest. */
static double round_bits(wide bits, int scale, bool rest)
{
    int dropped = bit_length(bits) - 53;
    if (dropped <= 0)
        return ldexp((double)(uint64_t)bits, scale);
    return ldexp((double)rounded(bits, dropped, rest), scale + dropped);
}

double vvm_decimal_to_float(uint64_t digits, int exponent)
{
    if (exponent >= 0)
        return round_bits((wide)digits * fives[exponent], exponent, false);
    uint64_t five = fives[-exponent];
    int up = __builtin_clzll(digits);
    wide dividend = (wide)(digits << up) << 60; /* so that the quotient has at least 60 bits */
    wide quotient = dividend / five;
    return round_bits(quotient, exponent - up - 60, quotient * five != dividend);
}

uint64_t vvm_decimal_of_float(double d, int places)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    wide product = (wide)((bits & ((1ull << 52) - 1)) | 1ull << 52) * fives[places];
    int scale = (int)(bits >> 52) - 1075 + places;
    if (scale >= 0)
        return (uint64_t)(product << scale);
    return scale > -128 ? rounded(product, -scale, false) : 0;
}
