/* Programs: a main module with all that it imports, compiled together and evaluated in order. */
#include "vm/compile/program_units.h"

#include "runtime/os/thread.h"
#include "vm/compile/boot_tests.h"
#include "vm/compile/import.h"
#include "vm/compile/source_file.h"
#include "vm/compile/warn.h"
#include "vm/front/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void program_init(struct program *p, struct vvm_vm *vm, struct vvm_diagnostics *diagnostics)
{
    memset(p, 0, sizeof *p);
    p->vm = vm;
    p->diagnostics = diagnostics;
    p->end = &p->units;
    vvm_arena_init(&p->arena);
}

/* ---- Units ---- */

struct compiler *unit_add(struct program *p, struct vvm_source *source)
{
    struct vvm_module *module = module_create(p->vm, source);
    struct compiler *c = vvm_arena_alloc(&p->arena, sizeof *c);
    if (!c || !module)
        longjmp(p->out_of_memory, 1);
    *c = (struct compiler){.vm = p->vm, .arena = &p->arena, .source = source, .diagnostics = p->diagnostics,
                           .notes = &p->notes, .tests = p->tests, .out_of_memory = p->out_of_memory, .module = module};
    module->main = UINT32_MAX;
    *p->end = c;
    p->end = &c->next;
    p->unit_count++;
    return c;
}

