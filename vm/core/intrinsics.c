/* Intrinsics: what the Vela part of the core library cannot say, or not cheaply. Their names begin with `__`, so that
 * only that part finds them. Where a class of the program would have to be asked they answer the slow mark. */
#include "vm/core/gather.h"

#include <stdlib.h>

static enum vvm_outcome missing(struct vvm_call *call)
{
    return vvm_done_slow(call);
}

static enum vvm_outcome is_slow(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_is_slow_mark(call->args[0]));
}

/* The T of a `T? = None` parameter, or the slow mark. */
static enum vvm_outcome optional(struct vvm_call *call)
{
    return vvm_has_argument(call, 0) ? vvm_done(call, vvm_retain(call->args[0])) : vvm_done_slow(call);
}

static enum vvm_outcome is_function(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_is_callable(call->args[0]));
}

static enum vvm_outcome arity(struct vvm_call *call)
{
    if (!vvm_want_function(call, 0))
        return VVM_THROW;
    return vvm_done_number(call, vvm_arity(call->vm, call->args[0]));
}

/* ---- Lists ---- */

static enum vvm_outcome make_list(struct vvm_call *call)
{
    int64_t n;
    if (!vvm_want_number(call, 0, &n))
        return VVM_THROW;
    size_t room = n < 0 ? 0 : n > 1 << 20 ? 1 << 20 : (size_t)n;
    return vvm_return(call, vvm_list_new(room, VVM_ELEMENTS_VALUE));
}

static enum vvm_outcome items_of(struct vvm_call *call)
{
    bool fits;
    vvm_value list = vvm_items_of(call->args[0], &fits);
    if (!fits)
        return vvm_throw(call, VVM_T_TYPE_ERROR, "wanted a List, Set, Range or Tuple, got %s", vvm_kind_name(call, call->args[0]));
    return vvm_return(call, list);
}

static enum vvm_outcome tuple_of(struct vvm_call *call)
{
    size_t count = vvm_list_length(call->args[0]);
    vvm_value small[16], *items = count <= 16 ? small : malloc(count * sizeof *items);
    if (items == NULL)
        return vvm_throw_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = vvm_retain(vvm_list_get_fast(call->args[0].object, i));
    vvm_value tuple = vvm_tuple_from(items, count);
    if (items != small)
        free(items);
    return vvm_return(call, tuple);
}

static size_t search_numbers(const struct vvm_list *list, int64_t x, size_t start, size_t end, bool back)
{
    const int64_t *numbers = list->buffer->numbers + list->offset;
    for (size_t n = start; n < end; n++)
        if (numbers[back ? list->length - 1 - n : n] == x)
            return n;
    return end;
}

/* The number of the first element from `start` on that is equal to x, or `end`. */
static enum vvm_truth search_values(const struct vvm_list *list, vvm_value x, size_t start, size_t end, bool back, size_t *found)
{
    enum vvm_truth truth = VVM_FALSE;
    for (*found = start; *found < end; ++*found) {
        truth = vvm_equal(vvm_list_get_fast(list, back ? list->length - 1 - *found : *found), x);
        if (truth != VVM_FALSE)
            break;
    }
    return truth;
}

/* Where an element equal to x stands, from the front or the back; stage: how many were looked at. */
static enum vvm_outcome search(struct vvm_call *call, bool back)
{
    if (!vvm_want_kind(call, 0, VVM_LIST))
        return VVM_THROW;
    const struct vvm_list *list = call->args[0].object;
    vvm_value x = call->args[1];
    size_t begin = call->stage, end = vvm_portion(call, list->length), found;
    if (list->length > 0 && list->header.extra == VVM_ELEMENTS_NUMBER && vvm_is_number(x)) {
        found = search_numbers(list, x.number, begin, end, back);
    } else {
        enum vvm_truth truth = search_values(list, x, begin, end, back, &found);
        if (truth == VVM_NEEDS_CALL)
            return vvm_done_slow(call);
        if (truth == VVM_NO_MEMORY)
            return vvm_throw_memory(call);
    }
    if (found < end)
        return vvm_charge(call, vvm_done_number(call, (int64_t)(back ? list->length - 1 - found : found)), found - begin);
    return end < list->length ? vvm_again(call, end) : vvm_charge(call, vvm_done_number(call, -1), end - begin);
}

