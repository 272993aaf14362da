/* Control: blocks, if, match, try, `?`, await. */
#include "vm/compile/boot_tests.h"
#include "vm/compile/compiler.h"

/* ---- Blocks ---- */

static void declare_groups(struct compiler *c, struct scope *scope)
{
    for (struct group *group = scope->groups; group; group = group->next) {
        group->made = false;
        if (group->united || group_is_empty(group))
            continue;
        group->reg = new_register(c);
        if (group->ready)
            emit(c, VVM_OPC_UNSET, group->reg, 0, 0); /* a call before its variables are set: UninitializedError */
    }
    c->builder->locals_top = c->builder->next_register;
}

void gen_statements(struct compiler *c, struct scope *scope, struct vvm_node_list list, struct destination to)
{
    struct builder *b = c->builder;
    struct live_variable *mark = b->unread;
    declare_ahead_of_block(c, scope);
    declare_groups(c, scope);
    for (uint32_t i = 0; i < list.count; i++) {
        struct vvm_node *item = list.items[i];
        make_groups(c, scope, i);
        if (item->kind == VVM_NODE_FUNCTION_DECL)
            gen_function_declaration(c, item);
        gen(c, item, i + 1 == list.count ? to : NOWHERE);
        b->next_register = b->locals_top;
    }
    if (!list.count)
        deliver_void(c, to);
    end_scope(c, scope, mark);
}

void gen_block(struct compiler *c, struct vvm_node *block, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register, top = b->locals_top;
    b->locals_top = registers;
    gen_statements(c, note_get(c, block), block->block.statements, to);
    b->next_register = registers;
    b->locals_top = top;
}

void gen_module_block(struct compiler *c, struct vvm_node *node)
{
    struct builder *b = c->builder;
    int registers = b->next_register, top = b->locals_top;
    struct variable *v = note_get(c, node);
    b->locals_top = registers;
    gen_statements(c, v->space, node->module_decl->items, NOWHERE);
    b->next_register = registers;
    b->locals_top = top;
}

/* Runs `body` of an arm or clause whose scope has its own variables. */
void gen_arm_body(struct compiler *c, struct vvm_node *body, struct destination to, int registers, int top,
                  struct live_variable *mark)
{
    struct builder *b = c->builder;
    b->locals_top = b->next_register;
    gen(c, body, to);
    end_scope(c, NULL, mark);
    b->next_register = registers;
    b->locals_top = top;
}

/* ---- if ---- */

/* Nobody sees what a generator's body returns: without an `else`, too, what comes last in a branch is the last act. */
static bool ends_a_generator(const struct builder *b, struct destination to)
{
    return to.kind == TO_RETURN && (b->flags & VVM_FUNCTION_GENERATOR) != 0;
}

void gen_if(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    uint32_t otherwise = new_label(c), end = new_label(c);
    int registers = b->next_register;
    gen_condition(c, node->branch.condition, false, otherwise);
    b->next_register = registers;
    struct vvm_node *alternative = node->branch.alternative;
    bool delivers = alternative || ends_a_generator(b, to);
    gen(c, node->branch.consequence, delivers ? to : NOWHERE);
    if (!delivers)
        deliver_void(c, to);
    b->next_register = registers;
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, otherwise);
    if (alternative)
        gen(c, alternative, to);
    else
        deliver_void(c, to);
    b->next_register = registers;
    place_label(c, end);
}

/* ---- match ---- */

static void gen_arm(struct compiler *c, struct vvm_match_arm *arm, int subject, uint32_t end, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register, top = b->locals_top;
    struct live_variable *mark = b->unread;
    uint32_t fail = new_label(c);
    pattern_registers(c, arm->pattern);
    gen_pattern(c, arm->pattern, subject, fail);
    if (arm->guard)
        gen_condition(c, arm->guard, false, fail);
    gen_arm_body(c, arm->body, to, registers, top, mark);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, fail);
}

