/* Expressions: operators, literals, collections, members. */
#include "vm/compile/compiler.h"

#include <string.h>

/* ---- Destinations ---- */

static int target(struct compiler *c, struct destination to)
{
    return to.kind == TO_REGISTER ? to.reg : new_register(c);
}

void gen_return_register(struct compiler *c, int reg)
{
    struct builder *b = c->builder;
    hold_unread(c);
    if (b->flags & VVM_FUNCTION_RESULT_VOID) {
        emit(c, VVM_OPC_RETV, 0, 0, 0);
        return;
    }
    if (b->result_check >= 0)
        emit(c, VVM_OPC_CHECK, reg, b->result_check, 0);
    emit(c, VVM_OPC_RETURN, reg, 0, 0);
}

void deliver(struct compiler *c, int reg, struct destination to)
{
    if (to.kind == TO_REGISTER && to.reg != reg)
        emit(c, VVM_OPC_MOVE, to.reg, reg, 0);
    else if (to.kind == TO_RETURN)
        gen_return_register(c, reg);
}

void deliver_void(struct compiler *c, struct destination to)
{
    struct builder *b = c->builder;
    if (to.kind == TO_REGISTER) {
        load_constant(c, to.reg, vvm_void());
    } else if (to.kind == TO_RETURN && b->result_check >= 0 && !(b->flags & VVM_FUNCTION_RESULT_VOID)) {
        int reg = new_register(c);
        load_constant(c, reg, vvm_void());
        gen_return_register(c, reg);
    } else if (to.kind == TO_RETURN) {
        hold_unread(c);
        emit(c, VVM_OPC_RETV, 0, 0, 0);
    }
}

void gen_into(struct compiler *c, struct vvm_node *node, int reg) { gen(c, node, INTO(reg)); }

int gen_any(struct compiler *c, struct vvm_node *node)
{
    if (node->kind == VVM_NODE_NAME || node->kind == VVM_NODE_THIS) {
        struct variable *v = note_get(c, node);
        set_position(c, node->offset);
        int reg = v ? variable_register(c, v) : -1;
        if (reg >= 0)
            return reg;
    }
    int reg = new_register(c);
    gen_into(c, node, reg);
    return reg;
}

/* Can evaluating this assign to a local `state` variable? Only what contains statements can. */
static bool may_assign(const struct vvm_node *node)
{
    if (!node)
        return false;
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_NAME: case VVM_NODE_THIS: case VVM_NODE_FUNCTION:
        return false;
    case VVM_NODE_UNARY: return may_assign(node->unary.operand);
    case VVM_NODE_BINARY: return may_assign(node->binary.left) || may_assign(node->binary.right);
    case VVM_NODE_AND: case VVM_NODE_OR: case VVM_NODE_INDEX:
        return may_assign(node->pair.left) || may_assign(node->pair.right);
    case VVM_NODE_MEMBER: return may_assign(node->member.object);
    case VVM_NODE_CALL:
        for (uint32_t i = 0; i < node->call.arguments.count; i++)
            if (may_assign(node->call.arguments.items[i].value))
                return true;
        return may_assign(node->call.callee);
    default: return true;
    }
}

int gen_operand(struct compiler *c, struct vvm_node *node, struct vvm_node *beside)
{
    struct variable *v = node->kind == VVM_NODE_NAME ? note_get(c, node) : NULL;
    if (v && v->is_state && may_assign(beside)) {
        int reg = new_register(c);
        gen_into(c, node, reg);
        return reg;
    }
    return gen_any(c, node);
}

/* ---- Arithmetic and comparison ---- */

static const uint8_t binary_opcodes[VVM_BINARY_OPERATOR_COUNT] = {
    [VVM_BINARY_EQ] = VVM_OPC_EQ, [VVM_BINARY_NE] = VVM_OPC_NE, [VVM_BINARY_LT] = VVM_OPC_LT, [VVM_BINARY_GT] = VVM_OPC_GT,
    [VVM_BINARY_LE] = VVM_OPC_LE, [VVM_BINARY_GE] = VVM_OPC_GE, [VVM_BINARY_BIT_OR] = VVM_OPC_BOR,
    [VVM_BINARY_BIT_XOR] = VVM_OPC_BXOR, [VVM_BINARY_BIT_AND] = VVM_OPC_BAND, [VVM_BINARY_SHL] = VVM_OPC_SHL,
    [VVM_BINARY_SHR] = VVM_OPC_SHR, [VVM_BINARY_USHR] = VVM_OPC_USHR, [VVM_BINARY_ADD] = VVM_OPC_ADD,
    [VVM_BINARY_SUB] = VVM_OPC_SUB, [VVM_BINARY_APPEND] = VVM_OPC_APPEND, [VVM_BINARY_MUL] = VVM_OPC_MUL,
    [VVM_BINARY_DIV] = VVM_OPC_DIV, [VVM_BINARY_MOD] = VVM_OPC_MOD, [VVM_BINARY_POW] = VVM_OPC_POW,
};

