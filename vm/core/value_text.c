/* Intrinsics: the text forms of values, and what the core library makes those of, where a class defines toString. */
#include "vm/core/gather.h"

static bool is_record(vvm_value v)
{
    return vvm_kind(v) == VVM_STRUCT || vvm_kind(v) == VVM_ENUM || vvm_kind(v) == VVM_INSTANCE;
}

static bool is_table(vvm_value v) { return vvm_kind(v) == VVM_DICT || vvm_kind(v) == VVM_SET; }

static size_t field_count(vvm_value v)
{
    const struct vvm_record *record = v.object;
    return vvm_kind(v) == VVM_ENUM ? record->header.extra : record->type->field_count;
}

size_t vvm_parts_of(vvm_value v)
{
    if (vvm_layer(v) != VVM_LAYER_PLAIN)
        return !vvm_is_none(v);
    if (vvm_kind(v) == VVM_LIST)
        return vvm_list_length(v);
    if (vvm_kind(v) == VVM_TUPLE)
        return ((struct vvm_tuple *)v.object)->length;
    if (is_table(v))
        return vvm_dict_size(v);
    return is_record(v) ? field_count(v) : 0;
}

vvm_value vvm_part_at(vvm_value v, size_t i)
{
    if (vvm_layer(v) != VVM_LAYER_PLAIN)
        return vvm_peek(v);
    if (vvm_kind(v) == VVM_LIST)
        return vvm_list_get_fast(v.object, i);
    if (vvm_kind(v) == VVM_TUPLE)
        return ((struct vvm_tuple *)v.object)->items[i];
    vvm_value field = ((struct vvm_record *)v.object)->fields[i];
    return vvm_is_unset(field) ? vvm_void() : field;
}

/* ---- The text, if no class has to be asked: a short one at once, a long one in portions ---- */

enum { PORTIONS, WALK, TEXT_SLOTS }; /* slots: the portions so far, as a List; the walk */
enum { BEGIN, GO_ON };

static enum vvm_outcome take_portion(struct vvm_call *call, vvm_value handle)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    enum vvm_truth truth = vvm_text_on(vvm_walk_of(handle), call->args[0], call->args[1].number != 0, &out);
    if (truth == VVM_NEEDS_CALL) {
        vvm_text_drop(&out);
        return vvm_done_slow(call);
    }
    if (!vvm_gather_add(&call->slots[PORTIONS], vvm_text_finish(&out)) || truth == VVM_NO_MEMORY)
        return vvm_throw_memory(call);
    return truth == VVM_MORE ? vvm_again(call, GO_ON) : vvm_done(call, vvm_take(&call->slots[PORTIONS]));
}

static enum vvm_outcome begin_portions(struct vvm_call *call)
{
    call->slots[PORTIONS] = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    call->slots[WALK] = vvm_walk_handle(call);
    if (vvm_is_unset(call->slots[PORTIONS]) || vvm_is_unset(call->slots[WALK]))
        return vvm_throw_memory(call);
    return take_portion(call, call->slots[WALK]);
}

static enum vvm_outcome plain_text(struct vvm_call *call)
{
    vvm_value v = call->args[0];
    struct vvm_text_builder out;
    if (call->stage == GO_ON)
        return take_portion(call, call->slots[WALK]);
    if (vvm_is_string(v) && call->args[1].number == 0)
        return vvm_done(call, vvm_retain(v));
    vvm_text_init(&out);
    enum vvm_truth truth = vvm_text_once(v, call->args[1].number != 0, &out);
    if (truth != VVM_MORE && truth != VVM_NEEDS_CALL)
        return vvm_done_built(call, &out);
    vvm_text_drop(&out);
    return truth == VVM_MORE ? begin_portions(call) : vvm_done_slow(call);
}

/* ---- The text with the values inside left out ----
 * A List in which texts and values take turns, texts first and last. */

/* Adds the text, or, where `out` failed, nothing. */
static bool add_text(vvm_value *list, struct vvm_text_builder *out)
{
    return vvm_gather_add(list, vvm_text_finish(out));
}

static bool add_value(vvm_value *list, const char *before, vvm_value v)
{
    return vvm_gather_add(list, vvm_string_from_c(before)) && vvm_gather_add(list, vvm_retain(v));
}