void gen_match(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register;
    struct vvm_node *subject_node = node->match.subject;
    struct variable *v = subject_node->kind == VVM_NODE_NAME ? note_get(c, subject_node) : NULL;
    int subject = v && v->is_state ? new_register(c) : gen_any(c, subject_node);
    if (v && v->is_state)
        gen_into(c, subject_node, subject);
    uint32_t end = new_label(c);
    bool complete = false;
    for (uint32_t i = 0; i < node->match.count; i++) {
        struct vvm_match_arm *arm = &node->match.arms[i];
        gen_arm(c, arm, subject, end, to);
        complete |= !arm->guard && pattern_always_matches(c, arm->pattern);
    }
    set_position(c, node->offset);
    if (!complete)
        emit(c, VVM_OPC_MATCHFAIL, subject, 0, 0);
    place_label(c, end);
    b->next_register = registers;
}

/* ---- try ---- */

static void open_exit(struct compiler *c, struct exit_frame *frame)
{
    emit_jump(c, VVM_OPC_TRY, frame->slot, 0, 0, frame->handler_label);
}

static void enter_exit(struct compiler *c, struct exit_frame *frame, struct vvm_node *finally_body)
{
    *frame = (struct exit_frame){c->builder->exits, finally_body, new_label(c), new_register(c), true};
    c->builder->exits = frame;
    open_exit(c, frame);
}

static void close_exit(struct compiler *c, struct exit_frame *frame)
{
    emit(c, VVM_OPC_ENDTRY, 0, 0, 0);
    c->builder->exits = frame->outer;
}

void leave_exits(struct compiler *c, struct exit_frame *down_to)
{
    while (c->builder->exits != down_to) {
        struct exit_frame *frame = c->builder->exits;
        close_exit(c, frame);
        if (frame->finally_body)
            gen(c, frame->finally_body, NOWHERE);
    }
}

static void reopen(struct compiler *c, struct exit_frame *frame, struct exit_frame *down_to)
{
    if (frame == down_to)
        return;
    reopen(c, frame->outer, down_to);
    open_exit(c, frame);
}

void reenter_exits(struct compiler *c, struct exit_frame *saved)
{
    reopen(c, saved, c->builder->exits);
    c->builder->exits = saved;
}

/* Only a clause that names CancellationError takes one. */
static bool names_cancellation(struct compiler *c, struct vvm_type_node *type)
{
    if (!type)
        return false;
    if (type->kind == VVM_TYPE_NODE_UNION) {
        for (uint32_t i = 0; i < type->items.count; i++)
            if (names_cancellation(c, type->items.items[i]))
                return true;
        return false;
    }
    if (type->kind != VVM_TYPE_NODE_NAMED)
        return false;
    struct vvm_path *path = &type->named.path;
    return path->symbols[path->count - 1] == symbol_of(c, "CancellationError");
}

static void gen_clause(struct compiler *c, struct vvm_catch *clause, int error, uint32_t end, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register, top = b->locals_top;
    struct live_variable *mark = b->unread;
    uint32_t next = new_label(c);
    set_position(c, clause->span.offset);
    if (names_cancellation(c, clause->type))
        add_quiet(c, clause->body);
    else
        emit_jump(c, VVM_OPC_JCANCEL, error, 0, 0, next);
    if (clause->type) {
        struct vvm_type_test *test = type_test(c, note_get(c, clause), clause->type);
        struct vvm_ir *jump = emit_w(c, VVM_OPC_JNTYPE, error, 0, 0, add_check(c, test, "the error"));
        jump->label = next;
    }
    struct variable *v = note_get(c, &clause->span);
    if (v) {
        declare_register(c, v);
        bind_variable(c, v, error);
    }
    gen_arm_body(c, clause->body, to, registers, top, mark);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, next);
}

static void gen_catches(struct compiler *c, struct vvm_node *node, struct destination to, struct destination clause_to)
{
    if (!node->attempt.catch_count) {
        gen(c, node->attempt.body, to);
        return;
    }
    uint32_t end = new_label(c);
    struct exit_frame frame;
    enter_exit(c, &frame, NULL);
    gen(c, node->attempt.body, to);
    close_exit(c, &frame);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, frame.handler_label);
    for (uint32_t i = 0; i < node->attempt.catch_count; i++)
        gen_clause(c, &node->attempt.catches[i], frame.slot, end, clause_to);
    emit(c, VVM_OPC_THROW, frame.slot, 0, 0);
    place_label(c, end);
}

