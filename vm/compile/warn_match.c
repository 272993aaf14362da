/* W501: a match on an enum, Option, Result or Bool that leaves values out.
 *
 * The arms without a guard form a matrix of patterns with one column. A column is taken apart by the constructors of
 * its domain: for each one the rows that may match it are kept, with its fields as new columns. A constructor for which
 * no row is left is missing, and the way to it says how the missing value looks. What only a type test or a record
 * could tell is taken to match: the checker knows the patterns, not the types. */
#include "vm/compile/warn.h"

#include <stdio.h>
#include <string.h>

enum domain_kind {
    DOMAIN_NONE,
    DOMAIN_OPEN,
    DOMAIN_MIXED,
    DOMAIN_ENUM,
    DOMAIN_OPTION,
    DOMAIN_RESULT,
    DOMAIN_BOOL,
    DOMAIN_TUPLE
};
struct domain {
    enum domain_kind kind;
    struct vvm_type *type;
    uint32_t count; /* constructors; of a tuple its length */
};
struct matrix { uint32_t rows, columns; struct vvm_pattern **cells; }; /* NULL: matches everything */
struct search { struct warner *w; uint32_t steps; };

enum { STEPS_MAX = 4000, ROWS_MAX = 1000, TEXT_MAX = 120 };

static struct vvm_pattern *strip(struct search *s, struct vvm_pattern *pattern);

/* ---- Patterns ---- */

static struct vvm_type *enum_named(struct warner *w, const struct vvm_path *path)
{
    const struct variable *v = note_get(w->c, path);
    struct vvm_type *type = !v ? NULL : v->kind == VARIABLE_TYPE && v->type ? v->type->type
                            : v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE) ? v->value.object : NULL;
    return type && path->count == 2 && type->kind == VVM_TYPE_ENUM ? type : NULL;
}

static uint32_t variant_named(const struct vvm_type *type, vvm_symbol name)
{
    uint32_t i = 0;
    while (i < type->variant_count && type->variants[i].name != name)
        i++;
    return i;
}

/* What a constructor pattern builds: which constructor of which domain. */
static struct domain constructor_of(struct search *s, const struct vvm_pattern *pattern, uint32_t *index)
{
    const struct compiler_names *n = names(s->w->c);
    const struct vvm_path *path = &pattern->fields.path;
    vvm_symbol name = path->symbols[path->count - 1];
    const struct variable *v = note_get(s->w->c, path);
    struct vvm_type *type = enum_named(s->w, path);
    *index = name == n->none || name == n->err;
    if (name == n->some || name == n->none)
        return (struct domain){DOMAIN_OPTION, NULL, 2};
    if (name == n->ok || name == n->err)
        return (struct domain){DOMAIN_RESULT, NULL, 2};
    if (type)
        *index = variant_named(type, name);
    if (!type && v && v->kind == VARIABLE_VARIANT && v->type->type) {
        type = v->type->type;
        *index = v->variant;
    }
    if (type && *index < type->variant_count)
        return (struct domain){DOMAIN_ENUM, type, type->variant_count};
    return (struct domain){.kind = DOMAIN_OPEN};
}

static struct domain head_of(struct search *s, const struct vvm_pattern *pattern, uint32_t *index)
{
    *index = 0;
    if (pattern->kind == VVM_PATTERN_CONSTRUCTOR)
        return constructor_of(s, pattern, index);
    if (pattern->kind == VVM_PATTERN_TUPLE)
        return (struct domain){DOMAIN_TUPLE, NULL, pattern->items.count};
    if (pattern->kind != VVM_PATTERN_LITERAL || pattern->literal->kind != VVM_NODE_BOOL)
        return (struct domain){.kind = DOMAIN_OPEN};
    *index = !pattern->literal->boolean;
    return (struct domain){DOMAIN_BOOL, NULL, 2};
}

static bool fields_match_all(struct search *s, const struct vvm_pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++)
        if (strip(s, pattern->fields.fields[i].pattern))
            return false;
    return true;
}

static bool is_type_test(struct search *s, const struct vvm_pattern *pattern)
{
    uint32_t index;
    const struct variable *v = note_get(s->w->c, &pattern->fields.path);
    bool type = v && (v->kind == VARIABLE_TYPE || (v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE)));
    return type && constructor_of(s, pattern, &index).kind == DOMAIN_OPEN;
}

