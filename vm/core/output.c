/* Writing to a descriptor, and the end of the process. */
#include "vm/core/core.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define STATUS_NO_READER 141 /* as a shell shows a process that SIGPIPE ended */

_Noreturn void vvm_exit_process(struct vvm_vm *vm, int status)
{
    atomic_store_explicit(&vm->exit_status, status & 0xff, memory_order_relaxed); /* for whoever looks in a handler */
    fflush(NULL);
    _exit(status & 0xff);
}

/* Waits until the descriptor takes more; only descriptors that do not block come here. */
static bool wait_writable(int descriptor)
{
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    return poll(&entry, 1, -1) >= 0 || errno == EINTR;
}

void vvm_write_all(struct vvm_vm *vm, int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written >= 0) {
            text += written;
            length -= (size_t)written;
        } else if (errno == EPIPE) {
            vvm_exit_process(vm, STATUS_NO_READER);
        } else if (errno != EINTR && (errno != EAGAIN || !wait_writable(descriptor))) {
            return; /* nobody to tell: the descriptor is closed or its disk is full */
        }
    }
}
