/* Types: annotations to type tests, declarations to run-time types. */
#include "vm/compile/compiler.h"

#include "vm/exec/prelude.h"

#include <string.h>

static struct vvm_type_test *new_test(struct compiler *c, enum vvm_test_kind kind, uint32_t parts)
{
    struct vvm_type_test *test = code_alloc(c, sizeof *test);
    test->kind = kind;
    test->part_count = parts;
    test->text = "";
    if (parts)
        test->parts = code_alloc(c, parts * sizeof *test->parts);
    return test;
}

static const struct { const char *name; enum vvm_test_kind kind; } simple_tests[] = {
    {"Number", VVM_TEST_NUMBER}, {"Int", VVM_TEST_NUMBER}, {"int", VVM_TEST_NUMBER}, {"number", VVM_TEST_NUMBER},
    {"Float", VVM_TEST_FLOAT}, {"Double", VVM_TEST_FLOAT}, {"float", VVM_TEST_FLOAT},
    {"Bool", VVM_TEST_BOOL}, {"Boolean", VVM_TEST_BOOL}, {"bool", VVM_TEST_BOOL},
    {"String", VVM_TEST_STRING}, {"string", VVM_TEST_STRING}, {"Char", VVM_TEST_CHAR},
    {"void", VVM_TEST_VOID}, {"Unit", VVM_TEST_VOID}, {"Void", VVM_TEST_VOID},
    {"List", VVM_TEST_LIST}, {"Array", VVM_TEST_LIST}, {"Dict", VVM_TEST_DICT}, {"Map", VVM_TEST_DICT},
    {"Set", VVM_TEST_SET}, {"Range", VVM_TEST_RANGE}, {"Duration", VVM_TEST_DURATION}, {"Function", VVM_TEST_FUNCTION},
    {"any", VVM_TEST_ANY}, {"Any", VVM_TEST_ANY}, {"Self", VVM_TEST_ANY}, {"never", VVM_TEST_NEVER},
};

static int simple_test(const char *name)
{
    for (size_t i = 0; i < sizeof simple_tests / sizeof *simple_tests; i++)
        if (strcmp(simple_tests[i].name, name) == 0)
            return (int)simple_tests[i].kind;
    return -1;
}

static struct vvm_type_test *option_test(struct compiler *c, struct scope *scope, struct vvm_type_node *inner)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_OPTION, 1);
    test->parts[0] = inner ? type_test(c, scope, inner) : new_test(c, VVM_TEST_ANY, 0);
    return test;
}

static struct vvm_type_test *result_test(struct compiler *c, struct scope *scope, struct vvm_type_list arguments)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_RESULT, 2);
    for (uint32_t i = 0; i < 2; i++)
        test->parts[i] = i < arguments.count ? type_test(c, scope, arguments.items[i]) : new_test(c, VVM_TEST_ANY, 0);
    return test;
}

static struct vvm_type_test *nominal_test(struct compiler *c, struct vvm_type *type)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_NOMINAL, 0);
    test->type = type;
    return test;
}

/* Future<T>, Promise<T> and Task<T> as annotations: any Future or Promise. */
static struct vvm_type_test *future_test(struct compiler *c)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_UNION, 2);
    test->parts[0] = nominal_test(c, c->vm->known[VVM_T_FUTURE]);
    test->parts[1] = nominal_test(c, c->vm->known[VVM_T_PROMISE]);
    return test;
}

static struct vvm_type_test *named_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node)
{
    struct vvm_path *path = &node->named.path;
    const char *name = symbol_text(c, path->symbols[path->count - 1]);
    struct variable *found = path->count == 1 ? resolve_name(c, scope, path->symbols[0], c->top) : NULL;
    if (found && found->kind == VARIABLE_TYPE) {
        struct type_info *info = found->type;
        if (!info->alias)
            return info->type ? nominal_test(c, info->type) : new_test(c, VVM_TEST_ANY, 0);
        if (info->visit >= 8)
            return new_test(c, VVM_TEST_ANY, 0); /* an alias of itself */
        info->visit++;
        struct vvm_type_test *test = type_test(c, scope, info->alias);
        info->visit--;
        return test;
    }
    int simple = simple_test(name);
    if (simple >= 0)
        return new_test(c, (enum vvm_test_kind)simple, 0);
    if (strcmp(name, "Option") == 0)
        return option_test(c, scope, node->named.arguments.count ? node->named.arguments.items[0] : NULL);
    if (strcmp(name, "Result") == 0)
        return result_test(c, scope, node->named.arguments);
    if (strcmp(name, "Future") == 0 || strcmp(name, "Promise") == 0 || strcmp(name, "Task") == 0)
        return future_test(c);
    if (found && found->kind == VARIABLE_PRELUDE && vvm_is_plain(found->value, VVM_TYPE))
        return nominal_test(c, found->value.object);
    return new_test(c, VVM_TEST_ANY, 0); /* a type parameter or an unknown generic parameter */
}

