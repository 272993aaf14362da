/*
 * fuzz: reads mutated programs through lexer, parser, compiler and verifier, and prints what is wrong with them.
 *
 *     fuzz [--count N] [--from N] [--seed S] [--jobs N] [--patience SECONDS] [--show N] PATH...
 *
 * The programs below PATH... are the seeds. Nothing is run. Whatever the text, the compiler must not crash, hang or leak, must
 * say why it refuses a program, at places that are in it, and must accept only what passes the verifier. Each job is a
 * process of its own; one that dies or hangs names its program, which `--show N` prints and `--from N --count 1` repeats.
 * Exit status: 0 fine, 1 something was found, 2 wrong use.
 */
#include "tests/fuzz/mutate.h"
#include "vm/compile/ir.h"
#include "vm_bindings/machine.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 200, MAX_JOBS = 16 };

struct options {
    uint64_t seed, from, count;
    unsigned jobs, patience;
    bool show;
    struct fuzz_seeds seeds;
};

/* What a job tells the process that waits for it; written by the job alone, read now and then. */
struct progress {
    _Atomic uint64_t program;
    _Atomic uint64_t accepted;
};

static uint64_t number_of(const struct options *options, uint64_t program)
{
    return options->seed * 0x9E3779B97F4A7C15u + program;
}

/* ---- One program ---- */

static void complain(uint64_t program, const char *what, const char *detail)
{
    fprintf(stderr, "fuzz: program %llu: %s%s\n", (unsigned long long)program, what, detail);
    abort();
}

/* A refusal has a reason, and reasons have places. */
static void check_diagnostics(uint64_t program, struct vvm_diagnostics *diagnostics, bool loaded, FILE *nowhere)
{
    if (loaded != (diagnostics->errors == 0))
        complain(program, loaded ? "accepted with errors" : "refused without an error", "");
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const struct vvm_diagnostic *item = &diagnostics->items[i];
        if (item->source && (uint64_t)item->offset + item->length > item->source->length + 1u)
            complain(program, "a diagnostic lies behind the end: ", item->message);
    }
    vvm_diagnostics_print(diagnostics, nowhere, true);
}

static void verify_functions(uint64_t program, const struct vvm_vm *vm, uint32_t from)
{
    for (uint32_t id = from; id < vm->functions.count; id++) {
        const struct vvm_function *function = vvm_function_at(vm, id);
        const char *wrong = function && function->code ? vvm_verify(function) : NULL;
        if (wrong)
            complain(program, "bad bytecode: ", wrong);
    }
}

static bool try_program(const struct options *options, struct vvm_vm *vm, uint64_t program, FILE *nowhere)
{
    struct fuzz_text text = fuzz_program(&options->seeds, number_of(options, program));
    struct vvm_diagnostics diagnostics;
    struct vvm_program out;
    uint32_t functions = vm->functions.count;
    vvm_diagnostics_init(&diagnostics);
    diagnostics.wants_warnings = true;
    bool loaded = vvm_program_load_text(vm, "fuzz.vela", text.bytes, text.length, &diagnostics, &out);
    check_diagnostics(program, &diagnostics, loaded, nowhere);
    if (loaded)
        verify_functions(program, vm, functions);
    vvm_diagnostics_deinit(&diagnostics);
    free(text.bytes);
    return loaded;
}

/* ---- One job: every jobs-th batch, each on a machine of its own ---- */

static void run_batch(const struct options *options, uint64_t first, uint64_t end, struct progress *progress, FILE *nowhere)
{
    struct vbn_machine machine;
    if (!vbn_machine_create(&machine, NULL, 0, NULL))
        fuzz_checked(NULL);
    for (uint64_t program = first; program < end; program++) {
        progress->program = program;
        progress->accepted += try_program(options, machine.vm, program, nowhere);
    }
    vbn_machine_destroy(&machine);
}

static int run_job(struct options *options, unsigned job, struct progress *progress)
{
    uint64_t end = options->from + options->count;
    FILE *nowhere = fuzz_checked(fopen("/dev/null", "w"));
    for (uint64_t first = options->from + job * BATCH; first < end; first += (uint64_t)options->jobs * BATCH)
        run_batch(options, first, first + BATCH < end ? first + BATCH : end, progress, nowhere);
    fclose(nowhere);
    fuzz_seeds_drop(&options->seeds);
    return 0;
}

