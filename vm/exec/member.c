/* Members: looking them up, reading and setting fields. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

void vvm_site_remember(struct vvm_site *site, uint32_t type_id, uint32_t low)
{
    /* relaxed throughout: any word read is a whole, valid pair; the count only bounds the rewrites */
    /* relaxed: racing threads may exceed 4 by one each, and the cache is one word that is always a whole pair */
    if (atomic_load_explicit(&site->rewrites, memory_order_relaxed) >= 4)
        return;
    atomic_fetch_add_explicit(&site->rewrites, 1, memory_order_relaxed);
    atomic_store_explicit(&site->cache, (uint64_t)type_id << 32 | low, memory_order_relaxed); /* as above */
}

static bool find_in(struct vvm_type *type, const struct vvm_members *members, vvm_symbol name, bool of_type,
                    struct vvm_found *found)
{
    struct vvm_member *member = vvm_members_find(members, name);
    if (member == NULL)
        return false;
    *found = (struct vvm_found){type, member, of_type};
    return true;
}

static bool find_static(struct vvm_type *type, vvm_symbol name, struct vvm_found *found)
{
    for (; type != NULL; type = type->parent)
        if (find_in(type, &type->statics, name, true, found))
            return true;
    return false;
}

static struct vvm_member *find_static_setter(struct vvm_type *type, vvm_symbol name)
{
    struct vvm_member *setter = NULL;
    for (; type != NULL && setter == NULL; type = type->parent)
        setter = vvm_members_find(&type->static_setters, name);
    return setter;
}

bool vvm_find_member(struct vvm_machine *m, vvm_value v, vvm_symbol name, struct vvm_found *found)
{
    struct vvm_type *type = vvm_type_of(m->vm->known, v), *any = m->vm->known[VVM_T_ANY];
    if (vvm_is_plain(v, VVM_TYPE) && find_static(v.object, name, found))
        return true;
    return find_in(type, &type->members, name, false, found) || find_in(any, &any->members, name, false, found);
}

/* ---- Members that are values ---- */

static const struct vvm_variant *find_variant(const struct vvm_type *type, vvm_symbol name, uint32_t *index)
{
    for (uint32_t i = 0; i < type->variant_count; i++)
        if (type->variants[i].name == name) {
            *index = i;
            return &type->variants[i];
        }
    return NULL;
}

static bool variant_value(struct vvm_type *type, vvm_symbol name, vvm_value *value)
{
    uint32_t index;
    const struct vvm_variant *variant = find_variant(type, name, &index);
    if (variant == NULL)
        return false;
    *value = variant->field_count != 0
                 ? vvm_retain(variant->constructor)
                 : (vvm_value){.tag = VVM_TAG_ID(VVM_VARIANT, index), .object = type};
    return true;
}

static struct vvm_type *enum_type(vvm_value v)
{
    if (vvm_is_plain(v, VVM_VARIANT))
        return v.object;
    if (!vvm_is_plain(v, VVM_ENUM))
        return NULL;
    return ((struct vvm_record *)v.object)->type;
}

/* `.name .ordinal .value` and the fields of a payload. */
static bool enum_value(struct vvm_machine *m, vvm_value v, vvm_symbol name, vvm_value *value)
{
    struct vvm_type *type = enum_type(v);
    if (type == NULL || vvm_tag_id(v) >= type->variant_count)
        return false;
    const struct vvm_variant *variant = &type->variants[vvm_tag_id(v)];
    for (uint32_t i = 0; vvm_kind(v) == VVM_ENUM && i < variant->field_count; i++)
        if (variant->fields != NULL && variant->fields[i].name == name) {
            *value = vvm_retain(((struct vvm_record *)v.object)->fields[i]);
            return true;
        }
    if (name == vvm_name(m->vm, VVM_NAME_NAME))
        *value = vvm_string_from_c(vvm_symbols_text(m->vm->symbols, variant->name));
    else if (name == vvm_name(m->vm, VVM_NAME_ORDINAL))
        *value = vvm_number(vvm_tag_id(v));
    else if (name == vvm_name(m->vm, VVM_NAME_VALUE))
        *value = vvm_is_unset(variant->literal) ? vvm_number(vvm_tag_id(v)) : vvm_retain(variant->literal);
    else
        return false;
    return true;
}

