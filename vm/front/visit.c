#include "vm/front/visit.h"

#include <stddef.h>

static void visit(const struct vvm_visitor *v, struct vvm_node *node) {
    if (node)
        v->node(v->data, node);
}

static void visit_list(const struct vvm_visitor *v, struct vvm_node_list list) {
    for (uint32_t i = 0; i < list.count; i++)
        visit(v, list.items[i]);
}

static void visit_fields(const struct vvm_visitor *v, const struct vvm_field_value *fields, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        visit(v, fields[i].value);
}

static void visit_call(const struct vvm_visitor *v, struct vvm_node *node) {
    visit(v, node->call.callee);
    for (uint32_t i = 0; i < node->call.arguments.count; i++)
        visit(v, node->call.arguments.items[i].value);
}

static void visit_dict(const struct vvm_visitor *v, struct vvm_node *node) {
    for (uint32_t i = 0; i < node->dict.count; i++) {
        visit(v, node->dict.entries[i].key);
        visit(v, node->dict.entries[i].value);
    }
}

static void visit_match(const struct vvm_visitor *v, struct vvm_node *node) {
    visit(v, node->match.subject);
    for (uint32_t i = 0; i < node->match.count; i++) {
        visit(v, node->match.arms[i].guard);
        visit(v, node->match.arms[i].body);
    }
}

static void visit_try(const struct vvm_visitor *v, struct vvm_node *node) {
    visit(v, node->attempt.body);
    for (uint32_t i = 0; i < node->attempt.catch_count; i++)
        visit(v, node->attempt.catches[i].body);
    visit(v, node->attempt.finally);
}

static void visit_select(const struct vvm_visitor *v, struct vvm_node *node) {
    for (uint32_t i = 0; i < node->select.count; i++) {
        visit(v, node->select.arms[i].operand);
        visit(v, node->select.arms[i].value);
        visit(v, node->select.arms[i].body);
    }
}

static void visit_members(const struct vvm_visitor *v, const struct vvm_class_decl *decl) {
    for (uint32_t i = 0; i < decl->member_count; i++) {
        if (decl->members[i].kind == VVM_MEMBER_NODE_FIELD)
            visit(v, decl->members[i].field.value);
        else
            v->function(v->data, decl->members[i].function);
    }
}

static void visit_methods(const struct vvm_visitor *v, const struct vvm_enum_decl *decl) {
    for (uint32_t i = 0; i < decl->method_count; i++)
        v->function(v->data, decl->methods[i]);
}

static void visit_pair(const struct vvm_visitor *v, struct vvm_node *left, struct vvm_node *right) {
    visit(v, left);
    visit(v, right);
}

void vvm_visit_children(struct vvm_node *node, const struct vvm_visitor *v) {
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_NAME: case VVM_NODE_THIS: case VVM_NODE_SUPER: case VVM_NODE_TYPE_DECL: case VVM_NODE_IMPORT:
    case VVM_NODE_KIND_COUNT: break;
    case VVM_NODE_INTERPOLATION:
    case VVM_NODE_LIST:
    case VVM_NODE_SET:
    case VVM_NODE_TUPLE: visit_list(v, node->items); break;
    case VVM_NODE_UNARY: visit(v, node->unary.operand); break;
    case VVM_NODE_BINARY: visit_pair(v, node->binary.left, node->binary.right); break;
    case VVM_NODE_AND:
    case VVM_NODE_OR:
    case VVM_NODE_COALESCE:
    case VVM_NODE_PIPE:
    case VVM_NODE_SEND:
    case VVM_NODE_INDEX: visit_pair(v, node->pair.left, node->pair.right); break;
    case VVM_NODE_RANGE: visit_pair(v, node->range.start, node->range.end); break;
    case VVM_NODE_IS: case VVM_NODE_AS: visit(v, node->typed.operand); break;
    case VVM_NODE_IF:
        visit_pair(v, node->branch.condition, node->branch.consequence);
        visit(v, node->branch.alternative);
        break;
    case VVM_NODE_CALL: visit_call(v, node); break;
    case VVM_NODE_TYPE_APPLY: visit(v, node->apply.object); break;
    case VVM_NODE_MEMBER: visit(v, node->member.object); break;
    case VVM_NODE_TUPLE_FIELD: visit(v, node->field.object); break;
    case VVM_NODE_TRY_OPERATOR: case VVM_NODE_UNWRAP: case VVM_NODE_SPREAD: case VVM_NODE_SPAWN: case VVM_NODE_THROW:
    case VVM_NODE_RETURN: visit(v, node->operand); break;
    case VVM_NODE_WITH:
        visit(v, node->with.object);
        visit_fields(v, node->with.fields, node->with.count);
        break;
    case VVM_NODE_AWAIT: visit(v, node->await.operand); break;
    case VVM_NODE_DICT: visit_dict(v, node); break;
    case VVM_NODE_STRUCT_LITERAL: visit_fields(v, node->literal.fields, node->literal.count); break;
    case VVM_NODE_BLOCK: visit_list(v, node->block.statements); break;
    case VVM_NODE_MATCH: visit_match(v, node); break;
    case VVM_NODE_TRY: visit_try(v, node); break;
    case VVM_NODE_SELECT: visit_select(v, node); break;
    case VVM_NODE_FUNCTION:
    case VVM_NODE_ASYNC_BLOCK:
    case VVM_NODE_FUNCTION_DECL: v->function(v->data, node->function); break;
    case VVM_NODE_YIELD: visit(v, node->yield.operand); break;
    case VVM_NODE_VAR: case VVM_NODE_STATE: case VVM_NODE_DESTRUCTURE: visit(v, node->variable.value); break;
    case VVM_NODE_ASSIGN: visit_pair(v, node->assign.place, node->assign.value); break;
    case VVM_NODE_STRUCT_DECL: case VVM_NODE_CLASS_DECL: case VVM_NODE_INTERFACE_DECL: case VVM_NODE_ACTOR_DECL:
    case VVM_NODE_EXTENSION_DECL: visit_members(v, node->class_decl); break;
    case VVM_NODE_ENUM_DECL: visit_methods(v, node->enum_decl); break;
    case VVM_NODE_MODULE_DECL: visit_list(v, node->module_decl->items); break;
    }
}
