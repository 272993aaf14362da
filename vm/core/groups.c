/* The groups of the core library, in the order in which they are registered. */
#include "vm/core/core.h"

#define GROUPS(G) \
    G(any_methods) G(number_methods) G(number_statics) G(float_methods) G(float_statics) G(bool_methods) \
    G(string_parts) G(string_form) G(string_search) G(string_statics) \
    G(list_methods) G(list_numbers) G(list_shape) G(list_statics) \
    G(dict_methods) G(dict_statics) G(dict_of_list) \
    G(set_methods) G(set_statics) G(set_of_list) G(set_of_set) G(set_of_range) G(set_of_tuple) \
    G(tuple_methods) G(range_methods) \
    G(option_methods) G(option_shared) G(option_statics) G(result_methods) G(result_shared) G(result_statics) \
    G(duration_methods) G(duration_statics) G(time_statics) G(date_statics) G(math_statics) G(random_statics) \
    G(env_statics) G(file_statics) \
    G(prelude_functions) G(intrinsics) G(entry_intrinsics) G(sort_intrinsics) G(option_intrinsics) G(env_intrinsics)

#define DECLARE(name) extern const struct vvm_builtin_group vvm_##name;
GROUPS(DECLARE)

#define ENTER(name) &vvm_##name,
const struct vvm_builtin_group *const vvm_core_groups[] = {GROUPS(ENTER)};
const size_t vvm_core_group_count = sizeof vvm_core_groups / sizeof *vvm_core_groups;
