/* Patterns: tests that jump to a label when they fail, and the binding of names (language.md 2.7). */
#include "vm/compile/compiler.h"

#include <string.h>

static bool binds_here(struct compiler *c, const struct vvm_pattern *pattern, const struct variable *v)
{
    return !is_foreign(c, v) && (v->offset == pattern->offset || note_get(c, &pattern->length) != NULL);
}

static void declare_once(struct compiler *c, struct vvm_pattern *pattern)
{
    struct variable *v = note_get(c, pattern);
    if (v && v->kind == VARIABLE_LOCAL && v->offset == pattern->offset)
        declare_register(c, v);
}

static struct variable *label_variable(struct compiler *c, struct vvm_pattern_field *field)
{
    return note_get(c, &field->span);
}

/* Gives registers to the variables a pattern declares; before anything of it is generated. */
void pattern_registers(struct compiler *c, struct vvm_pattern *pattern)
{
    switch (pattern->kind) {
    case VVM_PATTERN_BIND: case VVM_PATTERN_REST: declare_once(c, pattern); break;
    case VVM_PATTERN_AT:
        declare_once(c, pattern);
        pattern_registers(c, pattern->at.inner);
        break;
    case VVM_PATTERN_OR: case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        for (uint32_t i = 0; i < pattern->items.count; i++)
            pattern_registers(c, pattern->items.items[i]);
        break;
    case VVM_PATTERN_RECORD: case VVM_PATTERN_CONSTRUCTOR:
        declare_once(c, pattern);
        for (uint32_t i = 0; i < pattern->fields.count; i++) {
            pattern_registers(c, pattern->fields.fields[i].pattern);
            struct variable *v = label_variable(c, &pattern->fields.fields[i]);
            if (v && v->offset == pattern->fields.fields[i].span.offset)
                declare_register(c, v);
        }
        break;
    default: break;
    }
}

static void bind_value(struct compiler *c, struct vvm_pattern *pattern, struct variable *v, int reg)
{
    if (!v)
        return;
    if (binds_here(c, pattern, v))
        bind_variable(c, v, reg);
    else
        store_variable(c, v, reg);
}

/* The register a part is projected into: the variable's own where the pattern is just a name. */
static int part_register(struct compiler *c, struct vvm_pattern *part)
{
    struct variable *v = part->kind == VVM_PATTERN_BIND && !part->bind.type ? note_get(c, part) : NULL;
    bool direct = v && v->kind == VARIABLE_LOCAL && !v->has_cell && binds_here(c, part, v);
    return direct ? v->reg : new_register(c);
}

static void jump_unless_equal(struct compiler *c, int reg, int other, uint32_t fail)
{
    emit_jump(c, VVM_OPC_JEQ, 0, reg, other, fail);
}

static void gen_literal(struct compiler *c, struct vvm_node *literal, int reg, uint32_t fail)
{
    if (literal->kind == VVM_NODE_NUMBER && literal->number >= -128 && literal->number <= 127) {
        emit_jump(c, VVM_OPC_JEQI, 0, reg, (int)literal->number, fail);
        return;
    }
    int other = new_register(c);
    gen_into(c, literal, other);
    jump_unless_equal(c, reg, other, fail);
}

static void jump_unless_type(struct compiler *c, int reg, struct vvm_type_test *test, uint32_t fail)
{
    emit_w(c, VVM_OPC_JNTYPE, reg, 0, 0, add_check(c, test, "the pattern"))->label = fail;
}

