/* Making values: collections, structs, enum values, instances, closures, texts. */
#include "vm/compile/opcodes.h"
#include "vm/exec/generator.h"

#include <string.h>

/* ---- Appending what an iterable holds; the iterable is borrowed ---- */

static uint64_t iterable_length(vvm_value v, bool *fine)
{
    *fine = true;
    switch ((uint32_t)(v.tag & 0xffff)) {
    case VVM_LIST: return vvm_list_length(v);
    case VVM_TUPLE: return ((struct vvm_tuple *)v.object)->length;
    case VVM_RANGE: return ((struct vvm_range *)v.object)->length;
    case VVM_SET:
    case VVM_DICT: return ((struct vvm_dict *)v.object)->used;
    default: *fine = false; return 0;
    }
}

/* Owned; unset where a set or dict has a hole, or without memory (`*failed`). */
static vvm_value iterable_at(vvm_value v, uint64_t i, bool *failed)
{
    *failed = false;
    switch ((uint32_t)(v.tag & 0xffff)) {
    case VVM_LIST: return vvm_retain(vvm_list_get(v, i));
    case VVM_TUPLE: return vvm_retain(((struct vvm_tuple *)v.object)->items[i]);
    case VVM_RANGE: return vvm_number(vvm_range_at(v.object, i));
    default: break;
    }
    const struct vvm_dict_entry *entry = &((struct vvm_dict *)v.object)->entries[i];
    if (vvm_is_unset(entry->key) || vvm_kind(v) == VVM_SET)
        return vvm_retain(entry->key);
    vvm_value pair[] = {vvm_retain(entry->key), vvm_retain(entry->value)};
    vvm_value tuple = vvm_tuple_from(pair, 2);
    *failed = vvm_is_unset(tuple);
    return tuple;
}

static enum vvm_step not_iterable(struct vvm_machine *m, vvm_value v)
{
    return vvm_fail(m, VVM_T_TYPE_ERROR, "... wants a List, Tuple, Set, Range or Dict, got %s", vvm_name_of_type(m, v));
}

/* Vela code takes the elements; consumes the list. */
static enum vvm_step append_generated(struct vvm_machine *m, uint32_t dst, vvm_value list, vvm_value from)
{
    vvm_value args[] = {list, vvm_retain(from)};
    return vvm_invoke_core_owned(m, VVM_CORE_APPEND_ALL, args, 2, dst);
}

/* What takes long is done in portions, behind a List's or a collection's items; consumes the list. */
static enum vvm_step append_long(struct vvm_machine *m, uint32_t dst, vvm_value list, vvm_value from)
{
    vvm_value args[] = {list, vvm_retain(from), vvm_bool(true)};
    if (!vvm_is_plain(from, VVM_LIST))
        return vvm_invoke_core_owned(m, VVM_CORE_SPREAD, args, 2, dst);
    return vvm_invoke_with(m, vvm_builtin_value(&vvm_list_concat_row), false, args, 3, true, false, (uint16_t)dst, 0);
}

/* Appends to the list in register `dst`; the register is dead when this throws. */
static enum vvm_step append_all(struct vvm_machine *m, uint32_t dst, vvm_value from)
{
    bool fine, failed = false;
    uint64_t count = iterable_length(from, &fine);
    vvm_value list = vvm_registers(m)[dst];
    if (vvm_is_generator(from))
        return append_generated(m, dst, list, from);
    if (!fine) {
        not_iterable(m, from);
        vvm_release(list);
        return VVM_STEP_THROW;
    }
    if (count > VVM_PORTION || (count > 0 && vvm_list_length(list) > VVM_PORTION))
        return append_long(m, dst, list, from);
    vvm_pay_elements(m, count);
    if (vvm_is_plain(from, VVM_LIST))
        return vvm_store(m, dst, vvm_list_concat(list, vvm_retain(from)));
    for (uint64_t i = 0; i < count && !vvm_is_unset(list); i++) {
        vvm_value item = iterable_at(from, i, &failed);
        if (failed) {
            vvm_release(list);
            return vvm_fail_memory(m);
        }
        if (!vvm_is_unset(item))
            list = vvm_list_append(list, item);
    }
    return vvm_store(m, dst, list);
}

