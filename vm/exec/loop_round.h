/* The rounds of LOOP, an instruction of the core library (vm/compile/loop.h): for the interpreter, which inlines them. R are the
 * registers of the frame that the LOOP stands in. */
#ifndef VVM_LOOP_ROUND_H
#define VVM_LOOP_ROUND_H

#include "vm/compile/loop.h"
#include "vm/exec/future.h"
#include "vm/exec/step.h"
#include "vm/value/object.h"

/* The element of a library loop that is next, or, at AGAIN, was called with; borrowed. */
static inline vvm_value vvm_loop_element(const vvm_value *R, uint32_t kind)
{
    return VVM_LOOP_STEPS(kind) ? R[0] : vvm_list_get_fast(R[0].object, (size_t)R[1].number);
}

/* The next value of a loop over arrivals, owned. False: there is none at once. */
static inline bool vvm_loop_arrival(vvm_value source, vvm_value *element)
{
    struct vvm_handle *handle = source.object;
    return vvm_is_plain(source, VVM_HANDLE) && handle->ops->take != NULL && handle->ops->take(handle, element);
}

/* The usual case of vvm_loop_append: a Number, or a value among others but a handle, into room that the loop's own List
 * has. */
static inline bool vvm_loop_append_quick(vvm_value *R, vvm_value owned)
{
    struct vvm_list *list = R[VVM_LOOP_ACCUMULATOR].object;
    if (!(vvm_frame_of(R)->state & VVM_GIVEN_BIT(VVM_LOOP_ACCUMULATOR)) || !vvm_list_is_own(list))
        return false;
    struct vvm_buffer *buffer = list->buffer;
    uint64_t at = list->offset + list->length;
    if (at != buffer->used || at == buffer->capacity)
        return false;
    if (VVM_LIKELY(owned.tag == VVM_NUMBER && buffer->header.extra == VVM_ELEMENTS_NUMBER))
        buffer->numbers[at] = owned.number;
    else if (buffer->header.extra == VVM_ELEMENTS_VALUE && list->length > 0 && (owned.tag & 0xff) != VVM_HANDLE)
        buffer->values[at] = owned;
    else
        return false;
    buffer->used = at + 1;
    list->length++;
    return true;
}

/* Must what the callback gave be awaited first? */
static inline bool vvm_loop_awaits(uint32_t kind, vvm_value result)
{
    return kind & VVM_LOOP_FOLLOWS && (result.tag & 0xff) == VVM_HANDLE && vvm_promise_of(result) != NULL;
}

/* Appends an owned value to the List that the loop makes. False: no memory, the List is gone. */
bool vvm_loop_append(vvm_value *R, vvm_value owned);

/* As vvm_loop_append, of what the callback of MAP gave. Void: it is done; a Future: it must be awaited; unset: no memory. */
vvm_value vvm_loop_append_result(vvm_value *R, uint32_t kind, vvm_value result);

/* Puts the next element of a loop where its callback, whose first argument is at `args`, wants it. False: there is none. */
static inline __attribute__((always_inline)) bool vvm_loop_next(vvm_value *R, uint32_t kind, vvm_value *args, uint32_t *pending)
{
    vvm_value *element = args + (VVM_LOOP_OF(kind) == VVM_LOOP_REDUCE);
    if (VVM_LOOP_STEPS(kind) ? R[2].number <= 0 : R[1].number >= R[2].number) {
        if (!(kind & VVM_LOOP_ARRIVALS) || !vvm_loop_arrival(R[0], element))
            return false;
        *pending = 0x10000u << (VVM_LOOP_OF(kind) == VVM_LOOP_REDUCE); /* the callback's */
    } else {
        *element = vvm_loop_element(R, kind);
    }
    if (VVM_LOOP_OF(kind) == VVM_LOOP_REDUCE) {
        uint64_t state = vvm_frame_of(R)->state;
        vvm_copy_value(args, &R[VVM_LOOP_ACCUMULATOR]);
        if (vvm_is_heap(*args)) /* nothing else is the callback's to release, or to change in place */
            *pending |= (uint32_t)(state >> VVM_LOOP_ACCUMULATOR) & 0x10000;
        vvm_frame_of(R)->state = state & ~VVM_GIVEN_BIT(VVM_LOOP_ACCUMULATOR);
    }
    return true;
}

enum vvm_loop_answer {
    VVM_LOOP_GOES_ON, /* the result is the loop's */
    VVM_LOOP_ENDS,    /* it has found what it seeks */
    VVM_LOOP_FAILS    /* what the callback gave is no Bool, or must be awaited; unset: it was consumed, but there was
                         no memory to take it in */
};

/* Takes in what the callback gave for the element that is next, and goes on to the one behind it. */
static inline __attribute__((always_inline)) enum vvm_loop_answer vvm_loop_take(vvm_value *R, uint32_t kind, vvm_value *result)
{
    switch (VVM_LOOP_OF(kind)) {
    case VVM_LOOP_EACH:
        vvm_release(*result);
        break;
    case VVM_LOOP_MAP:
        if (VVM_LIKELY(vvm_loop_append_quick(R, *result)))
            break;
        *result = vvm_loop_append_result(R, kind, *result);
        if (VVM_UNLIKELY(result->tag != VVM_VOID))
            return VVM_LOOP_FAILS;
        break;
    case VVM_LOOP_REDUCE:
        if (VVM_UNLIKELY(vvm_loop_awaits(kind, *result)))
            return VVM_LOOP_FAILS;
        vvm_copy_value(&R[VVM_LOOP_ACCUMULATOR], result);
        vvm_frame_of(R)->state |= VVM_GIVEN_BIT(VVM_LOOP_ACCUMULATOR);
        break;
    default:
        if (VVM_UNLIKELY(result->tag != VVM_BOOL))
            return VVM_LOOP_FAILS;
        if (VVM_LOOP_OF(kind) == VVM_LOOP_FILTER) {
            if (result->number && VVM_UNLIKELY(!vvm_loop_append(R, vvm_retain(vvm_loop_element(R, kind))))) {
                *result = vvm_unset();
                return VVM_LOOP_FAILS;
            }
        } else if (VVM_LOOP_OF(kind) == VVM_LOOP_COUNT) {
            R[VVM_LOOP_ACCUMULATOR].number += result->number;
        } else if (result->number == (VVM_LOOP_OF(kind) == VVM_LOOP_SEEK)) {
            return VVM_LOOP_ENDS;
        } else {
            R[VVM_LOOP_ACCUMULATOR].number++;
        }
    }
    if (!VVM_LOOP_STEPS(kind))
        R[1].number++;
    else if (--R[2].number > 0)
        R[0].number += R[1].number;
    return VVM_LOOP_GOES_ON;
}

#endif
