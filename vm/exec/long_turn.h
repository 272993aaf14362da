/* At debug level (VELA_LOG=debug) a task that has held its thread for more than a millisecond is named on standard
 * error, with the place where it stands. Thread: any worker, after the turn. */
#ifndef VVM_LONG_TURN_H
#define VVM_LONG_TURN_H

#include "runtime/sched/runtime.h"

/* For vrt_runtime_config.on_long_turn; NULL unless the level is debug. */
void (*vvm_long_turn_reporter(void))(struct vrt_isolate *isolate, uint64_t took_ns, void *user);

#endif