/* One key (consumed) into the set in register `dst`. */
static enum vvm_step set_put(struct vvm_machine *m, uint32_t dst, vvm_value key)
{
    uint64_t hash;
    vvm_value args[] = {vvm_registers(m)[dst], key};
    enum vvm_truth truth = vvm_hash(key, &hash);
    if (truth == VVM_TRUE)
        return vvm_store(m, dst, vvm_dict_set(args[0], key, hash, vvm_unset()));
    if (truth == VVM_NEEDS_CALL)
        return vvm_invoke_core_owned(m, VVM_CORE_SET_ADD, args, 2, dst);
    vvm_bad_key(m, key);
    vvm_release(args[0]);
    vvm_release(args[1]);
    return VVM_STEP_THROW;
}

/* From the first key on whose class has to be asked the core library goes on; what is there already stays as it is. */
static enum vvm_step set_all(struct vvm_machine *m, uint32_t dst, vvm_value from)
{
    bool fine, failed;
    uint64_t count = iterable_length(from, &fine);
    if (!fine) {
        not_iterable(m, from);
        vvm_release(vvm_registers(m)[dst]);
        return VVM_STEP_THROW;
    }
    enum vvm_step step = VVM_STEP_GO;
    for (uint64_t i = 0; i < count && step == VVM_STEP_GO; i++) {
        vvm_value key = iterable_at(from, i, &failed);
        uint64_t hash;
        if (failed) {
            vvm_release(vvm_registers(m)[dst]);
            return vvm_fail_memory(m);
        }
        if (vvm_is_unset(key))
            continue;
        if (vvm_hash(key, &hash) == VVM_NEEDS_CALL) {
            vvm_release(key);
            vvm_value args[] = {vvm_registers(m)[dst], vvm_retain(from)};
            return vvm_invoke_core_owned(m, VVM_CORE_UNITE, args, 2, dst);
        }
        step = set_put(m, dst, key);
    }
    return step;
}

static enum vvm_step dict_all(struct vvm_machine *m, uint32_t dst, vvm_value from)
{
    vvm_value dict = vvm_registers(m)[dst];
    if (vvm_is_plain(from, VVM_DICT))
        return vvm_unite(m, dst, dict, from);
    vvm_fail(m, VVM_T_TYPE_ERROR, "... in a Dict wants a Dict, got %s", vvm_name_of_type(m, from));
    vvm_release(dict);
    return VVM_STEP_THROW;
}

/* ---- Ranges ---- */

static bool code_point(vvm_value v, int64_t *out)
{
    if (vvm_is_number(v)) {
        *out = v.number;
        return true;
    }
    return false;
}

/* 'a'..'d': the characters themselves, as a List. */
static enum vvm_step character_range(struct vvm_machine *m, uint32_t dst, vvm_value from, vvm_value to, bool inclusive)
{
    struct vvm_bytes a = vvm_string_bytes(&from), b = vvm_string_bytes(&to);
    uint32_t first, last;
    vvm_utf8_decode(a.data, &first);
    vvm_utf8_decode(b.data, &last);
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (uint32_t c = first; (c < last || (inclusive && c == last)) && !vvm_is_unset(list); c++) {
        char text[4];
        if (c < 0xd800 || c > 0xdfff)
            list = vvm_list_append(list, vvm_string_new(text, vvm_utf8_encode(c, text)));
    }
    return vvm_store(m, dst, list);
}

static enum vvm_step make_range(struct vvm_machine *m, const uint32_t *at, bool inclusive)
{
    vvm_value from = vvm_registers(m)[vvm_b(at)], to = vvm_registers(m)[vvm_c(at)];
    int64_t start, end;
    if (code_point(from, &start) && code_point(to, &end))
        return vvm_store(m, vvm_a(at), vvm_range_new(start, end, inclusive));
    if (vvm_is_string(from) && vvm_is_string(to) && vvm_string_length(from) == 1 && vvm_string_length(to) == 1)
        return character_range(m, vvm_a(at), from, to, inclusive);
    return vvm_fail(m, VVM_T_TYPE_ERROR, "a Range is between two Numbers, got %s and %s", vvm_name_of_type(m, from),
                    vvm_name_of_type(m, to));
}

/* ---- LIST ... RANGEI ---- */

static enum vvm_step append_each(struct vvm_machine *m, uint32_t dst, uint32_t first, uint32_t count)
{
    vvm_value *R = vvm_registers(m), list = R[dst];
    for (uint32_t i = 0; i < count; i++) {
        if (vvm_is_unset(list))
            vvm_release(R[first + i]);
        else
            list = vvm_list_append(list, R[first + i]);
    }
    return vvm_store(m, dst, list);
}

