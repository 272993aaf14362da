#include "vm/value/decimal.h"
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

/* Few decimals, as in most numbers that people write: m / 10^k is rounded once, since m and 10^k are exact, so if
 * it gives d then the digits of m read back; with at most 15 digits no other decimal so short does. */
static bool few_decimals(double d, struct decimal *result)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (!(d >= 1e-4 && d < 1e6))
        return false;
    for (int k = 1; k < 10; k++) {
        int64_t m = (int64_t)(d * powers[k] + 0.5);
        if (m > 999999999999999)
            return false;
        if ((double)m / powers[k] != d)
            continue;
        char digits[24];
        result->count = snprintf(digits, sizeof digits, "%lld", (long long)m);
        memcpy(result->digits, digits, (size_t)result->count);
        result->exponent = result->count - 1 - k;
        return true;
    }
    return false;
}

static void set_digits(struct decimal *result, uint64_t m, int places)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)m);
    result->exponent = length - 1 - places;
    while (length > 1 && digits[length - 1] == '0')
        length--;
    memcpy(result->digits, digits, (size_t)length);
    result->count = length;
}

/* Floats of usual size: 15, 16 or at last 17 digits, by whole numbers alone. */
static bool usual_size(double d, struct decimal *result)
{
    if (!(d >= 1e-9 && d < 1e15))
        return false;
    int places = 16 - (int)floor(log10(d));
    uint64_t m = vvm_decimal_of_float(d, places); /* log10 may be off by one: then m has 16 or 18 digits */
    places += m < 10000000000000000u ? 1 : m >= 100000000000000000u ? -1 : 0;
    for (int less = 2; less > 0; less--) {
        m = vvm_decimal_of_float(d, places - less);
        if (vvm_decimal_to_float(m, less - places) == d) {
            set_digits(result, m, places - less);
            return true;
        }
    }
    set_digits(result, vvm_decimal_of_float(d, places), places);
    return true;
}

/* The first `count` digits of the text that %e printed, without zeros at the end. */
static struct decimal decimal_of(const char *text, int count)
{
    struct decimal result = {.count = 0};
    const char *p = text;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9' && result.count < count)
            result.digits[result.count++] = *p;
    }
    result.exponent = atoi(p + 1);
    while (result.count > 1 && result.digits[result.count - 1] == '0')
        result.count--;
    return result;
}

static bool prints_back(double d, int digits, struct decimal *result)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, d);
    *result = decimal_of(text, digits);
    return strtod(text, NULL) == d;
}

/* Up by one in the last place. */
static void count_up(struct decimal *decimal)
{
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9')
        decimal->digits[i--] = '0';
    if (i >= 0) {
        decimal->digits[i]++;
    } else {
        decimal->digits[0] = '1';
        decimal->exponent++;
    }
}

static bool decimal_reads_back(const struct decimal *decimal, double d)
{
    char text[40];
    snprintf(text, sizeof text, "%.*se%d", decimal->count, decimal->digits, decimal->exponent - decimal->count + 1);
    return strtod(text, NULL) == d;
}

/* Rounds the 17 digits of d in `text` to fewer, which is rounding d itself unless what is cut off looks like a half. */
static bool rounds_back(double d, const char *text, int digits, struct decimal *result)
{
    const char *cut = text + 1 + digits; /* behind the point */
    if (cut[0] == '5' && (cut[1] == 'e' || (cut[1] == '0' && cut[2] == 'e')))
        return prints_back(d, digits, result);
    *result = (struct decimal){.count = digits, .exponent = atoi(strchr(text, 'e') + 1)};
    result->digits[0] = text[0];
    memcpy(result->digits + 1, text + 2, (size_t)digits - 1);
    if (cut[0] >= '5')
        count_up(result);
    while (result->count > 1 && result->digits[result->count - 1] == '0')
        result->count--;
    return decimal_reads_back(result, d);
}

/* Any decimal of up to 15 digits survives the way through a normal double, so 15 digits show the shortest form
 * up to zeros at its end, and 17 always read back; subnormals have fewer digits and are tried from one up. */
static struct decimal shortest(double d)
{
    struct decimal result;
    if (d < 0x1p-1022) {
        for (int digits = 1; !prints_back(d, digits, &result); digits++) {
        }
        return result;
    }
    char text[40];
    snprintf(text, sizeof text, "%.16e", d);
    if (rounds_back(d, text, 15, &result) || rounds_back(d, text, 16, &result))
        return result;
    return decimal_of(text, 17);
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
        struct decimal decimal;
        if (!few_decimals(d, &decimal) && !usual_size(d, &decimal))
            decimal = shortest(d);
        if (decimal.exponent < -4 || decimal.exponent >= 16)
            add_scientific(out, &decimal);
        else if (decimal.exponent < 0)
            add_fraction(out, &decimal);
        else
            add_plain(out, &decimal);
    }
}
