/* For tests of the interpreter: a VM on a runtime, and functions built from the linear form. */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/sched/runtime.h"
#include "vm/compile/ir.h"
#include "vm/exec/error.h"
#include "vm/exec/future.h"
#include "vm/exec/isolate.h"
#include "vm/exec/prelude.h"

struct machine {
    struct vela_runtime *runtime;
    struct vvm_vm *vm;
    struct vvm_function *functions[32];
    struct vvm_ir_function irs[32];
    uint32_t count;
};

static inline struct machine *machine_new(const struct vvm_builtin_group *const *groups, size_t group_count)
{
    struct machine *m = calloc(1, sizeof *m);
    m->runtime = vrt_runtime_create(NULL);
    assert_non_null(m->runtime);
    struct vvm_vm_options options = {.stack_limit = 4 << 20, .bare = true};
    m->vm = vvm_vm_create(m->runtime, groups, group_count, &options);
    assert_non_null(m->vm);
    return m;
}

static inline void machine_drop(struct machine *m)
{
    vrt_runtime_destroy(m->runtime);
    vvm_vm_destroy(m->vm);
    for (uint32_t i = 0; i < m->count; i++) {
        struct vvm_function *f = m->functions[i];
        free((void *)(uintptr_t)f->parameters);
        free(f);
        free(m->irs[i].code);
    }
    free(m);
}

/* A function to be filled with op(); its id is known at once. */
static inline uint32_t function_new(struct machine *m, const char *name, uint32_t parameters)
{
    struct vvm_function *f = calloc(1, sizeof *f);
    struct vvm_parameter *p = calloc(parameters + 1, sizeof *p);
    f->name = name;
    f->parameter_count = f->required_count = parameters;
    f->parameters = p;
    assert_true(vvm_vm_add_function(m->vm, f));
    m->functions[m->count] = f;
    m->irs[m->count].parameter_count = m->irs[m->count].register_count = parameters;
    return m->count++;
}

static inline uint32_t id_of(struct machine *m, uint32_t function) { return m->functions[function]->id; }

static inline void op_full(struct machine *m, uint32_t function, struct vvm_ir ir)
{
    struct vvm_ir_function *f = &m->irs[function];
    if (f->count == f->capacity) {
        f->capacity = f->capacity * 2 + 16;
        f->code = realloc(f->code, f->capacity * sizeof *f->code);
    }
    f->code[f->count++] = ir;
    if (ir.label >= f->label_count)
        f->label_count = ir.label + 1;
}

#define OP(m, f, name, ...) op_full(m, f, (struct vvm_ir){.op = VVM_OPC_##name, ##__VA_ARGS__})

static inline void registers(struct machine *m, uint32_t function, uint32_t count)
{
    if (m->irs[function].register_count < count)
        m->irs[function].register_count = count;
}

static inline void finish(struct machine *m, uint32_t function)
{
    bool too_large = false;
    assert_true(vvm_ir_finish(&m->irs[function], m->vm, m->functions[function], &too_large));
    const char *complaint = vvm_verify(m->functions[function]);
    if (complaint != NULL)
        print_error("%s: %s\n", m->functions[function]->name, complaint);
    if (getenv("DUMP") != NULL) {
        struct vvm_text_builder out;
        vvm_text_init(&out);
        vvm_disassemble(m->functions[function], &out);
        fwrite(out.data, 1, out.length, stderr);
        vvm_text_drop(&out);
    }
    assert_null(complaint);
}

static inline vvm_value value_of(struct machine *m, uint32_t function)
{
    struct vvm_function *f = m->functions[function];
    return (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, f->id), .object = f};
}

static inline bool run(struct machine *m, uint32_t function, vvm_value *args, uint32_t count, vvm_value *result)
{
    return vvm_vm_run(m->vm, value_of(m, function), args, count, result);
}

static inline void assert_error(struct machine *m, vvm_value error, enum vvm_type_id type, const char *message)
{
    assert_true(vvm_error_is(m->vm, error, type));
    vvm_value text = ((struct vvm_record *)error.object)->fields[VVM_ERROR_MESSAGE];
    struct vvm_bytes bytes = vvm_string_bytes(&text);
    char copy[256] = {0};
    memcpy(copy, bytes.data, bytes.length < 255 ? bytes.length : 255);
    assert_string_equal(copy, message);
    vvm_release(error);
}

#endif
