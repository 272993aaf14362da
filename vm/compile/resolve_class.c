/* The resolving pass: classes, structs, enums. */
#include "vm/compile/resolve.h"

static struct group *class_group(const struct type_info *info)
{
    return info && info->variable ? info->variable->group : NULL;
}

static void walk_method(struct walk *w, struct vvm_function_node *node, struct type_info *info)
{
    struct function_context *context = new_context(w, node);
    context->class_info = info;
    context->is_named = true;
    context->is_method = !(node->attributes.modifiers & VVM_MODIFIER_STATIC);
    context->is_constructor = node->kind == VVM_FUNCTION_NODE_CONSTRUCTOR;
    context->group = context->is_method ? class_group(info) : NULL;
    walk_function(w, node, context);
}

static struct variable *super_variable(struct compiler *c, const struct type_info *info)
{
    struct vvm_type_node *super = info && info->class_decl ? info->class_decl->super : NULL;
    if (!super || super->kind != VVM_TYPE_NODE_NAMED || super->named.path.count != 1)
        return NULL;
    struct variable *v = resolve_name(c, info->scope, super->named.path.symbols[0], c->top);
    return v && v->kind == VARIABLE_TYPE && v->group ? v : NULL;
}

/* An instance is made with the environments of all classes above, too. */
static void use_super_classes(struct walk *w, const struct type_info *info)
{
    struct variable *v = super_variable(w->c, info);
    for (uint32_t depth = 0; v && depth < 1000; depth++) { /* a class may extend itself: reported later */
        use_variable(w, NULL, v, info->class_decl->super->offset);
        v = super_variable(w->c, v->type);
    }
}

/* Field initialisers and memberwise constructors run in one context of their own, with `this`; those of static fields
 * where the class is declared. */
static void walk_fields_of(struct walk *w, struct vvm_class_decl *decl, struct type_info *info)
{
    struct function_context *context = new_context(w, NULL);
    context->class_info = info;
    context->is_named = true;
    context->is_method = true;
    context->group = class_group(info);
    struct scope *scope = new_scope(w->c, SCOPE_BLOCK, w->scope, context);
    context->self = declare(w->c, scope, VARIABLE_LOCAL, names(w->c)->self_this, w->scope->statement);
    context->self->is_parameter = true;
    context->self->read = true;
    note_set(w->c, decl, context);
    note_set(w->c, &decl->member_count, scope);
    struct walk inner = {w->c, scope, context};
    use_super_classes(&inner, info);
    for (uint32_t i = 0; i < decl->member_count; i++)
        if (decl->members[i].kind == VVM_MEMBER_NODE_FIELD && decl->members[i].field.value)
            walk(is_static_field(&decl->members[i]) ? w : &inner, decl->members[i].field.value);
}

static void keep_constructor(struct walk *w, struct type_info *info, struct vvm_function_node *f)
{
    if (info->constructor)
        compile_error(w->c, "E199", f->name_span.offset, f->name_span.length, NULL,
                      "a second constructor (an overload set) is not in this release");
    info->constructor = f;
}

static void walk_members(struct walk *w, struct vvm_class_decl *decl, struct type_info *info)
{
    struct scope *scope = new_scope(w->c, SCOPE_CLASS, w->scope, w->function);
    scope->class_info = info;
    note_set(w->c, &decl->members, scope);
    struct walk inner = {w->c, scope, w->function};
    walk_decorators(&inner, &decl->attributes);
    walk_fields_of(&inner, decl, info);
    for (uint32_t i = 0; i < decl->member_count; i++) {
        struct vvm_member_node *member = &decl->members[i];
        bool is_field = member->kind == VVM_MEMBER_NODE_FIELD;
        walk_decorators(&inner, is_field ? &member->field.attributes : &member->function->attributes);
        if (member->kind != VVM_MEMBER_NODE_FUNCTION)
            continue;
        if (member->function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR && info)
            keep_constructor(w, info, member->function);
        walk_method(&inner, member->function, info);
    }
}

static void walk_enum(struct walk *w, struct vvm_enum_decl *decl, struct type_info *info)
{
    struct scope *scope = new_scope(w->c, SCOPE_CLASS, w->scope, w->function);
    scope->class_info = info;
    struct walk inner = {w->c, scope, w->function};
    walk_decorators(&inner, &decl->attributes);
    for (uint32_t i = 0; i < decl->method_count; i++) {
        walk_decorators(&inner, &decl->methods[i]->attributes);
        walk_method(&inner, decl->methods[i], info);
    }
}

void walk_type_declaration(struct walk *w, struct vvm_node *node)
{
    struct variable *v = note_get(w->c, node);
    switch (node->kind) {
    case VVM_NODE_TYPE_DECL:
        break;
    case VVM_NODE_ENUM_DECL:
        if (v)
            walk_enum(w, node->enum_decl, v->type);
        break;
    case VVM_NODE_EXTENSION_DECL:
        if (w->c->core)
            walk_members(w, node->class_decl, NULL);
        else
            unsupported(w->c, node->offset, 9, "`extension`");
        break;
    default:
        if (v)
            walk_members(w, node->class_decl, v->type);
        break;
    }
}
