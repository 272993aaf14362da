/* vela run: loads a program, runs it to its end. */
#include "cli/command.h"
#include "cli/signals.h"
#include "vm/core/output.h"
#include "vm/exec/report.h"
#include "vm/exec/shutdown.h"
#include "vm_bindings/machine.h"

struct running {
    struct vbn_machine machine;
    _Atomic int signal; /* that asked for the end, 0: none. Relaxed: read when no signal is waited for any more */
};

/* SIGQUIT: what is everybody doing? The program goes on. */
static void report_tasks(void *context)
{
    struct running *running = context;
    vvm_report_print(running->machine.vm, stderr, "tasks", VVM_REPORT_TRACES);
}

/* The first one has the program end in order, the second one at once. */
static void end_by(struct running *running, int signal)
{
    if (atomic_exchange_explicit(&running->signal, signal, memory_order_relaxed) != 0)
        vvm_exit_process(CLI_SIGNALLED + signal);
    vvm_shutdown_ask_any(running->machine.vm);
}

static void interrupt(void *context)
{
    end_by(context, SIGINT);
}

static void terminate(void *context)
{
    end_by(context, SIGTERM);
}

static const struct cli_signal signals_taken[] = {{SIGQUIT, report_tasks}, {SIGTERM, terminate}, {SIGINT, interrupt}};

/* A background job of a shell without job control ignores Ctrl-C, and goes on to. */
static size_t signals_wanted(void)
{
    struct sigaction action;
    size_t count = sizeof signals_taken / sizeof *signals_taken;
    return sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_IGN ? count - 1 : count;
}

static int run_loaded(struct vbn_machine *machine, const char *path)
{
    struct vvm_program program;
    return vbn_machine_load(machine, path, &program, stderr) ? vbn_machine_run(machine, &program, stderr) : CLI_WRONG;
}

static int status_of(struct running *running, int status, uint32_t failures)
{
    int signal = atomic_load_explicit(&running->signal, memory_order_relaxed); /* the thread that wrote it is joined */
    if (signal != 0)
        return CLI_SIGNALLED + signal;
    return failures != 0 ? CLI_FAILED : status; /* a failure that nobody observed decides (the language: 5.8) */
}

int cli_run(int argc, char **argv)
{
    struct running running = {.signal = 0};
    if (argc < 1)
        return cli_complain("run needs a file: vela run FILE [ARG...]");
    if (!vbn_machine_create(&running.machine, NULL, argc - 1, argv + 1)) {
        cli_complain("out of memory");
        return CLI_FAILED;
    }
    vvm_vm_look_for_deadlocks(running.machine.vm);
    struct cli_signals signals;
    cli_signals_start(&signals, signals_taken, signals_wanted(), &running);
    int status = run_loaded(&running.machine, argv[0]);
    cli_signals_stop(&signals);
    uint32_t failures = vbn_machine_destroy(&running.machine);
    return status_of(&running, status, failures);
}
