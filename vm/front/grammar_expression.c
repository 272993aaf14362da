/* Expressions: jumps, the ternary, and the binary operators by precedence (language.md 2.6 and 3). */
#include "vm/front/grammar.h"

/* The binary levels of language.md 3; a higher one binds tighter. */
enum level {
    LEVEL_NONE = 0,
    LEVEL_SEND = 3,
    LEVEL_PIPE,
    LEVEL_RANGE,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_COALESCE,
    LEVEL_EQUAL,
    LEVEL_COMPARE,
    LEVEL_BIT_OR,
    LEVEL_BIT_XOR,
    LEVEL_BIT_AND,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_POWER,
    LEVEL_END
};

struct operator {
    uint8_t level;
    uint8_t kind;   /* node kind */
    uint8_t binary; /* enum vvm_binary_operator, for BINARY */
    uint8_t tokens; /* how many tokens it is made of */
};

#define BINARY(level, op) {LEVEL_##level, VVM_NODE_BINARY, VVM_BINARY_##op, 1}
#define SPECIAL(level, node) {LEVEL_##level, VVM_NODE_##node, 0, 1}

static const struct operator operators[VVM_TOKEN_KIND_COUNT] = {
    [VVM_TOKEN_FORWARD] = SPECIAL(PIPE, PIPE),
    [VVM_TOKEN_RANGE] = SPECIAL(RANGE, RANGE),
    [VVM_TOKEN_RANGE_TO] = SPECIAL(RANGE, RANGE),
    [VVM_TOKEN_OR] = SPECIAL(OR, OR),
    [VVM_TOKEN_AND] = SPECIAL(AND, AND),
    [VVM_TOKEN_COALESCE] = SPECIAL(COALESCE, COALESCE),
    [VVM_TOKEN_EQ] = BINARY(EQUAL, EQ),
    [VVM_TOKEN_NE] = BINARY(EQUAL, NE),
    [VVM_TOKEN_LT] = BINARY(COMPARE, LT),
    [VVM_TOKEN_LE] = BINARY(COMPARE, LE),
    [VVM_TOKEN_GT] = BINARY(COMPARE, GT),
    [VVM_TOKEN_PIPE] = BINARY(BIT_OR, BIT_OR),
    [VVM_TOKEN_CARET] = BINARY(BIT_XOR, BIT_XOR),
    [VVM_TOKEN_AMP] = BINARY(BIT_AND, BIT_AND),
    [VVM_TOKEN_SHL] = BINARY(SHIFT, SHL),
    [VVM_TOKEN_PLUS] = BINARY(SUM, ADD),
    [VVM_TOKEN_MINUS] = BINARY(SUM, SUB),
    [VVM_TOKEN_APPEND] = BINARY(SUM, APPEND),
    [VVM_TOKEN_STAR] = BINARY(PRODUCT, MUL),
    [VVM_TOKEN_SLASH] = BINARY(PRODUCT, DIV),
    [VVM_TOKEN_PERCENT] = BINARY(PRODUCT, MOD),
    [VVM_TOKEN_POWER] = BINARY(POWER, POW),
};

static const struct operator no_operator = {LEVEL_NONE, 0, 0, 0};

/* An operand on the left, waiting for its right one. */
struct pending {
    struct operator op;
    uint32_t operator_offset;
    uint32_t height;
    bool inclusive;
    struct vvm_node *left;
};

/* ---- Operators --------------------------------------------------------------------------------------------- */

bool vvm_at_send_arrow(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_LT) && vvm_touches(p->token + 1, VVM_TOKEN_MINUS);
}

/* `>`, `>>`, `>>>`, `>=`; those that go on with `=` otherwise are assignments. */
static struct operator greater_operator(const struct vvm_token *token) {
    uint8_t count = 1;
    while (count < 3 && vvm_touches(token + count, VVM_TOKEN_GT))
        count++;
    bool assigns = vvm_touches(token + count, VVM_TOKEN_ASSIGN);
    if (count == 1)
        return assigns ? (struct operator){LEVEL_COMPARE, VVM_NODE_BINARY, VVM_BINARY_GE, 2} : operators[VVM_TOKEN_GT];
    if (assigns)
        return no_operator;
    return (struct operator){LEVEL_SHIFT, VVM_NODE_BINARY, count == 2 ? VVM_BINARY_SHR : VVM_BINARY_USHR, count};
}

