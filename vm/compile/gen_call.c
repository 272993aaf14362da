/* Calls: the frame window, arguments, named arguments, methods, constructors. */
#include "vm/compile/boot_tests.h"
#include "vm/compile/compiler.h"

#include "vm/compile/loop.h"

#include "vm/exec/prelude.h"

#include <string.h>

/* A call being put together: `window` is the first register of the frame window. */
struct call {
    enum vvm_opcode op;
    int window;
    uint32_t w;
    uint32_t count;          /* arguments, receiver included */
    bool tail;
    int moves;               /* arguments that wait in variables */
    struct { int argument, source; } *waiting;
};

#define ARGUMENTS_MAX 250

static bool tail_allowed(struct compiler *c, struct destination to)
{
    struct builder *b = c->builder;
    return to.kind == TO_RETURN && !b->exits && b->context != c->top && !(b->flags & VVM_FUNCTION_GENERATOR) && !is_test_body(c);
}

static void begin_call(struct compiler *c, struct call *call, uint32_t count, struct destination to)
{
    *call = (struct call){.count = count, .tail = tail_allowed(c, to)};
    call->window = new_registers(c, VVM_FRAME_HEADER + (int)count);
    call->waiting = compile_alloc(c, (count + 1) * sizeof *call->waiting);
}

static int argument_register(const struct call *call, uint32_t index) { return call->window + VVM_FRAME_HEADER + (int)index; }

static void wait_for(struct call *call, int argument, int source)
{
    call->waiting[call->moves].argument = argument;
    call->waiting[call->moves++].source = source;
}

/* An argument that stands in an immutable variable is handed over directly before the call, so that liveness can lend it. */
static bool argument_waits(struct compiler *c, struct vvm_node *node)
{
    if (node->kind != VVM_NODE_NAME && node->kind != VVM_NODE_THIS)
        return false;
    struct variable *v = note_get(c, node);
    return v && !v->is_state && (v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL);
}

static void gen_argument(struct compiler *c, struct call *call, uint32_t index, struct vvm_node *node)
{
    int reg = argument_register(call, index);
    set_position(c, node->offset);
    uint32_t before = c->builder->ir.count;
    int source = argument_waits(c, node) ? variable_register(c, note_get(c, node)) : -1;
    if (source >= 0 && c->builder->ir.count > before) /* borrowed from outside of the frame: where it is wanted at once */
        c->builder->ir.code[before].a = reg;
    else if (source >= 0)
        wait_for(call, reg, source);
    else
        gen_into(c, node, reg);
}

static void gen_arguments(struct compiler *c, struct call *call, uint32_t from, const struct vvm_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        gen_argument(c, call, from + i, arguments->items[i].value);
}

static enum vvm_opcode tail_form(enum vvm_opcode op)
{
    switch (op) {
    case VVM_OPC_CALL: return VVM_OPC_TCALL;
    case VVM_OPC_CALLF: return VVM_OPC_TCALLF;
    case VVM_OPC_CALLM: return VVM_OPC_TCALLM;
    case VVM_OPC_CALLN: return VVM_OPC_TCALLN;
    case VVM_OPC_CALLMN: return VVM_OPC_TCALLMN;
    default: return op;
    }
}

static void emit_call(struct compiler *c, struct call *call, enum vvm_opcode op, int dst, uint32_t w)
{
    for (int i = 0; i < call->moves; i++)
        emit(c, VVM_OPC_ARG, call->waiting[i].argument, call->waiting[i].source, 0);
    emit_w(c, op, dst, call->window, (int)call->count, w);
}

/* Would `count` arguments stand where its parameters are, without anything left to do? */
static bool takes_exactly(const struct vvm_function_node *node, uint32_t count)
{
    for (uint32_t i = 0; i < node->param_count; i++)
        if (node->params[i].rest)
            return false;
    return count == node->param_count;
}

static bool is_self_call(struct compiler *c, const struct call *call, uint32_t id)
{
    struct function_context *context = c->builder->context;
    struct vvm_function_node *node = context->node;
    if (!context->function_variable || context->function_variable->function_id != id || !node || node->is_async || node->is_generator)
        return false;
    return takes_exactly(node, call->count);
}