static void gen_range_pattern(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    struct vvm_node *start = pattern->range.start, *end = pattern->range.end;
    struct vvm_type_test *test = code_alloc(c, sizeof *test);
    bool text = start->kind == VVM_NODE_STRING || end->kind == VVM_NODE_STRING;
    struct vvm_type_test *number = code_alloc(c, sizeof *number), *real = code_alloc(c, sizeof *real);
    struct vvm_type_test **parts = code_alloc(c, 2 * sizeof *parts);
    number->kind = VVM_TEST_NUMBER;
    real->kind = VVM_TEST_FLOAT;
    number->text = real->text = "";
    parts[0] = number;
    parts[1] = real;
    *test = text ? (struct vvm_type_test){.kind = VVM_TEST_STRING, .text = "String"}
                 : (struct vvm_type_test){.kind = VVM_TEST_UNION, .part_count = 2, .parts = parts, .text = "Number"};
    jump_unless_type(c, reg, test, fail);
    int bound = new_register(c);
    gen_into(c, start, bound);
    emit_jump(c, VVM_OPC_JLT, 1, reg, bound, fail);
    int last = new_register(c);
    gen_into(c, end, last);
    emit_jump(c, pattern->range.inclusive ? VVM_OPC_JGT : VVM_OPC_JGE, 1, reg, last, fail);
}

static void gen_or(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    uint32_t matched = new_label(c);
    for (uint32_t i = 0; i < pattern->items.count; i++) {
        bool last = i + 1 == pattern->items.count;
        uint32_t next = last ? fail : new_label(c);
        gen_pattern(c, pattern->items.items[i], reg, next);
        emit_jump(c, VVM_OPC_JMP, 0, 0, 0, matched);
        if (!last)
            place_label(c, next);
    }
    place_label(c, matched);
}

static void gen_part(struct compiler *c, enum vvm_opcode op, struct vvm_pattern *part, int reg, int index,
                     uint32_t fail)
{
    if (part->kind == VVM_PATTERN_WILDCARD)
        return;
    int value = part_register(c, part);
    emit(c, op, value, reg, index);
    gen_pattern(c, part, value, fail);
}

static void gen_sequence(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    struct vvm_pattern_list items = pattern->items;
    uint32_t rest = items.count;
    for (uint32_t i = 0; i < items.count; i++)
        if (items.items[i]->kind == VVM_PATTERN_REST)
            rest = i;
    bool has_rest = rest < items.count;
    uint32_t fixed = items.count - has_rest;
    if (fixed > 255) {
        compile_error(c, "E198", pattern->offset, 1, NULL, "a pattern has at most 255 parts");
        return;
    }
    int mode = pattern->kind == VVM_PATTERN_TUPLE ? 2 : has_rest ? 1 : 0;
    emit_jump(c, VVM_OPC_JNLEN, reg, mode, (int)fixed, fail);
    for (uint32_t i = 0; i < items.count; i++) {
        struct vvm_pattern *part = items.items[i];
        if (i < rest) {
            gen_part(c, VVM_OPC_ELEM, part, reg, (int)i, fail);
        } else if (i > rest) {
            gen_part(c, VVM_OPC_ELEMR, part, reg, (int)(items.count - i), fail);
        } else if (note_get(c, part)) {
            int value = new_register(c);
            emit_w(c, VVM_OPC_REST, value, reg, (int)i, items.count - 1 - i);
            bind_value(c, part, note_get(c, part), value);
        }
    }
}

/* A part of a constructor pattern; `label: Type` tests the type and binds the label. */
static void gen_field_part(struct compiler *c, struct vvm_pattern_field *field, int value, uint32_t fail)
{
    struct variable *v = label_variable(c, field);
    if (!v) {
        gen_pattern(c, field->pattern, value, fail);
        return;
    }
    struct variable *type = note_get(c, &field->pattern->fields.path);
    struct vvm_type_node node = {
        .kind = VVM_TYPE_NODE_NAMED, .offset = field->pattern->offset, .length = field->pattern->length};
    node.named.path = field->pattern->fields.path;
    jump_unless_type(c, value, found_type_test(c, v->scope, &node, type), fail);
    bind_variable(c, v, value);
}

static void gen_record_field(struct compiler *c, struct vvm_pattern_field *field, int reg, bool test, uint32_t fail)
{
    uint32_t site = add_site(c, field->label, 0);
    if (test)
        emit_w(c, VVM_OPC_JNFIELD, reg, 0, 0, site)->label = fail;
    int value = part_register(c, field->pattern);
    emit_w(c, VVM_OPC_GETFIELD, value, reg, 0, site);
    gen_field_part(c, field, value, fail);
}