/* An instruction that takes in all of what stands in register `from`; what it calls may move the stack. */
static enum vvm_step take_all(struct vvm_machine *m, uint32_t dst, uint32_t from,
                              enum vvm_step (*take)(struct vvm_machine *, uint32_t, vvm_value))
{
    vvm_value v = vvm_registers(m)[from];
    enum vvm_step step = take(m, dst, v);
    vvm_release(v);
    return step;
}

enum vvm_step vvm_step_make(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value *R = vvm_registers(m);
    uint32_t a = vvm_a(at), b = vvm_b(at), c = vvm_c(at);
    switch ((enum vvm_opcode)(*at & 0xff)) {
    case VVM_OPC_LIST: return vvm_store(m, a, vvm_list_from(R + b, c));
    case VVM_OPC_LISTADD: return append_each(m, a, b, c);
    case VVM_OPC_LISTCAT: return take_all(m, a, b, append_all);
    case VVM_OPC_TUPLE: return vvm_store(m, a, vvm_tuple_from(R + b, c));
    case VVM_OPC_DICT: return vvm_store(m, a, vvm_dict_new(VVM_DICT, 0));
    case VVM_OPC_DICTADD: return vvm_dict_put(m, a, R[b], R[c]);
    case VVM_OPC_DICTCAT: return take_all(m, a, b, dict_all);
    case VVM_OPC_SET: return vvm_store(m, a, vvm_dict_new(VVM_SET, 0));
    case VVM_OPC_SETADD: return set_put(m, a, R[b]);
    case VVM_OPC_SETCAT: return take_all(m, a, b, set_all);
    case VVM_OPC_RANGE: return make_range(m, at, false);
    default: return make_range(m, at, true);
    }
}

/* ---- Structs, enum values, instances ---- */

static bool check_fields(struct vvm_machine *m, const struct vvm_type *type, const struct vvm_field *fields,
                         uint32_t count, vvm_value *values)
{
    for (uint32_t i = 0; fields != NULL && i < count; i++)
        if (!vvm_check_field(m, type, &fields[i], &values[i])) {
            for (uint32_t j = 0; j < count; j++)
                vvm_release(values[j]);
            return false;
        }
    return true;
}

static enum vvm_step make_struct(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_type *type = vvm_type_at(m->vm, at[1]);
    vvm_value *values = vvm_registers(m) + vvm_b(at);
    if (!check_fields(m, type, type->fields, vvm_c(at), values))
        return VVM_STEP_THROW;
    return vvm_store(m, vvm_a(at), vvm_struct_from(type, values));
}

static enum vvm_step make_enum(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value variant = vvm_top(m)->function->constants[at[1]];
    struct vvm_type *type = variant.object;
    vvm_value *values = vvm_registers(m) + vvm_b(at);
    const struct vvm_variant *of = &type->variants[vvm_tag_id(variant)];
    if (!check_fields(m, type, of->fields, vvm_c(at), values))
        return VVM_STEP_THROW;
    return vvm_store(m, vvm_a(at), vvm_enum_from(type, vvm_tag_id(variant), values, vvm_c(at)));
}

static enum vvm_step make_instance(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_type *type = vvm_type_at(m->vm, at[1]);
    if (type->is_abstract)
        return vvm_fail(m, VVM_T_TYPE_ERROR, "%s is abstract", vvm_type_name(type));
    vvm_value object = vvm_instance_new(type);
    bool may_cycle = type->field_count != 0;
    if (vvm_is_unset(object) || (may_cycle && !vvm_isolate_need_cycles(m->isolate))) {
        vvm_release(object);
        return vvm_fail_memory(m);
    }
    if (type->is_error)
        vvm_error_prepare(m->vm, m->fiber, object.object);
    return vvm_store(m, vvm_a(at), object);
}

static enum vvm_step finish_instance(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_record *record = vvm_registers(m)[vvm_a(at)].object;
    for (uint32_t i = 0; i < record->type->field_count; i++) {
        if (!vvm_is_unset(record->fields[i]))
            continue;
        if (record->type->is_error && record->type->fields[i].has_default) {
            record->fields[i] = vvm_void();
            continue;
        }
        return vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "field `%s` of %s has no value at the end of construction",
                        vvm_symbols_text(m->vm->symbols, record->type->fields[i].name), vvm_type_name(record->type));
    }
    vvm_instance_finish(vvm_registers(m)[vvm_a(at)]);
    return VVM_STEP_GO;
}

enum vvm_step vvm_step_new(struct vvm_machine *m, const uint32_t *at)
{
    switch ((enum vvm_opcode)(*at & 0xff)) {
    case VVM_OPC_STRUCT: return make_struct(m, at);
    case VVM_OPC_ENUM: return make_enum(m, at);
    case VVM_OPC_NEWOBJ: return make_instance(m, at);
    default: return finish_instance(m, at);
    }
}

