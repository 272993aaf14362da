/* W502 and W505: uses of what is deprecated, and locals that were meant to be something else. */
#include "vm/compile/warn.h"

#include <string.h>

/* ---- W502 ---- */

static const struct vvm_attributes *attributes_of_type(const struct type_info *info)
{
    if (!info || !info->node)
        return NULL;
    if (info->node->kind == VVM_NODE_TYPE_DECL)
        return &info->node->type_decl->attributes;
    return info->enum_decl ? &info->enum_decl->attributes : info->class_decl ? &info->class_decl->attributes : NULL;
}

static const struct vvm_attributes *attributes_of_member(const struct vvm_class_decl *decl, vvm_symbol name)
{
    for (uint32_t i = 0; decl && i < decl->member_count; i++) {
        const struct vvm_member_node *member = &decl->members[i];
        if (member->kind == VVM_MEMBER_NODE_FIELD && member->field.name == name)
            return &member->field.attributes;
        if (member->kind == VVM_MEMBER_NODE_FUNCTION && member->function->name == name)
            return &member->function->attributes;
    }
    return NULL;
}

static const struct vvm_attributes *attributes_of(struct warner *w, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_MEMBER)
        return attributes_of_member(warn_class_of(w, node->member.object), node->member.symbol);
    const struct variable *v = note_get(w->c, node);
    if (!v)
        return NULL;
    switch (v->kind) {
    case VARIABLE_FUNCTION: return v->node ? &v->node->attributes : NULL;
    case VARIABLE_TYPE: return attributes_of_type(v->type);
    case VARIABLE_MEMBER:
    case VARIABLE_STATIC: return v->type ? attributes_of_member(v->type->class_decl, v->name) : NULL;
    default: return NULL;
    }
}

static const struct vvm_decorator *find_deprecated(struct warner *w, const struct vvm_attributes *attributes)
{
    for (uint32_t i = 0; attributes && i < attributes->decorator_count; i++) {
        const struct vvm_path *path = &attributes->decorators[i].path;
        if (path->count == 1 && strcmp(symbol_text(w->c, path->symbols[0]), "deprecated") == 0)
            return &attributes->decorators[i];
    }
    return NULL;
}

void warn_use(struct warner *w, struct vvm_node *node)
{
    const struct vvm_decorator *decorator = find_deprecated(w, attributes_of(w, node));
    if (!decorator)
        return;
    bool member = node->kind == VVM_NODE_MEMBER;
    struct vvm_span span = member                        ? node->member.name_span
                           : node->kind == VVM_NODE_NAME ? (struct vvm_span){node->offset, node->length}
                                                         : node->literal.path.span;
    const struct vvm_node *text = decorator->arguments.count ? decorator->arguments.items[0].value : NULL;
    bool told = text && text->kind == VVM_NODE_STRING;
    warn(w, "W502", span.offset, span.length, NULL, "`%.*s` is deprecated%s%.*s", (int)span.length,
         w->c->source->bytes + span.offset, told ? ": " : "", told ? (int)text->text.length : 0,
         told ? text->text.bytes : "");
}

/* ---- W505 ---- */

static struct variable *declared_by(struct warner *w, struct vvm_node *node, uint32_t *offset)
{
    if (node->kind == VVM_NODE_ASSIGN &&
        (node->assign.kind != VVM_ASSIGN_SET || node->assign.place->kind != VVM_NODE_NAME))
        return NULL;
    bool assigned = node->kind == VVM_NODE_ASSIGN;
    if (!assigned && (node->kind != VVM_NODE_VAR || node->variable.pattern))
        return NULL;
    *offset = assigned ? node->assign.place->offset : node->offset;
    struct variable *v = note_get(w->c, node);
    return v && v->kind == VARIABLE_LOCAL && v->offset == *offset ? v : NULL;
}

static bool hides_member(struct warner *w, vvm_symbol name)
{
    const struct type_info *info = w->function ? w->function->class_info : NULL;
    return info && attributes_of_member(info->class_decl, name) != NULL;
}

void warn_local(struct warner *w, struct vvm_node *node)
{
    uint32_t offset;
    const struct variable *v = declared_by(w, node, &offset);
    if (!v || v->read || v->is_state || v->scope->kind == SCOPE_MODULE)
        return;
    const char *name = symbol_text(w->c, v->name);
    bool lambda = w->function && w->function->node && w->function->node->kind == VVM_FUNCTION_NODE_LAMBDA;
    if (name[0] == '_')
        return;
    if (hides_member(w, v->name))
        warn(w, "W505", offset, (uint32_t)strlen(name),
             "a member that changes is declared with `state`; write `this.…` for it",
             "this declares a local variable `%s`, which hides the member and is never read", name);
    else if (lambda && node->kind == VVM_NODE_ASSIGN)
        warn(w, "W505", offset, (uint32_t)strlen(name),
             "declare it with `state` outside of the function if it is to be seen there",
             "this declares a local variable `%s`, which is never read", name);
}
