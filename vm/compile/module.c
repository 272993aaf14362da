/* Modules: from a file to functions in the VM, and the function that starts a program. */
#include "vm/compile/module.h"

#include "runtime/os/thread.h"
#include "vm/compile/code_arena.h"
#include "vm/compile/compiler.h"
#include "vm/compile/warn.h"
#include "vm/core/core_sources.h"
#include "vm/exec/prelude.h"
#include "vm/front/parser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    const struct { vvm_symbol *symbol; const char *text; } all[] = {
        {&n->self_this, "this"}, {&n->some, "Some"}, {&n->none, "None"}, {&n->ok, "Ok"}, {&n->err, "Err"}, {&n->main, "main"},
        {&n->init, "init"}, {&n->underscore, "_"}, {&n->worker, "Worker"}, {&n->spawn, "spawn"}, {&n->spawn_all, "spawn_all"},
        {&n->spawnAll, "spawnAll"}, {&n->test, "__test"}, {&n->self, "self"},
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

/* ---- Compiling one module ---- */

static void gen_module_body(struct compiler *c)
{
    struct builder b;
    builder_begin(c, &b, c->top);
    gen_statements(c, c->module_scope, c->tree->items, NOWHERE);
    emit(c, VVM_OPC_RETV, 0, 0, 0);
    gen_deferred(c);
    c->module->body = reserve_function(c);
    builder_end(c, c->module->body, "<module>", NULL, 0, 0);
}

static void reserve_all(struct compiler *c)
{
    reserve_extensions(c);
    for (struct type_info *t = c->types; t; t = t->next)
        if (t->type && t->enum_decl && t->node)
            reserve_enum(c, t);
}

static bool returns_number(struct compiler *c, struct vvm_function_node *main)
{
    return main->return_type && type_test(c, c->module_scope, main->return_type)->kind == VVM_TEST_NUMBER;
}

static void find_main(struct compiler *c)
{
    struct vvm_module *module = c->module;
    module->main = UINT32_MAX;
    if (!c->main || c->core)
        return;
    module->main = function_id_of(c, c->main);
    module->main_gives_status = returns_number(c, c->main->node);
    module->main_takes_arguments = c->main->node->param_count > 0;
    module->top_calls_main = c->top_calls_main;
}

static void publish_type(struct compiler *c, const struct variable *v)
{
    const struct vvm_class_decl *decl = v->type->class_decl;
    if (!decl || decl->attributes.visibility != VVM_VISIBILITY_PUBLIC)
        return;
    if (!vvm_prelude_put(c->vm, v->name, vvm_of_object(VVM_TYPE, v->type->type)))
        longjmp(c->out_of_memory, 1);
}

/* Functions that embedded Vela code, and the interpreter, reach by name; and the library's classes. */
static void publish_core(struct compiler *c)
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
        vvm_vm_set_core(c->vm, symbol_text(c, v->name), value.object);
        if (!vvm_prelude_put(c->vm, v->name, value) || (other && !internal && !vvm_prelude_put(c->vm, other, value)))
            longjmp(c->out_of_memory, 1);
    }
}

static bool has_errors(const struct compiler *c) { return c->diagnostics->errors > 0; }

static void compile(struct compiler *c)
{
    resolve_module(c);
    declare_types(c);
    reserve_all(c);
    if (has_errors(c))
        return;
    gen_module_body(c);
    generate_types(c);
    generate_extensions(c);
    find_main(c);
    if (c->core)
        publish_core(c);
    else if (c->diagnostics->wants_warnings && !has_errors(c))
        warn_module(c);
}