/* ---- Closures ---- */

static vvm_value function_value(struct vvm_machine *m, uint32_t id)
{
    return (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, id), .object = vvm_function_at(m->vm, id)};
}

static vvm_value over(struct vvm_machine *m, uint32_t id, vvm_value closure)
{
    if (vvm_kind(closure) != VVM_CLOSURE)
        return function_value(m, id);
    vvm_retain(closure);
    return (vvm_value){.tag = VVM_TAG_ID(VVM_CLOSURE, id), .object = closure.object};
}

enum vvm_step vvm_step_closure(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value *R = vvm_registers(m);
    uint32_t id = at[1];
    switch ((enum vvm_opcode)(*at & 0xff)) {
    case VVM_OPC_SIBLING: return vvm_store(m, vvm_a(at), over(m, id, vvm_top(m)->callee));
    case VVM_OPC_SIBLINGOF: return vvm_store(m, vvm_a(at), over(m, id, R[vvm_b(at)]));
    default: break;
    }
    struct vvm_env *env = vvm_env_new(R + vvm_b(at), vvm_c(at));
    if (env == NULL)
        return vvm_fail_memory(m);
    return vvm_store(m, vvm_a(at), (vvm_value){.tag = VVM_TAG_ID(VVM_CLOSURE, id), .object = env});
}

/* ---- Texts ---- */

/* The core library puts long parts together; consumes them. */
static enum vvm_step concat_long(struct vvm_machine *m, uint32_t dst, const vvm_value *parts, uint32_t count)
{
    vvm_value args[] = {vvm_list_from(parts, count), vvm_string_new("", 0)};
    if (vvm_is_unset(args[0]))
        return vvm_fail_memory(m);
    return vvm_invoke_core_owned(m, VVM_CORE_JOIN, args, 2, dst);
}

static enum vvm_step concat(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value *parts = vvm_registers(m) + vvm_b(at);
    uint32_t count = vvm_c(at);
    size_t total = 0;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    for (uint32_t i = 0; i < count; i++)
        total += vvm_string_bytes(&parts[i]).length;
    if (total > VVM_BYTES_AT_ONCE)
        return concat_long(m, vvm_a(at), parts, count);
    vvm_pay_bytes(m, total);
    vvm_text_reserve(&out, total);
    for (uint32_t i = 0; i < count; i++) {
        struct vvm_bytes bytes = vvm_string_bytes(&parts[i]);
        vvm_text_add(&out, bytes.data, bytes.length);
        vvm_release(parts[i]);
    }
    return vvm_store_text(m, vvm_a(at), &out);
}

static bool is_user_text(vvm_value v)
{
    uint32_t kind = (uint32_t)(v.tag & 0xffff);
    if (kind == VVM_INSTANCE || kind == VVM_STRUCT || kind == VVM_ENUM)
        return ((struct vvm_record *)v.object)->type->user_text;
    return kind == VVM_VARIANT && ((struct vvm_type *)v.object)->user_text;
}

static enum vvm_step user_text(struct vvm_machine *m, vvm_value v, uint32_t dst)
{
    uint16_t flags = VVM_ACTION_STRING << VVM_FRAME_ACTION_SHIFT;
    if (is_user_text(v)) {
        vvm_value method = vvm_find_method(m, v, VVM_NAME_TO_STRING);
        return vvm_invoke_with(m, method, false, &v, 1, true, true, (uint16_t)dst, flags);
    }
    enum vvm_step step = vvm_invoke_core(m, VVM_CORE_TEXT, &v, 1, (uint16_t)dst, flags);
    vvm_release(v);
    return step;
}

enum vvm_step vvm_step_text(struct vvm_machine *m, const uint32_t *at)
{
    if ((*at & 0xff) == VVM_OPC_CONCAT)
        return concat(m, at);
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    if (vvm_is_number(v))
        return vvm_store(m, vvm_a(at), vvm_string_of_number(v.number));
    struct vvm_text_builder out;
    vvm_text_init(&out);
    enum vvm_truth truth = is_user_text(v) ? VVM_NEEDS_CALL : vvm_text(v, false, &out);
    if (truth == VVM_NEEDS_CALL) {
        vvm_text_drop(&out);
        return user_text(m, v, vvm_a(at));
    }
    vvm_pay_walks(m);
    vvm_release(v);
    return vvm_store_text(m, vvm_a(at), &out);
}
