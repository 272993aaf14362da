/* The name in scope that was probably meant by one that is not. */
#include "vm/compile/resolve.h"

#include "vm/exec/prelude.h"
#include "vm/front/slips.h"

#include <string.h>

enum { SHORTEST = 3 }; /* shorter names are all alike */

static const char *nearest_in_scope(struct compiler *c, const struct scope *scope, const char *name)
{
    for (const struct variable *v = scope->variables; v; v = v->next)
        if (vvm_is_slip_of(name, symbol_text(c, v->name)))
            return symbol_text(c, v->name);
    const struct vvm_class_decl *decl = scope->class_info ? scope->class_info->class_decl : NULL;
    for (uint32_t i = 0; decl && i < decl->member_count; i++) {
        bool field = decl->members[i].kind == VVM_MEMBER_NODE_FIELD;
        vvm_symbol member = field ? decl->members[i].field.name : decl->members[i].function->name;
        if (member && vvm_is_slip_of(name, symbol_text(c, member)))
            return symbol_text(c, member);
    }
    return NULL;
}

static const char *nearest_variant(struct compiler *c, const char *name)
{
    for (const struct type_info *t = c->types; t; t = t->next)
        for (uint32_t i = 0; t->enum_decl && i < t->enum_decl->variant_count; i++)
            if (vvm_is_slip_of(name, symbol_text(c, t->enum_decl->variants[i].name)))
                return symbol_text(c, t->enum_decl->variants[i].name);
    return NULL;
}

static const char *nearest_in_prelude(struct compiler *c, const char *name)
{
    uint32_t cursor = 0;
    vvm_symbol symbol;
    vvm_value value;
    while (vvm_prelude_next(c->vm, &cursor, &symbol, &value)) {
        const char *text = symbol_text(c, symbol);
        if (strncmp(text, "__", 2) != 0 && vvm_is_slip_of(name, text))
            return text;
    }
    return NULL;
}

const char *nearest_hint(struct compiler *c, const struct scope *scope, vvm_symbol name)
{
    const char *text = symbol_text(c, name), *found = NULL;
    if (strlen(text) < SHORTEST)
        return NULL;
    for (; scope && !found; scope = scope->parent)
        found = nearest_in_scope(c, scope, text);
    if (!found)
        found = nearest_variant(c, text);
    if (!found)
        found = nearest_in_prelude(c, text);
    return found ? code_format(c, "did you mean `%s`?", found) : NULL;
}
