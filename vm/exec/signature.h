/* Private to vm: what a built-in's signature says.
 *
 * A signature is read where it is needed (errors, named arguments, registration): it is a static text such as
 * `padStart(n: Number, fill: String = " ") -> String`. Names compare without regard to spelling: padStart =
 * pad_start. */
#ifndef VVM_SIGNATURE_H
#define VVM_SIGNATURE_H

#include "vm/core/builtin.h"

struct vvm_words { const char *text; size_t length; };

/* The name before the parameters. */
struct vvm_words vvm_signature_name(const char *signature);

/* The n-th parameter's name; length 0 = there is none. *rest: it is written `...name`. */
struct vvm_words vvm_signature_parameter(const char *signature, uint32_t index, bool *rest);

/* True if two names are the same but for camelCase and snake_case. */
bool vvm_same_spelling(const char *a, size_t a_length, const char *b, size_t b_length);

/* Both spellings of a name; out has room for twice its length + 1. Returns false if they are the same. */
bool vvm_other_spelling(struct vvm_words name, char *out);

#endif
