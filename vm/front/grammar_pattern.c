/* Patterns (language.md 2.7). */
#include <string.h>

#include "vm/front/grammar.h"

static struct vvm_pattern *parse_single(struct vvm_parser *p);

/* ---- Literals and ranges ----------------------------------------------------------------------------------- */

struct vvm_node *vvm_parse_number(struct vvm_parser *p, bool negative) {
    const struct vvm_token *token = p->token;
    struct vvm_node *node;
    if (vvm_accept(p, VVM_TOKEN_FLOAT)) {
        node = vvm_node_new(p, VVM_NODE_FLOAT, token->offset);
        node->real = negative ? -token->real : token->real;
        return node;
    }
    if (!vvm_expect(p, VVM_TOKEN_NUMBER))
        return vvm_node_new(p, VVM_NODE_VOID, token->offset);
    if (token->flags & VVM_TOKEN_MINIMUM && !negative)
        vvm_report(p, "E103", vvm_span_of(token), "the largest Number is 9223372036854775807", "number too large");
    node = vvm_node_new(p, VVM_NODE_NUMBER, token->offset);
    node->number = negative ? (int64_t)(0 - (uint64_t)token->number) : token->number;
    return node;
}

static bool at_range(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_RANGE) || vvm_at(p, VVM_TOKEN_RANGE_TO);
}

static bool path_is_upper(const struct vvm_parser *p, const struct vvm_path *path) {
    return path->count > 0 && vvm_is_upper(p, path->symbols[path->count - 1]);
}

/* `a.B.C` as an expression, for the ends of a range. */
static struct vvm_node *path_node(struct vvm_parser *p, const struct vvm_path *path) {
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_NAME, path->span.offset);
    uint32_t outer = vvm_parser_begin(p);
    node->symbol = path->count ? path->symbols[0] : VVM_NO_SYMBOL;
    for (uint32_t i = 1; i < path->count; i++) {
        struct vvm_node *member = vvm_node_new(p, VVM_NODE_MEMBER, path->span.offset);
        member->member.object = node;
        member->member.symbol = path->symbols[i];
        member->member.name_span = path->span;
        vvm_parser_taller(p);
        node = member;
    }
    vvm_parser_merge(p, outer);
    return node;
}

/* PatEnd. */
static struct vvm_node *parse_range_end(struct vvm_parser *p) {
    bool negative = vvm_accept(p, VVM_TOKEN_MINUS);
    if (negative || vvm_at(p, VVM_TOKEN_NUMBER) || vvm_at(p, VVM_TOKEN_FLOAT))
        return vvm_parse_number(p, negative);
    if (vvm_at(p, VVM_TOKEN_STRING))
        return vvm_parse_string(p);
    const struct vvm_token *name = p->token;
    struct vvm_path path = vvm_at_name(p) ? vvm_parse_path(p) : (struct vvm_path){0};
    if (path_is_upper(p, &path))
        return path_node(p, &path);
    if (path.count)
        vvm_parse_fail(p, "E109", vvm_span_of(name), "compare in a guard: `n if n < limit`",
                       "the end of a range pattern is a literal or starts with an upper-case letter");
    vvm_fail_expected(p, "the end of the range");
    return vvm_node_new(p, VVM_NODE_VOID, p->token->offset);
}

static uint32_t code_points(const struct vvm_text *text) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < text->length; i++)
        count += ((unsigned char)text->bytes[i] & 0xC0) != 0x80;
    return count;
}

static void check_range_end(struct vvm_parser *p, const struct vvm_node *end) {
    if (end->kind == VVM_NODE_STRING && code_points(&end->text) != 1)
        vvm_report(p, "E109", (struct vvm_span){end->offset, end->length}, NULL,
                   "the ends of a range pattern are numbers, one-character strings or constants");
}

static struct vvm_pattern *finish_range(struct vvm_parser *p, struct vvm_node *start) {
    bool inclusive = vvm_advance(p)->kind == VVM_TOKEN_RANGE_TO;
    struct vvm_node *end = parse_range_end(p);
    check_range_end(p, start);
    check_range_end(p, end);
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_RANGE, start->offset);
    pattern->range.start = start;
    pattern->range.end = end;
    pattern->range.inclusive = inclusive;
    return pattern;
}

static struct vvm_pattern *literal_or_range(struct vvm_parser *p, struct vvm_node *literal, uint32_t offset) {
    literal->offset = offset;
    vvm_node_end(p, literal);
    if (at_range(p))
        return finish_range(p, literal);
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_LITERAL, offset);
    pattern->literal = literal;
    return pattern;
}

