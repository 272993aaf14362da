/* Sessions: inputs one after another, each a module that sees the names of those before. */
#include "vm/compile/program_units.h"

#include <stdlib.h>

struct vvm_session {
    struct program program;
    struct vvm_diagnostics diagnostics; /* of the last input; every unit points here */
    struct scope *newest;               /* names of the inputs so far */
};

struct vvm_session *vvm_session_create(struct vvm_vm *vm)
{
    struct vvm_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    vvm_diagnostics_init(&session->diagnostics);
    program_init(&session->program, vm, &session->diagnostics);
    return session;
}

void vvm_session_destroy(struct vvm_session *session)
{
    vvm_arena_deinit(&session->program.arena);
    vvm_diagnostics_deinit(&session->diagnostics);
    free(session);
}

struct vvm_diagnostics *vvm_session_diagnostics(struct vvm_session *session) { return &session->diagnostics; }

struct input {
    struct vvm_session *session;
    struct vvm_source *source;
    enum vvm_show show;
    struct vvm_program *out;
    struct compiler *unit;
};

static void compile_input(struct input *input)
{
    struct vvm_session *session = input->session;
    struct program *p = &session->program;
    struct compiler *c = input->unit = unit_add(p, input->source);
    p->place = program_place_of(c, "");
    c->folder = p->place.folder;
    c->is_input = true;
    c->earlier = session->newest;
    load_units(p, c);
    if (!p->diagnostics->errors)
        compile_units(c);
    input->out->module = c->module;
    if (!p->diagnostics->errors)
        input->out->boot = make_boot(c, p->unit_count, input->show, NULL);
}

static void load_input(void *argument)
{
    struct input *input = argument;
    struct program *p = &input->session->program;
    switch (setjmp(p->out_of_memory)) {
    case 0: compile_input(input); break;
    case COMPILE_TOO_LARGE: break; /* E198 says so */
    default: vvm_diagnostics_out_of_memory(p->diagnostics); break;
    }
}

/* Files that a refused input was the first to import are read again by the next one. */
static void forget_files(struct program *p, const struct compiler *from)
{
    for (size_t i = 0; i < FILE_BUCKETS; i++)
        for (struct program_file **place = &p->files[i]; *place;) {
            const struct compiler *c = from;
            while (c && c != (*place)->unit)
                c = c->next;
            if (c)
                *place = (*place)->next;
            else
                place = &(*place)->next;
        }
}

static void forget_units(struct program *p, struct compiler **end, uint32_t count)
{
    forget_files(p, *end);
    *end = NULL;
    p->end = end;
    p->unit_count = count;
}

bool vvm_session_load(struct vvm_session *session, const char *name, const char *text, size_t length,
                      enum vvm_show show, bool keep, struct vvm_program *out)
{
    struct program *p = &session->program;
    struct compiler **end = p->end;
    uint32_t count = p->unit_count;
    struct input input = {.session = session, .show = show, .out = out};
    vvm_diagnostics_deinit(&session->diagnostics);
    vvm_diagnostics_init(&session->diagnostics);
    input.source = length <= VVM_SOURCE_MAX ? vvm_source_create(name, text, length) : NULL;
    if (!input.source || !run_deep(load_input, &input)) {
        vvm_source_destroy(input.source);
        vvm_diagnostics_out_of_memory(&session->diagnostics);
    }
    bool loaded = session->diagnostics.errors == 0;
    if (loaded && keep)
        session->newest = input.unit->module_scope;
    else
        forget_units(p, end, count);
    return loaded;
}

/* A function, or a lambda that a name was given to. */
static bool dump_named(struct compiler *c, const char *name, struct vvm_text_builder *out)
{
    struct variable *v = resolve_name(c, c->module_scope, symbol_of(c, name), c->top);
    if (!v || v->kind == VARIABLE_PRELUDE || v->function_id == UINT32_MAX || !v->scope)
        return false;
    vvm_disassemble(vvm_function_at(c->vm, v->function_id), out);
    return true;
}

bool vvm_session_dump(struct vvm_session *session, const char *name, struct vvm_text_builder *out)
{
    if (!session->newest || setjmp(session->program.out_of_memory))
        return false;
    struct compiler *c = session->newest->unit;
    if (name)
        return dump_named(c, name, out);
    vvm_module_dump(c->vm, c->module, out);
    return true;
}
