/* For tests that look at what small programs compile to and give: one machine for the whole test program, which
 * loads one text after another. Texts that are given back stand until the next call. */
#ifndef TESTS_UNIT_SCRIPT_H
#define TESTS_UNIT_SCRIPT_H

/* The build in which every borrow counts lends nothing. */
#ifdef VELA_COUNT_BORROWS
#define SCRIPT_BORROWS 0
#else
#define SCRIPT_BORROWS 1
#endif

#include "runtime/sched/runtime.h"
#include "vm/compile/ir.h"
#include "vm/exec/error.h"
#include "vm_bindings/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct script {
    struct vbn_machine machine;
    struct vvm_program program;   /* loaded last */
    uint32_t first_function, first_global;
    char text[4096];
};

static struct script script;

static inline int script_begin(void **state)
{
    (void)state;
    return vbn_machine_create(&script.machine, &(struct vrt_runtime_config){.workers = 2}, 0, NULL) ? 0 : -1;
}

/* No test leaves an error that nobody looked at. */
static int script_end(void **state)
{
    (void)state;
    return (int)vbn_machine_destroy(&script.machine);
}

static inline void script_add(const char *format, ...)
{
    size_t used = strlen(script.text);
    va_list args;
    va_start(args, format);
    vsnprintf(script.text + used, sizeof script.text - used, format, args);
    va_end(args);
}

/* "E301 2:5", several with a space between; errors only. */
static inline void script_note(const struct vvm_diagnostics *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct vvm_diagnostic *d = &list->items[i];
        if (d->severity != VVM_ERROR)
            continue;
        struct vvm_position at = d->source ? vvm_source_position(d->source, d->offset) : (struct vvm_position){0};
        script_add("%s%s %u:%u", script.text[0] ? " " : "", d->code, at.line, at.column);
    }
}

/* False: script.text tells the errors. */
static inline bool script_load(const char *source)
{
    struct vvm_diagnostics diagnostics;
    vvm_diagnostics_init(&diagnostics);
    script.text[0] = 0;
    script.first_function = vvm_table_count(&script.machine.vm->functions);
    script.first_global = vvm_table_count(&script.machine.vm->globals);
    bool loaded = vvm_program_load_text(script.machine.vm, "test.vela", source, strlen(source), &diagnostics, &script.program);
    vvm_diagnostics_sort(&diagnostics);
    script_note(&diagnostics);
    vvm_diagnostics_deinit(&diagnostics);
    return loaded;
}

static inline void script_add_value(vvm_value value)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_vm_enter(script.machine.vm);
    if (vvm_is_error(value))
        vvm_error_text(script.machine.vm, value, &out);
    else
        assert_int_equal(vvm_text(value, false, &out), VVM_TRUE);
    vvm_vm_enter(NULL);
    script_add("%.*s", (int)out.length, out.data);
    vvm_text_drop(&out);
}

/* What the loaded program gives: its value, or the first line of its error. */
static inline const char *script_run(void)
{
    vvm_value value;
    script.text[0] = 0;
    bool fine = vvm_vm_run(script.machine.vm, vbn_program_function(&script.machine, &script.program), NULL, 0, &value);
    script_add_value(value);
    if (!fine)
        script.text[strcspn(script.text, "\n")] = 0;
    vvm_release(value);
    return script.text;
}

static inline void script_expect(const char *file, int line, const char *got, const char *expected)
{
    if (strcmp(got, expected) != 0)
        fail_msg("%s:%d: got\n  %s\ninstead of\n  %s", file, line, got, expected);
}

static inline const char *script_value(const char *source) { return script_load(source) ? script_run() : script.text; }

/* The errors of a text; "" if it compiles. */
static inline const char *script_errors(const char *source)
{
    script_load(source);
    return script.text;
}

/* A function of the loaded program. */
static inline const struct vvm_function *script_function(const char *name)
{
    for (uint32_t id = script.first_function; id < vvm_table_count(&script.machine.vm->functions); id++)
        if (strcmp(vvm_function_at(script.machine.vm, id)->name, name) == 0)
            return vvm_function_at(script.machine.vm, id);
    fail_msg("no function %s", name);
    return NULL;
}

static inline uint32_t script_words(uint32_t word)
{
    switch ((enum vvm_format)vvm_opcode_info[word & 0xff].format) {
    case VVM_FORMAT_ABC: case VVM_FORMAT_ABX: return 1;
    case VVM_FORMAT_ABCW: case VVM_FORMAT_ABXW: case VVM_FORMAT_JUMP: return 2;
    default: return 3;
    }
}

/* The names of a function's instructions. */
static inline const char *script_opcodes(const char *name)
{
    const struct vvm_function *f = script_function(name);
    script.text[0] = 0;
    for (uint32_t pc = 0; pc < f->code_count; pc += script_words(f->code[pc]))
        script_add("%s%s", pc ? " " : "", vvm_opcode_info[f->code[pc] & 0xff].name);
    return script.text;
}

/* The program, its functions' instructions and captures, its module variables. */
#define LOAD(source) do { if (!script_load(source)) fail_msg("%s:%d: %s", __FILE__, __LINE__, script.text); } while (0)
#define GIVES(source, expected) script_expect(__FILE__, __LINE__, script_value(source), (expected))
#define REJECTS(source, expected) script_expect(__FILE__, __LINE__, script_errors(source), (expected))
#define CODE(name, expected) script_expect(__FILE__, __LINE__, script_opcodes(name), (expected))

/* main() { expression } */
#define IS(expression, expected) GIVES("fn main() { " expression " }", expected)

#endif
