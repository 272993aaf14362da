/* Operating-system threads: start, name, join. A thin cover over pthread. */
#ifndef VRT_OS_THREAD_H
#define VRT_OS_THREAD_H

#include "runtime/base/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct vrt_os_thread {
    pthread_t handle;
};

typedef void (*vrt_os_thread_fn)(void *argument);

/* Starts a thread named `name` (cut to 15 bytes); all signals are blocked in it.
 * Owns: `thread` is the caller's, who joins or detaches it once. Errors: VRT_NO_THREAD. */
enum vrt_status vrt_os_thread_start(struct vrt_os_thread *thread, const char *name,
                                    vrt_os_thread_fn run, void *argument);

/* Calls `run` on a thread of its own with `stack` bytes of stack, and waits for its end: for work that recurses deeply.
 * The stack is address space until it is used. Blocks. Errors: VRT_NO_THREAD, `run` was not called. */
enum vrt_status vrt_os_thread_run_deep(const char *name, size_t stack, vrt_os_thread_fn run, void *argument);

/* Waits until the thread has ended. Blocks. */
void vrt_os_thread_join(struct vrt_os_thread *thread);

/* Lets another runnable thread go first. */
void vrt_os_thread_yield(void);

#endif