static bool is_plain_list(const struct vvm_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        if (arguments->items[i].label || arguments->items[i].spread)
            return false;
    return true;
}

/* What may stand in the operand of a `yield*` that is a body's last act, so that its frame can be used again. */
static bool is_self_delegation(struct compiler *c, struct vvm_node *operand, struct call *call)
{
    struct function_context *context = c->builder->context;
    struct vvm_node *callee = operand->kind == VVM_NODE_CALL ? operand->call.callee : NULL;
    struct variable *v = callee && callee->kind == VVM_NODE_NAME ? note_get(c, callee) : NULL;
    if (!v || v->kind != VARIABLE_FUNCTION || v != context->function_variable || !is_plain_list(&operand->call.arguments))
        return false;
    call->count = operand->call.arguments.count;
    return takes_exactly(context->node, call->count);
}

bool gen_self_delegation(struct compiler *c, struct vvm_node *operand)
{
    struct call call;
    if (!is_self_delegation(c, operand, &call))
        return false;
    begin_call(c, &call, operand->call.arguments.count, NOWHERE);
    gen_arguments(c, &call, 0, &operand->call.arguments);
    set_position(c, operand->offset);
    hold_unread(c);
    emit_call(c, &call, VVM_OPC_TSELF, 0, c->builder->context->function_id);
    return true;
}

static void finish_call(struct compiler *c, struct call *call, enum vvm_opcode op, uint32_t w, uint32_t offset, struct destination to)
{
    set_position(c, offset);
    if (call->tail && tail_form(op) != op) {
        hold_unread(c);
        if (op == VVM_OPC_CALLF && is_self_call(c, call, w))
            emit_call(c, call, VVM_OPC_TSELF, 0, w);
        else
            emit_call(c, call, tail_form(op), 0, w);
        return;
    }
    int dst = to.kind == TO_REGISTER ? to.reg : call->window;
    emit_call(c, call, op, dst, w);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
}

/* ---- Named and spread arguments ---- */

static uint32_t add_shape(struct compiler *c, uint32_t site, const struct vvm_arguments *arguments, uint32_t receiver, vvm_symbol extra)
{
    uint32_t count = arguments->count + receiver + (extra != 0), index;
    struct vvm_shape shape = {.site = site, .count = count};
    shape.arguments = code_alloc(c, (count + 1) * sizeof *shape.arguments);
    for (uint32_t i = 0; i < arguments->count; i++) {
        shape.arguments[i + receiver].name = arguments->items[i].label;
        shape.arguments[i + receiver].spread = arguments->items[i].spread;
    }
    if (extra)
        shape.arguments[count - 1].name = extra;
    if (!vvm_table_add(&c->vm->shapes, &shape, &index))
        longjmp(c->out_of_memory, 1);
    return index;
}

static bool too_many(struct compiler *c, struct vvm_node *node, const struct vvm_arguments *arguments)
{
    if (arguments->count <= ARGUMENTS_MAX)
        return false;
    compile_error(c, "E198", node->offset, 1, "spread a List: f(...xs)", "a call has at most %d arguments", ARGUMENTS_MAX);
    return true;
}

/* What tests its values against T; the type arguments of everything else mean nothing at run time. */
static bool tests_elements(struct compiler *c, struct vvm_node *name)
{
    struct variable *v = name->kind == VVM_NODE_NAME ? note_get(c, name) : NULL;
    if (!v || v->kind != VARIABLE_PRELUDE)
        return false;
    if (!vvm_is_plain(v->value, VVM_TYPE))
        return strcmp(symbol_text(c, v->name), "channel") == 0;
    uint32_t id = ((struct vvm_type *)v->value.object)->id;
    return id == VVM_T_CHANNEL || id == VVM_T_PROMISE;
}

/* The element type of Channel<T>.new(…), channel<T>(…), Promise<T>(): handed over as a hidden named argument. */
static int hidden_test(struct compiler *c, struct vvm_node *applied)
{
    if (!applied || applied->kind != VVM_NODE_TYPE_APPLY || applied->apply.arguments.count != 1 || !tests_elements(c, applied->apply.object))
        return -1;
    struct vvm_type_test *test = type_test(c, c->module_scope, applied->apply.arguments.items[0]);
    return test->kind == VVM_TEST_ANY ? -1 : (int)test_index(c, test);
}

