/* List: sums and means, left to right (language.md 8.6). */
#include "vm/core/core.h"

/* A sum or product that is a Number until it meets a Float. */
struct total {
    bool exact, product;
    int64_t number;
    double real;
};

static bool add_number(struct total *total, int64_t n)
{
    if (!total->exact) {
        total->real = total->product ? total->real * (double)n : total->real + (double)n;
        return true;
    }
    return total->product ? !__builtin_mul_overflow(total->number, n, &total->number)
                          : !__builtin_add_overflow(total->number, n, &total->number);
}

static void add_float(struct total *total, double d)
{
    if (total->exact)
        total->real = (double)total->number;
    total->exact = false;
    total->real = total->product ? total->real * d : total->real + d;
}

static bool sum_numbers(struct total *total, const int64_t *numbers, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        if (!add_number(total, numbers[i]))
            return false;
    }
    return true;
}

static enum vvm_outcome not_a_number(struct vvm_call *call, vvm_value v)
{
    return vvm_throw(call, VVM_T_TYPE_ERROR, "%.*s() needs Numbers and Floats, got a %s",
                     (int)strcspn(call->builtin->signature, "("), call->builtin->signature, vvm_kind_name(call, v));
}

/* False: thrown. */
static bool add_values(struct vvm_call *call, struct total *total, const struct vvm_list *list, size_t start,
                       size_t end)
{
    for (size_t i = start; i < end; i++) {
        vvm_value v = vvm_list_get_fast(list, i);
        if (vvm_is_float(v))
            add_float(total, v.real);
        else if (!vvm_is_number(v))
            return not_a_number(call, v), false;
        else if (!add_number(total, v.number))
            return vvm_throw_overflow(call, total->product ? "product()" : "sum()"), false;
    }
    return true;
}

static vvm_value value_of(const struct total *total)
{
    return total->exact ? vvm_number(total->number) : vvm_float(total->real);
}

/* The total of the portions before this one stands in slot 0. */
static enum vvm_outcome total_of(struct vvm_call *call, struct total total)
{
    const struct vvm_list *list = call->args[0].object;
    size_t begin = call->stage, end = vvm_portion(call, list->length);
    if (begin != 0) {
        total.exact = vvm_is_number(call->slots[0]);
        if (total.exact)
            total.number = call->slots[0].number;
        else
            total.real = call->slots[0].real;
    }
    if (list->length > 0 && list->header.extra == VVM_ELEMENTS_NUMBER) {
        if (!sum_numbers(&total, list->buffer->numbers + list->offset, begin, end))
            return vvm_throw_overflow(call, total.product ? "product()" : "sum()");
    } else if (!add_values(call, &total, list, begin, end)) {
        return VVM_THROW;
    }
    if (end == list->length)
        return vvm_charge(call, vvm_done(call, value_of(&total)), end - begin);
    call->slots[0] = value_of(&total);
    return vvm_again(call, end);
}

static enum vvm_outcome list_sum(struct vvm_call *call)
{
    return total_of(call, (struct total){.exact = true});
}

static enum vvm_outcome list_product(struct vvm_call *call)
{
    return total_of(call, (struct total){.exact = true, .product = true, .number = 1});
}

/* Of Numbers the exact sum: its halves stand in two slots. */
static enum vvm_outcome average_of_numbers(struct vvm_call *call, const struct vvm_list *list)
{
    size_t begin = call->stage, end = vvm_portion(call, list->length);
    __int128 sum = 0;
    if (begin != 0)
        sum = (__int128)((unsigned __int128)(uint64_t)call->slots[0].number << 64 | (uint64_t)call->slots[1].number);
    for (size_t i = begin; i < end; i++)
        sum += list->buffer->numbers[list->offset + i];
    if (end == list->length)
        return vvm_charge(call, vvm_done_some(call, vvm_float((double)sum / (double)list->length)), end - begin);
    call->slots[0] = vvm_number((int64_t)(uint64_t)((unsigned __int128)sum >> 64));
    call->slots[1] = vvm_number((int64_t)(uint64_t)sum);
    return vvm_again(call, end);
}

static enum vvm_outcome list_average(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    if (list->length == 0)
        return vvm_done_none(call);
    if (list->header.extra == VVM_ELEMENTS_NUMBER)
        return average_of_numbers(call, list);
    size_t begin = call->stage, end = vvm_portion(call, list->length);
    struct total total = {.exact = false, .real = begin != 0 ? call->slots[0].real : 0};
    if (!add_values(call, &total, list, begin, end))
        return VVM_THROW;
    if (end == list->length)
        return vvm_charge(call, vvm_done_some(call, vvm_float(total.real / (double)list->length)), end - begin);
    call->slots[0] = vvm_float(total.real);
    return vvm_again(call, end);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("sum() -> Number | Float", list_sum, 0, 0, 0, 1,
              "The sum from left to right, 0 if it is empty; OverflowError."),
    VVM_ROW_F("product() -> Number | Float", list_product, 0, 0, 0, 1,
              "The product from left to right, 1 if it is empty; OverflowError."),
    VVM_ROW_F("average() -> Option<Float>", list_average, 0, 0, 0, 2, "The mean, or None if it is empty."),
};

const struct vvm_builtin_group vvm_list_numbers = {VVM_T_LIST, false, VVM_ROWS(methods)};
