/* Statements, blocks, assignments and docstrings (language.md 2.5). */
#include <string.h>

#include "vm/front/grammar.h"

/* ---- Docstrings -------------------------------------------------------------------------------------------- */

/* A multi-line literal that is a whole statement or member, and no value (1.5). */
bool vvm_at_docstring(const struct vvm_parser *p, bool as_member) {
    const struct vvm_token *token = p->token + 1;
    if (!vvm_at(p, VVM_TOKEN_TRIPLE))
        return false;
    bool ends = token->flags & VVM_TOKEN_NEWLINE || token->kind == VVM_TOKEN_SEMICOLON ||
                token->kind == VVM_TOKEN_RBRACE || token->kind == VVM_TOKEN_END;
    if (as_member)
        return ends || token->kind == VVM_TOKEN_COMMA;
    while (token->kind == VVM_TOKEN_SEMICOLON)
        token++;
    return ends && token->kind != VVM_TOKEN_RBRACE;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text between the quotes as it stands, without blanks at both ends. */
static struct vvm_text docstring_text(struct vvm_parser *p, const struct vvm_token *token) {
    const char *start = p->source->bytes + token->offset + 3;
    const char *end = start + token->length - 6;
    while (start < end && is_blank(*start))
        start++;
    while (start < end && is_blank(end[-1]))
        end--;
    size_t length = (size_t)(end - start);
    char *copy = vvm_arena_alloc(p->arena, length + 1);
    if (!copy)
        return (struct vvm_text){NULL, 0};
    memcpy(copy, start, length);
    return (struct vvm_text){copy, (uint32_t)length};
}

void vvm_read_docstring(struct vvm_parser *p) {
    p->doc = docstring_text(p, vvm_advance(p));
}

struct vvm_text vvm_take_doc(struct vvm_parser *p) {
    struct vvm_text doc = p->doc;
    p->doc = (struct vvm_text){NULL, 0};
    return doc;
}

/* ---- Assignment -------------------------------------------------------------------------------------------- */

struct assignment {
    enum vvm_assign_kind kind;
    enum vvm_binary_operator op;
    unsigned tokens; /* 0: none */
};

/* `>>=` and `>>>=`, made of single tokens. */
static struct assignment shift_assignment(const struct vvm_token *token) {
    unsigned count = 1;
    while (count < 3 && vvm_touches(token + count, VVM_TOKEN_GT))
        count++;
    if (count < 2 || !vvm_touches(token + count, VVM_TOKEN_ASSIGN))
        return (struct assignment){0};
    return (struct assignment){VVM_ASSIGN_COMPOUND, count == 2 ? VVM_BINARY_SHR : VVM_BINARY_USHR, count + 1};
}

static struct assignment compound(enum vvm_binary_operator op) {
    return (struct assignment){VVM_ASSIGN_COMPOUND, op, 1};
}

static struct assignment next_assignment(const struct vvm_parser *p) {
    switch (p->token->kind) {
    case VVM_TOKEN_ASSIGN: return (struct assignment){VVM_ASSIGN_SET, 0, 1};
    case VVM_TOKEN_COALESCE_ASSIGN: return (struct assignment){VVM_ASSIGN_COALESCE, 0, 1};
    case VVM_TOKEN_PLUS_ASSIGN: return compound(VVM_BINARY_ADD);
    case VVM_TOKEN_MINUS_ASSIGN: return compound(VVM_BINARY_SUB);
    case VVM_TOKEN_STAR_ASSIGN: return compound(VVM_BINARY_MUL);
    case VVM_TOKEN_SLASH_ASSIGN: return compound(VVM_BINARY_DIV);
    case VVM_TOKEN_PERCENT_ASSIGN: return compound(VVM_BINARY_MOD);
    case VVM_TOKEN_POWER_ASSIGN: return compound(VVM_BINARY_POW);
    case VVM_TOKEN_AND_ASSIGN: return compound(VVM_BINARY_BIT_AND);
    case VVM_TOKEN_OR_ASSIGN: return compound(VVM_BINARY_BIT_OR);
    case VVM_TOKEN_XOR_ASSIGN: return compound(VVM_BINARY_BIT_XOR);
    case VVM_TOKEN_SHL_ASSIGN: return compound(VVM_BINARY_SHL);
    case VVM_TOKEN_GT: return shift_assignment(p->token);
    default: return (struct assignment){0};
    }
}

static bool is_place(const struct vvm_node *node) {
    if (node->parenthesized)
        return false;
    return node->kind == VVM_NODE_NAME || node->kind == VVM_NODE_INDEX ||
           (node->kind == VVM_NODE_MEMBER && !node->member.optional);
}

static void check_place(struct vvm_parser *p, const struct vvm_node *place) {
    if (!is_place(place))
        vvm_parse_fail(p, "E109", (struct vvm_span){place->offset, place->length},
                 "a name, a field `a.f` or an element `a[i]` can be assigned", "this cannot be assigned");
}

/* Behind an expression: reads an assignment to it, if one follows. */
static struct vvm_node *parse_assignment(struct vvm_parser *p, struct vvm_node *place) {
    struct assignment assignment = next_assignment(p);
    if (assignment.tokens == 0)
        return place;
    check_place(p, place);
    for (unsigned i = 0; i < assignment.tokens; i++)
        vvm_advance(p);
    struct vvm_node *value = vvm_parse_expression(p);
    if (vvm_at(p, VVM_TOKEN_ASSIGN))
        vvm_parse_fail(p, "E109", vvm_span_of(p->token), "write two statements",
                       "an assignment has no value: `a = b = c` is not possible");
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_ASSIGN, place->offset);
    node->assign.kind = assignment.kind;
    node->assign.op = assignment.op;
    node->assign.place = place;
    node->assign.value = value;
    return node;
}

