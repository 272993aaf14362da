/* All groups of built-ins of the core library. */
#include "vm/core/core.h"

#define GROUPS(V) \
    V(vvm_json_statics) \
    V(vvm_core_mark) V(vvm_intrinsics) V(vvm_whole_value_intrinsics) V(vvm_loop_group) V(vvm_entry_intrinsics) \
    V(vvm_sort_intrinsics) V(vvm_merge_sort_intrinsics) \
    V(vvm_option_intrinsics) V(vvm_text_intrinsics) V(vvm_string_join) \
    V(vvm_env_intrinsics) V(vvm_prelude_functions) V(vvm_meta_functions) V(vvm_record_intrinsics) V(vvm_any_methods) \
    V(vvm_number_methods) V(vvm_number_statics) \
    V(vvm_float_methods) V(vvm_float_statics) V(vvm_bool_methods) V(vvm_string_parts) V(vvm_string_pieces) \
    V(vvm_string_search) V(vvm_string_form) V(vvm_string_statics) V(vvm_list_methods) V(vvm_list_shape) \
    V(vvm_list_numbers) V(vvm_list_statics) V(vvm_dict_methods) V(vvm_dict_statics) V(vvm_dict_of_list) \
    V(vvm_set_methods) V(vvm_set_statics) V(vvm_set_of_list) V(vvm_set_of_set) V(vvm_set_of_range) V(vvm_set_of_tuple) \
    V(vvm_tuple_methods) V(vvm_range_methods) V(vvm_option_methods) V(vvm_option_shared) V(vvm_option_statics) \
    V(vvm_result_methods) V(vvm_result_shared) V(vvm_result_statics) V(vvm_math_statics) V(vvm_env_statics) \
    V(vvm_file_statics) V(vvm_time_statics) V(vvm_date_statics) V(vvm_duration_methods) V(vvm_duration_statics) \
    V(vvm_random_functions) V(vvm_random_statics) V(vvm_generator_methods) V(vvm_stream_intrinsics) \
    V(vvm_random_methods)

#define VVM_X(group) extern const struct vvm_builtin_group group;
GROUPS(VVM_X)
#undef VVM_X

const struct vvm_builtin_group *const vvm_core_groups[] = {
#define VVM_X(group) &group,
    GROUPS(VVM_X)
#undef VVM_X
};
const size_t vvm_core_group_count = sizeof vvm_core_groups / sizeof *vvm_core_groups;