static struct vvm_pattern *parse_literal(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    struct vvm_node *literal;
    if (vvm_at_word(p, VVM_WORD_TRUE) || vvm_at_word(p, VVM_WORD_FALSE)) {
        bool value = vvm_advance(p)->word == VVM_WORD_TRUE;
        literal = vvm_node_new(p, VVM_NODE_BOOL, offset);
        literal->boolean = value;
    } else if (vvm_at(p, VVM_TOKEN_STRING) || vvm_at(p, VVM_TOKEN_TRIPLE) || vvm_at(p, VVM_TOKEN_HEAD)) {
        literal = vvm_parse_string(p);
        if (literal->kind == VVM_NODE_INTERPOLATION)
            vvm_report(p, "E109", (struct vvm_span){offset, literal->length}, "use a guard: `s if s == …`",
                       "a pattern cannot hold `${…}`");
    } else {
        literal = vvm_parse_number(p, vvm_accept(p, VVM_TOKEN_MINUS));
    }
    return literal_or_range(p, literal, offset);
}

/* ---- Lists and fields -------------------------------------------------------------------------------------- */

static bool at_rest(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_ELLIPSIS) || vvm_at(p, VVM_TOKEN_RANGE);
}

/* `...name`, `..`; gives the name or 0. */
static vvm_symbol parse_rest(struct vvm_parser *p) {
    vvm_advance(p);
    if (!vvm_at_name(p))
        return VVM_NO_SYMBOL;
    const struct vvm_token *token = vvm_advance(p);
    return vvm_is_wildcard(p, token) ? VVM_NO_SYMBOL : token->symbol;
}

struct list_state {
    bool rest_allowed;
    bool has_rest;
};

static void push_item(struct vvm_parser *p, void *data) {
    struct list_state *state = data;
    struct vvm_pattern *item;
    uint32_t offset = p->token->offset;
    if (at_rest(p) && state->rest_allowed) {
        if (state->has_rest)
            vvm_report(p, "E109", vvm_span_of(p->token), NULL, "a list pattern has at most one rest");
        state->has_rest = true;
        vvm_symbol symbol = parse_rest(p);
        item = vvm_pattern_new(p, VVM_PATTERN_REST, offset);
        item->rest = symbol;
    } else {
        item = vvm_parse_pattern(p);
    }
    vvm_list_push(p, &item, sizeof item);
}

static struct vvm_pattern_list parse_items(struct vvm_parser *p, enum vvm_token_kind closing) {
    struct vvm_pattern_list list;
    struct list_state state = {.rest_allowed = closing == VVM_TOKEN_RBRACKET};
    size_t mark = vvm_list_start(p);
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, closing, push_item, &state);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &list, items, count);
    return list;
}

static struct vvm_pattern *parse_list(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    struct vvm_pattern_list items = parse_items(p, VVM_TOKEN_RBRACKET);
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_LIST, offset);
    pattern->items = items;
    return pattern;
}

/* `()`, `(p)`, `(p, q)`. */
static struct vvm_pattern *parse_tuple(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    struct vvm_pattern_list items = parse_items(p, VVM_TOKEN_RPAREN);
    bool comma = !vvm_in_panic(p) && p->token[-2].kind == VVM_TOKEN_COMMA;
    if (items.count == 1 && !comma)
        return items.items[0];
    if (items.count == 0) {
        struct vvm_pattern *empty = vvm_pattern_new(p, VVM_PATTERN_LITERAL, offset);
        empty->literal = vvm_node_new(p, VVM_NODE_VOID, offset);
        return empty;
    }
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_TUPLE, offset);
    pattern->items = items;
    return pattern;
}

static struct vvm_pattern *bind_new(struct vvm_parser *p, const struct vvm_token *name, struct vvm_type_node *type) {
    bool wildcard = vvm_is_wildcard(p, name);
    enum vvm_pattern_kind kind = wildcard && !type ? VVM_PATTERN_WILDCARD : VVM_PATTERN_BIND;
    struct vvm_pattern *pattern = vvm_pattern_new(p, kind, name->offset);
    if (kind == VVM_PATTERN_BIND) {
        pattern->bind.symbol = wildcard ? VVM_NO_SYMBOL : name->symbol;
        pattern->bind.type = type;
    }
    return pattern;
}

struct field_state {
    bool positional_allowed; /* in `Name( … )` */
    bool has_rest;
    vvm_symbol rest;
    uint32_t rest_index;
    uint32_t count;
};

static void note_rest(struct vvm_parser *p, struct field_state *state) {
    if (state->has_rest)
        vvm_report(p, "E109", vvm_span_of(p->token), NULL, "a pattern has at most one rest");
    state->has_rest = true;
    state->rest_index = state->count;
    state->rest = parse_rest(p);
}

