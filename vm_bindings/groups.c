#include "vm_bindings/groups.h"

#include "vm_bindings/binding.h"

const struct vvm_builtin_group *const vbn_groups[] = {
    &vbn_worker_statics, &vbn_worker_functions, &vbn_pool_statics, &vbn_pool_methods, &vbn_division_functions,
    &vbn_promise_statics, &vbn_promise_methods,
    &vbn_future_statics, &vbn_future_methods, &vbn_future_methods_of_promise, &vbn_future_functions,
    &vbn_gate_functions, &vbn_channel_statics, &vbn_channel_methods, &vbn_channel_functions,
    &vbn_sender_methods, &vbn_receiver_methods, &vbn_time_statics, &vbn_time_functions,
    &vbn_atomic_statics, &vbn_atomic_methods, &vbn_select_functions, &vbn_task_statics, &vbn_task_functions,
    &vbn_actor_functions, &vbn_actor_methods, &vbn_actor_message_functions, &vbn_actor_wave_functions,
    &vbn_test_functions,
};
const size_t vbn_group_count = sizeof vbn_groups / sizeof *vbn_groups;
