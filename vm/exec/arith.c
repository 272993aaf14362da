/* Arithmetic on what the loop does not do itself: mixed numbers, overflow, and the operators of other types. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

#include <math.h>

enum sign { PLUS, MINUS, TIMES, OVER, MODULO, POWER, APPEND };

static const char *const sign_text[] = {"+", "-", "*", "/", "%", "**", "++"};

struct operands {
    enum sign sign;
    vvm_value x, y;
    uint32_t dst;
    const uint32_t *at;
};

static enum sign sign_of(enum vvm_opcode op)
{
    switch (op) {
    case VVM_OPC_ADD:
    case VVM_OPC_ADD_K:
    case VVM_OPC_ADDI:
    case VVM_OPC_ADDI_K: return PLUS;
    case VVM_OPC_SUB:
    case VVM_OPC_SUB_K:
    case VVM_OPC_SUBI:
    case VVM_OPC_SUBI_K: return MINUS;
    case VVM_OPC_MUL:
    case VVM_OPC_MUL_K:
    case VVM_OPC_MULI:
    case VVM_OPC_MULI_K: return TIMES;
    case VVM_OPC_DIV:
    case VVM_OPC_DIV_K: return OVER;
    case VVM_OPC_MOD:
    case VVM_OPC_MOD_K: return MODULO;
    case VVM_OPC_POW: return POWER;
    default: return APPEND;
    }
}

static bool has_immediate(enum vvm_opcode op)
{
    return op >= VVM_OPC_ADDI && op <= VVM_OPC_MULI_K;
}

static enum vvm_step bad_operands(struct vvm_machine *m, const struct operands *o)
{
    return vvm_fail(m, VVM_T_TYPE_ERROR, "`%s` cannot take %s and %s", sign_text[o->sign], vvm_name_of_type(m, o->x),
                    vvm_name_of_type(m, o->y));
}

/* ---- Numbers ---- */

static enum vvm_step overflow(struct vvm_machine *m, const struct operands *o)
{
    return vvm_fail(m, VVM_T_OVERFLOW_ERROR, "%lld %s %lld does not fit a Number", (long long)o->x.number,
                    sign_text[o->sign], (long long)o->y.number);
}

static bool power(int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;
    while (exponent > 0) {
        if (exponent & 1 && __builtin_mul_overflow(result, base, &result))
            return false;
        exponent >>= 1;
        if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
            return false;
    }
    *out = result;
    return true;
}

static enum vvm_step divide(struct vvm_machine *m, const struct operands *o)
{
    if (o->y.number == 0)
        return vvm_fail(m, VVM_T_DIVISION_BY_ZERO_ERROR, "%lld %s 0", (long long)o->x.number, sign_text[o->sign]);
    if (o->y.number == -1 && o->sign == MODULO)
        return vvm_store(m, o->dst, vvm_number(0));
    if (o->y.number == -1 && o->x.number == INT64_MIN)
        return overflow(m, o);
    int64_t n = o->sign == OVER ? o->x.number / o->y.number : o->x.number % o->y.number;
    return vvm_store(m, o->dst, vvm_number(n));
}

static enum vvm_step numbers(struct vvm_machine *m, const struct operands *o)
{
    int64_t a = o->x.number, b = o->y.number, n = 0;
    bool fits;
    switch (o->sign) {
    case PLUS: fits = !__builtin_add_overflow(a, b, &n); break;
    case MINUS: fits = !__builtin_sub_overflow(a, b, &n); break;
    case TIMES: fits = !__builtin_mul_overflow(a, b, &n); break;
    case OVER:
    case MODULO: return divide(m, o);
    case POWER:
        if (b < 0)
            return vvm_fail(m, VVM_T_VALUE_ERROR, "a Number cannot be raised to the negative power %lld", (long long)b);
        fits = power(a, b, &n);
        break;
    default: return bad_operands(m, o);
    }
    return fits ? vvm_store(m, o->dst, vvm_number(n)) : overflow(m, o);
}

static bool to_float(vvm_value v, double *out)
{
    if (vvm_is_float(v))
        *out = v.real;
    else if (vvm_is_number(v))
        *out = (double)v.number;
    else
        return false;
    return true;
}

static enum vvm_step floats(struct vvm_machine *m, const struct operands *o, double a, double b)
{
    double result;
    switch (o->sign) {
    case PLUS: result = a + b; break;
    case MINUS: result = a - b; break;
    case TIMES: result = a * b; break;
    case OVER: result = a / b; break;
    case MODULO: result = fmod(a, b); break;
    case POWER: result = pow(a, b); break;
    default: return bad_operands(m, o);
    }
    return vvm_store(m, o->dst, vvm_float(result));
}

