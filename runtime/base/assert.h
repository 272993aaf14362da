/* Assertions in three strengths.
 *
 * VRT_ASSERT_ALWAYS: in every build; for states after which going on would corrupt memory.
 * VRT_ASSERT:        in debug builds (no NDEBUG); cheap tests of a contract.
 * VRT_ASSERT_EXPENSIVE: with VELA_EXPENSIVE_CHECKS or VELA_TINY; may walk a structure.
 * A failed assertion prints the expression and its place and aborts: it is a defect of
 * the runtime, never the answer to bad input. */
#ifndef VRT_BASE_ASSERT_H
#define VRT_BASE_ASSERT_H

/* Prints the failed expression and ends the process. Thread: any. */
_Noreturn void vrt_assert_failed(const char *expression, const char *file, int line);

#define VRT_ASSERT_ALWAYS(expression) \
    (__builtin_expect(!!(expression), 1) ? (void)0 : vrt_assert_failed(#expression, __FILE__, __LINE__))

#ifdef NDEBUG
#define VRT_ASSERT(expression) ((void)sizeof(!!(expression)))
#else
#define VRT_ASSERT(expression) VRT_ASSERT_ALWAYS(expression)
#endif

#if defined(VELA_EXPENSIVE_CHECKS) || defined(VELA_TINY)
#define VRT_ASSERT_EXPENSIVE(expression) VRT_ASSERT_ALWAYS(expression)
#else
#define VRT_ASSERT_EXPENSIVE(expression) ((void)sizeof(!!(expression)))
#endif

#define VRT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define VRT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
