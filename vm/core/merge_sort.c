/* Intrinsics: sorting by a function of the program; a stable merge sort from the bottom up, one comparison a step.
 *
 * slots: the runs so far, what they are merged into, and Numbers: the length of a run, where the pair of runs starts,
 * and the next element of either. Elements are only read by number, so that a function that lies about the order ends
 * in some permutation. */
#include "vm/core/core.h"

enum { SOURCE, TARGET, WIDTH, START, LEFT, RIGHT, SLOTS };
enum { BEGIN, RUNS_COMPARED, ELEMENTS_COMPARED };

static size_t number_at(const struct vvm_call *call, int slot) { return (size_t)call->slots[slot].number; }
static void set_number(struct vvm_call *call, int slot, size_t n) { call->slots[slot] = vvm_number((int64_t)n); }

static size_t length_of(const struct vvm_call *call)
{
    return vvm_list_length(call->slots[SOURCE]);
}

/* Where a run ends that begins at `start`. */
static size_t run_end(const struct vvm_call *call, size_t start)
{
    size_t width = number_at(call, WIDTH), rest = length_of(call) - start;
    return start + (width < rest ? width : rest);
}

static void move(struct vvm_call *call, size_t from, size_t to)
{
    for (size_t i = from; i < to && !vvm_is_unset(call->slots[TARGET]); i++)
        call->slots[TARGET] = vvm_list_append_fast(vvm_take(&call->slots[TARGET]),
                                                   vvm_retain(vvm_list_get_fast(call->slots[SOURCE].object, i)));
}

static enum vvm_outcome ask(struct vvm_call *call, size_t left, size_t right, uint32_t stage)
{
    call->callee = call->args[1];
    call->callee_args[0] = vvm_retain(vvm_list_get_fast(call->slots[SOURCE].object, left));
    call->callee_args[1] = vvm_retain(vvm_list_get_fast(call->slots[SOURCE].object, right));
    call->callee_count = 2;
    call->stage = stage;
    return VVM_CALL;
}

/* The function's answer: does the left one come after the right one? False: thrown. */
static bool want_answer(struct vvm_call *call, bool *after)
{
    vvm_value answer = vvm_take_resumed(call);
    bool fits = vvm_is_number(answer) || vvm_is_float(answer);
    *after = vvm_is_number(answer) ? answer.number > 0 : vvm_is_float(answer) && !(answer.real <= 0);
    if (!fits)
        vvm_throw(call, VVM_T_TYPE_ERROR, "the function of sort must give a Number, got %s",
                  vvm_kind_name(call, answer));
    vvm_release(answer);
    return fits;
}

/* An empty List for the next round. */
static bool open_target(struct vvm_call *call)
{
    const struct vvm_list *source = call->slots[SOURCE].object;
    call->slots[TARGET] = vvm_list_new(source->length, (enum vvm_elements)source->header.extra);
    return !vvm_is_unset(call->slots[TARGET]);
}

/* The runs are twice as long from here on. */
static bool next_round(struct vvm_call *call)
{
    vvm_release(call->slots[SOURCE]);
    call->slots[SOURCE] = vvm_take(&call->slots[TARGET]);
    set_number(call, WIDTH, number_at(call, WIDTH) * 2);
    set_number(call, START, 0);
    return number_at(call, WIDTH) >= length_of(call) || open_target(call);
}

/* On to the pair of runs at START: often they are in order as they stand. */
static enum vvm_outcome next_pair(struct vvm_call *call)
{
    while (number_at(call, WIDTH) < length_of(call)) {
        size_t start = number_at(call, START), middle = run_end(call, start);
        if (middle < length_of(call))
            return ask(call, middle - 1, middle, RUNS_COMPARED);
        move(call, start, middle);
        if (vvm_is_unset(call->slots[TARGET]) || !next_round(call))
            return vvm_throw_memory(call);
    }
    return vvm_done(call, vvm_take(&call->slots[SOURCE]));
}

static enum vvm_outcome end_pair(struct vvm_call *call, size_t end)
{
    set_number(call, START, end);
    return vvm_is_unset(call->slots[TARGET]) ? vvm_throw_memory(call) : next_pair(call);
}

static enum vvm_outcome merge_on(struct vvm_call *call)
{
    size_t left = number_at(call, LEFT), right = number_at(call, RIGHT);
    size_t middle = run_end(call, number_at(call, START)), end = run_end(call, middle);
    if (left < middle && right < end)
        return vvm_is_unset(call->slots[TARGET]) ? vvm_throw_memory(call) : ask(call, left, right, ELEMENTS_COMPARED);
    move(call, left, middle);
    move(call, right, end);
    return end_pair(call, end);
}

static enum vvm_outcome runs_compared(struct vvm_call *call, bool after)
{
    size_t start = number_at(call, START), middle = run_end(call, start), end = run_end(call, middle);
    if (after && end - start > 2) {
        set_number(call, LEFT, start);
        set_number(call, RIGHT, middle);
        return merge_on(call);
    }
    move(call, after ? middle : start, after ? end : middle);
    move(call, after ? start : middle, after ? middle : end);
    return end_pair(call, end);
}

static enum vvm_outcome elements_compared(struct vvm_call *call, bool after)
{
    int side = after ? RIGHT : LEFT;
    size_t next = number_at(call, side);
    move(call, next, next + 1);
    set_number(call, side, next + 1);
    return merge_on(call);
}

static enum vvm_outcome merge_sort(struct vvm_call *call)
{
    bool after;
    if (call->stage != BEGIN) {
        if (!want_answer(call, &after))
            return VVM_THROW;
        return call->stage == RUNS_COMPARED ? runs_compared(call, after) : elements_compared(call, after);
    }
    if (!vvm_want_kind(call, 0, VVM_LIST) || !vvm_want_function(call, 1))
        return VVM_THROW;
    call->slots[SOURCE] = vvm_retain(call->args[0]);
    set_number(call, WIDTH, 1);
    set_number(call, START, 0);
    return length_of(call) < 2 || open_target(call) ? next_pair(call) : vvm_throw_memory(call);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_F("__mergeSort(xs: List<T>, cmp: Function) -> List<T>", merge_sort, 0, 2, 2, SLOTS,
              "The elements in the order of the function, which gives a Number. Stable."),
};

const struct vvm_builtin_group vvm_merge_sort_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