/* ---- Durations ---- */

static enum vvm_step duration(struct vvm_machine *m, const struct operands *o)
{
    int64_t n = 0;
    bool fits = false;
    if (o->sign == TIMES && vvm_is_plain(o->x, VVM_DURATION) && vvm_is_number(o->y))
        fits = !__builtin_mul_overflow(o->x.number, o->y.number, &n);
    else if (o->sign == TIMES && vvm_is_plain(o->y, VVM_DURATION) && vvm_is_number(o->x))
        fits = !__builtin_mul_overflow(o->x.number, o->y.number, &n);
    else if (o->sign == TIMES && vvm_is_plain(o->x, VVM_DURATION) && vvm_is_float(o->y) &&
             fabs((double)o->x.number * o->y.real) < 9.2e18) {
        n = (int64_t)((double)o->x.number * o->y.real);
        fits = true;
    } else if (o->x.tag != o->y.tag || (o->sign != PLUS && o->sign != MINUS))
        return bad_operands(m, o);
    else
        fits = o->sign == PLUS ? !__builtin_add_overflow(o->x.number, o->y.number, &n)
                               : !__builtin_sub_overflow(o->x.number, o->y.number, &n);
    return fits ? vvm_store(m, o->dst, vvm_duration(n)) : vvm_fail(m, VVM_T_OVERFLOW_ERROR, "the Duration is too long");
}

/* ---- Collections and text ---- */

static enum vvm_step repeat(struct vvm_machine *m, const struct operands *o)
{
    struct vvm_bytes bytes = vvm_string_bytes(&o->x);
    struct vvm_text_builder out;
    size_t total;
    if (o->y.number < 0)
        return vvm_fail(m, VVM_T_VALUE_ERROR, "a String cannot be repeated %lld times", (long long)o->y.number);
    if (__builtin_mul_overflow(bytes.length, (uint64_t)o->y.number, &total) || total > VVM_BYTES_AT_ONCE) {
        vvm_value args[] = {o->x, o->y};
        return vvm_invoke_with(m, vvm_builtin_value(&vvm_repeat_row), false, args, 2, false, false, (uint16_t)o->dst,
                               0);
    }
    vvm_pay_bytes(m, total);
    vvm_text_init(&out);
    vvm_text_add_repeated(&out, bytes.data, bytes.length, (uint64_t)o->y.number);
    return vvm_store_text(m, o->dst, &out);
}

/* Is this the last look at the register? Then what follows gives its count back: a DROP, or, of a parameter this frame
 * owns, the return. */
static bool dies_next(struct vvm_machine *m, const uint32_t *next, uint32_t reg)
{
    const struct vvm_frame *frame = vvm_top(m);
    bool given = reg < VVM_MASK_BITS && reg < frame->function->parameter_count && (frame->given >> reg & 1);
    for (;; next++)
        switch (*next & 0xff) {
        case VVM_OPC_DROP:
            if (vvm_a(next) == reg)
                return true;
            break;
        case VVM_OPC_DROPP:
            if (vvm_a(next) == reg)
                return given;
            break;
        case VVM_OPC_DROP2:
            if (vvm_a(next) == reg)
                return given || !(vvm_c(next) & 1);
            if (vvm_b(next) == reg)
                return given || !(vvm_c(next) & 2);
            break;
        case VVM_OPC_RETURN: return given && vvm_a(next) != reg;
        default: return false;
        }
}

/* The left operand, owned: taken out of its register when it dies here, so that it can grow in place. */
static vvm_value take_left(struct vvm_machine *m, const struct operands *o)
{
    uint32_t reg = vvm_b(o->at);
    if (vvm_c(o->at) == reg || !dies_next(m, o->at + 1, reg))
        return vvm_retain(o->x);
    vvm_registers(m)[reg] = vvm_void();
    return o->x;
}

/* Will nobody else hold x, once the place that is overwritten gives it up? */
static bool will_be_own(vvm_value x, const vvm_value *place)
{
    bool stored = place != NULL && place->tag == x.tag && place->object == x.object && vvm_is_held_twice(x.object);
    return stored || (vvm_is_heap(x) && vvm_is_unique(x.object));
}