static vvm_value symbol_string(struct vvm_machine *m, vvm_symbol name)
{
    return vvm_string_new(vvm_symbols_text(m->vm->symbols, name), vvm_symbols_length(m->vm->symbols, name));
}

static bool dict_value(struct vvm_machine *m, vvm_value v, vvm_symbol name, vvm_value *value)
{
    uint64_t hash;
    size_t entry;
    vvm_value key = symbol_string(m, name);
    bool found = !vvm_is_unset(key) && vvm_hash(key, &hash) == VVM_TRUE && vvm_dict_find(v, key, hash, &entry);
    vvm_release(key);
    if (found)
        *value = vvm_retain(((struct vvm_dict *)v.object)->entries[entry].value);
    return found;
}

static bool field_value(vvm_value v, const struct vvm_member *member, vvm_value *value)
{
    *value = vvm_retain(((struct vvm_record *)v.object)->fields[member->slot]);
    return !vvm_is_unset(*value);
}

bool vvm_member_value(struct vvm_machine *m, vvm_value v, vvm_symbol name, vvm_value *value)
{
    struct vvm_found found;
    if (vvm_find_member(m, v, name, &found)) {
        if (found.member->kind == VVM_MEMBER_FIELD)
            return field_value(v, found.member, value);
        *value = vvm_retain(found.member->value);
        return found.of_type && found.member->kind == VVM_MEMBER_STATIC;
    }
    if (vvm_is_plain(v, VVM_TYPE))
        return variant_value(v.object, name, value);
    if (vvm_is_plain(v, VVM_DICT))
        return dict_value(m, v, name, value);
    return enum_value(m, v, name, value);
}

vvm_value vvm_find_method(struct vvm_machine *m, vvm_value v, enum vvm_name name)
{
    struct vvm_type *type = vvm_type_of(m->vm->known, v);
    struct vvm_member *member = vvm_members_find(&type->members, vvm_name(m->vm, name));
    if (member == NULL || member->kind != VVM_MEMBER_METHOD || member->flags & VVM_MEMBER_ABSTRACT)
        return vvm_unset();
    return member->value;
}

/* ---- GETFIELD ---- */

static enum vvm_step no_member(struct vvm_machine *m, vvm_value v, vvm_symbol name)
{
    const char *text = vvm_symbols_text(m->vm->symbols, name);
    if (vvm_is_plain(v, VVM_DICT))
        return vvm_fail(m, VVM_T_KEY_ERROR, "key \"%s\" not found", text);
    if (vvm_is_plain(v, VVM_TYPE))
        return vvm_fail(m, VVM_T_ATTRIBUTE_ERROR, "%s has no member `%s`", vvm_type_name(v.object), text);
    return vvm_fail(m, VVM_T_ATTRIBUTE_ERROR, "%s has no member `%s`", vvm_name_of_type(m, v), text);
}

static enum vvm_step get_field(struct vvm_machine *m, vvm_value v, struct vvm_site *site, const struct vvm_found *found,
                               uint32_t dst)
{
    vvm_value field = ((struct vvm_record *)v.object)->fields[found->member->slot];
    if (vvm_is_unset(field))
        return vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "field `%s` of %s has no value yet",
                        vvm_symbols_text(m->vm->symbols, site->name), vvm_name_of_type(m, v));
    if (!vvm_is_plain(v, VVM_ENUM))
        vvm_site_remember(site, found->type->id, found->member->slot);
    return vvm_store(m, dst, vvm_retain(field));
}

static bool is_property(vvm_value callee)
{
    return vvm_is_plain(callee, VVM_BUILTIN) &&
           ((const struct vvm_builtin *)callee.object)->flags & VVM_BUILTIN_PROPERTY;
}

enum vvm_step vvm_get_static(struct vvm_machine *m, const struct vvm_found *found, uint32_t dst)
{
    const struct vvm_member *member = found->member;
    vvm_value value;
    if (member->kind == VVM_MEMBER_STATIC_FIELD)
        return vvm_global_get(m, found->type->static_fields[member->slot].global, &value) ? vvm_store(m, dst, value)
                                                                                          : VVM_STEP_THROW;
    if (member->kind == VVM_MEMBER_GETTER)
        return vvm_invoke_with(m, member->value, false, NULL, 0, true, false, (uint16_t)dst, 0);
    if (is_property(member->value))
        return vvm_invoke_with(m, member->value, false, NULL, 0, true, false, (uint16_t)dst, 0);
    return vvm_store(m, dst, vvm_retain(member->value));
}

