/* The loops of the core library: methods that call a function for each element (language.md 8.6, 8.9).
 *
 * In the core library's own functions a call of one of the intrinsics below, with exactly the function's parameters, is a
 * LOOP instruction: its state lies in the parameters' registers, and the callback's frame stands above them.
 *
 *   over a List   (xs, i, n, f, acc)       element i of xs, up to n
 *   over steps    (x, step, n, f, acc)     x, n times; the step behind the last one is not taken
 *   over arrivals (source, 0, 0, f, acc)   what the handle's `take` gives, until it has nothing at once
 *   over a lane   (xs, i, i, f, acc, lane) a run of a parallel operation, from element i on (vm/exec/division.h);
 *                 (x, step, n, f, acc, lane) of a Range: from x on, n of them in the first chunk
 *
 * `acc` is what the loop makes and gives; EACH has none. SEEK counts the elements before the one in it. */
#ifndef VVM_LOOP_H
#define VVM_LOOP_H

#include "vm/core/builtin.h"

enum vvm_loop {
    VVM_LOOP_EACH,
    VVM_LOOP_MAP,
    VVM_LOOP_FILTER,
    VVM_LOOP_REDUCE,   /* the only one whose callback takes two arguments: acc, element */
    VVM_LOOP_COUNT,
    VVM_LOOP_SEEK,     /* stops where the callback says true; -1: nowhere */
    VVM_LOOP_SEEK_NOT  /* ... false */
};

enum { VVM_LOOP_FUNCTION = 3, VVM_LOOP_ACCUMULATOR = 4, VVM_LOOP_LANE = 5 }; /* their registers; 0, 1, 2 are the source */

/* The kind operand of LOOP and AGAIN. Arrivals and lanes look like a List at its end: a loop asks for more only there. */
#define VVM_LOOP_KIND(loop, steps) ((uint32_t)(loop) << 1 | (uint32_t)(steps))
#define VVM_LOOP_ARRIVALS 16u
#define VVM_LOOP_DIVIDED 32u
#define VVM_LOOP_BY_CHUNKS 64u /* ... and it is over after each of the lane's chunks; `acc` is what it has made of that */
#define VVM_LOOP_FOLLOWS 128u  /* MAP and REDUCE: a Future that the callback gives is awaited; its value counts */
#define VVM_LOOP_OF(kind) ((enum vvm_loop)((kind) >> 1 & 7))
#define VVM_LOOP_STEPS(kind) ((kind) & 1)
static inline int vvm_loop_parameters(uint32_t kind)
{
    return kind & VVM_LOOP_DIVIDED ? 6 : VVM_LOOP_OF(kind) == VVM_LOOP_EACH ? 4 : 5;
}
static inline int vvm_loop_arguments(uint32_t kind) { return VVM_LOOP_OF(kind) == VVM_LOOP_REDUCE ? 2 : 1; }

/* The intrinsics and their kinds. Called as functions they throw: LOOP has no other form. */
#define VVM_LOOP_COUNT_OF_KINDS 23
extern const struct vvm_builtin vvm_loop_rows[VVM_LOOP_COUNT_OF_KINDS];
extern const uint8_t vvm_loop_kinds[VVM_LOOP_COUNT_OF_KINDS];
extern const struct vvm_builtin_group vvm_loop_group;

#endif