/* What is copied of a text is paid for; what takes long is left to a built-in. Consumes x then. */
static bool join_long(struct vvm_machine *m, const struct operands *o, vvm_value x, const vvm_value *place,
                      enum vvm_step *step)
{
    bool own = will_be_own(x, place);
    vvm_pay_bytes(m, vvm_string_bytes(&o->y).length + (own ? 0 : vvm_string_bytes(&x).length));
    if (!vvm_string_joins_slowly(x, o->y, own))
        return false;
    vvm_value args[] = {x, vvm_retain(o->y), vvm_bool(own)};
    *step = vvm_invoke_with(m, vvm_builtin_value(&vvm_concat_row), false, args, 3, true, false, (uint16_t)o->dst, 0);
    return true;
}

/* `s = s + t`: a variable outside of the frame holds a second count, which goes when it is overwritten. */
static enum vvm_step join(struct vvm_machine *m, const struct operands *o)
{
    size_t more = vvm_string_bytes(&o->y).length, total = vvm_string_bytes(&o->x).length + more;
    enum vvm_step step;
    if (total > VVM_STRING_BYTES_MAX)
        return vvm_fail_too_long(m);
    vvm_value x = take_left(m, o);
    vvm_value *place = vvm_is_heap(x) ? vvm_overwritten(m, o->at + 1, o->dst, VVM_STRING) : NULL;
    if (total >= VVM_PAID_BYTES && join_long(m, o, x, place, &step))
        return step;
    if (place != NULL)
        vvm_string_take_from(place, &x, more);
    return vvm_store(m, o->dst, vvm_string_concat(x, o->y));
}

static enum vvm_step join_lists(struct vvm_machine *m, const struct operands *o)
{
    vvm_value x = take_left(m, o);
    const struct vvm_list *left = x.object, *right = o->y.object;
    if (left->length + right->length > VVM_CHARGED_FROM) {
        bool own = will_be_own(x, vvm_overwritten(m, o->at + 1, o->dst, VVM_LIST)) && left->buffer != NULL &&
                   vvm_is_unique(&left->buffer->header);
        vvm_pay_elements(m, right->length + (own ? 0 : left->length));
        if (vvm_list_joins_slowly(left, right, own)) {
            vvm_value args[] = {x, vvm_retain(o->y), vvm_bool(own)};
            return vvm_invoke_with(m, vvm_builtin_value(&vvm_list_concat_row), false, args, 3, true, false,
                                   (uint16_t)o->dst, 0);
        }
    }
    vvm_leave_place_to_join(m, o->at + 1, o->dst, x, o->y);
    return vvm_store(m, o->dst, vvm_list_concat(x, vvm_retain(o->y)));
}

static enum vvm_step add_pair(struct vvm_machine *m, const struct operands *o)
{
    const struct vvm_tuple *pair = o->y.object;
    uint64_t hash;
    if (pair->length != 2)
        return bad_operands(m, o);
    enum vvm_truth truth = vvm_hash(pair->items[0], &hash);
    if (truth == VVM_NEEDS_CALL) {
        vvm_value args[] = {take_left(m, o), vvm_retain(pair->items[0]), vvm_retain(pair->items[1])};
        return vvm_invoke_core_owned(m, VVM_CORE_DICT_SET, args, 3, o->dst);
    }
    if (truth != VVM_TRUE)
        return vvm_bad_key(m, pair->items[0]);
    return vvm_store(m, o->dst, vvm_dict_set(take_left(m, o), vvm_retain(pair->items[0]), hash,
                                             vvm_retain(pair->items[1])));
}

static enum vvm_step others(struct vvm_machine *m, const struct operands *o)
{
    uint32_t x = (uint32_t)(o->x.tag & 0xffff), y = (uint32_t)(o->y.tag & 0xffff);
    bool plus = o->sign == PLUS;
    if (plus && vvm_is_string(o->x) && vvm_is_string(o->y))
        return join(m, o);
    if (o->sign == TIMES && vvm_is_string(o->x) && vvm_is_number(o->y))
        return repeat(m, o);
    if ((plus || o->sign == APPEND) && x == VVM_LIST && y == VVM_LIST)
        return join_lists(m, o);
    if (x == VVM_DURATION || y == VVM_DURATION)
        return duration(m, o);
    if (plus && x == y && (x == VVM_DICT || x == VVM_SET))
        return vvm_unite(m, o->dst, take_left(m, o), o->y);
    if (plus && x == VVM_DICT && y == VVM_TUPLE)
        return add_pair(m, o);
    if (o->sign == MINUS && x == VVM_SET && y == VVM_SET)
        return vvm_subtract(m, o->dst, take_left(m, o), o->y);
    return bad_operands(m, o);
}