/* `{a, ...rest}`: a Dict of the entries or fields that are not named. */
static void gen_record_rest(struct compiler *c, struct vvm_pattern *pattern, int reg)
{
    struct variable *v = note_get(c, pattern);
    uint32_t count = pattern->fields.count;
    if (!pattern->fields.rest || !v)
        return;
    if (count > 200) {
        compile_error(c, "E198", pattern->offset, 1, NULL, "a pattern has at most 200 fields");
        return;
    }
    int pair = new_registers(c, 2), first = new_registers(c, (int)count + 1), rest = new_register(c);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = symbol_text(c, pattern->fields.fields[i].label);
        load_constant(c, first + (int)i, immortal_string(c, name, strlen(name)));
    }
    emit(c, VVM_OPC_MOVE, pair, reg, 0);
    emit(c, VVM_OPC_LIST, pair + 1, first, (int)count);
    gen_builtin_call(c, "__recordRest", 2, (int[]){pair, pair + 1}, rest);
    bind_value(c, pattern, v, rest);
}

static void gen_record(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++)
        gen_record_field(c, &pattern->fields.fields[i], reg, true, fail);
    gen_record_rest(c, pattern, reg);
}

/* ---- Constructor patterns ---- */

static int field_index(const struct vvm_field *fields, uint32_t count, vvm_symbol name)
{
    for (uint32_t i = 0; i < count; i++)
        if (fields[i].name == name)
            return (int)i;
    return -1;
}

static bool is_matched(const struct vvm_pattern *pattern, const struct vvm_field *fields, uint32_t count, uint32_t slot)
{
    uint32_t given = pattern->fields.count, from = pattern->fields.rest_index;
    for (uint32_t i = 0; i < given; i++) {
        uint32_t position = i >= from ? count - (given - i) : i;
        vvm_symbol label = pattern->fields.fields[i].label;
        if (label ? fields[slot].name == label : position == slot)
            return true;
    }
    return false;
}

/* `P(a, ...rest)`: a List of the fields that are not matched. */
static void gen_slots_rest(struct compiler *c, struct vvm_pattern *pattern, int reg, const struct vvm_field *fields,
                           uint32_t count, bool fixed)
{
    struct variable *v = note_get(c, pattern);
    if (!pattern->fields.rest || !v)
        return;
    int first = new_registers(c, (int)count + 1), list = first + (int)count, used = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!is_matched(pattern, fields, count, i))
            emit_w(c, VVM_OPC_SLOT, first + used++, reg, (int)i, fixed);
    emit(c, VVM_OPC_LIST, list, first, used);
    bind_value(c, pattern, v, list);
}

/* `fixed`: of a struct or variant, whose fields never change, so that the part may be looked at where it stands. */
static void gen_slots(struct compiler *c, struct vvm_pattern *pattern, int reg, const struct vvm_field *fields,
                      uint32_t count, bool fixed, uint32_t fail)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        struct vvm_pattern_field *field = &pattern->fields.fields[i];
        uint32_t position = pattern->fields.has_rest && i >= pattern->fields.rest_index
                                ? count - (pattern->fields.count - i) : i;
        int index = field->label ? field_index(fields, count, field->label) : position < count ? (int)position : -1;
        if (index < 0 && field->label) {
            gen_record_field(c, field, reg, true, fail);
            continue;
        }
        if (index < 0) {
            compile_error(c, "E211", field->span.offset, field->span.length, NULL,
                          "the pattern has more parts than the value has fields");
            return;
        }
        if (field->pattern->kind == VVM_PATTERN_WILDCARD)
            continue;
        int value = part_register(c, field->pattern);
        emit_w(c, VVM_OPC_SLOT, value, reg, index, fixed);
        gen_field_part(c, field, value, fail);
    }
    if (pattern->fields.form == VVM_CONSTRUCTOR_CALL)
        gen_slots_rest(c, pattern, reg, fields, count, fixed);
    else
        gen_record_rest(c, pattern, reg);
    if (pattern->fields.form == VVM_CONSTRUCTOR_CALL && !pattern->fields.has_rest && pattern->fields.count < count)
        for (uint32_t i = 0; i < pattern->fields.count; i++)
            if (!pattern->fields.fields[i].label) {
                compile_error(c, "E211", pattern->offset, pattern->length,
                              "write `...` for the parts that do not matter",
                              "the pattern has %u parts, the value has %u fields", pattern->fields.count, count);
                return;
            }
}

