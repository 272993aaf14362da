/* Strings with interpolation, brackets and braces: tuples, lists, dicts, sets, struct literals (language.md 2.6, D2,
 * D4). */
#include <stdlib.h>

#include "vm/front/grammar.h"

/* ---- Strings ----------------------------------------------------------------------------------------------- */

static struct vvm_node *text_node(struct vvm_parser *p, const struct vvm_token *token) {
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_STRING, token->offset);
    node->text = *token->text;
    return node;
}

static void push_text(struct vvm_parser *p, const struct vvm_token *token) {
    struct vvm_node *node = text_node(p, token);
    if (node->text.length > 0)
        vvm_list_push(p, &node, sizeof node);
}

static struct vvm_node *parse_interpolation(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    size_t mark = vvm_list_start(p);
    push_text(p, vvm_advance(p));
    struct vvm_mode old = vvm_parse_enter(p, false);
    for (bool more = true; more;) {
        struct vvm_node *value = vvm_parse_expression(p);
        vvm_list_push(p, &value, sizeof value);
        more = vvm_at(p, VVM_TOKEN_MIDDLE);
        if (more || vvm_at(p, VVM_TOKEN_TAIL))
            push_text(p, vvm_advance(p));
        else
            vvm_fail_expected(p, "`}`");
    }
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_INTERPOLATION, offset);
    VVM_LIST_TAKE(p, mark, &node->items, items, count);
    return node;
}

static struct vvm_node *parse_quoted(struct vvm_parser *p) {
    if (vvm_at(p, VVM_TOKEN_HEAD))
        return parse_interpolation(p);
    return text_node(p, vvm_advance(p));
}

/* Parses the tokens of the inside as if they stood here. */
static struct vvm_node *parse_inside(struct vvm_parser *p, const struct vvm_lexer *inside) {
    const struct vvm_token *tokens = p->tokens, *token = p->token;
    p->tokens = p->token = inside->tokens;
    struct vvm_node *node = parse_quoted(p);
    if (!vvm_in_panic(p) && !vvm_at(p, VVM_TOKEN_END))
        vvm_fail_expected(p, "the end of the string");
    p->tokens = tokens;
    if (vvm_in_panic(p))
        p->failed = token;
    else
        p->token = token;
    return node;
}

static struct vvm_node *parse_triple(struct vvm_parser *p) {
    const struct vvm_token *token = vvm_advance(p);
    struct vvm_node *node = NULL;
    struct vvm_lexer *inside = malloc(sizeof *inside);
    if (!inside) {
        p->arena->failed = true;
    } else {
        if (vvm_lexer_open_triple(inside, p->lexer, token))
            node = parse_inside(p, inside);
        p->fatal |= inside->fatal;
        vvm_lexer_deinit(inside);
        free(inside);
    }
    if (!node)
        vvm_panic(p);
    if (!node)
        node = vvm_node_new(p, VVM_NODE_VOID, token->offset);
    node->offset = token->offset;
    node->length = token->length;
    return node;
}

struct vvm_node *vvm_parse_string(struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_TRIPLE) ? parse_triple(p) : parse_quoted(p);
}

/* ---- Parentheses and brackets ------------------------------------------------------------------------------ */

static void push_expression(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_node *node = vvm_parse_expression(p);
    vvm_list_push(p, &node, sizeof node);
}

struct vvm_node *vvm_parse_parens(struct vvm_parser *p) {
    struct vvm_node_list items;
    uint32_t offset = vvm_advance(p)->offset;
    size_t mark = vvm_list_start(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RPAREN, push_expression, NULL);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &items, items, count);
    bool comma = !vvm_in_panic(p) && p->token[-2].kind == VVM_TOKEN_COMMA;
    if (items.count == 1 && !comma) {
        items.items[0]->parenthesized = true;
        return items.items[0];
    }
    struct vvm_node *node = vvm_node_new(p, items.count ? VVM_NODE_TUPLE : VVM_NODE_VOID, offset);
    if (items.count)
        node->items = items;
    return node;
}

static void push_list_item(struct vvm_parser *p, void *data) {
    (void)data;
    uint32_t offset = p->token->offset;
    bool spread = vvm_accept(p, VVM_TOKEN_ELLIPSIS);
    struct vvm_node *item = vvm_parse_expression(p);
    if (spread) {
        struct vvm_node *node = vvm_node_new(p, VVM_NODE_SPREAD, offset);
        node->operand = item;
        item = node;
    }
    vvm_list_push(p, &item, sizeof item);
}

struct vvm_node *vvm_parse_bracket_list(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    size_t mark = vvm_list_start(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RBRACKET, push_list_item, NULL);
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_LIST, offset);
    VVM_LIST_TAKE(p, mark, &node->items, items, count);
    return node;
}