static enum vvm_outcome index_of(struct vvm_call *call) { return search(call, false); }
static enum vvm_outcome index_back(struct vvm_call *call) { return search(call, true); }

/* What a comparison that is no order ends in. */
static enum vvm_outcome no_order(struct vvm_call *call, enum vvm_truth truth, vvm_value a, vvm_value b)
{
    if (truth == VVM_NEEDS_CALL)
        return vvm_done_slow(call);
    return truth == VVM_NO_MEMORY ? vvm_throw_memory(call) : vvm_throw_unordered(call, a, b);
}

/* The index of the smallest (sign -1) or largest element of a List that is not empty; of equal ones the first. stage: how many
 * were looked at; the best of them stands in slot 0. */
static enum vvm_outcome extreme_at(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    int sign = call->args[1].number < 0 ? -1 : 1, order;
    size_t best = call->stage == 0 ? 0 : (size_t)call->slots[0].number, begin = call->stage, end = vvm_portion(call, list->length);
    for (size_t i = begin; i < end; i++) {
        vvm_value a = vvm_list_get_fast(list, i), b = vvm_list_get_fast(list, best);
        enum vvm_truth truth = i == best ? VVM_TRUE : vvm_compare_sorting(a, b, &order);
        if (truth != VVM_TRUE)
            return no_order(call, truth, a, b);
        if (i != best && order * sign > 0)
            best = i;
    }
    if (end == list->length)
        return vvm_charge(call, vvm_done_number(call, (int64_t)best), end - begin);
    call->slots[0] = vvm_number((int64_t)best);
    return vvm_again(call, end);
}

/* Bytes of the Strings among these elements, with the separators: all of it, if all are Strings. */
static size_t joined_length(const struct vvm_list *list, size_t start, size_t end, size_t separator)
{
    size_t total = separator * (end - start);
    if (list->header.extra != VVM_ELEMENTS_VALUE)
        return total;
    for (size_t i = start; i < end && total <= VVM_STRING_BYTES_MAX; i++) {
        vvm_value item = vvm_list_get_fast(list, i);
        total += vvm_is_string(item) ? vvm_string_bytes(&item).length : 0;
    }
    return total;
}

/* The texts of these elements, each but the List's first one behind a separator; `out` has room, or has failed. */
static enum vvm_truth join_part(struct vvm_text_builder *out, const struct vvm_list *list, size_t start, size_t end,
                                struct vvm_bytes separator)
{
    for (size_t i = start; !out->failed && i < end; i++) {
        if (i > 0)
            vvm_text_add(out, separator.data, separator.length);
        vvm_value item = vvm_list_get_fast(list, i);
        if (vvm_is_string(item))
            vvm_text_add_value(out, item);
        else if (vvm_text(item, false, out) == VVM_NEEDS_CALL)
            return VVM_NEEDS_CALL;
    }
    return VVM_TRUE;
}

/* Too long a result of a long List is known before it is made. stage: how many elements are counted; slot 1: their length. */
static enum vvm_outcome measure_on(struct vvm_call *call, const struct vvm_list *list, size_t separator)
{
    size_t end = vvm_portion_of_values(call, list->length), before = call->stage == 0 ? 0 : (size_t)call->slots[1].number;
    size_t total = before + joined_length(list, call->stage, end, separator);
    call->slots[1] = vvm_number((int64_t)total);
    return total > VVM_STRING_BYTES_MAX + separator ? vvm_throw_too_long(call) : vvm_again(call, end);
}

/* Room for a text of so many bytes in slot 0, so that it need not move as it grows; without memory it has to. */
static void reserve_text(struct vvm_call *call, size_t bytes)
{
    if (bytes >= VVM_PORTION && bytes <= VVM_STRING_BYTES_MAX)
        call->slots[0] = vvm_string_with_room(bytes);
}