/* What holds one value, or none, has no room for more parts. */
static bool parts_fit(struct compiler *c, struct vvm_pattern *pattern, uint32_t most)
{
    if (pattern->fields.count > most)
        compile_error(c, "E211", pattern->offset, pattern->length, NULL, "this pattern has room for %u part%s", most,
                      most == 1 ? "" : "s");
    return pattern->fields.count <= most;
}

/* Some, Ok and built-in types have one part. */
static void refuse_rest(struct compiler *c, struct vvm_pattern *pattern)
{
    if (pattern->fields.rest)
        compile_error(c, "E211", pattern->offset, pattern->length, NULL,
                      "a named rest stands in a struct, class, variant or Dict only");
}

static bool gen_option(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    const struct compiler_names *n = names(c);
    vvm_symbol name = pattern->fields.path.symbols[pattern->fields.path.count - 1];
    enum vvm_layer layer = name == n->some   ? VVM_LAYER_SOME
                           : name == n->none ? VVM_LAYER_NONE
                           : name == n->ok   ? VVM_LAYER_OK
                           : name == n->err  ? VVM_LAYER_ERR
                                             : VVM_LAYER_PLAIN;
    if (layer == VVM_LAYER_PLAIN)
        return false;
    refuse_rest(c, pattern);
    if (pattern->fields.count > (layer != VVM_LAYER_NONE)) {
        compile_error(c, "E211", pattern->offset, pattern->length, NULL,
                      "the pattern has more parts than the value has fields");
        return true;
    }
    emit_jump(c, VVM_OPC_JNLAYER, reg, 0, (int)layer, fail);
    if (!parts_fit(c, pattern, layer != VVM_LAYER_NONE) || pattern->fields.count == 0 ||
        pattern->fields.fields[0].pattern->kind == VVM_PATTERN_WILDCARD)
        return true;
    int value = part_register(c, pattern->fields.fields[0].pattern);
    emit(c, VVM_OPC_PEEL, value, reg, 0);
    gen_field_part(c, &pattern->fields.fields[0], value, fail);
    return true;
}

static void gen_variant(struct compiler *c, struct vvm_pattern *pattern, struct vvm_type *type, uint32_t variant,
                        int reg, uint32_t fail)
{
    vvm_value value = {.tag = VVM_TAG_ID(VVM_VARIANT, variant), .object = type};
    emit_w(c, VVM_OPC_JNVAR, reg, 0, 0, constant(c, value))->label = fail;
    if (pattern->fields.form != VVM_CONSTRUCTOR_BARE)
        gen_slots(c, pattern, reg, type->variants[variant].fields, type->variants[variant].field_count, true, fail);
}

/* Number(n): the whole value. */
static void gen_whole(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    refuse_rest(c, pattern);
    if (parts_fit(c, pattern, 1) && pattern->fields.count)
        gen_field_part(c, &pattern->fields.fields[0], reg, fail);
}

static void gen_type_pattern(struct compiler *c, struct vvm_pattern *pattern, struct variable *v, int reg,
                             uint32_t fail)
{
    struct vvm_type_node node = {
        .kind = VVM_TYPE_NODE_NAMED, .offset = pattern->offset, .length = pattern->fields.path.span.length};
    node.named.path = pattern->fields.path;
    jump_unless_type(c, reg, found_type_test(c, c->module_scope, &node, v), fail);
    struct vvm_type *type = v->kind == VARIABLE_TYPE ? v->type->type : v->value.object;
    if (pattern->fields.form == VVM_CONSTRUCTOR_BARE)
        return;
    if (type && (type->kind == VVM_TYPE_CLASS || type->kind == VVM_TYPE_STRUCT) && type->fields)
        gen_slots(c, pattern, reg, type->fields, type->field_count, type->kind == VVM_TYPE_STRUCT, fail);
    else if (pattern->fields.form == VVM_CONSTRUCTOR_RECORD)
        gen_record(c, pattern, reg, fail);
    else
        gen_whole(c, pattern, reg, fail);
}

