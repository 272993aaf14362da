/* Members, indexes, fields of tuples. */
#include "vm/compile/compiler.h"

/* A type or namespace that is known by name at compile time. */
static struct vvm_type *static_type(struct compiler *c, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_TYPE_APPLY)
        node = node->apply.object;
    struct variable *v = node->kind == VVM_NODE_NAME ? note_get(c, node) : NULL;
    if (v && v->kind == VARIABLE_TYPE && v->type->type)
        return v->type->type;
    if (v && v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE))
        return v->value.object;
    return NULL;
}

struct vvm_type *gen_static_type(struct compiler *c, struct vvm_node *node) { return static_type(c, node); }

/* The value of `Type.name` if it is a constant. */
bool gen_static_member(struct compiler *c, struct vvm_type *type, vvm_symbol name, vvm_value *value)
{
    struct vvm_member *member = vvm_members_find(&type->statics, name);
    (void)c;
    for (uint32_t i = 0; type->kind == VVM_TYPE_ENUM && i < type->variant_count; i++)
        if (type->variants[i].name == name && type->variants[i].field_count) {
            *value = type->variants[i].constructor;
            return !vvm_is_unset(*value);
        }
    if (!member || member->kind != VVM_MEMBER_STATIC || vvm_is_heap(member->value))
        return false;
    *value = member->value;
    return true;
}

/* `a?.b` and `a?.0`. */
static void gen_optional_member(struct compiler *c, struct vvm_node *node, int dst)
{
    bool named = node->kind == VVM_NODE_MEMBER;
    uint32_t end = new_label(c);
    int object = new_register(c);
    gen_into(c, named ? node->member.object : node->field.object, object);
    emit(c, VVM_OPC_MOVE, dst, object, 0);
    set_position(c, named ? node->member.name_span.offset : node->offset);
    emit_jump(c, VVM_OPC_JBAD, object, 0, 0, end);
    int inner = new_register(c), pair = new_registers(c, 2);
    emit(c, VVM_OPC_PEEL, inner, object, 0);
    emit(c, VVM_OPC_MOVE, pair, object, 0);
    if (named)
        emit_w(c, VVM_OPC_GETFIELD, pair + 1, inner, 0, add_site(c, node->member.symbol, 0));
    else
        emit(c, VVM_OPC_TUPGET, pair + 1, inner, (int)node->field.index);
    gen_builtin_call(c, "__rewrap", 2, (int[]){pair, pair + 1}, dst);
    place_label(c, end);
}

void gen_member(struct compiler *c, struct vvm_node *node, struct destination to)
{
    int dst = destination_register(c, to);
    struct vvm_type *type = static_type(c, node->member.object);
    vvm_value value;
    if (node->member.optional) {
        gen_optional_member(c, node, dst);
    } else if (node->member.object->kind == VVM_NODE_SUPER) {
        int self = new_register(c);
        load_this(c, self, node->offset);
        emit_w(c, VVM_OPC_GETFIELD, dst, self, 0, add_site(c, node->member.symbol, super_type_id(c)));
    } else if (type && gen_static_field(c, type, node->member.symbol, dst)) {
        /* read */
    } else if (type && gen_static_member(c, type, node->member.symbol, &value) && !vvm_is_plain(value, VVM_BUILTIN)) {
        load_constant(c, dst, value);
    } else {
        int object = gen_any(c, node->member.object);
        set_position(c, node->member.name_span.offset);
        emit_w(c, VVM_OPC_GETFIELD, dst, object, 0, add_site(c, node->member.symbol, 0));
    }
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
}

void gen_index(struct compiler *c, struct vvm_node *node, int dst)
{
    int object = gen_operand(c, node->pair.left, node->pair.right);
    struct vvm_node *index = node->pair.right;
    if (index->kind == VVM_NODE_NUMBER && index->number >= 0 && index->number <= 255) {
        set_position(c, node->offset);
        emit_w(c, VVM_OPC_INDEXI, dst, object, (int)index->number, c->core);
        return;
    }
    int key = gen_any(c, index);
    set_position(c, node->offset);
    emit_w(c, VVM_OPC_INDEX, dst, object, key, c->core); /* the core library indexes Lists and Tuples only: elements may
                                                            be borrowed */
}

void gen_tuple_field(struct compiler *c, struct vvm_node *node, int dst)
{
    if (node->field.index > 255)
        compile_error(c, "E198", node->offset, node->length, NULL, "a tuple has at most 200 items");
    if (node->field.optional) {
        gen_optional_member(c, node, dst);
        return;
    }
    int object = gen_any(c, node->field.object);
    set_position(c, node->offset);
    emit(c, VVM_OPC_TUPGET, dst, object, (int)node->field.index);
}
