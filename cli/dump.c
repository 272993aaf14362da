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
    struct vvm_program program;
    if (argc != 1)
        return cli_complain("dump needs one file: vela dump FILE");
    if (!vbn_machine_create(&machine, NULL, 0, NULL))
        return cli_complain("out of memory");
    bool loaded = vbn_machine_load(&machine, argv[0], &program, stderr);
    int status = loaded ? print_program(machine.vm, &program) : CLI_WRONG;
    vbn_machine_destroy(&machine);
    return status;
}
