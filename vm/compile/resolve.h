/* What the files of the resolving pass share. */
#ifndef VVM_RESOLVE_H
#define VVM_RESOLVE_H

#include "vm/compile/compiler.h"

struct walk { struct compiler *c; struct scope *scope; struct function_context *function; };

void walk(struct walk *w, struct vvm_node *node);
void walk_block(struct walk *w, struct vvm_node *block);
void walk_statements(struct walk *w, struct scope *scope, struct vvm_node_list list);
void walk_pattern(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state);
void walk_function(struct walk *w, struct vvm_function_node *node, struct function_context *context);
void walk_type_declaration(struct walk *w, struct vvm_node *node);
struct function_context *new_context(struct walk *w, struct vvm_function_node *node);
struct scope *new_scope(struct compiler *c, enum scope_kind kind, struct scope *parent,
                        struct function_context *function);
struct variable *declare(struct compiler *c, struct scope *scope, enum variable_kind kind, vvm_symbol name,
                         uint32_t offset);
void use_variable(struct walk *w, struct vvm_node *node, struct variable *variable, uint32_t offset);
struct variable *find_module_variable(struct scope *module, vvm_symbol name); /* the newest of that name */
void walk_decorators(struct walk *w, const struct vvm_attributes *attributes);
void hoist(struct walk *w, struct vvm_node_list list);
const char *nearest_hint(struct compiler *c, const struct scope *scope, vvm_symbol name); /* nearest.c; NULL: none */
/* variables ahead, then functions, types, imports */
void declare_module_scope(struct walk *w, struct vvm_node_list items);
void walk_items(struct walk *w, struct vvm_node_list items);
/* Some, None, Ok, Err: nobody can give them another meaning */
bool is_option_constructor(struct compiler *c, vvm_symbol name);

/* resolve_assign.c */
void walk_assign(struct walk *w, struct vvm_node *node);
/* of a variable without `state` */
void walk_declared_value(struct walk *w, struct vvm_node *value, struct variable *v);
struct variable *declare_local(struct walk *w, vvm_symbol name, uint32_t offset, bool is_state);
bool assigns_to(struct walk *w, struct variable *v, struct vvm_node *place); /* false: it declares one */

/* resolve_pattern.c */
struct variable *path_root(struct walk *w, struct vvm_path *path);

/* resolve_statement.c */
void walk_variable(struct walk *w, struct vvm_node *node);
void walk_destructure(struct walk *w, struct vvm_node *node);
void walk_match(struct walk *w, struct vvm_node *node);
void walk_select(struct walk *w, struct vvm_node *node);
void walk_try(struct walk *w, struct vvm_node *node);

/* resolve_function.c */
void walk_lambda(struct walk *w, struct vvm_function_node *node);
void walk_function_declaration(struct walk *w, struct vvm_node *node);
void walk_call(struct walk *w, struct vvm_node *node);
void walk_pipe(struct walk *w, struct vvm_node *node);
void walk_struct_literal(struct walk *w, struct vvm_node *node);

/* message.c */
void make_message(struct walk *w, struct vvm_node *call);       /* if its callee is a message name, not walked yet */
bool is_message(struct compiler *c, const struct vvm_node *callee); /* has it become one? */
void make_send(struct compiler *c, struct vvm_node *node);      /* `a ! m` becomes `a.send(m)` */
/* of an unknown name: false, it is no message */
bool make_message_pattern(struct walk *w, struct vvm_pattern *pattern);

#endif