static void gen_hidden(struct compiler *c, struct call *call, int test)
{
    if (test >= 0)
        load_number(c, argument_register(call, call->count - 1), test);
}

/* ---- Function values ---- */

static void gen_value_call(struct compiler *c, struct vvm_node *node, struct vvm_node *callee, struct destination to)
{
    struct vvm_arguments *arguments = &node->call.arguments;
    int test = hidden_test(c, callee);
    struct call call;
    begin_call(c, &call, arguments->count + (test >= 0), to);
    bool waits = argument_waits(c, callee);
    int source = waits ? variable_register(c, note_get(c, callee)) : -1;
    if (source < 0)
        gen_into(c, callee, call.window);
    gen_arguments(c, &call, 0, arguments);
    gen_hidden(c, &call, test);
    if (source >= 0)
        emit(c, VVM_OPC_MOVE, call.window, source, 0);
    bool plain = is_plain_list(arguments) && test < 0;
    bool callback = c->core && plain && callee->kind == VVM_NODE_NAME;
    enum vvm_opcode op = callback ? VVM_OPC_CALLB : plain ? VVM_OPC_CALL : VVM_OPC_CALLN;
    uint32_t w = plain ? 0 : add_shape(c, 0, arguments, 0, test >= 0 ? names(c)->test : 0);
    finish_call(c, &call, op, w, node->offset, to);
}

/* A call of a loop's intrinsic, whose arguments are the function's parameters in their order. */
static bool gen_loop(struct compiler *c, struct vvm_node *node, vvm_value callee, struct destination to)
{
    const struct vvm_builtin *row = vvm_is_plain(callee, VVM_BUILTIN) ? callee.object : NULL;
    if (!c->core || row < vvm_loop_rows || row >= vvm_loop_rows + VVM_LOOP_COUNT_OF_KINDS)
        return false;
    uint32_t kind = (uint32_t)(row - vvm_loop_rows);
    const struct vvm_arguments *arguments = &node->call.arguments;
    for (int i = 0; i < vvm_loop_parameters(kind); i++)
        if ((int)arguments->count <= i || !argument_waits(c, arguments->items[i].value)
            || variable_register(c, note_get(c, arguments->items[i].value)) != i)
            return false;
    int result = new_register(c), window = new_registers(c, VVM_FRAME_HEADER + vvm_loop_arguments(kind));
    set_position(c, node->offset);
    emit_w(c, VVM_OPC_LOOP, result, window, vvm_loop_arguments(kind), kind);
    emit(c, VVM_OPC_AGAIN, result, (int)kind, 0);
    if (VVM_LOOP_OF(kind) == VVM_LOOP_EACH)
        load_constant(c, result, vvm_void());
    else
        emit(c, VVM_OPC_MOVE, result, VVM_LOOP_ACCUMULATOR, 0);
    if (to.kind == TO_REGISTER)
        emit(c, VVM_OPC_MOVE, to.reg, result, 0);
    else if (to.kind == TO_RETURN)
        gen_return_register(c, result);
    return true;
}

static void gen_constant_call(struct compiler *c, struct vvm_node *node, vvm_value callee, int test, struct destination to)
{
    if (gen_loop(c, node, callee, to))
        return;
    struct vvm_arguments *arguments = &node->call.arguments;
    struct call call;
    begin_call(c, &call, arguments->count + (test >= 0), to);
    bool direct = vvm_is_plain(callee, VVM_FUNCTION) && is_plain_list(arguments) && test < 0;
    if (!direct)
        load_constant(c, call.window, callee);
    gen_arguments(c, &call, 0, arguments);
    gen_hidden(c, &call, test);
    if (direct)
        finish_call(c, &call, VVM_OPC_CALLF, vvm_tag_id(callee), node->offset, to);
    else if (is_plain_list(arguments) && test < 0)
        finish_call(c, &call, VVM_OPC_CALL, 0, node->offset, to);
    else
        finish_call(c, &call, VVM_OPC_CALLN, add_shape(c, 0, arguments, 0, test >= 0 ? names(c)->test : 0), node->offset, to);
}

static vvm_value function_constant(struct compiler *c, uint32_t id)
{
    vvm_value value = {.tag = VVM_TAG_ID(VVM_FUNCTION, id), .object = vvm_function_at(c->vm, id)};
    return value;
}

