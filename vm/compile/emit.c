/* Emitting: instructions, labels, registers, constants, and the finishing of a function. */
#include "vm/compile/compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Doubles an arena array when it is full; gives the place of the next item. */
static void *array_next(struct compiler *c, void **items, uint32_t *count, uint32_t *capacity, size_t size)
{
    if (*count == *capacity) {
        uint32_t grown = *capacity ? *capacity * 2 : 16;
        void *copy = compile_alloc(c, grown * size);
        if (*count)
            memcpy(copy, *items, *count * size);
        *items = copy;
        *capacity = grown;
    }
    return (char *)*items + size * (*count)++;
}

/* A `finally` inside a `finally` is generated once per way out, so code can grow with 2 to the nesting depth. */
static void stop_growing(struct compiler *c)
{
    compile_error(c, "E198", c->builder->position, 1, NULL, "the code around here is too large");
    longjmp(c->out_of_memory, COMPILE_TOO_LARGE);
}

struct vvm_ir *emit_w(struct compiler *c, enum vvm_opcode op, int a, int b, int cc, uint32_t w)
{
    struct builder *builder = c->builder;
    if (++c->emitted > COMPILE_CODE_MAX)
        stop_growing(c);
    struct vvm_ir *ir =
        array_next(c, (void **)&builder->ir.code, &builder->ir.count, &builder->ir.capacity, sizeof *ir);
    *ir = (struct vvm_ir){.op = (uint8_t)op, .a = a, .b = b, .c = cc, .w = w, .label = UINT32_MAX,
                          .position = builder->position};
    return ir;
}

struct vvm_ir *emit(struct compiler *c, enum vvm_opcode op, int a, int b, int cc)
{
    return emit_w(c, op, a, b, cc, 0);
}

void emit_jump(struct compiler *c, enum vvm_opcode op, int a, int b, int cc, uint32_t label)
{
    emit(c, op, a, b, cc)->label = label;
}

uint32_t new_label(struct compiler *c) { return c->builder->ir.label_count++; }

void place_label(struct compiler *c, uint32_t label) { emit(c, VVM_OPC_LABEL, 0, 0, 0)->label = label; }

int new_registers(struct compiler *c, int count)
{
    int first = c->builder->next_register;
    c->builder->next_register += count;
    if ((uint32_t)c->builder->next_register > c->builder->ir.register_count)
        c->builder->ir.register_count = (uint32_t)c->builder->next_register;
    return first;
}

int new_register(struct compiler *c) { return new_registers(c, 1); }

void set_position(struct compiler *c, uint32_t offset) { c->builder->position = offset; }

/* Constants are few per function, so the search for an equal one looks at the last ones only. */
uint32_t constant(struct compiler *c, vvm_value value)
{
    struct builder *b = c->builder;
    uint32_t from = b->constant_count > 64 ? b->constant_count - 64 : 0;
    for (uint32_t i = from; i < b->constant_count; i++)
        if (b->constants[i].tag == value.tag && b->constants[i].bits == value.bits)
            return i;
    vvm_value *place = array_next(c, (void **)&b->constants, &b->constant_count, &b->constant_capacity, sizeof *place);
    *place = value;
    return b->constant_count - 1;
}

/* A String as code holds it: immortal, listed in the VM. */
vvm_value immortal_string(struct compiler *c, const char *text, size_t length)
{
    struct vvm_text_builder path = {0};
    vvm_value value = vvm_string_new(text, length);
    if (vvm_is_unset(value))
        longjmp(c->out_of_memory, 1);
    if (!vvm_make_immortal(value, c->vm->immortals, &path)) {
        vvm_release(value);
        longjmp(c->out_of_memory, 1);
    }
    return value;
}

uint32_t string_constant(struct compiler *c, const char *text, size_t length)
{
    return constant(c, immortal_string(c, text, length));
}

void load_constant(struct compiler *c, int dst, vvm_value value)
{
    emit(c, VVM_OPC_LOADK, dst, (int)constant(c, value), 0);
}

void load_number(struct compiler *c, int dst, int64_t number)
{
    if (number >= INT16_MIN && number <= INT16_MAX)
        emit(c, VVM_OPC_LOADI, dst, (int)number, 0);
    else
        load_constant(c, dst, vvm_number(number));
}

uint32_t add_check(struct compiler *c, struct vvm_type_test *test, const char *what)
{
    struct builder *b = c->builder;
    for (uint32_t i = b->check_count > 16 ? b->check_count - 16 : 0; i < b->check_count; i++)
        if (b->checks[i].test == test && b->checks[i].what == what)
            return i;
    struct vvm_check *place = array_next(c, (void **)&b->checks, &b->check_count, &b->check_capacity, sizeof *place);
    *place = (struct vvm_check){test, what};
    return b->check_count - 1;
}