static bool small_number(const struct vvm_node *node)
{
    return node->kind == VVM_NODE_NUMBER && node->number >= -128 && node->number <= 127;
}

void gen_binary_operation(struct compiler *c, enum vvm_binary_operator op, int dst, int left, int right)
{
    emit(c, binary_opcodes[op], dst, left, right);
}

static void gen_binary(struct compiler *c, struct vvm_node *node, int dst)
{
    enum vvm_binary_operator op = node->binary.op;
    struct vvm_node *right = node->binary.right;
    int left = gen_operand(c, node->binary.left, right);
    int immediate = op == VVM_BINARY_ADD ? VVM_OPC_ADDI : op == VVM_BINARY_SUB ? VVM_OPC_SUBI : op == VVM_BINARY_MUL ? VVM_OPC_MULI : -1;
    if (immediate >= 0 && small_number(right)) {
        set_position(c, node->binary.operator_offset);
        emit(c, (enum vvm_opcode)immediate, dst, left, (int)right->number);
        return;
    }
    int r = gen_any(c, right);
    set_position(c, node->binary.operator_offset);
    gen_binary_operation(c, op, dst, left, r);
}

static int compare_jump(enum vvm_binary_operator op, bool immediate, bool *negated)
{
    *negated = op == VVM_BINARY_NE;
    switch (op) {
    case VVM_BINARY_EQ: case VVM_BINARY_NE: return immediate ? VVM_OPC_JEQI : VVM_OPC_JEQ;
    case VVM_BINARY_LT: return immediate ? VVM_OPC_JLTI : VVM_OPC_JLT;
    case VVM_BINARY_LE: return immediate ? VVM_OPC_JLEI : VVM_OPC_JLE;
    case VVM_BINARY_GT: return immediate ? VVM_OPC_JGTI : VVM_OPC_JGT;
    case VVM_BINARY_GE: return immediate ? VVM_OPC_JGEI : VVM_OPC_JGE;
    default: return -1;
    }
}

static bool gen_compare_jump(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    bool negated, immediate = small_number(node->binary.right);
    int op = compare_jump(node->binary.op, immediate, &negated);
    if (op < 0)
        return false;
    int left = gen_operand(c, node->binary.left, node->binary.right);
    int right = immediate ? (int)node->binary.right->number : gen_any(c, node->binary.right);
    set_position(c, node->binary.operator_offset);
    emit_jump(c, (enum vvm_opcode)op, jump_if != negated, left, right, label);
    return true;
}

static void gen_shortcut(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    /* && jumps early on false, || on true */
    bool early = node->kind == VVM_NODE_OR;
    if (jump_if == early) {
        gen_condition(c, node->pair.left, jump_if, label);
        gen_condition(c, node->pair.right, jump_if, label);
        return;
    }
    uint32_t skip = new_label(c);
    gen_condition(c, node->pair.left, early, skip);
    gen_condition(c, node->pair.right, jump_if, label);
    place_label(c, skip);
}

void gen_condition(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label)
{
    if (node->kind == VVM_NODE_AND || node->kind == VVM_NODE_OR) {
        gen_shortcut(c, node, jump_if, label);
        return;
    }
    if (node->kind == VVM_NODE_UNARY && node->unary.op == VVM_UNARY_NOT) {
        gen_condition(c, node->unary.operand, !jump_if, label);
        return;
    }
    if (node->kind == VVM_NODE_BINARY && gen_compare_jump(c, node, jump_if, label))
        return;
    int reg = gen_any(c, node);
    set_position(c, node->offset);
    emit_jump(c, jump_if ? VVM_OPC_JT : VVM_OPC_JF, reg, 0, 0, label);
}