/* ---- Methods ---- */

static void gen_this_argument(struct compiler *c, struct call *call)
{
    struct function_context *method = c->builder->context;
    while (method && !method->self)
        method = method->parent;
    int source = method ? variable_register(c, method->self) : -1;
    if (source >= 0)
        wait_for(call, argument_register(call, 0), source);
    else
        load_this(c, argument_register(call, 0), c->builder->position);
}

static void gen_receiver(struct compiler *c, struct call *call, struct vvm_node *object)
{
    if (object)
        gen_argument(c, call, 0, object);
    else
        gen_this_argument(c, call);
}

static bool is_getter(const struct vvm_class_decl *decl, vvm_symbol name)
{
    for (uint32_t i = 0; decl && i < decl->member_count; i++) {
        const struct vvm_member_node *m = &decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FUNCTION && m->function->kind == VVM_FUNCTION_NODE_GETTER && m->function->name == name)
            return true;
    }
    return false;
}

/* Named arguments belong to the function that a `get` of this name may give: it is read first and called then. */
static bool may_be_got(const struct compiler *c, vvm_symbol name)
{
    for (const struct type_info *info = c->types; info; info = info->next)
        if (is_getter(info->class_decl, name))
            return true;
    return false;
}

static void gen_got_call(struct compiler *c, struct vvm_node *node, struct vvm_node *object, vvm_symbol name, struct destination to)
{
    struct vvm_arguments *arguments = &node->call.arguments;
    struct call call;
    begin_call(c, &call, arguments->count, to);
    int receiver = new_register(c);
    if (object)
        gen_into(c, object, receiver);
    else
        load_this(c, receiver, node->offset);
    emit_w(c, VVM_OPC_GETFIELD, call.window, receiver, 0, add_site(c, name, 0));
    gen_arguments(c, &call, 0, arguments);
    finish_call(c, &call, VVM_OPC_CALLN, add_shape(c, 0, arguments, 0, 0), node->offset, to);
}

static void gen_method(struct compiler *c, struct vvm_node *node, struct vvm_node *object, vvm_symbol name, uint32_t offset,
                       struct destination to)
{
    struct vvm_arguments *arguments = &node->call.arguments;
    if (!is_plain_list(arguments) && may_be_got(c, name)) {
        gen_got_call(c, node, object, name, to);
        return;
    }
    int test = object ? hidden_test(c, object) : -1;
    struct call call;
    begin_call(c, &call, arguments->count + 1 + (test >= 0), to);
    gen_receiver(c, &call, object);
    gen_arguments(c, &call, 1, arguments);
    gen_hidden(c, &call, test);
    uint32_t site = add_site(c, name, 0);
    if (is_plain_list(arguments) && test < 0)
        finish_call(c, &call, VVM_OPC_CALLM, site, offset, to);
    else
        finish_call(c, &call, VVM_OPC_CALLMN, add_shape(c, site, arguments, 1, test >= 0 ? names(c)->test : 0), offset, to);
}

void gen_method_call(struct compiler *c, struct vvm_node *object, vvm_symbol name, uint32_t argc, struct vvm_node **args, struct destination to)
{
    struct call call;
    uint32_t offset = c->builder->position;
    begin_call(c, &call, argc + 1, to);
    gen_argument(c, &call, 0, object);
    for (uint32_t i = 0; i < argc; i++)
        gen_argument(c, &call, i + 1, args[i]);
    finish_call(c, &call, VVM_OPC_CALLM, add_site(c, name, 0), offset, to);
}

bool prelude_value(struct compiler *c, const char *name, vvm_value *value)
{
    if (vvm_prelude_find(c->vm, symbol_of(c, name), value))
        return true;
    compile_error(c, "E307", c->builder->position, 1, NULL, "the core library lacks `%s`", name);
    return false;
}

void gen_builtin_call(struct compiler *c, const char *name, int argc, const int *registers, int dst)
{
    vvm_value callee;
    if (!prelude_value(c, name, &callee))
        return;
    struct call call;
    begin_call(c, &call, (uint32_t)argc, NOWHERE);
    load_constant(c, call.window, callee);
    for (int i = 0; i < argc; i++)
        emit(c, VVM_OPC_MOVE, argument_register(&call, (uint32_t)i), registers[i], 0);
    emit_call(c, &call, VVM_OPC_CALL, dst, 0);
}