static struct vvm_type_test *parts_test(struct compiler *c, struct scope *scope, enum vvm_test_kind kind, struct vvm_type_list items)
{
    struct vvm_type_test *test = new_test(c, kind, items.count);
    for (uint32_t i = 0; i < items.count; i++)
        test->parts[i] = type_test(c, scope, items.items[i]);
    return test;
}

struct vvm_type_test *type_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node)
{
    struct vvm_type_test *test;
    switch (node->kind) {
    case VVM_TYPE_NODE_NAMED: test = named_test(c, scope, node); break;
    case VVM_TYPE_NODE_VOID: test = new_test(c, VVM_TEST_VOID, 0); break;
    case VVM_TYPE_NODE_OPTION: test = option_test(c, scope, node->inner); break;
    case VVM_TYPE_NODE_LIST: test = new_test(c, VVM_TEST_LIST, 0); break;
    case VVM_TYPE_NODE_TUPLE: test = parts_test(c, scope, VVM_TEST_TUPLE, node->items); break;
    case VVM_TYPE_NODE_FUNCTION: test = new_test(c, VVM_TEST_FUNCTION, 0); break;
    case VVM_TYPE_NODE_UNION: test = parts_test(c, scope, VVM_TEST_UNION, node->items); break;
    default: test = new_test(c, VVM_TEST_ANY, 0); break; /* record and literal types pass */
    }
    if (test->kind != VVM_TEST_ANY)
        test->text = code_format(c, "%.*s", (int)node->length, c->source->bytes + node->offset);
    return test;
}

uint32_t test_index(struct compiler *c, struct vvm_type_test *test)
{
    uint32_t index;
    if (!vvm_table_add(&c->vm->tests, &test, &index))
        longjmp(c->out_of_memory, 1);
    return index;
}

/* ---- Declarations ---- */

static struct vvm_type *new_type(struct compiler *c, struct type_info *info, enum vvm_type_kind kind)
{
    struct vvm_type *type = code_alloc(c, sizeof *type);
    type->kind = kind;
    type->name = info->name;
    type->constructor = type->initializer = type->field_initializer = vvm_unset();
    if (!vvm_table_add(&c->vm->types, &type, &type->id))
        longjmp(c->out_of_memory, 1);
    info->type = type;
    return type;
}

static uint32_t count_fields(const struct vvm_class_decl *decl)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        const struct vvm_member_node *m = &decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FIELD)
            count += !(m->field.attributes.modifiers & VVM_MODIFIER_STATIC);
        else if (m->function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR)
            for (uint32_t p = 0; p < m->function->param_count; p++)
                count += m->function->params[p].visibility != VVM_VISIBILITY_DEFAULT;
    }
    return count;
}

static void put_member(struct compiler *c, struct vvm_members *members, struct vvm_member member)
{
    if (!vvm_members_put(members, member))
        longjmp(c->out_of_memory, 1);
}

static void add_field(struct compiler *c, struct vvm_type *type, struct vvm_field field)
{
    type->fields[type->field_count] = field;
    put_member(c, &type->members, (struct vvm_member){.name = field.name, .kind = VVM_MEMBER_FIELD,
               .flags = field.is_state ? VVM_MEMBER_STATE : 0, .slot = type->field_count, .value = vvm_unset()});
    type->field_count++;
    type->has_state |= field.is_state;
}

static void add_declared_fields(struct compiler *c, struct type_info *info, struct scope *scope)
{
    struct vvm_class_decl *decl = info->class_decl;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        struct vvm_member_node *m = &decl->members[i];
        if (m->kind == VVM_MEMBER_NODE_FIELD) {
            if (m->field.attributes.modifiers & VVM_MODIFIER_STATIC) {
                unsupported(c, m->span.offset, 6, "a static field");
                continue;
            }
            add_field(c, info->type, (struct vvm_field){m->field.name, m->field.is_state, m->field.value != NULL,
                      m->field.type ? type_test(c, scope, m->field.type) : NULL});
            continue;
        }
        struct vvm_function_node *f = m->function;
        for (uint32_t p = 0; f->kind == VVM_FUNCTION_NODE_CONSTRUCTOR && p < f->param_count; p++)
            if (f->params[p].visibility != VVM_VISIBILITY_DEFAULT && f->params[p].symbol)
                add_field(c, info->type, (struct vvm_field){f->params[p].symbol, false, false,
                          f->params[p].type ? type_test(c, scope, f->params[p].type) : NULL});
    }
}

