/* `if`, `match`, `try` and `select` (language.md 2.6). */
#include "vm/front/grammar.h"

/* An expression whose outermost `{` opens a block, not a struct literal (D4). */
static struct vvm_node *parse_condition(struct vvm_parser *p) {
    struct vvm_mode old = p->mode;
    p->mode.no_struct = true;
    struct vvm_node *node = vvm_parse_expression(p);
    p->mode = old;
    return node;
}

/* ---- if ---------------------------------------------------------------------------------------------------- */

/* `if cond block` or `if cond jump`, without the else. */
static struct vvm_node *parse_if_part(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    struct vvm_node *condition = parse_condition(p), *consequence;
    if (vvm_at_jump(p) && !vvm_at_newline(p))
        consequence = vvm_parse_jump(p);
    else
        consequence = vvm_parse_block(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_IF, offset);
    node->branch.condition = condition;
    node->branch.consequence = consequence;
    return node;
}

static bool accept_else(struct vvm_parser *p, const struct vvm_node *part) {
    return part->branch.consequence->kind == VVM_NODE_BLOCK && vvm_accept_word(p, VVM_WORD_ELSE);
}

/* A chain of `else if` is read in a row, without recursion. */
struct vvm_node *vvm_parse_if(struct vvm_parser *p) {
    uint32_t outer = vvm_parser_begin(p);
    struct vvm_node *first = parse_if_part(p), *last = first;
    while (!vvm_in_panic(p) && accept_else(p, last)) {
        bool chained = vvm_at_word(p, VVM_WORD_IF);
        struct vvm_node *next = chained ? parse_if_part(p) : vvm_parse_block(p);
        last->branch.alternative = next;
        last = next;
        vvm_parser_taller(p);
        if (!chained)
            break;
    }
    vvm_parser_merge(p, outer);
    return vvm_node_end(p, first);
}

/* ---- match ------------------------------------------------------------------------------------------------- */

static void push_match_arm(struct vvm_parser *p) {
    struct vvm_match_arm arm = {.span = vvm_span_of(p->token)};
    p->mode.no_lambda = true;
    arm.pattern = vvm_parse_pattern(p);
    if (vvm_accept_word(p, VVM_WORD_IF)) {
        p->mode.no_struct = true;
        arm.guard = vvm_parse_head(p);
        p->mode.no_struct = false;
    }
    p->mode.no_lambda = false;
    vvm_expect(p, VVM_TOKEN_FAT_ARROW);
    arm.body = vvm_parse_arm_body(p);
    arm.span = vvm_span_from(p, arm.span.offset);
    vvm_list_push(p, &arm, sizeof arm);
    vvm_expect_end(p, true, "the end of the arm");
}

/* Arms, each recovered on its own, up to the closing brace. */
static void parse_arms(struct vvm_parser *p, void (*arm)(struct vvm_parser *)) {
    const struct vvm_token *opening = p->token;
    if (!vvm_expect(p, VVM_TOKEN_LBRACE))
        return;
    const struct vvm_token *closing = &p->tokens[opening->partner];
    struct vvm_mode old = vvm_parse_enter(p, true);
    while (vvm_skip_ends(p, true), !vvm_at(p, VVM_TOKEN_RBRACE) && !vvm_at(p, VVM_TOKEN_END)) {
        const struct vvm_token *start = p->item = p->token;
        arm(p);
        p->mode.no_lambda = p->mode.no_struct = p->mode.select_head = false;
        if (vvm_in_panic(p))
            vvm_recover(p, start, closing, true);
    }
    vvm_expect(p, VVM_TOKEN_RBRACE);
    vvm_parse_leave(p, old);
}

struct vvm_node *vvm_parse_match(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    struct vvm_node *subject = parse_condition(p);
    size_t mark = vvm_list_start(p);
    parse_arms(p, push_match_arm);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_MATCH, offset);
    node->match.subject = subject;
    VVM_LIST_TAKE(p, mark, &node->match, arms, count);
    return node;
}

/* ---- try --------------------------------------------------------------------------------------------------- */

static void parse_catch_name(struct vvm_parser *p, struct vvm_catch *clause) {
    const struct vvm_token *name = p->token;
    clause->symbol = vvm_expect_name(p, "a name for the error");
    if (vvm_is_wildcard(p, name))
        clause->symbol = VVM_NO_SYMBOL;
    if (vvm_accept(p, VVM_TOKEN_COLON))
        clause->type = vvm_parse_type(p);
}

static void push_catch(struct vvm_parser *p) {
    struct vvm_catch clause = {.span = vvm_span_of(vvm_advance(p))};
    if (vvm_accept(p, VVM_TOKEN_LPAREN)) {
        struct vvm_mode old = vvm_parse_enter(p, false);
        parse_catch_name(p, &clause);
        vvm_expect(p, VVM_TOKEN_RPAREN);
        vvm_parse_leave(p, old);
    } else if (!vvm_at_block(p)) {
        parse_catch_name(p, &clause);
    }
    clause.body = vvm_parse_block(p);
    clause.span = vvm_span_from(p, clause.span.offset);
    vvm_list_push(p, &clause, sizeof clause);
}

