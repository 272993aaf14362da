/* vela run: loads a program, runs it to its end. */
#include "cli/command.h"
#include "cli/signals.h"
#include "vm/exec/report.h"
#include "vm_bindings/machine.h"

/* SIGQUIT: what is everybody doing? The program goes on. */
static void report_tasks(void *context)
{
    const struct vbn_machine *machine = context;
    vvm_report_print(machine->vm, stderr, "tasks", VVM_REPORT_TRACES);
}

static const struct cli_signal signals_taken[] = {{SIGQUIT, report_tasks}};

static int run_loaded(struct vbn_machine *machine, const char *path)
{
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    bool loaded = vvm_program_load(machine->vm, path, &diagnostics, &program, &unreadable);
    if (!loaded)
        vvm_diagnostics_print(&diagnostics, stderr, false);
    vvm_diagnostics_deinit(&diagnostics);
    return loaded ? vbn_machine_run(machine, &program, stderr) : CLI_WRONG;
}

int cli_run(int argc, char **argv)
{
    struct vbn_machine machine;
    if (argc < 1)
        return cli_complain("run needs a file: vela run FILE [ARG...]");
    if (!vbn_machine_create(&machine, NULL, argc - 1, argv + 1)) {
        cli_complain("out of memory");
        return CLI_FAILED;
    }
    vvm_vm_look_for_deadlocks(machine.vm);
    struct cli_signals signals;
    cli_signals_start(&signals, signals_taken, sizeof signals_taken / sizeof *signals_taken, &machine);
    int status = run_loaded(&machine, argv[0]);
    cli_signals_stop(&signals);
    uint32_t failures = vbn_machine_destroy(&machine);
    return failures != 0 ? CLI_FAILED : status; /* a failure that nobody observed decides (the language: 5.8) */
}