static int variant_of(const struct vvm_type *type, vvm_symbol name)
{
    for (uint32_t i = 0; i < type->variant_count; i++)
        if (type->variants[i].name == name)
            return (int)i;
    return -1;
}

static void gen_constructor(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    struct vvm_path *path = &pattern->fields.path;
    if (gen_option(c, pattern, reg, fail))
        return;
    struct variable *v = note_get(c, path);
    if (!v)
        return; /* reported by the resolving pass */
    struct vvm_type *type = v->kind == VARIABLE_TYPE ? v->type->type
                            : v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE) ? v->value.object : NULL;
    if (path->count == 2 && type && type->kind == VVM_TYPE_ENUM) {
        int variant = variant_of(type, path->symbols[1]);
        if (variant < 0)
            compile_error(c, "E211", pattern->offset, pattern->length, NULL, "`%s` has no variant `%s`",
                          symbol_text(c, path->symbols[0]), symbol_text(c, path->symbols[1]));
        else
            gen_variant(c, pattern, type, (uint32_t)variant, reg, fail);
    } else if (path->count > 1) {
        compile_error(c, "E211", pattern->offset, pattern->length, NULL, "this pattern names no variant or type");
    } else if (v->kind == VARIABLE_VARIANT) {
        gen_variant(c, pattern, v->type->type, v->variant, reg, fail);
    } else if (v->kind == VARIABLE_TYPE || type) {
        gen_type_pattern(c, pattern, v, reg, fail);
    } else if (pattern->fields.form != VVM_CONSTRUCTOR_BARE) {
        compile_error(c, "E211", pattern->offset, path->span.length, NULL, "`%s` is no variant or type",
                      symbol_text(c, path->symbols[0]));
    } else {
        int other = new_register(c);
        read_variable(c, v, other, pattern->offset);
        jump_unless_equal(c, reg, other, fail);
    }
}

void gen_pattern(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail)
{
    set_position(c, pattern->offset);
    switch (pattern->kind) {
    case VVM_PATTERN_WILDCARD: break;
    case VVM_PATTERN_LITERAL: gen_literal(c, pattern->literal, reg, fail); break;
    case VVM_PATTERN_RANGE: gen_range_pattern(c, pattern, reg, fail); break;
    case VVM_PATTERN_BIND:
        if (pattern->bind.type)
            jump_unless_type(c, reg, type_test(c, c->module_scope, pattern->bind.type), fail);
        bind_value(c, pattern, note_get(c, pattern), reg);
        break;
    case VVM_PATTERN_AT:
        gen_pattern(c, pattern->at.inner, reg, fail);
        bind_value(c, pattern, note_get(c, pattern), reg);
        break;
    case VVM_PATTERN_OR: gen_or(c, pattern, reg, fail); break;
    case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST: gen_sequence(c, pattern, reg, fail); break;
    case VVM_PATTERN_RECORD: gen_record(c, pattern, reg, fail); break;
    case VVM_PATTERN_CONSTRUCTOR: gen_constructor(c, pattern, reg, fail); break;
    case VVM_PATTERN_REST: break;
    }
}

bool pattern_always_matches(struct compiler *c, struct vvm_pattern *pattern)
{
    (void)c;
    return pattern->kind == VVM_PATTERN_WILDCARD || (pattern->kind == VVM_PATTERN_BIND && !pattern->bind.type)
           || (pattern->kind == VVM_PATTERN_AT && pattern_always_matches(c, pattern->at.inner));
}

void gen_matching(struct compiler *c, struct vvm_pattern *pattern, int reg)
{
    uint32_t fail = new_label(c), end = new_label(c);
    gen_pattern(c, pattern, reg, fail);
    emit_jump(c, VVM_OPC_JMP, 0, 0, 0, end);
    place_label(c, fail);
    set_position(c, pattern->offset);
    emit(c, VVM_OPC_MATCHFAIL, reg, 0, 0);
    place_label(c, end);
}