struct vvm_node *vvm_parse_try(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    struct vvm_node *body = vvm_parse_block(p);
    size_t mark = vvm_list_start(p);
    while (vvm_at_word(p, VVM_WORD_CATCH))
        push_catch(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_TRY, offset);
    node->attempt.body = body;
    node->attempt.catches = vvm_list_take(p, mark, sizeof(struct vvm_catch), &node->attempt.catch_count);
    if (vvm_accept_word(p, VVM_WORD_FINALLY))
        node->attempt.finally = vvm_parse_block(p);
    return vvm_node_end(p, node);
}

/* ---- select ------------------------------------------------------------------------------------------------ */

/* Whether `pattern = <- …` stands here: a `=` before the arrow of the arm. */
static bool at_receive_pattern(const struct vvm_parser *p) {
    for (const struct vvm_token *token = p->token; token->kind != VVM_TOKEN_END; token++) {
        if (token->kind == VVM_TOKEN_ASSIGN)
            return token[1].kind == VVM_TOKEN_LT && vvm_touches(token + 2, VVM_TOKEN_MINUS);
        if (token->kind == VVM_TOKEN_FAT_ARROW || token->kind == VVM_TOKEN_RBRACE || token->kind == VVM_TOKEN_LT)
            return false;
        if (token->kind == VVM_TOKEN_LPAREN || token->kind == VVM_TOKEN_LBRACKET || token->kind == VVM_TOKEN_LBRACE)
            token = vvm_after_partner(p, token) - 1;
    }
    return false;
}

static void expect_send_arrow(struct vvm_parser *p) {
    if (!vvm_at_send_arrow(p)) {
        vvm_fail_expected(p, "`<-`");
        return;
    }
    vvm_advance(p);
    vvm_advance(p);
}

static bool at_word_arm(const struct vvm_parser *p, enum vvm_word word) {
    return vvm_at_word(p, word) && p->token[1].kind == VVM_TOKEN_FAT_ARROW;
}

static bool at_timeout_arm(const struct vvm_parser *p) {
    return vvm_at_word(p, VVM_WORD_TIMEOUT) && p->token[1].kind == VVM_TOKEN_LPAREN &&
           vvm_after_partner(p, p->token + 1)->kind == VVM_TOKEN_FAT_ARROW;
}

static void parse_timeout_head(struct vvm_parser *p, struct vvm_select_arm *arm) {
    vvm_advance(p);
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    arm->kind = VVM_SELECT_TIMEOUT;
    arm->operand = vvm_parse_expression(p);
    vvm_expect(p, VVM_TOKEN_RPAREN);
    vvm_parse_leave(p, old);
}

static void parse_channel_head(struct vvm_parser *p, struct vvm_select_arm *arm) {
    bool pattern = at_receive_pattern(p);
    p->mode.select_head = p->mode.no_lambda = true;
    if (pattern) {
        arm->pattern = vvm_parse_pattern(p);
        vvm_expect(p, VVM_TOKEN_ASSIGN);
    }
    arm->kind = pattern || vvm_at_send_arrow(p) ? VVM_SELECT_RECEIVE : VVM_SELECT_SEND;
    if (arm->kind == VVM_SELECT_SEND)
        arm->operand = vvm_parse_head(p);
    expect_send_arrow(p);
    struct vvm_node *head = vvm_parse_head(p);
    if (arm->kind == VVM_SELECT_SEND)
        arm->value = head;
    else
        arm->operand = head;
    p->mode.select_head = p->mode.no_lambda = false;
}

static void parse_select_head(struct vvm_parser *p, struct vvm_select_arm *arm) {
    bool wildcard = vvm_is_wildcard(p, p->token) && p->token[1].kind == VVM_TOKEN_FAT_ARROW;
    if (at_word_arm(p, VVM_WORD_CLOSED) || at_word_arm(p, VVM_WORD_DEFAULT) || wildcard)
        arm->kind = vvm_advance(p)->word == VVM_WORD_CLOSED ? VVM_SELECT_CLOSED : VVM_SELECT_DEFAULT;
    else if (at_timeout_arm(p))
        parse_timeout_head(p, arm);
    else
        parse_channel_head(p, arm);
}

static void push_select_arm(struct vvm_parser *p) {
    struct vvm_select_arm arm = {.span = vvm_span_of(p->token)};
    parse_select_head(p, &arm);
    vvm_expect(p, VVM_TOKEN_FAT_ARROW);
    arm.body = vvm_parse_arm_body(p);
    arm.span = vvm_span_from(p, arm.span.offset);
    vvm_list_push(p, &arm, sizeof arm);
    vvm_expect_end(p, true, "the end of the arm");
}

struct vvm_node *vvm_parse_select(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    size_t mark = vvm_list_start(p);
    parse_arms(p, push_select_arm);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_SELECT, offset);
    VVM_LIST_TAKE(p, mark, &node->select, arms, count);
    return node;
}
