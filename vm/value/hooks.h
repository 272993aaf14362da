/* What values need to know from above: names and types that only the VM has.
 *
 * The interpreter defines these functions for the VM whose isolate the calling thread runs. They are
 * weak: without them (unit tests of values) texts show numbers and interface tests know records only.
 * Every answer is borrowed and lives as long as the VM. Thread: the one that runs an isolate. */
#ifndef VVM_HOOKS_H
#define VVM_HOOKS_H

#include "vm/value/type.h"

/* Text of a symbol. */
const char *vvm_symbol_name(vvm_symbol symbol) __attribute__((weak));

/* Name of the function with this id, for the text of closures. NULL: unknown. */
const char *vvm_function_name(uint32_t function_id) __attribute__((weak));

/* Name of a captured variable: what stands in slot `slot` of the environment. NULL: unknown. */
const char *vvm_capture_name(uint32_t function_id, uint32_t slot) __attribute__((weak));

/* The VM's table of known types, indexed by enum vvm_type_id. */
struct vvm_type *const *vvm_known_types(void) __attribute__((weak));

#endif
