/* W506 and W507: callbacks whose result is dropped, Numbers where a time is wanted. */
#include "vm/compile/warn.h"

#include "vm/core/builtin.h"
#include "vm/exec/function.h"
#include "vm/exec/signature.h"
#include "vm/front/visit.h"

#include <string.h>

/* The member of that name of the first built-in type that has one. */
static const struct vvm_member *find_anywhere(struct warner *w, vvm_symbol name)
{
    for (int id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        const struct vvm_type *type = w->c->vm->known[id];
        const struct vvm_member *member = type ? vvm_members_find(&type->members, name) : NULL;
        if (!member && type)
            member = vvm_members_find(&type->statics, name);
        if (member)
            return member;
    }
    return NULL;
}

/* `Time.sleep`: the type is named, so there is no doubt. */
static const struct vvm_member *find_static(struct warner *w, struct vvm_node *callee)
{
    struct vvm_node *object = callee->kind == VVM_NODE_MEMBER ? callee->member.object : callee;
    struct variable *v = object != callee && object->kind == VVM_NODE_NAME ? note_get(w->c, object) : NULL;
    bool type = v && v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE);
    return type ? vvm_members_find(&((struct vvm_type *)v->value.object)->statics, callee->member.symbol) : NULL;
}

/* The built-in that a call means, as far as its name tells. */
static vvm_value callee_value(struct warner *w, struct vvm_node *callee)
{
    const struct vvm_member *known = find_static(w, callee);
    if (known)
        return known->value;
    struct variable *v = callee->kind == VVM_NODE_NAME ? note_get(w->c, callee) : NULL;
    if (v)
        return v->kind == VARIABLE_PRELUDE ? v->value : vvm_void();
    if (callee->kind != VVM_NODE_MEMBER || !w->knows_all_types || warn_is_own_member(w, callee->member.symbol))
        return vvm_void();
    const struct vvm_member *member = find_anywhere(w, callee->member.symbol);
    return member ? member->value : vvm_void();
}

/* ---- W506 ---- */

static bool drops_results(vvm_value callee)
{
    return vvm_is_plain(callee, VVM_FUNCTION) &&
           ((const struct vvm_function *)callee.object)->flags & VVM_FUNCTION_RESULT_VOID;
}

static void find_try(void *data, struct vvm_node *node);
static void skip_function(void *data, struct vvm_function_node *function) { (void)data, (void)function; }

static void find_try(void *data, struct vvm_node *node)
{
    struct vvm_node **found = data;
    if (node->kind == VVM_NODE_TRY_OPERATOR && !*found)
        *found = node;
    vvm_visit_children(node, &(struct vvm_visitor){find_try, skip_function, data});
}

static void warn_try(struct warner *w, struct vvm_function_node *callback)
{
    struct vvm_node *found = NULL;
    if (callback->uses_try && callback->body)
        find_try(&found, callback->body);
    if (found)
        warn(w, "W506", found->offset + found->length - 1, 1,
             "use a function that looks at results, such as find or reduce",
             "`?` leaves this function alone, and its result is dropped");
}

/* ---- W507 ---- */

/* The type of a parameter, by name or else by position, as the signature has it; length 0: none. */
static struct vvm_words parameter_type(struct warner *w, const struct vvm_builtin *row,
                                       const struct vvm_argument *argument, uint32_t position)
{
    bool rest = false;
    const char *label = argument->label ? symbol_text(w->c, argument->label) : NULL;
    for (uint32_t i = 0; !rest; i++) {
        struct vvm_words name = vvm_signature_parameter(row->signature, i, &rest);
        bool meant = label ? vvm_same_spelling(label, strlen(label), name.text, name.length) : i == position;
        if (name.length == 0)
            break;
        if (meant && strncmp(name.text + name.length, ": ", 2) == 0)
            return (struct vvm_words){name.text + name.length + 2, strcspn(name.text + name.length + 2, " ,)?=")};
    }
    return (struct vvm_words){"", 0};
}

static bool function_wants_time(struct warner *w, const struct vvm_function *function,
                                const struct vvm_argument *argument, uint32_t position)
{
    if (argument->label)
        return strcmp(symbol_text(w->c, argument->label), "timeout") == 0;
    position += function->flags & VVM_FUNCTION_METHOD ? 1 : 0;
    if (position >= function->parameter_count || function->parameters[position].name == VVM_NO_SYMBOL)
        return false;
    return strcmp(function->name, "sleep") == 0 ||
           strcmp(symbol_text(w->c, function->parameters[position].name), "timeout") == 0;
}

static bool wants_time(struct warner *w, vvm_value callee, const struct vvm_argument *argument, uint32_t position)
{
    if (vvm_is_plain(callee, VVM_FUNCTION) && ((const struct vvm_function *)callee.object)->flags & VVM_FUNCTION_CORE)
        return function_wants_time(w, callee.object, argument, position);
    if (!vvm_is_plain(callee, VVM_BUILTIN))
        return false;
    struct vvm_words type = parameter_type(w, callee.object, argument, position);
    return type.length == 4 && memcmp(type.text, "Time", 4) == 0;
}

static void warn_time(struct warner *w, const struct vvm_node *value)
{
    if (value->kind == VVM_NODE_NUMBER && value->number > 0 && value->number < 10)
        warn(w, "W507", value->offset, value->length, "a Number counts milliseconds, a Float seconds",
             "%d is %d milliseconds: is `%d.0` meant?", (int)value->number, (int)value->number, (int)value->number);
}

bool warn_call(struct warner *w, struct vvm_node *node)
{
    vvm_value callee = callee_value(w, node->call.callee);
    bool drops = node->call.callee->kind == VVM_NODE_MEMBER && drops_results(callee);
    for (uint32_t i = 0; i < node->call.arguments.count; i++) {
        const struct vvm_argument *argument = &node->call.arguments.items[i];
        if (drops && argument->value->kind == VVM_NODE_FUNCTION)
            warn_try(w, argument->value->function);
        if (!argument->spread && wants_time(w, callee, argument, i))
            warn_time(w, argument->value);
    }
    return drops;
}
