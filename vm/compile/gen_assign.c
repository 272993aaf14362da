/* Declarations of variables and assignments to places (language.md 5.2, 2.5). */
#include "vm/compile/compiler.h"

/* ---- Declarations ---- */

static void declare_check(struct compiler *c, struct variable *v, struct vvm_type_node *type)
{
    if (!type || v->kind != VARIABLE_LOCAL)
        return;
    struct vvm_type_test *test = type_test(c, v->scope, type);
    v->check = -1;
    if (test->kind != VVM_TEST_ANY)
        v->check = (int)add_check(c, test, code_format(c, "variable `%s`", symbol_text(c, v->name)));
}

/* Values that are complete when their last instruction writes them may be made in the variable's own register. */
static bool writes_once(const struct vvm_node *node)
{
    switch (node->kind) {
    case VVM_NODE_IF:
    case VVM_NODE_MATCH:
    case VVM_NODE_TRY:
    case VVM_NODE_BLOCK:
    case VVM_NODE_COALESCE:
    case VVM_NODE_SELECT:
    case VVM_NODE_TRY_OPERATOR: case VVM_NODE_PIPE: case VVM_NODE_AND: case VVM_NODE_OR:
        return false;
    case VVM_NODE_MEMBER: return !node->member.optional;
    case VVM_NODE_TUPLE_FIELD: return !node->field.optional;
    case VVM_NODE_CALL: return node->call.callee->kind != VVM_NODE_MEMBER || !node->call.callee->member.optional;
    default: return true;
    }
}

static void gen_first_value(struct compiler *c, struct variable *v, struct vvm_node *value, struct vvm_type_node *type)
{
    if (v->kind == VARIABLE_LOCAL)
        declare_register(c, v);
    declare_check(c, v, type);
    int reg = v->kind == VARIABLE_LOCAL && !v->has_cell ? v->reg : new_register(c);
    if (value->kind == VVM_NODE_FUNCTION && v->group)
        gen_closure(c, value->function, reg);
    else
        gen_into(c, value, reg);
    set_position(c, value->offset);
    if (type && v->kind == VARIABLE_GLOBAL) {
        struct vvm_type_test *test = type_test(c, v->scope, type);
        if (test->kind != VVM_TEST_ANY)
            emit(c, VVM_OPC_CHECK, reg,
                 (int)add_check(c, test, code_format(c, "variable `%s`", symbol_text(c, v->name))), 0);
        v->annotation = v->is_state ? type : NULL;
    }
    struct vvm_type_node *annotation = v->annotation;
    if (v->kind == VARIABLE_GLOBAL)
        v->annotation = NULL; /* just checked */
    bind_variable(c, v, reg);
    v->annotation = annotation;
}

static void gen_unset(struct compiler *c, struct variable *v, struct vvm_type_node *type)
{
    if (v->kind != VARIABLE_LOCAL)
        return; /* a module variable is unset until it is assigned */
    declare_register(c, v);
    declare_check(c, v, type);
    if (!v->is_ahead)
        make_unset_cell(c, v->reg);
}

/* `state f = x => … f(…) …`: the cell is there before the function that captures it. */
static void gen_own_state(struct compiler *c, struct variable *v, struct vvm_node *value, struct vvm_type_node *type)
{
    gen_unset(c, v, type);
    int reg = new_register(c);
    gen_into(c, value, reg);
    store_variable(c, v, reg);
}

static void gen_destructure(struct compiler *c, struct vvm_pattern *pattern, struct vvm_node *value,
                            struct vvm_type_node *type)
{
    pattern_registers(c, pattern);
    int reg = gen_any(c, value);
    set_position(c, value->offset);
    if (type) {
        struct vvm_type_test *test = type_test(c, c->module_scope, type);
        if (test->kind != VVM_TEST_ANY)
            emit(c, VVM_OPC_CHECK, reg, (int)add_check(c, test, "the value taken apart"), 0);
    }
    if (pattern->kind == VVM_PATTERN_WILDCARD)
        return;
    gen_matching(c, pattern, reg);
}

