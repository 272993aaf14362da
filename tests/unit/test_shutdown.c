/* Rule D4: a machine that is destroyed leaves no thread, descriptor or byte behind, however often. VELA_CYCLES sets how often;
 * 10 000 is what the rule names. */
#include <vela/vela.h>

#include "runtime/base/choice.h"
#include "vm_bindings/machine.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
#define CYCLES 60
#define BYTES_ARE_TOLD 0 /* sanitizers keep what was freed, and find leaks themselves */
#else
#define CYCLES 400
#define BYTES_ARE_TOLD 1
#endif

#define SLACK_PAGES 512 /* what the allocator may still come to keep after the first tenth; */
#define ROUNDS 4        /* more if threads overlapped as never before, but not each time */

static uint32_t cycle_count(void)
{
    const char *text = getenv("VELA_CYCLES");
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : CYCLES;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* A joined thread leaves the list a moment later: the kernel tells the joiner first. So `most` may count some that had not left. */
static void assert_threads(int most)
{
    uint64_t deadline = vrt_deadline_after(vrt_now(), UINT64_C(300000000000));
    while (entries("/proc/self/task") > most && vrt_now() < deadline)
        usleep(100);
    assert_true(entries("/proc/self/task") <= most);
}

static long resident_pages(void)
{
    long size, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
    fclose(file);
    return pages;
}

/* Runs what it can to the end and leaves all that can be left: workers that wait, computing ones, timers, actors. */
static const char text[] =
    "(tx, rx) = Channel<Number>.new(capacity: 2)\n"
    "pool = WorkerPool(2)\n"
    "fs = (0..8).map(i => pool.submit(() => {\n"
    "    Time.sleep(0.0001)\n"
    "    i\n"
    "}))\n"
    "sum = fs.map(f => f.await()).sum()\n"
    "never = Channel<Number>.new()\n"
    "waiting = (0..4).map(_ => Worker.spawn(() => never.1.receive()))\n"
    "cancelled = pool.submit(() => Time.sleep(60.0))\n"
    "cancelled.cancel()\n"
    "late = setTimeout(() => (), 60000)\n"
    "Worker.spawn(() => (0..10).forEach(i => tx.send(i)))\n"
    "got = (0..10).map(_ => rx.receive().unwrap()).sum()\n"
    "actor A {\n"
    "    on Get { 1 }\n"
    "}\n"
    "as = (0..3).map(_ => A())\n"
    "one = await as[0].ask(Get())\n"
    "clearTimeout(late)\n"
    "pool.shutdown()\n"
    "fn main() -> Number { sum + got + one }\n";

static vela_vm *new_vm(void)
{
    struct vela_runtime_config config = {.workers = 3};
    vela_runtime *runtime = vela_runtime_create(&config);
    assert_non_null(runtime);
    vela_vm *vm = vela_vm_create(runtime, NULL);
    assert_non_null(vm);
    return vm;
}

static void run_to_the_end(void)
{
    vela_vm *vm = new_vm();
    assert_int_equal(vela_run_source(vm, "cycle.vela", text, sizeof text - 1, stderr), 28 + 45 + 1);
    assert_int_equal(vela_vm_destroy(vm), 0);
}

/* Destroyed while everything goes on. */
static void destroy_at_once(void)
{
    static const char busy[] =
        "fn spin() { spin() }\n"
        "actor A { on Go { spin() } }\n"
        "A() ! Go()\n"
        "pool = WorkerPool(1)\n"
        "(0..8).forEach(_ => pool.submit(() => spin()))\n"
        "Worker.spawn(() => Time.sleep(60.0))\n"
        "Time.sleep(60.0)\n";
    vela_vm *vm = new_vm();
    vela_future *future = vela_start_source(vm, "busy.vela", busy, sizeof busy - 1, stderr);
    assert_non_null(future);
    vela_future_wait(future, (uint64_t)(rand() % 300) * 1000);
    vela_future_destroy(future);
    vela_vm_destroy(vm);
}

static void assert_flat(void (*cycle)(void))
{
    uint32_t count = cycle_count(), warm = count / 10 + 1;
    for (uint32_t i = 0; i < warm; i++)
        cycle();
    int threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    bool flat = false;
    for (int round = 0; round < ROUNDS && !flat; round++) {
        long pages = resident_pages();
        for (uint32_t i = warm; i < count; i++)
            cycle();
        flat = !BYTES_ARE_TOLD || resident_pages() <= pages + SLACK_PAGES;
    }
    assert_threads(threads);
    assert_int_equal(entries("/proc/self/fd"), descriptors);
    assert_true(flat);
}

static void cycles_to_the_end_are_flat(void **state)
{
    (void)state;
    assert_flat(run_to_the_end);
}

static void cycles_cut_short_are_flat(void **state)
{
    (void)state;
    assert_flat(destroy_at_once);
}

static void wait_for_byte(int descriptor)
{
    char byte;
    assert_int_equal(read(descriptor, &byte, 1), 1);
}

/* Main is told at once, and takes its worker along; then the actor is stopped. Nobody is given up. */
static void a_vm_is_shut_down_in_phases(void **state)
{
    (void)state;
    static const char form[] =
        "fn wait() { Time.sleep(3600.0) }\n"
        "ended = Atomic(0)\n"
        "begun = Promise<Number>()\n"
        "w = Worker.spawn(() => {\n"
        "    try {\n"
        "        begun.resolve(1)\n"
        "        wait()\n"
        "    } finally { ended.fetch_add(1) }\n"
        "})\n"
        "actor A {\n"
        "    fn postStop() { if ended.load() == 101 { File.write(\"/proc/self/fd/%d\", \"last\") } }\n"
        "}\n"
        "A()\n"
        "fn main() {\n"
        "    begun.future().await()\n"
        "    try {\n"
        "        File.write(\"/proc/self/fd/%d\", \"b\")\n"
        "        wait()\n"
        "    } finally {\n"
        "        ended.fetch_add(100)\n"
        "        w.cancel()\n"
        "    }\n"
        "}\n";
    char program[sizeof form + 40];
    int begun[2], stopped[2];
    assert_int_equal(pipe(begun), 0);
    assert_int_equal(pipe(stopped), 0);
    snprintf(program, sizeof program, form, stopped[1], begun[1]);
    setenv("VELA_PATIENCE", "600", 1);
    vela_vm *idle = new_vm(), *vm = new_vm();
    unsetenv("VELA_PATIENCE");
    vela_vm_shut_down(idle);
    assert_int_equal(vela_vm_destroy(idle), 0);
    vela_future *future = vela_start_source(vm, "phases.vela", program, strlen(program), stderr);
    assert_non_null(future);
    wait_for_byte(begun[0]);
    vela_vm_shut_down(vm);
    vela_vm_shut_down(vm); /* again does no harm */
    vela_vm_interrupt(vm);
    assert_int_equal(vela_future_poll(future, NULL), VELA_FAILED);
    wait_for_byte(stopped[0]);
    char *text_of_error = vela_value_text(vm, vela_future_value(future));
    assert_non_null(strstr(text_of_error, "CancellationError"));
    free(text_of_error);
    vela_future_destroy(future);
    assert_int_equal(vela_vm_destroy(vm), 0);
    for (int i = 0; i < 2; i++) {
        close(begun[i]);
        close(stopped[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vm_is_shut_down_in_phases),
        cmocka_unit_test(cycles_to_the_end_are_flat),
        cmocka_unit_test(cycles_cut_short_are_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
