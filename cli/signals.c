#include "cli/signals.h"

#include "runtime/base/atomic.h"

#include <pthread.h>

static void act_on(const struct cli_signals *signals, int number)
{
    for (size_t i = 0; i < signals->count; i++)
        if (signals->list[i].number == number)
            signals->list[i].happened(signals->context);
}

static void wait_for_signals(void *argument)
{
    struct cli_signals *signals = argument;
    int number;
    while (sigwait(&signals->set, &number) == 0 &&
           vrt_atomic_load_acquire(&signals->stopping) == 0) /* pairs with cli_signals_stop */
        act_on(signals, number);
}

bool cli_signals_start(struct cli_signals *signals, const struct cli_signal *list, size_t count, void *context)
{
    *signals = (struct cli_signals){.list = list, .count = count, .context = context};
    sigemptyset(&signals->set);
    for (size_t i = 0; i < count; i++)
        sigaddset(&signals->set, list[i].number);
    if (pthread_sigmask(SIG_BLOCK, &signals->set, NULL) != 0)
        return false;
    signals->runs = vrt_os_thread_start(&signals->thread, "vela-signals", wait_for_signals, signals) == VRT_OK;
    if (!signals->runs)
        pthread_sigmask(SIG_UNBLOCK, &signals->set, NULL);
    return signals->runs;
}

void cli_signals_stop(struct cli_signals *signals)
{
    if (!signals->runs)
        return;
    vrt_atomic_store_release(&signals->stopping, 1); /* pairs with wait_for_signals */
    pthread_kill(signals->thread.handle, signals->list[0].number); /* for the thread alone: it wakes it */
    vrt_os_thread_join(&signals->thread);
    signals->runs = false;
    pthread_sigmask(SIG_UNBLOCK, &signals->set, NULL);
}