void gen_try(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    int registers = b->next_register;
    int value = to.kind == TO_NOTHING ? -1 : to.kind == TO_REGISTER ? to.reg : new_register(c);
    struct destination inner = value < 0 ? NOWHERE : INTO(value);
    struct vvm_node *finally = node->attempt.finally;
    if (!finally) {
        /* a catch clause is in tail position; the value of the block comes here */
        bool tail = to.kind == TO_RETURN;
        gen_catches(c, node, inner, tail ? to : inner);
    } else {
        struct exit_frame frame;
        uint32_t end = new_label(c);
        add_quiet(c, finally);
        enter_exit(c, &frame, finally);
        gen_catches(c, node, inner, inner);
        close_exit(c, &frame);
        gen(c, finally, NOWHERE);
        emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
        place_label(c, frame.handler_label);
        gen(c, finally, NOWHERE);
        emit(c, VVM_OPC_THROW, frame.slot, 0, 0);
        place_label(c, end);
    }
    if (to.kind == TO_RETURN)
        gen_return_register(c, value);
    b->next_register = registers > b->locals_top ? registers : b->locals_top;
}

/* ---- `?` ---- */

static void defer_return(struct compiler *c, uint32_t label, int reg)
{
    struct deferred *d = compile_alloc(c, sizeof *d);
    *d = (struct deferred){label, reg, c->builder->position, c->builder->unread, c->builder->deferred};
    c->builder->deferred = d;
}

/* The returns of None and Err stand at the end of the function, out of the way. */
void gen_deferred(struct compiler *c)
{
    struct builder *b = c->builder;
    for (struct deferred *d = b->deferred; d; d = d->next) {
        set_position(c, d->offset);
        b->unread = d->unread;
        place_label(c, d->label);
        gen_return_register(c, d->reg);
    }
    b->unread = NULL;
}

void gen_try_operator(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    int dst = to.kind == TO_REGISTER ? to.reg : new_register(c);
    if (!b->context->node) { /* no function to leave: the top level, or a field's initialiser */
        int argument = new_register(c);
        gen_into(c, node->operand, argument);
        set_position(c, node->offset);
        gen_builtin_call(c, "__unwrap_top", 1, &argument, dst);
        deliver(c, dst, to);
        return;
    }
    int value = gen_any(c, node->operand);
    uint32_t bad = new_label(c);
    set_position(c, node->offset);
    if (!b->exits) {
        emit_jump(c, VVM_OPC_JBAD, value, 0, 0, bad);
        defer_return(c, bad, value);
        emit(c, VVM_OPC_UNWRAP, dst, value, 0);
        deliver(c, dst, to);
        return;
    }
    uint32_t good = new_label(c);
    emit_jump(c, VVM_OPC_JBAD, value, 0, 0, bad);
    emit(c, VVM_OPC_UNWRAP, dst, value, 0);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, good);
    place_label(c, bad);
    struct exit_frame *saved = b->exits;
    leave_exits(c, NULL);
    gen_return_register(c, value);
    reenter_exits(c, saved);
    place_label(c, good);
    deliver(c, dst, to);
}

/* ---- await ---- */

void gen_await(struct compiler *c, struct vvm_node *node, struct destination to)
{
    struct builder *b = c->builder;
    struct vvm_node *operand = node->await.operand;
    int value = new_register(c), dst = to.kind == TO_REGISTER ? to.reg : new_register(c);
    bool tail = to.kind == TO_RETURN && !b->exits && (b->flags & VVM_FUNCTION_ASYNC) &&
                operand->kind == VVM_NODE_CALL && !is_test_body(c);
    if (tail)
        gen_await_call(c, operand, value);
    else
        gen_into(c, operand, value);
    set_position(c, node->offset);
    emit(c, VVM_OPC_AWAIT, dst, value, 0);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
}