static struct operator word_operator(const struct vvm_token *token) {
    if (token->flags & VVM_TOKEN_BROKEN)
        return no_operator;
    if (token->word == VVM_WORD_IS)
        return (struct operator){LEVEL_COMPARE, VVM_NODE_IS, 0, 1};
    if (token->word == VVM_WORD_AS)
        return (struct operator){LEVEL_COMPARE, VVM_NODE_AS, 0, 1};
    return no_operator;
}

/* The binary operator that stands next, if any. */
static struct operator next_operator(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    if (vvm_at_newline(p))
        return no_operator;
    switch (token->kind) {
    case VVM_TOKEN_GT: return greater_operator(token);
    case VVM_TOKEN_NAME: return word_operator(token);
    case VVM_TOKEN_LT: return p->mode.select_head && vvm_at_send_arrow(p) ? no_operator : operators[token->kind];
    case VVM_TOKEN_BANG: /* D6: a blank on both sides */
        if (vvm_is_spaced(token) && vvm_is_spaced(token + 1))
            return (struct operator){LEVEL_SEND, VVM_NODE_SEND, 0, 1};
        return no_operator;
    default: return operators[token->kind];
    }
}

static struct vvm_node *build(struct vvm_parser *p, const struct pending *pending, struct vvm_node *right) {
    struct vvm_node *node = vvm_node_new(p, (enum vvm_node_kind)pending->op.kind, pending->left->offset);
    if (node->kind == VVM_NODE_BINARY) {
        node->binary.op = (enum vvm_binary_operator)pending->op.binary;
        node->binary.operator_offset = pending->operator_offset;
        node->binary.left = pending->left;
        node->binary.right = right;
    } else if (node->kind == VVM_NODE_RANGE) {
        node->range.inclusive = pending->inclusive;
        node->range.start = pending->left;
        node->range.end = right;
    } else {
        node->pair.left = pending->left;
        node->pair.right = right;
    }
    return node;
}

static struct vvm_node *parse_binary(struct vvm_parser *p, enum level least);

static struct vvm_node *parse_right(struct vvm_parser *p, enum level level) {
    bool jump_allowed = level == LEVEL_OR || level == LEVEL_AND || level == LEVEL_COALESCE;
    if (jump_allowed && vvm_at_jump(p))
        return vvm_parse_jump(p);
    if (level != LEVEL_POWER)
        return vvm_parse_unary(p);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_node *node = parse_binary(p, LEVEL_POWER); /* right-associative */
    vvm_parser_shallower(p, outer);
    return node;
}

static struct vvm_node *parse_type_test(struct vvm_parser *p, struct operator op, struct vvm_node *operand) {
    vvm_advance(p);
    struct vvm_type_node *type = vvm_parse_operator_type(p);
    struct vvm_node *node = vvm_node_new(p, (enum vvm_node_kind)op.kind, operand->offset);
    node->typed.operand = operand;
    node->typed.type = type;
    return node;
}

static void check_range_chain(struct vvm_parser *p, const struct vvm_node *left) {
    if (left->kind == VVM_NODE_RANGE && !left->parenthesized)
        vvm_parse_fail(p, "E109", vvm_span_of(p->token), "use parentheses", "ranges cannot be chained");
}

static void advance_operator(struct vvm_parser *p, struct operator op) {
    for (unsigned i = 0; i < op.tokens; i++)
        vvm_advance(p);
}

/* Operands wait in `stack` with strictly rising levels, so it never holds more than there are levels. */
static struct vvm_node *parse_binary(struct vvm_parser *p, enum level least) {
    struct pending stack[LEVEL_END];
    unsigned count = 0;
    uint32_t outer = vvm_parser_begin(p);
    struct vvm_node *node = vvm_parse_unary(p);
    for (;;) {
        struct operator op = next_operator(p);
        bool ends = op.level == LEVEL_NONE || op.level < (unsigned)least;
        while (count > 0 && (ends || op.level <= stack[count - 1].op.level)) {
            struct pending *top = &stack[--count];
            node = build(p, top, node);
            vvm_parser_merge(p, top->height);
            vvm_parser_taller(p);
        }
        if (ends)
            break;
        if (op.kind == VVM_NODE_IS || op.kind == VVM_NODE_AS) {
            node = parse_type_test(p, op, node);
            vvm_parser_taller(p);
            continue;
        }
        if (op.kind == VVM_NODE_RANGE)
            check_range_chain(p, node);
        stack[count++] = (struct pending){op, p->token->offset, p->height, vvm_at(p, VVM_TOKEN_RANGE_TO), node};
        advance_operator(p, op);
        p->height = 0;
        node = parse_right(p, (enum level)op.level);
    }
    vvm_parser_merge(p, outer);
    return node;
}

