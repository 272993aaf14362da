/* Private to vm/core: writing to standard output and error. */
#ifndef VVM_CORE_OUTPUT_H
#define VVM_CORE_OUTPUT_H

#include "vm/core/core.h"

/* print and eprint. */
enum vvm_outcome vvm_print(struct vvm_call *call);
enum vvm_outcome vvm_eprint(struct vvm_call *call);

#endif