/* The pattern without names; NULL if it matches everything. */
static struct vvm_pattern *strip(struct search *s, struct vvm_pattern *pattern)
{
    while (pattern && pattern->kind == VVM_PATTERN_AT)
        pattern = pattern->at.inner;
    switch (pattern ? pattern->kind : VVM_PATTERN_WILDCARD) {
    case VVM_PATTERN_WILDCARD: case VVM_PATTERN_BIND: case VVM_PATTERN_REST: return NULL;
    case VVM_PATTERN_LIST:
        return pattern->items.count == 1 && pattern->items.items[0]->kind == VVM_PATTERN_REST ? NULL : pattern;
    case VVM_PATTERN_RECORD: return fields_match_all(s, pattern) ? NULL : pattern;
    case VVM_PATTERN_CONSTRUCTOR: return is_type_test(s, pattern) && fields_match_all(s, pattern) ? NULL : pattern;
    default: return pattern;
    }
}

/* ---- Matrices ---- */

static struct matrix matrix_new(struct search *s, uint32_t rows, uint32_t columns)
{
    struct matrix m = {0, columns, NULL};
    m.cells = compile_alloc(s->w->c, ((size_t)rows * columns + 1) * sizeof *m.cells);
    return m;
}

/* A row for each alternative of its first pattern; false if there are too many. */
static bool add_row(struct search *s, struct matrix *m, struct vvm_pattern *first, struct vvm_pattern **rest)
{
    first = strip(s, first);
    if (first && first->kind == VVM_PATTERN_OR) {
        for (uint32_t i = 0; i < first->items.count; i++)
            if (!add_row(s, m, first->items.items[i], rest))
                return false;
        return true;
    }
    if (m->rows == ROWS_MAX)
        return false;
    struct vvm_pattern **row = m->cells + (size_t)m->rows++ * m->columns;
    row[0] = first;
    if (m->columns > 1)
        memcpy(row + 1, rest, (m->columns - 1) * sizeof *row);
    return true;
}

/* The same rows, the alternatives of the first column taken apart; no cells if there are too many. */
static struct matrix take_apart(struct search *s, const struct matrix *m)
{
    struct matrix out = matrix_new(s, ROWS_MAX, m->columns);
    for (uint32_t i = 0; i < m->rows; i++)
        if (!add_row(s, &out, m->cells[(size_t)i * m->columns], m->cells + (size_t)i * m->columns + 1))
            return (struct matrix){0};
    return out;
}

static struct domain domain_of(struct search *s, const struct matrix *m)
{
    struct domain all = {.kind = DOMAIN_NONE};
    for (uint32_t i = 0; i < m->rows; i++) {
        const struct vvm_pattern *pattern = m->cells[(size_t)i * m->columns];
        uint32_t index;
        struct domain one = pattern ? head_of(s, pattern, &index) : all;
        if (all.kind == DOMAIN_NONE)
            all = one;
        else if (one.kind != all.kind || one.type != all.type || one.count != all.count)
            return (struct domain){.kind = DOMAIN_MIXED};
    }
    return all;
}

static uint32_t arity_of(const struct domain *domain, uint32_t index)
{
    switch (domain->kind) {
    case DOMAIN_ENUM: return domain->type->variants[index].field_count;
    case DOMAIN_OPTION: return index == 0;
    case DOMAIN_RESULT: return 1;
    case DOMAIN_TUPLE: return domain->count;
    default: return 0;
    }
}

/* Puts the parts of a pattern at the places of the fields. */
static void spread_fields(const struct domain *domain, uint32_t index, const struct vvm_pattern *pattern,
                          struct vvm_pattern **out, uint32_t arity)
{
    const struct vvm_field *fields = domain->kind == DOMAIN_ENUM ? domain->type->variants[index].fields : NULL;
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        const struct vvm_pattern_field *field = &pattern->fields.fields[i];
        bool behind = pattern->fields.has_rest && i >= pattern->fields.rest_index;
        uint32_t at = behind ? arity - (pattern->fields.count - i) : i;
        for (uint32_t k = 0; field->label && fields && k < arity; k++)
            if (fields[k].name == field->label)
                at = k;
        if (at < arity)
            out[at] = field->pattern;
    }
}

/* The rows that may match constructor `index`, its fields in the place of the first column. */
static struct matrix specialise(struct search *s, const struct matrix *m, const struct domain *domain, uint32_t index)
{
    uint32_t arity = arity_of(domain, index), chosen;
    struct matrix out = matrix_new(s, m->rows, m->columns - 1 + arity);
    for (uint32_t i = 0; i < m->rows; i++) {
        struct vvm_pattern **from = m->cells + (size_t)i * m->columns,
                           **row = out.cells + (size_t)out.rows * out.columns;
        if (from[0] && (head_of(s, from[0], &chosen), domain->kind != DOMAIN_TUPLE && chosen != index))
            continue;
        if (from[0] && domain->kind == DOMAIN_TUPLE)
            memcpy(row, from[0]->items.items, arity * sizeof *row);
        else if (from[0] && from[0]->kind == VVM_PATTERN_CONSTRUCTOR)
            spread_fields(domain, index, from[0], row, arity);
        memcpy(row + arity, from + 1, (m->columns - 1) * sizeof *row);
        out.rows++;
    }
    return out;
}