static void gen_optional_call(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct vvm_node *member = node->call.callee;
    uint32_t end = new_label(c);
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c);
    int object = new_register(c), pair = new_registers(c, 2);
    gen_into(c, member->member.object, object);
    emit(c, VVM_OPC_MOVE, dst, object, 0);
    set_position(c, member->member.name_span.offset);
    emit_jump(c, VVM_OPC_JBAD, object, 0, 0, end);
    struct call call;
    begin_call(c, &call, node->call.arguments.count + 1, NOWHERE);
    emit(c, VVM_OPC_PEEL, argument_register(&call, 0), object, 0);
    gen_arguments(c, &call, 1, &node->call.arguments);
    uint32_t site = add_site(c, member->member.symbol, 0);
    if (is_plain_list(&node->call.arguments))
        emit_call(c, &call, VVM_OPC_CALLM, pair + 1, site);
    else
        emit_call(c, &call, VVM_OPC_CALLMN, pair + 1, add_shape(c, site, &node->call.arguments, 1, 0));
    emit(c, VVM_OPC_MOVE, pair, object, 0);
    gen_builtin_call(c, "__rewrap", 2, (int[]){pair, pair + 1}, dst);
    place_label(c, end);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
}

/* ---- super ---- */

static struct type_info *class_here(struct compiler *c)
{
    struct type_info *info = c->builder->context->class_info;
    if (!info || !info->parent) {
        compile_error(c, "E307", c->builder->position, 5, NULL, "`super` stands in no class that extends another");
        return NULL;
    }
    return info->parent;
}

uint32_t super_type_id(struct compiler *c)
{
    struct type_info *parent = class_here(c);
    return parent && parent->type ? parent->type->id : 0;
}

/* What `super.name` is, called as a value: named arguments, or a function that a `get` gives. */
static void gen_super_value_call(struct compiler *c, struct vvm_node *node, uint32_t site, struct destination to)
{
    struct vvm_arguments *arguments = &node->call.arguments;
    struct call call;
    begin_call(c, &call, arguments->count, NOWHERE);
    int self = new_register(c);
    load_this(c, self, node->offset);
    emit_w(c, VVM_OPC_GETFIELD, call.window, self, 0, site);
    gen_arguments(c, &call, 0, arguments);
    call.tail = false;
    finish_call(c, &call, VVM_OPC_CALLN, add_shape(c, 0, arguments, 0, 0), node->offset, to);
}

static void gen_super_method(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to)
{
    struct type_info *parent = class_here(c);
    struct vvm_member *member = parent && parent->type ? vvm_members_find(&parent->type->members, name) : NULL;
    uint32_t site = add_site(c, name, super_type_id(c));
    if (!is_plain_list(&node->call.arguments) || (member && member->kind != VVM_MEMBER_METHOD)) {
        gen_super_value_call(c, node, site, to);
        return;
    }
    struct call call;
    begin_call(c, &call, node->call.arguments.count + 1, NOWHERE);
    gen_this_argument(c, &call);
    gen_arguments(c, &call, 1, &node->call.arguments);
    call.tail = false;
    finish_call(c, &call, VVM_OPC_CALLS, site, node->offset, to);
}

/* The constructor that `super(…)` runs: of the nearest class above that has one. */
static struct type_info *initialized_by(struct type_info *parent)
{
    for (; parent; parent = parent->parent)
        if (parent->constructor || (!parent->node && parent->type && !vvm_is_unset(parent->type->initializer)))
            return parent;
    return NULL;
}

bool super_initializer(struct compiler *c, struct type_info *parent, int reg)
{
    struct type_info *found = initialized_by(parent);
    if (!found)
        return false;
    if (found->constructor)
        load_class_function(c, found, found->init_id, reg);
    else
        load_constant(c, reg, found->type->initializer);
    return true;
}