/* ---- Fields ------------------------------------------------------------------------------------------------ */

static struct vvm_node *field_name_value(struct vvm_parser *p, const struct vvm_token *name) {
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_NAME, name->offset);
    node->symbol = name->symbol;
    return node;
}

static void push_field_value(struct vvm_parser *p, void *data) {
    const bool *literal = data; /* a spread and a bare name are allowed */
    struct vvm_field_value field = {.span = vvm_span_of(p->token)};
    const struct vvm_token *name = p->token;
    if (*literal && vvm_accept(p, VVM_TOKEN_ELLIPSIS)) {
        field.spread = true;
        field.value = vvm_parse_expression(p);
    } else {
        field.name = vvm_expect_any_name(p, "a field name");
        if (!*literal || vvm_at(p, VVM_TOKEN_COLON) || name->kind != VVM_TOKEN_NAME) {
            vvm_expect(p, VVM_TOKEN_COLON);
            field.value = vvm_parse_expression(p);
        } else {
            field.value = field_name_value(p, name);
        }
    }
    vvm_list_push(p, &field, sizeof field);
}

/* `{ … }`; at the brace. */
struct vvm_field_value *vvm_parse_field_values(struct vvm_parser *p, bool literal, uint32_t *count) {
    size_t mark = vvm_list_start(p);
    vvm_expect(p, VVM_TOKEN_LBRACE);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RBRACE, push_field_value, &literal);
    vvm_parse_leave(p, old);
    return vvm_list_take(p, mark, sizeof(struct vvm_field_value), count);
}

/* D4. */
bool vvm_at_struct_literal(const struct vvm_parser *p, const struct vvm_node *name) {
    const struct vvm_token *brace = p->token, *first = brace + 1, *second = brace + 2;
    if (brace->kind != VVM_TOKEN_LBRACE || p->mode.no_struct || brace->flags & VVM_TOKEN_BROKEN ||
        !vvm_is_name_path(name))
        return false;
    if (!vvm_is_upper(p, name->kind == VVM_NODE_MEMBER ? name->member.symbol : name->symbol))
        return false;
    if (first->kind == VVM_TOKEN_RBRACE || first->kind == VVM_TOKEN_ELLIPSIS)
        return true;
    return vvm_is_wordlike(first) && (second->kind == VVM_TOKEN_COLON || second->kind == VVM_TOKEN_COMMA ||
                                      second->kind == VVM_TOKEN_RBRACE || second->flags & VVM_TOKEN_NEWLINE);
}

/* The symbols of `a.b.C`, outermost last. */
static struct vvm_path path_of(struct vvm_parser *p, const struct vvm_node *name) {
    struct vvm_path path = {.span = {name->offset, name->length}};
    uint32_t count = 1;
    for (const struct vvm_node *node = name; node->kind == VVM_NODE_MEMBER; node = node->member.object)
        count++;
    path.symbols = vvm_arena_alloc(p->arena, count * sizeof *path.symbols);
    if (!path.symbols)
        return path;
    path.count = count;
    for (; name->kind == VVM_NODE_MEMBER; name = name->member.object)
        path.symbols[--count] = name->member.symbol;
    path.symbols[0] = name->symbol;
    return path;
}

struct vvm_node *vvm_parse_struct_literal(struct vvm_parser *p, struct vvm_node *name, struct vvm_type_list arguments) {
    struct vvm_path path = path_of(p, name);
    uint32_t count;
    struct vvm_field_value *fields = vvm_parse_field_values(p, true, &count);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_STRUCT_LITERAL, name->offset);
    node->literal.path = path;
    node->literal.type_arguments = arguments;
    node->literal.fields = fields;
    node->literal.count = count;
    return node;
}

/* ---- Braces (D2) ------------------------------------------------------------------------------------------- */

/* The token behind a Dict key that starts at `token`, or NULL if none starts there. */
static const struct vvm_token *after_key(const struct vvm_parser *p, const struct vvm_token *token) {
    if (token->kind == VVM_TOKEN_MINUS && token[1].kind == VVM_TOKEN_NUMBER)
        return token + 2;
    if (token->kind == VVM_TOKEN_LBRACKET || token->kind == VVM_TOKEN_HEAD)
        return vvm_after_partner(p, token);
    bool simple = vvm_is_wordlike(token) || token->kind == VVM_TOKEN_STRING || token->kind == VVM_TOKEN_TRIPLE ||
                  token->kind == VVM_TOKEN_NUMBER || token->kind == VVM_TOKEN_FLOAT;
    return simple ? token + 1 : NULL;
}

static bool starts_dict(const struct vvm_parser *p) {
    const struct vvm_token *first = p->token + 1;
    if (first->kind == VVM_TOKEN_RBRACE || first->kind == VVM_TOKEN_ELLIPSIS)
        return true;
    const struct vvm_token *after = after_key(p, first);
    return after && after->kind == VVM_TOKEN_COLON;
}