static void gen_truth(struct compiler *c, struct vvm_node *node, int dst)
{
    uint32_t no = new_label(c), end = new_label(c);
    gen_condition(c, node, false, no);
    load_constant(c, dst, vvm_bool(true));
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, no);
    load_constant(c, dst, vvm_bool(false));
    place_label(c, end);
}

static void gen_unary(struct compiler *c, struct vvm_node *node, int dst)
{
    struct vvm_node *operand = node->unary.operand;
    if (node->unary.op == VVM_UNARY_NEG && operand->kind == VVM_NODE_NUMBER) {
        load_number(c, dst, (int64_t)(0 - (uint64_t)operand->number));
        return;
    }
    if (node->unary.op == VVM_UNARY_NEG && operand->kind == VVM_NODE_FLOAT) {
        load_constant(c, dst, vvm_float(-operand->real));
        return;
    }
    static const uint8_t opcodes[] = {VVM_OPC_NEG, VVM_OPC_NOT, VVM_OPC_BNOT};
    int reg = gen_any(c, operand);
    set_position(c, node->offset);
    if (node->unary.op == VVM_UNARY_PLUS) /* numbers only: 0 - (-x) would overflow at the edge, so test by adding nothing */
        emit(c, VVM_OPC_ADDI, dst, reg, 0);
    else
        emit(c, opcodes[node->unary.op], dst, reg, 0);
}

/* ---- Literals and collections ---- */

static void gen_string(struct compiler *c, struct vvm_text text, int dst)
{
    emit(c, VVM_OPC_LOADK, dst, (int)string_constant(c, text.bytes, text.length), 0);
}

#define PIECE 64 /* literals are made in pieces, so that they need few registers */

static void gen_interpolation(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = -1;
    for (uint32_t done = 0; done < node->items.count || made < 0;) {
        uint32_t count = node->items.count - done < PIECE ? node->items.count - done : PIECE;
        int first = new_registers(c, (int)count + (made >= 0));
        if (made >= 0)
            emit(c, VVM_OPC_MOVE, first, made, 0);
        int at = first + (made >= 0);
        for (uint32_t i = 0; i < count; i++, at++) {
            struct vvm_node *part = node->items.items[done + i];
            if (part->kind == VVM_NODE_STRING) {
                gen_string(c, part->text, at);
                continue;
            }
            int value = gen_any(c, part);
            set_position(c, part->offset);
            emit(c, VVM_OPC_TEXT, at, value, 0);
        }
        set_position(c, node->offset);
        made = done + count >= node->items.count ? dst : new_register(c);
        emit(c, VVM_OPC_CONCAT, made, first, at - first);
        done += count;
    }
}

static uint32_t plain_run(struct vvm_node_list list, uint32_t from)
{
    uint32_t count = 0;
    while (from + count < list.count && count < PIECE && list.items[from + count]->kind != VVM_NODE_SPREAD)
        count++;
    return count;
}

static int gen_run(struct compiler *c, struct vvm_node_list list, uint32_t from, uint32_t count)
{
    int first = new_registers(c, (int)count);
    for (uint32_t i = 0; i < count; i++)
        gen_into(c, list.items[from + i], first + (int)i);
    return first;
}

static void gen_list(struct compiler *c, struct vvm_node *node, int dst)
{
    struct vvm_node_list list = node->items;
    uint32_t done = plain_run(list, 0);
    int saved = c->builder->next_register;
    int first = gen_run(c, list, 0, done);
    bool whole = done == list.count;
    int made = whole ? dst : new_register(c);
    set_position(c, node->offset);
    emit(c, VVM_OPC_LIST, made, first, (int)done);
    if (!whole)
        saved = c->builder->next_register;
    while (done < list.count) {
        c->builder->next_register = saved;
        if (list.items[done]->kind == VVM_NODE_SPREAD) {
            int item = new_register(c);
            gen_into(c, list.items[done]->operand, item);
            emit(c, VVM_OPC_LISTCAT, made, item, 0);
            done++;
            continue;
        }
        uint32_t count = plain_run(list, done);
        first = gen_run(c, list, done, count);
        emit(c, VVM_OPC_LISTADD, made, first, (int)count);
        done += count;
    }
    if (!whole)
        emit(c, VVM_OPC_MOVE, dst, made, 0);
}

