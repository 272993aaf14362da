/* What the steps of vvm_ir_finish hand to one another.
 *
 *   flow.c       reachability, protected regions, liveness   (one pass forward, one backward)
 *   borrow.c     which projections may borrow
 *   ownership.c  who owns what: the instructions with COPY, TAKE, LEND, GIVE, DROP in place (one pass forward)
 *   encode.c     words, and the tables for unwinding, lines and handlers
 *
 * All jumps go forward, so each of these passes is exact. Sets of registers are bitsets of `words` words. */
#ifndef VVM_FLOW_H
#define VVM_FLOW_H

#include "vm/compile/ir.h"

struct vvm_vm;

#define NO_LABEL UINT32_MAX
#define SPARE_REGISTERS 16

struct flow {
    struct vvm_ir_function *ir;
    struct vvm_function *function;
    uint32_t words;           /* of a register set */
    uint32_t *label_at;       /* label -> index of its LABEL instruction */
    uint32_t *label_jumps;    /* label -> reachable jumps to it */
    uint32_t *first_jump;     /* label -> index of the first jump to it */
    uint32_t *label_slot;     /* label -> register that receives the error, if it is a handler */
    bool *label_handler;      /* label -> is the handler of a region */
    uint64_t *label_live;     /* label -> set live at it */
    bool *reached;            /* per instruction */
    bool *falls_in;           /* per LABEL instruction: the instruction before it can fall through */
    uint32_t *handler;        /* per instruction: label of the innermost region's handler, or NO_LABEL */
    uint64_t *fall;           /* per instruction: set live after it on the path that falls through */
    uint64_t *scratch_set;    /* for the backward pass */
    void *blocks[16];         /* all allocations, freed together */
    uint32_t block_count;
};

/* One finished instruction: as vvm_ir, with the owned set for unwinding. */
struct placed {
    struct vvm_ir ir;
    uint32_t mask;            /* calls */
    uint32_t owned;           /* index of its owned set, or UINT32_MAX: no entry */
};

struct placement {
    struct placed *code;
    uint32_t count, capacity;
    uint64_t *sets;           /* owned sets, `words` each */
    uint32_t set_count, set_capacity;
    uint32_t label_count;
    uint32_t register_count;
    bool failed;
};

/* Calls `visit` for every register an instruction reads; `consumed`: it is consumed. */
typedef void (*flow_visitor)(void *context, int reg, bool consumed);
void flow_uses(const struct vvm_ir *ir, void *context, flow_visitor visit);
/* The registers an instruction writes: at most two (-1 = none); a `v` or `m` operand is no new definition here. */
int flow_definition(const struct vvm_ir *ir);
bool flow_reads_callee(const struct vvm_ir *ir);
int flow_range_count(const struct vvm_ir *ir);

static inline bool set_has(const uint64_t *set, int reg) { return set[reg >> 6] >> (reg & 63) & 1; }
static inline void set_add(uint64_t *set, int reg) { set[reg >> 6] |= (uint64_t)1 << (reg & 63); }
static inline void set_remove(uint64_t *set, int reg) { set[reg >> 6] &= ~((uint64_t)1 << (reg & 63)); }
static inline uint64_t *flow_fall(const struct flow *f, uint32_t index) { return f->fall + (size_t)index * f->words; }
static inline uint64_t *flow_label(const struct flow *f, uint32_t label)
{
    return f->label_live + (size_t)label * f->words;
}
/* Is the register live after the instruction, on any path? */
static inline bool flow_live_after(const struct flow *f, uint32_t index, int reg)
{
    const struct vvm_ir *ir = &f->ir->code[index];
    if (set_has(flow_fall(f, index), reg))
        return true;
    return ir->label != NO_LABEL && (vvm_opcode_info[ir->op].flags & VVM_OP_J) &&
           set_has(flow_label(f, ir->label), reg);
}

void flow_add_handler(const struct flow *f, uint32_t label, uint64_t *live);
bool flow_analyse(struct flow *f, struct vvm_ir_function *ir, struct vvm_function *function, bool *too_large);
void flow_free(struct flow *f);
/* May the projection at `index` borrow from its base register? */
bool flow_may_borrow(const struct flow *f, uint32_t index, bool base_outlives_frame);
/* Does nothing else reach the reads of the result of `index`, neither another definition nor a change in place? */
bool flow_stands_alone(const struct flow *f, uint32_t index);
bool flow_place(struct flow *f, struct placement *out);
bool flow_encode(struct flow *f, struct placement *placed, struct vvm_vm *vm, bool *too_large);

#endif