void gen_variable(struct compiler *c, struct vvm_node *node)
{
    if (node->variable.pattern) {
        gen_destructure(c, node->variable.pattern, node->variable.value, node->variable.type);
        return;
    }
    struct variable *v = note_get(c, node);
    if (!v)
        return;
    struct vvm_node *value = node->variable.value;
    bool may_name_itself = value && value->kind == VVM_NODE_FUNCTION && v->is_state && v->has_cell;
    if (may_name_itself && v->kind == VARIABLE_LOCAL)
        gen_own_state(c, v, value, node->variable.type);
    else if (value)
        gen_first_value(c, v, value, node->variable.type);
    else
        gen_unset(c, v, node->variable.type);
}

/* ---- Places ---- */

/* A place whose parts are evaluated once. Containers inside out: the last step is `kind`. */
struct place {
    enum { PLACE_VARIABLE, PLACE_MEMBER, PLACE_INDEX, PLACE_VALUE } kind;
    struct variable *variable;
    struct place *inner;      /* the container's place */
    vvm_symbol name;
    uint32_t type_id;         /* MEMBER of `super`: of that class; else 0 */
    int index;                /* register */
    int value;                /* PLACE_VALUE: a register; others: where the place's value was read into, -1 = not
                                 read */
    uint32_t offset;
};

static bool is_variable(const struct variable *v)
{
    return v->kind == VARIABLE_LOCAL || v->kind == VARIABLE_GLOBAL || v->kind == VARIABLE_STATIC;
}

/* `super` as the container: the instance itself, whose members are looked up in the super-class. */
static struct place *super_place(struct compiler *c, struct place *place)
{
    place->kind = PLACE_VALUE;
    place->value = new_register(c);
    load_this(c, place->value, place->offset);
    return place;
}

static struct place *find_place(struct compiler *c, struct vvm_node *node)
{
    struct place *place = compile_alloc(c, sizeof *place);
    place->value = -1;
    place->offset = node->offset;
    switch (node->kind) {
    case VVM_NODE_NAME: {
        struct variable *v = note_get(c, node);
        if (v && (v->kind == VARIABLE_MEMBER || (v->is_state && is_variable(v)))) {
            place->kind = PLACE_VARIABLE;
            place->variable = v;
            return place;
        }
        break;
    }
    case VVM_NODE_MEMBER:
        place->kind = PLACE_MEMBER;
        place->inner = find_place(c, node->member.object);
        place->name = node->member.symbol;
        place->offset = node->member.name_span.offset;
        place->type_id = node->member.object->kind == VVM_NODE_SUPER ? super_type_id(c) : 0;
        return place;
    case VVM_NODE_INDEX:
        place->kind = PLACE_INDEX;
        place->inner = find_place(c, node->pair.left);
        place->index = new_register(c);
        gen_into(c, node->pair.right, place->index);
        return place;
    case VVM_NODE_SUPER: return super_place(c, place);
    default:
        break;
    }
    place->kind = PLACE_VALUE;
    place->value = gen_any(c, node);
    return place;
}

/* Reads the value at a place into a register of its own; once. */
static int read_place(struct compiler *c, struct place *place)
{
    if (place->value >= 0)
        return place->value;
    place->value = new_register(c);
    switch (place->kind) {
    case PLACE_VARIABLE: read_variable(c, place->variable, place->value, place->offset); break;
    case PLACE_MEMBER: {
        int object = read_place(c, place->inner);
        set_position(c, place->offset);
        emit_w(c, VVM_OPC_GETFIELD, place->value, object, 0, add_site(c, place->name, place->type_id));
        break;
    }
    case PLACE_INDEX: {
        int object = read_place(c, place->inner);
        set_position(c, place->offset);
        emit(c, VVM_OPC_INDEX, place->value, object, place->index);
        break;
    }
    case PLACE_VALUE: break;
    }
    return place->value;
}

/* Can a new value of this place be stored? A field may be one of an instance, and `state`: that shows at run time. */
static bool is_storable(const struct place *place)
{
    while (place->kind == PLACE_INDEX)
        place = place->inner;
    return place->kind != PLACE_VALUE;
}

