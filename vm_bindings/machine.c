#include "vm_bindings/machine.h"

#include "vm/exec/error.h"
#include "vm/exec/shutdown.h"
#include "vm_bindings/enums.h"
#include "vm_bindings/groups.h"

static bool create_vm(struct vbn_machine *machine, struct vela_runtime *runtime,
                      const struct vvm_builtin_group *const *groups, size_t group_count, int argc, char **argv)
{
    struct vvm_vm_options options = {.argument_count = argc, .arguments = argv};
    *machine = (struct vbn_machine){.runtime = runtime};
    machine->vm = vvm_vm_create(runtime, groups, group_count, &options);
    if (machine->vm == NULL) {
        vrt_runtime_destroy(runtime);
        return false;
    }
    if (vbn_enums_install(machine->vm))
        return true;
    vbn_machine_destroy(machine);
    return false;
}

bool vbn_machine_create_on(struct vbn_machine *machine, struct vela_runtime *runtime, int argc, char **argv)
{
    return create_vm(machine, runtime, vbn_groups, vbn_group_count, argc, argv);
}

bool vbn_machine_create_with(struct vbn_machine *machine, const struct vvm_builtin_group *const *groups,
                             size_t group_count, int argc, char **argv)
{
    struct vela_runtime *runtime = vrt_runtime_create(NULL);
    return runtime != NULL && create_vm(machine, runtime, groups, group_count, argc, argv);
}

bool vbn_machine_create(struct vbn_machine *machine, const struct vrt_runtime_config *config, int argc, char **argv)
{
    struct vela_runtime *runtime = vrt_runtime_create(config);
    return runtime != NULL && vbn_machine_create_on(machine, runtime, argc, argv);
}

uint32_t vbn_machine_destroy(struct vbn_machine *machine)
{
    struct vvm_vm *vm = machine->vm;
    vrt_runtime_destroy(machine->runtime);
    uint32_t failures = atomic_load_explicit(&vm->failures, memory_order_relaxed); /* no other thread is left */
    vvm_vm_destroy(vm);
    *machine = (struct vbn_machine){NULL, NULL};
    return failures;
}

bool vbn_machine_load(struct vbn_machine *machine, const char *path, struct vvm_program *program, FILE *errors)
{
    struct vvm_diagnostics diagnostics;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    bool loaded = vvm_program_load(machine->vm, path, &diagnostics, program, &unreadable);
    if (!loaded)
        vvm_diagnostics_print(&diagnostics, errors, false);
    vvm_diagnostics_deinit(&diagnostics);
    return loaded;
}

vvm_value vbn_program_function(struct vbn_machine *machine, const struct vvm_program *program)
{
    return (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, program->boot),
                       .object = vvm_function_at(machine->vm, program->boot)};
}

int vbn_machine_status(struct vbn_machine *machine, const struct vvm_program *program, vvm_value value, FILE *errors)
{
    if (vvm_layer(value) == VVM_LAYER_ERR) {
        vvm_error_print_uncaught(machine->vm, errors, vvm_peek(value));
        return VBN_STATUS_FAILED;
    }
    if (program->module->main_gives_status && vvm_is_number(value))
        return (int)((uint64_t)value.number & 0xff);
    return VBN_STATUS_FINE;
}

/* A program that ends as it was asked to has not failed, unless something was thrown on the way. */
static bool was_shut_down(struct vvm_vm *vm, vvm_value error)
{
    return vvm_shutdown_is_asked(vm) && vvm_error_is(vm, error, VVM_T_CANCELLATION_ERROR) &&
           !vvm_error_has_suppressed(error);
}

int vbn_machine_run(struct vbn_machine *machine, const struct vvm_program *program, FILE *errors)
{
    vvm_value value;
    int status = VBN_STATUS_FAILED;
    if (vvm_vm_run(machine->vm, vbn_program_function(machine, program), NULL, 0, &value))
        status = vbn_machine_status(machine, program, value, errors);
    else if (!was_shut_down(machine->vm, value))
        vvm_error_print_uncaught(machine->vm, errors, value);
    vvm_release(value);
    vvm_vm_finish(machine->vm);
    return status;
}
