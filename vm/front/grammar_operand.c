/* Operands: prefix and postfix operators, calls, and the primary expressions (language.md 2.6). */
#include "vm/front/grammar.h"

/* ---- Prefix ------------------------------------------------------------------------------------------------ */

static struct vvm_node *parse_prefix_operand(struct vvm_parser *p) {
    vvm_advance(p);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_node *operand = vvm_parse_unary(p);
    vvm_parser_shallower(p, outer);
    return operand;
}

static bool is_plain_number(const struct vvm_node *node) {
    return (node->kind == VVM_NODE_NUMBER || node->kind == VVM_NODE_FLOAT) && !node->parenthesized;
}

/* `-5` becomes a literal; 2^63 is good only so. */
static struct vvm_node *parse_minus(struct vvm_parser *p) {
    const struct vvm_token *minus = p->token, *number = minus + 1;
    p->minimum_allowed = number;
    struct vvm_node *operand = parse_prefix_operand(p);
    if (is_plain_number(operand) && operand->offset == number->offset) {
        operand->number = operand->kind == VVM_NODE_NUMBER ? (int64_t)(0 - (uint64_t)operand->number) : operand->number;
        operand->real = operand->kind == VVM_NODE_FLOAT ? -operand->real : operand->real;
        operand->offset = minus->offset;
        return vvm_node_end(p, operand);
    }
    if (number->kind == VVM_TOKEN_NUMBER && number->flags & VVM_TOKEN_MINIMUM)
        vvm_report(p, "E103", vvm_span_of(number), "use parentheses around the negative number", "number too large");
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_UNARY, minus->offset);
    node->unary.op = VVM_UNARY_NEG;
    node->unary.operand = operand;
    return node;
}

static struct vvm_node *parse_unary_operator(struct vvm_parser *p, enum vvm_unary_operator op) {
    uint32_t offset = p->token->offset;
    struct vvm_node *operand = parse_prefix_operand(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_UNARY, offset);
    node->unary.op = op;
    node->unary.operand = operand;
    return node;
}

static void note_await(struct vvm_parser *p, const struct vvm_token *word) {
    if (!p->context->is_async)
        vvm_report(p, "E220", vvm_span_of(word), "make the function around it `async`, or use block_on(…)",
                   "`await` is allowed only in async functions and at module level");
    else if (p->context->function)
        p->context->function->uses_await = true;
    else
        p->module->uses_await = true;
}

/* D7: `await e?` is `(await e)?`. */
static struct vvm_node *parse_await(struct vvm_parser *p) {
    const struct vvm_token *word = p->token;
    note_await(p, word);
    struct vvm_node *operand = parse_prefix_operand(p), *last_try = NULL, *inner = operand;
    while (inner->kind == VVM_NODE_TRY_OPERATOR && !inner->parenthesized && !p->arena->failed) {
        inner->offset = word->offset;
        vvm_node_end(p, inner);
        last_try = inner;
        inner = inner->operand;
    }
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_AWAIT, word->offset);
    node->length = inner->offset + inner->length - word->offset;
    node->await.operand = inner;
    if (!last_try)
        return node;
    last_try->operand = node;
    return operand;
}

static struct vvm_node *parse_spawn(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    struct vvm_node *operand = parse_prefix_operand(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_SPAWN, offset);
    node->operand = operand;
    return node;
}

static struct vvm_node *parse_word_prefix(struct vvm_parser *p) {
    if (vvm_at_word(p, VVM_WORD_AWAIT))
        return parse_await(p);
    if (vvm_at_word(p, VVM_WORD_SPAWN) && vvm_starts_name(p->token + 1))
        return parse_spawn(p);
    if (vvm_at_word(p, VVM_WORD_NEW) && vvm_starts_name(p->token + 1))
        return parse_prefix_operand(p); /* noise */
    return vvm_parse_postfix(p);
}

