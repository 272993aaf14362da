/* Types: annotations to type tests (language.md 4.2). */
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

/* A class, struct, enum or handle by its name, an interface by its members, an actor by a reference to it. */
static struct vvm_type_test *nominal_test(struct compiler *c, struct vvm_type *type)
{
    enum vvm_test_kind kind = type->kind == VVM_TYPE_INTERFACE ? VVM_TEST_INTERFACE
                              : type->kind == VVM_TYPE_ACTOR   ? VVM_TEST_ACTOR : VVM_TEST_NOMINAL;
    struct vvm_type_test *test = new_test(c, kind, 0);
    test->type = type;
    test->text = kind == VVM_TEST_ACTOR ? code_format(c, "%s", symbol_text(c, type->name)) : "";
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

/* What takes a length of time (language.md 8.12): a Duration, seconds as a Float, milliseconds as a Number. */
static struct vvm_type_test *time_test(struct compiler *c)
{
    static const enum vvm_test_kind kinds[] = {VVM_TEST_DURATION, VVM_TEST_FLOAT, VVM_TEST_NUMBER};
    struct vvm_type_test *test = new_test(c, VVM_TEST_UNION, 3);
    for (uint32_t i = 0; i < 3; i++)
        test->parts[i] = new_test(c, kinds[i], 0);
    return test;
}

/* ActorRef<A>: what A alone is as an annotation; any ActorRef where A is no actor's name. */
static struct vvm_type_test *ref_test(struct compiler *c, struct scope *scope, struct vvm_type_list arguments)
{
    struct vvm_type_test *actor = arguments.count == 1 ? type_test(c, scope, arguments.items[0]) : NULL;
    if (!actor || actor->kind != VVM_TEST_ACTOR)
        return nominal_test(c, c->vm->known[VVM_T_ACTOR_REF]);
    actor->text = code_format(c, "ActorRef<%s>", symbol_text(c, actor->type->name));
    return actor;
}

static struct vvm_type_test *named_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node,
                                        struct variable *found)
{
    struct vvm_path *path = &node->named.path;
    const char *name = symbol_text(c, path->symbols[path->count - 1]);
    if (found && found->kind == VARIABLE_AMBIGUOUS) {
        report_ambiguous(c, found, node->offset, node->length);
        return new_test(c, VVM_TEST_ANY, 0);
    }
    if (found && found->kind == VARIABLE_TYPE) {
        struct type_info *info = found->type;
        if (!info->alias)
            return info->type ? nominal_test(c, info->type) : new_test(c, VVM_TEST_ANY, 0);
        if (info->visit >= 8)
            return new_test(c, VVM_TEST_ANY, 0); /* an alias of itself */
        info->visit++;
        struct vvm_type_test *test = type_test(info->unit, info->scope, info->alias);
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
    if (strcmp(name, "Time") == 0)
        return time_test(c);
    if (strcmp(name, "ActorRef") == 0)
        return ref_test(c, scope, node->named.arguments);
    if (found && found->kind == VARIABLE_PRELUDE && vvm_is_plain(found->value, VVM_TYPE))
        return nominal_test(c, found->value.object);
    return new_test(c, VVM_TEST_ANY, 0); /* a type parameter or an unknown generic parameter */
}

static struct vvm_type_test *parts_test(struct compiler *c, struct scope *scope, enum vvm_test_kind kind,
                                        struct vvm_type_list items)
{
    struct vvm_type_test *test = new_test(c, kind, items.count);
    for (uint32_t i = 0; i < items.count; i++)
        test->parts[i] = type_test(c, scope, items.items[i]);
    return test;
}

/* What a type's name means; NULL: nothing that is declared, or more than one name (`E.V`). */
static struct variable *named_type(struct compiler *c, struct scope *scope, const struct vvm_path *path)
{
    uint32_t used;
    struct variable *found = resolve_path(c, scope, path, &used);
    if (found && found->kind == VARIABLE_NAMESPACE && used < path->count)
        report_no_member(c, found, path->symbols[used], path->span);
    return used == path->count ? found : NULL;
}

/* The required fields; their types are not looked at. */
static struct vvm_type_test *record_test(struct compiler *c, struct vvm_type_node *node)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_RECORD, 0);
    test->names = code_alloc(c, (node->record.count + 1) * sizeof *test->names);
    for (uint32_t i = 0; i < node->record.count; i++)
        if (!node->record.items[i].optional)
            test->names[test->part_count++] = node->record.items[i].name;
    return test;
}

static struct vvm_type_test *literal_test(struct compiler *c, struct vvm_node *literal)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_LITERAL, 0);
    test->literal = literal_value(c, literal, 0);
    return test;
}

/* `T?` of the library's own functions: also the value itself, as built-ins have it. */
static struct vvm_type_test *optional_test(struct compiler *c, struct scope *scope, struct vvm_type_node *inner)
{
    struct vvm_type_test *test = new_test(c, VVM_TEST_UNION, 2);
    test->parts[0] = type_test(c, scope, inner);
    test->parts[1] = option_test(c, scope, inner);
    return test;
}

struct vvm_type_test *type_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node)
{
    struct vvm_type_test *test;
    switch (node->kind) {
    case VVM_TYPE_NODE_NAMED: test = named_test(c, scope, node, named_type(c, scope, &node->named.path)); break;
    case VVM_TYPE_NODE_VOID: test = new_test(c, VVM_TEST_VOID, 0); break;
    case VVM_TYPE_NODE_OPTION:
        test = c->core ? optional_test(c, scope, node->inner) : option_test(c, scope, node->inner);
        break;
    case VVM_TYPE_NODE_LIST: test = new_test(c, VVM_TEST_LIST, 0); break;
    case VVM_TYPE_NODE_TUPLE: test = parts_test(c, scope, VVM_TEST_TUPLE, node->items); break;
    case VVM_TYPE_NODE_FUNCTION: test = new_test(c, VVM_TEST_FUNCTION, 0); break;
    case VVM_TYPE_NODE_UNION: test = parts_test(c, scope, VVM_TEST_UNION, node->items); break;
    case VVM_TYPE_NODE_RECORD: test = record_test(c, node); break;
    case VVM_TYPE_NODE_LITERAL: test = literal_test(c, node->literal); break;
    default: test = new_test(c, VVM_TEST_ANY, 0); break;
    }
    if (test->kind != VVM_TEST_ANY && test->kind != VVM_TEST_ACTOR)
        test->text = code_format(c, "%.*s", (int)node->length, c->source->bytes + node->offset);
    return test;
}

/* The same for a name whose meaning is known already. */
struct vvm_type_test *found_type_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node,
                                      struct variable *found)
{
    struct vvm_type_test *test = named_test(c, scope, node, found);
    if (test->kind != VVM_TEST_ANY && test->kind != VVM_TEST_ACTOR)
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