static void gen_super(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct type_info *parent = class_here(c);
    struct vvm_arguments *arguments = &node->call.arguments;
    if (!initialized_by(parent)) {
        if (arguments->count)
            compile_error(c, "E307", node->offset, 5, NULL, "the super-class has no constructor");
        deliver_void(c, to);
        return;
    }
    struct call call;
    begin_call(c, &call, arguments->count + 1, NOWHERE);
    super_initializer(c, parent, call.window);
    gen_this_argument(c, &call);
    gen_arguments(c, &call, 1, arguments);
    set_position(c, node->offset);
    bool plain = is_plain_list(arguments);
    emit_call(c, &call, plain ? VVM_OPC_CALL : VVM_OPC_CALLN, call.window, plain ? 0 : add_shape(c, 0, arguments, 1, 0));
    deliver_void(c, to);
}

/* ---- Some, Ok, Err ---- */

static bool gen_option_call(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to)
{
    const struct compiler_names *n = names(c);
    enum vvm_layer layer = name == n->some ? VVM_LAYER_SOME : name == n->ok ? VVM_LAYER_OK : name == n->err ? VVM_LAYER_ERR : VVM_LAYER_PLAIN;
    struct vvm_arguments *arguments = &node->call.arguments;
    if (layer == VVM_LAYER_PLAIN || arguments->count > 1 || !is_plain_list(arguments) || (!arguments->count && layer != VVM_LAYER_OK))
        return false;
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c), value = new_register(c);
    if (arguments->count)
        gen_into(c, arguments->items[0].value, value);
    else
        load_constant(c, value, vvm_void());
    set_position(c, node->offset);
    emit(c, VVM_OPC_WRAP, dst, value, (int)layer);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    return true;
}

/* ---- E308: a lambda written in a spawn may not capture `state` ---- */

static void check_spawned_lambda(struct compiler *c, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_LIST)
        for (uint32_t i = 0; i < node->items.count; i++)
            check_spawned_lambda(c, node->items.items[i]);
    if (node->kind != VVM_NODE_FUNCTION)
        return;
    struct function_context *context = note_get(c, node->function);
    struct environment *environment = context_environment(context);
    for (uint32_t i = 0; i < environment->count; i++) {
        struct variable *v = environment->items[i].variable;
        if (v->kind == VARIABLE_LOCAL && v->is_state)
            compile_error(c, "E308", environment->items[i].offset, (uint32_t)strlen(symbol_text(c, v->name)),
                          "pass its value: bind it to an immutable variable first", "`state` variable `%s` is captured by a worker",
                          symbol_text(c, v->name));
    }
}

static bool is_spawn(struct compiler *c, vvm_symbol name)
{
    const struct compiler_names *n = names(c);
    return name == n->spawn || name == n->spawn_all || name == n->spawnAll;
}

static void check_spawn(struct compiler *c, struct vvm_node *node)
{
    struct vvm_node *callee = node->call.callee;
    struct vvm_node *object = callee->member.object;
    if (object->kind != VVM_NODE_NAME || object->symbol != names(c)->worker || !is_spawn(c, callee->member.symbol))
        return;
    for (uint32_t i = 0; i < node->call.arguments.count; i++)
        check_spawned_lambda(c, node->call.arguments.items[i].value);
}

/* ---- Which form a call takes ---- */

static void gen_member_call(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct vvm_node *callee = node->call.callee;
    struct vvm_node *object = callee->member.object;
    check_spawn(c, node);
    if (callee->member.optional) {
        gen_optional_call(c, node, to);
        return;
    }
    if (object->kind == VVM_NODE_SUPER) {
        gen_super_method(c, node, callee->member.symbol, to);
        return;
    }
    struct vvm_type *type = gen_static_type(c, object);
    vvm_value value;
    if (type && gen_static_member(c, type, callee->member.symbol, &value)
        && (vvm_is_plain(value, VVM_FUNCTION) || vvm_is_plain(value, VVM_BUILTIN))) {
        gen_constant_call(c, node, value, hidden_test(c, object), to);
        return;
    }
    gen_method(c, node, object, callee->member.symbol, callee->member.name_span.offset, to);
}

/* The instance that a bare method name means: of the class whose body declares it. NULL: there is none. */
static struct vvm_node *member_object(struct compiler *c, const struct variable *member, const struct vvm_node *call)
{
    struct variable *self = self_of(c->builder->context, member->type);
    if (!self)
        return NULL;
    struct vvm_node *object = compile_alloc(c, sizeof *object);
    object->kind = VVM_NODE_THIS;
    object->offset = call->offset;
    object->length = call->length;
    note_set(c, object, self);
    return object;
}

