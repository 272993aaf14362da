/* Decorators as data: what stands before a declaration of the module becomes a List of (name, arguments, named
 * arguments), evaluated where the declaration stands and kept as a module variable that `meta` finds through the
 * function or type. */
#include "vm/compile/resolve.h"

#include <string.h>

static struct vvm_node *new_node(struct compiler *c, enum vvm_node_kind kind, struct vvm_span at)
{
    struct vvm_node *node = compile_alloc(c, sizeof *node);
    node->kind = kind;
    node->offset = at.offset;
    node->length = at.length;
    return node;
}

static struct vvm_node *text_node(struct compiler *c, const char *text, struct vvm_span at)
{
    struct vvm_node *node = new_node(c, VVM_NODE_STRING, at);
    node->text = (struct vvm_text){text, (uint32_t)strlen(text)};
    return node;
}

static const char *path_text(struct compiler *c, const struct vvm_path *path)
{
    const char *text = symbol_text(c, path->symbols[0]);
    for (uint32_t i = 1; i < path->count; i++)
        text = code_format(c, "%s.%s", text, symbol_text(c, path->symbols[i]));
    return text;
}

static struct vvm_node *positional(struct compiler *c, const struct vvm_decorator *decorator)
{
    struct vvm_node *list = new_node(c, VVM_NODE_LIST, decorator->path.span);
    list->items.items = compile_alloc(c, (decorator->arguments.count + 1) * sizeof *list->items.items);
    for (uint32_t i = 0; i < decorator->arguments.count; i++) {
        const struct vvm_argument *argument = &decorator->arguments.items[i];
        if (argument->label)
            continue;
        struct vvm_node *item = argument->value;
        if (argument->spread) {
            item = new_node(c, VVM_NODE_SPREAD, (struct vvm_span){argument->value->offset, argument->value->length});
            item->operand = argument->value;
        }
        list->items.items[list->items.count++] = item;
    }
    return list;
}

static struct vvm_node *named(struct compiler *c, const struct vvm_decorator *decorator)
{
    struct vvm_node *dict = new_node(c, VVM_NODE_DICT, decorator->path.span);
    dict->dict.entries = compile_alloc(c, (decorator->arguments.count + 1) * sizeof *dict->dict.entries);
    for (uint32_t i = 0; i < decorator->arguments.count; i++) {
        const struct vvm_argument *argument = &decorator->arguments.items[i];
        if (argument->label)
            dict->dict.entries[dict->dict.count++] = (struct vvm_dict_item){
                text_node(c, symbol_text(c, argument->label), argument->label_span), argument->value};
    }
    return dict;
}

static struct vvm_node *entry(struct compiler *c, const struct vvm_decorator *decorator)
{
    struct vvm_node *tuple = new_node(c, VVM_NODE_TUPLE, decorator->path.span);
    tuple->items.count = 3;
    tuple->items.items = compile_alloc(c, 3 * sizeof *tuple->items.items);
    tuple->items.items[0] = text_node(c, path_text(c, &decorator->path), decorator->path.span);
    tuple->items.items[1] = positional(c, decorator);
    tuple->items.items[2] = named(c, decorator);
    return tuple;
}

/* Those of a declaration inside a function would be evaluated again and again, in any isolate: they are not kept. */
void walk_decorators(struct walk *w, const struct vvm_attributes *attributes)
{
    struct compiler *c = w->c;
    if (!attributes->decorator_count || w->function != c->top)
        return;
    struct vvm_node *list = new_node(c, VVM_NODE_LIST, attributes->decorators[0].path.span);
    list->items.count = attributes->decorator_count;
    list->items.items = compile_alloc(c, list->items.count * sizeof *list->items.items);
    for (uint32_t i = 0; i < attributes->decorator_count; i++)
        list->items.items[i] = entry(c, &attributes->decorators[i]);
    note_set(c, attributes->decorators, list);
    walk(w, list);
}

uint32_t decorator_variable(struct compiler *c, const struct vvm_attributes *attributes)
{
    if (!attributes->decorator_count || !note_get(c, attributes->decorators))
        return 0;
    uintptr_t known = (uintptr_t)note_get(c, &attributes->decorators[0].has_arguments);
    if (known)
        return (uint32_t)known;
    struct vvm_global global = {.name = attributes->decorators[0].path.symbols[0], .value = vvm_unset()};
    uint32_t index;
    if (!vvm_table_add(&c->vm->globals, &global, &index))
        longjmp(c->out_of_memory, 1);
    note_set(c, &attributes->decorators[0].has_arguments, (void *)(uintptr_t)(index + 1));
    return index + 1;
}

void gen_decorators(struct compiler *c, const struct vvm_attributes *attributes)
{
    uint32_t variable = decorator_variable(c, attributes);
    if (!variable)
        return;
    int saved = c->builder->next_register, reg = new_register(c);
    gen_into(c, note_get(c, attributes->decorators), reg);
    emit_w(c, VVM_OPC_SETMOD, reg, 0, 0, variable - 1);
    c->builder->next_register = saved;
}

/* ---- meta(C.member) ---- */

static const struct vvm_static_field *static_field_at(const struct vvm_type *type, const struct vvm_member *member)
{
    return member->kind == VVM_MEMBER_STATIC_FIELD ? &type->static_fields[member->slot] : NULL;
}

/* The variable of a member as the type declares it; 0: no decorators. *found: there is such a member. */
static uint32_t member_variable(struct compiler *c, const struct vvm_type *type, vvm_symbol name, bool *found)
{
    const struct vvm_members *tables[] = {&type->members, &type->statics, &type->setters, &type->static_setters};
    uint32_t variable = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const struct vvm_member *member = vvm_members_find(tables[i], name);
        *found |= member != NULL;
        if (!member || variable)
            continue;
        if (member->kind == VVM_MEMBER_FIELD)
            variable = type->fields[member->slot].decorators;
        else if (static_field_at(type, member))
            variable = static_field_at(type, member)->field.decorators;
        else if (vvm_is_plain(member->value, VVM_FUNCTION))
            variable = vvm_function_at(c->vm, vvm_tag_id(member->value))->decorators;
    }
    return variable;
}

bool gen_member_decorators(struct compiler *c, struct vvm_node *call, int dst)
{
    struct vvm_arguments *arguments = &call->call.arguments;
    struct vvm_node *member = arguments->count == 1 ? arguments->items[0].value : NULL;
    struct vvm_type *type =
        member && member->kind == VVM_NODE_MEMBER ? gen_static_type(c, member->member.object) : NULL;
    bool found = false;
    uint32_t variable =
        type && type->kind != VVM_TYPE_NAMESPACE ? member_variable(c, type, member->member.symbol, &found) : 0;
    if (!found)
        return false;
    int index = new_register(c);
    load_number(c, index, variable);
    gen_builtin_call(c, "__decorators", 1, &index, dst);
    return true;
}