struct vvm_node *vvm_parse_unary(struct vvm_parser *p) {
    switch (p->token->kind) {
    case VVM_TOKEN_MINUS: return parse_minus(p);
    case VVM_TOKEN_BANG: return parse_unary_operator(p, VVM_UNARY_NOT);
    case VVM_TOKEN_TILDE: return parse_unary_operator(p, VVM_UNARY_BIT_NOT);
    case VVM_TOKEN_PLUS: return parse_unary_operator(p, VVM_UNARY_PLUS);
    default: break;
    }
    if (vvm_at_lambda(p))
        return vvm_parse_lambda(p);
    return p->token->word ? parse_word_prefix(p) : vvm_parse_postfix(p);
}

/* ---- Arguments --------------------------------------------------------------------------------------------- */

static bool at_argument_label(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    return (vvm_is_wordlike(token) && token[1].kind == VVM_TOKEN_COLON) ||
           (token->kind == VVM_TOKEN_NAME && token[1].kind == VVM_TOKEN_ASSIGN);
}

static void push_argument(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_argument argument = {0};
    if (vvm_accept(p, VVM_TOKEN_ELLIPSIS)) {
        argument.spread = true;
    } else if (at_argument_label(p)) {
        argument.label_span = vvm_span_of(p->token);
        argument.label = vvm_advance(p)->symbol;
        vvm_advance(p);
    }
    argument.value = vvm_parse_expression(p);
    vvm_list_push(p, &argument, sizeof argument);
}

struct vvm_arguments vvm_parse_arguments(struct vvm_parser *p) {
    struct vvm_arguments arguments;
    size_t mark = vvm_list_start(p);
    vvm_expect(p, VVM_TOKEN_LPAREN);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RPAREN, push_argument, NULL);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &arguments, items, count);
    return arguments;
}

/* ---- Postfix ----------------------------------------------------------------------------------------------- */

static struct vvm_node *parse_call(struct vvm_parser *p, struct vvm_node *callee) {
    struct vvm_arguments arguments = vvm_parse_arguments(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_CALL, callee->offset);
    node->call.callee = callee;
    node->call.arguments = arguments;
    return node;
}

static struct vvm_node *parse_index(struct vvm_parser *p, struct vvm_node *object) {
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    struct vvm_node *index = vvm_parse_expression(p);
    vvm_expect(p, VVM_TOKEN_RBRACKET);
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_INDEX, object->offset);
    node->pair.left = object;
    node->pair.right = index;
    return node;
}

/* `.await`, `.await()`. */
static struct vvm_node *parse_await_member(struct vvm_parser *p, struct vvm_node *object) {
    const struct vvm_token *word = vvm_advance(p);
    if (vvm_touches(p->token, VVM_TOKEN_LPAREN) && p->token[1].kind == VVM_TOKEN_RPAREN) {
        vvm_advance(p);
        vvm_advance(p);
    }
    if (p->context->is_async)
        note_await(p, word);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_AWAIT, object->offset);
    node->await.operand = object;
    node->await.blocking = !p->context->is_async;
    return node;
}

static struct vvm_node *parse_tuple_field(struct vvm_parser *p, struct vvm_node *object, bool optional) {
    const struct vvm_token *number = vvm_advance(p);
    if ((uint64_t)number->number > UINT32_MAX)
        vvm_report(p, "E103", vvm_span_of(number), NULL, "number too large");
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_TUPLE_FIELD, object->offset);
    node->field.object = object;
    node->field.index = (uint32_t)number->number;
    node->field.optional = optional;
    return node;
}

static struct vvm_node *parse_member(struct vvm_parser *p, struct vvm_node *object) {
    bool optional = vvm_advance(p)->kind == VVM_TOKEN_OPTIONAL_DOT;
    if (vvm_at(p, VVM_TOKEN_NUMBER))
        return parse_tuple_field(p, object, optional);
    if (vvm_at_word(p, VVM_WORD_AWAIT) && !optional)
        return parse_await_member(p, object);
    struct vvm_span span = vvm_span_of(p->token);
    vvm_symbol symbol = vvm_expect_any_name(p, "a member name");
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_MEMBER, object->offset);
    node->member.object = object;
    node->member.symbol = symbol;
    node->member.optional = optional;
    node->member.name_span = span;
    return node;
}

