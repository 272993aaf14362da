/* The runtime's limits, in one table; -DVELA_TINY shrinks them all so that edges are common. */
#ifndef VRT_BASE_LIMITS_H
#define VRT_BASE_LIMITS_H

#ifdef VELA_TINY
#define VRT_RING_SIZE 2u           /* slots of a thread's run queue, a power of two */
#define VRT_BATCH_MAX 2u           /* blocks that go to or from the depot at once */
#define VRT_BUDGET 3u              /* reductions of one turn */
#define VRT_SLAB_WAITERS 2u        /* wait records of one slab */
#define VRT_NEXT_STREAK 2u         /* turns in a row from the next slot */
#define VRT_INJECTOR_INTERVAL 3u   /* turns between two looks at the injector */
#define VRT_EARLY_STREAK 4u        /* isolates of high priority started in a row */
#define VRT_LATE_INTERVAL 5u       /* turns after which one of low priority is started */
#define VRT_TIMER_COMPACT_MIN 2u   /* dead timers below which no heap is compacted */
#define VRT_BLOCKING_THREADS_MAX 2u
#define VRT_TRIM_BATCHES 2u        /* batches returned between two looks for empty chunks */
#define VRT_LARGE_MIN 8192u        /* bytes from which a block is a mapping of its own */
#define VRT_LARGE_SPARE 65536u     /* bytes of such blocks that are kept for the next ones */
#else
#define VRT_RING_SIZE 256u
#define VRT_BATCH_MAX 64u
#define VRT_BUDGET 2000u
#define VRT_SLAB_WAITERS 64u
#define VRT_NEXT_STREAK 16u
#define VRT_INJECTOR_INTERVAL 61u
#define VRT_EARLY_STREAK 16u
#define VRT_LATE_INTERVAL 64u
#define VRT_TIMER_COMPACT_MIN 1024u
#define VRT_BLOCKING_THREADS_MAX 64u
#define VRT_TRIM_BATCHES 1024u
#define VRT_LARGE_MIN (128u * 1024)
#define VRT_LARGE_SPARE (32u * 1024 * 1024)
#endif

#define VRT_THREADS_MAX 1024u                  /* worker threads of one runtime */
#define VRT_BLOCKING_IDLE_NS 10000000000ull    /* a blocking thread leaves after this idle time */
#define VRT_SPIN_MIN_NS 2000ull                /* adaptive spin before sleeping, least and most */
#define VRT_SPIN_MAX_NS 30000ull

#endif
