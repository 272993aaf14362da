/* Chance: one generator per isolate (language.md 8.13), so that what a program draws does not depend on the thread
 * that happens to run it. The algorithm is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), seeded from the runtime's seed and the isolate's id, which follows from its parent and the
 * number of the spawn: a run with VELA_SEED draws the same numbers again. */
#include "vm/core/random.h"

#include "runtime/base/alloc.h"
#include "runtime/base/choice.h"
#include "vm/core/core.h"
#include "vm/exec/isolate.h"

static uint64_t rotated(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

/* The isolate's generator, seeded when it is first used; NULL without memory, or outside of any isolate. */
static uint64_t *generator_of(struct vvm_isolate *isolate)
{
    struct vvm_isolate_more *more = isolate != NULL ? vvm_isolate_need_more(isolate) : NULL;
    if (more == NULL || more->random != NULL)
        return more == NULL ? NULL : more->random;
    uint64_t *state = more->random = vrt_alloc(VVM_RANDOM_WORDS * sizeof *state);
    for (uint64_t i = 0; state != NULL && i < VVM_RANDOM_WORDS; i++)
        state[i] = vrt_mix(vrt_mix(isolate->base.runtime->seed, isolate->base.id), i + 1);
    return state;
}

uint64_t vvm_random_word(struct vvm_isolate *isolate)
{
    uint64_t *s = generator_of(isolate);
    if (s == NULL)
        return vrt_random(); /* the thread's */
    uint64_t word = rotated(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return word;
}

uint64_t vvm_random_below(struct vvm_isolate *isolate, uint64_t n)
{
    uint64_t word, least = n == 0 ? 0 : (0 - n) % n;
    do /* throws away what would favour some numbers */
        word = vvm_random_word(isolate);
    while (word < least);
    return n == 0 ? word : word % n;
}

static double random_real(struct vvm_isolate *isolate)
{
    return (double)(vvm_random_word(isolate) >> 11) * 0x1p-53;
}

static enum vvm_outcome random_float(struct vvm_call *call)
{
    return vvm_done_float(call, random_real(call->isolate));
}

static enum vvm_outcome random_int(struct vvm_call *call)
{
    int64_t low, high;
    if (!vvm_want_number(call, 0, &low) || !vvm_want_number(call, 1, &high))
        return VVM_THROW;
    if (low > high)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "int() needs lo <= hi, got %lld and %lld", (long long)low, (long long)high);
    uint64_t count = (uint64_t)high - (uint64_t)low + 1; /* 0: all 2^64 */
    return vvm_done_number(call, (int64_t)((uint64_t)low + vvm_random_below(call->isolate, count)));
}

static enum vvm_outcome random_bool(struct vvm_call *call)
{
    double p = 0.5;
    if (!vvm_is_unset(call->args[0]) && !vvm_want_float(call, 0, &p))
        return VVM_THROW;
    return vvm_done_bool(call, random_real(call->isolate) < p);
}

static const struct vvm_builtin functions[] = {
    VVM_ROW_E("random() -> Float", random_float, 0, 0, "A random Float x with 0 <= x < 1."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_E("next() -> Float", random_float, 0, 0, "The same as random()."),
    VVM_ROW_E("int(lo: Number, hi: Number) -> Number", random_int, 2, 2, "A random Number from lo to hi, both included."),
    VVM_ROW_E("bool(p: Float = 0.5) -> Bool", random_bool, 0, 1, "True with probability p."),
};

const struct vvm_builtin_group vvm_random_functions = {VVM_TYPE_NO_ID, false, VVM_ROWS(functions)};
const struct vvm_builtin_group vvm_random_statics = {VVM_T_RANDOM, true, VVM_ROWS(statics)};
