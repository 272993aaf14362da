/* Calls of methods, and of those of the class above. */
#include "vm/compile/gen_call.h"

#include "vm/exec/prelude.h"

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
        if (m->kind == VVM_MEMBER_NODE_FUNCTION && m->function->kind == VVM_FUNCTION_NODE_GETTER &&
            m->function->name == name)
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

static void gen_got_call(struct compiler *c, struct vvm_node *node, struct vvm_node *object, vvm_symbol name,
                         struct destination to)
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

void gen_method(struct compiler *c, struct vvm_node *node, struct vvm_node *object, vvm_symbol name, uint32_t offset,
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
        finish_call(c, &call, VVM_OPC_CALLMN, add_shape(c, site, arguments, 1, test >= 0 ? names(c)->test : 0), offset,
                    to);
}

void gen_method_call(struct compiler *c, struct vvm_node *object, vvm_symbol name, uint32_t argc,
                     struct vvm_node **args, struct destination to)
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

void gen_optional_call(struct compiler *c, struct vvm_node *node, struct destination to)
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

void gen_super_method(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to)
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

void gen_super(struct compiler *c, struct vvm_node *node, struct destination to)
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
    emit_call(c, &call, plain ? VVM_OPC_CALL : VVM_OPC_CALLN, call.window,
              plain ? 0 : add_shape(c, 0, arguments, 1, 0));
    deliver_void(c, to);
}
