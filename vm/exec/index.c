/* a[i] and a[i] = v for everything but the list element the loop reads itself. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

enum vvm_step vvm_bad_key(struct vvm_machine *m, vvm_value key)
{
    uint64_t hash;
    switch (vvm_hash(key, &hash)) {
    case VVM_NO_MEMORY: return vvm_fail_memory(m);
    case VVM_NEEDS_CALL:
        return vvm_fail(m, VVM_T_TYPE_ERROR, "a %s with its own hashCode cannot be a key here",
                        vvm_name_of_type(m, key));
    default: break;
    }
    if (vvm_is_float(key))
        return vvm_fail(m, VVM_T_VALUE_ERROR, "NaN cannot be a key");
    return vvm_fail(m, VVM_T_TYPE_ERROR, "a %s cannot be a key", vvm_name_of_type(m, key));
}

static enum vvm_step out_of_bounds(struct vvm_machine *m, vvm_value v, int64_t index, uint64_t length)
{
    return vvm_fail(m, VVM_T_INDEX_ERROR, "index %lld is out of bounds for a %s of length %llu", (long long)index,
                    vvm_name_of_type(m, v), (unsigned long long)length);
}

static enum vvm_step key_missing(struct vvm_machine *m, vvm_value key)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (vvm_text(key, true, &out) != VVM_TRUE || out.failed)
        vvm_fail(m, VVM_T_KEY_ERROR, "key of type %s not found", vvm_name_of_type(m, key));
    else
        vvm_fail(m, VVM_T_KEY_ERROR, "key %.*s not found", (int)(out.length < 200 ? out.length : 200), out.data);
    vvm_text_drop(&out);
    return VVM_STEP_THROW;
}

/* ---- Reading ---- */

static enum vvm_step dict_get(struct vvm_machine *m, vvm_value dict, vvm_value key, uint32_t dst)
{
    uint64_t hash;
    size_t entry;
    enum vvm_truth truth = vvm_hash(key, &hash);
    if (truth == VVM_NEEDS_CALL) {
        vvm_value args[] = {dict, key};
        return vvm_invoke_core(m, VVM_CORE_DICT_GET, args, 2, (uint16_t)dst, 0);
    }
    if (truth != VVM_TRUE)
        return vvm_bad_key(m, key);
    if (!vvm_dict_find(dict, key, hash, &entry))
        return key_missing(m, key);
    return vvm_store(m, dst, vvm_retain(((struct vvm_dict *)dict.object)->entries[entry].value));
}

/* The bounds a..b or a..=b names in something of `length`; false: not within 0 <= a <= b <= length. */
static bool slice_bounds(const struct vvm_range *range, uint64_t length, size_t *start, size_t *end)
{
    int64_t stop = range->end;
    if (range->inclusive && __builtin_add_overflow(stop, 1, &stop))
        return false;
    if (range->step != 1 || range->start < 0 || stop < range->start || (uint64_t)stop > length)
        return false;
    *start = (size_t)range->start;
    *end = (size_t)stop;
    return true;
}

static enum vvm_step slice(struct vvm_machine *m, vvm_value v, const struct vvm_range *range, uint32_t dst)
{
    size_t start, end, length = vvm_is_string(v) ? vvm_string_length(v) : vvm_list_length(v);
    if (!slice_bounds(range, length, &start, &end))
        return vvm_fail(m, VVM_T_INDEX_ERROR, "range %lld..%s%lld is out of bounds for a %s of length %zu",
                        (long long)range->start, range->inclusive ? "=" : "", (long long)range->end,
                        vvm_name_of_type(m, v), length);
    if (vvm_is_string(v) && vvm_is_long_part(v, start, end)) {
        vvm_value args[] = {v, vvm_number((int64_t)start), vvm_number((int64_t)end)};
        return vvm_invoke_with(m, vvm_builtin_value(&vvm_long_part_row), false, args, 3, false, false, (uint16_t)dst,
                               0);
    }
    return vvm_store(m, dst, vvm_is_string(v) ? vvm_string_slice(v, start, end)
                                              : vvm_list_slice(vvm_retain(v), start, end));
}

static vvm_value keep(vvm_value item, bool borrowed) { return borrowed ? item : vvm_retain(item); }

static enum vvm_step get_at(struct vvm_machine *m, vvm_value v, int64_t index, bool borrowed, uint32_t dst)
{
    uint64_t length = 0;
    switch ((uint32_t)(v.tag & 0xffff)) {
    case VVM_LIST:
        length = vvm_list_length(v);
        if (index >= 0 && (uint64_t)index < length)
            return vvm_store(m, dst, keep(vvm_list_get(v, (size_t)index), borrowed));
        break;
    case VVM_TUPLE:
        length = ((struct vvm_tuple *)v.object)->length;
        if (index >= 0 && (uint64_t)index < length)
            return vvm_store(m, dst, keep(((struct vvm_tuple *)v.object)->items[index], borrowed));
        break;
    case VVM_RANGE:
        length = ((struct vvm_range *)v.object)->length;
        if (index >= 0 && (uint64_t)index < length)
            return vvm_store(m, dst, vvm_number(vvm_range_at(v.object, (uint64_t)index)));
        break;
    default:
        length = vvm_string_length(v);
        if (index >= 0 && (uint64_t)index < length && vvm_is_far_char(v, (size_t)index)) {
            vvm_value args[] = {v, vvm_number(index)};
            return vvm_invoke_with(m, vvm_builtin_value(&vvm_far_char_row), false, args, 2, false, false, (uint16_t)dst,
                                   0);
        }
        if (index >= 0 && (uint64_t)index < length)
            return vvm_store(m, dst, vvm_string_slice(v, (size_t)index, (size_t)index + 1));
        break;
    }
    return out_of_bounds(m, v, index, length);
}