static struct vvm_node *parse_postfix_operator(struct vvm_parser *p, enum vvm_node_kind kind, struct vvm_node *operand)
{
    vvm_advance(p);
    struct vvm_node *node = vvm_node_new(p, kind, operand->offset);
    node->operand = operand;
    if (kind == VVM_NODE_TRY_OPERATOR && p->context->function)
        p->context->function->uses_try = true;
    return node;
}

static struct vvm_node *parse_with(struct vvm_parser *p, struct vvm_node *object) {
    vvm_advance(p);
    uint32_t count;
    struct vvm_field_value *fields = vvm_parse_field_values(p, false, &count);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_WITH, object->offset);
    node->with.object = object;
    node->with.fields = fields;
    node->with.count = count;
    return node;
}

/* At `<`: NULL if it is less-than. */
static struct vvm_node *try_type_apply(struct vvm_parser *p, struct vvm_node *name) {
    struct vvm_type_list arguments;
    if (!vvm_is_name_path(name) || (p->mode.select_head && vvm_at_send_arrow(p)) ||
        !vvm_try_type_arguments(p, name, &arguments))
        return NULL;
    if (vvm_at(p, VVM_TOKEN_LBRACE))
        return vvm_parse_struct_literal(p, name, arguments);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_TYPE_APPLY, name->offset);
    node->apply.object = name;
    node->apply.arguments = arguments;
    return node;
}

static bool at_with(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    return token->word == VVM_WORD_WITH && !(token->flags & VVM_TOKEN_BROKEN) && token[1].kind == VVM_TOKEN_LBRACE &&
           !(token[1].flags & VVM_TOKEN_BROKEN);
}

/* One more postfix part behind `node`, or NULL. */
static struct vvm_node *parse_postfix_part(struct vvm_parser *p, struct vvm_node *node) {
    if (vvm_at_newline(p))
        return NULL;
    switch (p->token->kind) {
    case VVM_TOKEN_LPAREN: return parse_call(p, node);
    case VVM_TOKEN_LBRACKET: return parse_index(p, node);
    case VVM_TOKEN_DOT:
    case VVM_TOKEN_COLONS:
    case VVM_TOKEN_OPTIONAL_DOT: return parse_member(p, node);
    case VVM_TOKEN_QUESTION: /* D5 */
        return vvm_is_spaced(p->token) ? NULL : parse_postfix_operator(p, VVM_NODE_TRY_OPERATOR, node);
    case VVM_TOKEN_BANG: /* D6 */
        return vvm_is_spaced(p->token) ? NULL : parse_postfix_operator(p, VVM_NODE_UNWRAP, node);
    case VVM_TOKEN_LT: return try_type_apply(p, node);
    case VVM_TOKEN_LBRACE:
        return vvm_at_struct_literal(p, node) ? vvm_parse_struct_literal(p, node, (struct vvm_type_list){0}) : NULL;
    case VVM_TOKEN_NAME: return at_with(p) ? parse_with(p, node) : NULL;
    default: return NULL;
    }
}

struct vvm_node *vvm_parse_postfix(struct vvm_parser *p) {
    uint32_t outer = vvm_parser_begin(p);
    struct vvm_node *node = vvm_parse_primary(p), *next;
    while ((next = parse_postfix_part(p, node)) != NULL) {
        node = next;
        vvm_parser_taller(p);
    }
    vvm_parser_merge(p, outer);
    return node;
}

/* ---- Primary ----------------------------------------------------------------------------------------------- */

