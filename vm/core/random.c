/* Chance (language.md 8.13): one generator per isolate, so that what a program draws does not depend on the thread
 * that happens to run it, and the generators that programs make with Random(seed). The algorithm is xoshiro256**
 * (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). An isolate's is seeded from the
 * runtime's seed and the isolate's id, which follows from its parent and the number of the spawn: a run with VELA_SEED
 * draws the same numbers again. A generator of a program is a handle over its state; it has one owner, the isolate
 * that made it, and is not sendable. */
#include "vm/core/random.h"

#include "runtime/base/alloc.h"
#include "runtime/base/choice.h"
#include "vm/core/core.h"
#include "vm/exec/isolate.h"

static uint64_t rotated(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t *new_state(uint64_t seed)
{
    uint64_t *state = vrt_alloc(VVM_RANDOM_WORDS * sizeof *state);
    for (uint64_t i = 0; state != NULL && i < VVM_RANDOM_WORDS; i++)
        state[i] = vrt_mix(seed, i + 1);
    return state;
}

/* The isolate's generator, seeded when it is first used; NULL without memory, or outside of any isolate. */
static uint64_t *generator_of(struct vvm_isolate *isolate)
{
    struct vvm_isolate_rare *rare = isolate != NULL ? vvm_isolate_need_rare(isolate) : NULL;
    if (rare == NULL || rare->random != NULL)
        return rare == NULL ? NULL : rare->random;
    return rare->random = new_state(vrt_mix(isolate->base.runtime->seed, isolate->base.id));
}

/* Without a state the thread's own generator answers. */
static uint64_t next_word(uint64_t *s)
{
    if (s == NULL)
        return vrt_random();
    uint64_t word = rotated(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return word;
}

uint64_t vvm_random_word(struct vvm_isolate *isolate)
{
    return next_word(generator_of(isolate));
}

/* One of 0 .. n-1, uniformly; n = 0 means 2^64. */
static uint64_t below(uint64_t *state, uint64_t n)
{
    uint64_t word, least = n == 0 ? 0 : (0 - n) % n;
    do /* throws away what would favour some numbers */
        word = next_word(state);
    while (word < least);
    return n == 0 ? word : word % n;
}

/* ---- Lists ---- */

static vvm_value swapped(vvm_value list, size_t i, size_t j)
{
    vvm_value a = vvm_retain(vvm_list_get(list, i)), b = vvm_retain(vvm_list_get(list, j));
    list = vvm_list_set(list, i, b);
    if (!vvm_is_unset(list))
        return vvm_list_set(list, j, a);
    vvm_release(a);
    return list;
}

/* Puts elements [start, end), each drawn from those that are left, in their places. */
static vvm_value draw_part(uint64_t *state, vvm_value list, size_t start, size_t end)
{
    for (size_t i = start, length = vvm_list_length(list); i < end && !vvm_is_unset(list); i++) {
        size_t j = i + below(state, length - i);
        if (j != i)
            list = swapped(list, i, j);
    }
    return list;
}

static vvm_value draw_first(uint64_t *state, vvm_value list, size_t count) { return draw_part(state, list, 0, count); }

vvm_value vvm_random_shuffle(struct vvm_isolate *isolate, vvm_value list)
{
    return draw_first(generator_of(isolate), list, vvm_list_length(list));
}

uint64_t *vvm_random_state(struct vvm_isolate *isolate) { return generator_of(isolate); }

/* One's own List is changed where it is, another one is copied first. */
static bool begin_draw(struct vvm_call *call, vvm_value *owned_list)
{
    const struct vvm_list *list = owned_list->object;
    call->slots[0] = vvm_list_is_own(list) ? vvm_take(owned_list) : vvm_list_new(list->length, list->header.extra);
    return !vvm_is_unset(call->slots[0]);
}

enum vvm_outcome vvm_random_draw(struct vvm_call *call, vvm_value *owned_list, uint64_t *state, size_t count)
{
    if (vvm_is_unset(call->slots[0]) && !begin_draw(call, owned_list))
        return vvm_throw_memory(call);
    size_t done = vvm_list_length(call->slots[0]),
           length = vvm_is_unset(*owned_list) ? done : vvm_list_length(*owned_list);
    if (done < length) {
        size_t part = length - done < VVM_PORTION_OF_VALUES ? length - done : VVM_PORTION_OF_VALUES;
        call->slots[0] = vvm_list_add_part(vvm_take(&call->slots[0]), *owned_list, done, part);
        return vvm_is_unset(call->slots[0]) ? vvm_throw_memory(call) : vvm_again(call, 0);
    }
    count = count < length ? count : length;
    size_t end = vvm_portion_of_values(call, count);
    call->slots[0] = draw_part(state, vvm_take(&call->slots[0]), call->stage, end);
    if (vvm_is_unset(call->slots[0]))
        return vvm_throw_memory(call);
    return end < count ? vvm_again(call, end) : vvm_return(call, vvm_list_slice(vvm_take(&call->slots[0]), 0, count));
}

/* ---- Built-ins: of the namespace (the isolate's generator) and of a generator that the program made ---- */

static uint64_t *state_of(const struct vvm_call *call)
{
    return call->is_method ? ((struct vvm_handle *)call->args[0].object)->native : generator_of(call->isolate);
}

static uint32_t first_argument(const struct vvm_call *call)
{
    return call->is_method ? 1 : 0;
}

static double real_below_one(uint64_t *state)
{
    return (double)(next_word(state) >> 11) * 0x1p-53;
}

static enum vvm_outcome random_float(struct vvm_call *call)
{
    return vvm_done_float(call, real_below_one(state_of(call)));
}

static enum vvm_outcome random_int(struct vvm_call *call)
{
    int64_t low, high;
    uint32_t at = first_argument(call);
    if (!vvm_want_number(call, at, &low) || !vvm_want_number(call, at + 1, &high))
        return VVM_THROW;
    if (low > high)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "int() needs lo <= hi, got %lld and %lld", (long long)low,
                         (long long)high);
    uint64_t count = (uint64_t)high - (uint64_t)low + 1; /* 0: all 2^64 */
    return vvm_done_number(call, (int64_t)((uint64_t)low + below(state_of(call), count)));
}

static enum vvm_outcome random_bool(struct vvm_call *call)
{
    double p = 0.5;
    uint32_t at = first_argument(call);
    if (vvm_has_argument(call, at) && !vvm_want_float(call, at, &p))
        return VVM_THROW;
    if (!(p >= 0 && p <= 1))
        return vvm_throw(call, VVM_T_VALUE_ERROR, "bool() takes a probability from 0 to 1");
    return vvm_done_bool(call, real_below_one(state_of(call)) < p);
}

/* A Range is not spread out for one of its Numbers. */
static enum vvm_outcome random_choice(struct vvm_call *call)
{
    vvm_value list, from = call->args[first_argument(call)];
    if (vvm_is_plain(from, VVM_RANGE)) {
        const struct vvm_range *range = from.object;
        if (range->length == 0)
            return vvm_done_none(call);
        return vvm_done_some(call, vvm_number(vvm_range_at(range, below(state_of(call), range->length))));
    }
    if (!vvm_want_items(call, first_argument(call), &list))
        return VVM_THROW;
    size_t length = vvm_list_length(list);
    vvm_value chosen =
        length == 0 ? vvm_none() : vvm_some(vvm_retain(vvm_list_get(list, below(state_of(call), length))));
    vvm_release(list);
    return vvm_return(call, chosen);
}

enum { DRAWN, FROM, DRAW_SLOTS };
#define HAS_ITEMS UINT32_MAX /* stage: the items of a large collection have come */

/* The items to draw from, in slot FROM; DONE: they are there. */
static enum vvm_outcome want_drawn(struct vvm_call *call)
{
    uint32_t at = first_argument(call);
    if (call->stage == HAS_ITEMS) {
        call->slots[FROM] = vvm_take_resumed(call);
        call->stage = 0;
    }
    if (!vvm_is_unset(call->slots[FROM]) || !vvm_is_unset(call->slots[DRAWN]))
        return VVM_DONE;
    if (vvm_items_take_long(call->args[at]))
        return vvm_ask_items(call, at, HAS_ITEMS);
    return vvm_want_items(call, at, &call->slots[FROM]) ? VVM_DONE : VVM_THROW;
}

static enum vvm_outcome random_shuffle(struct vvm_call *call)
{
    enum vvm_outcome outcome = want_drawn(call);
    return outcome == VVM_DONE ? vvm_random_draw(call, &call->slots[FROM], state_of(call), SIZE_MAX) : outcome;
}

static enum vvm_outcome random_sample(struct vvm_call *call)
{
    size_t n;
    if (!vvm_want_count(call, first_argument(call) + 1, &n))
        return VVM_THROW;
    enum vvm_outcome outcome = want_drawn(call);
    if (outcome != VVM_DONE)
        return outcome;
    size_t length = vvm_list_length(vvm_is_unset(call->slots[FROM]) ? call->slots[DRAWN] : call->slots[FROM]);
    if (n > length)
        return vvm_throw(call, VVM_T_VALUE_ERROR, "sample() cannot draw %llu of %llu elements", (unsigned long long)n,
                         (unsigned long long)length);
    return vvm_random_draw(call, &call->slots[FROM], state_of(call), n);
}

static void random_destroy(struct vvm_handle *handle)
{
    vrt_free(handle->native, VVM_RANDOM_WORDS * sizeof(uint64_t));
}

static const struct vvm_handle_ops random_ops = {.destroy = random_destroy, .sendable = false};

static enum vvm_outcome random_make(struct vvm_call *call)
{
    int64_t seed;
    if (!vvm_want_number(call, 0, &seed))
        return VVM_THROW;
    uint64_t *state = new_state((uint64_t)seed);
    vvm_value made = state != NULL ? vvm_handle_new(call->vm->known[VVM_T_RANDOM], &random_ops, state) : vvm_unset();
    if (vvm_is_unset(made) && state != NULL)
        vrt_free(state, VVM_RANDOM_WORDS * sizeof *state);
    return vvm_return(call, made);
}

#define DRAW_ROW(text, native, arguments, about) \
    {.signature = (text), .function = (native), .min = (arguments), .max = (arguments), .flags = VVM_BUILTIN_FRAME, \
     .slots = DRAW_SLOTS, .doc = (about)}
#define DRAWS \
    VVM_ROW_E("next() -> Float", random_float, 0, 0, "A random Float x with 0 <= x < 1, a multiple of 2^-53."), \
    VVM_ROW_E("int(lo: Number, hi: Number) -> Number", random_int, 2, 2, \
              "A random Number from lo to hi, both included, each as likely. ValueError if lo > hi."), \
    VVM_ROW_E("bool(p: Float = 0.5) -> Bool", random_bool, 0, 1, \
              "True with probability p. ValueError if p is not from 0 to 1."), \
    VVM_ROW_E("choice(xs: List<T>) -> Option<T>", random_choice, 1, 1, \
              "One of the elements of a List, Set, Tuple or Range, each as likely; None if there is none."), \
    DRAW_ROW("shuffle(xs: List<T>) -> List<T>", random_shuffle, 1, \
              "The elements of a List, Set, Tuple or Range in random order."), \
    DRAW_ROW("sample(xs: List<T>, n: Number) -> List<T>", random_sample, 2, \
              "n elements from different places, in random order. ValueError if n is negative or there are fewer.")

static const struct vvm_builtin functions[] = {
    VVM_ROW_E("random() -> Float", random_float, 0, 0,
              "A random Float x with 0 <= x < 1 from the isolate's generator. With VELA_SEED set a run draws the same "
              "again."),
};

static const struct vvm_builtin statics[] = {
    VVM_ROW_E(
        "Random(seed: Number) -> Random", random_make, 1, 1,
        "Makes a generator of its own: the same seed gives the same numbers on every machine. It cannot be sent to "
        "another isolate. The functions of Random itself draw from the isolate's generator."),
    DRAWS,
};

static const struct vvm_builtin methods[] = {DRAWS};

const struct vvm_builtin_group vvm_random_functions = {VVM_TYPE_NO_ID, false, VVM_ROWS(functions)};
const struct vvm_builtin_group vvm_random_statics = {VVM_T_RANDOM, true, VVM_ROWS(statics)};
const struct vvm_builtin_group vvm_random_methods = {VVM_T_RANDOM, false, VVM_ROWS(methods)};
