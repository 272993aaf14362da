#include "vm/value/hooks.h"
#include "vm/value/layout.h"

static const char *const known_names[VVM_TYPE_FIRST_FREE] = {
#define VVM_X(id, name) [VVM_T_##id] = name,
    VVM_KNOWN_TYPES(VVM_X)
#undef VVM_X
};

const char *vvm_type_name(const struct vvm_type *type)
{
    if (type->id > 0 && type->id < VVM_TYPE_FIRST_FREE)
        return known_names[type->id];
    return vvm_symbol_name != NULL ? vvm_symbol_name(type->name) : "<type>";
}

bool vvm_type_extends(const struct vvm_type *type, const struct vvm_type *ancestor)
{
    while (type != NULL && type != ancestor)
        type = type->parent;
    return type != NULL;
}

static enum vvm_type_id type_id_of(vvm_value v)
{
    switch (vvm_layer(v)) {
    case VVM_LAYER_SOME:
    case VVM_LAYER_NONE: return VVM_T_OPTION;
    case VVM_LAYER_OK:
    case VVM_LAYER_ERR: return VVM_T_RESULT;
    default: break;
    }
    switch (vvm_kind(v)) {
    case VVM_VOID: return VVM_T_VOID;
    case VVM_BOOL: return VVM_T_BOOL;
    case VVM_NUMBER: return VVM_T_NUMBER;
    case VVM_FLOAT: return VVM_T_FLOAT;
    case VVM_TEXT:
    case VVM_STRING: return VVM_T_STRING;
    case VVM_DURATION: return VVM_T_DURATION;
    case VVM_TYPE: return VVM_T_TYPE;
    case VVM_FUNCTION:
    case VVM_BUILTIN:
    case VVM_CLOSURE:
    case VVM_BOUND: return VVM_T_FUNCTION;
    case VVM_LIST: return VVM_T_LIST;
    case VVM_DICT: return VVM_T_DICT;
    case VVM_SET: return VVM_T_SET;
    case VVM_TUPLE: return VVM_T_TUPLE;
    case VVM_RANGE: return VVM_T_RANGE;
    default: return VVM_T_ANY;
    }
}

struct vvm_type *vvm_type_of(struct vvm_type *const *known, vvm_value v)
{
    if (vvm_layer(v) == VVM_LAYER_PLAIN) {
        struct vvm_type *own = vvm_own_type(v);
        if (own != NULL)
            return own;
        if (vvm_kind(v) == VVM_CELL)
            return vvm_type_of(known, ((struct vvm_cell *)v.object)->value);
    }
    return known[type_id_of(v)];
}
