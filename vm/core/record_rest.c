/* What a brace pattern leaves over: `{a, ...rest}`. */
#include "vm/core/core.h"

static bool is_named(const struct vvm_list *names, vvm_value name)
{
    for (size_t i = 0; i < names->length; i++)
        if (vvm_equal(vvm_list_get_fast(names, i), name) == VVM_TRUE)
            return true;
    return false;
}

static vvm_value put(vvm_value dict, vvm_value owned_key, vvm_value borrowed)
{
    uint64_t hash = 0;
    if (vvm_is_unset(dict) || vvm_is_unset(owned_key) || vvm_hash(owned_key, &hash) != VVM_TRUE) {
        vvm_release(owned_key);
        vvm_release(dict);
        return vvm_unset();
    }
    return vvm_dict_set(dict, owned_key, hash, vvm_retain(borrowed));
}

static vvm_value rest_of_dict(vvm_value dict, const struct vvm_list *names)
{
    vvm_retain(dict);
    for (size_t i = 0; i < names->length && !vvm_is_unset(dict); i++) {
        vvm_value name = vvm_list_get_fast(names, i);
        uint64_t hash;
        size_t entry;
        if (vvm_hash(name, &hash) == VVM_TRUE && vvm_dict_find(dict, name, hash, &entry))
            dict = vvm_dict_remove_at(dict, entry);
    }
    return dict;
}

static const struct vvm_field *fields_of(vvm_value v, size_t *count)
{
    const struct vvm_record *record = v.object;
    const struct vvm_type *type = record->type;
    bool variant = vvm_is_plain(v, VVM_ENUM);
    *count = variant ? type->variants[vvm_tag_id(v)].field_count : type->field_count;
    return variant ? type->variants[vvm_tag_id(v)].fields : type->fields;
}

static vvm_value rest_of_record(struct vvm_call *call, vvm_value v, const struct vvm_list *names)
{
    size_t count;
    const struct vvm_field *fields = fields_of(v, &count);
    vvm_value dict = vvm_dict_new(VVM_DICT, 0);
    for (size_t i = 0; i < count && !vvm_is_unset(dict); i++) {
        const char *text = fields[i].name ? vvm_symbols_text(call->vm->symbols, fields[i].name) : "";
        vvm_value name = vvm_string_from_c(text);
        if (!fields[i].name || is_named(names, name))
            vvm_release(name);
        else
            dict = put(dict, name, ((const struct vvm_record *)v.object)->fields[i]);
    }
    return dict;
}

static enum vvm_outcome record_rest(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    const struct vvm_list *names = call->args[1].object;
    bool record = vvm_is_plain(v, VVM_STRUCT) || vvm_is_plain(v, VVM_INSTANCE) || vvm_is_plain(v, VVM_ENUM);
    if (!record && !vvm_is_plain(v, VVM_DICT))
        return vvm_return(call, vvm_dict_new(VVM_DICT, 0));
    return vvm_return(call, record ? rest_of_record(call, v, names) : rest_of_dict(v, names));
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__recordRest(v: Any, names: List<String>) -> Dict<String, Any>", record_rest, 2, 2,
              "The entries or fields that have none of these names."),
};

const struct vvm_builtin_group vvm_record_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