static void inherit(struct compiler *c, struct vvm_type *type, const struct vvm_type *parent)
{
    for (uint32_t i = 0; i < parent->field_count; i++)
        add_field(c, type, parent->fields[i]);
    for (uint32_t i = 0; parent->members.slots && i <= parent->members.mask; i++)
        if (parent->members.slots[i].name)
            put_member(c, &type->members, parent->members.slots[i]);
    type->has_state |= parent->has_state;
    type->is_error = parent->is_error;
    type->user_equals = parent->user_equals;
    type->user_hash = parent->user_hash;
    type->user_compare = parent->user_compare;
    type->user_text = parent->user_text;
}

static struct type_info *find_parent(struct compiler *c, struct type_info *info)
{
    struct vvm_type_node *super = info->class_decl->super;
    if (!super)
        return NULL;
    struct type_info *parent = super->kind == VVM_TYPE_NODE_NAMED ? resolve_type_path(c, info->scope, &super->named.path) : NULL;
    if (!parent || parent->enum_decl || parent->alias || (parent->class_decl && parent->node->kind != VVM_NODE_CLASS_DECL)) {
        compile_error(c, "E307", super->offset, super->length, NULL, "`%.*s` is not a class", (int)super->length,
                      c->source->bytes + super->offset);
        return NULL;
    }
    return parent;
}

/* Lays out the fields, parents first. */
static void lay_out(struct compiler *c, struct type_info *info)
{
    if (info->visit == 2 || !info->class_decl)
        return;
    if (info->visit == 1) {
        compile_error(c, "E302", info->class_decl->name_span.offset, info->class_decl->name_span.length, NULL,
                      "class `%s` extends itself", symbol_text(c, info->name));
        return;
    }
    info->visit = 1;
    info->parent = find_parent(c, info);
    if (info->parent)
        lay_out(c, info->parent);
    info->visit = 2;
    struct vvm_type *type = info->type, *parent = info->parent ? info->parent->type : NULL;
    type->parent = parent;
    type->fields = code_alloc(c, (count_fields(info->class_decl) + (parent ? parent->field_count : 0) + 1) * sizeof *type->fields);
    if (parent)
        inherit(c, type, parent);
    add_declared_fields(c, info, info->scope);
    reserve_members(c, info);
}

static vvm_value literal_value(struct compiler *c, struct vvm_node *node, uint32_t ordinal)
{
    if (!node)
        return vvm_number(ordinal);
    switch (node->kind) {
    case VVM_NODE_NUMBER: return vvm_number(node->number);
    case VVM_NODE_FLOAT: return vvm_float(node->real);
    case VVM_NODE_BOOL: return vvm_bool(node->boolean);
    case VVM_NODE_STRING: return immortal_string(c, node->text.bytes, node->text.length);
    default: return vvm_number(ordinal);
    }
}

static void lay_out_enum(struct compiler *c, struct type_info *info)
{
    struct vvm_enum_decl *decl = info->enum_decl;
    struct vvm_type *type = info->type;
    type->variants = code_alloc(c, (decl->variant_count + 1) * sizeof *type->variants);
    type->variant_count = decl->variant_count;
    for (uint32_t i = 0; i < decl->variant_count; i++) {
        struct vvm_variant_node *node = &decl->variants[i];
        struct vvm_variant *variant = &type->variants[i];
        variant->name = node->name;
        variant->constructor = vvm_unset();
        variant->literal = literal_value(c, node->value, i);
        bool payload = node->form == VVM_VARIANT_TUPLE || node->form == VVM_VARIANT_RECORD;
        variant->field_count = payload ? node->payload.count : 0;
        variant->fields = code_alloc(c, (variant->field_count + 1) * sizeof *variant->fields);
        for (uint32_t f = 0; f < variant->field_count; f++)
            variant->fields[f] = (struct vvm_field){node->payload.items[f].name, false, false,
                                                    type_test(c, info->scope, node->payload.items[f].type)};
        vvm_value value = vvm_of_object(VVM_VARIANT, type);
        value.tag |= (uint64_t)i << 32;
        if (!variant->field_count)
            put_member(c, &type->statics, (struct vvm_member){.name = node->name, .kind = VVM_MEMBER_STATIC, .value = value});
    }
}

void declare_types(struct compiler *c)
{
    for (struct type_info *t = c->types; t; t = t->next) {
        if (t->alias || !t->node || t->node->kind == VVM_NODE_TYPE_DECL)
            continue;
        bool is_struct = t->node->kind == VVM_NODE_STRUCT_DECL;
        new_type(c, t, t->enum_decl ? VVM_TYPE_ENUM : is_struct ? VVM_TYPE_STRUCT : VVM_TYPE_CLASS);
    }
    for (struct type_info *t = c->types; t; t = t->next) {
        if (t->type && t->enum_decl)
            lay_out_enum(c, t);
        else if (t->type)
            lay_out(c, t);
    }
}
