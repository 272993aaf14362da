/* The stress program: stress [--seconds N] [--seed S] [--only SCENARIO]; without --seed VELA_STRESS_SEED, else 1. */
#include "tests/stress/stress.h"

#include <stdlib.h>
#include <string.h>

struct stress_values stress_values;

static const struct {
    const char *name;
    stress_scenario run;
} scenarios[] = {
    {"unbounded", stress_unbounded}, {"bounded", stress_bounded},   {"rendezvous", stress_rendezvous},
    {"timeouts", stress_timeouts},   {"closing", stress_closing},   {"promises", stress_promises},
    {"stealing", stress_stealing},   {"pools", stress_pools},       {"loop", stress_loop},
};

enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* --- values ------------------------------------------------------------------------------------ */

vela_value stress_value_make(int64_t number)
{
    vrt_atomic_add_relaxed(&stress_values.made, 1); /* summed after the round */
    return (vela_value){.tag = VELA_VALUE_HEAP_BIT, .number = number};
}

void stress_value_release(vela_value value)
{
    (void)value;
    vrt_atomic_add_relaxed(&stress_values.released, 1);
}

static vela_value make_dropped(void *context)
{
    (void)context;
    return stress_value_make(-1);
}

static void count_unobserved(void *context, vela_value error)
{
    (void)context;
    (void)error;
    vrt_atomic_add_relaxed(&stress_values.unobserved, 1);
}

static void values_reset(void)
{
    vrt_atomic_store_relaxed(&stress_values.made, 0); /* nobody else runs between two rounds */
    vrt_atomic_store_relaxed(&stress_values.released, 0);
    vrt_atomic_store_relaxed(&stress_values.unobserved, 0);
}

/* --- laws and tasks ---------------------------------------------------------------------------- */

void stress_expect(struct stress_round *round, const char *law, int64_t left, int64_t right)
{
    if (left != right) {
        fprintf(stderr, "stress: %s (seed %llu): %s: %lld is not %lld\n", round->scenario,
                (unsigned long long)round->seed, law, (long long)left, (long long)right);
        round->failed = true;
    }
}

void stress_spawn(struct stress_round *round, vrt_task_step step, void *state, struct vrt_pool *pool)
{
    struct vrt_task_config config = {.step = step, .state = state, .drop = free, .pool = pool};
    vrt_atomic_add_relaxed(&round->left, 1); /* before the task exists */
    enum vrt_status status = vrt_task_spawn_with(round->runtime, &config);
    if (status != VRT_OK) {
        fprintf(stderr, "stress: no task: %s\n", vrt_status_text(status));
        exit(1);
    }
}

void stress_task_ended(struct stress_round *round)
{
    if (vrt_atomic_sub_acq_rel(&round->left, 1) == 1) { /* publishes the task's counts to stress_wait */
        vrt_park_wake(&round->left, 1);
    }
}

void stress_wait(struct stress_round *round)
{
    uint64_t deadline_ns = vrt_deadline_after(vrt_now(), 300000000000ull);
    uint32_t left;
    while ((left = vrt_atomic_load_acquire(&round->left)) != 0) { /* pairs with stress_task_ended */
        if (!vrt_park_wait(&round->left, left, vrt_deadline_after(vrt_now(), 1000000000ull)) &&
            vrt_now() > deadline_ns) {
            fprintf(stderr, "stress: %s (seed %llu): hangs with %u tasks left\n", round->scenario,
                    (unsigned long long)round->seed, left);
            abort();
        }
    }
}

/* --- rounds ------------------------------------------------------------------------------------ */

static bool round_run(size_t index, uint64_t seed)
{
    static const struct vela_value_ops ops = {.release = stress_value_release,
                                              .promise_dropped = make_dropped,
                                              .unobserved = count_unobserved};
    struct vrt_runtime_config config = {.workers = 1 + (uint32_t)(seed % 4), .seed = seed, .value_ops = &ops};
    struct stress_round round = {.seed = seed, .scenario = scenarios[index].name};
    values_reset();
    round.runtime = vrt_runtime_create(&config);
    if (round.runtime == NULL) {
        fprintf(stderr, "stress: no runtime\n");
        return false;
    }
    scenarios[index].run(&round);
    vrt_runtime_destroy(round.runtime);
    stress_expect(&round, "values made = values released", stress_values.made, stress_values.released);
    return !round.failed;
}

struct options {
    uint64_t seconds;
    uint64_t seed;
    const char *only;
};

static bool read_options(int count, char **words, struct options *options)
{
    const char *seed = getenv("VELA_STRESS_SEED");
    *options = (struct options){.seconds = 10, .seed = seed != NULL ? strtoull(seed, NULL, 10) : 1};
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--seconds") == 0) {
            options->seconds = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--seed") == 0) {
            options->seed = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--only") == 0) {
            options->only = words[i + 1];
        } else {
            return false;
        }
    }
    return count % 2 == 1;
}

static bool wanted(const struct options *options, size_t index)
{
    return options->only == NULL || strcmp(options->only, scenarios[index].name) == 0;
}

/* Runs rounds until the time is up, each scenario at least once. */
static bool run_all(const struct options *options, uint64_t rounds[SCENARIOS])
{
    uint64_t end_ns = vrt_now() + options->seconds * 1000000000ull;
    for (uint64_t n = 0; n == 0 || vrt_now() < end_ns; n++) {
        for (size_t i = 0; i < SCENARIOS && (n == 0 || vrt_now() < end_ns); i++) {
            if (!wanted(options, i)) {
                continue;
            }
            if (!round_run(i, vrt_mix(options->seed, n * SCENARIOS + i))) {
                return false;
            }
            rounds[i]++;
        }
    }
    return true;
}

int main(int count, char **words)
{
    struct options options;
    uint64_t rounds[SCENARIOS] = {0};
    if (!read_options(count, words, &options)) {
        fprintf(stderr, "usage: stress [--seconds N] [--seed S] [--only SCENARIO]\n");
        return 2;
    }
    bool passed = run_all(&options, rounds);
    for (size_t i = 0; i < SCENARIOS; i++) {
        if (wanted(&options, i)) {
            printf("%-11s %6llu rounds\n", scenarios[i].name, (unsigned long long)rounds[i]);
        }
    }
    printf("stress: %s\n", passed ? "all laws hold" : "FAILED");
    return passed ? 0 : 1;
}
