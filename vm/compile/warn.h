/* The warnings, W501 to W507: what a program may do and hardly means.
 *
 * They are looked for only when they are asked for (`vela check`), in a module without errors, on its resolved tree and
 * after its types were made. What cannot be known is not warned of. A line that says `allow W503` in a comment gets no
 * W503; a value that is meant to be dropped is assigned to `_`. */
#ifndef VVM_WARN_H
#define VVM_WARN_H

#include "vm/compile/compiler.h"

#include <stdarg.h>

struct warner {
    struct compiler *c;
    struct function_context *function; /* the one being looked at */
    bool knows_all_types;              /* no type comes from another module of the program */
};

/* warn.c: looks at the whole module. */
void warn_module(struct compiler *c);
void warn(struct warner *w, const char *code, uint32_t offset, uint32_t length, const char *hint, const char *format,
          ...) __attribute__((format(printf, 6, 7)));

/* warn_match.c: W501. */
void warn_match(struct warner *w, struct vvm_node *node);

/* warn_value.c: W503 and W504, a value that nobody takes. */
void warn_dropped(struct warner *w, struct vvm_node *node);

/* warn_call.c: W506 and W507, and whether the callee drops what its callbacks give. */
bool warn_call(struct warner *w, struct vvm_node *node);

/* warn_name.c: W502 and W505. */
void warn_use(struct warner *w, struct vvm_node *node);
void warn_local(struct warner *w, struct vvm_node *node);

/* warn_type.c: what can be known of an expression's type without running it; NULL = nothing. */
struct vvm_type *warn_type_of(struct warner *w, struct vvm_node *node);
void warn_note_type(struct warner *w, struct variable *variable, struct vvm_node *value);
/* of `this` and of what a constructor made */
struct vvm_class_decl *warn_class_of(struct warner *w, struct vvm_node *node);
struct vvm_function_node *warn_method_of(struct vvm_class_decl *decl, vvm_symbol name);
bool warn_is_own_member(struct warner *w, vvm_symbol name); /* some type of the module has a member of that name */

#endif