static bool gen_member_meta(struct compiler *c, struct vvm_node *node, struct destination to)
{
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c);
    if (!gen_member_decorators(c, node, dst))
        return false;
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    return true;
}

static void gen_name_call(struct compiler *c, struct vvm_node *node, struct vvm_node *name, struct destination to)
{
    if (gen_option_call(c, node, name->symbol, to))
        return;
    struct variable *v = note_get(c, name);
    int test = hidden_test(c, node->call.callee);
    if (!v) {
        gen_value_call(c, node, name, to);
        return;
    }
    switch (v->kind) {
    case VARIABLE_FUNCTION:
        if (!group_is_empty(v->group))
            break;
        gen_constant_call(c, node, function_constant(c, function_id_of(c, v)), -1, to);
        return;
    case VARIABLE_TYPE:
        if (!has_environment(v->type) && v->type->type && !vvm_is_unset(v->type->type->constructor)) {
            gen_constant_call(c, node, v->type->type->constructor, -1, to);
            return;
        }
        break;
    case VARIABLE_PRELUDE:
        if (v->name == names(c)->meta && gen_member_meta(c, node, to))
            return;
        gen_constant_call(c, node, v->value, test, to);
        return;
    case VARIABLE_VARIANT: {
        struct vvm_variant *variant = &v->type->type->variants[v->variant];
        if (!variant->field_count)
            break;
        gen_constant_call(c, node, variant->constructor, -1, to);
        return;
    }
    case VARIABLE_MEMBER:
        gen_method(c, node, member_object(c, v, node), v->name, node->offset, to);
        return;
    default:
        break;
    }
    gen_value_call(c, node, node->call.callee, to);
}

void gen_call(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    struct vvm_node *callee = node->call.callee;
    int registers = b->next_register;
    if (too_many(c, node, &node->call.arguments))
        return;
    if (callee->kind == VVM_NODE_MEMBER)
        gen_member_call(c, node, to);
    else if (callee->kind == VVM_NODE_SUPER)
        gen_super(c, node, to);
    else if (callee->kind == VVM_NODE_NAME)
        gen_name_call(c, node, callee, to);
    else if (callee->kind == VVM_NODE_TYPE_APPLY && callee->apply.object->kind == VVM_NODE_NAME)
        gen_name_call(c, node, callee->apply.object, to);
    else
        gen_value_call(c, node, callee, to);
    b->next_register = registers;
}

/* `await f(…)` in tail position: an async callee takes this task over. The plain forms only; others await as usual. */
void gen_await_call(struct compiler *c, struct vvm_node *call, int dst)
{
    uint32_t before = c->builder->ir.count;
    gen_call(c, call, INTO(dst));
    if (c->builder->ir.count == before)
        return;
    struct vvm_ir *last = &c->builder->ir.code[c->builder->ir.count - 1];
    if (last->a != dst)
        return;
    if (last->op == VVM_OPC_CALL)
        last->op = VVM_OPC_ACALL;
    else if (last->op == VVM_OPC_CALLF)
        last->op = VVM_OPC_ACALLF;
    else if (last->op == VVM_OPC_CALLM)
        last->op = VVM_OPC_ACALLM;
}

/* ---- Pipes, struct literals, async blocks ---- */

void gen_pipe(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct vvm_node *right = node->pair.right;
    struct vvm_node call = {.kind = VVM_NODE_CALL, .offset = node->offset, .length = node->length};
    bool is_call = right->kind == VVM_NODE_CALL;
    uint32_t given = is_call ? right->call.arguments.count : 0;
    struct vvm_argument *items = compile_alloc(c, (given + 1) * sizeof *items);
    items[0] = (struct vvm_argument){.value = node->pair.left};
    for (uint32_t i = 0; i < given; i++)
        items[i + 1] = right->call.arguments.items[i];
    call.call.callee = is_call ? right->call.callee : right;
    call.call.arguments = (struct vvm_arguments){given + 1, items};
    bool by_name = is_call && call.call.callee->kind == VVM_NODE_NAME;
    const struct compiler_names *n = names(c);
    vvm_symbol name = by_name ? call.call.callee->symbol : 0;
    if (by_name && !note_get(c, call.call.callee) && name != n->some && name != n->ok && name != n->err) {
        call.call.arguments = right->call.arguments;
        gen_method(c, &call, node->pair.left, name, right->offset, to);
        return;
    }
    gen_call(c, &call, to);
}

