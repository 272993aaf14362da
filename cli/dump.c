/* vela dump: the bytecode of a program. */
#include "cli/command.h"
#include "vm_bindings/machine.h"

static int print_program(struct vvm_vm *vm, const struct vvm_program *program)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_vm_enter(vm);
    vvm_program_dump(vm, program, &out);
    vvm_vm_enter(NULL);
    bool written = !out.failed && fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    vvm_text_drop(&out);
    return written ? CLI_OK : CLI_FAILED;
}

int cli_dump(int argc, char **argv)
{
    struct vbn_machine machine;
    struct vvm_diagnostics diagnostics;
    struct vvm_program program;
    bool unreadable;
    if (argc != 1)
        return cli_complain("dump needs one file: vela dump FILE");
    if (!vbn_machine_create(&machine, NULL, 0, NULL))
        return cli_complain("out of memory");
    vvm_diagnostics_init(&diagnostics);
    bool loaded = vvm_program_load(machine.vm, argv[0], &diagnostics, &program, &unreadable);
    if (!loaded)
        vvm_diagnostics_print(&diagnostics, stderr, false);
    vvm_diagnostics_deinit(&diagnostics);
    int status = loaded ? print_program(machine.vm, &program) : CLI_WRONG;
    vbn_machine_destroy(&machine);
    return status;
}