/* `_ = e`. */
static bool at_discard(const struct vvm_parser *p) {
    return vvm_is_wildcard(p, p->token) && p->token[1].kind == VVM_TOKEN_ASSIGN;
}

static struct vvm_node *variable(struct vvm_parser *p, enum vvm_node_kind kind, uint32_t offset, vvm_symbol symbol,
                                 struct vvm_pattern *pattern) {
    struct vvm_type_node *type = vvm_accept(p, VVM_TOKEN_COLON) ? vvm_parse_type(p) : NULL;
    struct vvm_node *value = vvm_accept(p, VVM_TOKEN_ASSIGN) ? vvm_parse_expression(p) : NULL;
    struct vvm_node *node = vvm_node_new(p, kind, offset);
    node->variable.symbol = symbol;
    node->variable.pattern = pattern;
    node->variable.type = type;
    node->variable.value = value;
    return node;
}

static struct vvm_pattern *wildcard_pattern(struct vvm_parser *p) {
    const struct vvm_token *token = vvm_advance(p);
    return vvm_pattern_new(p, VVM_PATTERN_WILDCARD, token->offset);
}

static struct vvm_node *parse_discard(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    return variable(p, VVM_NODE_DESTRUCTURE, offset, VVM_NO_SYMBOL, wildcard_pattern(p));
}

static struct vvm_node *expression_or_assignment(struct vvm_parser *p) {
    if (at_discard(p))
        return parse_discard(p);
    return parse_assignment(p, vvm_parse_expression(p));
}

/* ---- Variables --------------------------------------------------------------------------------------------- */

static void require_value(struct vvm_parser *p, const struct vvm_node *node) {
    if (node->variable.pattern && !node->variable.value)
        vvm_fail_expected(p, "`=`");
}

/* A name or `_` before `:` or `=`; with its visibility or `state` read already. */
static struct vvm_node *parse_named_variable(struct vvm_parser *p, enum vvm_node_kind kind, uint32_t offset) {
    if (vvm_is_wildcard(p, p->token)) {
        struct vvm_node *node = variable(p, kind, offset, VVM_NO_SYMBOL, wildcard_pattern(p));
        require_value(p, node);
        return node;
    }
    vvm_symbol symbol = vvm_expect_name(p, "a name");
    return variable(p, kind, offset, symbol, NULL);
}

static bool at_variable(const struct vvm_parser *p) {
    return vvm_at_name(p) && p->token[1].kind == VVM_TOKEN_COLON;
}

/* The partner of the pattern's bracket is followed by `=` or `:` (5.2). */
static bool is_destructured(const struct vvm_parser *p, const struct vvm_token *token) {
    while (token->kind == VVM_TOKEN_NAME || token->kind == VVM_TOKEN_DOT || token->kind == VVM_TOKEN_COLONS)
        token++;
    if (token->kind != VVM_TOKEN_LPAREN && token->kind != VVM_TOKEN_LBRACKET && token->kind != VVM_TOKEN_LBRACE)
        return false;
    uint8_t after = vvm_after_partner(p, token)->kind;
    return after == VVM_TOKEN_ASSIGN || after == VVM_TOKEN_COLON;
}