/* A property without arguments only looks at its receiver, so it takes no count: workers that read one shared value
 * would else wait for one another at its count. */
static enum vvm_step look_up_property(struct vvm_machine *m, const struct vvm_builtin *row, vvm_value v, uint32_t dst)
{
    struct vvm_call *call = &m->call;
    call->builtin = row;
    call->args = &v;
    call->count = 1;
    call->owned = 0;
    call->stage = 0;
    call->is_method = true;
    call->resumed = vvm_unset();
    enum vvm_outcome outcome = row->function(call);
    return outcome == VVM_DONE ? vvm_store(m, dst, call->result) : vvm_fail_value(m, call->result);
}

static bool only_looks(const struct vvm_builtin *row)
{
    return row->max == 0 && row->consumes == 0 && !(row->flags & VVM_BUILTIN_FRAME);
}

static enum vvm_step get_method(struct vvm_machine *m, vvm_value v, const struct vvm_found *found, uint32_t dst)
{
    vvm_value method = found->member->value;
    if (is_property(method) && only_looks(method.object))
        return look_up_property(m, method.object, v, dst);
    if (found->member->kind == VVM_MEMBER_GETTER || is_property(method))
        return vvm_invoke_with(m, method, false, &v, 1, false, true, (uint16_t)dst, 0);
    if (found->member->flags & VVM_MEMBER_ABSTRACT)
        return no_member(m, v, found->member->name);
    return vvm_store(m, dst, vvm_bound_new(vvm_retain(v), vvm_retain(method)));
}

static enum vvm_step get_other(struct vvm_machine *m, vvm_value v, vvm_symbol name, uint32_t dst)
{
    vvm_value value;
    if (!vvm_member_value(m, v, name, &value))
        return no_member(m, v, name);
    return vvm_store(m, dst, value);
}

/* `super.name` means the member as the super-class has it. */
static bool find_at(struct vvm_machine *m, vvm_value v, const struct vvm_site *site, struct vvm_found *found)
{
    struct vvm_type *type = site->type_id != 0 ? vvm_type_at(m->vm, site->type_id) : NULL;
    if (type != NULL && find_in(type, &type->members, site->name, false, found))
        return true;
    return vvm_find_member(m, v, site->name, found);
}

enum vvm_step vvm_step_getfield(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_site *site = vvm_site_at(m->vm, at[1]);
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    uint32_t dst = vvm_a(at);
    struct vvm_found found;
    if (!find_at(m, v, site, &found))
        return get_other(m, v, site->name, dst);
    if (found.of_type)
        return vvm_get_static(m, &found, dst);
    if (found.member->kind == VVM_MEMBER_FIELD)
        return get_field(m, v, site, &found, dst);
    return get_method(m, v, &found, dst);
}

/* ---- Setting ---- */

bool vvm_check_field(struct vvm_machine *m, const struct vvm_type *type, const struct vvm_field *field,
                     vvm_value *value)
{
    if (field->test == NULL)
        return true;
    if (vvm_is_number(*value) && field->test->kind == VVM_TEST_FLOAT)
        *value = vvm_float((double)value->number);
    if (vvm_test_passes(field->test, *value))
        return true;
    vvm_fail(m, VVM_T_TYPE_ERROR, "field `%s` of %s must be %s, got %s", vvm_symbols_text(m->vm->symbols, field->name),
             vvm_type_name(type), field->test->text, vvm_name_for_test(m, field->test, *value));
    return false;
}

static bool is_unfinished(const struct vvm_record *record)
{
    /* relaxed: an unfinished instance belongs to this isolate */
    /* relaxed: set and cleared by its isolate only, before it may be shared */
    return (atomic_load_explicit(&record->header.flags, memory_order_relaxed) & VVM_FLAG_UNFINISHED) != 0;
}