/* ---- All of them ---- */

static bool judge(int status, const struct options *options, const struct progress *progress, bool hung)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    unsigned long long program = progress->program, seed = options->seed;
    if (hung)
        fprintf(stderr, "fuzz: program %llu of seed %llu hangs\n", program, seed);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "fuzz: program %llu of seed %llu died of signal %d\n", program, seed, WTERMSIG(status));
    else
        fprintf(stderr, "fuzz: program %llu of seed %llu, or one before it, ended with status %d\n", program, seed, WEXITSTATUS(status));
    return false;
}

/* Waits for a job; one that stays at the same program for too long is ended. */
static bool wait_job(pid_t job, const struct options *options, const struct progress *progress)
{
    enum { PAUSES_PER_SECOND = 20 };
    uint64_t last = UINT64_MAX;
    unsigned pauses = 0;
    int status;
    bool hung = false;
    while (waitpid(job, &status, WNOHANG) == 0) {
        pauses = progress->program == last ? pauses + 1 : 0;
        last = progress->program;
        if (pauses > options->patience * PAUSES_PER_SECOND && !hung) {
            hung = true;
            kill(job, SIGABRT);
        }
        usleep(1000000 / PAUSES_PER_SECOND);
    }
    return judge(status, options, progress, hung);
}

static int run_all(struct options *options)
{
    struct progress *progress = mmap(NULL, MAX_JOBS * sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t jobs[MAX_JOBS];
    bool fine = progress != MAP_FAILED;
    uint64_t accepted = 0;
    for (unsigned i = 0; fine && i < options->jobs; i++)
        if ((jobs[i] = fork()) == 0)
            exit(run_job(options, i, &progress[i]));
    for (unsigned i = 0; progress != MAP_FAILED && i < options->jobs; i++) {
        fine &= jobs[i] > 0 && wait_job(jobs[i], options, &progress[i]);
        accepted += progress[i].accepted;
    }
    printf("fuzz: %s, %llu programs, %llu of them accepted\n", fine ? "fine" : "FAILED", (unsigned long long)options->count,
           (unsigned long long)accepted);
    return !fine;
}

/* ---- The command line ---- */

static bool read_number(const char *word, const char *value, struct options *options)
{
    uint64_t number = value ? strtoull(value, NULL, 10) : 0;
    if (!strcmp(word, "--count"))
        options->count = number;
    else if (!strcmp(word, "--seed"))
        options->seed = number;
    else if (!strcmp(word, "--jobs"))
        options->jobs = number < 1 ? 1 : number > MAX_JOBS ? MAX_JOBS : (unsigned)number;
    else if (!strcmp(word, "--patience"))
        options->patience = (unsigned)number;
    else if (!strcmp(word, "--from") || !strcmp(word, "--show"))
        options->from = number;
    else
        return false;
    options->show |= !strcmp(word, "--show");
    return value != NULL;
}

static bool read_command_line(char **words, struct options *options)
{
    for (; *words; words++) {
        if (strncmp(*words, "--", 2) != 0)
            fuzz_seeds_add(&options->seeds, *words);
        else if (!read_number(words[0], words[1], options))
            return false;
        else
            words++;
    }
    return options->seeds.count > 0;
}

int main(int count, char **words)
{
    struct options options = {.seed = 1, .count = 10000, .jobs = 2, .patience = 20};
    int status = 2;
    if (count < 2 || !read_command_line(words + 1, &options)) {
        fputs("usage: fuzz [--count N] [--from N] [--seed S] [--jobs N] [--patience SECONDS] [--show N] PATH...\n", stderr);
    } else if (options.show) {
        struct fuzz_text text = fuzz_program(&options.seeds, number_of(&options, options.from));
        fwrite(text.bytes, 1, text.length, stdout);
        free(text.bytes);
        status = 0;
    } else {
        status = run_all(&options);
    }
    fuzz_seeds_drop(&options.seeds);
    return status;
}