static bool at_destructure(const struct vvm_parser *p) {
    return vvm_at_pattern(p) && is_destructured(p, p->token);
}

static struct vvm_node *parse_destructure(struct vvm_parser *p, enum vvm_node_kind kind, uint32_t offset) {
    struct vvm_pattern *pattern = vvm_parse_pattern(p);
    struct vvm_node *node = variable(p, kind, offset, VVM_NO_SYMBOL, pattern);
    require_value(p, node);
    return node;
}

/* `state` before a name, or before a pattern that is assigned. */
static bool at_state(const struct vvm_parser *p) {
    if (!vvm_at_word(p, VVM_WORD_STATE) || p->token[1].flags & VVM_TOKEN_BROKEN)
        return false;
    if (vvm_starts_name(p->token + 1))
        return true;
    bool bracket = p->token[1].kind == VVM_TOKEN_LPAREN || p->token[1].kind == VVM_TOKEN_LBRACKET;
    return bracket && is_destructured(p, p->token + 1);
}

static struct vvm_node *parse_state(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    if (vvm_at_pattern(p))
        return parse_destructure(p, VVM_NODE_STATE, offset);
    return parse_named_variable(p, VVM_NODE_STATE, offset);
}

/* ---- Statements -------------------------------------------------------------------------------------------- */

static void accept_attributes(struct vvm_parser *p, struct vvm_attributes *attributes) {
    attributes->decorators = vvm_parse_decorators(p, &attributes->decorator_count);
    attributes->visibility = vvm_accept_visibility(p);
    attributes->modifiers = vvm_accept_modifiers(p);
    if (attributes->visibility == VVM_VISIBILITY_DEFAULT)
        attributes->visibility = vvm_accept_visibility(p);
}

static bool are_written(const struct vvm_attributes *attributes) {
    return attributes->visibility != VVM_VISIBILITY_DEFAULT || attributes->modifiers != 0;
}

/* `public x: T = e`, `public x = e`, `public state x = e`. */
static struct vvm_node *parse_attributed_variable(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    struct vvm_node *node;
    uint32_t offset = p->token->offset;
    if (at_state(p)) {
        node = parse_state(p);
    } else {
        node = parse_named_variable(p, VVM_NODE_VAR, offset);
        if (!node->variable.type && !node->variable.value)
            vvm_fail_expected(p, "a declaration");
    }
    node->variable.attributes = vvm_arena_copy(p->arena, attributes, sizeof *attributes);
    return node;
}

/* Decorators that nothing follows belong to the module. */
static bool takes_module_decorators(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    if (!vvm_at(p, VVM_TOKEN_END) || vvm_in_panic(p) || attributes->decorator_count == 0 || !p->context->is_module)
        return false;
    p->module->decorators = attributes->decorators;
    p->module->decorator_count = attributes->decorator_count;
    return true;
}

static struct vvm_node *parse_plain_statement(struct vvm_parser *p) {
    if (at_state(p))
        return parse_state(p);
    if (at_destructure(p))
        return parse_destructure(p, VVM_NODE_DESTRUCTURE, p->token->offset);
    if (at_variable(p))
        return parse_named_variable(p, VVM_NODE_VAR, p->token->offset);
    if (vvm_at(p, VVM_TOKEN_LBRACE))
        return vvm_parse_block(p);
    return expression_or_assignment(p);
}

/* `let x = …` is read as `x = …` once it has been reported. */
static void skip_prohibited(struct vvm_parser *p) {
    while (vvm_at(p, VVM_TOKEN_PROHIBITED)) {
        uint16_t word = p->token->word;
        bool declares = word == VVM_WORD_LET || word == VVM_WORD_CONST || word == VVM_WORD_VAR ||
                        word == VVM_WORD_MUT || word == VVM_WORD_EXPORT;
        if (!declares)
            return;
        vvm_report_prohibited(p, p->token);
        vvm_advance(p);
    }
}