static struct vvm_node *name_key(struct vvm_parser *p) {
    const struct vvm_token *token = vvm_advance(p);
    bool boolean = token->word == VVM_WORD_TRUE || token->word == VVM_WORD_FALSE;
    struct vvm_node *key = vvm_node_new(p, boolean ? VVM_NODE_BOOL : VVM_NODE_STRING, token->offset);
    if (boolean) {
        key->boolean = token->word == VVM_WORD_TRUE;
    } else {
        key->text.bytes = vvm_symbols_text(p->symbols, token->symbol);
        key->text.length = (uint32_t)vvm_symbols_length(p->symbols, token->symbol);
    }
    return key;
}

static struct vvm_node *computed_key(struct vvm_parser *p) {
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    struct vvm_node *key = vvm_parse_expression(p);
    vvm_expect(p, VVM_TOKEN_RBRACKET);
    vvm_parse_leave(p, old);
    return key;
}

static struct vvm_node *parse_key(struct vvm_parser *p) {
    if (vvm_is_wordlike(p->token))
        return name_key(p);
    switch (p->token->kind) {
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_TRIPLE:
    case VVM_TOKEN_HEAD: return vvm_parse_string(p);
    case VVM_TOKEN_LBRACKET: return computed_key(p);
    case VVM_TOKEN_MINUS: vvm_advance(p); return vvm_parse_number(p, true);
    case VVM_TOKEN_NUMBER:
    case VVM_TOKEN_FLOAT: return vvm_parse_number(p, false);
    default: vvm_fail_expected(p, "a key"); return vvm_node_new(p, VVM_NODE_VOID, p->token->offset);
    }
}

static void push_dict_entry(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_dict_item entry = {0};
    if (!vvm_accept(p, VVM_TOKEN_ELLIPSIS)) {
        entry.key = parse_key(p);
        vvm_expect(p, VVM_TOKEN_COLON);
    }
    entry.value = vvm_parse_expression(p);
    vvm_list_push(p, &entry, sizeof entry);
}

static struct vvm_node *parse_dict(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    size_t mark = vvm_list_start(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RBRACE, push_dict_entry, NULL);
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_DICT, offset);
    VVM_LIST_TAKE(p, mark, &node->dict, entries, count);
    return node;
}

/* In a value's place: a Dict, a Set or a Block. */
struct vvm_node *vvm_parse_brace(struct vvm_parser *p) {
    if (vvm_accept_word(p, VVM_WORD_STATE))
        return vvm_parse_block(p);
    return starts_dict(p) ? parse_dict(p) : vvm_parse_block_or_set(p);
}

static struct vvm_node *finish_set(struct vvm_parser *p, uint32_t offset, struct vvm_node *first) {
    size_t mark = vvm_list_start(p);
    vvm_list_push(p, &first, sizeof first);
    vvm_advance(p);
    p->mode.newlines = false;
    vvm_comma_list(p, VVM_TOKEN_RBRACE, push_expression, NULL);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_SET, offset);
    VVM_LIST_TAKE(p, mark, &node->items, items, count);
    return node;
}

static struct vvm_node *finish_block(struct vvm_parser *p, const struct vvm_token *opening, struct vvm_node *first) {
    struct vvm_node_list statements = vvm_parse_statements(p, &p->tokens[opening->partner], first);
    vvm_check_block_end(p, &statements);
    uint32_t end_offset = p->token->offset;
    vvm_expect(p, VVM_TOKEN_RBRACE);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_BLOCK, opening->offset);
    node->block.statements = statements;
    node->block.end_offset = end_offset;
    return node;
}

static bool is_expression(const struct vvm_node *node) {
    return node && node->kind < VVM_NODE_VAR;
}

/* The first item decides: an expression with a comma behind it begins a Set. */
struct vvm_node *vvm_parse_block_or_set(struct vvm_parser *p) {
    const struct vvm_token *opening = vvm_advance(p), *start = p->token;
    struct vvm_node *first = NULL, *node;
    struct vvm_mode old = vvm_parse_enter(p, true);
    if (!vvm_at(p, VVM_TOKEN_SEMICOLON))
        first = vvm_parse_statement(p);
    if (is_expression(first) && vvm_at(p, VVM_TOKEN_COMMA)) {
        node = finish_set(p, opening->offset, first);
    } else {
        vvm_expect_end(p, false, "the end of the statement");
        if (vvm_in_panic(p))
            vvm_recover(p, start, &p->tokens[opening->partner], false);
        node = finish_block(p, opening, first);
    }
    vvm_parse_leave(p, old);
    return node;
}