static void gen_dict(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = new_register(c), saved = c->builder->next_register;
    emit(c, VVM_OPC_DICT, made, 0, 0);
    for (uint32_t i = 0; i < node->dict.count; i++) {
        c->builder->next_register = saved;
        struct vvm_dict_item *entry = &node->dict.entries[i];
        int key = new_registers(c, 2);
        if (entry->key) {
            gen_into(c, entry->key, key);
            gen_into(c, entry->value, key + 1);
            set_position(c, entry->key->offset);
            emit(c, VVM_OPC_DICTADD, made, key, key + 1);
        } else {
            gen_into(c, entry->value, key);
            set_position(c, entry->value->offset);
            emit(c, VVM_OPC_DICTCAT, made, key, 0);
        }
    }
    emit(c, VVM_OPC_MOVE, dst, made, 0);
}

static void gen_set(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = new_register(c), item = new_register(c), saved = c->builder->next_register;
    emit(c, VVM_OPC_SET, made, 0, 0);
    for (uint32_t i = 0; i < node->items.count; i++) {
        c->builder->next_register = saved;
        struct vvm_node *value = node->items.items[i];
        bool spread = value->kind == VVM_NODE_SPREAD;
        gen_into(c, spread ? value->operand : value, item);
        set_position(c, value->offset);
        emit(c, spread ? VVM_OPC_SETCAT : VVM_OPC_SETADD, made, item, 0);
    }
    emit(c, VVM_OPC_MOVE, dst, made, 0);
}

void gen_collection(struct compiler *c, struct vvm_node *node, int dst)
{
    switch (node->kind) {
    case VVM_NODE_LIST: gen_list(c, node, dst); break;
    case VVM_NODE_DICT: gen_dict(c, node, dst); break;
    case VVM_NODE_SET: gen_set(c, node, dst); break;
    default: {
        if (node->items.count > 200) {
            compile_error(c, "E198", node->offset, 1, NULL, "a tuple has at most 200 items");
            break;
        }
        int first = gen_run(c, node->items, 0, node->items.count);
        set_position(c, node->offset);
        emit(c, VVM_OPC_TUPLE, dst, first, (int)node->items.count);
    }
    }
}

/* ---- Members ---- */

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
    int dst = target(c, to);
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

static void gen_index(struct compiler *c, struct vvm_node *node, int dst)
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
    emit_w(c, VVM_OPC_INDEX, dst, object, key, c->core); /* the core library indexes Lists and Tuples only: elements may be borrowed */
}

static void gen_tuple_field(struct compiler *c, struct vvm_node *node, int dst)
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

static void gen_with(struct compiler *c, struct vvm_node *node, int dst)
{
    int copy = new_register(c), value = new_register(c);
    gen_into(c, node->with.object, copy);
    for (uint32_t i = 0; i < node->with.count; i++) {
        gen_into(c, node->with.fields[i].value, value);
        set_position(c, node->with.fields[i].span.offset);
        int second = new_register(c);
        emit(c, VVM_OPC_MOVE, second, value, 0);
        emit_w(c, VVM_OPC_RSET, copy, second, 0, add_site(c, node->with.fields[i].name, VVM_SITE_COPY));
    }
    emit(c, VVM_OPC_MOVE, dst, copy, 0);
}

static void gen_is_as(struct compiler *c, struct vvm_node *node, int dst)
{
    struct scope *scope = note_get(c, node);
    uint32_t check = add_check(c, type_test(c, scope, node->typed.type), "the value of `as`");
    int operand = gen_any(c, node->typed.operand);
    set_position(c, node->offset);
    emit_w(c, node->kind == VVM_NODE_IS ? VVM_OPC_IS : VVM_OPC_AS, dst, operand, 0, check);
}

static void gen_coalesce(struct compiler *c, struct vvm_node *node, struct destination to)
{
    uint32_t bad = new_label(c), end = new_label(c);
    int dst = target(c, to), left = gen_any(c, node->pair.left);
    set_position(c, node->offset);
    emit_jump(c, VVM_OPC_JBADQ, left, 0, 0, bad);
    emit(c, VVM_OPC_UNWRAP, dst, left, 0);
    if (to.kind == TO_RETURN)
        gen_return_register(c, dst);
    else
        emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, bad);
    gen(c, node->pair.right, to.kind == TO_RETURN ? to : INTO(dst));
    place_label(c, end);
}