static struct vvm_module *compile_source(struct vvm_vm *vm, struct vvm_source *source, struct vvm_diagnostics *diagnostics, bool core)
{
    struct vvm_arena arena;
    vvm_arena_init(&arena);
    struct compiler c = {.vm = vm, .arena = &arena, .source = source, .diagnostics = diagnostics, .core = core};
    struct vvm_module *module = vvm_code_alloc(vm, sizeof *module);
    if (!module) {
        vvm_diagnostics_out_of_memory(diagnostics);
        vvm_source_destroy(source);
        return NULL;
    }
    module->source = source;
    module->next = vm->modules->newest;
    vm->modules->newest = module;
    c.module = module;
    if (vvm_parse(&arena, vm->symbols, source, diagnostics, &c.tree)) {
        switch (setjmp(c.out_of_memory)) {
        case 0: compile(&c); break;
        case COMPILE_TOO_LARGE: break; /* E198 says so */
        default: vvm_diagnostics_out_of_memory(diagnostics); break;
        }
    }
    vvm_arena_deinit(&arena);
    return diagnostics->errors ? NULL : module;
}

/* ---- The core library ---- */

static char *join_core(size_t *length)
{
    size_t total = 0;
    for (size_t i = 0; i < vvm_core_source_count; i++)
        total += vvm_core_sources[i].length + 1;
    char *text = malloc(total + 1), *at = text;
    for (size_t i = 0; text && i < vvm_core_source_count; i++) {
        memcpy(at, vvm_core_sources[i].text, vvm_core_sources[i].length);
        at += vvm_core_sources[i].length;
        *at++ = '\n';
    }
    *length = total;
    return text;
}

/* Other names of types and namespaces (language.md 2.4, 8.1). */
static bool enter_aliases(struct vvm_vm *vm)
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

bool vvm_core_load(struct vvm_vm *vm)
{
    size_t length;
    vm->modules = vvm_modules_create(vm);
    if (!vm->modules || !enter_aliases(vm))
        return false;
    char *text = join_core(&length);
    struct vvm_source *source = text ? vvm_source_create("<core>", text, length) : NULL;
    free(text);
    if (!source)
        return false;
    struct vvm_diagnostics diagnostics;
    vvm_diagnostics_init(&diagnostics);
    struct vvm_module *module = compile_source(vm, source, &diagnostics, true);
    if (!module)
        vvm_diagnostics_print(&diagnostics, stderr, false);
    vvm_diagnostics_deinit(&diagnostics);
    vm->modules->core_functions = vm->functions.count;
    return module != NULL;
}

/* ---- Programs ---- */

static void boot_call(struct compiler *c, uint32_t id, int dst)
{
    int window = new_registers(c, VVM_FRAME_HEADER);
    emit_w(c, VVM_OPC_CALLF, dst, window, 0, id);
    c->builder->next_register = window;
}

static void boot_main(struct compiler *c, struct vvm_module *module)
{
    int result = new_register(c), window = new_registers(c, VVM_FRAME_HEADER + 1);
    vvm_value arguments;
    if (module->main_takes_arguments && prelude_value(c, "__args", &arguments)) {
        int inner = new_registers(c, VVM_FRAME_HEADER);
        load_constant(c, inner, arguments);
        emit_w(c, VVM_OPC_CALL, window + VVM_FRAME_HEADER, inner, 0, 0);
    }
    emit_w(c, VVM_OPC_CALLF, result, window, module->main_takes_arguments, module->main);
    emit(c, VVM_OPC_AWAIT, result, result, 0);
    emit(c, VVM_OPC_RETURN, result, 0, 0);
}

static bool make_boot(struct vvm_vm *vm, struct vvm_module *module, struct vvm_diagnostics *diagnostics, uint32_t *boot)
{
    struct vvm_arena arena;
    vvm_arena_init(&arena);
    struct compiler c = {.vm = vm, .arena = &arena, .source = module->source, .diagnostics = diagnostics, .module = module};
    struct builder b;
    bool made = setjmp(c.out_of_memory) == 0;
    if (made) {
        builder_begin(&c, &b, NULL);
        b.flags |= VVM_FUNCTION_CORE;
        boot_call(&c, module->body, new_register(&c));
        if (module->main != UINT32_MAX && !module->top_calls_main)
            boot_main(&c, module);
        emit(&c, VVM_OPC_RETV, 0, 0, 0);
        *boot = reserve_function(&c);
        builder_end(&c, *boot, "<program>", NULL, 0, 0);
    } else {
        vvm_diagnostics_out_of_memory(diagnostics);
    }
    vvm_arena_deinit(&arena);
    return made && !diagnostics->errors;
}