/* Range, where `=>` is the arm's and `{` opens no struct literal. */
struct vvm_node *vvm_parse_head(struct vvm_parser *p) {
    struct vvm_mode old = p->mode;
    p->mode.no_lambda = true;
    struct vvm_node *node = parse_binary(p, LEVEL_RANGE);
    p->mode = old;
    return node;
}

/* ---- Jumps and the ternary --------------------------------------------------------------------------------- */

bool vvm_at_jump(const struct vvm_parser *p) {
    if (vvm_at(p, VVM_TOKEN_KEYWORD))
        return p->token->word == VVM_WORD_RETURN || p->token->word == VVM_WORD_THROW;
    return vvm_at_word(p, VVM_WORD_YIELD) && p->context->in_generator;
}

bool vvm_starts_expression(const struct vvm_parser *p) {
    switch (p->token->kind) {
    case VVM_TOKEN_NAME:
    case VVM_TOKEN_PROHIBITED:
    case VVM_TOKEN_NUMBER:
    case VVM_TOKEN_FLOAT:
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_TRIPLE:
    case VVM_TOKEN_HEAD:
    case VVM_TOKEN_LPAREN:
    case VVM_TOKEN_LBRACKET:
    case VVM_TOKEN_LBRACE:
    case VVM_TOKEN_MINUS:
    case VVM_TOKEN_PLUS:
    case VVM_TOKEN_BANG:
    case VVM_TOKEN_TILDE: return true;
    case VVM_TOKEN_KEYWORD:
        return !vvm_at_word(p, VVM_WORD_ELSE) && !vvm_at_word(p, VVM_WORD_CATCH) && !vvm_at_word(p, VVM_WORD_FINALLY);
    default: return false;
    }
}

static struct vvm_node *parse_jump_operand(struct vvm_parser *p, bool required) {
    if (!required && (vvm_at_newline(p) || !vvm_starts_expression(p)))
        return NULL;
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_node *operand = vvm_parse_expression(p);
    vvm_parser_shallower(p, outer);
    return operand;
}

static struct vvm_node *parse_yield(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    bool delegate = vvm_accept(p, VVM_TOKEN_STAR);
    struct vvm_node *operand = parse_jump_operand(p, delegate);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_YIELD, offset);
    node->yield.delegate = delegate;
    node->yield.operand = operand;
    if (p->context->function)
        p->context->function->uses_yield = true;
    return node;
}

struct vvm_node *vvm_parse_jump(struct vvm_parser *p) {
    const struct vvm_token *word = p->token;
    if (word->word == VVM_WORD_YIELD)
        return parse_yield(p);
    vvm_advance(p);
    bool is_return = word->word == VVM_WORD_RETURN;
    if (is_return && !p->context->function)
        vvm_report(p, "E214", vvm_span_of(word), NULL, "`return` outside of a function");
    struct vvm_node *operand = parse_jump_operand(p, !is_return);
    struct vvm_node *node = vvm_node_new(p, is_return ? VVM_NODE_RETURN : VVM_NODE_THROW, word->offset);
    node->operand = operand;
    return node;
}

static struct vvm_node *parse_ternary(struct vvm_parser *p, struct vvm_node *condition) {
    vvm_advance(p);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_node *consequence = vvm_parse_expression(p);
    vvm_expect(p, VVM_TOKEN_COLON);
    struct vvm_node *alternative = vvm_parse_expression(p);
    vvm_parser_shallower(p, outer);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_IF, condition->offset);
    node->branch.condition = condition;
    node->branch.consequence = consequence;
    node->branch.alternative = alternative;
    return node;
}

struct vvm_node *vvm_parse_expression(struct vvm_parser *p) {
    if (vvm_at_jump(p))
        return vvm_parse_jump(p);
    if (vvm_at_lambda(p))
        return vvm_parse_lambda(p);
    struct vvm_node *node = parse_binary(p, LEVEL_SEND);
    if (vvm_at(p, VVM_TOKEN_QUESTION) && !vvm_at_newline(p))
        return parse_ternary(p, node);
    return node;
}
