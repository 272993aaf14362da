/* Functions: lambdas, parameters, bodies, decorators (language.md 2.3, 2.6, D1). */
#include "vm/front/grammar.h"

/* ---- What stands here -------------------------------------------------------------------------------------- */

/* `fn (…)`, `fn* (…)`, `fn<T>(…)` with `{ => -> :` behind it (1.4). */
bool vvm_starts_function(const struct vvm_parser *p, const struct vvm_token *fn) {
    const struct vvm_token *token = fn + 1;
    if (token->kind == VVM_TOKEN_STAR)
        token++;
    if (token->kind == VVM_TOKEN_LT)
        for (unsigned i = 0; i < 64 && token->kind != VVM_TOKEN_LPAREN && token->kind != VVM_TOKEN_END; i++)
            token++;
    if (token->kind != VVM_TOKEN_LPAREN)
        return false;
    uint8_t after = vvm_after_partner(p, token)->kind;
    return after == VVM_TOKEN_LBRACE || after == VVM_TOKEN_FAT_ARROW || after == VVM_TOKEN_ARROW ||
           after == VVM_TOKEN_COLON;
}

static bool is_arrow(const struct vvm_token *token) {
    return token->kind == VVM_TOKEN_FAT_ARROW || token->kind == VVM_TOKEN_ARROW;
}

/* `x => …`, `(…) => …`, `(…) -> T {`, `fn …`. */
static bool starts_lambda(const struct vvm_parser *p, const struct vvm_token *token) {
    if (token->kind == VVM_TOKEN_LPAREN)
        return is_arrow(vvm_after_partner(p, token));
    if (token->kind == VVM_TOKEN_NAME)
        return token[1].kind == VVM_TOKEN_FAT_ARROW;
    if (token->kind != VVM_TOKEN_KEYWORD || token->word != VVM_WORD_FN)
        return false;
    return token[1].kind == VVM_TOKEN_FAT_ARROW || vvm_starts_function(p, token);
}

bool vvm_at_lambda(const struct vvm_parser *p) {
    if (p->mode.no_lambda)
        return false;
    return starts_lambda(p, vvm_at_word(p, VVM_WORD_ASYNC) ? p->token + 1 : p->token);
}

bool vvm_at_named_function(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    if (token->kind == VVM_TOKEN_KEYWORD && token->word == VVM_WORD_ASYNC)
        token++;
    if (token->kind != VVM_TOKEN_KEYWORD || token->word != VVM_WORD_FN)
        return false;
    token += token[1].kind == VVM_TOKEN_STAR ? 2 : 1;
    return vvm_is_wordlike(token) && (token[1].kind == VVM_TOKEN_LPAREN || token[1].kind == VVM_TOKEN_LT);
}

/* ---- Attributes -------------------------------------------------------------------------------------------- */

static void push_decorator(struct vvm_parser *p) {
    struct vvm_decorator decorator = {0};
    vvm_advance(p);
    decorator.path = vvm_parse_path(p);
    if (vvm_at(p, VVM_TOKEN_LPAREN) && !vvm_is_spaced(p->token)) {
        decorator.has_arguments = true;
        decorator.arguments = vvm_parse_arguments(p);
    }
    vvm_list_push(p, &decorator, sizeof decorator);
}

struct vvm_decorator *vvm_parse_decorators(struct vvm_parser *p, uint32_t *count) {
    size_t mark = vvm_list_start(p);
    while (vvm_at(p, VVM_TOKEN_AT))
        push_decorator(p);
    return vvm_list_take(p, mark, sizeof(struct vvm_decorator), count);
}

/* A word of the kind, before another word on the same line: `public x`, `static fn`. */
static bool before_word(const struct vvm_token *token) {
    return vvm_is_wordlike(token + 1) && !(token[1].flags & VVM_TOKEN_BROKEN) &&
           (token[1].kind != VVM_TOKEN_NAME || vvm_starts_name(token + 1));
}

enum vvm_visibility vvm_accept_visibility(struct vvm_parser *p) {
    enum vvm_visibility visibility;
    switch ((enum vvm_word)p->token->word) {
    case VVM_WORD_PUBLIC: visibility = VVM_VISIBILITY_PUBLIC; break;
    case VVM_WORD_PRIVATE: visibility = VVM_VISIBILITY_PRIVATE; break;
    case VVM_WORD_PROTECTED: visibility = VVM_VISIBILITY_PROTECTED; break;
    case VVM_WORD_INTERNAL: visibility = VVM_VISIBILITY_INTERNAL; break;
    default: return VVM_VISIBILITY_DEFAULT;
    }
    if (!vvm_at(p, VVM_TOKEN_NAME) || !before_word(p->token))
        return VVM_VISIBILITY_DEFAULT;
    vvm_advance(p);
    return visibility;
}

