/* W503 and W504: a value that nobody takes although it is all that the call was good for. */
#include "vm/compile/warn.h"

#include "vm/core/builtin.h"
#include "vm/exec/function.h"

#include <string.h>

/* The types whose methods leave everything as it is. */
static bool is_value_type(enum vvm_type_id id)
{
    return id == VVM_T_BOOL || id == VVM_T_NUMBER || id == VVM_T_FLOAT || id == VVM_T_STRING || id == VVM_T_DURATION
           || (id >= VVM_T_LIST && id <= VVM_T_RESULT);
}

/* Methods that say no to some values with an error: calling them for that alone makes sense. */
static bool is_assertion(const char *name)
{
    static const char *const names[] = {"unwrap", "unwrapErr", "unwrap_err", "expect", "expectErr", "expect_err"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool member_is_pure(enum vvm_type_id id, const struct vvm_member *member)
{
    if (vvm_is_plain(member->value, VVM_BUILTIN))
        return ((const struct vvm_builtin *)member->value.object)->flags & VVM_BUILTIN_PURE && is_value_type(id);
    bool written = vvm_is_plain(member->value, VVM_FUNCTION);
    return written && is_value_type(id) &&
           !(((const struct vvm_function *)member->value.object)->flags & VVM_FUNCTION_RESULT_VOID);
}

/* Whatever the receiver is: every built-in type that has the method has it pure. */
static bool is_pure_everywhere(struct warner *w, vvm_symbol name)
{
    bool found = false;
    for (int id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        const struct vvm_type *type = w->c->vm->known[id];
        const struct vvm_member *member = type ? vvm_members_find(&type->members, name) : NULL;
        if (member && !member_is_pure((enum vvm_type_id)id, member))
            return false;
        found |= member != NULL;
    }
    return found;
}

static bool is_pure_call(struct warner *w, struct vvm_node *object, vvm_symbol name)
{
    const struct vvm_type *type = warn_type_of(w, object);
    if (type) {
        const struct vvm_member *member = vvm_members_find(&type->members, name);
        return member && type->id < VVM_TYPE_FIRST_FREE && member_is_pure((enum vvm_type_id)type->id, member);
    }
    struct variable *v = object->kind == VVM_NODE_NAME ? note_get(w->c, object) : NULL;
    bool may_be_value = !v || v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL || v->kind == VARIABLE_MEMBER;
    bool own = object->kind == VVM_NODE_THIS || object->kind == VVM_NODE_SUPER || warn_class_of(w, object);
    return may_be_value && !own && w->knows_all_types && !warn_is_own_member(w, name) && is_pure_everywhere(w, name);
}

static void warn_pure(struct warner *w, struct vvm_node *node, struct vvm_node *member)
{
    const char *name = symbol_text(w->c, member->member.symbol);
    if (!is_assertion(name) && is_pure_call(w, member->member.object, member->member.symbol))
        warn(w, "W503", member->member.name_span.offset, member->member.name_span.length,
             "it leaves its receiver unchanged: use what it gives, or write `_ = …` to drop it",
             "the result of `%s` is dropped", name);
    (void)node;
}

/* ---- W504 ---- */

static bool is_async_call(struct warner *w, struct vvm_node *callee)
{
    if (callee->kind == VVM_NODE_MEMBER) {
        const struct vvm_function_node *method =
            warn_method_of(warn_class_of(w, callee->member.object), callee->member.symbol);
        return method && method->is_async;
    }
    struct variable *v = callee->kind == VVM_NODE_NAME ? note_get(w->c, callee) : NULL;
    if (v && v->kind == VARIABLE_FUNCTION)
        return v->node && v->node->is_async;
    if (v && v->kind == VARIABLE_MEMBER) {
        const struct vvm_function_node *method = warn_method_of(v->type->class_decl, v->name);
        return method && method->is_async;
    }
    return v && v->kind == VARIABLE_PRELUDE && strcmp(symbol_text(w->c, callee->symbol), "sleep") == 0;
}

void warn_dropped(struct warner *w, struct vvm_node *node)
{
    if (node->kind != VVM_NODE_CALL)
        return;
    struct vvm_node *callee = node->call.callee;
    if (is_async_call(w, callee))
        warn(w, "W504", node->offset, node->length, "write `await` before it, or `_ = …` if it is to run by itself",
             "the Future is dropped: nothing waits for it");
    else if (callee->kind == VVM_NODE_MEMBER && !callee->member.optional)
        warn_pure(w, node, callee);
}
