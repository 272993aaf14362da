#include "tools/image/layout.h"

#include "vm/compile/image.h"
#include "vm/compile/module.h"
#include "vm/front/source.h"

#define AT(type, field) offsetof(struct type, field)
#define ONE(type, field, to) {POINTER_ONE, AT(type, field), 0, 0, &to}
#define TEXT(type, field) {POINTER_TEXT, AT(type, field), 0, 0, NULL}
#define VALUE(type, field) {POINTER_VALUE, AT(type, field), 0, 0, NULL}
#define CLEARED(type, field) {POINTER_CLEARED, AT(type, field), 0, sizeof ((struct type *)0)->field, NULL}
#define PLAIN(type, field, counted) {POINTER_PLAIN, AT(type, field), AT(type, counted), sizeof *((struct type *)0)->field, NULL}
#define ITEMS(type, field, counted, of) {POINTER_ITEMS, AT(type, field), AT(type, counted), 0, &of}
#define LIST(type, field, counted, of) {POINTER_LIST, AT(type, field), AT(type, counted), 0, &of}
#define LAYOUT(noun, type, ...) \
    static const struct pointer noun##_pointers[] = {__VA_ARGS__}; \
    const struct layout noun##_layout = {#type, sizeof(type), noun##_pointers, sizeof noun##_pointers / sizeof *noun##_pointers}

extern const struct layout value_layout, test_layout, field_layout, static_field_layout, variant_layout, check_layout, source_layout,
    module_layout, shape_layout, global_layout, name_layout, member_layout;

LAYOUT(value, vvm_value, {POINTER_VALUE, 0, 0, 0, NULL});

/* ---- Types ---- */

LAYOUT(test, struct vvm_type_test, LIST(vvm_type_test, parts, part_count, test_layout), ONE(vvm_type_test, type, type_layout),
       TEXT(vvm_type_test, text), PLAIN(vvm_type_test, names, part_count), VALUE(vvm_type_test, literal));

LAYOUT(field, struct vvm_field, ONE(vvm_field, test, test_layout));

LAYOUT(static_field, struct vvm_static_field, ONE(vvm_static_field, field.test, test_layout));

LAYOUT(variant, struct vvm_variant, ITEMS(vvm_variant, fields, field_count, field_layout), VALUE(vvm_variant, constructor),
       VALUE(vvm_variant, literal));

/* The members of all types are a list of the root's. */
LAYOUT(type, struct vvm_type, ONE(vvm_type, parent, type_layout), ITEMS(vvm_type, fields, field_count, field_layout),
       ITEMS(vvm_type, variants, variant_count, variant_layout), CLEARED(vvm_type, members), CLEARED(vvm_type, setters),
       CLEARED(vvm_type, statics), CLEARED(vvm_type, static_setters),
       ITEMS(vvm_type, static_fields, static_field_count, static_field_layout), VALUE(vvm_type, constructor), VALUE(vvm_type, maker),
       VALUE(vvm_type, arguments), VALUE(vvm_type, initializer), VALUE(vvm_type, field_initializer), LIST(vvm_type, interfaces, interface_count, type_layout));

/* ---- Functions ---- */

LAYOUT(source, struct vvm_source, TEXT(vvm_source, name), {POINTER_SOURCE, AT(vvm_source, bytes), 0, 0, NULL},
       PLAIN(vvm_source, line_starts, line_count));

LAYOUT(module, struct vvm_module, ONE(vvm_module, source, source_layout), CLEARED(vvm_module, next));

LAYOUT(check, struct vvm_check, ONE(vvm_check, test, test_layout), TEXT(vvm_check, what));

LAYOUT(function, struct vvm_function, TEXT(vvm_function, name), PLAIN(vvm_function, code, code_count),
       PLAIN(vvm_function, parameters, parameter_count), ITEMS(vvm_function, constants, constant_count, value_layout),
       ITEMS(vvm_function, checks, check_count, check_layout), PLAIN(vvm_function, handlers, handler_count),
       PLAIN(vvm_function, quiet, quiet_count), PLAIN(vvm_function, owned, owned_count),
       {POINTER_SETS, AT(vvm_function, owned_bits), 0, 0, NULL}, PLAIN(vvm_function, lines, line_count),
       ONE(vvm_function, source, source_layout), PLAIN(vvm_function, capture_names, capture_count),
       PLAIN(vvm_function, capture_positions, capture_count), ONE(vvm_function, module, module_layout));

/* ---- The VM's tables ---- */

LAYOUT(shape, struct vvm_shape, PLAIN(vvm_shape, arguments, count));

LAYOUT(global, struct vvm_global, VALUE(vvm_global, value));

LAYOUT(name, struct vvm_image_name, VALUE(vvm_image_name, value));

LAYOUT(member, struct vvm_image_member, ONE(vvm_image_member, type, type_layout), VALUE(vvm_image_member, member.value));

#define TABLE(index, kind, size, layout) \
    {kind, AT(vvm_image_root, tables[index].items), AT(vvm_image_root, tables[index].count), size, layout}
LAYOUT(root, struct vvm_image_root, TABLE(0, POINTER_LIST, 0, &function_layout), TABLE(1, POINTER_LIST, 0, &type_layout),
       TABLE(2, POINTER_PLAIN, sizeof(struct vvm_site), NULL), TABLE(3, POINTER_ITEMS, 0, &shape_layout),
       TABLE(4, POINTER_ITEMS, 0, &global_layout), TABLE(5, POINTER_LIST, 0, &test_layout),
       PLAIN(vvm_image_root, symbols, symbol_bytes), ITEMS(vvm_image_root, names, name_count, name_layout),
       ITEMS(vvm_image_root, members, member_count, member_layout), LIST(vvm_image_root, core, core_count, function_layout));

const struct layout *const all_layouts[] = {
    &value_layout, &test_layout, &field_layout, &static_field_layout, &variant_layout, &type_layout, &source_layout, &module_layout,
    &check_layout, &function_layout, &shape_layout, &global_layout, &name_layout, &member_layout, &root_layout, NULL,
};