uint32_t add_site(struct compiler *c, vvm_symbol name, uint32_t type_id)
{
    struct vvm_site site = {.name = name, .type_id = type_id};
    uint32_t index;
    if (!vvm_table_add(&c->vm->sites, &site, &index))
        longjmp(c->out_of_memory, 1);
    return index;
}

void builder_begin(struct compiler *c, struct builder *b, struct function_context *context)
{
    *b = (struct builder){.outer = c->builder, .context = context, .result_check = -1};
#ifdef VELA_COUNT_BORROWS
    b->ir.count_borrows = true;
#endif
    if (c->core)
        b->flags |= VVM_FUNCTION_CORE;
    c->builder = b;
}

/* A function's id is known before its code, so that functions can call one another. */
uint32_t reserve_function(struct compiler *c)
{
    struct vvm_function *function = code_alloc(c, sizeof *function);
    uint32_t id;
    if (!vvm_table_add(&c->vm->functions, &function, &id))
        longjmp(c->out_of_memory, 1);
    function->id = id;
    function->name = "<unfinished>";
    return id;
}

static void *code_copy(struct compiler *c, const void *items, size_t size)
{
    void *copy = code_alloc(c, size ? size : 1);
    if (size)
        memcpy(copy, items, size);
    return copy;
}

static void copy_captures(struct compiler *c, struct vvm_function *function, struct function_context *context)
{
    struct environment *environment = context ? context_environment(context) : NULL;
    if (!environment || !environment->count)
        return;
    vvm_symbol *symbols = code_alloc(c, environment->count * sizeof *symbols);
    uint32_t *positions = code_alloc(c, environment->count * sizeof *positions);
    for (uint32_t i = 0; i < environment->count; i++) {
        symbols[i] = environment->items[i].variable->name;
        positions[i] = environment->items[i].offset;
    }
    function->capture_names = symbols;
    function->capture_positions = positions;
    function->capture_count = environment->count;
}

/* A defect of the compiler: better here than as a crash of the program. Release builds trust it. */
static void verify(const struct vvm_function *function)
{
#ifndef NDEBUG
    const char *wrong = vvm_verify(function);
    if (!wrong)
        return;
    struct vvm_text_builder text = {0};
    vvm_disassemble(function, &text);
    fprintf(stderr, "%.*sfunction %s: %s\n", (int)text.length, text.data, function->name, wrong);
    abort();
#else
    (void)function;
#endif
}

void add_quiet(struct compiler *c, const struct vvm_node *block)
{
    struct builder *b = c->builder;
    struct vvm_quiet *quiet = array_next(c, (void **)&b->quiet, &b->quiet_count, &b->quiet_capacity, sizeof *quiet);
    *quiet = (struct vvm_quiet){block->offset, block->offset + block->length};
}

struct vvm_function *builder_end(struct compiler *c, uint32_t id, const char *name,
                                 const struct vvm_parameter *parameters, uint32_t parameter_count,
                                 uint32_t required_count)
{
    struct builder *b = c->builder;
    struct vvm_function *function = vvm_function_at(c->vm, id);
    function->name = name;
    function->flags = b->flags;
    function->parameters = parameters;
    function->parameter_count = parameter_count;
    function->required_count = required_count;
    function->constants = code_copy(c, b->constants, b->constant_count * sizeof *b->constants);
    function->constant_count = b->constant_count;
    function->checks = code_copy(c, b->checks, b->check_count * sizeof *b->checks);
    function->check_count = b->check_count;
    function->quiet = code_copy(c, b->quiet, b->quiet_count * sizeof *b->quiet);
    function->quiet_count = b->quiet_count;
    function->result_check = (uint32_t)(b->result_check + 1);
    function->source = c->source;
    function->module = c->module;
    copy_captures(c, function, b->context);
    b->ir.parameter_count = parameter_count;
    if (b->ir.register_count < parameter_count)
        b->ir.register_count = parameter_count;
    bool too_large = false;
    bool fits = b->constant_count <= UINT16_MAX && b->check_count <= UINT16_MAX && b->ir.register_count <= UINT16_MAX;
    if (!fits || (c->diagnostics->errors == 0 && !vvm_ir_finish(&b->ir, c->vm, function, &too_large))) {
        if (fits && !too_large)
            longjmp(c->out_of_memory, 1);
        compile_error(c, "E198", b->position, 1, NULL, "function `%s` is too large", name);
    } else if (c->diagnostics->errors == 0) {
        verify(function);
    }
    c->builder = b->outer;
    return function;
}
