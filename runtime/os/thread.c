#include "runtime/os/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* What a new thread needs to know; freed by it. */
struct start_record {
    vrt_os_thread_fn run;
    void *argument;
    char name[16];
};

static void *thread_main(void *argument)
{
    struct start_record record = *(struct start_record *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), record.name);
    record.run(record.argument);
    return NULL;
}

static int start_with_signals_blocked(pthread_t *handle, struct start_record *record)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(handle, NULL, thread_main, record);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

enum vrt_status vrt_os_thread_start(struct vrt_os_thread *thread, const char *name,
                                    vrt_os_thread_fn run, void *argument)
{
    struct start_record *record = malloc(sizeof *record);
    if (record == NULL) {
        return VRT_NO_THREAD;
    }
    record->run = run;
    record->argument = argument;
    snprintf(record->name, sizeof record->name, "%s", name);
    if (start_with_signals_blocked(&thread->handle, record) != 0) {
        free(record);
        return VRT_NO_THREAD;
    }
    return VRT_OK;
}

void vrt_os_thread_join(struct vrt_os_thread *thread)
{
    pthread_join(thread->handle, NULL);
}

void vrt_os_thread_yield(void)
{
    sched_yield();
}