static enum vvm_step immutable(struct vvm_machine *m, vvm_value object, vvm_symbol name, vvm_value value)
{
    vvm_fail(m, VVM_T_IMMUTABLE_ERROR, "field `%s` of %s is not `state`", vvm_symbols_text(m->vm->symbols, name),
             vvm_is_plain(object, VVM_TYPE) ? vvm_type_name(object.object) : vvm_name_of_type(m, object));
    vvm_release(value);
    return VVM_STEP_THROW;
}

static enum vvm_step set_slot(struct vvm_machine *m, struct vvm_record *record, uint32_t slot, vvm_value value)
{
    const struct vvm_field *field = &record->type->fields[slot];
    if (!field->is_state && !is_unfinished(record)) {
        if (value.tag != record->fields[slot].tag || value.bits != record->fields[slot].bits)
            return immutable(m, vvm_of_object(VVM_INSTANCE, record), field->name, value);
        vvm_release(value); /* `a.b.c = e` stores b, which changed in place, into a again */
        return VVM_STEP_GO;
    }
    if (!vvm_check_field(m, record->type, field, &value)) {
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    vvm_value old = record->fields[slot];
    record->fields[slot] = value;
    vvm_release(old);
    return VVM_STEP_GO;
}

static bool is_setter(const struct vvm_member *member)
{
    return member != NULL && member->kind == VVM_MEMBER_SETTER;
}

static enum vvm_step set_by_name(struct vvm_machine *m, vvm_value object, struct vvm_site *site, vvm_value value)
{
    struct vvm_type *own = ((struct vvm_record *)object.object)->type;
    struct vvm_type *type = site->type_id != 0 ? vvm_type_at(m->vm, site->type_id) : own;
    struct vvm_member *setter = vvm_members_find(&type->setters, site->name);
    if (is_setter(setter)) {
        vvm_value args[] = {vvm_retain(object), value};
        return vvm_invoke_with(m, setter->value, false, args, 2, true, true, 0,
                               VVM_ACTION_DROP << VVM_FRAME_ACTION_SHIFT);
    }
    struct vvm_member *member = vvm_members_find(&type->members, site->name);
    if (member == NULL) {
        no_member(m, object, site->name);
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    if (member->kind != VVM_MEMBER_FIELD)
        return immutable(m, object, site->name, value);
    vvm_site_remember(site, own->id, member->slot);
    return set_slot(m, object.object, member->slot, value);
}

/* `C.x = e`: a static field, or a static `set`. */
static enum vvm_step set_static(struct vvm_machine *m, vvm_value type, vvm_symbol name, vvm_value value)
{
    struct vvm_member *setter = find_static_setter(type.object, name);
    struct vvm_found found;
    if (setter != NULL)
        return vvm_invoke_with(m, setter->value, false, &value, 1, true, false, 0,
                               VVM_ACTION_DROP << VVM_FRAME_ACTION_SHIFT);
    if (!find_static(type.object, name, &found)) {
        no_member(m, type, name);
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    if (found.member->kind != VVM_MEMBER_STATIC_FIELD)
        return immutable(m, type, name, value);
    const struct vvm_static_field *field = &found.type->static_fields[found.member->slot];
    if (!field->field.is_state)
        return immutable(m, type, name, value);
    if (vvm_check_field(m, found.type, &field->field, &value))
        return vvm_global_set(m, field->global, value);
    vvm_release(value);
    return VVM_STEP_THROW;
}

enum vvm_step vvm_step_setfield(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value object = vvm_registers(m)[vvm_a(at)], value = vvm_registers(m)[vvm_b(at)];
    struct vvm_site *site = vvm_site_at(m->vm, at[1]);
    if (vvm_is_plain(object, VVM_TYPE))
        return set_static(m, object, site->name, value);
    if (!vvm_is_plain(object, VVM_INSTANCE))
        return immutable(m, object, site->name, value);
    uint64_t cache = atomic_load_explicit(&site->cache, memory_order_relaxed); /* a whole pair, see vm.h */
    struct vvm_record *record = object.object;
    if (cache >> 32 == record->type->id && !(cache & VVM_SITE_SLOW))
        return set_slot(m, record, (uint32_t)cache, value);
    return set_by_name(m, object, site, value);
}

/* ---- Copies with one field replaced ---- */

static vvm_value copy_record(struct vvm_record *record, enum vvm_kind kind)
{
    vvm_value copy = vvm_instance_new(record->type);
    if (vvm_is_unset(copy))
        return copy;
    struct vvm_record *fresh = copy.object;
    for (uint32_t i = 0; i < record->type->field_count + record->type->hidden_count; i++)
        fresh->fields[i] = vvm_retain(record->fields[i]);
    fresh->header.kind = (uint8_t)kind;
    atomic_store_explicit(&fresh->header.flags, 0, memory_order_relaxed); /* exclusive */
    return vvm_of_object(kind, fresh);
}

/* Consumes both. */
static enum vvm_step replace_slot(struct vvm_machine *m, vvm_value object, uint32_t slot, vvm_value value, uint32_t dst)
{
    struct vvm_record *record = object.object;
    if (!vvm_check_field(m, record->type, &record->type->fields[slot], &value)) {
        vvm_release(object);
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    if (!vvm_is_unique(&record->header)) {
        vvm_value copy = copy_record(record, vvm_kind(object));
        vvm_release(object);
        if (vvm_is_unset(copy)) {
            vvm_release(value);
            return vvm_fail_memory(m);
        }
        object = copy;
        record = copy.object;
    }
    vvm_release(record->fields[slot]);
    record->fields[slot] = value;
    return vvm_store(m, dst, object);
}

static enum vvm_step replace_key(struct vvm_machine *m, vvm_value dict, vvm_symbol name, vvm_value value, uint32_t dst)
{
    uint64_t hash;
    vvm_value key = symbol_string(m, name);
    if (vvm_is_unset(key) || vvm_hash(key, &hash) != VVM_TRUE) {
        vvm_release(dict);
        vvm_release(value);
        return vvm_fail_memory(m);
    }
    return vvm_store(m, dst, vvm_dict_set(dict, key, hash, value));
}

/* `a.x.y = e` where x is set through a `set`: its value is stored, the instance stays. Consumes both. */
static enum vvm_step set_through(struct vvm_machine *m, vvm_value object, vvm_value setter, vvm_value value,
                                 uint32_t dst)
{
    vvm_value args[] = {setter, object, value};
    return vvm_invoke_core_owned(m, VVM_CORE_SET_THROUGH, args, 3, dst);
}

enum vvm_step vvm_step_rset(struct vvm_machine *m, const uint32_t *at)
{
    uint32_t dst = vvm_a(at);
    vvm_value object = vvm_registers(m)[dst], value = vvm_registers(m)[vvm_b(at)];
    vvm_symbol name = vvm_site_at(m->vm, at[1])->name;
    if (vvm_is_plain(object, VVM_DICT))
        return replace_key(m, object, name, value, dst);
    bool record = vvm_is_plain(object, VVM_STRUCT) || vvm_is_plain(object, VVM_INSTANCE);
    struct vvm_type *type = record ? ((struct vvm_record *)object.object)->type : NULL;
    struct vvm_member *member = record ? vvm_members_find(&type->members, name) : NULL;
    struct vvm_member *setter = record ? vvm_members_find(&type->setters, name) : NULL;
    if (is_setter(setter) && vvm_site_at(m->vm, at[1])->type_id != VVM_SITE_COPY)
        return set_through(m, object, setter->value, value, dst);
    if (record && member == NULL) {
        no_member(m, object, name);
        vvm_release(object);
        vvm_release(value);
        return VVM_STEP_THROW;
    }
    bool in_place = record && vvm_is_plain(object, VVM_INSTANCE) && vvm_site_at(m->vm, at[1])->type_id != VVM_SITE_COPY;
    if (in_place && member->kind == VVM_MEMBER_FIELD) {
        enum vvm_step step = set_slot(m, object.object, member->slot, value);
        if (step == VVM_STEP_THROW)
            vvm_release(object);
        return step;
    }
    if (!record || type->has_state || member->kind != VVM_MEMBER_FIELD) {
        immutable(m, object, name, value);
        vvm_release(object);
        return VVM_STEP_THROW;
    }
    return replace_slot(m, object, member->slot, value, dst);
}
