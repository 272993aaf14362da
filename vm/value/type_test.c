#include "vm/value/hooks.h"
#include "vm/value/layout.h"

#include <string.h>

/* Type tests (4.2). A test nests as deep as the annotation it was written as, which the parser limits. */

static struct vvm_type *type_or_null(vvm_value v)
{
    if (vvm_layer(v) == VVM_LAYER_PLAIN && vvm_own_type(v) != NULL)
        return vvm_own_type(v);
    return vvm_known_types != NULL ? vvm_type_of(vvm_known_types(), v) : NULL;
}

static bool is_function(vvm_value v)
{
    switch (vvm_kind(v)) {
    case VVM_FUNCTION:
    case VVM_BUILTIN:
    case VVM_CLOSURE:
    case VVM_BOUND:
    case VVM_TYPE: return vvm_layer(v) == VVM_LAYER_PLAIN;
    default: return false;
    }
}

/* What every enum value has beside its members. */
static bool is_enum_field(const struct vvm_type *type, vvm_symbol name)
{
    static const char *const fields[] = {"name", "ordinal", "value"};
    bool found = false;
    for (size_t i = 0; type->kind == VVM_TYPE_ENUM && vvm_symbol_name != NULL && i < sizeof fields / sizeof *fields;
         i++)
        found |= strcmp(vvm_symbol_name(name), fields[i]) == 0;
    return found;
}

/* Its own, or one that every value has. */
static bool has_member(const struct vvm_type *type, vvm_symbol name)
{
    const struct vvm_type *any = vvm_known_types != NULL ? vvm_known_types()[VVM_T_ANY] : NULL;
    return vvm_members_find(&type->members, name) != NULL || is_enum_field(type, name) ||
           (any != NULL && vvm_members_find(&any->members, name) != NULL);
}

static bool has_members_of(const struct vvm_type *type, const struct vvm_members *wanted)
{
    for (uint32_t i = 0; wanted->count > 0 && i <= wanted->mask; i++) {
        if (wanted->slots[i].kind != VVM_MEMBER_NONE && !has_member(type, wanted->slots[i].name))
            return false;
    }
    return true;
}

/* Structural: the type has every method and field of the interface, by name. Types never change, so the last answer
 * stays true. */
static bool conforms(const struct vvm_type *type, struct vvm_type *interface)
{
    if (type == NULL)
        return false;
    uint64_t last = atomic_load_explicit(&interface->tested, memory_order_relaxed); /* see type.h */
    if (last >> 1 == type->id)
        return last & 1;
    bool answer = has_members_of(type, &interface->members);
    atomic_store_explicit(&interface->tested, (uint64_t)type->id << 1 | answer, memory_order_relaxed); /* as above */
    return answer;
}

static bool part_passes(const struct vvm_type_test *test, uint32_t part, vvm_value v)
{
    return part >= test->part_count || vvm_test_passes(test->parts[part], v);
}

static bool option_passes(const struct vvm_type_test *test, vvm_value v)
{
    if (vvm_is_none(v))
        return true;
    return vvm_layer(v) == VVM_LAYER_SOME && part_passes(test, 0, vvm_peek(v));
}

static bool result_passes(const struct vvm_type_test *test, vvm_value v)
{
    if (vvm_layer(v) == VVM_LAYER_OK)
        return part_passes(test, 0, vvm_peek(v));
    return vvm_layer(v) == VVM_LAYER_ERR && part_passes(test, 1, vvm_peek(v));
}

static bool tuple_passes(const struct vvm_type_test *test, vvm_value v)
{
    if (!vvm_is_plain(v, VVM_TUPLE) || vvm_part_count(v) != test->part_count)
        return false;
    for (uint32_t i = 0; i < test->part_count; i++) {
        if (!vvm_test_passes(test->parts[i], vvm_part(v, i)))
            return false;
    }
    return true;
}

static bool union_passes(const struct vvm_type_test *test, vvm_value v)
{
    for (uint32_t i = 0; i < test->part_count; i++) {
        if (vvm_test_passes(test->parts[i], v))
            return true;
    }
    return false;
}

static bool has_key(vvm_value dict, vvm_symbol name)
{
    uint64_t hash;
    size_t entry;
    vvm_value key = vvm_string_from_c(vvm_symbol_name != NULL ? vvm_symbol_name(name) : "");
    bool found = !vvm_is_unset(key) && vvm_hash(key, &hash) == VVM_TRUE && vvm_dict_find(dict, key, hash, &entry);
    vvm_release(key);
    return found;
}

static bool record_passes(const struct vvm_type_test *test, vvm_value v)
{
    bool dict = vvm_is_plain(v, VVM_DICT);
    if (!dict && !vvm_is_plain(v, VVM_STRUCT) && !vvm_is_plain(v, VVM_INSTANCE))
        return false;
    for (uint32_t i = 0; i < test->part_count; i++) {
        if (dict ? !has_key(v, test->names[i]) : vvm_members_find(&vvm_own_type(v)->members, test->names[i]) == NULL)
            return false;
    }
    return true;
}

/* Inside the actor it is `this`, everywhere else a reference. */
static bool actor_passes(const struct vvm_type_test *test, vvm_value v)
{
    if (!vvm_is_plain(v, VVM_HANDLE))
        return vvm_type_extends(type_or_null(v), test->type);
    const struct vvm_handle *handle = v.object;
    return handle->ops->of != NULL && vvm_type_extends(handle->ops->of(handle), test->type);
}

bool vvm_test_passes(const struct vvm_type_test *test, vvm_value v)
{
    switch ((enum vvm_test_kind)test->kind) {
    case VVM_TEST_ANY: return true;
    case VVM_TEST_NEVER: return false;
    case VVM_TEST_VOID: return vvm_is_void(v);
    case VVM_TEST_NUMBER: return vvm_is_number(v);
    case VVM_TEST_FLOAT: return vvm_is_float(v);
    case VVM_TEST_BOOL: return vvm_is_bool(v);
    case VVM_TEST_STRING: return vvm_is_string(v);
    case VVM_TEST_CHAR: return vvm_is_string(v) && vvm_string_length(v) == 1;
    case VVM_TEST_LIST: return vvm_is_plain(v, VVM_LIST);
    case VVM_TEST_DICT: return vvm_is_plain(v, VVM_DICT);
    case VVM_TEST_SET: return vvm_is_plain(v, VVM_SET);
    case VVM_TEST_RANGE: return vvm_is_plain(v, VVM_RANGE);
    case VVM_TEST_DURATION: return vvm_is_plain(v, VVM_DURATION);
    case VVM_TEST_FUNCTION: return is_function(v);
    case VVM_TEST_OPTION: return option_passes(test, v);
    case VVM_TEST_RESULT: return result_passes(test, v);
    case VVM_TEST_TUPLE: return tuple_passes(test, v);
    case VVM_TEST_NOMINAL: return vvm_type_extends(type_or_null(v), test->type);
    case VVM_TEST_INTERFACE: return conforms(type_or_null(v), test->type);
    case VVM_TEST_RECORD: return record_passes(test, v);
    case VVM_TEST_LITERAL: return vvm_equal(test->literal, v) == VVM_TRUE;
    case VVM_TEST_UNION: return union_passes(test, v);
    case VVM_TEST_ACTOR: return actor_passes(test, v);
    }
    return false;
}
