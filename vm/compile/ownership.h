/* What the files of the ownership pass share (ownership.c tells what it does). */
#ifndef VVM_OWNERSHIP_H
#define VVM_OWNERSHIP_H

#include "vm/compile/flow.h"
#include "vm/value/type.h"

/* What a register holds. WHOLE is a plain Number, REAL a Float, TRUTH a Bool, NUMERIC one of them or void; SCALAR
 * anything uncounted or immortal; PARAMETER what the frame's mask tells; GIVEN an argument in a call's window, as the
 * mask will tell. */
enum class { DEAD, WHOLE, REAL, TRUTH, NUMERIC, SCALAR, OWNED, PARAMETER, BORROWED_FRAME, BORROWED_LOCAL, GIVEN };

struct stub { uint32_t label, target, first, count; };

struct owner {
    struct flow *f;
    struct placement *out;
    uint8_t *now;              /* class of each register */
    uint64_t *owned;           /* the registers of class OWNED */
    struct held **at_label;    /* label -> what is held there, or NULL */
    uint16_t *handler_drops;   /* label -> parameters that die on the way to the handler */
    uint32_t *last_stub;       /* label -> newest stub that leads to it, + 1 */
    struct stub *stubs; uint32_t stub_count, stub_capacity;
    int *drops; uint32_t drop_count, drop_capacity; /* of the stubs: registers, ~register for parameters */
    uint32_t last_set;         /* last owned set made */
    uint16_t stored;           /* parameters that got another value somewhere */
    uint16_t kept;             /* arguments of the coming TSELF that stand where they are wanted */
    int scratch, scratch_top;  /* next register for copies, above all others */
    uint32_t position;
    bool leaving;              /* a return follows: the frame's exit releases the parameters */
    bool wide;                 /* registers above 255 in byte operands: no twins that skip one word */
    bool failed;
};

static inline const struct vvm_opcode_info *info_of(const struct vvm_ir *ir) { return &vvm_opcode_info[ir->op]; }

static inline bool is_scalar(uint8_t class) { return class <= SCALAR; }
static inline bool is_plain(uint8_t class) { return class >= WHOLE && class <= NUMERIC; }
static inline bool is_borrowed(uint8_t class) { return class == BORROWED_FRAME || class == BORROWED_LOCAL; }
static inline bool needs_drop(uint8_t class) { return class == OWNED || class == PARAMETER; }
static inline bool is_parameter(const struct owner *o, int reg)
{
    return reg < VVM_MASK_BITS && (uint32_t)reg < o->f->ir->parameter_count;
}

/* ---- ownership.c ---- */

void own_hold(struct owner *o, int reg, uint8_t class);
enum vvm_opcode own_transfer(uint8_t class, bool dies);
/* The register the consumed value of `reg` is in: its own if it dies here, else a copy's. again: it is read once more
 * here. */
int own_consume(struct owner *o, uint32_t index, int reg, bool again);
uint8_t checked_class(const struct vvm_function *function, int check);

/* ---- ownership_edge.c: placing instructions; drops; edges that drop; joins ---- */

struct placed *own_place(struct owner *o, struct vvm_ir ir, uint32_t owned); /* owned: of owned_set */
void own_put(struct owner *o, enum vvm_opcode op, int a, int b, int c);
uint32_t owned_set(struct owner *o); /* the registers owned here, for the table for unwinding */
int take_scratch(struct owner *o, int count);
bool handler_reads(const struct flow *f, uint32_t index, int reg);
bool lives_on(const struct flow *f, uint32_t index, int reg);
bool leaves_at(const struct flow *f, uint32_t index);
void own_drop(struct owner *o, int reg);
void own_drop_old(struct owner *o, int reg); /* what a register holds that is about to be written */
void own_drop_list(struct owner *o, const int *regs, int count);
void own_drop_dead(struct owner *o, const uint64_t *live);
uint32_t remember_drops(struct owner *o, const uint64_t *live, bool leaving);
uint32_t stub_to(struct owner *o, uint32_t target, uint32_t first, uint32_t count);
void place_stubs(struct owner *o);
bool has_one_way(const struct flow *f, uint32_t label);
void join_label(struct owner *o, uint32_t label); /* from a jump */
void take_label(struct owner *o, uint32_t label); /* on reaching it */
void join_handler(struct owner *o, uint32_t index);

/* ---- ownership_call.c: moves, arguments, returns, calls ---- */

void own_store(struct owner *o, int reg, int from, uint8_t class);
void place_read(struct owner *o, uint32_t index, int reg);
void place_move(struct owner *o, uint32_t index, const struct vvm_ir *ir);
void place_default(struct owner *o, uint32_t index, const struct vvm_ir *ir);
void place_argument(struct owner *o, uint32_t index, const struct vvm_ir *ir);
void place_return(struct owner *o, const struct vvm_ir *ir);
uint32_t consume_window(struct owner *o, struct vvm_ir *ir); /* its values leave the frame; the call's mask */
uint32_t checks_passed(const struct owner *o, const struct vvm_ir *ir);
uint8_t plain_form(const struct owner *o, uint8_t op);

#endif