/* stage: how many elements are joined, behind those counted of a long List; slot 0: their text. */
static enum vvm_outcome joined(struct vvm_call *call)
{
    struct vvm_bytes separator;
    struct vvm_text_builder out;
    if (!vvm_want_kind(call, 0, VVM_LIST) || !vvm_want_string(call, 1, &separator))
        return VVM_THROW;
    const struct vvm_list *list = call->args[0].object;
    size_t counted = list->length > VVM_PORTION_OF_VALUES ? list->length : 0;
    if (call->stage < counted)
        return measure_on(call, list, separator.length);
    size_t begin = call->stage - counted, end = vvm_portion_of_values(call, list->length + counted) - counted;
    if (begin == 0 && counted != 0)
        reserve_text(call, (size_t)call->slots[1].number);
    vvm_text_init(&out);
    vvm_text_reserve(&out, counted == 0 ? joined_length(list, begin, end, separator.length)
                                        : (size_t)call->slots[1].number / counted * (end - begin));
    if (join_part(&out, list, begin, end, separator) == VVM_NEEDS_CALL) {
        vvm_text_drop(&out);
        return vvm_done_slow(call);
    }
    if (begin == 0 && end == list->length)
        return vvm_charge(call, vvm_done_built(call, &out), end);
    if (!vvm_keep_text(call, &out))
        return VVM_THROW;
    return end < list->length ? vvm_again(call, end + counted) : vvm_done(call, vvm_take(&call->slots[0]));
}

/* a + b, in place where nobody else holds a. The texts come from functions of the program. */
static enum vvm_outcome concat(struct vvm_call *call)
{
    if (!vvm_is_string(call->args[1]))
        return vvm_throw(call, VVM_T_TYPE_ERROR, "the function must give a String, got %s", vvm_kind_name(call, call->args[1]));
    if (vvm_string_bytes(&call->args[0]).length + vvm_string_bytes(&call->args[1]).length > VVM_STRING_BYTES_MAX)
        return vvm_throw_too_long(call);
    return vvm_return(call, vvm_string_concat(vvm_take(&call->args[0]), call->args[1]));
}

/* ---- Each value once ---- */

enum { SEEN, KEPT };

/* Keeps the item unless an equal one was kept. A NaN equals nothing; of what else is no key the library asks each one. */
static enum vvm_truth keep_first(struct vvm_call *call, vvm_value item)
{
    uint64_t hash;
    size_t entry;
    enum vvm_truth truth = vvm_hash_quick(item, &hash) ? VVM_TRUE : vvm_hash_whole(item, &hash);
    bool nan = vvm_is_float(item) && item.real != item.real;
    if (truth != VVM_TRUE && !nan)
        return truth;
    if (!nan && vvm_dict_find(call->slots[SEEN], item, hash, &entry))
        return VVM_TRUE;
    if (!nan)
        call->slots[SEEN] = vvm_dict_insert_new(vvm_take(&call->slots[SEEN]), vvm_retain(item), hash, vvm_unset());
    call->slots[KEPT] = vvm_list_append_fast(vvm_take(&call->slots[KEPT]), vvm_retain(item));
    return vvm_is_unset(call->slots[SEEN]) || vvm_is_unset(call->slots[KEPT]) ? VVM_NO_MEMORY : VVM_TRUE;
}

/* slots: the Set of those seen, the List of those kept; stage: how many were looked at. The first of equal elements each;
 * None where an element is no key (a function). */
static enum vvm_outcome distinct(struct vvm_call *call)
{
    const struct vvm_list *list = call->args[0].object;
    if (call->stage == 0) {
        call->slots[SEEN] = vvm_dict_new(VVM_SET, 0);
        call->slots[KEPT] = vvm_list_new(0, VVM_ELEMENTS_VALUE);
        if (vvm_is_unset(call->slots[SEEN]) || vvm_is_unset(call->slots[KEPT]))
            return vvm_throw_memory(call);
    }
    size_t i = call->stage, end = vvm_portion_of_values(call, list->length);
    for (; i < end && !vvm_owes_a_turn(); i++)
        switch (keep_first(call, vvm_list_get_fast(list, i))) {
        case VVM_TRUE: break;
        case VVM_NEEDS_CALL: return vvm_done_slow(call);
        case VVM_NO_MEMORY: return vvm_throw_memory(call);
        default: return vvm_done_none(call);
        }
    return i < list->length ? vvm_again(call, i) : vvm_done(call, vvm_take(&call->slots[KEPT]));
}

