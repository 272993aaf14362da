/* Atomics with the order in the name.
 *
 * Every shared access in runtime/ goes through these names, so that a reader can
 * grep for an order and a simulated build can replace them all in one place. They
 * work on any `_Atomic` scalar. Read-modify-writes exist only in the orders the
 * design uses: relaxed for counters, acq_rel for hand-over, seq_cst where two flags
 * are read crosswise (sleep flags). There are no stand-alone fences;
 * hot_lock.h has one of the compiler alone. */
#ifndef VRT_BASE_ATOMIC_H
#define VRT_BASE_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VRT_CACHE_LINE 64

#define vrt_atomic_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define vrt_atomic_load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define vrt_atomic_load_seq_cst(p) atomic_load_explicit((p), memory_order_seq_cst)

#define vrt_atomic_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define vrt_atomic_store_release(p, v) atomic_store_explicit((p), (v), memory_order_release)
#define vrt_atomic_store_seq_cst(p, v) atomic_store_explicit((p), (v), memory_order_seq_cst)

#define vrt_atomic_exchange_acquire(p, v) atomic_exchange_explicit((p), (v), memory_order_acquire)
#define vrt_atomic_exchange_release(p, v) atomic_exchange_explicit((p), (v), memory_order_release)
#define vrt_atomic_exchange_acq_rel(p, v) atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define vrt_atomic_exchange_seq_cst(p, v) atomic_exchange_explicit((p), (v), memory_order_seq_cst)

#define vrt_atomic_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define vrt_atomic_add_release(p, v) atomic_fetch_add_explicit((p), (v), memory_order_release)
#define vrt_atomic_add_acq_rel(p, v) atomic_fetch_add_explicit((p), (v), memory_order_acq_rel)
#define vrt_atomic_add_seq_cst(p, v) atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)
#define vrt_atomic_sub_relaxed(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#define vrt_atomic_sub_acq_rel(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel)
#define vrt_atomic_sub_seq_cst(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst)
#define vrt_atomic_or_acq_rel(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acq_rel)
#define vrt_atomic_or_seq_cst(p, v) atomic_fetch_or_explicit((p), (v), memory_order_seq_cst)
#define vrt_atomic_and_acq_rel(p, v) atomic_fetch_and_explicit((p), (v), memory_order_acq_rel)
#define vrt_atomic_and_seq_cst(p, v) atomic_fetch_and_explicit((p), (v), memory_order_seq_cst)

/* Compare and swap; `e` points to the expected value and gets the seen one on failure.
 * The weak form may fail for no reason and belongs in a loop. */
#define vrt_atomic_cas_acq_rel(p, e, v) \
    atomic_compare_exchange_strong_explicit((p), (e), (v), memory_order_acq_rel, memory_order_acquire)
#define vrt_atomic_cas_weak_acq_rel(p, e, v) \
    atomic_compare_exchange_weak_explicit((p), (e), (v), memory_order_acq_rel, memory_order_acquire)
#define vrt_atomic_cas_weak_release(p, e, v) \
    atomic_compare_exchange_weak_explicit((p), (e), (v), memory_order_release, memory_order_relaxed)
#define vrt_atomic_cas_acquire(p, e, v) \
    atomic_compare_exchange_strong_explicit((p), (e), (v), memory_order_acquire, memory_order_relaxed)
#define vrt_atomic_cas_seq_cst(p, e, v) \
    atomic_compare_exchange_strong_explicit((p), (e), (v), memory_order_seq_cst, memory_order_seq_cst)

/* Keeps the compiler, not the processor, from moving accesses across: for a side whose partner has the processors order
 * them. */
static inline void vrt_compiler_barrier(void) { atomic_signal_fence(memory_order_seq_cst); }

/* Tells the processor that this is a spin loop. */
static inline void vrt_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
