/* What the files that generate calls share (gen_call.c, gen_method_call.c, gen_call_form.c). */
#ifndef VVM_GEN_CALL_H
#define VVM_GEN_CALL_H

#include "vm/compile/compiler.h"

/* A call being put together: `window` is the first register of the frame window. */
struct call {
    enum vvm_opcode op;
    int window;
    uint32_t w;
    uint32_t count;          /* arguments, receiver included */
    bool tail;
    int moves;               /* arguments that wait in variables */
    struct { int argument, source; } *waiting;
};

/* Room for `count` arguments; a tail call if `to` allows it. */
void begin_call(struct compiler *c, struct call *call, uint32_t count, struct destination to);
int argument_register(const struct call *call, uint32_t index);
void wait_for(struct call *call, int argument, int source); /* the argument is moved from its variable last */
void gen_argument(struct compiler *c, struct call *call, uint32_t index, struct vvm_node *node);
void gen_arguments(struct compiler *c, struct call *call, uint32_t from, const struct vvm_arguments *arguments);
void emit_call(struct compiler *c, struct call *call, enum vvm_opcode op, int dst, uint32_t w);
void finish_call(struct compiler *c, struct call *call, enum vvm_opcode op, uint32_t w, uint32_t offset,
                 struct destination to);

bool is_plain_list(const struct vvm_arguments *arguments); /* neither names nor spreads */
uint32_t add_shape(struct compiler *c, uint32_t site, const struct vvm_arguments *arguments, uint32_t receiver,
                   vvm_symbol extra);
bool too_many(struct compiler *c, struct vvm_node *node, const struct vvm_arguments *arguments); /* reports it */

/* The element type of Channel<T>.new(…), channel<T>(…), Promise<T>(): handed over as a hidden named argument. -1:
 * none. */
int hidden_test(struct compiler *c, struct vvm_node *applied);
void gen_hidden(struct compiler *c, struct call *call, int test);

void gen_value_call(struct compiler *c, struct vvm_node *node, struct vvm_node *callee, struct destination to);
void gen_constant_call(struct compiler *c, struct vvm_node *node, vvm_value callee, int test, struct destination to);
/* false: none of Some, Ok, Err */
bool gen_option_call(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to);

/* gen_method_call.c */
void gen_method(struct compiler *c, struct vvm_node *node, struct vvm_node *object, vvm_symbol name, uint32_t offset,
                struct destination to);
void gen_optional_call(struct compiler *c, struct vvm_node *node, struct destination to); /* `o?.m(…)` */
void gen_super_method(struct compiler *c, struct vvm_node *node, vvm_symbol name, struct destination to);
void gen_super(struct compiler *c, struct vvm_node *node, struct destination to); /* the constructor above */

#endif