static void gen_range(struct compiler *c, struct vvm_node *node, int dst)
{
    int start = gen_operand(c, node->range.start, node->range.end);
    int end = gen_any(c, node->range.end);
    set_position(c, node->offset);
    emit(c, node->range.inclusive ? VVM_OPC_RANGEI : VVM_OPC_RANGE, dst, start, end);
}

static void gen_name(struct compiler *c, struct vvm_node *node, int dst)
{
    const struct compiler_names *n = names(c);
    vvm_symbol symbol = node->symbol;
    if (symbol == n->none) {
        load_constant(c, dst, vvm_none());
        return;
    }
    if (symbol == n->some || symbol == n->ok || symbol == n->err) {
        const char *function = symbol == n->some ? "__some" : symbol == n->ok ? "__ok" : "__err";
        vvm_value value = vvm_void();
        prelude_value(c, function, &value);
        load_constant(c, dst, value);
        return;
    }
    struct variable *v = note_get(c, node);
    if (v)
        read_variable(c, v, dst, node->offset);
}

/* Kinds that end in one value in one register, whatever the destination. */
static bool gen_simple(struct compiler *c, struct vvm_node *node, int dst)
{
    switch (node->kind) {
    case VVM_NODE_NUMBER: load_number(c, dst, node->number); return true;
    case VVM_NODE_FLOAT: load_constant(c, dst, vvm_float(node->real)); return true;
    case VVM_NODE_BOOL: load_constant(c, dst, vvm_bool(node->boolean)); return true;
    case VVM_NODE_VOID: load_constant(c, dst, vvm_void()); return true;
    case VVM_NODE_STRING: gen_string(c, node->text, dst); return true;
    case VVM_NODE_INTERPOLATION: gen_interpolation(c, node, dst); return true;
    case VVM_NODE_NAME: gen_name(c, node, dst); return true;
    case VVM_NODE_THIS: {
        struct variable *self = note_get(c, node);
        if (self)
            read_variable(c, self, dst, node->offset);
        return true;
    }
    case VVM_NODE_UNARY:
        if (node->unary.op == VVM_UNARY_NOT && (node->unary.operand->kind == VVM_NODE_AND || node->unary.operand->kind == VVM_NODE_OR))
            gen_truth(c, node, dst);
        else
            gen_unary(c, node, dst);
        return true;
    case VVM_NODE_BINARY: gen_binary(c, node, dst); return true;
    case VVM_NODE_AND: case VVM_NODE_OR: gen_truth(c, node, dst); return true;
    case VVM_NODE_RANGE: gen_range(c, node, dst); return true;
    case VVM_NODE_IS: case VVM_NODE_AS: gen_is_as(c, node, dst); return true;
    case VVM_NODE_TUPLE_FIELD: gen_tuple_field(c, node, dst); return true;
    case VVM_NODE_INDEX: gen_index(c, node, dst); return true;
    case VVM_NODE_WITH: gen_with(c, node, dst); return true;
    case VVM_NODE_LIST: case VVM_NODE_DICT: case VVM_NODE_SET: case VVM_NODE_TUPLE: gen_collection(c, node, dst); return true;
    case VVM_NODE_FUNCTION: gen_closure(c, node->function, dst); return true;
    case VVM_NODE_TYPE_APPLY: gen(c, node->apply.object, INTO(dst)); return true;
    default: return false;
    }
}

static bool is_simple(const struct vvm_node *node)
{
    switch (node->kind) {
    case VVM_NODE_NUMBER: case VVM_NODE_FLOAT: case VVM_NODE_BOOL: case VVM_NODE_VOID: case VVM_NODE_STRING:
    case VVM_NODE_INTERPOLATION: case VVM_NODE_NAME: case VVM_NODE_THIS: case VVM_NODE_UNARY: case VVM_NODE_BINARY:
    case VVM_NODE_AND: case VVM_NODE_OR: case VVM_NODE_RANGE: case VVM_NODE_IS: case VVM_NODE_AS: case VVM_NODE_TUPLE_FIELD:
    case VVM_NODE_INDEX: case VVM_NODE_WITH: case VVM_NODE_LIST: case VVM_NODE_DICT: case VVM_NODE_SET: case VVM_NODE_TUPLE:
    case VVM_NODE_FUNCTION: case VVM_NODE_TYPE_APPLY:
        return true;
    default: return false;
    }
}

