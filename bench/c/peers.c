/* The peers in C, one word of the command line each: what one thread, and the bare kernel, take for the same work. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void print_percentiles(int64_t *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, by_size);
    printf("p50 %.3f\np99 %.3f\n", (double)samples[count / 2] / 1000, (double)samples[count * 99 / 100] / 1000);
}

/* ---- Work on one thread: bench/control/parallel.vela has the same ---- */

#define ELEMENTS 200000
#define STEPS 100

static __attribute__((noinline)) int64_t work(int64_t n)
{
    for (int i = 0; i < STEPS; i++)
        n = (n * 31 + 7) % 1000003;
    return n;
}

static void print_ms(int64_t began, int64_t value)
{
    printf("ms %.3f\nvalue %lld\n", (double)(now_ns() - began) / 1e6, (long long)value);
}

static void map(void)
{
    int64_t *made = malloc(ELEMENTS * sizeof *made), began = now_ns(), sum = 0;
    for (int64_t i = 0; i < ELEMENTS; i++)
        made[i] = work(i);
    for (int64_t i = 0; i < ELEMENTS; i++)
        sum += made[i];
    print_ms(began, sum);
    free(made);
}

static void reduce(void)
{
    int64_t began = now_ns(), sum = 0;
    for (int64_t i = 0; i < ELEMENTS; i++)
        sum = (sum + work(i)) % 1000003;
    print_ms(began, sum);
}

/* ---- A thread wakes another one ---- */

static struct waker { int wanted, answered; int64_t pause_ns, written; } waker;

static void rest(int64_t nanoseconds)
{
    struct timespec time = {0, nanoseconds};
    if (nanoseconds > 0)
        nanosleep(&time, NULL);
}

static void *answer(void *unused)
{
    uint64_t word;
    while (read(waker.wanted, &word, sizeof word) == sizeof word && word != 1000) {
        rest(waker.pause_ns);
        waker.written = now_ns();
        word = 1;
        if (write(waker.answered, &word, sizeof word) != sizeof word)
            break;
    }
    return unused;
}

static void wake(size_t count, int64_t pause_ns)
{
    int64_t *samples = calloc(count, sizeof *samples);
    uint64_t word = 1;
    pthread_t thread;
    waker = (struct waker){eventfd(0, 0), eventfd(0, 0), pause_ns, 0};
    pthread_create(&thread, NULL, answer, NULL);
    for (size_t i = 0; i < count; i++) {
        word = 1;
        if (write(waker.wanted, &word, sizeof word) != sizeof word ||
            read(waker.answered, &word, sizeof word) != sizeof word)
            exit(1);
        samples[i] = now_ns() - waker.written;
    }
    word = 1000;
    if (write(waker.wanted, &word, sizeof word) != sizeof word)
        exit(1);
    pthread_join(thread, NULL);
    print_percentiles(samples, count);
    free(samples);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "map") == 0)
        map();
    else if (strcmp(name, "reduce") == 0)
        reduce();
    else if (strcmp(name, "wake_hot") == 0)
        wake(20000, 0);
    else if (strcmp(name, "wake_paused") == 0)
        wake(1000, 1000000);
    else
        return 2;
    return 0;
}