/* Writes `value` (consumed) to the place: containers are rebuilt from the inside out. */
static void write_place(struct compiler *c, struct place *place, int value)
{
    set_position(c, place->offset);
    if (place->kind == PLACE_VARIABLE)
        store_variable(c, place->variable, value);
    if (place->kind == PLACE_VARIABLE || place->kind == PLACE_VALUE)
        return;
    struct place *inner = place->inner;
    if (!is_storable(inner)) {
        if (place->kind == PLACE_MEMBER)
            emit_w(c, VVM_OPC_SETFIELD, read_place(c, inner), value, 0, add_site(c, place->name, place->type_id));
        else
            compile_error(c, "E301", place->offset, 1, NULL,
                          "cannot assign into a value that no `state` variable or field holds");
        return;
    }
    int container = new_register(c);
    emit(c, VVM_OPC_MOVE, container, read_place(c, inner), 0);
    set_position(c, place->offset);
    if (place->kind == PLACE_MEMBER)
        emit_w(c, VVM_OPC_RSET, container, value, 0, add_site(c, place->name, 0));
    else
        emit(c, VVM_OPC_LSET, container, place->index, value);
    write_place(c, inner, container);
}

/* ---- Assignments ---- */

static void gen_declaration(struct compiler *c, struct variable *v, struct vvm_node *node)
{
    gen_first_value(c, v, node->assign.value, NULL);
}

static void gen_simple_store(struct compiler *c, struct variable *v, struct vvm_node *value)
{
    bool in_place = v->kind == VARIABLE_LOCAL && !v->has_cell && v->owner == c->builder->context &&
                    writes_once(value) && v->check < 0;
    if (in_place) {
        gen_into(c, value, v->reg);
        return;
    }
    int reg = new_register(c);
    gen_into(c, value, reg);
    set_position(c, value->offset);
    store_variable(c, v, reg);
}

static void gen_coalesce_store(struct compiler *c, struct vvm_node *node, struct place *place)
{
    uint32_t bad = new_label(c), end = new_label(c);
    int old = read_place(c, place);
    emit_jump(c, VVM_OPC_JBADQ, old, 0, 0, bad);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, bad);
    int value = new_register(c);
    gen_into(c, node->assign.value, value);
    write_place(c, place, value);
    place_label(c, end);
}

static void gen_compound(struct compiler *c, struct vvm_node *node, struct place *place)
{
    struct variable *v = place->kind == PLACE_VARIABLE ? place->variable : NULL;
    bool in_place = v && v->kind == VARIABLE_LOCAL && !v->has_cell && v->owner == c->builder->context;
    int old = in_place ? v->reg : read_place(c, place);
    int value = gen_any(c, node->assign.value);
    int result = in_place && v->check < 0 ? v->reg : new_register(c);
    set_position(c, node->offset);
    gen_binary_operation(c, node->assign.op, result, old, value);
    if (result != old || !in_place)
        write_place(c, place, result);
}

void gen_assignment(struct compiler *c, struct vvm_node *node)
{
    struct vvm_node *place_node = node->assign.place;
    struct variable *v = place_node->kind == VVM_NODE_NAME ? note_get(c, place_node) : NULL;
    if (place_node->kind == VVM_NODE_NAME && !v) { /* _ = e */
        gen(c, node->assign.value, NOWHERE);
        return;
    }
    if (v && v->offset == place_node->offset && !is_foreign(c, v) && node->assign.kind == VVM_ASSIGN_SET) {
        gen_declaration(c, v, node);
        return;
    }
    if (v && node->assign.kind == VVM_ASSIGN_SET) {
        gen_simple_store(c, v, node->assign.value);
        return;
    }
    struct place *place = find_place(c, place_node);
    if (node->assign.kind == VVM_ASSIGN_COALESCE) {
        gen_coalesce_store(c, node, place);
    } else if (node->assign.kind == VVM_ASSIGN_COMPOUND) {
        gen_compound(c, node, place);
    } else {
        int value = new_register(c);
        gen_into(c, node->assign.value, value);
        write_place(c, place, value);
    }
}
