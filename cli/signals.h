/* Signals for a thread of its own: it waits for them, so what is done about one is ordinary code and not a handler.
 *
 * From the start on they are blocked in all threads of the process that start later (the runtime's block all signals
 * anyway), and in the calling one. Costs a thread that sleeps in sigwait. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "runtime/os/thread.h"

#include <signal.h>
#include <stdint.h>

struct cli_signal {
    int number;
    void (*happened)(void *context); /* called on that thread, one at a time */
};

struct cli_signals {
    const struct cli_signal *list; /* borrowed */
    size_t count;
    void *context;
    sigset_t set;
    struct vrt_os_thread thread;
    _Atomic uint32_t stopping; /* release; the thread acquires */
    bool runs;
};

/* Starts to wait for `count` signals. False: no thread; the signals have their old effect.
 * Owns: `signals` and `list` stay the caller's, in place until cli_signals_stop. Thread: the main one. */
bool cli_signals_start(struct cli_signals *signals, const struct cli_signal *list, size_t count, void *context);

/* Ends it: no function is called any more. Blocks, until the one that is being called returns. */
void cli_signals_stop(struct cli_signals *signals);

#endif
