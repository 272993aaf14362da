/* What the warnings may know of types: of literals, of what a variable was given first, of what built-ins say they
 * give. */
#include "vm/compile/warn.h"

#include "vm/core/builtin.h"
#include "vm/exec/prelude.h"

#include <string.h>

static struct vvm_type *literal_type(struct warner *w, const struct vvm_node *node)
{
    struct vvm_type **known = w->c->vm->known;
    switch (node->kind) {
    case VVM_NODE_NUMBER: return known[VVM_T_NUMBER];
    case VVM_NODE_FLOAT: return known[VVM_T_FLOAT];
    case VVM_NODE_STRING: case VVM_NODE_INTERPOLATION: return known[VVM_T_STRING];
    case VVM_NODE_LIST: return known[VVM_T_LIST];
    case VVM_NODE_DICT: return known[VVM_T_DICT];
    case VVM_NODE_SET: return known[VVM_T_SET];
    case VVM_NODE_TUPLE: return known[VVM_T_TUPLE];
    case VVM_NODE_RANGE: return known[VVM_T_RANGE];
    default: return NULL;
    }
}

/* The type named behind `->` in a built-in's signature. */
static struct vvm_type *result_type(struct warner *w, const struct vvm_builtin *row)
{
    const char *arrow = strstr(row->signature, "-> ");
    size_t length = arrow ? strcspn(arrow + 3, "< ?,|") : 0;
    vvm_symbol name = length ? vvm_symbols_intern(w->c->vm->symbols, arrow + 3, length) : VVM_NO_SYMBOL;
    vvm_value value;
    bool found = name && vvm_prelude_find(w->c->vm, name, &value) && vvm_is_plain(value, VVM_TYPE);
    return found ? value.object : NULL;
}

static struct vvm_type *call_type(struct warner *w, struct vvm_node *node)
{
    struct vvm_node *callee = node->call.callee;
    struct vvm_type *type =
        callee->kind == VVM_NODE_MEMBER && !callee->member.optional ? warn_type_of(w, callee->member.object) : NULL;
    struct vvm_member *member = type ? vvm_members_find(&type->members, callee->member.symbol) : NULL;
    bool builtin = member && member->kind == VVM_MEMBER_METHOD && vvm_is_plain(member->value, VVM_BUILTIN);
    return builtin ? result_type(w, member->value.object) : NULL;
}

struct vvm_type *warn_type_of(struct warner *w, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_CALL)
        return call_type(w, node);
    struct variable *v = node->kind == VVM_NODE_NAME ? note_get(w->c, node) : NULL;
    return v ? note_get(w->c, &v->made_of) : literal_type(w, node);
}

/* The key is a part of the variable that nothing else notes anything of. */
void warn_note_type(struct warner *w, struct variable *variable, struct vvm_node *value)
{
    struct vvm_type *type = warn_type_of(w, value);
    if (type)
        note_set(w->c, &variable->made_of, type);
}

/* ---- Classes of the program ---- */

struct vvm_class_decl *warn_class_of(struct warner *w, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_THIS)
        return w->function && w->function->class_info ? w->function->class_info->class_decl : NULL;
    struct vvm_node *maker = node->kind == VVM_NODE_CALL ? node->call.callee : node;
    bool named = maker->kind == VVM_NODE_NAME || maker->kind == VVM_NODE_STRUCT_LITERAL;
    struct variable *v = named ? note_get(w->c, maker) : NULL;
    if (!v)
        return NULL;
    bool makes = maker != node || node->kind == VVM_NODE_STRUCT_LITERAL;
    const struct type_info *info = makes ? (v->kind == VARIABLE_TYPE ? v->type : NULL) : v->made_of;
    return info ? info->class_decl : NULL;
}

struct vvm_function_node *warn_method_of(struct vvm_class_decl *decl, vvm_symbol name)
{
    for (uint32_t i = 0; decl && i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FUNCTION && decl->members[i].function->name == name)
            return decl->members[i].function;
    return NULL;
}

static bool class_has(const struct vvm_class_decl *decl, vvm_symbol name)
{
    for (uint32_t i = 0; i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FIELD && decl->members[i].field.name == name)
            return true;
    return warn_method_of((struct vvm_class_decl *)decl, name) != NULL;
}

bool warn_is_own_member(struct warner *w, vvm_symbol name)
{
    for (const struct type_info *t = w->c->types; t; t = t->next) {
        if (t->class_decl && class_has(t->class_decl, name))
            return true;
        for (uint32_t i = 0; t->enum_decl && i < t->enum_decl->method_count; i++)
            if (t->enum_decl->methods[i]->name == name)
                return true;
    }
    return false;
}
