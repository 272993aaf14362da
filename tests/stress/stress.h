/* Stress: C tasks on the runtime's structures, judged by conservation laws.
 *
 * A scenario runs one round on a runtime of its own making and checks what must hold whatever the
 * interleaving: sent = received + buffered + undelivered, created = freed, each promise settled once.
 * Rounds are repeated with new seeds until the time is up. A round that does not end within a minute
 * counts as a hang. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdio.h>

#include "runtime/sched/runtime.h"
#include "runtime/sched/task.h"

/* One round: its seed, its runtime, and the laws' counters that all scenarios share. */
struct stress_round {
    uint64_t seed;
    struct vela_runtime *runtime;
    const char *scenario;
    bool failed;
    _Atomic uint32_t left; /* tasks that have not ended; the last one wakes the main thread */
};

/* A scenario: creates its tasks, waits for them by stress_wait, checks. Sets round->failed by stress_expect. */
typedef void (*stress_scenario)(struct stress_round *round);

/* Every counted value of a round, by the way it went. Set to 0 at the start of a round. */
struct stress_values {
    _Atomic int64_t made;
    _Atomic int64_t released;
    _Atomic int64_t unobserved;
};

extern struct stress_values stress_values;

/* A new counted value with a number, and its end. */
vela_value stress_value_make(int64_t number);
void stress_value_release(vela_value value);

/* Fails the round with a message unless `left == right`. */
void stress_expect(struct stress_round *round, const char *law, int64_t left, int64_t right);

/* Spawns a task that counts in round->left; `state` is freed when it ends. */
void stress_spawn(struct stress_round *round, vrt_task_step step, void *state, struct vrt_pool *pool);

/* To be called by the task's drop. */
void stress_task_ended(struct stress_round *round);

/* Stops the main thread until all tasks have ended; a hang ends the process. */
void stress_wait(struct stress_round *round);

/* A pseudo-random number below n from a task's own generator. */
static inline uint32_t stress_random(uint64_t *generator, uint32_t n)
{
    *generator = *generator * 6364136223846793005u + 1442695040888963407u;
    return n == 0 ? 0 : (uint32_t)((*generator >> 33) % n);
}

void stress_unbounded(struct stress_round *round);
void stress_bounded(struct stress_round *round);
void stress_rendezvous(struct stress_round *round);
void stress_timeouts(struct stress_round *round);
void stress_closing(struct stress_round *round);
void stress_promises(struct stress_round *round);
void stress_stealing(struct stress_round *round);
void stress_pools(struct stress_round *round);
void stress_loop(struct stress_round *round);

#endif
