/* Floats and decimals, exactly, where 128 bits are enough: a product or quotient of up to 64 bits by a power of ten of
 * at most VVM_DECIMAL_PLACES places, rounded once, to nearest, ties to even. Some ten nanoseconds; no memory. */
#ifndef VVM_DECIMAL_H
#define VVM_DECIMAL_H

#include <stdint.h>

#define VVM_DECIMAL_PLACES 27 /* 5^27 is the largest power of 5 that fits 64 bits */

/* digits * 10^exponent; digits is not 0, exponent from -VVM_DECIMAL_PLACES to VVM_DECIMAL_PLACES. */
double vvm_decimal_to_float(uint64_t digits, int exponent);

/* d * 10^places for 0 <= places <= VVM_DECIMAL_PLACES; d is normal and positive, and the product below 2^63. */
uint64_t vvm_decimal_of_float(double d, int places);

#endif
