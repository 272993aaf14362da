/* Tasks under stress: trees of spawns that yield and are stolen; pools that limit who runs. */
#include "tests/stress/stress.h"

#include <stdlib.h>

enum { DEPTH = 5, CHILDREN = 5, POOL_TASKS = 200, POOL_TURNS = 30 };

/* What all tasks of a round share; summed when they have ended. */
struct grove {
    struct stress_round *round;
    struct vrt_pool *pool;
    uint32_t limit;
    _Atomic int64_t born;
    _Atomic int64_t ended;
    _Atomic int64_t turns;
    _Atomic int32_t running;  /* of the pool, acq_rel */
    _Atomic int64_t too_many; /* turns that began above the limit */
};

struct tree {
    struct grove *grove;
    uint64_t generator;
    uint32_t depth;
    uint32_t turns_left;
    bool grown;
};

/* --- stealing ---------------------------------------------------------------------------------- */

static enum vrt_turn tree_step(struct vrt_task *task, void *state, struct vrt_post *delivered);

static void plant(struct grove *grove, uint64_t seed, uint32_t depth)
{
    struct tree *tree = calloc(1, sizeof *tree);
    *tree = (struct tree){.grove = grove, .generator = seed, .depth = depth};
    tree->turns_left = stress_random(&tree->generator, 6);
    vrt_atomic_add_relaxed(&grove->born, 1); /* summed at the end, as the others */
    stress_spawn(grove->round, tree_step, tree, NULL);
}

static enum vrt_turn tree_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct tree *tree = state;
    struct grove *grove = tree->grove;
    (void)task;
    (void)delivered;
    vrt_atomic_add_relaxed(&grove->turns, 1);
    if (!tree->grown && tree->depth > 0) {
        for (uint32_t i = 0; i < CHILDREN; i++) {
            plant(grove, vrt_mix(tree->generator, i), tree->depth - 1);
        }
    }
    tree->grown = true;
    if (tree->turns_left-- > 0) {
        return VRT_TURN_YIELD;
    }
    vrt_atomic_add_relaxed(&grove->ended, 1);
    stress_task_ended(grove->round);
    return VRT_TURN_END;
}

static int64_t tree_size(void)
{
    int64_t size = 0, level = 1;
    for (int depth = 0; depth <= DEPTH; depth++) {
        size += level;
        level *= CHILDREN;
    }
    return size;
}

void stress_stealing(struct stress_round *round)
{
    struct grove grove = {.round = round};
    plant(&grove, round->seed, DEPTH);
    stress_wait(round);
    stress_expect(round, "born = the tree's size", grove.born, tree_size());
    stress_expect(round, "ended = born", grove.ended, grove.born);
    stress_expect(round, "quiescent at the end", vrt_runtime_wait_quiescent(round->runtime, VRT_NEVER), 1);
    stress_expect(round, "turns counted", (int64_t)vrt_runtime_counter(round->runtime, VRT_COUNT_TURNS),
                  grove.turns);
}

/* --- pools ------------------------------------------------------------------------------------- */

static enum vrt_turn pooled_step(struct vrt_task *task, void *state, struct vrt_post *delivered)
{
    struct tree *tree = state;
    struct grove *grove = tree->grove;
    (void)task;
    (void)delivered;
    int32_t before = vrt_atomic_add_acq_rel(&grove->running, 1);
    vrt_atomic_add_relaxed(&grove->too_many, before >= (int32_t)grove->limit);
    for (uint32_t i = stress_random(&tree->generator, 200); i > 0; i--) {
        vrt_cpu_relax();
    }
    vrt_atomic_sub_acq_rel(&grove->running, 1);
    if (tree->turns_left-- > 0) {
        return VRT_TURN_YIELD;
    }
    vrt_atomic_add_relaxed(&grove->ended, 1);
    stress_task_ended(grove->round);
    return VRT_TURN_END;
}

void stress_pools(struct stress_round *round)
{
    struct grove grove = {.round = round};
    uint64_t generator = round->seed;
    grove.limit = 1 + stress_random(&generator, 3);
    grove.pool = vrt_pool_create(round->runtime, grove.limit);
    for (uint64_t i = 0; i < POOL_TASKS; i++) {
        struct tree *tree = calloc(1, sizeof *tree);
        *tree = (struct tree){.grove = &grove, .generator = vrt_mix(round->seed, i), .turns_left = POOL_TURNS};
        stress_spawn(round, pooled_step, tree, grove.pool);
    }
    stress_wait(round);
    stress_expect(round, "turns above the pool's limit", grove.too_many, 0);
    stress_expect(round, "ended = spawned", grove.ended, POOL_TASKS);
    vrt_runtime_wait_quiescent(round->runtime, VRT_NEVER);
    stress_expect(round, "active in the pool", vrt_pool_active_any(grove.pool), 0);
    vrt_pool_release(grove.pool);
}