/* ---- Whole values ---- */

static enum vvm_outcome mix(struct vvm_call *call)
{
    int64_t a, b;
    if (!vvm_want_number(call, 0, &a) || !vvm_want_number(call, 1, &b))
        return VVM_THROW;
    return vvm_done_number(call, (int64_t)vvm_hash_word(vvm_hash_word((uint64_t)a) + (uint64_t)b));
}

static const struct vvm_type *record_type(vvm_value v)
{
    if (vvm_is_plain(v, VVM_VARIANT))
        return v.object;
    bool record = vvm_is_plain(v, VVM_INSTANCE) || vvm_is_plain(v, VVM_STRUCT) || vvm_is_plain(v, VVM_ENUM);
    return record ? ((struct vvm_record *)v.object)->type : NULL;
}

static enum vvm_outcome defines_equals(struct vvm_call *call)
{
    const struct vvm_type *type = record_type(call->args[0]);
    return vvm_done_bool(call, type != NULL && (type->user_equals || type->user_hash));
}

static enum vvm_outcome defines_text(struct vvm_call *call)
{
    const struct vvm_type *type = record_type(call->args[0]);
    return vvm_done_bool(call, type != NULL && type->user_text);
}

/* 1: it has compareTo, 2: it has operator <, 0: its parts decide. */
static enum vvm_outcome ordered_by(struct vvm_call *call)
{
    const struct vvm_type *type = record_type(call->args[0]);
    if (type == NULL || !type->user_compare)
        return vvm_done_number(call, 0);
    bool less = vvm_members_find(&type->members, vvm_name(call->vm, VVM_NAME_LT)) != NULL;
    return vvm_done_number(call, less ? 2 : 1);
}

/* ---- Parts ---- */

static bool is_record(vvm_value v)
{
    return vvm_kind(v) == VVM_STRUCT || vvm_kind(v) == VVM_ENUM || vvm_kind(v) == VVM_INSTANCE;
}

static size_t field_count(vvm_value v)
{
    const struct vvm_record *record = v.object;
    return vvm_kind(v) == VVM_ENUM ? record->header.extra : record->type->field_count;
}

static size_t part_count(vvm_value v)
{
    if (vvm_layer(v) != VVM_LAYER_PLAIN)
        return !vvm_is_none(v);
    if (vvm_kind(v) == VVM_LIST)
        return vvm_list_length(v);
    if (vvm_kind(v) == VVM_TUPLE)
        return ((struct vvm_tuple *)v.object)->length;
    if (vvm_kind(v) == VVM_DICT || vvm_kind(v) == VVM_SET)
        return vvm_dict_size(v);
    return is_record(v) ? field_count(v) : 0;
}

static vvm_value part_at(vvm_value v, size_t i)
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

/* The content of a layer, elements, items, or fields. */
static enum vvm_outcome parts(struct vvm_call *call)
{
    vvm_value v = call->args[0], list;
    if (vvm_is_plain(v, VVM_LIST))
        return vvm_done(call, vvm_retain(v));
    size_t count = part_count(v);
    list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < count && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_retain(part_at(v, i)));
    return vvm_return(call, list);
}

/* May two values be equal, as far as layer, kind, type and number of parts tell? */
static enum vvm_outcome alike(struct vvm_call *call)
{
    vvm_value a = call->args[0], b = call->args[1];
    bool same = vvm_layer(a) == vvm_layer(b);
    if (same && vvm_layer(a) == VVM_LAYER_PLAIN)
        same = vvm_kind(a) == vvm_kind(b) && record_type(a) == record_type(b) && vvm_tag_id(a) == vvm_tag_id(b);
    if (same && vvm_is_plain(a, VVM_INSTANCE) && record_type(a)->has_state)
        same = a.object == b.object;
    return vvm_done_bool(call, same && part_count(a) == part_count(b));
}