static const char *layer_name(vvm_value v)
{
    static const char *const layers[] = {"", "Some(", "None", "Ok(", "Err("};
    return layers[vvm_layer(v)];
}

static void add_type(struct vvm_call *call, vvm_value v, struct vvm_text_builder *out)
{
    const struct vvm_type *type = vvm_record_type(v);
    const struct vvm_symbols *symbols = call->vm->symbols;
    vvm_text_add_c(out, vvm_symbols_text(symbols, type->name));
    if (vvm_kind(v) == VVM_ENUM)
        vvm_text_add_format(out, ".%s", vvm_symbols_text(symbols, type->variants[vvm_tag_id(v)].name));
    vvm_text_add_c(out, "(");
}

static bool add_field(struct vvm_call *call, vvm_value *list, size_t i)
{
    vvm_value v = call->args[0];
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (i == 0)
        add_type(call, v, &out);
    vvm_text_add_c(&out, i > 0 ? ", " : "");
    if (vvm_kind(v) != VVM_ENUM)
        vvm_text_add_format(&out, "%s: ", vvm_symbols_text(call->vm->symbols, vvm_record_type(v)->fields[i].name));
    return add_text(list, &out) && vvm_gather_add(list, vvm_retain(vvm_part_at(v, i)));
}

static bool add_entry(struct vvm_call *call, vvm_value *list, size_t i)
{
    const struct vvm_dict *dict = call->args[0].object;
    if (vvm_is_unset(dict->entries[i].key))
        return true;
    return add_value(list, vvm_list_length(*list) == 0 ? "{" : ", ", dict->entries[i].key) &&
           (vvm_kind(call->args[0]) != VVM_DICT || add_value(list, ": ", dict->entries[i].value));
}

static bool add_item(struct vvm_call *call, vvm_value *list, size_t i)
{
    vvm_value v = call->args[0];
    bool layer = vvm_layer(v) != VVM_LAYER_PLAIN;
    const char *first = layer ? layer_name(v) : vvm_kind(v) == VVM_TUPLE ? "(" : "[";
    return add_value(list, i == 0 ? first : ", ", vvm_part_at(v, i));
}

/* What stands behind the last value; it is all of it where there is none. */
static bool add_end(struct vvm_call *call, vvm_value *list)
{
    vvm_value v = call->args[0];
    struct vvm_text_builder out;
    bool plain = vvm_layer(v) == VVM_LAYER_PLAIN, empty = vvm_list_length(*list) == 0;
    bool record = plain && is_record(v), table = plain && is_table(v), tuple = plain && vvm_kind(v) == VVM_TUPLE;
    vvm_text_init(&out);
    if (empty && record)
        add_type(call, v, &out);
    else if (empty && !table)
        vvm_text_add_c(&out, tuple ? "(" : "[");
    vvm_text_add_c(&out, table ? "}" : record || !plain ? ")" : !tuple ? "]" : vvm_parts_of(v) == 1 ? ",)" : ")");
    return add_text(list, &out);
}

static enum vvm_outcome text_parts(struct vvm_call *call)
{
    vvm_value v = call->args[0], *list = &call->slots[0];
    bool plain = vvm_layer(v) == VVM_LAYER_PLAIN, table = plain && is_table(v), record = plain && is_record(v);
    size_t steps = table ? ((struct vvm_dict *)v.object)->used : vvm_parts_of(v),
           end = vvm_portion_of_values(call, steps);
    vvm_gather_step *step = table ? add_entry : record ? add_field : add_item;
    if (call->stage == 0 && vvm_is_unset(*list = vvm_list_new(0, VVM_ELEMENTS_VALUE)))
        return vvm_throw_memory(call);
    for (size_t i = call->stage; i < end; i++)
        if (!step(call, list, i))
            return vvm_throw_memory(call);
    if (end < steps)
        return vvm_again(call, end);
    return add_end(call, list) ? vvm_done(call, vvm_take(list)) : vvm_throw_memory(call);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_F("__plainText(v: Any, quoted: Bool) -> Any", plain_text, 0, 2, 2, TEXT_SLOTS,
              "Its text form; a long one as a List of Strings."),
    VVM_ROW_F("__textParts(v: Any) -> List<Any>", text_parts, 0, 1, 1, 1,
              "Its text form with the values inside left out."),
};

const struct vvm_builtin_group vvm_text_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
