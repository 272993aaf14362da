/* Private to vm/value: comparing a Number with a Float by exact value (6.3, 6.4). */
#ifndef VVM_EXACT_H
#define VVM_EXACT_H

#include <stdbool.h>
#include <stdint.h>

static inline bool vvm_exact_equal(int64_t n, double d)
{
    return d >= -0x1p63 && d < 0x1p63 && (double)(int64_t)d == d && (int64_t)d == n;
}

/* Sign of n - d; d is no NaN. */
static inline int vvm_exact_order(int64_t n, double d)
{
    if (d >= 0x1p63)
        return -1;
    if (d < -0x1p63)
        return 1;
    int64_t whole = (int64_t)d;
    if (n != whole)
        return n < whole ? -1 : 1;
    double rest = d - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

#endif