static struct program_file **file_place(struct program *p, const char *path)
{
    uint32_t hash = 2166136261u;
    for (const char *at = path; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    struct program_file **place = &p->files[hash % FILE_BUCKETS];
    while (*place && strcmp((*place)->path, path))
        place = &(*place)->next;
    return place;
}

static void file_add(struct program *p, struct compiler *unit, const char *path)
{
    struct program_file **place = file_place(p, path);
    if (*place)
        return;
    *place = compile_alloc(unit, sizeof **place);
    (*place)->path = path;
    (*place)->unit = unit;
}

/* ---- Imports ---- */

static struct vvm_source *source_of(struct compiler *c, const struct program_place *place,
                                    const struct found_import *found)
{
    if (!found->file) {
        const struct vvm_core_source *text = library_area_source(found->area);
        return vvm_source_create(found->path, text->text, text->length);
    }
    size_t length;
    const char *shown = shown_path(c, place, found->path);
    char *text = source_file_read(found->file, &length);
    struct vvm_source *source = text ? vvm_source_create(shown, text, length) : NULL;
    int error = text ? ENOMEM : errno;
    free(text);
    if (!source && error == ENOMEM)
        longjmp(c->out_of_memory, 1);
    errno = error;
    return source;
}

/* The module of a file, made when it is reached first; NULL: it cannot be read. */
static struct compiler *unit_of(struct program *p, struct compiler *c, const struct found_import *found)
{
    struct program_file *known = *file_place(p, found->path);
    if (known) {
        if (found->file)
            fclose(found->file);
        return known->unit;
    }
    struct vvm_source *source = source_of(c, &p->place, found);
    if (!source)
        return NULL;
    struct compiler *unit = unit_add(p, source);
    unit->core = found->file == NULL;
    unit->folder = unit->core ? NULL : folder_of(unit, found->path);
    file_add(p, unit, found->path);
    return unit;
}

static void add_import(struct program *p, struct compiler *c, struct vvm_node *node, struct import ***last)
{
    struct found_import found;
    if (!import_find(c, &p->place, node->import, &found))
        return;
    struct import *import = compile_alloc(c, sizeof *import);
    *import = (struct import){.node = node->import, .area = found.area};
    struct vvm_span at = node->import->path_span;
    import->unit = found.path ? unit_of(p, c, &found) : NULL;
    if (found.path && !import->unit)
        compile_error(c, "E401", at.offset, at.length, NULL, "cannot read %s: %s", found.path, strerror(errno));
    else if (import->unit == c)
        compile_error(c, "E401", at.offset, at.length, NULL, "a module cannot import itself");
    note_set(c, node, import);
    **last = import;
    *last = &import->next;
}

static void add_imports(struct program *p, struct compiler *c, struct vvm_node_list items, struct import ***last)
{
    for (uint32_t i = 0; i < items.count; i++) {
        if (items.items[i]->kind == VVM_NODE_IMPORT)
            add_import(p, c, items.items[i], last);
        else if (items.items[i]->kind == VVM_NODE_MODULE_DECL)
            add_imports(p, c, items.items[i]->module_decl->items, last);
    }
}

/* The module that runs the tests, whether the program imports it or not. */
static struct compiler *add_test_module(struct program *p, struct compiler *main)
{
    struct found_import found = {.area = library_area_find("test"), .path = "<test>"};
    return p->tests ? unit_of(p, main, &found) : NULL;
}

/* Reads every module that can be reached; errors of one do not keep the others from being read. */
void load_units(struct program *p, struct compiler *from)
{
    for (struct compiler *c = from; c; c = c->next) {
        struct import **last = &c->imports;
        if (vvm_parse(c->arena, p->vm->symbols, c->source, p->diagnostics, &c->tree))
            add_imports(p, c, c->tree->items, &last);
    }
}

/* ---- Passes ---- */

/* An input of a session gives the value of its last statement. */
static void gen_input(struct compiler *c)
{
    int value = new_register(c);
    c->builder->locals_top = c->builder->next_register;
    gen_statements(c, c->module_scope, c->tree->items, INTO(value));
    emit(c, VVM_OPC_RETURN, value, 0, 0);
}

static void gen_module_body(struct compiler *c)
{
    struct builder b;
    builder_begin(c, &b, c->top);
    if (c->is_input) {
        gen_input(c);
    } else {
        gen_statements(c, c->module_scope, c->tree->items, NOWHERE);
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    }
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

static void generate(struct compiler *c)
{
    gen_module_body(c);
    generate_types(c);
    generate_extensions(c);
}

/* One pass after the other over all modules: what a pass looks up in another module is there. */
void compile_units(struct compiler *from)
{
    static void (*const passes[])(struct compiler *) = {
        declare_module,  check_import_names, resolve_module, make_globals,
        finish_captures, declare_types,      lay_out_types,  reserve_all,
    };
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        for (struct compiler *c = from; c; c = c->next)
            passes[i](c);
    for (struct compiler *c = from; c && !c->diagnostics->errors; c = c->next)
        generate(c);
    for (struct compiler *c = from; c && c->diagnostics->wants_warnings && !c->diagnostics->errors; c = c->next)
        if (!c->core)
            warn_module(c);
}

static bool returns_number(struct compiler *c, struct vvm_function_node *main)
{
    return main->return_type && type_test(c, c->module_scope, main->return_type)->kind == VVM_TEST_NUMBER;
}

static void find_main(struct compiler *c)
{
    struct vvm_module *module = c->module;
    if (!c->main)
        return;
    module->main = function_id_of(c, c->main);
    module->main_gives_status = returns_number(c, c->main->node);
    module->main_takes_arguments = c->main->node->param_count > 0;
    module->top_calls_main = c->top_calls_main;
}

/* ---- The boot function ---- */

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

enum { VISIT_NONE, VISIT_OPEN, VISIT_DONE };
struct visit { struct compiler *unit; struct import *next; };

/* Depth first in source order, without recursion: chains of imports may be long. A module that is being visited already
 * is part of a cycle and comes later than its importer. */
static void boot_modules(struct compiler *main, struct compiler *from, uint32_t count, int dst)
{
    struct visit *stack = compile_alloc(main, (count + 1) * sizeof *stack);
    uint32_t depth = 1;
    stack[0] = (struct visit){from, from->imports};
    from->visit = VISIT_OPEN;
    while (depth) {
        struct visit *top = &stack[depth - 1];
        struct import *import = top->next;
        if (!import) {
            top->unit->visit = VISIT_DONE;
            boot_call(main, top->unit->module->body, dst);
            depth--;
            continue;
        }
        top->next = import->next;
        if (import->unit && import->unit->visit == VISIT_NONE) {
            import->unit->visit = VISIT_OPEN;
            stack[depth++] = (struct visit){import->unit, import->unit->imports};
        }
    }
}

/* Prints the value of an input, unless it is void, or its type. */
static void boot_show(struct compiler *c, enum vvm_show show, int value)
{
    static struct vvm_type_test is_void = {.kind = VVM_TEST_VOID, .text = "void"};
    uint32_t something = new_label(c);
    int text = new_register(c), nothing = new_register(c);
    if (show == VVM_SHOW_VALUE) {
        emit_w(c, VVM_OPC_JNTYPE, value, 0, 0, add_check(c, &is_void, "the value"))->label = something;
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    }
    place_label(c, something);
    if (show == VVM_SHOW_TYPE)
        gen_builtin_call(c, "typeOf", 1, &value, text);
    gen_builtin_call(c, "print", 1, show == VVM_SHOW_TYPE ? &text : &value, nothing);
}

/* `tests`: the module that runs the tests, or NULL. */
uint32_t make_boot(struct compiler *c, uint32_t unit_count, enum vvm_show show, struct compiler *tests)
{
    struct builder b;
    struct vvm_module *module = c->module;
    builder_begin(c, &b, NULL);
    b.flags |= VVM_FUNCTION_CORE;
    int value = new_register(c);
    if (tests)
        boot_modules(c, tests, unit_count, value);
    boot_modules(c, c, unit_count, value);
    if (show != VVM_SHOW_NOTHING)
        boot_show(c, show, value);
    if (tests)
        boot_tests(c, tests);
    else if (module->main != UINT32_MAX && !module->top_calls_main)
        boot_main(c, module);
    emit(c, VVM_OPC_RETV, 0, 0, 0);
    uint32_t boot = reserve_function(c);
    builder_end(c, boot, VVM_BOOT_NAME, NULL, 0, 0);
    return boot;
}

/* ---- Compiling ---- */

static void compile_program(struct program *p, struct vvm_source *source, const char *path, struct vvm_program *out)
{
    struct compiler *main = unit_add(p, source);
    p->place = program_place_of(main, path);
    main->folder = p->place.folder;
    const char *canonical = canonical_path(main, path);
    if (canonical)
        file_add(p, main, canonical);
    struct compiler *tests = add_test_module(p, main);
    load_units(p, main);
    if (p->diagnostics->errors)
        return;
    compile_units(main);
    find_main(main);
    out->module = main->module;
    if (!p->diagnostics->errors)
        out->boot = make_boot(main, p->unit_count, VVM_SHOW_NOTHING, tests);
}

static void compile_core(struct program *p, struct vvm_source *source)
{
    struct compiler *c = unit_add(p, source);
    c->core = true;
    load_units(p, c);
    if (!p->diagnostics->errors)
        compile_units(c);
    if (!p->diagnostics->errors)
        publish_core(c);
}

struct vvm_module *program_compile_core(struct vvm_vm *vm, struct vvm_source *source,
                                        struct vvm_diagnostics *diagnostics)
{
    struct program p;
    program_init(&p, vm, diagnostics);
    switch (setjmp(p.out_of_memory)) {
    case 0: compile_core(&p, source); break;
    case COMPILE_TOO_LARGE: break; /* E198 says so */
    default: vvm_diagnostics_out_of_memory(diagnostics); break;
    }
    struct vvm_module *module = diagnostics->errors ? NULL : p.units->module;
    vvm_arena_deinit(&p.arena);
    return module;
}

/* The parser and the compiler recurse with the depth of the tree, VVM_TREE_MAX at most: more than the caller's stack
 * may have room for. An optimised build needs 8 MiB at that depth; sanitizers and debug builds many times that. */
#ifdef NDEBUG
#define COMPILE_STACK ((size_t)32 << 20)
#else
#define COMPILE_STACK ((size_t)256 << 20)
#endif
#define COMPILE_STACK_LEAST ((size_t)16 << 20)

/* Runs on such a stack and waits. Errors: false without memory; it did not run. */
bool run_deep(void (*run)(void *), void *argument)
{
    bool ran = false;
    /* address space may be scarce */
    for (size_t stack = COMPILE_STACK; !ran && stack >= COMPILE_STACK_LEAST; stack /= 2)
        ran = vrt_os_thread_run_deep("vela-compile", stack, run, argument) == VRT_OK;
    return ran;
}

struct loading {
    struct vvm_vm *vm;
    struct vvm_source *source;
    const char *path;
    struct vvm_diagnostics *diagnostics;
    struct vvm_program *out;
    bool tests;
};

static void load_source(void *argument)
{
    struct loading *l = argument;
    struct program p;
    program_init(&p, l->vm, l->diagnostics);
    p.tests = l->tests;
    switch (setjmp(p.out_of_memory)) {
    case 0: compile_program(&p, l->source, l->path, l->out); break;
    case COMPILE_TOO_LARGE: break; /* E198 says so */
    default: vvm_diagnostics_out_of_memory(l->diagnostics); break;
    }
    vvm_arena_deinit(&p.arena);
}

static bool load_text(struct loading *loading, const char *text, size_t length)
{
    loading->source = length <= VVM_SOURCE_MAX ? vvm_source_create(loading->path, text, length) : NULL;
    if (!loading->source || !run_deep(load_source, loading)) {
        vvm_source_destroy(loading->source);
        vvm_diagnostics_out_of_memory(loading->diagnostics);
    }
    return loading->diagnostics->errors == 0;
}

bool vvm_program_load_text(struct vvm_vm *vm, const char *name, const char *text, size_t length,
                           struct vvm_diagnostics *diagnostics, struct vvm_program *out)
{
    struct loading loading = {.vm = vm, .path = name, .diagnostics = diagnostics, .out = out};
    return load_text(&loading, text, length);
}

static bool load_file(struct loading *loading, bool *unreadable)
{
    size_t length;
    FILE *file = source_file_open(loading->path, false);
    char *text = file ? source_file_read(file, &length) : NULL;
    *unreadable = text == NULL;
    if (!text) {
        vvm_diagnostics_add(loading->diagnostics, VVM_ERROR, "E401", NULL, 0, 0, NULL, "cannot read %s: %s",
                            loading->path, strerror(errno));
        return false;
    }
    bool loaded = load_text(loading, text, length);
    free(text);
    return loaded;
}

bool vvm_program_load(struct vvm_vm *vm, const char *path, struct vvm_diagnostics *diagnostics, struct vvm_program *out,
                      bool *unreadable)
{
    struct loading loading = {.vm = vm, .path = path, .diagnostics = diagnostics, .out = out};
    return load_file(&loading, unreadable);
}

bool vvm_program_load_tests(struct vvm_vm *vm, const char *path, struct vvm_diagnostics *diagnostics,
                            struct vvm_program *out, bool *unreadable)
{
    struct loading loading = {.vm = vm, .path = path, .diagnostics = diagnostics, .out = out, .tests = true};
    return load_file(&loading, unreadable);
}