static uint32_t modifier_of(const struct vvm_token *token) {
    if (token->kind != VVM_TOKEN_NAME && token->kind != VVM_TOKEN_KEYWORD)
        return 0;
    switch ((enum vvm_word)token->word) {
    case VVM_WORD_STATIC: return VVM_MODIFIER_STATIC;
    case VVM_WORD_ABSTRACT: return VVM_MODIFIER_ABSTRACT;
    case VVM_WORD_OVERRIDE: return VVM_MODIFIER_OVERRIDE;
    case VVM_WORD_OVERLOAD: return VVM_MODIFIER_OVERLOAD;
    case VVM_WORD_FINAL: return VVM_MODIFIER_FINAL;
    case VVM_WORD_SEALED: return VVM_MODIFIER_SEALED;
    case VVM_WORD_READONLY: return VVM_MODIFIER_READONLY;
    case VVM_WORD_LATE: return VVM_MODIFIER_LATE;
    default: return 0;
    }
}

uint32_t vvm_accept_modifiers(struct vvm_parser *p) {
    uint32_t modifiers = 0, modifier;
    while ((modifier = modifier_of(p->token)) != 0 && before_word(p->token)) {
        modifiers |= modifier;
        vvm_advance(p);
    }
    return modifiers;
}

/* ---- Parameters -------------------------------------------------------------------------------------------- */

static void parse_param_name(struct vvm_parser *p, struct vvm_param *param) {
    const struct vvm_token *token = p->token;
    bool labelled = vvm_is_wordlike(token) && token[1].kind == VVM_TOKEN_COLON;
    if (vvm_at_pattern(p) || vvm_is_wildcard(p, token)) {
        struct vvm_mode old = p->mode;
        if (vvm_is_wildcard(p, token)) {
            vvm_advance(p);
            param->pattern = vvm_pattern_new(p, VVM_PATTERN_WILDCARD, token->offset);
        } else {
            param->pattern = vvm_parse_pattern(p);
        }
        p->mode = old;
    } else {
        param->symbol = labelled ? vvm_advance(p)->symbol : vvm_expect_name(p, "a parameter name");
    }
    param->span = vvm_span_from(p, token->offset);
}

static void push_param(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_param param = {0};
    param.decorators = vvm_parse_decorators(p, &param.decorator_count);
    param.visibility = vvm_accept_visibility(p);
    param.readonly = vvm_accept_modifiers(p) & VVM_MODIFIER_READONLY;
    param.rest = vvm_accept(p, VVM_TOKEN_ELLIPSIS);
    parse_param_name(p, &param);
    if (vvm_accept(p, VVM_TOKEN_COLON)) {
        param.type = vvm_parse_type(p);
        param.rest |= vvm_accept(p, VVM_TOKEN_ELLIPSIS);
    }
    if (vvm_accept(p, VVM_TOKEN_ASSIGN))
        param.default_value = vvm_parse_expression(p);
    vvm_list_push(p, &param, sizeof param);
}

/* In members a first untyped `self` is the receiver. */
static void drop_self(struct vvm_parser *p, struct vvm_function_node *function) {
    bool member = function->kind != VVM_FUNCTION_NODE_NAMED && function->kind != VVM_FUNCTION_NODE_LAMBDA;
    if (!member || function->param_count == 0)
        return;
    const struct vvm_param *first = &function->params[0];
    if (first->type || first->rest || first->default_value || !vvm_symbol_is(p, first->symbol, "self"))
        return;
    function->drops_self = true;
    function->params++;
    function->param_count--;
}

static void check_rest(struct vvm_parser *p, const struct vvm_function_node *function) {
    for (uint32_t i = 0; i + 1 < function->param_count; i++)
        if (function->params[i].rest)
            vvm_report(p, "E109", function->params[i].span, NULL, "a rest parameter stands last");
}

void vvm_parse_params(struct vvm_parser *p, struct vvm_function_node *function) {
    size_t mark = vvm_list_start(p);
    vvm_expect(p, VVM_TOKEN_LPAREN);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RPAREN, push_param, NULL);
    vvm_parse_leave(p, old);
    function->has_params = true;
    function->params = vvm_list_take(p, mark, sizeof *function->params, &function->param_count);
    drop_self(p, function);
    check_rest(p, function);
}

/* ---- Bodies ------------------------------------------------------------------------------------------------ */

