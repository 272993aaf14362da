#include "vm/front/dump.h"

#include <inttypes.h>
#include <string.h>

struct dump {
    FILE *out;
    const struct vvm_symbols *symbols;
};

static const char *const node_names[VVM_NODE_KIND_COUNT] = {
#define NODE_NAME(kind, name) name,
    VVM_NODE_KINDS(NODE_NAME)
#undef NODE_NAME
};

static const char *const binary_names[VVM_BINARY_OPERATOR_COUNT] = {
#define BINARY_NAME(kind, text) text,
    VVM_BINARY_OPERATORS(BINARY_NAME)
#undef BINARY_NAME
};

static void dump_node(struct dump *d, const struct vvm_node *node);
static void dump_type(struct dump *d, const struct vvm_type_node *type);
static void dump_pattern(struct dump *d, const struct vvm_pattern *pattern);
static void dump_function(struct dump *d, const struct vvm_function_node *function);

static const char *text_of(const struct dump *d, vvm_symbol symbol) {
    return symbol ? vvm_symbols_text(d->symbols, symbol) : "_";
}

static void put(struct dump *d, const char *text) {
    fputs(text, d->out);
}

static void put_symbol(struct dump *d, vvm_symbol symbol) {
    fprintf(d->out, " %s", text_of(d, symbol));
}

