#include "vm/value/layout.h"

#include <string.h>

#define PAYLOAD_MAX 0x3fffu /* a dead object's header keeps no more of `extra` (release.c, Note DEAD) */

static struct vvm_record *record_new(enum vvm_kind kind, struct vvm_type *type, size_t count)
{
    struct vvm_record *record = vvm_object_new(kind, sizeof *record + count * sizeof(vvm_value));
    if (record != NULL)
        record->type = type;
    return record;
}

vvm_value vvm_struct_from(struct vvm_type *type, const vvm_value *owned)
{
    size_t slots = type->field_count + type->hidden_count;
    struct vvm_record *record = record_new(VVM_STRUCT, type, slots);
    if (record == NULL) {
        vvm_release_all(owned, slots);
        return vvm_unset();
    }
    memcpy(record->fields, owned, slots * sizeof *owned);
    return vvm_of_object(VVM_STRUCT, record);
}

vvm_value vvm_enum_from(struct vvm_type *type, uint32_t variant, const vvm_value *owned, size_t count)
{
    if (count == 0)
        return (vvm_value){.tag = VVM_TAG_ID(VVM_VARIANT, variant), .object = type};
    struct vvm_record *record = count <= PAYLOAD_MAX ? record_new(VVM_ENUM, type, count) : NULL;
    if (record == NULL) {
        vvm_release_all(owned, count);
        return vvm_unset();
    }
    record->header.extra = (uint16_t)count;
    memcpy(record->fields, owned, count * sizeof *owned);
    return (vvm_value){.tag = VVM_TAG_ID(VVM_ENUM, variant), .object = record};
}

vvm_value vvm_instance_new(struct vvm_type *type)
{
    size_t slots = type->field_count + type->hidden_count;
    struct vvm_record *record = record_new(VVM_INSTANCE, type, slots);
    if (record == NULL)
        return vvm_unset();
    for (size_t i = 0; i < slots; i++)
        record->fields[i] = vvm_unset();
    vvm_flags_add(&record->header, VVM_FLAG_UNFINISHED | (type->has_state ? VVM_FLAG_MAY_CYCLE : 0));
    return vvm_of_object(VVM_INSTANCE, record);
}

void vvm_instance_finish(vvm_value borrowed)
{
    struct vvm_object *object = borrowed.object;
    vvm_flags_remove(object, VVM_FLAG_UNFINISHED);
    if (vvm_count_of(object) != 1)
        vvm_flags_add(object, VVM_FLAG_ESCAPED | VVM_FLAG_MAY_CYCLE);
}