/* NAME (':' Pattern)?, in a constructor also a pattern by position. */
static void push_field(struct vvm_parser *p, void *data) {
    struct field_state *state = data;
    struct vvm_pattern_field field = {.span = vvm_span_of(p->token)};
    const struct vvm_token *name = p->token;
    if (at_rest(p)) {
        note_rest(p, state);
        return;
    }
    if (vvm_is_wordlike(name) && name[1].kind == VVM_TOKEN_COLON) {
        field.label = vvm_advance(p)->symbol;
        vvm_advance(p);
        field.pattern = vvm_parse_pattern(p);
    } else if (state->positional_allowed) {
        field.pattern = vvm_parse_pattern(p);
    } else {
        field.label = vvm_expect_name(p, "a field name");
        field.pattern = bind_new(p, name, NULL);
    }
    field.span = vvm_span_from(p, field.span.offset);
    state->count++;
    vvm_list_push(p, &field, sizeof field);
}

static void parse_fields(struct vvm_parser *p, struct vvm_pattern *pattern, enum vvm_token_kind closing) {
    struct field_state state = {.positional_allowed = closing == VVM_TOKEN_RPAREN};
    size_t mark = vvm_list_start(p);
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, closing, push_field, &state);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &pattern->fields, fields, count);
    pattern->fields.has_rest = state.has_rest;
    pattern->fields.rest = state.rest;
    pattern->fields.rest_index = state.rest_index;
    pattern->length = vvm_span_from(p, pattern->offset).length;
}

static struct vvm_pattern *parse_record(struct vvm_parser *p) {
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_RECORD, p->token->offset);
    parse_fields(p, pattern, VVM_TOKEN_RBRACE);
    return pattern;
}

/* ---- Names ------------------------------------------------------------------------------------------------- */

static struct vvm_pattern *parse_constructor(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    struct vvm_path path = vvm_parse_path(p);
    if (at_range(p) && path_is_upper(p, &path))
        return finish_range(p, path_node(p, &path));
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_CONSTRUCTOR, offset);
    pattern->fields.path = path;
    if (vvm_at(p, VVM_TOKEN_LPAREN) && !vvm_at_newline(p)) {
        pattern->fields.form = VVM_CONSTRUCTOR_CALL;
        parse_fields(p, pattern, VVM_TOKEN_RPAREN);
    } else if (vvm_at(p, VVM_TOKEN_LBRACE) && !vvm_at_newline(p) && path_is_upper(p, &path)) {
        pattern->fields.form = VVM_CONSTRUCTOR_RECORD;
        parse_fields(p, pattern, VVM_TOKEN_RBRACE);
    }
    return pattern;
}

/* NAME '@' Pat. */
static struct vvm_pattern *parse_at(struct vvm_parser *p) {
    const struct vvm_token *name = vvm_advance(p);
    vvm_advance(p);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_pattern *inner = parse_single(p);
    vvm_parser_shallower(p, outer);
    if (vvm_is_wildcard(p, name))
        return inner;
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_AT, name->offset);
    pattern->at.symbol = name->symbol;
    pattern->at.inner = inner;
    return pattern;
}

static struct vvm_pattern *parse_name(struct vvm_parser *p) {
    const struct vvm_token *name = p->token;
    if (name[1].kind == VVM_TOKEN_AT)
        return parse_at(p);
    bool qualified = name[1].kind == VVM_TOKEN_DOT || name[1].kind == VVM_TOKEN_COLONS;
    if (qualified || name[1].kind == VVM_TOKEN_LPAREN || vvm_is_upper(p, name->symbol))
        return parse_constructor(p);
    vvm_advance(p);
    struct vvm_type_node *type = vvm_accept(p, VVM_TOKEN_COLON) ? vvm_parse_type(p) : NULL;
    return bind_new(p, name, type);
}

/* ---- Alternatives ------------------------------------------------------------------------------------------ */

/* Pat. */
static struct vvm_pattern *parse_single(struct vvm_parser *p) {
    switch (p->token->kind) {
    case VVM_TOKEN_LPAREN: return parse_tuple(p);
    case VVM_TOKEN_LBRACKET: return parse_list(p);
    case VVM_TOKEN_LBRACE: return parse_record(p);
    case VVM_TOKEN_NUMBER:
    case VVM_TOKEN_FLOAT:
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_TRIPLE:
    case VVM_TOKEN_HEAD:
    case VVM_TOKEN_MINUS: return parse_literal(p);
    default: break;
    }
    if (vvm_at_word(p, VVM_WORD_TRUE) || vvm_at_word(p, VVM_WORD_FALSE))
        return parse_literal(p);
    if (vvm_at_name(p))
        return parse_name(p);
    vvm_fail_expected(p, "a pattern");
    return vvm_pattern_new(p, VVM_PATTERN_WILDCARD, p->token->offset);
}

static void collect_names(struct vvm_parser *p, const struct vvm_pattern *pattern);

static void collect_symbol(struct vvm_parser *p, vvm_symbol symbol) {
    if (symbol != VVM_NO_SYMBOL)
        vvm_list_push(p, &symbol, sizeof symbol);
}