static void parse_expression_body(struct vvm_parser *p, struct vvm_function_node *function) {
    vvm_advance(p);
    if (vvm_at_block(p))
        p->body_of = function;
    bool block = vvm_at_block(p);
    uint32_t outer = vvm_parser_deeper(p);
    function->body = vvm_parse_arm_body(p);
    vvm_parser_shallower(p, outer);
    function->expression_body = !block;
}

void vvm_parse_body(struct vvm_parser *p, struct vvm_function_node *function) {
    if (vvm_at(p, VVM_TOKEN_FAT_ARROW)) {
        parse_expression_body(p, function);
    } else if (vvm_at_block(p)) {
        p->body_of = function;
        function->body = vvm_parse_block(p);
    }
    function->span = vvm_span_from(p, function->span.offset);
}

static struct vvm_context context_for(struct vvm_parser *p, struct vvm_function_node *function) {
    return (struct vvm_context){
        .outer = p->context,
        .function = function,
        .is_async = function->is_async,
        .in_generator = function->is_generator || p->context->in_generator,
    };
}

void vvm_parse_function_rest(struct vvm_parser *p, struct vvm_function_node *function, bool params_required) {
    struct vvm_context context = context_for(p, function), *outer = p->context;
    p->context = &context;
    function->type_params = vvm_parse_type_params(p);
    if (params_required || (vvm_at(p, VVM_TOKEN_LPAREN) && !vvm_at_newline(p)))
        vvm_parse_params(p, function);
    if (vvm_at_word(p, VVM_WORD_ASYNC) && !vvm_at_newline(p)) {
        vvm_advance(p);
        function->is_async = true;
    }
    function->return_type = vvm_parse_return_type(p, &function->is_async);
    context.is_async = function->is_async;
    vvm_skip_where(p);
    vvm_parse_body(p, function);
    p->context = outer;
}

struct vvm_function_node *vvm_parse_named_function(struct vvm_parser *p, enum vvm_function_kind kind) {
    struct vvm_function_node *function = vvm_function_new(p, kind, p->token->offset);
    function->is_async = vvm_accept_word(p, VVM_WORD_ASYNC);
    vvm_expect_word(p, VVM_WORD_FN, "`fn`");
    function->is_generator = vvm_accept(p, VVM_TOKEN_STAR);
    function->name_span = vvm_span_of(p->token);
    function->name = vvm_expect_any_name(p, "a function name");
    vvm_parse_function_rest(p, function, true);
    return function;
}

/* ---- Lambdas ----------------------------------------------------------------------------------------------- */

static struct vvm_node *function_expression(struct vvm_parser *p, enum vvm_node_kind kind,
                                            struct vvm_function_node *function)
{
    struct vvm_node *node = vvm_node_new(p, kind, function->span.offset);
    node->function = function;
    return node;
}

/* `x => …`. */
static void parse_single_param(struct vvm_parser *p, struct vvm_function_node *function) {
    struct vvm_param param = {0};
    size_t mark = vvm_list_start(p);
    parse_param_name(p, &param);
    vvm_list_push(p, &param, sizeof param);
    function->has_params = true;
    function->params = vvm_list_take(p, mark, sizeof *function->params, &function->param_count);
}

static void parse_lambda_head(struct vvm_parser *p, struct vvm_function_node *function) {
    if (vvm_at_word(p, VVM_WORD_FN) && p->token[1].kind != VVM_TOKEN_FAT_ARROW) {
        vvm_advance(p);
        function->is_generator = vvm_accept(p, VVM_TOKEN_STAR);
    } else if (!vvm_at(p, VVM_TOKEN_LPAREN)) {
        parse_single_param(p, function);
    }
}

static void require_body(struct vvm_parser *p, const struct vvm_function_node *function) {
    if (!function->body)
        vvm_fail_expected(p, "`=>` or `{`");
}

struct vvm_node *vvm_parse_lambda(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_LAMBDA, p->token->offset);
    function->is_async = vvm_accept_word(p, VVM_WORD_ASYNC);
    parse_lambda_head(p, function);
    vvm_parse_function_rest(p, function, !function->has_params);
    require_body(p, function);
    return function_expression(p, VVM_NODE_FUNCTION, function);
}

struct vvm_node *vvm_parse_async_block(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_LAMBDA, p->token->offset);
    vvm_advance(p);
    function->is_async = true;
    struct vvm_context context = context_for(p, function), *outer = p->context;
    p->context = &context;
    function->body = vvm_parse_block(p);
    function->span = vvm_span_from(p, function->span.offset);
    p->context = outer;
    return function_expression(p, VVM_NODE_ASYNC_BLOCK, function);
}