bool vvm_is_name_path(const struct vvm_node *node) {
    while (node->kind == VVM_NODE_MEMBER && !node->member.optional && !node->parenthesized)
        node = node->member.object;
    return node->kind == VVM_NODE_NAME && !node->parenthesized;
}

static struct vvm_node *parse_name(struct vvm_parser *p) {
    const struct vvm_token *token = vvm_advance(p);
    if (vvm_is_wildcard(p, token))
        vvm_report(p, "E210", vvm_span_of(token), NULL, "`_` holds nothing and cannot be read");
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_NAME, token->offset);
    node->symbol = token->symbol;
    return node;
}

static struct vvm_node *parse_simple_word(struct vvm_parser *p, enum vvm_node_kind kind) {
    const struct vvm_token *token = vvm_advance(p);
    struct vvm_node *node = vvm_node_new(p, kind, token->offset);
    if (kind == VVM_NODE_BOOL)
        node->boolean = token->word == VVM_WORD_TRUE;
    return node;
}

static struct vvm_node *fail_operand(struct vvm_parser *p) {
    vvm_fail_expected(p, "an expression");
    return vvm_node_new(p, VVM_NODE_VOID, p->token->offset);
}

static struct vvm_node *parse_keyword(struct vvm_parser *p) {
    switch ((enum vvm_word)p->token->word) {
    case VVM_WORD_TRUE:
    case VVM_WORD_FALSE: return parse_simple_word(p, VVM_NODE_BOOL);
    case VVM_WORD_THIS: return parse_simple_word(p, VVM_NODE_THIS);
    case VVM_WORD_SUPER: return parse_simple_word(p, VVM_NODE_SUPER);
    case VVM_WORD_IF: return vvm_parse_if(p);
    case VVM_WORD_MATCH: return vvm_parse_match(p);
    case VVM_WORD_TRY: return vvm_parse_try(p);
    case VVM_WORD_ASYNC: return vvm_parse_async_block(p);
    case VVM_WORD_FN: return parse_name(p);
    default: return fail_operand(p);
    }
}

/* `null` and its kin stand for nothing; the rest of the line is read all the same. */
static struct vvm_node *parse_prohibited(struct vvm_parser *p) {
    uint16_t word = p->token->word;
    if (word != VVM_WORD_NULL && word != VVM_WORD_NIL && word != VVM_WORD_UNDEFINED)
        return fail_operand(p);
    vvm_report_prohibited(p, p->token);
    return parse_simple_word(p, VVM_NODE_VOID);
}

static bool at_select(const struct vvm_parser *p) {
    return vvm_at_word(p, VVM_WORD_SELECT) && p->token[1].kind == VVM_TOKEN_LBRACE &&
           !(p->token[1].flags & VVM_TOKEN_BROKEN);
}

static struct vvm_node *parse_number(struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    if (!(token->flags & VVM_TOKEN_MINIMUM) || token != p->minimum_allowed)
        return vvm_parse_number(p, false);
    vvm_advance(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_NUMBER, token->offset);
    node->number = token->number;
    return node;
}

struct vvm_node *vvm_parse_primary(struct vvm_parser *p) {
    switch (p->token->kind) {
    case VVM_TOKEN_NAME:
        if (at_select(p))
            return vvm_parse_select(p);
        return vvm_at_block(p) ? vvm_parse_brace(p) : parse_name(p);
    case VVM_TOKEN_NUMBER:
    case VVM_TOKEN_FLOAT: return parse_number(p);
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_TRIPLE:
    case VVM_TOKEN_HEAD: return vvm_parse_string(p);
    case VVM_TOKEN_LPAREN: return vvm_parse_parens(p);
    case VVM_TOKEN_LBRACKET: return vvm_parse_bracket_list(p);
    case VVM_TOKEN_LBRACE: return vvm_parse_brace(p);
    case VVM_TOKEN_KEYWORD: return parse_keyword(p);
    case VVM_TOKEN_PROHIBITED: return parse_prohibited(p);
    default: return fail_operand(p);
    }
}