static void gen_return(struct compiler *c, struct vvm_node *node)
{
    if (!c->builder->exits) {
        if (node->operand)
            gen(c, node->operand, RETURNED);
        else
            deliver_void(c, RETURNED);
        return;
    }
    int reg = new_register(c);
    if (node->operand)
        gen_into(c, node->operand, reg);
    else
        load_constant(c, reg, vvm_void());
    struct exit_frame *saved = c->builder->exits;
    leave_exits(c, NULL);
    gen_return_register(c, reg);
    reenter_exits(c, saved);
}

void gen(struct compiler *c, struct vvm_node *node, struct destination to)
{
    set_position(c, node->offset);
    if (is_simple(node)) {
        /* what is returned may be a variable in place: no copy is needed to return it */
        int dst = to.kind == TO_RETURN ? gen_any(c, node) : target(c, to);
        if (to.kind == TO_RETURN)
            gen_return_register(c, dst);
        else
            gen_simple(c, node, dst);
        return;
    }
    switch (node->kind) {
    case VVM_NODE_MEMBER: gen_member(c, node, to); break;
    case VVM_NODE_COALESCE: gen_coalesce(c, node, to); break;
    case VVM_NODE_IF: gen_if(c, node, to); break;
    case VVM_NODE_MATCH: gen_match(c, node, to); break;
    case VVM_NODE_SELECT: gen_select(c, node, to); break;
    case VVM_NODE_TRY: gen_try(c, node, to); break;
    case VVM_NODE_BLOCK: gen_block(c, node, to); break;
    case VVM_NODE_CALL: gen_call(c, node, to); break;
    case VVM_NODE_PIPE: gen_pipe(c, node, to); break;
    case VVM_NODE_AWAIT: gen_await(c, node, to); break;
    case VVM_NODE_TRY_OPERATOR: gen_try_operator(c, node, to); break;
    case VVM_NODE_UNWRAP: gen_method_call(c, node->operand, symbol_of(c, "unwrap"), 0, NULL, to); break;
    case VVM_NODE_STRUCT_LITERAL: gen_struct_literal(c, node, to); break;
    case VVM_NODE_SPAWN: {
        int value = new_register(c), dst = target(c, to);
        gen_into(c, node->operand, value);
        gen_builtin_call(c, "spawn", 1, &value, dst);
        if (to.kind == TO_RETURN)
            gen_return_register(c, dst);
        break;
    }
    case VVM_NODE_ASYNC_BLOCK: gen_async_block(c, node, to); break;
    case VVM_NODE_YIELD: gen_yield(c, node, to); break;
    case VVM_NODE_RETURN: gen_return(c, node); break;
    case VVM_NODE_THROW: {
        int reg = new_register(c);
        gen_into(c, node->operand, reg);
        set_position(c, node->offset);
        emit(c, VVM_OPC_THROW, reg, 0, 0);
        break;
    }
    case VVM_NODE_VAR: case VVM_NODE_STATE: case VVM_NODE_DESTRUCTURE:
        gen_variable(c, node);
        deliver_void(c, to);
        break;
    case VVM_NODE_ASSIGN:
        gen_assignment(c, node);
        deliver_void(c, to);
        break;
    case VVM_NODE_SUPER:
        compile_error(c, "E307", node->offset, node->length, NULL, "`super` can only be called: super(…) or super.method(…)");
        break;
    case VVM_NODE_CLASS_DECL: case VVM_NODE_STRUCT_DECL: case VVM_NODE_INTERFACE_DECL: case VVM_NODE_ACTOR_DECL:
        gen_class_declaration(c, node->class_decl);
        deliver_void(c, to);
        break;
    case VVM_NODE_ENUM_DECL:
        gen_enum_declaration(c, node->enum_decl);
        deliver_void(c, to);
        break;
    case VVM_NODE_FUNCTION_DECL:
        gen_decorators(c, &node->function->attributes);
        deliver_void(c, to);
        break;
    case VVM_NODE_MODULE_DECL:
        gen_module_block(c, node);
        deliver_void(c, to);
        break;
    default: /* declarations, made elsewhere */
        deliver_void(c, to);
        break;
    }
}
