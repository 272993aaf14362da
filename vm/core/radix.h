/* Sorting packed elements by their bits, byte by byte from the last one. */
#ifndef VVM_RADIX_H
#define VVM_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In place, ascending; n > 0. False: no memory, and the order is what it was. */
bool vvm_radix_numbers(int64_t *numbers, size_t n);
/* Only where vvm_radix_fits: no NaN and no -0.0, which the bits would put elsewhere than the order of Floats. */
bool vvm_radix_floats(double *floats, size_t n);
bool vvm_radix_fits(const double *floats, size_t n);

#endif