struct vvm_node *vvm_parse_statement(struct vvm_parser *p) {
    struct vvm_attributes attributes = {0};
    if (vvm_at_docstring(p, false)) {
        vvm_read_docstring(p);
        return NULL;
    }
    attributes.doc = vvm_take_doc(p);
    skip_prohibited(p);
    if (vvm_at_word(p, VVM_WORD_IMPORT))
        return vvm_parse_import(p);
    if (vvm_at_excluded(p)) {
        vvm_fail_excluded(p);
        return NULL;
    }
    accept_attributes(p, &attributes);
    if (takes_module_decorators(p, &attributes))
        return NULL;
    if (vvm_at_declaration(p))
        return vvm_parse_declaration(p, &attributes);
    if (are_written(&attributes))
        return parse_attributed_variable(p, &attributes);
    return parse_plain_statement(p);
}

/* A docstring first in the module documents it. */
static void note_module_doc(struct vvm_parser *p, bool first) {
    if (first && p->context->is_module && p->module->doc.bytes == NULL && p->doc.bytes)
        p->module->doc = p->doc;
}

static bool at_end(const struct vvm_parser *p) {
    return vvm_at_newline(p) || vvm_at(p, VVM_TOKEN_SEMICOLON) || vvm_at(p, VVM_TOKEN_RBRACE) ||
           vvm_at(p, VVM_TOKEN_END);
}

struct vvm_node_list vvm_parse_statements(struct vvm_parser *p, const struct vvm_token *closing, struct vvm_node *first)
{
    struct vvm_node_list list;
    size_t mark = vvm_list_start(p);
    if (first)
        vvm_list_push(p, &first, sizeof first);
    for (;;) {
        vvm_skip_ends(p, false);
        const struct vvm_token *start = p->item = p->token;
        if (start == closing || vvm_at(p, VVM_TOKEN_END))
            break;
        uint32_t recoveries = p->recoveries;
        struct vvm_node *node = vvm_parse_statement(p);
        if (p->recoveries == recoveries || at_end(p))
            vvm_expect_end(p, false, "the end of the statement");
        else
            vvm_panic(p); /* what else stands here is read as part of what has been reported */
        note_module_doc(p, start == p->tokens);
        if (vvm_in_panic(p))
            vvm_recover(p, start, closing, false);
        else if (node)
            vvm_list_push(p, &node, sizeof node);
    }
    VVM_LIST_TAKE(p, mark, &list, items, count);
    return list;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------ */

bool vvm_at_block(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_LBRACE) || (vvm_at_word(p, VVM_WORD_STATE) && p->token[1].kind == VVM_TOKEN_LBRACE &&
                                           !(p->token[1].flags & VVM_TOKEN_BROKEN));
}

void vvm_check_block_end(struct vvm_parser *p, const struct vvm_node_list *statements) {
    if (statements->count == 0)
        return;
    const struct vvm_node *last = statements->items[statements->count - 1];
    if (last->kind == VVM_NODE_VAR && !last->variable.value)
        vvm_report(p, "E213", (struct vvm_span){last->offset, last->length}, "a Dict here needs parentheses: `({ … })`",
                   "a block cannot end with a declaration that has no value");
}

/* A docstring that comes first in a body documents the function. */
static void read_body_docstring(struct vvm_parser *p) {
    struct vvm_function_node *function = p->body_of;
    p->body_of = NULL;
    p->doc = (struct vvm_text){NULL, 0};
    if (!function || !vvm_at_docstring(p, false))
        return;
    vvm_read_docstring(p);
    if (function->attributes.doc.bytes == NULL)
        function->attributes.doc = p->doc;
    vvm_take_doc(p);
    vvm_expect_end(p, false, "the end of the line");
}

struct vvm_node *vvm_parse_block(struct vvm_parser *p) {
    vvm_accept_word(p, VVM_WORD_STATE);
    const struct vvm_token *opening = p->token;
    if (!vvm_expect(p, VVM_TOKEN_LBRACE))
        return vvm_node_new(p, VVM_NODE_BLOCK, p->token->offset);
    struct vvm_mode old = vvm_parse_enter(p, true);
    read_body_docstring(p);
    struct vvm_node_list statements = vvm_parse_statements(p, &p->tokens[opening->partner], NULL);
    vvm_check_block_end(p, &statements);
    uint32_t end_offset = p->token->offset;
    vvm_expect(p, VVM_TOKEN_RBRACE);
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_BLOCK, opening->offset);
    node->block.statements = statements;
    node->block.end_offset = end_offset;
    return node;
}

struct vvm_node *vvm_parse_arm_body(struct vvm_parser *p) {
    return vvm_at_block(p) ? vvm_parse_block(p) : expression_or_assignment(p);
}