/* ---- The search ---- */

static const char *constructor_name(struct search *s, const struct domain *domain, uint32_t index)
{
    switch (domain->kind) {
    case DOMAIN_ENUM: return symbol_text(s->w->c, domain->type->variants[index].name);
    case DOMAIN_OPTION: return index ? "None" : "Some";
    case DOMAIN_RESULT: return index ? "Err" : "Ok";
    case DOMAIN_BOOL: return index ? "false" : "true";
    default: return "";
    }
}

/* `Name(part, part)` from the texts of its fields. */
static const char *describe(struct search *s, const struct domain *domain, uint32_t index, const char **parts)
{
    char *text = compile_alloc(s->w->c, TEXT_MAX);
    uint32_t arity = arity_of(domain, index);
    size_t used = (size_t)snprintf(text, TEXT_MAX, "%s%s", constructor_name(s, domain, index), arity ? "(" : "");
    for (uint32_t i = 0; i < arity && used < TEXT_MAX; i++)
        used += (size_t)snprintf(text + used, TEXT_MAX - used, "%s%s", i ? ", " : "", parts[i]);
    if (arity && used < TEXT_MAX)
        snprintf(text + used, TEXT_MAX - used, ")");
    return text;
}

static const char **find_missing(struct search *s, const struct matrix *m);

/* The first column's text, then those of the rest. */
static const char **prepend(struct search *s, const char *text, const char **rest, uint32_t count)
{
    const char **all = compile_alloc(s->w->c, (count + 1) * sizeof *all);
    all[0] = text;
    memcpy(all + 1, rest, count * sizeof *all);
    return all;
}

static const char **missing_of(struct search *s, const struct matrix *m, const struct domain *domain, uint32_t index)
{
    struct matrix inner = specialise(s, m, domain, index);
    const char **parts = find_missing(s, &inner);
    return parts ? prepend(s, describe(s, domain, index, parts), parts + arity_of(domain, index), m->columns - 1)
                 : NULL;
}

static const char **missing_default(struct search *s, const struct matrix *m)
{
    struct matrix rest = matrix_new(s, m->rows, m->columns - 1);
    for (uint32_t i = 0; i < m->rows; i++)
        if (!m->cells[(size_t)i * m->columns])
            memcpy(rest.cells + (size_t)rest.rows++ * rest.columns, m->cells + (size_t)i * m->columns + 1,
                   rest.columns * sizeof *rest.cells);
    const char **parts = find_missing(s, &rest);
    return parts ? prepend(s, "_", parts, rest.columns) : NULL;
}

/* How values look that no row matches, one text per column; NULL: there are none, or it cannot be told. */
static const char **find_missing(struct search *s, const struct matrix *m)
{
    if (++s->steps > STEPS_MAX)
        return NULL;
    if (m->columns == 0)
        return m->rows ? NULL : compile_alloc(s->w->c, sizeof(char *));
    struct matrix rows = take_apart(s, m);
    struct domain domain = domain_of(s, &rows);
    if (!rows.cells || domain.kind == DOMAIN_MIXED)
        return NULL;
    if (domain.kind == DOMAIN_NONE || domain.kind == DOMAIN_OPEN)
        return missing_default(s, &rows);
    const char **found = NULL;
    for (uint32_t i = 0; !found && i < (domain.kind == DOMAIN_TUPLE ? 1 : domain.count); i++)
        found = missing_of(s, &rows, &domain, i);
    return found;
}

static bool is_finite(const struct domain *domain)
{
    return domain->kind == DOMAIN_ENUM || domain->kind == DOMAIN_OPTION || domain->kind == DOMAIN_RESULT ||
           domain->kind == DOMAIN_BOOL;
}

void warn_match(struct warner *w, struct vvm_node *node)
{
    struct search s = {.w = w};
    struct matrix arms = matrix_new(&s, node->match.count, 1);
    for (uint32_t i = 0; i < node->match.count; i++)
        if (!node->match.arms[i].guard)
            arms.cells[arms.rows++] = node->match.arms[i].pattern;
    struct matrix rows = take_apart(&s, &arms);
    struct domain domain = rows.cells ? domain_of(&s, &rows) : (struct domain){0};
    char text[300] = "";
    for (uint32_t i = 0; is_finite(&domain) && i < domain.count && strlen(text) < 200; i++) {
        const char **missing = missing_of(&s, &rows, &domain, i);
        size_t used = strlen(text);
        if (missing)
            snprintf(text + used, sizeof text - used, "%s`%s`", used ? ", " : "", missing[0]);
    }
    if (text[0])
        warn(w, "W501", node->offset, 5, "add the arms, or `_ => …` for the rest", "the match leaves out %s", text);
}