static uint32_t last_spread(const struct vvm_node *literal)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < literal->literal.count; i++)
        if (literal->literal.fields[i].spread)
            last = i;
    return last;
}

static void check_spread(struct compiler *c, struct vvm_type *type, int reg)
{
    if (!type)
        return;
    struct vvm_type_test *test = code_alloc(c, sizeof *test);
    *test = (struct vvm_type_test){.kind = VVM_TEST_NOMINAL, .type = type, .text = symbol_text(c, type->name)};
    emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, test, code_format(c, "what is spread into %s", test->text)), 0);
}

/* The last spread gives every field, so what stands before it is only evaluated; what stands after it replaces fields. */
static void gen_spread_literal(struct compiler *c, struct vvm_node *node, struct vvm_type *type, struct destination to)
{
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c), copy = new_register(c);
    uint32_t base = last_spread(node);
    for (uint32_t i = 0; i < node->literal.count; i++) {
        struct vvm_field_value *field = &node->literal.fields[i];
        int value = i == base ? copy : new_register(c);
        gen_into(c, field->value, value);
        set_position(c, field->span.offset);
        if (field->spread)
            check_spread(c, type, value);
        else if (i > base)
            emit_w(c, VVM_OPC_RSET, copy, value, 0, add_site(c, field->name, VVM_SITE_COPY));
    }
    deliver(c, copy, to.kind == TO_RETURN ? to : INTO(dst));
}

/* `S { a: 1 }` is S(a: 1); with a spread it is a changed copy. */
void gen_struct_literal(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct variable *v = note_get(c, node);
    struct vvm_type *type = v && v->kind == VARIABLE_TYPE ? v->type->type : NULL;
    for (uint32_t i = 0; i < node->literal.count; i++)
        if (node->literal.fields[i].spread) {
            gen_spread_literal(c, node, type, to);
            return;
        }
    struct vvm_node call = {.kind = VVM_NODE_CALL, .offset = node->offset, .length = node->length};
    struct vvm_argument *items = compile_alloc(c, (node->literal.count + 1) * sizeof *items);
    for (uint32_t i = 0; i < node->literal.count; i++)
        items[i] = (struct vvm_argument){.label = node->literal.fields[i].name, .value = node->literal.fields[i].value,
                                         .label_span = node->literal.fields[i].span};
    call.call.arguments = (struct vvm_arguments){node->literal.count, items};
    vvm_value constructor = vvm_unset();
    if (v && node->literal.path.count == 2 && type && type->kind == VVM_TYPE_ENUM)
        gen_static_member(c, type, node->literal.path.symbols[1], &constructor);
    else if (v && v->kind == VARIABLE_VARIANT)
        constructor = v->type->type->variants[v->variant].constructor;
    else if (type)
        constructor = type->constructor;
    else if (v && v->kind == VARIABLE_PRELUDE)
        constructor = v->value;
    if (vvm_is_unset(constructor)) {
        compile_error(c, "E307", node->offset, node->literal.path.span.length, NULL, "`%s` is not a struct, class or variant",
                      symbol_text(c, node->literal.path.symbols[node->literal.path.count - 1]));
        return;
    }
    int registers = c->builder->next_register;
    if (type && has_environment(v->type)) {
        struct vvm_node *name = compile_alloc(c, sizeof *name);
        *name = (struct vvm_node){.kind = VVM_NODE_NAME, .offset = node->offset, .length = node->length, .symbol = v->name};
        note_set(c, name, v);
        gen_value_call(c, &call, name, to);
    } else {
        gen_constant_call(c, &call, constructor, -1, to);
    }
    c->builder->next_register = registers;
}

void gen_async_block(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct call call;
    int registers = c->builder->next_register;
    begin_call(c, &call, 0, to);
    gen_closure(c, node->function, call.window);
    finish_call(c, &call, VVM_OPC_CALL, 0, node->offset, to);
    c->builder->next_register = registers;
}