static void put_text(struct dump *d, const struct vvm_text *text) {
    fputc('"', d->out);
    for (uint32_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        if (c == '\n')
            put(d, "\\n");
        else if (c == '"' || c == '\\')
            fprintf(d->out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(d->out, "\\x%02X", c);
        else
            fputc(c, d->out);
    }
    fputc('"', d->out);
}

/* " x" for a part that is there. */
static void put_child(struct dump *d, const struct vvm_node *node) {
    if (!node)
        return;
    fputc(' ', d->out);
    dump_node(d, node);
}

static void put_list(struct dump *d, const struct vvm_node_list *list) {
    for (uint32_t i = 0; i < list->count; i++)
        put_child(d, list->items[i]);
}

static void put_path(struct dump *d, const struct vvm_path *path) {
    for (uint32_t i = 0; i < path->count; i++)
        fprintf(d->out, "%s%s", i ? "." : "", text_of(d, path->symbols[i]));
}

static void put_type(struct dump *d, const char *before, const struct vvm_type_node *type) {
    if (!type)
        return;
    put(d, before);
    dump_type(d, type);
}

static void put_types(struct dump *d, const struct vvm_type_list *list, const char *separator) {
    for (uint32_t i = 0; i < list->count; i++)
        put_type(d, i ? separator : "", list->items[i]);
}

static void put_type_arguments(struct dump *d, const struct vvm_type_list *list) {
    if (list->count == 0)
        return;
    put(d, "<");
    put_types(d, list, ", ");
    put(d, ">");
}

/* ---- Types ------------------------------------------------------------------------------------------------- */

static void put_payload(struct dump *d, const struct vvm_payload *payload) {
    put(d, "(");
    for (uint32_t i = 0; i < payload->count; i++) {
        const struct vvm_payload_field *field = &payload->items[i];
        put(d, i ? ", " : "");
        if (field->name)
            fprintf(d->out, "%s: ", text_of(d, field->name));
        dump_type(d, field->type);
    }
    put(d, ")");
}

static void dump_record_type(struct dump *d, const struct vvm_type_node *type) {
    put(d, "{");
    for (uint32_t i = 0; i < type->record.count; i++) {
        const struct vvm_record_field *field = &type->record.items[i];
        fprintf(d->out, "%s%s%s: ", i ? ", " : "", text_of(d, field->name), field->optional ? "?" : "");
        dump_type(d, field->type);
    }
    put(d, "}");
}

static void dump_function_type(struct dump *d, const struct vvm_type_node *type) {
    put(d, type->function.is_async ? "async (" : "(");
    put_types(d, &type->function.params, ", ");
    put(d, ")");
    put_type(d, " -> ", type->function.result);
}

static void dump_named_type(struct dump *d, const struct vvm_type_node *type) {
    put_path(d, &type->named.path);
    put_type_arguments(d, &type->named.arguments);
    if (type->named.has_payload)
        put_payload(d, &type->named.payload);
}

static void dump_wrapped(struct dump *d, const char *before, const struct vvm_type_list *items, const char *separator,
                         const char *after) {
    put(d, before);
    put_types(d, items, separator);
    put(d, after);
}

static void dump_type(struct dump *d, const struct vvm_type_node *type) {
    switch (type->kind) {
    case VVM_TYPE_NODE_NAMED: dump_named_type(d, type); break;
    case VVM_TYPE_NODE_VOID: put(d, "()"); break;
    case VVM_TYPE_NODE_OPTION: dump_type(d, type->inner); put(d, "?"); break;
    case VVM_TYPE_NODE_LIST: put(d, "["); dump_type(d, type->inner); put(d, "]"); break;
    case VVM_TYPE_NODE_TUPLE: dump_wrapped(d, "(", &type->items, ", ", type->items.count == 1 ? ",)" : ")"); break;
    case VVM_TYPE_NODE_FUNCTION: dump_function_type(d, type); break;
    case VVM_TYPE_NODE_UNION: dump_wrapped(d, "", &type->items, " | ", ""); break;
    case VVM_TYPE_NODE_RECORD: dump_record_type(d, type); break;
    case VVM_TYPE_NODE_LITERAL: dump_node(d, type->literal); break;
    }
}

/* ---- Patterns ---------------------------------------------------------------------------------------------- */

static void put_patterns(struct dump *d, const char *head, const struct vvm_pattern_list *list) {
    fprintf(d->out, "(%s", head);
    for (uint32_t i = 0; i < list->count; i++) {
        put(d, " ");
        dump_pattern(d, list->items[i]);
    }
    put(d, ")");
}

static void dump_pattern_field(struct dump *d, const struct vvm_pattern_field *field) {
    put(d, " ");
    if (field->label)
        fprintf(d->out, "%s: ", text_of(d, field->label));
    dump_pattern(d, field->pattern);
}

static void dump_fields_pattern(struct dump *d, const struct vvm_pattern *pattern) {
    static const char *const forms[] = {"", "()", "{}"};
    put(d, "(");
    put_path(d, &pattern->fields.path);
    put(d, pattern->kind == VVM_PATTERN_RECORD ? "{}" : forms[pattern->fields.form]);
    for (uint32_t i = 0; i < pattern->fields.count; i++)
        dump_pattern_field(d, &pattern->fields.fields[i]);
    if (pattern->fields.has_rest)
        fprintf(d->out, " ...%s", pattern->fields.rest ? text_of(d, pattern->fields.rest) : "");
    put(d, ")");
}

static void dump_range_pattern(struct dump *d, const struct vvm_pattern *pattern) {
    fprintf(d->out, "(%s", pattern->range.inclusive ? "..=" : "..");
    put_child(d, pattern->range.start);
    put_child(d, pattern->range.end);
    put(d, ")");
}

static void dump_pattern(struct dump *d, const struct vvm_pattern *pattern) {
    switch (pattern->kind) {
    case VVM_PATTERN_WILDCARD: put(d, "_"); break;
    case VVM_PATTERN_LITERAL: dump_node(d, pattern->literal); break;
    case VVM_PATTERN_RANGE: dump_range_pattern(d, pattern); break;
    case VVM_PATTERN_BIND:
        put(d, text_of(d, pattern->bind.symbol));
        put_type(d, ": ", pattern->bind.type);
        break;
    case VVM_PATTERN_AT:
        fprintf(d->out, "(@ %s ", text_of(d, pattern->at.symbol));
        dump_pattern(d, pattern->at.inner);
        put(d, ")");
        break;
    case VVM_PATTERN_OR: put_patterns(d, "|", &pattern->items); break;
    case VVM_PATTERN_TUPLE: put_patterns(d, "tuple", &pattern->items); break;
    case VVM_PATTERN_LIST: put_patterns(d, "list", &pattern->items); break;
    case VVM_PATTERN_RECORD:
    case VVM_PATTERN_CONSTRUCTOR: dump_fields_pattern(d, pattern); break;
    case VVM_PATTERN_REST: fprintf(d->out, "...%s", pattern->rest ? text_of(d, pattern->rest) : ""); break;
    }
}

/* ---- Attributes and functions ------------------------------------------------------------------------------ */

static void put_arguments(struct dump *d, const struct vvm_arguments *arguments) {
    for (uint32_t i = 0; i < arguments->count; i++) {
        const struct vvm_argument *argument = &arguments->items[i];
        put(d, argument->spread ? " ..." : " ");
        if (argument->label)
            fprintf(d->out, "%s: ", text_of(d, argument->label));
        dump_node(d, argument->value);
    }
}

static void put_decorators(struct dump *d, uint32_t count, const struct vvm_decorator *decorators) {
    for (uint32_t i = 0; i < count; i++) {
        put(d, " @");
        put_path(d, &decorators[i].path);
        if (decorators[i].has_arguments) {
            put(d, "(");
            put_arguments(d, &decorators[i].arguments);
            put(d, ")");
        }
    }
}

static void put_visibility(struct dump *d, enum vvm_visibility visibility) {
    static const char *const names[] = {"", " public", " private", " protected", " internal"};
    put(d, names[visibility]);
}

static void put_attributes(struct dump *d, const struct vvm_attributes *attributes) {
    static const char *const names[] = {"static", "abstract", "override", "overload",
                                        "final",  "sealed",   "readonly", "late"};
    put_decorators(d, attributes->decorator_count, attributes->decorators);
    put_visibility(d, attributes->visibility);
    for (unsigned i = 0; i < 8; i++)
        if (attributes->modifiers >> i & 1)
            fprintf(d->out, " %s", names[i]);
    if (attributes->doc.bytes) {
        put(d, " doc:");
        put_text(d, &attributes->doc);
    }
}

static void put_type_params(struct dump *d, const struct vvm_type_params *params) {
    if (params->count == 0)
        return;
    put(d, "<");
    for (uint32_t i = 0; i < params->count; i++) {
        fprintf(d->out, "%s%s", i ? ", " : "", text_of(d, params->items[i].name));
        if (params->items[i].bounds.count) {
            put(d, ": ");
            put_types(d, &params->items[i].bounds, " + ");
        }
        put_type(d, " = ", params->items[i].default_type);
    }
    put(d, ">");
}

static void dump_param(struct dump *d, const struct vvm_param *param) {
    put_decorators(d, param->decorator_count, param->decorators);
    put_visibility(d, param->visibility);
    put(d, param->readonly ? " readonly " : " ");
    put(d, param->rest ? "..." : "");
    if (param->pattern)
        dump_pattern(d, param->pattern);
    else
        put(d, text_of(d, param->symbol));
    put_type(d, ": ", param->type);
    if (param->default_value) {
        put(d, " =");
        put_child(d, param->default_value);
    }
}

static void dump_function(struct dump *d, const struct vvm_function_node *function) {
    static const char *const kinds[] = {"fn",  "lambda",   "method",   "constructor", "get",
                                        "set", "operator", "computed", "on"};
    fprintf(d->out, "(%s%s%s", function->is_async ? "async-" : "", function->memo ? "memo" : kinds[function->kind],
            function->is_generator ? "*" : "");
    put_attributes(d, &function->attributes);
    if (function->name)
        put_symbol(d, function->name);
    put_type_params(d, &function->type_params);
    put(d, " (");
    put(d, function->drops_self ? " self" : "");
    for (uint32_t i = 0; i < function->param_count; i++)
        dump_param(d, &function->params[i]);
    put(d, " )");
    put_type(d, " -> ", function->return_type);
    put(d, function->expression_body ? " =>" : "");
    put_child(d, function->body);
    put(d, ")");
}

/* ---- Declarations ------------------------------------------------------------------------------------------ */

static void dump_member(struct dump *d, const struct vvm_member_node *member) {
    put(d, " ");
    if (member->kind == VVM_MEMBER_NODE_FUNCTION) {
        dump_function(d, member->function);
        return;
    }
    put(d, "(field");
    put_attributes(d, &member->field.attributes);
    put(d, member->field.is_state ? " state" : "");
    put_symbol(d, member->field.name);
    put_type(d, ": ", member->field.type);
    put_child(d, member->field.value);
    put(d, ")");
}

static void dump_class(struct dump *d, const struct vvm_class_decl *decl) {
    put_attributes(d, &decl->attributes);
    if (decl->class_kind)
        fprintf(d->out, " %s:", text_of(d, decl->class_kind));
    if (decl->name)
        put_symbol(d, decl->name);
    put_type_params(d, &decl->type_params);
    put_type(d, " for ", decl->target);
    put_type(d, " extends ", decl->super);
    if (decl->interfaces.count) {
        put(d, " implements ");
        put_types(d, &decl->interfaces, ", ");
    }
    for (uint32_t i = 0; i < decl->member_count; i++)
        dump_member(d, &decl->members[i]);
}

static void dump_enum(struct dump *d, const struct vvm_enum_decl *decl) {
    put_attributes(d, &decl->attributes);
    put_symbol(d, decl->name);
    put_type_params(d, &decl->type_params);
    for (uint32_t i = 0; i < decl->variant_count; i++) {
        const struct vvm_variant_node *variant = &decl->variants[i];
        put_symbol(d, variant->name);
        if (variant->form == VVM_VARIANT_TUPLE || variant->form == VVM_VARIANT_RECORD)
            put_payload(d, &variant->payload);
        if (variant->value) {
            put(d, " =");
            put_child(d, variant->value);
        }
    }
    for (uint32_t i = 0; i < decl->method_count; i++) {
        put(d, " ");
        dump_function(d, decl->methods[i]);
    }
}

static void dump_type_decl(struct dump *d, const struct vvm_type_decl *decl) {
    put_attributes(d, &decl->attributes);
    put_symbol(d, decl->name);
    put_type_params(d, &decl->type_params);
    put_type(d, " = ", decl->type);
    put(d, decl->where ? " where" : "");
    put_child(d, decl->where);
}

static void dump_import(struct dump *d, const struct vvm_import_node *import) {
    static const char *const modes[] = {"", " show", " hide"};
    put(d, " ");
    put_text(d, &import->path);
    if (import->alias)
        fprintf(d->out, " as %s", text_of(d, import->alias));
    put(d, modes[import->mode]);
    for (uint32_t i = 0; i < import->count; i++)
        put_symbol(d, import->names[i].name);
}

/* ---- Nodes ------------------------------------------------------------------------------------------------- */

static void put_fields(struct dump *d, uint32_t count, const struct vvm_field_value *fields) {
    for (uint32_t i = 0; i < count; i++) {
        if (fields[i].spread)
            put(d, " ...");
        else
            fprintf(d->out, " %s: ", text_of(d, fields[i].name));
        dump_node(d, fields[i].value);
    }
}

static void dump_dict(struct dump *d, const struct vvm_node *node) {
    for (uint32_t i = 0; i < node->dict.count; i++) {
        const struct vvm_dict_item *entry = &node->dict.entries[i];
        put(d, " ");
        if (entry->key)
            dump_node(d, entry->key);
        put(d, entry->key ? ": " : "...");
        dump_node(d, entry->value);
    }
}

static void dump_match(struct dump *d, const struct vvm_node *node) {
    put_child(d, node->match.subject);
    for (uint32_t i = 0; i < node->match.count; i++) {
        const struct vvm_match_arm *arm = &node->match.arms[i];
        put(d, " (");
        dump_pattern(d, arm->pattern);
        put(d, arm->guard ? " if" : "");
        put_child(d, arm->guard);
        put(d, " =>");
        put_child(d, arm->body);
        put(d, ")");
    }
}

static void dump_try(struct dump *d, const struct vvm_node *node) {
    put_child(d, node->attempt.body);
    for (uint32_t i = 0; i < node->attempt.catch_count; i++) {
        const struct vvm_catch *clause = &node->attempt.catches[i];
        put(d, " (catch");
        put_symbol(d, clause->symbol);
        put_type(d, ": ", clause->type);
        put_child(d, clause->body);
        put(d, ")");
    }
    if (node->attempt.finally) {
        put(d, " (finally");
        put_child(d, node->attempt.finally);
        put(d, ")");
    }
}

static void dump_select(struct dump *d, const struct vvm_node *node) {
    static const char *const kinds[] = {"receive", "send", "timeout", "closed", "default"};
    for (uint32_t i = 0; i < node->select.count; i++) {
        const struct vvm_select_arm *arm = &node->select.arms[i];
        fprintf(d->out, " (%s", kinds[arm->kind]);
        if (arm->pattern) {
            put(d, " ");
            dump_pattern(d, arm->pattern);
        }
        put_child(d, arm->operand);
        put_child(d, arm->value);
        put(d, " =>");
        put_child(d, arm->body);
        put(d, ")");
    }
}

static void dump_variable(struct dump *d, const struct vvm_node *node) {
    if (node->variable.attributes)
        put_attributes(d, node->variable.attributes);
    put(d, " ");
    if (node->variable.pattern)
        dump_pattern(d, node->variable.pattern);
    else
        put(d, text_of(d, node->variable.symbol));
    put_type(d, ": ", node->variable.type);
    put_child(d, node->variable.value);
}

static void dump_assign(struct dump *d, const struct vvm_node *node) {
    if (node->assign.kind == VVM_ASSIGN_COMPOUND)
        fprintf(d->out, " %s=", binary_names[node->assign.op]);
    if (node->assign.kind == VVM_ASSIGN_COALESCE)
        put(d, " ?\?=");
    put_child(d, node->assign.place);
    put_child(d, node->assign.value);
}

/* The parts behind the name of the node's kind. */
static void dump_parts(struct dump *d, const struct vvm_node *node) {
    static const char *const unary_names[] = {" -", " !", " ~", " +"};
    switch (node->kind) {
    case VVM_NODE_FLOAT: fprintf(d->out, " %.17g", node->real); break;
    case VVM_NODE_INTERPOLATION:
    case VVM_NODE_LIST:
    case VVM_NODE_SET:
    case VVM_NODE_TUPLE: put_list(d, &node->items); break;
    case VVM_NODE_UNARY:
        put(d, unary_names[node->unary.op]);
        put_child(d, node->unary.operand);
        break;
    case VVM_NODE_BINARY:
        fprintf(d->out, " %s", binary_names[node->binary.op]);
        put_child(d, node->binary.left);
        put_child(d, node->binary.right);
        break;
    case VVM_NODE_AND:
    case VVM_NODE_OR:
    case VVM_NODE_COALESCE:
    case VVM_NODE_PIPE:
    case VVM_NODE_SEND:
    case VVM_NODE_INDEX:
        put_child(d, node->pair.left);
        put_child(d, node->pair.right);
        break;
    case VVM_NODE_RANGE:
        put(d, node->range.inclusive ? " ..=" : " ..");
        put_child(d, node->range.start);
        put_child(d, node->range.end);
        break;
    case VVM_NODE_IS:
    case VVM_NODE_AS:
        put_child(d, node->typed.operand);
        put_type(d, " ", node->typed.type);
        break;
    case VVM_NODE_IF:
        put_child(d, node->branch.condition);
        put_child(d, node->branch.consequence);
        put_child(d, node->branch.alternative);
        break;
    case VVM_NODE_CALL:
        put_child(d, node->call.callee);
        put_arguments(d, &node->call.arguments);
        break;
    case VVM_NODE_TYPE_APPLY:
        put_child(d, node->apply.object);
        put(d, " ");
        put_type_arguments(d, &node->apply.arguments);
        break;
    case VVM_NODE_MEMBER:
        put_child(d, node->member.object);
        fprintf(d->out, " %s%s", node->member.optional ? "?." : "", text_of(d, node->member.symbol));
        break;
    case VVM_NODE_TUPLE_FIELD:
        put_child(d, node->field.object);
        fprintf(d->out, " %s%" PRIu32, node->field.optional ? "?." : "", node->field.index);
        break;
    case VVM_NODE_TRY_OPERATOR:
    case VVM_NODE_UNWRAP:
    case VVM_NODE_SPAWN:
    case VVM_NODE_SPREAD:
    case VVM_NODE_RETURN:
    case VVM_NODE_THROW: put_child(d, node->operand); break;
    case VVM_NODE_WITH:
        put_child(d, node->with.object);
        put_fields(d, node->with.count, node->with.fields);
        break;
    case VVM_NODE_AWAIT:
        put(d, node->await.blocking ? " blocking" : "");
        put_child(d, node->await.operand);
        break;
    case VVM_NODE_YIELD:
        put(d, node->yield.delegate ? " *" : "");
        put_child(d, node->yield.operand);
        break;
    case VVM_NODE_DICT: dump_dict(d, node); break;
    case VVM_NODE_STRUCT_LITERAL:
        put(d, " ");
        put_path(d, &node->literal.path);
        put_type_arguments(d, &node->literal.type_arguments);
        put_fields(d, node->literal.count, node->literal.fields);
        break;
    case VVM_NODE_BLOCK: put_list(d, &node->block.statements); break;
    case VVM_NODE_MATCH: dump_match(d, node); break;
    case VVM_NODE_TRY: dump_try(d, node); break;
    case VVM_NODE_SELECT: dump_select(d, node); break;
    case VVM_NODE_ASYNC_BLOCK: put_child(d, node->function->body); break;
    case VVM_NODE_VAR:
    case VVM_NODE_STATE:
    case VVM_NODE_DESTRUCTURE: dump_variable(d, node); break;
    case VVM_NODE_ASSIGN: dump_assign(d, node); break;
    case VVM_NODE_STRUCT_DECL:
    case VVM_NODE_CLASS_DECL:
    case VVM_NODE_INTERFACE_DECL:
    case VVM_NODE_ACTOR_DECL:
    case VVM_NODE_EXTENSION_DECL: dump_class(d, node->class_decl); break;
    case VVM_NODE_ENUM_DECL: dump_enum(d, node->enum_decl); break;
    case VVM_NODE_TYPE_DECL: dump_type_decl(d, node->type_decl); break;
    case VVM_NODE_MODULE_DECL:
        put_attributes(d, &node->module_decl->attributes);
        put_symbol(d, node->module_decl->name);
        put_list(d, &node->module_decl->items);
        break;
    case VVM_NODE_IMPORT: dump_import(d, node->import); break;
    default: break;
    }
}

static void dump_node(struct dump *d, const struct vvm_node *node) {
    switch (node->kind) {
    case VVM_NODE_NUMBER: fprintf(d->out, "%" PRId64, node->number); break;
    case VVM_NODE_BOOL: put(d, node->boolean ? "true" : "false"); break;
    case VVM_NODE_VOID: put(d, "()"); break;
    case VVM_NODE_STRING: put_text(d, &node->text); break;
    case VVM_NODE_NAME: put(d, text_of(d, node->symbol)); break;
    case VVM_NODE_THIS:
    case VVM_NODE_SUPER: put(d, node_names[node->kind]); break;
    case VVM_NODE_FUNCTION:
    case VVM_NODE_FUNCTION_DECL: dump_function(d, node->function); break;
    default:
        fprintf(d->out, "(%s", node_names[node->kind]);
        dump_parts(d, node);
        put(d, ")");
    }
}

void vvm_dump_module(FILE *out, const struct vvm_symbols *symbols, const struct vvm_module_node *module) {
    struct dump d = {out, symbols};
    for (uint32_t i = 0; i < module->items.count; i++) {
        dump_node(&d, module->items.items[i]);
        fputc('\n', out);
    }
    if (module->decorator_count) {
        put(&d, "(module");
        put_decorators(&d, module->decorator_count, module->decorators);
        put(&d, ")\n");
    }
}
