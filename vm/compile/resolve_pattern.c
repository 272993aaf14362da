/* The resolving pass: the variables that patterns bind. */
#include "vm/compile/resolve.h"

static void bind_name(struct walk *w, struct vvm_pattern *pattern, vvm_symbol name, bool assigns, bool is_state)
{
    if (!name || name == names(w->c)->underscore)
        return;
    if (assigns && !is_state) {
        struct variable *v = resolve_name(w->c, w->scope, name, w->function);
        struct vvm_node place = {.offset = pattern->offset, .length = pattern->length};
        if (assigns_to(w, v, &place)) {
            bool read = v->read;
            use_variable(w, NULL, v, pattern->offset);
            v->read = read || v->kind == VARIABLE_MEMBER;
            note_set(w->c, pattern, v);
            return;
        }
    }
    note_set(w->c, pattern, declare_local(w, name, pattern->offset, is_state));
}

/* What a pattern's path begins with. The names of namespaces before it are taken off the path. */
struct variable *path_root(struct walk *w, struct vvm_path *path)
{
    struct variable *v = note_get(w->c, path);
    uint32_t used;
    if (v)
        return v;
    v = resolve_path(w->c, w->scope, path, &used);
    if (v && v->kind == VARIABLE_NAMESPACE && used < path->count)
        report_no_member(w->c, v, path->symbols[used], path->span);
    path->symbols += used - 1;
    path->count -= used - 1;
    if (v)
        note_set(w->c, path, v);
    return v;
}

/* `label: P` where P is just the name of a type tests the type and binds the label. */
static bool binds_label(struct walk *w, struct vvm_pattern_field *field)
{
    struct vvm_pattern *p = field->pattern;
    if (!field->label || p->kind != VVM_PATTERN_CONSTRUCTOR || p->fields.form != VVM_CONSTRUCTOR_BARE)
        return false;
    struct variable *v = path_root(w, &p->fields.path);
    return v && p->fields.path.count == 1 &&
           (v->kind == VARIABLE_TYPE || (v->kind == VARIABLE_PRELUDE && vvm_is_plain(v->value, VVM_TYPE)));
}

static void walk_fields(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        struct vvm_pattern_field *field = &pattern->fields.fields[i];
        if (binds_label(w, field))
            note_set(w->c, &field->span, declare_local(w, field->label, field->span.offset, is_state));
        walk_pattern(w, field->pattern, assigns, is_state);
    }
    if (pattern->fields.has_rest)
        bind_name(w, pattern, pattern->fields.rest, assigns, is_state);
}

/* The alternatives bind the same names: the first one declares them, the others reuse them. */
static void reuse_names(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before);

static uint32_t count_labels(struct walk *w, struct vvm_pattern *pattern);

static uint32_t count_labels_of_list(struct walk *w, struct vvm_pattern_list list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list.count; i++)
        count += count_labels(w, list.items[i]);
    return count;
}

static uint32_t count_labels_of_fields(struct walk *w, struct vvm_pattern *pattern)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < pattern->fields.count; i++)
        count += binds_label(w, &pattern->fields.fields[i]) + count_labels(w, pattern->fields.fields[i].pattern);
    return count;
}

/* How many labels it binds. */
static uint32_t count_labels(struct walk *w, struct vvm_pattern *pattern)
{
    switch (pattern->kind) {
    case VVM_PATTERN_AT: return count_labels(w, pattern->at.inner);
    case VVM_PATTERN_OR: return count_labels(w, pattern->items.items[0]);
    case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST: return count_labels_of_list(w, pattern->items);
    case VVM_PATTERN_RECORD: case VVM_PATTERN_CONSTRUCTOR: return count_labels_of_fields(w, pattern);
    default: return 0;
    }
}

static void report_names_differ(struct walk *w, uint32_t offset, uint32_t length)
{
    compile_error(w->c, "E212", offset, length, NULL, "the alternatives of a pattern must bind the same names");
}

/* What the parser could not see: of labels only what their type's name means tells whether they are bound. */
static void walk_or(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    struct variable *before = w->scope->variables;
    struct vvm_pattern *first = pattern->items.items[0];
    walk_pattern(w, first, assigns, is_state);
    struct variable *newest = w->scope->variables;
    uint32_t labels = count_labels(w, first);
    for (uint32_t i = 1; i < pattern->items.count; i++) {
        struct vvm_pattern *item = pattern->items.items[i];
        reuse_names(w, item, newest, before);
        if (count_labels(w, item) != labels)
            report_names_differ(w, item->offset, item->length);
    }
}