/* Is this very object among the elements? */
static enum vvm_outcome holds(struct vvm_call *call)
{
    vvm_value v = call->args[1];
    const struct vvm_list *list = call->args[0].object;
    if (!vvm_is_plain(v, VVM_INSTANCE))
        return vvm_done_bool(call, false);
    for (size_t i = 0; i < list->length; i++)
        if (vvm_list_get_fast(list, i).object == v.object)
            return vvm_done_bool(call, true);
    return vvm_done_bool(call, false);
}

/* ---- Texts ---- */

static enum vvm_outcome plain_text(struct vvm_call *call)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (vvm_text(call->args[0], call->args[1].number != 0, &out) != VVM_NEEDS_CALL)
        return vvm_return(call, vvm_text_finish(&out));
    vvm_text_drop(&out);
    return vvm_done_slow(call);
}

/* A List in which texts and values take turns, texts first and last. */
struct pieces {
    vvm_value list;
    struct vvm_text_builder text;
};

static void add_piece(struct pieces *pieces, vvm_value owned)
{
    if (!vvm_is_unset(owned) && !vvm_is_unset(pieces->list)) {
        pieces->list = vvm_list_append(pieces->list, owned);
        return;
    }
    vvm_release(owned);
    vvm_release(pieces->list);
    pieces->list = vvm_unset();
}

static void add_value(struct pieces *pieces, const char *before, vvm_value v)
{
    vvm_text_add_c(&pieces->text, before);
    add_piece(pieces, vvm_text_finish(&pieces->text));
    vvm_text_init(&pieces->text);
    add_piece(pieces, vvm_retain(v));
}

static void add_fields(const struct vvm_call *call, struct pieces *pieces, vvm_value v)
{
    const struct vvm_type *type = record_type(v);
    const struct vvm_symbols *symbols = call->vm->symbols;
    vvm_text_add_c(&pieces->text, vvm_symbols_text(symbols, type->name));
    if (vvm_kind(v) == VVM_ENUM)
        vvm_text_add_format(&pieces->text, ".%s", vvm_symbols_text(symbols, type->variants[vvm_tag_id(v)].name));
    vvm_text_add_c(&pieces->text, "(");
    for (size_t i = 0; i < field_count(v); i++) {
        vvm_text_add_c(&pieces->text, i > 0 ? ", " : "");
        if (vvm_kind(v) != VVM_ENUM)
            vvm_text_add_format(&pieces->text, "%s: ", vvm_symbols_text(symbols, type->fields[i].name));
        add_value(pieces, "", part_at(v, i));
    }
    vvm_text_add_c(&pieces->text, ")");
}

static void add_entries(struct pieces *pieces, vvm_value v)
{
    const struct vvm_dict *dict = v.object;
    uint64_t cursor = 0;
    size_t entry;
    for (bool first = true; vvm_dict_next(v, &cursor, &entry); first = false) {
        add_value(pieces, first ? "{" : ", ", dict->entries[entry].key);
        if (vvm_kind(v) == VVM_DICT)
            add_value(pieces, ": ", dict->entries[entry].value);
    }
    vvm_text_add_c(&pieces->text, "}");
}

static void add_row(struct pieces *pieces, vvm_value v)
{
    bool tuple = vvm_kind(v) == VVM_TUPLE;
    size_t count = part_count(v);
    vvm_text_add_c(&pieces->text, tuple ? "(" : "[");
    for (size_t i = 0; i < count; i++)
        add_value(pieces, i > 0 ? ", " : "", part_at(v, i));
    vvm_text_add_c(&pieces->text, !tuple ? "]" : count == 1 ? ",)" : ")");
}

