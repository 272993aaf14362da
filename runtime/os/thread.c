#include "runtime/os/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

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
    prctl(PR_SET_TIMERSLACK, 1); /* nanoseconds; timeouts came 65 us later with what the kernel adds by itself */
    record.run(record.argument);
    return NULL;
}

static int start_with_signals_blocked(pthread_t *handle, const pthread_attr_t *attributes, struct start_record *record)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(handle, attributes, thread_main, record);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static enum vrt_status start(struct vrt_os_thread *thread, const char *name, const pthread_attr_t *attributes,
                             vrt_os_thread_fn run, void *argument)
{
    struct start_record *record = malloc(sizeof *record);
    if (record == NULL) {
        return VRT_NO_THREAD;
    }
    record->run = run;
    record->argument = argument;
    snprintf(record->name, sizeof record->name, "%s", name);
    if (start_with_signals_blocked(&thread->handle, attributes, record) != 0) {
        free(record);
        return VRT_NO_THREAD;
    }
    return VRT_OK;
}

enum vrt_status vrt_os_thread_start(struct vrt_os_thread *thread, const char *name,
                                    vrt_os_thread_fn run, void *argument)
{
    return start(thread, name, NULL, run, argument);
}

enum vrt_status vrt_os_thread_run_deep(const char *name, size_t stack, vrt_os_thread_fn run, void *argument)
{
    struct vrt_os_thread thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return VRT_NO_THREAD;
    enum vrt_status status = VRT_NO_THREAD;
    if (pthread_attr_setstacksize(&attributes, stack) == 0)
        status = start(&thread, name, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    if (status == VRT_OK)
        vrt_os_thread_join(&thread);
    return status;
}

void vrt_os_thread_join(struct vrt_os_thread *thread)
{
    pthread_join(thread->handle, NULL);
}

void vrt_os_thread_yield(void)
{
    sched_yield();
}