static bool is_indexed(vvm_value v)
{
    return vvm_is_plain(v, VVM_LIST) || vvm_is_string(v) || vvm_is_plain(v, VVM_TUPLE) || vvm_is_plain(v, VVM_RANGE);
}

enum vvm_step vvm_step_index(struct vvm_machine *m, const uint32_t *at)
{
    enum vvm_opcode op = *at & 0xff;
    vvm_value *R = vvm_registers(m);
    bool immediate = op == VVM_OPC_INDEXI || op == VVM_OPC_INDEXI_B;
    vvm_value v = R[vvm_b(at)], index = immediate ? vvm_number(vvm_c(at)) : R[vvm_c(at)];
    uint32_t dst = vvm_a(at);
    if (vvm_is_plain(v, VVM_DICT))
        return dict_get(m, v, index, dst);
    if (is_indexed(v) && vvm_is_number(index))
        return get_at(m, v, index.number, op == VVM_OPC_INDEX_B || op == VVM_OPC_INDEXI_B, dst);
    if ((vvm_is_plain(v, VVM_LIST) || vvm_is_string(v)) && vvm_is_plain(index, VVM_RANGE))
        return slice(m, v, index.object, dst);
    vvm_value method = vvm_find_method(m, v, VVM_NAME_INDEX), args[] = {v, index};
    if (!vvm_is_unset(method))
        return vvm_invoke_with(m, method, false, args, 2, false, true, (uint16_t)dst, 0);
    return vvm_fail(m, VVM_T_TYPE_ERROR, "a %s cannot be indexed with a %s", vvm_name_of_type(m, v),
                    vvm_name_of_type(m, index));
}

/* t.0 of tuples; the n-th field of an enum's payload. */
static vvm_value keep_or_borrow(const uint32_t *at, vvm_value item)
{
    return (*at & 0xff) == VVM_OPC_TUPGET_B ? item : vvm_retain(item);
}

enum vvm_step vvm_step_tupget(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    uint32_t index = vvm_c(at);
    if (vvm_is_plain(v, VVM_TUPLE) && index < ((struct vvm_tuple *)v.object)->length)
        return vvm_store(m, vvm_a(at), keep_or_borrow(at, ((struct vvm_tuple *)v.object)->items[index]));
    if (vvm_is_plain(v, VVM_ENUM) && index < ((struct vvm_record *)v.object)->header.extra)
        return vvm_store(m, vvm_a(at), keep_or_borrow(at, ((struct vvm_record *)v.object)->fields[index]));
    if (vvm_is_plain(v, VVM_TUPLE))
        return out_of_bounds(m, v, index, ((struct vvm_tuple *)v.object)->length);
    return vvm_fail(m, VVM_T_ATTRIBUTE_ERROR, "%s has no member `%u`", vvm_name_of_type(m, v), index);
}

/* ---- Writing ---- */

/* Both are consumed whatever happens. */
static enum vvm_step refuse(vvm_value object, vvm_value value)
{
    vvm_release(object);
    vvm_release(value);
    return VVM_STEP_THROW;
}

static enum vvm_step dict_put(struct vvm_machine *m, vvm_value dict, vvm_value key, vvm_value value, uint32_t dst)
{
    uint64_t hash;
    enum vvm_truth truth = vvm_hash(key, &hash);
    if (truth == VVM_TRUE)
        return vvm_store(m, dst, vvm_dict_set(dict, vvm_retain(key), hash, value));
    if (truth == VVM_NEEDS_CALL) {
        vvm_value args[] = {dict, vvm_retain(key), value};
        return vvm_invoke_core_owned(m, VVM_CORE_DICT_SET, args, 3, dst);
    }
    vvm_bad_key(m, key);
    return refuse(dict, value);
}

enum vvm_step vvm_dict_put(struct vvm_machine *m, uint32_t dst, vvm_value key, vvm_value value)
{
    enum vvm_step step = dict_put(m, vvm_registers(m)[dst], key, value, dst);
    vvm_release(key);
    return step;
}

enum vvm_step vvm_step_lset(struct vvm_machine *m, const uint32_t *at)
{
    uint32_t dst = vvm_a(at);
    vvm_value object = vvm_registers(m)[dst], index = vvm_registers(m)[vvm_b(at)], value = vvm_registers(m)[vvm_c(at)];
    if ((vvm_is_plain(object, VVM_LIST) || vvm_is_plain(object, VVM_DICT)) && vvm_is_held_twice(object.object))
        vvm_leave_place(m, at + 1, dst, (vvm_value[]){object, index, value}, 3);
    if (vvm_is_plain(object, VVM_DICT))
        return dict_put(m, object, index, value, dst);
    if (!vvm_is_plain(object, VVM_LIST) || !vvm_is_number(index)) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "an element of a %s cannot be set with a %s as index",
                 vvm_name_of_type(m, object), vvm_name_of_type(m, index));
        return refuse(object, value);
    }
    if (index.number < 0 || (uint64_t)index.number >= vvm_list_length(object)) {
        out_of_bounds(m, object, index.number, vvm_list_length(object));
        return refuse(object, value);
    }
    return vvm_store(m, dst, vvm_list_set(object, (size_t)index.number, value));
}