static void collect_fields(struct vvm_parser *p, const struct vvm_pattern *pattern) {
    for (uint32_t i = 0; i < pattern->fields.count; i++) {
        const struct vvm_pattern_field *field = &pattern->fields.fields[i];
        const struct vvm_pattern *inner = field->pattern;
        bool type_test = field->label && inner->kind == VVM_PATTERN_CONSTRUCTOR &&
                         inner->fields.form == VVM_CONSTRUCTOR_BARE;
        if (!type_test) /* `label: Type` may bind the label: only the compiler can tell */
            collect_names(p, inner);
    }
    collect_symbol(p, pattern->fields.rest);
}

/* Pushes the symbols that a pattern binds. */
static void collect_names(struct vvm_parser *p, const struct vvm_pattern *pattern) {
    switch (pattern->kind) {
    case VVM_PATTERN_BIND: collect_symbol(p, pattern->bind.symbol); break;
    case VVM_PATTERN_REST: collect_symbol(p, pattern->rest); break;
    case VVM_PATTERN_AT:
        collect_symbol(p, pattern->at.symbol);
        collect_names(p, pattern->at.inner);
        break;
    case VVM_PATTERN_OR: /* all alternatives bind the same: one is enough */
        collect_names(p, pattern->items.items[0]);
        break;
    case VVM_PATTERN_TUPLE:
    case VVM_PATTERN_LIST:
        for (uint32_t i = 0; i < pattern->items.count; i++)
            collect_names(p, pattern->items.items[i]);
        break;
    case VVM_PATTERN_RECORD:
    case VVM_PATTERN_CONSTRUCTOR: collect_fields(p, pattern); break;
    default: break;
    }
}

/* Sorted, so that two sets compare as bytes. */
static void sort_symbols(vvm_symbol *symbols, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        vvm_symbol symbol = symbols[i];
        uint32_t j = i;
        for (; j > 0 && symbols[j - 1] > symbol; j--)
            symbols[j] = symbols[j - 1];
        symbols[j] = symbol;
    }
}

static vvm_symbol *sorted_names(struct vvm_parser *p, const struct vvm_pattern *pattern, uint32_t *count) {
    size_t mark = vvm_list_start(p);
    collect_names(p, pattern);
    vvm_symbol *names = vvm_list_take(p, mark, sizeof *names, count);
    if (*count <= 1000) /* more is no pattern a person wrote: then the numbers alone are compared */
        sort_symbols(names, *count);
    return names;
}

/* E212. */
static void check_alternatives(struct vvm_parser *p, const struct vvm_pattern_list *list) {
    uint32_t first_count, count;
    vvm_symbol *first = sorted_names(p, list->items[0], &first_count);
    for (uint32_t i = 1; i < list->count; i++) {
        const struct vvm_pattern *item = list->items[i];
        vvm_symbol *names = sorted_names(p, item, &count);
        bool same =
            count == first_count && (count == 0 || count > 1000 || memcmp(first, names, count * sizeof *names) == 0);
        if (!same)
            vvm_report(p, "E212", (struct vvm_span){item->offset, item->length}, NULL,
                       "the alternatives of a pattern must bind the same names");
    }
}

struct vvm_pattern *vvm_parse_pattern(struct vvm_parser *p) {
    struct vvm_pattern *first = parse_single(p);
    if (!vvm_at(p, VVM_TOKEN_PIPE))
        return first;
    size_t mark = vvm_list_start(p);
    vvm_list_push(p, &first, sizeof first);
    while (vvm_accept(p, VVM_TOKEN_PIPE)) {
        struct vvm_pattern *next = parse_single(p);
        vvm_list_push(p, &next, sizeof next);
    }
    struct vvm_pattern *pattern = vvm_pattern_new(p, VVM_PATTERN_OR, first->offset);
    VVM_LIST_TAKE(p, mark, &pattern->items, items, count);
    if (!vvm_in_panic(p))
        check_alternatives(p, &pattern->items);
    return pattern;
}

/* `(`, `[`, `{`, or an upper-case name with brackets. */
bool vvm_at_pattern(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    if (token->kind == VVM_TOKEN_LPAREN || token->kind == VVM_TOKEN_LBRACKET || token->kind == VVM_TOKEN_LBRACE)
        return true;
    if (token->kind != VVM_TOKEN_NAME)
        return false;
    while ((token[1].kind == VVM_TOKEN_DOT || token[1].kind == VVM_TOKEN_COLONS) && vvm_is_wordlike(token + 2))
        token += 2;
    bool bracket = token[1].kind == VVM_TOKEN_LPAREN || token[1].kind == VVM_TOKEN_LBRACE;
    return bracket && !(token[1].flags & VVM_TOKEN_BROKEN) && vvm_is_upper(p, token->symbol);
}
