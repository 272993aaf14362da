/* Messages of actors (language.md 9.7): `M(args)` and the pattern `M(p)`, where M is the name of a handler, are those
 * of the library's struct Message with that name and a List of the arguments; `a ! m` is `a.send(m)`. */
#include "vm/compile/resolve.h"

#include <string.h>

static bool unit_declares(const struct compiler *unit, vvm_symbol name)
{
    const struct vvm_handler_name *handler = unit->tree ? unit->tree->handlers : NULL;
    while (handler && handler->name != name)
        handler = handler->next;
    return handler;
}

static bool unit_knows(const struct compiler *unit, vvm_symbol name)
{
    if (unit_declares(unit, name))
        return true;
    for (const struct import *import = unit->imports; import; import = import->next)
        if (import->unit && unit_declares(import->unit, name))
            return true;
    return false;
}

/* The handlers of the actors of this module and of those it imports; of an input those of earlier ones, too. */
static bool is_message_name(const struct compiler *c, vvm_symbol name)
{
    while (c && !unit_knows(c, name))
        c = c->earlier ? c->earlier->unit : NULL;
    return c;
}

static bool begins_upper(struct compiler *c, vvm_symbol name)
{
    const char *text = symbol_text(c, name);
    return text[0] >= 'A' && text[0] <= 'Z';
}

static struct vvm_node *new_node(struct compiler *c, enum vvm_node_kind kind, const struct vvm_node *at)
{
    struct vvm_node *node = compile_alloc(c, sizeof *node);
    node->kind = kind;
    node->offset = at->offset;
    node->length = at->length;
    return node;
}

static struct vvm_node *name_text(struct compiler *c, vvm_symbol name, const struct vvm_node *at)
{
    struct vvm_node *text = new_node(c, VVM_NODE_STRING, at);
    text->text.bytes = symbol_text(c, name);
    text->text.length = (uint32_t)strlen(text->text.bytes);
    return text;
}

/* ---- Values ---- */

static struct vvm_node *argument_list(struct compiler *c, const struct vvm_arguments *arguments,
                                      const struct vvm_node *at)
{
    struct vvm_node *list = new_node(c, VVM_NODE_LIST, at);
    list->items.count = arguments->count;
    list->items.items = compile_alloc(c, (arguments->count + 1) * sizeof *list->items.items);
    for (uint32_t i = 0; i < arguments->count; i++) {
        struct vvm_argument *argument = &arguments->items[i];
        list->items.items[i] = argument->value;
        if (argument->label)
            compile_error(c, "E109", argument->label_span.offset, argument->label_span.length, NULL,
                          "a message takes its arguments by position");
        if (!argument->spread)
            continue;
        list->items.items[i] = new_node(c, VVM_NODE_SPREAD, argument->value);
        list->items.items[i]->operand = argument->value;
    }
    return list;
}

void make_message(struct walk *w, struct vvm_node *call)
{
    struct compiler *c = w->c;
    struct vvm_node *callee = call->call.callee;
    if (callee->kind != VVM_NODE_NAME || !begins_upper(c, callee->symbol) || !is_message_name(c, callee->symbol)
        || resolve_name(c, w->scope, callee->symbol, w->function))
        return;
    struct vvm_argument *arguments = compile_alloc(c, 2 * sizeof *arguments);
    arguments[0].value = name_text(c, callee->symbol, callee);
    arguments[1].value = argument_list(c, &call->call.arguments, call);
    call->call.arguments = (struct vvm_arguments){2, arguments};
    callee->symbol = symbol_of(c, "Message");
    if (!c->core) /* which has it as a type of its own */
        note_set(c, callee, find_prelude(c, callee->symbol));
}

bool is_message(struct compiler *c, const struct vvm_node *callee)
{
    const struct variable *v = callee->kind == VVM_NODE_NAME ? note_get(c, callee) : NULL;
    return v && v->kind == VARIABLE_PRELUDE && callee->symbol == symbol_of(c, "Message");
}

void make_send(struct compiler *c, struct vvm_node *node)
{
    struct vvm_node *member = new_node(c, VVM_NODE_MEMBER, node), *message = node->pair.right;
    member->member.object = node->pair.left;
    member->member.symbol = symbol_of(c, "send");
    member->member.name_span = (struct vvm_span){node->offset, node->length};
    struct vvm_argument *argument = compile_alloc(c, sizeof *argument);
    argument->value = message;
    node->kind = VVM_NODE_CALL;
    node->call.callee = member;
    node->call.arguments = (struct vvm_arguments){1, argument};
}

/* ---- Patterns ---- */

static struct vvm_pattern *new_pattern(struct compiler *c, enum vvm_pattern_kind kind, const struct vvm_pattern *at)
{
    struct vvm_pattern *pattern = compile_alloc(c, sizeof *pattern);
    pattern->kind = kind;
    pattern->offset = at->offset;
    pattern->length = at->length;
    return pattern;
}

static struct vvm_pattern *argument_patterns(struct compiler *c, const struct vvm_pattern *message)
{
    struct vvm_pattern *list = new_pattern(c, VVM_PATTERN_LIST, message);
    uint32_t count = message->fields.count, rest = message->fields.has_rest ? message->fields.rest_index : count;
    list->items.items = compile_alloc(c, (count + 1) * sizeof *list->items.items);
    for (uint32_t i = 0; i <= count; i++) {
        if (i == rest && message->fields.has_rest) {
            struct vvm_pattern *others = new_pattern(c, VVM_PATTERN_REST, message);
            others->rest = message->fields.rest;
            list->items.items[list->items.count++] = others;
        }
        if (i < count)
            list->items.items[list->items.count++] = message->fields.fields[i].pattern;
    }
    return list;
}

bool make_message_pattern(struct walk *w, struct vvm_pattern *pattern)
{
    struct compiler *c = w->c;
    vvm_symbol name = pattern->fields.path.symbols[0];
    if (pattern->fields.path.count != 1 || !is_message_name(c, name) || pattern->fields.form == VVM_CONSTRUCTOR_RECORD)
        return false;
    struct vvm_pattern *text = new_pattern(c, VVM_PATTERN_LITERAL, pattern);
    struct vvm_node at = {.offset = pattern->offset, .length = pattern->length};
    text->literal = name_text(c, name, &at);
    struct vvm_pattern_field *fields = compile_alloc(c, 2 * sizeof *fields);
    fields[0].pattern = text;
    fields[1].pattern = argument_patterns(c, pattern);
    vvm_symbol *symbols = compile_alloc(c, sizeof *symbols);
    *symbols = symbol_of(c, "Message");
    pattern->fields.path.symbols = symbols;
    pattern->fields.form = VVM_CONSTRUCTOR_CALL;
    pattern->fields.count = 2;
    pattern->fields.fields = fields;
    pattern->fields.has_rest = false;
    pattern->fields.rest = 0;
    note_set(c, &pattern->fields.path, find_prelude(c, *symbols));
    return true;
}
