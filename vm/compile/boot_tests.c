#include "vm/compile/boot_tests.h"

#include "vm/compile/resolve.h"

#include <string.h>

/* The decorator that makes a function a test or a hook, or NULL. */
static const char *role_of(struct compiler *c, const struct vvm_decorator *decorator)
{
    static const char *const roles[] = {"test", "beforeEach", "afterEach", "beforeAll", "afterAll"};
    for (size_t i = 0; decorator->path.count == 1 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(symbol_text(c, decorator->path.symbols[0]), roles[i]) == 0)
            return roles[i];
    return NULL;
}

bool is_test_body(const struct compiler *c)
{
    const struct vvm_function_node *node = c->tests && c->builder->context ? c->builder->context->node : NULL;
    bool is_one = node && (node->kind == VVM_FUNCTION_NODE_LAMBDA || node->attributes.decorator_count > 0);
    return is_one && node->param_count == 0;
}

static void call_module(struct compiler *c, struct compiler *tests, const char *name, int dst, int window,
                        uint32_t count)
{
    struct variable *function = find_module_variable(tests->module_scope, symbol_of(c, name));
    emit_w(c, VVM_OPC_CALLF, dst, window, (int)count, function_id_of(tests, function));
}

static void declare_as(struct compiler *c, struct compiler *tests, const char *role, const struct vvm_node *node)
{
    const struct vvm_function_node *function = node->function;
    struct variable *variable = find_module_variable(c->module_scope, function->name);
    const char *name = symbol_text(c, function->name);
    int dst = new_register(c), window = new_registers(c, VVM_FRAME_HEADER + 3), first = window + VVM_FRAME_HEADER;
    load_constant(c, first, immortal_string(c, role, strlen(role)));
    load_constant(c, first + 1, immortal_string(c, name, strlen(name)));
    read_variable(c, variable, first + 2, node->offset);
    call_module(c, tests, "__decorated", dst, window, 3);
    c->builder->next_register = dst;
}

void boot_tests(struct compiler *c, struct compiler *tests)
{
    for (uint32_t i = 0; i < c->tree->items.count; i++) {
        const struct vvm_node *node = c->tree->items.items[i];
        if (node->kind != VVM_NODE_FUNCTION_DECL)
            continue;
        const struct vvm_attributes *attributes = &node->function->attributes;
        for (uint32_t d = 0; d < attributes->decorator_count; d++) {
            const char *role = role_of(c, &attributes->decorators[d]);
            if (role)
                declare_as(c, tests, role, node);
        }
    }
    int dst = new_register(c);
    call_module(c, tests, "__run", dst, new_registers(c, VVM_FRAME_HEADER), 0);
}