static struct variable *find_bound(struct variable *newest, struct variable *before, vvm_symbol name)
{
    for (struct variable *v = newest; v != before; v = v->next)
        if (v->name == name)
            return v;
    return NULL;
}

static void reuse_list(struct walk *w, struct vvm_pattern_list list, struct variable *newest, struct variable *before)
{
    for (uint32_t i = 0; i < list.count; i++)
        reuse_names(w, list.items[i], newest, before);
}

static void walk_range(struct walk *w, struct vvm_pattern *pattern)
{
    walk(w, pattern->range.start);
    walk(w, pattern->range.end);
}

static void walk_constructor(struct walk *w, struct vvm_pattern *pattern)
{
    struct vvm_path *path = &pattern->fields.path;
    if (is_option_constructor(w->c, path->symbols[path->count - 1]))
        return;
    struct variable *v = path_root(w, path);
    if (!v && make_message_pattern(w, pattern))
        return;
    bool known = v && v->kind != VARIABLE_FUNCTION && v->kind != VARIABLE_NAMESPACE && v->kind != VARIABLE_MEMBER &&
                 !(v->kind == VARIABLE_LOCAL && v->is_state);
    if (!known) {
        compile_error(w->c, "E211", pattern->offset, path->span.length,
                      "a name that is to be bound starts with a lower-case letter",
                      "`%s` is no variant, type or module variable", symbol_text(w->c, path->symbols[0]));
        return;
    }
    use_variable(w, NULL, v, pattern->offset);
}

static void reuse_fields(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before)
{
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        struct vvm_pattern_field *field = &pattern->fields.fields[i];
        struct variable *bound = binds_label(w, field) ? find_bound(newest, before, field->label) : NULL;
        if (bound)
            note_set(w->c, &field->span, bound);
        else if (binds_label(w, field))
            report_names_differ(w, field->span.offset, field->span.length);
        reuse_names(w, field->pattern, newest, before);
    }
}

static void reuse_names(struct walk *w, struct vvm_pattern *pattern, struct variable *newest, struct variable *before)
{
    vvm_symbol name = 0;
    switch (pattern->kind) {
    case VVM_PATTERN_BIND: name = pattern->bind.symbol; break;
    case VVM_PATTERN_REST: name = pattern->rest; break;
    case VVM_PATTERN_AT:
        name = pattern->at.symbol;
        reuse_names(w, pattern->at.inner, newest, before);
        break;
    case VVM_PATTERN_OR: case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        reuse_list(w, pattern->items, newest, before);
        break;
    case VVM_PATTERN_RANGE:
        walk_range(w, pattern);
        break;
    case VVM_PATTERN_CONSTRUCTOR:
        name = pattern->fields.rest;
        walk_constructor(w, pattern);
        reuse_fields(w, pattern, newest, before);
        break;
    case VVM_PATTERN_RECORD:
        name = pattern->fields.rest;
        reuse_fields(w, pattern, newest, before);
        break;
    default:
        break;
    }
    struct variable *v = name ? find_bound(newest, before, name) : NULL;
    if (v) {
        note_set(w->c, pattern, v);
        note_set(w->c, &pattern->length, v); /* marks: bound here although declared in another alternative */
    }
}

void walk_pattern(struct walk *w, struct vvm_pattern *pattern, bool assigns, bool is_state)
{
    switch (pattern->kind) {
    case VVM_PATTERN_BIND:
        bind_name(w, pattern, pattern->bind.symbol, assigns, is_state);
        break;
    case VVM_PATTERN_REST:
        bind_name(w, pattern, pattern->rest, assigns, is_state);
        break;
    case VVM_PATTERN_AT:
        walk_pattern(w, pattern->at.inner, assigns, is_state);
        bind_name(w, pattern, pattern->at.symbol, assigns, is_state);
        break;
    case VVM_PATTERN_OR:
        walk_or(w, pattern, assigns, is_state);
        break;
    case VVM_PATTERN_TUPLE: case VVM_PATTERN_LIST:
        for (uint32_t i = 0; i < pattern->items.count; i++)
            walk_pattern(w, pattern->items.items[i], assigns, is_state);
        break;
    case VVM_PATTERN_RANGE:
        walk_range(w, pattern);
        break;
    case VVM_PATTERN_RECORD:
        walk_fields(w, pattern, assigns, is_state);
        break;
    case VVM_PATTERN_CONSTRUCTOR:
        walk_constructor(w, pattern);
        walk_fields(w, pattern, assigns, is_state);
        break;
    default:
        break;
    }
}