static enum vvm_outcome text_parts(struct vvm_call *call)
{
    static const char *const layers[] = {"", "Some(", "None", "Ok(", "Err("};
    vvm_value v = call->args[0];
    struct pieces pieces = {.list = vvm_list_new(0, VVM_ELEMENTS_VALUE)};
    vvm_text_init(&pieces.text);
    if (vvm_layer(v) != VVM_LAYER_PLAIN) {
        add_value(&pieces, layers[vvm_layer(v)], vvm_peek(v));
        vvm_text_add_c(&pieces.text, ")");
    } else if (is_record(v)) {
        add_fields(call, &pieces, v);
    } else if (vvm_kind(v) == VVM_DICT || vvm_kind(v) == VVM_SET) {
        add_entries(&pieces, v);
    } else {
        add_row(&pieces, v);
    }
    add_piece(&pieces, vvm_text_finish(&pieces.text));
    return vvm_return(call, pieces.list);
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_M("__missing() -> Any", missing, 0, 0, "The mark of an argument that was not given."),
    VVM_ROW_M("__slow(v: Any) -> Bool", is_slow, 1, 1, "Is it the mark?"),
    VVM_ROW_M("__optional(v: Any) -> Any", optional, 1, 1, "The value of an optional argument, or the mark."),
    VVM_ROW_M("__isFunction(v: Any) -> Bool", is_function, 1, 1, "Can it be called?"),
    VVM_ROW_M("__arity(f: Function) -> Number", arity, 1, 1,
              "Parameters without default; -1 if there may be any number."),
    VVM_ROW_M("__list(n: Number) -> List<T>", make_list, 1, 1, "An empty List with room for n elements."),
    VVM_ROW_M("__itemsOf(xs: Any) -> List<T>", items_of, 1, 1, "The elements of a List, Set, Range or Tuple."),
    VVM_ROW_M("__tupleOf(xs: List<T>) -> Any", tuple_of, 1, 1, "The Tuple of these items."),
    VVM_ROW_F("__index(xs: List<T>, x: T) -> Any", index_of, 0, 2, 2, 1, "The first place of an equal element, or -1."),
    VVM_ROW_F("__indexBack(xs: List<T>, x: T) -> Any", index_back, 0, 2, 2, 1, "The last place of an equal element, or -1."),
    VVM_ROW_F("__extremeAt(xs: List<T>, sign: Number) -> Any", extreme_at, 0, 2, 2, 1,
              "Where the smallest or largest element stands."),
    VVM_ROW_F("__joined(xs: List<T>, sep: String) -> Any", joined, 0, 2, 2, 2, "The texts with sep between them."),
    VVM_ROW_C("__concat(a: String, b: String) -> String", concat, 1, 2, 2, "a + b."),
    VVM_ROW_F("__distinct(xs: List<T>) -> Any", distinct, 0, 1, 1, 2, "Each value once, or None."),
    VVM_ROW_M("__mix(a: Number, b: Number) -> Number", mix, 2, 2, "One hash of two."),
    VVM_ROW_M("__definesEquals(v: Any) -> Bool", defines_equals, 1, 1, "Does its class define equality or hash?"),
    VVM_ROW_M("__definesText(v: Any) -> Bool", defines_text, 1, 1, "Does its class define toString?"),
    VVM_ROW_M("__orderedBy(v: Any) -> Number", ordered_by, 1, 1, "What its class defines its order by."),
    VVM_ROW_M("__parts(v: Any) -> List<Any>", parts, 1, 1, "Elements, items, fields or content."),
    VVM_ROW_M("__alike(a: Any, b: Any) -> Bool", alike, 2, 2, "Of one type and size?"),
    VVM_ROW_M("__holds(xs: List<Any>, v: Any) -> Bool", holds, 2, 2, "Is this very instance among them?"),
    VVM_ROW_M("__plainText(v: Any, quoted: Bool) -> Any", plain_text, 2, 2, "Its text form."),
    VVM_ROW_M("__textParts(v: Any) -> List<Any>", text_parts, 1, 1, "Its text form with the values inside left out."),
};

const struct vvm_builtin_group vvm_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};