/* The parser and the compiler recurse with the depth of the tree, VVM_TREE_MAX at most: more than the caller's stack
 * may have room for. An optimised build needs 8 MiB at that depth; sanitizers and debug builds many times that. */
#ifdef NDEBUG
#define COMPILE_STACK ((size_t)32 << 20)
#else
#define COMPILE_STACK ((size_t)256 << 20)
#endif
#define COMPILE_STACK_LEAST ((size_t)16 << 20)

struct loading {
    struct vvm_vm *vm;
    struct vvm_source *source;
    struct vvm_diagnostics *diagnostics;
    struct vvm_program *out;
    bool done;
};

static void load_source(void *argument)
{
    struct loading *l = argument;
    l->out->module = compile_source(l->vm, l->source, l->diagnostics, false);
    l->done = l->out->module && make_boot(l->vm, l->out->module, l->diagnostics, &l->out->boot);
}

bool vvm_program_load_text(struct vvm_vm *vm, const char *name, const char *text, size_t length, struct vvm_diagnostics *diagnostics,
                           struct vvm_program *out)
{
    struct vvm_source *source = length <= VVM_SOURCE_MAX ? vvm_source_create(name, text, length) : NULL;
    struct loading loading = {vm, source, diagnostics, out, false};
    bool ran = false;
    for (size_t stack = COMPILE_STACK; source && !ran && stack >= COMPILE_STACK_LEAST; stack /= 2) /* address space may be scarce */
        ran = vrt_os_thread_run_deep("vela-compile", stack, load_source, &loading) == VRT_OK;
    if (!ran) {
        vvm_source_destroy(source);
        vvm_diagnostics_out_of_memory(diagnostics);
    }
    return loading.done;
}

static char *read_file(const char *path, size_t *length)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &info) || S_ISDIR(info.st_mode)) {
        if (file) {
            fclose(file);
            errno = EISDIR;
        }
        return NULL;
    }
    size_t capacity = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size + 1 : 65536, used = 0;
    char *text = malloc(capacity);
    while (text) {
        used += fread(text + used, 1, capacity - used, file);
        if (used < capacity || used > VVM_SOURCE_MAX)
            break;
        char *grown = realloc(text, capacity *= 2);
        if (!grown)
            free(text);
        text = grown;
    }
    bool failed = ferror(file);
    fclose(file);
    if (failed) {
        free(text);
        errno = EIO;
        return NULL;
    }
    *length = used;
    return text;
}

bool vvm_program_load(struct vvm_vm *vm, const char *path, struct vvm_diagnostics *diagnostics, struct vvm_program *out, bool *unreadable)
{
    size_t length;
    errno = 0;
    char *text = read_file(path, &length);
    *unreadable = text == NULL;
    if (!text) {
        vvm_diagnostics_add(diagnostics, VVM_ERROR, "E401", NULL, 0, 0, NULL, "cannot read %s: %s", path, strerror(errno ? errno : ENOMEM));
        return false;
    }
    bool loaded = vvm_program_load_text(vm, path, text, length, diagnostics, out);
    free(text);
    return loaded;
}

void vvm_program_dump(struct vvm_vm *vm, const struct vvm_program *program, struct vvm_text_builder *out)
{
    for (uint32_t id = vm->modules->core_functions; id < vm->functions.count; id++)
        if (id != program->boot)
            vvm_disassemble(vvm_function_at(vm, id), out);
}
