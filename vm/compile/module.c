/* Modules: what a VM keeps of all that was compiled, and the core library. */
#include "vm/compile/module.h"

#include "vm/compile/code_arena.h"
#include "vm/compile/program.h"
#include "vm/core/core_sources.h"
#include "vm/exec/prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vvm_modules {
    struct vvm_arena code;             /* functions, types, tests, names */
    struct vvm_module *newest;
    struct compiler_names names;
    uint32_t core_functions;           /* functions below this id belong to the core library */
};

void *vvm_code_alloc(struct vvm_vm *vm, size_t size) { return vvm_arena_alloc(&vm->modules->code, size); }

const struct compiler_names *names(struct compiler *c) { return &c->vm->modules->names; }

static bool intern_names(struct vvm_vm *vm, struct compiler_names *n)
{
    const struct { vvm_symbol *symbol; const char *text;
    } all[] = {
        {&n->self_this, "this"}, {&n->some, "Some"},   {&n->none, "None"},           {&n->ok, "Ok"},
        {&n->err, "Err"},        {&n->main, "main"},   {&n->init, "init"},           {&n->underscore, "_"},
        {&n->worker, "Worker"},  {&n->spawn, "spawn"}, {&n->spawn_all, "spawn_all"}, {&n->spawnAll, "spawnAll"},
        {&n->test, "__test"},    {&n->self, "self"},   {&n->meta, "meta"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!(*all[i].symbol = vvm_symbols_intern(vm->symbols, all[i].text, strlen(all[i].text))))
            return false;
    return true;
}

struct vvm_modules *vvm_modules_create(struct vvm_vm *vm)
{
    struct vvm_modules *modules = calloc(1, sizeof *modules);
    if (!modules)
        return NULL;
    vvm_arena_init(&modules->code);
    if (!intern_names(vm, &modules->names)) {
        vvm_modules_destroy(modules);
        return NULL;
    }
    return modules;
}

void vvm_modules_destroy(struct vvm_modules *modules)
{
    if (!modules)
        return;
    for (struct vvm_module *m = modules->newest; m; m = m->next)
        vvm_source_destroy((struct vvm_source *)m->source);
    vvm_arena_deinit(&modules->code);
    free(modules);
}

struct vvm_module *module_create(struct vvm_vm *vm, struct vvm_source *source)
{
    struct vvm_module *module = vvm_code_alloc(vm, sizeof *module);
    if (!module) {
        vvm_source_destroy(source);
        return NULL;
    }
    module->source = source;
    module->next = vm->modules->newest;
    vm->modules->newest = module;
    return module;
}

/* ---- The core library ---- */

static void publish_type(struct compiler *c, const struct variable *v)
{
    if (!v->is_public || !v->type->type)
        return;
    if (!vvm_prelude_put(c->vm, v->name, vvm_of_object(VVM_TYPE, v->type->type)))
        longjmp(c->out_of_memory, 1);
}

/* A function written in Vela would hide a built-in of its name from the rest of the library. */
static void refuse_second(struct compiler *c, const struct variable *v, vvm_symbol name)
{
    vvm_value first;
    if (name && vvm_prelude_find(c->vm, name, &first) && first.tag == VVM_BUILTIN)
        compile_error(c, "E302", v->offset, (uint32_t)strlen(symbol_text(c, v->name)), NULL,
                      "`%s` is a built-in already", symbol_text(c, name));
}

/* Functions that embedded Vela code, and the interpreter, reach by name; and the library's classes. */
void publish_core(struct compiler *c)
{
    for (struct variable *v = c->module_scope->variables; v; v = v->next) {
        bool internal = strncmp(symbol_text(c, v->name), "__", 2) == 0;
        if (v->kind == VARIABLE_TYPE)
            publish_type(c, v);
        if (v->kind != VARIABLE_FUNCTION || !(v->is_public || internal))
            continue;
        uint32_t id = function_id_of(c, v);
        vvm_value value = {.tag = VVM_TAG_ID(VVM_FUNCTION, id), .object = vvm_function_at(c->vm, id)};
        vvm_symbol other = other_spelling(c, v->name);
        refuse_second(c, v, v->name);
        refuse_second(c, v, internal ? VVM_NO_SYMBOL : other);
        vvm_vm_set_core(c->vm, symbol_text(c, v->name), value.object);
        if (!vvm_prelude_put(c->vm, v->name, value) || (other && !internal && !vvm_prelude_put(c->vm, other, value)))
            longjmp(c->out_of_memory, 1);
    }
}

bool vvm_core_name(struct vvm_vm *vm)
{
    static const struct { const char *alias, *name; } aliases[] = {
        {"time", "Time"}, {"math", "Math"}, {"fs", "File"}, {"env", "Env"}, {"json", "Json"}, {"JSON", "Json"},
        {"Array", "List"}, {"Map", "Dict"}, {"Char", "String"},
    };
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        vvm_value value;
        vvm_symbol alias = vvm_symbols_intern(vm->symbols, aliases[i].alias, strlen(aliases[i].alias));
        vvm_symbol name = vvm_symbols_intern(vm->symbols, aliases[i].name, strlen(aliases[i].name));
        if (!alias || !name || (vvm_prelude_find(vm, name, &value) && !vvm_prelude_put(vm, alias, value)))
            return false;
    }
    return true;
}

void vvm_core_done(struct vvm_vm *vm) { vm->modules->core_functions = vvm_table_count(&vm->functions); }

bool vvm_core_compile(struct vvm_vm *vm)
{
    struct vvm_source *source = vvm_source_create("<core>", vvm_core_text.bytes, vvm_core_text.length);
    if (!source)
        return false;
    struct vvm_diagnostics diagnostics;
    vvm_diagnostics_init(&diagnostics);
    struct vvm_module *module = program_compile_core(vm, source, &diagnostics);
    if (!module)
        vvm_diagnostics_print(&diagnostics, stderr, false);
    vvm_diagnostics_deinit(&diagnostics);
    vvm_core_done(vm);
    return module != NULL;
}

/* ---- Disassembling ---- */

static bool is_embedded(const struct vvm_module *module) { return module->source->name[0] == '<'; }

void vvm_module_dump(struct vvm_vm *vm, const struct vvm_module *module, struct vvm_text_builder *out)
{
    uint32_t count = 0;
    for (uint32_t id = vm->modules->core_functions; id < vvm_table_count(&vm->functions); id++) {
        const struct vvm_function *function = vvm_function_at(vm, id);
        if (function->module != module || strcmp(function->name, VVM_BOOT_NAME) == 0)
            continue;
        if (!count++)
            vvm_text_add_format(out, "module %s\n\n", module->source->name);
        vvm_disassemble(function, out);
    }
}

void vvm_program_dump(struct vvm_vm *vm, const struct vvm_program *program, struct vvm_text_builder *out)
{
    vvm_module_dump(vm, program->module, out);
    for (const struct vvm_module *module = vm->modules->newest; module; module = module->next)
        if (module != program->module && !is_embedded(module))
            vvm_module_dump(vm, module, out);
}