static enum vvm_step operator_method(struct vvm_machine *m, const struct operands *o)
{
    static const enum vvm_name operators[] = {VVM_NAME_ADD, VVM_NAME_SUB, VVM_NAME_MUL, VVM_NAME_DIV, VVM_NAME_MOD};
    vvm_value method = o->sign <= MODULO ? vvm_find_method(m, o->x, operators[o->sign]) : vvm_unset();
    if (vvm_is_unset(method))
        return bad_operands(m, o);
    vvm_value args[] = {o->x, o->y};
    return vvm_invoke_with(m, method, false, args, 2, false, true, (uint16_t)o->dst, 0);
}

static bool is_record(vvm_value v)
{
    return vvm_is_plain(v, VVM_INSTANCE) || vvm_is_plain(v, VVM_STRUCT) || vvm_is_plain(v, VVM_ENUM) ||
           vvm_is_plain(v, VVM_VARIANT);
}

enum vvm_step vvm_step_arith(struct vvm_machine *m, const uint32_t *at)
{
    enum vvm_opcode op = *at & 0xff;
    vvm_value *R = vvm_registers(m);
    struct operands o = {.sign = sign_of(op), .x = R[vvm_b(at)], .dst = vvm_a(at), .at = at};
    o.y = has_immediate(op) ? vvm_number((int8_t)vvm_c(at)) : R[vvm_c(at)];
    double a, b;
    if (vvm_is_number(o.x) && vvm_is_number(o.y))
        return numbers(m, &o);
    if (to_float(o.x, &a) && to_float(o.y, &b))
        return floats(m, &o, a, b);
    if (is_record(o.x))
        return operator_method(m, &o);
    return others(m, &o);
}

/* ---- Bits and signs ---- */

enum vvm_step vvm_step_bits(struct vvm_machine *m, const uint32_t *at)
{
    enum vvm_opcode op = *at & 0xff;
    vvm_value x = vvm_registers(m)[vvm_b(at)], y = vvm_registers(m)[vvm_c(at)];
    if (!vvm_is_number(x) || !vvm_is_number(y))
        return vvm_fail(m, VVM_T_TYPE_ERROR, "bits are those of Numbers, got %s and %s", vvm_name_of_type(m, x),
                        vvm_name_of_type(m, y));
    if (y.number < 0 || y.number > 63)
        return vvm_fail(m, VVM_T_VALUE_ERROR, "a shift count is 0 to 63, got %lld", (long long)y.number);
    uint64_t bits = (uint64_t)x.number;
    int64_t n = op == VVM_OPC_SHL    ? (int64_t)(bits << y.number)
                : op == VVM_OPC_USHR ? (int64_t)(bits >> y.number)
                                     : x.number >> y.number;
    return vvm_store(m, vvm_a(at), vvm_number(n));
}

enum vvm_step vvm_step_negate(struct vvm_machine *m, const uint32_t *at)
{
    bool bits = (*at & 0xff) == VVM_OPC_BNOT;
    vvm_value x = vvm_registers(m)[vvm_b(at)];
    if (vvm_is_number(x) && bits)
        return vvm_store(m, vvm_a(at), vvm_number(~x.number));
    if (vvm_is_number(x) && x.number == INT64_MIN)
        return vvm_fail(m, VVM_T_OVERFLOW_ERROR, "-(%lld) does not fit a Number", (long long)x.number);
    if (vvm_is_number(x))
        return vvm_store(m, vvm_a(at), vvm_number(-x.number));
    if (vvm_is_float(x) && !bits)
        return vvm_store(m, vvm_a(at), vvm_float(-x.real));
    if (vvm_is_plain(x, VVM_DURATION) && !bits && x.number != INT64_MIN)
        return vvm_store(m, vvm_a(at), vvm_duration(-x.number));
    return vvm_fail(m, VVM_T_TYPE_ERROR, "`%s` cannot take a %s", bits ? "~" : "-", vvm_name_of_type(m, x));
}

enum vvm_step vvm_step_not_bool(struct vvm_machine *m, const uint32_t *at)
{
    uint32_t reg = (*at & 0xff) == VVM_OPC_NOT ? vvm_b(at) : vvm_a(at);
    return vvm_fail(m, VVM_T_TYPE_ERROR, "a condition must be a Bool, got %s",
                    vvm_name_of_type(m, vvm_registers(m)[reg]));
}
