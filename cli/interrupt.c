#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

static volatile sig_atomic_t noted;

static void note(int signal)
{
    (void)signal;
    noted = 1;
}

void interrupt_install(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = note; /* without SA_RESTART */
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
}

bool interrupt_noted(void)
{
    return noted != 0;
}

bool interrupt_take(void)
{
    bool was = noted;
    noted = 0;
    return was;
}

int interrupt_poll(struct pollfd *descriptors, size_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, &before);
    int ready = noted ? 0 : ppoll(descriptors, count, timeout_ms < 0 ? NULL : &timeout, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready;
}
