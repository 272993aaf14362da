#include "vm/value/object.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A finite, positive float as digits d1 d2 ... dn (no zero at the end) and decimal exponent x:
 * d1.d2...dn * 10^x. */
struct decimal {
    char digits[24];
    int count;
    int exponent;
};

static bool reads_back(double d, int digits, char *text, size_t size)
{
    snprintf(text, size, "%.*e", digits - 1, d);
    return strtod(text, NULL) == d;
}

/* Any decimal of up to 15 digits survives the way through a normal double, so 15 digits show the shortest form
 * up to zeros at its end; subnormals have fewer digits and are tried from one up. */
static struct decimal shortest(double d)
{
    char text[40];
    int digits = d < 0x1p-1022 ? 1 : 15;
    while (digits < 17 && !reads_back(d, digits, text, sizeof text))
        digits++;
    if (digits == 17)
        snprintf(text, sizeof text, "%.16e", d);
    struct decimal result = {.count = 0};
    char *p = text;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9')
            result.digits[result.count++] = *p;
    }
    result.exponent = atoi(p + 1);
    while (result.count > 1 && result.digits[result.count - 1] == '0')
        result.count--;
    return result;
}

static void add_zeros(struct vvm_text_builder *out, int count)
{
    for (; count > 0; count--)
        vvm_text_add(out, "0", 1);
}

/* 1.5e-7, 1e16 */
static void add_scientific(struct vvm_text_builder *out, const struct decimal *decimal)
{
    vvm_text_add(out, decimal->digits, 1);
    if (decimal->count > 1) {
        vvm_text_add(out, ".", 1);
        vvm_text_add(out, decimal->digits + 1, (size_t)decimal->count - 1);
    }
    vvm_text_add_format(out, "e%d", decimal->exponent);
}

static void add_fraction(struct vvm_text_builder *out, const struct decimal *decimal)
{
    vvm_text_add_c(out, "0.");
    add_zeros(out, -decimal->exponent - 1);
    vvm_text_add(out, decimal->digits, (size_t)decimal->count);
}

/* 3.0, 12.75 */
static void add_plain(struct vvm_text_builder *out, const struct decimal *decimal)
{
    int whole = decimal->exponent + 1;
    int given = decimal->count < whole ? decimal->count : whole;
    vvm_text_add(out, decimal->digits, (size_t)given);
    add_zeros(out, whole - given);
    vvm_text_add(out, ".", 1);
    if (decimal->count > whole)
        vvm_text_add(out, decimal->digits + whole, (size_t)(decimal->count - whole));
    else
        vvm_text_add(out, "0", 1);
}

void vvm_text_float(double d, struct vvm_text_builder *out)
{
    if (isnan(d)) {
        vvm_text_add_c(out, "NaN");
        return;
    }
    if (signbit(d))
        vvm_text_add(out, "-", 1);
    d = fabs(d);
    if (isinf(d)) {
        vvm_text_add_c(out, "Infinity");
    } else if (d < 1e15 && d == (double)(int64_t)d) {
        vvm_text_add_format(out, "%lld.0", (long long)d);
    } else {
        struct decimal decimal = shortest(d);
        if (decimal.exponent < -4 || decimal.exponent >= 16)
            add_scientific(out, &decimal);
        else if (decimal.exponent < 0)
            add_fraction(out, &decimal);
        else
            add_plain(out, &decimal);
    }
}
